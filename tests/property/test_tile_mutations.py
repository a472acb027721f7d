"""Published files changed in any way: a proof is refreshed rightly, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledgers import DEPOSITOR, create, flux, records, today_spec
from provenance import refreshing
from provenance.errors import ProvenanceError
from provenance.record.tiled import TiledLog
from provenance.refreshing import refresh_bundle
from tiling import reading

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KINDS: Final = ("flip", "cut", "lengthen", "swap", "remove", "repeat")


class Published(NamedTuple):
    """A proof, the files from which it is brought up to date, and what comes of it."""

    policy: str
    bundle: bytes
    files: dict[str, bytes]
    refreshed: bytes
    asked: tuple[str, ...]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    path: Path = tmp_path_factory.mktemp("published")
    record = records(today_spec(passages=1, dossier_percent=0, seed=90))[0]
    with create(path / "ledger") as ledger:
        ledger.deposit(flux(today_spec(passages=280, dossier_percent=0)))
        (one,) = ledger.append([record], depositor=DEPOSITOR).accepted
        ledger.publish()
        bundle = ledger.prove([5, 200, one.index])
        ledger.rotate_keys("entry")
        ledger.withdraw(5)
        changed = {**record, "dateFinValidite": "2099-12-31"}
        ledger.append([changed], depositor=DEPOSITOR, corrections=True)
        ledger.publish()
        ledger.export_tiles(path / "www")
        www = path / "www"
        files = {
            str(file.relative_to(www)): file.read_bytes()
            for file in www.rglob("*")
            if file.is_file()
        }
        asked: list[str] = []

        def read(name: str) -> bytes:
            asked.append(name)
            return files[name]

        refreshed = refresh_bundle(bundle, read, ledger.policy())
        assert refreshed == ledger.refresh(bundle)
        return Published(ledger.policy(), bundle, files, refreshed, tuple(sorted({*asked})))


def mutate(files: dict[str, bytes], name: str, kind: str, place: int) -> dict[str, bytes]:
    data = files[name]
    at = place % max(len(data), 1)
    changed = dict(files)
    match kind:
        case "flip":
            changed[name] = data[:at] + bytes([data[at] ^ 1 << place % 8]) + data[at + 1 :]
        case "cut":
            changed[name] = data[:at]
        case "lengthen":
            changed[name] = data + data[: 1 + at]
        case "swap":
            changed[name] = files[sorted(files)[place % len(files)]]
        case "repeat":
            changed[name] = data[:at] + data[at : at + 32] + data[at:]
        case _:
            del changed[name]
    return changed


def outcome(published: Published, files: dict[str, bytes]) -> str:
    try:
        refreshed = refresh_bundle(published.bundle, reading(files), published.policy)
    except ProvenanceError:
        return "refused"
    return "right" if refreshed == published.refreshed else "wrong"


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_changed_file_never_leads_to_another_answer(
    published: Published, data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(published.asked))
    kind = data.draw(st.sampled_from(KINDS))
    place = data.draw(st.integers(0, len(published.files[name]) * 8))
    found = outcome(published, mutate(published.files, name, kind, place))
    # What is in a file beside that which is asked for can be whatever it likes.
    assert found in {"refused", "right"}, (name, kind, place)


def test_every_file_that_is_asked_for_counts(published: Published) -> None:
    """Each of them, missing or emptied, is noticed; those not asked for are not."""
    for name in published.asked:
        assert outcome(published, mutate(published.files, name, "remove", 0)) == "refused"
        assert outcome(published, mutate(published.files, name, "cut", 0)) == "refused"
    for name in published.files.keys() - {*published.asked}:
        assert outcome(published, mutate(published.files, name, "remove", 0)) == "right"


def unsigned(log: TiledLog, index: int) -> tuple[bytes, bytes]:
    """Read an entry as a reader would that checks no signature."""
    width = 256 if index < 256 else int(next_width(log))
    data, _ = log._read_items("signatures", index // 256, width)
    return log.entry(index), data[index % 256 * 64 : index % 256 * 64 + 64]


def next_width(log: TiledLog) -> int:
    return log.size % 256


def test_a_careless_reader_would_be_caught(
    published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: without the checks of signatures a flipped bit changes the answer."""
    monkeypatch.setattr(TiledLog, "record", unsigned)
    careless: Callable[..., None] = lambda *_: None  # noqa: E731 - a stand-in
    monkeypatch.setattr(refreshing, "_check_verifies", careless)
    name = next(name for name in published.asked if name.startswith("signatures/001"))
    last = len(published.files[name]) - 1
    assert outcome(published, published.files) == "right"
    assert outcome(published, mutate(published.files, name, "flip", last)) == "wrong"
