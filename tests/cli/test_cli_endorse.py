"""Endorsement on the command line: kit, signature, entry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from commands import DEPOSITOR, ORIGIN, SAMPLE, Commands

if TYPE_CHECKING:
    from pathlib import Path

NAME = "certifier.example/2026"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Commands:
    return Commands(capsys)


def test_from_a_deposit_to_an_endorsed_proof(run: Commands, tmp_path: Path) -> None:
    ledger, file, kit = tmp_path / "ledger", tmp_path / "deposit.xml", tmp_path / "kit.json"
    own, made = tmp_path / "own.pem", tmp_path / "endorsement.json"
    vkey = run.json("key", "new", own, "--name", NAME)["vkey"]
    run("init", ledger, "--origin", ORIGIN)
    run("depositor", "add", ledger, DEPOSITOR, "--name", "x", "--for-all", "--key", vkey)
    run(*SAMPLE, "--flaw", "end-before-start", "-o", file)
    run("sign-deposit", file, "--origin", ORIGIN, "--key", own, "--name", NAME)
    run("deposit", ledger, file, "--signature", f"{file}.sig", status=1)

    told = run("endorse", "kit", ledger, "3", "-o", kit).out
    assert "is for 11 certifications" in told
    assert "Secret" in told
    assert kit.stat().st_mode & 0o777 == 0o600
    assert run("endorse", "kit", ledger, "3").out == kit.read_text()
    assert run.json("endorse", "kit", ledger, "3")["certifications"] == 11
    run("endorse", "kit", ledger, "3", "-o", "-")
    run("endorse", "kit", ledger, "4", status=3)

    sign = ("endorse", "sign", file, "--kit", kit, "--key", own, "--name", NAME)
    entry_key = run.json("key", "list", ledger)["keys"][-1]["vkey"]
    told = run(*sign, "--entry-key", entry_key, "-o", made).out
    assert "signs entries 4 to 14" in told
    assert "1 passages of the file are not recorded" in told
    assert run.json(*sign)["end"] == 15
    assert run(*sign).out == made.read_text()
    run(*sign, "-o", "-")
    changed = tmp_path / "changed.xml"
    changed.write_bytes(file.read_bytes().replace(b"</flux>", b"</flux >"))
    run("endorse", "sign", changed, *sign[3:], status=1)
    run("endorse", "sign", file, "--kit", made, *sign[5:], status=2)

    assert "stands at entry 15" in run("endorse", "add", ledger, made).out
    run("endorse", "add", ledger, made, status=3)
    run("endorse", "add", ledger, kit, status=2)
    run("publish", ledger)
    run("key", "policy", ledger, "-o", tmp_path / "policy.txt")
    run("prove", ledger, "4", "-o", tmp_path / "proof.json")
    told = run("verify", tmp_path / "proof.json", "--policy", tmp_path / "policy.txt").out
    assert "its keys were set when it was registered" in told
    assert run.json("audit", ledger)["verdict"] == "yes"
