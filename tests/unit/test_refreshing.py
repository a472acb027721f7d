"""Old proofs brought up to date from tiles: the same bytes as from the ledger, and no lies."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

import pytest
from msgspec.structs import replace

from ledgers import DEPOSITOR, create, flux, records, today_spec
from provenance.encoding import encode_base64, encode_json
from provenance.errors import (
    ConsistencyError,
    FormatError,
    InclusionError,
    NotPublishedError,
    PolicyError,
    ProvenanceError,
    SignatureError,
    UnreadableError,
    VerificationError,
)
from provenance.fetching import DirectoryTiles
from provenance.ledger import Ledger
from provenance.ledger.publish import Publisher
from provenance.record.bundle import encode_bundle, parse_bundle
from provenance.record.pointers import encode_changes
from provenance.refreshing import ATTEMPTS_MAX, RefreshingVerifier, refresh_bundle
from provenance.report import PROVEN
from provenance.tlog.checkpoint import Checkpoint
from provenance.tlog.tiles import encode_entries, parse_entries
from provenance.verifier import Verifier
from tiling import reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from provenance.record.commitment import Value

PASSAGES: Final = 300
RECORDS: Final = records(today_spec(passages=3, dossier_percent=0, seed=90))


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a ledger of 306 entries: the certifications are 5 to 304, 305 is the status."""
    path = tmp_path_factory.mktemp("base") / "ledger"
    with create(path) as ledger:
        ledger.deposit(flux(today_spec(passages=PASSAGES, dossier_percent=0)))
        ledger.publish()
    return path


def copy_ledger(source: Path, target: Path) -> Path:
    shutil.copytree(source, target)
    return target


@pytest.fixture
def ledger(base: Path, tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(copy_ledger(base, tmp_path / "ledger")) as ledger:
        yield ledger


class Tiles:
    """Exports a ledger again and again, and gives what is published by then."""

    def __init__(self, ledger: Ledger, path: Path) -> None:
        self._ledger = ledger
        self.path = path

    def files(self) -> dict[str, bytes]:
        self._ledger.export_tiles(self.path)
        return {
            str(path.relative_to(self.path)): path.read_bytes()
            for path in self.path.rglob("*")
            if path.is_file()
        }

    def publish(self) -> dict[str, bytes]:
        self._ledger.publish()
        return self.files()


@pytest.fixture
def tiles(ledger: Ledger, tmp_path: Path) -> Tiles:
    return Tiles(ledger, tmp_path / "www")


def corrected(ledger: Ledger, record: dict[str, Value]) -> int:
    record = {**record, "dateFinValidite": "2099-12-31"}
    receipt = ledger.append([record], depositor=DEPOSITOR, corrections=True)
    return receipt.accepted[0].index


def refresh(ledger: Ledger, bundle: bytes, files: dict[str, bytes]) -> bytes:
    return refresh_bundle(bundle, reading(files), ledger.policy())


# The same as from the ledger, byte for byte.


def changed_nothing(ledger: Ledger) -> list[int]:
    ledger.withdraw(200)
    return [5, 300]


def withdrawn(ledger: Ledger) -> list[int]:
    ledger.withdraw(5)
    return [5, 131, 300]


def erased(ledger: Ledger) -> list[int]:
    ledger.erase([40, 41], basis="GDPR_ART_17")
    return [40, 41, 42]


def everything_at_once(ledger: Ledger) -> list[int]:
    ledger.withdraw(7)
    ledger.rotate_keys("entry")
    ledger.erase([7], basis="GDPR_ART_17")
    ledger.rotate_keys("log")
    return [7]


def after_rotations(ledger: Ledger) -> list[int]:
    ledger.rotate_keys("entry")
    ledger.rotate_keys("entry")
    ledger.withdraw(5)
    ledger.rotate_keys("log")
    ledger.rotate_keys("entry")
    return [5, 6]


CASES: Final = [changed_nothing, withdrawn, erased, everything_at_once, after_rotations]


@pytest.mark.parametrize("change", CASES)
def test_it_is_what_the_ledger_would_give(
    ledger: Ledger, tiles: Tiles, change: Callable[[Ledger], list[int]]
) -> None:
    everything = ledger.prove([5, 6, 7, 40, 41, 42, 131, 300])
    wanted = change(ledger)
    try:
        bundles = [everything, ledger.prove(wanted)]
    except PolicyError:  # an erased one can be proven no more
        bundles = [everything]
    files = tiles.publish()
    for bundle in bundles:
        refreshed = refresh(ledger, bundle, files)
        assert refreshed == ledger.refresh(bundle)
        assert Verifier(ledger.policy()).verify(refreshed).verdict in PROVEN


def test_one_that_was_superseded(ledger: Ledger, tiles: Tiles) -> None:
    """What supersedes stands far away, in another leaf of the status tree."""
    (first,) = ledger.append([RECORDS[0]], depositor=DEPOSITOR).accepted
    for number in range(300):
        ledger.register(DEPOSITOR, name=f"Organisme {number}", for_all=True)
    ledger.publish()
    bundle = ledger.prove([first.index])
    newer = corrected(ledger, RECORDS[0])
    files = tiles.publish()
    refreshed = refresh(ledger, bundle, files)
    assert refreshed == ledger.refresh(bundle)
    (one,) = Verifier(ledger.policy()).verify(refreshed).certifications
    assert (one.status, one.changed_by) == ("superseded", newer)


def test_refreshing_again_takes_the_newest(ledger: Ledger, tiles: Tiles) -> None:
    bundle = ledger.prove([5])
    ledger.withdraw(6)
    once = refresh(ledger, bundle, tiles.publish())
    # The same once more from the same tiles, and the newest from newer ones.
    assert refresh(ledger, once, tiles.files()) == once
    ledger.withdraw(5)
    twice = refresh(ledger, once, tiles.publish())
    assert twice == ledger.refresh(bundle)
    (one,) = Verifier(ledger.policy()).verify(twice).certifications
    assert one.status == "withdrawn"


def test_from_a_directory(ledger: Ledger, tiles: Tiles) -> None:
    bundle = ledger.prove([5])
    ledger.withdraw(5)
    tiles.publish()
    refreshed = refresh_bundle(bundle, DirectoryTiles(tiles.path), ledger.policy())
    assert refreshed == ledger.refresh(bundle)


def test_partial_tiles_that_were_removed_are_not_missed(ledger: Ledger, tiles: Tiles) -> None:
    """A log may remove what a full tile replaces (C2SP tlog-tiles), even while it is read."""
    bundle = ledger.prove([5, 300])
    ledger.withdraw(300)
    old = tiles.publish()
    for number in range(300):
        ledger.register(DEPOSITOR, name=f"Organisme {number}", for_all=True)
    new = tiles.publish()
    gone = {name for name in old if "001.p/" in name or "000.p/" in name}
    mixed = {name: data for name, data in new.items() if name not in gone}
    mixed |= {name: old[name] for name in ("checkpoint", "keys", "status/000", "changes/000")}
    mixed |= {name: data for name, data in old.items() if name.startswith("tile/1/")}
    assert not any(name.startswith("tile/entries/001.p") for name in mixed.keys() & old.keys())
    expected = refresh(ledger, bundle, old)
    assert refresh(ledger, bundle, mixed) == expected


def test_it_loads_few_files(ledger: Ledger, tiles: Tiles) -> None:
    bundle = ledger.prove([5])
    ledger.withdraw(5)
    files = tiles.publish()
    asked: list[str] = []

    def read(path: str) -> bytes:
        asked.append(path)
        return files[path]

    refresh_bundle(bundle, read, ledger.policy())
    assert asked[0] == "checkpoint"
    assert len(asked) == len(set(asked)) < 16


# What is no proof of this log, and what is not new.


def test_what_cannot_be_refreshed(ledger: Ledger, tiles: Tiles) -> None:
    bundle = ledger.prove([5])
    same = tiles.files()
    with pytest.raises(NotPublishedError, match="newer than the proof's own"):
        refresh(ledger, bundle, same)
    ledger.withdraw(6)
    files = tiles.publish()
    with pytest.raises(FormatError):
        refresh(ledger, b"{}", files)
    with pytest.raises(FormatError):
        refresh_bundle(bundle, reading(files), "no policy")
    parsed = parse_bundle(bundle)
    root = parsed.checkpoint.split("\n")[2]
    forged = encode_json(
        replace(parsed, checkpoint=parsed.checkpoint.replace(root, "A" * 43 + "="))
    )
    with pytest.raises(ConsistencyError, match="not of this log's history"):
        refresh(ledger, forged, files)
    empty = parsed.checkpoint.replace("\n306\n", "\n0\n")
    with pytest.raises(ConsistencyError, match="not of this log's history"):
        refresh(ledger, encode_json(replace(parsed, checkpoint=empty)), files)
    shown = parsed.entries[-1]
    other = replace(shown, entry=shown.entry.replace('"time":"20', '"time":"21'))
    swapped = encode_json(replace(parsed, entries=(*parsed.entries[:-1], other)))
    with pytest.raises(ConsistencyError, match="is not this log's"):
        refresh(ledger, swapped, files)


def test_a_proof_of_another_log(ledger: Ledger, tiles: Tiles, tmp_path: Path) -> None:
    with create_other(tmp_path / "other") as other:
        bundle = ledger.prove([5])
        files = Tiles(other, tmp_path / "others").files()
        both = other.policy().replace("quorum none\n", "") + ledger.policy()
        with pytest.raises(SignatureError, match="does not list"):
            refresh_bundle(bundle, reading(files), both)


def create_other(path: Path) -> Ledger:
    other = Ledger.create(path, origin="other.example/log")
    other.publish()
    return other


def test_a_proof_that_does_not_hold_is_not_refreshed(ledger: Ledger, tiles: Tiles) -> None:
    bundle = parse_bundle(ledger.prove([5]))
    ledger.withdraw(6)
    files = tiles.publish()
    broken = encode_bundle(
        replace(
            bundle,
            entries=tuple(
                replace(one, record=(one.record[1], *one.record[1:])) if one.record else one
                for one in bundle.entries
            ),
        )
    )
    with pytest.raises(
        VerificationError, match=r"does not hold, even up to date \(entry 5, check commitment"
    ):
        refresh(ledger, broken, files)
    # Positive control.
    assert refresh(ledger, encode_bundle(bundle), files)


def test_a_policy_with_other_keys_is_not_satisfied(ledger: Ledger, tiles: Tiles) -> None:
    bundle, old_policy = ledger.prove([5]), ledger.policy()
    ledger.rotate_keys("log")
    files = tiles.publish()
    with pytest.raises(SignatureError):
        refresh_bundle(bundle, reading(files), old_policy)
    assert refresh_bundle(bundle, reading(files), ledger.policy())


# Servers that lie. Each case changes what an honest one would hand out.

Change: TypeAlias = "Callable[[dict[str, bytes]], None]"
Lie: TypeAlias = tuple[Change, type[ProvenanceError], str]


def flip(name: str, place: int = -1) -> Change:
    def change(files: dict[str, bytes]) -> None:
        data = bytearray(files[name])
        data[place] ^= 1
        files[name] = bytes(data)

    return change


def cut(name: str, size: int = 1) -> Change:
    def change(files: dict[str, bytes]) -> None:
        files[name] = files[name][:-size]

    return change


def lengthen(name: str, size: int = 1) -> Change:
    def change(files: dict[str, bytes]) -> None:
        files[name] += bytes(size)

    return change


def drop(name: str) -> Change:
    def change(files: dict[str, bytes]) -> None:
        del files[name]

    return change


def put(name: str, data: bytes) -> Change:
    def change(files: dict[str, bytes]) -> None:
        files[name] = data

    return change


def edit(name: str, old: bytes, new: bytes) -> Change:
    def change(files: dict[str, bytes]) -> None:
        assert old in files[name]
        files[name] = files[name].replace(old, new, 1)

    return change


def swap_entries(files: dict[str, bytes]) -> None:
    entries = list(parse_entries(files["tile/entries/001.p/52"], 52))
    entries[-2], entries[-1] = entries[-1], entries[-2]
    files["tile/entries/001.p/52"] = encode_entries(entries)


def clear_status(files: dict[str, bytes]) -> None:
    files["status/000"] = bytes(len(files["status/000"]))


LIES: Final[dict[str, Lie]] = {
    "another leaf at the edge": (flip("tile/0/001.p/52"), ConsistencyError, "expected root"),
    "another leaf inside": (flip("tile/0/000"), ConsistencyError, "tile 0 of level 0"),
    "another tile above": (flip("tile/1/000.p/1"), ConsistencyError, "expected root"),
    "a tile cut off": (cut("tile/0/000", 32), FormatError, "malformed tile"),
    "a tile that is too long": (lengthen("tile/0/000"), FormatError, "more than 8192 bytes"),
    "an empty tile": (put("tile/0/000", b""), FormatError, "malformed tile"),
    "no tile": (drop("tile/0/000"), UnreadableError, "no tile/0/000"),
    "no edge": (drop("tile/0/001.p/52"), UnreadableError, "no tile/0/001.p/52"),
    "another entry": (flip("tile/entries/001.p/52"), InclusionError, "entry 307"),
    "entries in another order": (swap_entries, InclusionError, "entry 307"),
    "entries cut off": (cut("tile/entries/001.p/52"), FormatError, "entry bundle"),
    "one entry more": (
        lengthen("tile/entries/001.p/52", 2),
        FormatError,
        "53 entries, expected 52",
    ),
    "no entries": (drop("tile/entries/001.p/52"), UnreadableError, "no tile/entries"),
    "another signature": (flip("signatures/001.p/52"), SignatureError, "of entry 307 is wrong"),
    "signatures cut off": (cut("signatures/001.p/52"), FormatError, "malformed signatures"),
    "no signatures": (drop("signatures/001.p/52"), UnreadableError, "no signatures"),
    "a status bit cleared": (clear_status, ConsistencyError, "expected root"),
    "a status bit set": (flip("status/000", 10), ConsistencyError, "expected root"),
    "status cut off": (cut("status/000", 64), FormatError, "malformed status"),
    "no status": (drop("status/000"), UnreadableError, "no status"),
    "no change told": (put("changes/000", b""), ConsistencyError, "does not tell who"),
    "the wrong change": (
        put("changes/000", encode_changes([(5, 1, 306)])),
        ConsistencyError,
        "does not tell who",
    ),
    "changed by an innocent": (
        put("changes/000", encode_changes([(5, 2, 300)])),
        ConsistencyError,
        "entry 300 does not do to 5",
    ),
    "changed by nobody": (
        put("changes/000", encode_changes([(5, 2, 308)])),
        ConsistencyError,
        "entry 308 does not do to 5",
    ),
    "changes cut off": (cut("changes/000"), FormatError, "malformed changes"),
    "no changes": (drop("changes/000"), UnreadableError, "no changes"),
    "too many changes": (put("changes/000", bytes(2**21)), FormatError, "bytes"),
    "keys that are none": (put("keys", b"0\n1\n2\n"), ConsistencyError, "declares none"),
    "keys beyond the end": (put("keys", b"0\n1\n308\n"), InclusionError, "no node"),
    "a million keys": (
        put("keys", "".join(f"{n}\n" for n in range(2000)).encode()),
        FormatError,
        "more than 1000 entries",
    ),
    "no keys": (drop("keys"), UnreadableError, "no keys"),
    "a checkpoint of another size": (
        edit("checkpoint", b"\n308\n", b"\n309\n"),
        SignatureError,
        "signature",
    ),
    "a checkpoint cut off": (cut("checkpoint", 3000), FormatError, "malformed"),
    "a checkpoint that is none": (put("checkpoint", b"hello\n"), FormatError, "malformed"),
    "a checkpoint of noise": (put("checkpoint", b"\xff\n"), FormatError, "not UTF-8"),
    "a huge checkpoint": (put("checkpoint", bytes(2**20)), FormatError, "more than"),
    "no checkpoint": (drop("checkpoint"), UnreadableError, "no checkpoint"),
}  # fmt: skip


class Honest(NamedTuple):
    """What an honest server has: entry 5 is withdrawn by 306, 307 is the last entry."""

    policy: str
    bundle: bytes
    files: dict[str, bytes]
    refreshed: bytes


@pytest.fixture(scope="module")
def honest(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Honest:
    path = tmp_path_factory.mktemp("honest")
    with Ledger.open(copy_ledger(base, path / "ledger")) as ledger:
        bundle = ledger.prove([5])
        assert ledger.withdraw(5) == 306
        files = Tiles(ledger, path / "www").publish()
        return Honest(ledger.policy(), bundle, files, ledger.refresh(bundle))


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_lying_server_is_refused(honest: Honest, lie: Lie) -> None:
    change, error, words = lie
    lying = dict(honest.files)
    change(lying)
    assert lying != honest.files
    with pytest.raises(error, match=words):
        refresh_bundle(honest.bundle, reading(lying), honest.policy)


def test_an_honest_server_is_not(honest: Honest) -> None:
    """The control: the files that the lies were made from."""
    refreshed = refresh_bundle(honest.bundle, reading(honest.files), honest.policy)
    assert refreshed == honest.refreshed


def test_an_old_state_is_refused(ledger: Ledger, tiles: Tiles) -> None:
    old = tiles.files()
    bundle = ledger.prove([5])
    ledger.withdraw(6)
    newer = tiles.publish()
    once = refresh(ledger, bundle, newer)
    proof = ledger.prove([5])
    ledger.withdraw(5)
    newest = tiles.publish()
    with pytest.raises(NotPublishedError, match="end at size 306, before the proof's own"):
        refresh(ledger, proof, old)
    twice = refresh(ledger, bundle, newest)
    # A proof that was brought up to date once does not go back behind that.
    with pytest.raises(NotPublishedError, match="before the checkpoint that the proof was"):
        refresh(ledger, twice, newer)
    assert refresh(ledger, once, newest) == twice


def test_a_fork_is_refused(ledger: Ledger, tiles: Tiles, tmp_path: Path) -> None:
    """A log that shows two histories to two people, both signed by its keys."""
    bundle, policy = ledger.prove([5]), ledger.policy()
    ledger.close()
    fork = copy_ledger(tmp_path / "ledger", tmp_path / "fork")
    with Ledger.open(tmp_path / "ledger") as one, Ledger.open(fork) as two:
        one.withdraw(5)
        one.withdraw(6)
        two.withdraw(7)
        one_files = Tiles(one, tmp_path / "one").publish()
        two_files = Tiles(two, tmp_path / "two").publish()
        seen = refresh_bundle(bundle, reading(one_files), policy)
        # Alone each of them is believed: the fork is seen where both are known.
        assert refresh_bundle(bundle, reading(two_files), policy)
        with pytest.raises(NotPublishedError, match="before the checkpoint that the proof was"):
            refresh_bundle(seen, reading(two_files), policy)
        two.withdraw(8)
        two_files = Tiles(two, tmp_path / "two").publish()
        with pytest.raises(ConsistencyError, match="not of this log's history"):
            refresh_bundle(seen, reading(two_files), policy)


def test_a_log_that_ends_in_no_status(ledger: Ledger, tiles: Tiles) -> None:
    """Signed by the log's keys all the same: an operator's own program could do that."""
    bundle = ledger.prove([5])
    ledger.withdraw(5)
    files = tiles.publish()
    checkpoint = unpublished_checkpoint(ledger, 307)
    grown = {
        **files,
        "checkpoint": checkpoint.encode(),
        "tile/0/001.p/51": files["tile/0/001.p/52"][: 51 * 32],
        "tile/entries/001.p/51": encode_entries(
            parse_entries(files["tile/entries/001.p/52"], 52)[:51]
        ),
    }
    with pytest.raises(ConsistencyError, match="does not end in a status entry"):
        refresh(ledger, bundle, grown)


def unpublished_checkpoint(ledger: Ledger, size: int) -> str:
    publisher = next(value for value in vars(ledger).values() if isinstance(value, Publisher))
    with ledger._files.store.view() as view:
        return publisher._sign(Checkpoint(ledger.origin, size, view.root(size)), view)


# Publications while the tiles are read.


def test_tiles_that_are_replaced_meanwhile_are_read_again(ledger: Ledger, tiles: Tiles) -> None:
    bundle = ledger.prove([5])
    ledger.withdraw(6)
    old = tiles.publish()
    ledger.withdraw(5)
    new = tiles.publish()
    asked: list[str] = []

    def read(path: str) -> bytes:
        asked.append(path)
        return (old if asked == ["checkpoint"] else new)[path]

    assert refresh_bundle(bundle, read, ledger.policy()) == ledger.refresh(bundle)
    assert asked.count("checkpoint") > 1


def test_a_checkpoint_that_never_fits_is_given_up(ledger: Ledger, tiles: Tiles) -> None:
    bundle = ledger.prove([5])
    states = []
    for index in range(6, 20):
        ledger.withdraw(index)
        states.append(tiles.publish())
    notes = iter([state["checkpoint"] for state in states])
    files = {**states[-1], "status/000": bytes(192)}
    asked = []

    def read(path: str) -> bytes:
        asked.append(path)
        return next(notes) if path == "checkpoint" else files[path]

    with pytest.raises((ConsistencyError, FormatError)):
        refresh_bundle(bundle, read, ledger.policy())
    assert asked.count("checkpoint") <= 2 * ATTEMPTS_MAX


def test_encoded_hashes_are_those_of_the_tiles(ledger: Ledger, tiles: Tiles) -> None:
    bundle = ledger.prove([5])
    ledger.withdraw(5)
    files = tiles.publish()
    later = parse_bundle(refresh(ledger, bundle, files)).later
    assert later is not None
    assert [leaf.bits for leaf in later.status] == [encode_base64(files["status/000"][:64])]


# Verifying and bringing up to date at once.


def test_a_verifier_that_asks_for_the_newest(honest: Honest) -> None:
    verifier = RefreshingVerifier(honest.policy, reading(honest.files), now_s=0)
    (one,) = verifier.verify(honest.bundle).certifications
    assert one.status == "withdrawn"
    (alone,) = Verifier(honest.policy).verify(honest.bundle).certifications
    assert alone.status == "in force"


def test_a_proof_that_is_the_newest_is_verified_as_it_is(ledger: Ledger, tiles: Tiles) -> None:
    bundle = ledger.prove([5])
    verifier = RefreshingVerifier(ledger.policy(), reading(tiles.files()))
    assert verifier.verify(bundle) == Verifier(ledger.policy()).verify(bundle)
    # The same size does not make it the same log: a root that differs is refused.
    parsed = parse_bundle(bundle)
    root = parsed.checkpoint.split("\n")[2]
    other = parsed.checkpoint.replace(root, "A" * 43 + "=")
    with pytest.raises(ConsistencyError, match="not of this log's history"):
        refresh(ledger, encode_json(replace(parsed, checkpoint=other)), tiles.files())


@pytest.mark.parametrize("lie", ["another leaf inside", "no status", "a status bit cleared"])
def test_a_good_proof_and_bad_tiles_are_no_verdict(honest: Honest, lie: str) -> None:
    """Otherwise the status of long ago would pass for that of today."""
    lying = dict(honest.files)
    change, error, _ = LIES[lie]
    change(lying)
    with pytest.raises(error):
        RefreshingVerifier(honest.policy, reading(lying)).verify(honest.bundle)


def test_a_bad_proof_is_a_verdict(honest: Honest) -> None:
    verifier = RefreshingVerifier(honest.policy, reading(honest.files))
    assert verifier.verify(b"{}").verdict == "unreadable"
    parsed = parse_bundle(honest.bundle)
    first = replace(parsed.entries[0], signature=encode_base64(bytes(64)))
    broken = encode_bundle(replace(parsed, entries=(first, *parsed.entries[1:])))
    assert verifier.verify(broken).verdict == "no"


def test_a_proof_by_keys_that_left_the_policy(ledger: Ledger, tiles: Tiles) -> None:
    bundle = ledger.prove([5])
    ledger.rotate_keys("log")
    files = tiles.publish()
    assert Verifier(ledger.policy()).verify(bundle).verdict == "no"
    assert RefreshingVerifier(ledger.policy(), reading(files)).verify(bundle).verdict in PROVEN
