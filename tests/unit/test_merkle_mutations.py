"""Two hundred proofs, and everything that can be changed about each: no change is believed.

A mutant is left out where it is the proof itself, or where its numbers ask for the very
same computation: the sizes 3 and 4 are one to the proof of leaf 0, whose verifier is
bound to a root that stands for one of them.
"""

from __future__ import annotations

import random
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest

from naive_merkle import (
    LEAVES,
    naive_consistency,
    naive_consistency_shape,
    naive_inclusion_shape,
    naive_is_subtree,
    naive_path,
    naive_root,
    naive_subtree_consistency,
    subtrees,
)
from provenance.errors import ConsistencyError, InclusionError
from provenance.tlog import merkle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from battery import Row

PROOFS: Final = 200
FLIPS: Final = (0x01, 0x80, 0xFF)


class Case(NamedTuple):
    """A proof with all that goes into its verification.

    ``numbers`` are index, start and end of an inclusion in a subtree, or start, end and
    size of a subtree's consistency; ``hashes`` are the leaf or the subtree's root, the
    root, and the proof.
    """

    kind: str
    numbers: tuple[int, ...]
    hashes: tuple[bytes, ...]


def verify(case: Case) -> None:
    """Hand the case to the functions under test; those for whole trees where it is one."""
    first, root, *proof = case.hashes
    one, two, three = case.numbers
    if case.kind == "inclusion" and two == 0:
        merkle.verify_inclusion(first, one, three, proof, root)
    elif case.kind == "inclusion":
        merkle.verify_subtree_inclusion(first, one, two, three, proof, root)
    elif one == 0:
        merkle.verify_consistency(two, three, proof, first, root)
    else:
        merkle.verify_subtree_consistency(one, two, three, proof, first, root)


def find_shape(case: Case) -> object:
    """Say what a verifier computes under the case's numbers, None for nothing."""
    one, two, three = case.numbers
    if case.kind == "consistency":
        return naive_consistency_shape(one, two, three)
    if not naive_is_subtree(two, three):
        return None
    return naive_inclusion_shape(one - two, three - two)


@cache
def make_cases() -> tuple[Case, ...]:
    """Choose the proofs, a quarter of each kind; small trees and large ones."""
    chance = random.Random("two hundred proofs")
    cases = []
    for number in range(PROOFS):
        size = chance.choice((chance.randint(2, 9), chance.randint(10, 256)))
        start, end = (0, size) if number % 4 < 2 else chance.choice(_subtrees(size))
        if number % 2:
            index = chance.randrange(start, end)
            hashes = (LEAVES[index], naive_root(start, end), *naive_path(index, start, end))
            cases.append(Case("inclusion", (index, start, end), hashes))
            continue
        if number % 4 == 0:
            end = chance.randint(1, size - 1)
            assert naive_consistency(end, size) == naive_subtree_consistency(0, end, size)
        proof = naive_subtree_consistency(start, end, size)
        hashes = (naive_root(start, end), naive_root(0, size), *proof)
        cases.append(Case("consistency", (start, end, size), hashes))
    return tuple(cases)


@cache
def _subtrees(size: int) -> list[tuple[int, int]]:
    return [(start, end) for start, end in subtrees(size) if start]


def mutants(case: Case) -> Iterator[tuple[str, Case]]:
    """Return every mutant of a case, named; see the text above for what is left out."""
    shape = find_shape(case)
    for name, numbers, hashes in _all_mutants(case):
        mutant = Case(case.kind, numbers, tuple(hashes))
        if mutant.hashes != case.hashes or find_shape(mutant) != shape:
            yield name, mutant


def _all_mutants(case: Case) -> Iterator[tuple[str, tuple[int, ...], Sequence[bytes]]]:
    for name, hashes in _other_hashes(list(case.hashes)):
        yield name, case.numbers, hashes
    for name, numbers in _other_numbers(case.numbers):
        yield name, numbers, case.hashes


def _other_hashes(hashes: list[bytes]) -> Iterator[tuple[str, list[bytes]]]:
    for at, value in enumerate(hashes):
        before, after = hashes[:at], hashes[at + 1 :]
        for byte in range(len(value)):
            for flip in FLIPS:
                changed = bytearray(value)
                changed[byte] ^= flip
                yield f"byte {byte} of hash {at}", [*before, bytes(changed), *after]
        for other in (b"", value[:-1], value[1:], value + b"\0", b"\0" + value, value * 2):
            yield f"hash {at} of another length", [*before, other, *after]
        for other_at, other in enumerate(hashes):
            yield f"hash {other_at} for hash {at}", [*before, other, *after]
            swapped = hashes.copy()
            swapped[at], swapped[other_at] = other, value
            yield f"hashes {at} and {other_at} swapped", swapped
    yield from _shifted(hashes)
    yield from _other_lengths(hashes)


def _shifted(hashes: list[bytes]) -> Iterator[tuple[str, list[bytes]]]:
    """Move bytes over the border between hashes: joined, they are the same bytes."""
    for left in range(len(hashes)):
        for right in range(len(hashes)):
            if left != right:
                shifted = hashes.copy()
                shifted[left], moved = hashes[left][:-1], hashes[left][-1:]
                shifted[right] = moved + hashes[right]
                yield f"a byte moved from hash {left} to {right}", shifted


def _other_lengths(hashes: list[bytes]) -> Iterator[tuple[str, list[bytes]]]:
    first, root, *proof = hashes
    yield "no proof", [first, root]
    yield "reversed proof", [first, root, *reversed(proof)]
    yield "the proof twice", [*hashes, *proof]
    for at, value in enumerate(proof):
        yield f"without proof hash {at}", [first, root, *proof[:at], *proof[at + 1 :]]
        yield f"proof cut at {at}", [first, root, *proof[:at]]
        yield f"proof from {at}", [first, root, *proof[at:]]
        yield f"proof hash {at} twice", [first, root, *proof[: at + 1], value, *proof[at + 1 :]]
    for at in range(len(proof) + 1):
        for extra in (bytes(32), first, root, b""):
            yield f"more at {at}", [first, root, *proof[:at], extra, *proof[at:]]


def _other_numbers(numbers: tuple[int, ...]) -> Iterator[tuple[str, tuple[int, ...]]]:
    for at, value in enumerate(numbers):
        others = [value - 1, value + 1, value * 2, value // 2, value ^ 1, -value, 0, 1]
        others += [value + (1 << 64), value - (1 << 64), *numbers]
        for other in others:
            yield f"{other} for {value}", (*numbers[:at], other, *numbers[at + 1 :])


def find_accepted(cases: Sequence[Case], check: Callable[[Case], None]) -> Iterator[str]:
    """Name the mutants that are believed, or refused with anything but an error of ours."""
    for case in cases:
        for name, mutant in mutants(case):
            try:
                check(mutant)
            except (InclusionError, ConsistencyError):
                continue
            except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding
                yield f"{case.kind} {case.numbers}, {name}: {error!r}"
            else:
                yield f"{case.kind} {case.numbers}, {name}: believed"


def test_there_are_two_hundred_proofs_of_all_kinds() -> None:
    cases = make_cases()
    assert len(cases) == PROOFS
    kinds = set()
    for case in cases:
        number = case.numbers[0 if case.kind == "consistency" else 1]
        kinds.add((case.kind, number == 0))
    assert len(kinds) == 4
    assert sum(1 for case in cases for _ in mutants(case)) > 100_000


@pytest.mark.parametrize("part", range(8))
def test_no_mutant_is_believed(part: int, row: Row) -> None:
    row.begin("F2 Merkle: changed proofs")
    cases = make_cases()[part::8]
    for case in cases:
        verify(case)
        row.tried += (count := sum(1 for _ in mutants(case)))
        row.fired += count
    assert list(find_accepted(cases, verify)) == []


# The harness itself: each of these verifiers lacks one check, and it must notice.


def _believe(*_: object) -> None:
    """Check nothing."""


def _drop_left_over(case: Case) -> None:
    """Verify with as many hashes as are needed, and forget the others."""
    for count in range(2, len(case.hashes) + 1):
        try:
            verify(case._replace(hashes=case.hashes[:count]))
        except (InclusionError, ConsistencyError) as error:
            if "missing" not in str(error):
                raise
        else:
            return
    raise InclusionError("missing hashes")


def _compare_half(case: Case) -> None:
    """Verify, and take a root for equal whose first half is."""
    try:
        verify(case)
    except (InclusionError, ConsistencyError) as error:
        _, found, values = str(error).partition("root: expected ")
        expected, _, computed = values.partition(", computed ")
        if not found or expected[:32] != computed[:32]:
            raise


def _clamp_index(case: Case) -> None:
    """Verify an index behind the end as if it were the last one."""
    index, start, end = case.numbers
    if case.kind == "inclusion" and index >= end > start:
        case = case._replace(numbers=(end - 1, start, end))
    verify(case)


BROKEN: Final[dict[str, Callable[[Case], None]]] = {
    "nothing": _believe,
    "left-over hashes": _drop_left_over,
    "the whole root": _compare_half,
    "the index": _clamp_index,
}


@pytest.mark.parametrize("lacking", BROKEN)
def test_a_broken_verifier_is_caught(lacking: str, row: Row) -> None:
    row.begin("F2 Merkle: changed proofs")
    accepted = next(find_accepted(make_cases(), BROKEN[lacking]), None)
    row.control(caught=accepted is not None)


def _swap_order(left: bytes, right: bytes) -> bytes:
    return _node_hash(*sorted((left, right)))


def _forget_prefix(left: bytes, right: bytes) -> bytes:
    return _node_hash(left, right[:31])


_node_hash: Final = merkle.node_hash
PATCHES: Final[dict[str, tuple[str, Any]]] = {
    "lengths of hashes": ("_check_hashes", _believe),
    "what a subtree is": ("is_subtree", lambda start, end: start <= end),
}


@pytest.mark.parametrize("lacking", PATCHES)
def test_a_verifier_without_one_check_is_caught(
    lacking: str, monkeypatch: pytest.MonkeyPatch, row: Row
) -> None:
    row.begin("F2 Merkle: changed proofs")
    monkeypatch.setattr(merkle, *PATCHES[lacking])
    row.control(caught=next(find_accepted(make_cases(), verify), None) is not None)


@pytest.mark.parametrize("broken", [_swap_order, _forget_prefix])
def test_a_verifier_that_hashes_too_little_is_caught(
    broken: Callable[[bytes, bytes], bytes], monkeypatch: pytest.MonkeyPatch, row: Row
) -> None:
    """Under such a hash other proofs are right ones; so they are made with it too."""
    row.begin("F2 Merkle: changed proofs")
    monkeypatch.setattr(merkle, "node_hash", broken)
    path = [LEAVES[1], broken(LEAVES[2], LEAVES[3])]
    root = broken(broken(LEAVES[0], LEAVES[1]), path[1])
    case = Case("inclusion", (0, 0, 4), (LEAVES[0], root, *path))
    verify(case)
    row.control(caught=next(find_accepted([case], verify), None) is not None)
