"""The audit: green on what is right, and red, with the index, on what was changed."""

from __future__ import annotations

import shutil
from functools import partial
from typing import TYPE_CHECKING

import lmdb
import pytest
from msgspec import structs

from insider import Body
from ledgers import DEPOSITOR, ORIGIN, create, deposited, flux, records, today_spec
from provenance.audit import audit, plan
from provenance.audit.report import FINDINGS_MAX, Findings
from provenance.encoding import decode_base64
from provenance.errors import FormatError, LedgerDamagedError
from provenance.ledger import Ledger
from provenance.record.entry import Certification, Deposit
from provenance.record.payload import seal_payload
from provenance.storage.vault import HEADER_SIZE, SEED_SIZE
from provenance.tlog.checkpoint import Checkpoint
from provenance.tlog.merkle import leaf_hash
from provenance.tlog.note import sign_note
from provenance.tlog.policy import parse_policy
from raw_entries import log_signers

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from provenance.audit import AuditReport


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with deposited(tmp_path / "ledger") as ledger:
        ledger.append(records(today_spec(seed=9, passages=2)), depositor=DEPOSITOR)
        ledger.publish()
    return tmp_path / "ledger"


def checks(report: AuditReport) -> set[str]:
    return {finding.check for finding in report.findings}


def rewrite(path: Path, database: str, key: bytes, change: Callable[[bytes], bytes]) -> None:
    """Change a stored value behind the ledger's back, as whoever owns the disk can."""
    with lmdb.open(str(path / "log"), max_dbs=16, lib_version=0) as environment:
        handle = environment.open_db(database.encode())
        with environment.begin(write=True, db=handle) as transaction:
            value = transaction.get(key)
            assert value is not None, (database, key)
            transaction.put(key, change(bytes(value)))


def u64(index: int) -> bytes:
    return index.to_bytes(8, "big")


def flip(value: bytes, at: int) -> bytes:
    return value[:at] + bytes([value[at] ^ 1]) + value[at + 1 :]


def test_a_sound_ledger_passes(path: Path) -> None:
    told: list[tuple[int, int]] = []
    report = audit(path, progress=lambda done, total: told.append((done, total)))
    assert report.verdict == "yes", report.findings
    assert report.types["certification"] == 14
    assert report.signatures == report.entries == report.size
    assert report.opened == 16
    assert report.checkpoints == 2
    assert told[-1] == (report.size, report.size)
    assert b'"verdict":"yes"' in report.to_json()


def test_without_a_policy_the_report_says_what_that_means(path: Path) -> None:
    assert any("own word" in note for note in audit(path).notes)
    with Ledger.open(path) as ledger:
        policy = parse_policy(ledger.policy())
    assert not any("own word" in note for note in audit(path, policy=policy).notes)


def test_a_foreign_policy_is_not_satisfied(path: Path, tmp_path: Path) -> None:
    with Ledger.create(tmp_path / "other", origin=ORIGIN) as other:
        policy = parse_policy(other.policy())
    assert "checkpoint" in checks(audit(path, policy=policy))


def test_the_genesis_can_be_pinned(path: Path) -> None:
    with Ledger.open(path) as ledger:
        genesis = leaf_hash(ledger.record(0)[0])
    assert audit(path, genesis=genesis).verdict == "yes"
    assert checks(audit(path, genesis=bytes(32))) == {"genesis"}


def test_payloads_can_stay_closed(path: Path) -> None:
    report = audit(path, vault=False)
    assert (report.verdict, report.opened) == ("yes", 0)
    assert any("not opened" in note for note in report.notes)


@pytest.mark.parametrize("jobs", [1, 2])
def test_without_payloads_the_vault_is_not_opened(path: Path, jobs: int) -> None:
    """An auditor who must not see payloads need not be able to read the vault."""
    shutil.move(path / "vault", path.parent / "elsewhere")
    report = audit(path, vault=False, jobs=jobs)
    assert report.verdict == "yes", report.findings
    report = audit(path, jobs=jobs)
    assert (report.verdict, str(path / "vault") in report.findings[0].message) == ("no", True)


def test_a_size_that_the_log_does_not_have_is_damage(path: Path) -> None:
    """Nothing is set aside for entries that are not there."""
    rewrite(path, "edge", b"size", lambda row: b"\x7f" + row[1:])
    report = audit(path)
    assert checks(report) == {"database"}
    assert "are stored" in report.findings[0].message


@pytest.mark.parametrize("name", ["head", "vault/seeds"])
def test_a_slot_that_rotted_is_named(path: Path, name: str) -> None:
    """The other slot counts, so nothing else shows it before that one is written over."""
    file = path / name
    data = bytearray(file.read_bytes())
    size = {"head": 512, "vault/seeds": 128}[name]
    sequences = [int.from_bytes(data[at + 16 : at + 24], "big") for at in (0, size)]
    data[size * sequences.index(min(sequences)) + 40] ^= 1
    file.write_bytes(data)
    assert checks(audit(path)) == {name.partition("/")[0]}


def test_an_anchor_whose_signatures_are_others_is_named(path: Path) -> None:
    file = path / "anchor"
    lines = file.read_text().splitlines(keepends=True)
    forged = lines[-1][:-40] + "A" * 32 + lines[-1][-8:]
    for changed in (lines[:-1], [*lines[:-1], forged]):
        file.write_text("".join(changed))
        report = audit(path)
        assert checks(report) == {"rollback"}
        assert "signed otherwise" in report.findings[0].message
    # A witness may have signed since: that is none of the log's own keys.
    file.write_text("".join([*lines, lines[-1].replace(ORIGIN, "witness.example")]))
    assert audit(path).verdict == "yes"


def test_a_changed_entry_is_named(path: Path) -> None:
    rewrite(path, "records", u64(7), lambda row: row.replace(b"9EXAMPLE", b"9EXAMPLF"))
    report = audit(path)
    assert report.verdict == "no"
    assert {"tree", "entry-signature", "chain"} <= checks(report)
    assert {finding.index for finding in report.findings if finding.check == "tree"} >= {7}


def test_an_entry_that_is_no_entry_is_named(path: Path) -> None:
    rewrite(path, "records", u64(7), lambda row: flip(row, 70))
    assert ("form", 7) in {(one.check, one.index) for one in audit(path).findings}


@pytest.mark.parametrize(
    ("member", "count", "limit"), [("keys", 17, 16), ("succeeds", 101, 100)]
)
def test_a_list_longer_than_its_limit_is_no_entry(
    path: Path, member: str, count: int, limit: int
) -> None:
    def listed(length: int) -> bytes:
        bodies = [f'"{number:08d}"' for number in range(length)]
        keys = [f'"{Body(f"a.example/{number}").vkey}"' for number in range(length)]
        items = ",".join(keys if member == "keys" else bodies).encode()
        return (
            b'"keys":[%b]' % items if member == "keys" else b'"succeeds":[%b],"keys":[]' % items
        )

    for length in (limit, count):
        rewrite(path, "records", u64(3), partial(_with_lists, lists=listed(length)))
        forms = [one.index for one in audit(path).findings if one.check == "form"]
        assert forms == ([3] if length > limit else [])


def _with_lists(row: bytes, lists: bytes) -> bytes:
    start = min(row.index(name) for name in (b'"succeeds":', b'"keys":') if name in row)
    return row[:start] + lists + b"}"


def test_a_missing_signature_is_no_signature(path: Path) -> None:
    """An entry without a signature is not skipped as unsigned."""
    rewrite(path, "records", u64(6), lambda row: b"\x00" + row[65:])
    assert [(one.check, one.index) for one in audit(path).findings] == [("entry-signature", 6)]


def test_a_changed_payload_is_named(path: Path) -> None:
    rewrite(path, "payloads", u64(8), lambda row: flip(row, 40))
    assert ("contents", 8) in {(one.check, one.index) for one in audit(path).findings}


def test_a_changed_seed_is_named(path: Path) -> None:
    seeds = path / "vault" / "seeds"
    data = bytearray(seeds.read_bytes())
    data[HEADER_SIZE + SEED_SIZE * 9] ^= 1
    seeds.write_bytes(data)
    assert ("contents", 9) in {(one.check, one.index) for one in audit(path).findings}


def test_a_seed_that_vanished_without_an_erasure_is_named(path: Path) -> None:
    seeds = path / "vault" / "seeds"
    data = bytearray(seeds.read_bytes())
    at = HEADER_SIZE + SEED_SIZE * 9
    data[at : at + SEED_SIZE] = bytes(SEED_SIZE)
    seeds.write_bytes(data)
    report = audit(path)
    assert [(one.check, one.index) for one in report.findings] == [("contents", 9)]
    assert "no erasure" in report.findings[0].message


def test_a_changed_look_up_is_found(path: Path) -> None:
    with Ledger.open(path) as ledger:
        key = ledger._lookups.technical(DEPOSITOR, str(dict(ledger.fields(6))["idTechnique"]))
    rewrite(path, "technical", key, lambda row: u64(5) + row[8:])
    assert ("contents", 6) in {(one.check, one.index) for one in audit(path).findings}


def test_a_checkpoint_over_another_tree_is_found(path: Path, tmp_path: Path) -> None:
    """The operator signs another tree of the same size: the entries give it away."""
    with Ledger.open(path) as ledger:
        latest = ledger.checkpoint()
        assert latest is not None
        size = latest[0].size
        signers = log_signers(ledger)
    note = sign_note(Checkpoint(ORIGIN, size, bytes(32)).text, signers).encode()
    rewrite(path, "checkpoints", u64(size), lambda _: note)
    assert checks(audit(path)) == {"checkpoint", "rollback"}


def test_an_unsigned_checkpoint_is_found(path: Path) -> None:
    with Ledger.open(path) as ledger:
        size = ledger.size
    rewrite(path, "checkpoints", u64(size), lambda note: note[:-900] + b"AAAA" + note[-896:])
    assert "checkpoint" in checks(audit(path))


def test_an_older_copy_is_a_finding(tmp_path: Path) -> None:
    path, data = tmp_path / "ledger", tmp_path / "ledger" / "log" / "data.mdb"
    with deposited(path):
        pass
    old = data.read_bytes()
    with Ledger.open(path) as ledger:
        ledger.publish()
        ledger.register("9ANOTHER", name="Un")
        ledger.publish()
    data.write_bytes(old)
    assert checks(audit(path)) == {"rollback"}


def test_an_audit_goes_on_where_the_last_one_ended(path: Path) -> None:
    with Ledger.open(path) as ledger:
        since = ledger.publish()
        begin = ledger.size
        policy = parse_policy(ledger.policy())
        ledger.deposit(flux(today_spec(seed=10)))
        ledger.register(DEPOSITOR, name="Nouveau nom")
        ledger.publish()
    report = audit(path, since=since, policy=policy)
    assert report.verdict == "yes", report.findings
    assert (report.start, report.checkpoints) == (begin, 1)
    assert report.entries == report.size - begin
    assert audit(path, since=since).verdict == "yes"


def test_an_older_checkpoint_is_gone_on_from_while_an_erasure_waits_for_the_next(
    path: Path,
) -> None:
    """A deposit goes along with its certification, and has no status bits of its own."""
    with Ledger.open(path) as ledger:
        since = ledger.publish()
        ledger.erase([6], basis="OTHER")
    assert audit(path, since=since).findings == ()
    with Ledger.open(path) as ledger:
        ledger.publish()
    assert audit(path, since=since).findings == ()


def test_an_older_checkpoint_that_the_log_left_behind_is_a_finding(
    path: Path, tmp_path: Path
) -> None:
    with deposited(tmp_path / "other", today_spec(seed=77)) as other:
        foreign = other.publish()
    report = audit(path, since=foreign)
    assert "since" in checks(report)
    assert report.start == 0
    with Ledger.open(path) as ledger:
        ledger.register("9ANOTHER", name="Un")
        ahead = ledger.publish()
    rewrite(path, "records", u64(0), lambda row: row)
    tampered = ahead.replace(f"\n{len(ahead)}\n", "\n1\n").replace(ORIGIN, "log.example/xxxx")
    assert "since" in checks(audit(path, since=tampered))
    with pytest.raises(FormatError):
        audit(path, since="nothing of the kind")


def test_a_change_before_the_older_checkpoint_is_seen_where_it_matters(path: Path) -> None:
    with Ledger.open(path) as ledger:
        since = ledger.publish()
        ledger.deposit(flux(today_spec(seed=10)))
        ledger.publish()
    rewrite(path, "records", u64(1), lambda row: row.replace(b'"add"', b'"adt"'))
    assert "since" in checks(audit(path, since=since))


def test_what_is_no_ledger_cannot_be_audited(tmp_path: Path) -> None:
    with pytest.raises(LedgerDamagedError):
        audit(tmp_path)


def test_an_unpublished_ledger_can_be_audited(tmp_path: Path) -> None:
    create(tmp_path / "ledger").close()
    report = audit(tmp_path / "ledger")
    assert (report.verdict, report.checkpoints, report.size) == ("yes", 0, 4)


def test_findings_are_listed_up_to_a_limit_and_counted_beyond(path: Path) -> None:
    findings = Findings()
    for index in range(FINDINGS_MAX + 5):
        findings.add("check", "message", index)
    assert (len(findings.listed), findings.count) == (FINDINGS_MAX, FINDINGS_MAX + 5)


def test_a_lost_payload_and_a_foreign_one_are_named(path: Path) -> None:
    with lmdb.open(str(path / "log"), max_dbs=16, lib_version=0) as environment:
        payloads = environment.open_db(b"payloads")
        with environment.begin(write=True, db=payloads) as transaction:
            assert transaction.delete(u64(4))
            assert transaction.delete(u64(6))
            transaction.put(u64(8), bytes(transaction.get(u64(9)) or b""))
    found = {(one.check, one.index) for one in audit(path).findings}
    assert found == {("contents", 4), ("contents", 6), ("contents", 8)}


def test_a_record_that_says_something_else_than_its_passage_is_named(path: Path) -> None:
    """Fields, exact bytes and commitment must be one; here each differs in its turn."""
    with Ledger.open(path) as ledger:
        entry = ledger.entry(6)
        assert isinstance(entry, Certification)
        with ledger._files.store.view() as view:
            kept = ledger._recall.certification(view, 6)
        other = ledger.fields(7)[:-1] + kept.fields[-1:]
        payload = structs.replace(kept, fields=other)
        seed = ledger._recall.seed(6)
        sealed = seal_payload(
            seed, bytes(12), decode_base64(entry.commitment), payload.encode_parts()
        )
    rewrite(path, "payloads", u64(6), lambda _: sealed)
    messages = {one.message for one in audit(path).findings if one.index == 6}
    assert any("committed" in one for one in messages)


def test_a_file_that_cannot_be_put_together_is_named(path: Path) -> None:
    with Ledger.open(path) as ledger:
        entry, payload = ledger.entry(4), ledger.deposited(4)
        assert isinstance(entry, Deposit)
        seed = ledger._recall.seed(4)
        digest = decode_base64(entry.digest)
    for changed in (
        structs.replace(payload, residue=payload.residue[:-1] + b" "),
        structs.replace(payload, holes=payload.holes[:-1]),
        structs.replace(payload, holes=(*payload.holes, payload.size - 1)),
    ):
        sealed = seal_payload(seed, bytes(12), digest, changed.encode_parts())
        rewrite(path, "payloads", u64(4), lambda _, sealed=sealed: sealed)  # type: ignore[misc]
        assert ("deposit", 4) in {(one.check, one.index) for one in audit(path).findings}


def test_a_holder_that_cannot_be_found_is_named(path: Path) -> None:
    with Ledger.open(path) as ledger:
        keys = ledger._lookups.holders_of(ledger.fields(6), None)
    with lmdb.open(str(path / "log"), max_dbs=16, lib_version=0) as environment:
        holders = environment.open_db(b"holders", dupsort=True, dupfixed=True)
        with environment.begin(write=True, db=holders) as transaction:
            assert all(transaction.delete(key, u64(6)) for key in keys)
    assert [(one.check, one.index) for one in audit(path).findings] == [("contents", 6)]


def test_a_checkpoint_beyond_the_log_is_found(path: Path) -> None:
    with lmdb.open(str(path / "log"), max_dbs=16, lib_version=0) as environment:
        checkpoints = environment.open_db(b"checkpoints")
        with environment.begin(write=True, db=checkpoints) as transaction:
            transaction.put(u64(1000), b"from the future")
    assert "checkpoint" in checks(audit(path))


def test_a_checkpoint_without_one_of_the_log_keys_is_found(path: Path) -> None:
    with Ledger.open(path) as ledger:
        latest = ledger.checkpoint()
        assert latest is not None
        signers = log_signers(ledger)
    note = sign_note(latest[0].text, signers[:1]).encode()
    rewrite(path, "checkpoints", u64(latest[0].size), lambda _: note)
    report = audit(path)
    # The anchor has both signatures, as it was published.
    assert checks(report) == {"checkpoint", "rollback"}
    assert any("lacks" in one.message for one in report.findings)


def test_an_older_checkpoint_larger_than_the_log_is_a_finding(path: Path) -> None:
    with Ledger.open(path) as ledger:
        signers = log_signers(ledger)
    since = sign_note(Checkpoint(ORIGIN, 10_000, bytes(32)).text, signers)
    assert "since" in checks(audit(path, since=since))
    assert "since" in checks(
        audit(path, since=sign_note(Checkpoint(ORIGIN, 0, bytes(32)).text, signers))
    )


def test_an_older_checkpoint_that_ends_in_no_status_entry_is_a_finding(path: Path) -> None:
    with Ledger.open(path) as ledger:
        signers = log_signers(ledger)
        with ledger._files.store.view() as view:
            root = view.root(5)
    since = sign_note(Checkpoint(ORIGIN, 5, root).text, signers)
    assert "since" in checks(audit(path, since=since))


def test_progress_is_told_after_each_stretch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "OPENED", 64)
    with deposited(tmp_path / "ledger", today_spec(passages=150)) as ledger:
        size = ledger.size
    told: list[tuple[int, int]] = []
    audit(tmp_path / "ledger", progress=lambda *both: told.append(both))
    assert told == [(64, size), (128, size), (size, size)]


def test_signatures_may_stay_unchecked_and_the_report_says_so(path: Path) -> None:
    rewrite(path, "records", u64(6), lambda row: b"\x00" + row[65:])
    report = audit(path, signatures=False)
    assert (report.verdict, report.signatures) == ("yes", 0)
    assert any("signatures were not checked" in note for note in report.notes)
    assert not any("signatures were not checked" in note for note in audit(path).notes)
    assert checks(audit(path)) == {"entry-signature"}
