"""Logs at random: whatever their entries say, two verifiers must say the same of them.

Unlike a changed bundle, which mostly fails at the first signature, what these show stands in
a signed log, so that the checks behind that are reached; some of them hold, and some do not.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from provenance.encoding import encode_json
from provenance.errors import ProvenanceError
from provenance.record.entry import Upgrade
from simulator import (
    CERTIFIER,
    DEPOSITOR,
    HOLDER,
    PERSON,
    TODAY,
    Simulator,
    ed25519_vkey,
    make_record,
    make_sheet,
)

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from provenance.record.bundle import Bundle
    from provenance.record.commitment import Field, Scalar, Value

BODIES: Final = (DEPOSITOR, CERTIFIER, "THIRD003")
KEYS: Final = ("depositor", "another")
# Letters that fold, decompose or count in an unusual way, and what is none.
LETTERS: Final = (
    "aàÉß\u017fi\u0130\u0131Σ\u03c3ς\u0345\u0301ǅΐﬁŉᾳ中ᏸꭰ\uff11Ⅷ½"
    " \u200d-'.\U0001f600\U00010400\u1e9e\u093e"
)


def make_verdictable(chance: random.Random) -> tuple[str, bytes, dict[str, Any]]:
    """Return a policy, a bundle, and the options that it is to be verified with."""
    log = Simulator(witnesses=("alpha", "beta")[: chance.choice((0, 2))])
    if chance.random() < 0.9:
        log.register()
    if chance.random() < 0.5:
        _import(log, chance)
    certifications = [*_fill(log, chance)]
    log.publish(cosigned=chance.random() < 0.8, status=chance.random() < 0.95)
    first = log.size
    if chance.random() < 0.5:
        if chance.random() < 0.3:
            _import(log, chance)
        certifications += _fill(log, chance, certifications)
        log.publish()
    chosen = chance.sample(certifications, min(len(certifications), chance.randint(0, 4)))
    at = first if chance.random() < 0.5 else log.size
    bundle = _prove(log, chance, sorted(one for one in chosen if one < at), at)
    quorum = chance.choice((None, 1, 2)) if log.witnesses else None
    options: dict[str, Any] = {}
    if chance.random() < 0.3:
        options = {"now_s": log.now_s() + chance.randint(-900, 900), "max_age_s": 600}
    if chance.random() < 0.2:
        options["genesis"] = log.leaves[chance.choice((0, 0, 0, 1))]
    options["day"] = (TODAY + dt.timedelta(days=chance.choice((0, 0, -400, 200)))).isoformat()
    return log.policy(quorum=quorum), encode_json(bundle), options


def _import(log: Simulator, chance: random.Random) -> None:
    """Add a register of a few sheets, of which some are malformed or in another order."""
    codes = chance.sample(("RNCP34762", "RS5000", *BODIES, "RNCP1"), chance.randint(1, 4))
    titles = ("Gestionnaire", "", "a  b", "x" * 1001, _word(chance))
    sheets = [
        make_sheet(one, chance.choice((*titles[:1] * 6, *titles))) for one in sorted(codes)
    ]
    log.import_register(*(sheets if chance.random() < 0.9 else sheets[::-1]))


def _fill(
    log: Simulator, chance: random.Random, earlier: list[int] | None = None
) -> Iterator[int]:
    """Append entries of all kinds; give the certifications among them."""
    made = list(earlier or [])
    deposits: list[int] = []
    for _ in range(chance.randint(3, 12)):
        match chance.randrange(8) if made and deposits else 6 if deposits else 1:
            case 0:
                _register(log, chance)
            case 1:
                deposits.append(log.deposit(chance.choice(BODIES)))
            case 2:
                log.withdraw(chance.choice(made))
            case 3:
                log.erase(*sorted(set(chance.choices(made, k=2))))
            case 4:
                start, end = sorted(chance.sample(range(deposits[-1] + 1, log.size + 2), 2))
                _endorse(log, chance, deposits[-1], start, min(end, log.size))
            case 5:
                log.rotate_entry_key(chance.choice(("entry", "entry-2", "entry-3")))
            case _:
                yield _certify(log, chance, deposits[-1], made)


def _endorse(log: Simulator, chance: random.Random, deposit: int, start: int, end: int) -> None:
    if start < end:
        log.endorse(deposit, start, end, chance.choice(KEYS))
    else:
        log.append(Upgrade, format="provenance/2")


def _register(log: Simulator, chance: random.Random) -> None:
    bcr = chance.choice(BODIES)
    keys = tuple(ed25519_vkey(name) for name in chance.sample(KEYS, chance.randint(0, 2)))
    members: dict[str, Any] = {"keys": keys}
    if chance.random() < 0.5:
        members["certifiers"] = tuple(chance.sample(BODIES, chance.randint(0, 2)))
    if chance.random() < 0.1:
        members["previous"] = chance.randrange(log.size)
    if chance.random() < 0.3 and log.registration(bcr) is not None:
        members["signer"] = chance.choice(KEYS)
    if chance.random() < 0.2:
        members["succeeds"] = (chance.choice(BODIES),)
    log.register(bcr, f"Institut {chance.randrange(99)}", **members)


def _certify(log: Simulator, chance: random.Random, deposit: int, made: list[int]) -> int:
    supersedes = chance.choice(made) if made and chance.random() < 0.3 else None
    body = DEPOSITOR if chance.random() < 0.8 else chance.choice(BODIES)
    options: dict[str, Any] = {"depositor": body, "supersedes": supersedes}
    if chance.random() < 0.1:
        options["registration"] = chance.randrange(log.size)
    if chance.random() < 0.1:
        options["certifier_registration"] = chance.choice((None, chance.randrange(log.size)))
    if chance.random() < 0.1:
        name = chance.choice(("code", "type", f"{HOLDER}titulaire.prenom1"))
        options["at"] = {name: chance.choice((50, 61, 63))}
    index = log.certify(deposit, _record(chance), **options)
    if chance.random() < 0.05:
        log.mark(index, chance.choice((1, 2, 4, 7, 8, 10)))
    if chance.random() < 0.05:
        log.bits.clear()
    made.append(index)
    return index


def _record(chance: random.Random) -> tuple[Field, ...]:
    person = PERSON if chance.random() < 0.6 else _person(chance)
    changes: dict[str, Value] = {}
    if chance.random() < 0.3:
        changes[chance.choice(("emetteur", "certificateur", "code"))] = chance.choice(BODIES)
    if chance.random() < 0.2:
        odd: list[Value] = [None, 7, True, "", [{"a": 1}], []]
        changes["certificateur"] = chance.choice(odd)
    if chance.random() < 0.3:
        changes[chance.choice(("libre", "__proto__", "constructor"))] = _value(chance)
    return make_record(person, **changes)


def _person(chance: random.Random) -> tuple[Field, ...]:
    """Change one part of the person, to another value or another spelling."""
    at = chance.randrange(len(PERSON))
    name, value = PERSON[at]
    options: list[Value] = [None, "", 0, False, True, _word(chance), _value(chance)]
    options += [value.lower(), value.upper()] if isinstance(value, str) else [str(value)]
    return (*PERSON[:at], (name, chance.choice(options)), *PERSON[at + 1 :])


def _value(chance: random.Random) -> Value:
    flat: list[Scalar] = [None, True, False, 0, -1, 2**53 - 1, 1 - 2**53, _word(chance)]
    lists: list[Value] = [[], [{}], [{"b": chance.choice(flat), "a": 1}, {"_sd2": None}]]
    return chance.choice([*flat, *lists])


def _word(chance: random.Random) -> str:
    return "x" + "".join(chance.choices(LETTERS, k=chance.randint(0, 6)))


def _prove(log: Simulator, chance: random.Random, indexes: list[int], at: int) -> Bundle:
    support = {1, *(one for one in range(2, at) if chance.random() < 0.8)} - {*indexes}
    if chance.random() < 0.2:
        support.add(0)
    # What an entry names is mostly shown, so that the checks behind that are reached.
    named = {one for one in log.support_of(*indexes) if chance.random() < 0.97 and one < at}
    support |= named - {*indexes}
    shown = {one: _names(log, one, chance) for one in indexes}
    bundle = log.prove(*indexes, shown=shown, support=sorted(support), size=at)
    if at < log.size and chance.random() < 0.7:
        extra = sorted(one for one in range(at, log.size) if chance.random() < 0.7)
        later = log.show_later(at, *indexes, support=extra)
        bundle = replace(bundle, later=later)
    links = [_link(log, entry, one) for entry in support for one in indexes]
    found = {link.certification: link for link in links if link and chance.random() < 0.8}
    if chance.random() < 0.2:
        bundle = replace(bundle, status=())
    bundle = _show_titles(log, chance, bundle, at)
    return replace(bundle, endorsements=tuple(found[one] for one in sorted(found)))


def _show_titles(log: Simulator, chance: random.Random, bundle: Bundle, at: int) -> Bundle:
    """Show sheets of the registers that there are, of any of them."""
    before = [one for one in log.sheets if one < at]
    if before and chance.random() < 0.7:
        codes = chance.sample(("RNCP34762", "RS5000"), chance.randint(1, 2))
        shown = log.show_register(
            *codes, register=chance.choice((before[-1], before[-1], before[0]))
        )
        bundle = replace(bundle, register=shown if shown.sheets else None)
    if bundle.later and log.sheets and chance.random() < 0.5:
        shown = log.show_register("RNCP34762")
        later = replace(bundle.later, register=shown if shown.sheets else None)
        bundle = replace(bundle, later=later)
    return bundle


def _link(log: Simulator, endorsement: int, certification: int) -> Any:
    if b'"type":"endorsement"' not in log.entries[endorsement]:
        return None
    try:
        return log.link(endorsement, certification)
    except (ProvenanceError, IndexError, ValueError, RecursionError):
        return None


def _names(log: Simulator, index: int, chance: random.Random) -> set[str]:
    everything = {name for name, _ in log.records[index].fields}
    hidden = {name for name in everything if name.endswith(".nir")}
    if chance.random() < 0.6:
        return set(log.line_names(index))
    some = {name for name in everything - hidden - {"source"} if chance.random() < 0.8}
    return (some if chance.random() < 0.8 else everything - hidden) or {"code"}
