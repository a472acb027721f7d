"""What the holder declares: the JSON file that a CV is made from, beside the proof.

A JSON text in any spelling, as programs write it. All but ``format`` may be left out::

    {"format":"provenance-holder/1",
     "name":"Maëlle Lefèvre-Dubois",
     "usage_name":"Martin",
     "headline":"Développeuse web",
     "contact":["maelle@example.org","Lyon"],
     "profile":"…",
     "experience":[{"title":"Développeuse","organisation":"Atelier Nord","place":"Lille",
                    "from":"2021","to":"2024","text":"…"},…],
     "education":[{"title":"Lycée Marie-Curie","from":"2009","to":"2012"},…],
     "skills":["HTML et CSS","Accessibilité"],
     "languages":["Anglais","Breton"]}

Nothing of it is guaranteed, and a rendered CV says so. ``name`` chooses among the names that
the proof shows (`declaredname`), and is refused where it says anything else; ``usage_name`` is
one that the proof does not show, and appears in the declared part. Dates here are text, never
compared. Titles of certifications are never the holder's: they come from the proof.

The rule: at most 1 MiB; every text is of visible characters and spaces (``profile`` and
``text`` may have newlines), of the lengths below, and imitates nothing of the guaranteed part
(`declaredtext`); unknown members are refused.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Annotated, Final, Literal, TypeAlias

import msgspec
from msgspec import Meta, Struct

from provenance.cv.declaredtext import find_imitation
from provenance.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Iterator

HOLDER_SIZE_MAX: Final = 1024 * 1024
"""Bytes."""

_HARMLESS: Final = "\u00ad\u200c\u200d\u2060"
"""Soft hyphen, non-joiner, joiner, and word joiner."""

Line: TypeAlias = Annotated[str, Meta(min_length=1, max_length=200)]
Text: TypeAlias = Annotated[str, Meta(min_length=1, max_length=2000)]
Lines: TypeAlias = Annotated[tuple[Line, ...], Meta(max_length=40)]


class Stage(
    Struct,
    frozen=True,
    forbid_unknown_fields=True,
    kw_only=True,
    rename={"start": "from", "end": "to"},
):
    """A stage of work or education, as declared; ``start`` is the member ``from``."""

    title: Line
    organisation: Line | None = None
    place: Line | None = None
    start: Line | None = None
    end: Line | None = None
    text: Text | None = None


Stages: TypeAlias = Annotated[tuple[Stage, ...], Meta(max_length=40)]


class Holder(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a holder declares."""

    format: Literal["provenance-holder/1"]
    name: Line | None = None
    usage_name: Line | None = None
    headline: Line | None = None
    contact: Annotated[tuple[Line, ...], Meta(max_length=8)] = ()
    profile: Text | None = None
    experience: Stages = ()
    education: Stages = ()
    skills: Lines = ()
    languages: Lines = ()


def parse_holder(data: bytes) -> Holder:
    """Parse a holder's file; raises `FormatError`, which tells the place and never a value."""
    if len(data) > HOLDER_SIZE_MAX:
        raise FormatError(f"malformed holder file: more than {HOLDER_SIZE_MAX} bytes")
    try:
        members = msgspec.json.decode(data)
        if isinstance(members, dict) and "titles" in members:
            raise FormatError(
                "malformed holder file: titles are not for the holder to give; leave the "
                "member titles out. They come from the register's sheets in the proof, and "
                "without a sheet the code of the certification stands there"
            )
        holder = msgspec.convert(members, Holder)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise FormatError(f"malformed holder file: {_reason(error)}") from error
    members = msgspec.to_builtins(holder)
    place = find_invisible(members)
    if place is not None:
        raise FormatError(f"malformed holder file: a character that is not visible in {place}")
    _check_imitations(members)
    return holder


def _check_imitations(members: dict[str, object]) -> None:
    """Refuse what looks as if the proof said it; raises `FormatError`."""
    texts = [*_texts(members, "")]
    contact = " ".join(text for place, text in texts if place == ".contact")
    # Texts are next to each other on the page, so they are also read as one text.
    whole = " ".join(text for _, text in texts)
    for place, text in (*texts, (".contact", contact), ("all texts in a row", whole)):
        found = find_imitation(place.removeprefix("."), text)
        if found is not None:
            raise FormatError(f"malformed holder file: {place.removeprefix('.')} has {found}")


def find_invisible(texts: object) -> str | None:
    """Return the place of a text with a character that nobody sees, or None.

    Such are controls, and those that change the direction of what stands around them.
    Spaces of any width, hyphens that may show, and joiners of letters are fine, and new lines
    where a text may have several.
    """
    for place, text in _texts(texts, ""):
        lines = text.split("\n") if place.endswith((".text", ".profile")) else [text]
        if not all(_is_visible(one) for line in lines for one in line):
            return place
    return None


def _is_visible(character: str) -> bool:
    return (
        character.isprintable()
        or unicodedata.category(character) == "Zs"
        or character in _HARMLESS
    )


def _reason(error: Exception) -> str:
    """Say what is wrong and where, and nothing of what stands there."""
    text = str(error)
    if not isinstance(error, msgspec.ValidationError):
        return "no JSON text"
    if text.startswith("Expected"):
        return text
    _, _, place = text.rpartition(" - at ")
    what = (
        "a member that is unknown" if "unknown field" in text else "another value than it has"
    )
    return what if place == text or "`" not in place else f"{what}, at {place}"


def _texts(value: object, place: str) -> Iterator[tuple[str, str]]:
    """Yield every text in a value and where it is."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for name, member in value.items():
            yield from _texts(member, f"{place}.{name}")
    elif isinstance(value, list | tuple):
        for member in value:
            yield from _texts(member, place)
