"""Proof bundles: everything that a stranger needs to check some certifications.

A bundle holds the last published checkpoint, the certifications asked for with what is
disclosed of them, and what their proof rests on: the entries that declare the entry keys,
the checkpoint's ``status`` entry with the status leaves, and the entries in force of
depositor and certifier, because people read names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from provenance.encoding import encode_base64
from provenance.errors import NotPublishedError, PolicyError, UnknownEntryError
from provenance.ledger.changes import read_changes
from provenance.ledger.disclosure import LINE, choose, names_for
from provenance.ledger.keyhistory import declaring_entries, read_keys
from provenance.ledger.publish import latest_checkpoint
from provenance.ledger.registry import depositor_row, read_entry, read_index
from provenance.record.bundle import (
    BUNDLE_ITEMS_MAX,
    Bundle,
    ProvenEntry,
    StatusLeaf,
    encode_bundle,
)
from provenance.record.commitment import Disclosed, disclose
from provenance.record.entry import Certification, Depositor, Status, parse_entry
from provenance.record.status import LEAF_ENTRIES, leaf_count
from provenance.tlog.proof import TlogProof, format_tlog_proof
from provenance.tlog.prover import prove_inclusion

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from provenance.ledger.files import LedgerFiles
    from provenance.ledger.recall import Recall
    from provenance.storage import View
    from provenance.tlog.checkpoint import Checkpoint


CERTIFICATIONS_MAX: Final = BUNDLE_ITEMS_MAX // 5
"""Each brings two bodies and two changes at most, so that fits into the bundle as well."""


class _Shown(msgspec.Struct, frozen=True):
    """One certification of the bundle: what is disclosed, and whom it names."""

    index: int
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
            shown = [self._show(view, index, names_for(index, disclose)) for index in wanted]
            return encode_bundle(
                Bundle(
                    format="provenance-proof/1",
                    checkpoint=note,
                    entries=_entries(view, checkpoint, shown),
                    status=status_leaves(view, checkpoint, wanted),
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
        fields = self._recall.certification(view, index).fields
        chosen = choose(fields, names)
        certifier = [
            value
            for name, value in fields
            if name == "certificateur" and name in chosen and isinstance(value, str)
        ]
        return _Shown(
            index=index,
            disclosed=disclose(self._recall.seed(index), fields, chosen),
            bodies=frozenset([entry.depositor, *certifier]),
        )


def _not_published(index: int, view: View) -> Exception:
    if not 0 <= index < view.size:
        return UnknownEntryError(f"there is no entry {index}: the log has {view.size}")
    return NotPublishedError(f"no checkpoint covers entry {index} yet: publish first")


def _entries(
    view: View, checkpoint: Checkpoint, shown: Sequence[_Shown]
) -> tuple[ProvenEntry, ...]:
    """Give the certifications and all that they rest on, in the order of the log."""
    disclosed = {one.index: one.disclosed for one in shown}
    changing = {by for one in shown for by in changed_by(view, one.index, checkpoint.size)}
    bodies = frozenset[str]().union(*(one.bodies for one in shown))
    support = {_in_force(view, body, checkpoint.size) for body in bodies}
    indexes = {*disclosed, *changing, *support, checkpoint.size - 1} - {None}
    shown_at = {index for index in indexes if index is not None}
    shown_at |= declaring_entries(read_keys(view, checkpoint.size), shown_at)
    return tuple(
        prove_entry(view, index, checkpoint.size, disclosed.get(index))
        for index in sorted(shown_at)
    )


def changed_by(view: View, index: int, size: int) -> list[int]:
    """Give the entries below ``size`` that superseded, withdrew or erased a certification."""
    return [by for by in read_changes(view, index).values() if by < size]


def _in_force(view: View, body: str, size: int) -> int | None:
    """Give the newest ``depositor`` entry of ``body`` that the checkpoint covers."""
    index = read_index(view, depositor_row(body))
    while index is not None and index >= size:
        index = read_entry(view, index, Depositor).previous
    return index


def prove_entry(
    view: View, index: int, size: int, disclosed: Disclosed | None = None
) -> ProvenEntry:
    """Show an entry in the tree of ``size``, with what is disclosed of its record."""
    entry, signature = view.record(index)
    path = prove_inclusion(index, size, view.node)
    return ProvenEntry(
        entry=entry.decode(),
        signature=encode_base64(signature),
        path=tuple(map(encode_base64, path)),
        hidden=() if disclosed is None else tuple(map(encode_base64, disclosed.hidden)),
        disclosures=() if disclosed is None else disclosed.disclosures,
    )


def status_leaves(
    view: View, checkpoint: Checkpoint, indexes: Sequence[int]
) -> tuple[StatusLeaf, ...]:
    """Give the status leaves of the certifications, as of the checkpoint's last entry."""
    status = parse_entry(view.entry(checkpoint.size - 1))
    if not isinstance(status, Status):
        raise NotPublishedError("the last checkpoint does not end in a status entry")
    root = encode_base64(view.status_root(status.size, settled=True))
    if root != status.root:
        # A newer status entry was appended, and its checkpoint is not signed yet.
        raise NotPublishedError("a publication was not finished: publish again")
    leaves = leaf_count(status.size)
    return tuple(
        StatusLeaf(
            leaf=leaf,
            bits=encode_base64(view.status_leaf(leaf)),
            path=tuple(map(encode_base64, prove_inclusion(leaf, leaves, view.status_node))),
        )
        for leaf in sorted({index // LEAF_ENTRIES for index in indexes})
    )
