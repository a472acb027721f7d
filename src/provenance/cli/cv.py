"""Make a CV whose proof stands in it, seal it, and check such documents.

A CV as a PDF file carries the proof bundle as an attachment and the operator's seal over the
whole file; on paper a QR code carries a signed summary; for machines there is a JSON form.

Examples:
  provenance cv attach cv.pdf proof.json -o attached.pdf
  provenance cv seal attached.pdf --key seal.p12 -o sealed.pdf
  provenance cv verify sealed.pdf --policy policy.txt --seal-roots roots.txt
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import argparse
    from types import ModuleType

    from provenance.cli.output import Answer, Output

ACTIONS: Final = {
    "attach": "put a proof into a PDF file",
    "seal": "seal a PDF file, so that every change shows",
    "seal-key": "make a seal certificate of your own, for trying out",
    "render": "make the PDF file of a CV out of a proof",
    "verify": "check a CV, offline",
    "recover": "take the sealed version out of a file that was modified",
    "json": "make the CV for machines",
    "summary": "make the QR code for a printed CV",
}
"""Every command of the group, and what it does."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the commands of the group, each with its own file's help."""
    actions = parser.add_subparsers(dest="action", required=True, metavar=" | ".join(ACTIONS))
    for name, summary in ACTIONS.items():
        module = import_action(name)
        description, _, examples = (module.__doc__ or "").partition("\nExamples:\n")
        sub = actions.add_parser(
            name,
            help=summary,
            description=description.strip(),
            epilog=f"examples:\n{examples.rstrip()}" if examples else None,
            formatter_class=parser.formatter_class,
            allow_abbrev=False,
        )
        module.add_arguments(sub)


def import_action(name: str) -> ModuleType:
    """Load the module of one command of the group."""
    return import_module(f"provenance.cli.cv_{name.replace('-', '_')}")


def run(args: argparse.Namespace, out: Output) -> Answer:
    """Run the command that was chosen."""
    answer: Answer = import_action(args.action).run(args, out)
    return answer
