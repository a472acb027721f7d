"""The entries of the log: thirteen types, each with its exact JSON form.

An entry is one JSON object of at most 65,535 bytes, without white space, its members in
the order of the class below, the common ones first, absent optional ones left out::

    {"type":"certification","index":7,"time":"2026-11-23T20:00:00.123456Z",
     "prev":"<base64, 32 bytes>","deposit":5,"depositor":"0ABCDEFG",
     "commitment":"<base64, 32 bytes>"}

``index`` is the entry's position, ``time`` the operator's UTC clock, ``prev`` the leaf hash
of the entry before (32 zero bytes in the first). The bytes that `parse_entry` accepts are
the only spelling of their values. No entry holds personal data: a record of such data is
committed to (``commitment``), not contained. ``docs/formats.md`` tells each type's meaning.

What one entry alone can show is checked here, references included as far as they must
point backwards; `check_follows` checks the chain; that a reference names an entry of the
right type is for those who hold the log.

Sources: RFC 8785 section 3.2.2.2 (strings), RFC 6962 section 2.1 (leaf hashes), C2SP
signed-note (verifier keys).
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Final, Literal, TypeAlias, get_args

from msgspec import Meta, Struct

from provenance.encoding import (
    JSON_INTEGER_LIMIT,
    decode_json,
    encode_base64,
    encode_json,
)
from provenance.errors import ChainError, FormatError
from provenance.record.forms import (
    Base64,
    Bcr,
    Hash,
    Index,
    Name,
    Origin,
    OtherFormat,
    Signature,
    Siret,
    Version,
    check_date,
    format_time,
    parse_time,
)
from provenance.record.message import (
    deposit_message,
    endorsement_message,
    entry_key_name,
    entry_message,
)
from provenance.tlog.note import ED25519, MLDSA44, parse_verifier_key

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

# What entries are made with belongs to this module's interface, whichever file it is in.
__all__ = [
    "ENTRY_SIZE_MAX", "ZERO_PREV", "Certification", "Close", "Deposit", "Depositor",
    "Endorsement", "Entry", "Erasure", "Genesis", "Key", "Previous", "Register", "Registration",
    "Status", "Timestamp", "Upgrade", "Withdrawal", "certification_encoder", "check_follows",
    "deposit_message", "depositor_message", "encode_entry", "endorsement_message",
    "entry_key_name", "entry_message", "format_time", "parse_entry", "parse_time",
    "registration_of",
]  # fmt: skip

ENTRY_SIZE_MAX: Final = 65_535
"""Bytes: the length of an entry in a tile is two bytes (C2SP tlog-tiles)."""
ZERO_PREV: Final = encode_base64(bytes(32))
"""``prev`` of the first entry."""


class _Common(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="type",
    tag=str.lower,
):
    index: Index
    time: str
    prev: Hash

    def __post_init__(self) -> None:
        parse_time(self.time)
        if not self._holds():
            kind = type(self).__name__.lower()
            raise FormatError(f"members of a {kind} entry contradict each other")

    def _holds(self) -> bool:
        """Return whether the members agree with each other."""
        return self._refers()

    def _refers(self, *references: int | None) -> bool:
        """Return whether this stands after the first two entries and points backwards only."""
        return self.index > 1 and all(i is None or i < self.index for i in references)


class Previous(Struct, frozen=True, forbid_unknown_fields=True):
    """The log that a new one continues, at its last checkpoint."""

    origin: Origin
    size: Index
    root: Hash


Keys = Annotated[tuple[str, ...], Meta(max_length=16)]
"""Verifier keys of one owner."""


class Genesis(_Common, frozen=True, kw_only=True):
    """Index 0 and only there: the log's name, format and first checkpoint keys (vkeys)."""

    format: Literal["provenance/1"]
    origin: Origin
    log_keys: Keys
    previous: Previous | None = None

    def _holds(self) -> bool:
        _check_keys(self.log_keys, {ED25519, MLDSA44})
        return self.index == 0 and self.prev == ZERO_PREV and bool(self.log_keys)


class Key(_Common, frozen=True, kw_only=True):
    """The operator takes a key into use or retires it; index 1 adds the first entry key."""

    action: Literal["add", "retire"]
    role: Literal["entry", "log"]
    vkey: str

    def _holds(self) -> bool:
        _check_keys([self.vkey], {ED25519} if self.role == "entry" else {ED25519, MLDSA44})
        return self.index > 1 or (self.index, self.action, self.role) == (1, "add", "entry")


Certifiers = Annotated[tuple[Bcr, ...], Meta(max_length=1000)]
Succeeded = Annotated[tuple[Bcr, ...], Meta(min_length=1, max_length=100)]


class Depositor(_Common, frozen=True, kw_only=True):
    """A registration: who may deposit; replaces the body's registration at ``previous``.

    ``certifiers``: for whom besides itself, absent = not limited. ``succeeds``: the
    depositors whose certifications it has taken over. ``keys``: vkeys; where there are any,
    its deposits must be signed. ``previous``: the last registration of this body, absent
    where there is none. ``signature``: by a key of the entry replaced, over
    `depositor_message`; absent = the operator's own doing.
    """

    depositor: Bcr
    name: Name
    siret: Siret | None = None
    certifiers: Certifiers | None = None
    succeeds: Succeeded | None = None
    keys: Keys
    previous: Index | None = None
    signature: Signature | None = None

    def _holds(self) -> bool:
        _check_keys(self.keys, {ED25519})
        replaces = self.previous is not None or self.signature is None
        lists = (self.certifiers or (), self.succeeds or ())
        distinct = all(len(set(bcrs)) == len(bcrs) for bcrs in lists)
        return replaces and distinct and self._refers(self.previous)


class Registration(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """What a body signs of its registration: the members of `Depositor` that are its own."""

    depositor: Bcr
    name: Name
    siret: Siret | None = None
    certifiers: Certifiers | None = None
    succeeds: Succeeded | None = None
    keys: Keys
    previous: Index | None = None


class Deposit(_Common, frozen=True, kw_only=True):
    """One received file, or one form of the portal.

    ``registration``: the last `Depositor` entry of the depositor before this one.
    ``recorded``: how many entries follow directly that are its own, 0 where all was refused
    or known. ``digest`` as of ``depositdigest.py``.
    """

    depositor: Bcr
    registration: Index
    certifier: Bcr
    action: Literal["CREATION", "SUPPRESSION"]
    recorded: Index
    digest: Hash
    signer: str | None = None
    signature: Signature | None = None

    def _holds(self) -> bool:
        _check_keys([] if self.signer is None else [self.signer], {ED25519})
        paired = (self.signer is None) == (self.signature is None)
        return paired and self._refers(self.registration)


class Certification(_Common, frozen=True, kw_only=True):
    """One passage of the deposit at index ``deposit``, as deposited.

    ``registration``: the last `Depositor` entry of its depositor before it;
    ``certifier_registration`` that of its certifier, absent where this is the depositor, or
    not registered.
    """

    deposit: Index
    depositor: Bcr
    registration: Index
    certifier_registration: Index | None = None
    commitment: Hash
    supersedes: Index | None = None

    def _holds(self) -> bool:
        return self._refers(
            self.deposit, self.registration, self.certifier_registration, self.supersedes
        )


class Withdrawal(_Common, frozen=True, kw_only=True):
    """A certification is taken back; without ``deposit`` by the operator."""

    deposit: Index | None = None
    withdraws: Index
    commitment: Hash

    def _holds(self) -> bool:
        return self._refers(self.deposit, self.withdraws)


class Erasure(_Common, frozen=True, kw_only=True):
    """Payloads and seeds of the entries listed, in ascending order, are destroyed."""

    erases: Annotated[tuple[Index, ...], Meta(min_length=1)]
    commitment: Hash

    def _holds(self) -> bool:
        return self._refers(*self.erases) and all(a < b for a, b in pairwise(self.erases))


class Endorsement(_Common, frozen=True, kw_only=True):
    """The depositor signs the entries ``start`` to ``end`` - 1 of its deposit.

    ``root`` is the tree root over their leaf hashes alone; the message is that of
    `endorsement_message`. ``registration``: the last `Depositor` entry of the deposit's
    depositor before this one.
    """

    deposit: Index
    start: Index
    end: Index
    root: Hash
    registration: Index
    vkey: str
    signature: Signature

    def _holds(self) -> bool:
        _check_keys([self.vkey], {ED25519})
        spans = self.deposit < self.start < self.end <= self.index
        return spans and self._refers(self.registration)


class Status(_Common, frozen=True, kw_only=True):
    """Root of the status tree over the ``size`` entries before this one.

    ``register``: the last `Register` entry before it, absent where there is none.
    """

    size: Index
    root: Hash
    register: Index | None = None

    def _holds(self) -> bool:
        return self._refers(self.register) and self.size == self.index


class Timestamp(_Common, frozen=True, kw_only=True):
    """RFC 3161 token over the text of the checkpoint of ``size`` and ``root``."""

    size: Index
    root: Hash
    token: Base64

    def _holds(self) -> bool:
        return self._refers() and 0 < self.size <= self.index


class Register(_Common, frozen=True, kw_only=True):
    """The export of the national register that codes are checked against from here on.

    ``date`` is the export's own. ``digest`` as of ``sheets.register_digest``. ``sheets`` is
    the number of sheets kept of it, ``root`` the tree root over their bytes (RFC 6962).
    """

    source: Name
    version: Version
    date: str
    digest: Hash
    sheets: Annotated[int, Meta(ge=1, le=131_072)]
    root: Hash

    def _holds(self) -> bool:
        check_date(self.date)
        return self._refers()


class Upgrade(_Common, frozen=True, kw_only=True):
    """Entries after this one follow another format."""

    format: OtherFormat


class Close(_Common, frozen=True, kw_only=True):
    """Nothing follows; the log ``successor``, of that genesis leaf hash, goes on."""

    successor: Origin
    genesis: Hash


Entry: TypeAlias = (
    Genesis | Key | Depositor | Deposit | Certification | Withdrawal | Erasure
    | Endorsement | Status | Timestamp | Register | Upgrade | Close
)  # fmt: skip
"""Any entry."""

_TYPES: Final[dict[bytes, type[Entry]]] = {
    kind.__name__.lower().encode(): kind for kind in get_args(Entry)
}
_TAG_START: Final = len('{"type":"')


def parse_entry(data: bytes) -> Entry:
    """Parse an entry and check its form; raises `FormatError`."""
    if len(data) > ENTRY_SIZE_MAX:
        raise FormatError(f"malformed entry: more than {ENTRY_SIZE_MAX} bytes")
    # The one spelling of an entry begins with its type; decoding confirms the guess.
    tag = data[_TAG_START : data.find(b'"', _TAG_START)]
    if tag not in _TYPES:
        raise FormatError("malformed entry: unknown type")
    return decode_json(data, _TYPES[tag], f"{tag.decode()} entry")


def encode_entry(entry: Entry) -> bytes:
    """Return the entry's bytes; raises `FormatError` where `parse_entry` would."""
    data = encode_json(entry)
    parse_entry(data)
    return data


def certification_encoder(
    *,
    time: str,
    depositor: str,
    deposit: int,
    registration: int,
    certifier_registration: int | None,
) -> Callable[[int, str, str, int | None], bytes]:
    """Return what encodes the certifications of one deposit: they differ in little.

    It takes index, ``prev``, ``commitment`` and ``supersedes``, and returns the bytes that
    `encode_entry` returns. Raises `FormatError` where that would; hashes are told by their
    length, because whoever has them has encoded them.
    """
    sample = Certification(
        index=deposit + 1,
        time=time,
        prev=ZERO_PREV,
        deposit=deposit,
        depositor=depositor,
        registration=registration,
        certifier_registration=certifier_registration,
        commitment=ZERO_PREV,
        supersedes=deposit,
    )
    start, middle, end, last = (
        encode_entry(sample)
        .replace(b'"index":%d,' % sample.index, b'"index":\0,', 1)
        .replace(b'"prev":"%b' % ZERO_PREV.encode(), b'"prev":"\0', 1)
        .replace(b'"commitment":"%b' % ZERO_PREV.encode(), b'"commitment":"\0', 1)
        .removesuffix(b',"supersedes":%d}' % deposit)
        .split(b"\0")
    )
    size, limit = len(ZERO_PREV), JSON_INTEGER_LIMIT

    def encode(index: int, prev: str, commitment: str, supersedes: int | None) -> bytes:
        target = deposit if supersedes is None else supersedes
        if not deposit < index < limit or not 0 <= target < index:
            raise FormatError("members of a certification entry contradict each other")
        if not len(prev) == len(commitment) == size:
            raise FormatError("malformed certification entry: a hash of another size")
        tail = b"}" if supersedes is None else b',"supersedes":%d}' % supersedes
        return b"%b%d%b%b%b%b%b%b" % (
            start, index, middle, prev.encode(), end, commitment.encode(), last, tail,
        )  # fmt: skip

    return encode


def registration_of(entry: Depositor) -> Registration:
    """Return what the body signs of its entry."""
    return Registration(
        depositor=entry.depositor,
        name=entry.name,
        siret=entry.siret,
        certifiers=entry.certifiers,
        succeeds=entry.succeeds,
        keys=entry.keys,
        previous=entry.previous,
    )


def depositor_message(*, origin: str, registration: Registration) -> bytes:
    """Return what one of the previous keys signs for a new registration.

    "provenance/depositor/v1", newline, origin, newline, and the JSON object of the members
    from ``depositor`` to ``previous``, as in the entry. Raises `FormatError` without
    ``previous``: a first registration has nobody who could sign it.
    """
    if registration.previous is None:
        raise FormatError("a first registration replaces none, and is not signed")
    return f"provenance/depositor/v1\n{origin}\n".encode() + encode_json(registration)


def check_follows(entry: Entry, *, index: int, prev: bytes, time: str) -> None:
    """Check that ``entry`` is the one at ``index``, chained to the entry before it.

    ``prev`` is the leaf hash and ``time`` the time of the entry before; for index 0 pass 32
    zero bytes and an empty string. Raises `ChainError`.
    """
    if entry.index != index:
        raise ChainError(f"expected entry {index}, got {entry.index}")
    if entry.prev != encode_base64(prev):
        raise ChainError(f"entry {index} is not chained to the entry before")
    if entry.time < time:
        raise ChainError(f"entry {index}: time {entry.time} before {time}")


def _check_keys(vkeys: Sequence[str], kinds: Collection[int]) -> None:
    """Check that all are verifier keys of these signature types, none of them twice."""
    if len(set(vkeys)) != len(vkeys):
        raise FormatError("verifier key listed twice")
    if any(parse_verifier_key(vkey).kind not in kinds for vkey in vkeys):
        raise FormatError("verifier key of another type than its role asks for")
