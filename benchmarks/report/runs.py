"""The results of the runs that one report is made of, and how to ask them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from benchmarks.compare.report import Results as Comparison
from benchmarks.large_file import LargeFile
from benchmarks.scaling.__main__ import Point
from benchmarks.scaling.__main__ import Results as Scaling

if TYPE_CHECKING:
    from pathlib import Path

FILES: Final = {
    "comparison": "comparison.json",
    "scaling": "scaling.json",
    "large_file": "large-file.json",
    "own": "own.json",
}


class Stats(msgspec.Struct, frozen=True):
    """Seconds a call: of a benchmark's rounds the median, the quartiles and the best."""

    median: float
    q1: float
    q3: float
    min: float


class Benchmark(msgspec.Struct, frozen=True):
    """One benchmark of ``pytest-benchmark``."""

    name: str
    stats: Stats
    extra_info: dict[str, float | str]

    @property
    def per_entry_s(self) -> float:
        """Seconds an entry."""
        return self.stats.median / float(self.extra_info.get("entries", 1))


class Own(msgspec.Struct, frozen=True):
    """All benchmarks of one run of ``pytest-benchmark``."""

    benchmarks: tuple[Benchmark, ...]


class Runs(msgspec.Struct, frozen=True):
    """What was measured. Whatever was not run is missing in the report, and named there."""

    comparison: Comparison | None
    scaling: Scaling | None
    large_file: LargeFile | None
    own: Own | None

    def benchmark(self, name: str) -> Benchmark:
        """Return one of our own benchmarks; raises `KeyError`."""
        for one in self.own.benchmarks if self.own else ():
            if one.name == name:
                return one
        raise KeyError(name)

    def rate(self, system: str, batch: int = 1000) -> float:
        """Return a system's entries a second; raises `KeyError` when it was skipped."""
        for one in self.comparison.systems if self.comparison else ():
            if one.name == system and one.rates:
                return one.rates[batch].median
        raise KeyError(system)

    def yardstick(self, name: str) -> float:
        """Return calls a second of what limits everything; raises `KeyError`."""
        if self.comparison is None:
            raise KeyError(name)
        return self.comparison.yardsticks[name]

    def point(self, log: str, size: int) -> Point:
        """Return what was measured of a growing log at one size; raises `KeyError`."""
        for growth in self.scaling.growths if self.scaling else ():
            for point in growth.points:
                if growth.name == log and point.size == size:
                    return point
        raise KeyError(f"{log} at {size}")


def read_runs(directory: Path) -> Runs:
    """Read all results that are there."""
    kinds = {"comparison": Comparison, "scaling": Scaling, "large_file": LargeFile, "own": Own}
    found = {}
    for name, kind in kinds.items():
        file = directory / FILES[name]
        found[name] = (
            msgspec.json.decode(file.read_bytes(), type=kind) if file.is_file() else None
        )
    return msgspec.convert(found, Runs, from_attributes=True)
