"""Where the demo plays: runs commands in its directory, shows them, and checks."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from provenance.cli.exits import NO

if TYPE_CHECKING:
    from pathlib import Path


class DemoError(Exception):
    """Something did not behave as it should; ``status`` is the demo's exit status."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status: Final = status


class Stage:
    """The demo's directory; every command is the real one, in a process of its own."""

    def __init__(self, directory: Path) -> None:
        self._directory: Final = directory
        self._steps = 0

    def say(self, text: str) -> None:
        """Announce the next step."""
        self._steps += 1
        print(f"--- {self._steps}. {text}\n", flush=True)

    def run(self, *words: str, where: str = "", status: int = 0) -> None:
        """Show a command, run it, and check its exit status."""
        self._show(f"provenance {' '.join(map(_quoted, words))}", where)
        done = subprocess.run(_command(words), cwd=self._directory / where, check=False)  # noqa: S603 - our own program
        self._check_status(words, done.returncode, status)
        print(flush=True)

    def show(self, *words: str) -> None:
        """Show a command whose answer is shown in another way."""
        self._show(f"provenance {' '.join(map(_quoted, words))}", "")

    def ask(self, *words: str, where: str = "", status: int = 0) -> dict[str, Any]:
        """Run a command for its JSON document, without showing it."""
        done = subprocess.run(  # noqa: S603 - our own program
            _command([*words, "--json"]),
            cwd=self._directory / where,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=False,
        )
        self._check_status(words, done.returncode, status)
        document: dict[str, Any] = json.loads(done.stdout)
        return document

    def _check_status(self, words: tuple[str, ...], found: int, expected: int) -> None:
        command = f"provenance {words[0]}"
        self.check(found == expected, f"{command} ended with {found}, expected {expected}")

    def check(self, holds: bool, message: str) -> None:
        """Stop the demo unless something holds."""
        if not holds:
            raise DemoError(message, NO)

    def show_head(self, name: str, *, lines: int) -> None:
        """Show how a file begins."""
        self._show(f"head -n {lines} {name}", "")
        with (self._directory / name).open(encoding="utf-8") as file:
            print("".join(islice(file, lines)))

    def move(self, *names: str, to: str) -> None:
        """Move files into a new directory."""
        self._show(f"mkdir {to} && mv {' '.join(names)} {to}", "")
        target = self._directory / to
        target.mkdir()
        for name in names:
            (self._directory / name).rename(target / name)
        print()

    def read(self, name: str) -> bytes:
        """Read a file of the directory."""
        return (self._directory / name).read_bytes()

    def write(self, name: str, data: bytes) -> None:
        """Write a file of the directory."""
        (self._directory / name).write_bytes(data)

    @staticmethod
    def _show(command: str, where: str) -> None:
        place = f"{where}$" if where else "$"
        print(f"{place} {command}", flush=True)


def _quoted(word: str) -> str:
    """Quote a word as a person would: in double quotes where an apostrophe is in it."""
    if all(one.isalnum() or one in "-_./=:," for one in word):
        return word
    return shlex.quote(word) if set(word) & set('"\\$`!') else f'"{word}"'


def _command(words: list[str] | tuple[str, ...]) -> list[str]:
    return [sys.executable, "-m", "provenance", *words]
