"""Trust policies line by line, and checkpoints held against them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from naive_merkle import LEAVES, naive_path, naive_root
from notes import (
    LOG_SIGNERS,
    ORIGIN,
    SIGNED,
    TEXT,
    TIME_S,
    ECDSASigner,
    cosigner,
    ed25519_signer,
    mldsa_signer,
)
from provenance.errors import FormatError, InclusionError, SignatureError
from provenance.tlog.checkpoint import Checkpoint
from provenance.tlog.note import make_verifier_key, sign_note
from provenance.tlog.policy import Policy, parse_policy, verify_checkpoint
from provenance.tlog.proof import (
    PATH_HASHES_MAX,
    TlogProof,
    format_tlog_proof,
    parse_tlog_proof,
    verify_tlog_proof,
)

if TYPE_CHECKING:
    from provenance.tlog.note import NoteSigner

LOGS: Final = "".join(f"log {signer.verifier_key}\n" for signer in LOG_SIGNERS)
WITNESSES: Final = {name: cosigner(f"witness.example/{name}") for name in "abcde"}


def witness(name: str) -> str:
    return f"witness {name} {WITNESSES[name].verifier_key}\n"


def plain(name: str, *, of_kind: int = 1) -> str:
    """Write a witness's key as type 0x01; ``of_kind``: of which type its id is."""
    key = WITNESSES[name].verifier_key
    own = str(make_verifier_key(key.name, 1, key.public))
    other = str(make_verifier_key(key.name, of_kind, key.public))
    return "+".join([key.name, other.split("+")[1], own.split("+", 2)[2]])


ALL_WITNESSES: Final = "".join(map(witness, WITNESSES))


def policy(text: str = "quorum none\n") -> Policy:
    return parse_policy(LOGS + text)


# Reading.


def test_every_part_is_read() -> None:
    text = (
        "# a comment\n\n \t\n"
        f"log\t{LOG_SIGNERS[0].verifier_key}  https://log.example/\n"
        + witness("a")
        + f"witness b {WITNESSES['b'].verifier_key} https://b.example/\n"
        + "  group both all a b\nquorum both"
    )
    found = parse_policy(text)
    assert [log.url for log in found.logs] == ["https://log.example/"]
    assert [one.url for one in found.witnesses] == [None, "https://b.example/"]
    assert [(one.name, one.threshold, one.members) for one in found.groups] == [
        ("both", 2, ("a", "b"))
    ]
    assert found.quorum == "both"
    assert found.log_keys(ORIGIN) == (LOG_SIGNERS[0].verifier_key,)
    assert found.log_keys("another.example") == ()


SECOND: Final = mldsa_signer("witness.example/a", "second").verifier_key
LOG: Final = str(LOG_SIGNERS[0].verifier_key)
MALFORMED: Final = {
    "no quorum": (LOGS, "no quorum line"),
    "no log": ("quorum none\n", "no log"),
    "nothing at all": ("", "no quorum line"),
    "another keyword": (f"{LOGS}tree x\nquorum none\n", "line 3: unknown keyword"),
    "a keyword in capitals": (f"LOG {LOG}\nquorum none\n", "line 1: unknown keyword"),
    "log without key": ("log\nquorum none\n", "line 1: unknown keyword"),
    "log with too much": (f"log {LOG} url more\nquorum none\n", "line 1: unknown keyword"),
    "log with a damaged key": (f"log {LOG[:-4]}\nquorum none\n", "line 1: "),
    "a witness's key as a log's": (
        f"log {WITNESSES['a'].verifier_key}\nquorum none\n",
        "line 1: a key of the wrong type",
    ),
    "a log's key as a witness's": (f"{LOGS}witness a {LOG}\nquorum none\n", "line 3: .* twice"),
    "a witness's ECDSA key": (
        f"{LOGS}witness a {ECDSASigner('w').verifier_key}\nquorum none\n",
        "line 3: a key of the wrong type",
    ),
    "one witness's key as 0x01 and as 0x04": (
        f"{LOGS}{witness('a')}witness b {plain('a')}\nquorum none\n",
        "line 4: .* occurs twice",
    ),
    "a witness's key as 0x01 with the id of 0x04": (
        f"{LOGS}witness a {plain('a', of_kind=4)}\nquorum none\n",
        "line 3: malformed verifier key",
    ),
    "one key twice": (f"{LOGS}log {LOG}\nquorum none\n", "line 3: .* occurs twice"),
    "a log's key again, as a witness": (
        f"{LOGS}witness a {cosigner('w', 'log').verifier_key}\nquorum none\n",
        "line 3: .* occurs twice",
    ),
    "a witness without key": (f"{LOGS}witness a\nquorum none\n", "line 3: unknown keyword"),
    "one name twice": (
        f"{LOGS}{witness('a')}witness a {WITNESSES['b'].verifier_key}\nquorum none\n",
        "line 4: a name that occurs twice",
    ),
    "a witness called none": (
        f"{LOGS}witness none {WITNESSES['a'].verifier_key}\nquorum none\n",
        "line 3: a name that occurs twice, or is reserved",
    ),
    "a group called like a witness": (
        f"{LOGS}{ALL_WITNESSES}group a any b\nquorum a\n",
        "line 8: a name that occurs twice",
    ),
    "a second quorum": (f"{LOGS}quorum none\nquorum none\n", "line 4: a second quorum"),
    "a quorum of nobody": (f"{LOGS}quorum a\n", "line 3: .* unknown name"),
    "a quorum above its name": (f"{LOGS}quorum a\n{witness('a')}", "line 3: .* unknown name"),
    "a group of unknown ones": (f"{LOGS}group g any a\nquorum none\n", "line 3: a member"),
    "a group of nobody": (f"{LOGS}group g any\nquorum none\n", "line 3: a threshold"),
    "a member twice": (
        f"{LOGS}{witness('a')}group g any a a\nquorum g\n",
        "line 4: a member is unknown here",
    ),
    "a member in two groups": (
        f"{LOGS}{ALL_WITNESSES}group g any a\ngroup h any a b\nquorum h\n",
        "line 9: a member is unknown here",
    ),
    "a group within itself": (f"{LOGS}group g any g\nquorum g\n", "line 3: a member"),
    "one witness in two groups": (
        LOGS + witness("a") + f"witness m {SECOND}\ngroup g any a\ngroup h any m\nquorum h\n",
        "line 6: the keys of one witness stand in two groups",
    ),
    "threshold 0": (f"{LOGS}{witness('a')}group g 0 a\nquorum g\n", "line 4: a threshold"),
    "threshold above the members": (
        f"{LOGS}{ALL_WITNESSES}group g 3 a b\nquorum g\n",
        "line 8: a threshold",
    ),
    "threshold +1": (f"{LOGS}{witness('a')}group g +1 a\nquorum g\n", "line 4: .*decimal"),
    "threshold most": (f"{LOGS}{witness('a')}group g most a\nquorum g\n", "line 4: .*decimal"),
    "carriage returns": (f"{LOGS}quorum none\n".replace("\n", "\r\n"), "control characters"),
    "a delete character": (f"{LOGS}# \x7f\nquorum none\n", "control characters"),
    "half a surrogate pair": (f"{LOGS}# \ud800\nquorum none\n", "not UTF-8"),
    "another space": (f"{LOGS}quorum\u00a0none\n", "line 3: unknown keyword"),
}


@pytest.mark.parametrize(("text", "message"), MALFORMED.values(), ids=MALFORMED)
def test_malformed(text: str, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        parse_policy(text)


# Checkpoints.


def cosigned(*names: str, times: dict[str, int] | None = None) -> str:
    made: list[NoteSigner] = [
        cosigner(f"witness.example/{name}", time_s=(times or {}).get(name, TIME_S))
        for name in names
    ]
    return sign_note(TEXT, [*LOG_SIGNERS, *made])


def test_a_signature_of_each_listed_type_is_needed() -> None:
    verified = verify_checkpoint(SIGNED, policy())
    assert verified.checkpoint.text == TEXT
    assert (verified.witnesses, verified.witnessed_at_s) == ((), None)
    for signer, missing in ((LOG_SIGNERS[0], "ML-DSA-44"), (LOG_SIGNERS[1], "Ed25519")):
        with pytest.raises(
            SignatureError, match=f"^no signature by a log key of type {missing}$"
        ):
            verify_checkpoint(sign_note(TEXT, [signer]), policy())
    with pytest.raises(SignatureError, match="no signature by a known key"):
        verify_checkpoint(sign_note(TEXT, [ed25519_signer(key="another")]), policy())


def test_one_of_several_keys_of_a_type_will_do() -> None:
    newer = ed25519_signer(key="newer")
    both = parse_policy(f"{LOGS}log {newer.verifier_key}\nquorum none\n")
    assert verify_checkpoint(SIGNED, both).checkpoint.size == 13
    assert (
        verify_checkpoint(sign_note(TEXT, [newer, LOG_SIGNERS[1]]), both).checkpoint.size == 13
    )


def test_a_log_that_signs_with_ecdsa_alone_can_be_read() -> None:
    signer = ECDSASigner(ORIGIN)
    text = f"log {signer.verifier_key}\nquorum none\n"
    assert (
        verify_checkpoint(sign_note(TEXT, [signer]), parse_policy(text)).checkpoint.size == 13
    )


def test_only_logs_of_the_policy_are_believed() -> None:
    other = "another.example/log"
    text = Checkpoint(other, 13, naive_root(0, 13)).text
    signer = ed25519_signer(other, "other")
    note = sign_note(text, [signer])
    two = policy(f"log {signer.verifier_key}\nquorum none\n")
    assert verify_checkpoint(note, two).checkpoint.origin == other
    assert verify_checkpoint(note, two, other).checkpoint.size == 13
    for found, origin in ((policy(), None), (two, ORIGIN)):
        with pytest.raises(SignatureError, match="does not list the checkpoint's origin"):
            verify_checkpoint(note, found, origin)


def test_the_key_of_one_log_does_not_sign_for_another() -> None:
    """Both are believed, each for its own origin."""
    signer = ed25519_signer("another.example/log", "other")
    two = policy(f"log {signer.verifier_key}\nquorum none\n")
    with pytest.raises(SignatureError, match="no signature by a known key"):
        verify_checkpoint(sign_note(TEXT, [signer]), two)


QUORUMS: Final = {
    "one witness": ("quorum a\n", [{"a"}, {"a", "b"}], [set(), {"b"}]),
    "any": ("group g any a b\nquorum g\n", [{"a"}, {"b"}, {"a", "b"}], [set(), {"c"}]),
    "all": ("group g all a b\nquorum g\n", [{"a", "b"}], [{"a"}, {"b"}, {"a", "c"}]),
    "two of three": (
        "group g 2 a b c\nquorum g\n",
        [{"a", "b"}, {"b", "c"}, {"a", "b", "c"}],
        [{"a"}, {"c", "d"}, set()],
    ),
    "nested": (
        "group g all a b\ngroup h any c g\ngroup i 2 h d e\nquorum i\n",
        [{"c", "d"}, {"d", "e"}, {"a", "b", "e"}],
        [{"c"}, {"a", "d"}, {"a", "b", "c"}],
    ),
}


@pytest.mark.parametrize(("text", "enough", "too_few"), QUORUMS.values(), ids=QUORUMS)
def test_quorums(text: str, enough: list[set[str]], too_few: list[set[str]]) -> None:
    trusted = policy(ALL_WITNESSES + text)
    for names in enough:
        verified = verify_checkpoint(cosigned(*sorted(names)), trusted)
        assert verified.witnesses == tuple(sorted(names))
        assert verified.witnessed_at_s == TIME_S
    for names in too_few:
        with pytest.raises(SignatureError, match=r"^quorum . is not reached$"):
            verify_checkpoint(cosigned(*sorted(names)), trusted)


def test_two_keys_of_one_witness_count_once() -> None:
    second = mldsa_signer("witness.example/a", "second")
    text = f"{ALL_WITNESSES}witness m {second.verifier_key}\ngroup g 2 a m b\nquorum g\n"
    note = sign_note(TEXT, [*LOG_SIGNERS, WITNESSES["a"], second])
    with pytest.raises(SignatureError, match="quorum g is not reached"):
        verify_checkpoint(note, policy(text))
    assert verify_checkpoint(cosigned("a", "b"), policy(text)).checkpoint.size == 13


def test_the_time_is_the_newest_at_which_the_quorum_stood() -> None:
    times = {"a": 100, "b": 300, "c": 200}
    note = cosigned("a", "b", "c", times=times)
    for needed, since in ((1, 300), (2, 200), (3, 100)):
        trusted = policy(f"{ALL_WITNESSES}group g {needed} a b c\nquorum g\n")
        assert verify_checkpoint(note, trusted).witnessed_at_s == since
    assert verify_checkpoint(note, policy(ALL_WITNESSES + "quorum none\n")).witnesses == (
        "a",
        "b",
        "c",
    )


def test_a_witness_key_of_type_1_stands_for_type_4() -> None:
    """Public lists of witnesses write it so; the signature is a cosignature all the same."""
    for text in (plain("a"), str(WITNESSES["a"].verifier_key)):
        trusted = policy(f"witness a {text}\nquorum a\n")
        assert trusted.witnesses[0].key == WITNESSES["a"].verifier_key
        verified = verify_checkpoint(cosigned("a"), trusted)
        assert (verified.witnesses, verified.witnessed_at_s) == (("a",), TIME_S)
    # A plain signature by that key, under its id as type 0x01, is no cosignature.
    signer = ed25519_signer("witness.example/a", "witness.example/a")
    note = sign_note(TEXT, [*LOG_SIGNERS, signer])
    with pytest.raises(SignatureError, match="quorum a is not reached"):
        verify_checkpoint(note, policy(f"witness a {plain('a')}\nquorum a\n"))


def test_a_wrong_cosignature_refuses_all() -> None:
    note = cosigned("a")
    at = note.rindex("\u2014") + 40
    damaged = note[:at] + ("A" if note[at] != "A" else "B") + note[at + 1 :]
    with pytest.raises(SignatureError, match="is wrong"):
        verify_checkpoint(damaged, policy(ALL_WITNESSES + "quorum none\n"))


# Proofs of single entries.


def proof(index: int = 5, **members: object) -> TlogProof:
    path = tuple(naive_path(index, 0, 13))
    return TlogProof(**{"index": index, "path": path, "checkpoint": SIGNED, **members})  # type: ignore[arg-type]


@pytest.mark.parametrize("extra", [None, b"", b"what the log likes"])
def test_a_proof_is_read_as_it_was_written(extra: bytes | None) -> None:
    made = proof(extra=extra)
    text = format_tlog_proof(made)
    assert parse_tlog_proof(text) == parse_tlog_proof(text.encode()) == made
    leaf = LEAVES[5]
    assert verify_tlog_proof(text, leaf, policy()).size == 13
    with pytest.raises(InclusionError):
        verify_tlog_proof(text, LEAVES[6], policy())
    with pytest.raises(InclusionError):
        verify_tlog_proof(format_tlog_proof(proof(6, path=made.path)), leaf, policy())


GOOD: Final = format_tlog_proof(proof())
DAMAGED: Final = {
    "nothing": "",
    "another version": GOOD.replace("@v1", "@v2"),
    "no index": GOOD.replace("index 5\n", ""),
    "another keyword": GOOD.replace("index 5", "place 5"),
    "an index in another spelling": GOOD.replace("index 5", "index 05"),
    "a negative index": GOOD.replace("index 5", "index -5"),
    "the number alone": GOOD.replace("index 5", "5"),
    "an index without space": GOOD.replace("index 5", "index5"),
    "extra behind the index": GOOD.replace("index 5\n", "index 5\nextra AA==\n"),
    "extra that is no base64": GOOD.replace("index", "extra A\nindex", 1),
    "extra without what follows": f"c2sp.org/tlog-proof@v1\nextra AA==\n\n{SIGNED}",
    "a hash that is too short": GOOD.replace("index 5\n", "index 5\nAA==\n"),
    "too many hashes": GOOD.replace(
        "index 5\n", "index 5\n" + f"{'A' * 43}=\n" * (PATH_HASHES_MAX + 1)
    ),
    "no checkpoint": GOOD.partition("\n\n")[0] + "\n\n",
    "a note that is no checkpoint": GOOD.replace("\n13\n", "\nthirteen\n"),
    "a checkpoint without signature": GOOD.partition("\u2014")[0],
    "an empty line in front": f"\n{GOOD}",
    "carriage returns": GOOD.replace("\n", "\r\n"),
}


@pytest.mark.parametrize("text", DAMAGED.values(), ids=DAMAGED)
def test_a_proof_in_another_form(text: str) -> None:
    assert text != GOOD
    with pytest.raises(FormatError):
        parse_tlog_proof(text)


def test_a_proof_that_could_not_be_read_is_not_written() -> None:
    for bad in (proof(path=(b"short",)), proof(index=-1, path=()), proof(checkpoint="x")):
        with pytest.raises(FormatError):
            format_tlog_proof(bad)
