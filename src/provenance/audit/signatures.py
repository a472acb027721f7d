"""Checking every entry's signature, in batches on two threads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from provenance.record.message import entry_message

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import ThreadPoolExecutor

    from provenance.audit.report import Findings
    from provenance.audit.rules import Rules
    from provenance.tlog.note import VerifierKey

BATCH: Final = 1024
CHECK: Final = "entry-signature"

_Signed = tuple[int, bytes, bytes]


class SignatureCheck:
    """Collects (index, leaf hash, signature) and verifies them under the keys in force."""

    def __init__(self, rules: Rules, findings: Findings, threads: ThreadPoolExecutor) -> None:
        self.count = 0
        self._rules: Final = rules
        self._findings: Final = findings
        self._threads: Final = threads
        self._batch: list[_Signed] = []
        self._keys: tuple[VerifierKey, ...] = ()

    def add(
        self, index: int, leaf_hash: bytes, signature: bytes, before: tuple[VerifierKey, ...]
    ) -> None:
        """Queue one signature, to be verified under the keys in force ``before`` the entry.

        Entries 0 and 1 have none before them and wait for the key that entry 1 adds. No
        later entry may rest on a key of its own.
        """
        keys = before if index > 1 else tuple(self._rules.entry_keys.values())
        if index > 1 and keys != self._keys:
            self.finish()
        self._keys = keys
        self._batch.append((index, leaf_hash, signature))
        if len(self._batch) >= BATCH:
            self.finish()

    def finish(self) -> None:
        """Verify what is queued, under the keys that were in force then."""
        batch, self._batch = self._batch, []
        self.count += len(batch)
        prefix = entry_message(self._rules.origin, b"")
        keys = [Ed25519PublicKey.from_public_bytes(key.public) for key in self._keys]
        half = (len(batch) + 1) // 2

        def failing(part: Sequence[_Signed]) -> list[int]:
            return [
                index
                for index, leaf, signature in part
                if not _any(keys, signature, prefix + leaf)
            ]

        for part in self._threads.map(failing, (batch[:half], batch[half:])):
            for index in part:
                self._findings.add(CHECK, "the entry key did not sign this entry", index)


def _any(keys: Sequence[Ed25519PublicKey], signature: bytes, message: bytes) -> bool:
    for key in keys:
        try:
            key.verify(signature, message)
        except InvalidSignature:
            continue
        return True
    return False
