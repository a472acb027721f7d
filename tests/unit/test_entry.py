from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec
import pytest

from provenance.encoding import decode_base64, encode_base64, encode_json
from provenance.errors import ChainError, FormatError
from provenance.record.entry import (
    ENTRY_SIZE_MAX,
    ZERO_PREV,
    Certification,
    Depositor,
    Genesis,
    Key,
    Timestamp,
    Upgrade,
    certification_encoder,
    check_follows,
    deposit_message,
    depositor_message,
    encode_entry,
    endorsement_message,
    entry_key_name,
    entry_message,
    format_time,
    parse_entry,
    parse_time,
    registration_of,
)
from record_samples import (
    DEPOSITOR_VKEY,
    ENTRIES,
    ENTRY_VKEY,
    LOG_MLDSA_VKEY,
    LOG_VKEY,
    ORIGIN,
    TIME,
    ed25519_vkey,
    fill,
    make_vkey,
    spell,
    unspell,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NAMES: Final = sorted(ENTRIES)

# The optional members of each type, and those that may be absent while the others are there.
OPTIONAL: Final = {
    "genesis": {"previous"},
    "depositor": {"siret", "certifiers", "succeeds", "previous", "signature"},
    "deposit": {"signer", "signature"},
    "certification": {"certifier_registration", "supersedes"},
    "withdrawal": {"deposit"},
    "status": {"register"},
}
OPTIONAL_ALONE: Final = {
    ("genesis", "previous"),
    ("depositor", "siret"),
    ("depositor", "certifiers"),
    ("depositor", "succeeds"),
    ("depositor", "signature"),
    ("certification", "certifier_registration"),
    ("certification", "supersedes"),
    ("status", "register"),
    ("withdrawal", "deposit"),
}

BAD_INTEGERS: Final = (-1, 2**53, 1.0, "4", True, None, [1])
BAD_BCRS: Final = ("", "0ABCDEF", "0ABCDEFGH", "0abcdefg", "0ABCDEÉG", "0ABCDEFG\n", 12345678)
BAD_HASHES: Final = (
    "",
    fill("x", 31),
    fill("x", 33),
    fill("x").rstrip("="),
    fill("x") + "\n",
    "A" * 42 + "B=",  # a second spelling of 32 zero bytes
    "A" * 43 + "-",
    "_" + fill("x")[1:],
    "=" * 44,
    7,
    None,
)
BAD_SIGNATURES: Final = (
    "",
    fill("x", 63),
    fill("x", 65),
    "A" * 85 + "B==",
    "A" * 86 + "= ",
    fill("x"),
    64,
)
BAD_VKEYS: Final = (
    "",
    "name",
    f"{LOG_VKEY}\n",
    LOG_VKEY.replace("+", "-"),
    f"x{LOG_VKEY}",
    make_vkey("small.order", 0x01, bytes(32)),
    make_vkey("no.point", 0x01, bytes([2, *[0] * 31])),
    make_vkey("short", 0x01, bytes(31)),
    make_vkey("unknown", 0x77, bytes(32)),
    1,
)
BAD_ORIGINS: Final = ("", "a b", "a+b", "é", "a\n", "a" * 256, "a\x7f", None)
BAD_NAMES: Final = (
    *("", "a" * 201, "a\tb", "a\n", "\x7f", "\x85", " a", "a ", "a  b", " ", 4),
    *(f"a{unseen}b" for unseen in "\u00ad\u061c\u200b\u200f\u2028\u2029\u202e\u2060\u206f"),
    *(f"a{unseen}b" for unseen in "\ufeff\ufff9\uffff\U000e0000\U000e0041\U000e0fff"),
)
BAD_TIMES: Final = (
    "",
    "2026-11-23T20:00:00Z",
    "2026-11-23T20:00:00.123Z",
    "2026-11-23T20:00:00.1234567Z",
    "2026-11-23T20:00:00.123456",
    "2026-11-23T20:00:00.123456+00:00",
    "2026-11-23T20:00:00.123456+01:00",
    "2026-11-23T20:00:00,123456Z",
    "2026-11-23t20:00:00.123456z",
    "2026-11-23 20:00:00.123456Z",
    "20261123T200000.123456Z",
    "2026-W48-1T20:00:00.123456Z",
    "2026-02-29T20:00:00.123456Z",
    "2026-13-01T20:00:00.123456Z",
    "2026-11-23T24:00:00.000000Z",
    "2026-11-23T20:00:60.000000Z",
    "0000-01-01T00:00:00.000000Z",
    "\uff12026-11-23T20:00:00.123456Z",
    "2026-11-23T20:00:00.123456Z\n",
)
ABSENT: Final = object()

# For each member the values that no entry may hold there.
BAD_VALUES: Final[dict[str, tuple[object, ...]]] = {
    "time": (*BAD_TIMES, 1, None),
    "prev": BAD_HASHES,
    "index": BAD_INTEGERS,
    "deposit": BAD_INTEGERS,
    "withdraws": BAD_INTEGERS,
    "supersedes": BAD_INTEGERS,
    "registration": BAD_INTEGERS,
    "certifier_registration": BAD_INTEGERS,
    "recorded": BAD_INTEGERS,
    "register": BAD_INTEGERS,
    "sheets": (*BAD_INTEGERS, 0, 131_073),
    "start": BAD_INTEGERS,
    "end": BAD_INTEGERS,
    "size": BAD_INTEGERS,
    "erases": ([], [4, 4], [5, 4], [4, -1], [4, "5"], 4, None),
    "depositor": BAD_BCRS,
    "certifier": BAD_BCRS,
    "name": BAD_NAMES,
    "siret": ("", "1234567890123", "123456789012345", "1234567890123x", "\uff11" * 14, None),
    "certifiers": (
        *(["0abcdefg"], ["CERT0001", "CERT0001"], "CERT0001", [1], None),
        [f"{number:08}" for number in range(1001)],
    ),
    "succeeds": (
        *([], ["0abcdefg"], ["CERT0001", "CERT0001"], None),
        [f"{number:08}" for number in range(101)],
    ),
    "keys": (
        [DEPOSITOR_VKEY] * 2,
        [LOG_MLDSA_VKEY],
        DEPOSITOR_VKEY,
        None,
        [ed25519_vkey(f"key{number}.example") for number in range(17)],
        *([v] for v in BAD_VKEYS),
    ),
    "log_keys": (
        *([], [LOG_VKEY] * 2, LOG_VKEY),
        [ed25519_vkey(f"{number}.example") for number in range(17)],
        *([v] for v in BAD_VKEYS),
    ),
    "vkey": (*BAD_VKEYS, LOG_MLDSA_VKEY),
    "signer": (*BAD_VKEYS, LOG_MLDSA_VKEY, None, ABSENT),
    "commitment": BAD_HASHES,
    "digest": BAD_HASHES,
    "root": BAD_HASHES,
    "genesis": BAD_HASHES,
    "signature": (*BAD_SIGNATURES, None),
    "token": ("", "A", "A===", "AB==", "AAB=", "AAAA\n", "AAAA AAAA", "AA=A", "AA==AAAA", None),
    "action": ("", "ADD", "creation", None),
    "role": ("", "witness", None),
    "format": ("", "provenance/0", "provenance/01", "provenance/x", "provenance/2\n", None),
    "origin": BAD_ORIGINS,
    "successor": BAD_ORIGINS,
    "source": BAD_NAMES,
    "version": ("", "4 1", "é", "1" * 33, "4.1\n", 4.1),
    "date": ("", "2026-02-30", "26-11-20", "20261120", "2026-11-20T00:00", "2026-W47-5", None),
    "previous": (*BAD_INTEGERS, "x"),
}


def bad_values() -> Iterator[Any]:
    for kind in NAMES:
        for member in list(unspell(encode_entry(ENTRIES[kind])))[1:]:
            for number, value in enumerate(BAD_VALUES[member]):
                yield pytest.param(kind, member, value, id=f"{kind}-{member}-{number}")


@pytest.mark.parametrize("kind", NAMES)
def test_an_entry_has_one_spelling(kind: str) -> None:
    entry = ENTRIES[kind]
    data = encode_entry(entry)
    assert parse_entry(data) == entry
    assert spell(unspell(data)) == data
    members = list(unspell(data))
    assert members[:4] == ["type", "index", "time", "prev"]
    assert unspell(data)["type"] == kind


def test_the_bytes_of_a_certification() -> None:
    data = encode_entry(ENTRIES["certification"])
    assert data.decode() == (
        f'{{"type":"certification","index":7,"time":"{TIME}","prev":"{fill("prev")}",'
        f'"deposit":4,"depositor":"0ABCDEFG","registration":2,"certifier_registration":3,'
        f'"commitment":"{fill("commitment")}","supersedes":5}}'
    )


def test_samples_show_every_type_and_member() -> None:
    assert len(ENTRIES) == 13
    assert all(None not in msgspec.structs.astuple(entry) for entry in ENTRIES.values())


@pytest.mark.parametrize(("kind", "member", "value"), list(bad_values()))
def test_a_member_of_another_form_is_refused(kind: str, member: str, value: object) -> None:
    members = unspell(encode_entry(ENTRIES[kind]))
    members[member] = value
    if value is ABSENT:
        del members[member]
    with pytest.raises(FormatError):
        parse_entry(spell(members))


@pytest.mark.parametrize("kind", NAMES)
def test_members_are_all_there_in_order_and_no_others(kind: str) -> None:
    data = encode_entry(ENTRIES[kind])
    members = unspell(data)
    malformed = [
        spell(members | {"more": 1}),
        spell(dict(reversed(members.items()))),
        spell(dict([*members.items()][:1] + [*members.items()][:0:-1])),
        data[:-1] + b',"prev":' + spell(members["prev"]) + b"}",
        data + b"\n",
        b" " + data,
        data.replace(b":", b": ", 1),
        data.replace(b'"type"', b'"typ\\u0065"'),
        data.replace(f'"{kind}"'.encode(), f'"{kind.upper()}"'.encode(), 1),
        data[:-1],
        b"[" + data + b"]",
    ]
    for bad in malformed:
        with pytest.raises(FormatError):
            parse_entry(bad)


@pytest.mark.parametrize("kind", NAMES)
def test_only_optional_members_may_be_absent(kind: str) -> None:
    members = unspell(encode_entry(ENTRIES[kind]))
    for member in members:
        shorter = spell({name: value for name, value in members.items() if name != member})
        if (kind, member) in OPTIONAL_ALONE:
            assert getattr(parse_entry(shorter), member) is None
        else:
            with pytest.raises(FormatError):
                parse_entry(shorter)


@pytest.mark.parametrize("kind", sorted(OPTIONAL))
def test_all_optional_members_may_be_absent_together(kind: str) -> None:
    members = unspell(encode_entry(ENTRIES[kind]))
    bare = spell({name: v for name, v in members.items() if name not in OPTIONAL[kind]})
    assert encode_entry(parse_entry(bare)) == bare


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("genesis", {"index": 1}),
        ("genesis", {"prev": fill("prev")}),
        ("genesis", {"previous": {"origin": "a", "size": 1}}),
        ("genesis", {"previous": {"size": 1, "origin": "a", "root": fill("root")}}),
        ("genesis", {"previous": {"origin": "a+", "size": 1, "root": fill("root")}}),
        ("genesis", {"previous": {"origin": "a", "size": 1, "root": fill("root"), "x": 1}}),
        ("genesis", {"format": "provenance/2"}),
        ("key", {"index": 0}),
        ("key", {"action": "retire"}),
        ("key", {"role": "log"}),
        ("key", {"vkey": LOG_MLDSA_VKEY}),
        ("depositor", {"previous": 9}),
        ("deposit", {"action": "add"}),
        ("deposit", {"registration": 4}),
        ("certification", {"deposit": 7}),
        ("certification", {"registration": 7}),
        ("certification", {"certifier_registration": 7}),
        ("certification", {"supersedes": 7}),
        ("withdrawal", {"deposit": 8}),
        ("withdrawal", {"withdraws": 8}),
        ("erasure", {"erases": [4, 10]}),
        ("endorsement", {"deposit": 5}),
        ("endorsement", {"start": 7}),
        ("endorsement", {"end": 10}),
        ("endorsement", {"registration": 9}),
        ("status", {"size": 10}),
        ("status", {"size": 12}),
        ("status", {"register": 11}),
        ("timestamp", {"size": 0}),
        ("timestamp", {"size": 14}),
        ("upgrade", {"format": "provenance/1"}),
    ],
)
def test_members_that_contradict_each_other(kind: str, changes: dict[str, object]) -> None:
    members = unspell(encode_entry(ENTRIES[kind])) | changes
    with pytest.raises(FormatError):
        parse_entry(spell(members))


@pytest.mark.parametrize("index", [0, 1])
@pytest.mark.parametrize("kind", [kind for kind in NAMES if kind not in {"genesis", "key"}])
def test_the_first_two_places_are_taken(kind: str, index: int) -> None:
    members = unspell(encode_entry(ENTRIES[kind])) | {"index": index}
    for name in ("deposit", "supersedes", "previous", "signature", "signer"):
        if name in OPTIONAL.get(kind, ()):
            members.pop(name)
    if kind == "status":
        members["size"] = index
    with pytest.raises(FormatError):
        parse_entry(spell(members))


def test_a_contradiction_is_refused_when_the_entry_is_made() -> None:
    with pytest.raises(FormatError, match="certification"):
        Certification(
            index=7,
            time=TIME,
            prev=fill("prev"),
            deposit=7,
            depositor="0ABCDEFG",
            registration=2,
            commitment=fill("commitment"),
        )


def test_what_could_not_be_read_is_not_written() -> None:
    entry = Upgrade(index=14, time=TIME, prev="no hash", format="provenance/2")
    with pytest.raises(FormatError):
        encode_entry(entry)


def test_keys_after_the_first() -> None:
    for action in ("add", "retire"):
        for role, vkey in (("entry", ENTRY_VKEY), ("log", LOG_VKEY), ("log", LOG_MLDSA_VKEY)):
            changes = {"index": 2, "action": action, "role": role, "vkey": vkey}
            members = unspell(encode_entry(ENTRIES["key"])) | changes
            assert isinstance(parse_entry(spell(members)), Key)


def test_empty_lists_that_mean_something() -> None:
    changes: dict[str, object] = {"certifiers": [], "keys": []}
    members = unspell(encode_entry(ENTRIES["depositor"])) | changes
    depositor = parse_entry(spell(members))
    assert isinstance(depositor, Depositor)
    assert depositor.certifiers == depositor.keys == ()


@pytest.mark.parametrize("name", ["é" * 200, "\U0001f600" * 200, "a b\u00a0c", '"\\"'])
def test_names_are_any_text_that_reads_as_it_is(name: str) -> None:
    members = unspell(encode_entry(ENTRIES["depositor"])) | {"name": name}
    depositor = parse_entry(spell(members))
    assert isinstance(depositor, Depositor)
    assert depositor.name == name


def test_limits_of_origin_and_integers() -> None:
    origin = "!*,~" + "a" * 251
    members = unspell(encode_entry(ENTRIES["close"])) | {"successor": origin}
    assert parse_entry(spell(members | {"index": 2**53 - 1})).index == 2**53 - 1


def test_the_size_limit_is_exact() -> None:
    def timestamp(index: int, token: int) -> Timestamp:
        return Timestamp(
            index=index,
            time=TIME,
            prev=fill("prev"),
            size=9,
            root=fill("root"),
            token=fill("token", 3 * token),
        )

    rest = ENTRY_SIZE_MAX - len(encode_entry(timestamp(10, 1)))
    # A token grows by four characters at a time, an index by one.
    largest = timestamp(10 ** (1 + rest % 4), 1 + rest // 4)
    assert len(encode_entry(largest)) == ENTRY_SIZE_MAX
    too_large = timestamp(10 ** (2 + rest % 4), 1 + rest // 4)
    with pytest.raises(FormatError, match="65535"):
        encode_entry(too_large)
    with pytest.raises(FormatError, match="65535"):
        parse_entry(encode_json(too_large))


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"null", b'{"type":"', b'{"type":"x"}', b'{"type":"key"}', b"\xff" * 40],
)
def test_what_is_no_entry(data: bytes) -> None:
    with pytest.raises(FormatError, match="malformed"):
        parse_entry(data)


def test_deep_nesting_is_malformed_not_a_crash() -> None:
    data = encode_entry(ENTRIES["genesis"])
    for opening in (b"[", b'{"a":'):
        deep = data[:-1] + b',"x":' + opening * 20_000
        with pytest.raises(FormatError):
            parse_entry(deep)


def test_base64_forms_agree_with_the_decoder() -> None:
    """Each character in each place is accepted by the pattern as by decoding and encoding."""
    alphabet = "ABQgwEIMUYcko048+/=-_ \n"
    members = unspell(encode_entry(ENTRIES["timestamp"]))
    for member, text in (("root", fill("x")), ("token", fill("x", 7)), ("token", fill("x", 5))):
        for place in range(-4, 0):
            for character in alphabet:
                changed = text[:place] + character + (text[place + 1 :] if place != -1 else "")
                expected = _decodes(changed, 32 if member == "root" else None)
                data = spell(members | {member: changed})
                assert _parses(data) == expected, (member, changed)


def _decodes(text: str, size: int | None) -> bool:
    try:
        data = decode_base64(text)
    except FormatError:
        return False
    return len(data) == size if size else bool(data)


def _parses(data: bytes) -> bool:
    try:
        parse_entry(data)
    except FormatError:
        return False
    return True


def test_check_follows() -> None:
    prev = decode_base64(fill("prev"))
    entry = ENTRIES["certification"]
    check_follows(entry, index=7, prev=prev, time=TIME)
    check_follows(entry, index=7, prev=prev, time="2026-11-23T20:00:00.123455Z")
    check_follows(ENTRIES["genesis"], index=0, prev=bytes(32), time="")
    with pytest.raises(ChainError, match="expected entry 8, got 7"):
        check_follows(entry, index=8, prev=prev, time=TIME)
    with pytest.raises(ChainError, match="expected entry 6, got 7"):
        check_follows(entry, index=6, prev=prev, time=TIME)
    with pytest.raises(ChainError, match="not chained"):
        check_follows(entry, index=7, prev=bytes(32), time=TIME)
    with pytest.raises(ChainError, match=r"123456Z before .*123457Z"):
        check_follows(entry, index=7, prev=prev, time="2026-11-23T20:00:00.123457Z")


@pytest.mark.parametrize("text", BAD_TIMES)
def test_times_have_one_spelling(text: str) -> None:
    with pytest.raises(FormatError):
        parse_time(text)


def test_times_are_microseconds_since_1970() -> None:
    moment = datetime(2026, 11, 23, 20, 0, 0, 123456, tzinfo=UTC)
    expected = int(moment.timestamp()) * 10**6 + 123456
    assert parse_time(TIME) == expected
    assert format_time(expected) == TIME
    assert format_time(0) == "1970-01-01T00:00:00.000000Z"
    assert parse_time("2024-02-29T23:59:59.999999Z") + 1 == parse_time(
        "2024-03-01T00:00:00.000000Z"
    )
    with pytest.raises(FormatError, match="range"):
        format_time(2**63)


def test_messages_are_as_documented() -> None:
    digest = decode_base64(fill("digest"))
    assert entry_key_name(ORIGIN) == f"{ORIGIN}/entry"
    assert entry_message(ORIGIN, digest) == (
        b"provenance/entry/v1\nledger.example/2026\n" + digest
    )
    assert deposit_message(
        origin=ORIGIN,
        depositor="0ABCDEFG",
        certifier="CERT0001",
        action="CREATION",
        digest=digest,
    ) == (
        b"provenance/deposit/v1\nledger.example/2026\n0ABCDEFG\nCERT0001\nCREATION\n" + digest
    )
    assert endorsement_message(origin=ORIGIN, deposit=4, start=5, end=258, root=digest) == (
        b"provenance/endorsement/v1\nledger.example/2026\n"
        + bytes.fromhex("0000000000000004 0000000000000005 0000000000000102")
        + digest
    )


def test_a_registration_is_signed_as_the_entry_has_it() -> None:
    entry = ENTRIES["depositor"]
    assert isinstance(entry, Depositor)
    members = unspell(encode_entry(entry))
    own = {name: members[name] for name in [*members][4:-1]}
    assert [*own] == [
        *("depositor", "name", "siret", "certifiers", "succeeds", "keys", "previous")
    ]
    message = depositor_message(origin=ORIGIN, registration=registration_of(entry))
    assert message == b"provenance/depositor/v1\nledger.example/2026\n" + spell(own)


def test_a_first_registration_has_nobody_who_could_sign_it() -> None:
    entry = ENTRIES["depositor"]
    assert isinstance(entry, Depositor)
    first = msgspec.structs.replace(registration_of(entry), previous=None)
    with pytest.raises(FormatError, match="first registration"):
        depositor_message(origin=ORIGIN, registration=first)


def test_the_first_prev_is_zero() -> None:
    assert decode_base64(ZERO_PREV) == bytes(32)
    genesis = ENTRIES["genesis"]
    assert isinstance(genesis, Genesis)
    assert genesis.prev == ZERO_PREV


@pytest.mark.parametrize("certifier_registration", [None, 3])
@pytest.mark.parametrize("supersedes", [None, 0, 5, 6])
def test_certifications_are_encoded_by_the_run_as_they_are_one_by_one(
    supersedes: int | None, certifier_registration: int | None
) -> None:
    time, prev = "2026-11-23T20:00:00.123456Z", encode_base64(bytes(range(32)))
    encode = certification_encoder(
        time=time,
        depositor="0ABCDEFG",
        deposit=5,
        registration=2,
        certifier_registration=certifier_registration,
    )
    entry = Certification(
        index=7,
        time=time,
        prev=prev,
        deposit=5,
        depositor="0ABCDEFG",
        registration=2,
        certifier_registration=certifier_registration,
        commitment=ZERO_PREV,
        supersedes=supersedes,
    )
    assert encode(7, prev, ZERO_PREV, supersedes) == encode_entry(entry)


@pytest.mark.parametrize(
    ("index", "prev", "commitment", "supersedes"),
    [
        (5, ZERO_PREV, ZERO_PREV, None),
        (2**53, ZERO_PREV, ZERO_PREV, None),
        (7, ZERO_PREV, ZERO_PREV, 7),
        (7, ZERO_PREV, ZERO_PREV, -1),
        (7, "", ZERO_PREV, None),
        (7, ZERO_PREV, ZERO_PREV + "A", None),
    ],
)
def test_a_run_of_certifications_refuses_what_no_entry_can_say(
    index: int, prev: str, commitment: str, supersedes: int | None
) -> None:
    encode = make_encoder()
    with pytest.raises(FormatError):
        encode(index, prev, commitment, supersedes)


def make_encoder(
    time: str = "2026-11-23T20:00:00.123456Z",
    depositor: str = "0ABCDEFG",
    registration: int = 2,
    certifier_registration: int | None = 3,
) -> Callable[[int, str, str, int | None], bytes]:
    return certification_encoder(
        time=time,
        depositor=depositor,
        deposit=5,
        registration=registration,
        certifier_registration=certifier_registration,
    )


def test_a_run_of_certifications_needs_a_depositor_and_a_time() -> None:
    for bad in (
        {"time": "yesterday"},
        {"depositor": '",x:"'},
        {"registration": 6},
        {"certifier_registration": 6},
    ):
        with pytest.raises(FormatError):
            make_encoder(**bad)
