"""Bundles in which a depositor signed its certifications, and whose key that was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from provenance.encoding import encode_base64
from provenance.record.bundle import EndorsementLink
from simulator import DEPOSITOR, Simulator, ed25519_vkey, make_record, registration_message
from simulator import ed25519_key as key_of
from vectors.drafts import ZEROS, fails, holds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from provenance.record.bundle import Bundle
    from vectors.cases import Draft

K1, K2, K3 = (ed25519_vkey(name) for name in ("k1", "k2", "k3"))
NAME: Final = "Institut Exemple"
OTHER: Final = "0OTHERBC"


def endorsements() -> Iterator[Draft]:
    """Return them all."""
    yield from _good()
    yield from _links()
    yield from _entries()
    yield from _keys_listed()
    yield from _words()
    yield from _signatures()
    yield from _chains()
    yield from _newer_ones()


def endorsed(**members: Any) -> Simulator:
    """Return a log whose entry 7 endorses the certifications 4, 5 and 6."""
    log = Simulator()
    log.register(keys=(ed25519_vkey("depositor"),))
    deposit = log.deposit(recorded=3)
    for _ in range(3):
        log.certify(deposit)
    log.endorse(deposit, 4, 7, "depositor", **members)
    log.publish()
    return log


def _good() -> Iterator[Draft]:
    log = endorsed()
    links = (log.link(7, 5),)
    bundle = log.prove(4, 5, support=(1, 2, 7), endorsements=links)
    said = ({"endorsed": False, "keys": None}, {"endorsed": True, "keys": "registered"})
    note = "the other is not endorsed here"
    yield holds("endorsement-of-one", note, log, bundle, said=said)
    every = tuple(log.link(7, index) for index in (4, 5, 6))
    bundle = log.prove(4, 5, 6, support=(1, 2, 7), endorsements=every)
    yield holds("endorsement-of-all", "each by its own path", log, bundle)
    bundle = log.prove(4, support=(1, 2, 7))
    note = "the endorsement entry is shown, and no link: nobody is said to have signed"
    yield holds("endorsement-not-linked", note, log, bundle, said=({"endorsed": False},))


def _links() -> Iterator[Draft]:
    log = endorsed()
    link, support = log.link(7, 5), (1, 2, 7)
    other = log.link(7, 4).path
    for id_, note, shown, changed in (
        ("not-shown", "its entry is not shown", (1, 2), link),
        ("no-endorsement", "an entry of another type", support, replace(link, entry=2)),
        ("of-no-certification", "itself", support, replace(link, certification=7)),
        ("of-another", "one that is not shown", support, replace(link, certification=6)),
        ("path-of-another", "that of entry 4", support, replace(link, path=other)),
        ("path-empty", "no path", support, replace(link, path=())),
        ("path-longer", "one too many", support, replace(link, path=(*link.path, ZEROS))),
        ("path-malformed", "no base64", support, replace(link, path=("?",))),
    ):
        made = log.prove(5, support=shown, endorsements=(changed,))
        yield fails("endorsement", id_, note, log, made)
    index = log.certify(3)
    log.publish()
    link = EndorsementLink(7, index, log.link(7, 6).path)
    made = log.prove(index, support=support, endorsements=(link,))
    yield fails("endorsement", "not-covered", "one that came after it", log, made)
    newer = log.certify(3, supersedes=4)
    log.endorse(3, newer, newer + 1, "depositor")
    log.publish()
    links = (log.link(newer + 1, newer),)
    made = log.prove(4, support=(1, 2, newer, newer + 1), endorsements=links)
    said = "one that is shown because it supersedes another is no line"
    yield fails("endorsement", "of-a-bare-entry", said, log, made)


def _entries() -> Iterator[Draft]:
    for id_, note, members in (
        ("signature", "zeros", {"signature": encode_base64(bytes(64))}),
        ("key", "somebody's", {"vkey": ed25519_vkey("somebody")}),
        ("root", "another root", {"root": ZEROS}),
        ("deposit", "another deposit", {"deposit": 2}),
        ("start", "fewer entries", {"start": 5}),
        ("end", "fewer entries", {"end": 6}),
        ("registration", "an entry of another type", {"registration": 3}),
    ):
        log = endorsed(**members)
        link = EndorsementLink(7, 5, endorsed().link(7, 5).path)
        made = log.prove(5, support=(1, 2, 3, 7), endorsements=(link,))
        yield fails("endorsement", f"other-{id_}", note, log, made)
    log = Simulator()
    log.register(OTHER, keys=(K1,))
    log.register(keys=())
    index = log.certify(log.deposit())
    signed = log.endorse(4, index, index + 1, "k1", registration=2)
    log.publish()
    links = (log.link(signed, index),)
    made = log.prove(index, support=(1, 2, 3, signed), endorsements=links)
    said = "signed by another body, under its own registration"
    yield fails("endorsement", "by-another-body", said, log, made)


def _keys_listed() -> Iterator[Draft]:
    log = Simulator()
    log.register()
    index = log.certify(log.deposit())
    log.endorse(3, 4, 5, "depositor")
    log.register(keys=(ed25519_vkey("depositor"),))
    log.publish()
    links = (log.link(5, index),)
    for id_, support in (("after", (1, 2, 5, 6)), ("nowhere", (1, 2, 5))):
        made = log.prove(index, support=support, endorsements=links)
        said = "keys listed after the endorsement do not count"
        yield fails("endorsement", f"listed-{id_}", said, log, made)
    log, made = _chain([{"keys": (K1,)}, {"keys": (K2,), "signer": "k1"}], "k1")
    said = "by a key that was replaced before"
    yield fails("endorsement", "key-replaced", said, log, made)
    log, made = _chain([{"keys": (K1, K2)}], "k2")
    said = "the second of two keys"
    yield holds("endorsement-second-key", said, log, made)


def _chain(
    registrations: Sequence[dict[str, Any]], key: str, *, leave_out: Sequence[int] = ()
) -> tuple[Simulator, Bundle]:
    """Register a body several times; then it deposits once and signs that with a key.

    ``leave_out``: which of the registrations, from 0 on, are not shown.
    """
    log = Simulator()
    for number, members in enumerate(registrations):
        log.register(**({"name": f"{NAME} {number}"} | members))
    index = log.certify(log.deposit())
    signed = log.endorse(index - 1, index, index + 1, key)
    log.publish()
    chain = [
        one
        for number, one in enumerate(log.registrations[DEPOSITOR])
        if number not in leave_out
    ]
    links = (log.link(signed, index),)
    return log, log.prove(index, support=(1, *chain, signed), endorsements=links)


def _words() -> Iterator[Draft]:
    """Say whose doing the keys of a chain are: the gravest of its words."""
    empty, first = {"keys": ()}, {"keys": (K1,)}
    signed = {"keys": (K2,), "signer": "k1"}
    unsigned = {"keys": (K2,)}
    cases: tuple[tuple[str, str, str, list[dict[str, Any]], str], ...] = (
        ("registered", "only", "listed when it registered", [first], "k1"),
        ("registered", "later", "it registered without keys first", [empty, first], "k1"),
        ("registered", "kept", "a new name, the same keys", [first, first], "k1"),
        ("changed", "signed", "changed by itself", [first, signed], "k2"),
        ("changed", "signed-late", "after it had none", [empty, first, signed], "k2"),
        ("reset", "unsigned", "changed by the operator", [first, unsigned], "k2"),
        ("reset", "again", "the same keys twice since", [first, unsigned, unsigned], "k2"),
        ("reset", "emptied", "taken away, and given anew", [first, empty, unsigned], "k2"),
        ("reset", "returned", "taken away, and the same given", [first, empty, first], "k1"),
        (
            "reset",
            "then-signed",
            "reset, and then changed by the key that the operator gave",
            [first, unsigned, {"keys": (K3,), "signer": "k2"}],
            "k3",
        ),
        (
            "reset",
            "back-unsigned",
            "K1, K2 and K1 again, the last without a signature",
            [first, signed, first],
            "k1",
        ),
        (
            "changed",
            "back-signed",
            "K1, K2 and K1 again, each signed",
            [first, signed, {"keys": (K1,), "signer": "k2"}],
            "k1",
        ),
        ("reset", "added", "another key beside it", [first, {"keys": (K1, K2)}], "k2"),
        (
            "reset",
            "reordered",
            "the same keys in another order",
            [{"keys": (K1, K2)}, {"keys": (K2, K1)}],
            "k2",
        ),
        (
            "registered",
            "signed-and-kept",
            "signed, and the keys are the same",
            [first, {"keys": (K1,), "signer": "k1"}],
            "k1",
        ),
    )
    for word, id_, note, registrations, key in cases:
        log, made = _chain(registrations, key)
        said = ({"endorsed": True, "keys": word},)
        yield holds(f"endorsement-keys-{word}-{id_}", note, log, made, said=said)


def _signatures() -> Iterator[Draft]:
    """Sign a registration by somebody else, or something else."""
    first = {"keys": (K1,)}
    signed = {"depositor": DEPOSITOR, "name": NAME, "keys": [K2], "previous": 2}
    message = registration_message("ledger.example/2026", **signed)
    other = registration_message("other.example/2026", **signed)
    replayed = registration_message("ledger.example/2026", **(signed | {"previous": 3}))
    renamed = registration_message("ledger.example/2026", **(signed | {"name": "Autre"}))
    wider = registration_message(
        "ledger.example/2026", **(signed | {"certifiers": ["CERT0001"]})
    )
    for id_, note, key, text in (
        ("by-the-new-key", "signed by the key that it adds", "k2", message),
        ("by-nobody", "signed by a key of nobody", "somebody", message),
        ("for-another-log", "signed for another log", "k1", other),
        ("of-another-entry", "a signature for the entry behind another one", "k1", replayed),
        ("of-another-name", "a signature for another name", "k1", renamed),
        ("of-other-rights", "a signature for a list of certifiers", "k1", wider),
        ("of-keys-alone", "a signature over the keys", "k1", K2.encode()),
        ("of-zeros", "64 zero bytes", None, b""),
    ):
        signature = bytes(64) if key is None else key_of(key).sign(text)
        second = {"keys": (K2,), "name": NAME, "signature": encode_base64(signature)}
        log, made = _chain([first, second], "k2")
        yield fails("endorsement", f"registration-{id_}", note, log, made)
    second = {
        "keys": (K2,),
        "name": NAME,
        "signature": encode_base64(key_of("k1").sign(message)),
    }
    log, made = _chain([first, second], "k2")
    said = ({"keys": "changed"},)
    note = "what the text asks for, made by hand"
    yield holds("endorsement-registration-signed", note, log, made, said=said)
    log, made = _chain([{"keys": ()}, {"keys": (K1,), "signer": "k1"}], "k1")
    note = "signed, where the one before lists no keys"
    yield fails("endorsement", "registration-of-no-keys", note, log, made)
    log, made = _chain([first, {"keys": (K1,), "signer": "k2"}, first], "k1")
    note = "in the middle of the chain, its keys the same"
    yield fails("endorsement", "registration-in-the-middle", note, log, made)


def _chains() -> Iterator[Draft]:
    three: list[dict[str, Any]] = [
        {"keys": (K1,)},
        {"keys": (K2,), "signer": "k1"},
        {"keys": (K3,), "signer": "k2"},
    ]
    log, made = _chain(three, "k3")
    said = ({"keys": "changed", "registration": 4},)
    yield holds("endorsement-chain-of-three", "all of it shown", log, made, said=said)
    for number, what in enumerate(("first", "second")):
        log, made = _chain(three, "k3", leave_out=(number,))
        note = f"the {what} of three is not shown"
        yield fails("endorsement", f"chain-without-{what}", note, log, made)
    log, made = _chain(three, "k3", leave_out=(0, 1))
    note = "only the last of three is shown"
    yield fails("endorsement", "chain-last-alone", note, log, made)
    skipping: list[dict[str, Any]] = [*three[:2], {"keys": (K3,), "previous": 2}]
    log, made = _chain(skipping, "k3", leave_out=(1,))
    said = ({"keys": "reset"},)
    note = "the third names the first, and the second is not shown: that is not seen"
    yield holds("endorsement-chain-skipping-hidden", note, log, made, said=said)
    log, made = _chain(skipping, "k3")
    note = "the third names the first, and the second is in plain sight"
    yield fails("endorsement", "chain-skipping", note, log, made)
    anew: list[dict[str, Any]] = [{"keys": (K1,)}, {"keys": (K2,), "previous": None}]
    log, made = _chain(anew, "k2", leave_out=(0,))
    said = ({"keys": "registered"},)
    note = "a second first registration, the first one not shown: that is not seen"
    yield holds("endorsement-chain-anew-hidden", note, log, made, said=said)
    log, made = _chain(anew, "k2")
    note = "a second first registration beside the first one"
    yield fails("endorsement", "chain-anew", note, log, made)
    yield from _chains_of_others()


def _chains_of_others() -> Iterator[Draft]:
    log = Simulator()
    log.register(OTHER, keys=(K1,))
    log.register(keys=(K2,), previous=2)
    index = log.certify(log.deposit())
    signed = log.endorse(index - 1, index, index + 1, "k2")
    log.publish()
    links = (log.link(signed, index),)
    made = log.prove(index, support=(1, 2, 3, signed), endorsements=links)
    note = "it replaces a registration of another body"
    yield fails("endorsement", "chain-of-another", note, log, made)
    log = Simulator()
    log.register(keys=(K1,), previous=1)
    index = log.certify(log.deposit())
    signed = log.endorse(index - 1, index, index + 1, "k1")
    log.publish()
    links = (log.link(signed, index),)
    made = log.prove(index, support=(1, 2, signed), endorsements=links)
    note = "it replaces an entry of another type"
    yield fails("endorsement", "chain-of-a-key", note, log, made)
    log = Simulator()
    log.register(OTHER, keys=(K3,))
    log.register(keys=(K1,))
    log.register(OTHER, keys=())
    record = make_record()
    index = log.certify(log.deposit(), record)
    signed = log.endorse(index - 1, index, index + 1, "k1")
    log.publish()
    links = (log.link(signed, index),)
    made = log.prove(index, support=(1, 2, 3, 4, signed), endorsements=links)
    note = "registrations of other bodies in between are no matter"
    yield holds("endorsement-chain-among-others", note, log, made)


def _newer_ones() -> Iterator[Draft]:
    for shown in (True, False):
        log = Simulator()
        log.register(keys=(K1,))
        index = log.certify(log.deposit())
        newer = log.register(keys=(K2,), signer="k1")
        signed = log.endorse(3, index, index + 1, "k1", registration=2)
        log.publish()
        links = (log.link(signed, index),)
        support: tuple[int, ...] = (1, 2, newer, signed) if shown else (1, 2, signed)
        made = log.prove(index, support=support, endorsements=links)
        if shown:
            note = "a registration between the one that it names and itself, in plain sight"
            yield fails("endorsement", "newer-registration", note, log, made)
        else:
            note = "a registration between the one that it names and itself, not shown"
            yield holds("endorsement-newer-hidden", note, log, made)
    log = Simulator()
    log.register(keys=(K1,))
    index = log.certify(log.deposit())
    log.register(keys=(K2,), signer="k1")
    signed = log.endorse(3, index, index + 1, "k2")
    since = log.register(keys=())
    log.publish()
    links = (log.link(signed, index),)
    support = (1, 2, index + 1, signed, since)
    made = log.prove(index, support=support, endorsements=links)
    said = ({"registration": 2, "keys": "changed"},)
    note = "signed under a newer registration than it was deposited; one since is no matter"
    yield holds("endorsement-under-a-newer-one", note, log, made, said=said)
