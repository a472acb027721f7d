"""A C2SP ``tlog-proof``, for ``verify``: that one entry stands in the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.cli.exits import NO, YES
from provenance.cli.files import read_file
from provenance.cli.output import Answer
from provenance.encoding import encode_base64
from provenance.errors import FormatError, VerificationError
from provenance.record.entry import ENTRY_SIZE_MAX
from provenance.tlog.merkle import leaf_hash
from provenance.tlog.policy import parse_policy
from provenance.tlog.proof import parse_tlog_proof, verify_tlog_proof

if TYPE_CHECKING:
    import argparse

    from provenance.cli.output import Output


def verify(data: bytes, policy: str, args: argparse.Namespace) -> Answer:
    """Check the proof against the bytes of the entry.

    Raises `FormatError` for what is no such proof, and where the entry is not given.
    """
    if args.entry is None:
        raise FormatError("a tlog-proof is checked together with its entry: --entry FILE")
    if {args.max_age, args.cv, args.genesis, args.refresh} != {None}:
        raise FormatError("--max-age, --cv, --genesis and --refresh go with a proof bundle")
    trusted = parse_policy(policy)
    index = parse_tlog_proof(data).index
    leaf = leaf_hash(read_file(args.entry, size_max=ENTRY_SIZE_MAX))
    document: dict[str, object] = {"verdict": "no", "index": index}
    try:
        checkpoint = verify_tlog_proof(data, leaf, trusted)
    except VerificationError as error:
        reason = str(error)
        document |= {"error": {"type": type(error).__name__, "message": reason}}
        return Answer(NO, document, lambda out: _refuse(reason, out))
    document |= {
        "verdict": "yes",
        "origin": checkpoint.origin,
        "size": checkpoint.size,
        "root": encode_base64(checkpoint.root),
    }
    said = f"YES: this is entry {index} of {checkpoint.origin}, at size {checkpoint.size}."
    return Answer(YES, document, lambda out: out.verdict(said, good=True))


def _refuse(reason: str, out: Output) -> None:
    out.verdict("NO: the entry is not proven to stand in the log.", good=False)
    out.line(f"  {reason}")
