"""The packages of the extra ``cv`` may be missing: then one clear error says so."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from provenance.errors import ProvenanceError

if TYPE_CHECKING:
    from collections.abc import Iterator


class CvExtraMissingError(ProvenanceError):
    """A package of the extra ``cv`` is not installed."""


@contextmanager
def needing_extra() -> Iterator[None]:
    """Import packages of the extra inside; raises `CvExtraMissingError` without them."""
    try:
        yield
    except ImportError as error:
        raise CvExtraMissingError(
            f"the package {error.name} is needed: install provenance-ledger[cv]"
        ) from error
