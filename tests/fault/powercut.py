"""What a disk may hold after a power cut: a model of a file system that keeps no more than
it must.

What was written counts once its file was synced, or at once where the file is open with
``O_DSYNC``; until then each piece of 512 bytes, and each change of a length, is there or not
by itself, in no order. A name counts once its directory was synced; until then the changes of
one directory are there up to one of them, whatever became of another directory's, and of the
bytes. Nothing is known of ``lock.mdb``, which is memory that processes share.

The model is fed the calls of a real process. At every point between two calls `Disk.cut`
gives what may be left.
"""

from __future__ import annotations

import hashlib
import os
import stat
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Collection, Iterable, Iterator
    from pathlib import Path

    from fault.calls import Call

PIECE: Final = 512
"""Bytes that a disk writes whole or not at all."""
IGNORED: Final = "lock.mdb"
SYNCING: Final = frozenset({"write", "writev", "pwrite64", "fsync", "fdatasync"})
HARMLESS: Final = frozenset({"mmap", "flock"})

Tree = dict[str, "tuple[int, bytes | None]"]
"""Files and directories by name: their modes, and the bytes of a file."""


class Change(NamedTuple):
    """Something of a file that is not synced: bytes at ``start``, or a length where None.

    ``cuts``: what is longer is cut to that length; else only what is shorter grows.
    """

    number: int
    start: int
    data: bytes | None = None
    cuts: bool = False


class File:
    """A file as it is on the disk, and what is still to come there."""

    def __init__(self, mode: int, data: bytes = b"") -> None:
        self.mode: Final = mode
        self.now: Final = bytearray(data)
        self.safe = bytes(data)
        self.waiting: list[Change] = []

    def with_changes(self, wanted: Callable[[Change], bool]) -> bytes:
        data = bytearray(self.safe)
        for change in self.waiting:
            if wanted(change):
                _apply(data, change)
        return bytes(data)

    def sync(self, covered: Collection[int]) -> None:
        """Take the changes of these numbers as there for good."""
        self.safe = self.with_changes(lambda change: change.number in covered)
        self.waiting = [one for one in self.waiting if one.number not in covered]


class Naming(NamedTuple):
    """A change of one directory: what it takes away, and what it names anew."""

    number: int
    gone: str | None
    name: str | None
    node: Node | None


class Directory:
    """A directory as it is on the disk, and the changes that are still to come there."""

    def __init__(self, mode: int) -> None:
        self.mode: Final = mode
        self.now: Final[dict[str, Node]] = {}
        self.safe: dict[str, Node] = {}
        self.waiting: list[Naming] = []

    def up_to(self, count: int) -> dict[str, Node]:
        names = dict(self.safe)
        for change in self.waiting[:count]:
            _rename(names, change)
        return names

    def sync(self, covered: Collection[int]) -> None:
        """Take the changes of these numbers, which came first, as there for good."""
        count = sum(change.number in covered for change in self.waiting)
        self.safe = self.up_to(count)
        del self.waiting[:count]


Node = File | Directory


def _apply(data: bytearray, change: Change) -> None:
    data.extend(bytes(max(0, change.start - len(data))))
    if change.data is not None:
        data[change.start : change.start + len(change.data)] = change.data
    elif change.cuts:
        del data[change.start :]


def _rename(names: dict[str, Node], change: Naming) -> None:
    if change.gone is not None:
        names.pop(change.gone, None)
    if change.name is not None and change.node is not None:
        names[change.name] = change.node


class _Open(NamedTuple):
    node: Node
    synced: bool


class Disk:
    """The file system below one directory, with all that a process has open there.

    It is as at ``root``, and its files are those that the process has below ``seen_at``.
    """

    def __init__(self, root: Path, *, seen_at: Path) -> None:
        self.root: Final = str(seen_at)
        self.top: Final = _load(root)
        self._open: Final[dict[int, _Open]] = {}
        self._offsets: Final[dict[int, int]] = {}
        self._number = 0
        self._syncing: Final[dict[int, set[int]]] = {}

    # --- feeding

    def is_about(self, call: Call) -> bool:
        place = call.place
        return place.startswith(f"{self.root}/") or place == self.root

    def begin(self, call: Call) -> bool:
        """Let a call begin; return whether more may be there from now on."""
        if call.result is None or call.result < 0:
            return False
        match call.name:
            case "write" | "writev":
                offset = self._offsets[call.descriptor()]
                self._write(call, offset)
                self._offsets[call.descriptor()] = offset + call.result
            case "pwrite64":
                self._write(call, call.number(3))
            case "fsync" | "fdatasync":
                node = self._node(call)
                self._syncing[call.begun] = {change.number for change in node.waiting}
                return False
            case _:
                return False
        return True

    def end(self, call: Call) -> bool:
        """Let a call end, with what it promises; return whether that changes anything."""
        if call.result is None or call.result < 0 or call.name in HARMLESS:
            return False
        if call.name in SYNCING:
            covered = self._syncing.pop(call.begun, None)
            if covered:
                self._node(call).sync(covered)
            return bool(covered)
        before = self._number
        self._do(call, call.result)
        return self._number != before

    def _do(self, call: Call, result: int) -> None:
        match call.name:
            case "lseek":
                self._offsets[call.descriptor()] = result
            case "ftruncate":
                self._resize(self._node(call), call.number(1))
            case "fallocate":
                self._resize(self._node(call), call.number(2) + call.number(3), cuts=False)
            case "openat":
                self._opened(call, result)
            case "mkdir":
                self._name(call.place, Directory(int(call.arguments[1], 8)))
            case "rename":
                self._renamed(call.path(0), call.path(1))
            case "unlink" | "rmdir" | "unlinkat":
                self._name(call.place, None)
            case _:
                raise AssertionError(f"the model does not know {call.name}")

    def _node(self, call: Call) -> Node:
        return self._open[call.descriptor()].node

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _write(self, call: Call, offset: int) -> None:
        opened = self._open[call.descriptor()]
        assert isinstance(opened.node, File)
        assert call.result is not None
        data = call.data()[: call.result]
        numbers: set[int] = set()
        if offset + len(data) > len(opened.node.now):
            numbers.add(self._resize(opened.node, offset + len(data)))
        opened.node.now[offset : offset + len(data)] = data
        end = offset + len(data)
        for piece in range(offset // PIECE * PIECE, end, PIECE):
            # The rest of the piece is as the last write before this one left it.
            number = self._next()
            content = bytes(opened.node.now[piece : piece + PIECE])
            opened.node.waiting.append(Change(number, piece, content))
            numbers.add(number)
            numbers |= {
                one.number
                for one in opened.node.waiting
                if one.start == piece and one.data is not None
            }
        if opened.synced:
            self._syncing[call.begun] = numbers

    def _resize(self, node: Node, size: int, *, cuts: bool = True) -> int:
        assert isinstance(node, File)
        change = Change(self._next(), size, cuts=cuts and size < len(node.now))
        _apply(node.now, change)
        node.waiting.append(change)
        return change.number

    def _opened(self, call: Call, descriptor: int) -> None:
        flags, path = call.arguments[2].split("|"), call.place
        node = self._find(path)
        if node is None:
            assert "O_CREAT" in flags, f"{path} is open, and the model does not know it"
            node = File(int(call.arguments[3], 8))
            self._name(path, node)
        elif "O_TRUNC" in flags and isinstance(node, File) and node.now:
            self._resize(node, 0)
        assert "O_APPEND" not in flags, "the model knows no appending"
        self._open[descriptor] = _Open(node, synced=bool({"O_DSYNC", "O_SYNC"} & {*flags}))
        self._offsets[descriptor] = 0

    def _find(self, path: str) -> Node | None:
        node: Node | None = self.top
        for part in path.removeprefix(self.root).split("/"):
            if part:
                node = node.now.get(part) if isinstance(node, Directory) else None
        return node

    def _parent(self, path: str) -> tuple[Directory, str]:
        parent, _, name = path.rpartition("/")
        found = self._find(parent)
        assert isinstance(found, Directory), f"the model does not know {parent}"
        return found, name

    def _change(
        self, directory: Directory, gone: str | None, name: str | None, node: Node | None
    ) -> None:
        change = Naming(self._next(), gone, name, node)
        _rename(directory.now, change)
        directory.waiting.append(change)

    def _name(self, path: str, node: Node | None) -> None:
        directory, name = self._parent(path)
        if node is None:
            self._change(directory, name, None, None)
        else:
            self._change(directory, None, name, node)

    def _renamed(self, old: str, new: str) -> None:
        (source, before), (target, after) = self._parent(old), self._parent(new)
        node = source.now[before]
        if source is target:
            self._change(source, before, after, node)
        else:
            self._change(target, None, after, node)
            self._change(source, before, None, None)

    # --- cutting

    def cut(self) -> Cut:
        """Return what waits at this moment."""
        files: list[tuple[File, Change]] = []
        directories: list[Directory] = []
        for node in _nodes(self.top):
            if isinstance(node, File):
                files += [(node, change) for change in node.waiting]
            elif node.waiting:
                directories.append(node)
        return Cut(self.top, files, directories)


class Cut:
    """One moment at which the power goes, and what may be left then."""

    def __init__(
        self, top: Directory, changes: list[tuple[File, Change]], directories: list[Directory]
    ) -> None:
        self._top: Final = top
        self._numbers: Final = [change.number for _, change in changes]
        self._directories: Final = directories

    def states(self, dice: random.Random) -> Iterator[Tree]:
        """Yield what may be left, without end; the surest cases come first.

        Nothing that waits, all of it, all but one thing, one thing alone, and any of them.
        """
        numbers, everything = self._numbers, set(self._numbers)
        full = [len(one.waiting) for one in self._directories]
        none = [0] * len(full)
        yield self._state(set(), none)
        yield self._state(everything, full)
        yield self._state(set(), full)
        yield self._state(everything, none)
        for at, count in enumerate(full):
            for kept in range(count):
                for data in (everything, set[int]()):
                    yield self._state(data, [*full[:at], kept, *full[at + 1 :]])
                    yield self._state(data, [*none[:at], kept, *none[at + 1 :]])
        for number in dice.sample(numbers, len(numbers)):
            yield self._state(everything - {number}, full)
            yield self._state({number}, full)
        while len(numbers) + len(full) > 1:
            share = dice.random()
            kept_numbers = {one for one in numbers if dice.random() < share}
            yield self._state(kept_numbers, [dice.randint(0, count) for count in full])

    def _state(self, kept: set[int], names: list[int]) -> Tree:
        counts = {id(one): count for one, count in zip(self._directories, names, strict=True)}
        tree: Tree = {}
        _collect(self._top, "", kept, counts, tree)
        return tree


def _collect(
    directory: Directory, path: str, kept: set[int], counts: dict[int, int], tree: Tree
) -> None:
    for name, node in sorted(directory.up_to(counts.get(id(directory), 0)).items()):
        if isinstance(node, Directory):
            tree[f"{path}{name}"] = node.mode, None
            _collect(node, f"{path}{name}/", kept, counts, tree)
        elif name != IGNORED:
            data = node.with_changes(lambda change: change.number in kept)
            tree[f"{path}{name}"] = node.mode, data


def _nodes(directory: Directory) -> Iterator[Node]:
    """Yield every file and directory that is, or may be, below one; and itself."""
    seen: set[int] = set()
    waiting: list[Node] = [directory]
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        yield node
        if isinstance(node, Directory):
            waiting += node.safe.values()
            waiting += node.now.values()
            waiting += [one.node for one in node.waiting if one.node is not None]


def _load(path: Path) -> Directory:
    directory = Directory(stat.S_IMODE(path.stat().st_mode))
    for found in path.iterdir():
        mode = stat.S_IMODE(found.stat().st_mode)
        node = _load(found) if found.is_dir() else File(mode, found.read_bytes())
        directory.now[found.name] = directory.safe[found.name] = node
    return directory


def fingerprint(tree: Tree) -> bytes:
    """Return what tells two states apart."""
    digest = hashlib.blake2b(digest_size=16)
    for name, (_, data) in tree.items():
        size = -1 if data is None else len(data)
        digest.update(f"{name}\0{size}\0".encode())
        digest.update(data or b"")
    return digest.digest()


def write_tree(tree: Tree, root: Path) -> None:
    """Write a state into an empty directory."""
    for name, (mode, data) in tree.items():
        path = root / name
        if data is None:
            path.mkdir(mode=mode)
        else:
            with open(os.open(path, os.O_WRONLY | os.O_CREAT, mode), "wb") as file:  # noqa: PTH123 - a descriptor
                file.write(data)


def moments(calls: Iterable[Call]) -> Iterator[tuple[bool, Call]]:
    """Yield the calls as they begin (True) and end (False), in their order."""
    events = [(call.begun, 0, True, call) for call in calls]
    events += [(call.ended, 1, False, call) for call in calls]
    for _, _, begins, call in sorted(events, key=lambda event: event[:2]):
        yield begins, call
