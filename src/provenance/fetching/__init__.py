"""Reading published tiles from a directory, or over HTTP from whoever serves them.

A server is trusted with nothing, its patience and size included: each file has a greatest
length, which its name tells; all files together, and all the time that they take, have
limits too. Only ``https`` and ``http`` addresses are read, redirections lead from neither to
anything else, and never from ``https`` to ``http``. Proxies are taken from the environment
as usual (``https_proxy``). Everything that goes wrong is an `UnreadableError`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from provenance.errors import UnreadableError
from provenance.fetching.http import TIMEOUT_S, TOTAL_S, HttpTiles
from provenance.fetching.pieces import join, pieces_of
from provenance.tlog.tiles import file_size_max

if TYPE_CHECKING:
    from provenance.tlog.tiles import TileReader

__all__ = ["TIMEOUT_S", "TOTAL_S", "DirectoryTiles", "HttpTiles", "open_tiles"]


def open_tiles(
    place: str, *, timeout_s: float = TIMEOUT_S, total_s: float = TOTAL_S
) -> TileReader:
    """Return a reader of the tiles at ``place``, a web address or a directory.

    An address begins with ``https://`` or ``http://``. ``timeout_s``: seconds that a server
    may be silent; ``total_s``: seconds for everything that the reader reads. Raises
    `FormatError` for an address of another kind, `UnreadableError` for what is no directory.
    """
    if "://" in place:
        return HttpTiles(place, timeout_s=timeout_s, total_s=total_s)
    return DirectoryTiles(Path(place))


class DirectoryTiles:
    """Reads tiles below a directory. Raises `UnreadableError` when it is none."""

    def __init__(self, path: Path) -> None:
        self._path: Final = path
        if not path.is_dir():
            raise UnreadableError(f"{path} is no directory of tiles")

    def __call__(self, path: str) -> bytes:
        """Return a file's bytes. Raises `UnreadableError`, `FormatError` for no such name."""
        size_max = file_size_max(path)
        try:
            with (self._path / path).open("rb") as file:
                return join(pieces_of(file.read), f"{self._path}/{path}", size_max)
        except OSError as error:
            raise UnreadableError(
                f"cannot read {self._path}/{path}: {error.strerror}"
            ) from error
