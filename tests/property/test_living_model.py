"""F1: a certification's life in any order, on a real ledger, against a plain model of it.

Deposits, corrections, withdrawals, erasures, registrations, rotations, publications,
re-openings, vaults that come back from a backup, and processes that are killed in the midst
of any of these or die without closing the ledger, in random order. A dictionary says what
must come out of each; statuses, look-ups, proofs and the audit must agree with it at every
publication. Which lives are tried follows from the day.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from msgspec import Struct

from battery import SEED, scale
from ledgers import DEPOSITOR, create, records, today_spec, verify
from provenance.audit import audit
from provenance.errors import ErasedError, LedgerDamagedError, PolicyError
from provenance.ledger import Accept, Ledger, Refuse, erasing, judging
from provenance.record.status import ERASED, SUPERSEDED, WITHDRAWN
from provenance.storage import Inspection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from battery import Row
    from provenance.record.commitment import Value

TEMPLATE: Final = records(today_spec(passages=1, dossier_percent=0))[0]
PERSON: Final = "identificationTitulaire.titulaire."
NAMES: Final = ("Durand", "Moreau", "Petit")
IDS: Final = ("T-1", "T-2", "T-3", "T-4")
REFUSED: Final = "0/100"
"""A score that the operator of this model refuses."""
MEMORY: Final = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
"""Processes die here, and no disks: what was written need not wait for one."""
PARTS: Final = 4
"""Tests that the lives are spread over, for as many processors."""
STEPS: Final = settings(
    max_examples=scale(300, 20_000) // PARTS,
    stateful_step_count=50,
    deadline=None,
    database=None,
    derandomize=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


class Passage(Struct, frozen=True):
    """What the model knows of one passage; equal passages have equal content."""

    id: str
    name: str
    final: bool
    score: str

    def record(self) -> dict[str, Any]:
        """Return the passage as the portal's form would send it."""
        return {
            **TEMPLATE,
            "idTechnique": self.id,
            f"{PERSON}nomNaissance": self.name,
            "donneeCertifiee": self.final,
            "scoring": self.score,
        }


class Known(Struct):
    """One recorded certification in the model."""

    passage: Passage
    deposit: int
    supersedes: int | None
    bits: int = 0
    changed_by: dict[int, int] = {}


CALLS: Final = st.integers(0, 12)
"""The call at which a process is killed; most operations make fewer than twelve."""
passages = st.builds(
    Passage,
    id=st.sampled_from(IDS),
    name=st.sampled_from(NAMES),
    final=st.booleans(),
    score=st.sampled_from((REFUSED, "10/100", "20/100")),
)


def refuse_some(fields: Mapping[str, Value]) -> Accept | Refuse:
    return Refuse("no") if fields["scoring"] == REFUSED else Accept()


def die_after(calls: int) -> None:
    """Let this process be killed at the next but so many calls that write or sync."""
    left = calls

    def guard(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: object, **options: object) -> object:
            nonlocal left
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*args, **options)

        return call

    for name in ("pwrite", "fsync", "fdatasync", "rename"):
        setattr(os, name, guard(getattr(os, name)))


class Life(RuleBasedStateMachine):
    """The ledger and its model, side by side."""

    crashes = 0
    cut_off = 0
    """Crashes in all lives, and those of them that cut an operation off."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp(dir=MEMORY))
        self.path = self.directory / "ledger"
        self.known: dict[int, Known] = {}
        self.rows: dict[str, int] = {}
        self.tombstones: set[str] = set()
        self.mentions: dict[int, list[Passage]] = {}
        self.erased: set[int] = set()
        self.published = 0
        self.backed_up: int | None = None
        """The log's size when the vault was copied last."""

    @initialize()
    def begin(self) -> None:
        self.ledger = create(self.path)

    def teardown(self) -> None:
        self.ledger.publish()
        self.ledger.close()
        report = audit(self.path)
        shutil.rmtree(self.directory)
        assert report.findings == ()
        assert report.erased == len(self.erased)

    # --- what happens

    @rule(first=passages, second=passages, both=st.booleans(), corrections=st.booleans())
    def deposit(
        self, first: Passage, second: Passage, *, both: bool, corrections: bool
    ) -> None:
        sent = [first, second] if both and second.id != first.id else [first]
        expected = [(one, self.outcome(one, corrections=corrections)) for one in sent]
        receipt = self.ledger.append(
            [one.record() for one in sent],
            depositor=DEPOSITOR,
            corrections=corrections,
            decide=refuse_some,
        )
        assert {one.idTechnique: one.faults[0].code for one in receipt.refused} == {
            one.id: outcome for one, outcome in expected if isinstance(outcome, str)
        }
        assert {one.idTechnique: one.index for one in receipt.duplicates} == {
            one.id: self.rows[one.id] for one, outcome in expected if outcome is True
        }
        if receipt.deposit is None:
            return
        self.mentions[receipt.deposit] = [
            one for one, outcome in expected if isinstance(outcome, str) or outcome is True
        ]
        new = [one for one, outcome in expected if outcome in (None, False)]
        assert [one.idTechnique for one in receipt.accepted] == [one.id for one in new]
        for accepted, passage in zip(receipt.accepted, new, strict=True):
            self.record(accepted.index, passage, receipt.deposit)

    def outcome(self, passage: Passage, *, corrections: bool) -> str | bool | None:
        """Say what must come of a passage.

        The code of a refusal, True for a duplicate, False for a correction, None: new.
        """
        if passage.score == REFUSED:
            return "refused-by-operator"
        if passage.id in self.tombstones:
            return "erased"
        if passage.id not in self.rows:
            return None
        known = self.known[self.rows[passage.id]]
        if known.bits & WITHDRAWN:
            return "withdrawn"
        if known.passage == passage:
            return True
        finishes = not known.passage.final and passage.final
        same = known.passage.name == passage.name
        return False if corrections or (finishes and same) else "already-recorded"

    def record(self, index: int, passage: Passage, deposit: int) -> None:
        before = self.rows.get(passage.id)
        self.known[index] = Known(passage=passage, deposit=deposit, supersedes=before)
        self.rows[passage.id] = index
        if before is not None:
            self.change(before, SUPERSEDED, index)

    def change(self, index: int, bit: int, by: int) -> None:
        known = self.known[index]
        known.bits |= bit
        known.changed_by = {**known.changed_by, bit: by}

    @precondition(lambda self: self.known)
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        index = data.draw(st.sampled_from(sorted(self.known)))
        if self.known[index].bits & WITHDRAWN:
            with pytest.raises(PolicyError):
                self.ledger.withdraw(index, "ERROR")
        else:
            self.change(index, WITHDRAWN, self.ledger.withdraw(index, "ERROR"))

    @precondition(lambda self: self.known)
    @rule(data=st.data())
    def erase(self, data: st.DataObject) -> None:
        index = data.draw(st.sampled_from(sorted(self.known)))
        expected = self.goes_along(index)
        if not expected:
            with pytest.raises(ErasedError):
                self.ledger.erase([index], basis="GDPR_ART_17")
            return
        assert set(self.ledger.to_erase([index])) == expected
        done = self.ledger.erase([index], basis="GDPR_ART_17")
        assert set(done.erased) == expected
        self.forget(expected, done.entries[0])

    def forget(self, indexes: set[int], by: int) -> None:
        """Note an erasure."""
        for one in indexes & self.known.keys():
            self.change(one, ERASED, by)
            passage = self.known[one].passage
            if self.rows.get(passage.id) == one:
                del self.rows[passage.id]
                self.tombstones.add(passage.id)
        self.erased |= indexes

    def goes_along(self, index: int) -> set[int]:
        """Say what must go with one certification: everything that holds its data."""
        found: set[int] = set()
        waiting = [index]
        while waiting:
            one = waiting.pop()
            if one in found | self.erased:
                continue
            found.add(one)
            if one in self.known:
                known = self.known[one]
                waiting += [known.deposit, *self.mentioning(known.passage)]
                waiting += [] if known.supersedes is None else [known.supersedes]
        return found

    def mentioning(self, passage: Passage) -> Iterable[int]:
        for deposit, left in self.mentions.items():
            if any(one.id == passage.id or one.name == passage.name for one in left):
                yield deposit

    @rule()
    def publish(self) -> None:
        self.ledger.publish()
        self.published = self.ledger.size
        shown = sorted(self.known.keys() - self.erased)
        if shown:
            report = verify(self.ledger, self.ledger.prove(shown))
            found = {one.index: one for one in report.certifications}
            assert {index: one.status for index, one in found.items()} == {
                index: self.word(self.known[index].bits) for index in shown
            }
            for index, one in found.items():
                assert one.changed_by == self.changed_by(self.known[index])
        for index in self.known.keys() & self.erased:
            with pytest.raises(ErasedError):
                self.ledger.prove([index])

    @staticmethod
    def word(bits: int) -> str:
        if bits & WITHDRAWN:
            return "withdrawn"
        return "superseded" if bits & SUPERSEDED else "in force"

    @staticmethod
    def changed_by(known: Known) -> int | None:
        return known.changed_by.get(WITHDRAWN, known.changed_by.get(SUPERSEDED))

    @rule(role=st.sampled_from(("entry", "log")))
    def rotate(self, role: Literal["entry", "log"]) -> None:
        self.ledger.rotate_keys(role)

    @rule(name=st.sampled_from(NAMES))
    def register(self, name: str) -> None:
        """Registrations change; what was recorded under earlier ones stays provable."""
        self.ledger.register(DEPOSITOR, name=f"Organisme {name}", for_all=True)

    @rule()
    def copy_vault(self) -> None:
        shutil.rmtree(self.directory / "vault", ignore_errors=True)
        shutil.copytree(self.path / "vault", self.directory / "vault")
        self.backed_up = self.ledger.size

    @precondition(lambda self: self.backed_up is not None)
    @rule()
    def lose_seeds(self) -> None:
        """The vault is lost, its copy comes back, and what it lacks is given up."""
        self.ledger.close()
        shutil.rmtree(self.path / "vault")
        shutil.copytree(self.directory / "vault", self.path / "vault")
        with Ledger.open(self.path, readonly=True) as reading:
            lost = set(reading.lost_seeds())
        expected = {index for index in self.known if index >= (self.backed_up or 0)}
        assert lost & self.known.keys() == expected - self.erased
        if not lost:
            self.ledger = Ledger.open(self.path)
            return
        with pytest.raises(LedgerDamagedError):
            Ledger.open(self.path)
        self.ledger = Ledger.open(self.path, with_lost_seeds=True)
        done = self.ledger.repair_lost_seeds()
        assert set(done.erased) == lost
        for one in lost & self.known.keys():
            self.change(one, ERASED, done.entries[0])
            if self.rows.get(self.known[one].passage.id) == one:
                # Nobody knows any more what it was, so the same name is free.
                del self.rows[self.known[one].passage.id]
        self.erased |= lost

    @rule()
    def reopen(self) -> None:
        self.ledger.close()
        report = audit(self.path)
        self.ledger = Ledger.open(self.path)
        assert report.findings == ()

    # --- processes that die

    def dies(self, use: Callable[[Ledger], object], calls: int) -> int:
        """Use the ledger in a process that is killed; return how many entries it recorded.

        It is killed at one of its calls, or, having done all, without closing anything.
        """
        before = self.ledger.size
        self.ledger.close()
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            die_after(calls)
            use(Ledger.open(self.path))
            os.write(writing, b"done")
            os.kill(os.getpid(), signal.SIGKILL)
        os.close(writing)
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL
        with os.fdopen(reading, "rb") as told:
            acknowledged = told.read() == b"done"
        Life.crashes += 1
        Life.cut_off += not acknowledged
        self.ledger = Ledger.open(self.path)
        return self.ledger.size - before

    @rule(passage=passages, calls=CALLS)
    def die_depositing(self, passage: Passage, calls: int) -> None:
        """The deposit is there as a whole, or not at all."""
        deposit, outcome = self.ledger.size, self.outcome(passage, corrections=False)
        added = self.dies(
            lambda ledger: ledger.append(
                [passage.record()], depositor=DEPOSITOR, decide=refuse_some
            ),
            calls,
        )
        if added:
            assert added == (1 if isinstance(outcome, str) else 2)
            assert outcome is not True, "a repetition makes no entry"
            self.mentions[deposit] = [passage] if isinstance(outcome, str) else []
            if not isinstance(outcome, str):
                self.record(deposit + 1, passage, deposit)

    @precondition(lambda self: self.known.keys() - self.erased)
    @rule(data=st.data(), calls=CALLS)
    def die_erasing(self, data: st.DataObject, calls: int) -> None:
        """What an erasure names is gone after the next opening, once it is recorded."""
        index = data.draw(st.sampled_from(sorted(self.known.keys() - self.erased)))
        expected, by = self.goes_along(index), self.ledger.size
        added = self.dies(lambda ledger: ledger.erase([index], basis="OTHER"), calls)
        assert added in {0, 1}
        if added:
            self.forget(expected, by)

    @precondition(lambda self: self.known)
    @rule(data=st.data(), calls=CALLS)
    def die_withdrawing(self, data: st.DataObject, calls: int) -> None:
        standing = [i for i, one in self.known.items() if not one.bits & WITHDRAWN]
        if not standing:
            return
        index, by = data.draw(st.sampled_from(standing)), self.ledger.size
        if self.dies(lambda ledger: ledger.withdraw(index, "ERROR"), calls):
            self.change(index, WITHDRAWN, by)

    @rule(calls=CALLS)
    def die_publishing(self, calls: int) -> None:
        assert self.dies(lambda ledger: ledger.publish(), calls) in {0, 1}

    # --- what must hold at every step

    @invariant()
    def look_ups_agree(self) -> None:
        if not hasattr(self, "ledger"):
            return
        for id_technique in IDS:
            row = self.rows.get(id_technique)
            found = self.ledger.find(depositor=DEPOSITOR, id_technique=id_technique)
            assert found == ([] if row is None else [row])
        for name in NAMES:
            holder = {
                key: TEMPLATE.get(f"{PERSON}{key}")
                for key in ("prenom1", "anneeNaissance", "moisNaissance", "jourNaissance")
            }
            found = self.ledger.find(holder={"nomNaissance": name.upper(), **holder})
            assert set(found) == {
                index
                for index, known in self.known.items()
                if known.passage.name == name and index not in self.erased
            }

    @invariant()
    def bits_agree(self) -> None:
        if hasattr(self, "ledger"):
            with self.ledger._files.store.view() as view:
                found = {index: view.status_bits(index) for index in self.known}
            assert found == {index: known.bits for index, known in self.known.items()}


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_any_life_agrees_with_the_model(part: int, row: Row) -> None:
    row.begin(f"F1 model: crashes in {STEPS.max_examples * PARTS} lives of 50 steps")
    machine = type("Life", (Life,), {})
    run_state_machine_as_test(seed(SEED * PARTS + part)(machine), settings=STEPS)
    row.tried, row.fired = Life.crashes, Life.cut_off
    Life.crashes = Life.cut_off = 0


@pytest.mark.parametrize("broken", ["tombstones", "finished", "audit", "repair"])
def test_the_model_catches_a_broken_ledger(
    broken: str, monkeypatch: pytest.MonkeyPatch, row: Row
) -> None:
    """The control: four faults that somebody could make, each of which must be found."""
    row.begin(f"F1 model: crashes in {STEPS.max_examples * PARTS} lives of 50 steps")
    if broken == "tombstones":
        monkeypatch.setattr(
            erasing.ErasureJob,
            "_tombstones",
            property(lambda _: (), lambda *_: None),
            raising=False,
        )
    elif broken == "finished":
        monkeypatch.setattr(judging.CreationJudge, "_finishes", lambda *_: True)
    elif broken == "repair":
        monkeypatch.setattr(Inspection, "leading_to", lambda *_: ([], []))
    else:
        monkeypatch.setattr(erasing._Tracer, "goes_along", lambda *_: [])
    # Found is enough: no smallest example is looked for.
    quick = settings(
        STEPS,
        max_examples=500,
        stateful_step_count=25,
        database=None,
        derandomize=True,
        phases=(Phase.generate,),
    )
    with pytest.raises(AssertionError):
        run_state_machine_as_test(Life, settings=quick)
    row.control(caught=True)
