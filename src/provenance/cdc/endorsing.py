"""Checking an endorsement kit against the file that was deposited, without the ledger.

A certifier signs what it has seen for itself. So its own file is read once more, by the
reader that the operator has. From its passages the digest of the deposit is computed again,
under the file salt of the kit, and every commitment, under its seeds, in the order of the
file. What is signed is the root over the entries' own bytes; nothing of it is taken from the
operator's word.
"""

from __future__ import annotations

from hashlib import sha256
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
from provenance.record.depositdigest import (
    FILE_SALT_SIZE,
    deposit_digest,
    file_leaf,
    file_salts,
    passage_leaf,
)
from provenance.record.entry import Certification, Deposit, check_follows, parse_entry
from provenance.record.message import entry_key_name, entry_message
from provenance.record.slots import CERTIFICATION
from provenance.tlog.merkle import leaf_hash, tree_root

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from provenance.cdc.flux import Limits, Passage
    from provenance.cdc.kit import Kit
    from provenance.tlog.note import VerifierKey

CREATION: Final = "CREATION"


def check_kit(
    kit: Kit,
    open_source: Callable[[], Iterable[bytes]],
    *,
    entry_key: VerifierKey | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Endorsable:
    """Hold a kit against the deposited file; return what may be signed.

    ``open_source`` returns the file's bytes from the beginning, each time it is called.
    ``entry_key`` is the operator's entry key, by which every entry must then be signed.

    Raises `FormatError` for a kit or a file that is malformed, and a `VerificationError`
    for everything that differs: `ChainError`, `SignatureError`, `CommitmentError`.
    """
    deposit, certifications = _read_entries(kit)
    if entry_key is not None:
        _check_signatures(kit, entry_key)
    passages = _Passages(kit, certifications)
    reader = FluxReader(open_source, limits)
    for passage in reader.passages():
        passages.take(passage)
    _check_header(reader, deposit)
    digest = _digest_of(decode_base64(kit.file_salt), passages.digests, open_source())
    if encode_base64(digest) != deposit.digest:
        raise VerificationError(f"the file is not the one that entry {deposit.index} records")
    passages.finish()
    leaves = [leaf_hash(one.entry.encode()) for one in kit.certifications]
    return Endorsable(
        origin=kit.origin,
        deposit=deposit.index,
        start=deposit.index + 1,
        end=deposit.index + 1 + len(leaves),
        root=tree_root(leaves),
        supersede=sum(one.supersedes is not None for one in certifications),
        left_out=tuple(passages.left_out),
    )


def _read_entries(kit: Kit) -> tuple[Deposit, list[Certification]]:
    """Read the deposit and all that was accepted of it: one chain, without a gap."""
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
            raise ChainError(f"entry {index} is not a certification of deposit {deposit.index}")
        said = (entry.depositor, entry.registration)
        if said != (deposit.depositor, deposit.registration):
            raise ChainError(f"entry {index} names another depositor than its deposit")
        certifications.append(entry)
        time = entry.time
    if len(certifications) != deposit.recorded:
        raise ChainError(
            f"entry {deposit.index} says that {deposit.recorded} certifications are of it, the "
            f"kit has {len(certifications)}"
        )
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


class _Passages:
    """The passages of the certifier's file, each compared with the entry that records it."""

    def __init__(self, kit: Kit, entries: Sequence[Certification]) -> None:
        offsets = [one.offset for one in kit.certifications]
        if offsets != sorted(set(offsets)):
            raise FormatError("malformed endorsement kit: its offsets do not ascend")
        pairs = zip(kit.certifications, entries, strict=True)
        self._waiting: Final = dict(zip(offsets, pairs, strict=True))
        self.digests: Final[list[bytes]] = []
        self.left_out: Final[list[int]] = []

    def take(self, passage: Passage) -> None:
        """Recompute the commitment to a passage. Raises `CommitmentError`."""
        self.digests.append(passage.digest)
        recorded = self._waiting.pop(passage.start, None)
        if recorded is None:
            self.left_out.append(passage.line)
            return
        shown, entry = recorded
        seed = decode_base64(shown.seed)
        computed = encode_base64(commit(seed, passage.fields, CERTIFICATION))
        if computed != entry.commitment:
            raise CommitmentError(
                f"entry {entry.index} does not commit to what is in line {passage.line}: "
                f"expected {entry.commitment}, computed {computed}"
            )

    def finish(self) -> None:
        """Check that every entry has its passage. Raises `CommitmentError`."""
        for _, entry in self._waiting.values():
            raise CommitmentError(
                f"the file has no passage where entry {entry.index} says one is"
            )


def _digest_of(file_salt: bytes, sources: Sequence[bytes], pieces: Iterable[bytes]) -> bytes:
    """Return the digest of a deposit, from its passages and all bytes of the file."""
    joined = file_salts(file_salt, len(sources))
    salts = [joined[at : at + FILE_SALT_SIZE] for at in range(0, len(joined), FILE_SALT_SIZE)]
    whole = sha256()
    for piece in pieces:
        whole.update(piece)
    leaves = map(passage_leaf, salts[1:], sources)
    return deposit_digest([file_leaf(salts[0], whole.digest()), *leaves])


def _check_header(reader: FluxReader, deposit: Deposit) -> None:
    header = reader.header
    if reader.faults or header is None:
        first = reader.faults[0].message if reader.faults else "it holds nothing"
        raise FormatError(f"the file cannot be read as a deposit: {first}")
    said = (header.emetteur, header.certificateur, header.action or CREATION)
    if said != (deposit.depositor, deposit.certifier, deposit.action):
        raise VerificationError(
            f"entry {deposit.index} names another depositor, certifier or action than the file"
        )
