"""Proofs from strangers, as large as they may be: none takes much memory or time."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from functools import cache
from typing import TYPE_CHECKING, Final

import pytest

from provenance.encoding import encode_json
from provenance.record.bundle import BUNDLE_SIZE_MAX, DISCLOSED_SIZE_MAX
from simulator import make_log

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MEMORY_MAX: Final = 400 << 20
"""Bytes above those of a sound proof: it was 1.2 GiB once."""
SECONDS_MAX: Final = 10
"""Of processor time; it takes one at most."""

LOG, (INDEX,) = make_log()
GOOD: Final = encode_json(LOG.prove(INDEX))
ROOM: Final = BUNDLE_SIZE_MAX - len(GOOD)
SHOWN: Final = DISCLOSED_SIZE_MAX - len(GOOD)

VERIFY: Final = """
import json, resource, sys, time
from provenance.verifier import Verifier
policy, good, bad = (open(name, "rb").read() for name in sys.argv[1:])
verifier = Verifier(policy.decode())
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
found = [verifier.verify(good).verdict]
before, start = peak(), time.process_time()
report = verifier.verify(bad)
found += [report.verdict, *(one.name for one in report.checks if one.outcome == "no")]
print(json.dumps([found, peak() - before, time.process_time() - start]))
"""


@cache
def first_digest() -> bytes:
    """Return a digest in a record, as the bundle has it."""
    (record,) = (one["record"] for one in json.loads(GOOD)["entries"] if "record" in one)
    return str(next(text for text in record if len(text) == 43)).encode()


def disclosing(item: bytes, size: int) -> bytes:
    """Show a value that is a list of many items, in as many characters."""
    count = size * 3 // 4 // (len(item) + 1) - 20
    value = b"[" + b",".join([item] * count) + b"]"
    raw = b'["%s","x",%s]' % (base64.urlsafe_b64encode(bytes(18)), value)
    text = base64.urlsafe_b64encode(raw).rstrip(b"=")
    assert size - 400 < len(text) <= size
    return GOOD.replace(first_digest(), text)


def repeated(place: bytes, item: bytes) -> bytes:
    """Put as many items into a list as a proof may have bytes."""
    return GOOD.replace(place, place + item * (ROOM // len(item)), 1)


CASES: Final[dict[str, tuple[Callable[[], bytes], str]]] = {
    "objects in one value": (lambda: disclosing(b"{}", SHOWN), "commitment"),
    "full objects": (lambda: disclosing(b'{"a":1}', SHOWN), "commitment"),
    "more of them": (lambda: disclosing(b'{"a":1}', ROOM), "format"),
    "strings in a record": (lambda: repeated(b'"record":[', b'"AA",'), "format"),
    "hashes in a path": (lambda: repeated(b'"path":[', b'"AA",'), "format"),
    "entries": (lambda: repeated(b'"entries":[', b"{},"), "format"),
    "members": (lambda: repeated(b"{", b'"x":[],'), "format"),
    "lists in lists": (lambda: repeated(b'"entries":', b"["), "format"),
    "an entry": (lambda: repeated(b'{"entry":"', b"[{},"), "entry"),
    "lines of a checkpoint": (lambda: repeated(b'"checkpoint":"', b"\\n"), "checkpoint"),
}


@pytest.mark.parametrize(("make", "check"), CASES.values(), ids=CASES)
def test_a_proof_as_large_as_it_may_be_costs_little(
    make: Callable[[], bytes], check: str, tmp_path: Path
) -> None:
    bad = make()
    assert len(bad) <= BUNDLE_SIZE_MAX
    for name, data in (("policy", LOG.policy().encode()), ("good", GOOD), ("bad", bad)):
        (tmp_path / name).write_bytes(data)
    answer = subprocess.run(
        [sys.executable, "-c", VERIFY, "policy", "good", "bad"],
        cwd=tmp_path,
        capture_output=True,
        check=True,
    )
    (sound, verdict, *failed), memory, seconds = json.loads(answer.stdout)
    assert (sound, verdict) == ("attention", "unreadable" if check == "format" else "no")
    assert check in failed
    assert memory < MEMORY_MAX
    assert seconds < SECONDS_MAX
