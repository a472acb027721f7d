"""Somebody who records what suits: with the operator's keys, vault and database, and no more.

Everything is chained, signed, committed to and sealed as the ledger itself does it, so what an
audit says of it rests on what was recorded, and on nothing that is malformed.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledgers import ORIGIN
from naive_commitment import naive_commitment
from provenance.cdc.flux import FluxReader
from provenance.cdc.typed import in_order
from provenance.encoding import encode_base64, encode_json
from provenance.ledger.changes import change_key
from provenance.ledger.deposit_job import signed_row
from provenance.ledger.lookups import Lookups
from provenance.ledger.registry import index_row, read_depositor
from provenance.record.commitment import commit
from provenance.record.depositdigest import (
    deposit_digest,
    file_leaf,
    file_salts,
    leading_of,
    passage_leaf,
    source_digest,
    source_text,
)
from provenance.record.entry import (
    Certification,
    Deposit,
    Withdrawal,
    encode_entry,
    parse_entry,
)
from provenance.record.message import deposit_message, entry_message
from provenance.record.payload import DepositPayload, place_part, seal_payload
from provenance.record.slots import CERTIFICATION, SOURCE, WITHDRAWAL
from provenance.record.status import WITHDRAWN
from provenance.storage import Commit, Head
from provenance.tlog.merkle import leaf_hash
from provenance.tlog.note import ED25519, make_verifier_key
from raw_entries import entry_signer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from provenance.ledger import Ledger
    from provenance.record.commitment import Field, Value
    from provenance.record.entry import Entry

    Make = Callable[[int, str, str], Entry]

SALT_SIZE: Final = 32


class Body:
    """A certifying body with a key of its own."""

    def __init__(self, name: str = "certifier.example/k") -> None:
        self.private: Final = Ed25519PrivateKey.generate()
        public = self.private.public_key().public_bytes_raw()
        self.vkey: Final = str(make_verifier_key(name, ED25519, public))

    def sign(self, message: bytes) -> str:
        return encode_base64(self.private.sign(message))


@dataclass(frozen=True)
class Passage:
    """One passage of a file, or record of a form: as it was sent, or as it is to be recorded.

    ``source`` k follows from bindings, fields and bytes, unless something else is said.
    """

    bindings: tuple[tuple[str, str], ...]
    source: bytes
    fields: tuple[Field, ...]
    number: int
    span: tuple[int, int]

    def saying(self, **changed: Value) -> Passage:
        """Return the same bytes with other fields, and the ``source`` that follows."""
        dropped = {name for name, value in changed.items() if value is None}
        fields = [(n, changed.get(n, v)) for n, v in self.fields[:-1] if n not in dropped]
        fields += [
            (n, v) for n, v in changed.items() if v is not None and n not in dict(fields)
        ]
        record = in_order(dict(fields))
        return replace(
            self, fields=(*record.items(), (SOURCE, source_text(self.digest(record))))
        )

    def digest(self, record: Mapping[str, Value] | None = None) -> bytes:
        leading = leading_of(dict(self.fields) if record is None else record)
        return source_digest(self.bindings, leading, self.source)


def passages_of(data: bytes) -> list[Passage]:
    """Read a file as the ledger does."""
    reader = FluxReader(lambda: [data])
    found = [
        Passage(one.bindings, one.source, one.fields, one.number + 1, (one.start, one.end))
        for one in reader.passages()
    ]
    assert not reader.faults, reader.faults
    return found


def form_of(
    records: Sequence[Mapping[str, Value]], *, ordered: bool = True
) -> tuple[bytes, list[Passage]]:
    """Return a form's bytes and its records."""
    found: list[Passage] = []
    at = 1
    for number, record in enumerate(records, 1):
        content = in_order(dict(record)) if ordered else dict(record)
        source = encode_json(content)
        digest = source_digest((), leading_of(content), source)
        fields = (*content.items(), (SOURCE, source_text(digest)))
        found.append(Passage((), source, fields, number, (at, at + len(source))))
        at += len(source) + 1
    return b"[" + b",".join(one.source for one in found) + b"]", found


@dataclass(kw_only=True)
class Plan:
    """What is to be recorded of a file. All that is not said follows from the file.

    ``sent``: the passages that the digest covers. ``recorded``: those that become
    certifications. ``claims``: how many the deposit says that these are. ``withdraws``: of a
    file that takes back, the entries that are withdrawn. ``unchecked``: records are committed
    to whatever they hold. ``registrations``: those that the certifications name, of depositor
    and certifier.
    """

    data: bytes
    sent: list[Passage]
    recorded: list[Passage]
    depositor: str
    certifier: str
    action: str = "CREATION"
    media_type: str = "application/xml"
    claims: int | None = None
    signed_by: Body | None = None
    salt: bytes = field(default_factory=lambda: os.urandom(SALT_SIZE))
    withdraws: Sequence[int] = ()
    unchecked: bool = False
    registrations: tuple[int, int | None] | None = None

    @property
    def count(self) -> int:
        """How many entries the deposit says are its own."""
        own = len(self.recorded) + len(self.withdraws)
        return own if self.claims is None else self.claims


def plan_file(data: bytes, **more: object) -> Plan:
    """Plan to record a file as it is."""
    found = passages_of(data)
    record = dict(found[0].fields)
    bodies = {"depositor": str(record["emetteur"]), "certifier": str(record["certificateur"])}
    members = {**bodies, "data": data, "sent": found, "recorded": list(found), **more}
    return Plan(**members)  # type: ignore[arg-type]


def plan_form(
    records: Sequence[Mapping[str, Value]], *, ordered: bool = True, **more: object
) -> Plan:
    """Plan to record a form as it is; ``ordered``: each record in its order."""
    data, found = form_of(records, ordered=ordered)
    record = dict(found[0].fields)
    bodies = {"depositor": str(record["emetteur"]), "certifier": str(record["certificateur"])}
    members = {**bodies, "data": data, "sent": found, "recorded": list(found), **more}
    return Plan(media_type="application/json", **members)  # type: ignore[arg-type]


def record(ledger: Ledger, plan: Plan) -> int:
    """Record a deposit with its certifications in one commit; return the deposit's index."""
    leaves, salts = leaves_of(plan)
    digest = deposit_digest(leaves)
    deposit = _deposit(ledger, plan, digest)
    return _commit(ledger, plan, deposit, _payload(plan), digest, leaves, salts)


def leaves_of(plan: Plan) -> tuple[list[bytes], bytes]:
    """Return the leaf hashes of the digest, and the salts."""
    salts = file_salts(plan.salt, max(one.number for one in [*plan.sent, *plan.recorded]))
    leaves = [file_leaf(salts[:SALT_SIZE], hashlib.sha256(plan.data).digest())]
    leaves += [passage_leaf(salt_at(salts, one.number), one.digest()) for one in plan.sent]
    return leaves, salts


def salt_at(salts: bytes, number: int) -> bytes:
    return salts[SALT_SIZE * number : SALT_SIZE * (number + 1)]


def _deposit(ledger: Ledger, plan: Plan, digest: bytes) -> Make:
    with ledger._files.store.view() as view:
        registered = read_depositor(view, plan.depositor)
    members: dict[str, object] = {
        "depositor": plan.depositor,
        "registration": registered.index if registered else 0,
        "certifier": plan.certifier,
        "action": plan.action,
        "digest": encode_base64(digest),
        "recorded": plan.count,
    }
    if plan.signed_by is not None:
        message = deposit_message(
            origin=ORIGIN,
            depositor=plan.depositor,
            certifier=plan.certifier,
            action=plan.action,
            digest=digest,
        )
        members |= {"signer": plan.signed_by.vkey, "signature": plan.signed_by.sign(message)}

    def make(index: int, time: str, prev: str) -> Entry:
        return Deposit(index=index, time=time, prev=prev, **members)  # type: ignore[arg-type]

    return make


def _payload(plan: Plan) -> DepositPayload:
    # What is recorded under the number of a passage, or behind the last, is cut out there.
    spans = sorted({one.span for one in plan.recorded if one.span[0] >= 0})
    residue, at = bytearray(), 0
    for start, end in spans:
        residue += plan.data[at:start]
        at = end
    residue += plan.data[at:]
    return DepositPayload(
        file_salt=plan.salt,
        file_name="depot",
        media_type=plan.media_type,
        size=len(plan.data),
        id_flux="flux",
        residue=bytes(residue),
        holes=tuple(start for start, _ in spans),
    )


def _commit(
    ledger: Ledger,
    plan: Plan,
    deposit: Make,
    payload: DepositPayload,
    digest: bytes,
    leaves: list[bytes],
    salts: bytes,
) -> int:
    files = ledger._files
    lookups = Lookups(files.vault.secret)
    with files.store.view() as view:
        start = view.size
        deposited = plan.registrations or _registrations(view, plan)
    seed = os.urandom(32)
    makes, seeds = [deposit], [seed]
    sealed = [(start, seal_payload(seed, os.urandom(12), digest, payload.encode_parts()))]
    technical, holders = [], []
    for index, one in enumerate(plan.recorded, start + 1):
        seed = os.urandom(32)
        commit_to = naive_commitment if plan.unchecked else _commit_checked
        committed = commit_to(seed, one.fields)
        makes.append(_certification(plan, start, committed, deposited))
        seeds.append(seed)
        sealed.append((index, _seal(seed, committed, one, salts)))
        technique = str(dict(one.fields)["idTechnique"])
        technical.append((lookups.technical(plan.depositor, technique), index))
        holders += [(key, index) for key in lookups.holders_of(one.fields, None)]
    for index, target in enumerate(plan.withdraws, start + 1):
        seed = os.urandom(32)
        reason = ("reason", "DEPOSITOR_REQUEST")
        committed = commit(seed, [reason], WITHDRAWAL)
        makes.append(_withdrawal(start, target, committed))
        seeds.append(seed)
        parts = (b"[]", b"", encode_json(dict([reason])))
        sealed.append((index, seal_payload(seed, os.urandom(12), committed, parts)))
    state = [
        index_row(change_key(target, WITHDRAWN), index)
        for index, target in enumerate(plan.withdraws, start + 1)
    ]
    if plan.signed_by is not None:
        state.append(index_row(signed_row(plan.depositor, digest), start))
    append_all(
        ledger,
        makes,
        seeds=seeds,
        payloads=sealed,
        state=state,
        marks=[(target, WITHDRAWN) for target in plan.withdraws],
        technical=technical,
        holders=holders,
        leaves=[(start, b"".join(leaves))],
    )
    return start


def _commit_checked(seed: bytes, fields: Sequence[Field]) -> bytes:
    return commit(seed, fields, CERTIFICATION)


def _withdrawal(deposit: int, target: int, committed: bytes) -> Make:
    def make(index: int, time: str, prev: str) -> Entry:
        return Withdrawal(
            index=index,
            time=time,
            prev=prev,
            deposit=deposit,
            withdraws=target,
            commitment=encode_base64(committed),
        )

    return make


def _registrations(view: object, plan: Plan) -> tuple[int, int | None]:
    mine = read_depositor(view, plan.depositor)  # type: ignore[arg-type]
    certifier = read_depositor(view, plan.certifier)  # type: ignore[arg-type]
    other = None if certifier is None or plan.certifier == plan.depositor else certifier.index
    return (mine.index if mine else 0), other


def _certification(
    plan: Plan, deposit: int, committed: bytes, registrations: tuple[int, int | None]
) -> Make:
    def make(index: int, time: str, prev: str) -> Entry:
        return Certification(
            index=index,
            time=time,
            prev=prev,
            deposit=deposit,
            depositor=plan.depositor,
            registration=registrations[0],
            certifier_registration=registrations[1],
            commitment=encode_base64(committed),
        )

    return make


def _seal(seed: bytes, committed: bytes, one: Passage, salts: bytes) -> bytes:
    parts = (
        encode_json(one.bindings),
        one.source,
        encode_json(dict(one.fields[:-1])),
        place_part(one.number, salt_at(salts, one.number)),
    )
    return seal_payload(seed, os.urandom(12), committed, parts)


def append_all(
    ledger: Ledger, makes: Sequence[Make], *, seeds: Sequence[bytes], **rows: object
) -> int:
    """Append entries in one commit, signed and chained; return the index of the first."""
    files = ledger._files
    with files.store.view() as view:
        start = view.size
        prev = view.leaf_hash(start - 1)
        time = parse_entry(view.entry(start - 1)).time
    entries, leaf_hashes = [], []
    for index, make in enumerate(makes, start):
        entries.append(encode_entry(make(index, time, encode_base64(prev))))
        prev = leaf_hash(entries[-1])
        leaf_hashes.append(prev)
    sign = entry_signer(ledger, start)
    files.vault.write(start, b"".join(seeds))
    files.store.commit(
        Commit(
            start=start,
            entries=entries,
            leaf_hashes=leaf_hashes,
            signatures=[sign(entry_message(ledger.origin, leaf)) for leaf in leaf_hashes],
            **rows,  # type: ignore[arg-type]
        )
    )
    files.head.write(Head(start + len(makes), prev))
    return start
