"""What the machine itself can do, measured in the same run: the limits of everything else."""

from __future__ import annotations

import hashlib
import os
import time
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from typing import TYPE_CHECKING, Final

import lmdb
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_MESSAGE: Final = bytes(64)
_RECORD: Final = bytes(1100)


def measure_yardsticks(directory: Path, *, rounds: int) -> dict[str, float]:
    """Return calls a second of each limit, medians of ``rounds``."""
    key = Ed25519PrivateKey.generate()
    signature, public = key.sign(_MESSAGE), key.public_key()

    def sign() -> None:
        for _ in range(500):
            key.sign(_MESSAGE)

    def verify() -> None:
        for _ in range(500):
            public.verify(signature, _MESSAGE)

    def digest() -> None:
        for _ in range(20_000):
            hashlib.sha256(_RECORD[:1024]).digest()

    with ThreadPoolExecutor(2) as threads:

        def twice(work: Callable[[], None]) -> Callable[[], None]:
            def both() -> None:
                list(threads.map(lambda _: work(), range(2)))

            return both

        found = {
            "Ed25519 signatures, one thread": _rate(sign, 500, rounds),
            "Ed25519 signatures, two threads": _rate(twice(sign), 1000, rounds),
            "Ed25519 verifications, one thread": _rate(verify, 500, rounds),
            "Ed25519 verifications, two threads": _rate(twice(verify), 1000, rounds),
            "SHA-256 of 1 KiB": _rate(digest, 20_000, rounds),
        }
    return found | _disk(directory, rounds)


def _disk(directory: Path, rounds: int) -> dict[str, float]:
    file = os.open(directory / "file", os.O_WRONLY | os.O_CREAT)
    environment = lmdb.open(str(directory / "bare"), map_size=1 << 34, lib_version=0)
    size = 0

    def sync() -> None:
        for _ in range(200):
            os.write(file, _RECORD)
            os.fdatasync(file)

    def put(count: int, commits: int) -> Callable[[], None]:
        def work() -> None:
            nonlocal size
            for _ in range(commits):
                with environment.begin(write=True) as transaction:
                    for _ in range(count):
                        transaction.put(size.to_bytes(8, "big"), _RECORD, append=True)
                        size += 1

        return work

    try:
        return {
            "fdatasync of one record": _rate(sync, 200, rounds),
            "LMDB puts, one a synced commit": _rate(put(1, 200), 200, rounds),
            "LMDB puts, 1,000 a synced commit": _rate(put(1000, 10), 10_000, rounds),
        }
    finally:
        environment.close()
        os.close(file)


def _rate(work: Callable[[], None], calls: int, rounds: int) -> float:
    work()
    seconds = []
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return calls / median(seconds)
