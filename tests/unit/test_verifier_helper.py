"""A second thread for the checks: the results are those of one after the other."""

from __future__ import annotations

import _thread
import threading
import time
import weakref
from functools import partial
from itertools import count
from typing import TYPE_CHECKING

import pytest

from provenance.errors import FormatError, SignatureError, VerificationError
from provenance.verifier.helper import Helper, _Batch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MANY = 12
WAIT_S = 10


@pytest.fixture(params=["thread", "traced"])
def helper(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Helper:
    """Return a helper of its own; the coverage of what it does is measured for a `Thread`."""
    # Long enough for a busy machine, which may forget either thread for a while.
    monkeypatch.setattr("provenance.verifier.helper.STAYS_S", 1)
    if request.param == "traced":

        def start(work: Callable[[], None], _: tuple[()]) -> int:
            threading.Thread(target=work, daemon=True).start()
            return 0

        monkeypatch.setattr(_thread, "start_new_thread", start)
    return Helper()


def answer(result: int | Exception) -> int:
    if isinstance(result, Exception):
        raise result
    return result


def results(count: int) -> list[int | Exception]:
    kinds = [SignatureError("wrong"), FormatError("malformed")]
    return [kinds[number % 5] if number % 5 < 2 else number for number in range(count)]


def meet(helper: Helper) -> bool:
    """Run tests of which two wait for each other, so that no thread can run both."""
    meeting = threading.Barrier(2, timeout=WAIT_S)
    results = helper.run_all([meeting.wait, meeting.wait, *made_of([2, 3])])
    return {*results} == {0, 1, 2, 3}


def is_soon(said: Callable[[], bool]) -> bool:
    end = time.monotonic() + WAIT_S
    while not said() and time.monotonic() < end:
        time.sleep(0.001)
    return said()


def made_of(expected: Sequence[int | Exception]) -> list[Callable[[], int]]:
    return [partial(answer, result) for result in expected]


@pytest.mark.parametrize("count", [0, 1, 3, 4, 5, 99])
def test_every_result_stands_at_its_place(count: int, helper: Helper) -> None:
    expected = results(count)
    assert helper.run_all(made_of(expected)) == expected
    assert helper.run_all(made_of(expected[::-1])) == expected[::-1]


def test_both_threads_work(helper: Helper) -> None:
    for _ in range(3):
        assert meet(helper)


def test_what_the_helper_has_begun_is_waited_for(helper: Helper) -> None:
    here, begun, may_end = threading.get_ident(), threading.Event(), threading.Event()

    def test() -> str:
        if threading.get_ident() == here:
            # The last thing that the caller finds to do: from here on it waits.
            assert begun.wait(WAIT_S)
            threading.Timer(0.05, may_end.set).start()
            return "caller"
        begun.set()
        assert may_end.wait(WAIT_S)
        return "helper"

    assert set(helper.run_all([test] * 4)) == {"caller", "helper"}


def test_nobody_waits_for_a_helper_that_never_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_thread, "start_new_thread", lambda *_: 0)
    helper, expected = Helper(), results(MANY)
    for _ in range(2):
        assert helper.run_all(made_of(expected)) == expected


def test_without_a_second_thread_all_is_done_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(_thread, "start_new_thread", refuse)
    expected = results(MANY)
    assert Helper().run_all(made_of(expected)) == expected


def test_an_error_that_nobody_foresaw_is_not_taken_for_good(helper: Helper) -> None:
    for where in range(MANY):
        tests = made_of(range(MANY))
        tests[where] = partial(answer, KeyError("unforeseen"))
        with pytest.raises(KeyError):
            helper.run_all(tests)
    assert helper.run_all(made_of(range(MANY))) == list(range(MANY))


def test_what_failed_for_the_helper_alone_is_made_again(helper: Helper) -> None:
    here, meeting, runs = threading.get_ident(), threading.Barrier(2, timeout=WAIT_S), count()

    def test() -> str:
        if next(runs) < 2:
            meeting.wait()
            if threading.get_ident() != here:
                raise KeyError("only there")
        return "made"

    assert helper.run_all([test] * 4) == ["made"] * 4


def test_a_helper_leaves_soon_and_comes_again(
    helper: Helper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("provenance.verifier.helper.STAYS_S", 0.001)
    for _ in range(3):
        assert meet(helper)
        assert is_soon(lambda: not helper._is_there)


def test_a_helper_that_comes_late_finds_nothing_to_do(
    helper: Helper, monkeypatch: pytest.MonkeyPatch
) -> None:
    late: list[Callable[[], None]] = []
    with monkeypatch.context() as patch:
        patch.setattr(_thread, "start_new_thread", lambda work, _: late.append(work))
        assert helper.run_all(made_of(range(MANY))) == list(range(MANY))
    monkeypatch.setattr("provenance.verifier.helper.STAYS_S", 0.001)
    late[0]()
    assert not helper._is_there


def test_nothing_of_what_was_checked_is_kept(helper: Helper) -> None:
    class Personal:
        def check(self) -> None:
            if next(runs) < 2:
                meeting.wait()

    meeting, runs = threading.Barrier(2, timeout=WAIT_S), count()
    personal = [Personal() for _ in range(4)]
    kept = [weakref.ref(one) for one in personal]
    helper.run_all([one.check for one in personal])
    personal.clear()
    assert helper._is_there
    assert is_soon(lambda: not any(one() for one in kept))


def test_a_batch_that_is_helped_twice_is_helped() -> None:
    """Two callers may wake the helper while it is at one of their batches."""
    batch = _Batch(made_of([1, 2, 3, 4]))
    batch.help()
    batch.help()
    assert batch.results() == [1, 2, 3, 4]


def test_several_callers_share_one_helper(helper: Helper) -> None:
    expected = results(MANY)
    found: list[list[int | FormatError | VerificationError]] = []

    def call() -> None:
        found.extend(helper.run_all(made_of(expected)) for _ in range(MANY))

    callers = [threading.Thread(target=call) for _ in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert found == [expected] * 4 * MANY
