"""One deposit, held against its digest: its certifications as they come by, then its file.

The digest covers a leaf hash for each passage of the file, and one for the whole. The leaf
hashes are kept in clear. Each certification is held against the one at its number, whatever
else of the deposit was erased; where nothing was, the file is put together again, and all
leaves are computed from it.
"""

from __future__ import annotations

import hashlib
from array import array
from typing import TYPE_CHECKING, Final

from provenance.audit.origins import ERASED, FILED, SIGNED, UNSUPPORTED
from provenance.audit.whole import passage_name, read_whole
from provenance.encoding import decode_base64
from provenance.errors import FormatError, LedgerDamagedError, UnknownEntryError
from provenance.record.depositdigest import (
    deposit_digest,
    file_leaf,
    file_salts,
    passage_leaf,
)
from provenance.tlog.merkle import HASH_SIZE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from provenance.audit.facts import Kept
    from provenance.audit.origins import OriginCount
    from provenance.audit.report import Findings
    from provenance.audit.whole import WholeFile
    from provenance.record.entry import Deposit
    from provenance.record.payload import DepositPayload
    from provenance.storage import View

CHECK: Final = "deposit"
NOT_SENT: Final = "is not the passage of its number that the digest of its deposit covers"
ELSEWHERE: Final = "its record is not what the deposited file says around its passage"


def read_leaves(view: View, entry: Deposit, findings: Findings) -> bytes:
    """Return the leaf hashes of a deposit, joined, after checking them; else nothing.

    This needs no vault: they lead to the digest in the entry, or they do not.
    """
    try:
        leaves = view.leaves(entry.index)
    except (UnknownEntryError, LedgerDamagedError) as error:
        findings.add(CHECK, str(error), entry.index)
        return b""
    if deposit_digest(leaves) != decode_base64(entry.digest):
        findings.add(CHECK, "the leaf hashes do not lead to its digest", entry.index)
        return b""
    if entry.recorded >= len(leaves):
        message = f"records {entry.recorded} entries of {len(leaves) - 1} passages"
        findings.add(CHECK, message, entry.index)
    return b"".join(leaves)


class DepositCheck:
    """Holds one deposit against its digest. ``leaves``: as of `read_leaves`."""

    def __init__(self, entry: Deposit, leaves: bytes, findings: Findings) -> None:
        self.entry: Final = entry
        self.withdrawals: Final[list[tuple[int, int]]] = []
        """Index of each withdrawal that the deposit brought, and what it withdraws."""
        self._leaves: Final = leaves
        self._count: Final = len(leaves) // HASH_SIZE - 1
        self._findings: Final = findings
        self._rebuild: Rebuild | None = None
        self._salts = b""
        self._is_filed = False
        self._last = 0
        """Number of the last passage that was found to be one of its deposit."""
        self.indexes: Final = array("Q")
        """Its certifications of which the content is kept."""
        self._numbers: Final = array("I")
        self._arounds: Final = array("I")
        self._kinds: Final[dict[bytes, int]] = {}
        self._wrong: Final[set[int]] = set()
        self._gone: Final[list[int]] = []

    def take_payload(self, payload: DepositPayload) -> None:
        """Begin to put the file together, from what is left of it."""
        self._rebuild = Rebuild(payload)
        if self._leaves:
            self._salts = file_salts(payload.file_salt, self._count)

    def add(self, index: int, kept: Kept | None) -> None:
        """Take the next certification, and what is kept of it, None where that is lost."""
        if kept is None:
            self._rebuild = None
            self._gone.append(index)
            return
        if message := self._unsent(kept):
            self._add(index, message)
        elif self._leaves:
            self._last = kept.number
        else:
            self._wrong.add(index)  # The digest cannot be derived, which was said.
        self.indexes.append(index)
        self._numbers.append(kept.number)
        self._arounds.append(self._kinds.setdefault(kept.around, len(self._kinds)))
        if self._rebuild is not None:
            self._rebuild.add(kept.source)

    def _unsent(self, kept: Kept) -> str:
        """Say why it is not the passage of its number that the digest covers, if it is not."""
        if not self._leaves:
            return ""
        place = slice(HASH_SIZE * kept.number, HASH_SIZE * (kept.number + 1))
        if kept.number <= self._last:
            return f"is passage {kept.number} of its deposit, behind passage {self._last}"
        if self._leaves[place] != passage_leaf(kept.salt, kept.digest):
            return NOT_SENT
        if self._salts and self._salts[place] != kept.salt:
            return "has another salt than its deposit leads to"
        return ""

    def finish(
        self,
        sources: Callable[[], Iterator[bytes]],
        technique_of: Callable[[int], str | None],
    ) -> None:
        """Read the file as a whole, where nothing of it is gone.

        ``sources`` yields the recorded passages once more; ``technique_of`` returns the
        idTechnique of a certification, None where its content is gone.
        """
        rebuild, self._rebuild = self._rebuild, None
        if rebuild is None:
            return
        if not rebuild.finish():
            self._found("the deposited file cannot be put together again")
            return
        try:
            whole = read_whole(rebuild.payload, rebuild.spots, rebuild.name, sources)
        except FormatError as error:
            self._found(f"the deposited file cannot be read as a whole: {error}")
            return
        self._is_filed = True
        self._check_entry(whole)
        self._check_recorded(whole)
        if self._leaves:
            self._check_leaves(whole, rebuild.sha256())
        if whole.suppresses:
            self._check_withdrawals(whole, technique_of)

    def count(self, origins: OriginCount, *, signed: bool) -> None:
        """Say on what each certification rests. ``signed``: by its depositor."""
        kind = SIGNED if signed else FILED if self._is_filed else UNSUPPORTED
        for index in self.indexes:
            origins.add(UNSUPPORTED if index in self._wrong else kind, index)
        for index in self._gone:
            origins.add(ERASED, index)

    def _check_entry(self, whole: WholeFile) -> None:
        entry = self.entry
        if whole.bodies not in {None, (entry.depositor, entry.certifier)}:
            self._found("the deposited file names other bodies than its entry")
        if whole.suppresses != (entry.action == "SUPPRESSION"):
            self._found("the deposited file asks for another action than its entry")

    def _check_recorded(self, whole: WholeFile) -> None:
        """Hold what the file says around each recorded passage against its record."""
        arounds = [self._kinds.get(kind, -1) for kind in whole.kinds]
        for at, index in enumerate(self.indexes):
            if whole.numbers[at] != self._numbers[at]:
                self._add(index, f"is passage {whole.numbers[at]} of the deposited file")
            if whole.arounds and arounds[whole.arounds[at]] != self._arounds[at]:
                self._add(index, ELSEWHERE)

    def _add(self, index: int, message: str) -> None:
        self._wrong.add(index)
        self._findings.add(CHECK, message, index)

    def _check_leaves(self, whole: WholeFile, sha256: bytes) -> None:
        """Compute the leaves of the whole and of what was not recorded."""
        if whole.count != self._count:
            self._found(f"the file has {whole.count} passages, its digest {self._count}")
            return
        if self._leaves[:HASH_SIZE] != file_leaf(self._salts[:HASH_SIZE], sha256):
            self._found("the deposited file is not the one that its digest covers")
        for at, number in enumerate(whole.left):
            place = slice(HASH_SIZE * number, HASH_SIZE * (number + 1))
            source = bytes(whole.digests[HASH_SIZE * at : HASH_SIZE * (at + 1)])
            if self._leaves[place] != passage_leaf(self._salts[place], source):
                self._found(f"passage {number} of the file is not the one in its digest")

    def _check_withdrawals(
        self, whole: WholeFile, technique_of: Callable[[int], str | None]
    ) -> None:
        """Find what each withdrawal withdraws among what the file takes back, in order."""
        last = 0
        for index, target in self.withdrawals:
            technique = technique_of(target)
            if technique is None:
                continue
            number = whole.techniques.get(technique, 0)
            if number <= last:
                message = "withdraws what its deposit does not take back, or not here"
                self._findings.add(CHECK, message, index)
            last = max(last, number)

    def _found(self, message: str) -> None:
        self._is_filed = False
        self._findings.add(CHECK, message, self.entry.index)


class Rebuild:
    """A deposited file, put together as its recorded passages come by, and digested."""

    def __init__(self, payload: DepositPayload) -> None:
        self.payload: Final = payload
        self.spots: Final = array("Q")
        """Where in the residue each recorded passage was."""
        self.name: bytes | None = None
        """The name in the tags of all recorded passages; None where they differ."""
        self._tags = b"", b""
        self._digest: Final = hashlib.sha256()
        self._fits = True
        self._taken = 0
        self._offset = 0

    def add(self, source: bytes) -> None:
        """Put the next recorded passage into its place."""
        holes, number = self.payload.holes, len(self.spots)
        if number < len(holes):
            self._fill(holes[number] - self._offset)
        self._note_name(source, is_first=not number)
        self.spots.append(self._taken)
        self._digest.update(source)
        self._offset += len(source)

    def _note_name(self, source: bytes, *, is_first: bool) -> None:
        if is_first:
            self.name = passage_name(source)
            self._tags = b"<%b>" % (self.name or b""), b"</%b>" % (self.name or b"")
        opening, closing = self._tags
        plain = source.startswith(opening) and source.endswith(closing)
        if not plain or b"xmlns" in source:
            self.name = None

    def _fill(self, length: int) -> None:
        if length < 0:
            self._fits = False  # No file has a passage before the end of the one before it.
            return
        self._digest.update(self.payload.residue[self._taken : self._taken + length])
        self._taken += length
        self._offset += length

    def finish(self) -> bool:
        """Put the end into its place; return whether the whole has the size that is told."""
        payload = self.payload
        self._fill(len(payload.residue) - self._taken)
        whole = len(self.spots) == len(payload.holes) and self._offset == payload.size
        return whole and self._fits

    def sha256(self) -> bytes:
        """Return the digest of the whole file."""
        return self._digest.digest()
