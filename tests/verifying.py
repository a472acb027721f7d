"""Verifying what a simulated log proves, and tampering with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from provenance.encoding import encode_json
from provenance.verifier import Verifier
from simulator import TODAY

if TYPE_CHECKING:
    from datetime import date

    from provenance.record.bundle import Bundle
    from provenance.report import Check, Report
    from simulator import Simulator


def lean(log: Simulator, bundle: Bundle) -> tuple[str, Bundle]:
    """Leave the long signatures out of a bundle, and their key out of the log's policy.

    Where a case is not about the log, half of its bytes would be ML-DSA-44.
    """
    policy = f"log {log.log_signers[0].verifier_key}\nquorum none\n"
    later = bundle.later and replace(
        bundle.later, checkpoint=_first_signature(bundle.later.checkpoint)
    )
    checkpoint = _first_signature(bundle.checkpoint)
    return policy, replace(bundle, checkpoint=checkpoint, later=later)


def _first_signature(note: str) -> str:
    text, _, lines = note.rpartition("\n\n")
    return f"{text}\n\n{lines.splitlines()[0]}\n"


def verify(
    log: Simulator, bundle: Bundle | bytes, *, day: date | None = TODAY, **options: Any
) -> Report:
    """Verify under the log's own policy, by default on the day on which it was made."""
    data = bundle if isinstance(bundle, bytes) else encode_json(bundle)
    return Verifier(log.policy(), **options).verify(data, day)


def reasons(report: Report) -> dict[int, tuple[str, ...]]:
    """Return the reasons of each certification of a proof that holds."""
    assert report.verdict in {"yes", "attention"}, report.summary
    found: dict[int, tuple[str, ...]] = {
        one.index: tuple(one.reasons) for one in report.certifications
    }
    assert (report.verdict == "attention") == any(found.values())
    return found


def failing(report: Report) -> dict[str, list[int | None]]:
    """Return the failing checks with the entries that they failed for."""
    assert report.verdict == "no"
    found: dict[str, list[int | None]] = {}
    for check in report.checks:
        if check.outcome == "no":
            found.setdefault(check.name, []).append(check.index)
    return found


def find(report: Report, name: str) -> Check:
    (check,) = (check for check in report.checks if check.name == name)
    return check


def change(bundle: Bundle, number: int, **members: Any) -> Bundle:
    """Replace members of one entry of the bundle, counted from 0."""
    entries = list(bundle.entries)
    entries[number] = replace(entries[number], **members)
    return replace(bundle, entries=tuple(entries))


def drop(bundle: Bundle, number: int) -> Bundle:
    return replace(bundle, entries=bundle.entries[:number] + bundle.entries[number + 1 :])


def flip(text: str) -> str:
    """Change the first character of base64 text, which stays base64 of one spelling."""
    return ("B" if text[0] == "A" else "A") + text[1:]
