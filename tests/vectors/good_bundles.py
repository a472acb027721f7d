"""Bundles that hold: every kind of thing that a bundle may show."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from notes import ECDSASigner
from provenance.record.entry import Certification
from provenance.record.status import LEAF_ENTRIES, WITHDRAWN
from simulator import (
    CERTIFIER,
    DEPOSITOR,
    HOLDER,
    PERSON,
    Simulator,
    ed25519_vkey,
    make_log,
    make_record,
)
from vectors.drafts import holds
from verifying import change, drop

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from provenance.record.commitment import Field, Value
    from vectors.cases import Draft

DOSSIER: Final[tuple[Field, ...]] = (
    (f"{HOLDER}dossierFormation.nomTitulaire", "LEFÈVRE-DUBOIS"),
    (f"{HOLDER}dossierFormation.prenom1Titulaire", "Maëlle"),
)
NATIONAL: Final[tuple[Field, ...]] = (
    (f"{HOLDER}identifiantNational.nomNaissance", "LEFÈVRE-DUBOIS"),
)
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
    yield from _identities()
    yield from _statuses()
    yield from _depositors()
    yield from _endorsements()
    yield from _logs()
    yield from _policies()
    yield from _later()


def person(**changes: Value) -> tuple[Field, ...]:
    """Give the invented person with some parts of its identity changed."""
    return tuple((name, changes.get(name.rpartition(".")[2], value)) for name, value in PERSON)


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


def _identities() -> Iterator[Draft]:
    title = "titulaire and dossier name one person by other fields"
    yield _persons("person-dossier", "the identity of a training file", DOSSIER)
    yield _persons("person-national", "a birth name alone settles nothing", NATIONAL)
    yield _persons("person-mixed", title, PERSON, DOSSIER)
    spelled = person(nomNaissance="Lefevre  dubois", prenom1="MAELLE")
    yield _persons("person-spelled-otherwise", "case, accents, punctuation", PERSON, spelled)
    sharp, eszett = person(nomNaissance="STRASSE"), person(nomNaissance="Straße")
    yield _persons("person-case-folded", "full case folding: ß is ss", sharp, eszett)
    ligature = person(nomNaissance="\ufb01LS", prenom1="I\u0307lker")
    plain = person(nomNaissance="FILS", prenom1="ilker")
    yield _persons("person-compatible", "NFKD, and combining marks go", ligature, plain)
    log, indexes = make_log(records=[make_record(PERSON), make_record(())])
    shown = {index: log.line_names(index) for index in indexes}
    bundle = log.prove(*indexes, shown=shown)
    yield holds("person-of-one-unknown", "one has no identity: that is open", log, bundle)
    names = log.line_names(indexes[0]) - {f"{HOLDER}titulaire.jourNaissance"}
    bundle = log.prove(indexes[0], shown=names)
    yield holds("person-incomplete", "a group that is not whole is no identity", log, bundle)
    for id_, changed in (
        ("name", person(nomNaissance="LEFÈVRE")),
        ("first-name", person(prenom1="Maël")),
        ("day", person(jourNaissance=24)),
        ("year", person(anneeNaissance=1990)),
    ):
        made = _persons(
            f"persons-differ-by-{id_}", "two persons in one bundle", PERSON, changed
        )
        yield replace(made, verdict="no", level="refused", failing=("person",))


def _persons(id_: str, note: str, *persons: Sequence[Field]) -> Draft:
    log, indexes = make_log(records=[make_record(one) for one in persons])
    return holds(id_, note, log, log.prove(*indexes))


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


def _logs() -> Iterator[Draft]:
    for certifications in (2, 3, 4, 11, 12, 13, 60):
        log, indexes = make_log(certifications)
        bundle = log.prove(indexes[-1])
        yield holds(f"tree-of-{log.size}", "the last certification's path", log, bundle)
    log, (index,) = make_log()
    for support in ((0, 1, 2), (1, 2)):
        bundle = log.prove(index, support=support)
        options = {"genesis": log.leaves[0]}
        note = "the pinned entry, shown or chained to"
        yield holds(f"genesis-by-{support[0]}", note, log, bundle, **options)
    log, (first,) = make_log()
    key = log.rotate_entry_key("another entry key")
    second = log.certify(3)
    log.publish()
    bundle = log.prove(first, second, support=(1, 2, key))
    yield holds("entry-key-rotated", "each entry by a key before it", log, bundle)
    log = Simulator(origin_of_genesis="other.example/2026")
    log.register()
    index = log.certify(log.deposit())
    log.publish()
    bundle = log.prove(index)
    yield holds("genesis-not-shown", "what is not shown is not judged", log, bundle)
    log = Simulator()
    log.register()
    index = log.append(Certification, deposit=1, depositor=DEPOSITOR, commitment="A" * 43 + "=")
    log.publish()
    status = log.show_status([index], log.size)
    bundle = log.prove(support=(1, 2, index), status=status)
    yield holds("order-equal-deposit", "its deposit is not looked into", log, bundle)


def _policies() -> Iterator[Draft]:
    log, (index,) = make_log(witnesses=("alpha", "beta", "gamma"))
    bundle = log.prove(index)
    yield holds("witnesses-not-asked", "their lines are ignored", log, bundle)
    policy = log.policy(quorum=2)
    yield holds("quorum-of-three", "two are asked, three signed", policy, bundle)
    for keep in (4, 5):
        note = keep_lines(bundle.checkpoint, *range(keep))
        made = replace(bundle, checkpoint=note)
        yield holds(f"quorum-with-{keep - 2}", "two are asked", policy, made)
    words = {"any": 3, "all": 5}
    for word, keep in words.items():
        note = keep_lines(bundle.checkpoint, *range(keep))
        text = policy.replace("group most 2", f"group most {word}")
        made = replace(bundle, checkpoint=note)
        yield holds(f"quorum-{word}", f"{word} of three", text, made)
    text = policy.replace("quorum most", "group outer all most alpha2\nquorum outer")
    text = text.replace("group most 2 alpha beta gamma", "group most 1 beta gamma")
    text = text.replace("witness alpha ", "witness alpha2 ")
    yield holds("quorum-nested", "a group within a group", text, bundle)
    text = policy.replace("log ", "# a comment\n\nlog\t", 1).replace("quorum", "\tquorum ")
    yield holds("policy-spaced", "tabs, spaces, comments, empty lines", text, bundle)
    other = Simulator("other.example/2026", log_name="other").policy()
    both = other.replace("quorum none\n", "") + log.policy()
    yield holds("policy-of-two-logs", "the other log's keys do not count", both, bundle)
    yield from _fresh(log, index)
    yield from _signers()


def _fresh(log: Simulator, index: int) -> Iterator[Draft]:
    bundle, policy = log.prove(index), log.policy(quorum=2)
    for id_, off in (("exactly", 60), ("now", 0), ("by-a-fast-clock", -60)):
        options = {"now_s": log.now_s() + off, "max_age_s": 60}
        yield holds(f"freshness-{id_}", "at most a minute", policy, bundle, **options)


def _signers() -> Iterator[Draft]:
    log, (index,) = make_log()
    for kind, number in (("ed25519", 0), ("ml-dsa", 1)):
        note = keep_lines(log.notes[log.size], number)
        policy = f"log {log.log_signers[number].verifier_key}\nquorum none\n"
        bundle = log.prove(index, checkpoint=note)
        yield holds(f"log-key-{kind}-alone", "the policy lists no other", policy, bundle)
    log = Simulator()
    log.register()
    index = log.certify(log.deposit())
    log.log_signers = [ECDSASigner(log.origin), *log.log_signers]
    log.publish()
    yield holds("log-key-ecdsa", "a log of three keys", log, log.prove(index))


def keep_lines(note: str, *numbers: int) -> str:
    """Keep some of a note's signature lines, in this order."""
    text, _, tail = note.rpartition("\n\n")
    lines = tail.splitlines(keepends=True)
    return f"{text}\n\n{''.join(lines[number] for number in numbers if number < len(lines))}"


def _later() -> Iterator[Draft]:
    log, (index,) = make_log()
    old = log.size
    log.withdraw(index)
    log.publish()
    bundle = log.prove(index, size=old)
    yield holds("later-none", "in force as of then", log, bundle)
    made = replace(bundle, later=log.show_later(old, index))
    yield holds("later-withdrawn", "withdrawn as of the later one", log, made)
    made = replace(bundle, later=log.show_later(old))
    yield holds("later-without-status", "the status of then is what counts", log, made)
    made = replace(bundle, later=log.show_later(old, index), status=())
    yield holds("later-status-only", "the older status is not shown", log, made)
    log, (index,) = make_log()
    old = log.size
    newer = log.certify(3)
    log.publish()
    later = log.show_later(old, support=(newer,))
    bundle = log.prove(index, size=old, later=later)
    yield holds("later-certification", "one that only the later one holds", log, bundle)
    log, (index,) = make_log()
    note = log.notes[log.size]
    later = replace(log.show_later(log.size, index), entries=(), status=())
    bundle = log.prove(index, later=replace(later, checkpoint=note))
    yield holds("later-equal", "the same checkpoint once more", log, bundle)
    yield from _keys_that_left()


def _keys_that_left() -> Iterator[Draft]:
    log, (index,) = make_log()
    old, ed25519 = log.size, log.log_signers[0]
    log.use_log_keys("new keys")
    new = log.log_signers
    log.certify(3)
    log.publish()
    bundle = log.prove(index, size=old, later=log.show_later(old, index))
    yield holds("later-keys-left", "no key of the old one is in the policy", log, bundle)
    log.log_signers = [ed25519, new[1]]
    log.publish()
    bundle = log.prove(index, size=old, later=log.show_later(old, index))
    yield holds("later-one-key-left", "the other one has signed", log, bundle)


def seed_of(name: str) -> bytes:
    """Give 32 bytes that follow from a name."""
    return hashlib.sha256(name.encode()).digest()
