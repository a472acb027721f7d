"""Verifying one's own proofs before anybody holds them.

A proof is put together from many rows of the database, and what has rotted there would be
found by whoever the proof is shown to. So it is verified as a stranger would, under the
log's own keys. What a verifier only has a reason to look at twice is handed out: that a
certification was withdrawn, for instance, is what its proof is to say.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from provenance.errors import LedgerDamagedError
from provenance.ledger.keyhistory import log_keys, read_keys
from provenance.report import failure_of
from provenance.verifier import Verifier

if TYPE_CHECKING:
    from provenance.storage import View
    from provenance.tlog.note import VerifierKey


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
    failure = find_failure(view, bundle, size)
    if failure:
        raise LedgerDamagedError(
            f"the proof would not verify, and is not handed out ({failure}): audit the ledger"
        )
    return bundle


@lru_cache(maxsize=8)  # The keys of a log change seldom.
def _verifier(keys: tuple[VerifierKey, ...]) -> Verifier:
    return Verifier(policy_text(keys))
