"""Naming certifications by what the operator knows of them, for `find` and `prove`."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Final

from provenance.errors import FormatError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from provenance.ledger import Ledger
    from provenance.record.commitment import Value

_OPTIONS: Final = (
    ("--birth-name", "NAME", "holder's nomNaissance, with --first-name and --born"),
    ("--first-name", "NAME", "holder's prenom1"),
    ("--born", "DATE", "date of birth as deposited: YYYY-MM-DD, YYYY-MM or YYYY"),
    ("--dossier", "ID", "idDossier, for holders named by their training file"),
    ("--nir", "NIR", "national number; - reads it from standard input"),
    ("--reference", "REF", "the operator's own reference of the holder"),
    ("--depositor", "BCR", "the depositor, with --id-technique"),
    ("--id-technique", "ID", "the depositor's own number of the passage"),
)
_WAYS: Final = (
    ("birth_name", "first_name", "born"),
    ("dossier",),
    ("nir",),
    ("reference",),
    ("depositor", "id_technique"),
)
_BORN: Final = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
_NIR_SIZE_MAX: Final = 64


def add_holder(parser: argparse.ArgumentParser) -> None:
    """Add the options; names are compared without case, accents and punctuation."""
    group = parser.add_argument_group("by what is known of them, one of these ways")
    for name, metavar, text in _OPTIONS:
        group.add_argument(name, metavar=metavar, help=text)


def is_given(args: argparse.Namespace) -> bool:
    """Return whether any of the options is there."""
    return bool(_given(args))


def find(ledger: Ledger, args: argparse.Namespace) -> list[int]:
    """Find certifications as the options say; give their indexes, ascending.

    Raises `FormatError` when they do not say it in exactly one way.
    """
    given = _given(args)
    way = next((way for way in _WAYS if set(way) == given), None)
    if way is None:
        ways = "; ".join(" ".join(map(_option, way)) for way in _WAYS)
        raise FormatError(f"certifications are looked up in one of these ways: {ways}")
    if way == ("reference",):
        return ledger.find(reference=args.reference)
    if way == ("depositor", "id_technique"):
        return ledger.find(depositor=args.depositor, id_technique=args.id_technique)
    return ledger.find(holder=_holder(args))


def _given(args: argparse.Namespace) -> set[str]:
    return {name for way in _WAYS for name in way if getattr(args, name) is not None}


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _holder(args: argparse.Namespace) -> Mapping[str, Value]:
    if args.dossier is not None:
        return {"idDossier": args.dossier}
    if args.nir is not None:
        return {"nir": _read_nir() if args.nir == "-" else args.nir}
    match = _BORN.fullmatch(args.born)
    if match is None:
        raise FormatError("a date of birth is written YYYY-MM-DD, YYYY-MM or YYYY")
    year, month, day = (None if part is None else int(part) for part in match.groups())
    return {
        "nomNaissance": args.birth_name,
        "prenom1": args.first_name,
        "anneeNaissance": year,
        "moisNaissance": month,
        "jourNaissance": day,
    }


def _read_nir() -> str:
    """Read it from standard input, for command lines are kept and shown to others."""
    return sys.stdin.readline(_NIR_SIZE_MAX).strip()
