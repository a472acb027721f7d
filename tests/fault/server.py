"""Runs operations and checks, each in a process of its own that is forked and not started.

A fork has every module loaded already, so thousands of processes take minutes. The server
itself has no ledger open and no threads. It reads requests from standard input, one JSON
object a line, and answers each with one line::

    {"do":"make","operation":…,"root":…,"said":…}      {"status":0}
    {"do":"do","operation":…,"root":…,"said":…}        {"pid":…}   and after "go": {"status":…}
    {"do":"check","operation":…,"root":…,"said":…}     {"status":…}

What a process does waits for the word "go", so that a tracer can be attached before. What
escapes from it is on its standard error, the file named ``errors``.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import hashlib
import itertools
import json
import os
import sys
import tempfile
import threading
import traceback
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from fault.afterwards import check
from fault.broken import BROKEN
from fault.operations import OPERATIONS, STEPS, Desk, Operation, tell_signatures
from fault.steps import Failing, install
from provenance.errors import ProvenanceError
from provenance.keys import ring
from provenance.storage import durable
from provenance.tlog.note import ED25519

if TYPE_CHECKING:
    from collections.abc import Callable

    from provenance.keys import PrivateKey

PR_SET_PTRACER: Final = 0x59616D61
FOREIGN: Final = 3
"""Exit status of a process from which something came that is not a `ProvenanceError`."""
REFUSED: Final = 4
"""Exit status of one that ended with a `ProvenanceError`."""


def choose_names(label: str) -> None:
    """Let random names, and the keys that give files theirs, follow from a number."""
    numbers = itertools.count()

    def draw() -> bytes:
        return hashlib.sha256(f"{label} {next(numbers)}".encode()).digest()

    def make_private_key(kind: int) -> PrivateKey:
        if kind == ED25519:
            return Ed25519PrivateKey.from_private_bytes(draw())
        return MLDSA44PrivateKey.from_seed_bytes(draw())

    library: Any = tempfile
    library._name_sequence = (draw().hex()[:8] for _ in itertools.count())
    names: Any = durable
    names.secrets = SimpleNamespace(token_hex=lambda size: draw().hex()[: 2 * size])
    keys: Any = ring
    keys.make_private_key = make_private_key


def _make(request: dict[str, Any]) -> None:
    desk = Desk(Path(request["root"]), Path(request["said"]))
    choose_names("make")
    tell_signatures(desk)
    _operation(request).make(desk)


def _do(request: dict[str, Any]) -> None:
    desk = Desk(Path(request["root"]), Path(request["said"]), batch=request["batch"])
    choose_names("do")
    tell_signatures(desk)
    if request["broken"]:
        BROKEN[request["broken"]]()
    if request["failing"]:
        desk.failing = Failing(**request["failing"])
        install(desk.failing)
    _operation(request).do(desk)


def _check(request: dict[str, Any]) -> None:
    repairs = _operation(request).repairs
    check(Path(request["root"]), Path(request["said"]), repairs=repairs)


def _operation(request: dict[str, Any]) -> Operation:
    return (OPERATIONS | {"steps": STEPS})[request["operation"]]


_WORK: Final[dict[str, Callable[[dict[str, Any]], None]]] = {
    "make": _make,
    "do": _do,
    "check": _check,
}


def _work(request: dict[str, Any], gate: int) -> int:
    """Do what is asked, in the forked process; return its exit status."""
    # A tracer that is not an ancestor may attach.
    with contextlib.suppress(OSError):
        ctypes.CDLL(None).prctl(PR_SET_PTRACER, ctypes.c_ulong(-1), 0, 0, 0)
    errors = os.open(request["errors"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(errors, 2)
    os.read(gate, 1)
    try:
        _WORK[request["do"]](request)
    except ProvenanceError:
        traceback.print_exc()
        return REFUSED if request["do"] == "do" else FOREIGN
    except BaseException:  # noqa: BLE001 - whatever it is, it is what is looked for
        traceback.print_exc()
        return FOREIGN
    return 0


def _tell(**answer: object) -> None:
    os.write(1, (json.dumps(answer) + "\n").encode())


def _serve(request: dict[str, Any]) -> int:
    """Fork, let the child go when it is time, and return its exit status."""
    gate, go = os.pipe()
    child = os.fork()
    if not child:
        os.close(go)
        os._exit(_work(request, gate))
    os.close(gate)
    if request["do"] == "do":
        _tell(pid=child)
        sys.stdin.readline()
    os.write(go, b"!")
    os.close(go)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def _warm_up() -> None:
    """Load and prepare what every process would else have to, with another ledger."""
    with tempfile.TemporaryDirectory() as directory:
        root, said = Path(directory, "root"), Path(directory, "said")
        root.mkdir()
        STEPS.make(Desk(root, said))
        check(root, said)
    assert threading.active_count() == 1, "a fork would lose threads"
    gc.freeze()


def main() -> None:
    """Serve until standard input ends."""
    os.umask(0o022)
    _warm_up()
    for line in sys.stdin:
        _tell(status=_serve(json.loads(line)))


if __name__ == "__main__":
    main()
