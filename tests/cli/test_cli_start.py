"""What starting a command loads: whoever only verifies waits for no database."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Final

import pytest

from commands import World, make_world

PROGRAM: Final = """
import json, sys
from provenance.cli.main import main
status = main(sys.argv[1:])
print("\\n" + json.dumps([status, sorted(sys.modules)]))
"""
HEAVY: Final = {"lmdb", "rich", "lxml", "provenance.ledger", "provenance.storage", "asyncio"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("world"))


def load(*words: object) -> tuple[int, set[str]]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *map(str, words)], capture_output=True, check=True
    )
    status, modules = json.loads(done.stdout.splitlines()[-1])
    return status, set(modules)


def test_verifying_loads_no_ledger_and_no_terminal(world: World) -> None:
    status, modules = load("verify", world.proof, "--policy", world.policy)
    assert status == 0
    assert modules.isdisjoint(HEAVY)
    assert not [name for name in modules if name.startswith("provenance.cdc")]


def test_verifying_a_cv_loads_no_ledger(world: World) -> None:
    cv = world.cv(code="RNCP1")
    status, modules = load("verify", world.proof, "--policy", world.policy, "--cv", cv)
    assert status == 1
    assert modules.isdisjoint(HEAVY)


def test_a_command_loads_no_other_command(world: World) -> None:
    _, modules = load("verify", world.proof, "--policy", world.policy)
    loaded = {name for name in modules if name.startswith("provenance.cli.")}
    used = {"main", "exits", "output", "verify", "documents", "arguments", "files", "reports"}
    assert loaded == {f"provenance.cli.{name}" for name in used}


def test_this_would_notice_a_database(world: World) -> None:
    status, modules = load("log", world.ledger)
    assert status == 0
    assert "lmdb" in modules


def test_the_help_loads_no_command() -> None:
    _, modules = load("--help")
    assert "provenance.verifier" not in modules
