"""Titles: sheets of the register that the newest status entry names, and of no other one."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

import pytest
from msgspec.structs import replace

from provenance.record.bundle import ShownRegister
from simulator import Simulator, make_record, make_sheet
from verifying import failing, find, verify

if TYPE_CHECKING:
    from provenance.record.bundle import Bundle

NICE: Final = "Docteure en médecine"
SHEETS: Final = (
    make_sheet("RNCP1", "Another one"),
    make_sheet("RNCP34762", "Gestionnaire de paie", level=5),
    make_sheet("RS5000", "English"),
)


def make(*registers: tuple[bytes, ...]) -> tuple[Simulator, list[int], int]:
    """Import registers one after the other, then record a certification and publish."""
    log = Simulator()
    log.register(certifiers=("CERT0001",))
    imported = [log.import_register(*sheets) for sheets in registers]
    index = log.certify(log.deposit())
    log.publish()
    return log, imported, index


def show(log: Simulator, index: int, *shown: int, **members: Any) -> Bundle:
    return log.prove(index, support=[*log.support_of(index), *shown], **members)


def titles(log: Simulator, bundle: Bundle) -> tuple[str | None, int | None, str | None]:
    report = verify(log, bundle)
    assert report.verdict == "yes", report.summary
    one = report.certifications[0]
    return one.title, one.level, one.register_date


NONE: Final = (None, None, None)


def test_a_title_is_that_of_the_register_that_the_status_names() -> None:
    log, (register,), index = make(SHEETS)
    bundle = show(log, index, register, register=log.show_register("RNCP34762"))
    assert titles(log, bundle) == ("Gestionnaire de paie", 5, "2026-09-20")
    assert find(verify(log, bundle), "register").outcome == "yes"
    said = "in the register of 2026-09-20 the code is “Gestionnaire de paie”, level 5."
    assert any(said in line for line in verify(log, bundle).summary)


def test_a_level_may_be_missing() -> None:
    log, (register,), index = make((make_sheet(),))
    bundle = show(log, index, register, register=log.show_register("RNCP34762"))
    assert titles(log, bundle) == ("Gestionnaire de paie", None, "2026-09-20")
    assert any("“Gestionnaire de paie”." in line for line in verify(log, bundle).summary)


def test_without_a_sheet_there_is_no_title() -> None:
    log, (register,), index = make(SHEETS)
    for bundle in (show(log, index), show(log, index, register)):
        assert titles(log, bundle) == NONE
        assert find(verify(log, bundle), "register").outcome == "n/a"


def test_a_register_entry_must_be_shown_and_named() -> None:
    log, (register,), index = make(SHEETS)
    sheets = log.show_register("RNCP34762")
    assert failing(verify(log, show(log, index, register=sheets))) == {"register": [None]}
    log, (register,), index = make(SHEETS)
    log.sheets.clear()
    log.publish()
    report = verify(log, show(log, index, register=sheets))
    assert failing(report) == {"register": [None]}
    report = verify(log, show(log, index, register, register=sheets))
    assert failing(report) == {"register": [None]}


def test_an_older_register_cannot_be_chosen() -> None:
    log, (old, new), index = make((make_sheet(title=NICE),), SHEETS)
    nice = log.show_register("RNCP34762", register=old)
    right = log.show_register("RNCP34762")
    assert titles(log, show(log, index, new, register=right))[0] == "Gestionnaire de paie"
    for shown in ((old,), (old, new), (new,)):
        report = verify(log, show(log, index, *shown, register=nice))
        assert failing(report) == {"register": [None]}
    # An older one beside it hides nothing.
    assert titles(log, show(log, index, old, new, register=right))[0] == "Gestionnaire de paie"


def test_a_status_that_names_an_older_register_is_refused() -> None:
    """Even where no sheet is shown: a newer register is in plain sight."""
    log, (old, new), index = make((make_sheet(title=NICE),), SHEETS)
    del log.sheets[new]
    log.publish()
    nice = log.show_register("RNCP34762", register=old)
    assert titles(log, show(log, index, old, register=nice))[0] == NICE
    for members in ({}, {"register": nice}):
        report = verify(log, show(log, index, old, new, **members))
        assert failing(report) == {"register": [None]}


def test_a_status_that_names_no_register_is_refused_beside_one() -> None:
    log, (register,), index = make(SHEETS)
    log.sheets.clear()
    log.publish()
    assert titles(log, show(log, index)) == NONE
    assert failing(verify(log, show(log, index, register))) == {"register": [None]}


def test_a_named_entry_of_another_type_is_refused() -> None:
    log, _, index = make()
    log.sheets[2] = list(SHEETS)
    log.publish()
    sheets = log.show_register("RNCP34762")
    for members in ({}, {"register": sheets}):
        assert failing(verify(log, show(log, index, **members))) == {"register": [None]}


def test_without_its_status_entry_no_sheet_counts() -> None:
    log, (register,), index = make(SHEETS)
    sheets = log.show_register("RNCP34762")
    bundle = show(log, index, register, register=sheets, status=())
    less = replace(bundle, entries=bundle.entries[:-1])
    assert titles_of(log, bundle) == "Gestionnaire de paie"
    assert failing(verify(log, less)) == {"register": [None]}


def titles_of(log: Simulator, bundle: Bundle) -> str | None:
    report = verify(log, bundle)
    assert report.verdict == "attention"
    return report.certifications[0].title


@pytest.mark.parametrize("damage", ["leaf", "sheet", "path", "form", "code", "order", "beyond"])
def test_a_sheet_must_be_in_the_register_at_its_place(damage: str) -> None:
    log, (register,), index = make(SHEETS)
    shown = log.show_register("RNCP34762")
    (sheet,) = shown.sheets
    other = log.show_register("RNCP1").sheets[0]
    changed = {
        "leaf": (replace(sheet, leaf=0),),
        "sheet": (replace(sheet, sheet=sheet.sheet.replace("paie", "Paie")),),
        "path": (replace(sheet, path=sheet.path[:-1]),),
        "form": (replace(sheet, sheet=sheet.sheet + " "),),
        "code": (other,),
        "order": (other, sheet),
        "beyond": (replace(sheet, leaf=9),),
    }[damage]
    bundle = show(log, index, register, register=ShownRegister(changed))
    assert failing(verify(log, bundle)) == {"register": [None]}


def test_sheets_ascend_by_their_codes() -> None:
    """A register of which one code has two sheets, or none at its place, is no register."""
    twice = (make_sheet(title="A"), make_sheet(title="B"))
    wrong = (make_sheet("RS5000"), make_sheet("RNCP34762"))
    for sheets, codes in ((twice, ("RNCP34762",)), (wrong, ("RS5000", "RNCP34762"))):
        log = Simulator()
        log.register()
        register = log.import_register(*sheets)
        deposit = log.deposit()
        indexes = [log.certify(deposit, make_record(code=code)) for code in codes]
        log.publish()
        bundle = log.prove(
            *indexes, support=(1, 2, register), register=log.show_register(*codes)
        )
        assert failing(verify(log, bundle)) == {"register": [None]}


def test_a_code_that_is_no_text_has_no_title() -> None:
    log = Simulator()
    log.register()
    register = log.import_register(*SHEETS)
    deposit = log.deposit()
    indexes = [log.certify(deposit, make_record(code=code)) for code in (7, "RNCP34762")]
    log.publish()
    sheets = log.show_register("RNCP34762")
    report = verify(log, log.prove(*indexes, support=(1, 2, register), register=sheets))
    assert [one.title for one in report.certifications] == [None, "Gestionnaire de paie"]


# Later.


def brought_up(*, imported: bool) -> tuple[Simulator, int, int, int]:
    """A log that went on, with a register imported in between or not."""
    log, (first,), index = make((make_sheet(title="Old title"),))
    old = log.size
    if imported:
        log.import_register(make_sheet(title="New title"))
    log.certify(4)
    log.publish()
    return log, first, old, index


def test_one_register_serves_both_trees() -> None:
    log, first, old, index = brought_up(imported=False)
    sheets = log.show_register("RNCP34762")
    bundle = show(log, index, first, size=old, register=sheets)
    assert titles(log, replace(bundle, later=log.show_later(old, index)))[0] == "Old title"
    # The entry may be in either list, and so may the sheet.
    there = show(log, index, size=old, register=sheets)
    later = log.show_later(old, index, support=(first,))
    assert titles(log, replace(there, later=later))[0] == "Old title"
    bare = show(log, index, first, size=old)
    later = log.show_later(old, index, register=sheets)
    assert titles(log, replace(bare, later=later))[0] == "Old title"
    assert titles(log, replace(bundle, later=later))[0] == "Old title"


def test_a_newer_register_takes_the_old_title_away() -> None:
    log, first, old, index = brought_up(imported=True)
    newest = max(log.sheets)
    bundle = show(
        log, index, first, size=old, register=log.show_register("RNCP34762", register=first)
    )
    assert titles(log, bundle)[0] == "Old title"
    assert titles(log, replace(bundle, later=log.show_later(old, index)))[0] is None
    shown = log.show_later(
        old, index, support=(newest,), register=log.show_register("RNCP34762")
    )
    assert titles(log, replace(bundle, later=shown))[0] == "New title"
    withheld = log.show_later(old, index, support=(newest,))
    assert titles(log, replace(bundle, later=withheld))[0] is None
    wrong = log.show_later(
        old,
        index,
        support=(newest,),
        register=log.show_register("RNCP34762", register=first),
    )
    assert failing(verify(log, replace(bundle, later=wrong))) == {"register": [None]}


def test_without_the_later_status_entry_the_first_one_names_the_register() -> None:
    log, first, old, index = brought_up(imported=True)
    bundle = show(
        log, index, first, size=old, register=log.show_register("RNCP34762", register=first)
    )
    later = replace(log.show_later(old), entries=())
    assert titles(log, replace(bundle, later=later))[0] == "Old title"


def test_each_tree_is_looked_at() -> None:
    log, first, old, index = brought_up(imported=True)
    register = log.show_register("RS5000", "RNCP34762", register=first)
    broken = ShownRegister((replace(register.sheets[0], path=("",)),))
    bundle = show(log, index, first, size=old, register=broken)
    later = log.show_later(old, index, register=log.show_register("RNCP34762"))
    report = verify(log, replace(bundle, later=later))
    assert failing(report) == {"register": [None, None]}


def test_what_reads_registers_is_loaded_only_when_there_is_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "provenance.verifier.titles", raising=False)
    log, _, index = make()
    assert titles(log, show(log, index)) == NONE
    assert "provenance.verifier.titles" not in sys.modules
    log, _, index = make(SHEETS)
    assert titles(log, show(log, index)) == NONE
    assert "provenance.verifier.titles" in sys.modules
