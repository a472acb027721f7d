r"""The CV for machines: one signed JSON document that carries its proof.

A verifiable credential (W3C VC data model 2.0) with a Data Integrity proof, and in it the
proof bundle as a string, in any spelling of JSON::

    {"@context":["https://www.w3.org/ns/credentials/v2",
                 "https://www.w3.org/ns/credentials/undefined-terms/v2"],
     "type":["VerifiableCredential","ProvenanceCv"],
     "issuer":"did:key:z6Mk…",
     "validFrom":"2026-11-25T21:00:00Z",
     "credentialSubject":{
       "holder":{"identificationTitulaire.titulaire.nomNaissance":"LEFÈVRE-DUBOIS",…},
       "lines":[{"id":"1","label":"RNCP34762","entry":7,
                 "claims":{"code":"RNCP34762","dateDebutValidite":"2026-03-14"}},…]},
     "provenance":"{\"format\":\"provenance-proof/1\",…}",
     "proof":{"@context":[…],"type":"DataIntegrityProof","cryptosuite":"eddsa-jcs-2022",
              "created":"2026-11-25T21:00:00Z","verificationMethod":"did:key:z6Mk…#z6Mk…",
              "proofPurpose":"assertionMethod","proofValue":"z…"}}

It has no other member, and only one may be absent: ``label``, which is the title of
the code in the register where the proof shows one, else the code. ``created`` repeats
``validFrom``, the proof's ``@context`` the document's, and ``verificationMethod`` names the
issuer's only key. ``lines`` are those of ``provenance.reconstruct``; each names its entry.

The issuer vouches for the document, the bundle for what its lines claim: the lines *agree*
where every claim is shown in the bundle, the same or, for names, spelled otherwise. What
``holder`` claims must be shown by one certification of the lines at least, and contradicted
by none. Sources: W3C Verifiable Credentials Data Model v2.0 section 4, `dataintegrity`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Final, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from provenance.cv.agreement import find_disagreements, find_other_names
from provenance.cv.dataintegrity import add_proof, decode_proof_value, verify_proof
from provenance.cv.foreign import explain_file
from provenance.cv.jcs import Json, canonicalize, parse_json
from provenance.cv.proofcheck import check_person, check_proof
from provenance.cv.report import CvReport, Document, Findings, conclude
from provenance.cv.roots import DID_KEY_PREFIX, SealRoots, format_did_key, parse_did_key
from provenance.encoding import encode_json
from provenance.errors import FormatError, VerificationError
from provenance.reconstruct import CV_LINES_MAX, Cv, CvLine, reconstruct
from provenance.record.bundle import BUNDLE_SIZE_MAX
from provenance.record.commitment import Name, Value
from provenance.record.forms import parse_time
from provenance.record.showing import IDENTITY_GROUPS
from provenance.report import PROVEN
from provenance.verifier.checks import Checks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from typing import Protocol

    from provenance.report import Report
    from provenance.verifier import Verifier

    class IssuerKey(Protocol):
        """An Ed25519 key in use, as of ``provenance.keys``."""

        @property
        def public(self) -> bytes:
            """The public half: 32 bytes."""

        def sign(self, message: bytes) -> bytes:
            """Sign: 64 bytes."""


JSON_CV_SIZE_MAX: Final = 17 * 1024 * 1024
"""Bytes: a bundle of nearly 16 MiB, as the string that it is here."""
SUBJECT_SIZE_MAX: Final = 1_000_000
"""Bytes of the canonical form of ``credentialSubject``; any line alone is a CV in size."""
CONTEXT: Final = (
    "https://www.w3.org/ns/credentials/v2",
    "https://www.w3.org/ns/credentials/undefined-terms/v2",
)
"""The second one stands for terms that no context defines, as those of this document."""
TYPES: Final = ("VerifiableCredential", "ProvenanceCv")
_WHAT: Final = "JSON CV"
_TIME: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")

Claims = Annotated[dict[Name, Value], Meta(min_length=1, max_length=64)]
Context = tuple[
    Literal["https://www.w3.org/ns/credentials/v2"],
    Literal["https://www.w3.org/ns/credentials/undefined-terms/v2"],
]


class _Line(CvLine, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A line that names its entry, which `CvLine` leaves open."""

    entry: Annotated[int, Meta(ge=0)]


class _Subject(Struct, frozen=True, forbid_unknown_fields=True):
    holder: Claims
    lines: Annotated[tuple[_Line, ...], Meta(min_length=1, max_length=CV_LINES_MAX)]


class _Proof(Struct, frozen=True, forbid_unknown_fields=True, rename={"context": "@context"}):
    context: Context
    type: Literal["DataIntegrityProof"]
    cryptosuite: Literal["eddsa-jcs-2022"]
    created: str
    verificationMethod: str  # noqa: N815 - the member's name
    proofPurpose: Literal["assertionMethod"]  # noqa: N815 - the member's name
    proofValue: str  # noqa: N815 - the member's name


class _JsonCv(Struct, frozen=True, forbid_unknown_fields=True, rename={"context": "@context"}):
    context: Context
    type: tuple[Literal["VerifiableCredential"], Literal["ProvenanceCv"]]
    issuer: str
    validFrom: str  # noqa: N815 - the member's name
    credentialSubject: _Subject  # noqa: N815 - the member's name
    provenance: str
    proof: _Proof | UnsetType = UNSET


def make(
    lines: Sequence[CvLine],
    holder: Mapping[str, Value],
    bundle: bytes,
    *,
    created: str,
    signer: IssuerKey,
) -> bytes:
    """Make a JSON CV, in its canonical form.

    ``holder``: fields of the holder's identity with their values. ``created``: the time in
    UTC, as ``2026-11-25T21:00:00Z``. Whether the bundle shows what the lines claim is not
    asked here: verify what was made. Raises `FormatError` for what has not the form of a
    document, a bundle too large to stand in one included.
    """
    issuer = format_did_key(signer.public)
    subject: Json = msgspec.to_builtins({"holder": dict(holder), "lines": list(lines)})
    document: dict[str, Json] = {
        "@context": list(CONTEXT),
        "type": list(TYPES),
        "issuer": issuer,
        "validFrom": created,
        "credentialSubject": subject,
        "provenance": _text(bundle),
    }
    method = _method(issuer)
    secured = add_proof(document, method=method, created=created, sign=signer.sign)
    data = canonicalize(secured)
    _parse_document(_read(data))
    return data


def verify(
    data: bytes, verifier: Verifier, roots: SealRoots, day: date | None = None
) -> CvReport:
    """Verify a JSON CV. Never raises because of its bytes: bad input is a verdict.

    ``verifier`` judges the bundle in it on that ``day``, ``roots`` names the issuers that are
    trusted.
    """
    checks = Checks()
    try:
        tree = _read(data)
    except FormatError as error:
        checks.no("readable", error)
        return conclude(
            Findings(kind="json", made=checks.made, document=Document("unreadable")), day
        )
    checks.yes("readable", "JSON that every program reads alike")
    what = "" if "provenance" in tree else explain_file(data)
    found = Findings(
        kind="json",
        made=checks.made,
        document=Document("not provable"),
        claims="provenance" in tree,
        signed="proof" in tree,
        hint=f"This is {what}." if what else "",
    )
    try:
        document = _parse_document(tree)
    except FormatError as error:
        checks.no("document", error)
        return conclude(found, day)
    checks.yes("document", "a CV with its proof")
    sealed = _check_issuer(tree, document, roots, checks)
    report = check_proof(document.provenance.encode(), verifier, day, checks)
    if report.verdict in PROVEN:
        _check_claims(document.credentialSubject, report, checks)
    return conclude(msgspec.structs.replace(found, document=sealed, proof=report), day)


def lines_of(cv: Cv, report: Report) -> tuple[CvLine, ...]:
    """Return the lines of a CV to make a JSON CV of, each with the entry that it rests on.

    Its ``label`` is the title of the code in the register, where the proof shows one, else the
    code; what the CV calls it is left out. Raises `VerificationError` where a line fits no
    certification of the report, or several, and where that one does not hold on the report's
    day or shows no identity of its own.
    """
    found = reconstruct(encode_json(cv), report)
    certifications = {one.index: one for one in report.certifications}
    lines = []
    for line, one in zip(cv.lines, found.lines, strict=True):
        if one.entry is None:
            raise VerificationError(f"line {line.id}: {one.reason}")
        shown = certifications[one.entry]
        if shown.reasons or shown.identity is None:
            raise VerificationError(
                f"line {line.id}: entry {one.entry} does not hold: {', '.join(shown.reasons)}"
            )
        label = shown.title or str(dict(shown.fields)["code"])
        lines.append(msgspec.structs.replace(line, entry=one.entry, label=label))
    return tuple(lines)


def holder_of(lines: Sequence[CvLine], report: Report) -> dict[str, Value]:
    """Return the identity that the first line's certification shows as a whole."""
    shown = next(one for one in report.certifications if one.index == lines[0].entry)
    names = IDENTITY_GROUPS[str(shown.identity)]
    return {name: value for name, value in shown.fields if name in names}


def _read(data: bytes) -> dict[str, Json]:
    value = parse_json(data, size_max=JSON_CV_SIZE_MAX, what=_WHAT)
    if not isinstance(value, dict):
        raise FormatError(f"malformed {_WHAT}: no object")
    return value


def _text(bundle: bytes) -> str:
    if len(bundle) > BUNDLE_SIZE_MAX:
        raise FormatError(f"the bundle has more than {BUNDLE_SIZE_MAX} bytes")
    try:
        return bundle.decode()
    except UnicodeDecodeError as error:
        raise FormatError("the bundle is no UTF-8 text") from error


def _method(issuer: str) -> str:
    """Name the one key of a did:key (W3C CCG did:key, section 3.1)."""
    return f"{issuer}#{issuer.removeprefix(DID_KEY_PREFIX.removesuffix('z'))}"


def _parse_document(tree: dict[str, Json]) -> _JsonCv:
    """Check the form of the whole document; raises `FormatError`, which tells no value."""
    try:
        document = msgspec.convert(tree, _JsonCv)
    except msgspec.ValidationError as error:
        raise FormatError(f"malformed {_WHAT}{_place(error)}") from error
    proof, lines = document.proof, document.credentialSubject.lines
    parse_did_key(document.issuer)
    if not _TIME.fullmatch(document.validFrom):
        raise FormatError(f"malformed {_WHAT}: validFrom is not a time in UTC")
    parse_time(f"{document.validFrom[:-1]}.000000Z")
    if proof is not UNSET:
        _check_signature_form(proof, document)
    if len({line.id for line in lines}) != len(lines):
        raise FormatError(f"malformed {_WHAT}: two lines of one id")
    if len(canonicalize(tree["credentialSubject"])) > SUBJECT_SIZE_MAX:
        raise FormatError(f"malformed {_WHAT}: more than {SUBJECT_SIZE_MAX} bytes of claims")
    return document


def _check_signature_form(proof: _Proof, document: _JsonCv) -> None:
    decode_proof_value(proof.proofValue)
    if proof.created != document.validFrom:
        raise FormatError(f"malformed {_WHAT}: validFrom and created are not one time")
    if proof.verificationMethod != _method(document.issuer):
        raise FormatError(f"malformed {_WHAT}: the proof is by another key than the issuer's")


def _place(error: msgspec.ValidationError) -> str:
    """Return the place where the form is another one, unless an unknown name stands there."""
    text = str(error)
    _, found, path = text.rpartition(" - at `")
    return f" at {path.replace('`', '')}" if found and text.startswith("Expected") else ""


def _check_issuer(
    tree: dict[str, Json], document: _JsonCv, roots: SealRoots, checks: Checks
) -> Document:
    """Check the issuer's signature, and whether the issuer is trusted."""
    trusted = document.issuer in roots.issuers
    if trusted:
        checks.yes("issuer", f"the seal roots name {document.issuer}")
    else:
        checks.no("issuer", f"the seal roots do not name {document.issuer}")
    if document.proof is UNSET:
        checks.no("signature", "the document bears no signature")
        return Document("not sealed")
    try:
        verify_proof(tree, parse_did_key(document.issuer))
    except (FormatError, VerificationError) as error:
        checks.no("signature", error)
        return Document("altered")
    checks.yes("signature", "the document is as its issuer signed it")
    if not trusted:
        return Document("untrusted seal")
    return Document("as sealed", document.issuer, document.validFrom, "claimed")


def _check_claims(subject: _Subject, report: Report, checks: Checks) -> None:
    """Check that neither lines nor holder claim more than an accepted bundle shows."""
    found = list(find_disagreements(subject.lines, subject.holder, report))
    if found:
        checks.no("agreement", "; ".join(found))
    else:
        checks.yes("agreement", "the proof shows all that the CV claims")
    if not check_person(report, checks):
        return
    others = find_other_names(subject.holder, report)
    if others is None:
        checks.skip("holder-name", "the proof shows none of the holder's names")
    elif others:
        names = ", ".join(sorted(others))
        checks.no("holder-name", f"the proof is of somebody else: it shows another {names}")
    else:
        checks.yes("holder-name", "the holder's names are those that the proof shows")
