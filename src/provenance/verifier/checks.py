"""The checks of one verification, as they are made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVarTuple

from provenance.errors import FormatError, VerificationError
from provenance.report import Check

if TYPE_CHECKING:
    from collections.abc import Callable

Ts = TypeVarTuple("Ts")


class StageFailedError(Exception):
    """A stage has failed; what comes after it is not looked into."""


class Checks:
    """Collects checks; each name gets one ``yes`` or ``n/a``, or a ``no`` for each failure."""

    def __init__(self) -> None:
        self.made: Final[list[Check]] = []
        self._failed: Final[set[str]] = set()

    def yes(self, name: str, reason: str) -> None:
        """Record a success, unless the check of that name has failed already."""
        if name not in self._failed:
            self.made.append(Check(name, "yes", reason))

    def skip(self, name: str, reason: str) -> None:
        """Record that a check does not apply, unless it has failed already."""
        if name not in self._failed:
            self.made.append(Check(name, "n/a", reason))

    def no(self, name: str, reason: Exception | str, index: int | None = None) -> None:
        """Record a failure, of the entry at ``index`` where it is about one."""
        self.made.append(Check(name, "no", str(reason), index))
        self._failed.add(name)

    def attempt(
        self, name: str, index: int | None, test: Callable[[*Ts], object], *values: *Ts
    ) -> None:
        """Run a test that raises when it fails; record only a failure."""
        try:
            test(*values)
        except (FormatError, VerificationError) as error:
            self.no(name, error, index)

    def end_stage(self) -> None:
        """Raise `StageFailedError` when anything has failed."""
        if self._failed:
            raise StageFailedError
