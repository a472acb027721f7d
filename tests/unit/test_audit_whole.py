"""A file that is put together again: read from its remainder, and read as a whole."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Final

import pytest

from fluxes import ABSENT, NS, Style, certification, flux, passage, write
from provenance.audit.whole import (
    FORM,
    WholeFile,
    _read_all,
    _read_remainder,
    around_digest,
    passage_name,
    read_whole,
)
from provenance.cdc.flux import FluxReader
from provenance.encoding import encode_json
from provenance.errors import FormatError
from provenance.record.depositdigest import leading_of, source_digest
from provenance.record.payload import DepositPayload

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from provenance.cdc.flux import Passage

FILE: Final = write(
    flux(
        certification([passage(1), passage(2), passage(3)]),
        certification([passage(4), passage(5)], code="RNCP90001"),
        certification([passage(6)], natureDeposant="TIERS_CONFIANCE"),
    )
)
STYLES: Final = {
    "plain": Style(),
    "another prefix": Style(prefix="x"),
    "no prefix": Style(prefix=""),
    "on one line": Style(newline="", indent=""),
    "comments": Style(before="<!-- passageCertification -->"),
    "the header behind": Style(header_last=True),
    "another order": Style(order=3),
    "declarations of its own": Style(own=f' xmlns:q="{NS}"'),
    "a space in its tags": Style(own=" "),
}


class Kept:
    """A file as an operator keeps it: some passages apart, and the rest."""

    def __init__(self, data: bytes, recorded: Sequence[int] | None = None) -> None:
        found = list(FluxReader(lambda: [data]).passages())
        wanted = range(1, len(found) + 1) if recorded is None else recorded
        self.passages: Final = [one for one in found if one.number + 1 in wanted]
        self.all: Final = found
        residue, at = bytearray(), 0
        self.spots: Final[list[int]] = []
        for one in self.passages:
            residue += data[at : one.start]
            self.spots.append(len(residue))
            at = one.end
        residue += data[at:]
        self.payload: Final = payload(bytes(residue), len(data), self.passages)

    def sources(self) -> Iterator[bytes]:
        return (one.source for one in self.passages)

    @property
    def name(self) -> bytes | None:
        return passage_name(self.passages[0].source) if self.passages else None

    def read(self) -> WholeFile:
        return read_whole(self.payload, self.spots, self.name, self.sources)


def payload(
    residue: bytes, size: int, recorded: Sequence[Passage], media: str = "application/xml"
) -> DepositPayload:
    return DepositPayload(
        file_salt=bytes(32),
        file_name="depot",
        media_type=media,
        size=size,
        id_flux=None,
        residue=residue,
        holes=tuple(one.start for one in recorded),
    )


def facts(whole: WholeFile) -> tuple[object, ...]:
    kinds = {number: kind for kind, number in whole.kinds.items()}
    return (
        whole.bodies,
        whole.suppresses,
        whole.count,
        list(whole.numbers),
        [kinds[number] for number in whole.arounds],
        list(whole.left),
        bytes(whole.digests),
    )


def around(one: Passage) -> bytes:
    return around_digest(one.bindings, dict(one.fields))


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("recorded", [None, [1, 3, 6], [2], [1, 2, 3, 4, 5], []])
def test_both_ways_say_what_the_file_says(style: str, recorded: list[int] | None) -> None:
    data = write(
        flux(certification([passage(n) for n in range(1, 5)]), certification([passage(5)])),
        STYLES[style],
    )
    kept = Kept(data, recorded)
    whole = kept.read()
    left = [one for one in kept.all if one not in kept.passages]
    assert facts(whole) == (
        ("EMETTEUR", "CERTIFIC"),
        False,
        5,
        [one.number + 1 for one in kept.passages],
        [around(one) for one in kept.passages],
        [one.number + 1 for one in left],
        b"".join(one.digest for one in left),
    )
    assert facts(_read_all(kept.payload, kept.spots, kept.sources)) == facts(whole)


def test_nearly_all_files_are_read_from_their_remainder() -> None:
    kept = Kept(FILE, [1, 2, 4, 6])
    whole = _read_remainder(kept.payload.residue, kept.spots, kept.name or b"")
    assert whole is not None
    assert len({*whole.arounds}) == 3
    assert facts(whole) == facts(_read_all(kept.payload, kept.spots, kept.sources))


HIDDEN: Final = {
    "in a comment": (b"<!--", b"-->"),
    "in a CDATA section": (b"<![CDATA[", b"]]>"),
    "in an element that is none": (b"<cpf:other>", b"</cpf:other>"),
    "in another namespace": (b'<cpf:other xmlns:cpf="urn:x">', b"</cpf:other>"),
    "in an attribute": (b"<x y='", b"'/>"),
}


@pytest.mark.parametrize("how", HIDDEN)
def test_a_recorded_passage_that_is_not_one_of_the_file(how: str) -> None:
    """The bytes are there, between the others, and nobody who reads the file meets them."""
    kept = Kept(FILE)
    before, after = HIDDEN[how]
    spot = kept.spots[1]
    residue = kept.payload.residue
    changed = residue[:spot] + before + after + residue[spot:]
    spots = [at if at < spot else at + len(before) for at in kept.spots]
    spots[2:] = [at + len(after) for at in spots[2:]]
    holes = [one.start for one in kept.passages]
    shift = [0, len(before), *[len(before) + len(after)] * 4]
    moved = DepositPayload(
        file_salt=bytes(32),
        file_name="depot",
        media_type="application/xml",
        size=len(FILE) + len(before) + len(after),
        id_flux=None,
        residue=changed,
        holes=tuple(hole + more for hole, more in zip(holes, shift, strict=True)),
    )
    with pytest.raises(FormatError):
        read_whole(moved, spots, kept.name, kept.sources)


def test_a_passage_that_was_left_and_is_none_is_a_fault() -> None:
    kept = Kept(FILE, [1, 2])
    residue = kept.payload.residue.replace(b"essai-4<", b"essai-4</cpf:x><cpf:x><")
    changed = payload(residue, len(FILE), kept.passages)
    with pytest.raises(FormatError, match="deposit file"):
        read_whole(changed, kept.spots, kept.name, kept.sources)


def test_whatever_the_rest_is_changed_to_the_quick_way_says_nothing_else() -> None:
    """Seeded mutations: what is read from the remainder is what the whole file says."""
    choose, quick, both = Random(11), 0, 0
    bits = [b"<", b">", b"/>", b"<!--", b"-->", b"<![CDATA[", b"]]>", b" ", b"cpf:", b"x"]
    bits += [b'xmlns:cpf="urn:x"', b"passageCertification", b"</cpf:certification>", b"&amp;"]
    for _ in range(2500):
        kept = Kept(FILE, choose.choice([None, [1, 3, 6], [2, 4]]))
        residue = bytearray(kept.payload.residue)
        at = choose.randrange(len(residue))
        cut = at + choose.choice([0, 0, 1, 5, 40])
        new = choose.choice([b"", *bits])
        residue[at:cut] = new
        moved = len(new) - (cut - at)
        if any(at < spot < cut for spot in kept.spots):
            continue
        spots = [spot if spot <= at else spot + moved for spot in kept.spots]
        holes = [one.start + (spots[n] - kept.spots[n]) for n, one in enumerate(kept.passages)]
        changed = DepositPayload(
            file_salt=bytes(32),
            file_name="depot",
            media_type="application/xml",
            size=len(FILE) + moved,
            id_flux=None,
            residue=bytes(residue),
            holes=tuple(holes),
        )
        whole = _read_remainder(changed.residue, spots, kept.name or b"")
        if whole is None:
            continue
        quick += 1
        kinds = {number: kind for kind, number in whole.kinds.items()}
        if [kinds[one] for one in whole.arounds] != [around(one) for one in kept.passages]:
            continue  # Its records say something else, which is found.
        both += 1
        assert facts(_read_all(changed, spots, kept.sources)) == facts(whole)
    assert quick > both > 50, "the control: some say something else, and many do not"


def test_a_file_that_takes_back_is_read_by_its_numbers() -> None:
    tree = flux(certification([passage(1), {**passage(2)}, passage(3)]), action="SUPPRESSION")
    kept = Kept(write(tree), [])
    whole = kept.read()
    assert whole.suppresses
    assert (whole.count, list(whole.left)) == (3, [1, 2, 3])
    assert whole.techniques == {"essai-1": 1, "essai-2": 2, "essai-3": 3}


def record(number: int) -> dict[str, object]:
    return {
        "emetteur": "EMETTEUR",
        "certificateur": "CERTIFIC",
        "contrat": "1",
        "type": "RS",
        "code": "RS9001",
        "idTechnique": f"t{number}",
    }


def form(recorded: Sequence[int], count: int = 4) -> tuple[bytes, list[int]]:
    """Return what is left of a form, and where its recorded records were."""
    residue, spots = b"[", []
    for number in range(1, count + 1):
        residue += b"," if number > 1 else b""
        if number in recorded:
            spots.append(len(residue))
        else:
            residue += encode_json(record(number))
    return residue + b"]", spots


def read_form(residue: bytes, spots: list[int]) -> WholeFile:
    return read_whole(payload(residue, 10_000, [], FORM), spots, None, lambda: iter([]))


@pytest.mark.parametrize("recorded", [[1, 2, 3, 4], [1], [4], [2, 3], [1, 4], []])
def test_a_form_is_its_records_in_a_list(recorded: list[int]) -> None:
    whole = read_form(*form(recorded))
    left = [number for number in range(1, 5) if number not in recorded]
    assert (whole.count, list(whole.numbers), list(whole.left)) == (4, recorded, left)
    assert whole.bodies == (("EMETTEUR", "CERTIFIC") if left else None)
    leading = leading_of(record(1))
    assert bytes(whole.digests) == b"".join(
        source_digest((), leading, encode_json(record(number))) for number in left
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"[", b""),
        (b"[", b"[,"),
        (b"[", b"[ "),
        (b"]", b""),
        (b"]", b",]"),
        (b"]", b"]]"),
        (b"},", b"},,"),
        (b"},", b"}"),
        (b"},", b"}, "),
        (b'"t2"', b'"t2","more":NaN'),
        (b'"t2"', b'"\\u0074"'),
        (b'"t2"', b'"\xff"'),
        (b'"contrat":"1",', b""),
        (b'"EMETTEUR"', b'"ANDEREN0"'),
        (b'"t2"', b"[" * 100_000),
    ],
)
def test_what_is_no_list_of_records_is_refused(old: bytes, new: bytes) -> None:
    residue, spots = form([1, 4])
    # The record that is not recorded is the second one; what was cut out is behind it.
    changed = residue.replace(old, new, 1)
    moved = [
        spot + len(changed) - len(residue) if residue.index(old) < spot else spot
        for spot in spots
    ]
    with pytest.raises(FormatError):
        read_form(changed, moved)


def test_an_element_that_is_absent_is_no_null() -> None:
    """The control of the surroundings: what is not there differs from what is."""
    without = Kept(write(flux(certification([passage()], natureDeposant=ABSENT))))
    there = Kept(write(flux(certification([passage()], natureDeposant="CERTIFICATEUR"))))
    assert {*without.read().kinds}.isdisjoint(there.read().kinds)
