"""What was aimed at, and the figure of the runs that says whether it was reached.

Every target is a ratio to something measured in the same run, or a bound that the project
set itself for a machine of two cores.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from benchmarks.large_file import PASSAGES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.report.runs import Runs

OPAQUE: Final = "opaque records of 1.1 kB"
OURS_OPAQUE: Final = "provenance, opaque records"
OURS_FULL: Final = ("provenance, certifications", "provenance, certifications, one worker")
TWO_THREADS: Final = "Ed25519 verifications, two threads"


class Target(msgspec.Struct, frozen=True):
    """One target: ``limit`` is a lower bound unless ``at_most``; ``form`` prints a figure."""

    what: str
    limit: float
    value: Callable[[Runs], float]
    form: str
    at_most: bool = False

    def is_met(self, value: float) -> bool:
        """Whether a figure reaches the target."""
        return value <= self.limit if self.at_most else value >= self.limit


def judge(runs: Runs) -> Iterator[tuple[Target, float | None]]:
    """Return every target with its figure, None where it was not measured."""
    for target in TARGETS:
        try:
            yield target, target.value(runs)
        except KeyError:
            yield target, None


def _ratio(name: str, yardstick: str = "ratio") -> Callable[[Runs], float]:
    """Take the ratio to its yardstick that a benchmark states itself."""
    return lambda runs: float(runs.benchmark(name).extra_info[yardstick])


def _full_against(peer: str) -> Callable[[Runs], float]:
    return lambda runs: max(map(runs.rate, OURS_FULL)) / runs.rate(peer)


def _in_turns(size: int) -> Callable[[Runs], float]:
    def found(runs: Runs) -> float:
        point = runs.point(OPAQUE, size)
        return point.rate / point.small_rate

    return found


def _proof_us(size: int) -> Callable[[Runs], float]:
    return lambda runs: runs.point(OPAQUE, size).proof_s * 1e6


def _largest(runs: Runs) -> float:
    sizes = [one.size for one in runs.scaling.growths[0].points] if runs.scaling else []
    return runs.point(OPAQUE, max(sizes, default=0)).open_s * 1e3


def _large_file(value: Callable[[Runs], float]) -> Callable[[Runs], float]:
    def found(runs: Runs) -> float:
        if runs.large_file is None or runs.large_file.passages != PASSAGES:
            raise KeyError("large file")
        return value(runs)

    return found


TARGETS: Final = (
    Target(
        "opaque records of 1.1 kB, batches of 1,000, against pymerkle on SQLite",
        1.3,
        lambda runs: runs.rate(OURS_OPAQUE) / runs.rate("pymerkle 7.0, SQLite"),
        "{:.2f} x",
    ),
    Target(
        "the same at 1,000,000 entries, against 10,000",
        0.85,
        lambda runs: runs.point(OPAQUE, 10**6).rate / runs.point(OPAQUE, 10**4).rate,
        "{:.2f} x",
    ),
    Target(
        "the same at 10,000,000",
        0.85,
        lambda runs: runs.point(OPAQUE, 10**7).rate / runs.point(OPAQUE, 10**4).rate,
        "{:.2f} x",
    ),
    Target(
        "at 1,000,000 entries, in turns with a log of 10,000",
        0.85,
        _in_turns(10**6),
        "{:.2f} x",
    ),
    Target(
        "at 10,000,000 entries, in turns with a log of 10,000",
        0.85,
        _in_turns(10**7),
        "{:.2f} x",
    ),
    Target(
        "certifications in full from field lists, batches of 1,000, against a plain chain in "
        "SQLite with a signature an entry",
        0.8,
        _full_against("plain chain in SQLite, signed"),
        "{:.2f} x",
    ),
    Target(
        "the same, against auditchain", 1.4, _full_against("auditchain 0.3, SQLite"), "{:.2f} x"
    ),
    Target(
        "a file from XML to durable receipt, against parsing and validating it with lxml",
        5,
        _ratio("test_deposit_against_parsing_and_validating"),
        "{:.1f} x",
        at_most=True,
    ),
    Target(
        "anonymous memory for a file of 200,000 passages",
        1024,
        _large_file(lambda runs: runs.large_file.anonymous_mib if runs.large_file else 0),
        "{:,.0f} MiB",
        at_most=True,
    ),
    Target(
        "the writer's lock, held for the same file, a passage",
        40,
        _large_file(
            lambda runs: runs.large_file.locked_per_passage_us if runs.large_file else 0
        ),
        "{:.0f} µs",
        at_most=True,
    ),
    Target(
        "one durable deposit of one passage, one caller, against one synced LMDB put",
        1000 / 3500,
        _ratio("test_one_durable_form_of_one_certification"),
        "{:.2f} x",
    ),
    Target(
        "the same, 64 callers on threads",
        2500 / 3500,
        _ratio("test_one_durable_form_each_by_64_callers"),
        "{:.2f} x",
    ),
    Target(
        "inclusion proof at 10,000 entries", 12, _proof_us(10**4), "{:.1f} µs", at_most=True
    ),
    Target("at 1,000,000", 25, _proof_us(10**6), "{:.1f} µs", at_most=True),
    Target("at 10,000,000", 40, _proof_us(10**7), "{:.1f} µs", at_most=True),
    Target(
        "proof of ten certifications for a CV: make",
        2,
        lambda runs: runs.benchmark("test_make_the_bundle_of_a_cv").stats.median * 1e3,
        "{:.2f} ms",
        at_most=True,
    ),
    Target(
        "the same: verify, against its signature checks alone",
        1.5,
        _ratio("test_verify_the_bundle_of_a_cv"),
        "{:.2f} x",
        at_most=True,
    ),
    Target(
        "audit of hashes, chain, tree and rules, against SHA-256 of 1 KiB on one core",
        600 / 900,
        _ratio("test_audit_of_hashes_chain_tree_and_rules", "rate / sha256_of_1_kb"),
        "{:.2f} x",
    ),
    Target(
        "audit with every entry signature, against bare verification on two threads",
        0.95,
        _ratio("test_audit_with_every_signature", "rate / ed25519_verifications"),
        "{:.2f} x",
    ),
    Target(
        "audit in full, payloads opened and recommitted, entries a second",
        8000,
        lambda runs: 1 / runs.benchmark("test_audit_in_full").per_entry_s,
        "{:,.0f}",
    ),
    Target("open, warm, at the largest size measured", 20, _largest, "{:.1f} ms", at_most=True),
    Target(
        "stored bytes, everything included, against the deposited XML",
        0.5,
        lambda runs: float(runs.benchmark("test_bytes_per_certification").extra_info["ratio"]),
        "{:.2f} x",
        at_most=True,
    ),
)
