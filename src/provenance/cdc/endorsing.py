"""Checking an endorsement kit against the file that was deposited, without the ledger.

A certifier signs what it has seen for itself. So its own file is read once more, by the
reader that the operator has, and from its passages every commitment is computed again,
under the seeds of the kit, in the order of the file. What is signed is the root over the
entries' own bytes; nothing of it is taken from the operator's word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from provenance.cdc.flux import DEFAULT_LIMITS, FluxReader
from provenance.cdc.kit import Endorsable
from provenance.encoding import decode_base64, encode_base64
from provenance.errors import (
    ChainError,
    CommitmentError,
    FormatError,
    SignatureError,
    VerificationError,
)
from provenance.record.commitment import commit
from provenance.record.entry import Certification, Deposit, check_follows, parse_entry
from provenance.record.message import entry_key_name, entry_message, file_digest
from provenance.tlog.merkle import leaf_hash, tree_root

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from provenance.cdc.flux import Header, Limits, Passage
    from provenance.cdc.kit import Kit, KitCertification
    from provenance.tlog.note import VerifierKey

CREATION: Final = "CREATION"


def check_kit(
    kit: Kit,
    open_source: Callable[[], Iterable[bytes]],
    *,
    entry_key: VerifierKey | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Endorsable:
    """Hold a kit against the deposited file; give what may be signed.

    ``open_source`` gives the file's bytes from the beginning, each time it is called.
    ``entry_key`` is the operator's entry key, by which every entry must then be signed.

    Raises `FormatError` for a kit or a file that is malformed, and a `VerificationError`
    for everything that differs: `ChainError`, `SignatureError`, `CommitmentError`.
    """
    deposit, certifications = _read_entries(kit)
    if entry_key is not None:
        _check_signatures(kit, entry_key)
    digest = file_digest(decode_base64(kit.file_salt), open_source())
    if encode_base64(digest) != deposit.digest:
        raise VerificationError(f"the file is not the one that entry {deposit.index} records")
    left_out = _check_passages(kit, deposit, certifications, FluxReader(open_source, limits))
    leaves = [leaf_hash(one.entry.encode()) for one in kit.certifications]
    return Endorsable(
        origin=kit.origin,
        deposit=deposit.index,
        start=deposit.index + 1,
        end=deposit.index + 1 + len(leaves),
        root=tree_root(leaves),
        supersede=sum(one.supersedes is not None for one in certifications),
        left_out=left_out,
    )


def _read_entries(kit: Kit) -> tuple[Deposit, list[Certification]]:
    """Read the deposit and what was accepted of it: one chain, without a gap."""
    data = kit.deposit.entry.encode()
    deposit = parse_entry(data)
    if not isinstance(deposit, Deposit) or deposit.action != CREATION:
        raise FormatError("malformed endorsement kit: its deposit records no certifications")
    certifications: list[Certification] = []
    time = deposit.time
    for index, one in enumerate(kit.certifications, deposit.index + 1):
        prev, data = leaf_hash(data), one.entry.encode()
        entry = parse_entry(data)
        check_follows(entry, index=index, prev=prev, time=time)
        if not isinstance(entry, Certification) or entry.deposit != deposit.index:
            raise ChainError(f"entry {index} is no certification of deposit {deposit.index}")
        if entry.depositor != deposit.depositor:
            raise ChainError(f"entry {index} names another depositor than its deposit")
        certifications.append(entry)
        time = entry.time
    return deposit, certifications


def _check_signatures(kit: Kit, key: VerifierKey) -> None:
    if key.name != entry_key_name(kit.origin):
        raise SignatureError(f"the entry key given is not that of the log {kit.origin}")
    public = Ed25519PublicKey.from_public_bytes(key.public)
    signed = [(one.entry, one.signature) for one in kit.certifications]
    for entry, signature in ((kit.deposit.entry, kit.deposit.signature), *signed):
        message = entry_message(kit.origin, leaf_hash(entry.encode()))
        try:
            public.verify(decode_base64(signature), message)
        except InvalidSignature as error:
            index = parse_entry(entry.encode()).index
            raise SignatureError(f"the entry key did not sign entry {index}") from error


def _check_passages(
    kit: Kit, deposit: Deposit, entries: Sequence[Certification], reader: FluxReader
) -> tuple[int, ...]:
    """Recompute every commitment; give the lines of the passages that no entry records."""
    offsets = [one.offset for one in kit.certifications]
    if offsets != sorted(set(offsets)):
        raise FormatError("malformed endorsement kit: its offsets do not ascend")
    waiting = dict(zip(offsets, zip(kit.certifications, entries, strict=True), strict=True))
    left_out: list[int] = []
    for passage in reader.passages():
        found = waiting.pop(passage.start, None)
        if found is None:
            left_out.append(passage.line)
        else:
            _check_record(passage, *found)
    if reader.faults or reader.header is None:
        first = reader.faults[0].message if reader.faults else "it holds nothing"
        raise FormatError(f"the file cannot be read as a deposit: {first}")
    for _, entry in waiting.values():
        raise CommitmentError(f"the file has no passage where entry {entry.index} says one is")
    _check_header(reader.header, deposit)
    return tuple(left_out)


def _check_record(passage: Passage, shown: KitCertification, entry: Certification) -> None:
    computed = encode_base64(commit(decode_base64(shown.seed), passage.fields))
    if computed != entry.commitment:
        raise CommitmentError(
            f"entry {entry.index} does not commit to what stands in line {passage.line}: "
            f"expected {entry.commitment}, computed {computed}"
        )


def _check_header(header: Header, deposit: Deposit) -> None:
    said = (header.emetteur, header.certificateur, header.action or CREATION)
    if said != (deposit.depositor, deposit.certifier, deposit.action):
        raise VerificationError(
            f"entry {deposit.index} names another depositor, certifier or action than the file"
        )
