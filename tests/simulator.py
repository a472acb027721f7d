"""A log in memory that stands in for a ledger: real entries, keys, trees and signatures.

It follows the formats by the plainest way there is (recursions straight from RFC 6962, no
storage) and can be told to break the rules: whatever it is given, it records and signs. All
bodies and persons are invented; keys follow from their names, so every run has the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from naive_merkle import prove_consistency, prove_inclusion
from provenance.encoding import encode_base64
from provenance.record.bundle import (
    Bundle,
    EndorsementLink,
    Later,
    ProvenEntry,
    SheetProof,
    ShownRegister,
    StatusLeaf,
)
from provenance.record.entry import (
    ZERO_PREV,
    Certification,
    Deposit,
    Depositor,
    Endorsement,
    Entry,
    Erasure,
    Genesis,
    Key,
    Register,
    Status,
    Withdrawal,
    encode_entry,
    endorsement_message,
    entry_message,
    format_time,
)
from provenance.record.slots import CERTIFICATION, ERASURE, WITHDRAWAL
from provenance.record.status import (
    ERASED,
    LEAF_ENTRIES,
    LEAF_SIZE,
    SUPERSEDED,
    WITHDRAWN,
    leaf_count,
)
from provenance.tlog.checkpoint import Checkpoint
from provenance.tlog.merkle import leaf_hash, tree_root
from provenance.tlog.note import Ed25519Signer, make_verifier_key, sign_note
from provenance.tlog.signer import CosignatureSigner, MLDSASigner
from simulated_records import (
    CERTIFIER,
    DEPOSITOR,
    EPOCH_S,
    HOLDER,
    IDENTITY,
    LINE,
    ORIGIN,
    PERSON,
    TODAY,
    Committed,
    base64url,
    commit_to,
    disclosure,
    ed25519_key,
    ed25519_vkey,
    make_record,
    make_sheet,
    registration_message,
    set_bits,
    stream_of,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from provenance.record.commitment import Field
    from provenance.tlog.note import NoteSigner

# What logs are filled with belongs to this module's interface.
__all__ = [
    "CERTIFIER", "DEPOSITOR", "EPOCH_S", "HOLDER", "IDENTITY", "LINE", "ORIGIN", "PERSON",
    "TODAY", "Committed", "Simulator", "base64url", "commit_to", "disclosure", "ed25519_key",
    "ed25519_vkey", "encode_all", "make_log", "make_record", "make_sheet",
    "prove_consistency", "prove_inclusion", "registration_message", "set_bits", "stream_of",
]  # fmt: skip


def encode_all(hashes: Sequence[bytes]) -> tuple[str, ...]:
    return tuple(map(encode_base64, hashes))


class Simulator:
    """A log: entries and signatures by index, and what each commits to."""

    def __init__(
        self,
        origin: str = ORIGIN,
        *,
        log_name: str = "log",
        witnesses: Sequence[str] = (),
        origin_of_genesis: str | None = None,
    ) -> None:
        self.origin: Final = origin
        self.entries: Final[list[bytes]] = []
        self.leaves: Final[list[bytes]] = []
        self.signatures: Final[list[bytes]] = []
        self.records: Final[dict[int, Committed]] = {}
        self.registrations: Final[dict[str, list[int]]] = {}
        self.certifiers: Final[dict[int, str]] = {}
        self.sheets: Final[dict[int, list[bytes]]] = {}
        self.bits: Final[dict[int, int]] = {}
        self.status_leaves: Final[dict[int, list[bytes]]] = {}
        self.notes: Final[dict[int, str]] = {}
        self.entry_key = ed25519_key("entry")
        self.witnesses: Final = tuple(witnesses)
        self.log_signers: list[NoteSigner] = []
        self.use_log_keys(log_name)
        keys = tuple(str(signer.verifier_key) for signer in self.log_signers)
        origin = origin_of_genesis or origin
        self.append(Genesis, format="provenance/1", origin=origin, log_keys=keys)
        self.append(Key, action="add", role="entry", vkey=self.entry_vkey())

    def use_log_keys(self, name: str) -> None:
        """Sign checkpoints from here on with the keys that follow from a name."""
        seed = hashlib.sha256(f"{name}/ml-dsa-44".encode()).digest()
        self.log_signers = [
            Ed25519Signer(self.origin, ed25519_key(name)),
            MLDSASigner(self.origin, MLDSA44PrivateKey.from_seed_bytes(seed), self.now_s),
        ]

    def witness_signers(self) -> list[CosignatureSigner]:
        return [
            CosignatureSigner(f"witness.example/{name}", ed25519_key(name), self.now_s)
            for name in self.witnesses
        ]

    def entry_vkey(self) -> str:
        key = self.entry_key.public_key().public_bytes_raw()
        return str(make_verifier_key(f"{self.origin}/entry", 1, key))

    @property
    def size(self) -> int:
        return len(self.entries)

    def now_s(self) -> int:
        """A clock that goes one minute an entry."""
        return EPOCH_S + 60 * len(self.entries)

    def policy(self, *, quorum: int | None = None, log: bool = True) -> str:
        """Write the trust policy; ``quorum``: how many of the witnesses must have signed."""
        lines = [f"log {signer.verifier_key}" for signer in self.log_signers if log]
        lines += [
            f"witness {name} {signer.verifier_key}"
            for name, signer in zip(self.witnesses, self.witness_signers(), strict=True)
        ]
        if quorum:
            lines.append(f"group most {quorum} {' '.join(self.witnesses)}")
        return "\n".join([*lines, f"quorum {'most' if quorum else 'none'}", ""])

    def append(self, kind: type[Entry], **members: Any) -> int:
        """Chain, sign and add an entry; give its index. Members given win."""
        index = len(self.entries)
        common: dict[str, Any] = {
            "index": index,
            "time": format_time(self.now_s() * 1_000_000),
            "prev": encode_base64(self.leaves[-1]) if self.leaves else ZERO_PREV,
        }
        return self.append_bytes(encode_entry(kind(**(common | members))))

    def append_bytes(self, data: bytes) -> int:
        self.entries.append(data)
        self.leaves.append(leaf_hash(data))
        message = entry_message(self.origin, self.leaves[-1])
        self.signatures.append(self.entry_key.sign(message))
        return len(self.entries) - 1

    def register(
        self,
        bcr: str = DEPOSITOR,
        name: str = "Institut Exemple",
        *,
        signer: str | None = None,
        **members: Any,
    ) -> int:
        """Add a depositor entry, which names the last one of that body as ``previous``.

        ``signer``: the name of the key that signs it. Members given win.
        """
        before = self.registrations.setdefault(bcr, [])
        made: dict[str, Any] = {"keys": ()}
        if before:
            made["previous"] = before[-1]
        made |= members
        if signer is not None:
            signed = registration_message(self.origin, depositor=bcr, name=name, **made)
            made["signature"] = encode_base64(ed25519_key(signer).sign(signed))
        before.append(self.append(Depositor, depositor=bcr, name=name, **made))
        return before[-1]

    def registration(self, bcr: str | None) -> int | None:
        """Return the index of a body's last depositor entry, or None."""
        before = self.registrations.get(bcr or "", [])
        return before[-1] if before else None

    def deposit(
        self,
        bcr: str = DEPOSITOR,
        certifier: str = CERTIFIER,
        *,
        recorded: int = 1,
        **members: Any,
    ) -> int:
        """Add a deposit entry; of ``recorded`` and the digest a verifier says nothing."""
        made: dict[str, Any] = {
            "depositor": bcr,
            "registration": self.registration(bcr) or 1,
            "certifier": certifier,
            "action": "CREATION",
            "recorded": recorded,
            "digest": encode_base64(hashlib.sha256(b"deposit %d" % self.size).digest()),
        }
        index = self.append(Deposit, **(made | members))
        self.certifiers[index] = certifier
        return index

    def certify(
        self,
        deposit: int,
        fields: Sequence[Field] | None = None,
        *,
        depositor: str = DEPOSITOR,
        supersedes: int | None = None,
        at: Mapping[str, int] | None = None,
        texts: Mapping[int, str] | None = None,
        **members: Any,
    ) -> int:
        """Add a certification of a deposit, under the registrations of that moment.

        ``at`` and ``texts`` are those of `commit_to`. Members given win.
        """
        certifier = self.certifiers.get(deposit)
        made: dict[str, Any] = {
            "deposit": deposit,
            "depositor": depositor,
            "registration": self.registration(depositor) or 1,
            "certifier_registration": (
                None if certifier == depositor else self.registration(certifier)
            ),
            "supersedes": supersedes,
        }
        record = make_record() if fields is None else tuple(fields)
        committed = commit_to(self._seed(), record, CERTIFICATION, at=at, texts=texts)
        index = self._commit(Certification, committed, **(made | members))
        if supersedes is not None:
            self.mark(supersedes, SUPERSEDED)
        return index

    def withdraw(
        self,
        index: int,
        fields: Sequence[Field] = (("reason", "ERROR"),),
        *,
        at: Mapping[str, int] | None = None,
        **members: Any,
    ) -> int:
        """Take a certification back; ``at`` is that of `commit_to`. Members given win."""
        self.mark(index, WITHDRAWN)
        made = commit_to(self._seed(), fields, WITHDRAWAL, at=at)
        return self._commit(Withdrawal, made, withdraws=index, **members)

    def erase(
        self,
        *indexes: int,
        fields: Sequence[Field] = (("basis", "GDPR_ART_17"),),
        at: Mapping[str, int] | None = None,
    ) -> int:
        for index in indexes:
            self.mark(index, ERASED)
        made = commit_to(self._seed(), fields, ERASURE, at=at)
        return self._commit(Erasure, made, erases=indexes)

    def _seed(self) -> bytes:
        return hashlib.sha256(b"seed %d" % self.size).digest()

    def _commit(self, kind: type[Entry], committed: Committed, **members: Any) -> int:
        made = {"commitment": encode_base64(committed.commitment())}
        index = self.append(kind, **(made | members))
        self.records[index] = committed
        return index

    def mark(self, index: int, bit: int) -> None:
        """Set a status bit."""
        self.bits[index] = self.bits.get(index, 0) | bit

    def endorse(self, deposit: int, start: int, end: int, key: str, /, **members: Any) -> int:
        """Add an endorsement, signed by the key that follows from a name."""
        root = tree_root(self.leaves[start:end])
        body = msgspec.json.decode(self.entries[deposit]).get("depositor")
        message = endorsement_message(
            origin=self.origin, deposit=deposit, start=start, end=end, root=root
        )
        made = {
            "deposit": deposit,
            "start": start,
            "end": end,
            "root": encode_base64(root),
            "registration": self.registration(body) or 1,
            "vkey": ed25519_vkey(key),
            "signature": encode_base64(ed25519_key(key).sign(message)),
        }
        return self.append(Endorsement, **(made | members))

    def import_register(self, *sheets: bytes, **members: Any) -> int:
        """Add a register entry over these sheets, in this order (`make_sheet`)."""
        made: dict[str, Any] = {
            "source": "France compétences",
            "version": "V4.1",
            "date": "2026-09-20",
            "digest": encode_base64(hashlib.sha256(b"register").digest()),
            "sheets": len(sheets),
            "root": encode_base64(tree_root(map(leaf_hash, sheets))),
        }
        index = self.append(Register, **(made | members))
        self.sheets[index] = list(sheets)
        return index

    def rotate_entry_key(self, name: str) -> int:
        """Declare a new entry key, by an entry that the old one signs, and use it."""
        old, self.entry_key = self.entry_key, ed25519_key(name)
        vkey = self.entry_vkey()
        self.entry_key = old
        index = self.append(Key, action="add", role="entry", vkey=vkey)
        self.entry_key = ed25519_key(name)
        return index

    def publish(
        self,
        *,
        cosigned: bool = True,
        status: bool = True,
        register: int | None = -1,
        **text: Any,
    ) -> int:
        """Add a status entry and sign a checkpoint over it; return its size.

        ``register``: what the status names, -1: the last one. ``text`` replaces members of
        the checkpoint that is signed.
        """
        if status:
            leaves = self._status_leaves(self.size)
            root = tree_root(map(leaf_hash, leaves))
            index = self.append(
                Status,
                size=self.size,
                root=encode_base64(root),
                register=max(self.sheets, default=None) if register == -1 else register,
            )
            self.status_leaves[index] = leaves
        made: dict[str, Any] = {
            "origin": self.origin,
            "size": self.size,
            "root": tree_root(self.leaves),
        }
        checkpoint = Checkpoint(**(made | text))
        signers = [*self.log_signers, *(self.witness_signers() if cosigned else [])]
        self.notes[self.size] = sign_note(checkpoint.text, signers)
        return self.size

    def _status_leaves(self, size: int) -> list[bytes]:
        leaves = [bytes(LEAF_SIZE)] * leaf_count(size)
        for index, bits in self.bits.items():
            number = index // LEAF_ENTRIES
            leaves[number] = set_bits(leaves[number], index, bits)
        return leaves

    def prove(
        self,
        *indexes: int,
        shown: Collection[str] | Mapping[int, Collection[str]] | None = None,
        support: Sequence[int] | None = None,
        size: int | None = None,
        **members: Any,
    ) -> Bundle:
        """Make a bundle at the newest checkpoint, or the one of ``size``.

        ``shown``: names of fields (by default what a line needs), for all or by index.
        ``support``: indexes of entries to add without their record, besides the status; by
        default the first entry key and the registrations that the entries name.
        """
        at = max(self.notes) if size is None else size
        others = {*(self.support_of(*indexes) if support is None else support)}
        others |= {at - 1} if at - 1 in self.status_leaves else set()
        entries = {index: self.show(index, at) for index in others}
        for index in indexes:
            names: Collection[str] | None = (
                shown.get(index) if isinstance(shown, Mapping) else shown
            )
            entries[index] = self.show(
                index, at, self.line_names(index) if names is None else names
            )
        made: dict[str, Any] = {
            "format": "provenance-proof/1",
            "checkpoint": self.notes[at],
            "entries": tuple(entries[index] for index in sorted(entries)),
            "status": self.show_status(indexes, at),
        }
        return Bundle(**(made | members))

    def support_of(self, *indexes: int) -> list[int]:
        """Name the first entry key and the registrations that entries name."""
        named = {1}
        for index in indexes:
            entry = msgspec.json.decode(self.entries[index])
            named |= {entry.get("registration", 1), entry.get("certifier_registration", 1)}
        return sorted(named)

    def line_names(self, index: int) -> frozenset[str]:
        """Name what a positive line needs of one record."""
        names = {name for name, _ in self.records[index].fields}
        return frozenset(names & (LINE | IDENTITY))

    def show(self, index: int, size: int, names: Collection[str] | None = None) -> ProvenEntry:
        """Show an entry in the tree of a size, with these fields of its record."""
        path = encode_all(prove_inclusion(index, self.leaves[:size]))
        signature = encode_base64(self.signatures[index])
        made = ProvenEntry(entry=self.entries[index].decode(), signature=signature, path=path)
        if names is None:
            return made
        return msgspec.structs.replace(made, record=self.records[index].show(names))

    def show_status(self, indexes: Sequence[int], size: int) -> tuple[StatusLeaf, ...]:
        """Show the status leaves of some entries, as of the checkpoint of a size."""
        leaves = self.status_leaves.get(size - 1, [])
        hashes = [leaf_hash(leaf) for leaf in leaves]
        return tuple(
            StatusLeaf(
                leaf=number,
                bits=encode_base64(leaves[number]),
                path=encode_all(prove_inclusion(number, hashes)),
            )
            for number in sorted({index // LEAF_ENTRIES for index in indexes})
            if number < len(leaves)
        )

    def show_register(self, *codes: str, register: int | None = None) -> ShownRegister:
        """Show the sheets of some codes, as of the newest register entry or of this one."""
        sheets = self.sheets[max(self.sheets) if register is None else register]
        hashes = [leaf_hash(sheet) for sheet in sheets]
        return ShownRegister(
            tuple(
                SheetProof(
                    leaf=number,
                    sheet=sheet.decode(),
                    path=encode_all(prove_inclusion(number, hashes)),
                )
                for number, sheet in enumerate(sheets)
                if msgspec.json.decode(sheet)["code"] in codes
            )
        )

    def show_later(
        self, size: int, *indexes: int, support: Sequence[int] = (), **members: Any
    ) -> Later:
        """Show that the newest checkpoint continues the one of ``size``, with its status."""
        at = max(self.notes)
        made: dict[str, Any] = {
            "checkpoint": self.notes[at],
            "proof": encode_all(prove_consistency(size, self.leaves[:at])),
            "entries": tuple(self.show(index, at) for index in sorted({*support, at - 1})),
            "status": self.show_status(indexes, at),
        }
        return Later(**(made | members))

    def link(self, endorsement: int, certification: int) -> EndorsementLink:
        """Show that an endorsement covers a certification."""
        signed = msgspec.json.decode(self.entries[endorsement])
        covered = self.leaves[signed["start"] : signed["end"]]
        path = prove_inclusion(certification - signed["start"], covered)
        return EndorsementLink(endorsement, certification, encode_all(path))


def make_log(
    certifications: int = 1, *, records: Sequence[Sequence[Field]] = (), **options: Any
) -> tuple[Simulator, list[int]]:
    """Make a published log: depositor entry 2, deposit 3, then certifications from 4 on."""
    log = Simulator(**options)
    log.register(certifiers=(CERTIFIER,))
    shown = [*records, *[make_record()] * (certifications - len(records))]
    deposit = log.deposit(recorded=len(shown))
    indexes = [log.certify(deposit, fields) for fields in shown]
    log.publish()
    return log, indexes
