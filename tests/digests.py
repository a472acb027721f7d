"""The digest of a deposit, made anew from the text of the formats, for plain files and forms.

Nothing here knows the package. Of a file it understands what samples are written with: all
declarations on the root, and passages without attributes.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_DECLARATION: Final = re.compile(rb'\sxmlns(?::([^\s=]+))?="([^"]*)"')
_TOKENS: Final = re.compile(
    rb"<(?:[^\s<>/:]+:)?passageCertification>.*?</(?:[^\s<>/:]+:)?passageCertification>"
    rb"|<(?:[^\s<>/:]+:)?(idClient|idContrat|type|code|natureDeposant)>([^<]*)<"
    rb"|</(?:[^\s<>/:]+:)?(certification)>",
    re.DOTALL,
)


def digest_of_file(data: bytes, salt: bytes) -> bytes:
    """Digest a deposited file under its file salt."""
    return _digest(data, _sources(data), salt)


def digest_of_form(records: Sequence[Mapping[str, object]], salt: bytes) -> bytes:
    """Digest a form, whose records are complete and in the order of the schema."""
    texts = [_json(record) for record in records]
    sources = [
        _source([], dict(record), text) for record, text in zip(records, texts, strict=True)
    ]
    return _digest(b"[" + b",".join(texts) + b"]", sources, salt)


def leaves_of_file(data: bytes, salt: bytes) -> list[bytes]:
    """Return the leaf hashes of a deposited file, from leaf 0 on."""
    return _leaves(data, _sources(data), salt)


def _sources(data: bytes) -> list[bytes]:
    root = data[data.index(b"flux") : data.index(b">", data.index(b"flux"))]
    bindings = sorted(
        (prefix.decode(), uri.decode()) for prefix, uri in _DECLARATION.findall(root)
    )
    header: list[str] = []
    own: dict[str, str] = {}
    sources = []
    for found in _TOKENS.finditer(data):
        if found[1] in {b"idClient", b"idContrat"}:
            header.append(found[2].decode())
        elif found[1]:
            own[found[1].decode()] = found[2].decode()
        elif found[3]:
            own = {}
        else:
            names = ("emetteur", "certificateur", "contrat")
            fields = {**dict(zip(names, header, strict=True)), **own}
            sources.append(_source(bindings, fields, found[0]))
    return sources


def _source(
    bindings: Sequence[tuple[str, str]], fields: Mapping[str, object], data: bytes
) -> bytes:
    names = ("emetteur", "certificateur", "contrat", "type", "code", "natureDeposant")
    parts = _json(list(map(list, bindings))), _json([fields.get(name) for name in names])
    around = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return hashlib.sha256(b"provenance/source/v1\n" + around + data).digest()


def _leaves(data: bytes, sources: Sequence[bytes], salt: bytes) -> list[bytes]:
    stream = hashlib.shake_256(b"provenance/file-salts/v1\n" + salt)
    salts = stream.digest(32 * (len(sources) + 1))
    leaves = [b"provenance/file/v1\n" + salts[:32] + hashlib.sha256(data).digest()]
    leaves += [
        b"provenance/passage/v1\n" + salts[32 * k : 32 * k + 32] + source
        for k, source in enumerate(sources, 1)
    ]
    return [hashlib.sha256(b"\0" + leaf).digest() for leaf in leaves]


def _digest(data: bytes, sources: Sequence[bytes], salt: bytes) -> bytes:
    count, root = len(sources).to_bytes(8, "big"), _root(_leaves(data, sources, salt))
    return hashlib.sha256(b"provenance/deposit-digest/v1\n" + count + root).digest()


def _root(hashes: Sequence[bytes]) -> bytes:
    """Hash a tree as RFC 6962 section 2.1 says it."""
    if len(hashes) == 1:
        return hashes[0]
    half = 1 << ((len(hashes) - 1).bit_length() - 1)
    return hashlib.sha256(b"\1" + _root(hashes[:half]) + _root(hashes[half:])).digest()


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
