"""Bundles with a time stamp over their checkpoint: sound ones, and what is none.

Certificates and tokens are made anew by every run.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from provenance.cv.roots import format_certificate
from provenance.encoding import encode_base64
from sealing import TSA, TSA_ROOT, Authority, Certified, certify
from simulator import make_log
from vectors.drafts import fails, holds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vectors.cases import Draft

ROOTS: Final = f"tsa\n{format_certificate(TSA_ROOT.der)}"
STAMPING: Final = (ExtendedKeyUsageOID.TIME_STAMPING,)


def stamp(data: bytes, signer: Certified = TSA, digest: str = "sha256") -> bytes:
    """Return a token over data, by an authority that has this certificate."""
    with TemporaryDirectory() as name:
        return Authority(Path(name), signer).stamp(data, digest)


def stamps() -> Iterator[Draft]:
    """Return them all."""
    log, (index,) = make_log()
    bundle = log.prove(index)
    note = bundle.checkpoint
    text = note.rpartition("\n\n")[0].encode() + b"\n"
    token = stamp(text)
    shown = encode_base64(token)

    def draft(
        failing: str = "", *, id_: str, said: str, token: str = shown, **options: Any
    ) -> Draft:
        made = log.prove(index, timestamp=token)
        options = {"seal_roots": ROOTS} | options
        if failing:
            return fails(failing, id_, said, log, made, **options)
        return holds(f"timestamp-{id_}", said, log, made, **options)

    yield draft(id_="good", said="over the text of the checkpoint")
    pinned = f"tsa\n{format_certificate(TSA.der)}"
    yield draft(id_="pinned", said="the authority's own certificate", seal_roots=pinned)
    said = "nobody is trusted for time stamps: not looked at"
    yield draft(id_="no-authority", said=said, seal_roots=None)
    yield draft(id_="no-authority-malformed", said=said, token="?", seal_roots=None)
    seals = f"seal\n{format_certificate(TSA_ROOT.der)}"
    said = "trusted for seals alone, so not looked at"
    yield draft(id_="of-seals", said=said, seal_roots=seals)
    yield from _others(draft, text, token, note.encode())
    yield from _authorities(draft, text)
    old = log.size
    log.publish()
    later = log.show_later(old, index)
    made = log.prove(index, size=old, timestamp=shown, later=later)
    said = "over the first of two checkpoints"
    options: dict[str, Any] = {"seal_roots": ROOTS}
    yield holds("timestamp-of-the-first", said, log, made, **options)
    newer = later.checkpoint.rpartition("\n\n")[0].encode() + b"\n"
    made = log.prove(index, size=old, timestamp=encode_base64(stamp(newer)), later=later)
    said = "over the second of two checkpoints"
    yield fails("timestamp", "of-the-second", said, log, made, **options)


def _others(draft: Any, text: bytes, token: bytes, note: bytes) -> Iterator[Draft]:
    broken = bytearray(token)
    broken[-1] ^= 1
    for id_, said, other in (
        ("of-the-note", "over the note with its signatures", stamp(note)),
        ("of-another-hash", "SHA-384 of the text", stamp(text, digest="sha384")),
        ("of-another-text", "over something else", stamp(b"something else")),
        ("cut", "its last byte is missing", token[:-1]),
        ("longer", "a byte behind it", token + b"\0"),
        ("flipped", "the last bit of its signature", bytes(broken)),
        ("empty", "no byte", b""),
    ):
        yield draft("timestamp", id_=id_, said=said, token=encode_base64(other))
    for id_, said, spelled in (
        ("no-base64", "not in the alphabet", "?"),
        ("unpadded", "base64 has padding", encode_base64(token + b"\0").rstrip("=") + "x"),
    ):
        yield draft("timestamp", id_=id_, said=said, token=spelled)


def _authorities(draft: Any, text: bytes) -> Iterator[Draft]:
    key = rsa.generate_private_key(65537, 2048)
    named = certify("Horloge RSA", TSA_ROOT, extended=STAMPING, key=key)
    token = encode_base64(stamp(text, named))
    yield draft(id_="by-rsa", said="an RSA key", token=token)
    other = certify("Horloge", certify("Horloge racine", ca=True), extended=STAMPING)
    token = encode_base64(stamp(text, other))
    said = "an authority of the same name, that nobody trusts"
    yield draft("timestamp", id_="by-a-stranger", said=said, token=token)
    old = certify("Horloge racine", ca=True, days=(-9, -2))
    new = certify("Horloge racine", ca=True, days=(2, 9))
    for id_, said, root in (
        ("expired", "under a root that was not valid any more", old),
        ("new", "under a root that was not valid yet", new),
    ):
        signer = certify("Horloge", root, extended=STAMPING)
        token = encode_base64(stamp(text, signer))
        roots = f"tsa\n{format_certificate(root.der)}"
        yield draft("timestamp", id_=f"by-{id_}", said=said, token=token, seal_roots=roots)
