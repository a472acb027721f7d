"""The arrows between the rooms of the package, and what the pure rooms may not touch.

An import counts wherever it stands, in a function or under ``TYPE_CHECKING`` too: an arrow
that only the type checker follows is an arrow in the reader's mind.
"""

from __future__ import annotations

import ast
import sys
from textwrap import dedent
from typing import TYPE_CHECKING, Final, NamedTuple

import pytest

from figures import loaded_by
from sources import PACKAGE, Module, load_modules, parse_module

if TYPE_CHECKING:
    from collections.abc import Iterator

# Each room, and the rooms that it may import besides itself. A room is the first name
# below the package; of `record` the storage may know the status leaves and nothing else.
BASE: Final = {"errors", "encoding"}
RECORD: Final = BASE | {"tlog", "record"}
LEDGER: Final = RECORD | {
    "cdc",
    "keys",
    "storage",
    "ledger",
    "report",
    "verifier",
    "workers",
}
ROOMS: Final[dict[str, set[str]]] = {
    "errors": set(),
    "encoding": {"errors"},
    "tlog": BASE,
    "pki": BASE,
    "workers": set(),
    "record": BASE | {"tlog"},
    "report": RECORD,
    "verifier": RECORD | {"report", "pki"},
    "reconstruct": RECORD | {"report", "verifier"},
    "refreshing": RECORD | {"report", "verifier"},
    "fetching": BASE | {"tlog"},
    "cdc": RECORD,
    "cv": RECORD | {"report", "verifier", "reconstruct", "refreshing", "pki", "workers"},
    "keys": BASE | {"tlog"},
    "storage": BASE | {"tlog", "record.status"},
    "ledger": LEDGER,
    "audit": LEDGER,
    "cli": LEDGER
    | {"report", "verifier", "reconstruct", "refreshing", "fetching", "audit", "cv", ""},
    "__main__": {"cli"},
    "": LEDGER | {"report", "verifier", "reconstruct", "audit", "cv"},
}
PURE: Final = {
    "errors",
    "encoding",
    "tlog",
    "pki",
    "record",
    "report",
    "verifier",
    "reconstruct",
    "refreshing",
    "cdc",
}

# What a pure room takes from the standard library: an allow-list, for there are many ways
# to reach a file, a socket or a clock, and few modules that a pure function needs.
PURE_STDLIB: Final = {
    "__future__",
    "array",
    "base64",
    "binascii",
    "bisect",
    "calendar",
    "codecs",
    "collections",
    "contextlib",
    "dataclasses",
    "datetime",
    "enum",
    "functools",
    "hashlib",
    "hmac",
    "itertools",
    "json",
    "math",
    "operator",
    "re",
    "string",
    "struct",
    "types",
    "typing",
    "unicodedata",
    "zlib",
}
# Beyond that list, in one module each.
PURE_EXCEPTIONS: Final = {
    ("cdc", "xml"),  # the streaming parser is the standard library's expat
    ("cdc", "pyexpat"),
    ("cdc.sample", "random"),  # only its seeded class, see RANDOM_NAMES
    ("verifier.helper", "_thread"),  # signatures are verified on two threads
    ("record.identity", "pkgutil"),  # the table of letters is a file of the package
    ("cdc.xsd", "io"),  # lxml reads a schema from a file object, here one in memory
}
RANDOM_NAMES: Final = {"Random"}
# Names that reach a file, a clock or the system's randomness without any import.
IMPURE_CALLS: Final = {"open", "print", "input", "exec", "eval", "__import__"}
IMPURE_METHODS: Final = {"now", "today", "utcnow", "generate", "generate_key", "urandom"}

THIRD_PARTY: Final[dict[str, tuple[str, ...]]] = {
    "msgspec": ("",),
    "cryptography": ("",),
    "lmdb": ("storage.store",),
    "lxml": ("cdc.xsd",),
    "rich": ("cli",),
    "pkcs11": ("keys.token",),
    "pikepdf": ("cv.activecontent", "cv.pdf", "cv.reader", "cv.render", "cli.demo_forgery"),
    "pyhanko": ("cv.seal", "cv.secondreader"),
    "pyhanko_certvalidator": ("cv.seal",),
    "asn1crypto": ("cv.seal",),
    "requests": (),
    "segno": ("cv.qr",),
    "zxingcpp": ("cv.picture",),
    "pypdfium2": ("cv.qr", "cli.demo_forgery"),
    "PIL": ("cv.picture",),
    "typst": ("cv.render",),
}

OFFLINE: Final = {"errors", "encoding", "tlog", "record", "report", "verifier", ""}


class Import(NamedTuple):
    """One imported module and the names taken from it."""

    line: int
    target: str
    names: tuple[str, ...]


def find_imports(module: Module, known: set[str]) -> Iterator[Import]:
    """Find every import; a name that is itself a module of ours is that module."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from (Import(node.lineno, alias.name, ()) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            source = "." * node.level + (node.module or "")
            names = [alias.name for alias in node.names]
            modules = [name for name in names if f"{source}.{name}" in known]
            yield from (Import(node.lineno, f"{source}.{name}", ()) for name in modules)
            if len(modules) < len(names):
                rest = tuple(name for name in names if name not in modules)
                yield Import(node.lineno, source, rest)


def find_violations(module: Module, known: set[str]) -> list[str]:
    """Say everything that the module does and its room does not allow."""
    place = module.name.removeprefix(PACKAGE).removeprefix(".")
    room = place.partition(".")[0]
    if room not in ROOMS:
        return [f"{module.name}: a room without rules"]
    found = [
        f"{module.name}:{line} imports {target}"
        for line, target, names in find_imports(module, known)
        if not _is_allowed(place, room, target, names)
    ]
    if room in PURE:
        found += _impure_calls(module)
    return found


def _is_allowed(place: str, room: str, target: str, names: tuple[str, ...]) -> bool:
    top, _, rest = target.partition(".")
    if top == PACKAGE:
        rooms = {room, *ROOMS[room]} - {""}
        return any(_is_within(rest, other) for other in rooms) if rest else "" in ROOMS[room]
    if top in THIRD_PARTY:
        return any(_is_within(place, owner) for owner in THIRD_PARTY[top])
    if top not in sys.stdlib_module_names:
        return False
    if room not in PURE or top in PURE_STDLIB:
        return True
    if top == "random" and not (names and RANDOM_NAMES.issuperset(names)):
        return False
    return any(_is_within(place, owner) for owner, name in PURE_EXCEPTIONS if name == top)


def _is_within(name: str, owner: str) -> bool:
    return owner in ("", name) or name.startswith(f"{owner}.")


def _impure_calls(module: Module) -> list[str]:
    found = []
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            name, banned = node.func.id, IMPURE_CALLS
        elif isinstance(node, ast.Attribute):
            name, banned = node.attr, IMPURE_METHODS
        else:
            continue
        if name in banned:
            found.append(f"{module.name}:{node.lineno} uses {name}")
    return found


def _names() -> set[str]:
    return {module.name for module in load_modules()}


@pytest.mark.parametrize("module", load_modules(), ids=lambda module: module.name)
def test_module_keeps_to_its_room(module: Module) -> None:
    assert find_violations(module, _names()) == []


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_every_room_of_the_plan_exists(room: str) -> None:
    assert ".".join(filter(None, (PACKAGE, room))) in _names()


def test_offline_verifier_loads_only_what_it_needs() -> None:
    loaded = {
        name.removeprefix(PACKAGE).removeprefix(".")
        for name in loaded_by("provenance.verifier")
    }
    assert {name.partition(".")[0] for name in loaded} <= OFFLINE
    # What decrypts, makes proofs or looks people up has no business in a verification.
    assert loaded.isdisjoint({"record.payload", "tlog.prover"})


@pytest.mark.parametrize("name", ["reconstruct", "refreshing", "fetching"])
def test_what_readers_use_needs_no_ledger(name: str) -> None:
    loaded = loaded_by(f"provenance.{name}")
    assert not [
        name for name in loaded if name.startswith(("provenance.ledger", "provenance.storage"))
    ]


PLANTED: Final = {
    "tlog reaches up": ("tlog.merkle", "from provenance.record.entry import Entry"),
    "tlog by another spelling": ("tlog.note", "from provenance import record"),
    "tlog asks the package itself": ("tlog.note", "from provenance import Ledger"),
    "relative import": ("tlog.note", "from ..record import entry"),
    "record knows the deposit format": ("record.entry", "import provenance.cdc.flux"),
    "verifier opens the store": ("verifier", "from provenance.storage.store import Store"),
    "verifier asks the ledger in a function": (
        "verifier",
        "def f():\n    from provenance.ledger import Ledger",
    ),
    "arrow for the type checker only": (
        "cdc.flux",
        "if TYPE_CHECKING:\n    from provenance.ledger import Ledger",
    ),
    "storage knows entries": ("storage.store", "from provenance.record.entry import Entry"),
    "ledger asks the audit": ("ledger.publish", "from provenance.audit import audit"),
    "ledger prints through the command line": ("ledger.files", "from provenance.cli import x"),
    "keys open the store": ("keys", "from provenance.storage import Store"),
    "a second owner of lmdb": ("storage.tree", "import lmdb"),
    "lxml in the parser": ("cdc.flux", "from lxml import etree"),
    "a token outside its module": ("keys.ring", "def f():\n    import pkcs11"),
    "the checking side of a CV opens a ledger": ("cv.pdf", "from provenance.ledger import x"),
    "a second owner of pikepdf": ("cv.verify", "def f():\n    import pikepdf"),
    "rich in the ledger": ("ledger.report", "def f():\n    import rich.table"),
    "a dependency nobody declared": ("cli.main", "import requests"),
    "os in a pure room": ("tlog.note", "import os"),
    "files in a pure room": ("record.bundle", "from pathlib import Path"),
    "sockets in a pure room": ("verifier", "import socket"),
    "a clock in a pure room": ("verifier", "import time"),
    "the other clock": ("verifier", "from datetime import datetime\ndatetime.now()"),
    "today is a clock": ("cdc.checks", "from datetime import date\nx = date.today"),
    "a log in a pure room": ("cdc.flux", "import logging"),
    "io in a pure room": ("cdc.flux", "import io"),
    "the system's randomness": ("record.commitment", "import secrets"),
    "a new key in a pure room": ("tlog.note", "Ed25519PrivateKey.generate()"),
    "a file in a pure room without import": ("cdc.schema", "open('x')"),
    "unseeded random": ("cdc.sample", "import random"),
    "random from the system": ("cdc.sample", "from random import SystemRandom"),
    "random elsewhere": ("cdc.flux", "from random import Random"),
    "dynamic import in a pure room": ("verifier", "__import__('os')"),
    "a room that nobody planned": ("helpers", "x = 1"),
}


@pytest.mark.parametrize("planted", PLANTED.values(), ids=PLANTED)
def test_planted_violation_is_caught(planted: tuple[str, str]) -> None:
    name, text = planted
    known = {
        "provenance",
        "provenance.record",
        "provenance.record.entry",
        "provenance.ledger",
        "provenance.cli",
        "provenance.storage",
    }
    module = parse_module(f"{PACKAGE}.{name}", dedent(text))
    assert len(find_violations(module, known)) == 1


ALLOWED: Final = {
    "storage knows status leaves": (
        "storage.statustree",
        "from provenance.record.status import f",
    ),
    "seeded random": ("cdc.sample", "from random import Random"),
    "expat": ("cdc.flux", "from xml.parsers import expat"),
    "the ledger has a clock": ("ledger.clock", "import time"),
    "the package's front": (
        "",
        "def __getattr__(n):\n    from provenance.ledger import Ledger",
    ),
    "a room's own module": ("tlog.proof", "from provenance.tlog import note, checkpoint"),
}


@pytest.mark.parametrize("allowed", ALLOWED.values(), ids=ALLOWED)
def test_what_is_allowed_is_not_caught(allowed: tuple[str, str]) -> None:
    name, text = allowed
    known = {"provenance.tlog.note", "provenance.tlog.checkpoint"}
    module = parse_module(f"{PACKAGE}.{name}".removesuffix("."), dedent(text))
    assert find_violations(module, known) == []
