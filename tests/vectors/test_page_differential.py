"""Two implementations of the verifier, in Python and in TypeScript, are of one opinion.

They get the same bundles: those of the shared cases, changed at random from fixed seeds, and
logs filled at random. Verdict, checks and, for what is accepted, the whole report must be
equal. The harness is held against builds that each lack one check: it must notice each.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest

from bundle_mutations import MUTATORS, change_text
from page_process import needs_page, run_page
from provenance.errors import FormatError
from provenance.tlog.policy import parse_policy
from provenance.verifier import Verifier
from random_logs import make_verdictable
from simulator import TODAY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from page_process import PageVerifier

pytestmark = needs_page

FOLDER: Final = Path(__file__).parent / "bundles"
MUTATIONS: Final = 2000
LOGS: Final = 600
POLICIES: Final = 300
REACHED: Final = {
    "quorum",
    "genesis",
    "entry-signature",
    "certification",
    "disclosure-rules",
    "depositor",
    "endorsement",
    "status",
    "register",
    "freshness",
}
"""Checks that fail in some of the random logs."""


class Question(NamedTuple):
    """A bundle, the policy and the options that it is verified with."""

    data: bytes
    policy: str
    options: dict[str, Any]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageVerifier]:
    with run_page(tmp_path_factory.mktemp("page")) as verifier:
        yield verifier


def good_cases() -> list[Question]:
    cases = json.loads((FOLDER / "cases.json").read_bytes())["cases"]
    return [
        Question((FOLDER / one["file"]).read_bytes(), (FOLDER / one["policy"]).read_text(), {})
        for one in cases
        if one["kind"] == "bundle" and one["level"] == "proof" and one.get("genesis") is None
    ]


def mutations(count: int) -> Iterator[Question]:
    """Change good bundles, each time from the seed that its number is."""
    cases = good_cases()
    for seed in range(count):
        chance = random.Random(seed)
        case = chance.choice(cases)
        mutator = MUTATORS[seed % len(MUTATORS)]
        yield case._replace(data=mutator(case.data, chance))


def logs(count: int) -> Iterator[Question]:
    for seed in range(count):
        policy, data, options = make_verdictable(random.Random(seed))
        yield Question(data, policy, options)


def tell_here(asked: Question) -> Any:
    options = {name: value for name, value in asked.options.items() if name != "day"}
    day = date.fromisoformat(asked.options.get("day", TODAY.isoformat()))
    return json.loads(Verifier(asked.policy, **options).verify(asked.data, day).to_json())


def tell_there(asked: Question, page: PageVerifier) -> Any:
    options = {"day": TODAY.isoformat()} | asked.options
    return page.ask("verify", bundle=asked.data, policy=asked.policy, **options)


def comparable(report: Any) -> Any:
    """Leave out the sentences, which are for people: each implementation has its own."""
    checks = [(one["name"], one["outcome"], one["index"]) for one in report["checks"]]
    certifications = [{**one, "endorsement": None} for one in report["certifications"]]
    plain = {"summary": None, "checks": checks, "certifications": certifications}
    return {**report, **plain}


def find_difference(asked: Question, page: PageVerifier) -> tuple[Any, Any] | None:
    here, there = comparable(tell_here(asked)), comparable(tell_there(asked, page))
    return None if here == there else (here, there)


def test_changed_bundles_are_judged_alike(page: PageVerifier) -> None:
    verdicts = Counter[str]()
    for number, asked in enumerate(mutations(MUTATIONS)):
        assert find_difference(asked, page) is None, f"mutation {number}"
        verdicts[tell_here(asked)["verdict"]] += 1
    # A run that reaches nothing but the parser would show little.
    assert verdicts["unreadable"] > MUTATIONS / 10
    assert verdicts["no"] > MUTATIONS / 5


def test_random_logs_are_judged_alike(page: PageVerifier) -> None:
    verdicts, failing = Counter[str](), set[str]()
    for number, asked in enumerate(logs(LOGS)):
        assert find_difference(asked, page) is None, f"log {number}"
        report = tell_here(asked)
        verdicts[report["verdict"]] += 1
        failing |= {one["name"] for one in report["checks"] if one["outcome"] == "no"}
    assert min(verdicts["yes"] + verdicts["attention"], verdicts["no"]) > LOGS / 10
    assert failing >= REACHED


def test_policies_are_read_alike(page: PageVerifier) -> None:
    """A policy that is malformed here is refused there, and no other one."""
    cases, outcomes = good_cases(), Counter[bool]()
    for seed in range(POLICIES):
        chance = random.Random(seed)
        case = chance.choice(cases)
        asked = case._replace(policy=change_text(case.policy, chance))
        checks = tell_there(asked, page)["checks"]
        refused = any(one["name"] == "policy" for one in checks)
        outcomes[refused] += 1
        try:
            parse_policy(asked.policy)
        except FormatError:
            assert refused, f"policy {seed}"
        else:
            assert not refused, f"policy {seed}"
            assert find_difference(asked, page) is None, f"policy {seed}"
    assert min(outcomes[True], outcomes[False]) > POLICIES / 10


BREAKS: Final = (
    "inclusion",
    "consistency",
    "entry-signature",
    "note-signature",
    "commitment",
    "endorsement",
    "order",
    "status",
    "spelling",
    "folding",
    "slots",
    "source",
    "alternatives",
    "rights",
    "replaced",
    "chain",
    "registration",
    "register",
    "sheets",
    "days",
    "reserved",
)


@pytest.mark.parametrize("broken", BREAKS)
def test_a_broken_verifier_is_noticed(broken: str, tmp_path: Path) -> None:
    """Show the positive control: a build that lacks one check differs somewhere."""
    with run_page(tmp_path, broken) as page:
        for asked in (*shared_cases(), *mutations(MUTATIONS), *logs(LOGS)):
            if find_difference(asked, page) is not None:
                return
    pytest.fail(f"a verifier without {broken} was not noticed")


def shared_cases() -> list[Question]:
    """Return all shared cases about bundles, right and wrong ones."""
    cases = json.loads((FOLDER / "cases.json").read_bytes())["cases"]
    return [
        Question(
            (FOLDER / one["file"]).read_bytes(),
            (FOLDER / one["policy"]).read_text(),
            {name: one[name] for name in ("day", "status_days", "max_age_s") if name in one}
            | {"now_s": one.get("now_s")},
        )
        for one in cases
        if one["kind"] == "bundle" and "seal_roots" not in one and "day" in one
    ]
