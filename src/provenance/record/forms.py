"""The forms of strings and numbers inside entries: one spelling a value.

They constrain the members of the classes in ``entry``: a member of another form makes the
entry malformed. A time is the operator's UTC clock in microseconds, always written like
``2026-11-23T20:00:00.123456Z``, so that times sort as strings.

Sources: RFC 4648 section 4 (base64), RFC 3339 (times).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Annotated, Final

from msgspec import Meta

from provenance.encoding import JSON_INTEGER_LIMIT
from provenance.errors import FormatError

_B64: Final = "[A-Za-z0-9+/]"
# What is left over after the last whole byte must be zero (RFC 4648 section 3.5).
_B64_LAST_1: Final = f"{_B64}[AQgw]=="
_B64_LAST_2: Final = f"{_B64}{{2}}[AEIMQUYcgkosw048]="

Index = Annotated[int, Meta(ge=0, lt=JSON_INTEGER_LIMIT)]
"""A position in the log, or a number of entries."""
Bcr = Annotated[str, Meta(pattern=r"^[0-9A-Z]{8}\Z")]
"""The eight characters by which the operator knows a body."""
Siret = Annotated[str, Meta(pattern=r"^[0-9]{14}\Z")]
Hash = Annotated[str, Meta(pattern=rf"^{_B64}{{40}}{_B64_LAST_2}\Z")]
"""Base64 of 32 bytes."""
Signature = Annotated[str, Meta(pattern=rf"^{_B64}{{84}}{_B64_LAST_1}\Z")]
"""Base64 of 64 bytes: Ed25519 (RFC 8032)."""
Base64 = Annotated[str, Meta(pattern=rf"^(?=.)({_B64}{{4}})*({_B64_LAST_1}|{_B64_LAST_2})?\Z")]
"""Base64 of one byte or more."""
_UNSEEN: Final = (
    "\\u00ad\\u061c\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\uffff"
    "\\U000e0000-\\U000e0fff"
)
"""Characters that nobody sees, or that turn the others around: a fixed list."""
SEEN_TEXT: Final = rf"(?! )(?!.*  )[^\x00-\x1f\x7f-\x9f{_UNSEEN}]{{1,%d}}(?<! )"
"""Pattern of text that reads as it is, up to a number of code points: no control characters,
nothing unseen, no U+0020 at the ends and no two in a row."""
Name = Annotated[str, Meta(pattern=rf"^{SEEN_TEXT % 200}\Z")]
"""A name for people, which reads as it is."""
Origin = Annotated[str, Meta(pattern=r"^[!-*,-~]{1,255}\Z")]
"""A log's name: visible ASCII without ``+`` (C2SP tlog-checkpoint)."""
Version = Annotated[str, Meta(pattern=r"^[!-~]{1,32}\Z")]
"""Visible ASCII."""
Date = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")]
"""A day; that it is one of the calendar is checked by `check_date`."""
OtherFormat = Annotated[str, Meta(pattern=r"^provenance/(?!1\Z)[1-9][0-9]{0,3}\Z")]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def format_time(microseconds: int) -> str:
    """Format microseconds since 1970-01-01T00:00Z; `FormatError` beyond year 9999."""
    try:
        moment = _EPOCH + timedelta(microseconds=microseconds)
    except OverflowError as error:
        raise FormatError("time out of range") from error
    return moment.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


@lru_cache(maxsize=4096)  # All entries of a commit have one time.
def parse_time(text: str) -> int:
    """Parse a time into microseconds since 1970-01-01T00:00Z.

    Six fraction digits, ``Z``, a day of the calendar, no leap second; raises `FormatError`.
    """
    try:
        moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError as error:
        raise FormatError("malformed time") from error
    microseconds = (moment - _EPOCH) // timedelta(microseconds=1)
    if format_time(microseconds) != text:
        raise FormatError("malformed time")
    return microseconds


def check_date(text: str) -> None:
    """Check that ``text`` is a day of the calendar, ``YYYY-MM-DD``; raises `FormatError`."""
    parse_time(f"{text}T00:00:00.000000Z")
