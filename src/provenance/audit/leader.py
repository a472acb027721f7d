"""The program of an audit apart: ``python -m provenance.audit.leader``, see `apart.py`."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import IO, Final

import msgspec

from provenance.audit.apart import Done, Lead, Raised, Told
from provenance.audit.frames import LostError, read_message, write_message
from provenance.audit.session import audit_with
from provenance.errors import ProvenanceError

_leads: Final = msgspec.msgpack.Decoder(Lead)


def main() -> None:
    """Do one audit, and end."""
    # An interruption at the terminal is for the caller; without it the pipe breaks.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with open(0, "rb", buffering=0) as source, open(1, "wb", buffering=0) as target:
        try:
            _lead(source, target)
        except LostError:
            os._exit(1)
    # Everything is closed. The system takes back the rest at once, the interpreter piece by
    # piece, and the caller waits for it.
    os._exit(0)


def _lead(source: IO[bytes], target: IO[bytes]) -> None:
    lead = read_message(source, _leads)

    def tell(done: int, total: int) -> None:
        write_message(target, Told(done, total))

    try:
        report = audit_with(Path(lead.path), lead.request, lead.jobs, tell)
    except ProvenanceError as error:
        write_message(target, Raised(type(error).__name__, str(error)))
    else:
        write_message(target, Done(report))


if __name__ == "__main__":
    main()
