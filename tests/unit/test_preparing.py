"""A chunk of records, prepared step by step: each result belongs to its own record."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from ledgers import DEPOSITOR, records, today_spec
from naive_commitment import naive_commitment
from provenance.cdc.sample import SampleSpec, describe
from provenance.encoding import decode_base64, encode_json
from provenance.ledger.draft import content_digest, encode_content
from provenance.ledger.preparing import (
    Chunk,
    Preparer,
    Terms,
    form_record,
    passage_record,
)
from provenance.ledger.source import Salts
from provenance.record.depositdigest import passage_leaf
from provenance.record.payload import CertificationPayload, unseal_payload

if TYPE_CHECKING:
    from provenance.ledger.preparing import Prepared
    from provenance.record.commitment import Value

LATE: Final = date(9999, 1, 1)
SECRET: Final = bytes(32)
SALTS: Final = Salts(bytes(range(32)))
FIRST: Final = 8


def preparer(received: date = date.min, *, shows_fields: bool = False) -> Preparer:
    terms = Terms(
        secret=SECRET,
        bodies=(DEPOSITOR, "0SUCCEED"),
        received=received,
        shows_fields=shows_fields,
    )
    return Preparer(terms)


def form_chunk(contents: list[dict[str, Value]], *, known: bool = True) -> Chunk:
    sources = [encode_json(one) for one in contents]
    return Chunk(
        bindings=(),
        leading=None,
        sources=sources,
        first=FIRST,
        salts=SALTS.some(FIRST, len(sources)),
        contents=contents if known else None,
    )


def opened(prepared: Prepared) -> CertificationPayload:
    sealed = prepared.sealed
    assert sealed is not None
    parts = unseal_payload(sealed.seed, sealed.payload, sealed.commitment)
    payload = CertificationPayload.decode_parts(parts)
    assert sealed.commitment == naive_commitment(sealed.seed, payload.fields)
    assert payload.salt == SALTS.some(payload.number, 1)
    digest = decode_base64(str(payload.fields[-1][1]))
    assert prepared.leaf == passage_leaf(payload.salt, digest)
    return payload


def test_what_is_refused_does_not_shift_what_is_not() -> None:
    contents = records(today_spec(passages=6))
    for number in (0, 3):
        contents[number]["dateFinValidite"] = "0001-01-01"
    prepared = preparer().prepare(form_chunk(contents))
    assert [one.id_technique for one in prepared] == [one["idTechnique"] for one in contents]
    leaves = preparer().prepare(form_chunk(records(today_spec(passages=6))))
    for number, (one, content) in enumerate(zip(prepared, contents, strict=True)):
        assert (one.leaf == leaves[number].leaf) == (number not in {0, 3})
        if number in {0, 3}:
            assert one.sealed is None
            (fault,) = one.faults
            assert (fault.code, fault.passage) == ("end-before-start", FIRST + number)
            assert fault.id_technique == one.id_technique
        else:
            payload = opened(one)
            assert dict(payload.fields[:-1]) == content
            assert payload.number == FIRST + number


def test_a_refused_record_is_not_called_late_too() -> None:
    contents = records(today_spec(passages=2))
    contents[0]["dateFinValidite"] = "0001-01-01"
    refused, late = preparer(LATE).prepare(form_chunk(contents))
    assert [fault.level for fault in refused.faults] == ["dictionary"]
    assert "deadline" in {fault.level for fault in late.faults}
    assert late.sealed is not None


def test_a_form_is_prepared_alike_whether_its_contents_are_known_or_not() -> None:
    contents = records(today_spec(passages=5))
    known = preparer(shows_fields=True).prepare(form_chunk(contents))
    read = preparer(shows_fields=True).prepare(form_chunk(contents, known=False))
    for one, other in zip(known, read, strict=True):
        assert (one.claim, one.faults, one.fields) == (other.claim, other.faults, other.fields)
        assert opened(one) == opened(other)
        assert len(one.claim.succeeded) == 1


def test_what_a_receipt_says_is_that_of_the_record() -> None:
    contents = records(today_spec(passages=2))
    contents[1]["donneeCertifiee"] = not contents[1]["donneeCertifiee"]
    for one, content in zip(preparer().prepare(form_chunk(contents)), contents, strict=True):
        assert msgspec.structs.astuple(one.award) == (
            content["type"],
            content["code"],
            content["certificateur"],
            content["dateDebutValidite"],
            content["donneeCertifiee"] is False,
        )


def test_an_award_in_the_future_is_warned_of() -> None:
    (content,) = records(today_spec(passages=1))
    day = date.fromisoformat(str(content["dateDebutValidite"]))
    for received, codes in ((day, []), (day - timedelta(days=1), ["award-in-future"])):
        (one,) = preparer(received).prepare(form_chunk([content]))
        assert [fault.code for fault in one.faults] == codes
        assert {fault.effect for fault in one.faults} <= {"warning"}
        assert one.sealed is not None


def test_records_show_their_fields_only_where_somebody_decides() -> None:
    chunk = form_chunk(records(today_spec(passages=1)))
    (silent,), (shown,) = preparer().prepare(chunk), preparer(shows_fields=True).prepare(chunk)
    assert silent.fields == ()
    assert shown.fields == opened(shown).fields


def test_the_content_of_a_passage_and_of_a_form_is_the_same() -> None:
    (passage,) = describe(SampleSpec(seed=3, passages=1))
    form = form_record(encode_json(dict(passage.fields)), dict(passage.fields))
    fields = (*passage.fields, ("source", "…"))
    read = passage_record(b"<p/>", fields)
    assert read.content == form.content == dict(passage.fields)
    assert read.encoded == form.encoded == encode_content(fields) == encode_content(form.fields)
    assert content_digest(read.encoded) == hashlib.sha256(form.source).digest()


def test_nothing_is_prepared_of_nothing() -> None:
    assert preparer().prepare(form_chunk([])) == []
