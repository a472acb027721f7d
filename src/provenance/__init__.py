"""A ledger of professional certifications, and proofs that a stranger can check offline.

The front doors, each loaded at its first use, so that who only verifies loads no database::

    Ledger        deposit, append, publish, prove, find
    Verifier      a proof bundle and a trust policy in, a `Report` out

`Accept` and `Refuse` are the answers of an operator's own decision on a passage,
`DepositSignature` is what a depositor that signs sends along. Everything that goes wrong
is a `ProvenanceError`; ``provenance.errors`` has the whole tree.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

__all__ = [
    "Accept",
    "DepositRefused",
    "DepositSignature",
    "FormatError",
    "Ledger",
    "PolicyError",
    "ProvenanceError",
    "Refuse",
    "Report",
    "StorageError",
    "UnreadableError",
    "VerificationError",
    "Verifier",
    "__version__",
]

_HOMES: Final = {
    "Accept": "ledger",
    "DepositSignature": "ledger",
    "Ledger": "ledger",
    "Refuse": "ledger",
    "Report": "report",
    "Verifier": "verifier",
}
"""Where public names live, below this package; the errors have a room of their own."""

if TYPE_CHECKING:
    from provenance.errors import (
        DepositRefused,
        FormatError,
        PolicyError,
        ProvenanceError,
        StorageError,
        UnreadableError,
        VerificationError,
    )
    from provenance.ledger import Accept, DepositSignature, Ledger, Refuse
    from provenance.report import Report
    from provenance.verifier import Verifier

    __version__: str
else:
    # Type checkers do not see this, so that they go on refusing names that do not exist.

    def __getattr__(name: str) -> object:
        """Load a public name when it is asked for (PEP 562)."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        if name == "__version__":
            value = import_module("importlib.metadata").version("provenance-ledger")
        else:
            home = _HOMES.get(name, "errors")
            value = getattr(import_module(f"{__name__}.{home}"), name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
