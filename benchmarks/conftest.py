"""Ledgers to measure on, made once a run, and what is said of the machine."""

from __future__ import annotations

import sys
from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest
from benchmarks.workload import PASSAGES, make_flux, make_ledger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.ledger import Ledger


def pytest_benchmark_update_machine_info(
    config: pytest.Config, machine_info: dict[str, object]
) -> None:
    """Say which libraries were measured; the plugin says which machine."""
    del config
    names = ("cryptography", "msgspec", "lmdb")
    machine_info["libraries"] = {name: version(name) for name in names}
    machine_info["python"] = sys.version.split()[0]


@pytest.fixture(scope="session")
def flux() -> bytes:
    return make_flux(seed=1, passages=PASSAGES)


@pytest.fixture(scope="session")
def ledger(tmp_path_factory: pytest.TempPathFactory, flux: bytes) -> Iterator[Ledger]:
    """Return a published ledger of 10,000 certifications."""
    with make_ledger(tmp_path_factory.mktemp("bench") / "ledger") as made:
        made.deposit(flux)
        made.publish()
        yield made
