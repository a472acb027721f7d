"""What an auditing worker does, in a process of its own; see `crew.py`.

It opens the ledger that it is told, read-only, and examines what it is given until the
input ends. It ends without a word when it cannot, and its leader does the work.
"""

from __future__ import annotations

import gc
import signal
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

import msgspec

from provenance.audit.examine import Examiner
from provenance.audit.facts import Options
from provenance.audit.frames import LostError, read_message, write_message
from provenance.audit.orders import Order, Ready, Start, Take, Taken
from provenance.errors import ProvenanceError
from provenance.ledger.files import open_files

if TYPE_CHECKING:
    from provenance.ledger.files import LedgerFiles
    from provenance.storage import View

GC_THRESHOLD: Final = 200_000

_starts: Final = msgspec.msgpack.Decoder(Start)
_orders: Final = msgspec.msgpack.Decoder(Order)


def work(source: IO[bytes], target: IO[bytes]) -> None:
    """Follow all orders, until there are no more."""
    # An interruption at the terminal is for the owner; the end of the input is for us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Rows come by the thousand and hold no cycles: looking for some each time is in vain.
    gc.set_threshold(GC_THRESHOLD)
    with suppress(LostError, ProvenanceError):
        start = read_message(source, _starts)
        files = open_files(Path(start.path), readonly=True)
        try:
            write_message(target, Ready())
            _follow(files, source, target)
        finally:
            files.close()


def _follow(files: LedgerFiles, source: IO[bytes], target: IO[bytes]) -> None:
    view: View | None = None
    examiner: Examiner | None = None
    while True:
        order = read_message(source, _orders)
        if isinstance(order, Take):
            if view is not None:
                view.close()
            view = files.store.view()
            write_message(target, Taken(view.snapshot))
        elif isinstance(order, Options):
            assert view is not None, "the leader lets us take a commit first"
            examiner = Examiner(view, files, order)
        else:
            assert examiner is not None, "the leader tells us first what to do"
            write_message(target, examiner.try_to(order))
