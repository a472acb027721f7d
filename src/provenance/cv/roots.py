"""The seal-roots file: whose seals, time stamps, summaries and JSON CVs a verifier trusts.

The verifier gets this text by another way than the documents, as it gets the policy::

    # the operator's seals for PDF files, and whose time stamps are believed: those of seals,
    # and those of the checkpoints in proofs
    seal
    -----BEGIN CERTIFICATE-----
    MIIBkTCCATigAwIBAgIUQ…
    -----END CERTIFICATE-----
    tsa
    -----BEGIN CERTIFICATE-----
    MIIBlDCCATqgAwIBAgIUZ…
    -----END CERTIFICATE-----
    summary log.example/certifications/summary+1c2d3e4f+AZ…
    issuer did:key:z6Mk…

The rule: lines end in a newline; empty lines and lines that begin with ``#`` are passed over,
but not within a certificate. The line after ``seal`` and ``tsa`` begins one certificate (RFC
7468 section 5.1, base64 in lines of 64 characters, the strict form of section 3): a root,
or the very certificate of a signer; everybody is believed whom it certifies, so the root of a
public authority has no place here. A summary key is of type 0x01 (Ed25519) and its
name ends in ``/summary``. A did:key holds an Ed25519 key. Nothing stands there twice. An empty
text is a valid one, and trusts nobody. Sources: C2SP signed-note (vkey); the did:key
method, W3C CCG, with the multicodec 0xed01 and base58btc.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from msgspec import Struct

from provenance.cv.base58 import decode_base58, encode_base58
from provenance.encoding import decode_base64, decode_text, encode_base64
from provenance.errors import FormatError
from provenance.pki.chain import load_certificate
from provenance.tlog.note import ED25519, VerifierKey, make_verifier_key, parse_verifier_key

if TYPE_CHECKING:
    from collections.abc import Iterator

T = TypeVar("T")

SUMMARY_SUFFIX: Final = "/summary"
DID_KEY_PREFIX: Final = "did:key:z"
"""``z`` says that base58btc follows."""
_BEGIN: Final = "-----BEGIN CERTIFICATE-----"
_END: Final = "-----END CERTIFICATE-----"
_LINE_SIZE: Final = 64
_MULTICODEC: Final = b"\xed\x01"
_KEY_SIZE: Final = 32
_DID_KEY_SIZE: Final = 56
"""Characters: every Ed25519 key with its multicodec has 47 digits of base58."""


class SealRoots(Struct, frozen=True):
    """Who is trusted: certificates in DER, keys of summaries, did:keys of issuers."""

    seals: tuple[bytes, ...] = ()
    tsas: tuple[bytes, ...] = ()
    summaries: tuple[VerifierKey, ...] = ()
    issuers: tuple[str, ...] = ()


def parse_seal_roots(text: str | bytes) -> SealRoots:
    """Parse a seal-roots file; raises `FormatError`, which names the line."""
    body = decode_text(text, "seal roots")
    if body and not body.endswith("\n"):
        raise FormatError("malformed seal roots: the last line does not end in a newline")
    found: dict[str, list[object]] = {"seal": [], "tsa": [], "summary": [], "issuer": []}
    lines = enumerate(body.split("\n")[:-1], start=1)
    for number, line in lines:
        if not line or line.startswith("#"):
            continue
        word, value = _parse_line(number, line, lines)
        if value in found[word]:
            raise FormatError(f"malformed seal roots: line {number} stands there twice")
        found[word].append(value)
    return SealRoots(
        seals=_all_of(found["seal"], bytes),
        tsas=_all_of(found["tsa"], bytes),
        summaries=_all_of(found["summary"], VerifierKey),
        issuers=_all_of(found["issuer"], str),
    )


def _all_of(values: list[object], kind: type[T]) -> tuple[T, ...]:
    return tuple(value for value in values if isinstance(value, kind))


def _parse_line(
    number: int, line: str, lines: Iterator[tuple[int, str]]
) -> tuple[str, bytes | VerifierKey | str]:
    word, _, rest = line.partition(" ")
    try:
        if line in {"seal", "tsa"}:
            return word, _parse_certificate(lines)
        if word == "summary":
            return word, _parse_summary_key(rest)
        if word == "issuer":
            parse_did_key(rest)
            return word, rest
    except FormatError as error:
        raise FormatError(f"malformed seal roots: line {number}: {error}") from error
    raise FormatError(
        f"malformed seal roots: line {number} is none of seal, tsa, summary <vkey>, "
        "issuer <did:key>"
    )


def _parse_certificate(lines: Iterator[tuple[int, str]]) -> bytes:
    if next(lines, (0, ""))[1] != _BEGIN:
        raise FormatError("no certificate follows")
    body = []
    for _, line in lines:
        if line == _END:
            break
        body.append(line)
    else:
        raise FormatError("the certificate has no end")
    data = decode_base64("".join(body))
    if body != _wrap(data):
        raise FormatError("the certificate is not in lines of 64 characters")
    try:
        load_certificate(data)
    except FormatError as error:
        raise FormatError(f"that is no X.509 certificate: {error}") from error
    return data


def _wrap(data: bytes) -> list[str]:
    text = encode_base64(data)
    return [text[at : at + _LINE_SIZE] for at in range(0, len(text), _LINE_SIZE)]


def format_certificate(der: bytes) -> str:
    """Return a certificate as a seal-roots file holds it, with the last newline."""
    return "\n".join([_BEGIN, *_wrap(der), _END, ""])


def _parse_summary_key(vkey: str) -> VerifierKey:
    key = parse_verifier_key(vkey)
    if key.kind != ED25519 or not key.name.removesuffix(SUMMARY_SUFFIX):
        raise FormatError("a summary key is an Ed25519 key (0x01)")
    if not key.name.endswith(SUMMARY_SUFFIX):
        raise FormatError(f"the name of a summary key ends in {SUMMARY_SUFFIX}")
    return key


def parse_did_key(did: str) -> bytes:
    """Return the 32 bytes of the Ed25519 key in a did:key; raises `FormatError`."""
    malformed = "malformed did:key, or not of an Ed25519 key"
    if len(did) != _DID_KEY_SIZE or not did.startswith(DID_KEY_PREFIX):
        raise FormatError(malformed)
    try:
        data = decode_base58(did.removeprefix(DID_KEY_PREFIX))
    except FormatError as error:
        raise FormatError(malformed) from error
    public = data.removeprefix(_MULTICODEC)
    if len(public) != _KEY_SIZE or format_did_key(public) != did:
        raise FormatError(malformed)
    return public


def format_did_key(public: bytes) -> str:
    """Write an Ed25519 public key (32 bytes) as a did:key.

    Raises `FormatError` for a key of another size, not canonical, or of small order.
    """
    make_verifier_key("key", ED25519, public)
    return DID_KEY_PREFIX + encode_base58(_MULTICODEC + public)
