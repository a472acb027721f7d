"""The end of a log: what may still follow, and the entry that says where it goes on.

A log ends with a ``close`` entry, which names the log that continues it. Behind it stands
at most one ``status`` entry, so that the end itself can be published: every checkpoint
ends with one. Behind an ``upgrade`` entry the log goes on in another format, which this
version cannot write.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.encoding import encode_base64
from provenance.errors import PolicyError
from provenance.ledger.job import Job
from provenance.ledger.plain import PlainItem, check_form
from provenance.ledger.registry import read_any
from provenance.record.entry import Close, Status, Upgrade

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.ledger.draft import Place
    from provenance.record.entry import Entry
    from provenance.storage import View


class CloseJob(Job):
    """Appends a ``close`` entry; ``genesis`` is the leaf hash of the successor's first entry.

    Raises `FormatError` when a value has not its form.
    """

    def __init__(self, *, successor: str, genesis: bytes) -> None:
        def make(place: Place) -> Entry:
            return Close(
                index=place.index,
                time=place.time,
                prev=place.prev,
                successor=successor,
                genesis=encode_base64(genesis),
            )

        super().__init__([PlainItem(make)])
        check_form(make)


def last_entry(view: View) -> Entry | None:
    """Return the entry at the log's end; None in an empty log."""
    return _entry_before(view, 1)


def check_goes_on(view: View, last: Entry | None, jobs: Sequence[Job]) -> None:
    """Check that entries may follow ``last``, the log's end. Raises `PolicyError`."""
    if isinstance(last, Upgrade):
        raise PolicyError(
            f"the log goes on in the format {last.format}, which this version cannot write"
        )
    published = isinstance(last, Status)
    ended = _entry_before(view, 2) if published else last
    if isinstance(ended, Close) and (published or not all(job.ends_a_log for job in jobs)):
        raise PolicyError(f"the log is closed; it goes on as {ended.successor}")


def _entry_before(view: View, back: int) -> Entry | None:
    index = view.size - back
    return read_any(view, index) if index >= 0 else None
