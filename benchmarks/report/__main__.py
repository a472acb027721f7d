"""Put the results into the documentation: ``python -m benchmarks.report [DIRECTORY]``.

The page keeps what people wrote; what stands between the two marks is written anew, and
the plot beside it.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from benchmarks.report.page import write_page
from benchmarks.report.plot import draw
from benchmarks.report.runs import read_runs

ROOT: Final = Path(__file__).resolve().parents[2]
PAGE: Final = ROOT / "docs" / "performance.md"
PLOT: Final = ROOT / "docs" / "images" / "performance.svg"
BEGIN: Final = "<!-- measured: written by python -m benchmarks.report -->\n"
END: Final = "<!-- end of what was measured -->\n"


def main() -> None:
    """Read the results, and write page and plot."""
    parser = argparse.ArgumentParser(description="Write the performance page from results.")
    parser.add_argument(
        "directory", type=Path, nargs="?", default=ROOT / "benchmarks" / "results"
    )
    parser.add_argument("--print", action="store_true", help="print, and write nothing")
    args = parser.parse_args()
    runs = read_runs(args.directory)
    tables = write_page(runs)
    if args.print:
        print(tables)
        return
    PAGE.write_text(insert(PAGE.read_text(encoding="utf-8"), tables), encoding="utf-8")
    draw(runs, PLOT)


def insert(page: str, tables: str) -> str:
    """Put the tables between the marks of the page; raises `ValueError` without marks."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError("the page has no marks between which to write")
    return f"{before}{begin}\n{tables}\n{end}{after}"


if __name__ == "__main__":
    main()
