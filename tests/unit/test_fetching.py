"""Reading tiles from directories and over HTTP, from servers good and bad, all of them real."""

from __future__ import annotations

import gzip
import shutil
import socket
import ssl
import subprocess
import threading
import time
from typing import TYPE_CHECKING, Final

import pytest

from ledgers import DEPOSITOR, create, records, today_spec
from provenance.errors import FormatError, UnreadableError
from provenance.fetching import DirectoryTiles, HttpTiles, open_tiles
from provenance.fetching import http as fetching_http
from provenance.fetching.opener import Watchdog
from provenance.refreshing import refresh_bundle
from serving import serve_files, serve_raw

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TILE: Final = bytes(range(256)) * 32
NAME: Final = "tile/0/000"


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def www(tmp_path: Path) -> Path:
    www = tmp_path / "www"
    (www / "tile" / "0").mkdir(parents=True)
    (www / NAME).write_bytes(TILE)
    (www / "checkpoint").write_bytes(b"a note\n")
    return www


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    yield
    for thread in threading.enumerate():
        if isinstance(thread, threading.Timer):
            thread.join(1)
            assert not thread.is_alive()


# Directories.


def test_from_a_directory(www: Path) -> None:
    read = open_tiles(str(www))
    assert read(NAME) == TILE
    assert read("checkpoint") == b"a note\n"


def test_what_a_directory_does_not_hold(www: Path) -> None:
    read = open_tiles(str(www))
    with pytest.raises(UnreadableError, match="No such file"):
        read("tile/0/001")
    with pytest.raises(UnreadableError, match="no directory of tiles"):
        DirectoryTiles(www / "nothing")
    for name in ("../secret", "/etc/passwd", "tile", "tile/0/000/../001"):
        with pytest.raises(FormatError):
            read(name)
    (www / NAME).write_bytes(TILE + b"x")
    with pytest.raises(UnreadableError, match="more than 8192 bytes"):
        read(NAME)


# An honest server.


def test_over_http(www: Path) -> None:
    with serve_files(www) as url:
        for address in (url, f"{url}/"):
            read = open_tiles(address)
            assert read(NAME) == TILE
            assert read("checkpoint") == b"a note\n"
        with pytest.raises(UnreadableError, match="the server answers 404"):
            read("tile/0/001")


def test_a_proof_is_refreshed_over_http(tmp_path: Path) -> None:
    with create(tmp_path / "ledger") as ledger:
        ledger.publish()
        ledger.export_tiles(tmp_path / "www")
        record = records(today_spec(passages=1, dossier_percent=0))[0]
        (one,) = ledger.append([record], depositor=DEPOSITOR).accepted
        ledger.publish()
        bundle = ledger.prove([one.index])
        ledger.withdraw(one.index)
        ledger.publish()
        ledger.export_tiles(tmp_path / "www")
        with serve_files(tmp_path / "www") as url:
            refreshed = refresh_bundle(bundle, open_tiles(url), ledger.policy())
        assert refreshed == ledger.refresh(bundle)


def certified(path: Path) -> ssl.SSLContext:
    """Make a certificate for 127.0.0.1 by the openssl program, ``cert.pem``; serve with it."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl program (Debian package openssl)")
    target = path / "server.pem"
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
            "subjectAltName=IP:127.0.0.1", "-keyout", str(target),
            "-out", str(path / "cert.pem"),
        ],
        check=True,
        capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path / "cert.pem", target)
    return context


def test_over_https(www: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve_files(www, certified(tmp_path)) as url:
        with pytest.raises(UnreadableError, match="certificate verify failed"):
            open_tiles(url)(NAME)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        assert open_tiles(url)(NAME) == TILE


# Addresses.


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc",
        "ftp://log.example/",
        "HTTPS//log.example",
        "://log.example",
        "http://",
        "https:///path",
        "http://user@log.example/",
        "http://user:secret@log.example/",
        "http://log.example/?a=b",
        "http://log.example/#a",
        "http://log.example:99999/",
        "http://log.example:0/",
        "http://log.example:x/",
        "http://[::1/",
        "http://log.example/a b",
        "http://log.example/\n",
        "http://lög.example/",
    ],
)
def test_other_addresses_are_malformed(url: str) -> None:
    with pytest.raises(FormatError, match="address") as caught:
        HttpTiles(url)
    assert "secret" not in str(caught.value)


def test_nobody_is_there() -> None:
    with serve_raw(lambda *_: None) as url:
        pass
    with pytest.raises(UnreadableError, match="refused"):
        open_tiles(url)(NAME)


# Servers that answer what they like.


def say(*pieces: bytes, pause_s: float = 0) -> Callable[[socket.socket, str], None]:
    def answer(connection: socket.socket, path: str) -> None:
        for piece in pieces:
            connection.sendall(piece)
            time.sleep(pause_s)

    return answer


def head(*lines: str, status: str = "200 OK") -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode()


def refused(answer: Callable[[socket.socket, str], None], words: str, **limits: float) -> float:
    """Check that it is refused in these words; give the seconds that it took."""
    begun = time.monotonic()
    with serve_raw(answer) as url:
        read = HttpTiles(url, **limits)
        with pytest.raises(UnreadableError, match=words) as caught:
            read(NAME)
        taken = time.monotonic() - begun
    assert url in str(caught.value)
    return taken


def test_the_raw_server_can_be_honest() -> None:
    """The control for all that follows."""
    answers = [
        (head("Content-Length: 8192"), TILE),
        (head(), TILE),
        (head("Transfer-Encoding: chunked"), b"2000\r\n", TILE, b"\r\n0\r\n\r\n"),
        (head("Content-Encoding: identity"), TILE),
        (head("Content-Encoding: gzip"), gzip.compress(TILE)),
        (head("Content-Encoding: GZIP", "Content-Length: 9999"), gzip.compress(TILE)),
        (head(status="100 Continue"), head("Content-Length: 8192"), TILE),
    ]
    for pieces in answers[:5]:
        with serve_raw(say(*pieces)) as url:
            assert HttpTiles(url)(NAME) == TILE
    with serve_raw(say(*answers[6])) as url:
        assert HttpTiles(url)(NAME) == TILE


@pytest.mark.parametrize("status", ["404 Not Found", "403 Forbidden", "500 Oops", "304 Same"])
def test_an_error_is_told(status: str) -> None:
    refused(say(head("Content-Length: 0", status=status)), f"answers {status[:3]}")


@pytest.mark.parametrize(
    "noise", [b"", b"\r\n\r\n", b"hello\r\n\r\n", b"\x00" * 100, b"HTTP/9.9 x\r\n\r\n"]
)
def test_what_is_not_http(noise: bytes) -> None:
    refused(say(noise), "not HTTP|closed|reset|Remote end")


def test_an_endless_head() -> None:
    refused(say(head()[:-2], *[b"X: y\r\n"] * 200), "not HTTP")
    refused(say(b"HTTP/1.1 200 " + b"x" * 70_000), "not HTTP")


def test_an_answer_that_is_cut_off() -> None:
    refused(say(head("Content-Length: 8192"), TILE[:-1]), "cut off")
    chunked = head("Transfer-Encoding: chunked")
    refused(say(chunked, b"2000\r\n", TILE[:-9]), "cut off")
    refused(say(head("Content-Encoding: gzip"), gzip.compress(TILE)[:-4]), "cut off")
    refused(say(head("Content-Encoding: gzip"), gzip.compress(TILE) + b"x"), "too long")
    refused(say(head("Content-Encoding: gzip"), TILE), "not HTTP")
    refused(say(head("Content-Encoding: br"), TILE), "encoded in an unknown way")


def test_a_huge_answer() -> None:
    refused(say(head("Content-Length: 8193"), TILE + b"x"), "more than 8192 bytes")
    refused(say(head(), *[TILE] * 1000), "more than 8192 bytes")
    bomb = gzip.compress(bytes(50_000_000))
    assert refused(say(head("Content-Encoding: gzip"), bomb), "more than 8192 bytes") < 5


def test_all_answers_together_have_a_limit(www: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching_http, "TOTAL_SIZE_MAX", 20_000)
    with serve_files(www) as url:
        read = HttpTiles(url)
        assert read(NAME) == read(NAME) == TILE
        with pytest.raises(UnreadableError, match="more than 3616 bytes"):
            read(NAME)


# Servers that take their time. Each is refused long before it would come to an end.


def test_a_silent_server() -> None:
    assert refused(say(pause_s=0), "Remote end|reset") < 5

    def silent(connection: socket.socket, path: str) -> None:
        connection.recv(1)

    assert refused(silent, "no answer within 0.3 seconds", timeout_s=0.3) < 5


def test_a_server_that_stops_in_the_middle() -> None:
    def stop(connection: socket.socket, path: str) -> None:
        connection.sendall(head("Content-Length: 8192") + TILE[:100])
        connection.recv(1)

    assert refused(stop, "no answer within 0.3 seconds", timeout_s=0.3) < 5


def drip(pieces: bytes) -> Callable[[socket.socket, str], None]:
    return say(*[bytes([one]) for one in pieces], pause_s=0.05)


SLOW: Final = {
    "the head": drip(head("Content-Length: 8192") + TILE),
    "one line of it": drip(b"HTTP/1.1 200 " + b"x" * 1000),
    "the body": drip(head("Content-Length: 8192") + TILE),
    "go on, go on": drip(head(status="100 Continue") * 100),
}


@pytest.mark.parametrize("answer", SLOW.values(), ids=SLOW)
def test_a_server_that_drips(answer: Callable[[socket.socket, str], None]) -> None:
    """Each byte comes in time, and all of them never would."""
    words = "took more than 0.5 seconds in all"
    assert refused(answer, words, timeout_s=10, total_s=0.5) < 5


def test_a_server_that_drips_its_body() -> None:
    def answer(connection: socket.socket, path: str) -> None:
        connection.sendall(head("Content-Length: 8192"))
        drip(TILE)(connection, path)

    words = "took more than 0.5 seconds in all"
    assert refused(answer, words, timeout_s=10, total_s=0.5) < 5


def test_a_server_that_draws_out_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(connection: socket.socket, path: str) -> None:
        time.sleep(1.5)

    with serve_raw(answer) as url:
        begun = time.monotonic()
        read = HttpTiles(url.replace("http:", "https:"), timeout_s=10, total_s=0.5)
        with pytest.raises(UnreadableError, match=r"took more than 0\.5 seconds in all"):
            read(NAME)
        assert time.monotonic() - begun < 5


def test_when_the_time_is_up_nothing_more_is_asked(www: Path) -> None:
    with serve_files(www) as url:
        read = HttpTiles(url, total_s=0.2)
        assert read(NAME) == TILE
        time.sleep(0.3)
        with pytest.raises(UnreadableError, match=r"took more than 0\.2 seconds in all"):
            read(NAME)


def test_a_connection_that_comes_too_late_is_cut() -> None:
    """Name service and connecting take their own time, which nothing can cut short."""
    with socket.create_server(("127.0.0.1", 0)) as server, Watchdog(0) as watchdog:
        deadline = time.monotonic() + 5
        while not watchdog.expired and time.monotonic() < deadline:
            time.sleep(0.01)
        with socket.create_connection(server.getsockname()) as connection:
            watchdog.watch(connection)
            assert connection.recv(1) == b""


# Redirections.


def redirect(goal: str, code: str = "302 Found") -> Callable[[socket.socket, str], None]:
    def answer(connection: socket.socket, path: str) -> None:
        if path.startswith("/new/"):
            connection.sendall(head("Content-Length: 8192") + TILE)
        else:
            connection.sendall(head(f"Location: {goal}", "Content-Length: 0", status=code))

    return answer


@pytest.mark.parametrize("code", ["301 Moved", "302 Found", "303 See", "307 There", "308 Ever"])
def test_a_redirection_is_followed(code: str) -> None:
    with serve_raw(redirect("/new/tile/0/000", code)) as url:
        assert HttpTiles(url)(NAME) == TILE


def test_redirections_without_end() -> None:
    refused(redirect("/old"), "more than 3 redirections")


@pytest.mark.parametrize("goal", ["file:///etc/passwd", "ftp://log.example/x", "data:,x"])
def test_a_redirection_to_something_else(goal: str) -> None:
    refused(redirect(goal), "redirects to what is not https")


@pytest.mark.parametrize("goal", ["http://user@127.0.0.1/", "http://127.0.0.1:x/"])
def test_a_redirection_to_no_address(goal: str) -> None:
    refused(redirect(goal), "redirects to no usable address|not HTTP")


def test_a_redirection_to_nowhere() -> None:
    refused(say(head("Content-Length: 0", status="302 Found")), "the server answers 302")


def test_a_redirection_from_https(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = certified(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    with (
        serve_raw(redirect("http://127.0.0.1/new/"), context) as url,
        pytest.raises(UnreadableError, match="redirects to what is not https"),
    ):
        HttpTiles(url)(NAME)
    # Positive control: one that stays with https.
    with serve_raw(redirect("/new/tile/0/000"), context) as url:
        assert HttpTiles(url)(NAME) == TILE


def test_a_huge_answer_that_redirects_is_not_read() -> None:
    def answer(connection: socket.socket, path: str) -> None:
        if path.startswith("/new/"):
            connection.sendall(head("Content-Length: 8192") + TILE)
            return
        connection.sendall(head("Location: /new/tile/0/000", status="302 Found"))
        for _ in range(20_000):
            connection.sendall(TILE)

    with serve_raw(answer) as url:
        begun = time.monotonic()
        assert HttpTiles(url)(NAME) == TILE
        assert time.monotonic() - begun < 5
