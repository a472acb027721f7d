"""Rendered CVs: what stands on them, what does not, and the form of the file."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, get_args

import pikepdf
import pytest
import typst

from cv_samples import (
    CREATED_S,
    HOLDER,
    SUMMARY_SIGNER,
    all_names,
    holder,
    opened,
    proof,
    record,
    text_of,
)
from provenance.cv.facts import ATTACHMENT_NAME, MEDIA_TYPE
from provenance.cv.holder import HOLDER_SIZE_MAX, parse_holder
from provenance.cv.qr import read_pdf
from provenance.cv.render import Options, render
from provenance.cv.seal import READABLE_NAME, SealSigner, seal
from provenance.cv.summary import decode_summary, make_summary, verify_summary
from provenance.cv.trial import make_trial_seal
from provenance.cv.wording import MENTIONS, WORDS, Language, day_text
from provenance.errors import FormatError, VerificationError
from provenance.record.bundle import encode_bundle
from provenance.verifier import Verifier
from simulator import CERTIFIER, PERSON, make_log, make_record
from simulator import HOLDER as GROUP

if TYPE_CHECKING:
    from collections.abc import Sequence

DEJAVU: Final = Path("/usr/share/fonts/truetype/dejavu")
HOSTILE: Final = (
    '#panic("x") *b* _i_ `r` $x^2$ @ref <l> \\u{41} // c /* [a] ~ --- "q" = h {name} '
    "#sys.inputs"
)


def rendered(*records: Any, shown: Any = None, **options: Any) -> bytes:
    log, _, bundle = proof(*records, shown=shown)
    return make(log, bundle, **options)


def make(log: Any, bundle: bytes, **options: Any) -> bytes:
    given: dict[str, Any] = {"holder": holder(), "created_s": CREATED_S, "signer": None}
    given = {name: options.pop(name, value) for name, value in given.items()}
    return render(bundle=bundle, policy=log.policy(), options=Options(**options), **given)


# What stands on the page.


def test_what_is_guaranteed_stands_there() -> None:
    text = text_of(rendered(record(0), record(1), shown=all_names()))
    assert "Délivrées à Maëlle LEFÈVRE-DUBOIS, né(e) le 23 juillet 1991" in text
    assert (
        "2012 Développeur web et web mobile * EN VIGUEUR RNCP34762 · Institut Exemple" in text
    )
    assert "délivrée le 1er janvier 2012 · sans limite de validité" in text
    assert "niveau B2 (CECRL) · mention bien" in text
    assert "Entrée 4, reçue le 21 septembre 2026, déposée par Institut Exemple" in text
    assert "2013 RS5079 EN VIGUEUR" not in text
    assert "valable jusqu’au 2 mars 2028" in text
    assert "Registre ledger.example/2026, 7 entrées ; statuts au 21 septembre 2026" in text
    assert (
        "Intitulés marqués * : France compétences, version 2026-11-20, d’après le code" in text
    )
    assert "CV établi le 25 novembre 2026. Maëlle Lefèvre-Dubois page 1 sur 1" in text


def test_what_is_declared_stands_apart() -> None:
    text = text_of(rendered())
    head, _, declared = text.partition("DÉCLARÉES par le titulaire, sans garantie")
    assert "Maëlle Lefèvre-Dubois Développeuse web maelle@example.org · Lyon" in head
    assert "Huit ans" not in head
    assert "Huit ans de développement web." in declared
    for period in ("depuis 2021 Développeuse principale, Atelier Nord, Lille", "2017 – 2021"):
        assert period in declared
    assert "2016 Stage jusqu’à 2015 Bénévolat Divers" in declared
    assert "Compétences HTML et CSS · Accessibilité Langues Breton" in declared


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
    assert "MENTION" not in none.upper().replace("INTITULÉS", "")


def test_without_titles_the_code_is_the_title() -> None:
    text = text_of(rendered(holder=holder(titles=None)))
    assert "2012 RNCP34762 EN VIGUEUR Institut Exemple" in text
    assert "*" not in text
    assert "RS 1234" in text_of(rendered(record(type="RS", code="1234")))


def test_a_name_alone_makes_a_cv() -> None:
    text = text_of(
        rendered(holder=parse_holder(b'{"format":"provenance-holder/1","name":"M"}'))
    )
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
    assert name.strip() in text_of(rendered(holder=holder(name=name)))


@pytest.mark.parametrize(
    ("person", "said"),
    [
        ([*PERSON[:3], (PERSON[3][0], None), (PERSON[4][0], None)], "DUBOIS, né(e) en 1991 "),
        ([*PERSON[:2], *((name, None) for name, _ in PERSON[2:])], "à Maëlle LEFÈVRE-DUBOIS R"),
        (
            [
                (f"{GROUP}dossierFormation.nomTitulaire", "NGUYỄN"),
                (f"{GROUP}dossierFormation.prenom1Titulaire", "Zoé"),
            ],
            "Délivrées à Zoé NGUYỄN Registre",
        ),
        (
            [(f"{GROUP}identifiantNational.nomNaissance", "MARTIN")],
            "Délivrées à MARTIN Registre",
        ),
    ],
    ids=["year", "no date", "dossier", "national"],
)
def test_every_kind_of_identity_is_shown(person: Sequence[Any], said: str) -> None:
    assert said in text_of(rendered(record(0, person)))


def test_identities_of_two_kinds_are_shown_apart() -> None:
    dossier = [
        (f"{GROUP}dossierFormation.nomTitulaire", "LEFEVRE DUBOIS"),
        (f"{GROUP}dossierFormation.prenom1Titulaire", "Maëlle"),
    ]
    text = text_of(rendered(record(0), record(1, dossier)))
    assert "à Maëlle LEFÈVRE-DUBOIS, né(e) le 23 juillet 1991 (4)" in text
    assert "Délivrées à Maëlle LEFEVRE DUBOIS (5)" in text


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
    bundle = encode_bundle(log.prove(*indexes, support=(1, 2, withdrawal)))
    with pytest.raises(VerificationError, match="status of entry 5 is withdrawn; leave it out"):
        make(log, bundle)
    text = text_of(make(log, bundle, everything=True))
    assert "EN VIGUEUR" in text
    assert re.search(r"RS5079|Anglais des affaires \* RETIRÉE", text)
    assert f"depuis le 21 septembre 2026, par l’entrée {withdrawal}" in text


def test_an_unknown_status_is_refused_unless_asked_for() -> None:
    log, indexes = make_log(records=[record()])
    bundle = encode_bundle(log.prove(*indexes, status=()))
    with pytest.raises(VerificationError, match="is unknown"):
        make(log, bundle)
    text = text_of(make(log, bundle, everything=True))
    assert "STATUT INCONNU" in text
    assert "6 entrées ; statuts inconnus." in text
    assert "tout ce qui a suivi l’enregistrement" in text


def test_what_lacks_a_field_is_refused_unless_asked_for() -> None:
    names = [name for name in all_names() if name not in {"code", "certificateur"}]
    log, _, bundle = proof(shown=names)
    with pytest.raises(
        VerificationError, match="does not show of entry 4: certificateur, code"
    ):
        make(log, bundle)
    text = text_of(make(log, bundle, everything=True))
    assert "Certification sans code montré" in text
    assert "certificateur non montré" in text
    assert (
        "La preuve ne montre pas tout ce qu’une ligne garantie demande : certificateur" in text
    )
    assert "RNCP34762" not in text


def test_a_proof_of_nothing_but_entries_makes_plain_lines() -> None:
    log, _, bundle = proof(shown=())
    text = text_of(make(log, bundle, everything=True))
    assert "Délivrées à" not in text
    assert "délivrée le" not in text


def test_a_provisional_certification_says_so() -> None:
    text = text_of(rendered(record(donneeCertifiee=False)))
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
        name=HOSTILE,
        headline=HOSTILE,
        contact=[HOSTILE],
        profile=f'{HOSTILE}\n= Heading\n#import "x"',
        experience=stages,
        skills=[HOSTILE],
        titles={"register": HOSTILE, "version": "1", "titles": {"RNCP34762": HOSTILE}},
    )
    option = '#read("/etc/passwd")'
    pdf = rendered(
        record(libelleOption=option),
        shown=[*all_names(), "libelleOption"],
        holder=given,
        address=HOSTILE,
    )
    text = text_of(pdf)
    whole = re.sub(r"\s", "", text)
    # Name twice (page and foot of it), headline, contact, profile, stage 4, skill, title,
    # register, address.
    assert whole.count(re.sub(r"\s", "", HOSTILE)) >= 12
    assert option in text
    assert '= Heading #import "x"' in text
    with opened(pdf) as document:
        assert str(document.docinfo["/Author"]) == HOSTILE


def test_characters_without_a_glyph_are_refused_and_not_told() -> None:
    with pytest.raises(FormatError, match="characters that no font has") as caught:
        rendered(holder=holder(name="李小龍"))
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
        assert name in text_of(rendered(holder=holder(name=name)))


def test_fonts_can_be_added(tmp_path: Path) -> None:
    if not (DEJAVU / "DejaVuSans.ttf").exists():
        pytest.skip("fonts-dejavu-core is not installed")
    (tmp_path / "DejaVuSans.ttf").write_bytes((DEJAVU / "DejaVuSans.ttf").read_bytes())
    name = "ⵣ Amazigh"
    with pytest.raises(FormatError, match="no font has"):
        rendered(holder=holder(name=name))
    assert name in text_of(rendered(holder=holder(name=name), font_paths=(tmp_path,)))


def test_spaces_of_french_typography_are_fine() -> None:
    text = text_of(rendered(holder=holder(profile="Huit\u00a0ans\u202f; acces\u00adsibilité.")))
    assert "Huit ans ;" in text


def test_a_name_in_the_log_cannot_turn_the_page_around() -> None:
    log, indexes = make_log()
    log.register(CERTIFIER, name="Institut \u202eelpmexE")
    log.publish()
    bundle = encode_bundle(log.prove(*indexes, support=(1, 2, log.size - 2)))
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
    assert summary == make_summary(Verifier(log.policy()).verify(bundle))
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
    assert metadata["dc:title"] == "CV de Maëlle Lefèvre-Dubois"
    assert str(root["/Lang"]) == "fr"
    assert root["/MarkInfo"]["/Marked"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    (intent,) = root["/OutputIntents"]
    assert intent["/S"] == pikepdf.Name("/GTS_PDFA1")
    assert len(intent["/DestOutputProfile"].read_bytes()) > 100
    assert not document.is_encrypted
    assert not {"/AA", "/OpenAction", "/JavaScript"} & {*root.keys(), *root["/Names"].keys()}
    assert {*tags(root["/StructTreeRoot"])} >= {"/H1", "/H2", "/H3", "/P", "/Figure"}
    assert_embedded(document)


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


def test_the_checks_of_the_form_find_what_is_missing() -> None:
    with opened(rendered()) as document:
        font = next(iter(document.pages[0]["/Resources"]["/Font"].values()))
        descriptor = font["/DescendantFonts"][0]["/FontDescriptor"]
        for name in ("/FontFile2", "/FontFile3"):
            if name in descriptor:
                del descriptor[name]
        with pytest.raises(AssertionError):
            assert_embedded(document)


# The holder's file.


def test_every_member_is_read() -> None:
    read = parse_holder(json.dumps(HOLDER).encode())
    assert read.experience[0].start == "2021"
    assert read.experience[1].end == "2021"
    assert read.titles is not None
    assert read.titles.titles["RNCP34762"] == "Développeur web et web mobile"


WRONG: Final = {
    "no JSON": (b"{", "no JSON text"),
    "not UTF-8": (b'{"format":"provenance-holder/1","name":"\xff"}', "no JSON text"),
    "another format": (b'{"format":"secret","name":"x"}', "another value than it has"),
    "no name": (b'{"format":"provenance-holder/1"}', "malformed holder file"),
    "an empty name": (b'{"format":"provenance-holder/1","name":""}', "length >= 1"),
    "another member": (
        b'{"format":"provenance-holder/1","name":"x","secret":1}',
        "a member that is unknown",
    ),
    "another member below": (
        b'{"format":"provenance-holder/1","name":"x","experience":[{"secret":1}]}',
        "a member that is unknown, at `$.experience",
    ),
    "a control character": (
        b'{"format":"provenance-holder/1","name":"x\\u0007"}',
        "not visible in .name",
    ),
    "right to left over it": (
        b'{"format":"provenance-holder/1","name":"x","skills":["\\u202esecret"]}',
        "not visible in .skills",
    ),
    "in the name of a member": (
        (
            b'{"format":"provenance-holder/1","name":"x",'
            b'"titles":{"register":"r","version":"1","titles":{"\\u0007":"secret"}}}'
        ),
        "not visible in .titles.titles",
    ),
    "too large": (b" " * (HOLDER_SIZE_MAX + 1), "more than"),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_another_file_is_refused(wrong: tuple[bytes, str]) -> None:
    with pytest.raises(FormatError, match=re.escape(wrong[1])) as caught:
        parse_holder(wrong[0])
    assert "secret" not in str(caught.value)


def test_texts_may_have_lines() -> None:
    text = text_of(rendered(holder=holder(profile="Un.\nDeux.")))
    assert "Un. Deux." in text


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
