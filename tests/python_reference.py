"""The page about Python names, made from the docstrings: ``python tests/python_reference.py``.

``docs/reference/python.md`` must be what this prints; a test compares them.
"""

from __future__ import annotations

import inspect
import re
import sys
from typing import TYPE_CHECKING, Any, Final

import msgspec

from provenance import (
    audit,
    cv,
    fetching,
    keys,
    ledger,
    reconstruct,
    refreshing,
    report,
    verifier,
)
from provenance.cdc import report as receipts
from provenance.cdc import xsd
from provenance.cv import holder, summary
from provenance.cv import render as cv_render
from provenance.ledger import erasing, keeping, keyhistory, reading, tiles
from provenance.record import bundle
from provenance.tlog import checkpoint, note, policy, proof, prover, tiletree
from provenance.tlog import tiles as tlog_tiles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HEAD: Final = """\
# Python

The names that are meant to be used, with their docstrings; this page is made from them. The
front doors are in `provenance` itself:

```python
from provenance import Accept, DepositSignature, Ledger, Refuse, Report, Verifier
```

Everything that goes wrong is a subclass of `ProvenanceError`: [the whole tree](errors.md).
Nothing else leaves a public function because of what was handed in. Numbers named `…_s` are
seconds, `…_us` microseconds, `…_bytes` and `size` of files bytes; `index` is the position
of an entry, counted from 0.
"""

PARTS: Final[tuple[tuple[str, str, tuple[Any, ...]], ...]] = (
    (
        "The ledger",
        "provenance.ledger",
        (
            ledger.Ledger,
            ledger.Accept,
            ledger.Refuse,
            ledger.DepositSignature,
            ledger.form_digest,
            erasing.Erased,
        ),
    ),
    (
        "Receipts",
        "provenance.cdc.report",
        (
            receipts.Receipt,
            receipts.AcceptedPassage,
            receipts.DuplicatePassage,
            receipts.RefusedPassage,
            receipts.encode_receipt,
            receipts.parse_receipt,
            receipts.report_xml,
            receipts.refusal_xml,
        ),
    ),
    ("The operator's schema", "provenance.cdc.xsd", (xsd.XsdValidator,)),
    (
        "Verifying",
        "provenance.verifier, provenance.report",
        (
            verifier.Verifier,
            report.Report,
            report.Check,
            report.CheckpointReport,
            report.CertificationReport,
            report.Person,
        ),
    ),
    (
        "A CV against its proof",
        "provenance.reconstruct",
        (
            reconstruct.reconstruct,
            reconstruct.parse_cv,
            reconstruct.CvReport,
            reconstruct.LineReport,
        ),
    ),
    (
        "CVs that carry their proof",
        "provenance.cv",
        (
            cv.attach,
            cv.extract,
            cv.load_signer,
            cv.SealSigner,
            cv.seal,
            cv.verify,
            cv.CvReport,
            cv.Document,
            cv.parse_seal_roots,
            cv.SealRoots,
        ),
    ),
    (
        "Making a CV",
        "provenance.cv.render, provenance.cv.holder, provenance.cv.summary",
        (
            cv_render.render,
            cv_render.Options,
            holder.parse_holder,
            holder.Holder,
            summary.make_summary,
            summary.sign_summary,
            summary.decode_summary,
            summary.verify_summary,
            summary.Summary,
        ),
    ),
    (
        "Published tiles",
        "provenance.refreshing, provenance.fetching, provenance.ledger.tiles",
        (
            refreshing.refresh_bundle,
            refreshing.RefreshingVerifier,
            fetching.open_tiles,
            tiles.ExportedTiles,
            tiles.CheckedTiles,
            tiles.TileFault,
        ),
    ),
    ("Auditing", "provenance.audit", (audit.audit, audit.AuditReport)),
    (
        "Keys",
        "provenance.keys, provenance.ledger.keyhistory",
        (
            keys.KeyRing,
            keys.Signer,
            keys.open_signer,
            keys.write_private_key,
            keys.load_private_key,
            keys.read_private_key,
            keyhistory.OperatorKey,
        ),
    ),
    ("Proof bundles", "provenance.record.bundle", (bundle.parse_bundle, bundle.encode_bundle)),
    (
        "Any log of the C2SP formats",
        "provenance.tlog",
        (
            policy.parse_policy,
            policy.verify_checkpoint,
            checkpoint.parse_checkpoint,
            note.open_note,
            note.parse_verifier_key,
            proof.parse_tlog_proof,
            proof.verify_tlog_proof,
            tlog_tiles.TileName,
            tlog_tiles.parse_tile_name,
            tlog_tiles.parse_entries,
            tiletree.TileTree,
            prover.prove_inclusion,
            prover.prove_consistency,
        ),
    ),
)


def render() -> str:
    """Return the whole page."""
    return "".join(f"{part}\n" for part in (HEAD, *_parts()))


def _parts() -> Iterator[str]:
    for title, module, things in PARTS:
        yield f"## {title}\n\n`{module}`\n"
        for thing in things:
            yield from _class(thing) if inspect.isclass(thing) else _function(thing, "###")


def _class(kind: type) -> Iterator[str]:
    yield f"### {kind.__name__}\n"
    yield from _doc(kind)
    if issubclass(kind, msgspec.Struct):
        members = [
            f"{field.name}: {_plain(kind, field.name)}"
            for field in msgspec.structs.fields(kind)
        ]
        yield from ("```text", *members, "```\n")
    for name, member in _members(kind):
        if isinstance(member, property):
            yield f"#### {kind.__name__}.{name}\n"
            yield from _doc(member)
        else:
            yield from _function(getattr(kind, name), "####", f"{kind.__name__}.{name}")


def _members(kind: type) -> Iterator[tuple[str, Any]]:
    # What a reader can do is listed with the ledger, which is one.
    ledgers = [kind, keeping.Keeper, reading.Reader]
    bases = ledgers if kind is ledger.Ledger else [kind]
    for base in bases:
        for name, member in vars(base).items():
            public = not name.startswith("_")
            is_code = inspect.isfunction(member) or isinstance(member, property | classmethod)
            if public and is_code:
                yield name, member


def _plain(kind: type, name: str) -> str:
    for base in kind.__mro__:
        if name in vars(base).get("__annotations__", {}):
            return str(base.__annotations__[name])
    raise AssertionError(name)


def _function(
    function: Callable[..., Any], level: str, name: str | None = None
) -> Iterator[str]:
    yield f"{level} {name or function.__name__}\n"
    signature = str(inspect.signature(function)).replace("'", "")
    yield f"```text\n{function.__name__}{signature}\n```\n"
    yield from _doc(function)


def _doc(thing: object) -> Iterator[str]:
    text = inspect.getdoc(thing) or ""
    # Literal blocks and names in two backquotes, as Markdown has them.
    text = re.sub(r"``([^`]+)``", r"`\1`", text)
    lines, literal = [], False
    for line in text.splitlines():
        starts = line.endswith("::")
        if literal and line and not line.startswith(" "):
            literal = False
        lines.append(line[:-1] if starts else line)
        literal = literal or starts
    yield "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(render().rstrip() + "\n")
