"""JSON CVs, printed summaries and seal roots: the page judges them as Python does.

What is signed is changed and signed again too, so that more than the signature is reached.
"""

from __future__ import annotations

import json
import random
import zlib
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import pytest

from bundle_mutations import change_text, change_tree, cut, flip
from page_process import needs_page, run_page
from property.test_bundle_mutations import mutate
from provenance.cv.base45 import encode_base45
from provenance.cv.dataintegrity import add_proof
from provenance.cv.jsoncv import make
from provenance.cv.roots import SealRoots, format_certificate, format_did_key, parse_seal_roots
from provenance.cv.summary import PREFIX, decode_summary, make_summary, sign_summary
from provenance.cv.verify import verify
from provenance.errors import FormatError, ProvenanceError
from provenance.keys.signer import MemorySigner
from provenance.reconstruct import CvLine
from provenance.record.bundle import encode_bundle
from provenance.tlog.note import Ed25519Signer, sign_note
from provenance.verifier import Verifier
from sealing import certify
from simulator import (
    CERTIFIER,
    HOLDER,
    ORIGIN,
    PERSON,
    TODAY,
    ed25519_key,
    make_log,
    make_record,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from page_process import PageVerifier
    from provenance.record.commitment import Value

pytestmark = needs_page

DOCUMENTS: Final = 400
SUMMARIES: Final = 600
ROOTS_CHANGED: Final = 500
NOW_S: Final = 1_795_600_000
WHEN: Final = {"now_s": NOW_S, "day": TODAY.isoformat()}
CREATED: Final = "2026-11-25T21:00:00Z"
LISTS: Final[list[dict[str, Any]]] = [{"b": 1, "a": None}, {}]
LOG, INDEXES = make_log(
    records=[
        make_record(),
        make_record(code="RNCP1", libre=LISTS),
        make_record((*PERSON[:1], (f"{HOLDER}titulaire.prenom1", "Autre"), *PERSON[2:])),
    ]
)
SHOWN: Final = {
    index: LOG.line_names(index) | ({"libre"} if index == INDEXES[1] else set())
    for index in INDEXES
}
BUNDLE: Final = encode_bundle(LOG.prove(*INDEXES[:2], shown=SHOWN))
MIXED: Final = encode_bundle(LOG.prove(*INDEXES, shown=SHOWN))
ONE_PERSON: Final = encode_bundle(LOG.prove(INDEXES[0], shown=SHOWN))
ISSUER: Final = MemorySigner(ed25519_key("issuer"))
DID: Final = format_did_key(ISSUER.public)
SUMMARY_SIGNER: Final = Ed25519Signer(f"{ORIGIN}/summary", ed25519_key("summary"))
ROOTS: Final = f"summary {SUMMARY_SIGNER.verifier_key}\nissuer {DID}\n"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageVerifier]:
    with run_page(tmp_path_factory.mktemp("page")) as verifier:
        yield verifier


def judge(data: bytes, roots: str = ROOTS) -> Any:
    report = verify(data, LOG.policy(), roots, now_s=NOW_S, day=TODAY)
    return json.loads(report.to_json())


def comparable(report: Any) -> Any:
    """Leave out the sentences, which are for people: each implementation has its own."""
    checks = [(one["name"], one["outcome"], one["index"]) for one in report["checks"]]
    plain = {"summary": None, "checks": checks}
    if report.get("proof") is not None:
        plain["proof"] = comparable(report["proof"])
    for one in report.get("certifications", ()):
        one["endorsement"] = None
    return {**report, **plain}


# JSON CVs.


def lines(chance: random.Random) -> list[CvLine]:
    """Claim what is shown, what is not, and what is shown otherwise."""
    values: list[Value] = ["RNCP34762", "RNCP1", "2026-03-14", None, True, 1, LISTS, [{}]]
    values += ["lefevre dubois", "", [{"a": None, "b": 1}, {}], CERTIFIER]
    names = ["code", "dateDebutValidite", "libre", "donneeCertifiee", "certificateur"]
    names += [f"{HOLDER}titulaire.nomNaissance", "nothing"]
    made = []
    for number in range(chance.randint(1, 3)):
        claims = {chance.choice(names): chance.choice(values) for _ in range(2)}
        if chance.random() < 0.85:
            claims = {"code": "RNCP34762", "dateDebutValidite": "2026-03-14"}
        index = chance.choice([*INDEXES[:1] * 12, *INDEXES[1:], 99])
        made.append(CvLine(id=str(number), entry=index, claims=claims))
    return made


def documents(count: int) -> Iterator[bytes]:
    # What one entry shows of the holder, another one contradicts.
    both = [CvLine(id=str(one), entry=one, claims={"type": "RNCP"}) for one in INDEXES[::2]]
    yield make(both, dict(PERSON), MIXED, created=CREATED, signer=ISSUER)
    for seed in range(count):
        chance = random.Random(seed)
        holder = dict(PERSON)
        if chance.random() < 0.4:
            name = chance.choice([*holder, "code"])
            holder[name] = chance.choice(
                ["LEFEVRE dubois", "\uff2cefevre Dubois", "MAELLE", 7, None, True]
            )
        if chance.random() < 0.1:
            holder[PERSON[0][0]] = "\uff2cefevre Dubois"
        bundle = chance.choice([BUNDLE, BUNDLE, BUNDLE, MIXED, flip(BUNDLE, chance)])
        try:
            data = make(lines(chance), holder, bundle, created=CREATED, signer=ISSUER)
        except FormatError:
            continue
        yield chance.choice([_same, _same, flip, cut, change_tree, respell, sign_again])(
            data, chance
        )


def _same(data: bytes, _: random.Random) -> bytes:
    return data


def sign_again(data: bytes, chance: random.Random) -> bytes:
    """Change the document and sign what came out, as a careless issuer would."""
    tree = json.loads(data)
    proof = tree.pop("proof")
    mutate(tree["credentialSubject"] if chance.random() < 0.7 else tree, chance)
    method = proof["verificationMethod"]
    try:
        secured = add_proof(tree, method=method, created=proof["created"], sign=ISSUER.sign)
    except ProvenanceError:
        return data
    return json.dumps(secured).encode()


def respell(data: bytes, chance: random.Random) -> bytes:
    """Write the same or nearly the same JSON as programs do, or as none does."""
    text = data.decode()
    tree = json.loads(text)
    backwards = dict(reversed(tree.items()))
    at = text.index('"issuer"')
    return chance.choice(
        [
            json.dumps(tree, indent=1).encode(),
            json.dumps(backwards, ensure_ascii=False).encode(),
            text.replace(":", "\t:\r\n ", 3).encode(),
            f'{text[:at]}"issuer":"x",{text[at:]}'.encode(),
            text.replace('"entry":', '"entry":0', 1).encode(),
            re_number(text, ".0"),
            re_number(text, "e0"),
            text.replace('"claims"', '"cl\\u0061ims"', 1).encode(),
            text.replace("LEF", "LE\\ud800F", 1).encode(),
            text.replace("LEF", "LE\x07F", 1).encode(),
            f"{text[:-1]},{'[' * 20}{']' * 20}}}".encode(),
            f'{text[:-1]},"x":{"[" * 20}{"]" * 20}}}'.encode(),
            b"\n " + data + b"\r\n",
            b"\xef\xbb\xbf" + data,
            b"{}",
            b'{"a":[' + b"0," * 499_995 + b"0]}",
            b'{"a":[' + b"0," * 499_996 + b"0]}",
            b'{"a":[' + b'"",' * 249_997 + b'""]}',
            b'{"a":[' + b'"",' * 249_998 + b'""]}',
        ]
    )


def re_number(text: str, tail: str) -> bytes:
    return text.replace('"entry":4', f'"entry":4{tail}', 1).encode()


def find_json_difference(data: bytes, page: PageVerifier) -> Any:
    """Return both reports on a JSON CV, where they are not of one opinion."""
    here = judge(data)
    there = page.ask("json", bundle=data, policy=LOG.policy(), roots=ROOTS, **WHEN)
    return None if comparable(here) == comparable(there) else (here, there)


def test_json_cvs_are_judged_alike(page: PageVerifier) -> None:
    verdicts, failing = Counter[str](), set[str]()
    for number, data in enumerate(documents(DOCUMENTS)):
        here = judge(data)
        if here["kind"] != "json":
            continue
        assert find_json_difference(data, page) is None, f"document {number}"
        verdicts[here["verdict"]] += 1
        failing |= {one["name"] for one in here["checks"] if one["outcome"] == "no"}
    assert min(verdicts["yes"] + verdicts["attention"], verdicts["no"]) > 20
    assert verdicts["unreadable"] > 20
    assert failing >= {"readable", "document", "signature", "proof", "agreement", "person"}


JSON_BREAKS: Final = (
    "json-signature",
    "agreement",
    "holder",
    "repetition",
    "surrogate",
    "folding",
)


@pytest.mark.parametrize("broken", JSON_BREAKS)
def test_a_broken_reader_of_json_cvs_is_noticed(broken: str, tmp_path: Path) -> None:
    """Show the positive control."""
    with run_page(tmp_path, broken) as page:
        of_kind = (data for data in documents(DOCUMENTS) if data.lstrip().startswith(b"{"))
        assert any(find_json_difference(data, page) for data in of_kind)


def test_an_issuer_who_is_not_trusted(page: PageVerifier) -> None:
    line = CvLine(id="1", entry=INDEXES[0], claims={"code": "RNCP34762"})
    data = make([line], dict(PERSON), BUNDLE, created=CREATED, signer=ISSUER)
    there = page.ask("json", bundle=data, policy=LOG.policy(), roots="", **WHEN)
    assert comparable(judge(data, "")) == comparable(there)
    assert there["level"] == "untrusted-seal"


# Summaries.


def make_note(text: str) -> str:
    note = sign_note(text, [SUMMARY_SIGNER])
    return PREFIX + encode_base45(zlib.compress(note.encode(), 9))


def summary_text() -> str:
    report = Verifier(LOG.policy()).verify(ONE_PERSON, TODAY)
    text = sign_summary(make_summary(report), SUMMARY_SIGNER)
    return decode_summary(text).rpartition("\n\n")[0] + "\n"


def summaries(count: int) -> Iterator[str]:
    text = summary_text()
    for seed in range(count):
        chance = random.Random(seed)
        if seed % 3 == 0:
            whole = make_note(text)
            at = chance.randrange(len(whole))
            yield chance.choice(
                [whole, whole + "\n", whole + "\r\n", whole + "\r", whole[:at], whole + "0"]
            )
        elif seed % 3 == 1:
            whole = make_note(text)
            at = chance.randrange(len(PREFIX), len(whole))
            yield whole[:at] + chance.choice("0AZ $%") + whole[at + 1 :]
        else:
            try:
                yield make_note(respell_summary(text, chance))
            except FormatError:
                continue


def respell_summary(text: str, chance: random.Random) -> str:
    """Change a line, or one value of one, and sign that."""
    if chance.random() < 0.4:
        return change_text(text, chance)
    changed = text.split("\n")
    at = chance.randrange(3, len(changed) - 1)
    values = json.loads(changed[at])
    place = chance.randrange(len(values))
    odd: list[Any] = [
        None,
        "",
        "x" * 256,
        "2026-02-30",
        7,
        -1,
        2**53,
        True,
        "superseded",
        [],
        "2026-3-1",
    ]
    values[place : place + chance.randrange(3)] = [chance.choice(odd)]
    changed[at] = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    return "\n".join(changed)


def find_summary_difference(text: str, page: PageVerifier) -> Any:
    """Return both reports on a summary, where they are not of one opinion."""
    here, there = judge(text.encode()), page.ask("summary", text=text, roots=ROOTS, **WHEN)
    return None if comparable(here) == comparable(there) else (here, there)


def test_summaries_are_judged_alike(page: PageVerifier) -> None:
    verdicts, failing = Counter[str](), set[str]()
    for number, text in enumerate(summaries(SUMMARIES)):
        assert find_summary_difference(text, page) is None, f"summary {number}"
        here = judge(text.encode())
        verdicts[here["verdict"]] += 1
        failing |= {one["name"] for one in here["checks"] if one["outcome"] == "no"}
    assert min(verdicts[one] for one in ("attention", "no", "unreadable")) > 20
    assert failing == {"readable", "summary"}


@pytest.mark.parametrize("broken", ["summary-spelling", "summary-order", "checksum"])
def test_a_broken_reader_of_summaries_is_noticed(broken: str, tmp_path: Path) -> None:
    """Show the positive control."""
    with run_page(tmp_path, broken) as page:
        assert any(find_summary_difference(text, page) for text in summaries(SUMMARIES))


def test_a_summary_key_that_is_not_trusted(page: PageVerifier) -> None:
    text = make_note(summary_text())
    for roots in ("", f"issuer {DID}\n"):
        there = page.ask("summary", text=text, roots=roots, **WHEN)
        assert comparable(judge(text.encode(), roots)) == comparable(there)
        assert [one["outcome"] for one in there["checks"]] == ["yes", "yes", "no"]


@pytest.mark.parametrize("level", range(10))
@pytest.mark.parametrize("strategy", [zlib.Z_DEFAULT_STRATEGY, zlib.Z_FIXED, zlib.Z_RLE])
def test_any_zlib_stream_is_read(level: int, strategy: int, page: PageVerifier) -> None:
    note = sign_note(summary_text(), [SUMMARY_SIGNER])
    packer = zlib.compressobj(level, zlib.DEFLATED, 15, 8, strategy)
    data = packer.compress(note.encode()) + packer.flush()
    told = page.ask("summary", text=PREFIX + encode_base45(data), roots=ROOTS, **WHEN)
    assert told["verdict"] == "attention"


def test_a_small_text_that_inflates_to_much_is_refused(page: PageVerifier) -> None:
    data = zlib.compress(bytes(2_000_000), 9)
    text = PREFIX + encode_base45(data)
    assert len(text) < 4296
    assert page.ask("summary", text=text, roots=ROOTS, **WHEN)["verdict"] == "unreadable"


# Seal roots.


def roots_text() -> str:
    seal, tsa = certify("Seal"), certify("Stamps")
    return (
        f"# whom we trust\nseal\n{format_certificate(seal.der)}tsa\n"
        f"{format_certificate(tsa.der)}seal\n{format_certificate(tsa.der)}\n{ROOTS}"
        f"issuer {format_did_key(ed25519_key('other').public_key().public_bytes_raw())}\n"
    )


def told_here(text: str) -> Any:
    try:
        roots: SealRoots = parse_seal_roots(text)
    except FormatError:
        return None
    return {
        "seals": [format_certificate(one) for one in roots.seals],
        "tsas": [format_certificate(one) for one in roots.tsas],
        "summaries": list(map(str, roots.summaries)),
        "issuers": list(roots.issuers),
    }


def count_roots_differences(page: PageVerifier) -> tuple[int, Counter[bool]]:
    """Change seal roots; the page leaves it to those who use one to find out what is none."""
    whole, outcomes, differing = roots_text(), Counter[bool](), 0
    for seed in range(ROOTS_CHANGED):
        text = change_text(whole, random.Random(seed))
        here, there = told_here(text), page.ask("roots", text=text)
        outcomes[here is None] += 1
        # Base64 of something else between the same two lines, and nothing but that.
        certificate = there and [*map(len, there.values())] == [2, 1, 1, 2]
        differing += here != there and not (here is None and certificate)
    return differing, outcomes


def test_seal_roots_are_read_alike(page: PageVerifier) -> None:
    whole = roots_text()
    assert page.ask("roots", text=whole) == told_here(whole) is not None
    differing, outcomes = count_roots_differences(page)
    assert differing == 0
    assert min(outcomes.values()) > 20


def test_a_broken_reader_of_seal_roots_is_noticed(tmp_path: Path) -> None:
    """Show the positive control."""
    with run_page(tmp_path, "roots") as page:
        assert count_roots_differences(page)[0] > 0
