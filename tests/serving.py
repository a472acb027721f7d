"""Web servers on loopback: an honest one for files, and ones that answer whatever they like."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator
    from pathlib import Path


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serve_files(directory: Path, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Serve a directory; give the address."""
    with ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(_Quiet, directory=str(directory))
    ) as web:
        if tls is not None:
            web.socket = tls.wrap_socket(web.socket, server_side=True)
        thread = threading.Thread(target=web.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"{'http' if tls is None else 'https'}://127.0.0.1:{web.server_port}"
        finally:
            web.shutdown()
            thread.join()


@contextmanager
def serve_raw(
    answer: Callable[[socket.socket, str], None], tls: ssl.SSLContext | None = None
) -> Iterator[str]:
    """Accept connections; let ``answer`` send what it likes, given the path asked for.

    A connection is closed when ``answer`` returns, and all of them in the end.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    opened: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def talk(connection: socket.socket) -> None:
        with suppress(OSError), connection if tls is None else wrap(connection, tls) as talking:
            head = b""
            while b"\r\n\r\n" not in head:
                head += talking.recv(4096) or b"\r\n\r\n"
            answer(talking, f"{head.decode(errors='replace')}  ".split(" ")[1])

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                opened.append(connection)
                threads.append(threading.Thread(target=talk, args=(connection,)))
                threads[-1].start()

    acceptor = threading.Thread(target=accept)
    acceptor.start()
    try:
        scheme = "http" if tls is None else "https"
        yield f"{scheme}://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        acceptor.join()
        for connection in opened:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join()


def wrap(connection: socket.socket, tls: ssl.SSLContext) -> socket.socket:
    return tls.wrap_socket(connection, server_side=True)
