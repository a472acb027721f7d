"""Proofs of single entries that any C2SP verifier reads: ``tlog-proof``.

::

    c2sp.org/tlog-proof@v1
    extra cHJvdmVuYW5jZQ==
    index 7
    <base64 hash: the leaf's sibling first>
    …

    <the signed checkpoint, verbatim>

The ``extra`` line may be missing; it is read and believed by nobody. Source: C2SP
tlog-proof.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from provenance.encoding import (
    decode_base64,
    decode_fixed,
    decode_text,
    encode_base64,
    parse_decimal,
)
from provenance.errors import FormatError
from provenance.tlog.checkpoint import parse_checkpoint
from provenance.tlog.merkle import HASH_SIZE, verify_inclusion
from provenance.tlog.note import split_note
from provenance.tlog.policy import verify_checkpoint

if TYPE_CHECKING:
    from provenance.tlog.checkpoint import Checkpoint
    from provenance.tlog.policy import Policy

HEADER: Final = "c2sp.org/tlog-proof@v1"
PATH_HASHES_MAX: Final = 63


class TlogProof(Struct, frozen=True):
    """An inclusion proof with its signed checkpoint; ``path`` has 32-byte hashes."""

    index: int
    path: tuple[bytes, ...]
    checkpoint: str
    extra: bytes | None = None


def format_tlog_proof(proof: TlogProof) -> str:
    """Write a proof. Raises `FormatError` where `parse_tlog_proof` would."""
    text = _format(proof)
    parse_tlog_proof(text)
    return text


def _format(proof: TlogProof) -> str:
    extra = [] if proof.extra is None else [f"extra {encode_base64(proof.extra)}"]
    lines = [HEADER, *extra, f"index {proof.index}", *map(encode_base64, proof.path), ""]
    return "\n".join(lines) + "\n" + proof.checkpoint


def parse_tlog_proof(data: str | bytes) -> TlogProof:
    """Parse a proof; nothing is verified. Raises `FormatError`."""
    text = decode_text(data, "proof")
    head, _, checkpoint = text.partition("\n\n")
    header, *lines = head.split("\n")
    extra = lines.pop(0) if lines and lines[0].startswith("extra ") else None
    if header != HEADER or not lines or len(lines) > PATH_HASHES_MAX + 1:
        raise FormatError("malformed proof")
    parse_checkpoint(split_note(checkpoint)[0])
    proof = TlogProof(
        index=parse_decimal(lines[0].removeprefix("index ")),
        path=tuple(decode_fixed(line, HASH_SIZE) for line in lines[1:]),
        checkpoint=checkpoint,
        extra=None if extra is None else decode_base64(extra.removeprefix("extra ")),
    )
    if _format(proof) != text:
        raise FormatError("malformed proof")
    return proof


def verify_tlog_proof(data: str | bytes, leaf_hash: bytes, policy: Policy) -> Checkpoint:
    """Check that the leaf is in a log that the policy believes; give the checkpoint.

    Raises `FormatError`, `SignatureError` or `InclusionError`.
    """
    proof = parse_tlog_proof(data)
    checkpoint = verify_checkpoint(proof.checkpoint, policy).checkpoint
    verify_inclusion(leaf_hash, proof.index, checkpoint.size, proof.path, checkpoint.root)
    return checkpoint
