"""The program of a worker: ``python -m provenance.ledger.crew_worker``.

Reads chunks of records from standard input and answers on standard output, until the
input ends; see `crew.py`. It opens no file and knows no ledger.
"""

from __future__ import annotations

import gc
import queue
import signal
import sys
import threading
from typing import IO

import msgspec

from provenance.errors import FormatError
from provenance.ledger.crew import LENGTH_SIZE, READY, frame
from provenance.ledger.preparing import Chunk, Prepared, Preparer, Terms


def main() -> None:
    """Prepare until there is nothing more to prepare."""
    # An interruption at the terminal is for the owner; the end of the input is for us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Nothing here makes cycles, and looking for some takes a tenth of the time.
    gc.disable()
    decode = msgspec.msgpack.Decoder(tuple[Terms, Chunk]).decode
    encode = msgspec.msgpack.Encoder().encode
    messages: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, messages), daemon=True).start()
    target = sys.stdout.buffer
    target.write(READY)
    target.flush()
    preparer: Preparer | None = None
    while message := messages.get():
        terms, chunk = decode(message)
        if preparer is None or preparer.terms != terms:
            preparer = Preparer(terms)
        target.write(frame(encode(_prepare(preparer, chunk))))
        target.flush()


def _listen(source: IO[bytes], messages: queue.SimpleQueue[bytes]) -> None:
    """Take in what the owner sends, while the other thread works; b"" at the end.

    So the owner, which sends a few chunks ahead, never waits for an answer to be read.
    """
    while length := int.from_bytes(source.read(LENGTH_SIZE), "big"):
        messages.put(source.read(length))
    messages.put(b"")


def _prepare(preparer: Preparer, chunk: Chunk) -> list[Prepared] | None:
    try:
        return preparer.prepare(chunk)
    except FormatError:
        return None


if __name__ == "__main__":
    main()
