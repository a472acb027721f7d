"""Files that are not proof bundles, though most of them begin like one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from msgspec.structs import replace

from provenance.encoding import encode_json
from provenance.record.bundle import EndorsementLink, StatusLeaf, encode_bundle
from simulator import make_log
from vectors.drafts import ZEROS, holds, prove_bare, unreadable
from verifying import lean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.record.bundle import Bundle
    from vectors.cases import Draft


def bad_formats() -> Iterator[Draft]:
    """Return them all."""
    yield from _formats()
    yield from _shapes()


def _formats() -> Iterator[Draft]:
    """Return bytes that are not the one spelling of a bundle, though they begin like one."""
    log, (index,) = make_log()
    policy, bundle = lean(log, log.prove(index))
    note = "one newline behind it is passed over, as editors write it"
    yield holds("format-newline", note, policy, encode_json(bundle) + b"\n")
    # Smaller, for what follows is not read.
    data = encode_json(lean(log, prove_bare(log, index))[1])
    tree = json.loads(data)
    swapped = {"format": tree["format"], "entries": tree["entries"], **tree}
    for id_, note, other in (
        ("newlines-at-end", "one, and no more", data + b"\n\n"),
        ("return-at-end", "a newline alone", data + b"\r\n"),
        ("space-at-end", "a newline alone", data + b" "),
        ("cut", "the last byte is missing", data[:-1]),
        ("half", "half of it", data[: len(data) // 2]),
        ("twice", "a second one behind it", data + data),
        ("nul-at-end", "not a byte more", data + b"\0"),
        ("space-inside", "no white space", data.replace(b',"entries"', b', "entries"')),
        (
            "slash-escaped",
            "one spelling of a string",
            data.replace(b"ledger.example/", b"ledger.example\\/"),
        ),
        (
            "letter-escaped",
            "one spelling of a string",
            data.replace(b"ledger.", b"\\u006cedger."),
        ),
        ("member-unknown", "nothing besides", data[:-1] + b',"more":1}'),
        ("member-twice", "the same once more", data[:-1] + b',"status":[]}'),
        ("later-null", "absent members are left out", data[:-1] + b',"later":null}'),
        ("endorsements-empty", "empty lists are left out", data[:-1] + b',"endorsements":[]}'),
        ("members-reordered", "one order", encode_json(swapped)),
        ("version-2", "another format", data.replace(b"proof/1", b"proof/2")),
        ("not-utf-8", "a byte that is no UTF-8", data.replace(b"ledger", b"l\xffdger", 1)),
        ("surrogate", "half a pair", data.replace(b"ledger", b"\\ud800edger", 1)),
        (
            "raw-surrogate",
            "half a pair, in bytes",
            data.replace(b"ledger", b"\xed\xa0\x80edger", 1),
        ),
        ("number-as-text", "a leaf is a number", data.replace(b'"leaf":0', b'"leaf":"0"')),
        ("number-fraction", "0.0 is not 0", data.replace(b'"leaf":0', b'"leaf":0.0')),
        ("number-exponent", "0e0 is not 0", data.replace(b'"leaf":0', b'"leaf":0e0')),
        ("number-minus-zero", "-0 is not 0", data.replace(b'"leaf":0', b'"leaf":-0')),
        ("number-negative", "no index", data.replace(b'"leaf":0', b'"leaf":-1')),
        ("number-too-large", "2^53", data.replace(b'"leaf":0', b'"leaf":9007199254740992')),
        ("number-huge", "2,000 digits", data.replace(b'"leaf":0', b'"leaf":' + b"9" * 2_000)),
        ("number-true", "true is no number", data.replace(b'"leaf":0', b'"leaf":true')),
        ("nested", "2,000 lists in a list", data[:-1] + b',"more":' + b"[" * 2_000),
    ):
        yield unreadable(id_, note, log, other)
    options = {"kind": "unknown", "level": "no-proof", "failing": (), "proof_failing": ()}
    for id_, note, other in (
        ("empty", "no byte at all", b""),
        ("text", "no JSON", b"This is no proof.\n"),
        ("zeros", "zero bytes", bytes(300)),
        ("mark", "a byte order mark in front", b"\xef\xbb\xbf" + data),
        ("utf-16", "another encoding", data.decode().encode("utf-16")),
        ("newline-in-front", "not even that", b"\x0b" + data),
    ):
        yield unreadable(id_, note, log, other, suffix="bin", **options)


def _shapes() -> Iterator[Draft]:
    """Return bundles whose members break a limit or a type."""
    log, indexes = make_log(2)
    _, bundle = lean(log, prove_bare(log, *indexes))
    (leaf,) = bundle.status
    link = EndorsementLink(4, 5, ())
    entry = bundle.entries[2]
    for id_, note, changed in (
        ("path-of-65", "64 hashes at most", _with_path(bundle, (ZEROS,) * 65)),
        ("status-twice", "leaves ascend", replace(bundle, status=(leaf, leaf))),
        (
            "status-descends",
            "leaves ascend",
            replace(bundle, status=(replace(leaf, leaf=1), leaf)),
        ),
        ("endorsements-twice", "links ascend", replace(bundle, endorsements=(link, link))),
        ("status-of-1001", "1,000 at most", replace(bundle, status=_many_leaves())),
        ("entries-of-1001", "1,000 at most", replace(bundle, entries=_many_entries(bundle))),
    ):
        yield unreadable(id_, note, log, encode_json(changed))
    data = encode_bundle(bundle)
    shown = encode_json(entry)
    for id_, note, other in (
        ("hidden", "a member of old", shown[:-1] + b',"hidden":[]}'),
        (
            "entry-an-object",
            "entries are text",
            shown.replace(b'"entry":"', b'"entry":{},"x":"'),
        ),
        ("signature-missing", "each has its own", _without(shown, b'"signature"')),
        ("path-missing", "each has its own", _without(shown, b'"path"')),
        ("path-a-text", "a path is a list", _without(shown, b'"path"', b'"path":"",')),
    ):
        yield unreadable(id_, note, log, data.replace(shown, other))
    for name in ("checkpoint", "entries", "status"):
        tree = json.loads(data)
        del tree[name]
        yield unreadable(f"{name}-missing", "always there", log, encode_json(tree))


def _with_path(bundle: Bundle, path: tuple[str, ...]) -> Bundle:
    return replace(bundle, entries=(replace(bundle.entries[0], path=path), *bundle.entries[1:]))


def _many_leaves() -> tuple[StatusLeaf, ...]:
    return tuple(StatusLeaf(number, "", ()) for number in range(1001))


def _many_entries(bundle: Bundle) -> tuple[object, ...]:
    return (replace(bundle.entries[0], entry="", signature="", path=()),) * 1001


def _without(shown: bytes, name: bytes, instead: bytes = b"") -> bytes:
    start = shown.index(name)
    end = shown.index(b',"', start) + 1
    return shown[:start] + instead + shown[end:]
