"""Every page of the documentation is carried out as it stands.

On a page, in the order of their blocks:

- In a ``console`` block each line that begins with ``$ `` is a command (one that ends in a
  backslash goes on in the next line); the lines up to the next command are its whole
  output, errors included. ``…`` stands for any text within a line, and alone on a line for
  any number of lines. A command must succeed, unless the next one is ``echo $?``.
- A ``python`` block is a program of its own and must end without an error.
- The ``bash`` blocks of a page, one behind the other, are the file ``steps.sh`` there.
- Any other block must say what it is by a word of `DATA`; nothing is executed then.

All commands of one page run in one shell and one new directory.
"""

from __future__ import annotations

import base64
import hashlib
import inspect
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import pytest

from provenance import errors, verifier
from provenance.cdc.wording import WORDINGS
from provenance.record.dictionary import DICTIONARY
from sources import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PAGES: Final = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
EXECUTED: Final = {"console", "python", "bash"}
DATA: Final = {"text", "json", "xml"}
PAGE_SECONDS_MAX: Final = 300

_FENCE: Final = re.compile(r"^( *)```(\S*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_LINK: Final = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_HEADING: Final = re.compile(r"^#+ (.+)$", re.MULTILINE)
_END: Final = "\x01"
# Said on machines whose Python has an old expat, and on no others.
_EXPAT: Final = re.compile(r"provenance: this Python reads XML with expat .*\n")


class Block(NamedTuple):
    """A fenced block: the line of its fence, the fence's word, and its text."""

    line: int
    word: str
    text: str


class Step(NamedTuple):
    """One command, the line it stands on, and the output that the page shows."""

    line: int
    command: str
    expected: tuple[str, ...]


def find_blocks(page: str) -> Iterator[Block]:
    for match in _FENCE.finditer(page):
        indent, word, text = match.groups()
        lines = (line.removeprefix(indent) for line in text.splitlines())
        yield Block(page.count("\n", 0, match.start()) + 1, word, "\n".join(lines))


def script_of(page: str) -> str:
    """Return the file that the ``bash`` blocks of a page are."""
    return "".join(f"{block.text}\n" for block in find_blocks(page) if block.word == "bash")


def find_steps(blocks: Sequence[Block], programs: Path) -> Iterator[Step]:
    """Return the commands of a page; a Python block becomes a file below ``programs``."""
    for block in blocks:
        if block.word == "console":
            yield from _commands(block)
        elif block.word == "python":
            program = programs / f"line_{block.line}.py"
            program.write_text(block.text, "utf-8")
            yield Step(block.line, f"python {program}", ("…",))


def _commands(block: Block) -> Iterator[Step]:
    parts = re.split(r"^\$ ", block.text, flags=re.MULTILINE)
    assert not parts[0].strip(), f"line {block.line}: output before the first command"
    line = block.line + 1 + parts[0].count("\n")
    for part in parts[1:]:
        command, expected = [], part.splitlines()
        while expected:
            command.append(expected.pop(0))
            if not command[-1].endswith("\\"):
                break
        yield Step(line, "\n".join(command), tuple(expected))
        line += part.count("\n")


def run_page(page: str, directory: Path) -> list[str]:
    """Carry a page out below ``directory``; say where it does not do what it shows."""
    programs, work = directory / "programs", directory / "work"
    programs.mkdir()
    work.mkdir()
    if written := script_of(page):
        (work / "steps.sh").write_text(written, "utf-8")
    steps = list(find_steps(list(find_blocks(page)), programs))
    script = programs / "page.sh"
    script.write_text("".join(_scripted(step) for step in steps), "utf-8")
    output = _run_script(script, work)
    return [*_compare(steps, output.split(_END)[:-1])]


def _scripted(step: Step) -> str:
    """A command, then a mark and its status, which ``$?`` still holds afterwards."""
    return f"{step.command}\n{{ s=$?; printf '{_END}%d{_END}' $s; (exit $s); }}\n"


def _run_script(script: Path, work: Path) -> str:
    scripts = Path(sys.executable).parent
    environment = os.environ | {
        "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(work),
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "COLUMNS": "100",
        "NO_COLOR": "1",
    }
    run = subprocess.run(
        ["bash", script],
        cwd=work,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=PAGE_SECONDS_MAX,
        check=False,
    )
    return _EXPAT.sub("", run.stdout.decode())


def _compare(steps: Sequence[Step], parts: Sequence[str]) -> Iterator[str]:
    results = list(zip(parts[::2], parts[1::2], strict=True))
    if len(results) != len(steps):
        yield f"{len(steps)} commands on the page, {len(results)} ended"
    following = [step.command for step in steps[1:]]
    for number, (step, (output, status)) in enumerate(zip(steps, results, strict=False)):
        asked = number < len(following) and following[number].strip() == "echo $?"
        if status != "0" and not asked:
            yield f"line {step.line}: status {status}: {step.command}\n{output}"
        elif not matches(step.expected, output):
            shown = "\n".join(step.expected)
            yield f"line {step.line}: {step.command}\nshown:\n{shown}\nprinted:\n{output}"


def matches(expected: Sequence[str], output: str) -> bool:
    """Whether ``output`` is what the page shows; white space at line ends is not looked at."""
    shown = "".join(_line_pattern(line.rstrip()) for line in expected).rstrip("\n")
    printed = "".join(f"{line.rstrip()}\n" for line in output.splitlines())
    return re.fullmatch(rf"{shown}\n*", printed) is not None


def _line_pattern(line: str) -> str:
    if line.strip() == "…":
        return r"(?:.*\n)*"
    return ".*".join(map(re.escape, line.split("…"))) + "\n"


def find_broken_links(page: str, path: Path) -> list[str]:
    """Name the links to files and headings of this project that lead nowhere."""
    broken = []
    prose = _FENCE.sub("", page)
    for target in _LINK.findall(prose):
        file, _, anchor = target.partition("#")
        if "://" in file:
            continue
        goal = (path.parent / file).resolve() if file else path
        if not goal.exists() or (anchor and anchor not in _anchors(goal)):
            broken.append(target)
    return broken


def _anchors(path: Path) -> set[str]:
    headings = _HEADING.findall(_FENCE.sub("", path.read_text("utf-8")))
    kept = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.strip().replace(" ", "-") for heading in kept}


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _is_executed(path: Path) -> bool:
    return any(
        block.word in EXECUTED - {"bash"} for block in find_blocks(path.read_text("utf-8"))
    )


@pytest.mark.parametrize("path", [page for page in PAGES if _is_executed(page)], ids=_name)
def test_page_does_what_it_shows(path: Path, tmp_path: Path) -> None:
    problems = run_page(path.read_text("utf-8"), tmp_path)
    assert not problems, "\n\n".join(problems)


@pytest.mark.parametrize("path", PAGES, ids=_name)
def test_every_block_is_executed_or_says_that_it_is_data(path: Path) -> None:
    page = path.read_text("utf-8")
    blocks = list(find_blocks(page))
    assert {block.word for block in blocks} <= EXECUTED | DATA
    assert page.count("```") == 2 * len(blocks)


@pytest.mark.parametrize("path", PAGES, ids=_name)
def test_links_lead_somewhere(path: Path) -> None:
    assert find_broken_links(path.read_text("utf-8"), path) == []


def test_every_page_is_reached_from_the_index() -> None:
    index = (ROOT / "docs" / "index.md").read_text("utf-8")
    linked = {
        (ROOT / "docs" / target.partition("#")[0]).resolve() for target in _LINK.findall(index)
    }
    missing = {_name(page) for page in PAGES if page not in linked}
    assert missing <= {"docs/index.md"}


def test_published_compression_dictionary_is_the_one_in_use() -> None:
    published = base64.b64decode((ROOT / "docs" / "payload-dictionary-1.txt").read_bytes())
    page = (ROOT / "docs" / "formats.md").read_text("utf-8")
    assert published == DICTIONARY
    assert f"{len(published):,} bytes" in page
    assert hashlib.sha256(published).hexdigest() in page


def test_page_about_errors_shows_the_whole_tree() -> None:
    page = (ROOT / "docs" / "reference" / "errors.md").read_text("utf-8")
    drawn = inspect.cleandoc(errors.__doc__ or "").split("::\n\n")[1].split("\n\nNo message")[0]
    plain = re.sub("``", "", textwrap.dedent(drawn))
    assert plain.strip() in page


def test_page_about_deposits_names_every_code() -> None:
    page = (ROOT / "docs" / "reference" / "deposit-format.md").read_text("utf-8")
    codes = page.partition("### Codes")[2].partition("## ")[0]
    named = set(re.findall(r"`([a-z]+(?:-[a-z]+)*)`", codes)) - {"duplicates"}
    assert named == set(WORDINGS)


def test_page_about_reports_names_every_check() -> None:
    page = (ROOT / "docs" / "reference" / "reports.md").read_text("utf-8")
    named = set(re.findall(r"^\|[a-z ]*\| `([a-z-]+)` \|", page, re.MULTILINE))
    checks = set(re.findall(r"^    ([a-z-]+)  ", verifier.__doc__ or "", re.MULTILINE))
    assert named == checks


RIGHT: Final = """
# A page

```console
$ echo one; echo two
one
two
$ printf 'at %s, done\\n' 12:30
at …, done
$ seq 1 9
1
…
9
$ cd /tmp && x=kept
$ echo $x \\
  twice
kept twice
$ false
$ echo $?
1
```

Words between.

```python
import pathlib
pathlib.Path("made").write_text("by python")
```

1. A list.

   ```console
   $ pwd
   /tmp
   ```

```text
$ this-is-not-run
```
"""

WRONG: Final = {
    "a wrong line": ("one\ntwo\n$", "one\ntoo\n$"),
    "a line too few": ("one\ntwo\n$", "one\n$"),
    "a line too many": ("one\ntwo\n$", "one\ntwo\nthree\n$"),
    "output that is not shown": ("one\ntwo\n$", "$"),
    "a wrong end after an ellipsis": ("…\n9", "…\n8"),
    "a wrong rest of a line": ("at …, done", "at …, doing"),
    "a failing command": ("$ false\n$ echo $?\n1", "$ false"),
    "a wrong status": ("$ echo $?\n1", "$ echo $?\n2"),
    "a program that is not there": ("$ false", "$ echo x | no-such-program\n"),
    "a failing Python block": ("import pathlib", "import no_such_module"),
    "a shell that leaves": ("$ false", "$ exit 0"),
    "a quotation without end": ("$ false", "$ echo 'x"),
}


def test_right_page_is_accepted(tmp_path: Path) -> None:
    assert run_page(RIGHT, tmp_path) == []


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG)
def test_wrong_page_is_caught(change: tuple[str, str], tmp_path: Path) -> None:
    old, new = change
    assert RIGHT.count(old) == 1
    assert run_page(RIGHT.replace(old, new), tmp_path)


def test_line_of_a_wrong_command_is_told(tmp_path: Path) -> None:
    (problem,) = run_page(RIGHT.replace("…\n9", "…\n8"), tmp_path)
    assert problem.startswith("line 10: seq 1 9")


def test_broken_links_are_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# One `two`\n")
    text = "[a](page.md) [b](page.md#one-two) [c](page.md#three) [d](none.md) [e](https://a.example/b)"
    assert find_broken_links(text, page) == ["page.md#three", "none.md"]
