"""Registering depositors: who may deposit, for whom, and with which keys.

A later entry of a depositor replaces the one before. Where that lists keys, one of them can
sign the new registration, all of it: name, rights, keys, and the entry that is replaced.
Without such a signature the operator alone changed it, which is allowed, since keys are
lost; where the keys changed, that shows everywhere as its doing.

What is to be signed travels as a draft, a JSON file that holds nothing secret::

    {"format":"provenance-registration/1","origin":"…",
     "registration":{"depositor":"…","name":"…",…,"keys":["…"],"previous":2}}

The signature is over `depositor_message`, and for that entry and that log alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import msgspec

from provenance.encoding import decode_json, encode_base64, encode_json
from provenance.errors import FormatError, PolicyError, SignatureError
from provenance.ledger.job import Effects, Job, OutdatedError
from provenance.ledger.keyhistory import KEY_PREFIX, check_not_operators
from provenance.ledger.plain import PlainItem, check_form
from provenance.ledger.registry import (
    depositor_row,
    index_row,
    read_depositor,
    read_registration,
)
from provenance.ledger.rights import is_signed
from provenance.record.entry import Depositor, Registration, depositor_message
from provenance.record.forms import Origin  # noqa: TC001 - msgspec resolves the annotations

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.ledger.draft import Place
    from provenance.record.entry import Entry
    from provenance.storage import View


class RegistrationDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A registration as a body signs it, and the log that it is for."""

    format: Literal["provenance-registration/1"]
    origin: Origin
    registration: Registration

    @property
    def message(self) -> bytes:
        """What a key of the registration that is replaced signs."""
        return depositor_message(origin=self.origin, registration=self.registration)


def encode_draft(draft: RegistrationDraft) -> bytes:
    """Return the draft's one JSON form, and a newline."""
    return encode_json(draft) + b"\n"


def parse_draft(data: bytes) -> RegistrationDraft:
    """Parse a draft; raises `FormatError` for what no log would record."""
    text = data.removesuffix(b"\n")
    draft = decode_json(text, RegistrationDraft, "draft of a registration")
    if draft.registration.previous is None:
        raise FormatError("malformed draft of a registration: it replaces no entry")
    RegistrationJob(draft.registration)
    return draft


def make_registration(
    depositor: str,
    *,
    name: str,
    siret: str | None,
    certifiers: Sequence[str] | None,
    for_all: bool,
    succeeds: Sequence[str] | None,
    keys: Sequence[str],
) -> Registration:
    """Return the registration that these values ask for.

    Raises `FormatError` where it is not said whom the body may deposit for, or said twice,
    or where one value is in place of many.
    """
    if for_all and certifiers:
        raise FormatError("a depositor is limited to some certifiers, or deposits for all")
    if certifiers is None and not for_all:
        raise FormatError("say for_all=True for a depositor that may deposit for everybody")
    if any(isinstance(many, str) for many in (certifiers, succeeds, keys)):
        raise FormatError("certifiers, succeeds and keys are lists, each of any length")
    return Registration(
        depositor=depositor,
        name=name,
        siret=siret,
        certifiers=None if for_all else tuple(certifiers or ()),
        succeeds=tuple(succeeds) if succeeds else None,
        keys=tuple(keys),
    )


def draft_registration(
    view: View, registration: Registration, *, origin: str
) -> RegistrationDraft:
    """Return what the body signs to replace its registration by this one.

    Raises `PolicyError` where nobody could: it is not registered, or lists no keys.
    """
    RegistrationJob(registration)  # Its values have their form, or it is not made.
    check_allowed(view, registration)
    before = read_depositor(view, registration.depositor)
    if before is None or not before.keys:
        raise PolicyError(
            f"no key of {registration.depositor} is in force that could sign: register it "
            "without a signature"
        )
    replacing = msgspec.structs.replace(registration, previous=before.index)
    return RegistrationDraft("provenance-registration/1", origin, replacing)


def check_signed(
    view: View, draft: RegistrationDraft, signature: bytes, *, origin: str
) -> None:
    """Check that a draft can be recorded as it is, signed by a key in force.

    Raises `PolicyError` for another log, for an entry that is not the last one of the body,
    and for one that lists no keys, `SignatureError` for a signature by none of them.
    """
    registration = draft.registration
    if draft.origin != origin:
        raise PolicyError(f"the draft is for the log {draft.origin}")
    check_allowed(view, registration)
    before = read_depositor(view, registration.depositor)
    if before is None or before.index != registration.previous:
        last = "there is none" if before is None else f"the last one is entry {before.index}"
        raise PolicyError(
            f"the draft replaces entry {registration.previous} of {registration.depositor}, "
            f"and {last}: make a new draft, and have it signed"
        )
    if not before.keys:
        raise PolicyError(f"entry {before.index} lists no key that could have signed the draft")
    if not any(is_signed(key, signature, draft.message) for key in before.keys):
        raise SignatureError(f"no key that entry {before.index} lists has signed this draft")


def check_allowed(view: View, registration: Registration) -> None:
    """Check what no body may be registered with; raises `PolicyError`."""
    if registration.depositor in (registration.succeeds or ()):
        raise PolicyError("a depositor does not succeed itself")
    check_not_operators(view, registration.keys)


class RegistrationJob(Job):
    """Appends a ``depositor`` entry, which replaces the last one of the same BCR.

    With ``signature`` (64 bytes) the registration is recorded as it is, or not at all.
    Raises `FormatError` when a value has not its form.
    """

    def __init__(self, registration: Registration, signature: bytes | None = None) -> None:
        self._registration = registration
        self._signature: Final = signature

        def make(place: Place) -> Entry:
            return Depositor(
                index=place.index,
                time=place.time,
                prev=place.prev,
                signature=None if signature is None else encode_base64(signature),
                **msgspec.structs.asdict(self._registration),
            )

        super().__init__([PlainItem(make)])
        try:
            check_form(make, index=max(2, (registration.previous or 0) + 1))
            self._row: Final = depositor_row(registration.depositor)
        except (TypeError, AttributeError, UnicodeEncodeError) as error:
            raise FormatError("malformed depositor entry: values of other types") from error

    def claims(self) -> set[bytes]:
        """Only one entry can replace another, and no key becomes two owners' at once."""
        return {self._row, *([KEY_PREFIX] if self._registration.keys else [])}

    def check(self, view: View) -> None:
        """Find the entry that this one replaces; a signature is for one of them alone."""
        previous = read_registration(view, self._registration.depositor)
        if self._signature is None:
            self._registration = msgspec.structs.replace(self._registration, previous=previous)
        elif previous != self._registration.previous:
            raise OutdatedError
        try:
            check_not_operators(view, self._registration.keys)
        except PolicyError as error:
            raise OutdatedError from error

    def effects(self, start: int) -> Effects:
        """Say where the depositor's entry in force is."""
        return Effects(state=[index_row(self._row, start)])
