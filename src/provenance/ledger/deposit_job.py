"""A deposit's own entry, and the job that records it with all that it brings.

Among the deposits that their depositors signed no digest is there twice, so that nothing can
be made of one signature twice. A row says where it is::

    "signed/" || depositor (8 bytes) || digest (32 bytes)      u64 index of the deposit

An audit derives it again from the entries.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import msgspec

from provenance.encoding import encode_base64
from provenance.ledger.job import Effects, Job, OutdatedError
from provenance.ledger.mentions import mention_rows, reference_row
from provenance.ledger.registry import depositor_row, index_row, read_registration
from provenance.record.entry import Deposit, certification_encoder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from provenance.ledger.changes import Change
    from provenance.ledger.draft import Draft, Place
    from provenance.ledger.rights import DepositSignature
    from provenance.ledger.withdrawal import WithdrawalDraft
    from provenance.record.entry import Entry
    from provenance.storage import View

    CertificationEncoder: TypeAlias = Callable[[int, str, str, int | None], bytes]

Inherited: TypeAlias = tuple[int, bool, int] | None
"""Index and erasure of a look-up row, and status bits of the entry; None without a row."""
Action: TypeAlias = Literal["CREATION", "SUPPRESSION"]
"""What a deposit asks for: to record its passages, or to withdraw them."""

SIGNED_PREFIX: Final = b"signed/"


def signed_row(depositor: str, digest: bytes) -> bytes:
    """Return the row's key for a signed deposit: its depositor's BCR, and its digest."""
    return SIGNED_PREFIX + depositor.encode() + digest


class Standing(msgspec.Struct, frozen=True):
    """The registrations that a deposit rests on, by the index of their entries.

    ``certifier``: None where the certifier is the depositor, or is not registered.
    """

    depositor: int
    certifier: int | None


def read_standing(view: View, depositor: str, certifier: str) -> Standing | None:
    """Read the last registrations of two bodies; None where the first has none."""
    index = read_registration(view, depositor)
    if index is None:
        return None
    other = None if certifier == depositor else read_registration(view, certifier)
    return Standing(index, other)


class DepositItem(msgspec.Struct, frozen=True):
    """The deposit's own entry, in front of its certifications or withdrawals.

    ``leaves``: the hashes of its leaves, from which ``digest`` follows.
    """

    depositor: str
    certifier: str
    standing: Standing
    action: Action
    recorded: int
    digest: bytes
    leaves: Sequence[bytes]
    seed: bytes
    payload: bytes
    signature: DepositSignature | None
    technical: None = None
    holders: tuple[bytes, ...] = ()
    changes: tuple[Change, ...] = ()

    def entry(self, place: Place) -> Entry:
        """Return the entry as it reads at ``place``."""
        signed = self.signature
        return Deposit(
            index=place.index,
            time=place.time,
            prev=place.prev,
            depositor=self.depositor,
            registration=self.standing.depositor,
            certifier=self.certifier,
            action=self.action,
            recorded=self.recorded,
            digest=encode_base64(self.digest),
            signer=None if signed is None else signed.signer,
            signature=None if signed is None else encode_base64(signed.signature),
        )


class DepositJob(Job):
    """A deposit and what it brings; holds while its registrations are the last ones.

    ``mentions``: keys of the passages that stay in the deposit's own payload.
    ``inherited``: what succeeded bodies had recorded of the same when it was judged, as
    `inherited_of` says.
    """

    def __init__(
        self,
        item: DepositItem,
        drafts: Sequence[Draft | WithdrawalDraft],
        *,
        mentions: Sequence[bytes],
        inherited: Mapping[bytes, Inherited],
    ) -> None:
        super().__init__([item, *drafts])
        self._item: Final = item
        self._drafts: Final = drafts
        self._mentions: Final = mentions
        self._inherited: Final = inherited
        self._signed: Final = (
            () if item.signature is None else (signed_row(item.depositor, item.digest),)
        )

    def encoder(self, first: int, time: str) -> CertificationEncoder:
        """Return what encodes the certifications of the deposit at ``first``."""
        item = self._item
        return certification_encoder(
            time=time,
            depositor=item.depositor,
            deposit=first,
            registration=item.standing.depositor,
            certifier_registration=item.standing.certifier,
        )

    def claims(self) -> set[bytes]:
        """Return what no other job of the commit may claim too."""
        return super().claims().union(self._signed, self._inherited)

    def rests_on(self) -> set[bytes]:
        """Return the rows of the registrations, which nobody may replace in this commit."""
        return {depositor_row(self._item.depositor), depositor_row(self._item.certifier)}

    def check(self, view: View) -> None:
        """Check the look-ups again, the registrations, and that it was not signed before."""
        super().check(view)
        item = self._item
        if read_standing(view, item.depositor, item.certifier) != item.standing:
            raise OutdatedError
        if any(view.state(row) is not None for row in self._signed):
            raise OutdatedError
        if inherited_of(view, self._inherited) != self._inherited:
            raise OutdatedError

    def effects(self, start: int) -> Effects:
        """Say where holders and the passages of the residue are found; keep the leaves."""
        references = [
            reference_row(index, draft.reference)
            for index, draft in enumerate(self._drafts, start + 1)
            if draft.reference is not None
        ]
        return Effects(
            leaves=[(start, b"".join(self._item.leaves))],
            state=[
                *mention_rows(start, self._mentions),
                *references,
                *(index_row(row, start) for row in self._signed),
            ],
        )


def inherited_of(view: View, keys: Iterable[bytes]) -> dict[bytes, Inherited]:
    """Return what is recorded under look-up keys of succeeded bodies, and how it stands.

    Each row as it is, with the status bits of its entry; None where there is none.
    """
    found: dict[bytes, Inherited] = {}
    for key in keys:
        known = view.technical(key)
        found[key] = None if known is None else (*known, view.status_bits(known[0]))
    return found
