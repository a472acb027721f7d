"""The log as files: what is in them, that they never change, and that exports go on."""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ledgers import DEPOSITOR, ORIGIN, create, flux, records, today_spec
from provenance.errors import (
    ConsistencyError,
    LedgerBusyError,
    LedgerDamagedError,
    LedgerFullError,
    NotPublishedError,
    RollbackError,
    StorageError,
)
from provenance.ledger import Ledger
from provenance.record.status import ERASED, SUPERSEDED, WITHDRAWN, leaf_count, status_bits
from provenance.storage import View, sync_directory
from provenance.tlog.checkpoint import parse_checkpoint
from provenance.tlog.merkle import leaf_hash, tree_root
from provenance.tlog.note import split_note
from provenance.tlog.tiles import TileName, parse_entries, parse_tile_name, tile_width

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PASSAGES = 300
RECORDS = records(today_spec(passages=3, dossier_percent=0, seed=90))


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Return a ledger of 306 entries: the certifications are 5 to 304, 305 is the status."""
    with create(tmp_path / "ledger") as ledger:
        ledger.deposit(flux(today_spec(passages=PASSAGES, dossier_percent=0)))
        ledger.publish()
        yield ledger


@pytest.fixture
def www(tmp_path: Path) -> Path:
    return tmp_path / "www"


def files_in(directory: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }


def grow(ledger: Ledger, count: int) -> None:
    """Append ``count`` entries of no matter what kind."""
    for number in range(count):
        ledger.register(DEPOSITOR, name=f"Organisme {number}")


def entries_of(ledger: Ledger, size: int) -> list[bytes]:
    return list(ledger.entries(0, size))


def test_what_is_written(ledger: Ledger, www: Path) -> None:
    done = ledger.export_tiles(www)
    files = files_in(www)
    assert set(files) == {
        "checkpoint",
        "keys",
        "status/000",
        "tile/0/000",
        "tile/0/001.p/50",
        "tile/1/000.p/1",
        "tile/entries/000",
        "tile/entries/001.p/50",
        "signatures/000",
        "signatures/001.p/50",
    }
    published = ledger.checkpoint()
    assert published is not None
    assert files["checkpoint"] == published[1].encode()
    entries = entries_of(ledger, 306)
    hashes = [leaf_hash(entry) for entry in entries]
    assert files["tile/0/000"] + files["tile/0/001.p/50"] == b"".join(hashes)
    assert files["tile/1/000.p/1"] == tree_root(hashes[:256])
    assert parse_entries(files["tile/entries/000"], 256) == tuple(entries[:256])
    assert parse_entries(files["tile/entries/001.p/50"], 50) == tuple(entries[256:])
    signatures = b"".join(ledger.record(index)[1] for index in range(306))
    assert files["signatures/000"] + files["signatures/001.p/50"] == signatures
    assert files["keys"] == b"0\n1\n"
    assert files["status/000"] == bytes(64 * leaf_count(305))
    assert (done.origin, done.since, done.size) == (ORIGIN, 0, 306)
    assert done.root in files["checkpoint"].decode()
    assert done.files == len(files)
    assert done.bytes == sum(map(len, files.values()))


def test_names_and_lengths_are_those_of_the_format(ledger: Ledger, www: Path) -> None:
    ledger.export_tiles(www)
    for name, data in files_in(www).items():
        if name not in {"checkpoint", "keys"}:
            parsed = parse_tile_name(name)
            assert 0 < len(data) <= parsed.size_max
            assert parsed.width == 256 or tile_width(306, parsed.number) == parsed.width or (
                parsed == TileName("tile/1", 0, 1)
            )  # fmt: skip


def test_everybody_may_read_them(ledger: Ledger, www: Path) -> None:
    before = os.umask(0o022)
    try:
        ledger.export_tiles(www)
    finally:
        os.umask(before)
    for path in www.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o755 if path.is_dir() else 0o644)


def test_nothing_is_written_twice(ledger: Ledger, www: Path) -> None:
    ledger.export_tiles(www)
    times = {path: path.stat().st_mtime_ns for path in www.rglob("*")}
    done = ledger.export_tiles(www)
    assert (done.since, done.files, done.bytes) == (306, 0, 0)
    assert {path: path.stat().st_mtime_ns for path in www.rglob("*")} == times


def test_only_what_is_new_is_written_and_the_rest_stays(ledger: Ledger, www: Path) -> None:
    ledger.export_tiles(www)
    before = files_in(www)
    ledger.withdraw(5)
    grow(ledger, 10)
    ledger.publish()
    done = ledger.export_tiles(www)
    after = files_in(www)
    assert done.since == 306
    replaced = {"checkpoint", "status/000"}
    assert set(after) - set(before) == {
        "tile/0/001.p/62",
        "tile/entries/001.p/62",
        "signatures/001.p/62",
        "changes/000",
    }
    assert {name for name in before if before[name] != after[name]} == replaced
    assert status_bits(after["status/000"][:64], 5) == WITHDRAWN
    assert after["changes/000"].hex() == f"{5:016x}{2:02x}{306:016x}"


def test_every_published_checkpoint_finds_its_tiles(ledger: Ledger, www: Path) -> None:
    """Checkpoints that no export was made for have their partial tiles all the same."""
    for _ in range(3):
        grow(ledger, 4)
        ledger.publish()
    ledger.export_tiles(www)
    widths = {name for name in files_in(www) if name.startswith("tile/0/001")}
    assert widths == {f"tile/0/001.p/{width}" for width in (50, 55, 60, 65)}
    # Those that a full tile replaces by the time of the export are never missed.
    grow(ledger, 200)
    ledger.publish()
    grow(ledger, 5)
    ledger.publish()
    ledger.export_tiles(www)
    widths = {name for name in files_in(www) if name.startswith("signatures/00")}
    assert "signatures/001" in widths
    assert {name for name in widths if name.startswith("signatures/002")} == {
        "signatures/002.p/10",
        "signatures/002.p/16",
    }


def test_changes_are_told_of_certifications_alone(ledger: Ledger, www: Path) -> None:
    (first,) = ledger.append([RECORDS[0]], depositor=DEPOSITOR).accepted
    corrected = {**RECORDS[0], "dateFinValidite": "2099-12-31"}
    newer = ledger.append([corrected], depositor=DEPOSITOR, corrections=True).accepted[0]
    # Erased with what it superseded, and with their deposits, of which no status tells.
    ledger.erase([newer.index], basis="GDPR_ART_17")
    ledger.publish()
    # What comes after the checkpoint is not published yet.
    ledger.withdraw(7)
    ledger.export_tiles(www)
    rows = files_in(www)["changes/000"]
    found = [rows[at : at + 17] for at in range(0, len(rows), 17)]
    told = [(int.from_bytes(row[:8], "big"), row[8]) for row in found]
    assert told == [
        (first.index, SUPERSEDED),
        (first.index, ERASED),
        (newer.index, ERASED),
    ]


def test_key_entries_are_pointed_to(ledger: Ledger, www: Path) -> None:
    ledger.rotate_keys("entry")
    ledger.publish()
    ledger.rotate_keys("entry")
    ledger.export_tiles(www)
    assert files_in(www)["keys"] == b"0\n1\n306\n307\n"


def test_progress_is_told(ledger: Ledger, www: Path) -> None:
    told: list[tuple[int, int]] = []
    ledger.export_tiles(www, progress=lambda done, total: told.append((done, total)))
    assert told == [(256, 306), (306, 306)]


# What is refused.


def test_before_the_first_checkpoint(tmp_path: Path, www: Path) -> None:
    with create(tmp_path / "ledger") as ledger:
        with pytest.raises(NotPublishedError, match="publish first"):
            ledger.export_tiles(www)
        assert not www.exists()


def test_a_publication_that_was_not_finished(
    ledger: Ledger, www: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.withdraw(5)
    with monkeypatch.context() as patch:
        patch.setattr("provenance.ledger.publish.sign_note", _fail)
        with pytest.raises(StorageError):
            ledger.publish()
    with pytest.raises(NotPublishedError, match="not finished"):
        ledger.export_tiles(www)
    ledger.publish()
    assert ledger.export_tiles(www).size == 308


def _fail(*_: object) -> str:
    raise StorageError("the key is not there")


def test_an_older_ledger_does_not_go_back(ledger: Ledger, www: Path, tmp_path: Path) -> None:
    ledger.export_tiles(www)
    newest = files_in(www)
    checkpoint = parse_checkpoint(split_note(newest["checkpoint"])[0])
    larger = newest["checkpoint"].replace(b"\n306\n", b"\n307\n", 1)
    (www / "checkpoint").write_bytes(larger)
    with pytest.raises(RollbackError, match="at size 307"):
        ledger.export_tiles(www)
    assert checkpoint.size == 306
    assert files_in(www) == {**newest, "checkpoint": larger}


def test_another_history_is_refused(ledger: Ledger, www: Path, tmp_path: Path) -> None:
    with create(tmp_path / "fork") as fork:
        fork.publish()
        fork.export_tiles(www)
    before = files_in(www)
    with pytest.raises(ConsistencyError, match="another history at size 5"):
        ledger.export_tiles(www)
    assert files_in(www) == before


def test_another_log_is_refused(ledger: Ledger, www: Path, tmp_path: Path) -> None:
    with Ledger.create(tmp_path / "other", origin="other.example/log") as other:
        other.publish()
        other.export_tiles(www)
    with pytest.raises(ConsistencyError, match=r"holds the log other\.example/log"):
        ledger.export_tiles(www)


@pytest.mark.parametrize("name", ["tile/0/000", "tile/entries/001.p/50", "signatures/000"])
def test_a_file_with_other_bytes_is_refused(ledger: Ledger, www: Path, name: str) -> None:
    """Without a checkpoint everything is compared, as after a crash."""
    ledger.export_tiles(www)
    (www / "checkpoint").unlink()
    path = www / name
    good = path.read_bytes()
    path.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    with pytest.raises(ConsistencyError, match=f"{name} was published with other bytes"):
        ledger.export_tiles(www)
    assert not (www / "checkpoint").exists()
    path.write_bytes(good)
    assert ledger.export_tiles(www).files == 1


def test_two_exports_take_no_turns(ledger: Ledger, www: Path) -> None:
    www.mkdir()
    descriptor = os.open(www, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with pytest.raises(LedgerBusyError, match="another export"):
            ledger.export_tiles(www)
    finally:
        os.close(descriptor)
    assert ledger.export_tiles(www).size == 306


def test_a_place_that_cannot_be_written(ledger: Ledger, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError):
        ledger.export_tiles(tmp_path / "file")
    (tmp_path / "www" / "tile").mkdir(parents=True)
    (tmp_path / "www" / "tile" / "0").write_bytes(b"")
    with pytest.raises(StorageError):
        ledger.export_tiles(tmp_path / "www")
    (tmp_path / "dir" / "checkpoint").mkdir(parents=True)
    with pytest.raises(StorageError):
        ledger.export_tiles(tmp_path / "dir")


# What a damaged database would have published for ever.


def test_a_damaged_entry_is_not_published(
    ledger: Ledger, www: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = View.entries

    def entries(view: View, start: int, end: int) -> Iterator[tuple[bytes, bytes]]:
        for index, (entry, signature) in enumerate(honest(view, start, end), start):
            yield (entry[:-2] + b"x}" if index == 300 else entry), signature

    monkeypatch.setattr(View, "entries", entries)
    with pytest.raises(LedgerDamagedError, match="entry 300 does not fit"):
        ledger.export_tiles(www)
    assert not (www / "checkpoint").exists()


def test_a_damaged_signature_is_not_published(
    ledger: Ledger, www: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be there for good, and nobody could bring a proof up to date by it."""
    honest = View.entries

    def entries(view: View, start: int, end: int) -> Iterator[tuple[bytes, bytes]]:
        for index, (entry, signature) in enumerate(honest(view, start, end), start):
            yield entry, bytes(64) if index == 300 else signature

    with monkeypatch.context() as patch:
        patch.setattr(View, "entries", entries)
        with pytest.raises(LedgerDamagedError, match="signature of entry 300 does not verify"):
            ledger.export_tiles(www)
    assert not (www / "checkpoint").exists()
    assert not (www / "signatures" / "001.p").exists()
    ledger.export_tiles(www)
    with monkeypatch.context() as patch:
        patch.setattr(View, "entries", entries)
        assert faults_of(ledger, www) == {"signatures/001.p/50": "differs"}


def test_a_damaged_tree_is_not_published(
    ledger: Ledger, www: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = View.node

    def node(view: View, level: int, index: int) -> bytes:
        return bytes(32) if (level, index) == (8, 0) else honest(view, level, index)

    monkeypatch.setattr(View, "node", node)
    with pytest.raises(LedgerDamagedError, match="not what was signed"):
        ledger.export_tiles(www)
    published = ledger.checkpoint()
    assert published is not None
    signed = published[0].root
    monkeypatch.setattr(View, "root", lambda *_: signed)
    with pytest.raises(LedgerDamagedError, match="tile 0 of level 0 does not fit"):
        ledger.export_tiles(www)
    assert not (www / "checkpoint").exists()


# Crashes.


class Crash(BaseException):
    """The process dies here."""


def crashing(step: int, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let the system call number ``step`` of an export not happen; tell those before."""
    seen: list[str] = []

    def guard(name: str, real: object) -> object:
        def call(*args: object, **options: object) -> object:
            if len(seen) == step:
                raise Crash
            seen.append(name)
            return real(*args, **options)  # type: ignore[operator]

        return call

    for name in ("open", "pwrite", "fsync", "mkdir", "rename"):
        monkeypatch.setattr(os, name, guard(name, getattr(os, name)))
    return seen


def crash_everywhere(
    export: Callable[[Path], object], start: Path, whole: dict[str, bytes], work: Path
) -> tuple[int, list[str]]:
    """Crash an export at each of its steps, look at what is left, and let it go on.

    Gives the number of steps, and what was wrong.
    """
    before = files_in(start).get("checkpoint")
    wrong = []
    for step in count():
        www = work / str(step)
        shutil.copytree(start, www)
        crashed = False
        with pytest.MonkeyPatch.context() as patch:
            crashing(step, patch)
            try:
                export(www)
            except Crash:
                crashed = True
        found = {name: data for name, data in files_in(www).items() if name[-4:] != ".new"}
        if found.get("checkpoint") != before and found != whole:
            wrong.append(f"step {step}: the checkpoint is there before what it vouches for")
        fixed = {name for name in found if parse_name(name)}
        if any(found[name] != whole[name] for name in fixed):
            wrong.append(f"step {step}: a file that never changes is not what it will be")
        export(www)
        if files_in(www) != whole:
            wrong.append(f"step {step}: the next export did not make it whole")
        if not crashed:
            return step, wrong
    raise AssertionError


def parse_name(name: str) -> bool:
    """Return whether a file never changes."""
    return name.startswith(("tile/", "signatures/"))


@pytest.mark.parametrize("first", [True, False], ids=["a new directory", "a second export"])
def test_an_export_goes_on_after_a_crash_at_any_step(
    ledger: Ledger, tmp_path: Path, first: bool
) -> None:
    start, other = tmp_path / "start", tmp_path / "other"
    start.mkdir()
    if not first:
        ledger.export_tiles(start)
        ledger.export_tiles(other)
        ledger.withdraw(9)
        grow(ledger, 10)
        ledger.publish()
    ledger.export_tiles(other)
    steps, wrong = crash_everywhere(ledger.export_tiles, start, files_in(other), tmp_path)
    assert wrong == []
    assert steps > 30


def test_an_export_in_the_wrong_order_would_be_caught(ledger: Ledger, tmp_path: Path) -> None:
    """The control: a checkpoint that comes first."""
    start, other = tmp_path / "start", tmp_path / "other"
    start.mkdir()
    ledger.export_tiles(other)
    whole = files_in(other)

    def export(www: Path) -> None:
        (www / "checkpoint").write_bytes(whole["checkpoint"])
        ledger.export_tiles(www)

    _, wrong = crash_everywhere(export, start, whole, tmp_path)
    assert any("before what it vouches for" in one for one in wrong)


def test_a_disk_that_fails_at_the_end(
    ledger: Ledger, www: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "rename", refuse)
        with pytest.raises(StorageError, match="Input/output error"):
            ledger.export_tiles(www)
    assert not (www / "checkpoint").exists()


def count_open() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_no_more_files_are_open_than_a_batch(
    ledger: Ledger, www: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("provenance.storage.published.BATCH_FILES_MAX", 3)
    before = count_open()
    most = 0
    real = os.fsync

    def fsync(descriptor: int) -> None:
        nonlocal most
        most = max(most, count_open() - before)
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    ledger.export_tiles(www)
    # The directory's own descriptor, that of its lock, and the batch.
    assert 3 <= most <= 6
    assert len(files_in(www)) == 10


def test_names_that_are_there_already_are_synced_all_the_same(
    ledger: Ledger, www: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An export that was killed may have left names that no disk has yet."""
    ledger.export_tiles(www)
    (www / "checkpoint").unlink()
    before: set[Path] = set()

    def sync(path: Path) -> None:
        if not (www / "checkpoint").exists():
            before.add(path)
        sync_directory(path)

    monkeypatch.setattr("provenance.storage.published.sync_directory", sync)
    ledger.export_tiles(www)
    assert before == {www, *(path for path in www.rglob("*") if path.is_dir())}


@pytest.mark.parametrize("call", ["fsync", "pwrite", "mkdir"])
def test_a_full_disk_is_told(
    ledger: Ledger, www: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    www.mkdir()
    with monkeypatch.context() as patch:
        patch.setattr(os, call, refuse)
        with pytest.raises(LedgerFullError, match="No space left"):
            ledger.export_tiles(www)
    assert not (www / "checkpoint").exists()
    assert ledger.export_tiles(www).size == 306


# What is published is looked at again.


def faults_of(ledger: Ledger, www: Path) -> dict[str, str]:
    return {fault.name: fault.problem for fault in ledger.check_tiles(www).faults}


def spoil(path: Path, at: int) -> None:
    data = path.read_bytes()
    at %= len(data)
    path.write_bytes(data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :])


@pytest.fixture
def grown(ledger: Ledger, www: Path) -> set[str]:
    """Files of several exports: full ones, and some that were not when they were written."""
    ledger.export_tiles(www)
    ledger.withdraw(5)
    grow(ledger, 7)
    ledger.publish()
    ledger.export_tiles(www)
    grow(ledger, 250)
    ledger.publish()
    ledger.export_tiles(www)
    (www / "index.html").write_text("not of the log")
    (www / "tile" / "0" / "009.new").write_text("left by an export that was killed")
    return {*files_in(www)} - {"index.html", "tile/0/009.new"}


def test_what_is_whole_is_compared_and_found_so(
    ledger: Ledger, www: Path, grown: set[str]
) -> None:
    told: list[tuple[int, int]] = []
    found = ledger.check_tiles(www, progress=lambda done, total: told.append((done, total)))
    assert (found.origin, found.faults, found.replaced) == (ORIGIN, (), True)
    assert (found.files, found.size) == (len(grown), ledger.size)
    assert told[-1] == (found.size, found.size)
    assert {"tile/0/001.p/50", "tile/1/000.p/1", "changes/000"} < grown


def test_each_file_that_is_changed_or_missing_is_named(
    ledger: Ledger, www: Path, grown: set[str]
) -> None:
    for number, name in enumerate(sorted(grown)):
        whole = (www / name).read_bytes()
        spoil(www / name, 1000 * number)
        assert faults_of(ledger, www) == {name: "differs"}
        (www / name).write_bytes(whole + b"\n")
        assert faults_of(ledger, www) == {name: "differs"}
        (www / name).unlink()
        # What is not full may be removed, once the full one is there.
        full = name.partition(".p/")[0]
        expected = {} if full != name and full in grown else {name: "missing"}
        assert faults_of(ledger, www) == expected
        (www / name).write_bytes(whole)
    assert faults_of(ledger, www) == {}


def test_what_is_damaged_is_removed_and_written_anew(
    ledger: Ledger, www: Path, grown: set[str]
) -> None:
    before = files_in(www)
    newest = next(name for name in grown if name.startswith("tile/entries/002.p/"))
    for name in ("tile/0/000", "signatures/001", newest):
        spoil(www / name, 99)
    for name in (*faults_of(ledger, www), "checkpoint"):
        (www / name).unlink()
    assert ledger.export_tiles(www).files == 4
    assert files_in(www) == before
    assert faults_of(ledger, www) == {}


def test_what_was_published_since_is_not_missing(ledger: Ledger, www: Path) -> None:
    ledger.export_tiles(www)
    ledger.withdraw(5)
    ledger.publish()
    found = ledger.check_tiles(www)
    assert (found.size, found.faults, found.replaced) == (306, (), False)
    spoil(www / "tile" / "0" / "001.p" / "50", 3)
    assert faults_of(ledger, www) == {"tile/0/001.p/50": "differs"}


def test_files_beyond_the_log_are_named(ledger: Ledger, www: Path) -> None:
    ledger.export_tiles(www)
    for name in ("tile/0/002.p/3", "signatures/001.p/60", "tile/2/000.p/1"):
        (www / name).parent.mkdir(parents=True, exist_ok=True)
        (www / name).write_bytes(bytes(32))
    assert set(faults_of(ledger, www).values()) == {"differs"}
    assert len(faults_of(ledger, www)) == 3


def test_comparing_is_refused_where_it_cannot_be(
    ledger: Ledger, www: Path, tmp_path: Path
) -> None:
    with pytest.raises(StorageError, match="cannot open"):
        ledger.check_tiles(www)
    www.mkdir()
    descriptor = os.open(www, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with pytest.raises(LedgerBusyError, match="another export"):
            ledger.check_tiles(www)
    finally:
        os.close(descriptor)
    assert "checkpoint" in faults_of(ledger, www)
    with (
        create(tmp_path / "new") as unpublished,
        pytest.raises(NotPublishedError, match="publish first"),
    ):
        unpublished.check_tiles(www)


def test_an_export_notices_damage_where_it_goes_on(ledger: Ledger, www: Path) -> None:
    """Without new entries, too: the end of what was published, and the checkpoint."""
    ledger.export_tiles(www)
    for name in ("tile/0/001.p/50", "tile/entries/001.p/50", "tile/1/000.p/1"):
        whole = (www / name).read_bytes()
        spoil(www / name, 5)
        with pytest.raises(ConsistencyError, match=f"{name} was published with other bytes"):
            ledger.export_tiles(www)
        (www / name).unlink()
        assert ledger.export_tiles(www).files == 1
        assert (www / name).read_bytes() == whole
    (www / "checkpoint").write_bytes(b"rotten")
    with pytest.raises(ConsistencyError, match=r"checkpoint is not a checkpoint .* remove it"):
        ledger.export_tiles(www)
