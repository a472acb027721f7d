"""The proof bundle: everything that a stranger needs, in one JSON document.

A CV carries it; verifying needs nothing else but a trust policy, obtained separately::

    {"format":"provenance-proof/1",
     "checkpoint":"<the signed note, verbatim>",
     "entries":[{"entry":"<the entry's bytes>","signature":"<base64>","path":["<base64>",…],
                 "record":["<disclosure, or base64url of a digest>",…]},…],
     "status":[{"leaf":0,"bits":"<base64, 64 bytes>","path":["<base64>",…]},…],
     "endorsements":[{"entry":7,"certification":5,"path":["<base64>",…]},…],
     "register":{"sheets":[{"leaf":0,"sheet":"<the sheet's bytes>","path":["<base64>",…]},…]},
     "timestamp":"<base64, an RFC 3161 token>",
     "later":{"checkpoint":"…","proof":["<base64>",…],"entries":[…],"status":[…],
              "register":{…}}}

The rule: one JSON text of at most 16 MiB in the spelling that `encode_bundle` returns.
``format``, ``checkpoint``, ``entries`` and ``status`` are always there, and the first four
members of ``later``; ``record`` is left out where nothing is shown of the entry's record,
``endorsements`` where it is empty, ``register``, ``timestamp`` and ``later`` where there is
none. A ``record`` has 8 or 64 strings, not all of 43 characters: one for each slot
(``slots.py``); all that are disclosures have 4 MiB together, because a value in memory takes
many times its bytes. At most 1,000 items a list, 64 hashes a path; status leaves and sheets
ascend by ``leaf``, endorsements by ``certification``, entries by their own ``index``, which
`parse_entries` checks. Base64, entries, disclosures and sheets are strings here and decoded
by those who use them, so that what is wrong can be said of the item it is in.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Final, Literal

from msgspec import Meta, Struct

from provenance.encoding import decode_base64_all, decode_json, encode_json
from provenance.errors import FormatError
from provenance.record.commitment import DIGEST_TEXT_SIZE
from provenance.record.entry import Entry, parse_entry
from provenance.record.forms import Index  # noqa: TC001 - msgspec resolves the annotations
from provenance.record.slots import SLOT_COUNTS

if TYPE_CHECKING:
    from collections.abc import Sequence

BUNDLE_SIZE_MAX: Final = 16 * 1024 * 1024
"""Bytes."""
DISCLOSED_SIZE_MAX: Final = 4 * 1024 * 1024
"""Characters of all disclosures together: 200 whole records of 20,000 each."""
BUNDLE_ITEMS_MAX: Final = 1000
"""Entries, status leaves or endorsements."""
PATH_HASHES_MAX: Final = 64
"""Hashes of one path: more than any tree of 2^53 entries needs."""

Hashes = Annotated[tuple[str, ...], Meta(max_length=PATH_HASHES_MAX)]
"""Base64 of 32 bytes each, see `decode_hashes`."""


class ProvenEntry(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An entry, its signature (64 bytes), its inclusion path, and its record as shown."""

    entry: str
    signature: str
    path: Hashes
    record: Annotated[tuple[str, ...], Meta(max_length=max(SLOT_COUNTS))] = ()

    def __post_init__(self) -> None:
        """Refuse a number of slots that no type has, and a record of which nothing is shown."""
        if self.record and (
            len(self.record) not in SLOT_COUNTS
            or all(len(text) == DIGEST_TEXT_SIZE for text in self.record)
        ):
            raise FormatError("malformed record in a proof bundle")


class StatusLeaf(Struct, frozen=True, forbid_unknown_fields=True):
    """Leaf number ``leaf`` of the status tree, its 64 bytes, and its inclusion path."""

    leaf: Index
    bits: str
    path: Hashes


class EndorsementLink(Struct, frozen=True, forbid_unknown_fields=True):
    """A certification's path in the tree of the endorsement entry at index ``entry``."""

    entry: Index
    certification: Index
    path: Hashes


class SheetProof(Struct, frozen=True, forbid_unknown_fields=True):
    """Sheet number ``leaf`` of a register entry, its bytes, and its inclusion path."""

    leaf: Index
    sheet: str
    path: Hashes


Sheets = Annotated[tuple[SheetProof, ...], Meta(min_length=1, max_length=BUNDLE_ITEMS_MAX)]


class ShownRegister(Struct, frozen=True, forbid_unknown_fields=True):
    """Sheets of the register entry that the ``status`` entry of the same tree names."""

    sheets: Sheets


Entries = Annotated[tuple[ProvenEntry, ...], Meta(max_length=BUNDLE_ITEMS_MAX)]
StatusLeaves = Annotated[tuple[StatusLeaf, ...], Meta(max_length=BUNDLE_ITEMS_MAX)]
EndorsementLinks = Annotated[tuple[EndorsementLink, ...], Meta(max_length=BUNDLE_ITEMS_MAX)]


class Later(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A later checkpoint, the consistency proof to it, and the status as of then."""

    checkpoint: str
    proof: Hashes
    entries: Entries
    status: StatusLeaves
    register: ShownRegister | None = None


class Bundle(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A proof bundle; ``timestamp`` is a token over the SHA-256 of the checkpoint's text."""

    format: Literal["provenance-proof/1"]
    checkpoint: str
    entries: Entries
    status: StatusLeaves
    endorsements: EndorsementLinks = ()
    register: ShownRegister | None = None
    timestamp: str | None = None
    later: Later | None = None


def parse_bundle(data: bytes) -> Bundle:
    """Parse a bundle's structure, within its limits; raises `FormatError`.

    One newline behind it is passed over: editors and shells leave one.
    """
    data = data.removesuffix(b"\n")
    if len(data) > BUNDLE_SIZE_MAX:
        raise FormatError(f"malformed proof bundle: more than {BUNDLE_SIZE_MAX} bytes")
    bundle = decode_json(data, Bundle, "proof bundle")
    if _disclosed_size(bundle) > DISCLOSED_SIZE_MAX:
        raise FormatError(
            f"malformed proof bundle: disclosures of more than {DISCLOSED_SIZE_MAX} characters"
        )
    for part in (bundle, bundle.later):
        if part is not None:
            _check_ascending([leaf.leaf for leaf in part.status], "status leaves")
            sheets = part.register.sheets if part.register else ()
            _check_ascending([sheet.leaf for sheet in sheets], "sheets")
    _check_ascending([link.certification for link in bundle.endorsements], "endorsements")
    return bundle


def _disclosed_size(bundle: Bundle) -> int:
    size = 0
    for part in (bundle, bundle.later):
        for one in () if part is None else part.entries:
            sizes = [*map(len, one.record)]
            size += sum(sizes) - DIGEST_TEXT_SIZE * sizes.count(DIGEST_TEXT_SIZE)
    return size


def encode_bundle(bundle: Bundle) -> bytes:
    """Return the bundle's bytes; raises `FormatError` where `parse_bundle` would."""
    data = encode_json(bundle)
    parse_bundle(data)
    return data


def parse_entries(proven: Sequence[ProvenEntry]) -> tuple[Entry, ...]:
    """Parse the entries of a bundle, whose indexes must ascend; raises `FormatError`."""
    entries = tuple(parse_entry(item.entry.encode()) for item in proven)
    _check_ascending([entry.index for entry in entries], "entries")
    return entries


def decode_hashes(texts: Sequence[str]) -> tuple[bytes, ...]:
    """Decode hashes of 32 bytes each; raises `FormatError`."""
    return decode_base64_all(texts, 32)


def _check_ascending(numbers: Sequence[int], what: str) -> None:
    if not all(a < b for a, b in pairwise(numbers)):
        raise FormatError(f"malformed proof bundle: {what} do not ascend")
