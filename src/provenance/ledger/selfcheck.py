"""Verifying one's own proofs before anybody holds them.

A proof is put together from many rows of the database, and what has rotted there would be
found by whoever the proof is shown to. So it is verified first, by the verifier's own checks,
under the log's own keys. What a verifier only has a reason to look at twice is handed out:
that a certification was withdrawn, for instance, is what its proof is to say.

`check_made` is for proofs that were just made, by the thousand: it leaves out what cannot have
rotted (commitments, because a record is opened by a cipher that is bound to its commitment)
and remembers which signatures it has verified. `find_failure` looks at everything.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from provenance.encoding import decode_base64
from provenance.errors import LedgerDamagedError, SignatureError
from provenance.ledger.keyhistory import log_keys, read_keys, signing_key
from provenance.record.message import entry_message
from provenance.report import failure_among, failure_of
from provenance.tlog.policy import VerifiedCheckpoint
from provenance.tlog.publickeys import load_ed25519
from provenance.verifier import Verifier
from provenance.verifier.bodies import Bodies
from provenance.verifier.checks import Checks, StageFailedError
from provenance.verifier.entries import check_entries, verify_signature
from provenance.verifier.standing import check_status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provenance.record.bundle import Bundle
    from provenance.storage import View
    from provenance.tlog.checkpoint import Checkpoint
    from provenance.tlog.note import VerifierKey
    from provenance.verifier.contents import Contents
    from provenance.verifier.entries import Item

SIGNATURES_KEPT: Final = 4096
"""Signatures that are known to be right, the last ones that were asked for."""


def policy_text(keys: tuple[VerifierKey, ...]) -> str:
    """Return the trust policy that asks for a signature by each of these log keys."""
    return "".join(f"log {key}\n" for key in keys) + "quorum none\n"


def find_failure(view: View, bundle: bytes, size: int) -> str:
    """Say which check a bundle of this log fails, as of ``size``; empty where it holds."""
    return failure_of(_verifier(log_keys(read_keys(view, size))).verify(bundle))


def check_own_bundle(view: View, bundle: bytes, size: int) -> bytes:
    """Return a bundle that was made from the tree of ``size``, if it verifies.

    Raises `LedgerDamagedError`, which names what failed.
    """
    _refuse(find_failure(view, bundle, size))
    return bundle


def check_made(view: View, bundle: Bundle, checkpoint: Checkpoint, contents: Contents) -> None:
    """Check a bundle that was just made from ``view``.

    ``checkpoint``: its own, whose signatures were verified. ``contents``: its certifications
    and what was disclosed of them. Raises `LedgerDamagedError`, which names what failed.
    """
    checks, trees = Checks(), (VerifiedCheckpoint(checkpoint, (), (), None),)
    try:
        items = check_entries(bundle, trees, checks)
        checks.end_stage()
        _check_signatures(view, items, checkpoint, checks)
        bodies = Bodies(items, checkpoint.origin)
        bodies.check_depositors(contents, checks)
        bodies.check_endorsements(bundle.endorsements, contents, checks)
        check_status(bundle, items, trees, checks)
    except StageFailedError:
        pass  # What failed is among the checks.
    _refuse(failure_among(checks.made))


def _check_signatures(
    view: View, items: Mapping[int, Item], checkpoint: Checkpoint, checks: Checks
) -> None:
    keys = read_keys(view, checkpoint.size)
    start = entry_message(checkpoint.origin, b"")
    for index, item in items.items():
        public = signing_key(keys, index).verifier.public
        try:
            _verify(public, decode_base64(item.shown.signature), start + item.leaf)
        except SignatureError as error:
            checks.no("entry-signature", error, index)


def _refuse(failure: str) -> None:
    if failure:
        raise LedgerDamagedError(
            f"the proof would not verify, and is not handed out ({failure}): audit the ledger"
        )


@lru_cache(maxsize=8)  # The keys of a log change seldom.
def _verifier(keys: tuple[VerifierKey, ...]) -> Verifier:
    return Verifier(policy_text(keys))


@lru_cache(maxsize=SIGNATURES_KEPT)
def _verify(public: bytes, signature: bytes, message: bytes) -> None:
    """Verify one signature, once; raises `SignatureError`, and remembers no failure."""
    verify_signature([load_ed25519(public)], signature, message)
