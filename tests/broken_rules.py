"""Entries that break the rules of the log, each chained and signed as if they did not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledgers import CERTIFIER, DEPOSITOR, ORIGIN
from provenance.encoding import encode_base64
from provenance.record.entry import (
    Certification,
    Close,
    Deposit,
    Depositor,
    Endorsement,
    Erasure,
    Key,
    Timestamp,
    Upgrade,
    Withdrawal,
)
from provenance.tlog.note import ED25519, make_verifier_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from provenance.ledger.draft import Place
    from provenance.record.entry import Entry

HASH = encode_base64(bytes(range(32)))
FIRST = 5
"""Index of the first certification; its deposit stands at 4."""


def entry(kind: Callable[..., Entry], **members: Any) -> Callable[[Place], Entry]:
    def make(place: Place) -> Entry:
        common = {"index": place.index, "time": place.time, "prev": place.prev}
        return kind(**common, **members)

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


BROKEN: dict[str, tuple[str, list[Callable[[Place], Entry]]]] = {
    "withdraws what is no certification": (
        "no certification",
        [entry(Withdrawal, withdraws=4, commitment=HASH)],
    ),
    "withdraws twice": (
        "not in force any more",
        [
            entry(Withdrawal, withdraws=FIRST, commitment=HASH),
            entry(Withdrawal, withdraws=FIRST, commitment=HASH),
        ],
    ),
    "withdraws by a deposit that withdraws nothing": (
        "withdraws nothing",
        [entry(Withdrawal, deposit=4, withdraws=FIRST, commitment=HASH)],
    ),
    "supersedes another depositor's": (
        "another depositor's",
        [
            entry(
                Deposit,
                depositor=CERTIFIER,
                certifier=CERTIFIER,
                action="CREATION",
                digest=HASH,
            ),
            lambda place: Certification(
                index=place.index,
                time=place.time,
                prev=place.prev,
                deposit=place.index - 1,
                depositor=CERTIFIER,
                commitment=HASH,
                supersedes=FIRST,
            ),
        ],
    ),
    "stands apart from its deposit": (
        "does not follow the deposit",
        [entry(Certification, deposit=4, depositor=DEPOSITOR, commitment=HASH)],
    ),
    "names another depositor than its deposit": (
        "another depositor than its deposit",
        [
            entry(
                Deposit,
                depositor=CERTIFIER,
                certifier=CERTIFIER,
                action="CREATION",
                digest=HASH,
            ),
            lambda place: Certification(
                index=place.index,
                time=place.time,
                prev=place.prev,
                deposit=place.index - 1,
                depositor=DEPOSITOR,
                commitment=HASH,
            ),
        ],
    ),
    "deposits without being registered": (
        "not registered",
        [
            entry(
                Deposit,
                depositor="9UNKNOWN",
                certifier=CERTIFIER,
                action="CREATION",
                digest=HASH,
            )
        ],
    ),
    "erases what holds nothing": (
        "nothing to erase",
        [entry(Erasure, erases=(0,), commitment=HASH)],
    ),
    "erases twice": (
        "erased before",
        [
            entry(Erasure, erases=(4,), commitment=HASH),
            entry(Erasure, erases=(4,), commitment=HASH),
        ],
    ),
    "endorses outside a deposit": (
        "outside its deposit",
        [
            entry(
                Endorsement,
                deposit=4,
                start=FIRST,
                end=FIRST + 7,
                root=HASH,
                vkey=Signer().vkey,
                signature=encode_base64(bytes(64)),
            )
        ],
    ),
    "stamps another root": (
        "does not have at that size",
        [entry(Timestamp, size=3, root=HASH, token="AAAA")],
    ),
    "goes on behind the close": (
        "behind the close",
        [
            entry(Close, successor="log.example/next", genesis=HASH),
            entry(Upgrade, format="provenance/2"),
        ],
    ),
    "retires an unknown key": (
        "not in force",
        [entry(Key, action="retire", role="log", vkey=Signer(ORIGIN).vkey)],
    ),
    "adds a key of another name": (
        "whose name is not",
        [entry(Key, action="add", role="log", vkey=Signer("other.example").vkey)],
    ),
    "replaces without saying what": (
        "does not name the entry that it replaces",
        [entry(Depositor, depositor=DEPOSITOR, name="x", keys=())],
    ),
}
