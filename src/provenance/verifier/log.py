"""Whether the checkpoint is one that the policy believes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from provenance.errors import ConsistencyError, FormatError, SignatureError, VerificationError
from provenance.record.bundle import decode_hashes
from provenance.tlog.checkpoint import parse_checkpoint
from provenance.tlog.merkle import verify_consistency
from provenance.tlog.note import open_note, split_note
from provenance.tlog.policy import VerifiedCheckpoint, verify_checkpoint, verify_checkpoint_by
from provenance.verifier.checks import StageFailedError
from provenance.verifier.helper import run_all

if TYPE_CHECKING:
    from provenance.record.bundle import Bundle, Later
    from provenance.tlog.policy import Policy
    from provenance.verifier.checks import Checks


def check_log(bundle: Bundle, policy: Policy, checks: Checks) -> list[VerifiedCheckpoint]:
    """Check the bundle's checkpoint and the later one; give both, or the one there is.

    Raises `StageFailedError` as soon as one fails.
    """
    later = None if bundle.later is None else _check_later(bundle.later, policy, checks)
    try:
        first = _verify_first(bundle.checkpoint, later, policy)
    except (FormatError, VerificationError) as error:
        checks.no(_name_failure(bundle.checkpoint, policy), error)
        raise StageFailedError from error
    if bundle.later is not None and later is not None:
        checks.attempt("later", None, _check_continues, bundle.later, first, later)
        checks.end_stage()
    checks.yes("origin", f"the policy names the log {first.checkpoint.origin}")
    if first.signatures:
        checks.yes("checkpoint", f"it is signed at size {first.checkpoint.size}")
        witnesses = ", ".join(first.witnesses)
        checks.yes("quorum", f"cosigned by {witnesses}" if witnesses else "no witness is asked")
    else:
        checks.yes("checkpoint", "its keys left the policy; the later one continues it")
        checks.skip("quorum", "judged by the later checkpoint")
    if later is None:
        checks.skip("later", "no later checkpoint is shown")
        return [first]
    checks.yes("later", f"the log went on, consistently, to size {later.checkpoint.size}")
    return [first, later]


def _check_later(later: Later, policy: Policy, checks: Checks) -> VerifiedCheckpoint:
    try:
        return _plain(verify_checkpoint_by(run_all, later.checkpoint, policy))
    except (FormatError, VerificationError) as error:
        checks.no("later", error)
        raise StageFailedError from error


def _check_continues(
    shown: Later, first: VerifiedCheckpoint, later: VerifiedCheckpoint
) -> None:
    old, new = first.checkpoint, later.checkpoint
    if old.origin != new.origin:
        raise ConsistencyError(f"expected the log {old.origin}, got {new.origin}")
    verify_consistency(old.size, new.size, decode_hashes(shown.proof), old.root, new.root)


def _verify_first(
    note: str, later: VerifiedCheckpoint | None, policy: Policy
) -> VerifiedCheckpoint:
    """Verify the note; where a later checkpoint continues it, keys may have left the policy.

    Keys that are still there must have signed all the same.
    """
    try:
        return _plain(verify_checkpoint_by(run_all, note, policy))
    except SignatureError:
        text, lines = split_note(note)
        checkpoint = parse_checkpoint(text)
        keys = policy.log_keys(checkpoint.origin)
        if later is None or not keys:
            raise
    under = {(line.name, line.key_id) for line in lines}
    keys += tuple(witness.key for witness in policy.witnesses)
    known = [key for key in keys if (key.name, key.key_id) in under]
    if known:
        open_note(note, known)
    return _plain(VerifiedCheckpoint(checkpoint, (), (), None))


def _plain(verified: VerifiedCheckpoint) -> VerifiedCheckpoint:
    """Refuse extension lines: the format of our logs has none."""
    if verified.checkpoint.extensions:
        raise FormatError("malformed checkpoint: lines after the root")
    return verified


def _name_failure(note: str, policy: Policy) -> str:
    """Name the check that fails for a note: it is verified once more, without the quorum."""
    try:
        if not policy.log_keys(parse_checkpoint(split_note(note)[0]).origin):
            return "origin"
        _plain(verify_checkpoint(note, replace(policy, quorum=None)))
    except (FormatError, VerificationError):
        return "checkpoint"
    return "quorum"
