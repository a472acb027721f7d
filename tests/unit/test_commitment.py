from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64decode
from typing import TYPE_CHECKING, Any, Final

import pytest

from naive_commitment import (
    NAIVE_SLOTS,
    naive_commitment,
    naive_digest,
    naive_disclosures,
    naive_record,
    naive_slots,
)
from provenance.encoding import decode_base64url, encode_base64url
from provenance.errors import CommitmentError, FormatError, PolicyError
from provenance.record.commitment import (
    NEVER_DISCLOSED,
    SALT_SIZE,
    SEED_SIZE,
    check_fields,
    commit,
    disclose,
    disclosure_digest,
    parse_disclosure,
    read_record,
)
from provenance.record.slots import CERTIFICATION, ERASURE, WITHDRAWAL, SlotTable
from record_samples import FIELDS, SEED, fill, spell

if TYPE_CHECKING:
    from provenance.record.commitment import Field

NAMES: Final = [name for name, _ in FIELDS]
NIR: Final = "identificationTitulaire.identifiantNational.nir"

# RFC 9901 sections 4.2.1 to 4.2.3 and 5.1: disclosures, and digests of theirs.
RFC_9901: Final = {
    "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0": (
        "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0",
        ["_26bc4LT-ac6q2KI6cBW5es", "family_name", "Möbius"],
    ),
    "WyJsa2x4RjVqTVlsR1RQVW92TU5JdkNBIiwgIkZSIl0": (
        "w0I8EKcdCtUPkGCNUrfwVp2xEgNjtoIDlOxc9-PlOhs",
        ["lklxF5jMYlGTPUovMNIvCA", "FR"],
    ),
    "WyIyR0xDNDJzS1F2ZUNmR2ZyeU5STjl3IiwgImdpdmVuX25hbWUiLCAiSm9obiJd": (
        "jsu9yVulwQQlhFlM_3JlzMaSFzglhQG0DpfayQwLUK4",
        ["2GLC42sKQveCfGfryNRN9w", "given_name", "John"],
    ),
    "WyJRZ19PNjR6cUF4ZTQxMmExMDhpcm9BIiwgInBob25lX251bWJlcl92ZXJpZmllZCIsIHRydWVd": (
        "XQ_3kPKt1XyX7KANkqVR6yZ2Va5NrPIvPYbyMvRKBMM",
        ["Qg_O64zqAxe412a108iroA", "phone_number_verified", True],
    ),
    "WyJHMDJOU3JRZmpGWFE3SW8wOXN5YWpBIiwgInVwZGF0ZWRfYXQiLCAxNTcwMDAwMDAwXQ": (
        "CrQe7S5kqBAHt-nMYXgc6bdt2SH5aTY1sU_M-PgkjPI",
        ["G02NSrQfjFXQ7Io09syajA", "updated_at", 1570000000],
    ),
}
# The same array in other spellings that the RFC shows: other disclosures, other digests.
RFC_9901_SPELLINGS: Final = (
    "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNXHUwMGY2Yml1cyJd",
    "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsImZhbWlseV9uYW1lIiwiTcO2Yml1cyJd",
    "WwoiXzI2YmM0TFQtYWM2cTJLSTZjQlc1ZXMiLAoiZmFtaWx5X25hbWUiLAoiTcO2Yml1cyIKXQ",
)


def json_of(disclosure: str) -> Any:
    return json.loads(urlsafe_b64decode(disclosure + "=" * (-len(disclosure) % 4)))


@pytest.mark.parametrize("disclosure", RFC_9901)
def test_digests_of_rfc_9901(disclosure: str) -> None:
    digest, content = RFC_9901[disclosure]
    assert encode_base64url(disclosure_digest(disclosure)) == digest
    assert json_of(disclosure) == content


@pytest.mark.parametrize("disclosure", RFC_9901_SPELLINGS)
def test_other_spellings_of_rfc_9901_have_other_digests(disclosure: str) -> None:
    digest, content = next(iter(RFC_9901.values()))
    assert json_of(disclosure) == content
    assert encode_base64url(disclosure_digest(disclosure)) != digest


@pytest.mark.parametrize("disclosure", [*RFC_9901, *RFC_9901_SPELLINGS])
def test_disclosures_of_others_are_not_ours(disclosure: str) -> None:
    """White space, escapes, or a salt that is not of 18 bytes."""
    with pytest.raises(FormatError):
        parse_disclosure(disclosure)


def test_a_digest_is_of_ascii() -> None:
    with pytest.raises(FormatError):
        disclosure_digest("WyJé")


def shown(record: tuple[str, ...]) -> list[str]:
    return [text for text in record if len(text) != 43]


def test_our_disclosures_follow_rfc_9901() -> None:
    """Read as section 7.1 tells a verifier to: decode, three elements, digest of ASCII."""
    record = disclose(SEED, FIELDS, NAMES, CERTIFICATION)
    values = dict(FIELDS)
    for text in shown(record):
        salt, name, value = json_of(text)
        assert value == values.pop(name)
        assert len(salt) == 24
        assert len(decode_base64url(salt)) == SALT_SIZE
        parsed = parse_disclosure(text)
        assert (parsed.name, parsed.value) == (name, value)
        assert parsed.digest == hashlib.sha256(text.encode("ascii")).digest()
    assert not values


def test_the_table_is_that_of_the_text() -> None:
    """Written by hand a second time; a name that moved would change every commitment."""
    assert CERTIFICATION.slot_of == NAIVE_SLOTS
    assert (CERTIFICATION.count, WITHDRAWAL.count, ERASURE.count) == (64, 8, 8)
    assert CERTIFICATION.closed == {62, 63}
    assert WITHDRAWAL.closed == ERASURE.closed == {7}
    assert (WITHDRAWAL.slot_of, ERASURE.slot_of) == ({"reason": 0}, {"basis": 0, "case": 1})
    assert [slot for slot, names in enumerate(CERTIFICATION.names) if not names] == [
        *range(43, 62),
        63,
    ]


@pytest.mark.parametrize("name", NAIVE_SLOTS)
def test_each_field_alone_is_in_its_slot(name: str) -> None:
    fields: list[Field] = [(name, "value")]
    assert commit(SEED, fields, CERTIFICATION) == naive_commitment(SEED, fields)
    if name not in NEVER_DISCLOSED:
        record = disclose(SEED, fields, [name], CERTIFICATION)
        assert list(record) == naive_record(SEED, fields, [name])
        assert [len(text) != 43 for text in record].index(True) == NAIVE_SLOTS[name]
        assert read_record(record, CERTIFICATION).fields == tuple(fields)


@pytest.mark.parametrize(
    ("table", "fields"),
    [
        (WITHDRAWAL, [("reason", "FRAUD")]),
        (ERASURE, [("basis", "GDPR_ART_17")]),
        (ERASURE, [("basis", "LOST_SEED"), ("case", "2026-17")]),
    ],
)
def test_small_tables(table: SlotTable, fields: list[Field]) -> None:
    names = [name for name, _ in fields]
    assert commit(SEED, fields, table) == naive_commitment(SEED, fields, 8)
    record = disclose(SEED, fields, names, table)
    assert list(record) == naive_record(SEED, fields, names, 8)
    assert read_record(record, table).fields == tuple(fields)
    with pytest.raises(FormatError):
        commit(SEED, fields, CERTIFICATION)


def test_values_of_every_kind() -> None:
    assert commit(SEED, FIELDS, CERTIFICATION) == naive_commitment(SEED, FIELDS)
    assert commit(SEED, list(FIELDS), CERTIFICATION) == commit(SEED, FIELDS, CERTIFICATION)
    # A field has its place, whatever the order in which a record is handed in.
    assert commit(SEED, FIELDS[::-1], CERTIFICATION) == commit(SEED, FIELDS, CERTIFICATION)


def test_names_values_and_seed_all_count() -> None:
    changed = [
        commit(SEED, FIELDS, CERTIFICATION),
        commit(bytes(SEED_SIZE), FIELDS, CERTIFICATION),
        commit(SEED, FIELDS[1:], CERTIFICATION),
        commit(SEED, (("urlPreuve", FIELDS[0][1]), *FIELDS[1:]), CERTIFICATION),
        commit(SEED, (("emetteur", "0ABCDEFH"), *FIELDS[1:]), CERTIFICATION),
    ]
    assert len(set(changed)) == len(changed)


def test_types_are_kept_apart() -> None:
    values: list[Any] = [True, False, None, 0, 1, "", "0", "1", "true", "null", [], [{}]]
    made = {commit(SEED, [("code", value)], CERTIFICATION) for value in values}
    assert len(made) == len(values)


@pytest.mark.parametrize(
    "names", [[], ["code"], ["scoring", "code"], NAMES[:-1], NAMES, NAMES[1:-1]]
)
def test_what_is_disclosed_recomputes(names: list[str]) -> None:
    record = disclose(SEED, FIELDS, names, CERTIFICATION)
    read = read_record(record, CERTIFICATION)
    assert read.commitment == commit(SEED, FIELDS, CERTIFICATION)
    assert set(map(repr, read.fields)) == {repr(f) for f in FIELDS if f[0] in names}
    slots = [NAIVE_SLOTS[name] for name, _ in read.fields]
    assert slots == sorted(slots)
    assert not read.unknown
    assert len(record) == 64


def test_source_goes_with_all_others_only() -> None:
    for names in (["source"], ["source", "code"], NAMES[1:]):
        with pytest.raises(PolicyError):
            disclose(SEED, FIELDS, names, CERTIFICATION)
    assert len(shown(disclose(SEED, FIELDS, NAMES, CERTIFICATION))) == len(FIELDS)


def test_the_national_number_is_never_disclosed() -> None:
    fields = [(NIR, "1910729019001"), ("code", "RNCP34762"), ("source", fill("source"))]
    assert frozenset({NIR}) == NEVER_DISCLOSED
    for names in ([NIR], [NIR, "code"], [NIR, "code", "source"], ["code", "source"]):
        with pytest.raises(PolicyError):
            disclose(SEED, fields, names, CERTIFICATION)
    assert len(shown(disclose(SEED, fields, ["code"], CERTIFICATION))) == 1


def test_a_field_that_is_not_there_is_not_disclosed() -> None:
    with pytest.raises(FormatError):
        disclose(SEED, FIELDS, ["code", "Code"], CERTIFICATION)


HOLDER: Final = "identificationTitulaire."
BAD_PLACES: Final[dict[str, list[Field]]] = {
    "unknown": [("code", 1), ("colour", 1)],
    "of a withdrawal": [("reason", "FRAUD")],
    "two names of slot 28": [
        (f"{HOLDER}dossierFormation.idDossier", "1"),
        (f"{HOLDER}titulaire.anneeNaissance", 1991),
    ],
    "two names of slot 37": [
        (f"{HOLDER}titulaire.codeCommuneNaissance.codeInseeNaissance.codeInsee", "29019"),
        (f"{HOLDER}titulaire.codeCommuneNaissance.codePostalNaissance.codePostal", "29200"),
    ],
    "two holders in slots of their own": [
        (f"{HOLDER}dossierFormation.nomTitulaire", "QUERMELEUC"),
        (f"{HOLDER}titulaire.moisNaissance", 7),
    ],
}


@pytest.mark.parametrize("what", BAD_PLACES)
def test_what_fits_into_no_record(what: str) -> None:
    with pytest.raises(FormatError, match="malformed record"):
        commit(SEED, BAD_PLACES[what], CERTIFICATION)


BAD_FIELDS: Final[dict[str, Any]] = {
    "none": [],
    "no list": 7,
    "no pair": [("code",)],
    "three": [("code", 1, 2)],
    "twice": [("code", 1), ("code", 2)],
    "empty name": [("", 1)],
    "digit": [("1code", 1)],
    "space": [("co de", 1)],
    "line": [("code\n", 1)],
    "two lines": [("code\ncode", 1)],
    "accent": [("codé", 1)],
    "reserved": [("_sd", 1)],
    "array marker": [("...", 1)],
    "name no string": [(1, 1)],
    "float": [("code", 1.0)],
    "bytes": [("code", b"1")],
    "too large": [("code", 2**53)],
    "too small": [("code", -(2**53))],
    "huge": [("code", 2**70)],
    "object": [("code", {"a": 1})],
    "list of strings": [("code", ["a"])],
    "nested list": [("code", [{"a": []}])],
    "nested object": [("code", [{"a": {}}])],
    "member name": [("code", [{"_sd": 1}])],
    "member name no string": [("code", [{1: 1}])],
    "float in list": [("code", [{"a": 0.5}])],
    "surrogate": [("code", "\ud800")],
    "surrogate in list": [("code", [{"a": "\udfff"}])],
}


@pytest.mark.parametrize("what", BAD_FIELDS)
def test_what_is_no_record(what: str) -> None:
    with pytest.raises(FormatError, match="malformed record"):
        commit(SEED, BAD_FIELDS[what], CERTIFICATION)
    with pytest.raises(FormatError, match="malformed record"):
        disclose(SEED, BAD_FIELDS[what], [], CERTIFICATION)
    if not what.startswith("surrogate"):
        with pytest.raises(FormatError, match="malformed record"):
            check_fields(BAD_FIELDS[what])


def test_errors_hold_no_values() -> None:
    for bad in ([("code", "Quermeleuc\ud800")], [("code", "Quermeleuc"), ("code", "x")]):
        with pytest.raises(FormatError) as caught:
            commit(SEED, bad, CERTIFICATION)
        assert "Quermeleuc" not in str(caught.value)


def test_limits_of_values() -> None:
    check_fields([("_", 2**53 - 1), ("_sd.", -(2**53) + 1), ("_sdx", ""), ("a.b_C9", [{}])])
    fields: list[Field] = [
        ("type", 2**53 - 1),
        ("code", -(2**53) + 1),
        ("scoring", ""),
        ("verbatim", [{"_": None}, {}]),
    ]
    assert commit(SEED, fields, CERTIFICATION) == naive_commitment(SEED, fields)


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_seed_has_32_bytes(size: int) -> None:
    with pytest.raises(FormatError, match="seed of 32 bytes"):
        commit(bytes(size), FIELDS, CERTIFICATION)
    with pytest.raises(FormatError, match="seed of 32 bytes"):
        disclose(bytes(size), FIELDS, [], CERTIFICATION)


SALT: Final = encode_base64url(bytes(SALT_SIZE))
BAD_DISCLOSURES: Final = {
    "empty": b"",
    "no array": b"{}",
    "two": spell([SALT, "FR"]),
    "four": spell([SALT, "code", 1, 1]),
    "white space": b'["' + SALT.encode() + b'", "code", 1]',
    "escape": b'["' + SALT.encode() + b'","c\\u006fde",1]',
    "float": b'["' + SALT.encode() + b'","code",1.0]',
    "minus zero": b'["' + SALT.encode() + b'","code",-0]',
    "exponent": b'["' + SALT.encode() + b'","code",1e2]',
    "surrogate": b'["' + SALT.encode() + b'","code","\\ud800"]',
    "no UTF-8": b'["' + SALT.encode() + b'","code","\xff"]',
    "member twice": b'["' + SALT.encode() + b'","code",[{"a":1,"a":1}]]',
    "name": spell([SALT, "_sd", 1]),
    "value": spell([SALT, "code", ["a"]]),
    "large": spell([SALT, "code", 2**53]),
    "salt no string": spell([1, "code", 1]),
    "salt shorter": spell([encode_base64url(bytes(16)), "code", 1]),
    "salt longer": spell([encode_base64url(bytes(19)), "code", 1]),
    "salt padded": spell([SALT[:-1] + "=", "code", 1]),
    "deep": b"[" * 50_000,
}


def test_a_disclosure_by_hand() -> None:
    parsed = parse_disclosure(encode_base64url(spell([SALT, "code", 1])))
    assert (parsed.salt, parsed.name, parsed.value) == (bytes(SALT_SIZE), "code", 1)


@pytest.mark.parametrize("what", BAD_DISCLOSURES)
def test_what_is_no_disclosure(what: str) -> None:
    with pytest.raises(FormatError):
        parse_disclosure(encode_base64url(BAD_DISCLOSURES[what]))


def test_disclosures_have_one_base64_spelling() -> None:
    text = encode_base64url(spell([SALT, "code", 12]))
    for bad in (text + "=", text + "\n", text[:-1], text + "A", " " + text, text + "é"):
        with pytest.raises(FormatError):
            parse_disclosure(bad)


GOOD: Final = encode_base64url(spell([SALT, "a", 1]))
ODD_TEXTS: Final = [
    *(encode_base64url(bad) for bad in BAD_DISCLOSURES.values()),
    *("", "=", "+", "/", "\n", "A", "AA", "é", "\ud800", GOOD + "=", GOOD + "\n", GOOD[:-1]),
    *(GOOD.replace("W", "+", 1), GOOD.replace("W", "/", 1), f"{GOOD}\n{GOOD}", GOOD + GOOD),
    encode_base64url(spell([SALT, "a", 1]) + b"\n"),
    encode_base64url(b"\n" + spell([SALT, "a", 1])),
    encode_base64url(spell([SALT, "a", 1]) + b"\n" + spell([SALT, "b", 1])),
    encode_base64url(spell([SALT, "a", 1]) + spell([SALT, "b", 1])),
    encode_base64url(spell(["é" * 12, "a", 1])),
    encode_base64url(spell(["+" * 24, "a", 1])),
    encode_base64url(spell([SALT + SALT, "a", 1])),
]


@pytest.mark.parametrize("odd", ODD_TEXTS)
def test_many_disclosures_are_held_to_the_rules_of_one(odd: str) -> None:
    """Read together, one that is malformed spoils them all, wherever it is."""
    record = disclose(SEED, FIELDS, NAMES, CERTIFICATION)
    with pytest.raises(FormatError):
        parse_disclosure(odd)
    for place in (0, 3, 41, 62):
        changed = [*record]
        changed[place] = odd
        with pytest.raises(FormatError):
            read_record(changed, CERTIFICATION)


CODE: Final = NAIVE_SLOTS["code"]
RECORD: Final = disclose(SEED, FIELDS, ["type", "code"], CERTIFICATION)


def changed(**slots: str) -> list[str]:
    record = [*RECORD]
    for slot, text in slots.items():
        record[int(slot.removeprefix("s"))] = text
    return record


@pytest.mark.parametrize(
    "bad",
    ["A" * 42 + "B", "A" * 42 + "+", "A" * 42 + "/", "A" * 42 + "=", "\n" * 43, "é" * 43],
)
def test_a_digest_has_one_spelling(bad: str) -> None:
    read_record(changed(s50="A" * 43), CERTIFICATION)
    for place in (0, 50, 63):
        with pytest.raises(FormatError):
            read_record(changed(**{f"s{place}": bad}), CERTIFICATION)


def test_what_does_not_recompute() -> None:
    own = commit(SEED, FIELDS, CERTIFICATION)
    digests = [encode_base64url(digest) for digest in naive_slots(SEED, FIELDS)]
    assert read_record(digests, CERTIFICATION).commitment == own
    for number in (0, 8, 63, 65):
        with pytest.raises(CommitmentError, match="slots"):
            read_record((digests * 2)[:number], CERTIFICATION)
    others = [
        [*digests[1:], digests[0]],
        [digests[1], digests[0], *digests[2:]],
        ["A" * 43, *digests[1:]],
    ]
    for other in others:
        assert read_record(other, CERTIFICATION).commitment != own


def spelled(name: str, value: object) -> str:
    return encode_base64url(spell([SALT, name, value]))


def test_a_known_name_is_in_its_own_slot_only() -> None:
    code = RECORD[CODE]
    for slot in (3, 5, 43, 61, 62, 63):
        record = changed(s4="A" * 43, **{f"s{slot}": code})
        with pytest.raises(CommitmentError, match=f"slot {slot} "):
            read_record(record, CERTIFICATION)


def test_an_unknown_name_may_be_anywhere_but_where_the_table_is_closed() -> None:
    """A later schema has one more alternative of a choice; old readers read on."""
    other = spelled("identificationTitulaire.passeport.numero", "12AB")
    for slot in (0, 28, 43, 61):
        read = read_record(changed(**{f"s{slot}": other}), CERTIFICATION)
        assert read.unknown == ("identificationTitulaire.passeport.numero",)
        assert [name for name, _ in read.fields] == ["type", "code"]
    for slot in (62, 63):
        with pytest.raises(CommitmentError):
            read_record(changed(**{f"s{slot}": other}), CERTIFICATION)
    small = [*naive_record(SEED, [("reason", "FRAUD")], ["reason"], 8)]
    for slot, held in ((1, True), (6, True), (7, False)):
        record = [*small]
        record[slot] = other
        if held:
            assert read_record(record, WITHDRAWAL).unknown
        else:
            with pytest.raises(CommitmentError):
                read_record(record, WITHDRAWAL)


def test_one_name_is_disclosed_once() -> None:
    """Two values under one name would let the reader pick."""
    with pytest.raises(CommitmentError):
        read_record(changed(s5=spelled("code", "RNCP1")), CERTIFICATION)
    twice = changed(s44=spelled("colour", "red"), s45=spelled("colour", "blue"))
    with pytest.raises(CommitmentError, match="twice"):
        read_record(twice, CERTIFICATION)


def test_another_value_gives_another_commitment() -> None:
    salt, name, _ = json_of(RECORD[CODE])
    forged = changed(s4=encode_base64url(spell([salt, name, "RNCP1"])))
    assert naive_digest(forged[CODE]) != naive_digest(RECORD[CODE])
    own = commit(SEED, FIELDS, CERTIFICATION)
    assert read_record(forged, CERTIFICATION).commitment != own
    assert read_record(RECORD, CERTIFICATION).commitment == own


def test_naive_disclosures_are_those_of_the_text() -> None:
    assert naive_disclosures(SEED, [("code", "RNCP34762")])[CODE] == RECORD[CODE]
