"""Bundles that are no bundles, or whose checkpoint no policy should believe."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from notes import ECDSASigner
from provenance.encoding import encode_base64, encode_json
from provenance.record.bundle import EndorsementLink, StatusLeaf, encode_bundle
from provenance.tlog.note import sign_note
from simulator import Simulator, make_log, make_record
from vectors.drafts import fails, unreadable
from vectors.good_bundles import keep_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.record.bundle import Bundle
    from vectors.cases import Draft

ZEROS: Final = encode_base64(bytes(32))


def bad_bundles() -> Iterator[Draft]:
    """Give them all."""
    yield from _formats()
    yield from _shapes()
    yield from _origins()
    yield from _checkpoints()
    yield from _malformed_notes()
    yield from _signatures()
    yield from _quorums()
    yield from _laters()


def _formats() -> Iterator[Draft]:
    """Give bytes that are not the one spelling of a bundle, though they begin like one."""
    log, (index,) = make_log()
    data = encode_bundle(log.prove(index))
    tree = json.loads(data)
    swapped = {"format": tree["format"], "entries": tree["entries"], **tree}
    for id_, note, other in (
        ("newline-at-end", "not a byte more", data + b"\n"),
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
        ("number-huge", "10,000 digits", data.replace(b'"leaf":0', b'"leaf":' + b"9" * 10_000)),
        ("number-true", "true is no number", data.replace(b'"leaf":0', b'"leaf":true')),
        ("nested", "10,000 lists in a list", data[:-1] + b',"more":' + b"[" * 10_000),
    ):
        yield unreadable(id_, note, log, other)
    for id_, note, other in (
        ("empty", "no byte at all", b""),
        ("text", "no JSON", b"This is no proof.\n"),
        ("zeros", "zero bytes", bytes(300)),
    ):
        yield unreadable(id_, note, log, other, kind="unknown", proof_failing=(), suffix="bin")


def _shapes() -> Iterator[Draft]:
    """Give bundles whose members break a limit or a type."""
    log, indexes = make_log(2)
    bundle = log.prove(*indexes)
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
    hidden = shown.index(b',"hidden"')
    for id_, note, other in (
        ("hidden-empty", "empty lists are left out", shown[:hidden] + b',"hidden":[]}'),
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


def _origins() -> Iterator[Draft]:
    log, (index,) = make_log()
    bundle = log.prove(index)
    other = Simulator("other.example/2026")
    yield fails("origin", "unknown", "the policy names another log", other, bundle)
    renamed = bundle.checkpoint.replace("ledger.example", "Ledger.example")
    made = replace(bundle, checkpoint=renamed)
    yield fails("origin", "of-another-case", "names are compared as they are", log, made)


def _checkpoints() -> Iterator[Draft]:
    log, (index,) = make_log()
    bundle, note = log.prove(index), log.notes[log.size]
    other, _ = make_log(log_name="another log")
    yield fails("checkpoint", "other-keys", "keys that the policy does not list", other, bundle)
    for kept, name in enumerate(("ed25519", "ml-dsa")):
        made = replace(bundle, checkpoint=keep_lines(note, kept))
        yield fails(
            "checkpoint", f"{name}-only", "a signature of each type is needed", log, made
        )
    twice = replace(bundle, checkpoint=keep_lines(note, 0, 0, 1))
    yield fails("checkpoint", "signed-twice", "two signatures by one key", log, twice)
    size, root = f"\n{log.size}\n", note.split("\n")[2]
    for id_, said, changed in (
        ("size-changed", "7 for 6", note.replace(size, f"\n{log.size + 1}\n")),
        ("root-changed", "another root", note.replace(root, ZEROS)),
        ("text-of-another", "its signatures under another text", _text_of_another(log, note)),
    ):
        made = replace(bundle, checkpoint=changed)
        yield fails("checkpoint", id_, said, log, made)
    log.publish(status=False, extensions=("more",))
    note_ = "a line after the root, though it is signed"
    yield fails("checkpoint", "extension", note_, log, log.prove(index))


def _text_of_another(log: Simulator, note: str) -> str:
    log.certify(3)
    log.publish()
    text = log.notes[log.size].rpartition("\n\n")[0]
    return f"{text}\n\n{note.rpartition(chr(10) * 2)[2]}"


def _malformed_notes() -> Iterator[Draft]:
    log, (index,) = make_log()
    bundle, note = log.prove(index), log.notes[log.size]
    size, root = f"\n{log.size}\n", note.split("\n")[2]
    for id_, said, changed in (
        ("empty", "no note", ""),
        ("no-signatures", "only a text", note.rpartition("\n\n")[0] + "\n"),
        ("no-last-newline", "a line ends", note[:-1]),
        ("newline-at-end", "an empty line too many", note + "\n"),
        ("carriage-returns", "a control character", note.replace("\n", "\r\n")),
        ("tab", "a control character", note.replace("\n\n\u2014", "\t\n\n\u2014")),
        ("hyphen", "an em dash begins a line", note.replace("\u2014", "-")),
        ("two-spaces", "one space each", note.replace("\u2014 ", "\u2014  ", 1)),
        ("size-0", "a leading zero", note.replace(size, f"\n0{log.size}\n")),
        ("size-plus", "a sign", note.replace(size, f"\n+{log.size}\n")),
        ("size-too-large", "2^64", note.replace(size, f"\n{1 << 64}\n")),
        ("size-arabic", "digits of another script", note.replace(size, "\n\u0666\n")),
        ("size-empty", "no size", note.replace(size, "\n\n")),
        ("root-short", "31 bytes", note.replace(root, encode_base64(bytes(31)))),
        ("root-unpadded", "base64 has padding", note.replace(root, root.rstrip("="))),
        ("root-respelled", "one spelling of a value", note.replace(root, _respell(root))),
        ("signature-short", "a key id and nothing else", note + "\u2014 k AAAAAA==\n"),
        ("name-plus", "no plus in a name", note + "\u2014 a+b AAAAAAA=\n"),
        ("lines-of-101", "100 at most", note + "\u2014 k AAAAAAA=\n" * 99),
        ("origin-empty", "no origin", note.replace(f"{log.origin}\n", "\n", 1)),
    ):
        made = replace(bundle, checkpoint=changed)
        yield fails("checkpoint", id_, said, log, made)


def _respell(text: str) -> str:
    """Change the last bits of base64, which stand for nothing, in text that ends in ``=``."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return text[:-2] + alphabet[alphabet.index(text[-2]) | 1] + "="


def _signatures() -> Iterator[Draft]:
    log, (index,) = make_log()
    bundle, note = log.prove(index), log.notes[log.size]
    for line, name in enumerate(("ed25519", "ml-dsa")):
        for at in (4, 20, -1):
            made = replace(bundle, checkpoint=_flip(note, line, at))
            where = "end" if at < 0 else str(at)
            said = f"a bit of byte {where} of its line flipped"
            yield fails("checkpoint", f"{name}-flipped-{where}", said, log, made)
        made = replace(bundle, checkpoint=_cut(note, line))
        yield fails("checkpoint", f"{name}-cut", "a byte is missing", log, made)
        made = replace(bundle, checkpoint=_flip(note, line, 0))
        said = "another key id: a line of nobody, and one of a listed type is missing"
        yield fails("checkpoint", f"{name}-of-nobody", said, log, made)
    log.log_signers = [ECDSASigner(log.origin), *log.log_signers]
    log.publish()
    bundle = log.prove(index)
    made = replace(bundle, checkpoint=_flip(bundle.checkpoint, 0, -1))
    yield fails("checkpoint", "ecdsa-flipped", "its last byte", log, made)
    log, (index,) = make_log(witnesses=("alpha",))
    bundle = log.prove(index)
    made = replace(bundle, checkpoint=_flip(bundle.checkpoint, 2, -1))
    said = "a line of a known witness that does not verify refuses the whole note"
    yield fails("checkpoint", "witness-flipped", said, log, made)
    made = replace(bundle, checkpoint=_flip(bundle.checkpoint, 2, 6))
    said = "the time of a cosignature is signed"
    yield fails("checkpoint", "witness-time-changed", said, log.policy(quorum=1), made)


def _edit(note: str, number: int, data: bytes) -> str:
    text, _, tail = note.rpartition("\n\n")
    lines = tail.splitlines()
    head = lines[number].rpartition(" ")[0]
    lines[number] = f"{head} {encode_base64(data)}"
    return f"{text}\n\n" + "".join(f"{line}\n" for line in lines)


def _raw(note: str, number: int) -> bytes:
    line = note.rpartition("\n\n")[2].splitlines()[number]
    return base64.b64decode(line.rpartition(" ")[2])


def _flip(note: str, number: int, at: int) -> str:
    data = bytearray(_raw(note, number))
    data[at] ^= 1
    return _edit(note, number, bytes(data))


def _cut(note: str, number: int) -> str:
    return _edit(note, number, _raw(note, number)[:-1])


def _quorums() -> Iterator[Draft]:
    log, (index,) = make_log(witnesses=("alpha", "beta", "gamma"))
    bundle, policy = log.prove(index), log.policy(quorum=2)
    for keep in (2, 3):
        made = replace(bundle, checkpoint=keep_lines(bundle.checkpoint, *range(keep)))
        yield fails("quorum", f"with-{keep - 2}", "two of three are asked", policy, made)
    made = replace(bundle, checkpoint=keep_lines(bundle.checkpoint, 0, 1, 2, 3))
    text = policy.replace("group most 2", "group most all")
    yield fails("quorum", "not-all", "all of three are asked", text, made)
    text = policy.replace("quorum most", "quorum gamma")
    yield fails("quorum", "another-witness", "the policy asks for a third one", text, made)
    other = Simulator(witnesses=("delta",))
    yield fails(
        "quorum",
        "unknown-witnesses",
        "not those that are asked",
        other.policy(quorum=1),
        bundle,
    )


def _laters() -> Iterator[Draft]:
    log, (index,) = make_log()
    old = log.size
    log.certify(3)
    log.publish()
    later, bundle = log.show_later(old, index), log.prove(index, size=old)
    fork, _ = make_log(records=[make_record(code="RS5000")])
    fork.certify(3)
    fork.publish()
    note = later.checkpoint
    for id_, said, changed in (
        ("proof-cut", "a hash is missing", replace(later, proof=later.proof[:-1])),
        ("proof-longer", "a hash is left over", replace(later, proof=(*later.proof, ZEROS))),
        ("proof-empty", "no proof", replace(later, proof=())),
        ("proof-reversed", "in another order", replace(later, proof=later.proof[::-1])),
        ("proof-malformed", "no base64", replace(later, proof=("",))),
        ("malformed", "no checkpoint", replace(later, checkpoint="x")),
        (
            "not-later",
            "the first one again, with a proof",
            replace(later, checkpoint=log.notes[old]),
        ),
        ("fork", "signed, but another history", fork.show_later(old, index)),
        ("one-key", "a signature of each type", replace(later, checkpoint=keep_lines(note, 0))),
        (
            "flipped",
            "a signature that does not hold",
            replace(later, checkpoint=_flip(note, 0, -1)),
        ),
    ):
        yield fails("later", id_, said, log, replace(bundle, later=changed))
    earlier = replace(later, checkpoint=log.notes[old])
    made = replace(log.prove(index, size=log.size), later=earlier)
    yield fails("later", "earlier", "smaller than the first one", log, made)
    yield from _laters_elsewhere(log, index, bundle)


def _laters_elsewhere(log: Simulator, index: int, bundle: Bundle) -> Iterator[Draft]:
    old = min(log.notes)
    other, _ = make_log(3, origin="other.example/2026", log_name="other")
    later = replace(other.show_later(old), entries=(), status=())
    both = log.policy().replace("quorum none\n", "") + other.policy()
    made = replace(bundle, later=later)
    yield fails("later", "another-log", "believed, but not this log", both, made)
    yield fails("later", "unknown-log", "not believed at all", log, made)
    made = replace(bundle, later=later)
    yield fails("origin", "of-the-first", "only the later one is believed", other, made)
    text = log.notes[log.size].rpartition("\n\n")[0] + "\nmore\n"
    extended = replace(log.show_later(old, index), checkpoint=sign_note(text, log.log_signers))
    said = "a line after the root"
    yield fails("later", "extension", said, log, replace(bundle, later=extended))
    yield from _keys_that_did_not_sign(log, index, bundle)


def _keys_that_did_not_sign(log: Simulator, index: int, bundle: Bundle) -> Iterator[Draft]:
    old, first = min(log.notes), log.log_signers
    log.use_log_keys("new keys")
    log.certify(3)
    log.publish()
    yield fails("checkpoint", "keys-left", "and no later one is shown", log, bundle)
    log.log_signers = [first[0], log.log_signers[1]]
    log.publish()
    made = replace(bundle, later=log.show_later(old, index))
    made = replace(made, checkpoint=_flip(made.checkpoint, 0, -1))
    said = "a key that is still in the policy must have signed"
    yield fails("checkpoint", "remaining-key-flipped", said, log, made)
