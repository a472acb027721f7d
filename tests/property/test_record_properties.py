"""Whatever is recorded can be read again; whatever else is handed in is refused as such."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from naive_commitment import NAIVE_SLOTS, naive_commitment, naive_record
from provenance.encoding import encode_base64
from provenance.errors import CommitmentError, FormatError
from provenance.record.bundle import (
    Bundle,
    EndorsementLink,
    Later,
    ProvenEntry,
    SheetProof,
    ShownRegister,
    StatusLeaf,
    encode_bundle,
    parse_bundle,
    parse_entries,
)
from provenance.record.commitment import commit, disclose, parse_disclosure, read_record
from provenance.record.depositdigest import leading_of, source_digest, source_text
from provenance.record.entry import (
    ZERO_PREV,
    Certification,
    Close,
    Deposit,
    Depositor,
    Endorsement,
    Entry,
    Erasure,
    Genesis,
    Key,
    Previous,
    Register,
    Status,
    Timestamp,
    Upgrade,
    Withdrawal,
    encode_entry,
    format_time,
    parse_entry,
    parse_time,
)
from provenance.record.payload import (
    CertificationPayload,
    DepositPayload,
    RecordPayload,
    seal_payload,
    unseal_payload,
)
from provenance.record.slots import CERTIFICATION
from provenance.record.status import check_leaf, status_bits, with_bits
from record_samples import (
    DEPOSITOR_VKEY,
    ENTRIES,
    ENTRY_VKEY,
    LOG_MLDSA_VKEY,
    LOG_VKEY,
    NONCE,
    SEED,
    spell,
    unspell,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from provenance.record.commitment import Field

quick: Final = settings(deadline=None, max_examples=100)


def base64_of(size: int) -> st.SearchStrategy[str]:
    return st.binary(min_size=size, max_size=size).map(lambda data: b64encode(data).decode())


HASHES: Final = base64_of(32)
SIGNATURES: Final = base64_of(64)
BCRS: Final = st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=8, max_size=8)
VISIBLE: Final = "".join(map(chr, range(0x21, 0x7F)))
ORIGINS: Final = st.text(VISIBLE.replace("+", ""), min_size=1, max_size=255)
TEXT: Final = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Cf", "Zl", "Zp", "Cn", "Mn"]),
    min_size=1,
    max_size=200,
).filter(lambda text: text.split(" ") == text.split())
TIMES: Final = st.integers(-62_135_596_800_000_000, 253_402_300_799_999_999).map(format_time)
LARGEST: Final = 2**53 - 1
DATES: Final = st.dates().map(lambda date: date.isoformat())
COMMON: Final[dict[str, Any]] = {"time": TIMES, "prev": HASHES}


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    index = draw(st.integers(4, LARGEST))
    earlier = st.integers(0, index - 1)
    common: dict[str, Any] = {**COMMON, "index": st.just(index)}
    deposit, start, end = sorted(draw(st.sets(st.integers(0, index), min_size=3, max_size=3)))
    signed = draw(st.booleans())
    bcr_lists = st.lists(BCRS, unique=True, max_size=4).map(tuple)
    kinds: list[st.SearchStrategy[Entry]] = [
        st.builds(
            Genesis,
            **{**common, "index": st.just(0), "prev": st.just(ZERO_PREV)},
            format=st.just("provenance/1"),
            origin=ORIGINS,
            log_keys=st.sampled_from([(LOG_VKEY,), (LOG_VKEY, LOG_MLDSA_VKEY)]),
            previous=st.none()
            | st.builds(Previous, origin=ORIGINS, size=st.integers(0, LARGEST), root=HASHES),
        ),
        st.builds(Key, **common, role=st.just("log"), vkey=st.just(LOG_MLDSA_VKEY)),
        st.builds(Key, **common, role=st.just("entry"), vkey=st.just(ENTRY_VKEY)),
        st.builds(
            Depositor,
            **common,
            depositor=BCRS,
            name=TEXT,
            siret=st.none() | st.text("0123456789", min_size=14, max_size=14),
            certifiers=st.none() | bcr_lists,
            succeeds=st.none() | bcr_lists.filter(bool),
            keys=st.sampled_from([(), (DEPOSITOR_VKEY,)]),
            previous=earlier if signed else st.none() | earlier,
            signature=SIGNATURES if signed else st.none(),
        ),
        st.builds(
            Deposit,
            **common,
            depositor=BCRS,
            registration=earlier,
            certifier=BCRS,
            recorded=st.integers(0, LARGEST),
            digest=HASHES,
            signer=st.just(DEPOSITOR_VKEY if signed else None),
            signature=SIGNATURES if signed else st.none(),
        ),
        st.builds(
            Certification,
            **common,
            deposit=earlier,
            depositor=BCRS,
            registration=earlier,
            certifier_registration=st.none() | earlier,
            commitment=HASHES,
            supersedes=st.none() | earlier,
        ),
        st.builds(
            Withdrawal,
            **common,
            deposit=st.none() | earlier,
            withdraws=earlier,
            commitment=HASHES,
        ),
        st.builds(
            Erasure,
            **common,
            erases=st.sets(earlier, min_size=1, max_size=20).map(lambda s: tuple(sorted(s))),
            commitment=HASHES,
        ),
        st.builds(
            Endorsement,
            **common,
            deposit=st.just(deposit),
            start=st.just(start),
            end=st.just(end),
            root=HASHES,
            registration=earlier,
            vkey=st.just(DEPOSITOR_VKEY),
            signature=SIGNATURES,
        ),
        st.builds(
            Status, **common, size=st.just(index), root=HASHES, register=st.none() | earlier
        ),
        st.builds(
            Timestamp,
            **common,
            size=st.integers(1, index),
            root=HASHES,
            token=st.binary(min_size=1).map(encode_base64),
        ),
        st.builds(
            Register,
            **common,
            source=TEXT,
            version=st.text(VISIBLE, min_size=1, max_size=32),
            date=DATES,
            digest=HASHES,
            sheets=st.integers(1, 131_072),
            root=HASHES,
        ),
        st.builds(
            Upgrade, **common, format=st.integers(2, 9999).map(lambda n: f"provenance/{n}")
        ),
        st.builds(Close, **common, successor=ORIGINS, genesis=HASHES),
    ]
    return draw(st.one_of(kinds))


INTEGERS: Final = st.integers(-LARGEST, LARGEST)
NAMES: Final = st.from_regex(r"\A[A-Za-z_][A-Za-z0-9_.]{0,12}\Z").filter(lambda n: n != "_sd")
STRINGS: Final = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
SCALARS: Final = STRINGS | st.booleans() | INTEGERS | st.none()
VALUES: Final = SCALARS | st.lists(st.dictionaries(NAMES, SCALARS, max_size=3), max_size=3)
ALTERNATIVES: Final = ("dossierFormation", "titulaire", "identifiantNational")


def slot_names(alternative: str) -> list[str]:
    """Names that fit into one record, one a slot, for a holder identified in one way."""
    kept = {
        slot: name
        for name, slot in NAIVE_SLOTS.items()
        if "identificationTitulaire." not in name or f".{alternative}." in name
    }
    return sorted(kept.values())


RECORDS: Final = st.sampled_from(ALTERNATIVES).flatmap(
    lambda alternative: st.lists(
        st.tuples(st.sampled_from(slot_names(alternative)), VALUES),
        min_size=1,
        unique_by=lambda field: field[0],
    )
)
LEADING: Final = ("emetteur", "certificateur", "contrat", "type", "code")
SEEDS: Final = st.binary(min_size=32, max_size=32)
JUNK: Final = st.binary(max_size=300)


@quick
@given(entries())
def test_entries_come_back(entry: Entry) -> None:
    data = encode_entry(entry)
    assert parse_entry(data) == entry
    assert spell(unspell(data)) == data


def check_change(parse: Callable[[bytes], Entry], kind: str, place: int, flip: int) -> None:
    """Check that another spelling is never the same entry."""
    data = bytearray(encode_entry(ENTRIES[kind]))
    data[place % len(data)] ^= flip
    try:
        entry = parse(bytes(data))
    except FormatError:
        return
    assert entry != ENTRIES[kind]
    assert encode_entry(entry) == bytes(data)


@quick
@given(st.sampled_from(sorted(ENTRIES)), st.integers(0, 9999), st.integers(1, 255))
def test_a_changed_entry_is_refused_or_another_entry(kind: str, place: int, flip: int) -> None:
    check_change(parse_entry, kind, place, flip)


def test_the_check_catches_a_parser_that_repairs() -> None:
    def repair(data: bytes) -> Entry:
        return parse_entry(data.replace(b"\x02", b'"'))

    with pytest.raises(AssertionError):
        check_change(repair, "status", 1, ord('"') ^ 2)
    check_change(parse_entry, "status", 1, ord('"') ^ 2)


@quick
@given(st.integers(-62_135_596_800_000_000, 253_402_300_799_999_999))
@example(-1)
def test_times_come_back_and_sort_as_text(microseconds: int) -> None:
    text = format_time(microseconds)
    assert parse_time(text) == microseconds
    if microseconds > -62_135_596_800_000_000:
        assert format_time(microseconds - 1) < text


@quick
@given(st.text(max_size=40))
@example("2026-11-23T20:00:00.123456\ud800")
def test_other_text_is_no_time(text: str) -> None:
    with pytest.raises(FormatError):
        parse_time(text)


@quick
@given(SEEDS, RECORDS)
def test_the_commitment_is_that_of_the_text(seed: bytes, fields: list[Field]) -> None:
    assert commit(seed, fields, CERTIFICATION) == naive_commitment(seed, fields)


HIDDEN_ALWAYS: Final = ("source", "identificationTitulaire.identifiantNational.nir")


@quick
@given(SEEDS, RECORDS, st.data())
def test_any_choice_of_fields_recomputes(
    seed: bytes, fields: list[Field], draw: st.DataObject
) -> None:
    names = [name for name, _ in fields if name not in HIDDEN_ALWAYS]
    chosen = draw.draw(st.sets(st.sampled_from(names))) if names else set()
    record = disclose(seed, fields, chosen, CERTIFICATION)
    assert list(record) == naive_record(seed, fields, [*chosen])
    read = read_record(record, CERTIFICATION)
    assert read.commitment == commit(seed, fields, CERTIFICATION)
    expected = [field for field in fields if field[0] in chosen]
    assert list(read.fields) == sorted(expected, key=lambda field: NAIVE_SLOTS[field[0]])


@quick
@given(SEEDS, RECORDS, st.data())
def test_a_record_shows_no_second_value_and_no_second_place(
    seed: bytes, fields: list[Field], draw: st.DataObject
) -> None:
    """Whatever else is put into any slot: another commitment, or refused."""
    record = [*naive_record(seed, fields, [name for name, _ in fields])]
    slot = draw.draw(st.integers(0, 63))
    other = draw.draw(
        st.sampled_from(record)
        | st.tuples(SEEDS, RECORDS).map(
            lambda two: max(naive_record(*two, [two[1][0][0]]), key=len)
        )
    )
    if other == record[slot]:
        return
    before = record[slot]
    record[slot] = other
    try:
        read = read_record(record, CERTIFICATION)
    except (CommitmentError, FormatError):
        return
    same = read.commitment == naive_commitment(seed, fields)
    # The digest of what is shown stands for it; nothing else does.
    assert not same or len(before) == len(other) == 43


@quick
@given(RECORDS, st.binary(max_size=500), st.integers(1, 2**32 - 1))
def test_certification_payloads_come_back(
    fields: list[Field], source: bytes, number: int
) -> None:
    bindings = (("", "urn:x"), ("p", 'u"r'))
    kept = [(n, v) for n, v in fields if n not in {*LEADING, "natureDeposant", "source"}]
    head: list[Field] = [*((name, name) for name in LEADING), *kept]
    digest = source_digest(bindings, leading_of(dict(head)), source)
    payload = CertificationPayload(
        bindings=bindings,
        source=source,
        fields=(*head, ("source", source_text(digest))),
        number=number,
        salt=SEED,
    )
    sealed = seal_payload(SEED, NONCE, b"x", payload.encode_parts())
    assert CertificationPayload.decode_parts(unseal_payload(SEED, sealed, b"x")) == payload


@quick
@given(st.lists(st.binary(max_size=20) | st.integers(1, 9), max_size=12), STRINGS)
def test_deposits_are_rebuilt(pieces: list[bytes | int], name: str) -> None:
    """Bytes stay in the residue; a number is a passage of that length."""
    file, residue, holes, passages = b"", b"", list[int](), list[bytes]()
    for piece in pieces:
        if isinstance(piece, int):
            holes.append(len(file))
            passages.append(bytes([piece]) * piece)
            file += passages[-1]
        else:
            file += piece
            residue += piece
    payload = DepositPayload(
        file_salt=bytes(32),
        file_name=name,
        media_type="application/xml",
        size=len(file),
        id_flux=name or None,
        residue=residue,
        holes=tuple(holes),
    )
    again = DepositPayload.decode_parts(payload.encode_parts())
    assert again == payload
    assert b"".join(again.rebuild(passages)) == file


@quick
@given(st.lists(st.binary(max_size=400), max_size=8), st.binary(max_size=64))
def test_parts_come_back(parts: list[bytes], associated_data: bytes) -> None:
    sealed = seal_payload(SEED, NONCE, associated_data, parts)
    assert unseal_payload(SEED, sealed, associated_data) == tuple(parts)


PATHS: Final = st.lists(HASHES, max_size=4).map(tuple)
PROVEN: Final = st.lists(
    st.builds(
        ProvenEntry,
        entry=entries().map(lambda entry: encode_entry(entry).decode()),
        signature=SIGNATURES,
        path=PATHS,
        record=st.just(())
        | st.sampled_from([8, 64])
        .flatmap(lambda count: st.lists(STRINGS, min_size=count, max_size=count))
        .map(tuple),
    ),
    max_size=4,
).map(tuple)


def ascending(make: Callable[[int], st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    numbers = st.sets(st.integers(0, LARGEST), max_size=4).map(sorted)
    return numbers.flatmap(lambda found: st.tuples(*map(make, found)))


LEAVES: Final = ascending(
    lambda k: st.builds(StatusLeaf, leaf=st.just(k), bits=SIGNATURES, path=PATHS)
)
LINKS: Final = ascending(
    lambda k: st.builds(
        EndorsementLink, entry=st.integers(0, 99), certification=st.just(k), path=PATHS
    )
)
SHEETS: Final = ascending(
    lambda k: st.builds(SheetProof, leaf=st.just(k), sheet=STRINGS, path=PATHS)
)
REGISTERS: Final = st.none() | st.builds(ShownRegister, sheets=SHEETS.filter(bool))
BUNDLES: Final = st.builds(
    Bundle,
    format=st.just("provenance-proof/1"),
    checkpoint=STRINGS,
    entries=PROVEN,
    status=LEAVES,
    endorsements=LINKS,
    register=REGISTERS,
    timestamp=st.none() | SIGNATURES,
    later=st.none()
    | st.builds(
        Later,
        checkpoint=STRINGS,
        proof=PATHS,
        entries=PROVEN,
        status=LEAVES,
        register=REGISTERS,
    ),
)


@settings(deadline=None, max_examples=25)
@given(BUNDLES)
def test_bundles_come_back(bundle: Bundle) -> None:
    data = encode_bundle(bundle)
    assert parse_bundle(data) == bundle
    assert spell(json.loads(data)) == data
    indexes = [parse_entry(item.entry.encode()).index for item in bundle.entries]
    if indexes == sorted(set(indexes)):
        assert [entry.index for entry in parse_entries(bundle.entries)] == indexes
    else:
        with pytest.raises(FormatError):
            parse_entries(bundle.entries)


@quick
@given(st.dictionaries(st.integers(0, 10**6), st.integers(0, 7), max_size=30))
def test_status_bits_come_back(marks: dict[int, int]) -> None:
    leaves: dict[int, bytes] = {}
    for index, bits in marks.items():
        leaf = leaves.get(index // 128, bytes(64))
        leaves[index // 128] = with_bits(leaf, index, bits)
    for index, bits in marks.items():
        assert status_bits(leaves[index // 128], index) == bits
    assert sum(leaf.count(0) for leaf in leaves.values()) >= 64 * len(leaves) - len(marks)


def refuse(reader: Callable[[Any], object], junk: object) -> None:
    with pytest.raises(FormatError):
        reader(junk)


@quick
@given(JUNK, st.text(max_size=100))
@example(b'{"type":"status","index":', "")
@example(b"[" * 300, "[]")
def test_junk_is_refused_and_nothing_worse(data: bytes, text: str) -> None:
    refuse(parse_entry, data)
    refuse(parse_bundle, data)
    refuse(check_leaf, data + b"\xff")
    refuse(CertificationPayload.decode_parts, [data, data, data, data])
    refuse(CertificationPayload.decode_parts, [b"[]", b"", data, data])
    refuse(RecordPayload.decode_parts, [b"[]", b"", data])
    refuse(DepositPayload.decode_parts, [bytes(32), data, data])
    refuse(parse_disclosure, text)
    with pytest.raises((FormatError, CommitmentError)):
        unseal_payload(SEED, data, b"")
    with pytest.raises((FormatError, CommitmentError)):
        read_record([text] * 64, CERTIFICATION)


def test_the_check_catches_readers_that_take_junk_or_fall_over() -> None:
    with pytest.raises(pytest.fail.Exception):
        refuse(json.loads, "[]")
    with pytest.raises(json.JSONDecodeError):
        refuse(json.loads, "")
