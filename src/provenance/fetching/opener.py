"""Opening web addresses: http and https alone, no redirections, and an end to all waiting."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from http.client import HTTPConnection, HTTPSConnection
from typing import TYPE_CHECKING, Final, Self
from urllib import request

if TYPE_CHECKING:
    import ssl
    from http.client import HTTPResponse


class Watchdog:
    """Cuts connections when the time is up, whatever a server makes the reader wait for.

    A socket's own timeout begins anew with every byte that arrives.
    """

    def __init__(self, seconds: float) -> None:
        self.expired = seconds <= 0
        self._sockets: Final[list[socket.socket]] = []
        self._lock: Final = threading.Lock()
        self._timer: Final = threading.Timer(max(seconds, 0), self._cut)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._timer.cancel()
        with self._lock:
            for one in self._sockets:
                one.close()
            self._sockets.clear()

    def check(self) -> None:
        """Raise `TimeoutError` when the time is up."""
        if self.expired:
            raise TimeoutError

    def watch(self, connection: socket.socket) -> None:
        """Take care of a connection from now on."""
        with self._lock:
            # A second descriptor: TLS, and the end of the answer's head, close the first.
            self._sockets.append(connection.dup())
            if self.expired:
                self._shut()

    def _cut(self) -> None:
        with self._lock:
            self.expired = True
            self._shut()

    def _shut(self) -> None:
        for one in self._sockets:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


class _Connection(HTTPConnection):
    """A connection that the watchdog knows of as soon as it is there."""

    watchdog: Watchdog

    def connect(self) -> None:
        """Connect; TLS begins after this, and a server could draw that out too."""
        super().connect()
        self.watchdog.watch(self.sock)


class _SecureConnection(HTTPSConnection, _Connection):
    """The same with TLS: its `connect` calls the one above, then shakes hands."""


class _Handler(request.HTTPHandler, request.HTTPSHandler):
    """Opens http and https addresses under a watchdog's eyes."""

    def __init__(self, watchdog: Watchdog, tls: ssl.SSLContext) -> None:
        request.HTTPSHandler.__init__(self, context=tls)
        self._watchdog: Final = watchdog
        self._tls: Final = tls

    def http_open(self, req: request.Request) -> HTTPResponse:
        """Open an ``http`` address."""

        class Watched(_Connection):
            watchdog = self._watchdog

        return self.do_open(Watched, req)

    def https_open(self, req: request.Request) -> HTTPResponse:
        """Open an ``https`` address; the server's certificate is checked as usual."""

        class Watched(_SecureConnection):
            watchdog = self._watchdog

        return self.do_open(Watched, req, context=self._tls)


def make_opener(watchdog: Watchdog, tls: ssl.SSLContext) -> request.OpenerDirector:
    """Make an opener that knows http and https, and nothing else.

    It follows no redirection: the handler of the standard library reads the answers that
    redirect without a limit. Proxies are taken from the environment.
    """
    opener = request.OpenerDirector()
    for handler in (
        request.ProxyHandler(),
        _Handler(watchdog, tls),
        request.HTTPDefaultErrorHandler(),
        request.HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    return opener
