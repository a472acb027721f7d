"""auditchain's log in SQLite with an Ed25519 signature an entry; its own defaults."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from auditchain import AuditLog, SqliteBackend, generate_keypair
from benchmarks.compare.protocol import System, serve

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class AuditchainLog(System):
    """``append_many`` in one event loop, so that starting loops is not what is measured."""

    def __init__(self, path: Path) -> None:
        seed, self._public = generate_keypair()
        self._loop = asyncio.new_event_loop()
        self._log = AuditLog(SqliteBackend(path / "log.db"), signing_key=seed)
        self._loop.run_until_complete(self._log.init())

    def append(self, batch: Sequence[bytes]) -> None:
        entries = [("bench", "deposit", "record", {"data": one.decode()}) for one in batch]
        self._loop.run_until_complete(self._log.append_many(entries))

    def prove(self, index: int) -> int:
        proof = self._loop.run_until_complete(self._log.inclusion_proof(index))
        return len(proof.dumps())

    def audit(self) -> int:
        signers = {"s0": self._public}
        report = self._loop.run_until_complete(self._log.verify(signers=signers))
        if not report.ok:
            raise ValueError(str(report))
        return int(report.records_checked)

    def close(self) -> None:
        self._loop.run_until_complete(self._log.close())
        self._loop.close()


if __name__ == "__main__":
    serve(AuditchainLog)
