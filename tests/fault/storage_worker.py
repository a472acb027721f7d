"""One process that uses the storage, well or badly; run by the fault tests.

Every command takes the directory first, prints one JSON object a line, and ends with
exit status 0 unless something foreign was raised. Entries, seeds and look-ups are
functions of the index, so that any process can check what another one wrote.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import lmdb

from provenance.errors import ProvenanceError, StorageError
from provenance.storage import (
    Commit,
    Head,
    HeadRegister,
    Store,
    Vault,
    WriterLock,
    verify_database,
)
from provenance.tlog.merkle import leaf_hash, tree_root

if TYPE_CHECKING:
    from collections.abc import Callable

SMALL_MAP: Final = 1 << 20
READ_S_MAX: Final = 20.0


def say(**line: object) -> None:
    os.write(1, (json.dumps(line) + "\n").encode())


def entry(index: int) -> bytes:
    return hashlib.sha256(b"entry %d" % index).hexdigest().encode() * 12


def seed(index: int) -> bytes:
    return hashlib.sha256(b"seed %d" % index).digest()


def look_up(index: int) -> bytes:
    return hashlib.sha256(b"look-up %d" % index).digest()[:16]


def commit(start: int, count: int) -> Commit:
    entries = [entry(index) for index in range(start, start + count)]
    return Commit(
        start=start,
        entries=entries,
        leaf_hashes=list(map(leaf_hash, entries)),
        signatures=[bytes(64)] * count,
        technical=[(look_up(index), index) for index in range(start, start + count)],
        payloads=[(start, entry(start) * 4)],
    )


class Files:
    """The files of one log, open."""

    def __init__(self, path: Path, **options: Any) -> None:
        self.store = Store.open(path / "log", **options)
        self.vault = Vault.open(path / "vault")
        self.head = HeadRegister.open(path / "head")
        self.lock = WriterLock(path / "lock")

    def size(self) -> int:
        with self.store.view() as view:
            return view.size

    def append(self, count: int, *, skip: str = "") -> int:
        """Append in the order that a ledger keeps to, unless told to skip a part."""
        with self.lock:
            start = self.size()
            seeds = b"".join(map(seed, range(start, start + count)))
            if skip != "vault":
                self.vault.write(start, seeds)
            if skip == "promise":
                say(size=start + count)
            one = commit(start, count)
            self.store.commit(one)
            if skip == "late-vault":
                self.vault.write(start, seeds)
            if skip != "head":
                self.head.write(Head(start + count, one.leaf_hashes[-1]))
            return start + count


def create(path: Path) -> None:
    path.mkdir(exist_ok=True)
    Store.create(path / "log")
    Vault.create(path / "vault", bytes(32))
    HeadRegister.create(path / "head")
    say(created=True)


def write(path: Path, batches: int, count: int, skip: str = "") -> None:
    """Append, and say each size that was reached; then try again after an error."""
    if skip == "sync":
        library: Any = lmdb
        opened = lmdb.open
        library.open = lambda *path, **options: opened(*path, **{**options, "sync": False})
    files = Files(path, map_size=SMALL_MAP) if skip == "map" else Files(path)
    for _ in range(batches):
        try:
            size = files.append(count, skip=skip)
        except StorageError as error:
            say(error=type(error).__name__)
            break
        if skip != "promise":
            say(size=size)
    uses: list[Callable[[], int]] = [lambda: files.append(count, skip=skip), files.size]
    for use in uses:
        try:
            say(again=use())
        except StorageError as error:
            say(refused=type(error).__name__)


def check(path: Path, acknowledged: int) -> None:
    """Open as after a restart; check everything; append once more."""
    problems = verify_database(path / "log")
    assert problems == (), problems
    files = Files(path)
    head = files.head.read()
    with files.store.view() as view:
        size = view.size
        assert size >= acknowledged, f"{acknowledged} were acknowledged, {size} are there"
        assert head.size >= acknowledged, "the head register forgot what was acknowledged"
        assert head.size <= size, "the head register is ahead of the log"
        assert not head.size or view.leaf_hash(head.size - 1) == head.leaf_hash
        assert [text for text, _ in view.entries(0, size)] == list(map(entry, range(size)))
        hashes = [leaf_hash(entry(index)) for index in range(size)]
        assert view.leaf_hashes(0, size) == b"".join(hashes)
        assert view.root() == tree_root(hashes)
        assert all(view.technical(look_up(index)) == (index, False) for index in range(size))
        assert view.technical(look_up(size)) is None
    assert files.vault.read_many(0, size) == b"".join(map(seed, range(size))), "lost a seed"
    again = files.append(70)
    say(checked=size, again=again)


def read(path: Path, until: int) -> None:
    """Read snapshots beside a writer, until one of them has the size wanted."""
    sizes: set[int] = set()
    deadline = time.monotonic() + READ_S_MAX
    while max(sizes, default=0) < until and time.monotonic() < deadline:
        with Store.open(path / "log", readonly=True) as store:
            for _ in range(20):
                with store.view() as view:
                    hashes = [leaf_hash(entry(index)) for index in range(view.size)]
                    assert view.root() == tree_root(hashes)
                    sizes.add(view.size)
    say(sizes=sorted(sizes))


def hold(path: Path) -> None:
    """Hold a snapshot open until killed."""
    with Store.open(path / "log", readonly=True) as store, store.view() as view:
        say(holding=view.size)
        time.sleep(READ_S_MAX)


def naive(path: Path) -> None:
    """Read every page as LMDB gives it, without any check before."""
    with (
        lmdb.open(str(path / "log"), max_dbs=16, lib_version=0) as environment,
        environment.begin(buffers=True) as transaction,
    ):
        table = environment.open_db(b"records", transaction, create=False)
        say(total=sum(map(sum, transaction.cursor(table).iternext(keys=False))))


def attempt(use: Callable[[], object]) -> str:
    try:
        use()
    except ProvenanceError as error:
        return type(error).__name__
    return "done"


def fork(path: Path) -> None:
    """Fork with everything open; the child tries, then the parent goes on."""
    files = Files(path)
    with files.store.view():
        child = os.fork()
    if not child:
        say(
            view=attempt(files.store.view),
            commit=attempt(lambda: files.store.commit(commit(0, 1))),
            lock=attempt(files.lock.__enter__),
            open=attempt(lambda: Store.open(path / "log")),
        )
        files.store.close()
        files.lock.close()
        return
    _, status = os.waitpid(child, 0)
    say(child=status, size=files.append(5))
    say(twice=attempt(lambda: Store.open(path / "log")))


def main() -> None:
    command, path, *rest = sys.argv[1:]
    commands: dict[str, Callable[..., None]] = {
        "create": create,
        "write": lambda path, batches, count, skip="": write(
            path, int(batches), int(count), skip
        ),
        "check": lambda path, acknowledged: check(path, int(acknowledged)),
        "read": lambda path, until: read(path, int(until)),
        "hold": hold,
        "naive": naive,
        "fork": fork,
    }
    commands[command](Path(path), *rest)


if __name__ == "__main__":
    main()
