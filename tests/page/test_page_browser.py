"""The verification page in a real Chromium, opened from disk: genuine, changed, hostile."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final

import pypdfium2
import pytest

from page_browser import browse, needs_browser
from page_process import PAGE
from pagedocuments import SCRIPT, make_documents, small_pdf
from provenance.cv.page import Operator, make_page, read_page
from provenance.cv.qr import make_qr_png
from provenance.cv.verify import verify

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REFUSED_MS_MAX: Final = 35_000
"""The page ends what takes longer than 30 s."""


pytestmark = [pytest.mark.slow, needs_browser]

VECTORS: Final = PAGE.parent / "tests" / "vectors" / "bundles"
GOOD, WARN, BAD, PLAIN, UNKNOWN = "good", "warn", "bad", "plain", "unknown"
LEVELS: Final = {
    "genuine.pdf": ("yes", "original", GOOD, [GOOD, GOOD, GOOD]),
    "stamped.pdf": ("yes", "original", GOOD, [GOOD, GOOD, GOOD]),
    "machine.json": ("yes", "original", GOOD, [GOOD, GOOD, GOOD]),
    "proof.json": ("yes", "proof", GOOD, [UNKNOWN, GOOD, GOOD]),
    "newline.json": ("yes", "proof", GOOD, [UNKNOWN, GOOD, GOOD]),
    "on-behalf.json": ("yes", "proof", GOOD, [UNKNOWN, GOOD, GOOD]),
    "code.png": ("attention", "paper", WARN, [UNKNOWN, WARN, PLAIN]),
    "code-and-address.png": ("attention", "paper", WARN, [UNKNOWN, WARN, PLAIN]),
    "photo.jpg": ("attention", "paper", WARN, [UNKNOWN, WARN, PLAIN]),
    "code.txt": ("attention", "paper", WARN, [UNKNOWN, WARN, PLAIN]),
    "withdrawn.pdf": ("attention", "original", WARN, [GOOD, GOOD, WARN]),
    "expired.pdf": ("attention", "original", WARN, [GOOD, GOOD, WARN]),
    "taken-back.json": ("attention", "proof", WARN, [UNKNOWN, GOOD, BAD]),
    "no-status.json": ("attention", "proof", WARN, [UNKNOWN, GOOD, WARN]),
    "stolen.json": ("attention", "proof", WARN, [UNKNOWN, WARN, GOOD]),
    "stolen.pdf": ("attention", "original", WARN, [GOOD, WARN, GOOD]),
    "surname.json": ("attention", "proof", WARN, [UNKNOWN, WARN, GOOD]),
    "two-persons.json": ("attention", "proof", WARN, [UNKNOWN, WARN, GOOD]),
    "unsealed.pdf": ("no", "not-original", WARN, [WARN, PLAIN, PLAIN]),
    "printed-to-pdf.pdf": ("no", "not-original", WARN, [WARN, PLAIN, PLAIN]),
    "added-to.pdf": ("no", "modified", WARN, [WARN, PLAIN, PLAIN]),
    "tampered.pdf": ("no", "modified", BAD, [BAD, PLAIN, PLAIN]),
    "saved-again.pdf": ("no", "modified", BAD, [BAD, PLAIN, PLAIN]),
    "stranger.pdf": ("no", "untrusted-seal", BAD, [BAD, PLAIN, PLAIN]),
    "two-persons.pdf": ("no", "other-persons", BAD, [PLAIN, WARN, PLAIN]),
    "other-name.pdf": ("no", "impersonation", BAD, [WARN, PLAIN, PLAIN]),
    "active.pdf": ("no", "refused", BAD, [WARN, PLAIN, PLAIN]),
    "machine-stranger.json": ("no", "untrusted-seal", BAD, [BAD, PLAIN, PLAIN]),
    "machine-tampered.json": ("no", "modified", BAD, [BAD, PLAIN, PLAIN]),
    "machine-claims.json": ("no", "refused", BAD, [PLAIN, PLAIN, PLAIN]),
    "machine-other.json": ("no", "impersonation", BAD, [WARN, PLAIN, PLAIN]),
    "changed-proof.json": ("no", "refused", BAD, [UNKNOWN, BAD, UNKNOWN]),
    "empty.json": ("unreadable", "no-proof", UNKNOWN, [UNKNOWN, UNKNOWN, UNKNOWN]),
    "plain.pdf": ("unreadable", "no-proof", UNKNOWN, [UNKNOWN, UNKNOWN, UNKNOWN]),
    "mark.json": ("unreadable", "no-proof", UNKNOWN, [UNKNOWN, UNKNOWN, UNKNOWN]),
    "book.xlsx": ("unreadable", "no-proof", UNKNOWN, [UNKNOWN, UNKNOWN, UNKNOWN]),
    "other-code.png": ("unreadable", "no-proof", UNKNOWN, [UNKNOWN, UNKNOWN, UNKNOWN]),
    "two-codes.png": ("unreadable", "refused", UNKNOWN, [UNKNOWN, UNKNOWN, UNKNOWN]),
}
"""Verdict, level, the page's tone, and the tones of its three answers."""
ACCUSING: Final = ("falsif", "forg", "faux", "fraud", "fake")
"""What no answer says: that bytes were changed tells neither by whom nor why."""


@pytest.fixture(scope="session")
def documents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Make the documents once, whatever the number of processes that run the tests."""
    base = tmp_path_factory.getbasetemp()
    base = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    folder = base / "page-documents"
    with (base / "page-documents.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make_documents(folder)
            (folder / "complete").touch()
    return {path.name: path for path in folder.iterdir() if path.is_file()}


@pytest.fixture(scope="session")
def page(documents: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page with the policy and the seal roots under which documents are genuine."""
    policy, roots = documents["policy.txt"].read_text(), documents["roots.txt"].read_text()
    path = tmp_path_factory.mktemp("page") / "verify.html"
    path.write_text(make_page(policy, roots), encoding="utf-8")
    return path


def step_of(name: str, path: Path, **more: Any) -> dict[str, Any]:
    if name.endswith(".txt"):
        return {"id": name, "text": path.read_text(), **more}
    return {"id": name, "file": str(path), **more}


def is_quiet(seen: dict[str, Any]) -> bool:
    """Nothing went wrong, nothing was asked of any network, nothing was run."""
    wrong = (seen["problem"], seen["errors"], seen["violations"], seen["dialogs"])
    return not any((*wrong, seen["requests"], seen["scripts"]))


def test_every_document_gets_the_answer_that_python_gives(
    documents: dict[str, Path], page: Path, tmp_path: Path
) -> None:
    trust = ("policy.txt", "roots.txt", "other-policy.txt", "complete")
    names = [name for name in sorted(documents) if name not in trust]
    found = browse(page, [step_of(name, documents[name]) for name in names], tmp_path)
    policy, roots = documents["policy.txt"].read_text(), documents["roots.txt"].read_text()
    assert [seen["id"] for seen in found] == names
    for seen in found:
        data = documents[seen["id"]].read_bytes()
        report = verify(data, policy, roots, now_s=int(time.time()))
        failing = [one.name for one in report.checks if one.outcome == "no"]
        expected = report.verdict, report.level, failing
        assert (seen["verdict"], seen["level"], seen["failing"]) == expected, seen["id"]
        assert seen["recoverable"] == report.recoverable, seen["id"]
        check_display(seen)
    assert {*LEVELS} - {"stamped.pdf"} <= {*names}


def check_display(seen: dict[str, Any]) -> None:
    shown = seen["verdict"], seen["level"], seen["tone"], seen["tones"]
    assert shown == LEVELS.get(seen["id"], shown), seen["id"]
    assert (seen["tone"] == "good") == (seen["verdict"] == "yes"), seen["id"]
    if seen["verdict"] not in {"yes", "attention"}:
        assert "good" not in seen["tones"], "nothing is green in what does not hold"
    assert is_quiet(seen), seen
    assert seen["tookMs"] < REFUSED_MS_MAX
    assert seen["focus"] == "verdict", "the answer is where a reader's focus is"
    assert seen["headline"] in seen["status"], "the answer is announced"
    assert not any(word in seen["text"].lower() for word in ACCUSING), seen["id"]


def test_what_the_proof_says_is_shown_and_nothing_of_it_is_run(
    documents: dict[str, Path], page: Path, tmp_path: Path
) -> None:
    steps = [
        step_of("script.json", documents["script.json"], unfold=True),
        step_of("withdrawn.pdf", documents["withdrawn.pdf"]),
    ]
    script, withdrawn = browse(page, steps, tmp_path)
    assert SCRIPT in script["text"]
    assert "\\u202enedlog\\u202c" in script["text"], "nothing turns a text around"
    assert "\u202e" not in script["text"]
    assert script["title"] == "Vérifier un CV"
    assert is_quiet(script)
    assert withdrawn["standings"] == ["En vigueur", "Retirée"]
    assert withdrawn["codes"] == ["RNCP34762", "RNCP31114"]
    assert withdrawn["sound"] == [True, False]
    assert withdrawn["titles"] == ["Développeur web et web mobile", "RNCP31114"]
    assert withdrawn["doubts"] == [
        "1 sur 2 : retirée par celui qui l’a déposée, ou par l’opérateur"
    ]


def test_nothing_stands_under_a_name_that_the_proof_does_not_tie_to_it(
    documents: dict[str, Path], page: Path, tmp_path: Path
) -> None:
    names = ("stolen.json", "stolen.pdf", "surname.json", "two-persons.json", "two-persons.pdf")
    found = browse(page, [step_of(name, documents[name]) for name in names], tmp_path)
    stolen, sealed, surname, two, refused = (
        [(one["tied"], one["name"], one["codes"]) for one in seen["groups"]] for seen in found
    )
    own = (True, "Maëlle LEFÈVRE-DUBOIS, naissance : 23 juillet 1991", ["RNCP34762"])
    other = (True, "Anouk MOREAU, naissance : 29 février 1984", ["RNCP35584"])
    assert stolen == sealed == [own, (False, None, ["RNCP35584"])]
    assert surname == [own, (False, "MARTIN", ["RNCP36000"])]
    assert two == refused == [own, other]
    for seen in found[:2]:
        assert "n’est liée à personne" in seen["headline"]
        assert seen["sound"] == [True, False]
    assert found[2]["doubts"], "the reason is at the top"
    assert found[3]["headline"] == "Des certifications de plusieurs personnes"


def test_who_deposited_for_whom_and_who_signed_is_said(
    documents: dict[str, Path], page: Path, tmp_path: Path
) -> None:
    steps = [
        step_of("on-behalf.json", documents["on-behalf.json"], language="en"),
        step_of("proof.json", documents["proof.json"], language="en"),
    ]
    signed, plain = browse(page, steps, tmp_path)
    (origin,) = signed["origins"]
    for said in (
        "Deposited by Dépôts pour tous (9OPENALL) on behalf of Chambre de certification",
        "Chambre de certification (CERT0001) has not signed.",
        "Dépôts pour tous (9OPENALL) signed it, with keys that the operator registered for it.",
        "is not limited to certain certifiers",
    ):
        assert said in origin
    (origin,) = plain["origins"]
    assert "rests on the operator’s word" in origin
    assert "not limited" not in origin


def test_the_signed_revision_of_a_changed_file_can_be_saved(
    documents: dict[str, Path], page: Path, tmp_path: Path
) -> None:
    saved = tmp_path / "saved.pdf"
    changed = documents["added-to.pdf"]
    step = step_of("added-to.pdf", changed, click=".recover button", save=str(saved))
    browse(page, [step], tmp_path)
    assert saved.read_bytes() == documents["genuine.pdf"].read_bytes()
    (again,) = browse(page, [step_of("again", saved)], tmp_path)
    assert (again["verdict"], again["recoverable"]) == ("yes", False)


def test_what_is_no_document_of_ours_is_named_and_what_to_do(
    documents: dict[str, Path], page: Path, tmp_path: Path
) -> None:
    said = {
        "mark.json": "marque d’ordre des octets",
        "book.xlsx": "classeur Excel",
        "plain.pdf": "C’est le cas de la plupart des CV",
        "two-codes.png": "plusieurs codes QR",
        "other-code.png": "Aucun code QR de CV",
    }
    steps = [step_of(name, documents[name]) for name in said]
    for seen in browse(page, steps, tmp_path):
        assert said[seen["id"]] in seen["text"], seen["id"]


def test_both_languages_say_the_same(
    documents: dict[str, Path], page: Path, tmp_path: Path
) -> None:
    genuine = documents["genuine.pdf"]
    steps = [
        step_of("browser", genuine),
        step_of("before", genuine, language="en"),
        step_of("after", genuine, click=".languages [lang=en]"),
    ]
    french, before, after = browse(page, steps, tmp_path)
    (english,) = browse(page, [step_of("browser", genuine)], tmp_path, locale="en-GB")
    assert (french["lang"], french["answers"]) == ("fr", ["Oui", "Oui", "Oui"])
    for seen in (before, after, english):
        assert (seen["lang"], seen["answers"]) == ("en", ["Yes", "Yes", "Yes"])
        assert "Guaranteed data" in seen["text"]
        assert "Données" not in seen["text"]


LOOKS: Final[dict[str, dict[str, Any]]] = {
    "light": {},
    "dark": {"colors": "dark"},
    "phone": {"width": 360, "height": 740},
}


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_serious_and_nothing_is_too_wide(
    documents: dict[str, Path], page: Path, tmp_path: Path, look: str
) -> None:
    names = (
        "genuine.pdf",
        "tampered.pdf",
        "added-to.pdf",
        "garbage.bin",
        "stolen.json",
        "code.txt",
    )
    steps = [{"id": "idle", "axe": True}]
    steps += [step_of(name, documents[name], axe=True, unfold=True) for name in names]
    for seen in browse(page, steps, tmp_path, **LOOKS[look]):
        assert [one for one in seen["axe"] if one["impact"] in {"serious", "critical"}] == []
        assert not seen["wide"], seen["id"]
        assert seen["landmarks"] == ["header", "main", "footer"]


@contextmanager
def listening() -> Iterator[tuple[str, list[str]]]:
    """Listen on loopback; give the address, and what is asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


def test_a_page_that_asks_a_network_or_runs_a_script_is_noticed(
    page: Path, tmp_path: Path
) -> None:
    text = page.read_text(encoding="utf-8")
    policy = text[text.index("<meta http-equiv") : text.index('<meta name="viewport"')]
    with listening() as (address, asked):
        added = f'<img src="{address}/x"><script>document.title="owned"</script><div id'
        bad, guarded = tmp_path / "bad.html", tmp_path / "guarded.html"
        guarded.write_text(text.replace("<div id", added, 1), "utf-8")
        bad.write_text(text.replace(policy, "").replace("<div id", added, 1), "utf-8")
        (kept,) = browse(guarded, [{"id": "guarded"}], tmp_path)
        assert asked == [], "the page's own security policy lets nothing out"
        (seen,) = browse(bad, [{"id": "bad", "axe": True}], tmp_path)
        assert asked == ["/x"]
    assert not is_quiet(seen)
    assert "image-alt" in {one["id"] for one in seen["axe"]}
    assert len(kept["violations"]) > 1, "neither the picture nor the script"


def test_a_file_of_a_gigabyte_is_refused_unread(page: Path, tmp_path: Path) -> None:
    large, empty = tmp_path / "large.pdf", tmp_path / "empty.pdf"
    with large.open("wb") as file:
        file.write(b"%PDF-1.7\n")
        file.truncate(1024**3)
    empty.touch()
    steps = [step_of("large", large), step_of("empty", empty)]
    refused, nothing = browse(page, steps, tmp_path)
    assert "trop grand" in refused["message"]
    assert refused["tookMs"] < 5000
    assert "vide" in nothing["message"]
    assert is_quiet(refused)


def test_a_document_is_dropped_and_several_are_not_taken(
    documents: dict[str, Path], page: Path, tmp_path: Path
) -> None:
    one, two = str(documents["genuine.pdf"]), str(documents["proof.json"])
    steps = [{"id": "one", "drop": [one]}, {"id": "two", "drop": [one, two]}]
    dropped, several = browse(page, steps, tmp_path)
    assert (dropped["verdict"], dropped["tone"]) == ("yes", "good")
    assert "Un document à la fois" in several["message"]
    assert several["headline"] is None


def test_a_document_that_takes_long_is_given_up(page: Path, tmp_path: Path) -> None:
    slow = tmp_path / "slow.pdf"
    slow.write_bytes(small_pdf(b"[" + b"0 " * 31_000_000 + b"]"))
    (seen,) = browse(page, [step_of("slow", slow, hurry=31_000)], tmp_path)
    assert "arrêtée" in seen["message"]
    assert seen["headline"] is None
    assert not seen["disabled"], "another document can be given"


def test_pictures_of_the_shared_cases_are_judged_as_they_say(tmp_path: Path) -> None:
    bare = tmp_path / "bare.html"
    bare.write_text(read_page(), encoding="utf-8")
    cases = json.loads((VECTORS / "cases.json").read_bytes())["cases"]
    pictures = [one for one in cases if one["file"].endswith((".png", ".jpg"))]
    assert len(pictures) >= 6
    steps = [
        {
            "id": one["id"],
            "file": str(VECTORS / one["file"]),
            "trust": {
                "policy": str(VECTORS / one["policy"]),
                "roots": str(VECTORS / one["seal_roots"]),
            },
        }
        for one in pictures
    ]
    for one, seen in zip(pictures, browse(bare, steps, tmp_path), strict=True):
        found = seen["verdict"], seen["level"], seen["failing"]
        assert found == (one["verdict"], one["level"], one.get("failing", [])), one["id"]


def test_the_page_without_trust_asks_for_it_and_a_wrong_policy_proves_nothing(
    documents: dict[str, Path], tmp_path: Path
) -> None:
    bare = tmp_path / "bare.html"
    bare.write_text(read_page(), encoding="utf-8")
    right = {"policy": str(documents["policy.txt"]), "roots": str(documents["roots.txt"])}
    wrong = {**right, "policy": str(documents["other-policy.txt"])}
    broken = {"policy": str(documents["garbage.bin"])}
    half = {"policy": str(documents["policy.txt"])}
    genuine = documents["genuine.pdf"]
    steps = [
        {"id": "bare"},
        step_of("right", genuine, trust=right),
        step_of("wrong", genuine, trust=wrong),
        step_of("half", genuine, trust=half),
        {"id": "broken", "trust": broken},
        {"id": "none", "trust": {}},
    ]
    idle, yes, no, unsealed, refused, none = browse(bare, steps, tmp_path)
    assert idle["disabled"] is True
    assert "ne connaît aucun registre" in idle["text"]
    assert (yes["verdict"], yes["tone"]) == ("yes", "good")
    assert (no["verdict"], no["level"], no["failing"]) == ("no", "refused", ["proof"])
    assert no["tones"] == ["plain", "bad", "unknown"]
    assert unsealed["failing"] == ["seal-trust"]
    assert "pas utilisable" in refused["message"]
    assert refused["disabled"] is True
    assert "Choisissez d’abord" in none["message"]


def test_the_page_says_whose_it_is(documents: dict[str, Path], tmp_path: Path) -> None:
    policy = documents["policy.txt"].read_text()
    logo = make_qr_png("HTTPS://EXAMPLE.ORG/")
    operator = Operator(
        name="Opérateur d'exemple",
        contact="aide@example.org",
        accessibility="https://example.org/accessibility",
        logo=logo,
    )
    for number, (one, width) in enumerate(
        ((operator, 1), (Operator(name="Sans logo"), None), (None, None))
    ):
        path = tmp_path / f"{number}.html"
        path.write_text(make_page(policy, "", one), encoding="utf-8")
        (seen,) = browse(path, [{"id": "idle"}], tmp_path)
        assert seen["brand"] == ("provenance" if one is None else one.name)
        assert (seen["logo"] is None) == (width is None)
        assert width is None or seen["logo"] > 0, "the security policy lets the logo be shown"
        assert not any((seen["errors"], seen["violations"], seen["requests"]))
        has_link = one is not None and one.accessibility is not None
        assert seen["links"] == ([operator.accessibility] if has_link else [])
        assert (operator.contact in seen["text"]) == has_link


def test_it_is_used_by_keyboard_alone(
    documents: dict[str, Path], page: Path, tmp_path: Path
) -> None:
    again = step_of("again", documents["genuine.pdf"], click=".actions .primary", wait="#file")
    (after,) = browse(page, [again], tmp_path)
    assert after["focus"] == "file"
    assert after["headline"] is None
    tabs = [{"id": "tab", "keys": ["Tab"] * count} for count in (1, 4)]
    assert [seen["focus"] for seen in browse(page, tabs, tmp_path)] == ["skip", "file"]


def test_the_statement_can_be_printed(
    documents: dict[str, Path], page: Path, tmp_path: Path
) -> None:
    printed = tmp_path / "statement.pdf"
    step = step_of("print", documents["genuine.pdf"], pdf=str(printed))
    browse(page, [step], tmp_path)
    with pypdfium2.PdfDocument(printed) as document:
        assert len(document) <= 3
        text = " ".join(one.get_textpage().get_text_range() for one in document)
    words = " ".join(text.split())
    for said in (
        "Relevé de vérification",
        "Document intact",
        "RNCP34762",
        "Origine",
        "SHA-256",
    ):
        assert said in words
    assert "Imprimer le relevé" not in words
