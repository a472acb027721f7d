"""The machine's own limits, in the same run, and opaque records against them."""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import TYPE_CHECKING

import lmdb
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from provenance.storage import Commit, Store
from provenance.tlog.merkle import leaf_hash

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_benchmark.fixture import BenchmarkFixture

BATCH = 1000
RECORD_SIZE = 1100


def test_opaque_records(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    """Batches of 1,000 records of 1.1 KB: chained, in the tree, root signed, durable."""
    Store.create(tmp_path / "log")
    key, body = Ed25519PrivateKey.generate(), os.urandom(RECORD_SIZE - 40)
    with Store.open(tmp_path / "log") as store:

        def append() -> None:
            with store.view() as view:
                start = view.size
                prev = view.leaf_hash(start - 1) if start else bytes(32)
            entries, leaves = [], []
            for index in range(start, start + BATCH):
                entry = prev + index.to_bytes(8, "big") + body
                prev = leaf_hash(entry)
                entries.append(entry)
                leaves.append(prev)
            store.commit(
                Commit(
                    start=start,
                    entries=entries,
                    leaf_hashes=leaves,
                    signatures=[b""] * BATCH,
                )
            )
            with store.view() as view:
                key.sign(view.root())

        benchmark.extra_info["entries"] = BATCH
        benchmark.pedantic(append, rounds=50, warmup_rounds=3)


def test_lmdb_puts(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    """Bare LMDB: 1,000 puts of 1.1 KB and one synced commit."""
    record, numbers = os.urandom(RECORD_SIZE), count()
    with lmdb.open(str(tmp_path / "bare"), map_size=1 << 34, lib_version=0) as environment:

        def put() -> None:
            with environment.begin(write=True) as transaction:
                for _ in range(BATCH):
                    transaction.put(next(numbers).to_bytes(8, "big"), record, append=True)

        benchmark.extra_info["entries"] = BATCH
        benchmark.pedantic(put, rounds=50, warmup_rounds=3)


def test_one_synced_lmdb_put(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    """Bare LMDB: one put of 1.1 KB and one synced commit."""
    record, numbers = os.urandom(RECORD_SIZE), count()
    with lmdb.open(str(tmp_path / "bare"), map_size=1 << 34, lib_version=0) as environment:

        def put() -> None:
            with environment.begin(write=True) as transaction:
                transaction.put(next(numbers).to_bytes(8, "big"), record, append=True)

        benchmark.pedantic(put, rounds=300, warmup_rounds=20)


def test_fdatasync(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    """Append 4 KB to a file and sync it."""
    block = os.urandom(4096)
    with (tmp_path / "file").open("wb", buffering=0) as file:

        def write() -> None:
            file.write(block)
            os.fdatasync(file.fileno())

        benchmark.pedantic(write, rounds=300, warmup_rounds=20)


def test_ed25519_sign(benchmark: BenchmarkFixture) -> None:
    """One signature."""
    key = Ed25519PrivateKey.generate()
    benchmark(key.sign, bytes(64))


def test_ed25519_sign_on_two_threads(benchmark: BenchmarkFixture) -> None:
    """1,000 signatures on two threads: cryptography releases the GIL while it signs."""
    key = Ed25519PrivateKey.generate()

    def half() -> None:
        for _ in range(500):
            key.sign(b"x" * 64)

    with ThreadPoolExecutor(2) as threads:

        def both() -> None:
            for future in [threads.submit(half), threads.submit(half)]:
                future.result()

        benchmark.extra_info["entries"] = 1000
        benchmark.pedantic(both, rounds=10, warmup_rounds=1)


def test_ed25519_verify(benchmark: BenchmarkFixture) -> None:
    """One verification, the key loaded."""
    key = Ed25519PrivateKey.generate()
    benchmark(key.public_key().verify, key.sign(bytes(64)), bytes(64))


def test_sha256_of_a_record(benchmark: BenchmarkFixture) -> None:
    """SHA-256 of 1.1 KB."""
    record = os.urandom(RECORD_SIZE)
    benchmark(lambda: hashlib.sha256(record).digest())
