"""What was erased is gone: from every byte of the ledger, after every crash and restore."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from ledgers import CERTIFIER, DEPOSITOR, create, flux, records, today_spec
from provenance.audit import audit
from provenance.encoding import encode_base64, encode_base64url
from provenance.errors import (
    ErasedError,
    LedgerDamagedError,
    LedgerPoisonedError,
    StorageError,
)
from provenance.ledger import Ledger
from provenance.record.commitment import SALT_SIZE
from provenance.record.slots import SOURCE
from provenance.storage.vault import HEADER_SIZE

if TYPE_CHECKING:
    from provenance.record.commitment import Field

TESTS: Final = Path(__file__).parent.parent
CRASH: Final = """
import os, sys
from provenance.ledger import Ledger, writer
writer.apply_erasures = lambda files: os._exit(9)
with Ledger.open(sys.argv[1]) as ledger:
    ledger.erase([int(sys.argv[2])], basis="OTHER")
"""
DIE_EARLY: Final = """
import os, sys
from ledgers import DEPOSITOR, records, today_spec
from provenance.ledger import Ledger
from provenance.storage import Vault, Writing
Writing.append = lambda *_: os._exit(9)
with Ledger.open(sys.argv[1]) as ledger:
    ledger.append(records(today_spec(seed=8, passages=3)), depositor=DEPOSITOR)
"""
LENGTH_MIN: Final = 6
"""Bytes below which a value would be found by chance."""


def salts(seed: bytes, count: int) -> list[bytes]:
    """Derive the salts of a record once more, from the format's description."""
    stream = hashlib.shake_256(b"provenance/salts/v1\n" + seed).digest(SALT_SIZE * count)
    return [stream[at : at + SALT_SIZE] for at in range(0, len(stream), SALT_SIZE)]


def secrets_of(ledger: Ledger, index: int) -> list[bytes]:
    """Return every byte string that must not be found once the entry is erased."""
    fields = ledger.fields(index)
    seeds = [ledger._recall.seed(one) for one in (index - 1, index)]
    drawn = salts(seeds[1], len(fields))
    file_salt = ledger.deposited(index - 1).file_salt
    plain = [*seeds, *drawn, file_salt, *values_of(fields)]
    texts = [text(one).encode() for one in plain for text in (encode_base64, encode_base64url)]
    return [*plain, *texts, *(one.hex().encode() for one in plain)]


def values_of(fields: tuple[Field, ...]) -> list[bytes]:
    values = [str(value).encode() for name, value in fields if name != SOURCE]
    known = {DEPOSITOR.encode(), CERTIFIER.encode()}
    return [value for value in values if len(value) >= LENGTH_MIN and value not in known]


def found_in(path: Path, wanted: list[bytes]) -> set[bytes]:
    """Search every byte of every file, LMDB's free pages among them."""
    data = b"\n".join(file.read_bytes() for file in path.rglob("*") if file.is_file())
    return {one for one in wanted if one in data}


def test_nothing_of_it_is_left_in_any_file(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    with create(path) as ledger:
        record = records(today_spec(passages=1, dossier_percent=0))[0]
        (accepted,) = ledger.append([record], depositor=DEPOSITOR).accepted
        ledger.publish()
        # Many commits write over old pages, and leave others free.
        for seed in range(3):
            ledger.deposit(flux(today_spec(seed=seed + 20)))
        wanted = secrets_of(ledger, accepted.index)
        # The control: the search finds what is there.
        assert len(found_in(path, wanted)) == 2
        erased = ledger.erase([accepted.index], basis="GDPR_ART_17")
        assert found_in(path, wanted) == set()
        ledger.publish()
    assert found_in(path, wanted) == set()
    report = audit(path)
    assert report.findings == ()
    assert report.erased == len(erased.erased)


def test_the_search_would_find_a_value(tmp_path: Path) -> None:
    record = records(today_spec(passages=1))[0]
    (tmp_path / "leak").write_bytes(str(record["code"]).encode())
    assert found_in(tmp_path, values_of(tuple(record.items())))


def deposited_one(path: Path) -> int:
    with create(path) as ledger:
        record = records(today_spec(passages=1, dossier_percent=0))[0]
        (accepted,) = ledger.append([record], depositor=DEPOSITOR).accepted
        ledger.publish()
        return accepted.index


def seed_of(path: Path, index: int) -> bytes:
    return (path / "vault" / "seeds").read_bytes()[HEADER_SIZE + 32 * index :][:32]


def test_a_crash_behind_the_erasure_entry_is_finished_by_the_next_open(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    index = deposited_one(path)
    done = subprocess.run([sys.executable, "-c", CRASH, path, str(index)], check=False)
    assert done.returncode == 9
    assert seed_of(path, index) != bytes(32)
    # Who only reads cannot destroy, and is not shown it either.
    with Ledger.open(path, readonly=True) as ledger, pytest.raises(ErasedError):
        ledger.fields(index)
    messages = [finding.message for finding in audit(path).findings]
    assert len(messages) == 2
    assert all("its seed is still there" in message for message in messages)
    with Ledger.open(path):
        assert seed_of(path, index) == seed_of(path, index - 1) == bytes(32)
    assert audit(path).findings == ()


def test_seeds_of_a_deposit_that_never_came_to_be_are_destroyed(tmp_path: Path) -> None:
    """Free pages may hold its payloads, and no erasure would name it."""
    path = tmp_path / "ledger"
    deposited_one(path)
    seeds = path / "vault" / "seeds"
    environment = {**os.environ, "PYTHONPATH": str(TESTS)}
    done = subprocess.run([sys.executable, "-c", DIE_EARLY, path], env=environment, check=False)
    assert done.returncode == 9
    with Ledger.open(path, readonly=True) as ledger:
        end = HEADER_SIZE + 32 * ledger.size
    assert any(seeds.read_bytes()[end:])
    Ledger.open(path).close()
    assert not any(seeds.read_bytes()[end:])
    assert audit(path).findings == ()


def test_another_writer_finishes_what_a_crash_left_over(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    index = deposited_one(path)
    with Ledger.open(path) as ledger:
        second = records(today_spec(passages=1, seed=9))
        (other,) = ledger.append(second, depositor=DEPOSITOR).accepted
        subprocess.run([sys.executable, "-c", CRASH, path, str(index)], check=False)
        assert seed_of(path, index) != bytes(32)
        ledger.erase([other.index], basis="OTHER")
        assert seed_of(path, index) == seed_of(path, other.index) == bytes(32)


def test_a_vault_that_comes_back_is_erased_again(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    index = deposited_one(path)
    shutil.copy(path / "vault" / "seeds", tmp_path / "backup")
    with Ledger.open(path) as ledger:
        ledger.erase([index], basis="GDPR_ART_17")
        ledger.publish()
    shutil.copy(tmp_path / "backup", path / "vault" / "seeds")
    assert seed_of(path, index) != bytes(32)
    # The erasure itself is committed to, and its own seed is what the copy never had.
    with pytest.raises(LedgerDamagedError, match="--lost-seeds"):
        Ledger.open(path)
    with Ledger.open(path, with_lost_seeds=True) as ledger:
        assert ledger.repair_lost_seeds().erased == (ledger.size - 3,)
        assert seed_of(path, index) == bytes(32)
    assert audit(path).findings == ()


def test_a_vault_that_cannot_be_written_is_no_success(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ledger"
    index = deposited_one(path)

    def fail(*_: object) -> None:
        raise StorageError("the disk refuses")

    with Ledger.open(path) as ledger:
        with monkeypatch.context() as patched:
            patched.setattr(type(ledger._files.vault), "erase", fail)
            with pytest.raises(LedgerPoisonedError, match="open the ledger again"):
                ledger.erase([index], basis="OTHER")
        with pytest.raises(LedgerPoisonedError):
            ledger.publish()
    with Ledger.open(path) as ledger:
        assert seed_of(path, index) == bytes(32)
        assert [type(ledger.entry(ledger.size - 1)).__name__] == ["Erasure"]
