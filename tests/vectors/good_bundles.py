"""Bundles that hold: every kind of thing that a bundle may show."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from provenance.record.status import LEAF_ENTRIES, WITHDRAWN
from simulator import (
    CERTIFIER,
    DEPOSITOR,
    PERSON,
    Simulator,
    ed25519_vkey,
    make_log,
    make_record,
)
from vectors.drafts import holds
from verifying import change, drop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.record.commitment import Value
    from vectors.cases import Draft

AWKWARD: Final[dict[str, Value]] = {
    "niveauNumeriqueEuropeen.resultats": [
        {"niveau": 5, "domaineCompetenceId": "1", "competenceId": None},
        {"niveau": -6, "domaineCompetenceId": "2", "vrai": True},
        {},
    ],
    "presenceNiveauNumeriqueEuro": True,
    "niveauNumeriqueEuropeen.scoreGeneral": 9007199254740991,
    "petit": -9007199254740991,
    "vide": [],
    "verbatim": 'Tab\t, line\n, return\r, bell \x07, quote ", backslash \\, slash /, \x7f, '
    "\u0085, \u2028\u2029, \ufeff, \u00e9 and e\u0301, \U0001f600, \U0010ffff",
}


def good_bundles() -> Iterator[Draft]:
    """Give them all."""
    yield from _shown()
    yield from _statuses()
    yield from _depositors()
    yield from _endorsements()


def _shown() -> Iterator[Draft]:
    log, (index,) = make_log()
    bundle = log.prove(index)
    yield holds("one-certification", "a line of a CV, and no more", log, bundle)
    yield holds(
        "fields-reordered",
        "the order of disclosures and of hidden digests proves nothing, so any will do",
        log,
        change(
            bundle,
            2,
            disclosures=bundle.entries[2].disclosures[::-1],
            hidden=bundle.entries[2].hidden[::-1],
        ),
    )
    names = [name for name, _ in make_record()]
    yield holds(
        "all-fields",
        "all fields, and the digest of the source",
        log,
        log.prove(index, shown=names),
    )
    yield holds(
        "few-fields",
        "a code alone: proven, but no whole line",
        log,
        log.prove(index, shown=["code"]),
    )
    bare = log.prove(support=(1, 2, index), status=log.show_status([index], log.size))
    yield holds("no-fields", "a certification without any field shown", log, bare)
    log, indexes = make_log(records=[make_record(), make_record(code="RS5000")])
    yield holds("two-certifications", "two of one person", log, log.prove(*indexes))
    log, (index,) = make_log(records=[make_record(donneeCertifiee=False)])
    yield holds("provisional", "a final one is to follow", log, log.prove(index))
    log, (index,) = make_log(records=[make_record(PERSON, **AWKWARD)])
    shown = log.line_names(index) | AWKWARD.keys()
    yield holds(
        "awkward-values",
        "lists, escapes, the largest integers",
        log,
        log.prove(index, shown=shown),
    )
    yield holds(
        "timestamp-shown",
        "a time stamp token is shown; it counts for nothing",
        log,
        log.prove(index, timestamp="AAAA"),
    )


def _statuses() -> Iterator[Draft]:
    log, (index,) = make_log()
    bare = replace(log.prove(index), status=())
    yield holds("status-not-shown", "unknown is not in force", log, bare)
    yield holds("status-entry-not-shown", "nor is this", log, drop(bare, 3))
    for acts in (
        "supersede",
        "withdraw",
        "erase",
        "supersede erase",
        "supersede withdraw erase",
    ):
        log = _after(acts)
        bundle = log.prove(4, 5)
        yield holds(f"status-{acts.replace(' ', '-')}", "what a word says first", log, bundle)
    log, (index,) = make_log()
    withdrawal = log.withdraw(index)
    log.publish()
    bundle = log.prove(index, withdrawal, shown={withdrawal: ["reason"]})
    yield holds("status-withdrawal-shown", "the entry, and its reason", log, bundle)
    bundle = replace(log.prove(index, support=(1, 2, withdrawal)), status=())
    yield holds("status-only-withdrawal-shown", "not unknown, though no leaf is", log, bundle)
    log, (index,) = make_log()
    newer = log.certify(3, supersedes=index)
    log.publish()
    yield holds("status-of-both", "superseding and superseded", log, log.prove(index, newer))
    bare = log.prove(index, support=(1, 2, newer))
    yield holds("status-superseding-entry-bare", "it is no line of the CV", log, bare)
    log, _ = make_log(2 * LEAF_ENTRIES + 10)
    indexes = [LEAF_ENTRIES - 1, LEAF_ENTRIES, 2 * LEAF_ENTRIES + 1]
    log.mark(LEAF_ENTRIES, WITHDRAWN)
    log.publish()
    bundle = log.prove(*indexes)
    yield holds("status-three-leaves", "each entry has its own bits", log, bundle)
    partial = replace(bundle, status=bundle.status[1:])
    yield holds("status-partly-shown", "one of three is unknown", log, partial)


def _after(acts: str) -> Simulator:
    log, _ = make_log(2)
    if "supersede" in acts:
        log.certify(3, supersedes=5)
    if "withdraw" in acts:
        log.withdraw(5)
    if "erase" in acts:
        log.erase(5)
    log.publish()
    return log


def _depositors() -> Iterator[Draft]:
    log = Simulator()
    log.register(name="Old name")
    log.register(CERTIFIER, "Organisme certificateur n° 1 — « Œuvre »")
    index = log.certify(log.deposit())
    log.register(name="New name", previous=2)
    log.publish()
    bundle = log.prove(index, support=(1, 2, 3, 6))
    yield holds("depositor-renamed-since", "the name that was in force counts", log, bundle)
    bundle = log.prove(index, support=(1, 6))
    yield holds("depositor-registered-later", "the first one after it will do", log, bundle)
    record = make_record(certificateur="CERT0002")
    log, (index,) = make_log(records=[record])
    bundle = log.prove(index, shown=["code"])
    yield holds("depositor-certifier-hidden", "for whom is not shown", log, bundle)
    log, (index,) = make_log(records=[make_record(certificateur=DEPOSITOR)])
    yield holds("depositor-for-itself", "always allowed", log, log.prove(index))
    log = Simulator()
    log.register(name="\U0001f393" * 200, siret="12345678901234", succeeds=("0OLDBODY",))
    index = log.certify(log.deposit(), make_record(certificateur=7))
    log.publish()
    bundle = log.prove(index)
    yield holds("depositor-long-name", "200 characters outside the first plane", log, bundle)


def endorsed(**members: Any) -> Simulator:
    """Give a log whose entry 7 endorses the certifications 4, 5 and 6."""
    log = Simulator()
    log.register(keys=(ed25519_vkey("depositor"),))
    deposit = log.deposit()
    for _ in range(3):
        log.certify(deposit)
    log.endorse(deposit, 4, 7, "depositor", **members)
    log.publish()
    return log


def _endorsements() -> Iterator[Draft]:
    log = endorsed()
    links = (log.link(7, 5),)
    bundle = log.prove(4, 5, support=(1, 2, 7), endorsements=links)
    yield holds("endorsement-of-one", "the other is not endorsed here", log, bundle)
    every = tuple(log.link(7, index) for index in (4, 5, 6))
    bundle = log.prove(4, 5, 6, support=(1, 2, 7), endorsements=every)
    yield holds("endorsement-of-all", "each by its own path", log, bundle)


def seed_of(name: str) -> bytes:
    """Give 32 bytes that follow from a name."""
    return hashlib.sha256(name.encode()).digest()
