"""Bundles that show the register's titles: the right one, and those of other exports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from provenance.encoding import encode_json
from provenance.record.bundle import SheetProof, ShownRegister
from simulator import Simulator, make_record, make_sheet
from vectors.drafts import ZEROS, fails, holds, prove_bare, unreadable
from verifying import lean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.record.bundle import Bundle
    from vectors.cases import Draft

CODE: Final = "RNCP34762"
TITLE: Final = "Gestionnaire de paie"
OTHER: Final = make_sheet("RNCP34763", "Doctorat en médecine", level=8)
SHEET: Final = make_sheet(level=5, kind="by-right", from_="2020-07-10")
LAST: Final = make_sheet("RS5000", "Certificat")
SHOWN: Final = {"title": TITLE, "level": 5, "register_date": "2026-09-20"}
NONE: Final = {"title": None, "level": None, "register_date": None}


def registers() -> Iterator[Draft]:
    """Return them all."""
    yield from _good()
    yield from _sheets_of_all_forms()
    yield from _malformed_sheets()
    yield from _trees()
    yield from _entries()
    yield from _later()
    yield from _later_ones()
    yield from _shapes()


def make(*sheets: bytes, code: str = CODE, **members: Any) -> tuple[Simulator, int, int]:
    """Publish a log of one certification, whose register is entry 2; return both indexes."""
    log = Simulator()
    register = log.import_register(*(sheets or (SHEET, OTHER, LAST)), **members)
    log.register()
    index = log.certify(log.deposit(), make_record(code=code))
    log.publish()
    return log, register, index


def show(log: Simulator, entry: int, index: int, **members: Any) -> Bundle:
    """Show a certification with the sheet of its code under a register entry."""
    made = {"register": log.show_register(CODE, register=entry)} | members
    return log.prove(index, support=(1, entry, 3), **made)


def _good() -> Iterator[Draft]:
    log, register, index = make()
    bundle = show(log, register, index)
    note = "its title, level and the day of the export"
    yield holds("register-sheet", note, log, bundle, said=(SHOWN,))
    bundle = show(log, register, index, register=None)
    note = "the register's entry, and no sheet"
    yield holds("register-entry-alone", note, log, bundle, said=(NONE,))
    log, register, index = make(make_sheet())
    note = "a sheet without a level, of one"
    said = ({"title": TITLE, "level": None, "register_date": "2026-09-20"},)
    bundle = show(log, register, index)
    yield holds("register-sheet-alone", note, log, bundle, said=said)
    log, register, index = make()
    second = log.certify(4, make_record(code="RS5000"))
    third = log.certify(4, make_record(code="RNCP1"))
    log.publish()
    shown = log.show_register(CODE, "RS5000", register=register)
    bundle = log.prove(index, second, third, support=(1, register, 3), register=shown)
    said_ = (SHOWN, {"title": "Certificat", "level": None}, NONE)
    note = "two of three codes have a sheet"
    yield holds("register-two-sheets", note, log, bundle, said=said_)


def _sheets_of_all_forms() -> Iterator[Draft]:
    codes = [f"RNCP{number}" for number in range(100)]
    whole = {
        "level": 8,
        "kind": "on-request",
        "from_": "2020-07-10",
        "until": "2025-07-10",
        "deliver_until": "2029-07-10",
        "replaces": sorted(codes),
        "replaced_by": ["RS1"],
    }
    for id_, note, title, members in (
        ("whole", "every member there is", TITLE, whole),
        ("of-1000", "1,000 characters outside the first plane", "\U0001f393" * 1000, {}),
        ("no-break-space", "U+00A0 is a character like others", "A\u00a0\u00a0B\u00a0", {}),
        ("level-1", "the lowest level", TITLE, {"level": 1}),
    ):
        log, register, index = make(make_sheet(CODE, title, **members))
        said = ({"title": title, "level": members.get("level")},)
        bundle = show(log, register, index)
        yield holds(f"register-sheet-{id_}", note, log, bundle, said=said)
    for code in ("RNCP1", "RS123456"):
        log, register, index = make(make_sheet(code), code=code)
        shown = log.show_register(code)
        bundle = log.prove(index, support=(1, register, 3), register=shown)
        said_ = ({"title": TITLE},)
        note = "a code of one digit, and of six"
        yield holds(f"register-code-{code.lower()}", note, log, bundle, said=said_)


def _malformed_sheets() -> Iterator[Draft]:
    plain = SHEET.decode()
    of_101 = [f"RNCP{number}" for number in range(101)]
    for id_, note, sheet in (
        ("not-json", "no JSON", b"{"),
        ("space", "no white space", plain.replace(",", ", ", 1).encode()),
        ("reordered", "one order", b'{"title":"x","code":"RNCP34762"}'),
        ("unknown-member", "nothing besides", make_sheet(certifiers=[])),
        ("no-title", "always there", b'{"code":"RNCP34762"}'),
        ("title-empty", "a character at least", make_sheet(CODE, "")),
        ("title-1001", "1,000 characters", make_sheet(CODE, "a" * 1001)),
        ("title-newline", "no control character", make_sheet(CODE, "a\nb")),
        ("title-c1", "no control character", make_sheet(CODE, "a\u0085b")),
        ("title-two-spaces", "runs of spaces are one", make_sheet(CODE, "a  b")),
        ("title-space-first", "none at the ends", make_sheet(CODE, " a")),
        ("title-space-last", "none at the ends", make_sheet(CODE, "a ")),
        ("title-bidi", "nothing unseen", make_sheet(CODE, "a\u202eb")),
        ("title-tag", "nothing unseen", make_sheet(CODE, "a\U000e0041")),
        ("title-mark", "nothing unseen", make_sheet(CODE, "\ufeffa")),
        ("level-0", "1 to 8", make_sheet(level=0)),
        ("level-9", "1 to 8", make_sheet(level=9)),
        ("level-text", "a number", make_sheet(level="5")),
        ("level-null", "absent members are left out", make_sheet(level=None)),
        ("kind", "one of two words", make_sheet(kind="by right")),
        ("from", "a day of the calendar", make_sheet(from_="2020-02-30")),
        ("until", "as dates are written", make_sheet(until="10/07/2025")),
        ("replaces-none", "1 to 100", make_sheet(replaces=[])),
        ("replaces-101", "1 to 100", make_sheet(replaces=sorted(of_101))),
        ("replaces-twice", "ascending", make_sheet(replaces=["RS1", "RS1"])),
        ("replaces-descends", "ascending", make_sheet(replaces=["RS1", "RNCP1"])),
        ("replaces-no-code", "codes", make_sheet(replaces=["34762"])),
    ):
        log, register, index = make(sheet)
        path = ShownRegister((_proof(log, register, 0),))
        bundle = log.prove(index, support=(1, register, 3), register=path)
        yield fails("register", f"sheet-{id_}", f"in the tree: {note}", log, bundle)
    for id_, code in (("long", "RNCP1234567"), ("bare", "34762"), ("small", "rncp34762")):
        log, register, index = make(make_sheet(code), code=code)
        bundle = log.prove(
            index, support=(1, register, 3), register=ShownRegister((_proof(log, register, 0),))
        )
        note = "a code that the register does not have"
        yield fails("register", f"code-{id_}", note, log, bundle)


def _proof(log: Simulator, register: int, number: int) -> Any:
    """Show a sheet of any form."""
    sheets = list(log.sheets[register])
    log.sheets[register] = [make_sheet(f"RS{one}") for one in range(len(sheets))]
    (shown,) = log.show_register(f"RS{number}", register=register).sheets
    log.sheets[register] = sheets
    return replace(shown, sheet=sheets[number].decode())


def _trees() -> Iterator[Draft]:
    log, register, index = make()
    bundle = show(log, register, index)
    (sheet,) = log.show_register(CODE).sheets
    (other,) = log.show_register("RNCP34763").sheets
    nicer = make_sheet(CODE, "Doctorat en médecine", level=8).decode()
    for id_, note, changed in (
        ("changed", "a nicer title", replace(sheet, sheet=nicer)),
        (
            "of-another",
            "that of another code, at this place",
            replace(sheet, sheet=other.sheet),
        ),
        ("leaf-other", "another place", replace(sheet, leaf=1)),
        ("leaf-beyond", "a place that the tree has not", replace(sheet, leaf=3)),
        ("path-cut", "a hash is missing", replace(sheet, path=sheet.path[:-1])),
        ("path-longer", "a hash is left over", replace(sheet, path=(*sheet.path, ZEROS))),
        ("path-malformed", "no base64", replace(sheet, path=("?", *sheet.path[1:]))),
    ):
        made = replace(bundle, register=ShownRegister((changed,)))
        yield fails("register", f"tree-{id_}", note, log, made)
    made = replace(bundle, register=ShownRegister((other,)))
    note = "a genuine sheet of a code that no line discloses"
    yield fails("register", "code-not-disclosed", note, log, made)
    names = log.line_names(index) - {"code"}
    made = show(log, register, index, shown=names)
    note = "the code is hidden"
    yield fails("register", "code-hidden", note, log, made)
    double = make(make_sheet(), make_sheet(CODE, "Doctorat en médecine"))
    log, register, index = double
    note = "two sheets of one code"
    yield fails("register", "code-twice", note, log, show(*double))
    log, register, index = make(LAST, SHEET)
    second = log.certify(4, make_record(code="RS5000"))
    log.publish()
    shown = log.show_register(CODE, "RS5000", register=register)
    made = log.prove(index, second, support=(1, register, 3), register=shown)
    note = "sheets that do not ascend by their codes"
    yield fails("register", "codes-descend", note, log, made)
    for id_, note, members in (
        ("of-more", "more sheets than there are", {"sheets": 5}),
        ("of-fewer", "fewer sheets than there are", {"sheets": 2}),
        ("of-no-root", "another root", {"root": ZEROS}),
    ):
        made_log = make(**members)
        yield fails("register", f"tree-{id_}", note, made_log[0], show(*made_log))


def _entries() -> Iterator[Draft]:
    log, register, index = make()
    shown = log.show_register(CODE)
    bundle = log.prove(index, support=(1, 3), register=shown)
    note = "the register's entry is not shown"
    yield fails("register", "entry-not-shown", note, log, bundle)
    log.publish(status=False)
    bundle = show(log, register, index, status=())
    note = "the checkpoint's last entry is not shown"
    made = replace(bundle, entries=bundle.entries[:-1])
    yield fails("register", "status-not-shown", note, log, made)
    for id_, note, register_of_status in (
        ("not-named", "the status names no register", None),
        ("other-named", "the status names another entry", 3),
    ):
        log, register, index = make()
        log.publish(register=register_of_status)
        bundle = show(log, register, index)
        yield fails("register", f"status-{id_}", note, log, bundle)
        bundle = log.prove(index, support=(1, 3))
        if register_of_status is None:
            said = "it names none, and none is shown"
            yield holds("register-status-names-none", said, log, bundle)
        else:
            said = "what it names is shown, and is no register"
            yield fails("register", "status-names-another", said, log, bundle)
    yield from _newer_ones()


def _newer_ones() -> Iterator[Draft]:
    log, register, index = make()
    newer = log.import_register(make_sheet(CODE, "Autre intitulé"), date="2026-09-21")
    log.publish(register=register)
    bundle = log.prove(
        index,
        support=(1, register, 3, newer),
        register=log.show_register(CODE, register=register),
    )
    note = "a newer register than the one named, in plain sight"
    yield fails("register", "newer-shown", note, log, bundle)
    bundle = show(log, register, index)
    note = "the same, not shown"
    yield holds("register-newer-hidden", note, log, bundle, said=(SHOWN,))
    log.publish()
    bundle = show(log, register, index)
    note = "the sheet of an older register than the status names"
    yield fails("register", "sheet-of-an-older-one", note, log, bundle)
    bundle = show(log, newer, index)
    said = ({"title": "Autre intitulé", "register_date": "2026-09-21"},)
    note = "that of the newest"
    yield holds("register-sheet-of-the-newest", note, log, bundle, said=said)
    bundle = log.prove(index, support=(1, register, 3, newer), register=log.show_register(CODE))
    note = "an older register beside it contradicts nothing"
    yield holds("register-older-shown", note, log, bundle, said=said)


def _later() -> Iterator[Draft]:
    """Bring a proof up to date, under the same register and under a newer one."""
    log, register, index = make()
    old = log.size
    log.publish()
    bundle = show(log, register, index, size=old, later=log.show_later(old, index))
    note = "one register for both trees: its entry and its sheet are in the first"
    yield holds("register-later-same", note, log, bundle, said=(SHOWN,))
    (shown,) = log.show_register(CODE).sheets
    later = log.show_later(old, index, register=ShownRegister((shown,)))
    bundle = log.prove(index, support=(1, register, 3), size=old, later=later)
    note = "the same, its sheet in the second"
    yield holds("register-later-sheet-in-second", note, log, bundle, said=(SHOWN,))
    later = log.show_later(old, index, support=(register,))
    bundle = log.prove(
        index, support=(1, 3), size=old, later=later, register=log.show_register(CODE)
    )
    note = "the same, its entry in the second"
    yield holds("register-later-entry-in-second", note, log, bundle, said=(SHOWN,))
    later = log.show_later(old, index, support=(register,))
    bundle = show(log, register, index, size=old, later=later)
    note = "its entry in both"
    yield fails("order", "register-in-both", note, log, bundle)


def _later_ones() -> Iterator[Draft]:
    log, register, index = make()
    old = log.size
    newer = log.import_register(make_sheet(CODE, "Autre intitulé", level=6), date="2026-09-21")
    log.publish()
    shown = log.show_register(CODE)
    said = ({"title": "Autre intitulé", "level": 6, "register_date": "2026-09-21"},)
    later = log.show_later(old, index, support=(newer,), register=shown)
    bundle = show(log, register, index, size=old, later=later)
    note = "the newer register's sheet is the one that counts"
    yield holds("register-later-newer", note, log, bundle, said=said)
    later = log.show_later(old, index, support=(newer,))
    bundle = show(log, register, index, size=old, later=later)
    note = "a newer register without a sheet of the code: the old title does not stay"
    yield holds("register-later-without-sheet", note, log, bundle, said=(NONE,))
    later = log.show_later(old, index)
    bundle = show(log, register, index, size=old, later=later)
    note = "the same, where the newer register is only named"
    yield holds("register-later-named", note, log, bundle, said=(NONE,))
    later = log.show_later(old, index, support=(newer,), register=shown)
    bundle = log.prove(index, support=(1, 3), size=old, later=later)
    note = "only the newer register is shown"
    yield holds("register-later-alone", note, log, bundle, said=said)
    later = log.show_later(old, index, register=shown)
    bundle = show(log, register, index, size=old, later=later)
    note = "a sheet of the newer register, whose entry is not shown"
    yield fails("register", "later-entry-not-shown", note, log, bundle)
    (nicer,) = shown.sheets
    wrong = ShownRegister((replace(nicer, path=(ZEROS,)),))
    later = log.show_later(old, index, support=(newer,), register=wrong)
    bundle = show(log, register, index, size=old, later=later)
    note = "a sheet of the newer register that is not in its tree"
    yield fails("register", "later-path", note, log, bundle)
    later = replace(
        log.show_later(old, index, support=(newer,), register=shown), status=(), entries=()
    )
    bundle = show(log, register, index, size=old, later=later)
    note = "a sheet of the newer register, without the status of its tree"
    yield fails("register", "later-status-not-shown", note, log, bundle)
    later = replace(later, register=None)
    bundle = show(log, register, index, size=old, later=later)
    note = "a newer checkpoint without any entry: the first tree's register counts"
    yield holds("register-later-bare", note, log, bundle, said=(SHOWN,))


def _shapes() -> Iterator[Draft]:
    log, register, index = make()
    shown_ = log.show_register(CODE)
    bare = prove_bare(log, index, support=(1, register, 3), register=shown_)
    _, bundle = lean(log, bare)
    (sheet,) = shown_.sheets
    data = encode_json(bundle)
    shown = encode_json(bundle.register)
    for id_, note, other in (
        ("none", "empty lists are left out", b'{"sheets":[]}'),
        ("null", "null is not absent", b"null"),
        ("bare", "an object", shown.removeprefix(b'{"sheets":').removesuffix(b"}")),
        ("more", "nothing besides", shown[:-1] + b',"more":1}'),
        ("leaf-text", "a number", shown.replace(b'"leaf":0', b'"leaf":"0"')),
        ("object", "a sheet is a text", shown.replace(b'"sheet":"', b'"sheet":{},"x":"')),
    ):
        changed = data.replace(shown, other)
        assert changed != data
        yield unreadable(f"register-{id_}", note, log, changed)
    for id_, note, sheets in (
        ("twice", "they ascend", (sheet, sheet)),
        ("1001", "1,000 at most", tuple(SheetProof(one, "", ()) for one in range(1001))),
        ("path-65", "64 hashes at most", (replace(sheet, path=(ZEROS,) * 65),)),
    ):
        changed = data.replace(shown, encode_json({"sheets": sheets}))
        yield unreadable(f"register-{id_}", note, log, changed)
    moved = data.replace(b',"register":' + shown, b"").replace(
        b',"status":', b',"register":' + shown + b',"status":'
    )
    yield unreadable("register-moved", "behind the endorsements", log, moved)
