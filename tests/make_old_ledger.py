"""Makes the ledger that later versions must open: ``python tests/make_old_ledger.py FILE``.

An archive with two ledgers, one that goes on and one that was closed; each has entries of
every type that this version writes, with its vault, head register, anchor and keys, and what
was handed out of it. It was made once for each version that was released (``tests/data``), and
what is there is never made anew. All bodies, people and keys are invented.
"""

from __future__ import annotations

import os
import sys
import tarfile
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bodies import Body
from broken_rules import register
from digests import digest_of_file
from ledgers import CERTIFIER, DEPOSITOR, create, flux, records, today_spec
from provenance.cdc.endorsing import check_kit
from provenance.cdc.kit import make_endorsement, parse_kit
from provenance.encoding import encode_base64
from provenance.ledger import Accept, DepositSignature, Ledger, Refuse
from provenance.ledger.form import form_digest
from provenance.record.entry import Previous
from provenance.record.message import deposit_message
from raw_entries import append_raw

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from provenance.record.commitment import Value

SUCCESSOR = "log.example/successor"


def fill(path: Path) -> None:
    """Make a ledger in which everything happened once, and keep what it handed out."""
    body, newer = Body("certifier.example/k"), Body("certifier.example/k2")
    file = flux(today_spec(passages=4, depositor=CERTIFIER))
    with create(path) as ledger:
        ledger.register(CERTIFIER, name="Certificateur", keys=[body.vkey])
        draft = ledger.draft_registration(CERTIFIER, name="Certificateur", keys=[newer.vkey])
        ledger.register_signed(draft, body.sign_draft(draft))
        signed = _signed(ledger, newer, lambda salt: digest_of_file(file, salt))
        first = ledger.deposit(file, signature=signed)
        assert first.deposit is not None
        what = check_kit(parse_kit(ledger.endorsement_kit(first.deposit)), lambda: [file])
        ledger.endorse(make_endorsement(what, newer.key, newer.private.sign))
        sent = records(today_spec(passages=3, seed=8, depositor=CERTIFIER))
        _append(ledger, newer, sent, decide=_refuses(sent[0]))
        kept = [one.index for one in first.accepted]
        changed = {**_record(ledger, kept[0]), "dateFinValidite": "2099-12-31"}
        _append(ledger, newer, [changed], corrections=True)
        ledger.withdraw(kept[1], "ERROR")
        newer_schema: dict[str, object] = {"version": "1.1.5", "passages": 1, "seed": 3}
        ledger.deposit(flux(today_spec(**newer_schema)))
        ledger.deposit(flux(today_spec(**newer_schema, action="SUPPRESSION")))
        early = ledger.publish()
        ledger.rotate_keys("entry")
        ledger.rotate_keys("log")
        append_raw(ledger, register())
        ledger.erase([kept[2]], basis="GDPR_ART_17")
        ledger.publish()
        place = path.parent
        (place / "checkpoint.txt").write_text(early)
        (place / "policy.txt").write_text(ledger.policy())
        (place / "proof.json").write_bytes(ledger.prove([kept[0], kept[1], kept[3]]))


def _record(ledger: Ledger, index: int) -> dict[str, Value]:
    return {name: value for name, value in ledger.fields(index) if name != "source"}


def _refuses(one: Mapping[str, Value]) -> Callable[[Mapping[str, Value]], Accept | Refuse]:
    def decide(fields: Mapping[str, Value]) -> Accept | Refuse:
        refused = fields["idTechnique"] == one["idTechnique"]
        return Refuse("non") if refused else Accept()

    return decide


def _append(
    ledger: Ledger, body: Body, sent: Sequence[Mapping[str, Value]], **options: Any
) -> None:
    """Deposit a form that its depositor signed."""
    digest = partial(form_digest, sent, depositor=CERTIFIER)
    signed = _signed(ledger, body, lambda salt: digest(salt=salt))
    ledger.append(sent, depositor=CERTIFIER, signature=signed, **options)


def _signed(ledger: Ledger, body: Body, digest: Callable[[bytes], bytes]) -> DepositSignature:
    salt = os.urandom(32)
    message = deposit_message(
        origin=ledger.origin,
        depositor=CERTIFIER,
        certifier=CERTIFIER,
        action="CREATION",
        digest=digest(salt),
    )
    return DepositSignature(salt=salt, signer=body.vkey, signature=body.private.sign(message))


def end(path: Path, before: Path) -> None:
    """Make a ledger that continued another one, and was closed."""
    with Ledger.open(before, readonly=True) as ledger:
        checkpoint = ledger.checkpoint()
        assert checkpoint is not None
        size, root = checkpoint[0].size, encode_base64(checkpoint[0].root)
        previous = Previous(origin=ledger.origin, size=size, root=root)
    with Ledger.create(path, origin=SUCCESSOR, previous=previous) as ledger:
        ledger.register(DEPOSITOR, name="Organisme d'exemple", for_all=True)
        ledger.append(records(today_spec(passages=1)), depositor=DEPOSITOR)
        ledger.close_log(successor="log.example/last", genesis=bytes(range(32)))


def pack(directory: Path, names: Sequence[str], target: Path) -> None:
    """Write the archive; the files of locks belong to no copy."""

    def take(one: tarfile.TarInfo) -> tarfile.TarInfo | None:
        one.uid = one.gid = 0
        one.uname = one.gname = ""
        return None if Path(one.name).name in {"lock", "lock.mdb"} else one

    with tarfile.open(target, "w:xz") as archive:
        for name in names:
            archive.add(directory / name, name, filter=take)


def main() -> None:
    """Make both, and pack them."""
    with tempfile.TemporaryDirectory() as place:
        directory = Path(place)
        fill(directory / "ledger")
        end(directory / "closed", directory / "ledger")
        names = ("ledger", "closed", "checkpoint.txt", "policy.txt", "proof.json")
        pack(directory, names, Path(sys.argv[1]))


if __name__ == "__main__":
    main()
