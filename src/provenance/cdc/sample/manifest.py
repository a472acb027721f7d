"""Writing a sample, and telling beforehand what reading it should give."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Literal, TypeAlias

from msgspec import UNSET, Struct

from provenance.cdc.sample.flaws import FLAWS
from provenance.cdc.sample.form import FluxWriter
from provenance.cdc.sample.passage import make_passage
from provenance.cdc.sample.tree import Dice, flatten

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from provenance.cdc.sample.passage import Group, Passage
    from provenance.cdc.sample.people import IdentityKind
    from provenance.cdc.sample.spec import SampleSpec
    from provenance.cdc.sample.tree import Tree
    from provenance.record.commitment import Field


Outcome: TypeAlias = Literal["accepted", "warned", "refused"]
"""What becomes of a passage; ``warned`` is accepted with warnings."""


class ExpectedPassage(Struct, frozen=True, kw_only=True):
    """One passage of a sample: what it says, and what should become of it.

    ``number`` counts from 0 in file order. The same ``person`` is the same human being,
    always named in the same way (``identity``). ``fields`` is the complete record without
    its last field, ``source``. ``codes`` are those of all faults found when the file is
    received on the day of the specification.
    """

    number: int
    id_technique: str
    person: int
    identity: IdentityKind
    outcome: Outcome
    codes: tuple[str, ...]
    fields: tuple[Field, ...]


def write_flux(spec: SampleSpec) -> Iterator[bytes]:
    """Write the deposit file of ``spec``, passage by passage, in constant memory."""
    writer = FluxWriter(spec.form, spec.seed)
    issuer: Tree = {"idClient": spec.depositor}
    certifier: Tree = {"idClient": spec.certifier, "idContrat": spec.contract}
    certifications = writer.container("certifications", 4, {}, _groups(spec, writer))
    body = writer.container("certificateur", 3, certifier, certifications)
    body = writer.container("certificateurs", 2, {}, body)
    body = writer.container("emetteur", 1, issuer, body)
    return writer.document(writer.mixed(_header(spec), 1, body))


def describe(spec: SampleSpec) -> Iterator[ExpectedPassage]:
    """Tell of every passage what it holds and what should become of it."""
    for passage in _passages(spec):
        outcome: Outcome = "accepted"
        if passage.flaw is not None:
            outcome = "refused" if FLAWS[passage.flaw].refused else "warned"
        yield ExpectedPassage(
            number=passage.number,
            id_technique=str(passage.tree["idTechnique"]),
            person=passage.person,
            identity=passage.identity,
            outcome=outcome,
            codes=() if passage.flaw is None else (passage.flaw,),
            fields=_record(spec, passage),
        )


def _header(spec: SampleSpec) -> Tree:
    dice = Dice(spec.seed, "flux")
    return {
        "idFlux": f"FLUX-{spec.day:%Y%m%d}-{dice.below(16**8):08x}",
        "horodatage": f"{spec.day}T{dice.between(7, 19):02d}:{dice.below(60):02d}:00+02:00",
        "action": spec.action if spec.version == "1.1.5" else UNSET,
    }


def _passages(spec: SampleSpec) -> Iterator[Passage]:
    flaws = spec.place_flaws()
    return (make_passage(spec, flaws, number) for number in range(spec.passages))


def _groups(spec: SampleSpec, writer: FluxWriter) -> Iterator[str]:
    # A flaw of type or code cuts its group in two: it stands in a group of its own.
    for group, passages in groupby(_passages(spec), key=lambda passage: passage.group):
        yield from _group(writer, group, passages)


def _group(writer: FluxWriter, group: Group, passages: Iterable[Passage]) -> Iterator[str]:
    inner = (writer.passage(passage.number, passage.tree, 7) for passage in passages)
    listed = writer.container("passageCertifications", 6, {}, inner)
    return writer.container("certification", 5, group.tree(), listed)


def _record(spec: SampleSpec, passage: Passage) -> tuple[Field, ...]:
    return (
        ("emetteur", spec.depositor),
        ("certificateur", spec.certifier),
        ("contrat", spec.contract),
        *flatten(passage.group.tree()),
        *flatten(passage.tree),
    )
