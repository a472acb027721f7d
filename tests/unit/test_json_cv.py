from __future__ import annotations

import json
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

import pytest
from msgspec.structs import replace

from provenance.cv import SealRoots
from provenance.cv import verify as verify_any
from provenance.cv.dataintegrity import add_proof
from provenance.cv.jcs import canonicalize
from provenance.cv.jsoncv import (
    CONTEXT,
    JSON_CV_SIZE_MAX,
    SUBJECT_SIZE_MAX,
    holder_of,
    lines_of,
    make,
    verify,
)
from provenance.cv.report import CHECKS
from provenance.cv.roots import format_did_key
from provenance.errors import FormatError, VerificationError
from provenance.keys.signer import MemorySigner
from provenance.reconstruct import Cv, CvLine
from provenance.record.bundle import encode_bundle
from provenance.verifier import Verifier
from simulator import (
    EPOCH_S,
    HOLDER,
    PERSON,
    TODAY,
    Simulator,
    ed25519_key,
    make_log,
    make_record,
    make_sheet,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from provenance.cv.report import CvReport
    from provenance.record.commitment import Value
    from provenance.report import Report

SIGNER: Final = MemorySigner(ed25519_key("issuer"))
ISSUER: Final = format_did_key(SIGNER.public)
ROOTS: Final = SealRoots(issuers=(ISSUER,))
CREATED: Final = "2026-11-25T21:00:00Z"
LINE: Final = CvLine(
    id="1",
    label="RNCP34762",
    entry=4,
    claims={"code": "RNCP34762", "dateDebutValidite": "2026-03-14"},
)


def one_log() -> tuple[Simulator, bytes]:
    log, indexes = make_log(2)
    return log, encode_bundle(log.prove(*indexes))


LOG, BUNDLE = one_log()
VERIFIER: Final = Verifier(LOG.policy())


def make_cv(*lines: CvLine, holder: Mapping[str, Value] | None = None) -> bytes:
    claims = dict(PERSON) if holder is None else holder
    return make(lines or (LINE,), claims, BUNDLE, created=CREATED, signer=SIGNER)


def resign(change: Callable[[dict[str, Any]], object], **options: str) -> bytes:
    """Change a document and sign it anew, as a dishonest or careless issuer would."""
    tree = json.loads(make_cv())
    del tree["proof"]
    change(tree)
    named: dict[str, str] = {
        "method": f"{ISSUER}#{ISSUER.removeprefix('did:key:')}",
        "created": CREATED,
    }
    return canonicalize(add_proof(tree, sign=SIGNER.sign, **(named | options)))


def failing(report: CvReport) -> list[str]:
    return [check.name for check in report.checks if check.outcome == "no"]


def judge(data: bytes, verifier: Verifier = VERIFIER, roots: SealRoots = ROOTS) -> CvReport:
    report = verify(data, verifier, roots, TODAY)
    assert [check.name for check in report.checks] == [*CHECKS["json"]]
    assert report.kind == "json"
    return report


# What holds.


def test_a_cv_is_made_and_verified() -> None:
    report = judge(make_cv())
    assert (report.verdict, report.level) == ("yes", "original")
    assert {check.outcome for check in report.checks} == {"yes"}
    assert report.document.outcome == "as sealed"
    assert (report.document.sealed_by, report.document.sealed_at) == (ISSUER, CREATED)
    assert report.document.time_source == "claimed"
    assert report.proof is not None
    assert [one.index for one in report.proof.certifications] == [4, 5]
    assert json.loads(report.to_json())["kind"] == "json"


def test_it_is_recognised_by_its_content_in_any_spelling() -> None:
    tree = json.loads(make_cv())
    for text in (json.dumps(tree), json.dumps(tree, indent=2), f"\n {json.dumps(tree)}\n"):
        report = verify_any(text.encode(), LOG.policy(), ROOTS, now_s=EPOCH_S)
        assert (report.kind, report.verdict, report.level) == ("json", "yes", "original")


def test_the_document_is_that_of_the_data_model() -> None:
    tree = json.loads(make_cv())
    assert tree["@context"] == [*CONTEXT]
    assert tree["type"][0] == "VerifiableCredential"
    assert tree["issuer"].startswith("did:key:z6Mk")
    assert tree["proof"]["cryptosuite"] == "eddsa-jcs-2022"
    assert tree["provenance"].encode() == BUNDLE
    assert make_cv() == canonicalize(tree)


def test_names_may_be_spelled_otherwise() -> None:
    name = f"{HOLDER}titulaire.nomNaissance"
    line = replace(LINE, claims={"code": "RNCP34762", name: "Lefevre Dubois"})
    assert judge(make_cv(line, holder={name: "lefèvre dubois"})).verdict == "yes"


def test_lists_are_compared_whatever_the_order_of_their_members() -> None:
    results: Value = [{"niveau": 5, "domaineCompetenceId": "1"}, {}]
    name = "niveauNumeriqueEuropeen.resultats"
    flag = {"presenceNiveauNumeriqueEuro": True}
    log, (index,) = make_log(records=[make_record(PERSON, **{name: results}, **flag)])
    bundle = encode_bundle(log.prove(index, shown=log.line_names(index) | {name, *flag}))
    other: Value = [{}, {"niveau": 5, "domaineCompetenceId": "1"}]
    for claimed, agrees in ((results, True), (other, False)):
        line = replace(LINE, claims={name: claimed})
        data = make((line,), dict(PERSON), bundle, created=CREATED, signer=SIGNER)
        report = judge(data, Verifier(log.policy()))
        assert failing(report) == ([] if agrees else ["agreement"])


def test_a_withdrawn_certification_is_no_disagreement() -> None:
    log, (index,) = make_log()
    log.withdraw(index)
    log.publish()
    bundle = encode_bundle(log.prove(index))
    data = make((LINE,), dict(PERSON), bundle, created=CREATED, signer=SIGNER)
    report = judge(data, Verifier(log.policy()))
    assert failing(report) == []
    assert (report.verdict, report.level) == ("attention", "original")
    assert report.proof is not None
    assert report.proof.certifications[0].reasons == ("withdrawn",)


def test_the_holder_may_be_shown_by_one_of_the_lines_alone() -> None:
    dossier = (
        (f"{HOLDER}dossierFormation.nomTitulaire", "LEFÈVRE"),
        (f"{HOLDER}dossierFormation.prenom1Titulaire", "Maëlle"),
    )
    log, indexes = make_log(records=[make_record(PERSON), make_record(dossier)])
    bundle = encode_bundle(log.prove(*indexes))
    both = (LINE, replace(LINE, id="2", entry=5))
    verifier = Verifier(log.policy())
    for lines, agrees in ((both, True), (both[1:], False)):
        data = make(lines, dict(PERSON), bundle, created=CREATED, signer=SIGNER)
        assert failing(judge(data, verifier)) == ([] if agrees else ["agreement"])


# What must be refused.


def change_letter(tree: dict[str, Any]) -> None:
    tree["credentialSubject"]["lines"][0]["id"] = "2"


def test_a_changed_document_is_modified() -> None:
    tree = json.loads(make_cv())
    change_letter(tree)
    report = judge(json.dumps(tree).encode())
    assert failing(report) == ["signature"]
    assert (report.verdict, report.level) == ("no", "modified")
    assert report.document.outcome == "altered"


def unsigned(change: Callable[[dict[str, Any]], object] = lambda _: None) -> bytes:
    tree = json.loads(make_cv())
    del tree["proof"]
    change(tree)
    return json.dumps(tree).encode()


def test_a_document_that_is_not_signed_is_not_the_original() -> None:
    report = judge(unsigned())
    assert (failing(report), report.level) == (["signature"], "not-original")
    assert (report.verdict, report.document.outcome) == ("no", "not sealed")
    assert failing(judge(unsigned(), roots=SealRoots())) == ["signature", "issuer"]
    assert judge(unsigned(), roots=SealRoots()).level == "not-original"
    bad = judge(unsigned(_set("provenance", value="{}")))
    assert (failing(bad), bad.level) == (["signature", "proof"], "refused")
    null = judge(unsigned(_set("proof", value=None)))
    assert (failing(null), null.level) == (["document"], "refused")
    for change in (_set("validFrom", value="today"), _set("issuer", value="x")):
        assert failing(judge(unsigned(change))) == ["document"]


def test_a_label_is_the_proven_title_or_the_code() -> None:
    log, (index,) = make_log()
    register = log.import_register(make_sheet(title="Gestionnaire de paie"))
    log.publish()
    support = (*log.support_of(index), register)
    shown: dict[str, Any] = {"register": log.show_register("RNCP34762"), "support": support}
    titled, plain = encode_bundle(log.prove(index, **shown)), encode_bundle(log.prove(index))
    for label, with_title, without in (
        ("Gestionnaire de paie", True, False),
        ("RNCP34762", True, True),
        (None, True, True),
        ("gestionnaire de paie", False, False),
        ("", False, False),
    ):
        line = replace(LINE, label=label)
        for bundle, agrees in ((titled, with_title), (plain, without)):
            data = make((line,), dict(PERSON), bundle, created=CREATED, signer=SIGNER)
            report = judge(data, Verifier(log.policy()))
            assert failing(report) == ([] if agrees else ["agreement"]), label


def test_names_of_the_holder_are_held_against_every_certification_shown() -> None:
    """Also against those that no line rests on; who shows no name is compared with nobody."""
    first = f"{HOLDER}titulaire.prenom1"
    twin = tuple((name, "Zoé" if name == first else value) for name, value in PERSON)
    log, indexes = make_log(records=[make_record(), make_record(twin)])
    verifier = Verifier(log.policy())
    for names, expected in (
        ({first}, ["agreement", "holder-name"]),
        (set(), []),
    ):
        shown = {4: log.line_names(4) - {first, PERSON[0][0]}, 5: {"code", *names}}
        bundle = encode_bundle(log.prove(*indexes, shown=shown))
        line = replace(LINE, entry=5, claims={"code": "RNCP34762"})
        data = make((line,), {first: "Maëlle"}, bundle, created=CREATED, signer=SIGNER)
        report = judge(data, verifier)
        outcomes = {check.name: check.outcome for check in report.checks}
        if names:
            assert failing(report) == expected
        else:
            assert (failing(report), outcomes["holder-name"]) == (["agreement"], "n/a")
    # A name that says nothing is no other name, though it agrees with nothing either.
    nobody = make_record(((PERSON[0][0], None), *PERSON[1:]))
    log, (index,) = make_log(records=[nobody])
    bundle = encode_bundle(log.prove(index, shown=log.line_names(index) - {first}))
    data = make((LINE,), {PERSON[0][0]: "X"}, bundle, created=CREATED, signer=SIGNER)
    report = judge(data, Verifier(log.policy()))
    outcomes = {check.name: check.outcome for check in report.checks}
    assert (failing(report), outcomes["holder-name"]) == (["agreement"], "n/a")


def test_an_issuer_that_nobody_trusts_is_none() -> None:
    report = judge(make_cv(), roots=SealRoots())
    assert failing(report) == ["issuer"]
    assert (report.level, report.document.outcome) == ("untrusted-seal", "untrusted seal")
    other = SealRoots(issuers=(format_did_key(MemorySigner(ed25519_key("x")).public),))
    assert failing(judge(make_cv(), roots=other)) == ["issuer"]


def test_a_proof_of_another_log_is_refused() -> None:
    report = judge(make_cv(), Verifier(Simulator("other.example/1").policy()))
    assert failing(report) == ["proof"]
    assert report.level == "refused"
    outcomes = {check.name: check.outcome for check in report.checks}
    assert (outcomes["agreement"], outcomes["person"]) == ("n/a", "n/a")


def test_a_bundle_that_is_none_is_refused() -> None:
    for text in ("", "{}", BUNDLE.decode() + "\n\n", BUNDLE.decode()[:-1]):
        data = resign(_set("provenance", value=text))
        assert failing(judge(data)) == ["proof"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"claims": {"code": "RNCP34763"}}, "line 1: code is contradicted"),
        ({"claims": {"code": 34762}}, "line 1: code is contradicted"),
        ({"claims": {"donneeCertifiee": 1}}, "line 1: donneeCertifiee is contradicted"),
        ({"claims": {"mentionValidee": "MENTION_BIEN"}}, "line 1: mentionValidee is undisc"),
        ({"entry": 6}, "line 1 names an entry that is not shown"),
        ({"entry": 2}, "line 1 names an entry that is not shown"),
        ({"label": "Développeuse web"}, "line 1: its label"),
    ],
)
def test_lines_claim_nothing_that_is_not_shown(changes: dict[str, Any], said: str) -> None:
    report = judge(make_cv(replace(LINE, **changes)))
    assert failing(report) == ["agreement"]
    assert (report.verdict, report.level) == ("no", "refused")
    assert any(said in sentence for sentence in report.summary)


@pytest.mark.parametrize(
    ("holder", "expected"),
    [
        ({f"{HOLDER}titulaire.nomNaissance": "MARTIN"}, ["agreement", "holder-name"]),
        ({f"{HOLDER}titulaire.anneeNaissance": 1990}, ["agreement"]),
        (
            {**dict(PERSON), f"{HOLDER}titulaire.prenom1": "Anne"},
            ["agreement", "holder-name"],
        ),
        ({f"{HOLDER}dossierFormation.nomTitulaire": "LEFÈVRE-DUBOIS"}, ["agreement"]),
        ({f"{HOLDER}titulaire.nomNaissance": "-"}, ["agreement"]),
        ({f"{HOLDER}titulaire.nomNaissance": 7}, ["agreement", "holder-name"]),
        ({f"{HOLDER}titulaire.nomNaissance": 0}, ["agreement"]),
        ({f"{HOLDER}titulaire.nomNaissance": None}, ["agreement"]),
        ({f"{HOLDER}titulaire.nomNaissance": True}, ["agreement"]),
    ],
)
def test_the_holder_is_the_one_that_is_shown(
    holder: dict[str, Value], expected: list[str]
) -> None:
    report = judge(make_cv(holder=holder))
    assert failing(report) == expected
    assert report.level == ("impersonation" if "holder-name" in expected else "refused")


def test_no_reason_tells_a_value() -> None:
    name = f"{HOLDER}titulaire.nomNaissance"
    line = replace(LINE, claims={"code": "RNCP99999", name: "MARTINEZ"})
    report = judge(make_cv(line, holder={name: "MARTINEZ"}))
    reasons = " ".join(check.reason for check in report.checks)
    assert "RNCP99999" not in reasons
    assert "MARTINEZ" not in reasons


def test_different_persons_are_refused() -> None:
    other = tuple((name, 24 if name.endswith("jourNaissance") else v) for name, v in PERSON)
    log, indexes = make_log(records=[make_record(PERSON), make_record(other)])
    bundle = encode_bundle(log.prove(*indexes))
    data = make((LINE,), dict(PERSON), bundle, created=CREATED, signer=SIGNER)
    report = judge(data, Verifier(log.policy()))
    assert failing(report) == ["person"]
    assert report.level == "other-persons"


# The form.


def _set(*path: Any, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(tree: Any) -> None:
        for step in path[:-1]:
            tree = tree[step]
        tree[path[-1]] = value

    return change


def _drop(*path: Any) -> Callable[[dict[str, Any]], None]:
    def change(tree: Any) -> None:
        for step in path[:-1]:
            tree = tree[step]
        del tree[path[-1]]

    return change


OTHER: Final = format_did_key(MemorySigner(ed25519_key("x")).public)
SMALL_ORDER: Final = "did:key:z6MkeXATEjyXENzBXBxgC5EHk2JE5aqd7qMGGtDpLUH1e2Sj"
PLAIN: Final = {"id": "1", "entry": 4, "claims": {"a": 1}}
SUBJECT: Final = ("credentialSubject",)
FIRST: Final = ("credentialSubject", "lines", 0)
OTHER_FORMS: Final = {
    "more": _set("more", value=1),
    "id": _set("id", value="urn:x"),
    "no type": _drop("type"),
    "another type": _set("type", value=["VerifiableCredential"]),
    "types swapped": _set("type", value=["ProvenanceCv", "VerifiableCredential"]),
    "no context": _drop("@context"),
    "another context": _set("@context", value=[CONTEXT[0]]),
    "a third context": _set("@context", value=[*CONTEXT, "https://example.org/"]),
    "an issuer with a name": _set("issuer", value={"id": ISSUER}),
    "another issuer": _set("issuer", value=OTHER),
    "an issuer elsewhere": _set("issuer", value="https://issuer.example/"),
    "an issuer of small order": _set("issuer", value=SMALL_ORDER),
    "no time": _drop("validFrom"),
    "another time": _set("validFrom", value="2026-11-25T21:00:01Z"),
    "no subject": _drop("credentialSubject"),
    "several subjects": _set("credentialSubject", value=[]),
    "a subject with an id": _set(*SUBJECT, "id", value="did:example:1"),
    "no holder": _drop(*SUBJECT, "holder"),
    "an empty holder": _set(*SUBJECT, "holder", value={}),
    "a holder by name": _set(*SUBJECT, "holder", value="Maëlle"),
    "no lines": _drop(*SUBJECT, "lines"),
    "empty lines": _set(*SUBJECT, "lines", value=[]),
    "too many lines": _set(*SUBJECT, "lines", value=[PLAIN] * 1001),
    "a line without entry": _drop(*FIRST, "entry"),
    "a line of entry null": _set(*FIRST, "entry", value=None),
    "a line of entry -1": _set(*FIRST, "entry", value=-1),
    "a line without id": _drop(*FIRST, "id"),
    "a line of a long id": _set(*FIRST, "id", value="x" * 65),
    "a line without claims": _set(*FIRST, "claims", value={}),
    "a line of many claims": _set(*FIRST, "claims", value={f"a{n}": n for n in range(65)}),
    "a claim of another name": _set(*FIRST, "claims", "a b", value=1),
    "a claim of another value": _set(*FIRST, "claims", "code", value={"a": 1}),
    "a line with more": _set(*FIRST, "status", value="in force"),
    "two lines of one id": _set(*SUBJECT, "lines", value=[PLAIN] * 2),
    "no bundle": _drop("provenance"),
    "a bundle that is no string": _set("provenance", value={}),
    "many bytes": _set(*FIRST, "label", value="x" * SUBJECT_SIZE_MAX),
}  # fmt: skip


@pytest.mark.parametrize("change", OTHER_FORMS.values(), ids=OTHER_FORMS)
def test_other_forms_are_refused_though_they_are_signed(
    change: Callable[[dict[str, Any]], None],
) -> None:
    report = judge(resign(change))
    assert failing(report) == ["document"]
    is_proof = "provenance" in json.loads(resign(change))
    level = ("no", "refused") if is_proof else ("unreadable", "no-proof")
    assert (report.verdict, report.level) == level


@pytest.mark.parametrize(
    "time",
    [
        "2026-11-25T21:00:00",
        "2026-11-25T21:00:00.000Z",
        "2026-11-25T21:00:00+00:00",
        "2026-02-29T21:00:00Z",
        "2026-11-25T24:00:00Z",
        "2026-11-25 21:00:00Z",
        "٢026-11-25T21:00:00Z",
        "2026-11-25T21:00:00Z\n",
        "",
    ],
)
def test_other_times_are_refused(time: str) -> None:
    data = resign(_set("validFrom", value=time), created=time)
    assert failing(judge(data)) == ["document"]
    with pytest.raises(FormatError):
        make((LINE,), dict(PERSON), BUNDLE, created=time, signer=SIGNER)


@pytest.mark.parametrize("method", [ISSUER, f"{ISSUER}#key-1", f"{ISSUER}#", ""])
def test_other_names_of_the_key_are_refused(method: str) -> None:
    data = resign(lambda _: None, method=method)
    assert failing(judge(data)) == ["document"]


def test_a_second_proof_is_refused() -> None:
    tree = json.loads(make_cv())
    tree["proof"] = [tree["proof"], tree["proof"]]
    assert failing(judge(json.dumps(tree).encode())) == ["document"]


@pytest.mark.parametrize("name", ["created", "@context", "proofValue", "type"])
def test_a_proof_without_a_member_is_refused(name: str) -> None:
    tree = json.loads(make_cv())
    del tree["proof"][name]
    assert failing(judge(json.dumps(tree).encode())) == ["document"]


@pytest.mark.parametrize("value", ["z", "", "z" + "2" * 100, "m" + "2" * 87, 7])
def test_a_proof_of_another_value_is_refused(value: object) -> None:
    tree = json.loads(make_cv())
    tree["proof"]["proofValue"] = value
    assert failing(judge(json.dumps(tree).encode())) == ["document"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b'{"a":1,"a":1}',
        b'{"a":"\\ud800"}',
        b'{"a":1.5}',
        b"{" + b'"a":{' * 100_000,
        b"\xff",
        b"{" + b" " * JSON_CV_SIZE_MAX,
    ],
)
def test_what_is_no_json_of_ours_is_unreadable(data: bytes) -> None:
    report = judge(data)
    assert failing(report) == ["readable"]
    assert (report.verdict, report.level) == ("unreadable", "refused")


def test_a_member_that_stands_twice_is_unreadable() -> None:
    data = make_cv()
    report = judge(data[:-1] + b',"issuer":"did:key:z6Mk"}')
    assert failing(report) == ["readable"]


# Making.


def test_what_cannot_stand_in_a_document_is_not_signed() -> None:
    for bundle in (b"\xff", b"x" * (16 * 1024 * 1024 + 1), b'"' * 10_000_000):
        with pytest.raises(FormatError):
            make((LINE,), dict(PERSON), bundle, created=CREATED, signer=SIGNER)
    with pytest.raises(FormatError):
        make_cv(replace(LINE, entry=None))
    with pytest.raises(FormatError):
        make_cv(LINE, LINE)


def report_of(log: Simulator, *indexes: int, **options: Any) -> Report:
    bundle = encode_bundle(log.prove(*indexes, **options))
    return Verifier(log.policy()).verify(bundle, TODAY)


def as_cv(line: CvLine) -> Cv:
    return Cv("provenance-cv/1", (line,))


def test_lines_find_their_entries_and_are_called_by_their_code() -> None:
    log, indexes = make_log(records=[make_record(), make_record(code="RS5000")])
    report = report_of(log, *indexes)
    line = CvLine(id="1", label="Ingénieure", claims={"code": "RS5000"})
    (found,) = lines_of(as_cv(line), report)
    assert found == replace(line, entry=5, label="RS5000")
    unknown = replace(line, claims={"code": "RS5001"})
    with pytest.raises(VerificationError):
        lines_of(as_cv(unknown), report)


def test_lines_are_called_by_their_title_where_it_is_proven() -> None:
    log, (index,) = make_log()
    register = log.import_register(make_sheet(title="Gestionnaire de paie"))
    log.publish()
    shown = log.show_register("RNCP34762")
    support = (*log.support_of(index), register)
    report = report_of(log, index, register=shown, support=support)
    line = CvLine(id="1", label="Directrice", claims={"code": "RNCP34762"})
    (found,) = lines_of(as_cv(line), report)
    assert found.label == "Gestionnaire de paie"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"donneeCertifiee": False}, "provisional"),
        ({"dateFinValidite": "2026-09-20"}, "expired"),
        ({"dateDebutValidite": "2026-09-22"}, "not-yet-valid"),
        ({"person": ()}, "no-identity"),
        ({"person": [(f"{HOLDER}identifiantNational.nomNaissance", "M")]}, "name-only"),
    ],
)
def test_what_does_not_hold_is_no_line(changes: dict[str, Any], reason: str) -> None:
    log, indexes = make_log(records=[make_record(), make_record(**changes, code="RS1")])
    report = report_of(log, *indexes)
    with pytest.raises(VerificationError, match=f"line 1: entry 5 does not hold: {reason}"):
        lines_of(as_cv(CvLine(id="1", claims={"code": "RS1"})), report)


def test_the_holder_is_taken_from_the_lines_own_entry() -> None:
    log, indexes = make_log(records=[make_record(()), make_record(PERSON, code="RS1")])
    report = report_of(log, *indexes)
    lines = lines_of(as_cv(CvLine(id="1", claims={"code": "RS1"})), report)
    assert holder_of(lines, report) == dict(PERSON)


def test_a_large_document_is_verified_in_sane_time() -> None:
    # No bundle, but as large and as full of escapes as one: the JSON around it is the point.
    text = ('{"entry":"' + r"{\"type\":\"x\"}" * 20 + '"}') * 33_000
    data = resign(_set("provenance", value=text))
    assert JSON_CV_SIZE_MAX > len(data) > 15_000_000
    start = monotonic()
    assert failing(judge(data)) == ["proof"]
    # Generous: it takes a second or two.
    assert monotonic() - start < 30
