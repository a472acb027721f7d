"""Whether certifications were superseded, withdrawn or erased, and as of when.

The status comes from the status tree of the newest checkpoint that shows the certification's
leaf, and from the entries shown that change it; never from silence: without either it is
``unknown``, and so it is where the leaf says something that this format does not know. An
entry in the bundle that takes back another one, and a status tree made after it that does not
know of it, contradict each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from provenance.encoding import decode_base64, decode_fixed
from provenance.errors import FormatError, InclusionError, VerificationError
from provenance.record.bundle import decode_hashes
from provenance.record.changes import changes_of
from provenance.record.entry import Certification, Status
from provenance.record.status import (
    ERASED,
    LEAF_ENTRIES,
    LEAF_SIZE,
    RESERVED,
    SUPERSEDED,
    WITHDRAWN,
    leaf_count,
    status_bits,
)
from provenance.tlog.merkle import leaf_hash, verify_inclusion

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from provenance.record.bundle import Bundle, StatusLeaf
    from provenance.report import StatusWord
    from provenance.tlog.policy import VerifiedCheckpoint
    from provenance.verifier.checks import Checks
    from provenance.verifier.entries import Item

_WORDS: Final[tuple[tuple[int, StatusWord], ...]] = (
    (WITHDRAWN, "withdrawn"),
    (SUPERSEDED, "superseded"),
    (ERASED, "erased"),
)
"""The word for each status bit; where several are set, the first one is said."""
_KNOWN: Final = WITHDRAWN | SUPERSEDED | ERASED


class Standing(NamedTuple):
    """How a certification stands, and the ``status`` entry that its leaf comes from.

    ``bits``: those of the leaf. ``changes``: the entries shown that changed it, each with its
    bit; they count whatever their index.
    """

    bits: int
    status: Status | None = None
    changes: Sequence[tuple[int, int]] = ()

    @property
    def as_of(self) -> int | None:
        """The size of the checkpoint that the leaf comes from, or None."""
        return None if self.status is None else self.status.index + 1

    @property
    def words(self) -> tuple[StatusWord, ...]:
        """All that was done to it, in the order in which it is said."""
        bits = self.bits
        for _, bit in self.changes:
            bits |= bit
        return tuple(word for bit, word in _WORDS if bits & bit)

    @property
    def is_unknown(self) -> bool:
        """Whether its leaf says more than is known, or nothing says how it stands."""
        if self.status is None:
            return not self.words
        return bool(self.bits & RESERVED)

    @property
    def word(self) -> StatusWord:
        """The status in one word."""
        return next(iter(self.words), "unknown" if self.is_unknown else "in force")

    @property
    def changed_by(self) -> int | None:
        """The first entry shown that did what the word says, or None."""
        if not self.changes:
            return None
        said = self.word
        bits = {bit for bit, word in _WORDS if word == said}
        return next((by for by, bit in self.changes if bit in bits), None)


def check_status(
    bundle: Bundle,
    items: Mapping[int, Item],
    trees: Sequence[VerifiedCheckpoint],
    checks: Checks,
) -> dict[int, Standing]:
    """Check the status leaves of each tree, the newest last; return each certification's."""
    indexes = [i for i, item in items.items() if isinstance(item.entry, Certification)]
    changes = _read_changes(items)
    found: dict[int, Standing] = {}
    lists = [bundle.status] if bundle.later is None else [bundle.status, bundle.later.status]
    for tree, leaves in zip(trees, lists, strict=True):
        try:
            bits, status = _read_status(items.get(tree.checkpoint.size - 1), leaves)
            for index in indexes:
                # The leaf may well be there for an entry that is newer than the status.
                if index // LEAF_ENTRIES in bits and status is not None and index < status.size:
                    standing = Standing(status_bits(bits[index // LEAF_ENTRIES], index), status)
                    _check_known(index, standing, found.get(index), changes)
                    found[index] = standing
        except (FormatError, VerificationError) as error:
            checks.no("status", error)
    unknown = [index for index in indexes if index not in found]
    if unknown:
        checks.skip("status", f"not shown for entries {', '.join(map(str, unknown))}")
    else:
        checks.yes("status", "shown for every certification")
    return {
        index: found.get(index, Standing(0))._replace(changes=changes.get(index, ()))
        for index in indexes
    }


def _read_changes(items: Mapping[int, Item]) -> dict[int, list[tuple[int, int]]]:
    """Return what was done to each entry by those shown: (index that did it, status bit)."""
    changes: dict[int, list[tuple[int, int]]] = {}
    for index, item in items.items():
        for target, bit in changes_of(item.entry):
            changes.setdefault(target, []).append((index, bit))
    return changes


def _read_status(
    last: Item | None, leaves: Sequence[StatusLeaf]
) -> tuple[dict[int, bytes], Status | None]:
    """Check the leaves against the ``status`` entry that the checkpoint must end with."""
    if not leaves:
        return {}, None
    if last is None or not isinstance(last.entry, Status):
        raise InclusionError("the checkpoint's last entry is not shown, or is not a status")
    status = last.entry
    return {leaf.leaf: _read_leaf(leaf, status) for leaf in leaves}, status


def _read_leaf(leaf: StatusLeaf, status: Status) -> bytes:
    bits, path = decode_fixed(leaf.bits, LEAF_SIZE), decode_hashes(leaf.path)
    root, count = decode_base64(status.root), leaf_count(status.size)
    verify_inclusion(leaf_hash(bits), leaf.leaf, count, path, root)
    if int.from_bytes(bits, "little") >> 4 * (status.size - leaf.leaf * LEAF_ENTRIES):
        raise FormatError("malformed status leaf: bits beyond the log's end")
    return bits


def _check_known(
    index: int,
    standing: Standing,
    before: Standing | None,
    changes: Mapping[int, Sequence[tuple[int, int]]],
) -> None:
    """Check that bits only went up, and that every change shown is among them."""
    size = standing.status.size if standing.status else 0
    known = 0 if before is None else before.bits & _KNOWN
    for by, bit in changes.get(index, ()):
        known |= bit if by < size else 0
    if known & ~standing.bits:
        raise VerificationError(f"the status of entry {index} denies what was done to it")
