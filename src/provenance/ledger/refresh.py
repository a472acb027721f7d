"""Bringing an old proof up to date: a later checkpoint, and how things stand by then.

A proof says what was so when it was made, under the keys of that time. ``later`` adds the
newest checkpoint, signed by today's keys, a proof that its tree continues the old one, and
the status of the certifications as of now, with the entries that changed them. Nothing of
the old proof is altered, and nothing more of the records is disclosed. No seed is asked
for, so what was erased is brought up to date as well. What does not verify as a whole is not
handed out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from provenance.errors import (
    ConsistencyError,
    LedgerDamagedError,
    NotPublishedError,
    VerificationError,
)
from provenance.ledger.evidence import changes_by, reading_stored, settled_status
from provenance.ledger.keyhistory import log_keys, read_keys
from provenance.ledger.publish import latest_checkpoint
from provenance.ledger.selfcheck import check_own_bundle, find_failure
from provenance.record.bundle import encode_bundle, parse_bundle, parse_entries
from provenance.record.entry import Certification
from provenance.record.later import make_later
from provenance.tlog.checkpoint import parse_checkpoint
from provenance.tlog.note import split_note

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.record.bundle import Bundle
    from provenance.record.entry import Entry
    from provenance.storage import View
    from provenance.tlog.checkpoint import Checkpoint


def refresh_bundle(view: View, bundle: bytes, *, origin: str) -> bytes:
    """Return the bundle with a ``later`` part as of the last checkpoint.

    Raises `FormatError` for what is not a bundle, `ConsistencyError` for one of another log
    or history, `NotPublishedError` when no newer checkpoint is published, or today's log keys
    have not signed one yet, `VerificationError` for a bundle that does not verify as it was
    handed in, `LedgerDamagedError` for one that does not with what was added.
    """
    parsed = parse_bundle(bundle)
    shown = parse_entries(parsed.entries)
    old = parse_checkpoint(split_note(parsed.checkpoint)[0])
    new, note = _newest(view, old)
    _check_history(view, old, origin)
    other = _other_entry(view, parsed, shown, old.size)
    if other is not None:
        _check_handed_in(view, parsed, old.size)
        # It is of this very tree, and holds: so what is stored does not.
        raise LedgerDamagedError(f"entry {other} is damaged as it is stored: audit the ledger")
    settled_status(view, new.size)
    wanted = [entry.index for entry in shown if isinstance(entry, Certification)]
    with reading_stored():
        later = make_later(
            view,
            note=note,
            sizes=(old.size, new.size),
            keys=read_keys(view, new.size),
            changes={index: changes_by(view, index, new.size) for index in wanted},
            shown=[entry.index for entry in shown],
        )
    refreshed = encode_bundle(msgspec.structs.replace(parsed, later=later))
    if find_failure(view, refreshed, new.size):
        _check_handed_in(view, parsed, old.size)
    return check_own_bundle(view, refreshed, new.size)


def _check_handed_in(view: View, bundle: Bundle, size: int) -> None:
    """Check the bundle alone: what is wrong with it is not the ledger's damage."""
    alone = encode_bundle(msgspec.structs.replace(bundle, later=None))
    failure = find_failure(view, alone, size)
    if failure:
        raise VerificationError(f"the proof that was handed in does not verify ({failure})")


def _newest(view: View, old: Checkpoint) -> tuple[Checkpoint, str]:
    """Return the newest checkpoint, which the log keys in force now must have signed."""
    latest = latest_checkpoint(view)
    if latest is None or latest[0].size <= old.size:
        raise NotPublishedError("no checkpoint is newer than the proof's own: publish first")
    if log_keys(read_keys(view, latest[0].size)) != log_keys(read_keys(view)):
        raise NotPublishedError("the log keys were rotated since the last checkpoint: publish")
    return latest


def _check_history(view: View, old: Checkpoint, origin: str) -> None:
    if old.origin != origin:
        raise ConsistencyError(f"the proof is of the log {old.origin}, not of {origin}")
    if not old.size > 0 or view.root(old.size) != old.root:
        raise ConsistencyError(f"the proof's checkpoint at size {old.size} is not this log's")


def _other_entry(view: View, bundle: Bundle, entries: Sequence[Entry], size: int) -> int | None:
    """Return the index of an entry shown that is not the log's, before others are sought."""
    for entry, shown in zip(entries, bundle.entries, strict=True):
        if entry.index >= size or view.entry(entry.index) != shown.entry.encode():
            return entry.index
    return None
