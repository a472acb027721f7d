"""Bundles that hold: every kind of thing that a bundle may show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from provenance.record.status import LEAF_ENTRIES, WITHDRAWN
from simulator import (
    CERTIFIER,
    DEPOSITOR,
    PERSON,
    Simulator,
    make_log,
    make_record,
)
from vectors.drafts import holds, warns
from verifying import drop

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
    """Return them all."""
    yield from _shown()
    yield from _statuses()
    yield from _changes_shown()
    yield from _reserved_bits()
    yield from _depositors()
    yield from _certifiers()


def _shown() -> Iterator[Draft]:
    log, (index,) = make_log()
    bundle = log.prove(index)
    yield holds("one-certification", "a line of a CV, and no more", log, bundle)
    names = [name for name, _ in make_record()]
    said = "all fields, and the digest of the source"
    yield holds("all-fields", said, log, log.prove(index, shown=names))
    said = "a code alone: proven, but not a whole line"
    bundle = log.prove(index, shown=["code"])
    yield warns("incomplete no-identity", "few-fields", said, log, bundle)
    bare = log.prove(support=(1, 2, index), status=log.show_status([index], log.size))
    said = "a certification without any field shown"
    yield warns("incomplete no-identity", "no-fields", said, log, bare)
    log, indexes = make_log(records=[make_record(), make_record(code="RS5000")])
    yield holds("two-certifications", "two of one person", log, log.prove(*indexes))
    log, (index,) = make_log(records=[make_record(PERSON, **AWKWARD)])
    shown = log.line_names(index) | AWKWARD.keys()
    said = "lists, escapes, the largest integers, and two names that no table has"
    bundle = log.prove(index, shown=shown)
    yield holds("awkward-values", said, log, bundle, said=({"unknown_fields": 2},))


def _statuses() -> Iterator[Draft]:
    log, (index,) = make_log()
    bare = replace(log.prove(index), status=())
    yield warns("status-unknown", "status-not-shown", "unknown is not in force", log, bare)
    without = drop(bare, 3)
    yield warns("status-unknown", "status-entry-not-shown", "nor is this", log, without)
    for acts, reasons in (
        ("supersede", "superseded"),
        ("withdraw", "withdrawn"),
        ("erase", "erased"),
        ("supersede erase", "superseded erased"),
        ("supersede withdraw erase", "withdrawn superseded erased"),
    ):
        log = _after(acts)
        said = ({"status": "in force"}, {"status": reasons.split()[0]})
        yield warns(
            ("", reasons),
            f"status-{acts.replace(' ', '-')}",
            "of several bits, the word says the first; each is a reason",
            log,
            log.prove(4, 5),
            said=said,
        )
    log, (index,) = make_log()
    newer = log.certify(3, supersedes=index)
    log.publish()
    bundle = log.prove(index, newer)
    said_ = "superseding and superseded"
    yield warns(("superseded", ""), "status-of-both", said_, log, bundle)
    bare = log.prove(index, support=(1, 2, newer))
    said_ = "the superseding entry is no line, so it lacks nothing"
    yield warns("superseded", "status-superseding-entry-bare", said_, log, bare)
    log, _ = make_log(2 * LEAF_ENTRIES + 10)
    indexes = [LEAF_ENTRIES - 1, LEAF_ENTRIES, 2 * LEAF_ENTRIES + 1]
    log.mark(LEAF_ENTRIES, WITHDRAWN)
    log.publish()
    bundle = log.prove(*indexes)
    said_ = "each entry has its own bits"
    yield warns(("", "withdrawn", ""), "status-three-leaves", said_, log, bundle)
    partial = replace(bundle, status=bundle.status[1:])
    reasons_ = ("status-unknown", "withdrawn", "")
    yield warns(reasons_, "status-partly-shown", "one of three is unknown", log, partial)


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


def _changes_shown() -> Iterator[Draft]:
    """Show the entry that changed a certification, with and without what says so."""
    log, (index,) = make_log()
    old = log.size
    withdrawal = log.withdraw(index)
    log.publish()
    bundle = log.prove(index, withdrawal, shown={withdrawal: ["reason"]})
    said = ({"status": "withdrawn", "changed_by": withdrawal, "as_of_index": 7},)
    note = "the entry, and its reason"
    yield warns("withdrawn", "status-withdrawal-shown", note, log, bundle, said=said)
    bundle = replace(log.prove(index, support=(1, 2, withdrawal)), status=())
    said = ({"status": "withdrawn", "changed_by": withdrawal, "as_of_index": None},)
    note = "not unknown, though no leaf is shown"
    yield warns("withdrawn", "status-only-withdrawal-shown", note, log, bundle, said=said)
    later = replace(log.show_later(old, support=(withdrawal,)), status=())
    bundle = log.prove(index, size=old, later=later)
    said = ({"status": "withdrawn", "changed_by": withdrawal, "as_of_index": 5},)
    note = "the change is newer than the leaf that is shown, and shown without its own"
    yield warns("withdrawn", "status-withdrawal-in-later", note, log, bundle, said=said)
    log, (index,) = make_log()
    first, second = log.erase(index), log.certify(3, supersedes=index)
    log.publish()
    bundle = log.prove(index, support=(1, 2, first, second))
    said = ({"status": "superseded", "changed_by": second},)
    note = "of two changes shown, the word's own counts"
    yield warns("superseded erased", "status-two-changes", note, log, bundle, said=said)


def _reserved_bits() -> Iterator[Draft]:
    log, _ = make_log(2)
    log.mark(5, 8)
    log.publish()
    note = "the reserved bit of an entry that is not shown"
    yield holds("status-bit-of-neighbour", note, log, log.prove(4))
    reasons = ("", "status-unknown")
    said = ({"status": "in force"}, {"status": "unknown"})
    note = "the same, of one that is shown"
    bundle = log.prove(4, 5)
    yield warns(reasons, "status-bit-reserved", note, log, bundle, said=said)
    log.withdraw(5)
    log.publish()
    reasons = ("", "withdrawn status-unknown")
    note = "beside it, what is known is said"
    bundle = log.prove(4, 5)
    yield warns(reasons, "status-bit-beside-another", note, log, bundle)
    log, (index,) = make_log()
    log.mark(index, 8)
    log.publish()
    old = log.size
    log.bits.clear()
    log.publish()
    note = "it may go down, unlike the others; the newest tree counts"
    bundle = log.prove(index, size=old, later=log.show_later(old, index))
    yield holds("status-bit-goes-down", note, log, bundle)


def _depositors() -> Iterator[Draft]:
    log = Simulator()
    log.register(name="Old name", certifiers=(CERTIFIER,))
    index = log.certify(log.deposit())
    log.register(name="New name", certifiers=())
    log.publish()
    bundle = log.prove(index, support=(1, 2, 5))
    said = ({"depositor_name": "Old name", "registration": 2, "limited": True},)
    note = "what came after it neither renames nor limits it"
    yield holds("depositor-limited-since", note, log, bundle, said=said)
    log, (index,) = make_log(records=[make_record(certificateur="CERT0002")])
    names = ["type", "code", "donneeCertifiee", "dateDebutValidite", "dateFinValidite"]
    bundle = log.prove(index, shown=[*names, *(name for name, _ in PERSON)])
    note = "for whom is not shown"
    yield warns("incomplete", "depositor-certifier-hidden", note, log, bundle)
    log, (index,) = make_log(records=[make_record(emetteur="0OTHERBC")])
    note = "its record names another one, which is not shown"
    yield holds("depositor-of-record-hidden", note, log, log.prove(index))
    log, (index,) = make_log(records=[make_record(certificateur=DEPOSITOR)])
    said = ({"certifier_name": "Institut Exemple", "certifier_registration": None},)
    bundle = log.prove(index)
    yield holds("depositor-for-itself", "always allowed", log, bundle, said=said)
    log = Simulator()
    log.register(name="\U0001f393" * 200, siret="12345678901234", succeeds=("0OLDBODY",))
    index = log.certify(log.deposit(), make_record(certificateur="CERT0002"))
    log.publish()
    bundle = log.prove(index)
    note = "200 characters outside the first plane; and it is not limited"
    said = ({"limited": False},)
    yield holds("depositor-long-name", note, log, bundle, said=said)


def _certifiers() -> Iterator[Draft]:
    log = Simulator()
    log.register(certifiers=(CERTIFIER,))
    log.register(CERTIFIER, "Organisme certificateur n° 1 — « Œuvre »")
    deposit = log.deposit()
    index = log.certify(deposit)
    other = log.certify(deposit, certifier_registration=None)
    log.publish()
    said = ({"certifier_registration": 3, "certifier_name": _NAME},)
    note = "the certifier's name is that of its registration"
    bundle = log.prove(index)
    yield holds("depositor-certifier-registered", note, log, bundle, said=said)
    said = ({"certifier_registration": None, "certifier_name": None},)
    note = "its registration is shown, but the entry does not name it: that is not questioned"
    bundle = log.prove(other, support=(1, 2, 3))
    yield holds("depositor-certifier-not-named", note, log, bundle, said=said)
    shown = log.line_names(index) - {"certificateur"}
    said = ({"certifier": None, "certifier_name": None, "certifier_registration": 3},)
    note = "the certifier's registration, and no field that names it"
    bundle = log.prove(index, shown=shown)
    args = ("depositor-certifier-only-registered", note, log, bundle)
    yield warns("incomplete", *args, said=said)
    log = Simulator()
    log.register(certifiers=(CERTIFIER,))
    log.register("0OLDBODY", certifiers=(CERTIFIER,))
    record = make_record(emetteur="0OLDBODY")
    old = log.certify(log.deposit("0OLDBODY"), record, depositor="0OLDBODY")
    log.register(certifiers=(CERTIFIER,), succeeds=("0OLDBODY",))
    newer = log.certify(log.deposit(), supersedes=old)
    log.publish()
    note = "a successor may supersede what it took over"
    bundle = log.prove(old, newer)
    yield warns(("superseded", ""), "depositor-succeeds", note, log, bundle)


_NAME: Final = "Organisme certificateur n° 1 — « Œuvre »"
