from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

import provenance
from provenance.cdc.faults import Fault
from provenance.cdc.report import (
    AcceptedPassage,
    DuplicatePassage,
    Receipt,
    RefusedPassage,
    encode_receipt,
    parse_receipt,
    refusal_xml,
    report_xml,
)
from provenance.cdc.wording import WORDINGS, passage_named, word_fault
from provenance.encoding import decode_json, encode_base64
from provenance.errors import FormatError
from provenance.record.entry import Certification, Deposit, encode_entry
from provenance.tlog.merkle import leaf_hash
from record_samples import ENTRIES, TIME, fill

DEPOSIT: Final = Deposit(
    index=5,
    time=TIME,
    prev=fill("prev"),
    depositor="9EXAMPLE",
    registration=2,
    certifier="9SAMPLES",
    action="CREATION",
    recorded=2,
    digest=fill("digest"),
)
EARLIER: Final = "2026-01-02T03:04:05.000006Z"
SAID: Final[dict[str, Any]] = {
    "type": "RS",
    "code": "RS9012",
    "certifier": "9SAMPLES",
    "awarded": "2026-10-01",
    "provisional": False,
}
LATE: Final = Fault(level="deadline", code="late", message="too late", effect="warning")
RECORDED: Final = Fault(
    level="identity", code="already-recorded", message="other content", effect="passage"
)
ENDED: Final = Fault(
    level="dictionary",
    code="end-before-start",
    message="ends before it starts",
    effect="passage",
    element="dateFinValidite",
)
MALFORMED: Final = Fault(
    level="well-formed", code="truncated", message="ends", effect="file", line=7, column=12
)


def certification(index: int, deposit: int = 5) -> str:
    return encode_entry(
        Certification(
            index=index,
            time=TIME,
            prev=fill("prev"),
            deposit=deposit,
            depositor="9EXAMPLE",
            registration=2,
            commitment=fill(f"commitment {index}"),
        )
    ).decode()


def accepted(index: int) -> AcceptedPassage:
    entry = certification(index)
    return AcceptedPassage(
        idTechnique=f"T{index}",
        **SAID,
        first=TIME,
        index=index,
        leaf_hash=encode_base64(leaf_hash(entry.encode())),
        entry=entry,
        signature=fill("signature", 64),
        warnings=(LATE,),
        late=True,
    )


RECEIPT: Final = Receipt(
    format="provenance-receipt/1",
    origin="ledger.example/2026",
    depositor="9EXAMPLE",
    file_name="dépôt & co.xml",
    id_flux="FLUX-1",
    processing_id=5,
    received=TIME,
    size=2000,
    digest=fill("digest"),
    deposit=5,
    deposit_entry=encode_entry(DEPOSIT).decode(),
    deposit_signature=fill("signature", 64),
    accepted=(accepted(6), accepted(7)),
    duplicates=(
        DuplicatePassage(
            idTechnique="D1",
            **SAID,
            first=EARLIER,
            index=4,
            entry=certification(4, deposit=3),
            signature=fill("signature", 64),
        ),
    ),
    refused=(
        RefusedPassage(idTechnique="R1", faults=(RECORDED,)),
        RefusedPassage(idTechnique="R2", faults=(ENDED,)),
        RefusedPassage(idTechnique="R3", faults=(ENDED, RECORDED)),
    ),
    warnings=(),
)
NOTHING_NEW: Final = replace(
    RECEIPT,
    processing_id=0,
    deposit=None,
    deposit_entry=None,
    deposit_signature=None,
    accepted=(),
)


def texts(root: ET.Element, path: str) -> list[str | None]:
    return [element.text for element in root.findall(path)]


@pytest.mark.parametrize("receipt", [RECEIPT, NOTHING_NEW], ids=["recorded", "nothing new"])
def test_receipts_survive(receipt: Receipt) -> None:
    assert parse_receipt(encode_receipt(receipt)) == receipt


def test_the_form_of_a_receipt() -> None:
    start = b'{"format":"provenance-receipt/1","origin":"ledger.example/2026","depositor":'
    assert encode_receipt(RECEIPT).startswith(start)
    assert encode_receipt(NOTHING_NEW).endswith(b',"warnings":[]}')
    assert b'"accepted":[],' in encode_receipt(NOTHING_NEW)
    assert b"deposit_entry" not in encode_receipt(NOTHING_NEW)
    assert b'"warnings":[{"level":"deadline","code":"late",' in encode_receipt(RECEIPT)


def test_the_members_of_a_recorded_passage() -> None:
    data = decode_json(encode_receipt(RECEIPT), dict[str, Any], "receipt")
    said = ["idTechnique", "type", "code", "certifier", "awarded", "provisional", "first"]
    kept = ["index", "leaf_hash", "entry", "signature", "warnings", "late"]
    assert list(data["accepted"][0]) == said + kept
    assert list(data["duplicates"][0]) == [*said, "index", "entry", "signature"]
    assert data["duplicates"][0]["first"] == EARLIER


def test_what_a_receipt_says_of_an_erased_certification() -> None:
    known = replace(RECEIPT.duplicates[0], **dict.fromkeys(SAID))
    receipt = replace(RECEIPT, duplicates=(known,))
    data = decode_json(encode_receipt(receipt), dict[str, Any], "receipt")
    members = ["idTechnique", "first", "index", "entry", "signature"]
    assert list(data["duplicates"][0]) == members
    assert parse_receipt(encode_receipt(receipt)) == receipt


OTHER_ENTRY: Final = encode_entry(ENTRIES["genesis"]).decode()
CONTRADICTIONS: Final[dict[str, dict[str, object]]] = {
    "no deposit, but accepted": {
        "deposit": None,
        "deposit_entry": None,
        "deposit_signature": None,
    },
    "deposit without its entry": {"deposit_entry": None, "accepted": ()},
    "deposit without its signature": {"deposit_signature": None},
    "entry of another index": {"deposit": 4},
    "entry of another type": {"deposit_entry": OTHER_ENTRY},
    "entry of another digest": {"digest": fill("other")},
    "entry of another depositor": {"depositor": "9OTHERS0"},
    "no entry": {"deposit_entry": "{}"},
    "other leaf hash": {"accepted": (replace(accepted(6), leaf_hash=fill("other")),)},
    "other index": {"accepted": (replace(accepted(6), index=7),)},
    "certification of another deposit": {
        "accepted": (replace(accepted(6), entry=certification(6, deposit=4)),)
    },
    "not a certification": {"accepted": (replace(accepted(6), entry=OTHER_ENTRY),)},
    "duplicate of another index": {"duplicates": (replace(RECEIPT.duplicates[0], index=3),)},
    "malformed time": {"received": "yesterday"},
    "fewer than the deposit says": {"accepted": (accepted(6),)},
    "one twice": {"accepted": (accepted(6), accepted(6))},
    "another order": {"accepted": (accepted(7), accepted(6))},
    "some of it erased": {"duplicates": (replace(RECEIPT.duplicates[0], code=None),)},
    "all but one of it erased": {
        "accepted": (
            replace(accepted(6), **{**dict.fromkeys(SAID), "code": "RS1"}),
            accepted(7),
        )
    },
    "an unreal first time": {"accepted": (replace(accepted(6), first="then"), accepted(7))},
    "a first entry later than the entry": {
        "accepted": (replace(accepted(6), first="2099-01-02T03:04:05.000006Z"), accepted(7))
    },
}


@pytest.mark.parametrize("changes", CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_receipts_that_contradict_themselves(changes: dict[str, object]) -> None:
    with pytest.raises(FormatError):
        parse_receipt(encode_receipt(replace(RECEIPT, **changes)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"size":2000', b'"size":2000.0'),
        (b'"size":2000', b'"size": 2000'),
        (b'"size":2000', b'"size":-1'),
        (b'"size":2000', b'"size":2000,"size":2000'),
        (b'"size":2000', b'"bytes":2000'),
        (b"receipt/1", b"receipt/2"),
        (b'"warnings":[]}', b'"warnings":[],"more":1}'),
    ],
)
def test_receipts_of_another_form(old: bytes, new: bytes) -> None:
    data = encode_receipt(NOTHING_NEW)
    assert old in data
    with pytest.raises(FormatError, match="malformed receipt"):
        parse_receipt(data.replace(old, new))


def test_report_of_a_deposit() -> None:
    root = ET.fromstring(report_xml(RECEIPT))
    assert [element.tag for element in root] == [
        "nomFichier",
        "idFlux",
        "idTraitement",
        "PassagesKO",
        "PassagesOK",
    ]
    assert texts(root, "nomFichier") == ["dépôt & co.xml"]
    assert texts(root, "idFlux") == ["FLUX-1"]
    assert texts(root, "idTraitement") == ["5"]
    assert texts(root, "PassagesOK/idTechnique") == ["T6", "T7", "D1"]
    assert texts(root, "PassagesKO/passage/idTechnique") == ["R1", "R2", "R3"]


def numbered(fault: Fault, number: int) -> Fault:
    return replace(fault, passage=number, id_technique="R1")


REPEATED: Final = Fault(
    level="identity", code="repeated-in-file", message="2: other content", effect="passage"
)


def test_an_id_technique_stands_once_under_ok() -> None:
    again = replace(RECEIPT.duplicates[0], idTechnique="T6")
    root = ET.fromstring(report_xml(replace(RECEIPT, duplicates=(again, again))))
    assert texts(root, "PassagesOK/idTechnique") == ["T6", "T7"]


def test_passages_of_one_name_are_told_apart_by_their_numbers() -> None:
    refused = (
        RefusedPassage(idTechnique="T6", faults=(numbered(REPEATED, 2),)),
        RefusedPassage(idTechnique="R1", faults=(numbered(RECORDED, 3), numbered(ENDED, 3))),
        RefusedPassage(idTechnique="R1", faults=(numbered(ENDED, 12),)),
        RefusedPassage(idTechnique="R2", faults=(numbered(RECORDED, 5),)),
    )
    root = ET.fromstring(report_xml(replace(RECEIPT, refused=refused)))
    messages = list(map(str, texts(root, "PassagesKO/passage/messageErreur")))
    assert messages[0].startswith("2 : Le passage certification avec le bcr émetteur 9EXAMPLE")
    assert messages[1] == f"3 : {RECORDED_SENTENCE.format(1)} ; {ENDED_SENTENCE.format(1)}"
    assert messages[2] == f"12 : {ENDED_SENTENCE.format(1)}"
    assert messages[3] == RECORDED_SENTENCE.format(2)


RECORDED_SENTENCE: Final = (
    "Le passage certification avec le bcr émetteur 9EXAMPLE et l'id technique partenaire R{} "
    "existe déjà en base"
)
ENDED_SENTENCE: Final = (
    "La date de fin de validité est inférieure à date de début de validité pour le passage "
    "certification avec le bcr émetteur 9EXAMPLE et l'id technique partenaire R{}"
)


@pytest.mark.parametrize("receipt", [RECEIPT, NOTHING_NEW, replace(RECEIPT, depositor=None)])
def test_the_two_known_sentences_are_exact(receipt: Receipt) -> None:
    root = ET.fromstring(report_xml(receipt))
    assert texts(root, "PassagesKO/passage/messageErreur") == [
        RECORDED_SENTENCE.format(1),
        ENDED_SENTENCE.format(2),
        f"{ENDED_SENTENCE.format(3)} ; {RECORDED_SENTENCE.format(3)}",
    ]


def test_report_when_nobody_is_named() -> None:
    root = ET.fromstring(report_xml(replace(NOTHING_NEW, depositor=None)))
    messages = texts(root, "PassagesKO/passage/messageErreur")
    assert messages[0] == (
        "Le passage certification avec l'id technique partenaire R1 existe déjà en base"
    )


def test_report_when_the_deposit_is_of_another_type() -> None:
    receipt = replace(RECEIPT, depositor=None, deposit_entry=OTHER_ENTRY)
    assert "avec l'id technique" in report_xml(receipt).decode()


def test_report_without_refusals_has_no_group_for_them() -> None:
    root = ET.fromstring(report_xml(replace(RECEIPT, refused=())))
    assert root.find("PassagesKO") is None


def test_report_of_a_refused_file() -> None:
    faults = [MALFORMED, replace(MALFORMED, code="missing-element", element="code"), LATE]
    faults.append(Fault(level="rights", code="wrong-depositor", message="m", effect="file"))
    root = ET.fromstring(refusal_xml("a.xml", faults, 12))
    assert [element.tag for element in root] == ["nomFichier", "idTraitement", "erreurs"]
    assert texts(root, "idTraitement") == ["12"]
    assert texts(root, "erreurs/erreur/type") == ["XSD"] * 3
    assert texts(root, "erreurs/erreur/ligne") == ["7"] * 2
    assert texts(root, "erreurs/erreur/colonne") == ["12"] * 2
    messages = texts(root, "erreurs/erreur/message")
    assert str(messages[0]).startswith("Le fichier est incomplet")
    assert messages[1] == "Un élément obligatoire est absent (élément code)"


def test_reports_begin_as_xml_in_utf_8() -> None:
    for data in (report_xml(RECEIPT), refusal_xml("a", [MALFORMED], 1)):
        assert data.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n<rapport>\n')


@given(st.text(st.characters(codec=None), max_size=20), st.text(max_size=20))
def test_any_text_gives_well_formed_reports(name: str, technique: str) -> None:
    refused = (RefusedPassage(idTechnique=technique, faults=(RECORDED,)),)
    receipt = replace(RECEIPT, file_name=name, id_flux=technique, refused=refused)
    root = ET.fromstring(report_xml(receipt))
    fit = re.compile("[\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*")
    if fit.fullmatch(name):
        assert (root.findtext("nomFichier") or "") == name
    if fit.fullmatch(technique):
        assert (root.findtext("PassagesKO/passage/idTechnique") or "") == technique
    else:
        assert "\N{REPLACEMENT CHARACTER}" in str(root.findtext("idFlux"))
    ET.fromstring(refusal_xml(name, [MALFORMED], 1))


def test_markup_and_control_characters_are_text() -> None:
    name = "</nomFichier><x>&amp;\x00\x1b]]>\r\n\ufffe\ud800"
    root = ET.fromstring(report_xml(replace(RECEIPT, file_name=name)))
    assert texts(root, "nomFichier") == ["</nomFichier><x>&amp;��]]>\r\n��"]


# Functions of the package whose first argument may be a fault's code.
CODED: Final = {
    "UnfitError",
    "_add",
    "_complain",
    "_end",
    "_fault",
    "identity_fault",
    "refuse",
}
CODE: Final = re.compile(r"[a-z]+(-[a-z0-9]+)*")
NOT_CODES: Final = {"well-formed", "utf-8", "passage", "warning"}
LEDGER: Final = ("deposit", "form", "intake", "judging", "rights", "screening", "sorting")


def find_codes(tree: ast.AST) -> set[str]:
    """Find whatever may be a fault's code, by where it stands and by its form."""
    places: list[ast.expr] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            places += node.args[: name in CODED]
            places += [keyword.value for keyword in node.keywords if keyword.arg == "code"]
        elif isinstance(node, ast.Tuple) and node.elts and begins_fault(node.elts):
            places.append(node.elts[0])
    found = {str(place.value) for place in places if isinstance(place, ast.Constant)}
    return {text for text in found if CODE.fullmatch(text)} - NOT_CODES


def begins_fault(items: list[ast.expr]) -> bool:
    """Return whether a tuple looks like code and message: ``a-code, …`` or ``code, "a b"``."""
    return "-" in constant(items[0]) or " " in "".join(map(constant, items[1:2]))


def constant(node: ast.expr) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(map(constant, node.values))
    return str(node.value) if isinstance(node, ast.Constant) else ""


def package_codes() -> dict[str, set[str]]:
    root = Path(str(provenance.__file__)).parent
    paths = [*sorted((root / "cdc").glob("*.py"))]
    paths += [root / "ledger" / f"{name}.py" for name in LEDGER]
    return {p.stem: find_codes(ast.parse(p.read_text("utf-8"))) for p in paths}


def test_every_code_of_a_fault_has_a_french_wording() -> None:
    missing = {name: codes - WORDINGS.keys() for name, codes in package_codes().items()}
    assert {name: codes for name, codes in missing.items() if codes} == {}


def test_the_search_for_codes_finds_them() -> None:
    found = package_codes()
    assert {"length", "nil-not-empty"} <= found["_values"] | found["_nodes"]
    assert {"end-before-start", "exam-order", "late"} <= found["checks"]
    assert {"doctype", "unbound-prefix"} <= found["_xml"]
    assert {"xsd-doctype", "xsd-length"} <= found["xsd"]
    assert "already-recorded" in found["judging"]
    assert {"not-xml-table", "byte-order-mark"} <= found["_foreign"]
    planted = ast.parse('def f():\n    raise UnfitError("planted", "text")')
    assert find_codes(planted) == {"planted"}


def test_every_wording_belongs_to_a_code() -> None:
    used = set[str]().union(*package_codes().values())
    assert WORDINGS.keys() <= used


@pytest.mark.parametrize("code", WORDINGS)
def test_wordings_are_french_sentences(code: str) -> None:
    fault = replace(MALFORMED, code=code, message="MESSAGE")
    text = word_fault(fault, passage_named("9EXAMPLE", "T{1}"))
    assert text[0].isupper()
    assert not text.endswith(".")
    assert "{" not in text.replace("T{1}", "")
    assert ("MESSAGE" in text) == (code == "refused-by-operator")


def test_an_unknown_code_is_given_in_english() -> None:
    fault = replace(MALFORMED, code="new-check", message="what is wrong", element="code")
    assert word_fault(fault) == "Contrôle new-check : what is wrong (élément code)"


def test_the_operators_own_words_stand_as_they_are() -> None:
    words = "Titulaire inconnu {ici} <là>"
    fault = Fault(level="rights", code="refused-by-operator", message=words, effect="passage")
    assert word_fault(fault) == words
