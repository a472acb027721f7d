"""What an audit hands out to be examined, and what comes back.

The log is examined in stretches: each by whichever process is free, without any knowledge
of what stands before it. What comes back are facts about its bytes. What depends on the
order of the whole log is judged from these facts by `walk.py`, one stretch after another.
"""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

from provenance.tlog.merkle import HASH_SIZE


class Stretch(Struct, frozen=True, tag=True, array_like=True):
    """The entries [start, end), to be examined.

    ``marks``: sizes, of those in (start, end], at which a checkpoint was published.
    """

    start: int
    end: int
    marks: tuple[int, ...] = ()


class LookupRange(Struct, frozen=True, tag=True, array_like=True):
    """The look-ups by idTechnique whose keys lie in [first, last); b"" is no bound."""

    first: bytes
    last: bytes


class Node(Struct, frozen=True, array_like=True):
    """A full subtree: the leaves [index << level, (index + 1) << level)."""

    level: int
    index: int
    hash: bytes


class NodeFault(Struct, frozen=True, order=True, array_like=True):
    """A stored node that is another than the entries lead to.

    ``completed``: index of the last entry below it.
    """

    completed: int
    level: int
    index: int


class Run(Struct, frozen=True, array_like=True):
    """Certifications [start, end) that are alike, well-formed and chained to each other.

    All name this deposit, depositor and registrations and bear this time, and none supersedes
    another. The first is chained to the entry before it, whose time is not known here.
    """

    start: int
    end: int
    deposit: int
    depositor: str
    registration: int
    certifier_registration: int | None
    time: str


class Kept(Struct, frozen=True, array_like=True, gc=False):
    """What a certification's payload holds of the deposit that brought it.

    ``number``: of its passage in the file, ``salt`` of that passage's leaf. ``digest``: the
    passage's ``source k``, computed from what is kept. ``around``: SHA-256 of what is hashed
    before the passage's bytes, equal for all that are in the same surroundings. ``source``:
    its exact bytes.
    """

    number: int
    salt: bytes
    digest: bytes
    around: bytes
    source: bytes


class OpenedFacts(Struct, array_like=True):
    """What was found when the payloads of a stretch's certifications were opened.

    ``kept``: by index what is kept of its passage, None where it is lost.
    ``erased``: indexes whose seed is gone, or whose erasure a row tells. ``current``,
    ``holders``: how many look-ups lead to these certifications, by idTechnique and by the
    holder. ``findings``: index and message, in the order of the log.
    """

    kept: dict[int, Kept | None]
    opened: int
    current: int
    holders: int
    erased: list[int]
    findings: list[tuple[int, str]]


class Facts(Struct, frozen=True, tag=True, array_like=True):
    """What the bytes of a stretch say.

    ``leaves``: all leaf hashes, joined. ``runs`` and ``others`` (index and bytes): all
    entries, apart. ``nodes``: the compact range, maximal full subtrees from left to right.
    ``marks``: for each mark the compact range that ends there. ``faults``: stored nodes
    that differ.
    ``unsure``: keys of stored blocks that differ. ``unsigned``: indexes whose signature
    does not hold under the keys that were presumed. ``opened``: None when payloads stayed
    closed.
    """

    start: int
    end: int
    leaves: bytes
    runs: list[Run]
    others: list[tuple[int, bytes]]
    nodes: list[Node]
    marks: list[tuple[int, list[Node]]]
    faults: list[NodeFault]
    unsure: list[bytes]
    unsigned: list[int]
    opened: OpenedFacts | None

    def leaf(self, index: int) -> bytes:
        """Return the leaf hash of one of the entries."""
        at = (index - self.start) * HASH_SIZE
        return self.leaves[at : at + HASH_SIZE]


class LookupFacts(Struct, frozen=True, tag=True, array_like=True):
    """What the rows of a range of look-ups say.

    ``live``: the indexes that they lead to, each u64, big-endian.
    ``tombstones``: the indexes of erased entries. ``damaged``: some row has not the form.
    """

    live: bytes
    tombstones: list[int]
    damaged: bool


class Unable(Struct, frozen=True, tag=True, array_like=True):
    """It could not be examined; whoever asked must see for itself why."""


class Options(Struct, frozen=True, tag=True, array_like=True):
    """What is to be examined, for all stretches of one audit.

    ``keys``: from which index on which entry keys (32 bytes each) are presumed to sign.
    """

    signatures: bool
    vault: bool
    origin: str
    keys: tuple[tuple[int, tuple[bytes, ...]], ...]


Task: TypeAlias = Stretch | LookupRange
Result: TypeAlias = Facts | LookupFacts | Unable
