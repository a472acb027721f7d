"""Small files that must be refused as a whole, each for one reason.

Each is a sound file with one place changed. What the reason belongs to is in `BREAKS`:
``well-formed`` for XML itself, ``schema`` for structure, types, enumerations and lengths.
"""

from __future__ import annotations

import re
from typing import Final, Literal

from provenance.cdc.sample.manifest import write_flux
from provenance.cdc.sample.spec import SampleSpec
from provenance.errors import FormatError

_WELL_FORMED: Final[dict[str, tuple[str, bytes]]] = {
    "not-xml": (r"\A(?s:.)*", b"type;code\nRNCP;RNCP90117\n"),
    "empty": (r"\A(?s:.)*", b""),
    "truncated": (r"</dateDebutValidite>(?s:.)*", b""),
    "mismatched-tag": (r"</donneeCertifiee>", b"</certifiee>"),
    "two-roots": (r"\s*\Z", b"<flux/>"),
    "not-utf-8": (r"(?<=<nomTitulaire>)[^<]*", b"Lef\xe8vre"),
    "control-character": (r"(?<=<nomTitulaire>)[^<]*", b"Lef\x0bvre"),
    "unbound-prefix": (
        r"<donneeCertifiee>[^<]*</donneeCertifiee>",
        b"<x:donneeCertifiee>true</x:donneeCertifiee>",
    ),
    "document-type": (r"(?<=\?>)", b"<!DOCTYPE flux>"),
    "entity-declared": (
        r"(?<=\?>)",
        b'<!DOCTYPE flux [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]>',
    ),
    "entity-external": (
        r"(?<=\?>)",
        b'<!DOCTYPE flux [<!ENTITY a SYSTEM "file:///etc/hostname">]>',
    ),
    "entity-unknown": (r"(?<=<nomTitulaire>)[^<]*", b"&nom;"),
    "too-deep": (r"(?=<certificateurs>)", b"<a>" * 300 + b"</a>" * 300),
}
_SCHEMA: Final[dict[str, tuple[str, bytes]]] = {
    "other-namespace": (r"(?<=schema:)1\.0\.0", b"9.0.0"),
    "no-namespace": (r' xmlns="[^"]*"', b""),
    "other-root": (
        r"(?s)<flux.*</flux>",
        b'<passageCertification xmlns="urn:cdc:cpf:pc5:schema:1.0.0"/>',
    ),
    "unknown-element": (r"(?=<donneeCertifiee>)", b"<noteInterne>12</noteInterne>"),
    "unknown-attribute": (r"(?<=<donneeCertifiee)>", b' fiable="oui">'),
    "missing-element": (r"<donneeCertifiee>[^<]*</donneeCertifiee>", b""),
    "repeated-element": (
        r"(?=<donneeCertifiee>)",
        b"<donneeCertifiee>true</donneeCertifiee>",
    ),
    "text-between": (r"(?=<donneeCertifiee>)", b"voir annexe"),
    "child-of-leaf": (r"(?<=<dateDebutValidite>)", b"<b/>"),
    "no-passage": (r"(?s)<passageCertification>.*</passageCertification>", b""),
    "second-certifier": (
        r"(?=</certificateurs>)",
        b"<certificateur><idClient>9SAMPLES</idClient></certificateur>",
    ),
    "two-identities": (
        r"(?<=<identificationTitulaire>)",
        b"<identifiantNational><nir>1509999000000</nir></identifiantNational>",
    ),
    "no-identity": (
        r"(?s)<identificationTitulaire>.*?</identificationTitulaire>",
        b"<identificationTitulaire/>",
    ),
    "bad-enumeration": (r"PAR_(ADMISSION|SCORING)", b"PAR_TIRAGE"),
    "bad-boolean": (r"(?<=<donneeCertifiee>)(true|false)", b"oui"),
    "bad-date": (r"(?<=<dateDebutValidite>)[^<]*", b"30/06/2026"),
    "bad-calendar": (r"(?<=<dateDebutValidite>)[^<]*", b"2026-02-30"),
    "date-with-zone": (r"(?<=<dateDebutValidite>)[^<]*", b"2026-06-30Z"),
    "bad-timestamp": (r"(?<=<horodatage>)[^<]*", b"2026-06-30 10:00"),
    "too-short": (r"(?<=<idClient>)[^<]*", b"SHORT"),
    "too-long": (r"(?<=<idTechnique>)[^<]*", b"T" * 256),
    "empty-value": (r"(?<=<idTechnique>)[^<]*", b""),
    "nil-without-prefix": (r"(?<=<dateFinValidite) xsi:nil", b" nil"),
    "nil-not-allowed": (
        r"<donneeCertifiee>[^<]*</donneeCertifiee>",
        b'<donneeCertifiee xsi:nil="true"/>',
    ),
    "nil-with-content": (r'(?<=<dateFinValidite xsi:nil="true")/>', b">x</dateFinValidite>"),
    "nil-as-text": (r'(?<=<dateFinValidite) xsi:nil="true"/>', b">nill</dateFinValidite>"),
}
BREAKS: Final[dict[str, Literal["well-formed", "schema"]]] = {
    **dict.fromkeys(_WELL_FORMED, "well-formed"),
    **dict.fromkeys(_SCHEMA, "schema"),
}
"""Every kind of broken file, and the level at which it fails."""

# It has holders named in full and by file number, and validities without an end.
_SOUND: Final = SampleSpec(passages=10, certifications=1, dossier_percent=50)


def break_flux(kind: str) -> bytes:
    """Make a broken file, of one of the kinds in `BREAKS`; raises `FormatError` for others.

    A file of one kind is always the same.
    """
    if kind not in BREAKS:
        raise FormatError(f"unknown kind of broken file: one of {', '.join(BREAKS)}")
    pattern, replacement = (_WELL_FORMED | _SCHEMA)[kind]
    sound = b"".join(write_flux(_SOUND))
    broken, places = re.subn(pattern.encode(), lambda _: replacement, sound, count=1)
    assert places == 1, kind
    return broken
