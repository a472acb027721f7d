"""The rules of the log, replayed: what each entry may refer to.

A plain model, kept apart from the code that writes: keys and depositors in force, the
deposit that certifications belong to, and what later entries did to earlier ones. An
entry that breaks a rule is a finding; the replay goes on with what it says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from provenance.encoding import decode_base64
from provenance.record.entry import (
    Certification,
    Close,
    Deposit,
    Depositor,
    Endorsement,
    Entry,
    Erasure,
    Genesis,
    Key,
    Status,
    Timestamp,
    Upgrade,
    Withdrawal,
)
from provenance.record.message import deposit_message, depositor_message, endorsement_message
from provenance.record.status import ERASED, SUPERSEDED, WITHDRAWN
from provenance.tlog.merkle import tree_root
from provenance.tlog.note import VerifierKey, parse_verifier_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from provenance.audit.report import Findings

CHECK: Final = "rules"
ANY: Final = SUPERSEDED | WITHDRAWN | ERASED


class Rules:
    """The state of the log after the entries seen so far.

    ``entry_at`` gives an earlier entry (None when it cannot be read), ``leaf_hashes`` the
    leaf hashes of a range, ``root_at`` the root at a size.
    """

    def __init__(
        self,
        findings: Findings,
        *,
        entry_at: Callable[[int], Entry | None],
        leaf_hashes: Callable[[int, int], Iterable[bytes]],
        root_at: Callable[[int], bytes],
    ) -> None:
        self.origin = ""
        self.log_keys: Final[dict[str, VerifierKey]] = {}
        self.entry_keys: Final[dict[str, VerifierKey]] = {}
        self.depositors: Final[dict[str, Depositor]] = {}
        self.changed: Final[dict[tuple[int, int], int]] = {}
        """By entry and status bit: the index of the entry that did it."""
        self.bits: Final[dict[int, int]] = {}
        """Status bits of certifications that have any."""
        self.erased: Final[set[int]] = set()
        """Entries of every type whose content was destroyed."""
        self.endorsements: Final[list[tuple[int, int]]] = []
        """Deposit and index of each endorsement."""
        self.erasures: Final[list[int]] = []
        """Indexes of the erasure entries."""
        self.resets = 0
        """Depositors' keys that were replaced without a signature by a previous one."""
        self.tokens = 0
        """Time stamps, whose tokens an audit does not check."""
        self.closed_at: int | None = None
        """Index of the entry that ended the log."""
        self.upgraded = False
        self._findings: Final = findings
        self._entry_at: Final = entry_at
        self._leaf_hashes: Final = leaf_hashes
        self._root_at: Final = root_at
        self.declarations: Final[list[int]] = []
        """Indexes of the ``key`` entries."""
        self._publics: Final[set[bytes]] = set()
        self._depositors_publics: Final[set[bytes]] = set()
        self._run: Deposit | None = None
        """The deposit whose certifications may follow without a gap."""

    def apply(self, entry: Entry) -> None:
        """Check one entry against the state, and take it into the state."""
        # A last status entry lets the end itself be published.
        ends = isinstance(entry, Status) and entry.index - 1 == self.closed_at
        if self.closed_at is not None and not ends:
            self._broken(entry, "stands behind the close of the log")
        match entry:
            case Genesis():
                self._genesis(entry)
            case Key():
                self._key(entry)
            case Depositor():
                self._depositor(entry)
            case Deposit():
                self._deposit(entry)
            case Certification():
                self._certification(entry)
            case _:
                self._apply_rare(entry)
        if not isinstance(entry, Deposit | Certification):
            self._run = None

    def _apply_rare(self, entry: Entry) -> None:
        match entry:
            case Withdrawal():
                self._withdrawal(entry)
            case Erasure():
                self._erasure(entry)
            case Endorsement():
                self._endorsement(entry)
            case Timestamp():
                self.tokens += 1
                if self._root_at(entry.size) != decode_base64(entry.root):
                    self._broken(entry, "stamps a root that the log does not have at that size")
            case Close():
                self.closed_at = entry.index
            case Upgrade():
                self.upgraded = True
            case _:
                pass

    def allows_run(self, deposit: int, depositor: str) -> bool:
        """Whether certifications of this deposit and depositor may follow, any number.

        They supersede nothing. Where they may not, `apply` tells why, entry by entry.
        """
        run = self._run
        return (
            self.closed_at is None
            and run is not None
            and (run.index, run.depositor) == (deposit, depositor)
            and run.action == "CREATION"
        )

    def may_sign(self, entry: Entry | None) -> tuple[VerifierKey, ...]:
        """Give the entry keys in force, but the one that ``entry`` retires."""
        retires = entry.vkey if isinstance(entry, Key) and entry.action == "retire" else None
        return tuple(key for vkey, key in self.entry_keys.items() if vkey != retires)

    def adopt(self, entry: Entry) -> None:
        """Take an entry from before the audited range into the state, unchecked."""
        match entry:
            case Genesis():
                self._genesis(entry)
            case Key():
                self._key(entry)
            case Depositor():
                self._add_depositor(entry)
            case _:
                pass

    def forget(self) -> None:
        """Take nothing as adopted: the log is read from its beginning after all."""
        for state in (self.log_keys, self.entry_keys, self.depositors, self.bits):
            state.clear()
        for publics in (self._publics, self._depositors_publics):
            publics.clear()
        self.declarations.clear()

    def _broken(self, entry: Entry, message: str) -> None:
        self._findings.add(
            CHECK, f"{type(entry).__name__.lower()} entry {message}", entry.index
        )

    def _genesis(self, entry: Genesis) -> None:
        self.origin = entry.origin
        for vkey in entry.log_keys:
            self._add_key(entry, vkey, self.log_keys)
        if any(key.name != entry.origin for key in self.log_keys.values()):
            self._broken(entry, "lists a log key whose name is not the origin")

    def _key(self, entry: Key) -> None:
        self.declarations.append(entry.index)
        keys = self.entry_keys if entry.role == "entry" else self.log_keys
        name = f"{self.origin}/entry" if entry.role == "entry" else self.origin
        if entry.action == "add":
            self._add_key(entry, entry.vkey, keys)
            if keys[entry.vkey].name != name:
                self._broken(entry, f"adds a key whose name is not {name}")
        elif keys.pop(entry.vkey, None) is None:
            self._broken(entry, "retires a key that is not in force")

    def _add_key(self, entry: Entry, vkey: str, keys: dict[str, VerifierKey]) -> None:
        key = parse_verifier_key(vkey)
        if key.public in self._publics | self._depositors_publics:
            self._broken(entry, "adds a public key that was used before")
        self._publics.add(key.public)
        keys[vkey] = key

    def _depositor(self, entry: Depositor) -> None:
        before = self.depositors.get(entry.depositor)
        if entry.previous != (None if before is None else before.index):
            self._broken(entry, "does not name the entry that it replaces")
        if before is not None and before.keys:
            message = depositor_message(
                origin=self.origin, depositor=entry.depositor, keys=entry.keys
            )
            if entry.signature is None:
                self.resets += before.keys != entry.keys
            elif not any(_verifies(key, entry.signature, message) for key in before.keys):
                self._broken(entry, "is not signed by a previous key of the depositor")
        self._add_depositor(entry)

    def _add_depositor(self, entry: Depositor) -> None:
        publics = {parse_verifier_key(vkey).public for vkey in entry.keys}
        if not self._publics.isdisjoint(publics):
            self._broken(entry, "lists a public key of the operator")
        self._depositors_publics.update(publics)
        self.depositors[entry.depositor] = entry

    def _deposit(self, entry: Deposit) -> None:
        self._run = entry
        depositor = self.depositors.get(entry.depositor)
        if depositor is None:
            self._broken(entry, "is by a depositor that is not registered")
            return
        allowed = depositor.certifiers
        if allowed is not None and entry.certifier not in {*allowed, entry.depositor}:
            self._broken(entry, "is for a certifier that its depositor may not deposit for")
        if entry.signature is None or entry.signer is None:
            if depositor.keys:
                self._broken(entry, "is not signed, though its depositor has keys")
            return
        message = deposit_message(
            origin=self.origin,
            depositor=entry.depositor,
            action=entry.action,
            digest=decode_base64(entry.digest),
        )
        known = entry.signer in depositor.keys
        if not (known and _verifies(entry.signer, entry.signature, message)):
            self._broken(entry, "has a signature that is not by a key of its depositor")

    def _certification(self, entry: Certification) -> None:
        run = self._run
        if run is None or run.index != entry.deposit or run.action != "CREATION":
            self._broken(entry, "does not follow the deposit that it names")
        elif run.depositor != entry.depositor:
            self._broken(entry, "names another depositor than its deposit")
        if entry.supersedes is not None:
            self._check_target(entry, entry.supersedes, by=entry.depositor, forbidden=ANY)
            self._change(entry, entry.supersedes, SUPERSEDED)

    def _withdrawal(self, entry: Withdrawal) -> None:
        by = None
        if entry.deposit is not None:
            deposit = self._entry_at(entry.deposit)
            if not isinstance(deposit, Deposit) or deposit.action != "SUPPRESSION":
                self._broken(entry, "names a deposit that withdraws nothing")
            else:
                by = deposit.depositor
        # What was superseded can be withdrawn too: an early version may be the fraud.
        self._check_target(entry, entry.withdraws, by=by, forbidden=WITHDRAWN)
        self._change(entry, entry.withdraws, WITHDRAWN)

    def _erasure(self, entry: Erasure) -> None:
        self.erasures.append(entry.index)
        for index in entry.erases:
            target = self._entry_at(index)
            if not isinstance(target, Certification | Deposit | Withdrawal):
                self._broken(entry, f"erases entry {index}, which has nothing to erase")
            if index in self.erased:
                self._broken(entry, f"erases entry {index}, which was erased before")
            self.erased.add(index)
            self.changed[index, ERASED] = entry.index
            # Only certifications have status bits: the tree says nothing of other entries.
            if isinstance(target, Certification):
                self._change(entry, index, ERASED)
        for index in entry.erases:
            target = self._entry_at(index)
            # The salt of its file would let the erased passage be guessed from the rest.
            if isinstance(target, Certification) and target.deposit not in self.erased:
                self._broken(entry, f"erases entry {index}, and leaves its deposit")

    def _check_target(
        self, entry: Entry, index: int, *, by: str | None, forbidden: int
    ) -> None:
        """Check that ``index`` is a certification that ``by`` may still change.

        ``forbidden``: the status bits that it must not have yet.
        """
        target = self._entry_at(index)
        if not isinstance(target, Certification):
            self._broken(entry, f"refers to entry {index}, which is no certification")
            return
        if by is not None and target.depositor not in {by, *self._succeeded(by)}:
            self._broken(entry, f"refers to entry {index}, which is another depositor's")
        if self.bits.get(index, 0) & forbidden:
            self._broken(entry, f"refers to entry {index}, which is not in force any more")

    def _succeeded(self, depositor: str) -> tuple[str, ...]:
        entry = self.depositors.get(depositor)
        return (entry.succeeds or ()) if entry is not None else ()

    def _change(self, entry: Entry, index: int, bit: int) -> None:
        self.bits[index] = self.bits.get(index, 0) | bit
        self.changed[index, bit] = entry.index

    def _endorsement(self, entry: Endorsement) -> None:
        self.endorsements.append((entry.deposit, entry.index))
        deposit = self._entry_at(entry.deposit)
        inside = (self._entry_at(index) for index in range(entry.start, entry.end))
        if not isinstance(deposit, Deposit) or not all(
            isinstance(one, Certification) and one.deposit == entry.deposit for one in inside
        ):
            self._broken(entry, "covers entries outside its deposit")
            return
        root = tree_root(self._leaf_hashes(entry.start, entry.end))
        message = endorsement_message(
            origin=self.origin,
            deposit=entry.deposit,
            start=entry.start,
            end=entry.end,
            root=root,
        )
        depositor = self.depositors.get(deposit.depositor)
        known = depositor is not None and entry.vkey in depositor.keys
        if root != decode_base64(entry.root):
            self._broken(entry, "has another root than the entries that it covers")
        if not (known and _verifies(entry.vkey, entry.signature, message)):
            self._broken(entry, "has a signature that is not by a key of its depositor")


def _verifies(vkey: str, signature: str, message: bytes) -> bool:
    """Whether an Ed25519 signature holds; for findings, never for a decision alone."""
    public = Ed25519PublicKey.from_public_bytes(parse_verifier_key(vkey).public)
    try:
        public.verify(decode_base64(signature), message)
    except InvalidSignature:
        return False
    return True
