"""The command line's entry: chooses the command, loads its file alone, runs it.

What goes wrong becomes one line on standard error and an exit status (`exits`), with
``--json`` one document on standard output; never a traceback.
"""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import suppress
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

from provenance.cli.exits import IMPOSSIBLE, INTERRUPTED, PIPE_CLOSED, UNREADABLE, status_of
from provenance.cli.output import Output, make_output, print_document, printable
from provenance.errors import ProvenanceError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

COMMANDS: Final = {
    "init": "make a new ledger with new keys",
    "depositor": "say who may deposit, and for whom",
    "sign-deposit": "sign a deposit file, as the body that sends it",
    "sign-keys": "sign a new registration, as the body that it is of",
    "deposit": "deposit files; give receipt and report",
    "endorse": "have a certifier sign exactly its own entries",
    "withdraw": "take certifications back",
    "erase": "destroy the content of entries, for good",
    "repair": "give up what is lost, so that a ledger can go on",
    "publish": "publish a signed checkpoint over all that is recorded",
    "prove": "make the proof of some certifications, to hand out",
    "refresh": "bring a proof up to date",
    "verify": "check a proof or a CV, offline",
    "cv": "attach proofs to CVs, seal them, render them, check them",
    "close": "end a log forever, and say where it goes on",
    "audit": "derive the whole ledger again from its bytes",
    "log": "list the entries of a ledger",
    "show": "show one entry, and on request what it commits to",
    "find": "find certifications by holder, reference or idTechnique",
    "page": "make the page on which anybody checks a CV",
    "export": "write the log as files for a web server",
    "sample": "write an invented deposit file",
    "key": "make, rotate and show keys; print the trust policy",
}
"""Every command, and what it does."""
GROUPS: Final = {"cv", "depositor", "endorse", "export", "key"}
"""Commands that have commands of their own."""

_EPILOG: Final = """\
exit status:
  0  yes: it was done, or it is proven
  1  no: refused, not proven, not found
  2  what was handed in cannot be read, or the command line is wrong
  3  not possible: the ledger, the disk, the keys or the rules prevent it

examples:
  provenance init ledger --origin log.example/certifications
  provenance deposit ledger deposit.xml
  provenance verify proof.json --policy policy.txt
  provenance COMMAND --help
"""


class UsageError(Exception):
    """The command line is wrong."""


class Parser(argparse.ArgumentParser):
    """A parser whose complaint is one line, like that of any other error."""

    def error(self, message: str) -> NoReturn:
        """Raise `UsageError`, which names the command and where to read on."""
        command = self.prog.removeprefix("provenance").strip()
        prefix = f"{command}: " if command else ""
        raise UsageError(f"{prefix}{message} (see {self.prog} --help)")


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object, **__: object) -> NoReturn:
        from provenance import __version__  # noqa: PLC0415 - reads the installation's files
        from provenance.cdc import expat  # noqa: PLC0415 - the same

        python = ".".join(map(str, sys.version_info[:3]))
        print(f"provenance {__version__} (Python {python}, expat {expat.spell(expat.VERSION)})")
        parser.exit()


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; give its exit status."""
    words = sys.argv[1:] if argv is None else list(argv)
    _prepare_streams()
    try:
        return _guarded(words)
    except BrokenPipeError:
        return PIPE_CLOSED
    except OSError as error:
        # Not even the error could be printed where it belongs.
        print(f"provenance: {printable(_os_message(error))}", file=sys.stderr)
        return IMPOSSIBLE
    except KeyboardInterrupt:
        print("provenance: interrupted", file=sys.stderr)
        return INTERRUPTED
    finally:
        _settle_output()


def _prepare_streams() -> None:
    """Make sure that there are streams, and that every character can be written to them."""
    # A closed one must not leave its number to the next file that is opened.
    sys.stdin = sys.stdin or _open_nothing()
    sys.stdout = sys.stdout or _open_nothing()
    sys.stderr = sys.stderr or _open_nothing()
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character gets its escape, and never an error.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _open_nothing() -> TextIOWrapper:
    return TextIOWrapper(Path(os.devnull).open("r+b", buffering=0))


def _settle_output() -> None:
    """Leave nothing to be written at the interpreter's end, where it could fail once more."""
    try:
        sys.stdout.flush()
    except OSError:
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _guarded(words: list[str]) -> int:
    """Run one command, and report what it raises."""
    try:
        status = _run(words)
        # What cannot be written must fail here, while its status can still be told.
        sys.stdout.flush()
    except SystemExit as done:
        status = int(done.code or 0)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except UsageError as error:
        return _fail(words, error, UNREADABLE, str(error))
    except ProvenanceError as error:
        return _fail(words, error, status_of(error), str(error))
    except OSError as error:
        return _fail(words, error, IMPOSSIBLE, _os_message(error))
    except Exception as error:  # noqa: BLE001 - a fault of ours: people get no traceback
        return _fail(words, error, IMPOSSIBLE, _internal_message(error))
    return status


def _run(words: list[str]) -> int:
    name = next((word for word in words if not word.startswith("-")), "")
    if not words:
        raise UsageError(f"say what to do: {', '.join(COMMANDS)} (see provenance --help)")
    if name not in COMMANDS or words[0] != name:
        _top_parser().parse_args(words)
        raise UsageError("the command comes first (see provenance --help)")
    module = import_command(name)
    parser = make_command_parser(name, module)
    # Options may stand anywhere, between positions that repeat too.
    parse = parser.parse_args if name in GROUPS else parser.parse_intermixed_args
    args = parse(words[1:])
    out = Output() if args.json else make_output()
    try:
        answer = module.run(args, out)
        if args.json:
            print_document(answer.document, out)
        else:
            answer.show(out)
    finally:
        out.close()
    return int(answer.status)


def _top_parser() -> Parser:
    """Make the parser that has no command to run: it shows help, or complains."""
    listed = "".join(f"  {name:<11}{summary}\n" for name, summary in COMMANDS.items())
    parser = Parser(
        prog="provenance",
        usage="provenance COMMAND …",
        description="A ledger of professional certifications that anybody can check.",
        epilog=f"commands:\n{listed}\n{_EPILOG}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version")
    parser.add_argument("command", choices=tuple(COMMANDS), help=argparse.SUPPRESS)
    return parser


def import_command(name: str) -> ModuleType:
    """Load the module of one command."""
    return import_module(f"provenance.cli.{name.replace('-', '_')}")


def make_command_parser(name: str, module: ModuleType) -> Parser:
    """Make the parser of one command, whose module's docstring is its help."""
    description, _, examples = (module.__doc__ or "").partition("\nExamples:\n")
    parser = Parser(
        prog=f"provenance {name}",
        description=description.strip(),
        epilog=f"examples:\n{examples.rstrip()}" if examples else None,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    module.add_arguments(parser)
    return parser


def _fail(words: Sequence[str], error: Exception, status: int, message: str) -> int:
    text = printable(message)
    if "--json" in words:
        print_document({"error": {"type": type(error).__name__, "message": text}}, Output())
    print(f"provenance: {text}", file=sys.stderr)
    return status


def _os_message(error: OSError) -> str:
    where = "" if error.filename is None else f" {os.fsdecode(error.filename)}"
    return f"cannot read or write{where}: {error.strerror or 'I/O error'}"


def _internal_message(error: Exception) -> str:
    """Tell where a fault of ours is; its text might quote what was handed in."""
    import traceback  # noqa: PLC0415 - not needed as long as all is well

    if os.environ.get("PROVENANCE_DEBUG"):
        traceback.print_exc()
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(frame.filename).name}:{frame.lineno}"
    return f"internal error ({type(error).__name__} in {place}): please report it"
