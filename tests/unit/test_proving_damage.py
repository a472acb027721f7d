"""A proof is verified before it is handed out: what has rotted is the ledger's to find."""

from __future__ import annotations

import random
import shutil
from typing import TYPE_CHECKING, Final

import pytest
from msgspec.structs import replace

from ledgers import DEPOSITOR, create, flux, records, today_spec, verify
from provenance.errors import (
    LedgerDamagedError,
    RollbackError,
    VerificationError,
)
from provenance.ledger import Ledger
from provenance.record.bundle import encode_bundle, parse_bundle
from provenance.storage.rows import BLOCKS, CHECKPOINTS, EDGE, PAYLOADS, RECORDS, STATUS
from provenance.storage.tree import block_key
from provenance.verifier import Verifier

if TYPE_CHECKING:
    from pathlib import Path

    from provenance.storage.rows import WriteRows

FILE: Final = flux(today_spec(passages=90, dossier_percent=0))
RECORD: Final = records(today_spec(passages=1, dossier_percent=0, seed=3))[0]
WITHDRAWN: Final = 20


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a ledger of 97 entries with one full block, a proof of it, and a newer checkpoint.

    2, 3 bodies, 4 the deposit, 5 to 94 its certifications, 95 a withdrawal, 96 status; then
    97 and 98 a form, 99 status.
    """
    path = tmp_path_factory.mktemp("damage") / "ledger"
    with create(path) as ledger:
        ledger.deposit(FILE)
        ledger.withdraw(WITHDRAWN, "ERROR")
        ledger.publish()
        (path.parent / "old.json").write_bytes(ledger.prove([7, 70]))
        ledger.append([RECORD], depositor=DEPOSITOR)
        ledger.publish()
        assert ledger.size == 100
    return path


@pytest.fixture
def path(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "ledger")
    shutil.copy(made.parent / "old.json", tmp_path / "old.json")
    return tmp_path / "ledger"


def u64(index: int) -> bytes:
    return index.to_bytes(8, "big")


def test_what_is_sound_is_proven(path: Path) -> None:
    with Ledger.open(path, readonly=True) as ledger:
        found = verify(ledger, ledger.prove([7, WITHDRAWN, 70, 98])).certifications
        assert [one.status for one in found] == [
            "in force",
            "withdrawn",
            "in force",
            "in force",
        ]
        refreshed = ledger.refresh((path.parent / "old.json").read_bytes())
        assert len(verify(ledger, refreshed).certifications) == 2


# What rots: the table, the row, the bytes among which one bit is flipped, and what is proven.
ROT: Final[dict[str, tuple[str, bytes, range, int]]] = {
    "a leaf hash on the path": (BLOCKS, block_key(0, tier=0), range(6 * 32, 7 * 32), 7),
    "a hash above it": (BLOCKS, block_key(0, tier=0), range(2048 + 64, 2048 + 96), 7),
    "the other half of the block": (BLOCKS, block_key(0, tier=0), range(3968 + 32, 4032), 7),
    "a leaf hash on the edge": (EDGE, b"\0", range(32), 70),
    "the text of the entry": (RECORDS, u64(7), range(65 + 60, 65 + 200), 7),
    "its type": (RECORDS, u64(7), range(65 + 10, 65 + 20), 7),
    "its signature": (RECORDS, u64(7), range(1, 65), 7),
    "the signature of the entry key": (RECORDS, u64(1), range(1, 65), 7),
    "the entry key": (RECORDS, u64(1), range(65 + 180, 65 + 215), 7),
    "the registration of its depositor": (RECORDS, u64(2), range(65 + 125, 65 + 160), 7),
    "the signature of the status": (RECORDS, u64(99), range(1, 65), 7),
    "the withdrawal": (RECORDS, u64(95), range(65 + 60, 65 + 150), WITHDRAWN),
    "a status leaf": (STATUS, b"\0" + u64(0), range(64), 7),
    "the payload": (PAYLOADS, u64(7), range(12, 200), 7),
    "the nonce of the payload": (PAYLOADS, u64(7), range(12), 7),
    "the root in the checkpoint": (CHECKPOINTS, u64(100), range(22, 60), 7),
    "its signatures": (CHECKPOINTS, u64(100), range(140, 200), 7),
}


def flip(rows: WriteRows, table: str, key: bytes, place: range, seed: int) -> bool:
    """Flip a bit of a row; tell whether there was one."""
    row = bytearray(rows.get(table, key) or b"")
    if len(row) < place.stop:
        return False
    row[random.Random(seed).choice(place)] ^= 1 << seed % 8
    rows.put(table, [(key, bytes(row))])
    return True


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", ROT)
def test_what_would_not_verify_is_not_handed_out(path: Path, name: str, seed: int) -> None:
    table, key, place, index = ROT[name]
    with Ledger.open(path) as ledger, ledger._files.store._write() as rows:
        assert flip(rows, table, key, place, seed), "there is such a row"
    try:
        opened = Ledger.open(path, readonly=True)
    except (LedgerDamagedError, RollbackError):
        return  # What opening looks at is found there.
    with opened as ledger:
        with pytest.raises(LedgerDamagedError) as damage:
            ledger.prove([index])
        assert any(word in str(damage.value) for word in ("audit", "damaged", "stored"))


@pytest.mark.parametrize("seed", range(40))
def test_a_bit_anywhere_makes_no_proof_that_does_not_hold(path: Path, seed: int) -> None:
    """Whatever is flipped in the tables that proofs are made of: right, or an error of ours."""
    chance = random.Random(seed)
    with Ledger.open(path) as ledger, ledger._files.store._write() as rows:
        table = chance.choice([BLOCKS, EDGE, RECORDS, STATUS, CHECKPOINTS, PAYLOADS])
        found = dict(rows.scan(table))
        key = chance.choice(sorted(found))
        flip(rows, table, key, range(len(found[key])), seed)
    try:
        with Ledger.open(path, readonly=True) as ledger:
            for index in (5, WITHDRAWN, 70, 94):
                verify(ledger, ledger.prove([index]))
            verify(ledger, ledger.refresh((path.parent / "old.json").read_bytes()))
    except (LedgerDamagedError, RollbackError):
        pass  # Any other error is a failure.


@pytest.mark.parametrize(
    "name", ["a leaf hash on the path", "a hash above it", "the text of the entry"]
)
def test_entries_are_proven_to_others_with_the_same_care(path: Path, name: str) -> None:
    with Ledger.open(path) as ledger:
        assert ledger.tlog_proof(7)
        table, key, place, _ = ROT[name]
        with ledger._files.store._write() as rows:
            assert flip(rows, table, key, place, 1)
        with pytest.raises(LedgerDamagedError, match="entry 7 would not verify"):
            ledger.tlog_proof(7)


REFRESH_ROT: Final = {
    "the signature of the newer status": (RECORDS, u64(99), range(1, 65)),
    "a hash of the newer edge": (EDGE, b"\0", range(32 * 33, 32 * 34)),
    "a status leaf": (STATUS, b"\0" + u64(0), range(64)),
}


@pytest.mark.parametrize("rot", REFRESH_ROT.values(), ids=REFRESH_ROT)
def test_what_would_not_verify_is_not_brought_up_to_date(
    path: Path, rot: tuple[str, bytes, range]
) -> None:
    table, key, place = rot
    with Ledger.open(path) as ledger, ledger._files.store._write() as rows:
        assert flip(rows, table, key, place, 3)
    with (
        pytest.raises((LedgerDamagedError, RollbackError)),
        Ledger.open(path, readonly=True) as ledger,
    ):
        ledger.refresh((path.parent / "old.json").read_bytes())


def test_a_proof_that_is_bad_already_is_not_the_ledgers_damage(path: Path) -> None:
    parsed = parse_bundle((path.parent / "old.json").read_bytes())
    changed = [
        replace(one, record=(one.record[1], *one.record[1:])) if one.record else one
        for one in parsed.entries
    ]
    broken = encode_bundle(replace(parsed, entries=tuple(changed)))
    with Ledger.open(path, readonly=True) as ledger:
        with pytest.raises(VerificationError, match=r"handed in does not verify \(entry 7,"):
            ledger.refresh(broken)
        # The same where it was brought up to date once before.
        again = ledger.refresh((path.parent / "old.json").read_bytes())
        assert len(verify(ledger, again).certifications) == 2


def test_proofs_hold_under_the_keys_of_their_checkpoint(path: Path) -> None:
    """Newer log keys have not signed yet; the proof says what it can say until they do."""
    with Ledger.open(path) as ledger:
        old_policy = ledger.policy()
        ledger.rotate_keys("log")
        proof = ledger.prove([7])
        assert old_policy != ledger.policy()
        ledger.publish()
        verify(ledger, ledger.prove([7]))
        verify(ledger, ledger.refresh(proof))


@pytest.mark.parametrize("name", ["a leaf hash on the path", "its signature", "the withdrawal"])
def test_control_a_proof_that_nobody_looks_at_is_handed_out(
    path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    table, key, place, index = ROT[name]
    monkeypatch.setattr("provenance.ledger.prove.check_made", lambda *_: None)
    with Ledger.open(path) as ledger:
        with ledger._files.store._write() as rows:
            flip(rows, table, key, place, 2)
        bundle = ledger.prove([index])
        assert Verifier(ledger.policy()).verify(bundle).verdict == "no"


def test_a_signature_that_was_right_once_is_looked_at_again(path: Path) -> None:
    """What was verified is remembered by its own bytes, so other bytes are verified anew."""
    with Ledger.open(path) as ledger:
        ledger.prove([7])
        table, key, place, index = ROT["its signature"]
        with ledger._files.store._write() as rows:
            flip(rows, table, key, place, 5)
        for _ in range(2):
            with pytest.raises(LedgerDamagedError, match="entry 7, check entry-signature"):
                ledger.prove([index])
