"""Bundles whose checkpoint, or later checkpoint, no policy should believe."""

from __future__ import annotations

import base64
from functools import partial
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from notes import ECDSASigner
from provenance.encoding import encode_base64
from provenance.tlog.note import Ed25519Signer, SignatureLine, sign_note
from simulator import Simulator, ed25519_key, make_log, make_record
from vectors import drafts
from vectors.drafts import ZEROS, prove_bare, warns
from vectors.good_logs import keep_lines
from verifying import lean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.record.bundle import Bundle
    from vectors.cases import Draft


fails: Final = partial(drafts.fails, whole=True)
"""The notes of these cases are shown as they are, with both signatures of the log."""
BARE: Final = "incomplete no-identity"


def bad_logs() -> Iterator[Draft]:
    """Return them all."""
    yield from _origins()
    yield from _checkpoints()
    yield from _malformed_notes()
    yield from _most_lines()
    yield from _signed_texts()
    yield from _signatures()
    yield from _quorums()
    yield from _laters()


def _origins() -> Iterator[Draft]:
    log, (index,) = make_log()
    bundle = prove_bare(log, index)
    other = Simulator("other.example/2026")
    yield fails("origin", "unknown", "the policy names another log", other, bundle)
    renamed = bundle.checkpoint.replace("ledger.example", "Ledger.example")
    made = replace(bundle, checkpoint=renamed)
    yield fails("origin", "of-another-case", "names are compared as they are", log, made)


def _checkpoints() -> Iterator[Draft]:
    log, (index,) = make_log()
    bundle, note = prove_bare(log, index), log.notes[log.size]
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
    yield fails("checkpoint", "extension", note_, log, prove_bare(log, index))


def _text_of_another(log: Simulator, note: str) -> str:
    log.certify(3)
    log.publish()
    text = log.notes[log.size].rpartition("\n\n")[0]
    return f"{text}\n\n{note.rpartition(chr(10) * 2)[2]}"


def _malformed_notes() -> Iterator[Draft]:
    log, (index,) = make_log()
    policy, bundle = lean(log, prove_bare(log, index))
    note = bundle.checkpoint
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
        ("lines-of-101", "100 at most", note + "\u2014 k AAAAAAA=\n" * 100),
        ("origin-empty", "no origin", note.replace(f"{log.origin}\n", "\n", 1)),
    ):
        made = replace(bundle, checkpoint=changed)
        yield fails("checkpoint", id_, said, policy, made)


def _most_lines() -> Iterator[Draft]:
    log, (index,) = make_log()
    policy, bundle = lean(log, prove_bare(log, index))
    made = replace(bundle, checkpoint=bundle.checkpoint + "\u2014 k AAAAAAA=\n" * 99)
    yield warns(BARE, "checkpoint-lines-of-100", "as many as there may be", policy, made)


class _AnyText(Ed25519Signer):
    """Signs whatever it is given, so that a text's form alone is wrong."""

    def note(self, text: str) -> str:
        key = self.verifier_key
        line = str(SignatureLine(key.name, key.key_id, self.sign(text)))
        return f"{text}\n{line}"


def _signed_texts() -> Iterator[Draft]:
    """Sign texts that are no checkpoints, under a policy that lists this one key."""
    log, (index,) = make_log()
    bundle, signer = prove_bare(log, index), _AnyText(log.origin, ed25519_key("log"))
    policy = f"log {signer.verifier_key}\nquorum none\n"
    text = f"{bundle.checkpoint.partition(chr(10) * 2)[0]}\n"
    origin, size, root = text.splitlines()
    for id_, said, lines in (
        ("size-0", "a leading zero", [origin, f"0{size}", root]),
        ("size-plus", "a sign", [origin, f"+{size}", root]),
        ("size-spaced", "a space", [origin, f" {size}", root]),
        ("size-underscore", "digits alone", [origin, f"0_{size}", root]),
        ("size-fraction", "an integer", [origin, f"{size}.0", root]),
        ("size-exponent", "digits alone", [origin, f"{size}e0", root]),
        ("size-hexadecimal", "decimal", [origin, f"0x{size}", root]),
        ("size-too-large", "2^64", [origin, str(1 << 64), root]),
        ("root-short", "31 bytes", [origin, size, encode_base64(bytes(31))]),
        ("root-unpadded", "base64 has padding", [origin, size, root.rstrip("=")]),
        ("root-respelled", "one spelling of a value", [origin, size, _respell(root)]),
        ("root-url", "the usual alphabet", [origin, size, "-" + root[1:]]),
        ("root-missing", "three lines", [origin, size]),
        ("line-more", "no extension lines", [origin, size, root, "more"]),
        ("line-empty", "no empty line", [origin, size, root, ""]),
    ):
        note = signer.note("".join(f"{line}\n" for line in lines))
        made = replace(bundle, checkpoint=note)
        yield fails("checkpoint", f"signed-{id_}", f"signed: {said}", policy, made)
    for id_, said, other in (
        ("tab", "a control character", f"{origin}\t\n{size}\n{root}\n"),
        ("returns", "newlines alone", f"{origin}\r\n{size}\r\n{root}\r\n"),
    ):
        made = replace(bundle, checkpoint=signer.note(other))
        yield fails("checkpoint", f"signed-{id_}", f"signed: {said}", policy, made)
    made = replace(bundle, checkpoint=signer.note(text))
    said = "the text as it is, signed in the same way"
    yield warns(BARE, "checkpoint-signed-so", said, policy, made, whole=True)


def _respell(text: str) -> str:
    """Change the last bits of base64, which stand for nothing, in text that ends in ``=``."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return text[:-2] + alphabet[alphabet.index(text[-2]) | 1] + "="


def _signatures() -> Iterator[Draft]:
    log, (index,) = make_log()
    bundle, note = prove_bare(log, index), log.notes[log.size]
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
    bundle = prove_bare(log, index)
    made = replace(bundle, checkpoint=_flip(bundle.checkpoint, 0, -1))
    yield fails("checkpoint", "ecdsa-flipped", "its last byte", log, made)
    log, (index,) = make_log(witnesses=("alpha",))
    bundle = prove_bare(log, index)
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
    bundle, policy = prove_bare(log, index), log.policy(quorum=2)
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
    later, bundle = log.show_later(old, index), prove_bare(log, index, size=old)
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
        whole = id_ in {"malformed", "one-key", "flipped"}
        made = replace(bundle, later=changed)
        yield drafts.fails("later", id_, said, log, made, whole=whole)
    earlier = replace(later, checkpoint=log.notes[old])
    made = replace(prove_bare(log, index, size=log.size), later=earlier)
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
