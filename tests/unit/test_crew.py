"""Preparing in worker processes: the same ledger comes out, whatever becomes of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import date
from typing import TYPE_CHECKING, Final

import pytest

from ledgers import DEPOSITOR, create, flux, records, today_spec
from processes import is_running, wait_until
from provenance.audit import audit
from provenance.encoding import decode_json, encode_json
from provenance.errors import DepositRefused, FormatError
from provenance.ledger import Ledger
from provenance.ledger.crew import Crew, Work, Worker, WorkerLostError
from provenance.ledger.preparing import CHUNK, Chunk, Preparer, Terms, form_record
from provenance.ledger.source import Salts
from provenance.record.commitment import disclose, read_record
from provenance.record.payload import FIELDS, CertificationPayload, unseal_payload
from provenance.record.slots import CERTIFICATION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from provenance.ledger.preparing import Prepared

PASSAGES: Final = 3 * CHUNK + 5


PREPARER: Final = Preparer(
    Terms(secret=bytes(32), bodies=(DEPOSITOR,), received=date(2026, 1, 1), shows_fields=False)
)


SALTS: Final = Salts(bytes(32))
RECORD: Final = records(today_spec(passages=1))[0]


def source(number: int) -> bytes:
    return encode_json({**RECORD, "code": f"RNCP{number}", "idTechnique": f"t-{number}"})


def payload(number: int) -> CertificationPayload:
    made = source(number)
    return CertificationPayload(
        bindings=(),
        source=made,
        fields=form_record(made, decode_json(made, FIELDS, "record")).fields,
        number=number + 1,
        salt=SALTS.some(number + 1, 1),
    )


def chunk(start: int, count: int = CHUNK) -> Chunk:
    sources = [source(number) for number in range(start, start + count)]
    return Chunk(
        bindings=(),
        leading=None,
        sources=sources,
        first=start + 1,
        salts=SALTS.some(start + 1, count),
    )


def unsealed(prepared: Prepared) -> CertificationPayload:
    sealed = prepared.sealed
    assert sealed is not None
    parts = unseal_payload(sealed.seed, sealed.payload, sealed.commitment)
    return CertificationPayload.decode_parts(parts)


@pytest.fixture
def crew() -> Iterator[Crew]:
    """Return a crew of one, which has started."""
    made = Crew(1)
    wait_until(made.ready)
    yield made
    made.close()


def prepare_all(
    crew: Crew, count: int, *, between: Callable[[int], object] = int
) -> list[Prepared]:
    with crew.work(PREPARER) as work:
        done = []
        for number, start in enumerate(range(0, count, CHUNK)):
            between(number)
            work.add(chunk(start, min(CHUNK, count - start)))
            done += list(work.done())
        done += list(work.finish())
    return [one for part in done for one in part]


def assert_in_order(prepared: list[Prepared], count: int) -> None:
    assert [unsealed(one) for one in prepared] == [payload(number) for number in range(count)]
    assert [one.id_technique for one in prepared] == [f"t-{number}" for number in range(count)]
    seeds = {one.sealed.seed for one in prepared if one.sealed is not None}
    assert len(seeds) == count


@pytest.mark.parametrize("count", [0, 1, CHUNK, 7 * CHUNK + 3])
def test_records_come_back_in_their_order(crew: Crew, count: int) -> None:
    assert_in_order(prepare_all(crew, count), count)


def test_the_worker_takes_its_part(crew: Crew, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = []
    original = Worker.send

    def send(self: Worker, terms: Terms, chunk: Chunk) -> None:
        sent.append(len(chunk.sources))
        original(self, terms, chunk)

    monkeypatch.setattr(Worker, "send", send)
    prepare_all(crew, 2 * CHUNK)
    assert sent[0] == CHUNK


@pytest.mark.parametrize("when", [0, 1, 2, 3])
def test_a_killed_worker_costs_nothing_but_time(crew: Crew, when: int) -> None:
    (worker,) = crew.ready()

    def kill(number: int) -> None:
        if number == when:
            os.kill(worker.process_id, signal.SIGKILL)
            os.waitid(os.P_PID, worker.process_id, os.WEXITED | os.WNOWAIT)

    assert_in_order(prepare_all(crew, 4 * CHUNK, between=kill), 4 * CHUNK)
    assert crew.ready() == []


def test_a_worker_that_never_starts_is_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    crew = Crew(1)
    assert_in_order(prepare_all(crew, 2 * CHUNK), 2 * CHUNK)
    wait_until(lambda: crew.ready() == [] and not crew.ready())
    crew.close()


@pytest.mark.parametrize("executable", ["", "/nowhere/python"])
def test_without_an_interpreter_nothing_is_started(
    executable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", executable)
    crew = Crew(2)
    assert_in_order(prepare_all(crew, CHUNK), CHUNK)
    assert crew.ready() == []


def test_a_worker_that_answers_nonsense_is_done_without(crew: Crew) -> None:
    (worker,) = crew.ready()
    worker.send(PREPARER.terms, chunk(1, 1))
    with pytest.raises(WorkerLostError):
        worker.receive(2)


def test_a_second_deposit_at_the_same_time_does_all_itself(crew: Crew) -> None:
    with crew.work(PREPARER) as first:
        assert isinstance(first, Work)
        assert_in_order(prepare_all(crew, 2 * CHUNK), 2 * CHUNK)
        for start in (0, CHUNK):
            first.add(chunk(start))
        assert_in_order([one for part in first.finish() for one in part], 2 * CHUNK)


def test_what_an_abandoned_deposit_left_reaches_no_other(crew: Crew) -> None:
    with crew.work(PREPARER) as abandoned:
        abandoned.add(chunk(1000))
    assert_in_order(prepare_all(crew, 2 * CHUNK), 2 * CHUNK)
    assert len(crew.ready()) == 1


def test_a_worker_that_dies_when_abandoned_is_done_without(crew: Crew) -> None:
    (worker,) = crew.ready()
    with crew.work(PREPARER) as abandoned:
        abandoned.add(chunk(1000))
        os.kill(worker.process_id, signal.SIGKILL)
        os.waitid(os.P_PID, worker.process_id, os.WEXITED | os.WNOWAIT)
    assert_in_order(prepare_all(crew, 2 * CHUNK), 2 * CHUNK)


def prepare_what_is_no_passage(crew: Crew) -> None:
    with crew.work(PREPARER) as work:
        bad = Chunk(
            bindings=(),
            leading=tuple(RECORD.items())[:6],
            sources=[b"<x/>"] * CHUNK,
            first=1,
            salts=SALTS.some(1, CHUNK),
        )
        work.add(bad)
        list(work.finish())


def test_what_is_no_passage_is_told_by_whoever_reads_it(crew: Crew) -> None:
    with pytest.raises(FormatError):
        prepare_what_is_no_passage(crew)
    with pytest.raises(FormatError):
        prepare_what_is_no_passage(Crew(0))
    assert len(crew.ready()) == 1


def test_workers_end_with_their_owner() -> None:
    """An owner that is killed closes nothing itself; the system closes its pipes."""
    program = (
        "import time; from provenance.ledger.crew import Crew; crew = Crew(1)\n"
        "while not crew.ready(): time.sleep(0.01)\n"
        "print(crew.ready()[0].process_id, flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        worker = int(owner.stdout.readline())
        owner.kill()
    wait_until(lambda: not is_running(worker))


def test_a_ledger_with_workers_holds_what_was_deposited(tmp_path: Path) -> None:
    spec = today_spec(passages=PASSAGES)
    create(tmp_path / "ledger").close()
    with Ledger.open(tmp_path / "ledger", workers=1) as ledger:
        wait_until(ledger._crew.ready)
        receipt = ledger.deposit(flux(spec))
        assert [passage.index for passage in receipt.accepted] == [*range(5, 5 + PASSAGES)]
        wanted = [tuple(record.items()) for record in records(spec)]
        assert [ledger.fields(5 + number)[:-1] for number in range(PASSAGES)] == wanted
    assert audit(tmp_path / "ledger").verdict == "yes"


def test_a_refused_deposit_leaves_a_ledger_that_goes_on(tmp_path: Path) -> None:
    whole = flux(today_spec(passages=PASSAGES))
    create(tmp_path / "ledger").close()
    with Ledger.open(tmp_path / "ledger", workers=1) as ledger:
        wait_until(ledger._crew.ready)
        with pytest.raises(DepositRefused):
            ledger.deposit(whole[:-10])
        assert len(ledger.deposit(whole).accepted) == PASSAGES
    assert audit(tmp_path / "ledger").verdict == "yes"


def test_a_form_is_prepared_by_workers_as_well(tmp_path: Path) -> None:
    sent = [
        {name: value for name, value in record.items() if name != "source"}
        for record in records(today_spec(passages=PASSAGES))
    ]
    create(tmp_path / "ledger").close()
    with Ledger.open(tmp_path / "ledger", workers=2) as ledger:
        wait_until(ledger._crew.ready)
        receipt = ledger.append(sent, depositor=DEPOSITOR)
        assert len(receipt.accepted) == PASSAGES
    assert audit(tmp_path / "ledger").verdict == "yes"


def test_a_commitment_of_a_worker_is_that_of_its_record(crew: Crew) -> None:
    for number, prepared in enumerate(prepare_all(crew, CHUNK)):
        sealed = prepared.sealed
        assert sealed is not None
        shown = disclose(sealed.seed, payload(number).fields, ["code"], CERTIFICATION)
        assert read_record(shown, CERTIFICATION).commitment == sealed.commitment
