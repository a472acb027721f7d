"""Who deposited, under which registration, and whose key endorses.

A certification names the registrations (``depositor`` entries) of its depositor and of its
certifier; names and rights come from these alone. That they are the last ones of their bodies
only an audit of the whole log knows; but a newer one must not be in plain sight.

Whose key endorses is said by the whole chain of registrations of that body: from the one
without ``previous`` to the one that the endorsement names. A list of keys that differs from
the one before is signed by a key of the one before; or it is the first one that lists any, and
was set when the body registered; or the operator reset it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from provenance.encoding import decode_base64
from provenance.errors import InclusionError, SignatureError, VerificationError
from provenance.record.bundle import decode_hashes
from provenance.record.entry import (
    Certification,
    Depositor,
    Endorsement,
    depositor_message,
    endorsement_message,
    registration_of,
)
from provenance.tlog.merkle import verify_inclusion
from provenance.tlog.note import parse_verifier_key
from provenance.tlog.publickeys import load_ed25519
from provenance.verifier.entries import verify_signature

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from provenance.record.bundle import EndorsementLink
    from provenance.record.commitment import Value
    from provenance.report import KeysWord
    from provenance.verifier.checks import Checks
    from provenance.verifier.contents import Contents
    from provenance.verifier.entries import Item

_WORDS: Final[tuple[KeysWord, ...]] = ("registered", "changed", "reset")
"""Whose doing the keys of a body are; where several are true, the last of these."""


class Endorsed(NamedTuple):
    """That a body signed a certification: the keys' origin, in one word and in a sentence."""

    keys: KeysWord
    sentence: str


class Bodies:
    """The registrations shown in one bundle."""

    def __init__(self, items: Mapping[int, Item], origin: str) -> None:
        self._items: Final = items
        self._origin: Final = origin
        self._shown: Final[dict[str, list[Depositor]]] = {}
        for item in items.values():
            if isinstance(item.entry, Depositor):
                self._shown.setdefault(item.entry.depositor, []).append(item.entry)

    def check_depositors(self, contents: Contents, checks: Checks) -> None:
        """Check ``depositor``: of each line, the registrations that it names."""
        for index, entry in contents.lines.items():
            checks.attempt("depositor", index, self._check_depositor, entry, contents.of(index))
        checks.yes("depositor", "every depositor is registered, and for the certifier named")

    def check_endorsements(
        self, links: Sequence[EndorsementLink], contents: Contents, checks: Checks
    ) -> dict[int, Endorsed]:
        """Check ``endorsement``; return what holds, by the certification's index."""
        endorsed: dict[int, Endorsed] = {}
        for link in links:
            checks.attempt(
                "endorsement",
                link.certification,
                self._check_endorsed,
                link,
                contents.lines.get(link.certification),
                endorsed,
            )
        if links:
            checks.yes("endorsement", f"{len(links)} are signed by their depositor")
        else:
            checks.skip("endorsement", "no depositor's own signature is shown")
        return endorsed

    def registration(self, entry: Certification) -> Depositor:
        """Return the registration of a depositor whose check has passed."""
        return self._registration(entry.registration, entry.index)

    def name_of_certifier(self, entry: Certification, certifier: str | None) -> str | None:
        """Return the name of the certifier that is shown, as its registration has it."""
        if certifier is None:
            return None
        if entry.certifier_registration is not None:
            return self._registration(entry.certifier_registration, entry.index).name
        return self.registration(entry).name if certifier == entry.depositor else None

    def _registration(self, index: int, before: int) -> Depositor:
        """Return the registration that the entry at ``before`` names."""
        found = self._items[index].entry if index in self._items else None
        if not isinstance(found, Depositor):
            raise VerificationError(f"entry {index}, a registration it names, is not shown")
        for other in self._shown[found.depositor]:
            if index < other.index < before:
                raise VerificationError(f"entry {other.index} is a newer registration")
        return found

    def _check_depositor(self, entry: Certification, record: Mapping[str, Value]) -> None:
        own = self._registration(entry.registration, entry.index)
        if own.depositor != entry.depositor:
            raise VerificationError(f"entry {own.index} registers another body")
        if record.get("emetteur", entry.depositor) != entry.depositor:
            raise VerificationError("its record names another depositor")
        for certifier in self._certifiers(entry, record):
            if own.certifiers is not None and certifier not in (
                entry.depositor,
                *own.certifiers,
            ):
                raise VerificationError("its depositor may not deposit for that certifier")
        replaced = None if entry.supersedes is None else self._items.get(entry.supersedes)
        if (
            replaced is not None
            and isinstance(replaced.entry, Certification)
            and replaced.entry.depositor not in (entry.depositor, *(own.succeeds or ()))
        ):
            raise VerificationError("it supersedes what another body deposited")

    def _certifiers(self, entry: Certification, record: Mapping[str, Value]) -> list[Value]:
        """Return the certifier of the entry and that of its record, which are one."""
        named = [record["certificateur"]] if "certificateur" in record else []
        if entry.certifier_registration is None:
            return named
        body = self._registration(entry.certifier_registration, entry.index).depositor
        if body == entry.depositor or named not in ([], [body]):
            raise VerificationError("its certifier's registration is one of another body")
        return [body]

    def _check_endorsed(
        self,
        link: EndorsementLink,
        entry: Certification | None,
        endorsed: dict[int, Endorsed],
    ) -> None:
        signed = self._items[link.entry].entry if link.entry in self._items else None
        if entry is None or not isinstance(signed, Endorsement):
            raise InclusionError(f"entry {link.entry} is not an endorsement shown here")
        if entry.deposit != signed.deposit:
            raise InclusionError(f"entry {link.entry} endorses another deposit")
        leaf, root = self._items[entry.index].leaf, decode_base64(signed.root)
        index, size = entry.index - signed.start, signed.end - signed.start
        verify_inclusion(leaf, index, size, decode_hashes(link.path), root)
        chain = self._chain(signed, entry.depositor)
        if signed.vkey not in chain[-1].keys:
            raise SignatureError(f"entry {chain[-1].index} does not list its key")
        message = endorsement_message(
            origin=self._origin,
            deposit=signed.deposit,
            start=signed.start,
            end=signed.end,
            root=root,
        )
        verify_signature(_public([signed.vkey]), decode_base64(signed.signature), message)
        endorsed[entry.index] = _describe(chain, self._check_chain(chain))

    def _chain(self, signed: Endorsement, bcr: str) -> list[Depositor]:
        """Return the registrations of a body up to the one that an endorsement names.

        All that are shown before the endorsement belong to it.
        """
        chain = [self._registration(signed.registration, signed.index)]
        while (previous := chain[-1].previous) is not None:
            chain.append(self._registration(previous, chain[-1].index))
        if {one.depositor for one in chain} != {bcr}:
            raise VerificationError("its chain of registrations is not the depositor's own")
        if any(one.index < chain[-1].index for one in self._shown[bcr]):
            raise VerificationError("an earlier registration is not part of its chain")
        return chain[::-1]

    def _check_chain(self, chain: Sequence[Depositor]) -> KeysWord:
        """Check the signatures of a chain; return whose doing its keys are."""
        words: set[KeysWord] = {"registered"}
        held, before = False, tuple[str, ...]()
        for entry in chain:
            if entry.signature is not None:
                signed = registration_of(entry)
                message = depositor_message(origin=self._origin, registration=signed)
                verify_signature(_public(before), decode_base64(entry.signature), message)
            if entry.keys != before and entry.signature is not None:
                words.add("changed")
            elif entry.keys != before and held:
                words.add("reset")
            held, before = held or bool(entry.keys), entry.keys
        return max(words, key=_WORDS.index)


def _describe(chain: Sequence[Depositor], word: KeysWord) -> Endorsed:
    said = {
        "registered": "set when it was registered",
        "changed": "changed by a key of its own since it was registered",
        "reset": "reset by the operator alone, in place of earlier ones",
    }
    return Endorsed(word, f"entry {chain[-1].index} lists its key; its keys were {said[word]}")


def _public(vkeys: Sequence[str]) -> list[Ed25519PublicKey]:
    return [load_ed25519(parse_verifier_key(vkey).public) for vkey in vkeys]
