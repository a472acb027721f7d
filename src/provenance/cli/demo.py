"""From a ledger to a sealed CV and its forgeries: ``python -m provenance.cli.demo``.

Every step is a command as anybody would type it, and is shown before it runs; what comes
out is checked against what was to be expected, so the exit status is 0 only when all
of it behaved. Everything happens in one directory, which the demo makes and, when it is run
again, replaces; a directory that it did not make is never touched.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path
from time import time_ns
from typing import TYPE_CHECKING, Any, Final

from provenance.cli import demo_cv
from provenance.cli.demo_stage import DemoError, Stage
from provenance.cli.exits import IMPOSSIBLE, NO, YES
from provenance.encoding import decode_base64url, encode_base64url
from provenance.record.commitment import DIGEST_TEXT_SIZE
from provenance.record.paris import paris_day

if TYPE_CHECKING:
    from collections.abc import Sequence

MARKER: Final = ".provenance-demo"
"""The file by which the demo knows a directory as its own."""
ORIGIN: Final = "log.example/demo"
DEPOSITOR: Final = "0ABCDEFG"
CERTIFIER: Final = "9SAMPLES"
SEED: Final = 2026
PASSAGES: Final = 1000
FLAWS: Final = {
    "end-before-start": 4,
    "type-code-disagree": 3,
    "malformed-code": 2,
    "repeated-in-file": 3,
    "late": 5,
    "presence-flag": 4,
    "exam-order": 3,
    "impossible-birth": 2,
}
PROVEN: Final = 3
"""Certifications of the one holder who is proven."""
_HOLDER: Final = "identificationTitulaire.titulaire."
_NEXT: Final = """\
The CV is {directory}/cv.pdf. What to try next, in {directory}:
  provenance show ledger {index} --fields
  provenance log ledger --last 5
  provenance prove ledger {index} --disclose all -o all.json
  provenance deposit ledger deposit.xml     (again: nothing is recorded twice)
  provenance verify stranger/proof.json --policy stranger/policy.txt --json
  provenance --help
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the demo; give 0 when everything behaved as it should."""
    parser = argparse.ArgumentParser(prog="python -m provenance.cli.demo")
    parser.add_argument("--directory", default="demo", help="where it happens (demo)")
    directory = Path(parser.parse_args(argv).directory)
    try:
        _prepare(directory)
        shown = _play(Stage(directory))
    except DemoError as error:
        print(f"provenance: the demo stopped: {error}", file=sys.stderr)
        return error.status
    print("Everything behaved as it should.\n")
    print(_NEXT.format(directory=directory, index=shown), end="")
    return YES


def _prepare(directory: Path) -> None:
    """Make the directory anew; remove an older one only if the demo made it."""
    if directory.is_symlink() or (directory.exists() and not directory.is_dir()):
        raise DemoError(f"{directory} is there, and is no directory", IMPOSSIBLE)
    if directory.exists() and any(directory.iterdir()):
        if not (directory / MARKER).is_file():
            raise DemoError(f"{directory} is not empty, and not from this demo", IMPOSSIBLE)
        shutil.rmtree(directory)
    directory.mkdir(parents=True, exist_ok=True)
    (directory / MARKER).write_text("made by provenance.cli.demo, which may remove it\n")


def _play(stage: Stage) -> int:
    """Play all of it; give the index of a certification to look at afterwards."""
    _make_ledger(stage)
    manifest = _deposit(stage)
    fields, indexes = _find(stage, manifest)
    _prove(stage, indexes)
    _forge_proof(stage)
    _hold_cv(stage)
    stage.say("An auditor derives the whole ledger again, and trusts none of its files.")
    stage.run("audit", "ledger", "--policy", "stranger/policy.txt")
    demo_cv.play(stage, fields, own=indexes, other=_other(stage, manifest, fields))
    return indexes[0]


def _make_ledger(stage: Stage) -> None:
    stage.say("A new ledger, and two bodies that certify.")
    stage.run("init", "ledger", "--origin", ORIGIN)
    add = ("depositor", "add", "ledger")
    stage.run(*add, DEPOSITOR, "--name", "Organisme d'exemple", "--certifier", CERTIFIER)
    stage.run(*add, CERTIFIER, "--name", "Certificateur d'échantillons")


def _deposit(stage: Stage) -> list[dict[str, Any]]:
    """Deposit a file of which some passages are faulty; give what it was made from."""
    stage.say(f"A deposit of {PASSAGES:,} passages, all invented, some of them faulty.")
    flaws = [f"--flaw={name}={number}" for name, number in FLAWS.items()]
    made = ("--passages", str(PASSAGES), "--seed", str(SEED), *flaws)
    stage.run("sample", *made, "-o", "deposit.xml", "--manifest", "manifest.json")
    stage.say("It is deposited: what is sound is recorded, what is refused says why.")
    # Exit status 1: some passages are refused.
    written = ("--receipt", "receipt.json", "--report", "report.xml")
    stage.run("deposit", "ledger", "deposit.xml", *written, status=NO)
    stage.show_head("report.xml", lines=12)
    manifest: list[dict[str, Any]] = json.loads(stage.read("manifest.json"))
    receipt = json.loads(stage.read("receipt.json"))
    for word, refused in (("accepted", False), ("refused", True)):
        expected = {
            p["id_technique"] for p in manifest if (p["outcome"] == "refused") == refused
        }
        stage.check(
            sorted(one["idTechnique"] for one in receipt[word]) == sorted(expected),
            f"the receipt does not list as {word} what should be",
        )
    stage.say("A checkpoint is published: from now on everything recorded can be proven.")
    stage.run("publish", "ledger", "-o", "checkpoint.txt")
    return manifest


def _find(stage: Stage, manifest: list[dict[str, Any]]) -> tuple[dict[str, Any], list[int]]:
    """Find the certifications of a holder who has just enough; return fields and indexes."""
    stage.say(f"One holder with {PROVEN} certifications is looked up.")
    holdings: dict[int, list[dict[str, Any]]] = {}
    for passage in manifest:
        holdings.setdefault(passage["person"], []).append(passage)
    fields = next(
        fields
        for held in holdings.values()
        if len(held) == PROVEN and all(map(_holds, held))
        if (fields := dict(held[0]["fields"])).get(f"{_HOLDER}jourNaissance")
    )
    year, month, day = (
        fields[f"{_HOLDER}{part}Naissance"] for part in ("annee", "mois", "jour")
    )
    who = (
        *("--birth-name", fields[f"{_HOLDER}nomNaissance"]),
        *("--first-name", fields[f"{_HOLDER}prenom1"]),
        *("--born", f"{year}-{month:02}-{day:02}"),
    )
    stage.run("find", "ledger", *who)
    indexes: list[int] = stage.ask("find", "ledger", *who)["indexes"]
    stage.check(len(indexes) == PROVEN, f"{len(indexes)} certifications were found")
    return fields, indexes


def _other(stage: Stage, manifest: list[dict[str, Any]], fields: dict[str, Any]) -> int:
    """Return the index of a certification of another holder with a name and a birth date."""
    name = f"{_HOLDER}nomNaissance"
    technique = next(
        passage["id_technique"]
        for passage in manifest
        if _holds(passage) and dict(passage["fields"]).get(name) not in {None, fields[name]}
    )
    accepted = json.loads(stage.read("receipt.json"))["accepted"]
    return int(next(one["index"] for one in accepted if one["idTechnique"] == technique))


def _holds(passage: dict[str, Any]) -> bool:
    """Return whether a passage is recorded, is a final one, and is valid today."""
    fields = dict(passage["fields"])
    today = paris_day(time_ns() // 1000).isoformat()
    start, end = fields["dateDebutValidite"], fields["dateFinValidite"]
    is_final = passage["outcome"] == "accepted" and fields["donneeCertifiee"] is True
    return is_final and start <= today and (end is None or today <= end)


def _prove(stage: Stage, indexes: list[int]) -> None:
    stage.say("They are proven, showing only what a positive line of a CV needs.")
    stage.run("prove", "ledger", *map(str, indexes), "-o", "proof.json")
    stage.run("key", "policy", "ledger", "-o", "policy.txt")
    stage.say("A stranger gets the proof, and by another way the policy. No ledger there.")
    stage.move("proof.json", "policy.txt", to="stranger")
    stage.run("verify", "proof.json", "--policy", "policy.txt", where="stranger")
    report = stage.ask("verify", "proof.json", "--policy", "policy.txt", where="stranger")
    proven = [one["index"] for one in report["certifications"]]
    stage.check(proven == indexes, "not all that was asked for is proven")
    stage.check(report["verdict"] == "yes", "something has to be known about what is proven")
    stage.check(report["same_person"] is True, "they are not shown to be one person's")


def _forge_proof(stage: Stage) -> None:
    stage.say("One character of a copy is changed: one digit of a date of award.")
    proof = stage.read("stranger/proof.json")
    forged, position = flip_character(proof)
    stage.write("stranger/forged.json", forged)
    old, new = proof[position : position + 1].decode(), forged[position : position + 1].decode()
    print(f"forged.json is proof.json, but for byte {position}: {old} became {new}.\n")
    stage.run("verify", "forged.json", "--policy", "policy.txt", where="stranger", status=NO)
    report = stage.ask(
        "verify", "forged.json", "--policy", "policy.txt", where="stranger", status=NO
    )
    failed = {check["name"] for check in report["checks"] if check["outcome"] == "no"}
    stage.check(failed == {"commitment"}, f"the checks that failed are {sorted(failed)}")
    print("The failing check is: commitment.\n")


def flip_character(bundle: bytes) -> tuple[bytes, int]:
    """Change one character of a bundle, within what it shows of a date of award.

    Return the changed bundle and where the change is. The last bit of a digit of the year
    is turned, which is one character of base64url (RFC 4648 section 5).
    """
    name = b'"dateDebutValidite","20'
    for entry in json.loads(bundle)["entries"]:
        for disclosure in entry.get("record", []):
            if len(disclosure) == DIGEST_TEXT_SIZE:
                continue
            text = decode_base64url(disclosure)
            digit = text.find(name) + len(name)
            if digit < len(name):
                continue
            turned = text[:digit] + bytes([text[digit] ^ 1]) + text[digit + 1 :]
            changed = encode_base64url(turned)
            start = bundle.index(disclosure.encode())
            pairs = enumerate(zip(disclosure, changed, strict=True))
            position = start + next(i for i, (old, new) in pairs if old != new)
            forged = bundle[:start] + changed.encode() + bundle[start + len(changed) :]
            return forged, position
    raise DemoError("the proof shows no date of award", NO)


def _hold_cv(stage: Stage) -> None:
    """Hold a genuine CV against the proof, and one of which one claim was changed."""
    verify = ("verify", "proof.json", "--policy", "policy.txt", "--cv")
    stage.say("A CV is held against the proof, line by line.")
    report = stage.ask(*verify[:-1], where="stranger")
    lines = [_cv_line(number, one) for number, one in enumerate(report["certifications"], 1)]
    stage.write("stranger/cv.json", _cv(lines))
    stage.run(*verify, "cv.json", where="stranger")
    stage.say("And a CV on which one award has become a year older.")
    claims = lines[1]["claims"]
    year = int(claims["dateDebutValidite"][:4]) - 1
    claims["dateDebutValidite"] = f"{year}{claims['dateDebutValidite'][4:]}"
    stage.write("stranger/forged-cv.json", _cv(lines))
    stage.run(*verify, "forged-cv.json", where="stranger", status=NO)
    compared = stage.ask(*verify, "forged-cv.json", where="stranger", status=NO)
    results = [line["result"] for line in compared["cv"]["lines"]]
    expected = ["proven", "contradicted", "proven"]
    stage.check(results == expected, f"the lines of the CV are {results}")


def _cv_line(number: int, certification: dict[str, Any]) -> dict[str, Any]:
    fields = dict(certification["fields"])
    names = ("code", "dateDebutValidite", f"{_HOLDER}nomNaissance", f"{_HOLDER}prenom1")
    return {
        "id": str(number),
        "label": f"{fields['type']} {fields['code']}",
        "entry": certification["index"],
        "claims": {name: fields[name] for name in names},
    }


def _cv(lines: list[dict[str, Any]]) -> bytes:
    document = {"format": "provenance-cv/1", "lines": lines}
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


if __name__ == "__main__":
    sys.exit(main())
