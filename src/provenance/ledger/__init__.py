"""The ledger: deposit, publish, prove, find."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

__all__ = ["Accept", "DepositSignature", "Ledger", "Refuse", "form_digest"]

_HOMES: Final = {
    "Accept": "screening",
    "DepositSignature": "rights",
    "Ledger": "core",
    "Refuse": "screening",
    "form_digest": "form",
}
"""Where the names live, in this package: those who need one room need not enter all."""

if TYPE_CHECKING:
    from provenance.ledger.core import Ledger
    from provenance.ledger.form import form_digest
    from provenance.ledger.rights import DepositSignature
    from provenance.ledger.screening import Accept, Refuse
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
