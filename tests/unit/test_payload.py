from __future__ import annotations

import hashlib
import zlib
from typing import TYPE_CHECKING, Any, Final

import msgspec
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from provenance.errors import CommitmentError, FormatError
from provenance.record import payload as payload_module
from provenance.record.depositdigest import leading_of, source_digest, source_text
from provenance.record.dictionary import DICTIONARY, DICTIONARY_VERSION
from provenance.record.payload import (
    BODY_SIZE_MAX,
    DEFLATED,
    DEFLATED_BESIDE_PLACE,
    NONCE_SIZE,
    STORED,
    TAG_SIZE,
    CertificationPayload,
    DepositPayload,
    RecordPayload,
    place_part,
    seal_payload,
    unseal_payload,
)
from record_samples import FIELDS, NONCE, SEED, spell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.record.commitment import Field

COMMITMENT: Final = hashlib.sha256(b"commitment").digest()
SOURCE: Final = b"<cpf:passageCertification>Ma\xc3\xablle</cpf:passageCertification>"
BINDINGS: Final = (
    ("cpf", "urn:cdc:cpf:pc5:schema:1.0.0"),
    ("xsi", "http://www.w3.org/2001/XMLSchema-instance"),
)
SALT: Final = hashlib.sha256(b"salt 7").digest()
RECORD: Final[tuple[Field, ...]] = (
    *FIELDS[:-1],
    ("source", source_text(source_digest(BINDINGS, leading_of(dict(FIELDS)), SOURCE))),
)
CERTIFICATION: Final = CertificationPayload(
    bindings=BINDINGS, source=SOURCE, fields=RECORD, number=7, salt=SALT
)
DICTIONARY_SIZE: Final = 6_147
DICTIONARY_SHA256: Final = "88b038812ec62ed0b139ae28c03b2efd1f6abd6da918b7399cc0e4d2d9deacc9"
DEPOSIT: Final = DepositPayload(
    file_salt=bytes(range(32)),
    file_name="d\u00e9p\u00f4t.xml",
    media_type="application/xml",
    size=20,
    id_flux="flux-1",
    residue=b"<a></a><b/>",
    holes=(3, 12),
)


def key_of(seed: bytes) -> bytes:
    return hashlib.shake_256(b"provenance/payload/v1\n" + seed).digest(32)


def seal_by_hand(plaintext: bytes) -> bytes:
    return NONCE + AESGCM(key_of(SEED)).encrypt(NONCE, plaintext, COMMITMENT)


def open_by_hand(sealed: bytes) -> bytes:
    return AESGCM(key_of(SEED)).decrypt(sealed[:12], sealed[12:], COMMITMENT)


def deflate(body: bytes, dictionary: bytes = DICTIONARY) -> bytes:
    compressor = zlib.compressobj(wbits=-15, zdict=dictionary)
    return compressor.compress(body) + compressor.flush()


def inflate(data: bytes) -> bytes:
    return zlib.decompressobj(wbits=-15, zdict=DICTIONARY).decompress(data)


def join(parts: Sequence[bytes]) -> bytes:
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


PARTS: Final = (b"", b"one", bytes(range(256)), b"<cpf:idTechnique>" * 20)


def test_the_dictionary_never_changes() -> None:
    """What was recorded with version 1 cannot be read with another one."""
    assert DICTIONARY_VERSION == 1
    assert len(DICTIONARY) == DICTIONARY_SIZE
    assert hashlib.sha256(DICTIONARY).hexdigest() == DICTIONARY_SHA256


def test_the_dictionary_holds_every_name_in_both_forms() -> None:
    for name, _ in FIELDS[:-1]:
        assert f'"{name}":'.encode() in DICTIONARY
        assert f"<cpf:{name.rpartition('.')[2]}>".encode() in DICTIONARY or name in {
            "emetteur",
            "certificateur",
            "contrat",
        }


def test_a_compressed_payload_by_hand() -> None:
    sealed = seal_payload(SEED, NONCE, COMMITMENT, PARTS)
    assert sealed[:NONCE_SIZE] == NONCE
    plaintext = open_by_hand(sealed)
    assert plaintext[0] == DEFLATED
    assert inflate(plaintext[1:]) == join(PARTS)
    assert unseal_payload(SEED, sealed, COMMITMENT) == PARTS


def test_a_stored_payload_by_hand() -> None:
    noise = hashlib.shake_256(b"noise").digest(500)
    sealed = seal_payload(SEED, NONCE, COMMITMENT, [noise])
    assert open_by_hand(sealed) == bytes([STORED]) + join([noise])
    assert len(sealed) == NONCE_SIZE + 1 + 4 + len(noise) + TAG_SIZE
    assert unseal_payload(SEED, sealed, COMMITMENT) == (noise,)


def test_no_parts() -> None:
    sealed = seal_payload(SEED, NONCE, COMMITMENT, [])
    assert open_by_hand(sealed) == b"\x00"
    assert unseal_payload(SEED, sealed, COMMITMENT) == ()


def test_a_certification_takes_a_few_hundred_bytes() -> None:
    parts = CERTIFICATION.encode_parts()
    sealed = seal_payload(SEED, NONCE, COMMITMENT, parts)
    assert len(sealed) < len(join(parts)) / 2


@pytest.mark.parametrize("place", [0, 11, 12, 13, 40, -17, -16, -1])
def test_any_changed_byte_is_noticed(place: int) -> None:
    sealed = bytearray(seal_payload(SEED, NONCE, COMMITMENT, PARTS))
    sealed[place] ^= 1
    with pytest.raises(CommitmentError):
        unseal_payload(SEED, bytes(sealed), COMMITMENT)


def test_a_payload_belongs_to_one_seed_and_one_entry() -> None:
    sealed = seal_payload(SEED, NONCE, COMMITMENT, PARTS)
    for seed, associated_data, data in (
        (bytes(32), COMMITMENT, sealed),
        (SEED, bytes(32), sealed),
        (SEED, b"", sealed),
        (SEED, COMMITMENT, sealed[:-1]),
        (SEED, COMMITMENT, sealed + b"x"),
    ):
        with pytest.raises(CommitmentError, match="do not belong together"):
            unseal_payload(seed, data, associated_data)


@pytest.mark.parametrize("size", [0, 31, 33])
def test_sizes_of_seeds(size: int) -> None:
    with pytest.raises(FormatError, match="seed of 32"):
        seal_payload(bytes(size), NONCE, COMMITMENT, PARTS)
    with pytest.raises(FormatError, match="seed of 32"):
        unseal_payload(bytes(size), bytes(64), COMMITMENT)


@pytest.mark.parametrize("size", [0, 11, 13, 16])
def test_sizes_of_nonces(size: int) -> None:
    with pytest.raises(FormatError, match="nonce of 12"):
        seal_payload(SEED, bytes(size), COMMITMENT, PARTS)


@pytest.mark.parametrize("size", [0, 12, 28])
def test_too_short_to_be_a_payload(size: int) -> None:
    with pytest.raises(FormatError, match="too short"):
        unseal_payload(SEED, bytes(size), COMMITMENT)


STREAM: Final = deflate(join(PARTS))


@pytest.mark.parametrize(
    "plaintext",
    [
        b"\x02" + join(PARTS),
        b"\xff",
        b"\x00" + join(PARTS)[:-1],
        b"\x00" + join(PARTS) + b"\x00",
        b"\x00" + b"\x00\x00\x00",
        b"\x00" + b"\xff\xff\xff\xff" + bytes(8),
        b"\x01",
        b"\x01" + STREAM[:-1],
        b"\x01" + STREAM + b"\x00",
        b"\x01" + zlib.compress(join(PARTS)),
        b"\x02" + bytes(35),
        b"\x02" + bytes(36),
        b"\x02" + bytes(36) + STREAM[:-1],
        b"\x02" + bytes(36) + STREAM + b"\x00",
        b"\x03" + STREAM,
        b"\x01" + join(PARTS),
        b"\x01" + deflate(b"\x00\x00\x00\x05ab"),
    ],
)
def test_malformed_inside(plaintext: bytes) -> None:
    with pytest.raises(FormatError, match="malformed payload"):
        unseal_payload(SEED, seal_by_hand(plaintext), COMMITMENT)


def test_a_stream_that_refers_to_no_dictionary_opens_too() -> None:
    sealed = seal_by_hand(b"\x01" + deflate(join(PARTS), b""))
    assert unseal_payload(SEED, sealed, COMMITMENT) == PARTS


def test_the_place_of_a_passage_is_beside_the_stream() -> None:
    """It looks random, and would spoil the codes of the text."""
    parts = CERTIFICATION.encode_parts()
    plaintext = open_by_hand(seal_payload(SEED, NONCE, COMMITMENT, parts))
    assert plaintext[0] == DEFLATED_BESIDE_PLACE
    assert plaintext[1:37] == parts[3]
    assert inflate(plaintext[37:]) == join(parts[:3])
    noise = hashlib.shake_256(b"noise").digest(500)
    parts = (b"[]", noise, b"{}", parts[3])
    assert unseal_payload(SEED, seal_payload(SEED, NONCE, b"", parts), b"") == parts


def test_decompression_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    assert BODY_SIZE_MAX > 1 << 30
    body = join([bytes(1000)])
    sealed = seal_payload(SEED, NONCE, COMMITMENT, [bytes(1000)])
    monkeypatch.setattr(payload_module, "BODY_SIZE_MAX", len(body))
    assert unseal_payload(SEED, sealed, COMMITMENT) == (bytes(1000),)
    monkeypatch.setattr(payload_module, "BODY_SIZE_MAX", len(body) - 1)
    with pytest.raises(FormatError, match="too long"):
        unseal_payload(SEED, sealed, COMMITMENT)
    with pytest.raises(FormatError, match="more than"):
        seal_payload(SEED, NONCE, COMMITMENT, [bytes(1000)])


def test_parts_of_a_certification() -> None:
    bindings, source, fields, place = CERTIFICATION.encode_parts()
    assert bindings == spell(BINDINGS)
    assert source == SOURCE
    assert fields == spell(dict(RECORD[:-1]))
    assert place == b"\x00\x00\x00\x07" + SALT == place_part(7, SALT)
    parts = (bindings, source, fields, place)
    assert CertificationPayload.decode_parts(parts) == CERTIFICATION


@pytest.mark.parametrize(
    "fields", [(("reason", "FRAUD"),), (("basis", "OTHER"), ("case", "a"))]
)
def test_a_record_without_exact_bytes(fields: tuple[Field, ...]) -> None:
    payload = RecordPayload(fields)
    assert payload.encode_parts() == (b"[]", b"", spell(dict(fields)))
    assert RecordPayload.decode_parts(payload.encode_parts()) == payload


BAD_RECORDS: Final[dict[str, dict[str, Any]]] = {
    "empty": {"fields": ()},
    "no source": {"fields": RECORD[:-1]},
    "source not last": {"fields": (RECORD[-1], *RECORD[:-1])},
    "source of other bytes": {"source": b"x"},
    "source of no bytes": {"source": b""},
    "source under other bindings": {"bindings": ()},
    "another code around it": {
        "fields": tuple((n, "RNCP1" if n == "code" else v) for n, v in RECORD)
    },
    "no code around it": {"fields": tuple((n, v) for n, v in RECORD if n != "code")},
    "a code that is not text": {
        "fields": tuple((n, 1 if n == "code" else v) for n, v in RECORD)
    },
    "twice": {"fields": (RECORD[0], *RECORD)},
    "name": {"fields": (("_sd", 1), *RECORD)},
    "number 0": {"number": 0},
    "number too large": {"number": 1 << 32},
    "short salt": {"salt": SALT[1:]},
}


@pytest.mark.parametrize("what", BAD_RECORDS)
def test_fields_bytes_and_place_belong_together(what: str) -> None:
    good = msgspec.structs.asdict(CERTIFICATION)
    CertificationPayload(**good)
    with pytest.raises(FormatError):
        CertificationPayload(**(good | BAD_RECORDS[what]))


def test_a_record_of_nothing_is_refused() -> None:
    for fields in ((), (("reason", "FRAUD"), ("reason", "OTHER"))):
        with pytest.raises(FormatError):
            RecordPayload(fields)


GOOD_PARTS: Final = CERTIFICATION.encode_parts()


@pytest.mark.parametrize(
    ("place", "part"),
    [
        (0, b"{}"),
        (0, b'[["a"]]'),
        (0, b'[["a","b","c"]]'),
        (0, b'[["a",1]]'),
        (0, b"[ ]"),
        (2, b""),
        (2, b"{}"),
        (2, b'[["a",1]]'),
        (2, GOOD_PARTS[2].replace(b"{", b'{"code":"x",', 1)),
        (2, GOOD_PARTS[2].replace(b":", b": ", 1)),
        (2, GOOD_PARTS[2].replace(b"735", b"735.0", 1)),
        (2, GOOD_PARTS[2].replace(b'"contrat"', b'"con trat"')),
        (2, GOOD_PARTS[2].replace(b"735", b"9007199254740992", 1)),
        (2, GOOD_PARTS[2].replace(b"{", b'{"source":"x",', 1)),
        (2, GOOD_PARTS[2].replace(b"RNCP34762", b"\xff")),
        (3, b""),
        (3, bytes(36)),
        (3, GOOD_PARTS[3] + b"x"),
        (3, GOOD_PARTS[3][:-1]),
    ],
)
def test_malformed_parts_of_a_certification(place: int, part: bytes) -> None:
    parts = [*GOOD_PARTS]
    parts[place] = part
    with pytest.raises(FormatError):
        CertificationPayload.decode_parts(parts)


@pytest.mark.parametrize("count", [0, 3, 5])
def test_number_of_parts_of_a_certification(count: int) -> None:
    with pytest.raises(FormatError, match="4 parts"):
        CertificationPayload.decode_parts([*GOOD_PARTS, b""][:count])


@pytest.mark.parametrize(
    "parts",
    [
        (),
        (b"[]", b""),
        (b"[]", b"", b'{"reason":"FRAUD"}', b""),
        (b"", b"", b'{"reason":"FRAUD"}'),
        (b"[]", b"x", b'{"reason":"FRAUD"}'),
        (b"[]", b"", b"{}"),
        (b"[]", b"", b'{"reason": "FRAUD"}'),
    ],
)
def test_malformed_parts_of_a_reason(parts: tuple[bytes, ...]) -> None:
    with pytest.raises(FormatError):
        RecordPayload.decode_parts(parts)


def test_parts_of_a_deposit() -> None:
    parts = DEPOSIT.encode_parts()
    assert parts == (
        bytes(range(32)),
        '{"file_name":"dépôt.xml","media_type":"application/xml","size":20,'
        '"id_flux":"flux-1","holes":[3,12]}'.encode(),
        b"<a></a><b/>",
    )
    assert DepositPayload.decode_parts(parts) == DEPOSIT


def test_a_deposit_without_flux() -> None:
    payload = DepositPayload(
        file_salt=bytes(32),
        file_name="",
        media_type="application/json",
        size=2,
        id_flux=None,
        residue=b"{}",
        holes=(),
    )
    assert b'"id_flux":null,"holes":[]}' in payload.encode_parts()[1]
    assert DepositPayload.decode_parts(payload.encode_parts()) == payload
    assert b"".join(payload.rebuild([])) == b"{}"


HEAD: Final = DEPOSIT.encode_parts()[1]


@pytest.mark.parametrize(
    "parts",
    [
        (),
        (bytes(32), HEAD),
        (bytes(32), HEAD, b"", b""),
        (bytes(31), HEAD, b""),
        (bytes(32), HEAD, bytes(21)),
        (bytes(32), b"{}", b""),
        (bytes(32), HEAD + b" ", b""),
        (bytes(32), HEAD.replace(b"20", b"12"), b""),
        (bytes(32), HEAD.replace(b"20", b"-1"), b""),
        (bytes(32), HEAD.replace(b"20", b"20.0"), b""),
        (bytes(32), HEAD.replace(b"3,12", b"12,3"), b""),
        (bytes(32), HEAD.replace(b"3,12", b"3,3"), b""),
        (bytes(32), HEAD.replace(b"3,12", b"-3,12"), b""),
        (bytes(32), HEAD.replace(b"}", b',"more":1}'), b""),
    ],
)
def test_malformed_parts_of_a_deposit(parts: tuple[bytes, ...]) -> None:
    with pytest.raises(FormatError):
        DepositPayload.decode_parts(parts)


def test_the_file_is_rebuilt() -> None:
    passages = [b"<p1/>", b"<p2>"]
    assert b"".join(DEPOSIT.rebuild(passages)) == b"<a><p1/></a><p2><b/>"


@pytest.mark.parametrize(
    ("passages", "reason"),
    [
        ([], "2 passages, got 0"),
        ([b"<p1/>"], "got 1"),
        ([b"<p1/>", b"<p2>", b""], "got 3"),
        ([b"<p1/>", b"<p2/>"], "other sizes"),
        ([b"0123456789", b""], "overlap"),
    ],
)
def test_passages_that_are_not_those_of_the_file(passages: list[bytes], reason: str) -> None:
    changes: dict[str, Any] = {"size": 21} if reason == "overlap" else {}
    deposit = DepositPayload(
        file_salt=DEPOSIT.file_salt,
        file_name="",
        media_type="",
        size=changes.get("size", 20),
        id_flux=None,
        residue=DEPOSIT.residue,
        holes=DEPOSIT.holes,
    )
    with pytest.raises(FormatError, match=reason):
        list(deposit.rebuild(passages))
