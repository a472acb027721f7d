"""Making CVs for machines: nothing is signed, or written, that the proof does not show."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from commands import CERTIFIER, DEPOSITOR, ORIGIN, SAMPLE, Commands

if TYPE_CHECKING:
    from pathlib import Path


class Place(NamedTuple):
    """A published ledger's proof of entry 4, its policy, an issuer's key, and a CV."""

    run: Commands
    path: Path

    def write(self, **line: Any) -> None:
        lines = [{"id": "1", **line}]
        cv = {"format": "provenance-cv/1", "lines": lines}
        (self.path / "cv.json").write_text(json.dumps(cv, indent=1), "utf-8")

    def words(self, *more: str | Path) -> tuple[str | Path, ...]:
        files = (self.path / "cv.json", self.path / "proof.json")
        trust = ("--policy", self.path / "policy.txt", "--key", self.path / "issuer.pem")
        return ("cv", "json", *files, *trust, *more)

    def refused(self, *more: str | Path, status: int) -> str:
        output = self.path / "made.json"
        done = self.run(*self.words("-o", output, *more), status=status)
        assert not output.exists()
        return done.out + done.err


@pytest.fixture
def place(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Place:
    run = Commands(capsys)
    ledger = tmp_path / "ledger"
    run("init", ledger, "--origin", ORIGIN)
    add = ("depositor", "add", ledger, DEPOSITOR, "--name", "Un organisme")
    run(*add, "--certifier", CERTIFIER)
    run(*SAMPLE, "-o", tmp_path / "deposit.xml")
    run("deposit", ledger, tmp_path / "deposit.xml")
    run("publish", ledger)
    run("key", "policy", ledger, "-o", tmp_path / "policy.txt")
    run("prove", ledger, "4", "-o", tmp_path / "proof.json")
    run("key", "new", tmp_path / "issuer.pem", "--name", "issuer.example")
    return Place(run, tmp_path)


def proven(place: Place) -> dict[str, Any]:
    """Return the fields that the proof shows."""
    words = ("verify", place.path / "proof.json", "--policy", place.path / "policy.txt")
    (one,) = place.run.json(*words)["certifications"]
    return dict(one["fields"])


def test_a_document_is_made_and_verified(place: Place) -> None:
    place.write(label="Métier", claims={"code": proven(place)["code"]})
    output, roots = place.path / "cv.vc.json", place.path / "roots.txt"
    said = place.run(*place.words("-o", output)).out.splitlines()
    assert said[0] == f"{output} holds 1 proven line(s), signed."
    assert said[-1].startswith("issuer did:key:z6Mk")
    roots.write_text(said[-1] + "\n", "utf-8")
    verify = ("verify", output, "--policy", place.path / "policy.txt")
    report = place.run.json(*verify, "--seal-roots", roots)
    assert (report["kind"], report["level"]) == ("json", "original")
    # What the CV calls it is not the issuer's to say.
    (line,) = json.loads(output.read_bytes())["credentialSubject"]["lines"]
    assert line["label"] == line["claims"]["code"]
    roots.write_text("", "utf-8")
    report = place.run.json(*verify, "--seal-roots", roots, status=1)
    assert (report["verdict"], report["level"]) == ("no", "untrusted-seal")


def test_without_a_file_the_document_is_printed(place: Place) -> None:
    place.write(entry=4, claims={"code": proven(place)["code"]})
    printed = place.run(*place.words()).out
    assert json.loads(printed)["type"] == ["VerifiableCredential", "ProvenanceCv"]
    dashed = place.run(*place.words("-o", "-")).out
    assert json.loads(dashed)["issuer"] == json.loads(printed)["issuer"]
    document = place.run.json(*place.words())
    assert document["signed"] is True
    assert json.loads(document["document"])["issuer"] == document["issuer"]


def test_claims_that_are_not_shown_are_not_signed(place: Place) -> None:
    place.write(entry=4, claims={"code": "RNCP99999"})
    assert "line 1: code is contradicted" in place.refused(status=1)
    place.write(entry=4, claims={"code": proven(place)["code"], "mentionValidee": "x"})
    assert "line 1: mentionValidee is undisclosed" in place.refused(status=1)
    assert place.run.json(*place.words(), status=1)["signed"] is False
    place.write(claims={"code": "RNCP99999"})
    assert "no certification shown fits" in place.refused(status=1)


def test_a_proof_that_is_not_accepted_is_not_signed(place: Place) -> None:
    place.write(entry=4, claims={"code": proven(place)["code"]})
    proof = place.path / "proof.json"
    data = proof.read_bytes()
    proof.write_bytes(data.replace(b'"signature":"', b'"signature":"A', 1))
    assert "entry-signature" in place.refused(status=1)
    proof.write_bytes(data[:-1])
    assert "nothing was signed" in place.refused(status=1)


def test_what_does_not_hold_is_not_signed(place: Place) -> None:
    place.write(entry=4, claims={"code": proven(place)["code"]})
    ledger, proof = place.path / "ledger", place.path / "proof.json"
    # Nobody's, though the proof of it holds.
    place.run("prove", ledger, "4", "--disclose", "type,code", "-o", proof)
    assert "nothing was signed" in place.refused(status=1)
    # Of another person beside the line's own.
    place.run("prove", ledger, "4", "5", "-o", proof)
    assert "nothing was signed" in place.refused(status=1)
    place.run("withdraw", ledger, "4", "--reason", "FRAUD", "--yes")
    place.run("publish", ledger)
    place.run("prove", ledger, "4", "-o", proof)
    said = place.refused(status=1)
    assert "nothing was signed" in said
    assert "withdrawn" in said


def test_files_that_cannot_be_read_are_told(place: Place) -> None:
    place.write(entry=4, claims={"code": "x"})
    (place.path / "cv.json").write_text("{}", "utf-8")
    assert "malformed CV" in place.refused(status=2)
    (place.path / "cv.json").unlink()
    assert "cannot read" in place.refused(status=2)


def test_the_key_is_an_ed25519_key(place: Place) -> None:
    place.write(entry=4, claims={"code": proven(place)["code"]})
    (place.path / "issuer.pem").unlink()
    assert "issuer.pem" in place.refused(status=3)
    words = ("--name", "issuer.example", "--kind", "ml-dsa-44")
    place.run("key", "new", place.path / "issuer.pem", *words)
    assert "Ed25519 is needed" in place.refused(status=3)
