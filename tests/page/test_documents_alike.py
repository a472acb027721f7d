"""Changed documents: the page and the Python verifier must give the same answer to each."""

from __future__ import annotations

import json
import random
import sys
import time
from base64 import b64encode
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import pytest

from page_process import needs_page, run_script
from pagedocuments import Scene, seal_roots
from provenance.cv.pdf import attach
from provenance.cv.reader import read_facts
from provenance.cv.seal import seal
from provenance.cv.verify import verify
from sealing import SEALER, make_pdf, signer_of

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = needs_page

SEED: Final = 20261125
CHANGES: Final = 300
UNLIKE_MAX: Final = 0.05
"""What is damaged in its structure is refused by both, and sometimes for another reason: the
libraries do not agree on how a broken object is to be read."""
NOW_S: Final = int(time.time())


class Documents:
    """The page's verifier of documents, running."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process: Final = process

    def verify(self, data: bytes, policy: str, roots: str) -> Any:
        question = {"data": b64encode(data).decode(), "policy": policy, "roots": roots}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({**question, "now_s": NOW_S}) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


@contextmanager
def run_documents(folder: Path, broken: str | None = None) -> Iterator[Documents]:
    with run_script(folder, "documents", broken) as process:
        yield Documents(process)


@pytest.fixture(autouse=True)
def read_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process for each of many files takes long; its limits are tested elsewhere."""
    monkeypatch.setattr(sys.modules["provenance.cv.verify"], "read_pdf", read_facts)


@pytest.fixture(scope="module")
def scene() -> Scene:
    return Scene()


@pytest.fixture(scope="module")
def sealed(scene: Scene) -> bytes:
    return seal(attach(make_pdf(), scene.prove(scene.good)), signer_of(SEALER))


def judged(data: bytes, policy: str) -> tuple[object, ...]:
    report = verify(data, policy, seal_roots(), now_s=NOW_S)
    failing = [one.name for one in report.checks if one.outcome == "no"]
    document = report.document
    return (
        report.kind,
        report.verdict,
        report.level,
        failing,
        document.outcome,
        document.sealed_by,
    )


def judged_by_page(page: Documents, data: bytes, policy: str) -> tuple[object, ...]:
    report = page.verify(data, policy, seal_roots())
    failing = [one["name"] for one in report["checks"] if one["outcome"] == "no"]
    document = report["document"]
    outcome, sealed_by = document["outcome"], document["sealed_by"]
    return report["kind"], report["verdict"], report["level"], failing, outcome, sealed_by


def changed(genuine: bytes, chance: random.Random) -> bytes:
    """Change a few bytes, cut something out, put something in, or add something."""
    data = bytearray(genuine)
    at = chance.randrange(8, len(data))
    match chance.randrange(5):
        case 0:
            data[at] ^= 1 << chance.randrange(8)
        case 1:
            del data[at : at + chance.randrange(1, 40)]
        case 2:
            data[at:at] = bytes(chance.randrange(256) for _ in range(chance.randrange(1, 20)))
        case 3:
            data += bytes(chance.randrange(256) for _ in range(chance.randrange(1, 20)))
        case _:
            other = chance.randrange(8, len(data))
            data[at : at + 16] = data[other : other + 16]
    return bytes(data)


def test_changed_pdfs_are_judged_alike_and_none_is_accepted(
    scene: Scene, sealed: bytes, tmp_path: Path
) -> None:
    chance = random.Random(SEED)
    seen, unlike = set(), 0
    with run_documents(tmp_path) as page:
        assert judged_by_page(page, sealed, scene.policy) == judged(sealed, scene.policy)
        assert judged(sealed, scene.policy)[1] == "yes"
        for number in range(CHANGES):
            data = changed(sealed, chance)
            if data == sealed:
                continue
            found = judged_by_page(page, data, scene.policy)
            expected = judged(data, scene.policy)
            assert found[1] != "yes" != expected[1], f"change {number} is accepted"
            unlike += found[:5] != expected[:5]
            seen.add(str(found[2:]))
    assert len(seen) > 3, "the changes lead to too few outcomes"
    assert unlike <= CHANGES * UNLIKE_MAX


@pytest.mark.parametrize("broken", ["coverage", "digest"])
def test_a_broken_page_is_noticed(
    scene: Scene, sealed: bytes, tmp_path: Path, broken: str
) -> None:
    # One byte of the second line, which is a comment: a digest alone tells that it was changed.
    other = {"coverage": sealed + b"\n", "digest": sealed.replace(b"\xbf\xf7", b"\xbe\xf7", 1)}
    with run_documents(tmp_path, broken) as page:
        found = judged_by_page(page, other[broken], scene.policy)
    assert found != judged(other[broken], scene.policy)
