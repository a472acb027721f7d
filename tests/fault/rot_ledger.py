"""Uses a ledger in which bits flipped, in every way: run by `test_rotten_ledger.py`.

``python rot_ledger.py LEDGER WORK TRUTH`` reads a flip a line from standard input, as JSON:
``file`` (relative to the ledger), ``bits`` (their places), ``prove`` (entries). For each a
process of its own copies the ledger, flips the bits, and opens, proves, audits, deposits,
publishes and exports. A line of JSON says what came of each step, and under ``faults`` what
must never be: a wrong root signed, a proof or a file that does not verify, an exception that
is none of the package's, a process that was killed.

With ``--blind`` the ledger hands out and signs without a look at what it has read: the
control.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import traceback
from base64 import b64decode
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from provenance.audit import audit
from provenance.errors import ProvenanceError
from provenance.ledger import Ledger, publish, selfcheck
from provenance.report import PROVEN
from provenance.tlog.checkpoint import parse_checkpoint
from provenance.tlog.merkle import leaf_hash, tree_root
from provenance.tlog.note import split_note
from provenance.tlog.tiles import encode_entries, parse_tile_name
from provenance.verifier import Verifier

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from provenance.storage import View

T = TypeVar("T")
FLAG: Final = "--blind"


def flip(path: Path, bits: Sequence[int]) -> None:
    """Flip bits of a file, in place."""
    data = bytearray(path.read_bytes())
    for bit in bits:
        data[bit // 8] ^= 1 << bit % 8
    path.write_bytes(data)


class Use:
    """One use of a ledger: what came of each step, and what should not have."""

    def __init__(self, path: Path, truth: dict[str, Any]) -> None:
        self.path: Final = path
        self.truth: Final = truth
        self.said: Final[dict[str, Any]] = {"faults": []}
        self.entries: Final = [text.encode() for text in truth["entries"]]
        self.signatures: Final = [b64decode(text) for text in truth["signatures"]]

    def attempt(self, name: str, step: Callable[[], T]) -> T | None:
        try:
            result = step()
        except ProvenanceError as error:
            self.said[name] = type(error).__name__
            return None
        except BaseException as error:  # noqa: BLE001 - what must not come is looked for
            self.fault(f"{name}: {type(error).__name__}: {error}")
            return None
        self.said[name] = "done"
        return result

    def fault(self, text: str) -> None:
        self.said["faults"].append(text)

    def all(self, prove: Sequence[int]) -> dict[str, Any]:
        report = self.attempt("audit", lambda: audit(self.path))
        if report is not None:
            self.said["audit"] = report.verdict
            self.said["indexes"] = [one.index for one in report.findings]
            self.said["checks"] = sorted({one.check for one in report.findings})
        ledger = self.attempt("open", lambda: Ledger.open(self.path))
        if ledger is None:
            return self.said
        with ledger:
            for index in prove:
                self.prove(ledger, index)
            self.attempt("again", lambda: self.again(ledger))
            receipt = self.attempt("deposit", lambda: ledger.deposit(self.bytes_of("next")))
            note = self.attempt("publish", ledger.publish)
            if note is not None:
                self.attempt("log", lambda: self.learn(ledger))
                self.check_root(note)
                for index in prove:
                    self.prove(ledger, index)
                if receipt is not None and receipt.accepted:
                    self.prove(ledger, receipt.accepted[0].index)
                if self.attempt("tiles", lambda: ledger.export_tiles(self.path / "www")):
                    self.check_tiles(self.path / "www")
        return self.said

    def bytes_of(self, name: str) -> bytes:
        return b64decode(self.truth[name])

    def again(self, ledger: Ledger) -> None:
        """Send a file again: what it holds is known by its look-ups."""
        receipt = ledger.deposit(self.bytes_of("first"))
        self.said["repeated"] = len(receipt.accepted)

    def prove(self, ledger: Ledger, index: int) -> None:
        bundle = self.attempt("prove", lambda: ledger.prove([index]))
        if bundle is None:
            return
        report = Verifier(self.truth["policy"]).verify(bundle, datetime.now(UTC).date())
        if report.verdict not in PROVEN:
            self.fault(f"a proof of {index} that does not verify: {report.summary}")
            return
        (one,) = report.certifications
        known = self.truth["certifications"].get(str(index))
        if known is not None and known != [[list(pair) for pair in one.fields], one.status]:
            self.fault(f"a proof of {index} that says something else")

    def learn(self, ledger: Ledger) -> None:
        """Read what was added; what was there before is known from before."""
        for index in range(len(self.entries), ledger.size):
            entry, signature = ledger.record(index)
            self.entries.append(entry)
            self.signatures.append(signature)

    def check_root(self, note: str) -> None:
        checkpoint = parse_checkpoint(split_note(note)[0])
        hashes = [leaf_hash(entry) for entry in self.entries[: checkpoint.size]]
        if len(hashes) != checkpoint.size or tree_root(hashes) != checkpoint.root:
            self.fault(f"a wrong root was signed at {checkpoint.size}")

    def check_tiles(self, www: Path) -> None:
        for path in (one for one in www.rglob("*") if one.is_file()):
            name = str(path.relative_to(www))
            if name.startswith(("tile/0/", "tile/entries/", "signatures/")):
                tile = parse_tile_name(name)
                start = 256 * tile.number
                entries = self.entries[start : start + tile.width]
                expected = {
                    "tile/0": b"".join(map(leaf_hash, entries)),
                    "tile/entries": encode_entries(entries),
                    "signatures": b"".join(self.signatures[start : start + tile.width]),
                }[tile.folder]
                if path.read_bytes() != expected:
                    self.fault(f"a wrong file was published: {name}")


class StoredTree(NamedTuple):
    """Takes the place of a tree that was hashed anew: it believes what is stored."""

    view: View
    size: int

    def root(self) -> bytes:
        return self.view.root(self.size)


def blind() -> None:
    """Let the ledger sign, and hand out, whatever it has read."""
    library: Any = publish
    library.hash_again = lambda view, _, size, *__: StoredTree(view, size)
    library = selfcheck
    library._refuse = lambda _: None


def one(ledger: Path, work: Path, truth: dict[str, Any], plan: dict[str, Any]) -> None:
    """Copy, flip, use, and say what came of it; in a process of its own."""
    path = work / "ledger"
    shutil.copytree(ledger, path)
    flip(path / plan["file"], plan["bits"])
    said = Use(path, truth).all(plan["prove"])
    os.write(1, json.dumps(said).encode() + b"\n")


def main() -> None:
    """Do so for each line."""
    ledger, work, known, *rest = sys.argv[1:]
    truth = json.loads(Path(known).read_bytes())
    if FLAG in rest:
        blind()
    for line in sys.stdin:
        child = os.fork()
        if not child:
            try:
                one(Path(ledger), Path(work), truth, json.loads(line))
            except BaseException:  # noqa: BLE001 - a fault of this harness is told as one
                os.write(2, traceback.format_exc().encode())
                os._exit(1)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if status:
            said = {"faults": [f"killed: {os.waitstatus_to_exitcode(status)}"]}
            os.write(1, json.dumps(said).encode() + b"\n")
        shutil.rmtree(Path(work) / "ledger", ignore_errors=True)


if __name__ == "__main__":
    main()
