"""The plot: systems beside each other, and how our own rate grows with size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import matplotlib as mpl
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.report.runs import Runs
    from matplotlib.axes import Axes

OURS: Final = "#1a6b3c"
OTHERS: Final = "#8a94a0"
BATCH: Final = 1000


def draw(runs: Runs, file: Path) -> None:
    """Draw what was measured into an SVG file, the same bytes for the same runs."""
    mpl.rcParams["svg.hashsalt"] = "provenance"
    mpl.rcParams["font.family"] = "DejaVu Sans"
    figure = Figure(figsize=(10, 4.2), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(1.5, 1))
    _systems(runs, left)
    _growth(runs, right)
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, metadata={"Date": None})


def _systems(runs: Runs, axes: Axes) -> None:
    systems = runs.comparison.systems if runs.comparison else ()
    shown = [one for one in systems if one.rates and not one.control]
    shown.sort(key=lambda one: one.rates[BATCH].median)
    rates = [one.rates[BATCH] for one in shown]
    names = [f"{one.name}\n({one.signed} signed)" for one in shown]
    colours = [OURS if one.name.startswith("provenance") else OTHERS for one in shown]
    spread = [
        [rate.median - rate.low for rate in rates],
        [rate.high - rate.median for rate in rates],
    ]
    axes.barh(names, [rate.median for rate in rates], xerr=spread, color=colours)
    axes.set_xscale("log")
    axes.set_xlabel("entries a second, durable, batches of 1,000")
    axes.tick_params(axis="y", labelsize=7)


def _growth(runs: Runs, axes: Axes) -> None:
    for growth in runs.scaling.growths if runs.scaling else ():
        sizes = [point.size for point in growth.points]
        rates = [point.rate for point in growth.points]
        (line,) = axes.plot(sizes, rates, marker="o", label=growth.name)
        beside = [point.small_rate for point in growth.points]
        label = "a log of 10,000, in turns with it"
        axes.plot(sizes, beside, linestyle=":", color=line.get_color(), label=label)
    axes.set(xscale="log", yscale="log", xlabel="entries in the log")
    axes.set_ylabel("entries appended a second")
    if axes.lines:
        axes.legend(fontsize=8)
