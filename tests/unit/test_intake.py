"""Files that are read passage by passage, and those that must be read as a whole."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import pytest
from msgspec.structs import replace

from ledgers import DEPOSITOR, create, flux, records, today_spec
from provenance.audit import audit
from provenance.cdc.flux import FluxReader
from provenance.errors import DepositRefused
from provenance.ledger import Accept, Refuse
from provenance.ledger.preparing import CHUNK

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from provenance.ledger import Ledger
    from provenance.record.commitment import Value

PASSAGES: Final = 2 * CHUNK + 3
END: Final = b"</passageCertification>"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with create(tmp_path / "ledger") as made:
        yield made


def with_a_trap(data: bytes) -> bytes:
    """Put the end tag of passages into a comment of the last but one."""
    parts = data.split(END)
    parts[-2] += b"<!--" + END + b"-->"
    return END.join(parts)


def test_a_file_with_a_trap_is_recorded_as_it_is(ledger: Ledger) -> None:
    spec = today_spec(passages=PASSAGES)
    data = with_a_trap(flux(spec))
    receipt = ledger.deposit(data)
    start = receipt.accepted[0].index
    wanted = [tuple(record.items()) for record in records(spec)]
    assert [ledger.fields(start + number)[:-1] for number in range(PASSAGES)] == wanted
    assert ledger.source(start + PASSAGES - 1).endswith(b"-->" + END)
    path = ledger.path
    ledger.close()
    assert audit(path).verdict == "yes"


@pytest.mark.parametrize("trap", [False, True])
def test_the_operator_is_asked_once_for_each_passage(ledger: Ledger, *, trap: bool) -> None:
    asked = []

    def decide(fields: Mapping[str, Value]) -> Accept | Refuse:
        asked.append(fields["idTechnique"])
        return Refuse("no") if len(asked) % 2 else Accept(holder=f"h-{len(asked)}")

    spec = today_spec(passages=PASSAGES)
    data = with_a_trap(flux(spec)) if trap else flux(spec)
    receipt = ledger.deposit(data, decide)
    assert asked == [record["idTechnique"] for record in records(spec)]
    assert [one.idTechnique for one in receipt.accepted] == asked[1::2]
    assert [one.idTechnique for one in receipt.refused] == asked[::2]
    assert ledger.find(reference="h-2")[0] == receipt.accepted[0].index


def test_a_late_passage_says_so_by_either_way(ledger: Ledger) -> None:
    spec = today_spec(passages=3)
    old = replace(spec, day=spec.day - timedelta(days=200))
    receipt = ledger.deposit(flux(old))
    assert [one.late for one in receipt.accepted] == [True] * 3
    assert all(one.warnings[-1].code == "late" for one in receipt.accepted)


def test_a_fault_at_the_end_is_told_with_its_place(ledger: Ledger) -> None:
    data = flux(today_spec(passages=PASSAGES))
    spoiled = data.replace(b"</flux>", b"<x/></flux>")
    reader = FluxReader(lambda: [spoiled])
    assert list(reader.passages())
    with pytest.raises(DepositRefused) as refused:
        ledger.deposit(spoiled)
    assert list(refused.value.faults) == reader.faults != []


def test_a_fault_far_into_a_form_refuses_it_as_a_whole(ledger: Ledger) -> None:
    sent = records(today_spec(passages=PASSAGES))
    size = ledger.size
    sent[CHUNK]["code"] = ""
    sent[PASSAGES - 1].pop("scoring")
    with pytest.raises(DepositRefused, match=f"record {CHUNK + 1}: code") as refused:
        ledger.append(sent, depositor=DEPOSITOR)
    told = [str(getattr(one, "message", "")).partition(":")[0] for one in refused.value.faults]
    assert told == [f"record {CHUNK + 1}", f"record {PASSAGES}"]
    assert ledger.size == size


def test_what_is_wrong_with_a_form_is_told_before_who_sends_it(ledger: Ledger) -> None:
    record = {**records(today_spec(passages=1))[0], "emetteur": "9NOBODY0", "code": ""}
    with pytest.raises(DepositRefused, match="code"):
        ledger.append([record], depositor="9NOBODY0")
    with pytest.raises(DepositRefused, match="9NOBODY0"):
        ledger.append([{**record, "code": "RNCP1", "type": "RNCP"}], depositor="9NOBODY0")
