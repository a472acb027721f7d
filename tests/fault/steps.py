"""The steps from a record to its proof, each of which can fail in two ways.

A step failed and left nothing behind, or it failed and was done all the same: whoever is
told of a failure cannot know which of the two it was. Installed in a process of its own.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import lmdb
from msgspec import Struct

from provenance.errors import KeyFileError, LedgerFullError, StorageError
from provenance.ledger import publish
from provenance.storage import HeadRegister, Store, Vault, durable

if TYPE_CHECKING:
    from collections.abc import Callable


class Failing(Struct):
    """The ``number``-th time that ``step`` is taken ``during`` a call fails, once.

    ``persisted``: it is done all the same. ``full``: for lack of room. ``hidden``: it is left
    out, and nobody is told, which is what a control does.
    """

    during: str
    step: str
    persisted: bool
    number: int = 1
    full: bool = False
    hidden: bool = False
    is_due: bool = False

    def take(
        self, do: Callable[[], Any], error: Exception, undo: Callable[[], Any] | None = None
    ) -> Any:
        """Take the step, or fail at it with ``error``."""
        if not self.is_due:
            return do()
        self.number -= 1
        if self.number:
            return do()
        self.is_due = False
        if self.persisted:
            do()
        elif undo is not None:
            undo()
        if self.hidden:
            return None
        raise error


def install(failing: Failing) -> None:
    """Let a step fail in this process."""
    STEPS[failing.step](failing)


def _patch(failing: Failing, owner: Any, name: str, error: Exception) -> None:
    done = getattr(owner, name)

    def step(*args: Any, **options: Any) -> Any:
        return failing.take(lambda: done(*args, **options), error)

    setattr(owner, name, step)


def _refused(failing: Failing) -> Exception:
    return LedgerFullError("no room") if failing.full else StorageError("the disk refuses")


def _method(owner: Any, name: str) -> Callable[[Failing], None]:
    """A step that is a method, which raises our own errors."""
    return lambda failing: _patch(failing, owner, name, _refused(failing))


def _in_directory_of(failing: Failing, owner: Any, name: str, wanted: str) -> None:
    """A step of the system at one file alone."""
    done = getattr(owner, name)
    code = errno.ENOSPC if failing.full else errno.EIO

    def step(path: Path, *args: Any) -> Any:
        if path.name != wanted:
            return done(path, *args)
        return failing.take(lambda: done(path, *args), OSError(code, os.strerror(code)))

    setattr(owner, name, step)


def _sync(failing: Failing) -> None:
    """The directory in which the anchor has its name; what syncs it raises our own errors."""
    for owner in (durable, publish):
        _patch(failing, owner, "sync_directory", _refused(failing))


class _Transaction:
    def __init__(self, failing: Failing, transaction: Any) -> None:
        self._failing: Final = failing
        self._transaction: Final = transaction

    def __enter__(self) -> Any:
        return self._transaction.__enter__()

    def __exit__(self, *error: object) -> Any:
        def end() -> Any:
            return self._transaction.__exit__(*error)

        if error[0] is not None:
            return end()
        return self._failing.take(
            end, lmdb.Error("Input/output error"), self._transaction.abort
        )


class _Environment:
    """An LMDB environment whose commits go through `Failing.take`."""

    def __init__(self, failing: Failing, environment: Any) -> None:
        self._failing: Final = failing
        self._environment: Final = environment

    def __getattr__(self, name: str) -> Any:
        return getattr(self._environment, name)

    def begin(self, *, write: bool) -> Any:
        transaction = self._environment.begin(write=write)
        return _Transaction(self._failing, transaction) if write else transaction


def _commit(failing: Failing) -> None:
    made = Store.__init__

    def make(self: Store, *args: Any, **options: Any) -> None:
        made(self, *args, **options)
        self._environment = _Environment(failing, self._environment)  # type: ignore[misc,assignment]

    Store.__init__ = make  # type: ignore[method-assign]


STEPS: Final[dict[str, Callable[[Failing], None]]] = {
    "seeds": _method(Vault, "write"),
    "commit": _commit,
    "head register": _method(HeadRegister, "write"),
    "vault's header": _method(Vault, "confirm"),
    "destruction": _method(Vault, "erase"),
    "vault's mark": _method(Vault, "set_erasure_applied"),
    "signature": lambda failing: _patch(
        failing, publish, "sign_note", KeyFileError("the token does not answer")
    ),
    "anchor's file": lambda failing: _in_directory_of(
        failing, durable, "_write_new", "anchor.new"
    ),
    "anchor's name": lambda failing: _in_directory_of(failing, Path, "rename", "anchor.new"),
    "anchor's directory": _sync,
}
