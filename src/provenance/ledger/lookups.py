r"""Private look-ups: from what the operator knows to the index of an entry.

Keys are HMAC-SHA-256 under a secret of the vault, cut to 16 bytes, so that the database
alone tells nobody whether a person appears in it::

    HMAC(secret, "provenance/lookup/technical/v1\n" || depositor || "\n" || idTechnique)
    HMAC(secret, "provenance/lookup/holder/v1/fold-1\n" || JSON [group, value, …])
    HMAC(secret, "provenance/lookup/reference/v1\n" || the operator's own reference)

A holder is looked up by what its identity group holds: name, first name and birth date of
a ``titulaire``, the file number of a ``dossierFormation``, the number of an
``identifiantNational``. Texts are folded by table 1 (``record/identity.py``), and of the first
names only the first word counts, so that ``Zoé`` finds ``Zoé Marie Anne``; what is found is
then compared in full.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Final

from provenance.encoding import encode_json
from provenance.errors import FormatError
from provenance.record.identity import FOLD_VERSION, fold
from provenance.record.persons import compare_identities

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from provenance.record.commitment import Field, Value

LOOKUP_KEY_SIZE: Final = 16
IDENTITY_PREFIX: Final = "identificationTitulaire."
HOLDER_FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "titulaire": (
        "nomNaissance",
        "prenom1",
        "anneeNaissance",
        "moisNaissance",
        "jourNaissance",
    ),
    "dossierFormation": ("idDossier",),
    "identifiantNational": ("nir",),
}
"""What a holder is looked up by, a tuple of schema names for each identity group."""

_CONTEXTS: Final = {
    "technical": "technical/v1",
    "holder": f"holder/v1/fold-{FOLD_VERSION}",
    "reference": "reference/v1",
}
_FULL_NAMES: Final = {
    group: tuple((f"{IDENTITY_PREFIX}{group}.{name}", name) for name in names)
    for group, names in HOLDER_FIELDS.items()
}


class Lookups:
    """Makes look-up keys under the secret of one vault (32 bytes)."""

    def __init__(self, secret: bytes) -> None:
        self._begun: Final = {
            kind: hmac.new(secret, f"provenance/lookup/{context}\n".encode(), "sha256")
            for kind, context in _CONTEXTS.items()
        }
        """What every key of a kind begins with."""

    def _key(self, kind: str, preimage: bytes) -> bytes:
        keyed = self._begun[kind].copy()
        keyed.update(preimage)
        return keyed.digest()[:LOOKUP_KEY_SIZE]

    def technical(self, depositor: str, id_technique: str) -> bytes:
        """Key of one passage: the depositor's BCR (8 characters) and its idTechnique."""
        return self._key("technical", _utf8(f"{depositor}\n{id_technique}"))

    def reference(self, reference: str) -> bytes:
        """Key of a holder under the operator's own opaque reference."""
        return self._key("reference", _utf8(reference))

    def holder(self, identity: Mapping[str, Value]) -> bytes:
        """Key of a holder, from the schema names of one identity group.

        Of ``prenom1`` the first word counts. Raises `FormatError` unless exactly the
        members of one group in `HOLDER_FIELDS` are there; month and day of birth may be
        left out or null.
        """
        for group, names in HOLDER_FIELDS.items():
            if names[0] in identity and set(identity) <= set(names):
                return self._holder(group, identity)
        known = "; ".join(", ".join(names) for names in HOLDER_FIELDS.values())
        raise FormatError(f"a holder is looked up by exactly one of these groups: {known}")

    def _holder(self, group: str, identity: Mapping[str, Value]) -> bytes:
        values = [_folded(name, identity.get(name)) for name in HOLDER_FIELDS[group]]
        return self._key("holder", encode_json([group, *values]))

    def holders_of(self, fields: Sequence[Field], reference: str | None) -> tuple[bytes, ...]:
        """Return all keys under which the holder of a record is to be found."""
        keys = () if reference is None else (self.reference(reference),)
        return (*keys, *self.holder_of(dict(fields)))

    def holder_of(self, record: Mapping[str, Value]) -> tuple[bytes, ...]:
        """Return the key of the holder's identity; none where the record names nobody."""
        group, identity = identity_of(record)
        return (self._holder(group, identity),) if identity else ()


def identity_of(record: Mapping[str, Value]) -> tuple[str, dict[str, Value]]:
    """Return the identity group's name and its look-up members; empty when there is none."""
    for group, names in _FULL_NAMES.items():
        found = {name: record[full] for full, name in names if full in record}
        if found:
            return group, found
    return "", {}


def may_be(holder: Mapping[str, Value], record: Mapping[str, Value]) -> bool:
    """Return whether a record that was found may be the holder's, all names compared in full.

    ``holder``: the schema names of one identity group, as for `Lookups.holder`.
    """
    identity = {full: holder.get(name) for full, name in _FULL_NAMES["titulaire"]}
    return compare_identities(identity, record) != "different"


def _folded(name: str, value: Value) -> Value:
    if not isinstance(value, str):
        return value
    folded = fold(value)
    return folded.partition(" ")[0] if name == "prenom1" else folded


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise FormatError("a look-up holds characters that are no text") from error
