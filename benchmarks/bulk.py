"""Large logs in seconds: real entries in a real database, without what stands behind them.

A file of a million passages takes minutes to deposit. Here its entries are written as the
ledger spells them: chained, in the tree, each found by a look-up, signed if wanted. Their
commitments are random and nothing is committed to, and so are the leaves of their deposit, so
such a log can be audited as far as that goes without payloads.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from benchmarks.workload import CERTIFIER, DEPOSITOR, make_ledger

from provenance.encoding import encode_base64
from provenance.keys import KeyRing
from provenance.ledger.files import open_files
from provenance.ledger.registry import read_registration
from provenance.record.depositdigest import deposit_digest
from provenance.record.entry import Certification, Deposit, encode_entry, parse_entry
from provenance.record.message import entry_message
from provenance.storage import Commit, Head
from provenance.tlog.merkle import leaf_hash

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from provenance.ledger.files import LedgerFiles

    Sign = Callable[[bytes], bytes]

BATCH: Final = 1 << 17
"""Entries of a commit."""
HASH_SIZE: Final = 32
NO_SIGNATURE: Final = bytes(64)


def make_log(path: Path, *, entries: int, signed: bool) -> None:
    """Make a ledger of so many entries, nearly all of them certifications of one deposit.

    ``signed``: with entry signatures; without them they are zeros.
    """
    with make_ledger(path) as ledger:
        origin, key = ledger.origin, ledger.operator_keys()[-1].verifier
    signer = KeyRing(path / "keys").signer("entry", key)
    prefix = entry_message(origin, b"")
    files = open_files(path, readonly=False)
    try:
        deposit = _append_deposit(files, entries, lambda leaf: signer.sign(prefix + leaf))
        start = deposit + 1
        while start < entries:
            made = _entries(files, deposit, start, min(BATCH, entries - start))
            leaves = [leaf_hash(entry) for entry in made]
            with ThreadPoolExecutor() as threads:
                signatures = (
                    list(threads.map(lambda leaf: signer.sign(prefix + leaf), leaves))
                    if signed
                    else [NO_SIGNATURE] * len(made)
                )
            _commit(files, start, made, leaves, signatures)
            start += len(made)
    finally:
        files.close()


def _append_deposit(files: LedgerFiles, entries: int, sign: Sign) -> int:
    """Append the deposit of all that follows in a log of so many entries."""
    with files.store.view() as view:
        start, prev = view.size, view.leaf_hash(view.size - 1)
        time = parse_entry(view.entry(start - 1)).time
        registration = read_registration(view, DEPOSITOR)
    assert registration is not None, "it is registered where the ledger is made"
    recorded = entries - start - 1
    leaves = [os.urandom(HASH_SIZE) for _ in range(recorded + 1)]
    entry = encode_entry(
        Deposit(
            index=start,
            time=time,
            prev=encode_base64(prev),
            depositor=DEPOSITOR,
            registration=registration,
            certifier=CERTIFIER,
            action="CREATION",
            recorded=recorded,
            digest=encode_base64(deposit_digest(leaves)),
        )
    )
    leaf = leaf_hash(entry)
    _commit(files, start, [entry], [leaf], [sign(leaf)], b"".join(leaves))
    return start


def _entries(files: LedgerFiles, deposit: int, start: int, count: int) -> list[bytes]:
    """Spell certifications, each from the first one with other values put in."""
    with files.store.view() as view:
        prev, time = view.leaf_hash(start - 1), parse_entry(view.entry(start - 1)).time
        registration = read_registration(view, DEPOSITOR)
        certifier = read_registration(view, CERTIFIER)
    assert registration is not None, "it is registered where the ledger is made"
    zeros, ones = encode_base64(bytes(HASH_SIZE)), encode_base64(b"\x01" * HASH_SIZE)
    model = Certification(
        index=start,
        time=time,
        prev=zeros,
        deposit=deposit,
        depositor=DEPOSITOR,
        registration=registration,
        certifier_registration=certifier,
        commitment=ones,
    )
    spelled = encode_entry(model).decode()
    pattern = spelled.replace(f'"index":{start},', '"index":%d,')
    pattern = pattern.replace(zeros, "%s").replace(ones, "%s")
    made = []
    for index in range(start, start + count):
        commitment = encode_base64(os.urandom(HASH_SIZE))
        entry = (pattern % (index, encode_base64(prev), commitment)).encode()
        made.append(entry)
        prev = leaf_hash(entry)
    return made


def _commit(
    files: LedgerFiles,
    start: int,
    entries: list[bytes],
    leaves: list[bytes],
    signatures: list[bytes],
    leaves_of_deposit: bytes = b"",
) -> None:
    certifications = () if leaves_of_deposit else range(start, start + len(entries))
    files.vault.write(start, os.urandom(HASH_SIZE * len(entries)))
    files.store.commit(
        Commit(
            start=start,
            entries=entries,
            leaf_hashes=leaves,
            signatures=signatures,
            technical=[(os.urandom(16), index) for index in certifications],
            leaves=[(start, leaves_of_deposit)] if leaves_of_deposit else [],
        )
    )
    files.head.write(Head(start + len(entries), leaves[-1]))
