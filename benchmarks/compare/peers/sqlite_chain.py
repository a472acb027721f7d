"""A hash chain in SQLite, as anybody would write it; ``signed`` adds Ed25519 an entry.

WAL journal with ``synchronous=FULL``: every commit syncs the log before it returns. The
third argument is ``plain``, ``signed``, or ``unsynced``, which syncs nothing and is the
control of the durability check.
"""

from __future__ import annotations

import hashlib
import sqlite3
import sys
from typing import TYPE_CHECKING

from benchmarks.compare.protocol import System, serve

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class SqliteChain(System):
    """One table, one transaction a batch."""

    def __init__(self, path: Path, kind: str) -> None:
        self._connection = sqlite3.connect(path / "chain.db", isolation_level=None)
        execute = self._connection.execute
        execute("PRAGMA journal_mode=WAL")
        execute(f"PRAGMA synchronous={'OFF' if kind == 'unsynced' else 'FULL'}")
        execute("CREATE TABLE log(id INTEGER PRIMARY KEY, record BLOB, hash BLOB, sig BLOB)")
        self._head = bytes(32)
        self._key = None
        if kind == "signed":
            from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415
                Ed25519PrivateKey,
            )

            self._key = Ed25519PrivateKey.generate()

    def append(self, batch: Sequence[bytes]) -> None:
        rows, head, key = [], self._head, self._key
        for record in batch:
            head = hashlib.sha256(head + record).digest()
            rows.append((record, head, b"" if key is None else key.sign(head)))
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany("INSERT INTO log(record, hash, sig) VALUES(?,?,?)", rows)
        self._connection.execute("COMMIT")
        self._head = head

    def audit(self) -> int:
        head, count = bytes(32), 0
        public = None if self._key is None else self._key.public_key()
        for record, stored, signature in self._connection.execute(
            "SELECT record, hash, sig FROM log ORDER BY id"
        ):
            head = hashlib.sha256(head + record).digest()
            if head != stored:
                raise ValueError(f"the chain breaks at entry {count}")
            if public is not None:
                public.verify(signature, head)
            count += 1
        return count

    def close(self) -> None:
        self._connection.close()


if __name__ == "__main__":
    serve(lambda path: SqliteChain(path, sys.argv[3]))
