"""The other end of the protocol: starts a system's program and measures its answers."""

from __future__ import annotations

import os
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT: Final = Path(__file__).resolve().parents[2]
_ENDING_S: Final = 60


class SystemFailedError(Exception):
    """A system's program ended, or answered with something else than it should."""


class Command(msgspec.Struct, frozen=True):
    """A program: what stands before the two arguments that all take, and what behind."""

    before: tuple[str, ...]
    after: tuple[str, ...] = ()

    def under(self, *words: str) -> Command:
        """Return the command that is run by another."""
        return Command((*words, *self.before), self.after)


class Driver:
    """One running program, and the clock."""

    def __init__(self, command: Command, directory: Path, records: Path) -> None:
        errors = directory.parent / f"{directory.name}.errors"
        self._errors: Final = errors
        with errors.open("wb") as stderr:
            self._process: Final = subprocess.Popen(
                [*command.before, str(directory), str(records), *command.after],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                env={**os.environ, "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"},
            )
        self._expect("ready")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(_ENDING_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._end()

    def _end(self) -> None:
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            with suppress(BrokenPipeError):
                stream.close()

    def append(self, *, batch: int, count: int) -> float:
        """Append batches; give the seconds that it took."""
        return self._ask(f"append {batch} {count}")[0]

    def prove(self, indexes: Sequence[int]) -> tuple[float, int] | None:
        """Make proofs; give seconds and the size of the last one, None where it has none."""
        seconds, answer = self._ask(f"prove {' '.join(map(str, indexes))}")
        return None if answer == "unsupported" else (seconds, int(answer.split()[1]))

    def audit(self) -> tuple[float, int]:
        """Check everything; give seconds and the number of entries."""
        seconds, answer = self._ask("audit")
        return seconds, int(answer.split()[1])

    def _ask(self, line: str) -> tuple[float, str]:
        assert self._process.stdin is not None
        started = time.perf_counter()
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        answer = self._expect("ok", "unsupported")
        return time.perf_counter() - started, answer

    def _expect(self, *words: str) -> str:
        assert self._process.stdout is not None
        answer = self._process.stdout.readline().strip()
        if answer.partition(" ")[0] not in words:
            self._process.kill()
            self._end()
            said = self._errors.read_text(errors="replace").strip().splitlines()
            raise SystemFailedError(answer or (said[-1] if said else "it ended without a word"))
        return answer
