"""CVs that carry their proof: PDF files with attachment and seal, JSON CVs, QR summaries.

It needs the extra ``cv``: ``pip install provenance-ledger[cv]``. Each package of the extra is
loaded when it is first needed.
"""

from __future__ import annotations

from provenance.cv.report import CvReport, Document
from provenance.cv.roots import SealRoots, parse_seal_roots

__all__ = ["CvReport", "Document", "SealRoots", "parse_seal_roots"]
