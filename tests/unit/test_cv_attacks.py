"""What people do to sealed CVs, and how each is told: never as an original."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pikepdf
import pytest
from asn1crypto import keys
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper
from pyhanko.sign.validation.generic_cms import validate_sig_integrity

from provenance.cv.facts import HOLDER_NAMESPACE
from provenance.cv.pdf import attach
from provenance.cv.pdfcheck import find_revision
from provenance.cv.roots import SealRoots
from provenance.encoding import encode_json
from provenance.verifier import Verifier
from sealing import (
    BUNDLE,
    DAY,
    INDEX,
    LOG,
    PLAIN,
    POLICY,
    ROOT,
    ROOTS,
    SEALER,
    STRANGER,
    failing,
    judge,
    make_pdf,
    read_in_process,
    sealed,
    signer_of,
)
from simulator import HOLDER, PERSON, TODAY, make_log, make_record

if TYPE_CHECKING:
    from collections.abc import Callable

    from provenance.cv.report import CvReport

SEAL = import_module("provenance.cv.seal")
PDFCHECK = import_module("provenance.cv.pdfcheck")
SEALED = sealed()
ATTACHED = attach(PLAIN, BUNDLE)


@pytest.fixture(autouse=True)
def _in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    read_in_process(monkeypatch)


def update(data: bytes, objects: dict[int, bytes], *, root: int | None = None) -> bytes:
    """Add an incremental update by hand: these objects, by number, replace or are added."""
    last = int(re.findall(rb"startxref\s+(\d+)", data)[-1])
    size = max(int(re.findall(rb"/Size (\d+)", data)[-1]), max(objects) + 1)
    number = root or int(re.findall(rb"/Root (\d+) 0 R", data)[-1])
    out = data if data.endswith(b"\n") else data + b"\n"
    table = b"xref\n"
    for one, body in sorted(objects.items()):
        table += b"%d 1\n%010d 00000 n \n" % (one, len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (one, body)
    trailer = b"trailer\n<< /Size %d /Root %d 0 R /Prev %d >>\n" % (size, number, last)
    return out + table + trailer + b"startxref\n%d\n%%%%EOF\n" % len(out)


def catalog(data: bytes) -> tuple[int, bytes]:
    """Return the number of the catalog, and its last text."""
    number = int(re.findall(rb"/Root (\d+) 0 R", data)[-1])
    (*_, body) = re.findall(rb"(?<!\d)%d 0 obj\s*(.*?)\s*endobj" % number, data, re.DOTALL)
    return number, body


def painted(data: bytes) -> bytes:
    """Show another text on the first page, by pyHanko's incremental update."""
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    page = writer.root["/Pages"]["/Kids"][0]
    contents = page.raw_get("/Contents")
    stream = contents.get_object()
    stream._data = b"BT /F1 18 Tf 20 150 Td (Somebody else) Tj ET"
    stream._encoded_data = None
    writer.mark_update(contents)
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def saved_again(data: bytes) -> bytes:
    with pikepdf.open(io.BytesIO(data)) as pdf:
        target = io.BytesIO()
        pdf.save(target)
        return target.getvalue()


def unsigned(data: bytes) -> bytes:
    """Save again with neither form nor certification, as a printer driver would."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        for name in ("/AcroForm", "/Perms"):
            del pdf.Root[name]
        for page in pdf.pages:
            if "/Annots" in page:
                del page["/Annots"]
        pdf.remove_unreferenced_resources()
        target = io.BytesIO()
        pdf.save(target)
        return target.getvalue()


def without_attachment(data: bytes) -> bytes:
    number, body = catalog(data)
    return update(data, {number: re.sub(rb"/AF \[.*?\]|/AF \d+ 0 R", b"", body)})


def sign(data: bytes, **options: Any) -> bytes:
    """Sign with the operator's own key, but not as a seal is made."""
    signer = options.pop("signer", signer_of(SEALER))
    stamper = options.pop("timestamper", None)
    members: dict[str, Any] = {
        "field_name": "Seal",
        "md_algorithm": "sha256",
        "certify": True,
        "docmdp_permissions": MDPPerm.NO_CHANGES,
        "subfilter": SigSeedSubFilter.PADES,
        "signer_key_usage": set(),
    }
    meta = PdfSignatureMetadata(**(members | options))
    made = PdfSigner(meta, signer=SEAL._simple_signer(signer), timestamper=stamper)
    target = io.BytesIO()
    made.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(data)), output=target)
    return target.getvalue()


def test_positive_control() -> None:
    assert judge(SEALED).level == judge(sign(ATTACHED)).level == "original"


# The document is changed.

CHANGED: dict[str, tuple[Callable[[bytes], bytes], list[str]]] = {
    "painted over": (painted, ["seal-coverage"]),
    "painted over by hand": (
        lambda data: update(data, {900: b"<< /Type /Anything >>"}),
        ["seal-coverage"],
    ),
    "a byte behind": (lambda data: data + b"\n", ["seal-coverage"]),
    "saved again": (saved_again, ["seal"]),
    "a word changed": (lambda data: data.replace(b"0 0 300 200", b"0 0 300 201", 1), ["seal"]),
    "the attachment leaves the associated files": (
        without_attachment,
        ["attachment", "seal-coverage"],
    ),
    "a second file of that name": (
        lambda data: update(
            data,
            {
                901: b"<< /Type /Filespec /F (provenance-proof.json) /EF << /F 902 0 R >> >>",
                902: b"<< /Length 2 >>\nstream\n{}\nendstream",
            },
        ),
        ["attachment", "seal-coverage", "content"],
    ),
    "a second signature dictionary": (
        lambda data: update(data, {900: b"<< /Type /Sig /Contents <00> >>"}),
        ["seal"],
    ),
    "a time stamp for the document": (
        lambda data: update(data, {900: b"<< /Type /DocTimeStamp /Contents <00> >>"}),
        ["seal"],
    ),
    "the words of a second range": (lambda data: data + b"% /ByteRange\n", ["seal"]),
    "no certification any more": (
        lambda data: update(
            data,
            {
                catalog(data)[0]: re.sub(
                    rb"/Perms <<.*?>>", b"", catalog(data)[1], flags=re.DOTALL
                )
            },
        ),
        ["seal-coverage"],
    ),
    "a digit of the signature in lower case": (
        lambda data: re.sub(
            rb"(/Contents <[0-9A-F]*?)([A-F])",
            lambda found: found[1] + found[2].lower(),
            data,
            count=1,
        ),
        ["seal-coverage"],
    ),
    "a space in the signature": (
        lambda data: re.sub(rb"00(0*>\n?/)", rb"0 \1", data, count=1),
        ["seal-coverage"],
    ),
    "something in the padding": (
        lambda data: re.sub(rb"000>(\s*/)", rb"001>\1", data, count=1),
        ["seal"],
    ),
}


@pytest.mark.parametrize("case", CHANGED.values(), ids=CHANGED)
def test_changed_document_is_no_original(
    case: tuple[Callable[[bytes], bytes], list[str]],
) -> None:
    change, expected = case
    changed = change(SEALED)
    assert changed != SEALED
    report = judge(changed)
    assert failing(report) == expected
    assert (report.level, report.verdict) == ("modified", "no")
    assert report.document.outcome == "altered"
    # What was only added to is intact inside; what was rewritten is not.
    assert report.recoverable is changed.startswith(SEALED)


# The version that was sealed.


def find(data: bytes, roots: SealRoots = ROOTS) -> bytes | None:
    return find_revision(
        data, Verifier(POLICY), roots, TODAY, int(datetime.now(UTC).timestamp())
    )


@pytest.mark.parametrize("case", CHANGED.values(), ids=CHANGED)
def test_version_that_was_sealed_is_found_where_it_is_intact(
    case: tuple[Callable[[bytes], bytes], list[str]],
) -> None:
    changed = case[0](SEALED)
    assert find(changed) == (SEALED if changed.startswith(SEALED) else None)


def test_nothing_is_recovered_from_what_was_not_modified() -> None:
    assert judge(SEALED).recoverable is False
    for data in (SEALED, ATTACHED, PLAIN, b"%PDF-1.7 damaged"):
        assert find(data) is None


def test_nothing_is_recovered_that_is_no_original() -> None:
    """Neither for whom the sealer is not trusted, nor where the certificate has ended."""
    changed = painted(SEALED)
    assert find(changed) == SEALED
    assert judge(changed, SealRoots()).recoverable is False
    assert judge(changed, days=4000).recoverable is False
    assert find(changed, SealRoots()) is None
    active = sign(with_object(ATTACHED, b"<< /S /JavaScript /JS (1) >>")) + b"\n"
    assert (judge(active).level, judge(active).recoverable) == ("modified", False)


def with_object(data: bytes, body: bytes) -> bytes:
    return update(data, {900: body})


def test_version_below_several_others_is_found() -> None:
    once = painted(SEALED)
    twice = update(once, {901: b"<< >>"})
    assert find(twice) == SEALED
    assert judge(twice).recoverable


def ranges(*numbers: str) -> bytes:
    return b"".join(b"%% /ByteRange [%s]\n" % one.encode() for one in numbers)


def test_only_the_last_four_places_are_looked_at() -> None:
    end = len(SEALED)
    decoys = [f"0 1 {at} 0" for at in range(2, 5)]
    assert find(SEALED + ranges(*decoys)) == SEALED
    assert find(SEALED + ranges(*decoys, "0 1 5 0")) is None
    # What can be no earlier version is no place: too large, not from 0, of other numbers.
    others = (f"0 1 {end + 500} 0", "1 2 3 0", "0 1 2", "0 -1 2 3", "0 1 2 x", "0 1 2 3 4")
    assert find(SEALED + ranges(*decoys, *others)) == SEALED


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        (b"/ByteRange [0 1 20 3]", [23]),
        (b"/ByteRange[0 1 20 3]", [23]),
        (b"/ByteRange\t\n\x0c\r\0 [ 0\t00001\n020\r3 ]", [23]),
        (b"/ByteRange [0 1 20 3]/ByteRange [0 1 30 3]", [33, 23]),
        (b"/ByteRange [0 1 9000000000 3]", []),
        (b"/ByteRange [0 1 90000000000 3]", []),
        (b"/ByteRange [1 1 20 3]", []),
        (b"/ByteRange [0 -1 20 3]", []),
        (b"/ByteRange [0 1 20]", []),
        (b"/ByteRange [0 1 20 3 4]", []),
        (b"/ByteRange [0 1 20 3.0]", []),
        (b"/ByteRange [0 1 20 3", []),
        (b"/ByteRange 5 0 R", []),
        (b"/ByteRanges [0 1 20 3]", []),
    ],
)
def test_places_of_earlier_versions(text: bytes, sizes: list[int]) -> None:
    """White space and leading zeros are as writers fill up what they reserved."""
    assert list(PDFCHECK._sizes(text + bytes(100))) == sizes


def test_proof_exchanged_behind_the_seal_is_somebody_elses() -> None:
    """The version that was sealed carries another proof: this document is not its own."""
    other = encode_json(LOG.prove(INDEX, shown=LOG.line_names(INDEX) - {"code"}))
    assert other != BUNDLE
    stream = b"<< /Type /EmbeddedFile /Length %d >>\nstream\n%s\nendstream" % (
        len(other),
        other,
    )
    (number,) = re.findall(rb"/EF << /F (\d+) 0 R", SEALED)
    report = judge(update(SEALED, {int(number): stream}))
    assert (report.level, failing(report)) == ("impersonation", ["seal-coverage"])
    assert report.recoverable


def test_pdf_libraries_go_on_calling_the_painted_file_intact() -> None:
    # The reason why "the signature is valid" is not what is asked here.
    (signature,) = PdfFileReader(io.BytesIO(painted(SEALED))).embedded_signatures
    signature.compute_integrity_info()
    certificate = asn1.Certificate.load(SEALER.der)
    intact, valid = validate_sig_integrity(
        signature.signer_info,
        certificate,
        expected_content_type="data",
        actual_digest=signature.compute_digest(),
    )
    assert intact
    assert valid


def test_file_without_any_seal_is_told_apart() -> None:
    for data in (ATTACHED, unsigned(SEALED)):
        report = judge(data)
        assert (report.level, failing(report)) == ("not-original", ["seal"])
        assert report.document.outcome == "not sealed"


# Signed by the right key, but not as a seal.

NO_SEALS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "an approval": ({"certify": False}, ["seal-coverage"]),
    "a certification that permits forms": (
        {"docmdp_permissions": MDPPerm.FILL_FORMS},
        ["seal-coverage"],
    ),
    "a certification that permits notes": (
        {"docmdp_permissions": MDPPerm.ANNOTATE},
        ["seal-coverage"],
    ),
    "another subfilter": ({"subfilter": SigSeedSubFilter.ADOBE_PKCS7_DETACHED}, ["seal"]),
}


@pytest.mark.parametrize("case", NO_SEALS.values(), ids=NO_SEALS)
def test_signature_of_another_kind_is_no_seal(case: tuple[dict[str, Any], list[str]]) -> None:
    options, expected = case
    report = judge(sign(ATTACHED, **options))
    assert (report.level, failing(report)) == ("modified", expected)


def test_another_hash_function_seals_as_well() -> None:
    for name in ("sha384", "sha512"):
        assert judge(sign(ATTACHED, md_algorithm=name)).level == "original"


def test_second_signature_breaks_the_seal() -> None:
    approved = sign(ATTACHED, certify=False, field_name="First")
    twice = sign(approved, certify=False, field_name="Second")
    assert failing(judge(twice)) == ["seal", "content"]


# Parts of several documents.


def moved(report: CvReport) -> tuple[str, list[str]]:
    return report.level, failing(report)


def test_proof_moved_into_another_document_proves_that_proof_alone() -> None:
    unsealed = attach(make_pdf("Somebody else"), BUNDLE)
    assert moved(judge(unsealed)) == ("not-original", ["seal"])
    stranger = sealed(signer_of(STRANGER))
    assert moved(judge(stranger)) == ("untrusted-seal", ["seal-trust"])


def test_seal_moved_to_another_document_does_not_hold() -> None:
    # Everything behind the first document, with its places unchanged, behind another one.
    other = attach(PLAIN.replace(b"0 0 300 200", b"0 0 300 300"), BUNDLE)
    assert len(other) == len(ATTACHED)
    other += SEALED[len(ATTACHED) :]
    assert moved(judge(other)) == ("modified", ["seal"])


def test_sealed_file_without_proof_or_with_a_bad_one_is_refused() -> None:
    assert moved(judge(sign(PLAIN))) == ("no-proof", ["attachment"])
    claimed = update(PLAIN, {900: b"<< /Type /Filespec /F (provenance-proof.json) >>"})
    assert moved(judge(sign(claimed))) == ("refused", ["attachment"])
    bad = BUNDLE.replace(b'"checkpoint":"', b'"checkpoint":"x', 1)
    assert moved(judge(sign(attach(PLAIN, bad)))) == ("refused", ["proof"])


def test_certification_of_another_person_is_told() -> None:
    other = make_record([*PERSON[1:], (f"{HOLDER}titulaire.nomNaissance", "MOREL")])
    log, indexes = make_log(records=[make_record(), other])
    both = encode_json(log.prove(*indexes))
    verify = import_module("provenance.cv.verify").verify
    for pdf in (sealed_of(both), attach(PLAIN, both, as_is=True)):
        now_s = int(datetime.now(UTC).timestamp())
        report = verify(pdf, log.policy(), ROOTS, now_s=now_s, day=TODAY)
        assert report.level == "other-persons"
        assert failing(report)[-1] == "person"


def sealed_of(bundle: bytes) -> bytes:
    attached = attach(PLAIN, bundle, as_is=True)
    return bytes(SEAL.seal(attached, signer_of(SEALER), as_is=True))


# Whose name is at the top.


PACKET = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-'
    b'syntax-ns#"><rdf:Description rdf:about="" xmlns:provenance="%s">%s</rdf:Description>'
    b"</rdf:RDF></x:xmpmeta>"
)


def named(value: bytes, bundle: bytes = BUNDLE) -> bytes:
    """Attach a proof to a file whose metadata have this in them, and sign it."""
    packet = PACKET % (HOLDER_NAMESPACE.encode(), value)
    stream = b"<< /Type /Metadata /Subtype /XML /Length %d >>\nstream\n%s\nendstream" % (
        len(packet),
        packet,
    )
    attached = attach(PLAIN, bundle, as_is=True)
    number, body = catalog(attached)
    body = body.replace(b"<<", b"<< /Metadata 900 0 R", 1)
    whole = update(attached, {900: stream, number: body})
    return bytes(SEAL.seal(whole, signer_of(SEALER), as_is=True))


def name_of(text: str) -> bytes:
    return f"<provenance:holder>{text}</provenance:holder>".encode()


NAMES: dict[str, tuple[bytes, str, str]] = {
    "the proven name": (name_of("Maëlle LEFÈVRE-DUBOIS"), "original", "yes"),
    "the proven name, spelled otherwise": (name_of("lefevre dubois maelle"), "original", "yes"),
    "another first name": (name_of("Zoé LEFÈVRE-DUBOIS"), "impersonation", "no"),
    "half of the surname": (name_of("Maëlle LEFÈVRE"), "impersonation", "no"),
    "another name": (name_of("Ana DUPONT"), "impersonation", "no"),
    "a name too many": (name_of("Docteur Maëlle LEFÈVRE-DUBOIS"), "impersonation", "no"),
    "no name in it": (name_of(""), "impersonation", "no"),
    "twice": (name_of("Maëlle LEFÈVRE-DUBOIS") * 2, "impersonation", "no"),
    "markup in it": (name_of("Maëlle <b>LEFÈVRE-DUBOIS</b>"), "impersonation", "no"),
    "the namespace alone": (b"", "original", "n/a"),
}


@pytest.mark.parametrize(("packet", "level", "outcome"), NAMES.values(), ids=NAMES)
def test_name_at_the_top_is_held_against_the_proof(
    packet: bytes, level: str, outcome: str
) -> None:
    data = named(packet)
    report = judge(data)
    assert report.level == level
    assert failing(report) == (["holder-name"] if outcome == "no" else [])


def test_name_at_the_top_of_what_is_not_sealed_is_held_against_the_proof_too() -> None:
    for name, level in (("Maëlle LEFÈVRE-DUBOIS", "not-original"), ("X", "impersonation")):
        assert judge(unsigned(named(name_of(name)))).level == level


def test_without_a_name_or_somebody_to_compare_it_with_nothing_is_said() -> None:
    outcomes = {check.name: check.outcome for check in judge(SEALED).checks}
    assert outcomes["holder-name"] == "n/a"
    shown = LOG.line_names(INDEX) - {f"{HOLDER}titulaire.prenom1"}
    nobody = encode_json(LOG.prove(INDEX, shown=shown))
    report = judge(named(name_of("Ana DUPONT"), nobody))
    outcomes = {check.name: check.outcome for check in report.checks}
    assert (report.level, outcomes["holder-name"]) == ("original", "n/a")
    assert report.verdict == "attention"


# Content that changes what is shown.


@pytest.mark.parametrize(
    "body",
    [
        b"<< /S /JavaScript /JS (app.alert) >>",
        b"<< /Type /Action /S /Launch >>",
        b"<< /AA << >> >>",
        b"<< /Subtype /FileAttachment >>",
        b"[ [ << /S /Named /N /Print >> ] ]",
        b"<< /Type /Filespec /F (Provenance-Proof.json) /EF << >> >>",
        b"<< /Type /Filespec /F (provenance-proof.json ) /EF << >> >>",
        b"<< /Type /Filespec /UF (cv.json) /EF << /Unix 2 0 R >> >>",
    ],
)
def test_active_content_is_named_and_no_original(body: bytes) -> None:
    """Sealed by somebody who allowed it: the verifier says so all the same."""
    report = judge(sign(with_object(ATTACHED, body)))
    assert (report.level, failing(report)) == ("refused", ["content"])
    assert report.document.outcome == "as sealed"
    (check,) = (one for one in report.checks if one.name == "content")
    assert "can change what it shows" in check.reason


def test_active_content_of_what_is_not_sealed_is_named_too() -> None:
    report = judge(with_object(ATTACHED, b"<< /JS (1) >>"))
    assert (report.level, failing(report)) == ("not-original", ["seal", "content"])


def test_sealed_file_inside_an_unsealed_one_seals_nothing() -> None:
    with pikepdf.open(io.BytesIO(ATTACHED)) as pdf:
        spec = pikepdf.AttachedFileSpec(pdf, SEALED, filename="sealed.pdf")
        pdf.attachments["sealed.pdf"] = spec
        # Neither compressed nor plain does it lend its seal.
        for compressed in (True, False):
            target = io.BytesIO()
            pdf.save(
                target,
                compress_streams=compressed,
                stream_decode_level=pikepdf.StreamDecodeLevel.generalized,
                recompress_flate=True,
            )
            report = judge(target.getvalue())
            assert report.level != "original"
            assert failing(report) == ["seal"]


# Attachments.


def attachment(change: Callable[[pikepdf.Pdf], None]) -> bytes:
    """Change an attached file before it is sealed, by somebody careless."""
    with pikepdf.open(io.BytesIO(ATTACHED)) as pdf:
        change(pdf)
        target = io.BytesIO()
        pdf.save(target)
    return sign(target.getvalue())


def in_names_only(pdf: pikepdf.Pdf) -> None:
    del pdf.Root.AF


def in_af_only(pdf: pikepdf.Pdf) -> None:
    del pdf.Root.Names


def twice_in_names(pdf: pikepdf.Pdf) -> None:
    pairs = pdf.Root.Names.EmbeddedFiles.Names
    pairs.append(pikepdf.String("z"))
    pairs.append(pairs[1])


def twice_in_af(pdf: pikepdf.Pdf) -> None:
    pdf.Root.AF.append(pdf.Root.AF[0])


def two_contents(pdf: pikepdf.Pdf) -> None:
    pdf.Root.AF[0].EF.UF = pdf.make_stream(b"{}")


def other_name(pdf: pikepdf.Pdf) -> None:
    for key in ("/F", "/UF"):
        pdf.Root.AF[0][key] = pikepdf.String("proof.json")


def other_key(pdf: pikepdf.Pdf) -> None:
    copy = pdf.make_indirect(pikepdf.Dictionary(dict(pdf.Root.AF[0].items())))
    pdf.Root.AF = pikepdf.Array([copy])


def filtered(*filters: str, **more: Any) -> Callable[[pikepdf.Pdf], None]:
    def change(pdf: pikepdf.Pdf) -> None:
        stream = pdf.Root.AF[0].EF.F
        names = pikepdf.Array([pikepdf.Name(f"/{one}") for one in filters])
        stream.write(stream.read_raw_bytes(), filter=names)
        for key, value in more.items():
            stream[f"/{key}"] = value

    return change


def no_stream(pdf: pikepdf.Pdf) -> None:
    pdf.Root.AF[0].EF.F = pdf.make_indirect(pikepdf.Dictionary())


BAD_ATTACHMENTS = {
    "not associated": in_names_only,
    "not in the name tree": in_af_only,
    "twice in the name tree": twice_in_names,
    "associated twice": twice_in_af,
    "one in the tree, a copy associated": other_key,
    "two contents": two_contents,
    "no content": no_stream,
    "a filter twice": filtered("FlateDecode", "FlateDecode"),
    "another filter": filtered("ASCIIHexDecode"),
    "an unknown filter": filtered("DCTDecode"),
    "parameters for the filter": filtered(
        "FlateDecode", DecodeParms=pikepdf.Dictionary(Predictor=12)
    ),
    "content in another file": filtered("FlateDecode", F=pikepdf.String("other")),
}


@pytest.mark.parametrize("change", BAD_ATTACHMENTS.values(), ids=BAD_ATTACHMENTS)
def test_attachment_of_another_form_is_refused(change: Callable[[pikepdf.Pdf], None]) -> None:
    report = judge(attachment(change))
    assert (report.level, failing(report)[0]) == ("refused", "attachment")
    assert {*failing(report)} <= {"attachment", "content"}
    assert report.document.outcome == "as sealed"


def test_positive_control_of_attachments() -> None:
    assert judge(attachment(lambda _: None)).level == "original"


# Two readers.


def test_second_reader_that_sees_something_else_is_believed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reader = import_module("provenance.cv.secondreader")
    right = reader.read_again
    attachments, signature = right(SEALED, attachments=True)

    def answer(found: Any) -> CvReport:
        monkeypatch.setattr(reader, "read_again", lambda *_, **__: found)
        return judge(SEALED)

    assert answer((attachments, signature)).level == "original"
    assert failing(answer(([b"{}"], signature))) == ["attachment"]
    assert failing(answer(([], signature))) == ["attachment"]
    assert failing(answer((attachments, None))) == ["seal"]


def test_file_that_the_second_reader_cannot_read_is_not_sealed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(data: bytes, *, attachments: bool) -> None:
        raise KeyError

    monkeypatch.setattr(import_module("provenance.cv.secondreader"), "read_again", fail)
    assert failing(judge(SEALED)) == ["seal"]


# Time stamps that are none, made by an authority of pyHanko's for tests.


def authority(*usages: x509.ObjectIdentifier, critical: bool = True) -> tuple[Any, Any]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Horloge RSA")])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - DAY)
        .not_valid_after(now + DAY)
    )
    if usages:
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=critical)
    return key, builder.sign(key, hashes.SHA256())


def stamped(
    made: tuple[Any, Any], *, kind: type[DummyTimeStamper] = DummyTimeStamper, **options: Any
) -> CvReport:
    """Seal with a stamp by an authority whose certificate the verifier pins."""
    key, certificate = made
    private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    der = certificate.public_bytes(Encoding.DER)
    stamper = kind(asn1.Certificate.load(der), keys.PrivateKeyInfo.load(private), **options)
    roots = SealRoots(seals=(ROOT.der,), tsas=(der,))
    return judge(sign(ATTACHED, timestamper=stamper), roots)


STAMPING = ExtendedKeyUsageOID.TIME_STAMPING


class OfOtherBytes(DummyTimeStamper):
    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> Any:
        return await super().async_timestamp(bytes(len(message_digest)), md_algorithm)


def test_stamp_of_an_rsa_key_is_taken() -> None:
    report = stamped(authority(STAMPING))
    assert (report.level, report.document.time_source) == ("original", "tsa")


@pytest.mark.parametrize(
    "made",
    [
        authority(),
        authority(ExtendedKeyUsageOID.EMAIL_PROTECTION),
        authority(STAMPING, ExtendedKeyUsageOID.EMAIL_PROTECTION),
        authority(STAMPING, critical=False),
    ],
    ids=["no usage", "another usage", "another usage too", "not critical"],
)
def test_certificate_of_another_use_stamps_nothing(made: tuple[Any, Any]) -> None:
    assert moved(stamped(made)) == ("untrusted-seal", ["seal-trust"])


def test_stamp_over_other_bytes_is_none() -> None:
    report = stamped(authority(STAMPING), kind=OfOtherBytes)
    assert moved(report) == ("untrusted-seal", ["seal-trust"])


@pytest.mark.parametrize("days", [-400, 400])
def test_stamp_of_a_time_at_which_a_certificate_did_not_hold_is_refused(days: int) -> None:
    report = stamped(authority(STAMPING), fixed_dt=datetime.now(UTC) + days * DAY)
    assert moved(report) == ("untrusted-seal", ["seal-trust"])


# A hybrid of both kinds of cross-reference tables, and a writer of another make.


def test_file_of_cross_reference_streams_is_sealed_as_well() -> None:
    with pikepdf.open(io.BytesIO(PLAIN)) as pdf:
        target = io.BytesIO()
        pdf.save(target, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    attached = attach(target.getvalue(), BUNDLE)
    assert judge(SEAL.seal(attached, signer_of(SEALER))).level == "original"


def test_file_written_by_the_other_library_is_sealed_as_well() -> None:
    target = io.BytesIO()
    copy_into_new_writer(PdfFileReader(io.BytesIO(ATTACHED))).write(target)
    assert judge(SEAL.seal(target.getvalue(), signer_of(SEALER))).level == "original"
