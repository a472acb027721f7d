"""Endorsements: the kit for a deposit's certifier, and its signature as an entry.

A row leads from a deposit to each entry that endorses certifications of it::

    "endorsement/" || u64 deposit || u64 index      u64 index of the endorsement entry

An audit derives them again from the entries.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.cdc.kit import WARNING, Kit, KitCertification, SignedEntry, encode_kit
from provenance.encoding import decode_base64, encode_base64
from provenance.errors import (
    LedgerBusyError,
    PolicyError,
    SignatureError,
    VerificationError,
)
from provenance.ledger.job import Effects, Job, OutdatedError
from provenance.ledger.plain import PlainItem, check_form
from provenance.ledger.registry import depositor_row, read_depositor, read_entry
from provenance.ledger.rights import is_signed
from provenance.record.entry import Certification, Deposit, Endorsement, parse_entry
from provenance.tlog.merkle import tree_root

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from provenance.cdc.kit import EndorsementFile
    from provenance.ledger.draft import Place
    from provenance.ledger.files import LedgerFiles
    from provenance.ledger.job import Recorded
    from provenance.ledger.recall import Recall
    from provenance.record.entry import Depositor, Entry
    from provenance.storage import View

ENDORSEMENT_PREFIX: Final = b"endorsement/"
ATTEMPTS_MAX: Final = 10
_XML: Final = "application/xml"


def endorsement_row(deposit: int, index: int) -> tuple[bytes, bytes]:
    """Make the row that leads from a deposit to the endorsement entry at ``index``."""
    place = index.to_bytes(8, "big")
    return _prefix(deposit) + place, place


def _prefix(deposit: int) -> bytes:
    return ENDORSEMENT_PREFIX + deposit.to_bytes(8, "big")


def read_endorsements(view: View, deposit: int) -> Iterator[Endorsement]:
    """Read the entries that endorse certifications of a deposit, in the order of the log."""
    for _, value in view.state_items(_prefix(deposit)):
        yield read_entry(view, int.from_bytes(value, "big"), Endorsement)


def newest_over(
    entry: Certification, made: Iterable[Endorsement], size: int
) -> Endorsement | None:
    """Return the newest entry below ``size`` that endorses a certification, or None.

    ``made``: the endorsements of its deposit, in the order of the log.
    """
    covering = [one for one in made if one.start <= entry.index < one.end and one.index < size]
    return covering[-1] if covering else None


def make_kit(view: View, recall: Recall, deposit: int, *, origin: str) -> bytes:
    """Make the kit for the certifier of the deposit at ``deposit``.

    Raises `UnknownEntryError` when that is not a deposit, `ErasedError` when anything of it
    was erased, `PolicyError` when it is not a file of which anything was recorded.
    """
    payload = recall.deposit(view, deposit)
    if payload.media_type != _XML or not payload.holes:
        raise PolicyError(
            f"deposit {deposit} is not a file with certifications: there is nothing to endorse"
        )
    data, signature = view.record(deposit)
    first, end = deposit + 1, deposit + 1 + len(payload.holes)
    return encode_kit(
        Kit(
            format="provenance-endorsement-kit/1",
            warning=WARNING,
            origin=origin,
            deposit=SignedEntry(data.decode(), encode_base64(signature)),
            file_salt=encode_base64(payload.file_salt),
            certifications=tuple(
                KitCertification(
                    entry=one.decode(),
                    signature=encode_base64(signed),
                    seed=encode_base64(recall.seed(index)),
                    offset=offset,
                )
                for index, offset, (one, signed) in zip(
                    range(first, end), payload.holes, view.entries(first, end), strict=True
                )
            ),
        )
    )


class EndorsementJob(Job):
    """Appends an ``endorsement`` entry, which was checked by `check_endorsement`.

    Raises `FormatError` when a value has not its form.
    """

    def __init__(self, endorsement: EndorsementFile, deposit: Deposit) -> None:
        self._endorsement: Final = endorsement
        self._deposit: Final = deposit

        self._registration = deposit.registration

        def make(place: Place) -> Entry:
            return Endorsement(
                index=place.index,
                time=place.time,
                prev=place.prev,
                deposit=endorsement.deposit,
                start=endorsement.start,
                end=endorsement.end,
                root=endorsement.root,
                registration=self._registration,
                vkey=endorsement.vkey,
                signature=endorsement.signature,
            )

        super().__init__([PlainItem(make)])
        check_form(make, index=endorsement.end)

    def claims(self) -> set[bytes]:
        """Nothing else of the commit may endorse the deposit, or replace its keys."""
        return {_prefix(self._deposit.index), depositor_row(self._deposit.depositor)}

    def check(self, view: View) -> None:
        """Check what may have changed: the depositor's keys, and other endorsements."""
        try:
            self._registration = _check_open(view, self._endorsement, self._deposit).index
        except PolicyError as error:
            raise OutdatedError from error

    def effects(self, start: int) -> Effects:
        """Say where the endorsement stands."""
        return Effects(state=[endorsement_row(self._deposit.index, start)])


class Endorsing:
    """Adds endorsements to one ledger."""

    def __init__(
        self, files: LedgerFiles, submit: Callable[[Job], Recorded], *, origin: str
    ) -> None:
        self._files: Final = files
        self._submit: Final = submit
        self._origin: Final = origin

    def endorse(self, endorsement: EndorsementFile) -> int:
        """Check and add an endorsement; give the index of its entry."""
        for _ in range(ATTEMPTS_MAX):
            with self._files.store.view() as view:
                deposit = check_endorsement(view, endorsement, origin=self._origin)
            try:
                return self._submit(EndorsementJob(endorsement, deposit)).start
            except OutdatedError:
                continue
        raise LedgerBusyError("other writers keep changing what this rests on: try again")


def check_endorsement(view: View, endorsement: EndorsementFile, *, origin: str) -> Deposit:
    """Check everything about an endorsement; give the deposit that it is of.

    Raises `UnknownEntryError` when there is none, `PolicyError` for another log, a range
    that is not the deposit's, a key that is not in force, and a repetition,
    `VerificationError` for another root, `SignatureError`.
    """
    if endorsement.origin != origin:
        raise PolicyError(f"the endorsement is for the log {endorsement.origin}")
    deposit = read_entry(view, endorsement.deposit, Deposit)
    _check_range(view, endorsement)
    _check_open(view, endorsement, deposit)
    if not is_signed(
        endorsement.vkey, decode_base64(endorsement.signature), endorsement.message
    ):
        raise SignatureError("the endorsement is not signed by the key that it names")
    return deposit


def _check_range(view: View, endorsement: EndorsementFile) -> None:
    start, end = endorsement.start, endorsement.end
    if not endorsement.deposit < start < end <= view.size:
        raise PolicyError(f"there are no entries {start} to {end - 1} of that deposit")
    for data, _ in view.entries(start, end):
        entry = parse_entry(data)
        if not isinstance(entry, Certification) or entry.deposit != endorsement.deposit:
            raise PolicyError(f"entry {entry.index} is not a certification of that deposit")
    root = encode_base64(tree_root(view.leaf_hash(index) for index in range(start, end)))
    if root != endorsement.root:
        raise VerificationError(
            f"the endorsement is of other entries: expected {root}, got {endorsement.root}"
        )


def _check_open(view: View, endorsement: EndorsementFile, deposit: Deposit) -> Depositor:
    """Check the key and that it endorses something new; return the depositor's registration."""
    body = read_depositor(view, deposit.depositor)
    if body is None or endorsement.vkey not in body.keys:
        raise PolicyError(
            f"the entry in force of depositor {deposit.depositor} does not list that key"
        )
    said = (endorsement.start, endorsement.end, endorsement.vkey)
    for one in read_endorsements(view, deposit.index):
        if (one.start, one.end, one.vkey) == said:
            raise PolicyError(f"entry {one.index} endorses the same already")
    return body
