from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64decode
from typing import TYPE_CHECKING, Any, Final

import pytest

from naive_commitment import (
    naive_commitment,
    naive_decoys,
    naive_digest,
    naive_disclosures,
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
    recompute,
)
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


def test_our_disclosures_follow_rfc_9901() -> None:
    """Read as section 7.1 tells a verifier to: decode, three elements, digest of ASCII."""
    disclosed = disclose(SEED, FIELDS, NAMES)
    for text, (name, value) in zip(disclosed.disclosures, FIELDS, strict=True):
        salt, found_name, found_value = json_of(text)
        assert (found_name, found_value) == (name, value)
        assert len(salt) == 24
        assert len(decode_base64url(salt)) == SALT_SIZE
        parsed = parse_disclosure(text)
        assert (parsed.name, parsed.value) == (name, value)
        assert parsed.digest == hashlib.sha256(text.encode("ascii")).digest()


@pytest.mark.parametrize("count", [1, 2, 27, 31, 32, 33, 63, 64, 65])
def test_the_commitment_is_that_of_the_text(count: int) -> None:
    fields = [(f"field.{number}", number) for number in range(count)]
    assert commit(SEED, fields) == naive_commitment(SEED, fields)
    disclosed = disclose(SEED, fields, [name for name, _ in fields])
    assert list(disclosed.disclosures) == naive_disclosures(SEED, fields)
    assert list(disclosed.hidden) == sorted(naive_decoys(SEED, fields))
    assert len(disclosed.hidden) == -count % 32


def test_values_of_every_kind() -> None:
    assert commit(SEED, FIELDS) == naive_commitment(SEED, FIELDS)
    assert commit(SEED, list(FIELDS)) == commit(SEED, FIELDS)


def test_order_names_values_and_seed_all_count() -> None:
    changed = [
        commit(SEED, FIELDS),
        commit(bytes(SEED_SIZE), FIELDS),
        commit(SEED, FIELDS[::-1]),
        commit(SEED, FIELDS[1:]),
        commit(SEED, (("emetteur2", FIELDS[0][1]), *FIELDS[1:])),
        commit(SEED, (("emetteur", "0ABCDEFH"), *FIELDS[1:])),
    ]
    assert len(set(changed)) == len(changed)


def test_types_are_kept_apart() -> None:
    values: list[Any] = [True, False, None, 0, 1, "", "0", "1", "true", "null", [], [{}]]
    assert len({commit(SEED, [("f", value)]) for value in values}) == len(values)


@pytest.mark.parametrize(
    "names", [[], ["code"], ["scoring", "code"], NAMES[:-1], NAMES, NAMES[1:-1]]
)
def test_what_is_disclosed_recomputes(names: list[str]) -> None:
    disclosed = disclose(SEED, FIELDS, names)
    commitment, fields = recompute(disclosed.disclosures, disclosed.hidden)
    assert commitment == commit(SEED, FIELDS)
    assert fields == tuple(field for field in FIELDS if field[0] in names)
    assert len(disclosed.disclosures) + len(disclosed.hidden) == 32
    assert list(disclosed.hidden) == sorted(disclosed.hidden)


def test_order_of_what_is_shown_does_not_matter() -> None:
    disclosed = disclose(SEED, FIELDS, ["type", "code"])
    commitment, fields = recompute(disclosed.disclosures[::-1], disclosed.hidden[::-1])
    assert commitment == commit(SEED, FIELDS)
    assert [name for name, _ in fields] == ["code", "type"]


def test_source_goes_with_all_others_only() -> None:
    for names in (["source"], ["source", "code"], NAMES[1:]):
        with pytest.raises(PolicyError):
            disclose(SEED, FIELDS, names)
    assert len(disclose(SEED, FIELDS, NAMES).disclosures) == len(FIELDS)


def test_the_national_number_is_never_disclosed() -> None:
    fields = [(NIR, "1910729019001"), ("code", "RNCP34762"), ("source", fill("source"))]
    assert frozenset({NIR}) == NEVER_DISCLOSED
    for names in ([NIR], [NIR, "code"], [NIR, "code", "source"], ["code", "source"]):
        with pytest.raises(PolicyError):
            disclose(SEED, fields, names)
    assert len(disclose(SEED, fields, ["code"]).disclosures) == 1


def test_a_field_that_is_not_there_is_not_disclosed() -> None:
    with pytest.raises(FormatError):
        disclose(SEED, FIELDS, ["code", "Code"])


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
        commit(SEED, BAD_FIELDS[what])
    with pytest.raises(FormatError, match="malformed record"):
        disclose(SEED, BAD_FIELDS[what], [])
    if not what.startswith("surrogate"):
        with pytest.raises(FormatError, match="malformed record"):
            check_fields(BAD_FIELDS[what])


def test_errors_hold_no_values() -> None:
    for bad in ([("code", "Quermeleuc\ud800")], [("code", "Quermeleuc"), ("code", "x")]):
        with pytest.raises(FormatError) as caught:
            commit(SEED, bad)
        assert "Quermeleuc" not in str(caught.value)


def test_limits_of_values() -> None:
    fields: list[Field] = [
        ("_", 2**53 - 1),
        ("_sd.", -(2**53) + 1),
        ("_sdx", ""),
        ("a.b_C9", [{"_": None}, {}]),
    ]
    check_fields(fields)
    assert commit(SEED, fields) == naive_commitment(SEED, fields)


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_seed_has_32_bytes(size: int) -> None:
    with pytest.raises(FormatError, match="seed of 32 bytes"):
        commit(bytes(size), FIELDS)
    with pytest.raises(FormatError, match="seed of 32 bytes"):
        disclose(bytes(size), FIELDS, [])


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
    """Read together, one that is malformed spoils them all, wherever it stands."""
    disclosed = disclose(SEED, FIELDS, NAMES)
    with pytest.raises(FormatError):
        parse_disclosure(odd)
    for place in (0, 3, len(disclosed.disclosures)):
        texts = [*disclosed.disclosures]
        texts.insert(place, odd)
        with pytest.raises(FormatError):
            recompute(texts, disclosed.hidden)
        texts = [*disclosed.disclosures]
        texts[min(place, len(texts) - 1)] = odd
        with pytest.raises(FormatError):
            recompute(texts, disclosed.hidden)


def test_what_does_not_recompute() -> None:
    disclosed = disclose(SEED, FIELDS, ["type", "code"])
    shown, hidden = list(disclosed.disclosures), list(disclosed.hidden)
    refused: list[tuple[list[str], list[bytes]]] = [
        ([], []),
        (shown, hidden[1:]),
        (shown, [*hidden, bytes(32)]),
        (shown[1:], hidden),
        (shown, []),
        ([shown[0], shown[0]], hidden),
        (shown, [hidden[0], *hidden[:-1]]),
        (shown, [naive_digest(shown[0]), *hidden[1:]]),
        (shown, [hidden[0][:-1], *hidden[1:]]),
        (shown, [hidden[0] + b"x", *hidden[1:]]),
    ]
    for disclosures, digests in refused:
        with pytest.raises(CommitmentError):
            recompute(disclosures, digests)


def test_one_name_is_disclosed_once() -> None:
    """Two values under one name would let the reader pick."""
    other = encode_base64url(spell([SALT, "code", "RNCP1"]))
    disclosed = disclose(SEED, FIELDS, ["code"])
    with pytest.raises(CommitmentError, match="twice"):
        recompute([*disclosed.disclosures, other], disclosed.hidden[1:])


def test_another_value_gives_another_commitment() -> None:
    disclosed = disclose(SEED, FIELDS, ["code"])
    salt, name, _ = json_of(disclosed.disclosures[0])
    forged = encode_base64url(spell([salt, name, "RNCP1"]))
    assert recompute([forged], disclosed.hidden)[0] != commit(SEED, FIELDS)
