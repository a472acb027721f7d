"""Files from strangers are read apart: within limits, and where no secret is."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

import provenance
from provenance.cv import apart, limited
from provenance.cv.apart import PACKAGES, read_pdf, read_picture
from provenance.cv.extras import CvExtraMissingError
from provenance.cv.facts import PDF_SIZE_MAX
from provenance.cv.qr import make_qr_png
from provenance.errors import UnreadableError
from provenance.workers import worker_command, worker_environment
from sealing import BUNDLE, PLAIN, sealed

if TYPE_CHECKING:
    from collections.abc import Callable

SECRETS: Final = {
    "PROVENANCE_PASSPHRASE": "correct horse",
    "AWS_SECRET_ACCESS_KEY": "battery",
    "HOME": "/root",
}


def test_a_worker_knows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setenv("PYTHONPATH", "/somewhere/else")
    found = worker_environment(MALLOC_ARENA_MAX="1", LC_ALL="C")
    assert found.keys().isdisjoint(SECRETS)
    assert found["LC_ALL"] == "C.UTF-8"
    assert found["MALLOC_ARENA_MAX"] == "1"
    assert found["PYTHONPATH"] == str(Path(provenance.__file__).parents[1])


@pytest.mark.parametrize(
    ("read", "data"), [(read_pdf, PLAIN), (read_picture, make_qr_png("HELLO"))]
)
def test_the_reading_process_has_that_environment_and_limits(
    read: Callable[[bytes], Any], data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program that would be started is looked at, then started."""
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    seen: list[tuple[list[str], dict[str, str]]] = []
    start = subprocess.run

    def run(command: list[str], **options: Any) -> Any:
        seen.append((command, options["env"]))
        return start(command, **options)

    monkeypatch.setattr(subprocess, "run", run)
    assert read(data).problem == ""
    ((command, environment),) = seen
    assert environment.keys().isdisjoint(SECRETS)
    assert command[:4] == [sys.executable, "-P", "-m", "provenance.cv.limited"]
    assert int(command[-1]) <= 20


def test_the_environment_of_the_process_is_the_one_that_it_was_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PROVENANCE_PASSPHRASE", "correct horse")
    script = "import json, os; print(json.dumps(dict(os.environ)))"
    for environment, expected in ((worker_environment(), False), (None, True)):
        command = [sys.executable, "-c", script]
        done = subprocess.run(command, env=environment, capture_output=True, check=True)
        assert ("PROVENANCE_PASSPHRASE" in json.loads(done.stdout)) is expected


def test_what_is_read_is_what_the_reader_reads_here() -> None:
    data = sealed()
    assert read_pdf(data) == import_module("provenance.cv.reader").read_facts(data)
    assert read_pdf(data).attachment.data == BUNDLE
    assert read_picture(make_qr_png("HELLO")).texts == ("HELLO",)


def test_a_process_that_passes_its_time_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "SECONDS_MAX", 0.01)
    assert "too much memory or time" in read_pdf(PLAIN).problem
    assert "too much memory or time" in read_picture(make_qr_png("HELLO")).problem


def test_a_process_that_answers_something_else_is_no_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(apart, "worker_command", lambda *_: [sys.executable, "-c", "print(1)"])
    assert "too much" in read_pdf(PLAIN).problem
    assert "too much" in read_picture(b"").problem
    monkeypatch.setattr(apart, "worker_command", lambda *_: [sys.executable, "-c", "1/0"])
    assert "too much" in read_pdf(PLAIN).problem


def test_a_system_that_starts_no_process_is_an_error_and_no_verdict(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(apart, "worker_command", lambda *_: ["/nowhere/python"])
    with pytest.raises(UnreadableError, match="no process"):
        read_pdf(PLAIN)


def test_a_larger_file_than_may_be_is_not_read() -> None:
    assert "more than" in read_pdf(bytes(PDF_SIZE_MAX + 1)).problem


@pytest.mark.parametrize("package", [*PACKAGES["pdf"], *PACKAGES["picture"]])
def test_a_package_that_is_missing_is_named(
    package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apart, "find_spec", lambda name: None if name == package else name)
    read = read_pdf if package in PACKAGES["pdf"] else read_picture
    with pytest.raises(CvExtraMissingError, match=rf"{package} is needed: .*\[cv\]"):
        read(PLAIN)


def test_limits_are_set_and_never_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    made: dict[int, tuple[int, int]] = {}
    before = {resource.RLIMIT_AS: resource.RLIM_INFINITY, resource.RLIMIT_CPU: 3}
    monkeypatch.setattr(resource, "getrlimit", lambda name: (0, before.get(name, 0)))
    monkeypatch.setattr(resource, "setrlimit", made.__setitem__)
    limited.limit(20)
    assert made[resource.RLIMIT_AS][0] == limited.MEMORY_BYTES_MAX
    assert made[resource.RLIMIT_CPU] == (3, 3)
    assert made[resource.RLIMIT_CORE] == (0, 0)


def test_the_program_reads_one_file(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    made: list[int] = []
    monkeypatch.setattr(limited, "limit", made.append)
    for kind, data in (("pdf", PLAIN), ("picture", make_qr_png("HELLO"))):
        command = worker_command("provenance.cv.limited", kind, "5")
        monkeypatch.setattr(sys, "argv", ["limited", *command[-2:]])
        monkeypatch.setattr(limited, "_read_input", lambda data=data: data)
        limited.main()
    assert made == [5, 5]
    assert b"HELLO" in capfdbinary.readouterr().out
