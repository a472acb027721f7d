"""An audit by many processes: the report of one process, word for word."""

from __future__ import annotations

import os
import shutil
import signal
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from broken_rules import BROKEN, append
from insider import plan_file, record
from ledgers import DEPOSITOR, create, deposited, flux, today_spec
from provenance.audit import apart, audit, crew, frames, helpers, plan, session, structure
from provenance.audit.crew import Crew
from provenance.audit.facts import Facts, Unable
from provenance.audit.session import Request, audit_with
from provenance.errors import FormatError, LedgerDamagedError, PolicyError, StorageError
from provenance.ledger import Ledger
from provenance.storage import Store
from provenance.storage.tree import BLOCK_LEAVES
from provenance.storage.vault import HEADER_SIZE, SEED_SIZE
from provenance.tlog.policy import parse_policy
from tampering import ROWS, add, alter, change, make_ledger, remove

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from provenance.audit import AuditReport
    from provenance.audit.facts import Result, Task
    from tampering import Tampering

TWO = 2
TAMPERED = [(table, start, tamper) for table, start in ROWS for tamper in (alter, remove, add)]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_ledger(tmp_path_factory.mktemp("jobs") / "ledger")


@pytest.fixture
def path(sound: Path, tmp_path: Path) -> Path:
    shutil.copytree(sound, tmp_path / "ledger")
    return tmp_path / "ledger"


def by(jobs: int, path: Path, **options: Any) -> AuditReport | str:
    """Audit with so many workers; the error where it cannot be opened at all."""
    try:
        return audit_with(path, Request(**options), jobs, None)
    except LedgerDamagedError as error:
        return str(error)


def test_a_sound_ledger(sound: Path) -> None:
    one = audit(sound, jobs=1)
    assert one.verdict == "yes", one.findings
    assert one.entries > 2 * BLOCK_LEAVES, "several stretches"
    assert audit(sound, jobs=TWO) == one


@pytest.mark.parametrize("case", TAMPERED)
def test_the_whole_tampering_suite(
    path: Path, case: tuple[str, bytes, Tampering], monkeypatch: pytest.MonkeyPatch
) -> None:
    change(path, *case)
    one = by(1, path)
    assert isinstance(one, str) or one.findings
    assert by(TWO, path) == one
    # The same, whatever the length of the stretches.
    monkeypatch.setattr(plan, "OPENED", 128)
    assert by(1, path) == one


@pytest.mark.parametrize("case", BROKEN)
def test_every_broken_rule(tmp_path: Path, case: str) -> None:
    path = tmp_path / "ledger"
    with create(path) as ledger:
        ledger.deposit(flux(today_spec(passages=70)))
        ledger.publish()
        for make in BROKEN[case][2]:
            append(ledger, make)
    one = by(1, path, vault=False)
    assert not isinstance(one, str)
    assert any(finding.check == "rules" for finding in one.findings)
    assert by(TWO, path, vault=False) == one


@pytest.mark.parametrize("table", ["records", "blocks", "technical", "checkpoints", "status"])
def test_changes_without_the_vault(path: Path, table: str) -> None:
    change(path, table, b"", alter)
    for options in ({"vault": False}, {"vault": False, "signatures": False}):
        one = by(1, path, **options)
        assert by(TWO, path, **options) == one
        assert isinstance(one, str) or one.findings


def test_many_changes_at_once(path: Path) -> None:
    for table, start in ROWS[:6]:
        change(path, table, start, alter)
    for index in range(20, 160, 7):
        change_record(path, index)
    one = by(1, path)
    assert not isinstance(one, str)
    assert one.findings_count > len(one.findings), "more than are listed"
    assert by(TWO, path) == one


def change_record(path: Path, index: int) -> None:
    with Store.open(path / "log") as store, store._write() as rows:
        key = index.to_bytes(8, "big")
        row = rows.get("records", key)
        assert row is not None
        rows.put("records", [(key, row[:-3] + b"!" + row[-2:])])


def test_control_a_worker_that_keeps_something_to_itself_is_noticed(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the comparison: results from which a finding is taken away."""
    change(path, "records", b"", alter)
    real = Crew.examine

    def less(self: Crew, tasks: Iterator[Task]) -> Iterator[tuple[Task, Result]]:
        for task, result in real(self, tasks):
            yield task, replace(result, unsigned=[]) if isinstance(result, Facts) else result

    one = by(1, path)
    assert by(TWO, path) == one
    monkeypatch.setattr(Crew, "examine", less)
    assert by(TWO, path) != one


@pytest.mark.parametrize("what", ["findings", "kept", "erased"])
def test_control_a_worker_that_keeps_contents_to_itself_is_noticed(
    tmp_path: Path, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same for what is found in payloads: of each kind something is taken away."""
    path = tmp_path / "ledger"
    with create(path) as ledger:
        plan = plan_file(flux(today_spec(passages=70)))
        plan.recorded[5] = plan.recorded[5].saying(code="RS9999", emetteur="9OTHERS1")
        at = record(ledger, plan)
        record(ledger, plan_file(flux(today_spec(passages=70, seed=8))))
        ledger.publish()
    seeds = bytearray((path / "vault" / "seeds").read_bytes())
    gone = HEADER_SIZE + SEED_SIZE * (at + 90)
    seeds[gone : gone + SEED_SIZE] = bytes(SEED_SIZE)
    (path / "vault" / "seeds").write_bytes(seeds)
    real = Crew.examine

    def less(self: Crew, tasks: Iterator[Task]) -> Iterator[tuple[Task, Result]]:
        for task, result in real(self, tasks):
            yield task, _without(result, what) if isinstance(result, Facts) else result

    one = by(1, path)
    assert not isinstance(one, str)
    assert {("contents", at + 6), ("deposit", at + 6), ("contents", at + 90)} <= {
        (finding.check, finding.index) for finding in one.findings
    }
    assert by(TWO, path) == one
    monkeypatch.setattr(Crew, "examine", less)
    assert by(TWO, path) != one


def _without(facts: Facts, what: str) -> Facts:
    assert facts.opened is not None
    empty: dict[str, Any] = {"findings": [], "kept": {}, "erased": []}
    return replace(facts, opened=replace(facts.opened, **{what: empty[what]}))


def test_options_reach_the_other_processes(path: Path, tmp_path: Path) -> None:
    with Ledger.open(path) as ledger:
        since, policy = ledger.publish(), parse_policy(ledger.policy())
        ledger.deposit(flux(today_spec(seed=10, passages=100)))
        ledger.publish()
    with Ledger.create(tmp_path / "other", origin="log.example/other") as other:
        foreign = parse_policy(other.policy())
    for options in (
        {"since": since},
        {"since": since, "policy": policy},
        {"policy": foreign},
        {"genesis": bytes(32)},
        {"signatures": False},
        {"vault": False},
    ):
        assert audit(path, jobs=TWO, **options) == audit(path, jobs=1, **options)
    assert audit(path, jobs=TWO, since=since).start > 0
    assert audit(path, jobs=TWO, policy=foreign).findings
    with pytest.raises(FormatError, match="malformed"):
        audit(path, jobs=TWO, since="nothing of the kind")


def test_progress_comes_from_the_other_process(path: Path) -> None:
    told: list[tuple[int, int]] = []
    size = audit(path, jobs=TWO, progress=lambda *both: told.append(both)).size
    assert told[0] == (64, size)
    assert told[-1] == (size, size)


@pytest.mark.parametrize("jobs", [0, -1, 65])
def test_a_number_of_jobs_that_is_none(sound: Path, jobs: int) -> None:
    with pytest.raises(PolicyError, match="1 to 64"):
        audit(sound, jobs=jobs)


def test_processes_are_started_where_they_are_worth_it() -> None:
    assert plan.choose_jobs(None, 1000, signatures=True, vault=True) == 1
    assert plan.choose_jobs(None, 10**9, signatures=False, vault=False) == len(
        os.sched_getaffinity(0)
    )


@pytest.mark.parametrize("killed", [1, 2])
def test_workers_that_are_killed_cost_time_and_nothing_else(
    path: Path, killed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(path, "records", b"", alter)
    one = by(1, path)
    real, victims = Crew.examine, list[int]()

    def examine(self: Crew, tasks: Iterator[Task]) -> Iterator[tuple[Task, Result]]:
        for task, result in real(self, tasks):
            if not victims:
                victims.extend(self.process_ids[:killed])
                for victim in victims:
                    os.kill(victim, signal.SIGKILL)
            yield task, result

    monkeypatch.setattr(Crew, "examine", examine)
    assert by(TWO, path) == one
    assert len(victims) == killed


@pytest.mark.parametrize("when", ["wait", "begin_taking", "has_taken", "instruct"])
def test_workers_that_die_early(path: Path, when: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = getattr(Crew, when)

    def killing(self: Crew, *args: Any) -> object:
        for victim in self.process_ids:
            with suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
        return real(self, *args)

    monkeypatch.setattr(Crew, when, killing)
    assert by(TWO, path) == by(1, path)


def test_workers_that_do_not_start(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: object, beside: object) -> None:
        raise OSError("no more processes")

    monkeypatch.setattr(crew._Worker, "__init__", refuse)
    assert by(TWO, path) == by(1, path)


def test_a_worker_that_cannot_says_so(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that was not answered is taken for done."""
    real = Crew.examine

    def unable(self: Crew, tasks: Iterator[Task]) -> Iterator[tuple[Task, Result]]:
        for task, _ in real(self, tasks):
            yield task, Unable()

    change(path, "records", b"", remove)
    one = by(1, path)
    monkeypatch.setattr(Crew, "examine", unable)
    assert by(TWO, path) == one


def test_all_read_the_same_commit_or_one_reads_alone(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, tries = by(1, path), list[int]()

    def differs(self: Crew, snapshot: int) -> bool:
        real(self, snapshot)
        tries.append(snapshot)
        return False

    real = Crew.has_taken
    monkeypatch.setattr(Crew, "has_taken", differs)
    assert by(TWO, path) == one
    assert len(tries) == session.ATTEMPTS_MAX


def test_a_commit_in_between_is_no_other_view(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A writer at work: the workers take a newer commit, and the leader asks again."""
    answers = list[bool]()
    begin, has_taken = Crew.begin_taking, Crew.has_taken

    def late(self: Crew, snapshot: int) -> bool:
        answers.append(has_taken(self, snapshot - (not answers)))
        return answers[-1]

    monkeypatch.setattr(Crew, "begin_taking", begin)
    monkeypatch.setattr(Crew, "has_taken", late)
    assert by(TWO, path) == by(1, path)
    assert answers == [False, True]


def test_a_leader_that_dies_is_an_error(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No report, no verdict: a sound database, and the process was killed."""

    def kill(helper: helpers.Helper, _progress: object) -> object:
        os.kill(helper.process_id, signal.SIGKILL)
        return frames.read_message(helper.into, apart._answers)

    monkeypatch.setattr(apart, "_listen", kill)
    with pytest.raises(StorageError, match=r"ended \(status -9\)"):
        audit(path, jobs=TWO)


def test_a_leader_that_dies_over_a_damaged_page_is_a_finding(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = apart._listen

    def kill(helper: helpers.Helper, progress: Callable[[int, int], None] | None) -> object:
        os.kill(helper.process_id, signal.SIGKILL)
        return real(helper, progress)

    damage_page(path)
    monkeypatch.setattr(apart, "_listen", kill)
    for vault in (True, False):
        report = audit(path, jobs=TWO, vault=vault)
        assert (report.verdict, {one.check for one in report.findings}) == ("no", {"database"})
        assert any("were not read" in note for note in report.notes)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_damaged_page_is_a_finding(path: Path, jobs: int) -> None:
    damage_page(path)
    for vault in (True, False):
        report = audit(path, jobs=jobs, vault=vault)
        assert report.verdict == "no"
        assert report.findings[0].check == "database"
        assert "page" in report.findings[0].message


def damage_page(path: Path) -> None:
    """Change the kind of the page (mdb.c, mp_flags) on which an entry stands."""
    file = path / "log" / "data.mdb"
    data = bytearray(file.read_bytes())
    for number in range(2, len(data) // 4096):
        page = slice(number * 4096, (number + 1) * 4096)
        if b'"type":"certification","index":9,' in data[page]:
            data[page.start + 10] ^= 0xFF
    file.write_bytes(data)


@pytest.mark.parametrize("jobs", [1, 2])
def test_pages_that_are_written_meanwhile_are_not_judged(
    path: Path, jobs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits = iter(range(100))
    monkeypatch.setattr(structure, "commits", lambda _: (next(commits), 0))
    monkeypatch.setattr(structure, "verify_database", lambda _: ("page 7 looks odd",))
    report = audit(path, jobs=jobs)
    assert report.verdict == "yes", report.findings
    assert structure.NOT_CHECKED in report.notes


def test_what_is_wrong_with_pages_stands_before_the_other_findings(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(path, "records", b"", alter)
    known = audit(path, jobs=TWO)
    monkeypatch.setattr(structure, "verify_database", lambda _: ("page 7 is odd",))
    report = audit(path, jobs=TWO)
    assert [one.message for one in report.findings[:1]] == ["page 7 is odd"]
    assert report.findings[1:] == known.findings
    assert report.findings_count == known.findings_count + 1


def test_pages_that_cannot_be_read_are_an_error(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(_: object) -> tuple[str, ...]:
        raise StorageError("cannot read it")

    monkeypatch.setattr(structure, "verify_database", unreadable)
    for jobs in (1, 2):
        with pytest.raises(StorageError, match="cannot read it"):
            audit(path, jobs=jobs)


def test_an_interruption_ends_an_audit_apart(path: Path) -> None:
    def interrupt(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        audit(path, jobs=TWO, progress=interrupt)
    assert audit(path, jobs=TWO).verdict == "yes"


def test_a_leader_that_does_not_start_is_an_error(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(module: str) -> None:
        raise OSError(11, "no more processes")

    monkeypatch.setattr(apart, "Program", refuse)
    with pytest.raises(StorageError, match="cannot start"):
        audit(path, jobs=TWO)


def test_what_is_no_ledger(tmp_path: Path) -> None:
    with pytest.raises(LedgerDamagedError):
        audit(tmp_path, jobs=TWO)


def test_an_audit_beside_a_writer_in_this_process(tmp_path: Path) -> None:
    """The ledger is open here, and other processes audit it."""
    with deposited(tmp_path / "ledger", today_spec(passages=150)) as ledger:
        before = audit(tmp_path / "ledger", jobs=TWO)
        ledger.append([dict(ledger.fields(5)[:-1]) | {"idTechnique": "x"}], depositor=DEPOSITOR)
        after = audit(tmp_path / "ledger", jobs=TWO)
    assert (before.verdict, after.verdict) == ("yes", "yes"), (before.findings, after.findings)
    assert after.size == before.size + 2
