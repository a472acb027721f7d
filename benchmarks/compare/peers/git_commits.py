"""git: a file a record, one commit a batch, signed with an Ed25519 key of OpenSSH.

``core.fsync=all`` and ``core.fsyncMethod=fsync``: every object is synced when it is written.
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from benchmarks.compare.protocol import System, serve

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class GitCommits(System):
    """``git fast-import`` cannot sign, so records go through ``git add``."""

    def __init__(self, path: Path) -> None:
        self._work, self._count = path / "work", 0
        key = path / "key"
        _run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key))
        _run("git", "init", "-q", str(self._work))
        for name, value in {
            "user.name": "bench",
            "user.email": "bench@log.example",
            "gpg.format": "ssh",
            "user.signingKey": str(key),
            "commit.gpgSign": "true",
            "core.fsync": "all",
            "core.fsyncMethod": "fsync",
            "gc.auto": "0",
        }.items():
            self._git("config", name, value)
        public = key.with_suffix(".pub").read_text(encoding="ascii")
        allowed = path / "allowed"
        allowed.write_text(f"bench@log.example {public}", encoding="ascii")
        self._git("config", "gpg.ssh.allowedSignersFile", str(allowed))

    def _git(self, *words: str) -> str:
        return _run("git", "-C", str(self._work), *words)

    def append(self, batch: Sequence[bytes]) -> None:
        names = []
        for record in batch:
            names.append(f"{self._count:09}")
            (self._work / names[-1]).write_bytes(record)
            self._count += 1
        self._git("add", "--all")
        self._git("commit", "-q", "-m", names[-1])

    def audit(self) -> int:
        self._git("fsck", "--full", "--strict")
        for commit in self._git("rev-list", "HEAD").split():
            self._git("verify-commit", commit)
        return len(self._git("ls-files").split())

    def close(self) -> None:
        pass


def _run(*words: str) -> str:
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    return done.stdout


if __name__ == "__main__":
    serve(GitCommits)
