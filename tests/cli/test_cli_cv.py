"""The commands of the group ``cv`` that attach, seal and check, as people type them."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Any

import pikepdf
import pytest

from commands import Commands, World, make_world, start
from provenance.cv.roots import format_certificate
from sealing import OPENSSL, SEALER, TSA, TSA_ROOT, Authority, make_pdf, serve

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Make a ledger with a proof, and a sealed CV beside it."""
    made = make_world(tmp_path_factory.mktemp("cv"))
    (made.path / "cv.pdf").write_bytes(make_pdf())
    for words in (
        ("attach", "cv.pdf", "proof.json", "-o", "attached.pdf"),
        ("seal-key", "operator", "--name", "Opérateur d'exemple"),
        ("seal", "attached.pdf", "--key", "operator/seal.p12", "-o", "sealed.pdf"),
    ):
        assert start("cv", *words, cwd=made.path).returncode == 0
    return made


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], world: World, monkeypatch: pytest.MonkeyPatch
) -> Commands:
    monkeypatch.chdir(world.path)
    return Commands(capsys)


TRUST = ("--policy", "policy.txt", "--seal-roots", "operator/seal-roots.txt")


def test_sealed_cv_is_an_original(run: Commands) -> None:
    for command in (("verify",), ("cv", "verify")):
        said = run(*command, "sealed.pdf", *TRUST).out
        assert said.startswith("YES: ")
        assert "as it was sealed by Opérateur d'exemple (for trying out)" in said
        document = run.json(*command, "sealed.pdf", *TRUST)
        assert (document["level"], document["kind"]) == ("original", "pdf")
        assert document["proof"]["verdict"] == "yes"


def test_seal_is_believed_by_nobody_without_roots(run: Commands) -> None:
    said = run("verify", "sealed.pdf", "--policy", "policy.txt", status=1).out
    assert said.startswith("NO: ")
    assert "No seal roots were given" in said


@pytest.mark.parametrize(
    ("file", "status", "level"),
    [
        ("attached.pdf", 1, "not-original"),
        ("painted.pdf", 1, "modified"),
        ("cut.pdf", 2, "refused"),
        ("cv.pdf", 2, "no-proof"),
    ],
)
def test_other_files_are_told_apart(
    run: Commands, world: World, file: str, status: int, level: str
) -> None:
    data = (world.path / "sealed.pdf").read_bytes()
    (world.path / "painted.pdf").write_bytes(data + b"\n")
    (world.path / "cut.pdf").write_bytes(data[:-30])
    assert run.json("cv", "verify", file, *TRUST, status=status)["level"] == level
    said = run("verify", file, *TRUST, status=status).out
    assert said.startswith("NO:") == (status == 1)


def test_proof_alone_is_verified_too(run: Commands) -> None:
    document = run.json("cv", "verify", "proof.json", *TRUST)
    assert (document["kind"], document["document"]["outcome"]) == ("bundle", "not provable")
    # The command for proofs goes on giving the report on a proof.
    assert run.json("verify", "proof.json", *TRUST)["format"] == "provenance-report/1"


def test_bad_proof_in_a_sealed_cv_is_shown(run: Commands, world: World) -> None:
    proof = (world.path / "proof.json").read_bytes()
    (world.path / "bad.json").write_bytes(proof.replace(b'"signature":"', b'"signature":"A', 1))
    run("cv", "attach", "cv.pdf", "bad.json", "-o", "bad.pdf")
    said = run("cv", "verify", "bad.pdf", *TRUST, status=1).out
    assert said.startswith("NO: ")
    assert "entry-signature" in said


def test_files_go_to_standard_output_where_none_is_named(world: World) -> None:
    attached = start("cv", "attach", "cv.pdf", "proof.json", cwd=world.path)
    assert attached.stdout == (world.path / "attached.pdf").read_bytes()
    sealed = start("cv", "seal", "attached.pdf", "--key", "operator/seal.p12", cwd=world.path)
    assert sealed.stdout.startswith(attached.stdout)


def test_answers_have_a_json_form(run: Commands) -> None:
    document = run.json("cv", "attach", "cv.pdf", "proof.json", "-o", "a.pdf")
    assert document["attachment"] == "provenance-proof.json"
    key = ("--key", "operator/seal.p12")
    document = run.json("cv", "seal", "a.pdf", *key, "-o", "b.pdf")
    assert document["time_stamped"] is False
    document = run.json("cv", "seal-key", "other", "--name", "x")
    assert document == {
        "key": "other/seal.p12",
        "seal_roots": "other/seal-roots.txt",
        "encrypted": False,
    }


def test_key_under_a_passphrase(
    run: Commands, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROVENANCE_PASSPHRASE", "secret")
    assert run.json("cv", "seal-key", "locked", "--name", "x")["encrypted"]
    mode = (world.path / "locked" / "seal.p12").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600
    words = ("cv", "seal", "attached.pdf", "--key", "locked/seal.p12", "-o", "locked.pdf")
    run(*words)
    monkeypatch.setenv("PROVENANCE_PASSPHRASE", "wrong")
    assert "passphrase" in run(*words, status=3).err


def test_key_of_rsa(run: Commands) -> None:
    run("cv", "seal-key", "rsa", "--name", "x", "--key-type", "rsa-2048")
    trust = ("--policy", "policy.txt", "--seal-roots", "rsa/seal-roots.txt")
    for options in ((), ("--pss",)):
        words = ("cv", "seal", "attached.pdf", "--key", "rsa/seal.p12", *options)
        run(*words, "-o", "rsa.pdf")
        assert run("verify", "rsa.pdf", *trust).out.startswith("YES: ")
    words = ("cv", "seal", "attached.pdf", "--key", "operator/seal.p12", "--pss")
    assert "PSS goes with an RSA key" in run(*words, "-o", "none.pdf", status=3).err


@pytest.mark.parametrize("name", ["seal.p12", "seal-roots.txt"])
def test_key_follows_no_link(run: Commands, world: World, tmp_path: Path, name: str) -> None:
    place = world.path / f"linked-{name}"
    place.mkdir()
    (place / name).symlink_to(tmp_path / "elsewhere")
    said = run("cv", "seal-key", place, "--name", "x", status=3).err
    assert "nothing is overwritten" in said
    assert not (tmp_path / "elsewhere").exists()
    assert [one.name for one in place.iterdir()] == [name]


def test_key_is_never_open_to_others(
    run: Commands, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = os.open
    modes: list[int] = []

    def note(path: Any, flags: int, *more: Any, **options: Any) -> int:
        descriptor = opened(path, flags, *more, **options)
        if str(path).endswith(".p12"):
            modes.append(stat.S_IMODE(os.fstat(descriptor).st_mode))
            assert flags & os.O_EXCL
            assert flags & os.O_NOFOLLOW
        return descriptor

    monkeypatch.setattr(os, "open", note)
    before = os.umask(0)
    try:
        run("cv", "seal-key", "private", "--name", "x")
    finally:
        os.umask(before)
    # As it is created, so before anything is in it, and not changed afterwards.
    assert modes == [0o600]
    assert stat.S_IMODE((world.path / "private" / "seal.p12").stat().st_mode) == 0o600


def test_key_is_not_made_among_the_keys_of_a_ledger(run: Commands, world: World) -> None:
    said = run("cv", "seal-key", world.ledger / "keys", "--name", "x", status=3).err
    assert "in the ledger" in said or "holds keys" in said


def test_active_content_is_sealed_only_where_it_is_allowed(run: Commands, world: World) -> None:
    with pikepdf.open(world.path / "attached.pdf") as pdf:
        pdf.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="x")
        pdf.save(world.path / "active.pdf")
    words = ("cv", "seal", "active.pdf", "--key", "operator/seal.p12", "-o", "allowed.pdf")
    assert "active content: actions, javascript" in run(*words, status=1).err
    assert "active content: actions" in run(*words, "--allow", "javascript", status=1).err
    assert "invalid choice" in run(*words, "--allow", "anything", status=2).err
    run(*words, "--allow", "javascript", "--allow", "actions")
    report = run.json("verify", "allowed.pdf", *TRUST, status=1)
    assert (report["level"], report["verdict"]) == ("refused", "no")
    failed = [check["name"] for check in report["checks"] if check["outcome"] == "no"]
    assert failed == ["content"]


def test_proof_that_is_incomplete_is_taken_only_as_it_is(run: Commands, world: World) -> None:
    run("prove", world.ledger, "4", "--disclose", "code", "-o", "code.json")
    words = ("cv", "attach", "cv.pdf", "code.json", "-o", "code.pdf")
    assert "does not show of entry 4" in run(*words, status=1).err
    assert not (world.path / "code.pdf").exists()
    run(*words, "--as-is")
    sealing = ("cv", "seal", "code.pdf", "--key", "operator/seal.p12", "-o", "code-sealed.pdf")
    assert "does not show of entry 4" in run(*sealing, status=1).err
    run(*sealing, "--as-is")
    report = run.json("verify", "code-sealed.pdf", *TRUST, status=4)
    assert (report["level"], report["verdict"]) == ("original", "attention")


def test_key_in_pem(run: Commands, world: World) -> None:
    (world.path / "key.pem").write_bytes(SEALER.key_pem)
    (world.path / "chain.pem").write_bytes(SEALER.pem)
    roots = f"seal\n{format_certificate(SEALER.der)}"
    (world.path / "pinned.txt").write_text(roots)
    key = ("--key", "key.pem", "--certificates", "chain.pem")
    run("cv", "seal", "attached.pdf", *key, "-o", "pem.pdf")
    trust = ("--policy", "policy.txt", "--seal-roots", "pinned.txt")
    assert run("verify", "pem.pdf", *trust).out.startswith("YES")


@pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed")
def test_time_stamp(run: Commands, world: World, tmp_path: Path) -> None:
    key = ("--key", "operator/seal.p12")
    with serve(Authority(tmp_path, TSA)) as authority:
        run("cv", "seal", "attached.pdf", *key, "--tsa", authority.url, "-o", "stamped.pdf")
    roots = (world.path / "operator" / "seal-roots.txt").read_text()
    (world.path / "both.txt").write_text(f"{roots}tsa\n{format_certificate(TSA_ROOT.der)}")
    trust = ("--policy", "policy.txt", "--seal-roots", "both.txt")
    assert "(by a time stamp)" in run("verify", "stamped.pdf", *trust).out
    run("verify", "stamped.pdf", *TRUST, status=1)
    words = ("cv", "seal", "attached.pdf", *key, "--tsa", authority.url, "-o", "none.pdf")
    assert "cannot be reached" in run(*words, status=3).err
    assert not (world.path / "none.pdf").exists()


ERRORS: dict[str, tuple[tuple[str, ...], int, str]] = {
    "attaching to a sealed file": (
        ("attach", "sealed.pdf", "proof.json", "-o", "none.pdf"),
        3,
        "signed already",
    ),
    "attaching no proof": (("attach", "cv.pdf", "cv.pdf", "-o", "none.pdf"), 2, "proof bundle"),
    "attaching to no PDF": (("attach", "proof.json", "proof.json"), 2, "cannot be used"),
    "sealing without a proof": (
        ("seal", "cv.pdf", "--key", "operator/seal.p12", "-o", "none.pdf"),
        2,
        "attach the proof",
    ),
    "a key that is none": (("seal", "cv.pdf", "--key", "cv.pdf", "-o", "none.pdf"), 3, "key"),
    "a seal that is there": (("seal-key", "operator", "--name", "x"), 3, "overwritten"),
    "an empty name": (("seal-key", "none", "--name", " "), 2, "visible"),
    "a name too long": (("seal-key", "none", "--name", "x" * 41), 2, "1 to 40"),
    "roots that are none": (
        ("verify", "sealed.pdf", "--policy", "policy.txt", "--seal-roots", "policy.txt"),
        2,
        "malformed seal roots",
    ),
    "no such command": (("unseal",), 2, "invalid choice"),
    "no command": ((), 2, "required"),
    "a missing file": (("verify", "none.pdf", "--policy", "policy.txt"), 2, "cannot read"),
}


@pytest.mark.parametrize("case", ERRORS.values(), ids=ERRORS)
def test_error_is_one_line_and_leaves_no_file(
    run: Commands, world: World, case: tuple[tuple[str, ...], int, str]
) -> None:
    words, status, message = case
    found = run("cv", *words, status=status)
    assert message in found.err
    assert found.err.count("\n") == 1
    assert not (world.path / "none.pdf").exists()
    assert not (world.path / "none").exists()


def test_options_of_a_proof_do_not_go_with_a_cv(run: Commands) -> None:
    for option in ("--cv", "--entry"):
        words = ("verify", "sealed.pdf", "--policy", "policy.txt", option, "proof.json")
        assert "go with a proof" in run(*words, status=2).err


def test_every_command_of_the_group_has_help(run: Commands) -> None:
    from provenance.cli.cv import ACTIONS  # noqa: PLC0415

    listed: Any = run("cv", "--help").out
    for action in ACTIONS:
        assert action in listed
        said = run("cv", action, "--help").out
        assert f"usage: provenance cv {action}" in said
