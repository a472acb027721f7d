"""Counting on what certifications rest: against the same done index by index."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from msgspec.structs import asdict

from broken_rules import Signer, append, endorsement
from insider import Body, plan_file, record
from ledgers import DEPOSITOR, ORIGIN, create, flux, today_spec
from provenance.audit import audit
from provenance.audit.origins import (
    CLOSED,
    ENDORSED,
    ERASED,
    FILED,
    SIGNED,
    UNSUPPORTED,
    OriginCount,
)
from provenance.encoding import encode_base64
from provenance.ledger.registry import read_registration
from provenance.record.message import endorsement_message
from provenance.tlog.merkle import leaf_hash, tree_root

if TYPE_CHECKING:
    from pathlib import Path

KINDS = (SIGNED, FILED, UNSUPPORTED, ERASED, CLOSED)


def test_counts_are_those_of_a_plain_count() -> None:
    choose = Random(3)
    for _ in range(300):
        count, due = OriginCount(), dict.fromkeys((ENDORSED, *KINDS), 0)
        kinds: dict[int, str] = {}
        at = 0
        while at < 60:
            at += choose.randrange(3)
            end = at + choose.randrange(1, 8)
            kind = choose.choice(KINDS)
            if choose.random() < 0.5:
                count.add_span(kind, at, end)
            else:
                for index in range(at, end):
                    count.add(kind, index)
            kinds |= dict.fromkeys(range(at, end), kind)
            at = end
        spans = [(at, at + choose.randrange(1, 20)) for at in choose.choices(range(70), k=4)]
        endorsed = {index for start, end in spans for index in range(start, end)}
        for index, kind in kinds.items():
            due[ENDORSED if index in endorsed else kind] += 1
        assert asdict(count.count(spans)) == due


def test_kinds_that_come_out_of_order_are_counted_too() -> None:
    """Erased ones of a deposit are told behind its other ones."""
    count = OriginCount()
    for index in (5, 7, 8):
        count.add(SIGNED, index)
    count.add(ERASED, 6)
    count.add(SIGNED, 2)
    origins = count.count([(0, 6)])
    assert (origins.endorsed, origins.signed, origins.erased) == (2, 2, 1)


def test_an_endorsement_counts_before_everything_else(tmp_path: Path) -> None:
    body, path = Body(), tmp_path / "ledger"
    with create(path) as ledger:
        at = record(ledger, plan_file(flux(today_spec(passages=5))))
        ledger.register(DEPOSITOR, name="Organisme", keys=[body.vkey], for_all=True)
        start, end = at + 2, at + 5
        root = tree_root([leaf_hash(ledger.record(one)[0]) for one in range(start, end)])
        message = endorsement_message(
            origin=ORIGIN, deposit=at, start=start, end=end, root=root
        )
        with ledger._files.store.view() as view:
            registration = read_registration(view, DEPOSITOR)
        members = {"deposit": at, "start": start, "end": end, "registration": registration}
        signed = {"root": encode_base64(root), "signature": body.sign(message)}
        append(ledger, endorsement(**members, **signed, vkey=body.vkey))
        ledger.publish()
    report = audit(path)
    assert report.findings == ()
    assert (report.origins.endorsed, report.origins.filed) == (3, 2)
    assert audit(path, vault=False).origins.endorsed == 3


def test_another_key_endorses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    with create(path) as ledger:
        record(ledger, plan_file(flux(today_spec(passages=6))))
        append(ledger, endorsement(vkey=Signer().vkey))
        ledger.publish()
    report = audit(path)
    assert {one.check for one in report.findings} == {"rules"}
    assert (report.origins.endorsed, report.origins.filed) == (0, 6)
