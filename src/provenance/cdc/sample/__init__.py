"""Synthetic deposit files: as many, as large and as faulty as wanted, and known in advance.

    spec = SampleSpec(seed=7, passages=1000, flaws={"end-before-start": 3, "late": 10})
    file = b"".join(write_flux(spec))
    expected = list(describe(spec))

A file is streamed passage by passage, in constant memory, and is the same for the same
specification in every version of Python. A `Form` changes its bytes and nothing else.
`describe` tells what every passage holds and what should become of it, from the same dice
and not from the file, so that reading and checking can be held against it. `break_flux`
makes small files that must be refused as a whole. All people, numbers and certifications
are invented.
"""

from provenance.cdc.sample.broken import BREAKS, break_flux
from provenance.cdc.sample.flaws import FLAWS, Flaw
from provenance.cdc.sample.form import Form
from provenance.cdc.sample.manifest import ExpectedPassage, describe, write_flux
from provenance.cdc.sample.spec import SampleSpec

__all__ = [
    "BREAKS",
    "FLAWS",
    "ExpectedPassage",
    "Flaw",
    "Form",
    "SampleSpec",
    "break_flux",
    "describe",
    "write_flux",
]
