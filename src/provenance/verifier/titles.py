"""The register's titles: sheets of the register entry that the newest status entry names.

The ``status`` entry that ends a tree names the register entry in force then, so that an older
export with a nicer title cannot be chosen. Sheets of another register entry are checked, and
not used.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from provenance.encoding import decode_base64
from provenance.errors import FormatError, InclusionError, VerificationError
from provenance.record.bundle import decode_hashes
from provenance.record.entry import Register, Status
from provenance.record.sheets import Sheet, parse_sheet
from provenance.tlog.merkle import leaf_hash, verify_inclusion

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from provenance.record.bundle import Bundle, SheetProof
    from provenance.record.commitment import Value
    from provenance.tlog.policy import VerifiedCheckpoint
    from provenance.verifier.checks import Checks
    from provenance.verifier.entries import Item


class Title(NamedTuple):
    """What the register says of a code, and of which day the export is."""

    title: str
    level: int | None
    date: str


def check_register(
    bundle: Bundle,
    items: Mapping[int, Item],
    trees: Sequence[VerifiedCheckpoint],
    codes: Sequence[Value],
    checks: Checks,
) -> dict[str, Title]:
    """Check ``register``; return the titles that count, by code.

    ``codes``: those that the lines disclose.
    """
    parts = [bundle.register, None if bundle.later is None else bundle.later.register]
    titles: dict[str, Title] = {}
    counting: int | None = None
    named: list[tuple[int | None, dict[str, Title]]] = []
    for tree, part in zip(trees, parts, strict=False):
        last = items.get(tree.checkpoint.size - 1)
        status = last.entry if last is not None and isinstance(last.entry, Status) else None
        counting = counting if status is None else status.register
        sheets = () if part is None else part.sheets
        try:
            register = _find_register(items, status)
            found = _read_sheets(sheets, register, codes)
            named.append((None if register is None else register.index, found))
        except (FormatError, VerificationError) as error:
            checks.no("register", error)
    for index, found in reversed(named):
        titles |= found if index == counting else {}
    if any(part is not None for part in parts):
        checks.yes("register", "the titles are those of the register that the status names")
    else:
        checks.skip("register", "no title is shown")
    return titles


def _find_register(items: Mapping[int, Item], status: Status | None) -> Register | None:
    """Return the register entry that a status entry names, where it is shown.

    No other one may be shown that is newer than it and older than the status entry.
    """
    if status is None:
        return None
    named = -1 if status.register is None else status.register
    found = items[named].entry if named in items else None
    if found is not None and not isinstance(found, Register):
        raise VerificationError(f"entry {named}, which the status names, is not a register")
    for index, item in items.items():
        if named < index < status.index and isinstance(item.entry, Register):
            raise VerificationError(f"entry {index} is a newer register than the one named")
    return found


def _read_sheets(
    shown: Sequence[SheetProof], register: Register | None, codes: Collection[Value]
) -> dict[str, Title]:
    """Check sheets against the root of their register entry."""
    if not shown:
        return {}
    if register is None:
        raise InclusionError("sheets are shown without their register entry, or its status")
    root = decode_base64(register.root)
    sheets: list[Sheet] = []
    for proof in shown:
        data = proof.sheet.encode()
        sheet = parse_sheet(data)
        path = decode_hashes(proof.path)
        verify_inclusion(leaf_hash(data), proof.leaf, register.sheets, path, root)
        if sheet.code not in codes:
            raise VerificationError(f"sheet {proof.leaf} is of a code that no line shows")
        sheets.append(sheet)
    if not all(a.code < b.code for a, b in pairwise(sheets)):
        raise VerificationError("sheets are not ascending by their codes")
    return {one.code: Title(one.title, one.level, register.date) for one in sheets}
