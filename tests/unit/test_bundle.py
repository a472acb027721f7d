from __future__ import annotations

from typing import Any, Final

import pytest

from provenance.encoding import encode_base64
from provenance.errors import FormatError
from provenance.record.bundle import (
    BUNDLE_ITEMS_MAX,
    BUNDLE_SIZE_MAX,
    DISCLOSED_SIZE_MAX,
    PATH_HASHES_MAX,
    Bundle,
    EndorsementLink,
    Later,
    ProvenEntry,
    SheetProof,
    ShownRegister,
    StatusLeaf,
    decode_hashes,
    encode_bundle,
    parse_bundle,
    parse_entries,
)
from provenance.record.commitment import DIGEST_TEXT_SIZE, disclose
from provenance.record.entry import encode_entry
from provenance.record.slots import CERTIFICATION
from record_samples import ENTRIES, FIELDS, SEED, fill, spell, unspell

OPTIONAL: Final = {"record", "endorsements", "register", "timestamp", "later"}


def prove(kind: str) -> ProvenEntry:
    return ProvenEntry(
        entry=encode_entry(ENTRIES[kind]).decode(), signature=fill(kind, 64), path=(fill("a"),)
    )


RECORD: Final = disclose(SEED, FIELDS, ["code"], CERTIFICATION)


def prove_with_record() -> ProvenEntry:
    return ProvenEntry(
        entry=encode_entry(ENTRIES["certification"]).decode(),
        signature=fill("certification", 64),
        path=(fill("a"), fill("b")),
        record=RECORD,
    )


def register(*leaves: int) -> ShownRegister:
    return ShownRegister(
        sheets=tuple(SheetProof(leaf=k, sheet='{"code":"RNCP1"}', path=()) for k in leaves)
    )


LEAF: Final = StatusLeaf(leaf=0, bits=fill("bits", 64), path=(fill("c"),))
SMALL: Final = Bundle(
    format="provenance-proof/1",
    checkpoint="ledger.example\n2\nroot\n\n\u2014 ledger.example sig\n",
    entries=(prove("key"), prove_with_record()),
    status=(LEAF,),
)
FULL: Final = Bundle(
    format="provenance-proof/1",
    checkpoint=SMALL.checkpoint,
    entries=(prove("key"), prove_with_record(), prove("endorsement"), prove("status")),
    status=(LEAF, StatusLeaf(leaf=7, bits=fill("bits", 64), path=())),
    endorsements=(EndorsementLink(entry=9, certification=7, path=(fill("d"),)),),
    register=register(3, 9),
    timestamp=fill("token", 200),
    later=Later(
        checkpoint="another note",
        proof=(fill("e"),),
        entries=(prove("status"),),
        status=(LEAF,),
        register=register(4),
    ),
)


def refuse(value: object) -> None:
    data = value if isinstance(value, bytes) else spell(value)
    with pytest.raises(FormatError, match="malformed proof bundle"):
        parse_bundle(data)


@pytest.mark.parametrize("bundle", [SMALL, FULL], ids=["small", "full"])
def test_a_bundle_has_one_spelling(bundle: Bundle) -> None:
    data = encode_bundle(bundle)
    assert parse_bundle(data) == bundle
    assert spell(unspell(data)) == data


def test_members_stand_in_the_documented_order() -> None:
    members = unspell(encode_bundle(FULL))
    assert list(members) == [
        "format",
        "checkpoint",
        "entries",
        "status",
        "endorsements",
        "register",
        "timestamp",
        "later",
    ]
    assert list(members["entries"][1]) == [
        "entry",
        "signature",
        "path",
        "record",
    ]
    assert list(members["entries"][0]) == ["entry", "signature", "path"]
    assert list(members["status"][0]) == ["leaf", "bits", "path"]
    assert list(members["endorsements"][0]) == ["entry", "certification", "path"]
    assert list(members["register"]) == ["sheets"]
    assert list(members["register"]["sheets"][0]) == ["leaf", "sheet", "path"]
    assert list(members["later"]) == ["checkpoint", "proof", "entries", "status", "register"]
    assert list(unspell(encode_bundle(SMALL))) == ["format", "checkpoint", "entries", "status"]


def test_a_bundle_may_be_empty() -> None:
    data = b'{"format":"provenance-proof/1","checkpoint":"","entries":[],"status":[]}'
    bundle = parse_bundle(data)
    assert (bundle.endorsements, bundle.timestamp, bundle.later) == ((), None, None)
    assert encode_bundle(bundle) == data


def test_empty_members_are_left_out_not_written() -> None:
    members = unspell(encode_bundle(SMALL))
    for name, empty in (("endorsements", []), ("timestamp", None), ("later", None)):
        refuse(members | {name: empty})
    refuse(members | {"entries": [members["entries"][0] | {"record": []}]})
    refuse(members | {"register": None})
    refuse(members | {"register": {"sheets": []}})


def test_a_record_has_as_many_slots_as_a_type_has() -> None:
    members = unspell(encode_bundle(SMALL))
    entry = members["entries"][1]
    digest, shown = "A" * 43, "A" * 44

    def with_record(record: list[str]) -> dict[str, Any]:
        return members | {"entries": [entry | {"record": record}]}

    for count in (8, 64):
        parse_bundle(spell(with_record([*[digest] * (count - 1), shown])))
        parse_bundle(spell(with_record([""] * count)))
        refuse(with_record([digest] * count))
    for count in (1, 7, 9, 32, 63, 65):
        refuse(with_record([shown] * count))


def test_sheets_ascend() -> None:
    members = unspell(encode_bundle(FULL))
    sheets = members["register"]["sheets"]
    for wrong in (sheets[::-1], sheets[:1] * 2):
        refuse(members | {"register": {"sheets": wrong}})
        refuse(members | {"later": members["later"] | {"register": {"sheets": wrong}}})


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value, the root included."""
    items: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    return [path, *(found for key, inner in items for found in paths(inner, (*path, key)))]


def replaced(value: Any, path: tuple[Any, ...], new: object) -> Any:
    if not path:
        return new
    key, *rest = path
    copy = value.copy()
    copy[key] = replaced(value[key], tuple(rest), new)
    return copy


@pytest.mark.parametrize("wrong", [None, 1.5, -1, True, {}, {"leaf": 0}, [[]]], ids=str)
def test_another_type_in_any_place_is_refused(wrong: object) -> None:
    members = unspell(encode_bundle(FULL))
    for path in paths(members):
        refuse(replaced(members, path, wrong))


def test_every_object_has_exactly_its_members() -> None:
    members = unspell(encode_bundle(FULL))
    for path in paths(members):
        inner: Any = members
        for key in path:
            inner = inner[key]
        if not isinstance(inner, dict):
            continue
        refuse(replaced(members, path, inner | {"more": 1}))
        if len(inner) > 1:
            refuse(replaced(members, path, dict(reversed(inner.items()))))
        for name in inner:
            shorter = {key: value for key, value in inner.items() if key != name}
            if name in OPTIONAL:
                parse_bundle(spell(replaced(members, path, shorter)))
            else:
                refuse(replaced(members, path, shorter))


def test_other_spellings_are_refused() -> None:
    data = encode_bundle(FULL)
    assert parse_bundle(data + b"\n") == FULL
    for behind in (b"\n\n", b"\r\n", b" ", b"\0"):
        refuse(data + behind)
    refuse(b"\xef\xbb\xbf" + data)
    refuse(data.replace(b":", b": ", 1))
    refuse(data.replace(b"/1", b"\\/1", 1))
    refuse(data.replace(b"provenance-proof/1", b"provenance-proof/2"))
    refuse(data[:-1] + b',"checkpoint":"x"}')
    refuse(data[:-1])
    refuse(b"")
    refuse(b"[" * 100_000)
    refuse(data.replace(b'"another note"', b'"\\ud800"'))
    refuse(data.replace(b'"another note"', b'"\xff"'))


def test_lists_ascend() -> None:
    members = unspell(encode_bundle(FULL))
    leaf, link = members["status"][0], members["endorsements"][0]
    for leaves in ([leaf, leaf], [leaf | {"leaf": 1}, leaf]):
        refuse(members | {"status": leaves})
        refuse(members | {"later": members["later"] | {"status": leaves}})
    for links in ([link, link], [link, link | {"certification": 6}]):
        refuse(members | {"endorsements": links})


def test_entries_ascend_by_their_own_index() -> None:
    entries = parse_entries(FULL.entries)
    assert [entry.index for entry in entries] == [1, 7, 9, 11]
    assert parse_entries([]) == ()
    for wrong in (FULL.entries[::-1], FULL.entries[:1] * 2):
        with pytest.raises(FormatError, match="entries do not ascend"):
            parse_entries(wrong)


@pytest.mark.parametrize("entry", ["", "{}", "é", " "])
def test_what_is_no_entry(entry: str) -> None:
    proven = ProvenEntry(entry=entry, signature="", path=())
    with pytest.raises(FormatError):
        parse_entries([proven])


def test_hashes() -> None:
    assert decode_hashes([fill("a"), encode_base64(bytes(32))])[1] == bytes(32)
    assert decode_hashes([]) == ()
    for bad in ("", fill("a", 31), fill("a", 33), fill("a")[:-1], "A" * 42 + "B="):
        with pytest.raises(FormatError):
            decode_hashes([fill("a"), bad])


def test_number_of_items_is_limited() -> None:
    members = unspell(encode_bundle(FULL))
    entry = members["entries"][0]
    leaves = [{"leaf": k, "bits": "", "path": []} for k in range(BUNDLE_ITEMS_MAX + 1)]
    links = [{"entry": 1, "certification": k, "path": []} for k in range(BUNDLE_ITEMS_MAX + 1)]
    for name, items in (
        ("entries", [entry] * 1001),
        ("status", leaves),
        ("endorsements", links),
    ):
        parse_bundle(spell(members | {name: items[:-1]}))
        refuse(members | {name: items})
        if name != "endorsements":
            refuse(members | {"later": members["later"] | {name: items}})


def test_length_of_paths_is_limited() -> None:
    members = unspell(encode_bundle(FULL))
    hashes = [fill("a")] * PATH_HASHES_MAX
    for place in (
        ("entries", 0, "path"),
        ("status", 0, "path"),
        ("endorsements", 0, "path"),
        ("later", "proof"),
    ):
        parse_bundle(spell(replaced(members, place, hashes)))
        refuse(replaced(members, place, [*hashes, fill("a")]))


def test_the_size_limit_is_exact() -> None:
    base = len(encode_bundle(SMALL)) - len(spell(SMALL.checkpoint))
    fitting = "x" * (BUNDLE_SIZE_MAX - base - 2)
    members = unspell(encode_bundle(SMALL))
    assert len(spell(members | {"checkpoint": fitting})) == BUNDLE_SIZE_MAX
    assert parse_bundle(spell(members | {"checkpoint": fitting})).checkpoint == fitting
    parse_bundle(spell(members | {"checkpoint": fitting}) + b"\n")
    refuse(members | {"checkpoint": fitting + "x"})


def test_what_is_disclosed_is_limited_in_all_lists_together() -> None:
    """Digests do not count, nor do bytes: characters do, as in each string of a record."""
    rest = len(RECORD) - 1
    digests = ["d" * DIGEST_TEXT_SIZE] * (rest - 1)
    members = unspell(encode_bundle(FULL))
    one, last = members["entries"][1], members["later"]["entries"][0]

    def made(first: int, second: int, letter: str = "x") -> dict[str, Any]:
        record = ["", letter * first, *digests]
        later = members["later"] | {
            "entries": [last | {"record": ["", *[letter * second] * rest]}]
        }
        return members | {"entries": [one | {"record": record}], "later": later}

    half = DISCLOSED_SIZE_MAX // 2
    each = half // rest
    spare = half - each * rest
    for letter in "xé":
        parse_bundle(spell(made(half + spare, each, letter)))
        refuse(made(half + spare + 1, each, letter))
        refuse(made(half + spare, each + 1, letter))
    # One more, and it would be a digest of 43 characters.
    parse_bundle(spell(made(DISCLOSED_SIZE_MAX - 42 * rest, 42)))
    refuse(made(DISCLOSED_SIZE_MAX - 42 * rest + 1, 42))
    parse_bundle(spell(made(DISCLOSED_SIZE_MAX, 43)))
    refuse(made(DISCLOSED_SIZE_MAX + 1, 43))


def test_what_could_not_be_read_is_not_written() -> None:
    with pytest.raises(FormatError):
        encode_bundle(
            Bundle(format="provenance-proof/1", checkpoint="", entries=(), status=(LEAF, LEAF))
        )
