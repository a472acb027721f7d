"""CVs as PDF files: what is in them beside the proof, whose name is on them, whose key sealed.

A CV that says something else tomorrow without a byte being changed is not an original, nor is
one that bears another name than its proof.
"""

from __future__ import annotations

import io
import zlib
from html import escape
from typing import TYPE_CHECKING, Any, Final

from asn1crypto import algos, keys
from asn1crypto import x509 as asn1
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore

from provenance.cv.facts import HOLDER_NAMESPACE, KINDS
from provenance.cv.pdf import attach
from provenance.encoding import encode_json
from sealing import PLAIN, ROOT, STRANGER, certify, signer_of
from simulator import HOLDER, PERSON, make_log, make_record
from unit.test_active_content import ACTIVE, ATTACHED, HARMLESS, changed
from unit.test_cv_attacks import SEALED, catalog, sign, update
from vectors.good_persons import DOSSIER, NATIONAL, person
from vectors.pdf_cvs import pdf_draft, sealed_bundle
from verifying import lean

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from provenance.record.commitment import Field
    from vectors.cases import Draft

USAGE: Final = f"{HOLDER}titulaire.nomUsage"
SECOND: Final = f"{HOLDER}titulaire.prenom2"


def pdf_contents() -> Iterator[Draft]:
    """Return them all."""
    yield from _active()
    yield from _harmless()
    yield from _reasons()
    yield from _names()
    yield from _packets()
    yield from _levels()
    yield from _keys()
    yield from _bad_keys()


# What the file can do by itself.


def _active() -> Iterator[Draft]:
    """Return each kind once in a sealed file, and the others in files that are nobody's."""
    sealed: set[str] = set()
    nothing = {"verdict": "unreadable", "level": "no-proof"}
    for number, (note, (change, kinds)) in enumerate(ACTIVE.items()):
        if note in SPOILING:
            continue
        if kinds not in sealed or note == "the name once more":
            sealed.add(kinds)
            data = sign(changed(change))
            yield pdf_draft(f"{number}", f"{kinds}: {note}", data, "content")
        else:
            data = changed(change, PLAIN)
            failing = ("attachment", "seal", "content")
            said = f"{kinds}: {note}"
            yield pdf_draft(f"content-{number}", said, data, *failing, **nothing)
    assert {one for kinds in sealed for one in kinds.split(", ")} == {*KINDS}


SPOILING: Final = {
    "a script of the document",
    "another content of the proof",
    "a name like it in the tree",
}
"""Changes that need an attachment, and make it another one."""


def _harmless() -> Iterator[Draft]:
    for number, (note, change) in enumerate(HARMLESS.items()):
        if note != "nothing":
            said = f"no active content: {note}"
            options = {"level": "not-original"}
            yield pdf_draft(f"content-none-{number}", said, changed(change), "seal", **options)
    page = update(SEALED, {900: b"<< /S /JavaScript /JS (app.alert\\(1\\)) >>"})
    note = "a script behind the seal"
    added = {"recoverable": True}
    yield pdf_draft("script-added", note, page, "seal-coverage", "content", **added)


# Whose it is, and what is to be said of it.


def _proof(*records: Sequence[Field], shown: Sequence[str] = ()) -> tuple[str, bytes]:
    log, indexes = make_log(records=[make_record(one) for one in records])
    names = {index: log.line_names(index) | {*shown} for index in indexes}
    policy, bundle = lean(log, log.prove(*indexes, shown=names))
    return policy, encode_json(bundle)


def _reasons() -> Iterator[Draft]:
    log, (index,) = make_log()
    log.withdraw(index)
    log.publish()
    policy, bundle = lean(log, log.prove(index))
    data = sealed_bundle(encode_json(bundle))
    said = {"policy": policy, "reasons": (("withdrawn",),)}
    note = "genuine, of what was withdrawn since"
    yield pdf_draft("withdrawn", note, data, **said)
    for id_, members, reason in (
        ("expired", {"dateFinValidite": "2026-09-20"}, "expired"),
        ("not-yet-valid", {"dateDebutValidite": "2026-09-22"}, "not-yet-valid"),
        ("provisional", {"donneeCertifiee": False}, "provisional"),
    ):
        log, (index,) = make_log(records=[make_record(PERSON, **members)])
        policy, bundle = lean(log, log.prove(index))
        data = sealed_bundle(encode_json(bundle))
        said = {"policy": policy, "reasons": ((reason,),)}
        yield pdf_draft(id_, "genuine, and attention", data, **said)
    policy, made = _proof(PERSON, person(jourNaissance=24))
    said = {"policy": policy, "reasons": (("other-person",),) * 2}
    yield pdf_draft("persons", "two persons in it", sealed_bundle(made), "person", **said)
    unsealed = attach(PLAIN, made, as_is=True)
    note = "two persons, and not sealed"
    yield pdf_draft("and-person", note, unsealed, "seal", "person", **said)
    policy, made = _proof(PERSON, DOSSIER)
    said = {"policy": policy, "reasons": (("person-unsettled",),) * 2}
    note = "two who may be one person"
    yield pdf_draft("unsettled", note, sealed_bundle(made), **said)


def named(name: str, bundle: bytes, packet: str | None = None) -> bytes:
    """Return an unsealed file with a proof, whose metadata repeat a name, or are ``packet``."""
    shown = f"<provenance:holder>{escape(name, quote=False)}</provenance:holder>"
    text = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
        'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
        f'rdf:about="" xmlns:provenance="{HOLDER_NAMESPACE}">{shown}</rdf:Description>'
        "</rdf:RDF></x:xmpmeta>"
        if packet is None
        else packet
    )
    return _with_metadata(bundle, text.encode("utf-8", "surrogatepass"))


def _with_metadata(bundle: bytes, packet: bytes, members: bytes = b"") -> bytes:
    """Add metadata by hand, because every library mends what it writes."""
    head = b"<< /Type /Metadata /Subtype /XML %b /Length %d >>" % (members, len(packet))
    attached = attach(PLAIN, bundle, as_is=True)
    number, body = catalog(attached)
    body = body.replace(b"<<", b"<< /Metadata 900 0 R", 1)
    stream = b"%b\nstream\n%b\nendstream" % (head, packet)
    return update(attached, {900: stream, number: body})


FLATE: Final = b"/Filter /FlateDecode "
HEX: Final = b"/Filter /ASCIIHexDecode"
MANY: Final[tuple[Field, ...]] = (
    PERSON[0],
    (PERSON[1][0], "Anne-Marie"),
    *PERSON[2:],
    (USAGE, "MARTIN"),
    (SECOND, "Zoé Louise"),
)


def _names() -> Iterator[Draft]:
    policy, bundle = _proof(MANY, shown=(USAGE, SECOND))
    for id_, name, fits in (
        ("as-recorded", "Anne-Marie LEFÈVRE-DUBOIS", True),
        ("turned", "lefevre dubois anne marie", True),
        ("usage", "Anne-Marie Martin", True),
        ("both", "Anne-Marie Martin Lefèvre-Dubois", True),
        ("second-first-name", "Zoé Martin", True),
        ("all-first-names", "Zoé Louise Anne-Marie MARTIN", True),
        ("half-a-first-name", "Anne Martin", False),
        ("no-first-name", "MARTIN", False),
        ("no-surname", "Anne-Marie", False),
        ("first-name-twice", "Zoé Zoé Martin", False),
        ("another-surname", "Anne-Marie DURAND", False),
        ("another-first-name", "Jeanne MARTIN", False),
        ("more", "Anne-Marie MARTIN, docteure", False),
        ("half-a-surname", "Anne-Marie Dubois", False),
        ("empty", "", False),
        ("long", "Anne-Marie MARTIN" + " " * 984, False),
        ("of-1000", "Anne-Marie MARTIN" + " " * 983, True),
    ):
        note = f"the name of the heading: {name[:40].strip()}"
        yield _unsealed(f"name-{id_}", note, named(name, bundle), fits=fits, policy=policy)
    for id_, name in (("fits", "Zoé Martin"), ("of-another", "Anne-Marie DURAND")):
        failing = ("holder-name",) if id_ == "of-another" else ()
        data = sign(named(name, bundle))
        yield pdf_draft(f"name-{id_}", "sealed", data, *failing, policy=policy)
    policy, bundle = _proof(MANY)
    data = sign(named("Anne-Marie MARTIN", bundle))
    note = "a usage name that the proof does not show"
    yield pdf_draft("usage-hidden", note, data, "holder-name", policy=policy)
    yield from _other_kinds()


def _other_kinds() -> Iterator[Draft]:
    for id_, fields, name, fits, reason in (
        ("file", DOSSIER, "Maëlle Lefèvre-Dubois", True, ""),
        ("file-other", DOSSIER, "Maëlle Martin", False, ""),
        ("surname-alone", NATIONAL, "LEFÈVRE-DUBOIS", True, "name-only"),
        ("surname-and-more", NATIONAL, "Jeanne LEFÈVRE-DUBOIS", True, "name-only"),
        ("surname-other", NATIONAL, "Jeanne DUBOIS", False, "name-only"),
        ("nobody", (), "Anybody", None, "no-identity"),
    ):
        policy, bundle = _proof(fields)
        data = sign(named(name, bundle))
        failing = ("holder-name",) if fits is False else ()
        options: dict[str, Any] = {"policy": policy}
        options |= {"reasons": ((reason,),)} if reason else {}
        note = "by another kind of identity, or by none"
        yield pdf_draft(f"name-{id_}", note, data, *failing, **options)
    policy, bundle = _proof(PERSON, person(prenom1="Maëlle Anne"))
    options = {"policy": policy, "reasons": (("person-unsettled",),) * 2}
    data = sign(named("Maëlle Lefèvre-Dubois", bundle))
    yield pdf_draft("name-of-two", "it fits both certifications", data, **options)
    data = sign(named("Anne Lefèvre-Dubois", bundle))
    note = "it fits one of two certifications"
    yield pdf_draft("of-one-of-two", note, data, "holder-name", **options)


def _packets() -> Iterator[Draft]:
    policy, bundle = _proof(PERSON)
    open_, close = "<provenance:holder>", "</provenance:holder>"
    name = "Maëlle LEFÈVRE-DUBOIS"
    start = f'<r xmlns:provenance="{HOLDER_NAMESPACE}">'
    other = f'<r xmlns:n3="{HOLDER_NAMESPACE}" xmlns:provenance="{HOLDER_NAMESPACE}">'
    for id_, note, packet, fits in (
        ("twice", "twice", f"{start}{open_}{name}{close}{open_}{name}{close}", False),
        ("not-closed", "no end", f"{start}{open_}{name}", False),
        ("turned", "the end before it", f"{start}{close}{name}{open_}", False),
        ("element", "an element in it", f"{start}{open_}<b>{name}</b>{close}", False),
        ("entity", "an entity of no name", f"{start}{open_}{name}&nbsp;{close}", False),
        ("number", "a number of a character", f"{start}{open_}Ma&#235;lle{close}", False),
        ("other-prefix", "another prefix", f"{other}<n3:holder>Anybody</n3:holder>", False),
        (
            "two-prefixes",
            "twice",
            f"{other}{open_}{name}{close}<n3:holder>x</n3:holder>",
            False,
        ),
        ("attribute", "as an attribute", f'{start}<d provenance:holder="Anybody"/>', False),
        ("unquoted", "without quotes", f"{start}<d provenance:holder=Maëlle/>", False),
        ("lang", "an attribute of it", f'{start}<provenance:holder x="y">{name}{close}', False),
        ("attribute-own", "the name", f"{start}<d provenance:holder = '{name}'/>", True),
        ("prefix-own", "the name", f"{other}<n3:holder>{name}</n3:holder >", True),
        ("spaced", "a space in the element", f"{start}<provenance:holder >{name}{close}", True),
        (
            "escaped",
            "a known entity",
            f"{start}{open_}Maëlle &apos;LEFÈVRE DUBOIS{close}",
            True,
        ),
        ("no-value", "declared, and not used", start, True),
        ("address", "the address alone", f"{HOLDER_NAMESPACE}{open_}Anybody{close}", True),
        ("another-space", "another namespace", f"{open_}Anybody{close}", True),
        (
            "longer",
            "another property",
            f"{start}<provenance:holders>x</provenance:holders>",
            True,
        ),
        ("utf-16", "another encoding", "\ud800", True),
    ):
        # Not sealed, because what seals would mend the packet.
        data = named("", bundle, packet)
        yield _unsealed(f"packet-{id_}", note, data, fits=fits, policy=policy)
    wrong = f"{start}{open_}Anybody{close}".encode()
    large = wrong + b" " * (1024 * 1024)
    parameters = b"/DecodeParms << /Predictor 1 >>"
    for id_, note, packet_, members in (
        ("large", "more than 1 MiB: not looked at", zlib.compress(large), FLATE),
        ("hexadecimal", "another filter: not looked at", wrong.hex().encode(), HEX),
        ("parameters", "so filtered: not looked at", zlib.compress(wrong), FLATE + parameters),
        ("deflated", "deflated, and somebody else's", zlib.compress(wrong), FLATE),
    ):
        data = _with_metadata(bundle, packet_, members)
        fits = id_ != "deflated"
        yield _unsealed(f"packet-{id_}", note, data, fits=fits, policy=policy)


def _unsealed(id_: str, note: str, data: bytes, *, fits: bool, policy: str) -> Draft:
    failing = ("seal",) if fits else ("seal", "holder-name")
    level = "not-original" if fits else "impersonation"
    return pdf_draft(id_, note, data, *failing, policy=policy, level=level)


def _levels() -> Iterator[Draft]:
    """Let several things be wrong at once: the first level that fits is the one."""
    policy, bundle = _proof(PERSON)
    unsealed = named("Ana DUPONT", bundle)
    options: dict[str, Any] = {"policy": policy, "level": "impersonation"}
    note = "somebody else's name, and not sealed"
    yield pdf_draft("and-name", note, unsealed, "seal", "holder-name", **options)
    added = update(sign(unsealed), {950: b"<< /Type /Anything >>"})
    note = "somebody else's name, and changed: what was sealed was no original"
    yield pdf_draft("and-name", note, added, "seal-coverage", "holder-name", **options)
    policy, two = _proof(PERSON, person(jourNaissance=24))
    options = {"policy": policy, "reasons": (("other-person",),) * 2}
    data = sign(named("Ana DUPONT", two))
    note = "two persons, neither of them of this name"
    yield pdf_draft("and-name", note, data, "person", **options)
    added = update(data, {950: b"<< /Type /Anything >>"})
    options["level"] = "other-persons"
    note = "two persons, and changed"
    yield pdf_draft("and-person", note, added, "seal-coverage", "person", **options)
    script = changed(ACTIVE["text of a script"][0])
    note = "a script, and not sealed"
    options = {"level": "not-original"}
    yield pdf_draft("and-script", note, script, "seal", "content", **options)
    note = "a script, and sealed by somebody else"
    data = sign(script, signer=signer_of(STRANGER))
    yield pdf_draft("and-stranger", note, data, "content", "seal-trust")


# By which keys a seal may be made.


def _keys() -> Iterator[Draft]:
    small, large = (rsa.generate_private_key(65537, size) for size in (2048, 4096))
    p384 = ec.generate_private_key(ec.SECP384R1())
    for id_, note, key, digest, options in (
        ("rsa-2048", "the smallest RSA key", small, "sha256", {}),
        ("rsa-4096", "a larger one, SHA-512", large, "sha512", {}),
        ("rsa-sha384", "SHA-384", small, "sha384", {}),
        ("pss", "PSS, as it is to be", small, "sha256", {"salt": 32, "mask": "sha256"}),
        ("pss-sha512", "PSS, SHA-512", small, "sha512", {"salt": 64, "mask": "sha512"}),
        ("p-384", "P-384", p384, "sha384", {}),
        ("p-384-sha256", "P-384, with SHA-256", p384, "sha256", {}),
    ):
        yield pdf_draft(f"key-{id_}", note, _signed(key, digest, **dict[str, Any](options)))


def _bad_keys() -> Iterator[Draft]:
    for id_, note, key in (
        ("rsa-1024", "too small", rsa.generate_private_key(65537, 1024)),
        ("rsa-of-3", "another exponent", rsa.generate_private_key(3, 2048)),
        ("p-521", "another curve", ec.generate_private_key(ec.SECP521R1())),
    ):
        yield pdf_draft(f"key-{id_}", note, _signed(key, "sha256"), "seal")
    key = rsa.generate_private_key(65537, 2048)
    for id_, note, digest, options in (
        ("pss-salt-20", "a salt of 20 bytes", "sha256", {"salt": 20, "mask": "sha256"}),
        ("pss-mask", "another hash function", "sha256", {"salt": 32, "mask": "sha384"}),
        ("sha224", "a hash function that is not taken", "sha224", {}),
        ("sha1", "a broken hash function", "sha1", {}),
    ):
        yield pdf_draft(
            f"key-{id_}", note, _signed(key, digest, **dict[str, Any](options)), "seal"
        )


def _signed(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey,
    digest: str,
    *,
    salt: int | None = None,
    mask: str = "",
) -> bytes:
    """Seal by a key and a hash function; with ``salt`` by PSS."""
    named_ = signer_of(certify("Opérateur d'exemple", ROOT, key=key))
    mechanism = None
    if salt is not None:
        parameters = {
            "hash_algorithm": {"algorithm": digest},
            "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": {"algorithm": mask}},
            "salt_length": salt,
        }
        made = {"algorithm": "rsassa_pss", "parameters": parameters}
        mechanism = algos.SignedDigestAlgorithm(made)
    private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    signer = SimpleSigner(
        signing_cert=asn1.Certificate.load(named_.certificate.public_bytes(Encoding.DER)),
        signing_key=keys.PrivateKeyInfo.load(private),
        cert_registry=SimpleCertificateStore(),
        signature_mechanism=mechanism,
    )
    meta = PdfSignatureMetadata(
        field_name="Seal",
        md_algorithm=digest,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
        subfilter=SigSeedSubFilter.PADES,
        signer_key_usage=set(),
    )
    target = io.BytesIO()
    writer = IncrementalPdfFileWriter(io.BytesIO(ATTACHED))
    PdfSigner(meta, signer=signer).sign_pdf(writer, output=target)
    return target.getvalue()
