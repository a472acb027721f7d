"""Bringing an old proof up to date: a later checkpoint, and how things stand by then.

A proof says what was so when it was made, under the keys of that time. ``later`` adds the
newest checkpoint, signed by today's keys, a proof that its tree continues the old one, and
the status of the certifications as of now, with the entries that changed them. Nothing of
the old proof is altered, and nothing more of the records is disclosed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from provenance.encoding import encode_base64
from provenance.errors import ConsistencyError, NotPublishedError
from provenance.ledger.keyhistory import declaring_entries, read_keys
from provenance.ledger.prove import changed_by, prove_entry, status_leaves
from provenance.ledger.publish import latest_checkpoint
from provenance.record.bundle import Later, encode_bundle, parse_bundle, parse_entries
from provenance.record.entry import Certification
from provenance.tlog.checkpoint import parse_checkpoint
from provenance.tlog.note import split_note
from provenance.tlog.prover import prove_consistency

if TYPE_CHECKING:
    from provenance.storage import View
    from provenance.tlog.checkpoint import Checkpoint


def refresh_bundle(view: View, bundle: bytes, *, origin: str) -> bytes:
    """Give the bundle with a ``later`` part as of the last checkpoint.

    Raises `FormatError` for what is no bundle, `ConsistencyError` for one of another log or
    history, `NotPublishedError` when no newer checkpoint is published.
    """
    parsed = parse_bundle(bundle)
    old = parse_checkpoint(split_note(parsed.checkpoint)[0])
    latest = latest_checkpoint(view)
    if latest is None or latest[0].size <= old.size:
        raise NotPublishedError("no checkpoint is newer than the proof's own: publish first")
    _check_history(view, old, origin)
    new, note = latest
    shown = parse_entries(parsed.entries)
    wanted = [entry.index for entry in shown if isinstance(entry, Certification)]
    known = {entry.index for entry in shown}
    due = {new.size - 1, *(by for one in wanted for by in changed_by(view, one, new.size))}
    due |= declaring_entries(read_keys(view, new.size), due | known)
    later = Later(
        checkpoint=note,
        proof=tuple(map(encode_base64, prove_consistency(old.size, new.size, view.node))),
        entries=tuple(prove_entry(view, index, new.size) for index in sorted(due - known)),
        status=status_leaves(view, new, wanted),
    )
    return encode_bundle(msgspec.structs.replace(parsed, later=later))


def _check_history(view: View, old: Checkpoint, origin: str) -> None:
    if old.origin != origin:
        raise ConsistencyError(f"the proof is of the log {old.origin}, not of {origin}")
    if not old.size > 0 or view.root(old.size) != old.root:
        raise ConsistencyError(f"the proof's checkpoint at size {old.size} is not this log's")
