from __future__ import annotations

import json
import tracemalloc
from time import monotonic
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.cv.base58 import decode_base58, encode_base58
from provenance.cv.jcs import DEPTH_MAX, ITEMS_MAX, canonicalize, parse_json
from provenance.errors import FormatError

SIZE_MAX: Final = 17 * 1024 * 1024


def parse(data: bytes | str) -> Any:
    text = data if isinstance(data, bytes) else data.encode()
    return parse_json(text, size_max=SIZE_MAX, what="text")


# Canonical form.


def test_members_are_sorted_by_their_utf_16_code_units() -> None:
    # The example of RFC 8785 section 3.2.3: in code points, the smiley would be last.
    value = parse(
        r'{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With '
        r'Dagesh","1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control",'
        r'"\u00f6":"Latin Small Letter O With Diaeresis"}'
    )
    names = [*json.loads(canonicalize(value))]
    assert names == ["\r", "1", "\x80", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


def test_strings_have_the_shortest_escapes() -> None:
    # The example of RFC 8785 section 3.2.2.2.
    value = parse(r'{"string":"\u20ac$\u000F\u000aA\u0027\u0042\u0022\u005c\\\"\/"}')
    assert canonicalize(value) == '{"string":"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'.encode()


def test_every_control_character_has_its_own_escape() -> None:
    text = "".join(map(chr, range(0x21))) + "\x7f\u2028"
    short = {"\b": r"\b", "\t": r"\t", "\n": r"\n", "\f": r"\f", "\r": r"\r"}
    expected = "".join(
        short.get(one, f"\\u{ord(one):04x}") if one < " " else one for one in text
    )
    assert canonicalize(text) == f'"{expected}"'.encode()


def test_white_space_and_order_do_not_matter() -> None:
    loose = '\n { "b" : [ 1 , true , null ] ,\t"a" : { } , "c":-7 }\r\n'
    assert canonicalize(parse(loose)) == b'{"a":{},"b":[1,true,null],"c":-7}'


VALUES: Final = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(VALUES)
def test_the_canonical_form_is_one_of_the_value_and_of_nothing_else(value: Any) -> None:
    data = canonicalize(value)
    assert parse(data) == value
    assert canonicalize(parse(data)) == data
    loose = json.dumps(value, indent=3).encode()
    assert canonicalize(parse(loose)) == data


@given(VALUES)
def test_the_canonical_form_is_that_of_a_plain_recursion(value: Any) -> None:
    assert canonicalize(value) == _plain(value).encode()


def _plain(value: Any) -> str:
    """Write the canonical form once more, straight from the text of RFC 8785."""
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: [*_units(name)])
        return "{" + ",".join(f"{_plain(name)}:{_plain(value[name])}" for name in names) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_plain, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _units(text: str) -> list[int]:
    data = text.encode("utf-16-be")
    return [data[at] << 8 | data[at + 1] for at in range(0, len(data), 2)]


@pytest.mark.parametrize("value", [1.5, 1e300, 2**53, -(2**53), "\ud800", {"\ud800": 1}, b"a"])
def test_what_has_no_canonical_form_is_refused(value: Any) -> None:
    for one in (value, [value], {"a": value}):
        with pytest.raises(FormatError):
            canonicalize(one)


def test_the_canonical_form_has_the_depth_that_is_read() -> None:
    value: Any = 1
    for _ in range(DEPTH_MAX):
        value = [value]
    assert parse(canonicalize(value)) == value
    with pytest.raises(FormatError):
        canonicalize([value])
    with pytest.raises(FormatError):
        parse(json.dumps([value]))


# Reading.


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "{",
        "[1,]",
        '{"a":1,}',
        "{'a':1}",
        "nul",
        "NaN",
        "-Infinity",
        "Infinity",
        '"a',
        '"\\',
        '"\\"',
        '"\\x"',
        '"\\u12"',
        '"\t"',
        "1 2",
        "{} {}",
        "01",
        "+1",
        "1.",
        ".5",
        "0x1",
        "1_000",
        "\u0663",
        "1.0",
        "1e3",
        "-0",
        "0.0",
        "9007199254740992",
        "-9007199254740992",
        "9" * 10_000,
        '"\\ud800"',
        '"\\udc00\\ud800"',
        '{"\\ud800":1}',
        '{"a":1,"a":1}',
        '[{"b":{"a":1,"\\u0061":2}}]',
        "\ufeff{}",
        "// a\n1",
    ],
)
def test_what_two_programs_may_read_differently_is_refused(text: str) -> None:
    with pytest.raises(FormatError, match=r"^malformed text: "):
        parse(text)


@pytest.mark.parametrize(
    "data",
    [b"\xff", b'"\xed\xa0\x80"', b'"\xc0\xaf"', "{}".encode("utf-16"), "{}".encode("utf-32")],
)
def test_other_encodings_are_refused(data: bytes) -> None:
    with pytest.raises(FormatError):
        parse(data)


def test_no_error_tells_a_value() -> None:
    for text in ('{"secret":1,"secret":2}', '["secret",1.5]', '"secret'):
        with pytest.raises(FormatError) as caught:
            parse(text)
        assert "secret" not in str(caught.value)


@pytest.mark.parametrize("value", [2**53 - 1, -(2**53) + 1, 0, True, None, "\U0010ffff\x00"])
def test_the_ends_of_what_is_allowed(value: Any) -> None:
    assert parse(json.dumps(value)) == value


HOSTILE: Final = {
    "lists in lists": b"[" * SIZE_MAX,
    "objects in objects": b'{"a":' * (SIZE_MAX // 5),
    "empty lists": b"[" + b"[]," * (SIZE_MAX // 3 - 1) + b"[]]",
    "quotes": b'"' * SIZE_MAX,
    "escaped quotes": b'"' + b'\\"' * (SIZE_MAX // 2 - 1),
    "backslashes": b'"' + b"\\" * (SIZE_MAX - 1),
    "one number": b"9" * SIZE_MAX,
    "a fraction": b"0." + b"1" * (SIZE_MAX - 2),
    "spaces": b" " * SIZE_MAX,
    "commas": b"," * SIZE_MAX,
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_hostile_texts_are_refused_in_bounded_time_and_memory(data: bytes) -> None:
    start = monotonic()
    tracemalloc.start()
    try:
        with pytest.raises(FormatError):
            parse(data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # Generous bounds: a quadratic reader would take hours, a boundless one gigabytes.
    assert monotonic() - start < 60
    assert peak < 8 * SIZE_MAX


def test_more_bytes_than_allowed_are_not_looked_at() -> None:
    with pytest.raises(FormatError, match="more than 3 bytes"):
        parse_json(b"1234", size_max=3, what="text")
    assert parse_json(b"123", size_max=3, what="text") == 123


def test_as_many_items_as_allowed_are_read() -> None:
    assert parse(b"[" + b"1," * (ITEMS_MAX - 3) + b"1]") == [1] * (ITEMS_MAX - 2)
    with pytest.raises(FormatError):
        parse(b"[" + b"1," * (ITEMS_MAX - 1) + b"1]")


def test_brackets_in_strings_are_no_structure() -> None:
    text = "[{" * 100 + '\\"' + ",,," * ITEMS_MAX
    assert parse(json.dumps([text])) == [text]


# Base58.


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", ""),
        (b"\0", "1"),
        (b"\0\0\1", "112"),
        (b"Hello World!", "2NEpo7TZRRrLZSi2U"),
        (bytes.fromhex("0000287fb4cd"), "11233QC4"),
    ],
)
def test_base58_vectors(data: bytes, text: str) -> None:
    # The test vectors of the multibase documents (draft-msporny-base58, section 5).
    assert encode_base58(data) == text
    assert decode_base58(text) == data


@given(st.binary(max_size=100))
def test_base58_has_one_spelling(data: bytes) -> None:
    assert decode_base58(encode_base58(data)) == data


@pytest.mark.parametrize("text", ["0", "O", "I", "l", " 2", "2\n", "é", "2" * 257])
def test_other_base58_is_refused(text: str) -> None:
    with pytest.raises(FormatError):
        decode_base58(text)
