"""One entry has one face: of any two values of one name, or two holders, at most one verifies.

Whoever records an entry may put anything into its slots. Whatever that is, no two bundles of
the same entry can show two values of a field, or two holders, in either verifier.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from page_process import needs_page, run_page
from provenance.encoding import encode_json
from provenance.record.slots import CERTIFICATION
from simulator import HOLDER, TODAY, Simulator, commit_to, make_record
from verifying import change, lean, verify

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from page_process import PageVerifier
    from provenance.record.bundle import Bundle
    from provenance.record.commitment import Field

FREE: Final = [*range(43, 62)]
HOLDERS: Final[tuple[tuple[Field, ...], ...]] = (
    (
        (f"{HOLDER}titulaire.nomNaissance", "LEFÈVRE"),
        (f"{HOLDER}titulaire.prenom1", "Maëlle"),
        (f"{HOLDER}titulaire.anneeNaissance", 1991),
        (f"{HOLDER}titulaire.moisNaissance", 7),
        (f"{HOLDER}titulaire.jourNaissance", 23),
    ),
    (
        (f"{HOLDER}dossierFormation.nomTitulaire", "FAUSSAIRE"),
        (f"{HOLDER}dossierFormation.prenom1Titulaire", "Jean"),
    ),
    ((f"{HOLDER}identifiantNational.nomNaissance", "MOREL"),),
    (
        (f"{HOLDER}titulaire.nomNaissance", "DURAND"),
        (f"{HOLDER}titulaire.prenom1", "Ana"),
        (f"{HOLDER}titulaire.anneeNaissance", 1980),
        (f"{HOLDER}titulaire.moisNaissance", None),
        (f"{HOLDER}titulaire.jourNaissance", None),
    ),
)
NAMES: Final = sorted(name for name in CERTIFICATION.slot_of if not name.startswith(HOLDER))


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageVerifier]:
    with run_page(tmp_path_factory.mktemp("page")) as verifier:
        yield verifier


def two_faces(
    first: Sequence[Field], second: Sequence[Field], places: Sequence[int]
) -> tuple[Simulator, list[Bundle]]:
    """Record one entry with two sets of fields, and show each of them.

    The first ones are at their slots, the second ones at their slots or, where these are
    taken, at ``places``.
    """
    taken = {CERTIFICATION.slot_of[name] for name, _ in first}
    free = iter(places)
    texts: dict[int, str] = {}
    for name, value in second:
        slot = CERTIFICATION.slot_of[name]
        slot = next(free) if slot in taken else slot
        made = commit_to(bytes(32), [(name, value)], CERTIFICATION, at={name: slot})
        texts[slot] = made.texts[slot]
    log = Simulator()
    log.register()
    index = log.certify(log.deposit(), first, texts=texts)
    log.publish()
    faces = []
    plain = log.prove(index, shown={name for name, _ in first})
    faces.append(plain)
    hidden = log.records[index].show([])
    record = tuple(texts.get(slot, text) for slot, text in enumerate(hidden))
    faces.append(change(plain, 2, record=record))
    return log, faces


def shown_by(report: Any, names: set[str]) -> dict[str, Any]:
    """Return the fields of these names that an accepted report shows."""
    if report["verdict"] not in {"yes", "attention"}:
        return {}
    fields = report["certifications"][0]["fields"]
    return {name: value for name, value in fields if name in names}


def both(log: Simulator, bundle: Bundle, page: PageVerifier) -> Iterator[Any]:
    """Ask both verifiers."""
    policy, made = lean(log, bundle)
    yield json.loads(verify(log, bundle).to_json())
    asked = {"bundle": encode_json(made), "policy": policy, "day": TODAY.isoformat()}
    yield page.ask("verify", **asked)


def accepted(
    log: Simulator, faces: Sequence[Bundle], names: set[str], page: PageVerifier
) -> Iterator[list[dict[str, Any]]]:
    """Return what each verifier accepts of the faces that show anything of these names."""
    per_face = [list(both(log, face, page)) for face in faces]
    for number in range(2):
        reports = [one[number] for one in per_face]
        yield [found for one in reports if (found := shown_by(one, names))]


@needs_page
@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(
    name=st.sampled_from(NAMES),
    values=st.lists(
        st.one_of(st.text(max_size=5), st.integers(-9, 9), st.booleans(), st.none()),
        min_size=2,
        max_size=2,
        unique_by=repr,
    ),
    place=st.sampled_from(FREE),
)
def test_two_values_of_one_name(
    name: str, values: list[Any], place: int, page: PageVerifier
) -> None:
    log, faces = two_faces([(name, values[0])], [(name, values[1])], [place])
    for found in accepted(log, faces, {name}, page):
        assert len(found) <= 1


@needs_page
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    pair=st.permutations(range(len(HOLDERS))).map(lambda order: order[:2]),
    places=st.permutations(FREE).map(lambda order: order[:5]),
)
def test_two_holders(pair: list[int], places: list[int], page: PageVerifier) -> None:
    one, other = (HOLDERS[number] for number in pair)
    log, faces = two_faces(one, other, places)
    names = {name for name, _ in (*one, *other)}
    for found in accepted(log, faces, names, page):
        assert len(found) <= 1


@needs_page
def test_one_face_alone_is_accepted(page: PageVerifier) -> None:
    """Show the positive control: without a second face, the entry verifies."""
    for fields in (*HOLDERS, make_record()[:6]):
        log = Simulator()
        log.register()
        index = log.certify(log.deposit(), fields)
        log.publish()
        names = {name for name, _ in fields}
        face = log.prove(index, shown=names)
        for found in accepted(log, [face], names, page):
            assert found == [dict(fields)]
