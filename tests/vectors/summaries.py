"""Summaries for paper: texts of QR codes, some pictures of them, and what is none."""

from __future__ import annotations

import datetime as dt
import io
import zlib
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace
from PIL import Image

from provenance.cv.base45 import encode_base45
from provenance.cv.qr import make_qr_png
from provenance.cv.summary import (
    NOTE_SIZE_MAX,
    PREFIX,
    Summary,
    SummaryHolder,
    SummaryLine,
    sign_summary,
)
from provenance.encoding import encode_json
from provenance.tlog.note import Ed25519Signer, SignatureLine
from simulator import ORIGIN, TODAY, Simulator, ed25519_key
from vectors.cases import Draft

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGNER: Final = Ed25519Signer(f"{ORIGIN}/summary", ed25519_key("summary"))
ROOTS: Final = f"summary {SIGNER.verifier_key}\n"
POLICY: Final = Simulator().policy()
DAY: Final = dt.timedelta(days=1)
NOTHING: Final = {"verdict": "unreadable", "level": "no-proof"}
"""What is said of a file in which there is nothing of a proof."""
FIRST: Final = SummaryLine(
    index=4,
    type="RNCP",
    code="RNCP34762",
    certifier="CERT0001",
    certifier_name="Chambre d\u2019exemple \u00ab \u0152uvre \u00bb",
    awarded="2026-03-14",
    ends=None,
    level="B2",
    status="in force",
    title="Gestionnaire de paie",
    register_level=5,
)
SUMMARY: Final = Summary(
    origin=ORIGIN,
    size=2048,
    time="2026-09-21T14:00:00.000000Z",
    holder=SummaryHolder("LEF\u00c8VRE-DUBOIS", "Ma\u00eblle", "1991-07-23"),
    certifications=(FIRST,),
)


def summaries() -> Iterator[Draft]:
    """Return them all."""
    yield from _good()
    yield from _unreadable()
    yield from _malformed()
    yield from _lines()
    yield from _notes()
    yield from _signatures()
    yield from _pictures()


def _draft(id_: str, note: str, data: bytes | str, *failing: str, **options: Any) -> Draft:
    judged = {"verdict": "attention", "level": "paper"}
    if failing:
        verdict = "unreadable" if failing[0] == "readable" else "no"
        judged = {"verdict": verdict, "level": "refused"}
    made = {"policy": POLICY, "seal_roots": ROOTS, "kind": "summary", "suffix": "txt"}
    return Draft(
        id=f"summary-{f'{failing[0]}-' if failing else ''}{id_}",
        note=note,
        data=data.encode() if isinstance(data, str) else data,
        failing=failing,
        **(made | judged | options),
    )


def text_of(summary: Summary) -> str:
    """Write a summary's text by the format's own words, whatever stands in it."""
    lines = (summary.holder, *summary.certifications)
    encoded = "".join(f"{encode_json(line).decode()}\n" for line in lines)
    head = f"provenance-summary/1\n{summary.origin}\n{summary.size} {summary.time}\n"
    return head + encoded


def sign(text: str, signer: Ed25519Signer = SIGNER, times: int = 1) -> str:
    """Sign any text, as a careless operator would; ``times``: so many lines."""
    key = signer.verifier_key
    line = str(SignatureLine(key.name, key.key_id, signer.sign(text)))
    return f"{text}\n{line * times}"


def pack(note: str | bytes, level: int = 9) -> str:
    """Return the text of the QR code of any note."""
    data = note if isinstance(note, bytes) else note.encode()
    return PREFIX + encode_base45(zlib.compress(data, level))


def _good() -> Iterator[Draft]:
    text = sign_summary(SUMMARY, SIGNER)
    yield _draft("good", "one certification", text)
    yield _draft("newline", "a line end behind it is passed over", text + "\n")
    yield _draft("return", "one of Windows, too", text + "\r\n")
    note = sign(text_of(SUMMARY))
    yield _draft("stored", "how zlib spelled the note does not matter", pack(note, 0))
    yield _draft("fast", "at another level", pack(note, 1))
    words = ("in force", "superseded", "withdrawn", "erased")
    lines = tuple(
        replace(FIRST, index=number, code=f"RNCP{number}", status=words[number % 4], title=None)
        for number in range(2, 18)
    )
    many = replace(SUMMARY, certifications=lines)
    yield _draft(
        "sixteen", "as many as there may be, in every status", sign_summary(many, SIGNER)
    )
    nothing = {"certifier_name": None, "level": None, "title": None, "register_level": None}
    plain = replace(FIRST, ends="2031-03-13", **nothing)
    holder = replace(SUMMARY.holder, born=None)
    less = replace(SUMMARY, holder=holder, certifications=(plain,))
    yield _draft("less", "neither names nor a date of birth", sign_summary(less, SIGNER))
    yield from _titles()
    yield from _on_other_days(text)
    odd = replace(SUMMARY, holder=SummaryHolder('"\\/\u2028', "\U0001f393", None))
    yield _draft("escapes", "characters that JSON escapes, or not", sign_summary(odd, SIGNER))
    both = f"{ROOTS}summary {_signer('other.example/1/summary', 'x').verifier_key}\n"
    yield _draft("two-keys", "another log's key stands there too", text, seal_roots=both)


def _titles() -> Iterator[Draft]:
    for id_, note, title in (
        ("of-80", "80 characters of another plane", "\U0001f393" * 80),
        ("cut", "79 characters, and an ellipsis", "a" * 79 + "\u2026"),
        ("of-1", "one character", "X"),
    ):
        line = replace(FIRST, title=title, register_level=8)
        made = replace(SUMMARY, certifications=(line,))
        yield _draft(f"title-{id_}", note, sign_summary(made, SIGNER))


def _on_other_days(text: str) -> Iterator[Draft]:
    """Read a summary on days on which something is to be said of its lines."""
    for id_, note, day in (
        ("old", "181 days after its status", TODAY + 181 * DAY),
        ("of-tomorrow", "two days before its status", TODAY - 2 * DAY),
        ("early", "before it was awarded", dt.date(2026, 3, 13)),
    ):
        yield _draft(id_, note, text, day=day)
    ended = replace(FIRST, ends="2026-09-20")
    made = sign_summary(replace(SUMMARY, certifications=(ended,)), SIGNER)
    yield _draft("ended", "ended the day before", made)
    ended = replace(FIRST, ends="2026-02-30", awarded="2026-13-01")
    made = sign_summary(replace(SUMMARY, certifications=(ended,)), SIGNER)
    yield _draft("no-days", "dates of their form that no calendar has", made)


def _signer(name: str, key: str = "summary") -> Ed25519Signer:
    return Ed25519Signer(name, ed25519_key(key))


def _unreadable() -> Iterator[Draft]:
    text = sign_summary(SUMMARY, SIGNER)
    body, note = text.removeprefix(PREFIX), sign(text_of(SUMMARY))
    packed = zlib.compress(note.encode(), 9)
    long = (note + "\n" * NOTE_SIZE_MAX)[: NOTE_SIZE_MAX + 1]
    for id_, said, data in (
        ("empty", "nothing behind the prefix", PREFIX),
        ("lower-case", "base45 has capitals", PREFIX + body.lower()),
        ("character", "no character of base45", f"{text[:-1]}!"),
        ("cut", "a character is missing", text[:-1]),
        ("cut-more", "the last 30", text[:-30]),
        ("one-more", "one character too many", text + "0"),
        ("overflow", "three characters that stand for 65,536", PREFIX + "GGW" + body[3:]),
        ("two-newlines", "one line end is passed over", text + "\n\n"),
        ("space", "a space in front of the text", f"{PREFIX} {body}"),
        ("behind", "a byte behind the zlib stream", PREFIX + encode_base45(packed + b"\0")),
        ("stream-cut", "no checksum", PREFIX + encode_base45(packed[:-4])),
        ("checksum", "a wrong checksum", PREFIX + encode_base45(packed[:-1] + b"\0")),
        ("raw", "deflate without zlib", PREFIX + encode_base45(packed[2:-4])),
        ("plain", "not compressed", PREFIX + encode_base45(note.encode())),
        ("bomb", "16 KiB and a byte", pack(long)),
        ("bomb-large", "2 MB of zeros", pack(bytes(2_000_000))),
        ("too-long", "more than a QR code holds", PREFIX + body + "0" * 4296),
        ("latin-1", "a note that is no UTF-8", pack(note.encode("latin-1", "replace"))),
    ):
        yield _draft(id_, said, data, "readable")
    yield _draft("not-utf-8", "a text that is none", text.encode() + b"\xff", "readable")
    options = {"kind": "unknown", **NOTHING}
    yield _draft("prefix", "a prefix of other case", "prov1:" + body, **options)
    yield _draft("version", "another version", "PROV2:" + body, **options)


def _malformed() -> Iterator[Draft]:
    """Sign texts whose head is another one."""
    text = text_of(SUMMARY)
    lines = text.splitlines(keepends=True)
    for id_, said, other in (
        ("header", "another version", text.replace("summary/1", "summary/2")),
        ("no-line", "no certification", "".join(lines[:4])),
        ("no-holder", "no holder", "".join([*lines[:3], *lines[4:]])),
        ("line-empty", "an empty line", text + "\n"),
        ("holder-last", "lines swapped", "".join([*lines[:3], lines[4], lines[3]])),
        ("seventeen", "16 at most", "".join([*lines[:4], *_many(17)])),
        ("descending", "indexes ascend", "".join([*lines[:4], *reversed([*_many(2)])])),
        ("twice", "indexes ascend", text + lines[4]),
        ("beyond", "an index beyond the size", text.replace("2048", "4")),
        ("size-zero", "a leading zero", text.replace("2048", "02048")),
        ("size-plus", "a sign", text.replace("2048", "+2048")),
        ("time", "six fraction digits", text.replace(".000000Z", "Z")),
        ("time-no-day", "no day of the calendar", text.replace("2026-09-21", "2026-02-30")),
        ("two-spaces", "one space", text.replace("2048 ", "2048  ")),
        ("space-inside", "no white space", text.replace('","', '", "', 1)),
        ("escaped", "one spelling of a text", text.replace("RNCP3", "\\u0052NCP3")),
        ("null", "not a list", "".join([*lines[:3], "null\n", lines[4]])),
        ("object", "not a list", "".join([*lines[:3], "{}\n", lines[4]])),
    ):  # fmt: skip
        yield _draft(id_, f"signed: {said}", pack(sign(other)), "summary")


def _many(count: int) -> Iterator[str]:
    for number in range(2, 2 + count):
        line = replace(FIRST, index=number, certifier_name=None)
        yield f"{encode_json(line).decode()}\n"


def _lines() -> Iterator[Draft]:
    """Sign a certification or a holder of another form."""
    whole = encode_json(FIRST).decode()
    for id_, said, old, new in (
        ("index-text", "an index is a number", "[4,", '["4",'),
        ("index-fraction", "an integer", "[4,", "[4.0,"),
        ("index-negative", "no position", "[4,", "[-4,"),
        ("index-large", "below 2^53", "[4,", "[9007199254740992,"),
        ("code-empty", "one character at least", '"RNCP34762"', '""'),
        ("code-null", "a text", '"RNCP34762"', "null"),
        ("code-long", "255 characters at most", "RNCP34762", "R" * 256),
        ("date-short", "a date", "2026-03-14", "2026-3-14"),
        ("date-time", "a date alone", "2026-03-14", "2026-03-14T00:00"),
        ("ends-text", "a date, or null", "null", '"never"'),
        ("status-unknown", "a summary says what it knows", "in force", "unknown"),
        ("status-other", "one of four words", "in force", "valid"),
        ("title-empty", "a character at least", '"Gestionnaire de paie"', '""'),
        ("title-81", "80 characters", "Gestionnaire de paie", "a" * 81),
        ("title-number", "a text", '"Gestionnaire de paie"', "7"),
        ("level-0", "1 to 8", 'paie",5]', 'paie",0]'),
        ("level-9", "1 to 8", 'paie",5]', 'paie",9]'),
        ("level-text", "a number", 'paie",5]', 'paie","5"]'),
        ("level-fraction", "an integer", 'paie",5]', 'paie",5.0]'),
        ("member-more", "eleven", 'paie",5]', 'paie",5,1]'),
        ("member-less", "eleven", 'paie",5]', 'paie"]'),
        ("members-of-old", "eleven", ',"Gestionnaire de paie",5]', "]"),
    ):
        text = text_of(SUMMARY).replace(whole, whole.replace(old, new, 1))
        yield _draft(f"line-{id_}", f"signed: {said}", pack(sign(text)), "summary")
    whole = encode_json(SUMMARY.holder).decode()
    for id_, said, old, new in (
        ("empty", "one character at least", '"Ma\u00eblle"', '""'),
        ("null", "a text", '"Ma\u00eblle"', "null"),
        ("born", "a date", "1991-07-23", "23/07/1991"),
        ("more", "three", '"1991-07-23"', '"1991-07-23",null'),
        ("less", "three", ',"1991-07-23"', ""),
    ):
        text = text_of(SUMMARY).replace(whole, whole.replace(old, new, 1))
        yield _draft(f"holder-{id_}", f"signed: {said}", pack(sign(text)), "summary")


def _notes() -> Iterator[Draft]:
    text = text_of(SUMMARY)
    other = _signer(f"{ORIGIN}/summaries")
    for id_, said, note in (
        ("twice-signed", "one signature", sign(text, times=2)),
        (
            "second-signer",
            "one signature",
            sign(text) + sign(text, other).rpartition("\n\n")[2],
        ),
        ("unsigned", "no signature", text),
        ("key-name", "the log's summary key", sign(text, other)),
        ("log-key", "the log's own key", sign(text, _signer(ORIGIN, "log"))),
        (
            "other-origin",
            "a summary of another log",
            sign(text.replace(ORIGIN, "other.example/1")),
        ),
        ("returns", "newlines alone", sign(text.replace("\n", "\r\n"))),
        ("hyphen", "an em dash begins the line", sign(text).replace("\u2014", "-")),
        ("last-newline", "a line ends", sign(text)[:-1]),
    ):
        yield _draft(id_, said, pack(note), "summary")


def _signatures() -> Iterator[Draft]:
    text = text_of(SUMMARY)
    good = sign_summary(SUMMARY, SIGNER)
    yield _draft("nobody", "no summary key is trusted", good, "signature", seal_roots=None)
    another = f"summary {_signer(f'{ORIGIN}/summary', 'x').verifier_key}\n"
    yield _draft("another", "another key of that name", good, "signature", seal_roots=another)
    other = f"summary {_signer('other.example/1/summary').verifier_key}\n"
    yield _draft(
        "other-log", "the same key, for another log", good, "signature", seal_roots=other
    )
    for id_, old, new in (
        ("status", "in force", "erased"),
        ("code", "RNCP34762", "RNCP34763"),
        ("name", "Ma\u00eblle", "Maelle"),
        ("size", "2048", "2049"),
    ):
        note = sign(text).replace(old, new, 1)
        yield _draft(f"changed-{id_}", "a word of the text", pack(note), "signature")
    zeros = SignatureLine(SIGNER.verifier_key.name, SIGNER.verifier_key.key_id, bytes(64))
    yield _draft("zeros", "64 zero bytes", pack(f"{text}\n{zeros}"), "signature")
    short = SignatureLine(SIGNER.verifier_key.name, SIGNER.verifier_key.key_id, bytes(63))
    yield _draft("short", "63 bytes", pack(f"{text}\n{short}"), "signature")


def _pictures() -> Iterator[Draft]:
    png = make_qr_png(sign_summary(SUMMARY, SIGNER), pixels=3)
    yield _draft("picture", "a QR code as it is printed", png, suffix="png")
    jpeg = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("L").save(jpeg, "JPEG", quality=60)
    yield _draft("photo", "the same as JPEG", jpeg.getvalue(), suffix="jpg")
    changed = pack(sign(text_of(SUMMARY)).replace("in force", "erased", 1))
    made = make_qr_png(changed, pixels=3)
    yield _draft("picture", "a code whose text was changed", made, "signature", suffix="png")
    unknown = {"suffix": "png", "kind": "unknown"}
    blank = io.BytesIO()
    Image.new("L", (200, 200), 255).save(blank, "PNG")
    said = "a picture without a code"
    yield _draft("blank", said, blank.getvalue(), **unknown, **NOTHING)
    other = make_qr_png("HTTPS://EXAMPLE.ORG/", pixels=3)
    yield _draft("other-code", "a code of something else", other, **unknown, **NOTHING)
    cut = png[: len(png) // 2]
    yield _draft("picture-cut", "half a picture", cut, "readable", **unknown)
    second = sign_summary(replace(SUMMARY, size=4096), SIGNER)
    two = make_qr_png(second, pixels=3)
    said = "two summaries in one picture"
    yield _draft("two-codes", said, _beside(png, two), "readable", **unknown)
    said = "one summary twice in one picture is one"
    yield _draft("one-code-twice", said, _beside(png, png), suffix="png")
    said = "a summary beside a code of something else"
    yield _draft("beside-another-code", said, _beside(png, other), suffix="png")


def _beside(*pictures: bytes) -> bytes:
    """Put pictures into one, beside each other."""
    opened = [Image.open(io.BytesIO(one)).convert("1") for one in pictures]
    size = sum(one.width for one in opened), max(one.height for one in opened)
    made = Image.new("1", size, 1)
    at = 0
    for one in opened:
        made.paste(one, (at, 0))
        at += one.width
    target = io.BytesIO()
    made.save(target, "PNG", optimize=True)
    return target.getvalue()
