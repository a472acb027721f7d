"""The signed summary: what is summed up, its one spelling, its limits, its signature."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from provenance.cv.base45 import ALPHABET, decode_base45, encode_base45
from provenance.cv.summary import (
    CERTIFICATIONS_MAX,
    NOTE_SIZE_MAX,
    PREFIX,
    TEXT_SIZE_MAX,
    TITLE_SIZE_MAX,
    Summary,
    SummaryHolder,
    SummaryLine,
    cut_title,
    decode_summary,
    encode_summary,
    make_summary,
    parse_summary,
    sign_summary,
    verify_summary,
)
from provenance.errors import FormatError, SignatureError, VerificationError
from provenance.record.bundle import encode_bundle
from provenance.tlog.note import Ed25519Signer, sign_note
from provenance.tlog.signer import CosignatureSigner
from provenance.verifier import Verifier
from simulator import (
    CERTIFIER,
    HOLDER,
    LINE,
    ORIGIN,
    PERSON,
    TODAY,
    ed25519_key,
    make_log,
    make_record,
    make_sheet,
)

if TYPE_CHECKING:
    from provenance.report import Report

NAME: Final = f"{ORIGIN}/summary"
SIGNER: Final = Ed25519Signer(NAME, ed25519_key("summary"))
DOSSIER: Final = (
    (f"{HOLDER}dossierFormation.nomTitulaire", "NGUYỄN"),
    (f"{HOLDER}dossierFormation.prenom1Titulaire", "Zoé"),
)


def report_of(*records: Any, **options: Any) -> Report:
    log, indexes = make_log(records=records or [make_record()])
    return verify(log, *indexes, **options)


def verify(log: Any, *indexes: int, **options: Any) -> Report:
    bundle = encode_bundle(log.prove(*indexes, **options))
    report = Verifier(log.policy()).verify(bundle, TODAY)
    assert report.verdict in {"yes", "attention"}, report.summary
    return report


def level_names() -> list[str]:
    names = [name for name, _ in make_record()]
    return [name for name in names if name not in {"source", "mentionValidee"}]


def signed_text(text: str, signer: Any = SIGNER) -> str:
    return sign_note(text, [signer])


GOOD: Final = (
    "provenance-summary/1\n"
    f"{ORIGIN}\n"
    "7 2026-11-25T21:00:00.000000Z\n"
    '["LEFÈVRE-DUBOIS","Maëlle","1991-07-23"]\n'
    '[4,"RNCP","RNCP34762","CERT0001","Certificateur","2026-03-14",null,"B2","in force",'
    '"Développeur web",5]\n'
    '[5,"RS","RS5678","CERT0001",null,"2025-01-02","2028-01-01",null,"withdrawn",null,null]\n'
)


# Base45. The examples are those of RFC 9285 sections 4.3 and 4.4.


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"AB", "BB8"),
        (b"Hello!!", "%69 VD92EX0"),
        (b"base-45", "UJCLQE7W581"),
        (b"ietf!", "QED8WEX0"),
        (b"", ""),
        (b"\0", "00"),
        (b"\xff\xff", "FGW"),
    ],
)
def test_base45_is_that_of_the_rfc(data: bytes, text: str) -> None:
    assert encode_base45(data) == text
    assert decode_base45(text) == data


@given(st.binary(max_size=200))
def test_base45_leads_back(data: bytes) -> None:
    assert decode_base45(encode_base45(data)) == data


@given(st.text(ALPHABET, max_size=60))
def test_base45_has_one_spelling(text: str) -> None:
    try:
        data = decode_base45(text)
    except FormatError:
        return
    assert encode_base45(data) == text


@pytest.mark.parametrize("text", ["A", "BB8A", "GGW", ":::", "::", "5U2", "bb8", "BB\n", "BÉ8"])
def test_what_is_no_base45_is_refused(text: str) -> None:
    if text == "5U2":
        text = "5U"  # 5 + 30 * 45 = 1355, more than one byte
    with pytest.raises(FormatError, match="malformed base45"):
        decode_base45(text)


# Making.


def test_a_summary_says_what_is_proven() -> None:
    second = make_record(type="RS", code="RS5678", dateFinValidite="2029-03-13")
    log, indexes = make_log(records=[make_record(), second])
    register = log.import_register(make_sheet(title="Développeur web", level=5))
    log.publish()
    report = verify(
        log,
        *indexes,
        shown={index: level_names() for index in indexes},
        support=(*log.support_of(*indexes), register),
        register=log.show_register("RNCP34762"),
    )
    summary = make_summary(report)
    assert summary.origin == ORIGIN
    assert summary.size == log.size
    assert summary.time == report.certifications[0].as_of_time
    assert summary.holder == SummaryHolder("LEFÈVRE-DUBOIS", "Maëlle", "1991-07-23")
    first, other = summary.certifications
    name = report.certifications[0].certifier_name
    assert first == SummaryLine(
        indexes[0],
        "RNCP",
        "RNCP34762",
        CERTIFIER,
        name,
        awarded="2026-03-14",
        ends=None,
        level="B2",
        status="in force",
        title="Développeur web",
        register_level=5,
    )
    assert (other.index, other.type, other.code) == (indexes[1], "RS", "RS5678")
    assert (other.ends, other.status) == ("2029-03-13", "in force")
    assert (other.title, other.register_level) == (None, None)


@pytest.mark.parametrize(
    ("title", "cut"),
    [
        ("é" * 80, "é" * 80),
        ("é" * 81, "é" * 79 + "…"),
        ("a" * 78 + " b c", "a" * 78 + "…"),
        ("😀" * 81, "😀" * 79 + "…"),
        ("x", "x"),
    ],
)
def test_long_titles_are_cut(title: str, cut: str) -> None:
    assert cut_title(title) == cut
    assert len(cut) <= TITLE_SIZE_MAX


def test_a_level_that_is_not_shown_does_not_appear() -> None:
    assert make_summary(report_of()).certifications[0].level is None


def test_a_birth_date_that_is_not_whole_does_not_appear() -> None:
    person = [*PERSON[:3], (PERSON[3][0], None), (PERSON[4][0], None)]
    assert make_summary(report_of(make_record(person))).holder.born is None


def test_a_holder_of_a_training_file_has_no_birth_date() -> None:
    summary = make_summary(report_of(make_record(DOSSIER)))
    assert summary.holder == SummaryHolder("NGUYỄN", "Zoé", None)


def test_what_is_not_accepted_is_not_summed_up() -> None:
    log, indexes = make_log()
    bundle = encode_bundle(log.prove(*indexes)).replace(b"provenance-proof/1", b"x")
    with pytest.raises(VerificationError, match="not accepted"):
        make_summary(Verifier(log.policy()).verify(bundle))


def test_two_persons_have_no_summary() -> None:
    other = make_record([*PERSON[:1], (PERSON[1][0], "Paul"), *PERSON[2:]])
    with pytest.raises(VerificationError, match="entry 4 does not hold: other-person"):
        make_summary(report_of(make_record(), other))


def test_a_holder_without_a_first_name_has_no_summary() -> None:
    nameless = make_record([PERSON[0], (PERSON[1][0], "-"), *PERSON[2:]])
    with pytest.raises(VerificationError, match="one holder"):
        make_summary(report_of(nameless))


def test_too_many_certifications_have_no_summary() -> None:
    log, indexes = make_log(CERTIFICATIONS_MAX + 1)
    with pytest.raises(VerificationError, match="more than 16"):
        make_summary(verify(log, *indexes))


def test_an_unknown_status_has_no_summary() -> None:
    log, indexes = make_log()
    with pytest.raises(VerificationError, match="entry 4 does not hold: status-unknown"):
        make_summary(verify(log, *indexes, status=()))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"donneeCertifiee": False}, "provisional"),
        ({"dateFinValidite": "2026-09-20"}, "expired"),
        ({"dateDebutValidite": "2026-09-22"}, "not-yet-valid"),
    ],
)
def test_what_does_not_hold_has_no_summary(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(VerificationError, match=f"entry 5 does not hold: {reason}"):
        make_summary(report_of(make_record(), make_record(**changes)))


def test_what_was_withdrawn_has_no_summary() -> None:
    log, indexes = make_log(2)
    log.withdraw(indexes[0])
    log.publish()
    with pytest.raises(VerificationError, match="entry 4 does not hold: withdrawn"):
        make_summary(verify(log, *indexes))


def test_a_certification_of_nobody_has_no_summary() -> None:
    lines = {4: None, 5: LINE}
    log, indexes = make_log(2)
    shown = {index: lines[index] or log.line_names(index) for index in indexes}
    with pytest.raises(VerificationError, match="entry 5 does not hold: no-identity"):
        make_summary(verify(log, *indexes, shown=shown))


def test_without_a_day_there_is_no_summary() -> None:
    log, indexes = make_log()
    report = Verifier(log.policy()).verify(encode_bundle(log.prove(*indexes)))
    with pytest.raises(VerificationError, match="date-unknown"):
        make_summary(report)


def test_statuses_of_two_times_have_no_summary() -> None:
    report = report_of(make_record(), make_record())
    first, second = report.certifications
    other = replace(second, as_of_index=99, as_of_time="2030-01-01T00:00:00.000000Z")
    with pytest.raises(VerificationError, match="not all of one time"):
        make_summary(replace(report, certifications=(first, other)))


def test_what_lacks_a_field_has_no_summary() -> None:
    names = [name for name, _ in (*make_record(), *PERSON) if name not in {"source", "code"}]
    with pytest.raises(VerificationError, match="entry 4 does not hold: incomplete"):
        make_summary(report_of(shown=names))


# Signing and reading.


def test_a_signed_summary_is_read_back() -> None:
    summary = make_summary(report_of())
    text = sign_summary(summary, SIGNER)
    assert text.startswith(PREFIX)
    assert set(text) <= set(ALPHABET)
    assert verify_summary(decode_summary(text), [SIGNER.verifier_key]) == summary


def test_the_form_is_the_documented_one() -> None:
    note = signed_text(GOOD)
    summary = verify_summary(decode_summary(encode_summary(note)), [SIGNER.verifier_key])
    assert summary.size == 7
    assert [one.status for one in summary.certifications] == ["in force", "withdrawn"]
    assert sign_summary(summary, SIGNER) == encode_summary(note)


def test_a_key_of_another_name_does_not_sign() -> None:
    summary = make_summary(report_of())
    for name in (ORIGIN, f"{ORIGIN}/entry"):
        with pytest.raises(FormatError, match=f"named {NAME}"):
            sign_summary(summary, Ed25519Signer(name, ed25519_key("summary")))
    with pytest.raises(FormatError, match="Ed25519"):
        sign_summary(summary, CosignatureSigner(NAME, ed25519_key("summary"), lambda: 1))


def test_another_key_is_not_trusted() -> None:
    note = signed_text(GOOD)
    other = Ed25519Signer(NAME, ed25519_key("another"))
    with pytest.raises(SignatureError):
        verify_summary(note, [other.verifier_key])
    with pytest.raises(SignatureError):
        verify_summary(note, [])


def test_a_key_of_another_type_is_passed_over() -> None:
    cosigner = CosignatureSigner(NAME, ed25519_key("summary"), lambda: 1)
    with pytest.raises(SignatureError, match="no signature by a known key"):
        verify_summary(signed_text(GOOD), [cosigner.verifier_key])


def test_no_character_of_it_can_be_changed() -> None:
    note = signed_text(GOOD)
    for position, one in enumerate(GOOD):
        changed = note[:position] + ("1" if one != "1" else "2") + note[position + 1 :]
        with pytest.raises((FormatError, SignatureError)):
            verify_summary(changed, [SIGNER.verifier_key])


WRONG: Final = {
    "another header": ("summary/1", "summary/2"),
    "no origin": (f"{ORIGIN}\n", "\n"),
    "a size with a sign": ("\n7 ", "\n+7 "),
    "no time": ("7 2026-11-25T21:00:00.000000Z", "7"),
    "another form of time": (".000000Z", "Z"),
    "an impossible time": ("11-25T21", "13-25T21"),
    "white space in a line": ('["LEFÈVRE-DUBOIS","M', '["LEFÈVRE-DUBOIS", "M'),
    "another escape": ("LEFÈVRE", "LEF\\u00c8VRE"),
    "no holder": ('["LEFÈVRE-DUBOIS","Maëlle","1991-07-23"]\n', ""),
    "a holder of two": (',"1991-07-23"]', "]"),
    "a holder of four": (',"1991-07-23"]', ',"1991-07-23",1]'),
    "another form of date": ('"1991-07-23"', '"23/07/1991"'),
    "a date with a line end": ('"1991-07-23"', '"1991-07-23\\n"'),
    "an empty name": ('"LEFÈVRE-DUBOIS"', '""'),
    "an unknown status": ("withdrawn", "unknown"),
    "an entry twice": ("[5,", "[4,"),
    "entries that descend": ("[5,", "[3,"),
    "an entry beyond the size": ("[5,", "[7,"),
    "an index that is text": ("[5,", '["5",'),
    "a member too many": ("null,null]", "null,null,null]"),
    "a member too few": ("null,null]", "null]"),
    "an empty title": ('"Développeur web",5', '"",5'),
    "a title that is too long": ('"Développeur web"', f'"{"x" * 81}"'),
    "a title that is a number": ('"Développeur web",5', "5,5"),
    "a level of the register that is text": ('web",5]', 'web","5"]'),
    "a level of the register below": ('web",5]', 'web",0]'),
    "a level of the register above": ('web",5]', 'web",9]'),
    "an empty line": ("\n[5,", "\n\n[5,"),
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG)
def test_other_spellings_are_refused(change: tuple[str, str]) -> None:
    assert GOOD.count(change[0]) >= 1
    with pytest.raises(FormatError):
        parse_summary(signed_text(GOOD.replace(*change, 1)))


def test_there_is_one_certification_at_least_and_sixteen_at_most() -> None:
    head = "\n".join(GOOD.split("\n")[:4]).replace("\n7 ", "\n70 ") + "\n"
    line = '[{},"RS","RS1","CERT0001",null,"2026-03-14",null,null,"in force",null,null]\n'
    lines = [line.format(index) for index in range(17)]
    assert len(parse_summary(signed_text(head + "".join(lines[:16]))).certifications) == 16
    for some in ([], lines):
        with pytest.raises(FormatError, match="too few lines, or too many"):
            parse_summary(signed_text(head + "".join(some)))


def test_there_is_one_signature_and_its_name_fits() -> None:
    twice = sign_note(GOOD, [SIGNER, Ed25519Signer(NAME, ed25519_key("another"))])
    foreign = signed_text(GOOD, Ed25519Signer("log.example/summary", ed25519_key("summary")))
    for note in (twice, foreign):
        with pytest.raises(FormatError, match="one signature"):
            parse_summary(note)


def compressed(data: bytes) -> str:
    return PREFIX + encode_base45(data)


def test_only_the_text_of_a_summary_is_decoded() -> None:
    text = encode_summary(signed_text(GOOD))
    for wrong in ("", "https://cv.example/", text.lower(), text[1:], f"{text} ", text[:-1]):
        with pytest.raises(FormatError):
            decode_summary(wrong)
    with pytest.raises(FormatError, match="no text of a summary"):
        decode_summary(PREFIX + "0" * TEXT_SIZE_MAX)


def test_what_was_deflated_is_inflated_within_bounds() -> None:
    exact = zlib.compress(b"x" * NOTE_SIZE_MAX)
    assert len(decode_summary(compressed(exact))) == NOTE_SIZE_MAX
    # Two and a half megabytes in the size of a QR code.
    bomb = zlib.compress(bytes(2_500_000), 9)
    assert len(compressed(bomb)) < TEXT_SIZE_MAX
    for wrong in (zlib.compress(b"x" * (NOTE_SIZE_MAX + 1)), bomb, exact[:-1], exact + b"x"):
        with pytest.raises(FormatError, match="cut off, too long, or something behind"):
            decode_summary(compressed(wrong))
    for wrong in (b"", b"no zlib", zlib.compress(b"\xff")):
        with pytest.raises(FormatError):
            decode_summary(compressed(wrong))


@given(st.text(ALPHABET, max_size=300), st.binary(max_size=300))
def test_nothing_but_a_format_error_leaves_the_reader(text: str, data: bytes) -> None:
    for one in (PREFIX + text, compressed(data), compressed(zlib.compress(data))):
        try:
            parse_summary(decode_summary(one))
        except FormatError:
            continue
        raise AssertionError("something was read out of nothing")


@given(st.data())
def test_nothing_but_an_error_of_ours_leaves_a_mutated_note(data: st.DataObject) -> None:
    note = signed_text(GOOD)
    at = data.draw(st.integers(0, len(note)))
    cut = data.draw(st.integers(0, 12))
    changed = note[:at] + data.draw(st.text(max_size=8)) + note[at + cut :]
    try:
        found = verify_summary(changed, [SIGNER.verifier_key])
    except (FormatError, SignatureError):
        return
    assert found == verify_summary(note, [SIGNER.verifier_key])


def test_any_spelling_of_zlib_will_do() -> None:
    note = signed_text(GOOD)
    assert decode_summary(compressed(zlib.compress(note.encode(), 1))) == note


def test_what_a_code_cannot_hold_is_refused() -> None:
    summary = parse_summary(signed_text(GOOD))
    lines = tuple(
        replace(summary.certifications[0], index=index, certifier_name=_noise(index))
        for index in range(CERTIFICATIONS_MAX)
    )
    long: Summary = replace(summary, size=70, certifications=lines)
    with pytest.raises(FormatError, match="leave certifications out"):
        sign_summary(long, SIGNER)


def test_titles_give_way_where_a_code_cannot_hold_them() -> None:
    summary = parse_summary(signed_text(GOOD))
    lines = tuple(
        replace(
            summary.certifications[0],
            index=index,
            title=cut_title(_noise(index)),
            register_level=6,
        )
        for index in range(CERTIFICATIONS_MAX)
    )
    long: Summary = replace(summary, size=70, certifications=lines)
    signed = parse_summary(decode_summary(sign_summary(long, SIGNER)))
    assert {one.title for one in signed.certifications} == {None}
    assert {one.register_level for one in signed.certifications} == {6}
    # A few are kept, all of them or none.
    short = replace(long, certifications=lines[:4])
    signed = parse_summary(decode_summary(sign_summary(short, SIGNER)))
    assert [one.title for one in signed.certifications] == [one.title for one in lines[:4]]


def _noise(seed: int) -> str:
    """255 characters that no compression makes shorter."""
    steps = range(255)
    return "".join(chr(0x4E00 + (seed * 7919 + at * at * 31 + at) % 20_000) for at in steps)
