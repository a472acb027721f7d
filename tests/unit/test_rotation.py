"""Keys over time: rotated here and by other processes, and what an audit says to forgeries."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from itertools import pairwise
from shutil import copytree
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from commands import start
from ledgers import CERTIFIER, DEPOSITOR, ORIGIN, create, deposited, flux, today_spec
from provenance.audit import audit
from provenance.errors import KeyFileError, LedgerBusyError, PolicyError, SignatureError
from provenance.keys import write_private_key
from provenance.keys.uri import make_file_uri
from provenance.ledger import Ledger
from provenance.ledger.job import OutdatedError
from provenance.ledger.keyhistory import key_row, replay_keys, signing_key
from provenance.record.entry import ZERO_PREV, Depositor, Key
from provenance.report import PROVEN
from provenance.tlog.checkpoint import Checkpoint
from provenance.tlog.note import ED25519, MLDSA44, make_verifier_key, sign_note
from provenance.tlog.policy import parse_policy, verify_checkpoint
from provenance.verifier import Verifier
from raw_entries import append_raw, entry_signer, log_signers

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from provenance.ledger.draft import Place
    from provenance.record.entry import Entry

FIRST = 5
"""Index of the first certification of `deposited`."""


def make_entry(kind: Callable[..., Entry], **members: Any) -> Callable[[Place], Entry]:
    def make(place: Place) -> Entry:
        return kind(index=place.index, time=place.time, prev=place.prev, **members)

    return make


def in_force(ledger: Ledger, role: str) -> list[str]:
    return [
        str(key.verifier)
        for key in ledger.operator_keys()
        if key.role == role and key.retired is None
    ]


def test_a_new_entry_key_signs_what_follows(tmp_path: Path) -> None:
    with deposited(tmp_path / "ledger") as ledger:
        (old,) = in_force(ledger, "entry")
        added, retired = ledger.rotate_keys("entry")
        assert (added, retired) == (ledger.size - 2, ledger.size - 1)
        first, second = ledger.entry(added), ledger.entry(retired)
        assert isinstance(first, Key)
        assert isinstance(second, Key)
        assert (first.action, first.role) == ("add", "entry")
        assert (second.action, second.vkey) == ("retire", old)
        assert in_force(ledger, "entry") == [first.vkey]
        ledger.deposit(flux(today_spec(seed=8, passages=40)))
        ledger.publish()
        index = ledger.size - 3
        shown = msgspec.json.decode(ledger.prove([FIRST, index]))["entries"]
        # Both keys signed something that is shown; the second one's entry rests on the first.
        declared = [one["entry"] for one in shown if '"type":"key"' in one["entry"]]
        assert [msgspec.json.decode(one)["index"] for one in declared] == [1, added]
        report = Verifier(ledger.policy()).verify(ledger.prove([FIRST, index]))
        assert report.verdict in PROVEN, report
        assert Verifier(ledger.policy()).verify(ledger.prove([FIRST])).verdict in PROVEN
        assert Verifier(ledger.policy()).verify(ledger.prove([index])).verdict in PROVEN
    found = audit(tmp_path / "ledger")
    assert found.verdict == "yes", found.findings


def test_new_log_keys_sign_the_next_checkpoint(tmp_path: Path) -> None:
    with deposited(tmp_path / "ledger") as ledger:
        old_policy, old_bundle = ledger.policy(), ledger.prove([FIRST])
        entries = ledger.rotate_keys("log")
        made = [ledger.entry(index) for index in entries]
        assert [one.action for one in made if isinstance(one, Key)] == [
            *("add", "add", "retire", "retire")
        ]
        policy = ledger.policy()
        assert policy.count("log ") == 2
        assert not {*policy.splitlines()} & {*old_policy.splitlines()} - {"quorum none"}
        note = ledger.publish()
        kinds = {
            one.key.kind for one in verify_checkpoint(note, parse_policy(policy)).signatures
        }
        assert kinds == {ED25519, MLDSA44}
        with pytest.raises(SignatureError):
            verify_checkpoint(note, parse_policy(old_policy))
        assert Verifier(policy).verify(ledger.prove([FIRST])).verdict in PROVEN
        assert Verifier(policy).verify(old_bundle).verdict == "no"
        assert Verifier(old_policy).verify(old_bundle).verdict in PROVEN
    found = audit(tmp_path / "ledger", policy=parse_policy(policy))
    assert found.verdict == "yes", found.findings
    assert audit(tmp_path / "ledger", policy=parse_policy(old_policy)).verdict == "no"


def test_keys_rotate_again_and_again(tmp_path: Path) -> None:
    notes: list[str] = []
    with deposited(tmp_path / "ledger") as ledger:
        for seed in range(3):
            notes.append(ledger.publish())
            ledger.rotate_keys("entry")
            ledger.rotate_keys("log")
            ledger.deposit(flux(today_spec(seed=20 + seed, passages=2)))
            notes.append(ledger.publish())
        assert [key.retired is None for key in ledger.operator_keys()].count(True) == 3
        last = ledger.size - 2
        assert Verifier(ledger.policy()).verify(ledger.prove([FIRST, last])).verdict in PROVEN
        for older, newer in pairwise(ledger.operator_keys()):
            assert older.added <= newer.added
    for since in (None, *notes):
        report = audit(tmp_path / "ledger", since=since)
        assert report.verdict == "yes", report.findings
        assert bool(report.start) == (since is not None)


def test_an_auditor_goes_on_from_a_checkpoint_by_retired_keys(tmp_path: Path) -> None:
    """Its policy has the new keys; a checkpoint by these must stand behind the older one."""
    path = tmp_path / "ledger"
    with deposited(path) as ledger:
        since = ledger.publish()
        old, size = parse_policy(ledger.policy()), ledger.size
        ledger.rotate_keys("log")
        new = parse_policy(ledger.policy())
    assert {one.check for one in audit(path, since=since, policy=new).findings} == {
        "since",
        "checkpoint",
    }
    with Ledger.open(path) as ledger:
        ledger.publish()
    report = audit(path, since=since, policy=new)
    assert (report.verdict, report.start) == ("yes", size)
    assert {one.check for one in audit(path, since=since, policy=old).findings} == {
        "checkpoint"
    }


def test_a_checkpoint_that_was_cut_off_is_signed_by_the_keys_of_its_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rotated between the status entry and its signature, by another writer."""
    with deposited(tmp_path / "ledger") as ledger:
        ledger.register("9ANOTHER", name="Un")
        append_status = ledger._publisher._append_status

        def rotate_behind() -> int:
            size = append_status()
            ledger.rotate_keys("log")
            return size

        monkeypatch.setattr(ledger._publisher, "_append_status", rotate_behind)
        old = parse_policy(ledger.policy())
        verify_checkpoint(ledger.publish(), old)
        monkeypatch.undo()
        verify_checkpoint(ledger.publish(), parse_policy(ledger.policy()))
    assert audit(tmp_path / "ledger").verdict == "yes"


def test_keys_that_exist_are_taken_into_use(tmp_path: Path) -> None:
    classic, quantum_safe = Ed25519PrivateKey.generate(), MLDSA44PrivateKey.generate()
    write_private_key(tmp_path / "a key.pem", classic)
    write_private_key(tmp_path / "pq.pem", quantum_safe)
    uris = [make_file_uri(tmp_path / name) for name in ("pq.pem", "a key.pem")]
    with create(tmp_path / "ledger") as ledger:
        ledger.rotate_keys("log", *uris)
        assert {key.split("+")[2] for key in in_force(ledger, "log")} == {
            str(make_verifier_key("x", ED25519, classic.public_key().public_bytes_raw())).split(
                "+"
            )[2],
            str(
                make_verifier_key("x", MLDSA44, quantum_safe.public_key().public_bytes_raw())
            ).split("+")[2],
        }
        ledger.publish()
    with Ledger.open(tmp_path / "ledger") as ledger:
        ledger.register("9ANOTHER", name="Un")
        ledger.publish()
    (tmp_path / "pq.pem").unlink()
    with Ledger.open(tmp_path / "ledger") as ledger:
        ledger.register("9ANOTHER", name="Deux")
        with pytest.raises(KeyFileError, match=r"pq\.pem"):
            ledger.publish()
        ledger.rotate_keys("log")
        ledger.publish()
    assert audit(tmp_path / "ledger").verdict == "yes"


def test_keys_of_the_wrong_kind_or_number_are_refused(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_private_key(tmp_path / f"{name}.pem", Ed25519PrivateKey.generate())
    write_private_key(tmp_path / "pq.pem", MLDSA44PrivateKey.generate())
    one, two, quantum_safe = (
        make_file_uri(tmp_path / f"{name}.pem") for name in ("a", "b", "pq")
    )
    with create(tmp_path / "ledger") as ledger:
        size, files = ledger.size, sorted((tmp_path / "ledger" / "keys").iterdir())
        for role, uris in (
            ("entry", [one, two]),
            ("entry", [quantum_safe]),
            ("log", [one, two]),
            ("log", [one, one]),
        ):
            with pytest.raises(PolicyError, match="one Ed25519"):
                ledger.rotate_keys(role, *uris)  # type: ignore[arg-type]
        for uri in ("http://a.example/key", str(tmp_path / "a.pem"), "file:/none.pem"):
            with pytest.raises(KeyFileError):
                ledger.rotate_keys("entry", uri)
        assert ledger.size == size
        assert sorted((tmp_path / "ledger" / "keys").iterdir()) == files
    with (
        Ledger.open(tmp_path / "ledger", readonly=True) as reader,
        pytest.raises(PolicyError, match="reading only"),
    ):
        reader.rotate_keys("entry")


def test_a_key_of_the_operator_is_no_depositors(tmp_path: Path) -> None:
    with create(tmp_path / "ledger") as ledger:
        (first,) = in_force(ledger, "entry")
        ledger.rotate_keys("entry")
        size = ledger.size
        for vkey in (first, *in_force(ledger, "entry"), in_force(ledger, "log")[0]):
            with pytest.raises(PolicyError, match="nobody else's"):
                ledger.register("9ANOTHER", name="x", keys=[vkey])
        assert ledger.size == size


def test_a_public_key_is_used_once(tmp_path: Path) -> None:
    depositors_key, again = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    write_private_key(tmp_path / "depositor.pem", depositors_key)
    write_private_key(tmp_path / "again.pem", again)
    uri = make_file_uri(tmp_path / "again.pem")
    public = depositors_key.public_key().public_bytes_raw()
    vkey = str(make_verifier_key("certifier.example", ED25519, public))
    with create(tmp_path / "ledger") as ledger:
        ledger.register(DEPOSITOR, name="x", keys=[vkey])
        ledger.register(DEPOSITOR, name="x")
        with pytest.raises(PolicyError, match="depositor's key that entry 4"):
            ledger.rotate_keys("entry", make_file_uri(tmp_path / "depositor.pem"))
        ledger.rotate_keys("entry", uri)
        for role in ("entry", "log"):
            with pytest.raises(PolicyError, match="entry key that entry 6"):
                ledger.rotate_keys(role, uri)
        ledger.rotate_keys("entry")
        size = ledger.size
        with pytest.raises(PolicyError, match="used once"):
            ledger.rotate_keys("entry", uri)
        assert ledger.size == size


# --- several writers


def command(*words: str) -> None:
    done = start(*words)
    assert done.returncode == 0, done.stderr.decode()


def test_a_rotation_by_another_process_is_noticed_before_signing(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    with deposited(path) as ledger:
        for role in ("entry", "log", "entry"):
            command("key", "rotate", str(path), "--role", role)
            ledger.deposit(flux(today_spec(seed=ledger.size, passages=20)))
            note = ledger.publish()
            verify_checkpoint(note, parse_policy(ledger.policy()))
        command("depositor", "add", str(path), CERTIFIER, "--name", "Autre")
        ledger.rotate_keys("entry")
        command("depositor", "add", str(path), CERTIFIER, "--name", "Encore")
        assert Verifier(ledger.policy()).verify(ledger.prove([FIRST])).verdict in PROVEN
    report = audit(path)
    assert report.verdict == "yes", report.findings
    assert report.types["key"] == 1 + 3 * 2 + 4


def test_a_writer_without_the_new_key_says_so_and_signs_nothing(tmp_path: Path) -> None:
    path, keys = tmp_path / "ledger", tmp_path / "elsewhere"
    create(path).close()
    copytree(path / "keys", keys)
    with Ledger.open(path, keys=keys) as ledger:
        ledger.publish()
        command("key", "rotate", str(path), "--role", "entry")
        size = ledger.size
        for _ in range(2):
            with pytest.raises(KeyFileError, match="not there"):
                ledger.register("9ANOTHER", name="Un")
        with pytest.raises(KeyFileError):
            ledger.publish()
        assert ledger.size == size
        for file in set((path / "keys").iterdir()):
            if not (keys / file.name).exists():
                shutil.copy(file, keys)
        ledger.register("9ANOTHER", name="Un")
    assert audit(path).verdict == "yes"


CRASHING = """
import os, sys
from provenance.ledger import Ledger
from provenance.ledger.group import GroupCommit
from provenance.storage import HeadRegister

if sys.argv[2] == "before":
    GroupCommit.submit = lambda *_: os._exit(9)
ledger = Ledger.open(sys.argv[1])
HeadRegister.write = lambda *_: os._exit(9)
ledger.rotate_keys("entry")
os._exit(0)
"""


@pytest.mark.parametrize("moment", ["before", "behind"])
def test_a_crash_on_either_side_of_the_commit_leaves_a_usable_ledger(
    tmp_path: Path, moment: str
) -> None:
    path = tmp_path / "ledger"
    with deposited(path) as ledger:
        (old,) = in_force(ledger, "entry")
    done = subprocess.run([sys.executable, "-c", CRASHING, str(path), moment], check=False)
    assert done.returncode == 9
    assert len(list((path / "keys").glob("entry-*.pem"))) == 2
    with Ledger.open(path) as ledger:
        assert (in_force(ledger, "entry") == [old]) == (moment == "before")
        ledger.register("9ANOTHER", name="Un")
        ledger.rotate_keys("entry")
        ledger.publish()
        assert Verifier(ledger.policy()).verify(ledger.prove([FIRST])).verdict in PROVEN
    assert audit(path).verdict == "yes"


def test_threads_that_rotate_at_once_take_turns(tmp_path: Path) -> None:
    with create(tmp_path / "ledger") as ledger:
        errors: list[Exception] = []

        def work(number: int) -> None:
            try:
                if number % 2:
                    ledger.rotate_keys("entry")
                else:
                    ledger.register(f"9NUMBER{number}", name="x")
            except Exception as error:  # noqa: BLE001 - told below
                errors.append(error)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not errors
        assert len(in_force(ledger, "entry")) == 1
        ledger.publish()
    report = audit(tmp_path / "ledger")
    assert report.verdict == "yes", report.findings
    assert report.types["key"] == 1 + 4 * 2


def test_a_rotation_that_never_gets_its_turn_gives_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: object) -> None:
        raise OutdatedError

    with create(tmp_path / "ledger") as ledger:
        monkeypatch.setattr(ledger._rotating, "_submit", refuse)
        with pytest.raises(LedgerBusyError, match="try again"):
            ledger.rotate_keys("entry")


def test_a_key_that_another_writer_takes_first_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found unused, and taken before the lock is held: the check is made again there."""
    write_private_key(tmp_path / "key.pem", Ed25519PrivateKey.generate())
    uri = make_file_uri(tmp_path / "key.pem")
    with create(tmp_path / "ledger") as ledger:
        submit = ledger._rotating._submit

        def take_first(job: Any) -> Any:
            monkeypatch.undo()
            ledger.rotate_keys("entry", uri)
            return submit(job)

        monkeypatch.setattr(ledger._rotating, "_submit", take_first)
        with pytest.raises(PolicyError, match="used once"):
            ledger.rotate_keys("entry", uri)


# --- forgeries, which an audit must name


def audit_closed(ledger: Ledger, **options: Any) -> set[tuple[str, int | None]]:
    path = ledger.path
    ledger.close()
    report = audit(path, vault=False, **options)
    return {(one.check, one.index) for one in report.findings}


def test_an_entry_signed_by_a_retired_key_is_found(tmp_path: Path) -> None:
    with deposited(tmp_path / "ledger") as ledger:
        old = entry_signer(ledger, ledger.size)
        ledger.rotate_keys("entry")
        since = ledger.publish()
        registration = make_entry(Depositor, depositor="9ANOTHER", name="x", keys=())
        at = append_raw(ledger, registration, signer=old)
        ledger.publish()
        assert audit_closed(ledger) == {("entry-signature", at)}
        assert {one.index for one in audit(ledger.path, since=since, vault=False).findings} == {
            at
        }


def test_a_key_does_not_sign_its_own_retirement(tmp_path: Path) -> None:
    with deposited(tmp_path / "ledger") as ledger:
        old = entry_signer(ledger, ledger.size)
        (first,) = in_force(ledger, "entry")
        new = Ed25519PrivateKey.generate()
        vkey = make_verifier_key(
            f"{ORIGIN}/entry", ED25519, new.public_key().public_bytes_raw()
        )
        add = make_entry(Key, action="add", role="entry", vkey=str(vkey))
        append_raw(ledger, add)
        retire = make_entry(Key, action="retire", role="entry", vkey=first)
        at = append_raw(ledger, retire, signer=old)
        assert audit_closed(ledger) == {("entry-signature", at)}


def test_a_key_does_not_sign_its_own_beginning(tmp_path: Path) -> None:
    """Not even when the last one was retired before it."""
    with deposited(tmp_path / "ledger") as ledger:
        (first,) = in_force(ledger, "entry")
        new = Ed25519PrivateKey.generate()
        vkey = make_verifier_key(
            f"{ORIGIN}/entry", ED25519, new.public_key().public_bytes_raw()
        )
        retire = make_entry(Key, action="retire", role="entry", vkey=first)
        at = append_raw(ledger, retire, signer=entry_signer(ledger, ledger.size))
        add = make_entry(Key, action="add", role="entry", vkey=str(vkey))
        append_raw(ledger, add, signer=new.sign)
        registration = make_entry(Depositor, depositor="9ANOTHER", name="x", keys=())
        append_raw(ledger, registration, signer=new.sign)
        with pytest.raises(PolicyError, match="no entry key is in force"):
            signing_key(ledger.operator_keys(), at + 1)
        assert audit_closed(ledger) == {("entry-signature", at), ("entry-signature", at + 1)}


def test_a_checkpoint_by_retired_keys_alone_is_found(tmp_path: Path) -> None:
    with deposited(tmp_path / "ledger") as ledger:
        old = log_signers(ledger)
        ledger.rotate_keys("log")
        size = ledger._publisher._append_status()
        with ledger._files.store.view() as view:
            forged = sign_note(Checkpoint(ORIGIN, size, view.root(size)).text, old)
        ledger._files.store.put_checkpoint(size, forged.encode())
        assert audit_closed(ledger) == {("checkpoint", size - 1)}
        found = audit(ledger.path, since=forged, vault=False).findings
        assert {one.check for one in found} == {"since", "checkpoint"}


def test_a_checkpoint_by_only_some_of_the_new_keys_is_found(tmp_path: Path) -> None:
    with deposited(tmp_path / "ledger") as ledger:
        old = log_signers(ledger)
        ledger.rotate_keys("log")
        size = ledger._publisher._append_status()
        with ledger._files.store.view() as view:
            text = Checkpoint(ORIGIN, size, view.root(size)).text
        mixed = sign_note(text, [log_signers(ledger)[0], old[1]])
        ledger._files.store.put_checkpoint(size, mixed.encode())
        assert audit_closed(ledger) == {("checkpoint", size - 1)}


def test_one_key_in_two_roles_is_found(tmp_path: Path) -> None:
    """A depositor's key that becomes an operator's, and the other way round."""
    key = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    vkey = str(make_verifier_key("certifier.example", ED25519, key))
    with deposited(tmp_path / "ledger") as ledger:
        (operators,) = in_force(ledger, "entry")
        ledger.register("9ANOTHER", name="x", keys=[vkey])
        theirs = str(make_verifier_key(ORIGIN, ED25519, key))
        one = append_raw(ledger, make_entry(Key, action="add", role="log", vkey=theirs))
        two = append_raw(
            ledger, make_entry(Depositor, depositor="9SECOND0", name="x", keys=(operators,))
        )
        assert audit_closed(ledger) == {("rules", one), ("rules", two)}


def test_rows_that_hide_or_invent_a_key_entry_are_found(tmp_path: Path) -> None:
    with deposited(tmp_path / "ledger") as ledger:
        since = ledger.publish()
        key = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
        vkey = str(make_verifier_key(f"{ORIGIN}/entry", ED25519, key))
        add = make_entry(Key, action="add", role="entry", vkey=vkey)
        hidden = append_raw(ledger, add, state=lambda _: [key_row(3)])
        assert audit_closed(ledger) == {("changes", hidden), ("changes", 3)}
        found = audit(ledger.path, since=since, vault=False).findings
        assert {one.index for one in found} == {hidden}


def test_retiring_what_was_never_declared_changes_nothing() -> None:
    key = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    vkey = str(make_verifier_key(f"{ORIGIN}/entry", ED25519, key))
    place = {"index": 7, "time": "2026-01-01T00:00:00.000000Z", "prev": ZERO_PREV}
    assert replay_keys([Key(**place, action="retire", role="entry", vkey=vkey)]) == ()  # type: ignore[arg-type]
