"""The shared cases: the package says of each what the case says, and no check is left out.

Other implementations of the verifier are held against the same files. That they would catch
a wrong one is tested too: each of several verifiers here lacks one check.
"""

from __future__ import annotations

import ast
import hashlib
import shutil
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, get_args

import msgspec
import pytest

from provenance.cv import verify
from provenance.cv.report import CHECKS
from provenance.errors import CommitmentError, FormatError, VerificationError
from provenance.record.commitment import read_record
from provenance.record.slots import table_of
from provenance.report import Reason, Report
from sealing import read_in_process
from simulator import TODAY
from sources import SOURCE
from vectors import cases as files
from vectors.cases import Case, Level, digests, read, read_cases, read_sums
from vectors.judge import describe, failures_of, judge, persons_of, said_by
from vectors.make_bundle_vectors import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from provenance.cv import CvReport
    from provenance.verifier.contents import Contents
    from provenance.verifier.entries import Item

ALL: Final = read_cases()
BY_ID: Final = {case.id: case for case in ALL}


@pytest.fixture(autouse=True)
def _in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    read_in_process(monkeypatch)


def run(case: Case) -> CvReport:
    data, policy, roots = read(case)
    return judge(data, case, policy, roots)


def said(report: CvReport) -> dict[str, Any]:
    """Return what a case says of a report."""
    proof = report.proof
    accepted = proof if proof is not None and proof.verdict in {"yes", "attention"} else None
    return {
        "kind": report.kind,
        "verdict": report.verdict,
        "level": report.level,
        "recoverable": report.recoverable,
        "failing": tuple(name for name, _ in failures_of(report)),
        "proof_verdict": None if proof is None else proof.verdict,
        "proof_failures": failures_of(proof),
        "certifications": None if accepted is None else said_by(accepted),
        "persons": () if accepted is None else persons_of(accepted),
        "same_person": None if accepted is None else accepted.same_person,
    }


def expected(case: Case) -> dict[str, Any]:
    names = (
        *("kind", "verdict", "level", "recoverable", "failing", "proof_verdict"),
        *("proof_failures", "certifications", "persons", "same_person"),
    )
    return {name: getattr(case, name) for name in names}


REFUSED: Final = run(BY_ID["inclusion-path-cut"])

# The cases.


@pytest.mark.parametrize("case", ALL, ids=[case.id for case in ALL])
def test_case(case: Case) -> None:
    assert said(run(case)) == expected(case)


def test_there_are_enough_of_them() -> None:
    assert len(ALL) == len(BY_ID) >= 1400
    good = [case for case in ALL if case.verdict == "yes"]
    assert len(good) >= 150
    assert all(case.level in {"original", "proof"} for case in good)
    assert all(case.note for case in ALL)


def test_a_verdict_is_a_question_of_the_level() -> None:
    for case in ALL:
        if case.level in {"original", "proof"}:
            assert case.verdict == case.proof_verdict
            assert case.failing == case.proof_failing == ()
            said = any(one.reasons for one in case.certifications or ())
            assert (case.verdict == "attention") == said
        elif case.level == "paper":
            assert case.verdict == "attention"
        else:
            unreadable = case.level == "no-proof" or case.failing[:1] == ("readable",)
            assert case.verdict == ("unreadable" if unreadable else "no")


def test_every_reason_is_the_only_one_at_least_once() -> None:
    alone = {
        one.reasons[0]
        for case in ALL
        for one in case.certifications or ()
        if len(one.reasons) == 1
    }
    assert alone == set(get_args(Reason))


def test_every_word_for_keys_occurs() -> None:
    found = {one.keys for case in ALL for one in case.certifications or ()}
    assert found == {None, "registered", "changed", "reset"}


# Every check fails at least once.


def checks_that_can_fail() -> set[str]:
    """Read from the verifier's source which names it gives to failures."""
    found: set[str] = set()
    for path in (SOURCE / "provenance" / "verifier").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Attribute(attr="no" | "attempt"),
                    args=[ast.Constant(value=str(name)), *_],
                ):
                    found.add(name)
                case ast.FunctionDef(name="_name_failure"):
                    found |= {*_returned(node)}
    return found


def _returned(function: ast.FunctionDef) -> Iterator[str]:
    for node in ast.walk(function):
        match node:
            case ast.Return(value=ast.Constant(value=str(name))):
                yield name


def test_every_check_of_a_proof_fails_at_least_twice() -> None:
    names = checks_that_can_fail()
    assert {"format", "origin", "quorum", "entry", "endorsement", "freshness"} <= names
    failing = [name for case in ALL for name in case.proof_failing]
    assert {name: failing.count(name) for name in names if failing.count(name) < 2} == {}
    assert set(failing) == names


def test_the_reading_of_the_source_finds_every_check_of_a_report() -> None:
    report = run(BY_ID["one-certification"]).proof
    assert report is not None
    made = {check.name for check in report.checks}
    assert made == checks_that_can_fail()


@pytest.mark.parametrize("kind", CHECKS)
def test_every_check_of_a_document_fails_at_least_once(kind: str) -> None:
    failing = {name for case in ALL if case.kind == kind for name in case.failing}
    wanted = {name for known, names in CHECKS.items() if known == kind for name in names}
    assert failing == wanted


def test_every_kind_and_level_occurs() -> None:
    assert {case.kind for case in ALL} == {*CHECKS}
    assert {case.level for case in ALL} == {*get_args(Level)}


# The files.


def test_every_file_is_the_one_that_was_made() -> None:
    assert read_sums() == digests()


def test_every_file_belongs_to_a_case() -> None:
    named = {name for case in ALL for name in (case.file, case.policy, case.seal_roots)}
    assert {*digests()} - {"cases.json"} == named - {None}
    assert len({case.file for case in ALL}) == len(ALL)


def test_the_list_has_one_case_a_line() -> None:
    lines = files.CASES.read_text("utf-8").splitlines()
    assert len(lines) == len(ALL) + 2
    for line, case in zip(lines[1:-1], ALL, strict=True):
        assert msgspec.json.decode(line.rstrip(","), type=Case) == case


def test_they_are_small() -> None:
    sizes = [path.stat().st_size for path in files.FOLDER.rglob("*") if path.is_file()]
    assert sum(sizes) < 8 * 1024 * 1024


# The script only adds.


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the script work on a copy, with one case that is still to be written."""
    folder = tmp_path / "bundles"
    shutil.copytree(files.FOLDER, folder)
    for name, path in (("FOLDER", folder), ("CASES", folder / "cases.json")):
        monkeypatch.setattr(files, name, path)
    monkeypatch.setattr(files, "SUMS", folder / "SHA256SUMS")
    maker = import_module("vectors.make_bundle_vectors")
    bundles = import_module("vectors.good_bundles").good_bundles
    monkeypatch.setattr(maker, "drafts", bundles)
    kept = {draft.id for draft in bundles()}
    small = tuple(case for case in read_cases() if case.id in kept)
    for case in {*ALL} - {*small}:
        (folder / case.file).unlink()
    for path in folder.glob("roots/*"):
        path.unlink()
    files.write_cases(small)
    return folder


def test_a_case_that_is_there_is_not_made_anew(copied: Path) -> None:
    before = digests()
    main()
    assert digests() == before


def test_a_case_that_is_missing_is_added(copied: Path) -> None:
    case = read_cases()[-1]
    (copied / case.file).unlink()
    files.write_cases(read_cases()[:-1])
    before = digests()
    main()
    assert digests().items() > {k: v for k, v in before.items() if k != "cases.json"}.items()
    assert {one.id for one in read_cases()} == {*(one.id for one in read_cases()[:-1]), case.id}


def test_files_that_were_changed_are_told(copied: Path) -> None:
    (copied / read_cases()[0].file).write_bytes(b"{}")
    with pytest.raises(SystemExit, match="changed or gone"):
        main()


@pytest.mark.parametrize(
    "change", [{"verdict": "no"}, {"failing": ("proof",)}, {"id": "another"}]
)
def test_expectations_that_were_changed_are_told(copied: Path, change: dict[str, Any]) -> None:
    first, *others = read_cases()
    files.write_cases((msgspec.structs.replace(first, **change), *others))
    with pytest.raises(SystemExit):
        main()


def test_a_case_that_does_not_come_out_so_is_not_written(
    copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = read_cases()[-1]
    (copied / case.file).unlink()
    files.write_cases(read_cases()[:-1])
    before = digests()
    maker = import_module("vectors.make_bundle_vectors")
    monkeypatch.setattr(maker, "judge", lambda *_, **__: REFUSED)
    with pytest.raises(SystemExit, match="expected"):
        main()
    assert digests() == before


# Verifiers that lack a check, and must be caught.


def _believe(*_: object) -> None:
    """Verify nothing."""


def _believe_record(item: Item, contents: Contents) -> None:
    table = table_of(item.entry)
    if table is None:
        raise CommitmentError("it commits to nothing")
    record = read_record(item.shown.record, table)
    contents.fields[item.entry.index] = dict(record.fields)
    contents.unknown[item.entry.index] = 0


def _no_spelling(data: bytes, kind: Any, what: str) -> Any:
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise FormatError(what) from error


LACKING: Final[dict[str, tuple[str, str, object]]] = {
    "format": ("provenance.record.bundle", "decode_json", _no_spelling),
    "entry": ("provenance.record.entry", "decode_json", _no_spelling),
    "later": ("provenance.verifier.log", "verify_consistency", _believe),
    "order": ("provenance.verifier.entries", "_check_follows", _believe),
    "inclusion": ("provenance.verifier.entries", "verify_inclusion", _believe),
    "entry-signature": ("provenance.verifier.entries", "verify_signature", _believe),
    "commitment": ("provenance.verifier.contents", "_read", _believe_record),
    "disclosure-rules": ("provenance.verifier.contents", "_check_disclosed", _believe),
    "depositor": ("provenance.verifier.bodies.Bodies", "_check_depositor", _believe),
    "endorsement": ("provenance.verifier.bodies", "verify_signature", _believe),
    "status": ("provenance.verifier.standing", "verify_inclusion", _believe),
    "register": ("provenance.verifier.titles", "verify_inclusion", _believe),
    "signature": ("provenance.cv.jsoncv", "verify_proof", _believe),
    "agreement": ("provenance.cv.jsoncv", "find_disagreements", lambda *_: ()),
    "seal-coverage": ("provenance.cv.pdfcheck", "check_coverage", _believe),
    "content": ("provenance.cv.pdfcheck", "_check_content", _believe),
    "holder-name": ("provenance.cv.pdfcheck", "fits", lambda *_: True),
}


def _holder(path: str) -> Any:
    module, _, name = path.rpartition(".")
    return getattr(import_module(module), name) if name[0].isupper() else import_module(path)


@pytest.mark.parametrize("check", LACKING)
def test_a_verifier_that_lacks_a_check_is_caught(
    check: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, name, instead = LACKING[check]
    about = [case for case in ALL if check in {*case.failing, *case.proof_failing}]
    assert all(said(run(case)) == expected(case) for case in about[:5])
    monkeypatch.setattr(_holder(path), name, instead)
    assert [case.id for case in about if is_caught(case)]


def is_caught(case: Case) -> bool:
    try:
        return said(run(case)) != expected(case)
    except (ValueError, KeyError, VerificationError):
        # What an earlier check would have refused can break a later one.
        return True


def test_a_verifier_that_says_yes_to_everything_is_caught() -> None:
    yes = run(BY_ID["one-certification"])
    caught = [case.id for case in ALL if said(yes) != expected(case)]
    assert len(caught) > 9 * len(ALL) // 10


def test_what_is_described_is_what_is_compared() -> None:
    case = BY_ID["inclusion-path-cut"]
    data, policy, _ = read(case)
    report = verify(data, policy, "", now_s=0, day=TODAY)
    assert isinstance(report.proof, Report)
    drafted = files.Draft(
        id=case.id,
        note=case.note,
        data=data,
        policy=policy,
        verdict="no",
        level="refused",
    )
    described = describe(drafted, report, file=case.file, policy=case.policy, roots=None)
    assert described == case
    assert hashlib.sha256(data).hexdigest() == read_sums()[case.file]
