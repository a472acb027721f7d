"""What an audit did not check, and why; and findings that are not faults."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.audit.facts import Options
    from provenance.audit.walk import Walk


def notes_of(walk: Walk, options: Options, *, has_policy: bool) -> Iterator[str]:
    """Yield the notes on what was walked over, and on what was not looked at."""
    yield from _unchecked(options, has_policy=has_policy)
    yield from _of_rules(walk)
    yield from _of_contents(walk)
    if walk.start:
        yield from _of_beginning(walk)
    if walk.checkpoints.lacking:
        yield (
            f"{walk.checkpoints.lacking} status entries end no stored checkpoint: "
            "publications that were cut off, or checkpoints that were removed"
        )


def _unchecked(options: Options, *, has_policy: bool) -> Iterator[str]:
    if not options.signatures:
        yield "entry signatures were not checked: any key may have signed the entries"
    if not options.signatures and not options.vault:
        yield "the digests of deposits were not held against their leaf hashes"
    if not options.vault:
        yield "payloads were not opened: commitments are not recomputed"
    if not has_policy:
        yield "no trust policy was given: the log's keys are its own word"


def _of_rules(walk: Walk) -> Iterator[str]:
    rules = walk.rules
    if rules.tokens:
        yield f"{rules.tokens} time-stamp tokens were not checked"
    resets = rules.registrations.changes["reset"]
    if resets:
        yield f"{resets} depositors' keys were reset by the operator alone"
    if walk.registers.lacking:
        yield f"{walk.registers.lacking} registers' sheets are not here: not checked"
    if rules.upgraded:
        yield "the log goes on in a format that this version does not know"


def _of_contents(walk: Walk) -> Iterator[str]:
    origins = walk.contents.origins.count(walk.rules.endorsed)
    if origins.unsupported:
        yield (
            f"{origins.unsupported} certifications rest on nothing but the operator's word: no "
            "signature of their depositors covers them, and no file that is kept"
        )
    if origins.closed:
        yield (
            f"{origins.closed} certifications were not held against what their depositors "
            "sent: that needs the payloads"
        )
    lost = walk.contents.lost
    if lost:
        yield (
            f"the seeds of {len(lost)} entries were lost, as an erasure says; their contents "
            "may be deposited again"
        )


def _of_beginning(walk: Walk) -> Iterator[str]:
    """Say what only an audit from the beginning could find."""
    firsts, signed = walk.rules.registrations.firsts, walk.once_only.count
    if firsts or signed:
        yield (
            "what came before the older checkpoint was not looked through: that none of "
            f"{firsts} bodies was registered before, and none of {signed} signed deposits "
            "taken before"
        )
