"""Whether the entries stand in the log, in order, signed by a key that it declares."""

from __future__ import annotations

import math
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from cryptography.exceptions import InvalidSignature

from provenance.encoding import decode_base64, decode_fixed, encode_base64
from provenance.errors import ChainError, FormatError, SignatureError
from provenance.record.bundle import decode_hashes
from provenance.record.entry import Genesis, Key, entry_key_name, entry_message, parse_entry
from provenance.tlog.merkle import leaf_hash, verify_inclusion
from provenance.tlog.note import parse_verifier_key
from provenance.tlog.publickeys import load_ed25519
from provenance.verifier.helper import run_all

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from provenance.record.bundle import Bundle, ProvenEntry
    from provenance.record.entry import Entry
    from provenance.tlog.checkpoint import Checkpoint
    from provenance.tlog.policy import VerifiedCheckpoint
    from provenance.verifier.checks import Checks

SIGNATURE_SIZE: Final = 64
"""Bytes of an Ed25519 signature."""


class Item(NamedTuple):
    """An entry of a bundle, its leaf hash, and the tree in which it is shown."""

    shown: ProvenEntry
    entry: Entry
    leaf: bytes
    tree: Checkpoint


class _EntryKey(NamedTuple):
    """An entry key, the index that declares it, and the one that retires it."""

    added: int
    retired: float
    public: Ed25519PublicKey


def check_entries(
    bundle: Bundle, trees: Sequence[VerifiedCheckpoint], checks: Checks
) -> dict[int, Item]:
    """Check form, order and inclusion of all entries; give them by index, ascending."""
    items = _read_entries(bundle.entries, trees[0].checkpoint, checks)
    if bundle.later is not None:
        items += _read_entries(bundle.later.entries, trees[-1].checkpoint, checks)
        items.sort(key=lambda item: item.entry.index)
    checks.yes("entry", f"{len(items)} entries, each of the form of its type")
    for before, item in pairwise(items):
        checks.attempt("order", item.entry.index, _check_follows, before, item)
    checks.yes("order", "they are in the order of the log")
    for item in items:
        checks.attempt("inclusion", item.entry.index, _check_included, item)
    checks.yes("inclusion", "each stands in the checkpoint's tree at its place")
    return {item.entry.index: item for item in items}


def _read_entries(shown: Sequence[ProvenEntry], tree: Checkpoint, checks: Checks) -> list[Item]:
    items: list[Item] = []
    last = -1
    for number, one in enumerate(shown, 1):
        data = one.entry.encode()
        try:
            item = Item(one, parse_entry(data), leaf_hash(data), tree)
        except FormatError as error:
            checks.no("entry", f"number {number} of its list: {error}")
            continue
        if item.entry.index <= last:
            checks.no("order", f"it stands behind entry {last}", item.entry.index)
        last = item.entry.index
        items.append(item)
    return items


def _check_follows(before: Item, item: Item) -> None:
    first, second = before.entry, item.entry
    if first.index == second.index:
        raise ChainError("it is shown twice")
    if first.time > second.time:
        raise ChainError(f"its time {second.time} is before that of entry {first.index}")
    if first.index + 1 == second.index and second.prev != encode_base64(before.leaf):
        raise ChainError(f"it is not chained to entry {first.index}")


def _check_included(item: Item) -> None:
    tree, path = item.tree, decode_hashes(item.shown.path)
    verify_inclusion(item.leaf, item.entry.index, tree.size, path, tree.root)


def check_genesis(
    items: Mapping[int, Item], pinned: bytes | None, origin: str, checks: Checks
) -> None:
    """Check how the log begins. The second entry, chained to the first, is as good."""
    first, second = items.get(0), items.get(1)
    if first and isinstance(first.entry, Genesis) and first.entry.origin != origin:
        checks.no("genesis", f"the log's first entry names {first.entry.origin}", 0)
    leaf = first.leaf if first else decode_base64(second.entry.prev) if second else None
    if pinned is None:
        checks.skip("genesis", "no first entry is pinned")
    elif leaf is None:
        checks.no("genesis", "neither the first entry nor the one chained to it is shown")
    elif leaf != pinned:
        checks.no("genesis", f"expected leaf hash {pinned.hex()}, got {leaf.hex()}")
    else:
        checks.yes("genesis", "the log begins with the pinned entry")


def check_signatures(items: Mapping[int, Item], origin: str, checks: Checks) -> None:
    """Check that every entry is signed by an entry key that an entry shown declares."""
    keys = _read_entry_keys(items, origin, checks)
    message = entry_message(origin, b"")
    tests: dict[int, Callable[[], None]] = {}
    for index, item in items.items():
        # Entries 0 and 1 are signed by the key that entry 1 adds, others by an earlier one.
        usable = [
            key.public for key in keys if key.added < max(index, 2) and index < key.retired
        ]
        if usable:
            tests[index] = partial(_check_signature, item, usable, message)
    outcomes = dict(zip(tests, run_all([*tests.values()]), strict=True))
    for index in items:
        if index not in outcomes:
            checks.no("entry-key", "no entry shown declares the key that signed it", index)
        elif (error := outcomes[index]) is not None:
            checks.no("entry-signature", error, index)
    checks.yes("entry-key", "the log declares the entry key")
    checks.yes("entry-signature", f"{len(items)} entries are signed by the entry key")


def _read_entry_keys(items: Mapping[int, Item], origin: str, checks: Checks) -> list[_EntryKey]:
    """Return the entry keys that the entries shown declare, the newest first."""
    entries = [item.entry for item in items.values() if isinstance(item.entry, Key)]
    retired = {entry.vkey: entry.index for entry in entries if entry.action == "retire"}
    keys: list[_EntryKey] = []
    for entry in entries:
        if entry.role == "entry" and entry.action == "add":
            key = parse_verifier_key(entry.vkey)
            if key.name != entry_key_name(origin):
                checks.no("entry-key", f"the key's name is {key.name}", entry.index)
            until = retired.get(entry.vkey, math.inf)
            keys.insert(0, _EntryKey(entry.index, until, load_ed25519(key.public)))
    return keys


def _check_signature(item: Item, keys: Sequence[Ed25519PublicKey], message: bytes) -> None:
    signature = decode_fixed(item.shown.signature, SIGNATURE_SIZE)
    verify_signature(keys, signature, message + item.leaf)


def verify_signature(
    keys: Sequence[Ed25519PublicKey], signature: bytes, message: bytes
) -> None:
    """Check that one of ``keys`` signed (RFC 8032); raises `SignatureError`."""
    for key in keys:
        try:
            key.verify(signature, message)
        except InvalidSignature:
            continue
        return
    raise SignatureError(f"not signed by any of the {len(keys)} keys that may sign it")
