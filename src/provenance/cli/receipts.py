"""Receipts and refusals of deposited files, as people read them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from provenance.cli.output import when
from provenance.record.entry import parse_entry

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from provenance.cdc.faults import Fault
    from provenance.cdc.report import Receipt
    from provenance.cli.output import Output

ROWS_MAX: Final = 50
"""Refused passages that are listed one by one."""


def show_receipt(receipt: Receipt, out: Output) -> None:
    """Show what became of a file: how much was recorded where, and what was refused."""
    accepted, refused = len(receipt.accepted), len(receipt.refused)
    repeated = len(receipt.duplicates)
    out.verdict(
        f"{receipt.file_name}: {accepted} accepted, {repeated} recorded before, "
        f"{refused} refused",
        good=not refused,
    )
    out.pairs(_facts(receipt))
    if refused:
        out.heading("Refused")
        rows = [
            (fault.passage, passage.idTechnique, fault.code, fault.message)
            for passage in receipt.refused
            for fault in passage.faults
        ]
        out.table(("passage", "idTechnique", "code", "reason"), rows[:ROWS_MAX])
        if len(rows) > ROWS_MAX:
            out.line(f"  … and {len(rows) - ROWS_MAX} more: see --report or --json")
    _show_warnings(receipt, out)


def _facts(receipt: Receipt) -> Iterable[tuple[str, object]]:
    yield "received", when(receipt.received)
    if receipt.deposit is None:
        yield "deposit", "nothing in it is new: no entry was made"
    else:
        yield "deposit", f"entry {receipt.deposit} of {receipt.origin}"
    if receipt.accepted:
        first, last = receipt.accepted[0].index, receipt.accepted[-1].index
        kind = type(parse_entry(receipt.accepted[0].entry.encode())).__name__.lower()
        yield f"{kind}s", f"entries {first} to {last}, each signed"


def _show_warnings(receipt: Receipt, out: Output) -> None:
    """Count the warnings by what they say; most files have the same few many times."""
    told = [*receipt.warnings]
    told += [fault for passage in receipt.accepted for fault in passage.warnings]
    if told:
        counts = Counter((fault.code, fault.element, fault.message) for fault in told)
        out.heading("Warnings: recorded as deposited")
        out.table(
            ("code", "element", "what", "passages"),
            [(*key, number) for key, number in counts.most_common()],
        )


def show_refusal(name: str, message: str, faults: Sequence[Fault], out: Output) -> None:
    """Show why a file was refused as a whole."""
    out.verdict(f"{name}: refused, nothing was recorded", good=False)
    if not faults:
        out.line(f"  {message}")
        return
    rows = [
        (fault.line, fault.column, fault.passage, fault.element, fault.code, fault.message)
        for fault in faults
    ]
    out.table(("line", "column", "passage", "element", "code", "reason"), rows)
