"""Reading files of unknown origin apart: in a process of its own, with limits.

A PDF file or a picture can be made so that reading it takes all memory or all time, or breaks
the library that reads it. So it is read in a process that has limits on processor time and
memory and no secrets (decision 14); one that passes a limit is unreadable.
"""

from __future__ import annotations

import subprocess
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

import msgspec

from provenance.cv.extras import CvExtraMissingError
from provenance.cv.facts import PDF_SIZE_MAX, PdfFacts, PictureFacts
from provenance.errors import UnreadableError
from provenance.workers import worker_command, worker_environment

if TYPE_CHECKING:
    from typing import Literal

SECONDS_MAX: Final = 60
"""Of the clock; the process itself has a limit of processor time."""
PDF_CPU_SECONDS: Final = 20
REVISION_CPU_SECONDS: Final = 5
"""For what is only looked at because a document was modified."""
PICTURE_CPU_SECONDS: Final = 10
PACKAGES: Final = {"pdf": ("pikepdf", "pyhanko"), "picture": ("PIL", "zxingcpp")}
"""What reading needs, all of it packages of the extra."""
_MODULE: Final = "provenance.cv.limited"
_TOO_MUCH: Final = "reading it takes too much memory or time"


def read_pdf(pdf: bytes, *, cpu_seconds: int = PDF_CPU_SECONDS) -> PdfFacts:
    """Read a PDF file. Never raises because of its bytes.

    Raises `CvExtraMissingError` without the extra.
    """
    if len(pdf) > PDF_SIZE_MAX:
        return PdfFacts(problem=f"more than {PDF_SIZE_MAX} bytes")
    answer = _run("pdf", pdf, cpu_seconds)
    try:
        return msgspec.msgpack.decode(answer, type=PdfFacts)
    except msgspec.MsgspecError:
        return PdfFacts(problem=_TOO_MUCH)


def read_picture(picture: bytes) -> PictureFacts:
    """Read the QR codes in a picture. Never raises because of its bytes.

    Raises `CvExtraMissingError` without the extra.
    """
    answer = _run("picture", picture, PICTURE_CPU_SECONDS)
    try:
        return msgspec.msgpack.decode(answer, type=PictureFacts)
    except msgspec.MsgspecError:
        return PictureFacts(problem=_TOO_MUCH)


def _run(kind: Literal["pdf", "picture"], data: bytes, cpu_seconds: int) -> bytes:
    """Let a process read; return what it answered, nothing where it came to no end.

    Raises `UnreadableError` where the system starts none.
    """
    missing = [name for name in PACKAGES[kind] if find_spec(name) is None]
    if missing:
        raise CvExtraMissingError(
            f"the package {missing[0]} is needed: install provenance-ledger[cv]"
        )
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter
            worker_command(_MODULE, kind, str(cpu_seconds)),
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=worker_environment(),
            timeout=SECONDS_MAX,
            check=True,
        )
    except subprocess.SubprocessError:
        return b""
    except OSError as error:
        raise UnreadableError("no process could be started to read the file in") from error
    return done.stdout
