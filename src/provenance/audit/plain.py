"""Reading certifications by the thousand: what is not as expected is left to the parser.

Nearly all entries of a log are certifications of large files, alike but for index,
``prev`` and commitment. One of them is parsed; what the following must be is written down
from it, and compared as bytes, many at once. Bytes that are equal to the one spelling of a
well-formed entry are that entry, so nothing is accepted here that `parse_entry` and
`check_follows` would refuse, and whatever differs goes to them.
"""

from __future__ import annotations

import binascii
import re
from typing import TYPE_CHECKING, Final

from provenance.audit.facts import Run
from provenance.errors import FormatError
from provenance.record.entry import Certification, parse_entry

if TYPE_CHECKING:
    from collections.abc import Sequence

HASH_CHARS: Final = 44
"""Characters of 32 bytes in base64."""
MEMBERS: Final = 3
"""What differs between the entries of a run: index, ``prev`` and commitment."""
GALLOP_FIRST: Final = 8
GALLOP_MAX: Final = 256
"""Entries that are compared at once: few at first, for a run may be short, and never so many
that their bytes leave the processor's cache."""

COMMITMENT: Final = slice(-HASH_CHARS - 2, -2)
_ALPHABET: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
# The last character before the padding holds four bits and two zeros (RFC 4648 section 3.5).
_LAST: Final = b"AEIMQUYcgkosw048"
_HASH: Final = re.compile(rb"[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=")


def find_runs(
    entries: Sequence[bytes], leaves: Sequence[bytes], start: int
) -> tuple[list[Run], list[tuple[int, bytes]]]:
    """Part entries, of which the first stands at ``start``, into runs and others.

    ``leaves`` are their leaf hashes. The first is always among the others, for what it
    must be chained to is not known here.
    """
    prevs = [b"", *_spell(leaves)]
    runs: list[Run] = []
    others: list[tuple[int, bytes]] = [(start, entries[0])]
    at = 1
    while at < len(entries):
        model = _model(entries[at], start + at, prevs[at])
        if model is None:
            others.append((start + at, entries[at]))
            at += 1
            continue
        end = _follow(model, entries, prevs, start, at)
        runs.append(_run(model, start + at, start + end))
        at = end
    return runs, others


def _run(model: Certification, start: int, end: int) -> Run:
    return Run(
        start,
        end,
        model.deposit,
        model.depositor,
        model.registration,
        model.certifier_registration,
        model.time,
    )


def _spell(hashes: Sequence[bytes]) -> list[bytes]:
    """Return the base64 of each, its padding left out.

    All are encoded at once, each with a zero behind it, so that no character belongs to two
    of them. The zero changes what stands in the place of the padding, and nothing else.
    """
    text = binascii.b2a_base64(b"\0".join(hashes) + b"\0", newline=False)
    return [text[at : at + HASH_CHARS - 1] for at in range(0, len(text), HASH_CHARS)]


def _model(data: bytes, index: int, prev: bytes) -> Certification | None:
    """Parse the certification that begins a run; None where it is none, or stands wrong."""
    try:
        entry = parse_entry(data)
    except FormatError:
        return None
    if not isinstance(entry, Certification) or entry.supersedes is not None:
        return None
    return entry if (entry.index, entry.prev.encode()) == (index, prev + b"=") else None


def _follow(
    model: Certification,
    entries: Sequence[bytes],
    prevs: Sequence[bytes],
    start: int,
    at: int,
) -> int:
    """Return the position behind the last entry that goes on as the one ``at`` began."""
    pattern = _pattern(model)
    end, step = at, 1
    while end < len(entries):
        part = entries[end : end + step]
        alike = _count_alike(pattern, part, prevs[end : end + step], start + end)
        end += alike
        if alike < step:
            break
        step = min(max(2 * step, GALLOP_FIRST), GALLOP_MAX)
    return max(end, at + 1)


def _pattern(model: Certification) -> bytes:
    """Return the bytes of all entries of a run, with places for what differs."""
    # Neither BCR nor time can hold a percent sign.
    head = b'{"type":"certification","index":%%d,"time":"%b","prev":"%%b=",'
    middle = b'"deposit":%d,"depositor":"%b","registration":%d,'
    certifier = model.certifier_registration
    if certifier is not None:
        middle += b'"certifier_registration":%d,' % certifier
    members = model.time.encode(), model.deposit, model.depositor.encode(), model.registration
    return (head + middle) % members + b'"commitment":"%b"}'


def _count_alike(
    pattern: bytes, part: Sequence[bytes], prevs: Sequence[bytes], index: int
) -> int:
    """Count the entries up to the first that is not the next of its run."""
    commitments = [entry[COMMITMENT] for entry in part]
    count = _count_hashes(commitments)
    members: list[int | bytes] = [0] * (MEMBERS * count)
    members[0::MEMBERS] = range(index, index + count)
    members[1::MEMBERS] = prevs[:count]
    members[2::MEMBERS] = commitments[:count]
    # What is due has one newline an entry. If what was found is the same, then it has no
    # other newlines either, and each entry is what is due in its place.
    due = (pattern + b"\n") * count % tuple(members)
    if due == b"\n".join([*part[:count], b""]):
        return count
    lines = due.splitlines()
    return next(at for at, entry in enumerate(part) if entry != lines[at])


def _count_hashes(texts: list[bytes]) -> int:
    """Count the texts up to the first that is not the base64 of 32 bytes."""
    joined = b"".join(texts)
    sound = (
        len(joined) == HASH_CHARS * len(texts)
        and joined[HASH_CHARS - 1 :: HASH_CHARS] == b"=" * len(texts)
        and joined.translate(None, _ALPHABET) == b"=" * len(texts)
        and not joined[HASH_CHARS - 2 :: HASH_CHARS].translate(None, _LAST)
    )
    if sound:
        return len(texts)
    return next((at for at, text in enumerate(texts) if not _HASH.fullmatch(text)), len(texts))
