"""Add to ``bundles``: ``PYTHONPATH=tests python tests/vectors/make_bundle_vectors.py``.

Every case says what must come out, and is written only if that does come out. Cases that
are there stay as they are: signatures by ML-DSA are not the same twice, so their files are
not made anew, but what is expected of them must be what it was.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import pytest

from sealing import read_in_process
from vectors.bad_depositors import bad_depositors
from vectors.bad_entries import bad_entries
from vectors.bad_formats import bad_formats
from vectors.bad_logs import bad_logs
from vectors.bad_records import bad_records
from vectors.bad_standing import bad_standing
from vectors.cases import Case, digests, place, read_cases, read_sums, write, write_cases
from vectors.disclosure_rules import disclosure_rules
from vectors.endorsements import endorsements
from vectors.entry_places import entry_places
from vectors.good_bundles import good_bundles
from vectors.good_logs import good_logs
from vectors.good_persons import good_persons
from vectors.json_cvs import json_cvs
from vectors.json_forms import other_forms
from vectors.judge import describe, judge
from vectors.real_bundles import real_bundles
from vectors.reasons import reasons
from vectors.record_slots import record_slots
from vectors.registers import registers
from vectors.summaries import summaries

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vectors.cases import Draft


def drafts() -> Iterator[Draft]:
    """Return all cases, in the order in which they are written."""
    # They make certificates and seals when they are loaded, which only this script needs.
    from vectors.pdf_contents import pdf_contents  # noqa: PLC0415
    from vectors.pdf_cvs import pdf_cvs  # noqa: PLC0415
    from vectors.stamps import stamps  # noqa: PLC0415

    return chain(
        good_bundles(),
        reasons(),
        good_persons(),
        good_logs(),
        bad_formats(),
        bad_logs(),
        bad_entries(),
        entry_places(),
        record_slots(),
        bad_records(),
        disclosure_rules(),
        bad_depositors(),
        endorsements(),
        bad_standing(),
        registers(),
        stamps(),
        json_cvs(),
        other_forms(),
        summaries(),
        real_bundles(),
        pdf_cvs(),
        pdf_contents(),
    )


def make(draft: Draft) -> Case:
    """Make the case of a draft, provided that the verifier says what the draft says."""
    file, policy, roots = place(draft)
    case = describe(
        draft,
        judge(draft.data, draft, roots=draft.seal_roots),
        file=file,
        policy=policy,
        roots=roots,
    )
    names = ("kind", "verdict", "level", "recoverable", "failing", "proof_failing")
    wanted = [*(getattr(draft, name) for name in names), wanted_reasons(draft, case)]
    got = [*(getattr(case, name) for name in names), reasons_of(case)]
    if wanted != got:
        raise SystemExit(f"{draft.id}: expected {wanted}, got {got}")
    check_said(draft, case)
    return case


def check_said(draft: Draft, case: Case) -> None:
    """Check what a draft asks for of each certification."""
    if not draft.said:
        return
    for wanted, said in zip(draft.said, case.certifications or (), strict=True):
        for name, value in wanted.items():
            if getattr(said, name) != value:
                got = getattr(said, name)
                raise SystemExit(f"{case.id}: {said.index} {name}: wanted {value}, got {got}")


def reasons_of(case: Case) -> tuple[tuple[str, ...], ...]:
    return tuple(one.reasons for one in case.certifications or ())


def wanted_reasons(draft: Draft, case: Case) -> tuple[tuple[str, ...], ...]:
    """Return the reasons that a draft asks for: none for each, where it says nothing."""
    return draft.reasons or ((),) * len(case.certifications or ())


def check_unchanged(draft: Draft, case: Case) -> None:
    """Refuse to change what a case that is there asks for."""
    said = ["kind", "verdict", "level", "recoverable", "failing", "proof_failing"]
    said += ["status_days", "max_age_s"]
    # Certificates are made anew by each run, so PDF files have the time of their making.
    for name in said if draft.kind == "pdf" else [*said, "now_s"]:
        if getattr(draft, name) != getattr(case, name):
            raise SystemExit(f"{case.id} is there with another {name}, and stays as it is")
    if wanted_reasons(draft, case) != reasons_of(case):
        raise SystemExit(f"{case.id} is there with other reasons, and stays as it is")


def main() -> None:
    """Add the cases that are not there yet."""
    sums, now = read_sums(), digests()
    if changed := [
        name for name in sums if name != "cases.json" and sums[name] != now.get(name)
    ]:
        raise SystemExit(f"changed or gone since they were made: {', '.join(changed)}")
    cases = {case.id: case for case in read_cases()}
    made: dict[str, Draft] = {}
    for draft in drafts():
        if draft.id in made:
            raise SystemExit(f"two cases named {draft.id}")
        made[draft.id] = draft
        if draft.id in cases:
            check_unchanged(draft, cases[draft.id])
    if gone := cases.keys() - made.keys():
        raise SystemExit(f"cases that nothing makes any more: {', '.join(sorted(gone))}")
    # Nothing is written before everything that is new has been judged.
    new = {id_: make(draft) for id_, draft in made.items() if id_ not in cases}
    for id_, case in new.items():
        write(made[id_], case)
    cases |= new
    write_cases(tuple(cases.values()))
    print(f"{len(cases)} cases")  # noqa: T201 - a script


if __name__ == "__main__":
    with pytest.MonkeyPatch.context() as patch:
        # A process for each PDF file would take most of the time, and may run out of it.
        read_in_process(patch)
        main()
