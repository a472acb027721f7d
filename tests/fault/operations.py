"""What is done to a real ledger while faults come, in a process of its own.

Each operation has a ledger that is made ready for it, and is done on copies of that. What
the world outside may rely on is said, a JSON object a line, once the ledger has said so:

    entries   bytes of entries, by index: those of a receipt
    made      indexes of entries, and their ``type``
    gone      indexes whose seeds are destroyed
    note      a published checkpoint
    created   that there is a ledger
    signed    no promise but a fact: size and root that a log key has signed
    error     that the ledger raised, and what; ``again`` where it did so once more
"""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ledgers import DEPOSITOR, ORIGIN, create, flux, records, register, today_spec
from provenance.encoding import encode_base64
from provenance.errors import ProvenanceError
from provenance.ledger import Ledger, publish
from provenance.ledger.writer import Writer
from provenance.storage import Head, Vault
from provenance.tlog.checkpoint import parse_checkpoint

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fault.steps import Failing
    from provenance.cdc.report import Receipt
    from provenance.record.commitment import Value

Line = dict[str, Any]

LEDGER: Final = "place/ledger"
"""Below the root: where the ledger is, in a directory that is made with it."""
TILES: Final = "www/tiles"
KEYS: Final = "safe/keys"


class Desk:
    """One ledger, below ``root``, and what was said of it to the outside."""

    def __init__(self, root: Path, said: Path, *, batch: int = 1) -> None:
        self.root: Final = root
        self.path: Final = root / LEDGER
        self.tiles: Final = root / TILES
        self.batch: Final = batch
        self.failing: Failing | None = None
        self.lines: Final[list[Line]] = read_lines(said)
        self._said: Final = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def say(self, **line: object) -> None:
        """Tell the outside, in one call that a trace shows."""
        os.write(self._said, (json.dumps(line) + "\n").encode())
        self.lines.append(json.loads(json.dumps(line)))

    def attempt(self, use: Callable[[], None], name: str = "") -> None:
        """Do something; where it fails, do it once more with the same object."""
        if self.failing is not None:
            self.failing.is_due = name == self.failing.during
        for kind in ("error", "again"):
            try:
                use()
            except ProvenanceError as error:
                self.say(**{kind: type(error).__name__, "text": str(error), "during": name})
            else:
                return

    @property
    def certifications(self) -> list[int]:
        """The indexes of the certifications that receipts have named so far."""
        return [int(index) for line in self.lines for index in line.get("entries", ())]

    def record(self, receipt: Receipt) -> None:
        entries = {one.index: one.entry for one in receipt.accepted}
        entries |= {one.index: one.entry for one in receipt.duplicates}
        self.say(entries=entries)

    def append(self, ledger: Ledger, *seeds: int) -> None:
        forms = [form for seed in seeds for form in _form(seed)]
        self.record(ledger.append(forms, depositor=DEPOSITOR))

    def erase(self, ledger: Ledger, index: int) -> None:
        erased = ledger.erase([index], basis="GDPR_ART_17")
        self.say(made=erased.entries, type="erasure", gone=erased.erased)

    def publish(self, ledger: Ledger) -> None:
        self.say(note=ledger.publish())


def read_lines(said: Path) -> list[Line]:
    """Read what was said; a last line that was cut off was said to nobody."""
    text = said.read_text() if said.exists() else ""
    return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]


def tell_signatures(desk: Desk) -> None:
    """Say from now on what log keys sign, before anybody can know of it."""
    library: Any = publish
    sign = library.sign_note

    def sign_and_say(text: str, signers: Any) -> str:
        note: str = sign(text, signers)
        checkpoint = parse_checkpoint(text)
        desk.say(signed=[checkpoint.size, encode_base64(checkpoint.root)])
        return note

    library.sign_note = sign_and_say


def _form(seed: int) -> list[dict[str, Value]]:
    return records(today_spec(seed=seed, passages=1))


# --- what a ledger is before


def make_nothing(desk: Desk) -> None:
    """Make the directory that it will be in."""


def make_beginning(desk: Desk) -> None:
    """Make a ledger of which nothing was ever published."""
    with create(desk.path) as ledger:
        desk.append(ledger, 30)


def make_past(desk: Desk) -> None:
    """Make one with deposits, a withdrawal, an erasure, and entries not published yet."""
    with create(desk.path) as ledger:
        desk.record(ledger.deposit(flux(today_spec(passages=3))))
        desk.publish(ledger)
        desk.append(ledger, 31)
        desk.append(ledger, 32)
        desk.say(made=[ledger.withdraw(desk.certifications[-2])], type="withdrawal")
        desk.erase(ledger, desk.certifications[-2])
        desk.publish(ledger)
        desk.append(ledger, 33)
        desk.append(ledger, 34)


def make_exported(desk: Desk) -> None:
    """Make one whose tiles are published, and which has gone on since."""
    make_past(desk)
    with Ledger.open(desk.path) as ledger:
        ledger.export_tiles(desk.tiles)
        desk.publish(ledger)


def make_seedless(desk: Desk) -> None:
    """Make one whose vault was restored from before the last two deposits."""
    make_past(desk)
    seeds, kept = desk.path / "vault" / "seeds", desk.root.with_name("kept")
    shutil.copy(seeds, kept)
    with Ledger.open(desk.path) as ledger:
        desk.append(ledger, 41)
        desk.append(ledger, 42)
    shutil.move(kept, seeds)


def make_interrupted(desk: Desk) -> None:
    """Make one whose writers died: before a deposit's commit, and behind an erasure's."""
    make_past(desk)
    write = Vault.write

    def write_and_die(self: Vault, start: int, seeds: bytes) -> None:
        write(self, start, seeds)
        os._exit(9)

    def die(self: Writer, head: Head) -> None:
        os._exit(9)

    def deposit(ledger: Ledger) -> None:
        Vault.write = write_and_die  # type: ignore[method-assign]
        ledger.append(
            [form for seed in range(50, 58) for form in _form(seed)], depositor=DEPOSITOR
        )

    def erase(ledger: Ledger) -> None:
        Writer._remember = die  # type: ignore[method-assign]
        ledger.erase([desk.certifications[-1]], basis="OTHER")

    for use in (deposit, erase):
        child = os.fork()
        if not child:
            use(Ledger.open(desk.path))
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 9, "it should have died on the way"


# --- operations


def do_create(desk: Desk, keys: Path | None = None) -> None:
    def use() -> None:
        with Ledger.create(desk.path, origin=ORIGIN, keys=keys) as ledger:
            desk.say(created=True, made=[0], type="genesis")
            register(ledger)
            desk.say(made=[2, 3], type="depositor")
            desk.append(ledger, 60)

    desk.attempt(use)


def do_create_apart(desk: Desk) -> None:
    """Make one whose keys are elsewhere, and can be in the way of the next attempt."""
    do_create(desk, desk.root / KEYS)


def do_reopen(desk: Desk) -> None:
    with Ledger.open(desk.path) as ledger:
        ledger.size  # noqa: B018 - that it can be read


def do_form(desk: Desk) -> None:
    with Ledger.open(desk.path) as ledger:
        for seed in (61, 62):
            desk.attempt(lambda seed=seed: desk.append(ledger, seed))  # type: ignore[misc]


def do_deposit(desk: Desk) -> None:
    data = flux(today_spec(seed=63, passages=desk.batch))
    with Ledger.open(desk.path) as ledger:
        desk.attempt(lambda: desk.record(ledger.deposit(data)))


def do_publish(desk: Desk) -> None:
    with Ledger.open(desk.path) as ledger:
        desk.attempt(lambda: desk.publish(ledger))


def do_erase(desk: Desk) -> None:
    with Ledger.open(desk.path) as ledger:
        desk.attempt(lambda: desk.erase(ledger, desk.certifications[1]))


def do_withdraw(desk: Desk) -> None:
    with Ledger.open(desk.path) as ledger:
        desk.attempt(
            lambda: desk.say(made=[ledger.withdraw(desk.certifications[2])], type="withdrawal")
        )


def do_rotate_entry(desk: Desk) -> None:
    with Ledger.open(desk.path) as ledger:
        desk.attempt(lambda: desk.say(made=ledger.rotate_keys("entry"), type="key"))


def do_rotate_log(desk: Desk) -> None:
    with Ledger.open(desk.path) as ledger:
        desk.attempt(lambda: desk.say(made=ledger.rotate_keys("log"), type="key"))
        desk.attempt(lambda: desk.publish(ledger))


def do_tiles(desk: Desk) -> None:
    def use() -> None:
        desk.say(tiles=ledger.export_tiles(desk.tiles).size)

    with Ledger.open(desk.path, readonly=True) as ledger:
        desk.attempt(use)


def do_repair(desk: Desk) -> None:
    def use() -> None:
        erased = ledger.repair_lost_seeds(case="restored-vault")
        desk.say(made=erased.entries, type="erasure", gone=erased.erased, repaired=True)

    with Ledger.open(desk.path, with_lost_seeds=True) as ledger:
        desk.attempt(use)


def do_steps(desk: Desk) -> None:
    """Record, publish and erase; each of them once more where it fails."""
    with Ledger.open(desk.path) as ledger:
        size = ledger.size
        desk.attempt(lambda: desk.append(ledger, 69), "append")
        desk.attempt(lambda: desk.publish(ledger), "publish")
        desk.attempt(lambda: desk.erase(ledger, desk.certifications[1]), "erase")
    with Ledger.open(desk.path) as ledger:
        recorded = [ledger.entry(index) for index in range(size, ledger.size)]
        desk.say(recorded=[type(entry).__name__ for entry in recorded])


def do_everything(desk: Desk) -> None:
    """One after another, so that each meets what the ones before left unsynced."""
    with Ledger.open(desk.path) as ledger:
        desk.append(ledger, 64)
        desk.publish(ledger)
        desk.record(ledger.deposit(flux(today_spec(seed=65, passages=desk.batch))))
        desk.say(made=[ledger.withdraw(desk.certifications[-1])], type="withdrawal")
        desk.erase(ledger, desk.certifications[-1])
        desk.say(made=ledger.rotate_keys("entry"), type="key")
        desk.append(ledger, 66, 67)
        desk.publish(ledger)
        ledger.export_tiles(desk.tiles)
        desk.append(ledger, 68)


class Operation(NamedTuple):
    """What is done, and to what; ``repairs``: the vault lacks seeds until it is done."""

    make: Callable[[Desk], None]
    do: Callable[[Desk], None]
    repairs: bool = False


OPERATIONS: Final[dict[str, Operation]] = {
    "create": Operation(make_nothing, do_create),
    "create with keys apart": Operation(make_nothing, do_create_apart),
    "reopen": Operation(make_interrupted, do_reopen),
    "form": Operation(make_past, do_form),
    "deposit": Operation(make_past, do_deposit),
    "first publication": Operation(make_beginning, do_publish),
    "publish": Operation(make_past, do_publish),
    "erase": Operation(make_past, do_erase),
    "withdraw": Operation(make_past, do_withdraw),
    "rotate entry key": Operation(make_past, do_rotate_entry),
    "rotate log keys": Operation(make_past, do_rotate_log),
    "first tiles": Operation(make_past, do_tiles),
    "tiles": Operation(make_exported, do_tiles),
    "repair": Operation(make_seedless, do_repair, repairs=True),
    "everything": Operation(make_past, do_everything),
}
STEPS: Final = Operation(make_past, do_steps)
"""What is done for the table of steps, see `steps`."""
