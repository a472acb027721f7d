"""Which systems are compared, and how each of them is started.

A peer has an environment of its own below ``benchmarks/.environments``, made from a file
of pinned requirements with their hashes. What a machine lacks is told, never passed over.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import msgspec
from benchmarks.compare.driver import Command

if TYPE_CHECKING:
    from collections.abc import Callable

HERE: Final = Path(__file__).resolve().parent
ENVIRONMENTS: Final = HERE.parent / ".environments"
Workload: TypeAlias = Literal["opaque", "certifications"]


class UnavailableError(Exception):
    """A system cannot be run on this machine; the message says what is missing."""


class Compared(msgspec.Struct, frozen=True):
    """One system: how it is called, what it signs, and the command that runs it."""

    name: str
    signed: str
    command: Callable[[], Command]
    workload: Workload = "opaque"
    control: bool = False
    """Deliberately not durable: the check must say so."""


def _ours(program: str, *rest: str) -> Callable[[], Command]:
    """Run a program in the environment of this project."""
    return lambda: Command((sys.executable, str(HERE / "peers" / program)), rest)


def _python(program: str, requirements: str, *rest: str) -> Callable[[], Command]:
    """Run a program in an environment that holds exactly its requirements."""

    def command() -> Command:
        return Command((str(_environment(requirements)), str(HERE / "peers" / program)), rest)

    return command


def _environment(name: str) -> Path:
    wanted = (HERE / "requirements" / f"{name}.txt").read_bytes()
    place = ENVIRONMENTS / name
    made = place / "requirements.txt"
    python = place / "bin" / "python"
    if made.is_file() and made.read_bytes() == wanted:
        return python
    shutil.rmtree(place, ignore_errors=True)
    try:
        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
        pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        subprocess.run(
            [
                *pip,
                "--no-deps",
                "--require-hashes",
                "-r",
                str(HERE / "requirements" / f"{name}.txt"),
            ],
            check=True,
        )
    except subprocess.CalledProcessError as error:
        raise UnavailableError(f"its environment cannot be made: {error}") from error
    made.write_bytes(wanted)
    return python


def _hypercore() -> Command:
    place = ENVIRONMENTS / "hypercore"
    wanted = (HERE / "hypercore" / "package-lock.json").read_bytes()
    made = place / "made-from.json"
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise UnavailableError("node and npm are not on this machine")
    if not (made.is_file() and made.read_bytes() == wanted):
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(HERE / "hypercore", place)
        try:
            subprocess.run([npm, "ci", "--silent", "--no-audit"], cwd=place, check=True)
        except subprocess.CalledProcessError as error:
            raise UnavailableError(f"its environment cannot be made: {error}") from error
        made.write_bytes(wanted)
    shutil.copy(HERE / "hypercore" / "peer.mjs", place)
    return Command((node, str(place / "peer.mjs")))


def _git() -> Command:
    for program in ("git", "ssh-keygen"):
        if shutil.which(program) is None:
            raise UnavailableError(f"{program} is not on this machine")
    return _ours("git_commits.py")()


def _postgres() -> Command:
    servers = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not servers:
        raise UnavailableError("PostgreSQL's server is not on this machine (postgresql)")
    return _python("postgres_chain.py", "postgres", str(servers[-1].parent))()


SYSTEMS: Final = (
    Compared(
        "provenance, opaque records",
        "head of each batch",
        _ours("provenance_store.py", "synced"),
    ),
    Compared(
        "provenance, opaque, not synced",
        "head of each batch",
        _ours("provenance_store.py", "unsynced"),
        control=True,
    ),
    Compared("pymerkle 7.0, SQLite", "nothing", _python("pymerkle_tree.py", "pymerkle")),
    Compared("plain chain in SQLite", "nothing", _ours("sqlite_chain.py", "plain")),
    Compared("PostgreSQL, chain trigger", "nothing", _postgres),
    Compared(
        "plain chain in SQLite, signed", "every entry", _ours("sqlite_chain.py", "signed")
    ),
    Compared(
        "auditchain 0.3, SQLite", "every entry", _python("auditchain_log.py", "auditchain")
    ),
    Compared("hypercore 11, flushed", "head of each batch", _hypercore),
    Compared("git, signed commits", "every commit", _git),
    Compared(
        "provenance, certifications",
        "every entry",
        _ours("provenance_ledger.py", "0"),
        workload="certifications",
    ),
    Compared(
        "provenance, certifications, one worker",
        "every entry",
        _ours("provenance_ledger.py", "1"),
        workload="certifications",
    ),
)
"""In the order in which they are measured and shown."""
