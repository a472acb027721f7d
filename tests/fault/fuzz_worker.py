"""Fuzzes one parser, led by the coverage of the package: run by `test_fuzzing.py`.

``python fuzz_worker.py TARGET PLACE OPTION…``: ``PLACE/corpus/TARGET`` holds the inputs to
begin with, the options are libFuzzer's. Ends with status 0 when nothing came out of the
parser but refusals. Writes ``PLACE/TARGET.refused``: how many inputs were tried, and how
many of them were refused.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

from fault.fuzz_targets import TARGETS, control

REPORT_EACH: int = 50


def main() -> None:
    """Instrument what the target needs, and fuzz it."""
    name, place, *options = sys.argv[1], Path(sys.argv[2]), *sys.argv[3:]
    with atheris.instrument_imports(include=["provenance"], enable_loader_override=False):
        make = control if name == "control" else TARGETS[name][0]
        read = make(place)
    from provenance.errors import FormatError  # noqa: PLC0415 - after the instrumentation

    counts = place / f"{name}.refused"
    tried = refused = 0

    def try_one(data: bytes) -> None:
        nonlocal tried, refused
        tried += 1
        try:
            read(data)
        except FormatError:
            refused += 1
        if tried % REPORT_EACH == 0:
            counts.write_text(f"{tried} {refused}")

    corpus = place / "corpus" / ("entry" if name == "control" else name)
    atheris.Setup([sys.argv[0], str(corpus), *options], try_one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
