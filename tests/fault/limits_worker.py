"""One process that uses a ledger at its limits: run by `test_limits.py`.

Every command takes the ledger's directory and prints one JSON object a line. It ends with
status 0 unless something comes out that is none of the package's errors::

    python limits_worker.py use PATH SEED MAP_SIZE     open, deposit, publish, prove
    python limits_worker.py fill PATH SEED MAP_SIZE    deposit until the map is full
    python limits_worker.py hold PATH                  keep a snapshot until killed
    python limits_worker.py fork PATH SEED             a forked child tries everything
    python limits_worker.py twice PATH SEED            open it twice, and by another name
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ledgers import DEPOSITOR, flux, records, today_spec, verify
from provenance.errors import ProvenanceError
from provenance.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable

HOLD_S_MAX: Final = 120.0
DEPOSITS_MAX: Final = 1000


def say(**line: object) -> None:
    os.write(1, (json.dumps(line) + "\n").encode())


def attempt(step: Callable[[], object]) -> str:
    try:
        step()
    except ProvenanceError as error:
        return type(error).__name__
    return "done"


def deposit(ledger: Ledger, seed: int, passages: int = 3) -> int:
    """Deposit, say what was acknowledged, and return the last index."""
    receipt = ledger.deposit(flux(today_spec(seed=seed, passages=passages)))
    for one in receipt.accepted:
        say(index=one.index, entry=one.entry)
    return receipt.accepted[-1].index


def use(path: Path, seed: int, map_size: int) -> None:
    try:
        with Ledger.open(path, map_size=map_size or None) as ledger:
            index = deposit(ledger, seed)
            ledger.publish()
            verify(ledger, ledger.prove([index]))
        say(done="use")
    except ProvenanceError as error:
        say(error=type(error).__name__, text=str(error))


def fill(path: Path, seed: int, map_size: int) -> None:
    """Deposit until nothing more is taken; reading still works, and so does a retry later."""
    with Ledger.open(path, map_size=map_size) as ledger:
        index = 0
        for number in range(DEPOSITS_MAX):
            try:
                index = deposit(ledger, seed + number, 20)
            except ProvenanceError as error:
                say(error=type(error).__name__, text=str(error))
                break
        say(record=attempt(lambda: ledger.record(index)))
        say(publish=attempt(ledger.publish))


def hold(path: Path) -> None:
    with Ledger.open(path, readonly=True) as ledger, ledger._files.store.view() as view:
        say(holding=view.size)
        time.sleep(HOLD_S_MAX)


def fork(path: Path, seed: int) -> None:
    with Ledger.open(path) as ledger:
        index = deposit(ledger, seed)
        child = os.fork()
        if not child:
            steps: dict[str, Callable[[], object]] = {
                "record": lambda: ledger.record(index),
                "deposit": lambda: ledger.deposit(flux(today_spec(seed=seed + 1))),
                "append": lambda: ledger.append(records(today_spec()), depositor=DEPOSITOR),
                "publish": ledger.publish,
                "prove": lambda: ledger.prove([index]),
                "withdraw": lambda: ledger.withdraw(index),
                "erase": lambda: ledger.erase([index], basis="OTHER"),
                "open": lambda: Ledger.open(path),
            }
            say(**{name: attempt(step) for name, step in steps.items()})
            ledger.close()
            os._exit(0)
        _, status = os.waitpid(child, 0)
        say(child=status)
        deposit(ledger, seed + 2)
        ledger.publish()


def twice(path: Path, seed: int) -> None:
    link = path.with_name("link")
    link.symlink_to(path)
    with Ledger.open(path) as ledger:
        say(
            again=attempt(lambda: Ledger.open(path)),
            reading=attempt(lambda: Ledger.open(path, readonly=True)),
            link=attempt(lambda: Ledger.open(link)),
        )
        deposit(ledger, seed)
    link.unlink()
    with Ledger.open(path) as ledger:
        deposit(ledger, seed + 1)


def main() -> None:
    command, path, *numbers = sys.argv[1:]
    commands: dict[str, Callable[..., None]] = {
        "use": use,
        "fill": fill,
        "hold": hold,
        "fork": fork,
        "twice": twice,
    }
    commands[command](Path(path), *map(int, numbers))


if __name__ == "__main__":
    main()
