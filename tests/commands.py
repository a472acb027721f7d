"""The command line, run in this process, and a small world to run it in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path  # noqa: TC003 - a member of a named tuple
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from provenance.cli.main import main
from sources import SOURCE

if TYPE_CHECKING:
    import pytest

ORIGIN: Final = "log.example/cli"
DEPOSITOR: Final = "0ABCDEFG"
CERTIFIER: Final = "9SAMPLES"
PASSAGES: Final = 12
SAMPLE: Final = ("sample", "--passages", str(PASSAGES), "--seed", "5", "--dossier", "0")
FLAWS: Final = ("--flaw", "end-before-start", "--flaw", "late")


class Run(NamedTuple):
    """What one command answered."""

    status: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


class Commands:
    """Runs commands in this process, as ``provenance WORD…`` would."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *words: str | Path, status: int = 0) -> Run:
        self._capsys.readouterr()
        found = main([str(word) for word in words])
        out, err = self._capsys.readouterr()
        assert "Traceback" not in out + err
        assert "internal error" not in err
        assert found == status, (out, err)
        return Run(found, out, err)

    def json(self, *words: str | Path, status: int = 0) -> Any:
        run = self(*words, "--json", status=status)
        assert run.out.endswith("}\n") or run.out.endswith("]\n")
        return run.json()


class World(NamedTuple):
    """A published ledger with one deposit, its policy, and a proof of entry 4."""

    path: Path

    @property
    def ledger(self) -> Path:
        return self.path / "ledger"

    @property
    def deposit(self) -> Path:
        return self.path / "deposit.xml"

    @property
    def policy(self) -> Path:
        return self.path / "policy.txt"

    @property
    def proof(self) -> Path:
        return self.path / "proof.json"

    @property
    def checkpoint(self) -> Path:
        return self.path / "checkpoint.txt"

    def manifest(self) -> list[dict[str, Any]]:
        return json.loads((self.path / "manifest.json").read_bytes())  # type: ignore[no-any-return]

    def cv(self, **claims: object) -> Path:
        """Write a CV of one line that claims this of entry 4."""
        lines = [{"id": "1", "label": "a label", "entry": 4, "claims": claims}]
        path = self.path / "cv.json"
        document = {"format": "provenance-cv/1", "lines": lines}
        path.write_text(json.dumps(document, ensure_ascii=False), "utf-8")
        return path


def make_world(path: Path) -> World:
    """Make it all by the commands themselves; entries 0, 1, 2 depositor, 3 deposit, 4…"""
    world = World(path)
    ledger = str(world.ledger)
    manifest = str(path / "manifest.json")
    assert main(["init", ledger, "--origin", ORIGIN]) == 0
    assert (
        main(["depositor", "add", ledger, DEPOSITOR, "--name", "Un organisme", "--for-all"])
        == 0
    )
    assert main([*SAMPLE, *FLAWS, "-o", str(world.deposit), "--manifest", manifest]) == 0
    assert main(["deposit", ledger, str(world.deposit)]) == 1
    assert main(["publish", ledger, "-o", str(world.checkpoint)]) == 0
    assert main(["key", "policy", ledger, "-o", str(world.policy)]) == 0
    assert main(["prove", ledger, "4", "-o", str(world.proof)]) == 0
    return world


def start(
    *words: str | Path, cwd: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[bytes]:
    """Run a command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "provenance", *map(str, words)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(SOURCE), **environment},
        capture_output=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
