from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import pytest

from provenance.record.slots import CERTIFICATION, ERASURE, WITHDRAWAL

if TYPE_CHECKING:
    from provenance.record.slots import SlotTable


@pytest.mark.parametrize(
    "table", [CERTIFICATION, WITHDRAWAL, ERASURE], ids=lambda one: one.kind
)
def test_a_table_that_was_sent_to_another_process_is_the_same(table: SlotTable) -> None:
    assert pickle.loads(pickle.dumps(table)) is table
