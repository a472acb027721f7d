"""Bundles whose depositor is not registered, or may not deposit so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator import (
    CERTIFIER,
    DEPOSITOR,
    Simulator,
    make_log,
    make_record,
)
from vectors.drafts import fails, holds, warns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vectors.cases import Draft

OTHER = "0OTHERBC"


def bad_depositors() -> Iterator[Draft]:
    """Return them all, and beside some of them what is still allowed."""
    yield from _registrations()
    yield from _certifier_registrations()
    yield from _newer_ones()
    yield from _records()
    yield from _limits()
    yield from _successors()


def _registrations() -> Iterator[Draft]:
    log, (index,) = make_log()
    made = log.prove(index, support=(1,))
    yield fails("depositor", "not-shown", "its registration is not shown", log, made)
    for id_, note, registration in (
        ("of-a-deposit", "an entry of another type", 3),
        ("of-the-operator", "the key entry", 1),
    ):
        index = log.certify(3, registration=registration)
        log.publish()
        made = log.prove(index, support=(1, 2, registration))
        yield fails("depositor", id_, note, log, made)
    other = log.register(OTHER)
    index = log.certify(3, registration=other)
    log.publish()
    made = log.prove(index, support=(1, 2, other))
    yield fails("depositor", "another", "that of somebody else", log, made)
    log, (index,) = make_log()
    other = log.register(name="Name since")
    log.publish()
    made = log.prove(index, support=(1, other))
    said = "a later one of the same body does not stand in for it"
    yield fails("depositor", "later-alone", said, log, made)
    log, (index,) = make_log()
    newer = log.certify(3, registration=1, supersedes=index)
    log.publish()
    made = log.prove(index, support=(1, 2, newer))
    said = "a superseding entry of no registration is no line, and not asked"
    yield warns("superseded", "depositor-of-bare-entry", said, log, made)


def _certifier_registrations() -> Iterator[Draft]:
    log = Simulator()
    log.register(certifiers=(CERTIFIER,))
    log.register(CERTIFIER, "Organisme certificateur")
    deposit = log.deposit()
    index = log.certify(deposit)
    deposit_of = {
        "own": ("that of the depositor itself", 2),
        "no-body": ("an entry of another type", 4),
    }
    made = {
        id_: log.certify(deposit, certifier_registration=registration)
        for id_, (_, registration) in deposit_of.items()
    }
    log.publish()
    bundle = log.prove(index, support=(1, 2))
    said = "the certifier's registration is named, and not shown"
    yield fails("depositor", "certifier-not-shown", said, log, bundle)
    for id_, (note, registration) in deposit_of.items():
        bundle = log.prove(made[id_], support=(1, 2, registration))
        yield fails("depositor", f"certifier-{id_}", note, log, bundle)
    log = Simulator()
    log.register()
    log.register(CERTIFIER)
    record = make_record(certificateur="CERT0002")
    index = log.certify(log.deposit(), record)
    log.publish()
    said = "the record names another certifier than the registration is of"
    yield fails("depositor", "certifier-other", said, log, log.prove(index))
    shown = log.line_names(index) - {"certificateur"}
    said = "the same, not disclosed"
    bundle = log.prove(index, shown=shown)
    yield warns("incomplete", "depositor-certifier-other-hidden", said, log, bundle)


def _newer_ones() -> Iterator[Draft]:
    """Show a registration between the one that is named and the entry that names it."""
    for bcr, what in ((DEPOSITOR, "depositor"), (CERTIFIER, "certifier")):
        log = Simulator()
        log.register(certifiers=(CERTIFIER,))
        log.register(CERTIFIER)
        named: dict[str, Any] = {"registration": 2, "certifier_registration": 3}
        newer = log.register(bcr, certifiers=(CERTIFIER,))
        index = log.certify(log.deposit(), **named)
        since = log.register(bcr, certifiers=())
        log.publish()
        said = f"a newer registration of the {what}, in plain sight"
        bundle = log.prove(index, support=(1, 2, 3, newer))
        yield fails("depositor", f"newer-of-{what}", said, log, bundle)
        said = f"the same, not shown; one that came after it, of the {what}, is"
        bundle = log.prove(index, support=(1, 2, 3, since))
        yield holds(f"depositor-newer-of-{what}-hidden", said, log, bundle)
    log = Simulator()
    first = log.register()
    log.register()
    index = log.certify(log.deposit())
    log.publish()
    said = "an older one beside it contradicts nothing"
    bundle = log.prove(index, support=(1, first, 3))
    yield holds("depositor-older-shown", said, log, bundle)


def _records() -> Iterator[Draft]:
    log, (index,) = make_log(records=[make_record(emetteur=OTHER)])
    names = log.line_names(index) | {"emetteur"}
    made = log.prove(index, shown=names)
    yield fails("depositor", "of-record", "its record names another one", log, made)
    log, (index,) = make_log(records=[make_record(emetteur=None)])
    made = log.prove(index, shown=names)
    yield fails("depositor", "of-record-null", "its record names nobody", log, made)
    log, (index,) = make_log()
    made = log.prove(index, shown=names)
    yield holds("depositor-of-its-record", "its record names it", log, made)


def _limits() -> Iterator[Draft]:
    cases: tuple[tuple[str, str, Any], ...] = (
        ("another", "one that is not in the list", "CERT0002"),
        ("nobody", "null", None),
        ("a-number", "not a body", 7),
    )
    for id_, note, value in cases:
        log, (index,) = make_log(records=[make_record(certificateur=value)])
        said = f"for whom it may deposit: {note}"
        yield fails("depositor", f"for-{id_}", said, log, log.prove(index))
    for id_, value in (("null", None), ("word", "cert0001")):
        log = Simulator()
        log.register()
        index = log.certify(log.deposit(), make_record(certificateur=value))
        log.publish()
        note = "not limited, but nobody in particular"
        bundle = log.prove(index)
        yield warns("incomplete", f"depositor-unlimited-for-{id_}", note, log, bundle)
    for id_, certifiers, note in (
        ("itself-alone", (), "it may deposit for itself alone"),
        ("others-alone", ("CERT0002",), "for others, and for this one not"),
    ):
        log = Simulator()
        log.register(certifiers=certifiers)
        index = log.certify(log.deposit())
        other = log.certify(log.deposit(), make_record(certificateur=DEPOSITOR))
        log.publish()
        yield fails("depositor", f"for-{id_}", note, log, log.prove(index))
        bundle = log.prove(other)
        yield holds(f"depositor-own-{id_}", "the same depositor for itself", log, bundle)
    log = Simulator()
    log.register(certifiers=("CERT0002",))
    log.register(CERTIFIER)
    index = log.certify(log.deposit())
    log.publish()
    shown = log.line_names(index) - {"certificateur"}
    note = "by the certifier's registration, though the field is hidden"
    bundle = log.prove(index, shown=shown)
    yield fails("depositor", "for-one-registered", note, log, bundle)


def _successors() -> Iterator[Draft]:
    for id_, succeeds in (("not-its-own", None), ("of-others", ("0THIRDBC",))):
        log = Simulator()
        log.register(OTHER)
        record = make_record(emetteur=OTHER)
        old = log.certify(log.deposit(OTHER), record, depositor=OTHER)
        log.register(succeeds=succeeds)
        newer = log.certify(log.deposit(), supersedes=old)
        log.publish()
        note = "what another body deposited, and it did not take over"
        bundle = log.prove(old, newer)
        yield fails("depositor", f"supersedes-{id_}", note, log, bundle)
        note = "the same, where the other one is not shown"
        yield holds(f"depositor-superseded-hidden-{id_}", note, log, log.prove(newer))
