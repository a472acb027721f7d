"""The test vectors of github.com/transparency-dev/merkle, right and wrong cases.

They are not part of this repository. They are looked for in the folder that
``MERKLE_VECTORS`` names, or else beside the repository; without them this file is skipped.
"""

from __future__ import annotations

import json
import os
from base64 import b64decode
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Final

import pytest

from provenance.errors import ConsistencyError, InclusionError
from provenance.tlog.merkle import verify_consistency, verify_inclusion

REPOSITORY: Final = Path(__file__).resolve().parents[2]
DEFAULT: Final = REPOSITORY.parent / "shared" / "vectors" / "transparency-dev-merkle"
FOLDER: Final = Path(os.environ.get("MERKLE_VECTORS", DEFAULT))
CASES: Final = 98
WRONG: Final = {"inclusion": 92, "consistency": 92}

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason=f"the vectors of transparency-dev/merkle are not in {FOLDER}"
)


def load_cases(kind: str) -> list[Any]:
    """Return the cases, each under the name of its file."""
    files = sorted((FOLDER / kind).rglob("*.json"))
    return [
        pytest.param(json.loads(file.read_text("utf-8")), id=str(file.relative_to(FOLDER)))
        for file in files
    ]


def decode(text: str | None) -> bytes:
    return b64decode(text or "", validate=True)


def verify_inclusion_case(case: dict[str, Any]) -> None:
    path = [decode(one) for one in case["proof"] or []]
    leaf, root = decode(case["leafHash"]), decode(case["root"])
    verify_inclusion(leaf, case["leafIdx"], case["treeSize"], path, root)


def verify_consistency_case(case: dict[str, Any]) -> None:
    proof = [decode(one) for one in case["proof"] or []]
    roots = decode(case["root1"]), decode(case["root2"])
    verify_consistency(case["size1"], case["size2"], proof, *roots)


@pytest.mark.parametrize("case", load_cases("inclusion"))
def test_inclusion_vector(case: dict[str, Any]) -> None:
    with pytest.raises(InclusionError) if case["wantErr"] else nullcontext():
        verify_inclusion_case(case)


@pytest.mark.parametrize("case", load_cases("consistency"))
def test_consistency_vector(case: dict[str, Any]) -> None:
    with pytest.raises(ConsistencyError) if case["wantErr"] else nullcontext():
        verify_consistency_case(case)


@pytest.mark.parametrize("kind", ["inclusion", "consistency"])
def test_no_vector_is_missing(kind: str) -> None:
    cases = [parameter.values[0] for parameter in load_cases(kind)]
    assert len(cases) == CASES
    assert sum(case["wantErr"] for case in cases) == WRONG[kind]
