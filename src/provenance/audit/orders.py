"""What the leader of an audit and its workers say to each other, besides tasks and results.

::

    leader  Start, once          worker  Ready
            Take                         Taken, the number of the commit that it reads
            Options, once
            Stretch | LookupRange        Facts | LookupFacts | Unable, in turn
"""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

from provenance.audit.facts import Options, Task


class Start(Struct, frozen=True, tag=True, array_like=True):
    """Open the ledger at ``path``."""

    path: str


class Ready(Struct, frozen=True, tag=True, array_like=True):
    """It is open."""


class Take(Struct, frozen=True, tag=True, array_like=True):
    """Read the newest commit from now on."""


class Taken(Struct, frozen=True, tag=True, array_like=True):
    """The number of that commit."""

    snapshot: int


Order: TypeAlias = Take | Options | Task
Answer: TypeAlias = Ready | Taken
