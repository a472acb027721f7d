"""Write an invented deposit file, to try things out with.

All people, numbers and certifications in it are made up. The same options give the
same file (--day is today unless given). What is said of the form changes the bytes
and not what the file means; --flaw puts faults into passages, --broken makes a small
file that must be refused as a whole.

Examples:
  provenance sample --passages 20 -o deposit.xml
  provenance sample --seed 7 --passages 1000 --flaw end-before-start=5 --flaw late=10
  provenance sample --prefix cpf --crlf --reordered --header-behind -o odd.xml
  provenance sample --schema 1.1.5 --suppression reduced -o withdraw.xml
  provenance sample --broken bad-date -o broken.xml
"""

from __future__ import annotations

import argparse
from collections import Counter
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final

from provenance.cdc.sample import (
    BREAKS,
    FLAWS,
    Form,
    SampleSpec,
    break_flux,
    describe,
    write_flux,
)
from provenance.cli.arguments import add_json, add_output, count, index
from provenance.cli.exits import YES
from provenance.cli.files import write_file
from provenance.cli.output import Answer
from provenance.encoding import encode_json
from provenance.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from provenance.cli.output import Output

DEPOSITOR: Final = "0ABCDEFG"
CERTIFIER: Final = "9SAMPLES"
_SWITCHES: Final = {
    "one-line": "no line breaks",
    "reordered": "mix the children of each passage",
    "header-behind": "put the header behind the passages",
    "numeric-booleans": "write 1 and 0 for true and false",
    "padded-integers": "write 05, +5 and the like",
    "comments": "put in comments",
    "references": "write what is not ASCII as &#233;",
    "bom": "begin with a byte order mark",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    add_output(parser, "the file")
    add_json(parser)
    parser.add_argument("--manifest", metavar="FILE", help="write what to expect, as JSON")
    _add_content(parser.add_argument_group("what it says"))
    _add_form(parser.add_argument_group("how it is written"))


def _add_content(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--passages", type=count, default=100, metavar="N", help="(100)")
    group.add_argument("--seed", type=index, default=1, metavar="N", help="(1)")
    group.add_argument("--day", type=_day, metavar="DATE", help="day of the file (today)")
    for name, default in (("depositor", DEPOSITOR), ("certifier", CERTIFIER)):
        group.add_argument(f"--{name}", default=default, metavar="BCR", help="(%(default)s)")
    group.add_argument(
        "--certifications", type=count, default=3, metavar="N", help="groups of passages (3)"
    )
    group.add_argument(
        "--schema", choices=("1.1.2", "1.1.5"), default="1.1.2", help="version (1.1.2)"
    )
    for name, share, text in (
        ("--dossier", 10, "holders named by their training file"),
        ("--national", 0, "holders named by a national number (--schema 1.1.5)"),
    ):
        group.add_argument(
            name, type=index, default=share, metavar="PERCENT", help=f"{text} (%(default)s)"
        )
    _add_life(group)
    group.add_argument(
        "--flaw",
        action="append",
        default=[],
        type=_flaw,
        metavar="CODE[=N]",
        help=f"put a flaw into N passages; may be given again: {', '.join(FLAWS)}",
    )
    group.add_argument(
        "--broken", choices=tuple(BREAKS), metavar="KIND", help=f"one of {', '.join(BREAKS)}"
    )


def _add_life(group: argparse._ArgumentGroup) -> None:
    """Add what makes a file that changes what another one recorded."""
    group.add_argument(
        "--provisional", action="store_true", help="a final form of each is to follow"
    )
    group.add_argument(
        "--revision",
        type=index,
        default=0,
        metavar="N",
        help="other content under the same idTechniques (0)",
    )
    group.add_argument(
        "--suppression",
        choices=("full", "reduced"),
        help="take the passages back, in full or by idTechnique alone (--schema 1.1.5)",
    )


def _add_form(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--prefix", metavar="P", help="a prefix instead of the default namespace"
    )
    group.add_argument("--crlf", action="store_true", help="end lines with CR and LF")
    group.add_argument("--nil-one", action="store_true", help='write xsi:nil="1"')
    for name, text in _SWITCHES.items():
        group.add_argument(f"--{name}", action="store_true", help=text)


def run(args: argparse.Namespace, out: Output) -> Answer:
    """Write the file."""
    del out
    if args.output is None and args.json:
        raise FormatError("--json needs -o: the file is no JSON")
    if args.broken is not None:
        return _answer(args, [break_flux(args.broken)], {"broken": args.broken})
    spec = _spec(args)
    if args.manifest is not None:
        write_file(args.manifest, _manifest(spec), force=args.force)
    outcomes = Counter(passage.outcome for passage in describe(spec))
    facts = {"passages": spec.passages, "expected": dict(outcomes)}
    return _answer(args, write_flux(spec), facts)


def _answer(
    args: argparse.Namespace, pieces: Iterable[bytes], facts: dict[str, object]
) -> Answer:
    if args.output is None:
        return Answer(YES, None, lambda out: out.data(*pieces))
    size = write_file(args.output, pieces, force=args.force)

    def show(out: Output) -> None:
        if args.output != "-":
            out.line(f"{args.output}: {size} bytes, {_said(facts)}")

    return Answer(YES, {"file": args.output, "bytes": size, **facts}, show)


def _said(facts: dict[str, Any]) -> str:
    if "broken" in facts:
        return f"to be refused as a whole ({facts['broken']})"
    expected = ", ".join(f"{number} {word}" for word, number in facts["expected"].items())
    return f"{facts['passages']} passages; to be expected: {expected}"


def _spec(args: argparse.Namespace) -> SampleSpec:
    return SampleSpec(
        seed=args.seed,
        passages=args.passages,
        depositor=args.depositor,
        certifier=args.certifier,
        version=args.schema,
        certifications=args.certifications,
        day=args.day or datetime.now(UTC).date(),
        dossier_percent=args.dossier,
        national_percent=args.national,
        flaws=dict(args.flaw),
        provisional=args.provisional,
        revision=args.revision,
        action="CREATION" if args.suppression is None else "SUPPRESSION",
        reduced=args.suppression == "reduced",
        form=Form(
            prefix=args.prefix,
            newline="\r\n" if args.crlf else "\n",
            nil="1" if args.nil_one else "true",
            **{
                name.replace("-", "_"): getattr(args, name.replace("-", "_"))
                for name in _SWITCHES
            },
        ),
    )


def _manifest(spec: SampleSpec) -> Iterator[bytes]:
    """Return one JSON array, passage by passage."""
    for number, passage in enumerate(describe(spec)):
        yield (b",\n" if number else b"[\n") + encode_json(passage)
    yield b"\n]\n"


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date: YYYY-MM-DD") from None


def _flaw(text: str) -> tuple[str, int]:
    name, _, number = text.partition("=")
    if name not in FLAWS:
        raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(FLAWS)}")
    return name, count(number) if number else 1
