"""The shared cases on disk: what a verifier is given, and what it must say.

``bundles/cases.json`` names them, one case a line, and every other file lies beside it::

    {"format":"provenance-cases/1","cases":[
     {"id":"path-cut","file":"bundle/path-cut.json","policy":"policy/3f….txt",
      "note":"…","kind":"bundle","verdict":"no","level":"refused","day":"2026-09-21",
      "failing":["proof"],"proof_verdict":"no","proof_failures":[["inclusion",4]]},…]}

Members that are null, false, 0 or empty are left out.

``README.md`` beside them tells what each member means. A case that is there is never
changed: another implementation may rely on it. `add` writes those that are new.
"""

from __future__ import annotations

import hashlib
from datetime import date  # noqa: TC003 - msgspec resolves the annotations
from pathlib import Path
from typing import Final, Literal

from msgspec import Struct

from provenance.encoding import decode_json, encode_json
from simulator import TODAY

FOLDER: Final = Path(__file__).with_name("bundles")
CASES: Final = FOLDER / "cases.json"
SUMS: Final = FOLDER / "SHA256SUMS"
_NOT_SUMMED: Final = {"SHA256SUMS", "README.md"}
_START: Final = b'{"format":"provenance-cases/1","cases":[\n'

Kind = Literal["pdf", "json", "summary", "bundle", "unknown"]
Verdict = Literal["yes", "attention", "no", "unreadable"]
Level = Literal[
    "no-proof",
    "impersonation",
    "other-persons",
    "modified",
    "proof",
    "not-original",
    "untrusted-seal",
    "paper",
    "original",
    "refused",
]


class Said(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is rightly said of one certification of an accepted proof."""

    index: int
    status: str
    depositor_name: str
    registration: int
    limited: bool = False
    as_of_index: int | None = None
    changed_by: int | None = None
    certifier: str | None = None
    certifier_name: str | None = None
    certifier_registration: int | None = None
    identity: str | None = None
    lacks: tuple[str, ...] = ()
    provisional: bool | None = None
    endorsed: bool = False
    keys: str | None = None
    title: str | None = None
    level: int | None = None
    register_date: str | None = None
    unknown_fields: int = 0
    reasons: tuple[str, ...] = ()

    @property
    def line_complete(self) -> bool:
        """Whether nothing lacks that a line of a CV needs."""
        return not self.lacks


class Persons(Struct, frozen=True):
    """Certifications of one person, by index."""

    kind: str
    certifications: tuple[int, ...]


class Case(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One case, as it is in ``cases.json``; paths are relative to it."""

    id: str
    file: str
    policy: str
    note: str
    kind: Kind
    verdict: Verdict
    level: Level
    seal_roots: str | None = None
    day: str | None = None
    status_days: int | None = None
    now_s: int | None = None
    max_age_s: int | None = None
    genesis: str | None = None
    recoverable: bool = False
    failing: tuple[str, ...] = ()
    proof_verdict: Verdict | None = None
    proof_failures: tuple[tuple[str, int | None], ...] = ()
    certifications: tuple[Said, ...] | None = None
    persons: tuple[Persons, ...] = ()
    same_person: bool | None = None

    @property
    def proof_failing(self) -> tuple[str, ...]:
        """Names of the checks of the proof that fail, each once, in order."""
        return tuple(dict.fromkeys(name for name, _ in self.proof_failures))


class Draft(Struct, frozen=True, kw_only=True):
    """A case as its maker writes it: the bytes, and what must be said of them.

    ``reasons``: of each certification of an accepted proof; None where it has none.
    ``said``: members of what is said of each certification, as far as the case is about them.
    """

    id: str
    note: str
    data: bytes
    policy: str
    seal_roots: str | None = None
    day: date | None = TODAY
    status_days: int | None = None
    now_s: int | None = None
    max_age_s: int | None = None
    genesis: bytes | None = None
    kind: Kind = "bundle"
    verdict: Verdict
    level: Level
    recoverable: bool = False
    failing: tuple[str, ...] = ()
    proof_failing: tuple[str, ...] = ()
    reasons: tuple[tuple[str, ...], ...] | None = None
    said: tuple[dict[str, str | int | bool | None], ...] = ()
    suffix: str = "json"


class _Cases(Struct, frozen=True, forbid_unknown_fields=True):
    format: Literal["provenance-cases/1"]
    cases: tuple[Case, ...]


def read_cases() -> tuple[Case, ...]:
    """Read the cases there are; none where there is no file yet."""
    if not CASES.exists():
        return ()
    return decode_json(CASES.read_bytes().replace(b"\n", b""), _Cases, "cases").cases


def read(case: Case) -> tuple[bytes, str, str | None]:
    """Return a case's file, its policy and its seal roots."""
    roots = None if case.seal_roots is None else (FOLDER / case.seal_roots).read_text("utf-8")
    return (FOLDER / case.file).read_bytes(), (FOLDER / case.policy).read_text("utf-8"), roots


def place(draft: Draft) -> tuple[str, str, str | None]:
    """Name the files of a case: policies and seal roots are shared, so named by content."""
    roots = None if draft.seal_roots is None else _named("roots", draft.seal_roots)
    file = f"{draft.kind}/{draft.id}.{draft.suffix}"
    return file, _named("policy", draft.policy), roots


def _named(folder: str, text: str) -> str:
    return f"{folder}/{hashlib.sha256(text.encode()).hexdigest()[:12]}.txt"


def write(draft: Draft, case: Case) -> None:
    """Write the files of one new case; none that is there is touched."""
    files = {case.file: draft.data, case.policy: draft.policy.encode()}
    if case.seal_roots is not None:
        files[case.seal_roots] = (draft.seal_roots or "").encode()
    for name, data in files.items():
        path = FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.read_bytes() != data:
            raise SystemExit(f"{name} is there with another content, and stays as it is")
        path.write_bytes(data)


def write_cases(cases: tuple[Case, ...]) -> None:
    """Write the list of all cases, and the digests of all files."""
    CASES.write_bytes(_START + b",\n".join(map(encode_json, cases)) + b"\n]}\n")
    lines = [f"{digest}  {name}\n" for name, digest in digests().items()]
    SUMS.write_text("".join(lines), "utf-8")


def digests() -> dict[str, str]:
    """Return the SHA-256 of every file in the folder but the list of them and the README."""
    paths = sorted(
        path for path in FOLDER.rglob("*") if path.is_file() and path.name not in _NOT_SUMMED
    )
    return {
        path.relative_to(FOLDER).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in paths
    }


def read_sums() -> dict[str, str]:
    """Read the digests as they were written; none where there are none yet."""
    lines = SUMS.read_text("utf-8").splitlines() if SUMS.exists() else []
    return {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
