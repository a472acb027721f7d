"""What a certifier endorses a deposit with, and what it hands back: two JSON documents.

The kit comes from the operator after a deposit. It holds the entries that the deposit
became, and the seeds under which they commit to what the file says::

    {"format":"provenance-endorsement-kit/1","warning":"…","origin":"…",
     "deposit":{"entry":"<the entry's bytes>","signature":"<base64>"},
     "file_salt":"<base64, 32 bytes>",
     "certifications":[{"entry":"…","signature":"<base64>","seed":"<base64, 32 bytes>",
                        "offset":<byte of the file at which its passage begins>},…]}

The endorsement goes back to the operator, who adds it to the log::

    {"format":"provenance-endorsement/1","origin":"…","deposit":4,"start":5,"end":17,
     "root":"<base64>","vkey":"…","signature":"<base64>"}

It holds nothing secret. The rule for both: the one spelling that the package's JSON has,
members in this order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, Literal

from msgspec import Meta, Struct, structs

from provenance.encoding import decode_base64, decode_json, encode_base64, encode_json
from provenance.record.forms import (  # noqa: TC001 - msgspec resolves them
    Hash,
    Index,
    Origin,
    Signature,
)
from provenance.record.message import endorsement_message
from provenance.tlog.note import VerifierKey  # noqa: TC001 - a member's type

if TYPE_CHECKING:
    from collections.abc import Callable

WARNING: Final = (
    "Secret: whoever keeps this file can undo an erasure. Its seeds open the entries below "
    "for good, also when the ledger has destroyed its own. Destroy it when the endorsement "
    "is made."
)
"""Stands in every kit."""


class SignedEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """An entry's bytes and the operator's signature over it (64 bytes)."""

    entry: str
    signature: Signature


class KitCertification(Struct, frozen=True, forbid_unknown_fields=True):
    """A certification with its seed, and the byte of the file at which its passage begins."""

    entry: str
    signature: Signature
    seed: Hash
    offset: Index


class Kit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that a certifier needs to endorse one of its deposits, beside the file itself."""

    format: Literal["provenance-endorsement-kit/1"]
    warning: str
    origin: Origin
    deposit: SignedEntry
    file_salt: Hash
    certifications: Annotated[tuple[KitCertification, ...], Meta(min_length=1)]


class EndorsementFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A signature over the entries ``start`` to ``end`` - 1 of a deposit."""

    format: Literal["provenance-endorsement/1"]
    origin: Origin
    deposit: Index
    start: Index
    end: Index
    root: Hash
    vkey: str
    signature: Signature

    @property
    def message(self) -> bytes:
        """What is signed."""
        return endorsement_message(
            origin=self.origin,
            deposit=self.deposit,
            start=self.start,
            end=self.end,
            root=decode_base64(self.root),
        )


class Endorsable(Struct, frozen=True, kw_only=True):
    """What a certifier signs, after it has been held against the certifier's own file.

    ``root`` is 32 bytes. ``supersede``: how many of the entries replace an earlier one.
    ``left_out``: lines of the file where passages begin that these entries do not record.
    """

    origin: str
    deposit: int
    start: int
    end: int
    root: bytes
    supersede: int
    left_out: tuple[int, ...]


def encode_kit(kit: Kit) -> bytes:
    """Return the kit's one JSON form."""
    return encode_json(kit)


def parse_kit(data: bytes) -> Kit:
    """Parse a kit's structure; raises `FormatError`."""
    return decode_json(data, Kit, "endorsement kit")


def parse_endorsement(data: bytes) -> EndorsementFile:
    """Parse an endorsement's structure; raises `FormatError`. Nothing is verified here."""
    return decode_json(data, EndorsementFile, "endorsement")


def make_endorsement(
    what: Endorsable, key: VerifierKey, sign: Callable[[bytes], bytes]
) -> bytes:
    """Sign what was checked; give the endorsement as JSON.

    ``sign`` gives the 64 bytes of an Ed25519 signature by ``key``.
    """
    unsigned = EndorsementFile(
        format="provenance-endorsement/1",
        origin=what.origin,
        deposit=what.deposit,
        start=what.start,
        end=what.end,
        root=encode_base64(what.root),
        vkey=str(key),
        signature="",
    )
    signature = encode_base64(sign(unsigned.message))
    return encode_json(structs.replace(unsigned, signature=signature))
