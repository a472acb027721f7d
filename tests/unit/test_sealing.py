"""Sealing in worker processes: the same ledger comes out, whatever becomes of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Final

import pytest

from ledgers import DEPOSITOR, create, flux, records, today_spec
from provenance.audit import audit
from provenance.errors import DepositRefused
from provenance.ledger import Ledger
from provenance.ledger.sealing import CHUNK, Crew, Sealing, Worker, WorkerLostError
from provenance.record.commitment import disclose, recompute
from provenance.record.payload import CertificationPayload, source_digest, unseal_payload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from provenance.ledger.draft import Sealed

PASSAGES: Final = 3 * CHUNK + 5
_PATIENCE_S: Final = 60


def payload(number: int) -> CertificationPayload:
    source = f"<p>{number}</p>".encode()
    fields = (("code", f"RNCP{number}"), ("source", source_digest(source)))
    return CertificationPayload(bindings=(), source=source, fields=fields)


def unsealed(sealed: Sealed) -> CertificationPayload:
    parts = unseal_payload(sealed.seed, sealed.payload, sealed.commitment)
    return CertificationPayload.decode_parts(parts)


def wait_until(happened: Callable[[], object]) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not happened():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.01)


@pytest.fixture
def crew() -> Iterator[Crew]:
    """Give a crew of one, which has started."""
    made = Crew(1)
    wait_until(made.ready)
    yield made
    made.close()


def seal_all(crew: Crew, count: int, *, between: Callable[[int], object] = int) -> list[Sealed]:
    with crew.sealing() as sealing:
        for number in range(count):
            between(number)
            sealing.add(payload(number))
        return sealing.finish()


def assert_in_order(sealed: list[Sealed], count: int) -> None:
    assert [unsealed(one) for one in sealed] == [payload(number) for number in range(count)]
    assert len({one.seed for one in sealed}) == count


@pytest.mark.parametrize("count", [0, 1, CHUNK, 7 * CHUNK + 3])
def test_records_come_back_sealed_in_their_order(crew: Crew, count: int) -> None:
    assert_in_order(seal_all(crew, count), count)


def test_the_worker_takes_its_part(crew: Crew, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = []
    original = Worker.send

    def send(self: Worker, chunk: list[CertificationPayload]) -> None:
        sent.append(len(chunk))
        original(self, chunk)

    monkeypatch.setattr(Worker, "send", send)
    seal_all(crew, 2 * CHUNK)
    assert sent[0] == CHUNK


@pytest.mark.parametrize("when", [0, CHUNK, CHUNK + 1, 2 * CHUNK - 1])
def test_a_killed_worker_costs_nothing_but_time(crew: Crew, when: int) -> None:
    (worker,) = crew.ready()

    def kill(number: int) -> None:
        if number == when:
            os.kill(worker.process_id, signal.SIGKILL)
            os.waitid(os.P_PID, worker.process_id, os.WEXITED | os.WNOWAIT)

    assert_in_order(seal_all(crew, 4 * CHUNK, between=kill), 4 * CHUNK)
    assert crew.ready() == []


def test_a_worker_that_never_starts_is_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    crew = Crew(1)
    assert_in_order(seal_all(crew, 2 * CHUNK), 2 * CHUNK)
    wait_until(lambda: crew.ready() == [] and not crew.ready())
    crew.close()


@pytest.mark.parametrize("executable", ["", "/nowhere/python"])
def test_without_an_interpreter_nothing_is_started(
    executable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", executable)
    crew = Crew(2)
    assert_in_order(seal_all(crew, CHUNK), CHUNK)
    assert crew.ready() == []


def test_a_worker_that_answers_nonsense_is_done_without(crew: Crew) -> None:
    (worker,) = crew.ready()
    worker.send([payload(1)])
    with pytest.raises(WorkerLostError):
        worker.receive(2)


def test_a_second_deposit_at_the_same_time_seals_itself(crew: Crew) -> None:
    with crew.sealing() as first:
        assert isinstance(first, Sealing)
        assert_in_order(seal_all(crew, 2 * CHUNK), 2 * CHUNK)
        for number in range(2 * CHUNK):
            first.add(payload(number))
        assert_in_order(first.finish(), 2 * CHUNK)


def test_what_an_abandoned_deposit_left_reaches_no_other(crew: Crew) -> None:
    with crew.sealing() as abandoned:
        for number in range(CHUNK):
            abandoned.add(payload(number + 1000))
    assert_in_order(seal_all(crew, 2 * CHUNK), 2 * CHUNK)


def test_workers_end_with_their_owner() -> None:
    """An owner that is killed closes nothing itself; the system closes its pipes."""
    program = (
        "import time; from provenance.ledger.sealing import Crew; crew = Crew(1)\n"
        "while not crew.ready(): time.sleep(0.01)\n"
        "print(crew.ready()[0].process_id, flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        worker = int(owner.stdout.readline())
        owner.kill()
    wait_until(lambda: not is_running(worker))


def is_running(process: int) -> bool:
    try:
        with open(f"/proc/{process}/stat", encoding="ascii") as stat:  # noqa: PTH123 - of Linux
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


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


def test_a_form_is_sealed_by_workers_as_well(tmp_path: Path) -> None:
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
    for number, sealed in enumerate(seal_all(crew, CHUNK)):
        shown = disclose(sealed.seed, payload(number).fields, ["code"])
        assert recompute(shown.disclosures, shown.hidden)[0] == sealed.commitment
