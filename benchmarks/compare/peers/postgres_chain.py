"""PostgreSQL, a server of its own: a trigger chains every row under a lock on the head.

``fsync`` and ``synchronous_commit`` are on, as they are by default. The server will not run
as root, and is started as the user ``nobody`` there. The third argument is the directory of
its programs.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from benchmarks.compare.protocol import System, serve

if TYPE_CHECKING:
    from collections.abc import Sequence

_SCHEMA = """
CREATE TABLE head(hash bytea NOT NULL);
INSERT INTO head VALUES (decode(repeat('00', 32), 'hex'));
CREATE TABLE log(id bigserial PRIMARY KEY, record bytea NOT NULL, hash bytea);
CREATE FUNCTION chain() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE head SET hash = sha256(hash || NEW.record) RETURNING hash INTO NEW.hash;
  RETURN NEW;
END $$;
CREATE TRIGGER chain BEFORE INSERT ON log FOR EACH ROW EXECUTE FUNCTION chain();
"""
_AUDIT = "SELECT record, hash FROM log ORDER BY id"


class PostgresChain(System):
    """One transaction a batch, one statement for all its rows."""

    def __init__(self, path: Path, programs: Path) -> None:
        self._programs, self._data = programs, path / "data"
        # The path of a socket is short, so it has a directory of its own.
        self._socket = Path(f"/tmp/pg-{os.getpid()}")
        self._socket.mkdir(mode=0o700)
        self._data.mkdir()
        if os.getuid() == 0:
            for owned in (self._data, self._socket):
                shutil.chown(owned, "nobody")
            _let_pass(path)
        self._run("initdb", "-D", str(self._data), "-A", "trust", "-U", "bench")
        options = f"-k {self._socket} -c listen_addresses=''"
        log = str(self._socket / "log")
        self._run("pg_ctl", "-D", str(self._data), "-w", "-l", log, "-o", options, "start")
        self._connection = psycopg.connect(
            host=str(self._socket), user="bench", dbname="postgres", autocommit=True
        )
        self._connection.execute(_SCHEMA)

    def _run(self, program: str, *words: str) -> None:
        user = "nobody" if os.getuid() == 0 else None
        command = [str(self._programs / program), *words]
        # The server keeps the descriptors that it is given, so it gets none of ours.
        subprocess.run(
            command,
            check=True,
            user=user,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def append(self, batch: Sequence[bytes]) -> None:
        self._connection.execute(
            "INSERT INTO log(record) SELECT unnest(%s::bytea[])", (list(batch),), binary=True
        )

    def audit(self) -> int:
        import hashlib  # noqa: PLC0415 - only for this

        head, count = bytes(32), 0
        for record, stored in self._connection.execute(_AUDIT, binary=True):
            head = hashlib.sha256(head + record).digest()
            if head != stored:
                raise ValueError(f"the chain breaks at entry {count}")
            count += 1
        return count

    def close(self) -> None:
        self._connection.close()
        self._run("pg_ctl", "-D", str(self._data), "-w", "-m", "fast", "stop")
        shutil.rmtree(self._socket, ignore_errors=True)


def _let_pass(path: Path) -> None:
    """Let another user reach a directory that only its owner could enter."""
    for directory in (path, *path.parents):
        if directory.stat().st_uid == os.getuid() and directory != Path("/"):
            directory.chmod(directory.stat().st_mode | 0o011)


if __name__ == "__main__":
    serve(lambda path: PostgresChain(path, Path(sys.argv[3])))
