"""F9: bits of any part of a ledger flip, and then it is used in every way.

Whatever flipped: no wrong root is signed, no proof is handed out that does not verify or that
says something else, no wrong file is published, and nothing but errors of the package comes
out. Bits of what was recorded are named by the audit with the entry's index.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest

from battery import SEED, scale
from fault.rot_ledger import FLAG, flip
from ledgers import flux, today_spec
from provenance.errors import ProvenanceError
from provenance.ledger import Ledger
from provenance.record.entry import Certification, parse_entry
from provenance.storage import Store
from provenance.verifier import Verifier
from sources import SOURCE
from tampering import make_ledger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from battery import Row

TESTS: Final = Path(__file__).parent.parent
WORKER: Final = TESTS / "fault" / "rot_ledger.py"
HEADER_SIZE: Final = 256
SEED_SIZE: Final = 32
"""Bytes in front of the vault's seeds, and of each."""
OF_ENTRIES: Final = ("records", "payloads", "leaves")
TABLES: Final = (*OF_ENTRIES, "blocks", "checkpoints", "technical", "status", "state", "edge")
SEEDED: Final = ("certification", "deposit", "withdrawal")
"""Types of entries that have a seed."""
PARTS: Final = 4
COUNTS: Final = {
    "anywhere": 140,
    "records": 60,
    "payloads": 40,
    "leaves": 20,
    "blocks": 40,
    "checkpoints": 20,
    "technical": 10,
    "status": 10,
    "state": 20,
    "edge": 20,
    "seeds": 40,
    "secret": 16,
    "head": 24,
    "anchor": 24,
    "keys": 16,
}
"""How many bits of each part, in the sampled form: 500 in all."""


class Rotten(NamedTuple):
    """A whole ledger, and what is known of it."""

    path: Path
    truth: dict[str, Any]
    rows: dict[str, list[tuple[bytes, bytes]]]
    certifications: list[int]


@pytest.fixture(scope="module")
def rotten(tmp_path_factory: pytest.TempPathFactory) -> Rotten:
    path = make_ledger(tmp_path_factory.mktemp("rotten") / "ledger", passages=40)
    with Ledger.open(path) as ledger:
        first = flux(today_spec(seed=50, passages=3))
        ledger.deposit(first)
        ledger.publish()
        # Not published yet: what a flip there may lead to is a wrong root.
        ledger.deposit(flux(today_spec(seed=51, passages=6)))
        records = [ledger.record(index) for index in range(ledger.size)]
        truth = {
            "entries": [entry.decode() for entry, _ in records],
            "signatures": [b64encode(signature).decode() for _, signature in records],
            "policy": ledger.policy(),
            "first": b64encode(first).decode(),
            "next": b64encode(flux(today_spec(seed=52, passages=2))).decode(),
            "certifications": _known(ledger),
        }
    with Store.open(path / "log", readonly=True) as store, store.view() as view:
        rows = {table: [pair for pair in view.rows.scan(table) if pair[1]] for table in TABLES}
    certifications = [
        index
        for index, (entry, _) in enumerate(records)
        if isinstance(parse_entry(entry), Certification)
    ]
    return Rotten(path, truth, rows, certifications)


def _known(ledger: Ledger) -> dict[str, list[object]]:
    """What is rightly said of each certification that can be proven."""
    verifier = Verifier(ledger.policy())
    found: dict[str, list[object]] = {}
    for index in range(ledger.size):
        try:
            bundle = ledger.prove([index])
        except ProvenanceError:
            continue
        (one,) = verifier.verify(bundle, datetime.now(UTC).date()).certifications
        found[str(index)] = [[list(pair) for pair in one.fields], one.status]
    return found


def plans(
    rotten: Rotten, part: str, count: int, chance: random.Random
) -> Iterator[dict[str, Any]]:
    """Yield bits of a part; several places where the same row is on several pages."""
    data = (rotten.path / "log" / "data.mdb").read_bytes()
    for _ in range(count):
        plan: dict[str, Any] = {"prove": chance.sample(rotten.certifications, 2)}
        if part in rotten.rows:
            key, row = chance.choice(rotten.rows[part])
            bit = chance.randrange(8 * len(row))
            found = places(data, key, row)
            plan |= {"file": "log/data.mdb", "bits": [8 * at + bit for at in found]}
            if part in OF_ENTRIES:
                plan["index"] = int.from_bytes(key, "big")
                plan["prove"] += [i for i in rotten.certifications if i == plan["index"]]
        else:
            name = file_of(rotten.path, part, chance)
            size = (rotten.path / name).stat().st_size
            plan |= {"file": name, "bits": [chance.randrange(8 * size)]}
            if part == "seeds":
                plan |= _of_seed(rotten, plan["bits"][0] // 8)
        yield plan


def _of_seed(rotten: Rotten, at: int) -> dict[str, Any]:
    """Say whose seed a byte of the vault is; ``free``: of an entry that has none."""
    if at < HEADER_SIZE:
        return {}
    index = (at - HEADER_SIZE) // SEED_SIZE
    entry = json.loads(rotten.truth["entries"][index])
    return {"index": index} if entry["type"] in SEEDED else {"free": True}


def places(data: bytes, key: bytes, row: bytes) -> Iterator[int]:
    """Yield where a row is: behind its key, or, if it is long, on pages of its own."""
    before = len(key) if key + row in data else 0
    sought = key + row if before else row
    at = data.find(sought)
    assert at >= 0, "the row is somewhere"
    while at >= 0:
        yield at + before
        at = data.find(sought, at + 1)


def file_of(path: Path, part: str, chance: random.Random) -> str:
    match part:
        case "anywhere":
            return "log/data.mdb"
        case "seeds" | "secret":
            return f"vault/{part}"
        case "keys":
            return f"keys/{chance.choice(sorted((path / 'keys').iterdir())).name}"
        case _:
            return part


def use(
    rotten: Rotten, work: Path, found: list[dict[str, Any]], *options: str
) -> list[dict[str, Any]]:
    """Flip and use, once a plan; return what was said."""
    work.mkdir()
    truth = work / "truth.json"
    truth.write_text(json.dumps(rotten.truth))
    done = subprocess.run(
        [sys.executable, str(WORKER), str(rotten.path), str(work), str(truth), *options],
        input="".join(json.dumps(plan) + "\n" for plan in found),
        env={"PYTHONPATH": f"{TESTS}:{SOURCE}"},
        capture_output=True,
        text=True,
        check=True,
    )
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(said) == len(found), done.stderr
    return said


def noticed(said: dict[str, Any]) -> bool:
    """Whether anything was said of the damage, by any step or by the audit."""
    steps = ("open", "prove", "again", "deposit", "publish", "tiles", "log")
    return said.get("audit") != "yes" or any(said.get(one, "done") != "done" for one in steps)


@pytest.mark.slow
@pytest.mark.parametrize("part", COUNTS)
def test_whatever_flips_nothing_wrong_comes_out(
    part: str, rotten: Rotten, tmp_path: Path, row: Row
) -> None:
    row.begin(f"F9 rot: {part}")
    count = scale(COUNTS[part], 20 * COUNTS[part])
    found = [*plans(rotten, part, count, row.random)]
    said = use(rotten, tmp_path / "work", found)
    for plan, one in zip(found, said, strict=True):
        assert one["faults"] == [], (plan, one)
        row.attempt(fired=noticed(one))
        if "index" in plan:
            assert plan["index"] in one.get("indexes", [plan["index"]]), (plan, one)
        assert noticed(one) or part in {"anywhere", "keys"} or "free" in plan, (plan, one)


@pytest.mark.slow
def test_a_ledger_that_believes_what_it_reads_is_caught(
    rotten: Rotten, tmp_path: Path, row: Row
) -> None:
    """The control: wrong roots are signed, and proofs handed out that do not verify."""
    row.begin("F9 rot: blocks")
    found = [
        *plans(rotten, "edge", 30, random.Random(SEED)),
        *plans(rotten, "blocks", 30, random.Random(SEED)),
    ]
    faults = [
        text for one in use(rotten, tmp_path / "work", found, FLAG) for text in one["faults"]
    ]
    for what in ("a wrong root was signed", "a proof of"):
        row.control(caught=any(text.startswith(what) for text in faults))


@pytest.mark.slow
def test_every_rotten_file_that_is_published_is_found(
    rotten: Rotten, tmp_path: Path, row: Row
) -> None:
    row.begin("F9 rot: published files")
    www = tmp_path / "www"
    with Ledger.open(rotten.path, readonly=True) as ledger:
        ledger.export_tiles(www)
        names = [str(one.relative_to(www)) for one in www.rglob("*") if one.is_file()]
        row.control(caught=ledger.check_tiles(www).faults == ())
        for _ in range(scale(100, 2000)):
            path = www / row.random.choice(sorted(names))
            bit = row.random.randrange(8 * path.stat().st_size)
            flip(path, [bit])
            faults = ledger.check_tiles(www).faults
            flip(path, [bit])
            row.attempt(fired=bool(faults))
            assert [(one.name, one.problem) for one in faults] == [
                (str(path.relative_to(www)), "differs")
            ]
