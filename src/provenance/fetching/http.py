"""Getting tiles over HTTP, from servers that are trusted with nothing."""

from __future__ import annotations

import ssl
import time
import zlib
from http.client import HTTPException, IncompleteRead
from typing import TYPE_CHECKING, Final
from urllib import request
from urllib.error import HTTPError
from urllib.parse import urljoin, urlsplit

from provenance.errors import FormatError, UnreadableError
from provenance.fetching.opener import Watchdog, make_opener
from provenance.fetching.pieces import inflate, join, pieces_of
from provenance.tlog.tiles import file_size_max

if TYPE_CHECKING:
    from http.client import HTTPResponse

TIMEOUT_S: Final = 10.0
"""Seconds that a server may be silent."""
TOTAL_S: Final = 120.0
"""Seconds for all files of one reader together."""
TOTAL_SIZE_MAX: Final = 256 * 1024 * 1024
"""Bytes of all files of one reader together."""
REDIRECTS_MAX: Final = 3

_REDIRECTIONS: Final = frozenset({301, 302, 303, 307, 308})
_SCHEMES: Final = frozenset({"http", "https"})


class HttpTiles:
    """Reads tiles below a web address. Raises `FormatError` for one that cannot be."""

    def __init__(
        self, url: str, *, timeout_s: float = TIMEOUT_S, total_s: float = TOTAL_S
    ) -> None:
        self._url: Final = _check_url(url).rstrip("/")
        self._timeout_s: Final = timeout_s
        self._total_s: Final = total_s
        self._until_s: Final = time.monotonic() + total_s
        self._left = TOTAL_SIZE_MAX
        self._tls: Final = ssl.create_default_context()

    def __call__(self, path: str) -> bytes:
        """Get a file. Raises `UnreadableError`, `FormatError` for no such name."""
        size_max = file_size_max(path)
        url = f"{self._url}/{path}"
        with Watchdog(self._until_s - time.monotonic()) as watchdog:
            try:
                data = self._get(url, min(size_max, self._left), watchdog)
            except (UnreadableError, OSError, HTTPException, ValueError, zlib.error) as error:
                if isinstance(error, UnreadableError) and not watchdog.expired:
                    raise
                reason = self._reason(error, expired=watchdog.expired)
                raise UnreadableError(f"cannot read {url}: {reason}") from error
        self._left -= len(data)
        return data

    def _get(self, url: str, size_max: int, watchdog: Watchdog) -> bytes:
        opener = make_opener(watchdog, self._tls)
        asked = url
        for _ in range(REDIRECTS_MAX + 1):
            watchdog.check()
            try:
                # The scheme was checked, and the opener knows no other.
                query = request.Request(asked, headers={"Accept-Encoding": "gzip, identity"})  # noqa: S310
                with opener.open(query, timeout=self._timeout_s) as response:
                    data = _read_answer(response, asked, size_max)
                    watchdog.check()
                    return data
            except HTTPError as error:
                with error:
                    asked = _redirected(asked, error)
        raise UnreadableError(f"cannot read {url}: more than {REDIRECTS_MAX} redirections")

    def _reason(self, error: Exception, *, expired: bool) -> str:
        cause = getattr(error, "reason", error)
        if expired:
            return f"it took more than {self._total_s:g} seconds in all"
        if isinstance(error, HTTPError):
            return f"the server answers {error.code}"
        if isinstance(error, IncompleteRead):
            return "the answer is cut off"
        if not isinstance(error, OSError):
            return "the answer is not HTTP"
        if isinstance(cause, TimeoutError):
            return f"no answer within {self._timeout_s:g} seconds"
        return str(getattr(cause, "strerror", None) or cause)


def _redirected(url: str, error: HTTPError) -> str:
    """Return the address to ask instead; raises ``error`` when the answer names none."""
    place = error.headers.get("Location")
    if error.code not in _REDIRECTIONS or place is None:
        raise error
    goal = urljoin(url, place)
    if urlsplit(goal).scheme not in {"https", urlsplit(url).scheme}:
        raise UnreadableError(f"cannot read {url}: it redirects to what is not https")
    try:
        return _check_url(goal)
    except FormatError:
        raise UnreadableError(f"cannot read {url}: it redirects to no usable address") from None


def _check_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in _SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError as error:
        raise FormatError("malformed address") from error
    if not usable or not url.isascii() or not url.isprintable() or " " in url:
        raise FormatError("tiles are read from https and http addresses, or a directory")
    if parts.query or parts.fragment or parts.username is not None:
        raise FormatError("an address of tiles has no user, no query and no fragment")
    return url


def _read_answer(response: HTTPResponse, url: str, size_max: int) -> bytes:
    """Read an answer whole, decoded; raises `UnreadableError`."""
    pieces = pieces_of(response.read1)
    encoding = response.headers.get("Content-Encoding", "identity").lower()
    if encoding not in {"gzip", "identity"}:
        raise UnreadableError(f"cannot read {url}: it is encoded in an unknown way")
    data = join(pieces if encoding == "identity" else inflate(pieces, url), url, size_max)
    length = response.headers.get("Content-Length", "")
    if encoding == "identity" and length not in {"", str(len(data))}:
        raise UnreadableError(f"cannot read {url}: the answer is cut off")
    return data
