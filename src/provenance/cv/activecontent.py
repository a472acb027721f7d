"""What lets a PDF file show one thing today and another tomorrow, or do something by itself.

A seal says that no byte was changed; it says nothing about a file that changes what it shows
without that. So such content is named, by the kinds below, and a file that has any is neither
sealed (unless the kind is allowed) nor called an original. Looked at is every dictionary of
every object of the last revision: those of streams, and those inside other dictionaries and
arrays, too::

    actions           a key /AA; /OpenAction that is neither an array nor a dictionary with
                      /S /GoTo; /S that is one of `ACTIONS`
    attachments       /Subtype /FileAttachment; /DOS, /Mac or /Unix beside /EF; a key in /EF
                      other than /F and /UF; two or more dictionaries with /EF that bear the
                      proof's name; a dictionary with /EF of which a name, or an array /Names
                      of which a string, is like the proof's name
    external-content  a stream with one of `EXTERNAL`, or with /Subtype or /Subtype2 /PS
    form-fields       a key /FT other than the seal's; /Subtype /Widget without /FT, unless
                      its /Parent is the seal's field
    javascript        /S /JavaScript; a key /JS or /JavaScript
    multimedia        /Subtype that is one of `MULTIMEDIA`; /AlternatePresentations in the
                      catalog's /Names
    optional-content  /OCProperties in the catalog; a key /Rect and a name /Subtype other than
                      /Link and /Popup, but not flags /F by which it is on paper and on every
                      screen
    portfolio         /Collection in the catalog
    xfa               a key /XFA

The seal's field is the one dictionary with /FT /Sig and a value /V; where there are two, none
is. A dictionary *bears* the proof's name where its /F or /UF is that text. A text is *like*
it where it is another one, but its first 1,000 characters hold ``provenanceproof`` once
look-alikes are replaced (`lookalikes`), letters made small, and all but a to z removed.

Flags by which an annotation is on paper and on every screen are an integer from 0 to
2,147,483,647 that has of the bits Invisible (1), Hidden (2), Print (4), NoView (32) and
ToggleNoView (256) Print alone. A /Widget whose /Rect are four numbers, the third as the first
and the fourth as the second, shows nothing, so its flags are not looked at.

Links (/URI) and jumps within the file (/GoTo) are not active content. Sources: ISO 32000-2
sections 12.5 and 12.6; what ISO 19005-3 sections 6.2, 6.5 and 6.6 forbid for the same reason;
Müller, Noss, Mladenov and Schwenk, "Processing Dangerous Paths", NDSS 2021.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pikepdf

from provenance.cv.facts import ATTACHMENT_NAME
from provenance.cv.lookalikes import plain_letters

if TYPE_CHECKING:
    from collections.abc import Iterator

ACTIONS: Final = frozenset(
    {
        "/GoTo3DView",
        "/GoToE",
        "/GoToR",
        "/Hide",
        "/ImportData",
        "/Launch",
        "/Movie",
        "/NOP",
        "/Named",
        "/Rendition",
        "/ResetForm",
        "/RichMediaExecute",
        "/SetOCGState",
        "/SetState",
        "/Sound",
        "/SubmitForm",
        "/Thread",
        "/Trans",
    }
)
"""Actions other than JavaScript that nothing in a CV needs."""
MULTIMEDIA: Final = frozenset({"/3D", "/Movie", "/RichMedia", "/Screen", "/Sound"})
"""Annotations that play something."""
UNPRINTED: Final = frozenset({"/Link", "/Popup"})
"""Annotations whose flags are not looked at: they show nothing of their own."""
EXTERNAL: Final = ("/Alternates", "/F", "/FDecodeParms", "/FFilter", "/OPI", "/PS", "/Ref")
"""Keys of streams whose content is elsewhere, or is another one on another device."""
_LIKENESS: Final = "provenanceproof"
_OLD_NAMES: Final = ("/DOS", "/Mac", "/Unix")
_NAMES: Final = ("/F", "/UF", *_OLD_NAMES)
_TEXT_MAX: Final = 1000
_FLAGS_MAX: Final = (1 << 31) - 1
_SIDES: Final = 4
_PRINT: Final = 4
_VISIBILITY: Final = 1 | 2 | _PRINT | 32 | 256


class _Node(NamedTuple):
    """A dictionary; ``of_stream``: it is a stream's."""

    members: Any
    of_stream: bool


def is_named(spec: object) -> bool:
    """Return whether a file specification bears the proof's name; anything may be asked."""
    return isinstance(spec, pikepdf.Dictionary) and any(
        read_text(spec.get(key)) == ATTACHMENT_NAME for key in ("/F", "/UF")
    )


def is_like_named(text: str) -> bool:
    """Return whether a name is like the proof's without being it."""
    if text == ATTACHMENT_NAME:
        return False
    letters = plain_letters(text[:_TEXT_MAX])
    return _LIKENESS in "".join(one for one in letters if "a" <= one <= "z")


def read_text(value: object) -> str:
    """Return a PDF string as text; an empty one for what is not a string."""
    return str(value) if isinstance(value, pikepdf.String) else ""


def find_active(pdf: pikepdf.Pdf) -> tuple[str, ...]:
    """Return the kinds of active content in a file, ascending, each once."""
    found = {
        kind
        for key, kind in (("/OCProperties", "optional-content"), ("/Collection", "portfolio"))
        if key in pdf.Root
    }
    names = pdf.Root.get("/Names")
    if isinstance(names, pikepdf.Dictionary) and "/AlternatePresentations" in names:
        found.add("multimedia")
    seals: list[Any] = []
    fields: list[Any] = []
    named = 0
    for node in _walk(pdf):
        found.update(_kinds_of(node))
        one = node.members
        if "/FT" in one or _name(one.get("/Subtype")) == "/Widget":
            (seals if _is_seal(one) else fields).append(one)
        named += "/EF" in one and is_named(one)
    if named > 1:
        found.add("attachments")
    if len(seals) > 1 or any(not _belongs(one, seals) for one in fields):
        found.add("form-fields")
    return tuple(sorted(found))


def _walk(pdf: pikepdf.Pdf) -> Iterator[_Node]:
    """Yield every dictionary of a file once, however deep it lies inside an object."""
    for top in pdf.objects:
        waiting: list[Any] = [top]
        while waiting:
            node = waiting.pop()
            inner: list[Any] = []
            if isinstance(node, pikepdf.Stream):
                yield _Node(node.stream_dict, of_stream=True)
                inner = [value for _, value in node.stream_dict.items()]
            elif isinstance(node, pikepdf.Dictionary):
                yield _Node(node, of_stream=False)
                inner = [value for _, value in node.items()]
            elif isinstance(node, pikepdf.Array):
                inner = list(node)
            waiting += (
                value
                for value in inner
                if isinstance(value, pikepdf.Object) and not value.is_indirect
            )


def _kinds_of(node: _Node) -> Iterator[str]:
    one = node.members
    action, subtype = one.get("/S"), one.get("/Subtype")
    if _name(action) == "/JavaScript" or "/JS" in one or "/JavaScript" in one:
        yield "javascript"
    if "/AA" in one or _is_in(action, ACTIONS) or not _opens_quietly(one):
        yield "actions"
    if _is_in(subtype, MULTIMEDIA):
        yield "multimedia"
    if "/Rect" in one and not _shows_everywhere(one):
        yield "optional-content"
    if "/XFA" in one:
        yield "xfa"
    if node.of_stream and (
        any(key in one for key in EXTERNAL)
        or "/PS" in {_name(subtype), _name(one.get("/Subtype2"))}
    ):
        yield "external-content"
    if _name(subtype) == "/FileAttachment" or _attaches_oddly(one):
        yield "attachments"


def _name(value: object) -> str:
    return str(value) if isinstance(value, pikepdf.Name) else ""


def _is_in(value: object, names: frozenset[str]) -> bool:
    return _name(value) in names


def _opens_quietly(one: Any) -> bool:  # noqa: ANN401 - pikepdf's own
    """Return whether a dictionary has no ``/OpenAction``, or one that jumps to a page."""
    opening = one.get("/OpenAction", pikepdf.Array())
    if isinstance(opening, pikepdf.Dictionary):
        return _name(opening.get("/S")) == "/GoTo"
    return isinstance(opening, pikepdf.Array)


def _shows_everywhere(one: Any) -> bool:  # noqa: ANN401
    """Return whether what has a place on a page shows the same on paper and on every screen."""
    kind, flags = _name(one.get("/Subtype")), one.get("/F", 0)
    if not kind or kind in UNPRINTED or (kind == "/Widget" and _is_empty(one.get("/Rect"))):
        return True
    return type(flags) is int and 0 <= flags <= _FLAGS_MAX and flags & _VISIBILITY == _PRINT


def _is_empty(rectangle: object) -> bool:
    """Return whether a rectangle is four numbers that leave neither width nor height."""
    if not isinstance(rectangle, pikepdf.Array):
        return False
    sides = list(rectangle)
    if len(sides) != _SIDES or not all(type(one) in {int, Decimal} for one in sides):
        return False
    left, bottom, right, top = map(float, sides)
    return (left, bottom) == (right, top)


def _attaches_oddly(one: Any) -> bool:  # noqa: ANN401
    names = one.get("/Names")
    if isinstance(names, pikepdf.Array) and any(is_like_named(read_text(key)) for key in names):
        return True
    if "/EF" not in one:
        return False
    embedded = one.get("/EF")
    if not isinstance(embedded, pikepdf.Dictionary) or not {*embedded.keys()} <= {"/F", "/UF"}:
        return True
    return any(key in one for key in _OLD_NAMES) or any(
        is_like_named(read_text(one.get(key))) for key in _NAMES
    )


def _is_seal(one: Any) -> bool:  # noqa: ANN401
    return _name(one.get("/FT")) == "/Sig" and "/V" in one


def _belongs(one: Any, seals: list[Any]) -> bool:  # noqa: ANN401
    """Return whether a widget is the seal's own, which may be separate from its field."""
    parent = one.get("/Parent")
    return (
        "/FT" not in one
        and isinstance(parent, pikepdf.Dictionary)
        and parent.is_indirect
        and len(seals) == 1
        and parent.objgen == seals[0].objgen
    )
