"""The page that verifies a proof with the tools of a shell says what the verifier says."""

from __future__ import annotations

import json
import shutil
import subprocess
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest

from cli.test_documentation import script_of
from ledgers import create, flux, today_spec
from provenance.verifier import Verifier
from sources import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PAGE: Final = ROOT / "docs" / "how-to" / "verify-by-hand.md"
TOOLS: Final = ("bash", "jq", "openssl", "basenc", "sha256sum")
pytestmark = pytest.mark.skipif(
    any(shutil.which(tool) is None for tool in TOOLS), reason=f"one of {TOOLS} is missing"
)
STATUS: Final = {"yes": 0, "no": 1, "attention": 4}


class Proofs(NamedTuple):
    """Proofs of one log, and the policy that they are verified under."""

    genuine: bytes
    withdrawn: bytes
    policy: str


@pytest.fixture(scope="module")
def proofs(tmp_path_factory: pytest.TempPathFactory) -> Proofs:
    path = tmp_path_factory.mktemp("by-hand") / "ledger"
    with create(path) as ledger:
        receipt = ledger.deposit(flux(today_spec(dossier_percent=0)))
        ledger.publish()
        index = receipt.accepted[0].index
        genuine = ledger.prove([index])
        ledger.withdraw(index, reason="FRAUD")
        ledger.publish()
        return Proofs(genuine, ledger.prove([index]), ledger.policy())


def verified(proof: bytes, policy: str) -> int:
    report = Verifier(policy).verify(proof, datetime.now(UTC).date())
    return STATUS[report.verdict]


def by_hand(proof: bytes, policy: str, place: Path) -> tuple[int, str]:
    (place / "steps.sh").write_text(script_of(PAGE.read_text("utf-8")), "utf-8")
    (place / "proof.json").write_bytes(proof)
    (place / "policy.txt").write_text(policy, "utf-8")
    done = subprocess.run(
        ["bash", "steps.sh", "proof.json", "policy.txt"],
        cwd=place,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_genuine_proof(proofs: Proofs, tmp_path: Path) -> None:
    status, said = by_hand(proofs.genuine, proofs.policy, tmp_path)
    assert status == verified(proofs.genuine, proofs.policy) == 0, said
    assert "YES" in said


def test_a_withdrawn_certification(proofs: Proofs, tmp_path: Path) -> None:
    status, said = by_hand(proofs.withdrawn, proofs.policy, tmp_path)
    assert status == verified(proofs.withdrawn, proofs.policy) == 4, said
    assert "was withdrawn" in said


def certification(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in document["entries"] if "record" in one)
    return found


def another_field(document: dict[str, Any]) -> None:
    record = certification(document)["record"]
    place = next(slot for slot, text in enumerate(record) if len(text) != 43)
    last = record[place][-2]
    record[place] = record[place][:-2] + ("A" if last != "A" else "B") + record[place][-1]


def a_field_in_another_slot(document: dict[str, Any]) -> None:
    record = certification(document)["record"]
    record[4], record[44] = record[44], record[4]


def another_time(document: dict[str, Any]) -> None:
    one = certification(document)
    entry = json.loads(one["entry"])
    one["entry"] = one["entry"].replace(entry["time"], f"{entry['time'][:-2]}9Z")


def another_path(document: dict[str, Any]) -> None:
    path = certification(document)["path"]
    path[0], path[1] = path[1], path[0]


def another_status(document: dict[str, Any]) -> None:
    leaf = document["status"][0]
    leaf["bits"] = ("B" if leaf["bits"][0] == "A" else "A") + leaf["bits"][1:]


def another_signature(document: dict[str, Any]) -> None:
    one = certification(document)
    one["signature"] = document["entries"][0]["signature"]


def another_checkpoint(document: dict[str, Any]) -> None:
    lines = document["checkpoint"].split("\n")
    lines[1] = str(int(lines[1]) + 1)
    document["checkpoint"] = "\n".join(lines)


@pytest.mark.parametrize(
    "change",
    [
        another_field,
        a_field_in_another_slot,
        another_time,
        another_path,
        another_status,
        another_signature,
        another_checkpoint,
    ],
)
def test_changed_proofs(
    change: Callable[[dict[str, Any]], None], proofs: Proofs, tmp_path: Path
) -> None:
    document = json.loads(proofs.genuine)
    change(document)
    proof = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    assert proof != proofs.genuine
    status, said = by_hand(proof, proofs.policy, tmp_path)
    assert status == verified(proof, proofs.policy) == 1, said
    assert "NO: " in said


def test_a_proof_under_somebody_else_s_policy(proofs: Proofs, tmp_path: Path) -> None:
    with create(tmp_path / "other") as other:
        status, said = by_hand(proofs.genuine, other.policy(), tmp_path)
    assert status == 1
    assert "no key of the policy" in said
