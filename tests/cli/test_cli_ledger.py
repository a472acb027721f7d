"""Making a ledger, registering, publishing, looking at it."""

from __future__ import annotations

import base64
import io
import json
import shutil
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from commands import CERTIFIER, DEPOSITOR, ORIGIN, Commands, World, make_world
from provenance.cli.entries import members, short_key, summarize
from provenance.cli.log import TYPES
from provenance.cli.standing import read_standings
from provenance.errors import NotPublishedError
from provenance.ledger import Ledger
from provenance.record.entry import parse_entry
from provenance.storage import Vault
from provenance.tlog.merkle import leaf_hash
from provenance.tlog.note import ED25519, make_verifier_key
from record_samples import ENTRIES

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("world"))


@pytest.fixture
def copy(world: World, tmp_path: Path) -> World:
    shutil.copytree(world.path, tmp_path / "copy")
    return World(tmp_path / "copy")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Commands:
    return Commands(capsys)


def test_a_new_ledger_says_what_it_is(run: Commands, tmp_path: Path) -> None:
    made = run.json("init", tmp_path / "ledger", "--origin", ORIGIN)
    assert (made["origin"], made["size"]) == (ORIGIN, 2)
    assert made["policy"].count("log ") == 2
    first = run("show", tmp_path / "ledger", "0", "--entry").out.encode()
    assert made["genesis"] == base64.b64encode(leaf_hash(first)).decode()


def test_keys_may_lie_elsewhere(run: Commands, tmp_path: Path) -> None:
    ledger, keys = tmp_path / "ledger", tmp_path / "keys"
    assert "keep a copy" in run("init", ledger, "--origin", ORIGIN, "--keys", keys).out
    assert not (ledger / "keys").exists()
    add = ("depositor", "add", ledger, DEPOSITOR, "--name", "Un organisme")
    assert "cannot read key file" in run(*add, status=3).err
    run(*add, "--keys", keys)
    run("publish", ledger, status=3)
    run("publish", ledger, "--keys", keys)


def test_an_origin_that_cannot_be_one_makes_nothing(run: Commands, tmp_path: Path) -> None:
    run("init", tmp_path / "ledger", "--origin", "two words", status=2)
    assert list(tmp_path.iterdir()) == []


def test_a_ledger_is_not_made_over_another(run: Commands, world: World) -> None:
    assert "exists already" in run("init", world.ledger, "--origin", ORIGIN, status=3).err


def test_depositors_are_registered_replaced_and_listed(run: Commands, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    run("init", ledger, "--origin", ORIGIN)
    assert "No depositor" in run("depositor", "list", ledger).out
    key = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    vkey = str(make_verifier_key("depositor.example", ED25519, key))
    add = ("depositor", "add", ledger, DEPOSITOR, "--siret", "12345678901234", "--key", vkey)
    first = run.json(*add, "--name", "Premier nom", "--certifier", CERTIFIER)
    assert first["entry"]["certifiers"] == [CERTIFIER]
    assert not first["keys_reset"]
    replaced = run("depositor", "add", ledger, DEPOSITOR, "--name", "Second", "--only-itself")
    assert "replaces entry 2" in replaced.out
    assert "reset by the operator" in replaced.out
    run("depositor", "add", ledger, CERTIFIER, "--name", "Troisième", "--key", vkey)
    shown = run("depositor", "list", ledger).out
    assert "Premier nom" not in shown
    assert "Ed25519 key" in shown
    (second, third) = run.json("depositor", "list", ledger)["depositors"]
    assert (second["name"], second["certifiers"], second["previous"]) == ("Second", [], 2)
    assert third["keys"] == [vkey]


@pytest.mark.parametrize("wrong", [("SHORT", "--name", "x"), (DEPOSITOR, "--name", "")])
def test_a_depositor_of_wrong_form_is_refused(
    wrong: tuple[str, ...], run: Commands, copy: World
) -> None:
    run("depositor", "add", copy.ledger, *wrong, status=2)
    assert run.json("log", copy.ledger)["size"] == 16


def test_publishing_twice_gives_the_same_note(run: Commands, copy: World) -> None:
    shown = run("publish", copy.ledger).out
    assert shown.startswith("Nothing was recorded since")
    note = copy.checkpoint.read_text()
    again = run.json("publish", copy.ledger)
    assert (again["new"], again["checkpoint"], again["size"]) == (False, note, 16)
    assert run("publish", copy.ledger, "-o", "-").out == note
    run("depositor", "add", copy.ledger, CERTIFIER, "--name", "Un certificateur")
    assert run("publish", copy.ledger).out.startswith("Published.")


def test_keys_are_listed_and_the_policy_is_printed(run: Commands, world: World) -> None:
    listed = run("key", "list", world.ledger).out
    assert "ML-DSA-44" in listed
    keys = run.json("key", "list", world.ledger)["keys"]
    assert [(key["role"], key["kind"]) for key in keys] == [
        ("log", "Ed25519"),
        ("log", "ML-DSA-44"),
        ("entry", "Ed25519"),
    ]
    policy = run("key", "policy", world.ledger).out
    assert policy == world.policy.read_text()
    assert run.json("key", "policy", world.ledger)["policy"] == policy
    assert run("key", "policy", world.ledger, "-o", "-").out == policy
    said = run("key", "policy", world.ledger, "-o", world.path / "again.txt").out
    assert "is the trust policy" in said
    assert (world.path / "again.txt").read_text() == policy


def test_the_log_is_listed(run: Commands, world: World) -> None:
    lines = run("log", world.ledger).out.splitlines()
    assert len(lines) == 16
    assert "the log log.example/cli begins" in lines[0]
    assert [line.split()[0] for line in lines] == [str(i) for i in range(16)]
    listed = run.json("log", world.ledger)
    assert (listed["origin"], listed["size"]) == (ORIGIN, 16)
    assert [entry["index"] for entry in listed["entries"]] == list(range(16))


RANGES = [
    (("--from", "5", "--to", "7"), [5, 6, 7]),
    (("--from", "14"), [14, 15]),
    (("--to", "1"), [0, 1]),
    (("--from", "99"), []),
    (("--from", "7", "--to", "5"), []),
    (("--last", "2"), [14, 15]),
    (("--last", "99"), list(range(16))),
    (("--to", "9", "--last", "2"), [8, 9]),
    (("--type", "deposit"), [3]),
    (("--type", "deposit", "--type", "status"), [3, 15]),
    (("--type", "certification", "--last", "2"), [13, 14]),
    (("--type", "genesis", "--last", "2"), [0]),
    (("--type", "close"), []),
]


@pytest.mark.parametrize(
    ("options", "expected"), RANGES, ids=lambda value: " ".join(map(str, value))
)
def test_parts_of_the_log_are_listed(
    options: tuple[str, ...], expected: list[int], run: Commands, world: World
) -> None:
    listed = run.json("log", world.ledger, *options)
    assert [entry["index"] for entry in listed["entries"]] == expected
    assert len(run("log", world.ledger, *options).out.splitlines()) == len(expected)


@pytest.mark.parametrize("name", ENTRIES)
def test_every_type_of_entry_is_said_in_words(name: str) -> None:
    entry = ENTRIES[name]
    said = summarize(entry)
    assert said
    assert "None" not in said
    shown = dict(members(entry))
    assert shown["type"] in TYPES
    assert not any("+" in value for key, value in shown.items() if "key" in key)


def test_a_key_of_an_unknown_kind_is_named_by_its_number() -> None:
    vkey = str(
        make_verifier_key(
            "a", 0x04, Ed25519PrivateKey.generate().public_key().public_bytes_raw()
        )
    )
    assert short_key(vkey).startswith("0x04 key ")


def test_an_entry_is_shown_without_personal_data(run: Commands, world: World) -> None:
    shown = run("show", world.ledger, "4").out
    document = run.json("show", world.ledger, "4")
    assert document["status"] == "in force"
    assert document["published"] is True
    assert document["entry"] == json.loads(document["entry_bytes"])
    assert document["deposit"]["index"] == 3
    holder = dict(world.manifest()[0]["fields"])[
        "identificationTitulaire.titulaire.nomNaissance"
    ]
    for text in (shown, json.dumps(document, ensure_ascii=False)):
        assert holder not in text
        assert "idTechnique" not in text
    assert holder in run("show", world.ledger, "4", "--fields").out
    fields = run.json("show", world.ledger, "4", "--fields")["fields"]
    assert list(fields.items())[:-1] == [tuple(pair) for pair in world.manifest()[0]["fields"]]


def test_warnings_are_shown_without_values(run: Commands, world: World) -> None:
    accepted = [one for one in world.manifest() if one["outcome"] != "refused"]
    index = 4 + next(i for i, one in enumerate(accepted) if one["outcome"] == "warned")
    (warning,) = run.json("show", world.ledger, str(index))["warnings"]
    assert warning["code"] == "late"
    assert "dateDebutValidite" in run("show", world.ledger, str(index)).out


def test_a_deposit_is_shown_and_given_back(run: Commands, world: World, tmp_path: Path) -> None:
    assert "deposit.xml" not in run("show", world.ledger, "3").out
    assert "deposit.xml" in run("show", world.ledger, "3", "--fields").out
    said = run("show", world.ledger, "3", "--source", "-o", tmp_path / "again.xml").out
    assert said.endswith(f"{world.deposit.stat().st_size} bytes\n")
    assert (tmp_path / "again.xml").read_bytes() == world.deposit.read_bytes()
    written = run.json("show", world.ledger, "3", "--source", "-o", tmp_path / "again.xml")
    assert written["bytes"] == world.deposit.stat().st_size


def test_a_passage_and_an_entry_are_given_byte_for_byte(run: Commands, world: World) -> None:
    passage = run("show", world.ledger, "4", "--source").out
    assert passage in world.deposit.read_text()
    assert passage == run("show", world.ledger, "4", "--source", "-o", "-").out
    data = base64.b64decode(run.json("show", world.ledger, "4", "--entry")["data"])
    assert parse_entry(data).index == 4


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("99",), 3),
        (("0", "--fields"), 3),
        (("0", "--source"), 3),
        (("4", "-o", "file"), 2),
        (("4", "--source", "--entry"), 2),
    ],
)
def test_what_cannot_be_shown_is_refused(
    words: tuple[str, ...], status: int, run: Commands, world: World
) -> None:
    run("show", world.ledger, *words, status=status)


def test_an_unpublished_certification_says_so(run: Commands, copy: World) -> None:
    more = copy.path / "more.xml"
    run("sample", "--passages", "2", "--seed", "9", "-o", more)
    run("deposit", copy.ledger, more)
    shown = run.json("show", copy.ledger, "17")
    assert (shown["published"], shown["status"]) == (False, "not published")
    assert "not yet" in run("show", copy.ledger, "17").out


def _holder(world: World) -> tuple[str, ...]:
    fields = {name.rpartition(".")[2]: value for name, value in world.manifest()[0]["fields"]}
    born = "{anneeNaissance}-{moisNaissance:02}-{jourNaissance:02}".format_map(fields)
    name, first = fields["nomNaissance"].upper(), fields["prenom1"].upper()
    return ("--birth-name", name, "--first-name", first, "--born", born)


def test_a_holder_is_found_and_proven(run: Commands, world: World) -> None:
    found = run.json("find", world.ledger, *_holder(world))
    assert 4 in found["indexes"]
    assert found["certifications"][0]["status"] == "in force"
    shown = run("find", world.ledger, *_holder(world)).out
    assert "in force" in shown
    assert _holder(world)[1] not in shown.upper()
    proof = run("prove", world.ledger, *_holder(world)).out
    assert json.loads(proof)["format"] == "provenance-proof/1"


def test_certifications_are_found_by_their_number(run: Commands, world: World) -> None:
    number = world.manifest()[0]["id_technique"]
    by_number = ("--depositor", DEPOSITOR, "--id-technique", number)
    assert run.json("find", world.ledger, *by_number)["indexes"] == [4]


NOBODY = {
    "name": ("--birth-name", "Personne", "--first-name", "Nulle", "--born", "1990"),
    "month": ("--birth-name", "Personne", "--first-name", "Nulle", "--born", "1990-02"),
    "file": ("--dossier", "12345"),
    "number": ("--nir", "1509999000000"),
    "reference": ("--reference", "nobody"),
    "idTechnique": ("--depositor", DEPOSITOR, "--id-technique", "none"),
}


@pytest.mark.parametrize("who", NOBODY.values(), ids=NOBODY)
def test_nobody_found_is_a_no(who: tuple[str, ...], run: Commands, world: World) -> None:
    assert run("find", world.ledger, *who, status=1).out == "No certification is found.\n"
    assert run.json("find", world.ledger, *who, status=1)["indexes"] == []
    assert "no certification is found" in run("prove", world.ledger, *who, status=3).err


UNCLEAR = {
    "nothing": (),
    "half of a name": ("--birth-name", "A", "--first-name", "B"),
    "two ways": ("--reference", "a", "--dossier", "b"),
    "a date that is none": ("--birth-name", "A", "--first-name", "B", "--born", "1/2/90"),
}


@pytest.mark.parametrize("who", UNCLEAR.values(), ids=UNCLEAR)
def test_an_unclear_question_is_refused(
    who: tuple[str, ...], run: Commands, world: World
) -> None:
    run("find", world.ledger, *who, status=2)


def test_a_national_number_may_come_by_standard_input(
    run: Commands, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("1509999000000\n"))
    run("find", world.ledger, "--nir", "-", status=1)
    assert sys.stdin.read() == ""


def test_what_was_erased_says_so(run: Commands, copy: World) -> None:
    with closing(Vault.open(copy.ledger / "vault")) as vault:
        vault.erase([4])
    shown = run.json("show", copy.ledger, "4")
    assert (shown["status"], shown["warnings"]) == ("erased", None)
    assert "erased" in run("show", copy.ledger, "4").out
    run("show", copy.ledger, "4", "--fields", status=3)
    run("prove", copy.ledger, "4", status=3)
    with Ledger.open(copy.ledger, readonly=True) as ledger:
        assert read_standings(ledger, [4, 5]) == {4: "erased", 5: "in force"}


def test_a_publication_that_was_cut_off_proves_nothing_yet(
    run: Commands, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_off(*_: object, **__: object) -> bytes:
        raise NotPublishedError("a publication was not finished: publish again")

    monkeypatch.setattr(Ledger, "prove", cut_off)
    assert run.json("show", world.ledger, "4")["status"] == "not published"
