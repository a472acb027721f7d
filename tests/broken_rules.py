"""Entries that break the rules of the log, each chained and signed as if they did not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledgers import CERTIFIER, DEPOSITOR, ORIGIN
from provenance.encoding import decode_base64, encode_base64
from provenance.ledger.deposit_job import signed_row
from provenance.record.depositdigest import deposit_digest
from provenance.record.entry import (
    Certification,
    Close,
    Deposit,
    Depositor,
    Endorsement,
    Erasure,
    Key,
    Register,
    Status,
    Timestamp,
    Upgrade,
    Withdrawal,
)
from provenance.storage.rows import LEAVES as LEAVES_TABLE
from provenance.storage.rows import STATE
from provenance.tlog.note import ED25519, make_verifier_key
from raw_entries import append_raw

if TYPE_CHECKING:
    from collections.abc import Callable

    from provenance.ledger import Ledger
    from provenance.ledger.draft import Place
    from provenance.record.entry import Entry

    Make = Callable[[Place], Entry]

HASH = encode_base64(bytes(range(32)))
LEAVES = {
    encode_base64(deposit_digest(leaves)): b"".join(leaves)
    for leaves in ([bytes([number]) * 32 for number in range(count)] for count in range(2, 7))
}
"""Leaf hashes of deposits of one to five passages, joined, by their digest."""
DIGESTS = list(LEAVES)
DIGEST = DIGESTS[2]
"""The digest of a deposit of three passages."""
REGISTERED = 2
"""Index of the registration of the depositor; that of the certifier is the next."""
DEPOSIT = 4
FIRST = 5
"""Index of the first certification; its deposit is the entry before."""


def append(ledger: Ledger, make: Make, **more: Any) -> int:
    """Append one entry, and with a deposit its leaves and row; return its index."""
    index = append_raw(ledger, make, **more)
    made = ledger.entry(index)
    if isinstance(made, Deposit):
        at = index.to_bytes(8, "big")
        with ledger._files.store._write() as rows:
            rows.put(LEAVES_TABLE, [(at, LEAVES[made.digest])])
            if made.signature is not None:
                key = signed_row(made.depositor, decode_base64(made.digest))
                rows.put(STATE, [(key, at)])
    return index


def entry(kind: Callable[..., Entry], **members: Any) -> Make:
    def make(place: Place) -> Entry:
        common = {"index": place.index, "time": place.time, "prev": place.prev}
        return kind(**common, **members)

    return make


def deposit(**members: Any) -> Make:
    """Make a deposit of the depositor, of which nothing was recorded."""
    usual = {
        "depositor": DEPOSITOR,
        "registration": REGISTERED,
        "certifier": CERTIFIER,
        "action": "CREATION",
        "recorded": 0,
        "digest": DIGEST,
    }
    return entry(Deposit, **usual | members)


def certification(*, behind: int = 1, **members: Any) -> Make:
    """Make a certification of the deposit so many entries before."""

    def make(place: Place) -> Entry:
        usual = {
            "deposit": place.index - behind,
            "depositor": DEPOSITOR,
            "registration": REGISTERED,
            "certifier_registration": REGISTERED + 1,
            "commitment": HASH,
        }
        return entry(Certification, **usual | members)(place)

    return make


def withdrawal(*, behind: int | None = None, withdraws: int = FIRST) -> Make:
    """Make a withdrawal, by the operator or by the deposit so many entries before."""

    def make(place: Place) -> Entry:
        members = {} if behind is None else {"deposit": place.index - behind}
        return entry(Withdrawal, withdraws=withdraws, commitment=HASH, **members)(place)

    return make


def by_certifier(**members: Any) -> Make:
    """Make a deposit of the certifier for itself."""
    return deposit(depositor=CERTIFIER, registration=REGISTERED + 1, **members)


def register(**members: Any) -> Make:
    usual = {
        "source": "RNCP",
        "version": "1",
        "date": "2026-02-01",
        "digest": HASH,
        "sheets": 1,
        "root": HASH,
    }
    return entry(Register, **usual | members)


def endorsement(**members: Any) -> Make:
    usual = {
        "deposit": DEPOSIT,
        "start": FIRST,
        "end": FIRST + 6,
        "root": HASH,
        "registration": REGISTERED,
        "vkey": Signer().vkey,
        "signature": encode_base64(bytes(64)),
    }
    return entry(Endorsement, **usual | members)


def status(**members: Any) -> Make:
    def make(place: Place) -> Entry:
        return entry(Status, size=place.index, root=HASH, **members)(place)

    return make


class Signer:
    def __init__(self, name: str = "certifier.example/k") -> None:
        self._key = Ed25519PrivateKey.generate()
        public = self._key.public_key().public_bytes_raw()
        self.vkey = str(make_verifier_key(name, ED25519, public))

    def sign(self, message: bytes) -> str:
        return encode_base64(self.sign_raw(message))

    def sign_raw(self, message: bytes) -> bytes:
        return self._key.sign(message)


BROKEN: dict[str, tuple[str, int, list[Make]]] = {
    # What is said, which of the entries it is said of, and the entries.
    "withdraws what is no certification": ("no certification", 0, [withdrawal(withdraws=4)]),
    "withdraws twice": ("not in force any more", 1, [withdrawal(), withdrawal()]),
    "withdraws by a deposit that withdraws nothing": (
        "does not follow the deposit",
        1,
        [deposit(recorded=1), withdrawal(behind=1)],
    ),
    "withdraws apart from its deposit": (
        "does not follow the deposit",
        2,
        [deposit(action="SUPPRESSION"), register(), withdrawal(behind=2)],
    ),
    "withdraws more than its deposit says": (
        "is one more than its deposit says",
        1,
        [deposit(action="SUPPRESSION"), withdrawal(behind=1)],
    ),
    "withdraws less than its deposit says": (
        "2 entries of its own follow, and 1 do",
        0,
        [deposit(action="SUPPRESSION", recorded=2), withdrawal(behind=1), register()],
    ),
    "withdraws another depositor's": (
        "another depositor's",
        1,
        [by_certifier(action="SUPPRESSION", recorded=1), withdrawal(behind=1)],
    ),
    "supersedes another depositor's": (
        "another depositor's",
        1,
        [
            by_certifier(recorded=1),
            certification(
                depositor=CERTIFIER,
                registration=REGISTERED + 1,
                certifier_registration=None,
                supersedes=FIRST,
            ),
        ],
    ),
    "stands apart from its deposit": (
        "does not follow the deposit",
        0,
        [entry(Certification, deposit=4, depositor=DEPOSITOR, registration=2, commitment=HASH)],
    ),
    "is one more than its deposit says": (
        "is one more than its deposit says",
        2,
        [deposit(recorded=1), certification(behind=1), certification(behind=2)],
    ),
    "is fewer than its deposit says": (
        "3 entries of its own follow, and 1 do",
        0,
        [deposit(recorded=3), certification(behind=1), register()],
    ),
    "is fewer than its deposit says, at the end of the log": (
        "3 entries of its own follow, and 0 do",
        0,
        [deposit(recorded=3)],
    ),
    "is recorded under a deposit that takes back": (
        "does not follow the deposit",
        1,
        [deposit(action="SUPPRESSION", recorded=1), certification()],
    ),
    "names another depositor than its deposit": (
        "another depositor than its deposit",
        1,
        [by_certifier(recorded=1), certification(certifier_registration=None)],
    ),
    "names a registration that was replaced": (
        "not the last one of its depositor",
        2,
        [
            entry(Depositor, depositor=DEPOSITOR, name="x", keys=(), previous=REGISTERED),
            lambda place: deposit(registration=place.index - 1, recorded=1)(place),
            certification(),
        ],
    ),
    "is deposited under a registration that was replaced": (
        "not the last one of its depositor",
        1,
        [
            entry(Depositor, depositor=DEPOSITOR, name="x", keys=(), previous=REGISTERED),
            deposit(),
        ],
    ),
    "names another body's registration": (
        "not the last one of its depositor",
        0,
        [deposit(registration=REGISTERED + 1)],
    ),
    "does not name the registration of its certifier": (
        "last registration of its certifier",
        1,
        [deposit(recorded=1), certification(certifier_registration=None)],
    ),
    "names a registration of a certifier that has none": (
        "last registration of its certifier",
        1,
        [
            deposit(recorded=1, certifier="9NOBODY0"),
            certification(certifier_registration=REGISTERED + 1),
        ],
    ),
    "names its own registration as its certifier's": (
        "last registration of its certifier",
        1,
        [
            deposit(recorded=1, certifier=DEPOSITOR),
            certification(certifier_registration=REGISTERED),
        ],
    ),
    "deposits without being registered": (
        "not registered",
        0,
        [deposit(depositor="9UNKNOWN")],
    ),
    "erases what holds nothing": (
        "nothing to erase",
        0,
        [entry(Erasure, erases=(0,), commitment=HASH)],
    ),
    "erases twice": (
        "erased before",
        1,
        [
            entry(Erasure, erases=(4,), commitment=HASH),
            entry(Erasure, erases=(4,), commitment=HASH),
        ],
    ),
    "erases a certification and leaves its deposit": (
        "leaves its deposit",
        0,
        [entry(Erasure, erases=(FIRST,), commitment=HASH)],
    ),
    "endorses outside a deposit": ("outside its deposit", 0, [endorsement(end=FIRST + 7)]),
    "endorses under a registration that was replaced": (
        "not the last one of its depositor",
        1,
        [
            entry(Depositor, depositor=DEPOSITOR, name="x", keys=(), previous=REGISTERED),
            endorsement(),
        ],
    ),
    "stamps another root": (
        "does not have at that size",
        0,
        [entry(Timestamp, size=3, root=HASH, token="AAAA")],
    ),
    "goes on behind the close": (
        "behind the close",
        1,
        [
            entry(Close, successor="log.example/next", genesis=HASH),
            entry(Upgrade, format="provenance/2"),
        ],
    ),
    "retires an unknown key": (
        "not in force",
        0,
        [entry(Key, action="retire", role="log", vkey=Signer(ORIGIN).vkey)],
    ),
    "adds a key of another name": (
        "whose name is not",
        0,
        [entry(Key, action="add", role="log", vkey=Signer("other.example").vkey)],
    ),
    "replaces without saying what": (
        "does not name the entry that it replaces",
        0,
        [entry(Depositor, depositor=DEPOSITOR, name="x", keys=())],
    ),
    "replaces an entry that was replaced": (
        "does not name the entry that it replaces",
        1,
        [
            entry(Depositor, depositor=DEPOSITOR, name="x", keys=(), previous=REGISTERED),
            entry(Depositor, depositor=DEPOSITOR, name="x", keys=(), previous=REGISTERED),
        ],
    ),
    "replaces another body's entry": (
        "does not name the entry that it replaces",
        0,
        [entry(Depositor, depositor="9ANOTHER", name="x", keys=(), previous=REGISTERED)],
    ),
    "is signed where no key was": (
        "the registration before lists no key",
        0,
        [
            entry(
                Depositor,
                depositor=DEPOSITOR,
                name="x",
                keys=(),
                previous=REGISTERED,
                signature=encode_base64(bytes(64)),
            )
        ],
    ),
    "goes back to an older export": (
        "is of an older export",
        1,
        [register(), register(date="2026-01-31")],
    ),
    "names no register": ("last register entry", 1, [register(), status()]),
    "names a register that was replaced": (
        "last register entry",
        2,
        [register(), register(), lambda place: status(register=place.index - 2)(place)],
    ),
    "names as a register what is none": ("last register entry", 0, [status(register=3)]),
}
