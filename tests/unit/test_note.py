from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode
from typing import Final

import pytest

from notes import ORIGIN, SIGNED, TEXT, TIME_S, cosigner, ed25519_signer, mldsa_signer
from provenance.encoding import TEXT_SIZE_MAX
from provenance.errors import FormatError, SignatureError
from provenance.tlog.note import (
    SIGNATURE_LINES_MAX,
    NoteSigner,
    SignatureLine,
    VerifiedSignature,
    VerifierKey,
    make_verifier_key,
    open_note,
    sign_note,
    split_note,
)

SIGNER: Final = ed25519_signer("alice.example")
KEY: Final = SIGNER.verifier_key
OTHER: Final = ed25519_signer("bob.example", "bob")
NOTE: Final = sign_note("first\nsecond\n", [SIGNER])
LINE: Final = NOTE.removeprefix("first\nsecond\n\n")
BASE64URL: Final = urlsafe_b64encode(bytes(4) + b">>>???").decode()
DATA: Final = b64encode(bytes(4) + b"signature").decode()


def line_of(signer: NoteSigner, text: str) -> str:
    key = signer.verifier_key
    return str(SignatureLine(key.name, key.key_id, signer.sign(text)))


def flip(note: str) -> str:
    """Change the last but one base64 digit group of the last line, keeping it base64."""
    at = len(note) - 10
    return note[:at] + ("A" if note[at] != "A" else "B") + note[at + 1 :]


# Splitting.


def test_split() -> None:
    text, (line,) = split_note(NOTE)
    assert text == "first\nsecond\n"
    assert line == SignatureLine(KEY.name, KEY.key_id, SIGNER.sign(text))
    assert str(line) == LINE
    assert LINE.startswith("\u2014 alice.example ")


def test_bytes_and_text_are_split_alike() -> None:
    assert split_note(NOTE.encode()) == split_note(NOTE)


@pytest.mark.parametrize(
    "text", ["a\n", "\n", "\n\n", "a\n\nb\n", "a\n\n\n", "\n\n\na\n", "é\n"]
)
def test_split_at_the_last_empty_line(text: str) -> None:
    note = sign_note(text, [SIGNER])
    assert note == f"{text}\n{line_of(SIGNER, text)}"
    assert split_note(note)[0] == open_note(note, [KEY]).text == text


def test_a_text_can_look_like_a_note() -> None:
    inner = sign_note("a\n", [OTHER])
    opened = open_note(sign_note(inner, [SIGNER]), [KEY, OTHER.verifier_key])
    assert opened.text == inner
    assert [one.key for one in opened.signatures] == [KEY]


MALFORMED: Final = {
    "empty": "",
    "no empty line": f"text\n{LINE}",
    "no text": f"\n{LINE}",
    "no signature": "text\n\n",
    "text alone": "text\n",
    "an empty line at the end": f"text\n\n{LINE}\n",
    "no newline at the end": f"text\n\n{LINE}".removesuffix("\n"),
    "hyphen for the dash": f"text\n\n- alice.example {DATA}\n",
    "en dash": f"text\n\n\u2013 alice.example {DATA}\n",
    "no space behind the dash": f"text\n\n\u2014alice.example {DATA}\n",
    "two spaces behind the dash": f"text\n\n\u2014  alice.example {DATA}\n",
    "two spaces behind the name": f"text\n\n\u2014 alice.example  {DATA}\n",
    "no-break space": f"text\n\n\u2014 alice.example\u00a0{DATA}\n",
    "no-break space in the name": f"text\n\n\u2014 alice\u00a0example {DATA}\n",
    "ideographic space in the name": f"text\n\n\u2014 alice\u3000example {DATA}\n",
    "space at the end": f"text\n\n\u2014 alice.example {DATA} \n",
    "space in front": f"text\n\n \u2014 alice.example {DATA}\n",
    "no name": f"text\n\n\u2014  {DATA}\n",
    "plus in the name": f"text\n\n\u2014 alice+example {DATA}\n",
    "three words": f"text\n\n\u2014 alice example {DATA}\n",
    "no data": "text\n\n\u2014 alice.example \n",
    "no data, no space": "text\n\n\u2014 alice.example\n",
    "a key id and nothing more": "text\n\n\u2014 alice.example AAAAAA==\n",
    "half a key id": f"text\n\n\u2014 alice.example {b64encode(bytes(2)).decode()}\n",
    "base64 without padding": f"text\n\n\u2014 alice.example {DATA.rstrip('=')}\n",
    "base64 with too much padding": f"text\n\n\u2014 alice.example {DATA}=\n",
    "base64url": f"text\n\n\u2014 alice.example {BASE64URL}\n",
    "another spelling of the last bits": "text\n\n\u2014 alice.example AAAAAAB=\n",
    "a text line among the signatures": f"text\n\n{LINE}text\n{LINE}",
    "carriage returns": NOTE.replace("\n", "\r\n"),
    "a tab": f"te\txt\n\n{LINE}",
    "a zero byte": f"te\0xt\n\n{LINE}",
    "an escape": f"te\x1bxt\n\n{LINE}",
    "half a surrogate pair": f"te\ud800xt\n\n{LINE}",
}


@pytest.mark.parametrize("note", MALFORMED.values(), ids=MALFORMED)
def test_malformed(note: str) -> None:
    with pytest.raises(FormatError):
        split_note(note)
    with pytest.raises(FormatError):
        open_note(note, [KEY])


@pytest.mark.parametrize("bad", [b"\xff", b"\xed\xa0\x80", b"\xc0\x8a", b"\xe2\x80"])
def test_bytes_that_are_no_utf8(bad: bytes) -> None:
    with pytest.raises(FormatError, match=r"^malformed note: not UTF-8$"):
        split_note(b"text" + bad + b"\n\n" + LINE.encode())


def test_a_character_that_is_no_control_may_stand_in_a_text() -> None:
    text = "\x7f\x85\u2028\ufeff\n"
    assert open_note(sign_note(text, [SIGNER]), [KEY]).text == text


def test_too_long() -> None:
    text = "x" * (TEXT_SIZE_MAX - len(LINE) - 2) + "\n"
    assert len(split_note(f"{text}\n{LINE}")[0]) == len(text)
    with pytest.raises(FormatError, match=r"^malformed note: too long$"):
        split_note(f"x{text}\n{LINE}")


# The number of signatures.


@pytest.mark.parametrize("count", [1, 16, 17, SIGNATURE_LINES_MAX])
def test_so_many_signatures_are_taken(count: int) -> None:
    signers = [ed25519_signer(f"key.example/{number}", "shared") for number in range(count)]
    note = sign_note("text\n", signers)
    assert len(split_note(note)[1]) == count
    opened = open_note(note, [signer.verifier_key for signer in signers])
    assert len(opened.signatures) == count


def test_too_many_signatures() -> None:
    note = "text\n\n" + f"\u2014 key.example {DATA}\n" * (SIGNATURE_LINES_MAX + 1)
    with pytest.raises(FormatError, match="more than 100 signature lines"):
        split_note(note)


# Opening.


def test_open() -> None:
    opened = open_note(NOTE, [KEY])
    assert opened.text == "first\nsecond\n"
    assert opened.signatures == (VerifiedSignature(KEY, None),)


def test_unknown_signatures_are_passed_over() -> None:
    unknown = [
        line_of(OTHER, "first\nsecond\n"),
        f"\u2014 {KEY.name} {DATA}\n",  # the name of a known key with another id
        str(SignatureLine("carol.example", KEY.key_id, b"?")),  # and the other way round
        f"\u2014 {'n' * 300} {DATA}\n",
    ]
    for line in unknown:
        for note in (NOTE + line, NOTE.replace(LINE, line + LINE), NOTE + line + line):
            assert open_note(note, [KEY]) == open_note(NOTE, [KEY])


def test_signatures_are_given_in_the_order_of_the_note() -> None:
    text = "text\n"
    keys = [KEY, OTHER.verifier_key]
    for signers in ([SIGNER, OTHER], [OTHER, SIGNER]):
        opened = open_note(sign_note(text, signers), keys)
        assert [one.key for one in opened.signatures] == [one.verifier_key for one in signers]


def test_a_known_signature_that_fails_refuses_the_note() -> None:
    keys = [KEY, OTHER.verifier_key]
    for wrong in (flip(LINE), str(SignatureLine(KEY.name, KEY.key_id, b"short"))):
        good = line_of(OTHER, "first\nsecond\n")
        for lines in (wrong + good, good + wrong, wrong):
            note = f"first\nsecond\n\n{lines}"
            with pytest.raises(SignatureError, match=r"by alice\.example is wrong$"):
                open_note(note, keys)
    assert open_note(f"first\nsecond\n\n{wrong}{good}", keys[1:]).signatures


def test_a_changed_text_refuses_the_note() -> None:
    for changed in (NOTE.replace("first", "firts"), f"\n{NOTE}", NOTE.replace("d\n", "d \n")):
        with pytest.raises(SignatureError):
            open_note(changed, [KEY])


def test_a_signature_that_stands_twice_refuses_the_note() -> None:
    with pytest.raises(SignatureError, match=r"^two signatures by alice\.example$"):
        open_note(NOTE + LINE, [KEY])
    signer = mldsa_signer()
    twice = line_of(signer, TEXT) + line_of(signer, TEXT)
    with pytest.raises(SignatureError, match=r"^two signatures by log\.example/tests$"):
        open_note(f"{TEXT}\n{twice}", [signer.verifier_key])


def test_nobody_known_has_signed() -> None:
    for keys in ([], [OTHER.verifier_key], [make_verifier_key("x", KEY.kind, KEY.public)]):
        with pytest.raises(SignatureError, match=r"^no signature by a known key$"):
            open_note(NOTE, keys)


def test_a_key_may_be_given_twice_but_no_two_keys_of_one_id() -> None:
    assert open_note(NOTE, [KEY, KEY, OTHER.verifier_key]).signatures
    double = VerifierKey(KEY.name, KEY.key_id, KEY.kind, OTHER.verifier_key.public)
    for keys in ([KEY, double], [double, KEY]):
        with pytest.raises(SignatureError, match="two keys named"):
            open_note(NOTE, keys)


def test_one_key_under_two_types_is_two_keys() -> None:
    signers: list[NoteSigner] = [ed25519_signer(ORIGIN, "same"), cosigner(ORIGIN, "same")]
    keys = [signer.verifier_key for signer in signers]
    assert keys[0].public == keys[1].public
    assert keys[0].key_id != keys[1].key_id
    opened = open_note(sign_note(TEXT, signers), keys)
    assert [one.timestamp_s for one in opened.signatures] == [None, TIME_S]


def test_times_of_the_signatures() -> None:
    keys = [ed25519_signer().verifier_key, mldsa_signer().verifier_key]
    opened = open_note(SIGNED, keys)
    assert opened.signatures == (
        VerifiedSignature(keys[0], None),
        VerifiedSignature(keys[1], TIME_S),
    )


# Signing.


@pytest.mark.parametrize("text", ["", "text", "a\n\nb", "te\rxt\n", "te\ud800xt\n", "\0\n"])
def test_a_text_that_can_be_no_note_is_not_signed(text: str) -> None:
    class Refusing:
        verifier_key = KEY

        def sign(self, text: str) -> bytes:
            raise AssertionError(f"signed {len(text)} characters")

    with pytest.raises(FormatError):
        sign_note(text, [Refusing()])


def test_a_note_has_a_signature() -> None:
    with pytest.raises(FormatError):
        sign_note("text\n", [])


def test_no_more_signers_than_a_reader_takes() -> None:
    with pytest.raises(FormatError):
        sign_note("text\n", [SIGNER] * (SIGNATURE_LINES_MAX + 1))
