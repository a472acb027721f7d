"""Rendered CVs: what stands on them, what does not, and the form of the file."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, get_args
from xml.etree import ElementTree as ET

import pikepdf
import pytest
import typst

from cv_samples import (
    CREATED_S,
    DOSSIER,
    NATIONAL,
    SUMMARY_SIGNER,
    all_names,
    holder,
    make,
    opened,
    proof,
    record,
    rendered,
    text_of,
    titled_proof,
)
from provenance.cv.activecontent import find_active
from provenance.cv.facts import ATTACHMENT_NAME, HOLDER_NAMESPACE, MEDIA_TYPE
from provenance.cv.holder import parse_holder
from provenance.cv.pdf import attach
from provenance.cv.qr import read_pdf
from provenance.cv.seal import READABLE_NAME, SealSigner, seal
from provenance.cv.summary import decode_summary, make_summary, verify_summary
from provenance.cv.trial import make_trial_seal
from provenance.cv.wording import MENTIONS, WORDS, Language, day_text
from provenance.cv.xmp import read_holder
from provenance.errors import FormatError, VerificationError
from provenance.record.bundle import encode_bundle
from provenance.record.paris import paris_day
from provenance.verifier import Verifier
from simulator import (
    CERTIFIER,
    DEPOSITOR,
    PERSON,
    Simulator,
    make_log,
    make_record,
    make_sheet,
)
from simulator import HOLDER as GROUP

if TYPE_CHECKING:
    from collections.abc import Sequence

CREATED: Final = paris_day(CREATED_S * 1_000_000)
DEJAVU: Final = Path("/usr/share/fonts/truetype/dejavu")
PDFA: Final = "http://www.aiim.org/pdfa/ns/"
RDF: Final = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
HOSTILE: Final = (
    '#panic("x") *b* _i_ `r` $x^2$ @ref <l> \\u{41} // c /* [a] ~ --- "q" = h {name} '
    "#sys.inputs"
)


# What stands on the page.


def test_what_is_guaranteed_stands_there() -> None:
    log, _, bundle = titled_proof(record(0), record(1), shown=all_names())
    text = text_of(make(log, bundle))
    assert text.startswith(
        "Maëlle LEFÈVRE-DUBOIS Délivrées à Maëlle LEFÈVRE-DUBOIS, né(e) le 23 juillet 1991"
    )
    assert "2012 Développeur web et web mobile EN VIGUEUR RNCP34762 · Institut Exemple" in text
    assert "niveau 5 du cadre national · délivrée le 1er janvier 2012 · sans limite" in text
    assert "niveau B2 (CECRL) · mention bien" in text
    assert "Entrée 4, reçue le 21 septembre 2026, déposée par Institut Exemple" in text
    assert "2013 Anglais des affaires EN VIGUEUR RS5079 ·" in text
    assert "valable jusqu’au 2 mars 2028" in text
    assert "Registre ledger.example/2026, 9 entrées ; statuts au 21 septembre 2026" in text
    assert "tel que l’opérateur l’a inscrit (version du 20 septembre 2026)" in text
    assert "CV établi le 25 novembre 2026. Maëlle LEFÈVRE-DUBOIS page 1 sur 1" in text


def test_what_is_declared_stands_apart() -> None:
    text = text_of(rendered(holder=holder(usage_name="Martin")))
    head, _, declared = text.partition("DÉCLARÉES par le titulaire, sans garantie")
    # Nothing of the holder's stands above it.
    for word in ("Développeuse", "maelle@example.org", "Lyon", "Huit ans", "Martin"):
        assert word not in head
    assert "Développeuse web Nom d’usage, déclaré par le titulaire : Martin" in declared
    assert "maelle@example.org · Lyon Huit ans de développement web." in declared
    for period in ("depuis 2021 Développeuse principale, Atelier Nord, Lille", "2017 – 2021"):
        assert period in declared
    assert "2016 Stage jusqu’à 2015 Bénévolat Divers" in declared
    assert "Compétences HTML et CSS · Accessibilité Langues Breton" in declared


def test_who_deposited_for_whom_is_said() -> None:
    log = Simulator()
    log.register(DEPOSITOR, name="Un intermédiaire")
    log.register(CERTIFIER, name="Université d’exemple")
    index = log.certify(log.deposit(), make_record())
    own = log.certify(
        log.deposit(certifier=DEPOSITOR), make_record(certificateur=DEPOSITOR, code="RS1")
    )
    log.publish()
    text = text_of(make(log, encode_bundle(log.prove(index, own))))
    assert (
        "déposée par Un intermédiaire pour le compte de Université d’exemple ; "
        "Université d’exemple n’a pas signé" in text
    )
    assert "Un intermédiaire n’est pas limité : il peut déposer pour tout certificateur" in text
    # Of what it deposited for itself nothing of the kind is said,
    assert text.count("limité") == text.count("pour le compte") == 1
    # nor where it may deposit for certain bodies only.
    assert "limité" not in text_of(rendered(record(0), record(1)))


def test_a_field_that_is_not_shown_does_not_appear() -> None:
    text = text_of(rendered())
    for word in ("niveau", "mention", "B2", "score", "option"):
        assert f"{word} " not in text


def test_everything_that_may_be_shown_is_worded() -> None:
    extra: dict[str, Any] = {
        "niveauNumeriqueEuropeen.scoreGeneral": 412,
        "presenceNiveauNumeriqueEuro": True,
        "libelleOption": "Réseaux",
        "mentionValidee": "MENTION_NOUVELLE",
    }
    text = text_of(rendered(record(**extra), shown=[*all_names(), *extra]))
    assert "score numérique 412 · option Réseaux · MENTION_NOUVELLE" in text
    none = text_of(rendered(record(mentionValidee="SANS_MENTION"), shown=all_names()))
    assert "MENTION" not in none.upper()


def test_without_a_sheet_the_code_is_the_title() -> None:
    text = text_of(rendered())
    assert "2012 RNCP34762 EN VIGUEUR Institut Exemple" in text
    assert "Intitulés" not in text
    assert "RS 1234" in text_of(rendered(record(type="RS", code="1234")))


def test_a_holder_who_declares_nothing_has_a_cv() -> None:
    text = text_of(rendered(holder=parse_holder(b'{"format":"provenance-holder/1"}')))
    assert text.startswith("Maëlle LEFÈVRE-DUBOIS")
    assert "DONNÉES GARANTIES" in text
    assert "DÉCLARÉES" not in text


def test_it_is_made_in_english_too() -> None:
    text = text_of(rendered(shown=all_names(), language="en", address="cv.example/verify"))
    assert "Awarded to Maëlle LEFÈVRE-DUBOIS, born 23 July 1991" in text
    assert "awarded 1 January 2012 · valid without limit · level B2 (CEFR)" in text
    assert "Verification page: cv.example/verify. Type the address yourself." in text
    assert "Neither colour nor symbol proves anything." in text


def test_what_is_not_guaranteed_is_said() -> None:
    text = text_of(rendered())
    assert "Non garantis : les données déclarées ; la vérité de ce qu’affirme le" in text
    assert "Page de vérification" not in text
    assert "Sur papier" not in text


def test_ten_certifications_take_two_pages() -> None:
    pdf = rendered(*map(record, range(10)), shown=all_names(), signer=SUMMARY_SIGNER)
    with opened(pdf) as document:
        assert len(document.pages) == 2
    assert "page 2 sur 2" in text_of(pdf)
    assert len(read_pdf(pdf)) == 1


def test_a_name_as_long_as_it_may_be_is_set() -> None:
    name = "Anne-Sophie de La Rochefoucauld " * 6
    person = [(PERSON[0][0], name.strip()), *PERSON[1:]]
    assert name.strip() in text_of(rendered(record(0, person), holder=holder(name=None)))


@pytest.mark.parametrize(
    ("person", "said"),
    [
        ([*PERSON[:3], (PERSON[3][0], None), (PERSON[4][0], None)], "DUBOIS, né(e) en 1991 "),
        ([*PERSON[:2], *((name, None) for name, _ in PERSON[2:])], "à Maëlle LEFÈVRE-DUBOIS R"),
        (DOSSIER, "Délivrées à Zoé NGUYỄN Registre"),
    ],
    ids=["year", "no date", "dossier"],
)
def test_every_kind_of_identity_is_shown(person: Sequence[Any], said: str) -> None:
    assert said in text_of(rendered(record(0, person), holder=holder(name=None)))


def test_a_surname_alone_guarantees_nothing() -> None:
    options: dict[str, Any] = {"holder": holder(name=None)}
    with pytest.raises(VerificationError, match=r"entry 4 cannot stand .* name-only"):
        rendered(record(0, NATIONAL), **options)
    text = text_of(rendered(record(0, NATIONAL), everything=True, **options))
    assert text.startswith("MARTIN Délivrées à MARTIN Registre")
    assert "GARANTIES" not in text.partition("AUTRES INSCRIPTIONS")[0]
    assert "La preuve ne montre qu’un nom de famille" in text


def test_identities_of_two_kinds_are_shown_apart() -> None:
    dossier = [
        (f"{GROUP}dossierFormation.nomTitulaire", "LEFEVRE DUBOIS"),
        (f"{GROUP}dossierFormation.prenom1Titulaire", "Maëlle"),
    ]
    records = (record(0), record(1, dossier))
    with pytest.raises(VerificationError, match="person-unsettled"):
        rendered(*records)
    text = text_of(rendered(*records, everything=True))
    assert "à Maëlle LEFÈVRE-DUBOIS, né(e) le 23 juillet 1991 (4)" in text
    assert "Délivrées à Maëlle LEFEVRE DUBOIS (5)" in text
    assert "La preuve ne dit pas si elle est à la même personne que les autres." in text


def test_a_refreshed_proof_shows_the_later_status() -> None:
    log, indexes = make_log(records=[record()])
    early = log.size
    log.publish()
    later = log.show_later(early, *indexes)
    bundle = encode_bundle(log.prove(*indexes, size=early, later=later))
    text = text_of(make(log, bundle))
    assert f"{log.size} entrées ; statuts au" in text
    assert log.size > early


# What is not made.


def test_a_withdrawn_certification_is_refused_unless_asked_for() -> None:
    log, indexes = make_log(records=[record(0), record(1)])
    withdrawal = log.withdraw(indexes[1])
    log.publish()
    support = (*log.support_of(*indexes), withdrawal)
    bundle = encode_bundle(log.prove(*indexes, support=support))
    with pytest.raises(
        VerificationError, match=r"entry 5 cannot stand .*: withdrawn; leave it"
    ):
        make(log, bundle)
    text = text_of(make(log, bundle, everything=True))
    guaranteed, _, others = text.partition("AUTRES INSCRIPTIONS AU REGISTRE non garanties")
    assert "RNCP34762 EN VIGUEUR" in guaranteed
    assert "RS5079" not in guaranteed
    assert "RS5079 RETIRÉE" in others
    assert f"depuis le 21 septembre 2026, par l’entrée {withdrawal}" in others
    # What is signed takes nothing of the kind, whatever is asked for.
    with pytest.raises(VerificationError, match="no summary: entry 5 does not hold: withdrawn"):
        make(log, bundle, everything=True, signer=SUMMARY_SIGNER)


def test_an_unknown_status_is_refused_unless_asked_for() -> None:
    log, indexes = make_log(records=[record()])
    bundle = encode_bundle(log.prove(*indexes, status=()))
    with pytest.raises(VerificationError, match="status-unknown"):
        make(log, bundle)
    text = text_of(make(log, bundle, everything=True))
    assert "STATUT INCONNU" in text
    assert "DONNÉES GARANTIES" not in text
    assert "6 entrées ; statuts inconnus." in text
    assert "tout ce qui a suivi l’enregistrement" in text


@pytest.mark.parametrize(
    ("changes", "reason", "badge"),
    [
        ({"dateFinValidite": "2026-11-24"}, "expired", "EXPIRÉE"),
        ({"dateDebutValidite": "2026-11-26"}, "not-yet-valid", "PAS ENCORE VALABLE"),
        ({"donneeCertifiee": False}, "provisional", "PROVISOIRE"),
    ],
)
def test_what_does_not_hold_on_the_day_is_refused_unless_asked_for(
    changes: dict[str, Any], reason: str, badge: str
) -> None:
    with pytest.raises(VerificationError, match=f"of the CV, 2026-11-25, .*: {reason};"):
        rendered(record(**changes))
    text = text_of(rendered(record(**changes), everything=True))
    assert badge in text
    assert "EN VIGUEUR" not in text
    assert "DONNÉES GARANTIES" not in text


@pytest.mark.parametrize(
    "changes", [{"dateFinValidite": "2026-11-25"}, {"dateDebutValidite": "2026-11-25"}]
)
def test_what_just_holds_on_the_day_is_guaranteed(changes: dict[str, Any]) -> None:
    assert "EN VIGUEUR" in text_of(rendered(record(**changes)))


def test_a_cv_is_not_dated_back_before_its_proof() -> None:
    before = CREATED_S - 90 * 86_400
    with pytest.raises(VerificationError, match="status-old"):
        rendered(created_s=before)
    assert "Son statut est d’un autre moment que ce CV : 21 septembre" in text_of(
        rendered(created_s=before, everything=True)
    )


def test_what_lacks_a_field_is_refused_unless_asked_for() -> None:
    names = [name for name in all_names() if name not in {"code", "certificateur"}]
    log, _, bundle = proof(shown=names)
    with pytest.raises(VerificationError, match=r"incomplete \(certificateur, code\)"):
        make(log, bundle)
    text = text_of(make(log, bundle, everything=True))
    assert "Certification sans code montré À VÉRIFIER certificateur non montré" in text
    assert (
        "La preuve ne montre pas tout ce qu’une ligne garantie demande : certificateur" in text
    )
    assert "RNCP34762" not in text


def test_a_certification_of_nobody_is_never_shown_under_a_name() -> None:
    nobody = [name for name, _ in PERSON]
    shown = {4: all_names(), 5: [name for name in all_names() if name not in nobody]}
    log, _, bundle = proof(record(0), record(1), shown=shown)
    for everything in (False, True):
        with pytest.raises(VerificationError, match="shows no identity with entry 5"):
            make(log, bundle, everything=everything)


def test_a_provisional_certification_says_so() -> None:
    text = text_of(rendered(record(donneeCertifiee=False), everything=True))
    assert "provisoire : une certification définitive doit suivre" in text


def test_a_proof_that_is_not_accepted_is_refused() -> None:
    log, _, bundle = proof()
    other, _, _ = proof()
    with pytest.raises(VerificationError, match=r"not accepted \(format\)"):
        make(log, b"{}")
    tampered = bundle.replace(b'"RNCP', b'"RNCQ').replace(
        b'\\"time\\":\\"2026', b'\\"time\\":\\"2025'
    )
    assert tampered != bundle
    with pytest.raises(VerificationError, match="not accepted"):
        make(other, tampered)


def test_different_persons_are_refused_always() -> None:
    other = [*PERSON[:1], (PERSON[1][0], "Paul"), *PERSON[2:]]
    with pytest.raises(VerificationError, match="different persons"):
        rendered(record(0), record(1, other), everything=True)


@pytest.mark.parametrize("created_s", [-1, 253_402_300_800])
def test_a_date_without_a_calendar_is_refused(created_s: int) -> None:
    with pytest.raises(FormatError, match="between the years"):
        rendered(created_s=created_s)


# Texts are texts.


def test_markup_is_set_as_it_stands() -> None:
    stages = [{"title": HOSTILE, "organisation": HOSTILE, "from": HOSTILE, "text": HOSTILE}]
    given = holder(
        name=None,
        usage_name=HOSTILE,
        headline=HOSTILE,
        contact=[HOSTILE],
        profile=f'{HOSTILE}\n= Heading\n#import "x"',
        experience=stages,
        skills=[HOSTILE],
    )
    option = '#read("/etc/passwd")'
    person = [(PERSON[0][0], HOSTILE), *PERSON[1:]]
    log, _, bundle = titled_proof(
        record(0, person, libelleOption=option),
        sheets=[make_sheet("RNCP34762", title=HOSTILE)],
        shown=[*all_names(), "libelleOption"],
    )
    pdf = make(log, bundle, holder=given, address=HOSTILE)
    text = text_of(pdf)
    whole = re.sub(r"\s", "", text)
    # Name thrice (head, holder, foot of the page), usage name, headline, contact, profile,
    # stage 4, skill, title, address.
    assert whole.count(re.sub(r"\s", "", HOSTILE)) >= 13
    assert option in text
    assert '= Heading #import "x"' in text
    with opened(pdf) as document:
        assert str(document.docinfo["/Author"]) == f"Maëlle {HOSTILE}"
        assert read_holder(document.Root.Metadata.read_bytes()) == (f"Maëlle {HOSTILE}",)


def test_characters_without_a_glyph_are_refused_and_not_told() -> None:
    with pytest.raises(FormatError, match="characters that no font has") as caught:
        rendered(holder=holder(headline="李小龍"))
    assert "李" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_what_typst_says_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> bytes:
        raise typst.TypstError("secret", "secret")

    monkeypatch.setattr(typst, "compile", fail)
    with pytest.raises(FormatError, match="typst cannot set this page") as caught:
        rendered()
    assert "secret" not in str(caught.value)


def test_greek_cyrillic_and_vietnamese_are_there() -> None:
    for name in ("Нікіта Ковальчук", "Ελένη Παππά", "Nguyễn Thị Hồng", "Žofie Łukasz"):
        assert name in text_of(rendered(holder=holder(headline=name)))


def test_fonts_can_be_added(tmp_path: Path) -> None:
    if not (DEJAVU / "DejaVuSans.ttf").exists():
        pytest.skip("fonts-dejavu-core is not installed")
    (tmp_path / "DejaVuSans.ttf").write_bytes((DEJAVU / "DejaVuSans.ttf").read_bytes())
    name = "ⵣ Amazigh"
    with pytest.raises(FormatError, match="no font has"):
        rendered(holder=holder(headline=name))
    assert name in text_of(rendered(holder=holder(headline=name), font_paths=(tmp_path,)))


def test_spaces_of_french_typography_are_fine() -> None:
    text = text_of(rendered(holder=holder(profile="Huit\u00a0ans\u202f; acces\u00adsibilité.")))
    assert "Huit ans ;" in text


def test_a_text_in_the_log_cannot_turn_the_page_around() -> None:
    shown = [*all_names(), "libelleOption"]
    log, _, bundle = proof(record(libelleOption="Institut \u202eelpmexE"), shown=shown)
    with pytest.raises(FormatError, match="that nobody sees"):
        make(log, bundle)


def test_the_newest_award_stands_first() -> None:
    text = text_of(rendered(record(0), record(2), record(1)))
    places = [text.index(f"Entrée {index},") for index in (5, 6, 4)]
    assert places == sorted(places)


# The QR code.


def test_the_code_on_the_page_holds_the_summary() -> None:
    log, _, bundle = proof(*map(record, range(8)), shown=all_names())
    pdf = make(log, bundle, signer=SUMMARY_SIGNER)
    (text,) = read_pdf(pdf)
    summary = verify_summary(decode_summary(text), [SUMMARY_SIGNER.verifier_key])
    assert summary == make_summary(Verifier(log.policy()).verify(bundle, CREATED))
    assert "Sur papier, seul le code QR se vérifie" in text_of(pdf)


# The form of the file.


def test_the_same_input_gives_the_same_bytes() -> None:
    log, _, bundle = proof()
    options: dict[str, Any] = {"signer": SUMMARY_SIGNER}
    assert make(log, bundle, **options) == make(log, bundle, **options)
    assert make(log, bundle, created_s=CREATED_S + 1) != make(log, bundle)


def test_the_proof_is_attached_as_an_associated_file() -> None:
    log, _, bundle = proof()
    with opened(make(log, bundle)) as document:
        (name,) = document.attachments
        assert name == ATTACHMENT_NAME == "provenance-proof.json"
        assert document.attachments[name].get_file().read_bytes() == bundle
        (file,) = document.Root["/AF"]
        assert file["/AFRelationship"] == pikepdf.Name.Data
        assert str(file["/UF"]) == ATTACHMENT_NAME
        assert file["/EF"]["/F"]["/Subtype"] == pikepdf.Name(f"/{MEDIA_TYPE}")


def test_the_file_is_what_pdf_a_and_pdf_ua_ask_for() -> None:
    with opened(rendered(signer=SUMMARY_SIGNER)) as document:
        assert_archival(document)


def test_the_seal_leaves_it_so() -> None:
    pdf = rendered(signer=SUMMARY_SIGNER)
    made = make_trial_seal("Opérateur d'exemple", datetime.now(UTC))
    sealed = seal(pdf, SealSigner(made.key, made.certificate, (made.root,)))
    assert sealed.startswith(pdf)
    with opened(sealed) as document, opened(pdf) as before:
        assert_archival(document)
        # PDF/A-3 is PDF 1.7, whatever the catalog could say of a newer version.
        assert "/Version" not in document.Root
        assert document.Root["/Metadata"].read_bytes() == before.Root["/Metadata"].read_bytes()
        # A field that is not seen: of no size, and printed (ISO 19005-3 section 6.3).
        (field,) = document.Root["/AcroForm"]["/Fields"]
        assert [int(side) for side in field["/Rect"]] == [0, 0, 0, 0]
        assert int(field["/F"]) & 0b100111 == 0b100
        assert str(field["/TU"]) == READABLE_NAME
        assert "/NeedAppearances" not in document.Root["/AcroForm"]


def assert_archival(document: pikepdf.Pdf) -> None:
    """Assert what ISO 19005-3 and ISO 14289-1 ask of a file's structure, in part."""
    root = document.Root
    metadata = document.open_metadata()
    assert metadata["pdfaid:part"] == "3"
    assert metadata["pdfaid:conformance"] == "B"
    assert metadata["pdfuaid:part"] == "1"
    assert metadata["dc:title"] == "CV de Maëlle LEFÈVRE-DUBOIS"
    assert find_active(document) == ()
    assert str(root["/Lang"]) == "fr"
    assert root["/MarkInfo"]["/Marked"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    (intent,) = root["/OutputIntents"]
    assert intent["/S"] == pikepdf.Name("/GTS_PDFA1")
    assert len(intent["/DestOutputProfile"].read_bytes()) > 100
    assert not document.is_encrypted
    assert not {"/AA", "/OpenAction", "/JavaScript"} & {*root.keys(), *root["/Names"].keys()}
    assert_described(document)
    assert {*tags(root["/StructTreeRoot"])} >= {"/H1", "/H2", "/H3", "/P", "/Figure"}
    assert_embedded(document)


def assert_described(document: pikepdf.Pdf) -> None:
    """Assert that a property that XMP does not know is described (ISO 19005-3, 6.6.2.3)."""
    packet = ET.fromstring(document.Root.Metadata.read_bytes())
    described = {
        (one.findtext(f"{{{PDFA}schema#}}namespaceURI"), name.text)
        for one in packet.iter(f"{RDF}li")
        for name in one.iter(f"{{{PDFA}property#}}name")
        if one.find(f"{{{PDFA}schema#}}namespaceURI") is not None
    }
    (value,) = packet.iter(f"{{{HOLDER_NAMESPACE}}}holder")
    assert (HOLDER_NAMESPACE, "holder") in described
    assert value.text == "Maëlle LEFÈVRE-DUBOIS"


def tags(node: Any) -> Sequence[str]:
    """The types of all structure elements below one."""
    kids = node.get("/K", [])
    found = []
    for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
        if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
            found += [str(kid["/S"]), *tags(kid)]
            assert kid["/S"] != pikepdf.Name.Figure or str(kid["/Alt"])
    return found


def assert_embedded(document: pikepdf.Pdf) -> None:
    """Assert that each font has its file and a map to Unicode."""
    fonts = [font for page in document.pages for font in page["/Resources"]["/Font"].values()]
    assert fonts
    for font in fonts:
        assert "/ToUnicode" in font
        descriptor = font["/DescendantFonts"][0]["/FontDescriptor"]
        assert {"/FontFile2", "/FontFile3"} & {*descriptor.keys()}
    for page in document.pages:
        assert page["/Tabs"] == pikepdf.Name.S
        assert "/AA" not in page


def test_attaching_anew_keeps_the_metadata() -> None:
    log, _, bundle = proof()
    pdf = make(log, bundle, signer=SUMMARY_SIGNER)
    again = attach(pdf, bundle)
    with opened(again) as document, opened(pdf) as before:
        assert_archival(document)
        assert document.Root["/Metadata"].read_bytes() == before.Root["/Metadata"].read_bytes()


def test_the_checks_of_the_form_find_what_is_missing() -> None:
    with opened(rendered()) as document:
        font = next(iter(document.pages[0]["/Resources"]["/Font"].values()))
        descriptor = font["/DescendantFonts"][0]["/FontDescriptor"]
        for name in ("/FontFile2", "/FontFile3"):
            if name in descriptor:
                del descriptor[name]
        with pytest.raises(AssertionError):
            assert_embedded(document)


# The words.


def test_both_languages_have_the_same_words_and_places() -> None:
    fill = re.compile(r"\{\w+\}")
    french, english = (WORDS[language] for language in get_args(Language))
    assert french.keys() == english.keys()
    for name in french:
        assert sorted(fill.findall(french[name])) == sorted(fill.findall(english[name])), name
    assert MENTIONS["fr"].keys() == MENTIONS["en"].keys()


@pytest.mark.parametrize(
    ("date", "said"),
    [
        ("2026-03-01", "1er\u00a0mars 2026"),
        ("2026-12-31", "31\u00a0décembre 2026"),
        ("2026-13-01", "2026-13-01"),
        ("2026", "2026"),
        ("2026-03-٣", "2026-03-٣"),
        ("", ""),
    ],
)
def test_dates_are_written_out(date: str, said: str) -> None:
    assert day_text(date, "fr") == said


def test_the_record_of_the_samples_is_complete() -> None:
    assert {name for name, _ in make_record()} <= {name for name, _ in record()} | {"source"}
