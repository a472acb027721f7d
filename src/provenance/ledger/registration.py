"""Registering depositors: who may deposit, for whom, and with which keys.

A later entry of a depositor replaces the one before. Where that lists keys, one of them
signs the new ones; without such a signature the operator alone changed them, which is
allowed, since keys are lost, and shows everywhere as its doing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from provenance.encoding import encode_base64
from provenance.errors import PolicyError, SignatureError
from provenance.ledger.job import Effects, Job, OutdatedError
from provenance.ledger.plain import PlainItem, check_form
from provenance.ledger.registry import depositor_row, index_row, read_depositor, read_index
from provenance.ledger.rights import is_signed
from provenance.record.entry import Depositor
from provenance.record.message import depositor_message

if TYPE_CHECKING:
    from provenance.ledger.draft import Place
    from provenance.record.entry import Entry
    from provenance.storage import View


class Registration(msgspec.Struct, frozen=True, kw_only=True):
    """What a ``depositor`` entry says; ``signature`` is by a key of the one it replaces."""

    depositor: str
    name: str
    siret: str | None
    certifiers: tuple[str, ...] | None
    succeeds: tuple[str, ...] | None
    keys: tuple[str, ...]
    signature: bytes | None

    def entry(self, place: Place, previous: int | None) -> Depositor:
        """Give the entry as it reads at ``place``."""
        signed = self.signature
        return Depositor(
            index=place.index,
            time=place.time,
            prev=place.prev,
            depositor=self.depositor,
            name=self.name,
            siret=self.siret,
            certifiers=self.certifiers,
            succeeds=self.succeeds,
            keys=self.keys,
            previous=previous,
            signature=None if signed is None else encode_base64(signed),
        )


def check_registration(view: View, registration: Registration, *, origin: str) -> int | None:
    """Check a depositor's own signature over its new keys; give the entry it is held against.

    Raises `SignatureError` when it is by none of the keys in force, `PolicyError` where
    there are none, and for a body that says it succeeds itself.
    """
    if registration.depositor in (registration.succeeds or ()):
        raise PolicyError("a depositor does not succeed itself")
    if registration.signature is None:
        return None
    before = read_depositor(view, registration.depositor)
    if before is None or not before.keys:
        raise PolicyError("there is no key in force that could have signed the new ones")
    message = depositor_message(
        origin=origin, depositor=registration.depositor, keys=registration.keys
    )
    if not any(is_signed(key, registration.signature, message) for key in before.keys):
        raise SignatureError("the new keys are not signed by a key of the depositor in force")
    return before.index


class RegistrationJob(Job):
    """Appends a ``depositor`` entry, which replaces an earlier one of the same BCR.

    ``signed_against`` is what `check_registration` gave. Raises `FormatError` when a value
    has not its form.
    """

    def __init__(self, registration: Registration, *, signed_against: int | None) -> None:
        self._row: Final = depositor_row(registration.depositor)
        self._signed_against: Final = signed_against
        self._previous: int | None = signed_against

        def make(place: Place) -> Entry:
            return registration.entry(place, self._previous)

        super().__init__([PlainItem(make)])
        check_form(make, index=2 if signed_against is None else signed_against + 1)

    def claims(self) -> set[bytes]:
        """Only one replacement of an entry can be the next one."""
        return {self._row}

    def check(self, view: View) -> None:
        """Find the entry that this one replaces; a signature is for one of them alone."""
        self._previous = read_index(view, self._row)
        if self._signed_against not in {None, self._previous}:
            raise OutdatedError

    def effects(self, start: int) -> Effects:
        """Say where the depositor's entry in force stands."""
        return Effects(state=[index_row(self._row, start)])
