"""What is wrong with a deposit, told so that the sender can mend it.

A fault belongs to one of seven levels, checked in this order::

    well-formed   XML itself: encoding, no DTD, bounded depth and length   whole file
    schema        structure, types, enumerations, lengths                  whole file
    dictionary    what the values mean together                            passage or warning
    identity      (depositor, idTechnique) is unique                       passage
    rights        who may deposit for whom; the operator's own decision    file or passage
    register      the code existed and was active at the award             warning
    deadline      received within three months of the award                warning
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct, structs

Level: TypeAlias = Literal[
    "well-formed", "schema", "dictionary", "identity", "rights", "register", "deadline"
]
Effect: TypeAlias = Literal["file", "passage", "warning"]
"""What a fault does: refuses the whole file, refuses one passage, or is only recorded."""


class Fault(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One thing that is wrong, where it is, and what it does.

    ``code`` is a short stable name for programs. ``message`` is English and tells what is
    wrong, where, and what to do; it never holds a value of a field. ``line`` and ``column``
    count from 1, columns in characters as expat counts them; ``element`` is the name of the
    element or field in question. ``passage`` is the number of the passage in its file, from
    1, and ``id_technique`` what it is called there, where that was read. All of these are
    None where they do not apply.
    """

    level: Level
    code: str
    message: str
    effect: Effect
    line: int | None = None
    column: int | None = None
    element: str | None = None
    passage: int | None = None
    id_technique: str | None = None


def located(fault: Fault, number: int, id_technique: str) -> Fault:
    """Return the fault as one of the passage of this number, from 1, and of this name."""
    return structs.replace(fault, passage=number, id_technique=id_technique)
