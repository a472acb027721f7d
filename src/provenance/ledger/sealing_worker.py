"""The program of a sealing worker: ``python -m provenance.ledger.sealing_worker``.

Reads chunks of records from standard input and answers on standard output, until the
input ends; see `sealing.py`. It opens no file and knows no ledger.
"""

from __future__ import annotations

import signal
import sys

import msgspec

from provenance.ledger.draft import seal_record
from provenance.ledger.sealing import READY, read_frame, write_frame
from provenance.record.payload import CertificationPayload


def main() -> None:
    """Seal until there is nothing more to seal."""
    # An interruption at the terminal is for the owner; the end of the input is for us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    decode = msgspec.msgpack.Decoder(list[CertificationPayload]).decode
    encode = msgspec.msgpack.Encoder().encode
    source, target = sys.stdin.buffer, sys.stdout.buffer
    target.write(READY)
    target.flush()
    while message := read_frame(source):
        write_frame(target, encode([seal_record(payload) for payload in decode(message)]))


if __name__ == "__main__":
    main()
