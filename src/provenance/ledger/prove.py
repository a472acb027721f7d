"""Proof bundles: everything that a stranger needs to check some certifications.

A bundle holds the last published checkpoint, the certifications asked for with what is
disclosed of them, and what their proof rests on: the entries that declare the entry keys,
the checkpoint's ``status`` entry with the status leaves, the entries in force of depositor
and certifier, because people read names, and their certifier's own endorsement with the
entry that lists its key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from provenance.errors import NotPublishedError, PolicyError, UnknownEntryError
from provenance.ledger.disclosure import LINE, choose, names_for
from provenance.ledger.evidence import (
    changes_by,
    endorsement_support,
    endorsements_of,
    in_force,
    links,
    prove_entries,
    status_leaves,
)
from provenance.ledger.publish import latest_checkpoint
from provenance.ledger.registry import read_entry
from provenance.record.bundle import BUNDLE_ITEMS_MAX, Bundle, encode_bundle
from provenance.record.commitment import Disclosed, disclose_checked
from provenance.record.entry import Certification
from provenance.tlog.proof import TlogProof, format_tlog_proof
from provenance.tlog.prover import prove_inclusion

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from provenance.ledger.files import LedgerFiles
    from provenance.ledger.recall import Recall
    from provenance.storage import View


CERTIFICATIONS_MAX: Final = BUNDLE_ITEMS_MAX // 5
"""Each brings two bodies and two changes at most, so that fits into the bundle as well."""


_CERTIFIER: Final = "certificateur"


class _Shown(msgspec.Struct, frozen=True):
    """One certification of the bundle: what is disclosed, and whom it names."""

    entry: Certification
    disclosed: Disclosed
    bodies: frozenset[str]
    """BCRs of the depositor and, where it is disclosed, of the certifier."""


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
        one whose content was erased, `PolicyError` for a disclosure that the rules forbid.
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
                *_registrations(view, size, shown),
                *endorsement_support(view, entries, endorsed),
                size - 1,
            }
            disclosed = {one.entry.index: one.disclosed for one in shown}
            return encode_bundle(
                Bundle(
                    format="provenance-proof/1",
                    checkpoint=note,
                    entries=prove_entries(view, due, size, disclosed=disclosed),
                    status=status_leaves(view, size, changes),
                    endorsements=links(view, endorsed),
                )
            )

    def tlog_proof(self, index: int) -> str:
        """Prove one entry in the form that any C2SP verifier reads.

        It says that these bytes stand in the log, and nothing of what they commit to.
        Raises `NotPublishedError`, `UnknownEntryError`.
        """
        with self._files.store.view() as view:
            latest = latest_checkpoint(view)
            if latest is None or not 0 <= index < latest[0].size:
                raise _not_published(index, view)
            checkpoint, note = latest
            path = tuple(prove_inclusion(index, checkpoint.size, view.node))
        return format_tlog_proof(TlogProof(index=index, path=path, checkpoint=note))

    def _show(self, view: View, index: int, names: frozenset[str]) -> _Shown:
        entry = read_entry(view, index, Certification)
        seed, payload = self._recall.seeded(view, entry)
        chosen = choose(payload.fields, names)
        bodies = [entry.depositor]
        if _CERTIFIER in chosen:
            certifier = next(value for name, value in payload.fields if name == _CERTIFIER)
            bodies += [certifier] if isinstance(certifier, str) else []
        return _Shown(
            entry=entry,
            disclosed=disclose_checked(seed, payload.fields, chosen),
            bodies=frozenset(bodies),
        )


def _not_published(index: int, view: View) -> Exception:
    if not 0 <= index < view.size:
        return UnknownEntryError(f"there is no entry {index}: the log has {view.size}")
    return NotPublishedError(f"no checkpoint covers entry {index} yet: publish first")


def _registrations(view: View, size: int, shown: Iterable[_Shown]) -> set[int]:
    """Give the entries below ``size`` that register the bodies that are named."""
    bodies = frozenset[str]().union(*(one.bodies for one in shown))
    registered = (in_force(view, body, size) for body in bodies)
    return {index for index in registered if index is not None}
