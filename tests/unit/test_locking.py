from __future__ import annotations

import errno
import fcntl
import os
import threading
import time
from pathlib import Path
from typing import NoReturn

import pytest

from provenance.errors import LedgerBusyError, StorageError
from provenance.storage import WriterLock, mounts
from provenance.storage.locking import Claim
from provenance.storage.mounts import check_local, find_type


def is_locked(path: Path) -> bool:
    with path.open("rb+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def test_the_lock_is_held_inside_and_only_there(tmp_path: Path) -> None:
    lock = WriterLock(tmp_path / "lock")
    assert not (tmp_path / "lock").exists()
    for _ in range(2):
        with lock:
            assert is_locked(tmp_path / "lock")
        assert not is_locked(tmp_path / "lock")
    lock.close()
    lock.close()
    with lock:
        assert is_locked(tmp_path / "lock")
    lock.close()


def test_threads_take_turns_even_over_two_objects(tmp_path: Path) -> None:
    locks = [WriterLock(tmp_path / "lock"), WriterLock(tmp_path / "lock")]
    inside: list[int] = []
    overlaps = []

    def work(number: int) -> None:
        for _ in range(20):
            with locks[number % 2]:
                inside.append(number)
                time.sleep(0.0005)
                overlaps.append(len(inside) != 1)
                inside.pop()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(overlaps) == 80
    assert not any(overlaps)
    for lock in locks:
        lock.close()


def test_an_error_inside_releases_the_lock(tmp_path: Path) -> None:
    lock = WriterLock(tmp_path / "lock")
    with pytest.raises(KeyError), lock:
        raise KeyError
    assert not is_locked(tmp_path / "lock")
    lock.close()


def test_a_lock_that_cannot_be_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = WriterLock(tmp_path / "missing" / "lock")
    for _ in range(2):
        with pytest.raises(StorageError, match="cannot lock"), lock:
            pass

    def interrupt(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    lock = WriterLock(tmp_path / "lock")
    with monkeypatch.context() as patch:
        patch.setattr(fcntl, "flock", interrupt)
        with pytest.raises(KeyboardInterrupt), lock:
            pass
    with lock:
        pass
    lock.close()


def test_a_forked_child_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = WriterLock(tmp_path / "lock")
    with lock:
        pass
    claim = Claim(tmp_path / "lock")
    with monkeypatch.context() as child:
        child.setattr(os, "getpid", lambda: 1)
        with pytest.raises(LedgerBusyError, match="fork"), lock:
            pass
        lock.close()
        with pytest.raises(LedgerBusyError, match="fork"):
            claim.check_process()
        claim.release()
        with pytest.raises(LedgerBusyError, match="forked from"):
            Claim(tmp_path / "lock")
    claim.check_process()
    claim.release()
    with lock:
        assert is_locked(tmp_path / "lock")
    lock.close()


def test_a_file_is_claimed_once_whatever_its_name(tmp_path: Path) -> None:
    path, link = tmp_path / "data", tmp_path / "link"
    path.touch()
    link.hardlink_to(path)
    claim = Claim(path)
    for name in (path, link):
        with pytest.raises(LedgerBusyError, match="open already"):
            Claim(name)
    claim.release()
    claim.release()
    Claim(link).release()
    with pytest.raises(StorageError, match="cannot look at"):
        Claim(tmp_path / "missing")


MOUNTS = """\
21 1 8:1 / / rw,relatime - ext4 /dev/root rw
22 21 0:20 / /srv rw shared:3 - nfs4 server:/export rw
23 22 0:21 / /srv/local rw - xfs /dev/sdb1 rw
24 21 0:22 / /with\\040space rw - cifs //server/share rw
25 21 0:23 / /over rw - ext4 /dev/sdc1 rw
26 25 0:24 / /over rw - fuse.sshfs host: rw
not a mount line
short - line
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "ext4"),
        ("/srvother/log", "ext4"),
        ("/srv", "nfs4"),
        ("/srv/log", "nfs4"),
        ("/srv/local/log", "xfs"),
        ("/with space/log", "cifs"),
        ("/over/log", "fuse.sshfs"),
    ],
)
def test_the_innermost_mount_counts(path: str, kind: str) -> None:
    assert find_type(Path(path), MOUNTS) == kind


def test_without_mounts_nothing_is_known() -> None:
    assert find_type(Path("/"), "") is None


def test_network_file_systems_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_local(tmp_path)
    table = tmp_path / "mountinfo"
    monkeypatch.setattr(mounts, "MOUNTINFO", table)
    check_local(tmp_path)
    table.write_text(f"22 21 0:20 / {tmp_path} rw - nfs4 server:/export rw\n")
    with pytest.raises(LedgerBusyError, match="nfs4"):
        check_local(tmp_path / "log")


def test_error_numbers_reach_the_message(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=os.strerror(errno.EISDIR)), WriterLock(tmp_path):
        pass


def test_what_was_done_stays_done_when_the_lock_cannot_be_given_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, other = WriterLock(tmp_path / "lock"), WriterLock(tmp_path / "lock")
    flock = fcntl.flock

    def failing(descriptor: int, operation: int) -> None:
        if operation == fcntl.LOCK_UN:
            raise OSError(errno.EIO, "Input/output error")
        flock(descriptor, operation)

    with monkeypatch.context() as patch:
        patch.setattr(fcntl, "flock", failing)
        with lock:
            pass
    # It went with its file: others have their turn, and so has this one again.
    with other:
        pass
    with lock:
        pass
    lock.close()
    other.close()
