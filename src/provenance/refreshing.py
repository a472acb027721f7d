"""Bringing an old proof up to date from published tiles, without the ledger.

What is added is what the ledger itself would add, byte for byte (``record.later``): the
newest checkpoint, the proof that its tree continues the proof's own, and the status of the
certifications as of now. The checkpoint must be one that the trust policy believes; every
tile is held against it; and what is handed out was verified as a whole under the policy.

Where the files come from is up to the caller: ``read`` gives the bytes of the file of a
name (``tlog.tiles``) or raises, best an `UnreadableError`. ``fetching.open_tiles`` makes
such a reader for a directory or a web address.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from provenance.encoding import decode_text
from provenance.errors import (
    ConsistencyError,
    FormatError,
    NotPublishedError,
    VerificationError,
)
from provenance.record.bundle import encode_bundle, parse_bundle, parse_entries
from provenance.record.entry import Certification
from provenance.record.later import make_later
from provenance.record.tiled import TiledLog, read_limited
from provenance.report import PROVEN, failure_of
from provenance.tlog.checkpoint import parse_checkpoint
from provenance.tlog.merkle import leaf_hash
from provenance.tlog.note import split_note
from provenance.tlog.policy import parse_policy, verify_checkpoint
from provenance.tlog.prover import subtree_root
from provenance.tlog.tiles import CHECKPOINT
from provenance.verifier import Verifier
from provenance.verifier.reasons import STATUS_DAYS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from provenance.record.bundle import Bundle
    from provenance.record.entry import Entry
    from provenance.report import Report
    from provenance.tlog.checkpoint import Checkpoint
    from provenance.tlog.policy import Policy
    from provenance.tlog.tiles import TileReader

ATTEMPTS_MAX: Final = 3
"""How often the checkpoint is read anew, when it was replaced while the tiles were read."""


def refresh_bundle(bundle: bytes, read: TileReader, policy: Policy | str) -> bytes:
    """Return the bundle with a ``later`` part as of the newest published checkpoint.

    ``policy``: today's trust policy, or its text. Raises `FormatError` for what is not a
    bundle, policy, checkpoint or tile, `SignatureError` for a checkpoint or an entry that
    is not signed as it must be, `ConsistencyError` and `InclusionError` for tiles that are
    not of the checkpoint, and for a bundle of another log or history, `NotPublishedError`
    when no newer checkpoint is published, `VerificationError` for a bundle that does not
    hold even so, and what ``read`` raises.
    """
    refreshed = refresh_if_newer(bundle, read, policy)
    if refreshed is None:
        raise NotPublishedError("no checkpoint is published that is newer than the proof's own")
    return refreshed


def refresh_if_newer(bundle: bytes, read: TileReader, policy: Policy | str) -> bytes | None:
    """Return what `refresh_bundle` returns, or None where the proof's checkpoint is the newest.

    Raises as `refresh_bundle` does in all other cases.
    """
    trusted = parse_policy(policy) if isinstance(policy, str) else policy
    parsed = parse_bundle(bundle)
    entries = parse_entries(parsed.entries)
    for _ in range(ATTEMPTS_MAX - 1):
        note = _read_checkpoint(read)
        try:
            return _refresh(parsed, entries, note, read, trusted)
        except (FormatError, VerificationError):
            # Status and pointers are replaced at each publication, perhaps meanwhile.
            if _read_checkpoint(read) == note:
                raise
    return _refresh(parsed, entries, _read_checkpoint(read), read, trusted)


class RefreshingVerifier(Verifier):
    """A verifier that brings each bundle up to date before it looks at it.

    ``read`` as for `refresh_bundle`, the other parameters as for `Verifier`.
    """

    def __init__(
        self,
        policy: Policy | str,
        read: TileReader,
        *,
        now_s: int | None = None,
        max_age_s: int | None = None,
        genesis: bytes | None = None,
        tsa: Sequence[bytes] = (),
        status_days: int = STATUS_DAYS,
    ) -> None:
        trusted = parse_policy(policy) if isinstance(policy, str) else policy
        super().__init__(
            trusted,
            now_s=now_s,
            max_age_s=max_age_s,
            genesis=genesis,
            tsa=tsa,
            status_days=status_days,
        )
        self._trusted: Final = trusted
        self._read: Final = read

    def verify(self, bundle: bytes, day: date | None = None) -> Report:
        """Verify a bundle as of the newest checkpoint. Bad bundles are a verdict.

        Where the bundle is good and the tiles are not, raises as `refresh_bundle` does: an
        older status is never given for the one that was asked for. Nothing is raised where
        the bundle's own checkpoint is the newest.
        """
        report = super().verify(bundle, day)
        if report.verdict == "unreadable":
            return report
        try:
            refreshed = refresh_if_newer(bundle, self._read, self._trusted)
        except (FormatError, VerificationError):
            if report.verdict in PROVEN:
                raise
            return report
        return report if refreshed is None else super().verify(refreshed, day)


def _read_checkpoint(read: TileReader) -> str:
    return decode_text(read_limited(read, CHECKPOINT), "checkpoint")


def _refresh(
    bundle: Bundle, entries: Sequence[Entry], note: str, read: TileReader, policy: Policy
) -> bytes | None:
    old = parse_checkpoint(split_note(bundle.checkpoint)[0])
    new = verify_checkpoint(note, policy, old.origin).checkpoint
    log = TiledLog(new, read)
    _check_known(log, old, "the proof's own checkpoint")
    if bundle.later is not None:
        known = parse_checkpoint(split_note(bundle.later.checkpoint)[0])
        _check_known(log, known, "the checkpoint that the proof was brought up to")
    if log.size == old.size:
        return None
    _check_entries(log, bundle, entries)
    wanted = [entry.index for entry in entries if isinstance(entry, Certification)]
    later = make_later(
        log,
        note=note,
        sizes=(old.size, new.size),
        keys=log.keys(),
        changes={index: log.changes(index) for index in wanted},
        shown=[entry.index for entry in entries],
    )
    refreshed = encode_bundle(msgspec.structs.replace(bundle, later=later))
    _check_verifies(refreshed, policy)
    return refreshed


def _check_known(log: TiledLog, old: Checkpoint, what: str) -> None:
    """Check that the log contains what is known of it already."""
    if log.size < old.size:
        raise NotPublishedError(
            f"the tiles end at size {log.size}, before {what} at {old.size}: they are old"
        )
    if not old.size or subtree_root(0, old.size, log.node) != old.root:
        raise ConsistencyError(f"{what}, at size {old.size}, is not of this log's history")


def _check_entries(log: TiledLog, bundle: Bundle, entries: Sequence[Entry]) -> None:
    """Check that the entries shown are those of the log, before others are sought by them."""
    for entry, shown in zip(entries, bundle.entries, strict=True):
        if leaf_hash(shown.entry.encode()) != log.node(0, entry.index):
            raise ConsistencyError(f"the proof's entry {entry.index} is not this log's")


def _check_verifies(bundle: bytes, policy: Policy) -> None:
    failure = failure_of(Verifier(policy).verify(bundle))
    if failure:
        raise VerificationError(f"the proof does not hold, even up to date ({failure})")
