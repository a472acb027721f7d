"""What an audit found, for people and for machines."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from provenance.audit.origins import Origins
from provenance.encoding import encode_json

FINDINGS_MAX: Final = 100
"""Findings listed one by one; beyond that they are counted."""


class Finding(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that is not as it must be.

    ``check`` is the name of the check, ``index`` the entry it was found at, if any.
    """

    check: str
    message: str
    index: int | None = None


class KeyChanges(msgspec.Struct, frozen=True, kw_only=True):
    """How often depositors' lists of keys were changed, by how.

    ``registered``: by the operator, where the body held no key. ``changed``: by a key of the
    body itself. ``reset``: by the operator alone, although the body had held keys.
    """

    registered: int = 0
    changed: int = 0
    reset: int = 0


class AuditReport(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict on a ledger, and what it rests on.

    ``verdict`` is ``"yes"`` when nothing was found. ``start`` is the first entry that was
    read: 0, or the size of the auditor's own older checkpoint. ``entries`` counts those
    that were read, ``types`` each type of them, ``opened`` the payloads that were opened
    and recommitted, ``erased`` those whose content was destroyed by an erasure, ``lost`` of
    these such whose seeds were lost. ``origins`` says of the certifications that were read
    on what it rests that their depositors sent them. ``notes`` say what was *not* checked,
    and why.
    """

    verdict: Literal["yes", "no"]
    origin: str
    start: int
    size: int
    root: str
    """Base64 of the root at ``size``, recomputed from the entries' bytes."""
    entries: int
    types: dict[str, int]
    signatures: int
    checkpoints: int
    opened: int
    erased: int
    lost: int = 0
    origins: Origins = Origins()
    key_changes: KeyChanges = KeyChanges()
    findings_count: int
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]

    def to_json(self) -> bytes:
        """Encode for machines, members in the order above."""
        return encode_json(self)


class Findings:
    """Collects findings up to the limit, and counts them all."""

    def __init__(self) -> None:
        self.listed: Final[list[Finding]] = []
        self.count = 0

    def add(self, check: str, message: str, index: int | None = None) -> None:
        """Note one finding."""
        self.count += 1
        if len(self.listed) < FINDINGS_MAX:
            self.listed.append(Finding(check=check, message=message, index=index))
