"""Depositing files: receipts, reports, exit statuses."""

from __future__ import annotations

import base64
import gzip
import io
import json
import os
import re
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from commands import CERTIFIER, DEPOSITOR, FLAWS, ORIGIN, PASSAGES, SAMPLE, Commands
from digests import digest_of_file
from provenance.cdc.report import parse_receipt
from provenance.cli.receipts import ROWS_MAX
from provenance.record.message import deposit_message
from provenance.tlog.note import ED25519, make_verifier_key
from sources import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SCHEMA = ROOT / "tests" / "unit" / "data" / "flux-test.xsd"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Commands:
    return Commands(capsys)


@pytest.fixture
def ledger(run: Commands, tmp_path: Path) -> Path:
    path = tmp_path / "ledger"
    run("init", path, "--origin", ORIGIN)
    run("depositor", "add", path, DEPOSITOR, "--name", "Un organisme", "--for-all")
    return path


@pytest.fixture
def sample(run: Commands, tmp_path: Path) -> Callable[..., Path]:
    def make(name: str, *options: str) -> Path:
        run(*SAMPLE, *options, "-o", tmp_path / name)
        return tmp_path / name

    return make


def test_a_sound_file_is_accepted(
    run: Commands, ledger: Path, sample: Callable[..., Path]
) -> None:
    told = run("deposit", ledger, sample("deposit.xml")).out
    assert told.startswith(f"deposit.xml: {PASSAGES} accepted, 0 recorded before, 0 refused")
    assert "Refused" not in told
    assert "Warnings" not in told


def test_a_receipt_holds_everything(
    run: Commands, ledger: Path, sample: Callable[..., Path], tmp_path: Path
) -> None:
    file = sample("deposit.xml", *FLAWS)
    written = ("--receipt", tmp_path / "receipt.json", "--report", tmp_path / "report.xml")
    told = run.json("deposit", ledger, file, *written, status=1)
    assert (len(told["accepted"]), len(told["refused"]), told["duplicates"]) == (11, 1, [])
    warned = [
        {"idTechnique": passage["idTechnique"], **fault}
        for passage in told["accepted"]
        for fault in passage["warnings"]
    ]
    assert warned
    assert (told["deposit"], told["warnings"]) == (3, warned)
    receipt = parse_receipt((tmp_path / "receipt.json").read_bytes())
    assert receipt.deposit == 3
    report = (tmp_path / "report.xml").read_text()
    assert report.count("<idTechnique>") == PASSAGES
    assert told["refused"][0]["idTechnique"] in report


def test_refusals_and_warnings_are_told(
    run: Commands, ledger: Path, sample: Callable[..., Path]
) -> None:
    told = run("deposit", ledger, sample("deposit.xml", *FLAWS), status=1).out
    assert "11 accepted, 0 recorded before, 1 refused" in told
    assert "end-before-start" in told
    assert "late" in told
    assert "entries 4 to 14" in told


def test_many_refusals_are_cut(
    run: Commands, ledger: Path, sample: Callable[..., Path]
) -> None:
    options = ("--passages", "70", "--flaw", f"malformed-code={ROWS_MAX + 7}")
    told = run("deposit", ledger, sample("deposit.xml", *options), status=1).out
    assert "… and 7 more" in told
    assert told.count("malformed-code") == ROWS_MAX


def test_sending_again_records_nothing_twice(
    run: Commands, ledger: Path, sample: Callable[..., Path]
) -> None:
    file = sample("deposit.xml")
    first = run.json("deposit", ledger, file)
    again = run.json("deposit", ledger, file)
    assert again["deposit"] is None
    assert [one["index"] for one in again["duplicates"]] == [
        one["index"] for one in first["accepted"]
    ]
    told = run("deposit", ledger, file).out
    assert f"0 accepted, {PASSAGES} recorded before, 0 refused" in told
    assert "no entry was made" in told


def test_a_file_against_the_schema_is_a_no(
    run: Commands, ledger: Path, sample: Callable[..., Path], tmp_path: Path
) -> None:
    file = sample("bad.xml", "--broken", "bad-date", "--depositor", DEPOSITOR)
    told = run("deposit", ledger, file, "--report", tmp_path / "report.xml", status=1).out
    assert told.startswith("bad.xml: refused, nothing was recorded\n")
    assert "dateDebutValidite" in told
    assert "<erreur>" in (tmp_path / "report.xml").read_text()
    document = run.json("deposit", ledger, file, status=1)
    assert document["faults"][0]["level"] == "schema"
    assert document["error"]["type"] == "DepositRefused"
    empty: dict[str, object] = {
        "accepted": [],
        "duplicates": [],
        "refused": [],
        "warnings": [],
        "deposit": None,
    }
    assert {name: document[name] for name in empty} == empty


@pytest.mark.parametrize("kind", ["truncated", "not-xml", "empty", "document-type"])
def test_a_file_that_is_no_xml_cannot_be_read(
    kind: str, run: Commands, ledger: Path, sample: Callable[..., Path]
) -> None:
    file = sample("bad.xml", "--broken", kind)
    assert "refused" in run("deposit", ledger, file, status=2).out
    assert run.json("deposit", ledger, file, status=2)["faults"][0]["level"] == "well-formed"


def test_a_missing_file_cannot_be_read(run: Commands, ledger: Path, tmp_path: Path) -> None:
    told = run("deposit", ledger, tmp_path / "none.xml", status=2).out
    assert "cannot read none.xml" in told
    document = run.json("deposit", ledger, tmp_path / "none.xml", status=2)
    assert document["error"]["type"] == "UnreadableError"


def test_of_several_files_the_worst_counts(
    run: Commands, ledger: Path, sample: Callable[..., Path], tmp_path: Path
) -> None:
    good, bad = sample("good.xml"), sample("bad.xml", "--broken", "bad-date")
    receipts = run.json("deposit", ledger, bad, tmp_path / "none.xml", good, status=2)
    assert [len(one["accepted"]) for one in receipts] == [0, 0, PASSAGES]
    run("deposit", ledger, good, "--receipt", "x", good, status=2)


def test_an_unknown_depositor_is_a_no(
    run: Commands, ledger: Path, sample: Callable[..., Path]
) -> None:
    file = sample("deposit.xml", "--depositor", "UNKNOWN0")
    assert "unknown-depositor" in run("deposit", ledger, file, status=1).out


def test_the_sender_must_be_the_one_that_the_file_names(
    run: Commands, ledger: Path, sample: Callable[..., Path]
) -> None:
    file = sample("deposit.xml")
    told = run("deposit", ledger, file, "--depositor", CERTIFIER, status=1).out
    assert "wrong-depositor" in told
    run("deposit", ledger, file, "--depositor", DEPOSITOR)


def test_a_file_may_come_by_standard_input(
    run: Commands,
    ledger: Path,
    sample: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = sample("deposit.xml").read_bytes()
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data)))
    assert len(run.json("deposit", ledger, "-")["accepted"]) == PASSAGES


def test_a_file_above_the_limit_is_refused(
    run: Commands, ledger: Path, sample: Callable[..., Path]
) -> None:
    told = run("deposit", ledger, sample("deposit.xml"), "--max-bytes", "5000", status=2).out
    assert "file-too-large" in told


def test_a_name_that_is_no_text_is_mended(
    run: Commands, ledger: Path, sample: Callable[..., Path], tmp_path: Path
) -> None:
    name = tmp_path / os.fsdecode(b"d\xe9p\xf4t.xml")
    sample("deposit.xml").rename(name)
    assert run.json("deposit", ledger, name)["file_name"] == "d\ufffdp\ufffdt.xml"


def test_the_operators_schema_is_used(
    run: Commands, ledger: Path, sample: Callable[..., Path], tmp_path: Path
) -> None:
    file = sample("deposit.xml")
    malformed = tmp_path / "schema.xsd"
    malformed.write_text("<no/>")
    run("deposit", ledger, file, "--xsd", malformed, status=2)
    run("deposit", ledger, file, "--xsd", tmp_path / "none.xsd", status=2)
    run("deposit", ledger, file, "--xsd", SCHEMA)


def test_a_depositor_that_signs_sends_its_signature_along(
    run: Commands, ledger: Path, sample: Callable[..., Path], tmp_path: Path
) -> None:
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes_raw()
    vkey = str(make_verifier_key("depositor.example", ED25519, public))
    run(
        "depositor",
        "add",
        ledger,
        DEPOSITOR,
        "--name",
        "Un organisme",
        "--for-all",
        "--key",
        vkey,
    )
    file = sample("deposit.xml")
    assert "signature-missing" in run("deposit", ledger, file, status=1).out
    salt = bytes(range(32))
    message = deposit_message(
        origin=ORIGIN,
        depositor=DEPOSITOR,
        certifier=CERTIFIER,
        action="CREATION",
        digest=digest_of_file(file.read_bytes(), salt),
    )
    parts = {
        "salt": base64.b64encode(salt).decode(),
        "signer": vkey,
        "signature": base64.b64encode(key.sign(message)).decode(),
    }
    signature = tmp_path / "signature.json"
    signature.write_text(json.dumps(parts, separators=(",", ":")) + "\n")
    told = run.json("deposit", ledger, file, "--signature", signature)
    assert json.loads(told["deposit_entry"])["signer"] == vkey
    signature.write_text("{}")
    run("deposit", ledger, file, "--signature", signature, status=2)


def test_a_file_that_is_no_deposit_is_named(
    run: Commands, ledger: Path, tmp_path: Path
) -> None:
    file = tmp_path / "deposit.xml"
    for data, words in (
        (gzip.compress(b"<flux/>"), ("compressed file (gzip)", "decompress it")),
        (b"PK\3\4 [Content_Types].xml xl/workbook.xml", ("XLSX", "deposit the XML file")),
        (b"PK\3\4 deposit.xml", ("ZIP archive", "unpack it")),
        ("idTechnique;nom\nA1;É\n".encode("utf-16"), ("UTF-16", "write the file in UTF-8")),
        ("idTechnique;nom\nA1;É\n".encode("latin-1"), ("CSV", "deposit the XML file")),
        (b"\xef\xbb\xbf\xef\xbb\xbf<flux/>", ("byte order mark", "keep one")),
        (b"", ("the file is empty",)),
    ):
        file.write_bytes(data)
        told = run("deposit", ledger, file, status=2).out
        assert all(word in told for word in words), told
        assert "nothing was recorded" in told


def test_refused_passages_are_told_by_their_numbers(
    run: Commands, ledger: Path, sample: Callable[..., Path], tmp_path: Path
) -> None:
    file = sample("deposit.xml")
    end = b"</passageCertification>"
    first, _, rest = file.read_bytes().partition(end)
    passage = first[first.index(b"<passageCertification>") :] + end
    other = passage.replace(b"<scoring", b"<verbatim>x</verbatim><scoring")
    file.write_bytes(first + end + other + passage + rest)
    report = tmp_path / "report.xml"
    told = run("deposit", ledger, file, "--report", report, status=1).out
    assert "12 accepted, 1 recorded before, 1 refused" in told
    assert re.search(r"^ *passage +idTechnique +code", told, re.MULTILINE)
    assert re.search(r"^ *2 +\S+ +repeated-in-file +2: idTechnique", told, re.MULTILINE)
    assert report.read_text().count("<messageErreur>2 : Le passage") == 1


def test_a_receipt_that_cannot_be_written_says_what_was_recorded(
    run: Commands, ledger: Path, sample: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> int:
        raise OSError(28, "No space left on device")

    file = sample("deposit.xml")
    monkeypatch.setattr("provenance.cli.deposit.write_file", full)
    for done in ("it is recorded, as deposit 3", "nothing of it was new"):
        told = run(
            "deposit", ledger, file, "--receipt", file.with_suffix(".json"), status=3
        ).err
        assert "No space left on device" in told
        assert done in told


def test_an_award_in_the_future_is_told(
    run: Commands, ledger: Path, sample: Callable[..., Path]
) -> None:
    data = sample("deposit.xml").read_bytes()
    day = re.search(rb"<dateDebutValidite>([^<]*)<", data)
    assert day is not None
    file = ledger.with_name("future.xml")
    ends = re.sub(rb"<dateFinValidite>[^<]*<", b"<dateFinValidite>2099-12-31<", data)
    file.write_bytes(ends.replace(b"Validite>" + day[1], b"Validite>2099-01-01"))
    assert "award-in-future" in run("deposit", ledger, file).out
