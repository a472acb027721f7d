"""The two forms of output for people say the same, and nothing in the data can disturb it."""

from __future__ import annotations

import builtins
import io
import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from commands import World, make_world
from provenance.cli.files import write_file
from provenance.cli.main import main
from provenance.cli.output import (
    Answer,
    Output,
    has_rich,
    make_output,
    print_document,
    printable,
    value_text,
)
from provenance.cli.progress import show_progress
from provenance.cli.reports import show_report
from provenance.cli.rich_output import RichOutput
from provenance.report import CertificationReport, Report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class Terminal(io.TextIOWrapper):
    """A stream in memory that says that it is a terminal."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), "utf-8", write_through=True)

    def isatty(self) -> bool:
        return True

    def text(self) -> str:
        self.flush()
        assert isinstance(self.buffer, io.BytesIO)
        return self.buffer.getvalue().decode()


def attach(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Put a terminal in place of the streams; pytest puts its own back for each phase."""
    stream = Terminal()
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return stream


@pytest.fixture
def no_rich(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def blocked(name: str, *rest: Any) -> object:
        if name.partition(".")[0] == "rich":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", blocked)


def _say(out: Output) -> None:
    out.verdict("YES: all is well", good=True)
    out.verdict("NO: nothing is", good=False)
    out.heading("A heading")
    out.line("a line of text")
    out.pairs([("name", "value"), ("longer name", 7)])
    out.table(("first", "second"), [("a", 1), ("[bold]b[/bold]", None), (":smile:", "é")])
    out.line()


WORDS = [
    *("YES: all is well", "NO: nothing is", "A heading", "a line of text", "name", "value"),
    *("longer name", "7", "first", "second", "[bold]b[/bold]", ":smile:", "é"),
]


def test_both_forms_say_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = attach(monkeypatch)
    for form in (Output, RichOutput):
        start = len(terminal.text())
        _say(form())
        said = terminal.text()[start:]
        assert [word for word in WORDS if word not in said] == []
        assert ("\x1b[" in said) == (form is RichOutput)


def test_tables_are_aligned(capsys: pytest.CaptureFixture[str]) -> None:
    Output().table(("a", "number"), [("long cell", 1), ("b", None)])
    assert capsys.readouterr().out.splitlines() == [
        "  a          number",
        "  ---------  ------",
        "  long cell  1",
        "  b",
    ]


def test_nothing_at_all_can_be_shown(capsys: pytest.CaptureFixture[str]) -> None:
    Output().pairs([])
    Output().table(("a", "b"), [])
    assert capsys.readouterr().out.splitlines() == ["  a  b", "  -  -"]


NASTY = {
    "cursor": "a\x1b[2Jb",
    "line": "a\nb",
    "right to left": "a\u202eb",
    "bell": "a\x07b",
    "C1": "a\x9bb",
    "surrogate": "a\ud800b",
    "zero width": "a\u200bb",
}


@pytest.mark.parametrize("text", NASTY.values(), ids=NASTY)
@pytest.mark.parametrize("form", [Output, RichOutput])
def test_data_cannot_disturb_the_terminal(
    text: str, form: Callable[[], Output], monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = attach(monkeypatch)
    out = form()
    out.line(text)
    out.verdict(text, good=True)
    out.heading(text)
    out.pairs([("name", text)])
    out.table(("column",), [(text,)])
    assert text not in terminal.text()
    assert terminal.text().count(printable(text)) == 5
    assert printable(text).isprintable()


def test_letters_of_any_script_are_printable() -> None:
    for text in ("Zoé", "Łódź", "Thành phố Hồ Chí Minh", "山田", "O'Neil — «x»"):
        assert printable(text) == text


def test_values_are_said_as_people_read_them() -> None:
    assert value_text("true") == "true"
    assert value_text(True) == "true"
    assert value_text(None) == "null"
    assert value_text([{"niveau": 3}]) == '[{"niveau":3}]'


def test_the_form_is_chosen_by_where_it_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    attach(monkeypatch)
    assert isinstance(make_output(), RichOutput)
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert type(make_output()) is Output


@pytest.mark.usefixtures("no_rich")
def test_without_rich_all_is_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = attach(monkeypatch)
    assert not has_rich(terminal)
    assert type(make_output()) is Output


def test_documents_are_printed_whole(capsys: pytest.CaptureFixture[str]) -> None:
    print_document({"a": "é"}, Output())
    print_document(b'{"b":1}', Output())
    print_document(iter([b'{"c":', b"2}"]), Output())
    assert capsys.readouterr().out == '{"a":"é"}\n{"b":1}\n{"c":2}\n'


def test_an_answer_has_three_parts() -> None:
    assert Answer._fields == ("status", "document", "show")


def test_no_progress_is_shown_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    with show_progress("work") as progress:
        progress(1, 2)
    assert capsys.readouterr() == ("", "")


def test_progress_is_a_bar_with_rich(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = attach(monkeypatch)
    with show_progress("my work") as progress:
        for done in range(5):
            progress(done, 4)
    assert "my work" in terminal.text()


@pytest.mark.usefixtures("no_rich")
def test_progress_is_a_share_without(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = attach(monkeypatch)
    with show_progress("my work") as progress:
        for done in range(401):
            progress(done, 400)
        progress(0, 0)
    said = terminal.text()
    assert "\rmy work: 50 %" in said
    assert said.count("%") == 102
    assert said.endswith("\r")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("world"))


def test_a_real_terminal_gets_colours(world: World) -> None:
    ours, theirs = pty.openpty()
    verify = ["verify", str(world.proof), "--policy", str(world.policy)]
    command = [sys.executable, "-m", "provenance", *verify]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "120"}
    environment.pop("NO_COLOR", None)
    done = subprocess.Popen(command, stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    said = b""
    while piece := _read(ours):
        said += piece
    os.close(ours)
    assert done.wait() == 0
    assert b"\x1b[1;32mYES" in said


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 4096)
    except OSError:
        # The other end is closed: a terminal says it so.
        return b""


def test_a_failed_write_leaves_no_file(tmp_path: Path) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"first"
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        write_file(str(tmp_path / "file"), pieces())
    assert list(tmp_path.iterdir()) == []


def test_a_stream_in_memory_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)
    assert main(["--version"]) == 0
    assert stream.getvalue().startswith("provenance ")


ONE = CertificationReport(
    index=7,
    time="2026-11-23T20:00:00.123456Z",
    deposit=5,
    depositor="0ABCDEFG",
    depositor_name="Un organisme",
    depositor_name_source="depositor entry 2",
    certifier=None,
    certifier_name=None,
    fields=(("code", "RS9012"),),
    identity=None,
    status="unknown",
    as_of_index=None,
    as_of_time=None,
    changed_by=None,
    changed_time=None,
    endorsed=True,
    endorsement="by a key that it declared itself",
    line_complete=False,
    lacks=("type", "one whole identity"),
    provisional=True,
    registration=2,
    certifier_registration=None,
    keys="changed",
    limited=False,
    title="Un titre",
    level=None,
    register_date="2026-11-20",
    unknown_fields=0,
    reasons=("incomplete", "provisional", "status-unknown"),
)


def test_everything_that_limits_a_proof_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    report = Report(
        verdict="attention",
        day="2026-11-30",
        summary=("A sentence.",),
        checks=(),
        certifications=(ONE,),
    )
    show_report(report, Output())
    said = capsys.readouterr().out
    assert said.startswith("ATTENTION")
    assert "Certification 7: status unknown" in said
    assert "by a key that it declared itself" in said
    assert "a final certification is to follow" in said
    assert "type, one whole identity" in said
    assert "Un titre (register of 2026-11-20)" in said
    assert "certifier" not in said.replace("not limited to certain certifiers", "")
    assert "A sentence." in said
    certified = replace(
        ONE, certifier="0HIJKLMN", certifier_name=None, limited=True, level=5, reasons=()
    )
    show_report(replace(report, certifications=(certified,)), Output())
    said = capsys.readouterr().out
    assert "0HIJKLMN; has not signed" in said
    assert "Un titre, level 5 (register of 2026-11-20)" in said
    assert "certain certifiers" not in said
    assert "attention" not in said
