"""The auditor's room: trust nobody, derive everything again from the stored bytes."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

__all__ = ["AuditReport", "Finding", "audit"]

_HOMES: Final = {"AuditReport": "report", "Finding": "report", "audit": "run"}
"""Where the names live, in this package: its workers need little of it, and start often."""

if TYPE_CHECKING:
    from provenance.audit.report import AuditReport, Finding
    from provenance.audit.run import audit
else:
    # Type checkers do not see this, so that they go on refusing names that do not exist.

    def __getattr__(name: str) -> object:
        """Load a public name when it is asked for (PEP 562)."""
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
