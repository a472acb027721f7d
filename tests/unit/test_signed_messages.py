"""What cosignatures sign, byte by byte; and checkpoints and encodings that are refused."""

from __future__ import annotations

import struct
from typing import Any, Final

import pytest

from notes import CHECKPOINT, ORIGIN, TEXT, TIME_S, cosigner, mldsa_signer
from provenance.encoding import (
    TEXT_SIZE_MAX,
    decode_base64,
    decode_base64url,
    decode_fixed,
    decode_json,
    decode_text,
    encode_base64,
    encode_base64url,
    encode_json,
    parse_decimal,
)
from provenance.errors import FormatError, SignatureError
from provenance.tlog.checkpoint import Checkpoint, parse_checkpoint
from provenance.tlog.cosignature import (
    TIME_MAX,
    checkpoint_message,
    cosignature_message,
    subtree_message,
)

ROOT: Final = bytes(range(32))
WITNESS: Final = "witness.example/w"


# Messages (C2SP tlog-cosignature).


def test_the_message_of_an_ed25519_cosignature() -> None:
    assert (
        cosignature_message(TEXT, 1679315147)
        == f"cosignature/v1\ntime 1679315147\n{TEXT}".encode()
    )


def subtree(**members: Any) -> bytes:
    given = {"cosigner": WITNESS, "time_s": 0, "origin": ORIGIN, "start": 8, "end": 12}
    return subtree_message(**{**given, "subtree_root": ROOT, **members})


def test_the_message_of_an_mldsa_signature() -> None:
    name, origin = WITNESS.encode(), ORIGIN.encode()
    expected = (
        b"subtree/v1\n\0"
        + bytes([len(name)]) + name
        + struct.pack(">Q", 0)
        + bytes([len(origin)]) + origin
        + struct.pack(">QQ", 8, 12)
        + ROOT
    )  # fmt: skip
    assert subtree() == expected


def test_a_checkpoint_is_the_subtree_from_0() -> None:
    assert checkpoint_message(TEXT, cosigner=WITNESS, time_s=TIME_S) == subtree(
        time_s=TIME_S, start=0, end=CHECKPOINT.size, subtree_root=CHECKPOINT.root
    )
    extended = f"{TEXT}an extension\n"
    assert checkpoint_message(extended, cosigner=WITNESS, time_s=1) == checkpoint_message(
        TEXT, cosigner=WITNESS, time_s=1
    )


@pytest.mark.parametrize(
    "members",
    [
        {"start": 1, "end": 3},
        {"start": 8, "end": 8},
        {"start": 8, "end": 17},
        {"start": 12, "end": 8},
        {"start": -8, "end": 0},
        {"subtree_root": ROOT[:-1]},
        {"subtree_root": ROOT + b"\0"},
        {"time_s": 1},
        {"start": 0, "time_s": -1},
        {"start": 0, "time_s": TIME_MAX + 1},
        {"cosigner": ""},
        {"origin": ""},
        {"cosigner": "x" * 256},
        {"origin": "é" * 128},
        {"origin": "\ud800"},
    ],
)
def test_what_no_subtree_signature_states(members: dict[str, Any]) -> None:
    with pytest.raises(FormatError):
        subtree(**members)


def test_the_longest_names_and_times() -> None:
    assert subtree(cosigner="x" * 255, origin="é" * 127)
    assert subtree(start=0, time_s=TIME_MAX)
    assert subtree(start=0, end=0)


@pytest.mark.parametrize("time_s", [-1, TIME_MAX + 1])
def test_times_that_no_cosignature_states(time_s: int) -> None:
    with pytest.raises(FormatError, match="seconds"):
        cosignature_message(TEXT, time_s)


@pytest.mark.parametrize("text", ["", "x\n", TEXT.removesuffix("\n"), f"{TEXT}\n"])
def test_only_checkpoints_are_cosigned(text: str) -> None:
    for message in (
        cosignature_message,
        lambda t, s: checkpoint_message(t, cosigner="w", time_s=s),
    ):
        with pytest.raises(FormatError):
            message(text, 1)


@pytest.mark.parametrize("signer", [cosigner(WITNESS), mldsa_signer()])
def test_a_signature_belongs_to_its_time_and_text(signer: Any) -> None:
    key, signature = signer.verifier_key, signer.sign(TEXT)
    assert key.verify(TEXT, signature) == TIME_S
    other = (TIME_S + 1).to_bytes(8, "big") + signature[8:]
    beyond = b"\xff" + signature[1:]
    for text, data in (
        (TEXT, other),
        (TEXT, beyond),
        (TEXT, signature[:-1]),
        (TEXT, signature[8:]),
        (TEXT.replace("13", "14"), signature),
        ("no checkpoint\n", signature),
    ):
        with pytest.raises(SignatureError):
            key.verify(text, data)


# Checkpoints (C2SP tlog-checkpoint).


def test_a_checkpoint_is_read_as_it_was_written() -> None:
    for one in (
        CHECKPOINT,
        Checkpoint("o", 0, ROOT),
        Checkpoint("o", 2**64 - 1, ROOT, ("a", "b")),
    ):
        assert parse_checkpoint(one.text) == parse_checkpoint(one.text.encode()) == one


HASH: Final = encode_base64(ROOT)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "o\n1\n",
        f"o\n1\n{HASH}",
        f"\n1\n{HASH}\n",
        f"o\n01\n{HASH}\n",
        f"o\n+1\n{HASH}\n",
        f"o\n-1\n{HASH}\n",
        f"o\n1_0\n{HASH}\n",
        f"o\n\u0663\n{HASH}\n",
        f"o\n{2**64}\n{HASH}\n",
        f"o\n\n{HASH}\n",
        f"o\n1\n{HASH[:-1]}\n",
        f"o\n1\n{encode_base64(ROOT[:-1])}\n",
        f"o\n1\n{HASH[:-2]}{chr(ord(HASH[-2]) + 1)}=\n",
        f"o\n1\n{HASH}\n\n",
        f"o\n1\n{HASH}\na\n\n",
        f"o\r\n1\r\n{HASH}\r\n",
        f"o\t\n1\n{HASH}\n",
    ],
)
def test_what_is_no_checkpoint(text: str) -> None:
    with pytest.raises(FormatError, match="malformed"):
        parse_checkpoint(text)


# Encodings.


@pytest.mark.parametrize(
    "text", ["A", "AA", "AA=", "AAA", "AB==", "AA==\n", "A A=", "AA__", "é"]
)
def test_base64_has_one_spelling(text: str) -> None:
    with pytest.raises(FormatError, match="base64"):
        decode_base64(text)


@pytest.mark.parametrize("text", ["A", "AA==", "AB", "A+", "AA/A", "AA\n", "AAA=", "é"])
def test_base64url_has_one_spelling(text: str) -> None:
    with pytest.raises(FormatError, match="base64"):
        decode_base64url(text)


@pytest.mark.parametrize("size", range(8))
def test_base64_round_trips(size: int) -> None:
    data = bytes(range(250, 250 + min(size, 6))) + b"\xff" * max(0, size - 6)
    assert decode_base64(encode_base64(data)) == data
    assert decode_base64url(encode_base64url(data)) == data
    assert decode_fixed(encode_base64(data), size) == data
    with pytest.raises(FormatError, match=f"expected {size + 1} bytes of base64, got {size}"):
        decode_fixed(encode_base64(data), size + 1)


@pytest.mark.parametrize(
    "text",
    ["", "+1", "-1", "01", "1_0", " 1", "1 ", "1.0", "\u0663", "²", "9" * 21, str(2**64)],
)
def test_decimals_have_one_spelling(text: str) -> None:
    with pytest.raises(FormatError, match="malformed decimal"):
        parse_decimal(text)


def test_decimals() -> None:
    for number in (0, 1, 10, 2**64 - 1):
        assert parse_decimal(str(number)) == number


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"\xff", "not UTF-8"),
        ("\ud800", "not UTF-8"),
        ("a\tb", "control characters"),
        ("a\0b", "control characters"),
        ("a\r\n", "control characters"),
        ("a" * (TEXT_SIZE_MAX + 1), "too long"),
        (b"a" * (TEXT_SIZE_MAX + 1), "too long"),
    ],
)
def test_texts_that_are_refused(text: str | bytes, message: str) -> None:
    with pytest.raises(FormatError, match=f"malformed thing: {message}"):
        decode_text(text, "thing")


def test_texts_that_are_taken() -> None:
    for text in ("", "a\nb\n", "é\u2028\x7f", "a" * TEXT_SIZE_MAX):
        assert decode_text(text, "thing") == text


JSON: Final = dict[str, list[int]]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}x",
        b" {}",
        b'{"a":[1] }',
        b'{"a":[1],"a":[1]}',
        b'{"a":[1.0]}',
        b'{"a":[1e0]}',
        b'{"a":[-0]}',
        b'{"\\u0061":[1]}',
        b'{"a":["1"]}',
        b'{"a":1}',
        b'{"a":[',
        b"\xff",
        b'{"\\ud800":[1]}',
        b"[" * 100_000,
    ],
)
def test_json_has_one_spelling(data: bytes) -> None:
    with pytest.raises(FormatError, match="malformed thing"):
        decode_json(data, JSON, "thing")


def test_json_round_trips() -> None:
    assert decode_json(b'{"b":[1],"a":[]}', JSON, "thing") == {"b": [1], "a": []}


@pytest.mark.parametrize("value", ["\ud800", object(), {1, 2, object()}])
def test_values_that_json_cannot_say(value: object) -> None:
    with pytest.raises(FormatError, match="no JSON form"):
        encode_json([value])


def test_the_place_of_a_fault_is_told_and_never_a_value() -> None:
    with pytest.raises(FormatError, match=r"^malformed thing at \$\[\.\.\.\]\[1\]$"):
        decode_json(b'{"a":[1,"secret"]}', JSON, "thing")
