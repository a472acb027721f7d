"""Two halves of the checks at once: the outcomes are those of one after the other."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

import pytest

from provenance.errors import FormatError, SignatureError
from provenance.verifier.halves import TOGETHER_MIN, run_all

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def fail(error: Exception | None) -> None:
    if error is not None:
        raise error


def outcomes(count: int) -> list[Exception | None]:
    kinds = [None, SignatureError("wrong"), FormatError("malformed")]
    return [kinds[number % 3] for number in range(count)]


def made_of(expected: Sequence[Exception | None]) -> list[Callable[[], object]]:
    return [partial(fail, error) for error in expected]


@pytest.mark.parametrize("count", [0, 1, TOGETHER_MIN - 1, TOGETHER_MIN, 99])
def test_every_outcome_stands_at_its_place(count: int) -> None:
    expected = outcomes(count)
    assert run_all(made_of(expected)) == expected


@pytest.mark.parametrize("where", [0, 2 * TOGETHER_MIN - 1])
def test_an_error_that_nobody_foresaw_is_not_taken_for_good(
    where: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    tests = made_of([None] * 2 * TOGETHER_MIN)
    tests[where] = partial(fail, KeyError("unforeseen"))
    with pytest.raises(KeyError):
        run_all(tests)


def test_without_a_second_thread_all_is_done_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    expected = outcomes(3 * TOGETHER_MIN)
    assert run_all(made_of(expected)) == expected
