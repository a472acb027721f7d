"""Beginning an audit behind an older checkpoint, without trusting the database for it.

The auditor holds a checkpoint that it audited before. The log is shown to contain exactly
that tree: the stored nodes lead to the checkpoint's root, and each older entry that the
rest of the audit rests on is proven to be in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.audit.checkpoints import open_checkpoint
from provenance.audit.status import status_root
from provenance.audit.tree import TreeCheck
from provenance.encoding import decode_base64, encode_base64
from provenance.errors import ProvenanceError, SignatureError, VerificationError
from provenance.ledger.keyhistory import key_entries
from provenance.ledger.registry import DEPOSITOR_PREFIX
from provenance.record.changes import changes_of
from provenance.record.entry import Depositor, Register, Status, parse_entry
from provenance.record.status import LEAF_ENTRIES, status_bits
from provenance.tlog.checkpoint import parse_checkpoint
from provenance.tlog.merkle import leaf_hash, verify_inclusion
from provenance.tlog.note import split_note
from provenance.tlog.policy import verify_checkpoint
from provenance.tlog.prover import prove_inclusion

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.audit.report import Findings
    from provenance.audit.rules import Rules
    from provenance.record.entry import Entry
    from provenance.storage import View
    from provenance.tlog.checkpoint import Checkpoint
    from provenance.tlog.policy import Policy


def adopt_before(
    since: str, view: View, rules: Rules, findings: Findings, policy: Policy | None
) -> tuple[int, bytes, str] | None:
    """Take over what stood before ``since``; give size, leaf hash and time of its end.

    None, with a finding, when the log does not contain the checkpoint's tree or the
    checkpoint is not signed as it must be. Raises `FormatError` when ``since`` is no
    signed checkpoint at all.
    """
    checkpoint = parse_checkpoint(split_note(since)[0])
    try:
        last = _adopt(checkpoint, view, rules)
        _check_signed(since, checkpoint, view, rules, policy)
    except ProvenanceError as error:
        findings.add("since", str(error))
        rules.forget()
        return None
    return checkpoint.size, view.leaf_hash(checkpoint.size - 1), last.time


def _check_signed(
    since: str, checkpoint: Checkpoint, view: View, rules: Rules, policy: Policy | None
) -> None:
    """Check that the log keys in force at the older checkpoint's size signed it.

    Where they left the auditor's policy since, a newer checkpoint must satisfy that.
    """
    if policy is not None:
        try:
            verify_checkpoint(since, policy, rules.origin)
        except SignatureError:
            if not any(size > checkpoint.size for size, _ in view.checkpoints()):
                raise
        else:
            return
    open_checkpoint(since, rules.keys.log.values())


def _adopt(checkpoint: Checkpoint, view: View, rules: Rules) -> Status:
    size = checkpoint.size
    if not 0 < size <= view.size:
        raise VerificationError(f"the log has {view.size} entries, the checkpoint {size}")
    stored = TreeCheck.stored_root(view, size)
    if stored != checkpoint.root:
        raise VerificationError(
            f"the log does not contain the older checkpoint: root {encode_base64(stored)} "
            f"at size {size}, expected {encode_base64(checkpoint.root)}"
        )
    for index in sorted(_supporting(view, size)):
        rules.adopt(_proven_entry(view, checkpoint, index))
    if checkpoint.origin != rules.origin:
        raise VerificationError("the older checkpoint is another log's")
    last = _proven_entry(view, checkpoint, size - 1)
    if not isinstance(last, Status):
        raise VerificationError("the older checkpoint does not end in a status entry")
    if last.register is not None:
        register = _proven_entry(view, checkpoint, last.register)
        if not isinstance(register, Register):
            raise VerificationError("the older checkpoint's register is not a register entry")
        rules.adopt(register)
    rules.bits.update(_bits_before(view, last))
    return last


def _supporting(view: View, size: int) -> Iterator[int]:
    """Yield the older entries that newer ones may rest on: all keys, all registrations.

    Of a registration the whole chain counts: that keys were once held makes a later list
    without a signature a reset.
    """
    yield from key_entries(view, size)
    for _, value in view.state_items(DEPOSITOR_PREFIX):
        index: int | None = int.from_bytes(value, "big")
        while index is not None:
            if index < size:
                yield index
            entry = parse_entry(view.entry(index))
            before = entry.previous if isinstance(entry, Depositor) else None
            index = before if before is not None and before < index else None


def _proven_entry(view: View, checkpoint: Checkpoint, index: int) -> Entry:
    """Read an entry that the older checkpoint covers, and prove that it does."""
    data = view.entry(index)
    path = prove_inclusion(index, checkpoint.size, view.node)
    verify_inclusion(leaf_hash(data), index, checkpoint.size, path, checkpoint.root)
    return parse_entry(data)


def _bits_before(view: View, status: Status) -> dict[int, int]:
    """Return the status bits as of ``status``, and prove them by its root.

    The stored tree holds the bits of now. Every bit is set once, so what newer entries
    set can be taken out again, and the rest must lead to the older root.
    """
    bits = {
        number * LEAF_ENTRIES + offset: value
        for number, leaf in view.status_leaves()
        for offset in range(LEAF_ENTRIES)
        if (value := status_bits(leaf, offset))
    }
    for data, _ in view.entries(status.index, view.size):
        for index, bit in changes_of(parse_entry(data)):
            # What is not settled yet is not in the tree; nor is what went along with a
            # certification, and has no bits.
            if index in bits:
                bits[index] &= ~bit
    if status_root(bits, status.size) != decode_base64(status.root):
        raise VerificationError("the status as of the older checkpoint cannot be derived")
    return bits
