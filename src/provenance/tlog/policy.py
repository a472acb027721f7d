"""Trust policies: which logs a verifier believes, and how many witnesses must have seen.

The verifier gets this text by another way than the proofs that it checks::

    # the log, under both of its keys
    log log.example/2026+b41d2ab0+Ab…
    log log.example/2026+a02e3f19+Bt…
    witness alpha witness.example/a+1c2d3e4f+BA… https://witness.example/
    witness beta  witness.example/b+5a6b7c8d+BA…
    group most 2 alpha beta
    quorum most

A log's origin is the name of its keys. Where keys of several types are listed for one
origin, a checkpoint needs a valid signature by a key of each type. Groups name only what
stands above them, and nobody stands in two groups. A public key and a name occur once. Two
keys of one witness (equal key names) count once, so ``all`` asks for one of them, and they
share a group. A witness's key of type 0x01, as other clients and public lists write it, is
checked as that and taken as the key of type 0x04 with the same bytes. Items are parted by
spaces and tabs; a line that begins with ``#`` is a comment; the text is UTF-8. Source: C2SP
tlog-policy, read more strictly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from provenance.encoding import decode_text, parse_decimal
from provenance.errors import FormatError, SignatureError
from provenance.tlog.checkpoint import Checkpoint, parse_checkpoint
from provenance.tlog.note import (
    COSIGNATURE,
    ECDSA,
    ED25519,
    MLDSA44,
    VerifiedSignature,
    VerifierKey,
    make_verifier_key,
    parse_verifier_key,
    split_note,
    verify_lines,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.tlog.note import RunTests

NO_QUORUM: Final = "none"
KEY_TYPE_NAMES: Final = {ED25519: "Ed25519", ECDSA: "ECDSA", MLDSA44: "ML-DSA-44"}


class LogKey(Struct, frozen=True):
    """A key of a log that is believed; its name is the log's origin."""

    key: VerifierKey
    url: str | None


class Witness(Struct, frozen=True):
    """A witness under the policy's own name for it."""

    name: str
    key: VerifierKey
    url: str | None


class Group(Struct, frozen=True):
    """So many of these witnesses and groups must agree."""

    name: str
    threshold: int
    members: tuple[str, ...]


class Policy(Struct, frozen=True):
    """A parsed trust policy; ``quorum`` names a witness or a group, or is None."""

    logs: tuple[LogKey, ...]
    witnesses: tuple[Witness, ...]
    groups: tuple[Group, ...]
    quorum: str | None

    def log_keys(self, origin: str) -> tuple[VerifierKey, ...]:
        """Return the keys of the log of that origin; none when it is not believed."""
        return tuple(log.key for log in self.logs if log.key.name == origin)

    def reaches_quorum(self, present: frozenset[str]) -> bool:
        """Return whether the witnesses of these policy names are enough."""
        if self.quorum is None:
            return True
        who = {one.name: one.key.name for one in self.witnesses if one.name in present}
        for group in self.groups:
            agreeing = {who[member] for member in group.members if member in who}
            if len(agreeing) >= group.threshold:
                who[group.name] = _group_token(group.name)
        return self.quorum in who


class VerifiedCheckpoint(Struct, frozen=True):
    """A checkpoint that a policy believes, with what vouches for it.

    ``witnesses`` are policy names. ``witnessed_at_s`` is the newest POSIX time such that
    cosignatures of that time or later reach the quorum, None without a quorum. ML-DSA-44
    signatures say nothing of the checkpoint's extension lines.
    """

    checkpoint: Checkpoint
    signatures: tuple[VerifiedSignature, ...]
    witnesses: tuple[str, ...]
    witnessed_at_s: int | None


def parse_policy(text: str) -> Policy:
    """Parse a trust policy; raises `FormatError` that tells the line."""
    # Only spaces and tabs part items: other Unicode spaces can stand in a name.
    plain = decode_text(text.replace("\t", " "), "policy")
    if "\x7f" in plain:
        raise FormatError("malformed policy: control characters")
    reader = _Reader()
    for number, line in enumerate(plain.split("\n"), 1):
        words = [word for word in line.split(" ") if word]
        if not words or words[0].startswith("#"):
            continue
        try:
            reader.read(words[0], words[1:])
        except FormatError as error:
            raise FormatError(f"malformed policy, line {number}: {error}") from error
    return reader.policy()


def verify_checkpoint(
    note: str | bytes, policy: Policy, origin: str | None = None
) -> VerifiedCheckpoint:
    """Check a signed checkpoint against a policy.

    ``origin`` names the log that it must be of; without it any log of the policy will do.
    Raises `FormatError` for what is no signed checkpoint, `SignatureError` when a
    signature is wrong, one of a listed type is missing, or the quorum is.
    """
    return verify_checkpoint_by(None, note, policy, origin)


def verify_checkpoint_by(
    run: RunTests | None, note: str | bytes, policy: Policy, origin: str | None = None
) -> VerifiedCheckpoint:
    """Do as `verify_checkpoint`; the tests of signatures are run as in `verify_lines`."""
    text, lines = split_note(note)
    checkpoint = parse_checkpoint(text)
    keys = policy.log_keys(checkpoint.origin)
    if not keys or origin not in {None, checkpoint.origin}:
        raise SignatureError("the policy does not list the checkpoint's origin")
    known = [*keys, *(witness.key for witness in policy.witnesses)]
    opened = verify_lines(text, lines, known, run)
    times = {one.key: one.timestamp_s for one in opened.signatures}
    missing = {key.kind for key in keys} - {key.kind for key in keys if key in times}
    if missing:
        names = ", ".join(KEY_TYPE_NAMES[kind] for kind in sorted(missing))
        raise SignatureError(f"no signature by a log key of type {names}")
    seen = [(one.name, times[one.key] or 0) for one in policy.witnesses if one.key in times]
    if not policy.reaches_quorum(frozenset(name for name, _ in seen)):
        raise SignatureError(f"quorum {policy.quorum} is not reached")
    return VerifiedCheckpoint(
        checkpoint=checkpoint,
        signatures=opened.signatures,
        witnesses=tuple(name for name, _ in seen),
        witnessed_at_s=_witnessed_at(policy, seen),
    )


def _witnessed_at(policy: Policy, seen: Sequence[tuple[str, int]]) -> int | None:
    if policy.quorum is None:
        return None
    return max(
        since
        for _, since in seen
        if policy.reaches_quorum(frozenset(name for name, time_s in seen if time_s >= since))
    )


def _group_token(name: str) -> str:
    """Name a group among witnesses; no key name has a space, so none is taken for it."""
    return f"group {name}"


def _cosigning(key: VerifierKey) -> VerifierKey:
    """Return the key under which a witness cosigns: one of type 0x01 also serves as 0x04."""
    if key.kind != ED25519:
        return key
    return make_verifier_key(key.name, COSIGNATURE, key.public)


class _Reader:
    """Collects a policy line by line."""

    def __init__(self) -> None:
        self._logs: Final[list[LogKey]] = []
        self._witnesses: Final[list[Witness]] = []
        self._groups: Final[list[Group]] = []
        self._quorum: str | None = None
        self._names: Final[set[str]] = {NO_QUORUM}
        self._publics: Final[set[bytes]] = set()
        # Who stands behind each name that is in no group yet, and who is in one.
        self._free: Final[dict[str, str]] = {}
        self._grouped: Final[set[str]] = set()

    def read(self, keyword: str, words: list[str]) -> None:
        """Read one line."""
        match keyword, words:
            case "log", [vkey, *url] if len(url) <= 1:
                key = self._key(vkey, {ED25519, ECDSA, MLDSA44})
                self._logs.append(LogKey(key, url[0] if url else None))
            case "witness", [name, vkey, *url] if len(url) <= 1:
                key = _cosigning(self._key(vkey, {ED25519, COSIGNATURE, MLDSA44}))
                self._name(name, key.name)
                self._witnesses.append(Witness(name, key, url[0] if url else None))
            case "group", [name, threshold, *members]:
                self._group(name, threshold, members)
            case "quorum", [name]:
                if self._quorum is not None or name not in self._names:
                    raise FormatError("a second quorum, or one of an unknown name")
                self._quorum = name
            case _:
                raise FormatError("unknown keyword, or words missing or left over")

    def _key(self, vkey: str, kinds: set[int]) -> VerifierKey:
        key = parse_verifier_key(vkey)
        if key.kind not in kinds or key.public in self._publics:
            raise FormatError("a key of the wrong type, or one that occurs twice")
        self._publics.add(key.public)
        return key

    def _name(self, name: str, who: str) -> None:
        if name in self._names:
            raise FormatError("a name that occurs twice, or is reserved")
        self._names.add(name)
        self._free[name] = who

    def _group(self, name: str, threshold: str, members: list[str]) -> None:
        if len(set(members)) != len(members) or not self._free.keys() >= set(members):
            raise FormatError("a member is unknown here, or stands in a group already")
        who = {self._free.pop(member) for member in members}
        if not self._grouped.isdisjoint(who):
            raise FormatError("the keys of one witness stand in two groups")
        self._grouped.update(who)
        words = {"any": 1, "all": len(who)}
        needed = words[threshold] if threshold in words else parse_decimal(threshold)
        if not 1 <= needed <= len(who):
            raise FormatError("a threshold that the members cannot reach, or none")
        self._name(name, _group_token(name))
        self._groups.append(Group(name, needed, tuple(members)))

    def policy(self) -> Policy:
        """Return what was read, once it is complete."""
        if self._quorum is None:
            raise FormatError("malformed policy: no quorum line")
        if not self._logs:
            raise FormatError("malformed policy: no log")
        return Policy(
            tuple(self._logs),
            tuple(self._witnesses),
            tuple(self._groups),
            None if self._quorum == NO_QUORUM else self._quorum,
        )
