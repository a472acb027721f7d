"""CVs that carry their proof: PDF files with attachment and seal, JSON CVs, QR summaries.

::

    attach(pdf, bundle)               the PDF file with the proof in it
    extract(pdf)                      the proof out of a PDF file
    load_signer(key, certificates)    the signer of seals out of key files
    seal(pdf, signer, tsa)            the PDF file with the operator's seal over all of it
    parse_seal_roots(text)            whom a verifier trusts for documents
    verify(data, policy, seal_roots)  any of these documents in, a `CvReport` out

It needs the extra ``cv``: ``pip install provenance-ledger[cv]``. Each package of the extra is
loaded when it is first needed.
"""

from __future__ import annotations

# The modules that bear the names of functions are loaded here, so that the names stay the
# functions' afterwards.
from provenance.cv.pdf import attach, extract
from provenance.cv.report import CvReport, Document
from provenance.cv.roots import SealRoots, parse_seal_roots
from provenance.cv.seal import SealingError, SealSigner, load_signer, seal
from provenance.cv.verify import verify

__all__ = [
    "CvReport",
    "Document",
    "SealRoots",
    "SealSigner",
    "SealingError",
    "attach",
    "extract",
    "load_signer",
    "parse_seal_roots",
    "seal",
    "verify",
]
