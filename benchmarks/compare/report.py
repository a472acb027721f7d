"""What was measured, as JSON and as Markdown."""

from __future__ import annotations

import os
import platform
import sqlite3
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator


class Rate(msgspec.Struct, frozen=True):
    """Entries a second: the median of the rounds, the slowest and the fastest."""

    median: float
    low: float
    high: float


class Proofs(msgspec.Struct, frozen=True):
    """Seconds and bytes of an inclusion proof at ``entries``; entries audited a second."""

    entries: int
    proof_s: float | None
    proof_bytes: int | None
    audited_per_s: float


class Measured(msgspec.Struct, frozen=True):
    """One system. ``skipped`` says why it could not be measured."""

    name: str
    signed: str
    control: bool
    skipped: str | None = None
    durable: bool | None = None
    syncs_per_commit: float | None = None
    rates: dict[int, Rate] = {}
    proofs: Proofs | None = None


class Results(msgspec.Struct, frozen=True):
    """One run. ``yardsticks``: calls a second of what limits everything."""

    machine: dict[str, str]
    yardsticks: dict[str, float]
    systems: tuple[Measured, ...]


def describe_machine() -> dict[str, str]:
    """Say where and with what it was measured."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "processor": f"{os.cpu_count()} cores, {names[0] if names else platform.machine()}",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        **{name: version(name) for name in ("cryptography", "lmdb", "msgspec")},
    }


def format_report(results: Results) -> str:
    """Return the run as Markdown."""
    return "\n".join(
        [
            "## The machine",
            "",
            *(f"- {name}: {value}" for name, value in results.machine.items()),
            "",
            "| limit | a second |",
            "|---|---:|",
            *(f"| {name} | {rate:,.0f} |" for name, rate in results.yardsticks.items()),
            "",
            "## Appending, entries a second, each batch durable",
            "",
            *_appends(results),
            "",
            "## Proofs and audit",
            "",
            *_proofs(results),
            "",
            "## Ratios at batch 1,000",
            "",
            *_ratios(results),
        ]
    )


def _appends(results: Results) -> Iterator[str]:
    yield "| system | signed | durable | syncs a commit | batch 1 | batch 100 | batch 1,000 |"
    yield "|---|---|---|---:|---:|---:|---:|"
    for one in results.systems:
        if one.skipped is not None:
            yield f"| {one.name} | {one.signed} | skipped: {one.skipped} | | | | |"
            continue
        durable = {True: "yes", False: "**no**", None: "not checked"}[one.durable]
        syncs = "" if one.syncs_per_commit is None else f"{one.syncs_per_commit:.1f}"
        rates = " | ".join(
            f"{rate.median:,.0f} ({rate.low:,.0f} to {rate.high:,.0f})"
            for rate in one.rates.values()
        )
        yield f"| {one.name} | {one.signed} | {durable} | {syncs} | {rates} |"


def _proofs(results: Results) -> Iterator[str]:
    yield "| system | entries | proof, median | bytes | audit, entries a second |"
    yield "|---|---:|---:|---:|---:|"
    for one in results.systems:
        found = one.proofs
        if found is not None and not one.control:
            proof = "-" if found.proof_s is None else f"{found.proof_s * 1e6:,.0f} µs"
            size = "-" if found.proof_bytes is None else f"{found.proof_bytes:,}"
            row = f"{found.entries:,} | {proof} | {size} | {found.audited_per_s:,.0f}"
            yield f"| {one.name} | {row} |"


def _ratios(results: Results) -> Iterator[str]:
    ours = [one for one in results.systems if one.name.startswith("provenance")]
    rates = {one.name: one.rates[1000].median for one in results.systems if one.rates}
    shown = [one.name for one in ours if one.name in rates and not one.control]
    yield f"| against | {' | '.join(shown)} |"
    yield f"|---|{'---:|' * len(shown)}"
    for one in results.systems:
        if one.name in rates and one not in ours:
            row = " | ".join(f"{rates[name] / rates[one.name]:.2f}" for name in shown)
            yield f"| {one.name} | {row} |"
