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
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from provenance.encoding import encode_base64, encode_json
from provenance.record.bundle import (
    Bundle,
    EndorsementLink,
    Later,
    ProvenEntry,
    StatusLeaf,
)
from provenance.record.commitment import commit, disclose
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
    Status,
    Withdrawal,
    encode_entry,
    endorsement_message,
    entry_message,
    format_time,
)
from provenance.record.status import (
    ERASED,
    LEAF_ENTRIES,
    LEAF_SIZE,
    SUPERSEDED,
    WITHDRAWN,
    leaf_count,
    with_bits,
)
from provenance.tlog.checkpoint import Checkpoint
from provenance.tlog.merkle import leaf_hash, tree_root
from provenance.tlog.note import Ed25519Signer, make_verifier_key, sign_note
from provenance.tlog.signer import CosignatureSigner, MLDSASigner

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from provenance.record.commitment import Field, Value
    from provenance.tlog.note import NoteSigner

ORIGIN: Final = "ledger.example/2026"
EPOCH_S: Final = 1_790_000_000
"""POSIX seconds at which every simulated log begins."""
DEPOSITOR: Final = "0ABCDEFG"
CERTIFIER: Final = "CERT0001"
HOLDER: Final = "identificationTitulaire."
PERSON: Final[tuple[Field, ...]] = (
    (f"{HOLDER}titulaire.nomNaissance", "LEFÈVRE-DUBOIS"),
    (f"{HOLDER}titulaire.prenom1", "Maëlle"),
    (f"{HOLDER}titulaire.anneeNaissance", 1991),
    (f"{HOLDER}titulaire.moisNaissance", 7),
    (f"{HOLDER}titulaire.jourNaissance", 23),
)
LINE: Final = frozenset(
    {
        "certificateur",
        "type",
        "code",
        "donneeCertifiee",
        "dateDebutValidite",
        "dateFinValidite",
    }
)


def ed25519_key(name: str) -> Ed25519PrivateKey:
    """Give the key that follows from a name."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())


def ed25519_vkey(name: str) -> str:
    public = ed25519_key(name).public_key().public_bytes_raw()
    return str(make_verifier_key(name, 1, public))


def make_record(person: Sequence[Field] = PERSON, **changes: Value) -> tuple[Field, ...]:
    """Give a certification's record; ``changes`` replaces or adds fields by their names."""
    fields: dict[str, Value] = {
        "emetteur": DEPOSITOR,
        "certificateur": CERTIFIER,
        "contrat": "MCFCER000001",
        "type": "RNCP",
        "code": "RNCP34762",
        "donneeCertifiee": True,
        "dateDebutValidite": "2026-03-14",
        "dateFinValidite": None,
        "presenceNiveauLangueEuro": True,
        "niveauLangueEuropeen": "B2",
        "presenceNiveauNumeriqueEuro": False,
        "mentionValidee": "MENTION_BIEN",
    }
    fields |= dict(person)
    fields |= changes
    fields["source"] = encode_base64(hashlib.sha256(encode_json(fields)).digest())
    return tuple(fields.items())


def prove_inclusion(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH of RFC 6962 section 2.1.1."""
    if len(leaves) == 1:
        return []
    k = 1 << ((len(leaves) - 1).bit_length() - 1)
    if index < k:
        return [*prove_inclusion(index, leaves[:k]), tree_root(leaves[k:])]
    return [*prove_inclusion(index - k, leaves[k:]), tree_root(leaves[:k])]


def prove_consistency(size: int, leaves: Sequence[bytes], *, whole: bool = True) -> list[bytes]:
    """PROOF and SUBPROOF of RFC 6962 section 2.1.2."""
    if size == len(leaves):
        return [] if whole else [tree_root(leaves)]
    k = 1 << ((len(leaves) - 1).bit_length() - 1)
    if size <= k:
        return [*prove_consistency(size, leaves[:k], whole=whole), tree_root(leaves[k:])]
    return [*prove_consistency(size - k, leaves[k:], whole=False), tree_root(leaves[:k])]


def encode_all(hashes: Sequence[bytes]) -> tuple[str, ...]:
    return tuple(map(encode_base64, hashes))


class Simulator:
    """A log: entries and signatures by index, and a record for each that commits to one."""

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
        self.records: Final[dict[int, tuple[bytes, tuple[Field, ...]]]] = {}
        self.bits: Final[dict[int, int]] = {}
        self.status_leaves: Final[dict[int, list[bytes]]] = {}
        self.notes: Final[dict[int, str]] = {}
        self.entry_key = ed25519_key("entry")
        self.witnesses: Final = tuple(witnesses)
        self.log_signers: list[NoteSigner] = []
        self.use_log_keys(log_name)
        keys = tuple(str(signer.verifier_key) for signer in self.log_signers)
        named = origin_of_genesis or origin
        self.append(Genesis, format="provenance/1", origin=named, log_keys=keys)
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
        public = self.entry_key.public_key().public_bytes_raw()
        return str(make_verifier_key(f"{self.origin}/entry", 1, public))

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

    # Entries.

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
        self, bcr: str = DEPOSITOR, name: str = "Institut Exemple", **members: Any
    ) -> int:
        """Add a depositor entry."""
        return self.append(Depositor, depositor=bcr, name=name, **({"keys": ()} | members))

    def deposit(self, bcr: str = DEPOSITOR, certifier: str = CERTIFIER) -> int:
        digest = encode_base64(hashlib.sha256(b"file").digest())
        return self.append(
            Deposit, depositor=bcr, certifier=certifier, action="CREATION", digest=digest
        )

    def certify(
        self,
        deposit: int,
        fields: Sequence[Field] | None = None,
        *,
        depositor: str = DEPOSITOR,
        supersedes: int | None = None,
    ) -> int:
        """Add a certification of a deposit."""
        index = self._committed(
            Certification,
            make_record() if fields is None else tuple(fields),
            deposit=deposit,
            depositor=depositor,
            supersedes=supersedes,
        )
        if supersedes is not None:
            self.mark(supersedes, SUPERSEDED)
        return index

    def withdraw(self, index: int) -> int:
        self.mark(index, WITHDRAWN)
        return self._committed(Withdrawal, (("reason", "ERROR"),), withdraws=index)

    def erase(self, *indexes: int) -> int:
        for index in indexes:
            self.mark(index, ERASED)
        return self._committed(Erasure, (("basis", "GDPR_ART_17"),), erases=indexes)

    def _committed(self, kind: type[Entry], fields: tuple[Field, ...], **members: Any) -> int:
        seed = hashlib.sha256(b"seed %d" % self.size).digest()
        self.records[self.size] = seed, fields
        return self.append(kind, commitment=encode_base64(commit(seed, fields)), **members)

    def mark(self, index: int, bit: int) -> None:
        """Set a status bit."""
        self.bits[index] = self.bits.get(index, 0) | bit

    def endorse(self, deposit: int, start: int, end: int, key: str, /, **members: Any) -> int:
        """Add an endorsement, signed by the key that follows from a name."""
        root = tree_root(self.leaves[start:end])
        message = endorsement_message(
            origin=self.origin, deposit=deposit, start=start, end=end, root=root
        )
        made = {
            "deposit": deposit,
            "start": start,
            "end": end,
            "root": encode_base64(root),
            "vkey": ed25519_vkey(key),
            "signature": encode_base64(ed25519_key(key).sign(message)),
        }
        return self.append(Endorsement, **(made | members))

    def rotate_entry_key(self, name: str) -> int:
        """Declare a new entry key, by an entry that the old one signs, and use it."""
        old, self.entry_key = self.entry_key, ed25519_key(name)
        vkey = self.entry_vkey()
        self.entry_key = old
        index = self.append(Key, action="add", role="entry", vkey=vkey)
        self.entry_key = ed25519_key(name)
        return index

    # Publication.

    def publish(self, *, cosigned: bool = True, status: bool = True, **text: Any) -> int:
        """Add a status entry and sign a checkpoint over it; give its size.

        ``text`` replaces members of the checkpoint that is signed.
        """
        if status:
            leaves = self._status_leaves(self.size)
            root = tree_root(map(leaf_hash, leaves))
            index = self.append(Status, size=self.size, root=encode_base64(root))
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
            leaves[number] = with_bits(leaves[number], index, bits)
        return leaves

    # Proofs.

    def prove(
        self,
        *indexes: int,
        shown: Collection[str] | Mapping[int, Collection[str]] | None = None,
        support: Sequence[int] = (1, 2),
        size: int | None = None,
        **members: Any,
    ) -> Bundle:
        """Make a bundle at the newest checkpoint, or the one of ``size``.

        ``shown``: names of fields (by default what a line needs), for all or by index.
        ``support``: indexes of entries to add without their record, besides the status.
        """
        at = max(self.notes) if size is None else size
        others = {*support, at - 1} if at - 1 in self.status_leaves else {*support}
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

    def line_names(self, index: int) -> frozenset[str]:
        """Name what a positive line needs of one record."""
        names = {name for name, _ in self.records[index][1]}
        return frozenset(name for name in names if name in LINE or name.startswith(HOLDER)) - {
            f"{HOLDER}identifiantNational.nir"
        }

    def show(self, index: int, size: int, names: Collection[str] | None = None) -> ProvenEntry:
        """Show an entry in the tree of a size, with these fields of its record."""
        path = encode_all(prove_inclusion(index, self.leaves[:size]))
        signature = encode_base64(self.signatures[index])
        made = ProvenEntry(entry=self.entries[index].decode(), signature=signature, path=path)
        if names is None:
            return made
        disclosed = disclose(*self.records[index], names)
        return msgspec.structs.replace(
            made, hidden=encode_all(disclosed.hidden), disclosures=disclosed.disclosures
        )

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

    def show_later(self, size: int, *indexes: int, support: Sequence[int] = ()) -> Later:
        """Show that the newest checkpoint continues the one of ``size``, with its status."""
        at = max(self.notes)
        others = sorted({*support, at - 1})
        return Later(
            checkpoint=self.notes[at],
            proof=encode_all(prove_consistency(size, self.leaves[:at])),
            entries=tuple(self.show(index, at) for index in others),
            status=self.show_status(indexes, at),
        )

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
    deposit = log.deposit()
    shown = [*records, *[make_record()] * (certifications - len(records))]
    indexes = [log.certify(deposit, fields) for fields in shown]
    log.publish()
    return log, indexes
