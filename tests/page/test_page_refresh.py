"""The newest status, asked of a published log by the page, and only when its user asks."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final

import pytest

from commands import Commands
from page_browser import browse, needs_browser
from pagedocuments import Present
from provenance.cv.page import make_page
from provenance.encoding import encode_json
from simulator import CERTIFIER, make_record, make_sheet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from simulator import Simulator

pytestmark = [pytest.mark.slow, needs_browser]

ASK: Final = ".refresh .button"
DONE: Final = ".refreshed, .refresh .remark"


@contextmanager
def serving(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Serve a folder on loopback to every page; give its address, and what is asked for."""
    asked: list[str] = []

    class Handler(SimpleHTTPRequestHandler):
        def end_headers(self) -> None:
            self.send_header("Access-Control-Allow-Origin", "*")
            super().end_headers()

        def log_message(self, *_: object) -> None:
            asked.append(self.path)

    handler = partial(Handler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", asked
        server.shutdown()


class World:
    """A ledger whose certifications were proven, and changed since; its tiles, and pages."""

    def __init__(self, folder: Path, run: Commands) -> None:
        self.folder = folder
        self.ledger, self.proof = folder / "ledger", folder / "proof.json"
        self.www = folder / "www"
        self._run: Final = run
        run("init", self.ledger, "--origin", "log.example/page")
        body = ("0ABCDEFG", "--name", "Institut d'exemple", "--certifier", "9SAMPLES")
        run("depositor", "add", self.ledger, *body)
        run(
            "sample",
            "--passages",
            "300",
            "--seed",
            "5",
            "--dossier",
            "0",
            "-o",
            folder / "d.xml",
        )
        run("deposit", self.ledger, folder / "d.xml")
        run("publish", self.ledger)
        run("prove", self.ledger, "201", "-o", self.proof)
        run("key", "policy", self.ledger, "-o", folder / "policy.txt")

    def change(self) -> None:
        """Take a certification back, publish, and export."""
        self._run("withdraw", self.ledger, "201", "--reason", "ERROR", "--yes")
        self._run("publish", self.ledger)
        self._run("export", "tiles", self.ledger, self.www)

    def rotate(self) -> None:
        """Retire the keys: the checkpoint of the proof is signed by none of the new ones."""
        for role in ("entry", "log"):
            self._run("key", "rotate", self.ledger, "--role", role)
        self._run("publish", self.ledger)
        self._run("export", "tiles", self.ledger, self.www)
        self._run("key", "policy", self.ledger, "-o", self.folder / "policy.txt")

    def page(self, address: str) -> Path:
        """Make a page whose policy says where the log is published."""
        policy, page = self.folder / "with-address.txt", self.folder / "page.html"
        lines = (self.folder / "policy.txt").read_text().splitlines()
        told = [f"{one} {address}" if one.startswith("log ") else one for one in lines]
        policy.write_text("\n".join([*told, ""]))
        self._run("page", "--policy", policy, "-o", page)
        return page


@pytest.fixture
def world(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> World:
    return World(tmp_path, Commands(capsys))


def ask(page: Path, world: World, **more: Any) -> Any:
    step = {"id": "ask", "file": str(world.proof), **more}
    (seen,) = browse(page, [step], world.folder)
    return seen


def test_the_status_of_today_is_asked_for_by_the_button_alone(world: World) -> None:
    world.change()
    with serving(world.www) as (address, asked):
        page = world.page(address)
        before = ask(page, world)
        assert asked == []
        assert before["requests"] == []
        after = ask(page, world, click=ASK, wait=DONE)
    assert before["standings"] == ["En vigueur"]
    assert after["standings"] == ["Retirée"]
    assert (before["verdict"], before["tone"]) == ("yes", "good")
    assert (after["verdict"], after["tone"]) == ("attention", "warn")
    assert after["remarks"] == ["Retirée par celui qui l’a déposée, ou par l’opérateur."]
    assert "dernier état publié" in after["text"]
    assert asked[0] == "/checkpoint"
    assert not after["errors"]
    assert all("proof" not in path for path in asked)


def test_a_proof_under_retired_keys_holds_again_once_it_is_up_to_date(world: World) -> None:
    world.rotate()
    with serving(world.www) as (address, _):
        page = world.page(address)
        before = ask(page, world)
        after = ask(page, world, click=ASK, wait=DONE)
    assert (before["verdict"], before["tone"], before["codes"]) == ("no", "bad", [])
    assert "Registre signé" in before["text"], "the answer says what does not hold"
    assert (after["verdict"], after["standings"]) == ("yes", ["En vigueur"])


@pytest.mark.parametrize("damage", ["nothing", "checkpoint", "status", "entry"])
def test_tiles_that_do_not_hold_change_no_answer(world: World, damage: str) -> None:
    world.change()
    spoil(world.www, damage)
    with serving(world.www) as (address, _):
        seen = ask(world.page(address), world, click=ASK, wait=DONE)
    assert "n’a pas pu être utilisé" in seen["text"]
    assert seen["standings"] == ["En vigueur"]
    assert (seen["verdict"], seen["tone"]) == ("yes", "good")


def spoil(www: Path, damage: str) -> None:
    if damage == "nothing":
        (www / "checkpoint").unlink()
        return
    entries = [one for one in (www / "tile" / "entries").rglob("*") if one.is_file()]
    files = {
        "checkpoint": www / "checkpoint",
        "status": www / "status" / "000",
        "entry": max(entries, key=lambda one: one.stat().st_mtime_ns),
    }
    file = files[damage]
    data = bytearray(file.read_bytes())
    at = len(data) // 2 if damage == "status" else -10
    data[at] = data[at] ^ 1
    file.write_bytes(data)


def test_a_page_asks_no_other_site_than_its_policy_names(world: World) -> None:
    world.change()
    with serving(world.www) as (address, asked):
        page = world.page(address)
        text = page.read_text(encoding="utf-8")
        other = text.replace(f"connect-src {address[:-1]}", "connect-src https://other.example")
        assert other != text
        page.write_text(other, encoding="utf-8")
        seen = ask(page, world, click=ASK, wait=DONE)
    assert asked == [], "the browser itself forbids it"
    assert "n’a pas pu être utilisé" in seen["text"]
    assert seen["standings"] == ["En vigueur"]


def write_tiles(log: Simulator, folder: Path) -> None:
    """Publish a log of fewer than 256 entries, which is one tile of each kind."""
    size, status = log.size, log.size - 1
    entries = b"".join(len(one).to_bytes(2, "big") + one for one in log.entries)
    sheets = {
        f"register/{index}": b"".join(len(one).to_bytes(4, "big") + one for one in found)
        for index, found in log.sheets.items()
    }
    files = {
        "checkpoint": log.notes[size].encode(),
        f"tile/0/000.p/{size}": b"".join(log.leaves),
        f"tile/entries/000.p/{size}": entries,
        f"signatures/000.p/{size}": b"".join(log.signatures),
        "status/000": b"".join(log.status_leaves[status]),
        "keys": b"0\n1\n",
        **sheets,
    }
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def test_titles_are_those_of_the_register_that_the_newest_status_names(tmp_path: Path) -> None:
    log = Present()
    log.register(certifiers=(CERTIFIER,))
    log.register(CERTIFIER, name="Chambre de certification")
    old = log.import_register(make_sheet("RNCP34762", title="Intitulé d'hier"))
    index = log.certify(log.deposit(), make_record())
    size = log.publish()
    proof = tmp_path / "proof.json"
    support = [*log.support_of(index), old]
    shown = log.show_register("RNCP34762")
    proof.write_bytes(encode_json(log.prove(index, support=support, register=shown)))
    others = [make_sheet(f"RNCP{number}") for number in (1, 34762, 9)]
    others[1] = make_sheet("RNCP34762", title="Intitulé d'aujourd'hui", level=6)
    log.import_register(*others)
    assert log.publish() > size
    write_tiles(log, tmp_path / "www")
    with serving(tmp_path / "www") as (address, asked):
        policy = "".join(
            f"{one} {address}\n" if one.startswith("log ") else f"{one}\n"
            for one in log.policy().splitlines()
        )
        page = tmp_path / "page.html"
        page.write_text(make_page(policy), encoding="utf-8")
        (before,) = browse(page, [{"id": "before", "file": str(proof)}], tmp_path)
        step = {"id": "after", "file": str(proof), "click": ASK, "wait": DONE}
        (after,) = browse(page, [step], tmp_path)
    assert (before["verdict"], before["titles"]) == ("yes", ["Intitulé d'hier"])
    assert (after["verdict"], after["titles"]) == ("yes", ["Intitulé d'aujourd'hui"])
    assert any(name.startswith("/register/") for name in asked)
