"""The parsers that are fuzzed: each refuses bytes with `FormatError`, or reads them.

A target is a function that imports what it needs, so that only this is instrumented, and
returns the function that is fuzzed. That one raises what the parser refuses with, and lets
everything else through, which is then a finding. What a parser accepts is held against
what it must be: spelled again the same, or read the same in other pieces.

``place`` is a directory with what a verifier is given besides: ``policy.txt``, ``roots.txt``.
"""

from __future__ import annotations

import json
import time
from datetime import date
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Read: TypeAlias = "Callable[[bytes], object]"

TODAY: Final = date(2026, 12, 1)
DEPOSITOR: Final = "9EXAMPLE"


def _function(module: str, name: str) -> Read:
    found: Read = getattr(import_module(module), name)
    return found


def _any_of(*readers: Read) -> Read:
    """Read by all of them; what every one refuses is refused."""
    refused = import_module("provenance.errors").FormatError

    def read(data: bytes) -> None:
        count = 0
        for one in readers:
            try:
                one(data)
            except refused:
                count += 1
        if count == len(readers):
            raise refused

    return read


def entry(_: Path) -> Read:
    module = import_module("provenance.record.entry")

    def read(data: bytes) -> None:
        assert module.encode_entry(module.parse_entry(data)) == data, "another spelling"

    return read


def bundle(place: Path) -> Read:
    module = import_module("provenance.record.bundle")
    verifier = import_module("provenance.verifier").Verifier((place / "policy.txt").read_text())

    def read(data: bytes) -> None:
        report = verifier.verify(data, TODAY)
        assert report.verdict in {"yes", "attention", "no", "unreadable"}
        found = module.parse_bundle(data)
        assert module.encode_bundle(found) == data, "another spelling"
        assert report.verdict != "unreadable"

    return read


def note(place: Path) -> Read:
    module = import_module("provenance.tlog.note")
    keys = import_module("provenance.tlog.policy").parse_policy(
        (place / "policy.txt").read_text()
    )
    refused = import_module("provenance.errors").SignatureError

    def read(data: bytes) -> None:
        text, lines = module.split_note(data)
        assert text + "\n" + "".join(map(str, lines)) == data.decode(), "another spelling"
        try:
            module.open_note(data, [one.key for one in keys.logs])
        except refused:
            return

    return read


def checkpoint(_: Path) -> Read:
    module = import_module("provenance.tlog.checkpoint")
    return lambda data: _same(module.parse_checkpoint(data).text.encode(), data)


def _same(found: bytes, data: bytes) -> None:
    assert found == data, "another spelling"


def policy(_: Path) -> Read:
    module = import_module("provenance.tlog.policy")
    return lambda data: module.parse_policy(data.decode("utf-8", "surrogateescape"))


def tlog_proof(_: Path) -> Read:
    module = import_module("provenance.tlog.proof")

    def read(data: bytes) -> None:
        _same(module.format_tlog_proof(module.parse_tlog_proof(data)).encode(), data)

    return read


def tiles(_: Path) -> Read:
    names = import_module("provenance.tlog.tiles")
    pointers = import_module("provenance.record.pointers")
    return _any_of(
        lambda data: names.file_size_max(data.decode("utf-8", "surrogateescape")),
        lambda data: names.parse_entries(data[1:], data[0] if data else 0),
        pointers.parse_changes,
        pointers.parse_key_indexes,
    )


def sheets(_: Path) -> Read:
    module = import_module("provenance.record.sheets")

    def read(data: bytes) -> None:
        if data.startswith(b"{"):
            _same(module.encode_sheet(module.parse_sheet(data)), data)
        else:
            found = module.parse_sheet_file(data)
            _same(b"".join(module.encode_sheet_file(found)), data)
            for one in found:
                module.parse_sheet(one)

    return read


def flux(_: Path) -> Read:
    reader = import_module("provenance.cdc.flux").FluxReader
    check = import_module("provenance.cdc.checks").check_passage
    refused = import_module("provenance.errors").FormatError

    def passages(pieces: list[bytes]) -> tuple[list[Any], bool]:
        one = reader(lambda: pieces)
        found = [*one.passages()]
        return ([] if one.faults else found), bool(one.faults)

    def read(data: bytes) -> None:
        whole = passages([data])
        middle = len(data) // 2
        assert passages([data[:middle], data[middle:]]) == whole, "read otherwise in pieces"
        for passage in whole[0]:
            check(dict(passage.fields))
        if whole[1]:
            raise refused

    return read


def form(_: Path) -> Read:
    source = import_module("provenance.ledger.form").FormSource
    check = import_module("provenance.cdc.checks").check_passage
    errors = import_module("provenance.errors")

    def read(data: bytes) -> None:
        try:
            records = json.loads(data)
        except (ValueError, RecursionError):
            raise errors.FormatError from None
        try:
            for chunk in source(records, depositor=DEPOSITOR, salt=bytes(32)).chunks(100):
                for record in chunk.contents:
                    check(record)
        except errors.DepositRefused as error:
            raise errors.FormatError from error

    return read


def receipt(_: Path) -> Read:
    return _function("provenance.cdc.report", "parse_receipt")


def kits(_: Path) -> Read:
    """What goes between operator and certifier: drafts, lists to endorse, endorsements."""
    return _any_of(
        _function("provenance.cdc.kit", "parse_kit"),
        _function("provenance.cdc.kit", "parse_endorsement"),
        _function("provenance.ledger.registration", "parse_draft"),
    )


def cvs(_: Path) -> Read:
    """What a person or a program hands in to be drawn or compared, and metadata of files."""
    names = _function("provenance.cv.xmp", "read_holder")
    parse = _any_of(
        _function("provenance.reconstruct", "parse_cv"),
        _function("provenance.cv.holder", "parse_holder"),
    )

    def read(data: bytes) -> None:
        names(data)
        parse(data)

    return read


def roots(_: Path) -> Read:
    return _function("provenance.cv.roots", "parse_seal_roots")


def signatures(_: Path) -> Read:
    """The DER of seals and of time stamps."""
    return _any_of(
        _function("provenance.cv.sealcheck", "parse_seal"),
        _function("provenance.pki.stamp", "parse_stamp"),
    )


def document(place: Path) -> Read:
    """Texts of QR codes, CVs for machines, and whatever is none of these."""
    module = import_module("provenance.cv.verify")
    words = (place / "policy.txt").read_text(), (place / "roots.txt").read_text()
    refused = import_module("provenance.errors").FormatError

    def read(data: bytes) -> None:
        if data.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8")):
            return
        report = module.verify(data, *words, now_s=int(time.time()), day=TODAY)
        assert report.verdict in {"yes", "attention", "no", "unreadable"}
        if report.verdict == "unreadable":
            raise refused

    return read


def pdf(place: Path) -> Read:
    """PDF files, read in this process and without the limits of the one that reads them."""
    module = import_module("provenance.cv.pdfcheck")
    facts = import_module("provenance.cv.reader").read_facts
    verifier = import_module("provenance.verifier").Verifier((place / "policy.txt").read_text())
    seal_roots = import_module("provenance.cv.roots").parse_seal_roots(
        (place / "roots.txt").read_text()
    )
    refused = import_module("provenance.errors").FormatError
    module.__dict__["read_pdf"] = lambda data, **_: facts(data)

    def read(data: bytes) -> None:
        report = module.verify_pdf(
            data, verifier, seal_roots, now_s=int(time.time()), day=TODAY
        )
        if report.verdict == "unreadable":
            raise refused

    return read


def control(place: Path) -> Read:
    """The positive control: it looks up a member before it checks that it is there."""
    parse = entry(place)
    refused = import_module("provenance.errors").FormatError

    def read(data: bytes) -> None:
        try:
            members = json.loads(data)
        except (ValueError, RecursionError):
            raise refused from None
        if isinstance(members, dict):
            members["type"]
        parse(data)

    return read


TARGETS: Final[dict[str, tuple[Callable[[Path], Read], int]]] = {
    "entry": (entry, 40_000),
    "bundle": (bundle, 6_000),
    "note": (note, 30_000),
    "checkpoint": (checkpoint, 40_000),
    "policy": (policy, 30_000),
    "tlog-proof": (tlog_proof, 30_000),
    "tiles": (tiles, 25_000),
    "sheets": (sheets, 30_000),
    "flux": (flux, 1_500),
    "form": (form, 15_000),
    "receipt": (receipt, 25_000),
    "kits": (kits, 30_000),
    "cvs": (cvs, 6_000),
    "roots": (roots, 25_000),
    "signatures": (signatures, 8_000),
    "document": (document, 2_500),
    "pdf": (pdf, 800),
}
"""What is fuzzed, and how often in the sampled form: a few seconds each."""
