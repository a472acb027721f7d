"""What a proof can hold at most, before anything is made for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import pytest

from provenance.errors import PolicyError
from provenance.record.keyhistory import OperatorKey
from provenance.record.later import make_later
from provenance.record.status import WITHDRAWN
from provenance.tlog.note import ED25519, make_verifier_key

if TYPE_CHECKING:
    from provenance.record.later import LogCopy

KEY = OperatorKey("entry", make_verifier_key("log.example/x/entry", ED25519, b"\x09" * 32), 1)


class Unread:
    """A log of which nothing is read."""

    def node(self, level: int, index: int) -> bytes:
        del level, index
        return bytes(32)

    def record(self, index: int) -> NoReturn:
        raise AssertionError(index)

    status_leaf = record
    status_node = node


@pytest.mark.parametrize("count", [998, 1000])
def test_more_changes_than_a_bundle_holds(count: int) -> None:
    log: LogCopy = Unread()
    changes = {index: {WITHDRAWN: 5000 + index} for index in range(2, 2 + count)}
    raised = AssertionError if count < 999 else PolicyError
    with pytest.raises(raised):
        make_later(log, note="", sizes=(4000, 9000), keys=[KEY], changes=changes, shown=[])
