"""Proof bundles: everything that a stranger needs to check some certifications.

A bundle holds the last published checkpoint, the certifications asked for with what is
disclosed of them, and what their proof rests on: the entries that declare the entry keys,
the checkpoint's ``status`` entry with the status leaves, the registrations of depositor and
certifier that each names, and its depositor's own endorsement with the chain of registrations
that tells whose key it is. A bundle that does not verify is not handed out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from provenance.errors import (
    InclusionError,
    LedgerDamagedError,
    NotPublishedError,
    PolicyError,
    UnknownEntryError,
)
from provenance.ledger.disclosure import LINE, choose, names_for
from provenance.ledger.evidence import (
    changes_by,
    endorsements_of,
    links,
    prove_entries,
    rests_on,
    status_leaves,
)
from provenance.ledger.publish import latest_checkpoint
from provenance.ledger.registry import read_entry
from provenance.ledger.selfcheck import check_made
from provenance.record.bundle import BUNDLE_ITEMS_MAX, Bundle, encode_bundle
from provenance.record.commitment import disclose_checked
from provenance.record.entry import Certification
from provenance.record.slots import CERTIFICATION
from provenance.tlog.merkle import leaf_hash, verify_inclusion
from provenance.tlog.proof import TlogProof, format_tlog_proof
from provenance.tlog.prover import prove_inclusion
from provenance.verifier.contents import Contents

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from provenance.ledger.files import LedgerFiles
    from provenance.ledger.recall import Recall
    from provenance.record.commitment import Value
    from provenance.storage import View


CERTIFICATIONS_MAX: Final = BUNDLE_ITEMS_MAX // 5
"""Each brings two registrations and two changes at most, so that fits as well."""


class _Shown(NamedTuple):
    """One certification of the bundle, the slots of its record, and the fields in them."""

    entry: Certification
    record: tuple[str, ...]
    fields: dict[str, Value]


class Prover:
    """Makes proof bundles from one ledger."""

    def __init__(self, files: LedgerFiles, recall: Recall) -> None:
        self._files: Final = files
        self._recall: Final = recall

    def prove(
        self,
        indexes: Sequence[int],
        disclose: str | Collection[str] | Mapping[int, str | Collection[str]] = LINE,
    ) -> bytes:
        """Make the bundle for the certifications at ``indexes``.

        Raises `NotPublishedError` when no checkpoint covers one of them,
        `UnknownEntryError` for an index that names no certification, `ErasedError` for
        one whose content was erased, `FormatError` for a name that no field has,
        `PolicyError` for a disclosure that the rules forbid, `LedgerDamagedError` for what
        would not verify.
        """
        wanted = sorted(set(indexes))
        if not wanted:
            raise UnknownEntryError("no certification was asked for")
        if len(wanted) > CERTIFICATIONS_MAX:
            raise PolicyError(f"a proof holds {CERTIFICATIONS_MAX} certifications at most")
        with self._files.store.view() as view:
            latest = latest_checkpoint(view)
            if latest is None or wanted[0] < 0 or wanted[-1] >= latest[0].size:
                raise _not_published(wanted[0] if wanted[0] < 0 else wanted[-1], view)
            checkpoint, note = latest
            size = checkpoint.size
            shown = [self._show(view, index, names_for(index, disclose)) for index in wanted]
            entries = [one.entry for one in shown]
            changes = {index: changes_by(view, index, size) for index in wanted}
            endorsed = endorsements_of(view, entries, size)
            due = {
                *wanted,
                *(by for change in changes.values() for by in change.values()),
                *rests_on(view, entries, endorsed),
                size - 1,
            }
            bundle = Bundle(
                format="provenance-proof/1",
                checkpoint=note,
                entries=prove_entries(
                    view, due, size, disclosed={one.entry.index: one.record for one in shown}
                ),
                status=status_leaves(view, size, changes),
                endorsements=links(view, endorsed),
            )
            check_made(view, bundle, checkpoint, _contents(shown))
            return encode_bundle(bundle)

    def tlog_proof(self, index: int) -> str:
        """Prove one entry in the form that any C2SP verifier reads.

        It says that these bytes are in the log, and nothing of what they commit to. Raises
        `NotPublishedError`, `UnknownEntryError`, `LedgerDamagedError`.
        """
        with self._files.store.view() as view:
            latest = latest_checkpoint(view)
            if latest is None or not 0 <= index < latest[0].size:
                raise _not_published(index, view)
            checkpoint, note = latest
            path = tuple(prove_inclusion(index, checkpoint.size, view.node))
            leaf = leaf_hash(view.entry(index))
        try:
            verify_inclusion(leaf, index, checkpoint.size, path, checkpoint.root)
        except InclusionError as error:
            raise LedgerDamagedError(
                f"the proof of entry {index} would not verify, and is not handed out: audit "
                "the ledger"
            ) from error
        return format_tlog_proof(TlogProof(index=index, path=path, checkpoint=note))

    def _show(self, view: View, index: int, names: frozenset[str]) -> _Shown:
        entry = read_entry(view, index, Certification)
        seed, payload = self._recall.seeded(view, entry)
        chosen = choose(payload.fields, names)
        if not chosen:
            return _Shown(entry, (), {})
        record = disclose_checked(seed, payload.fields, chosen, CERTIFICATION)
        fields = {name: value for name, value in payload.fields if name in chosen}
        return _Shown(entry, record, fields)


def _contents(shown: Sequence[_Shown]) -> Contents:
    """Return what the bundle says of its certifications, as a verifier would read it."""
    lines = {one.entry.index: one.entry for one in shown}
    return Contents(lines, {one.entry.index: one.fields for one in shown}, {})


def _not_published(index: int, view: View) -> Exception:
    if not 0 <= index < view.size:
        return UnknownEntryError(f"there is no entry {index}: the log has {view.size}")
    return NotPublishedError(f"no checkpoint covers entry {index} yet: publish first")
