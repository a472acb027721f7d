"""The package's front: public names, each loaded when it is asked for."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from importlib.metadata import version

import pytest

import provenance
from provenance.errors import ProvenanceError
from provenance.ledger import Ledger
from provenance.verifier import Verifier


@pytest.mark.parametrize("name", provenance.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(provenance, name) is not None
    assert name in dir(provenance)


def test_public_names_are_those_of_their_rooms() -> None:
    assert provenance.Ledger is Ledger
    assert provenance.Verifier is Verifier
    assert provenance.ProvenanceError is ProvenanceError
    assert provenance.__version__ == version("provenance-ledger")


def test_other_names_are_not() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Legder'"):
        getattr(provenance, "Legder")  # noqa: B009 - a type checker knows that it is not


def test_the_package_alone_loads_nothing() -> None:
    script = "import sys, provenance; print(*sorted(n for n in sys.modules if n[:4] == 'prov'))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert done.stdout.split() == [b"provenance"]


def test_looking_at_the_program_does_not_run_it() -> None:
    import_module("provenance.__main__")
