"""The rules of the log, replayed: what each entry may refer to.

A plain model, kept apart from the code that writes: keys and depositors in force, the
deposit that certifications belong to, and what later entries did to earlier ones. An
entry that breaks a rule is a finding; the replay goes on with what it says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from provenance.audit.operatorkeys import OperatorKeys
from provenance.audit.registrations import Registrations
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
    Register,
    Status,
    Timestamp,
    Upgrade,
    Withdrawal,
)
from provenance.record.message import deposit_message, endorsement_message
from provenance.record.status import ERASED, SUPERSEDED, WITHDRAWN
from provenance.tlog.merkle import tree_root
from provenance.tlog.note import parse_verifier_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from provenance.audit.facts import Run
    from provenance.audit.report import Findings
    from provenance.tlog.note import VerifierKey

CHECK: Final = "rules"
LAST: Final = "names a registration that is not the last one of its depositor"
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
        self.register: Register | None = None
        """The last `Register` entry."""
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
        self.endorsed: Final[list[tuple[int, int]]] = []
        """Certifications [start, end) that their depositor endorsed."""
        self.signed_at: int | None = None
        """The last deposit whose signature by its depositor holds."""
        self.tokens = 0
        """Time stamps, whose tokens an audit does not check."""
        self.closed_at: int | None = None
        """Index of the entry that ended the log."""
        self.upgraded = False
        self._findings: Final = findings
        self._entry_at: Final = entry_at
        self._leaf_hashes: Final = leaf_hashes
        self._root_at: Final = root_at
        self.keys: Final = OperatorKeys(self._broken)
        self.registrations: Final = Registrations(self._broken, _verifies)
        self._deposit: Deposit | None = None
        """The deposit whose own entries may follow without a gap."""
        self._left = 0
        """How many more of them it says that there are."""

    def apply(self, entry: Entry) -> None:
        """Check one entry against the state, and take it into the state."""
        # A last status entry lets the end itself be published.
        ends = isinstance(entry, Status) and entry.index - 1 == self.closed_at
        if self.closed_at is not None and not ends:
            self._broken(entry, "stands behind the close of the log")
        if not isinstance(entry, Certification | Withdrawal):
            self.finish()
        match entry:
            case Genesis() | Key() | Depositor():
                self._take_keys(entry, checked=True)
            case Deposit():
                self._take_deposit(entry)
            case Certification():
                self._certification(entry)
            case _:
                self._apply_rare(entry)

    def _apply_rare(self, entry: Entry) -> None:
        match entry:
            case Withdrawal():
                self._withdrawal(entry)
            case Erasure():
                self._erasure(entry)
            case Endorsement():
                self._endorsement(entry)
            case Status():
                self._status(entry)
            case Register():
                self._take_register(entry)
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

    def finish(self) -> None:
        """End the deposit whose own entries have all come by."""
        deposit, self._deposit = self._deposit, None
        if deposit is not None and self._left:
            self._broken(
                deposit,
                f"says that {deposit.recorded} entries of its own follow, and "
                f"{deposit.recorded - self._left} do",
            )

    def allows_run(self, run: Run) -> bool:
        """Whether all certifications of a run may follow; they supersede nothing.

        Where they may not, `apply` tells why, entry by entry.
        """
        deposit = self._deposit
        return (
            self.closed_at is None
            and deposit is not None
            and (deposit.index, deposit.depositor) == (run.deposit, run.depositor)
            and deposit.action == "CREATION"
            and run.end - run.start <= self._left
            and run.registration == self.registrations.index_of(run.depositor)
            and run.certifier_registration == self._certifier_index(deposit)
        )

    def take_run(self, run: Run) -> None:
        """Take a run that is allowed into the state."""
        self._left -= run.end - run.start

    def may_sign(self, entry: Entry | None) -> tuple[VerifierKey, ...]:
        """Return the entry keys in force, but the one that ``entry`` retires."""
        retires = entry.vkey if isinstance(entry, Key) and entry.action == "retire" else None
        return tuple(key for vkey, key in self.keys.entry.items() if vkey != retires)

    def adopt(self, entry: Entry) -> None:
        """Take an entry from before the audited range into the state, unchecked."""
        match entry:
            case Genesis() | Key() | Depositor():
                self._take_keys(entry, checked=False)
            case Register():
                self.register = entry
            case _:
                pass

    def forget(self) -> None:
        """Take nothing as adopted: the log is read from its beginning after all."""
        self.bits.clear()
        self.keys.forget()
        self.registrations.forget()
        self.register = None

    def _broken(self, entry: Entry, message: str) -> None:
        self._findings.add(
            CHECK, f"{type(entry).__name__.lower()} entry {message}", entry.index
        )

    def _take_keys(self, entry: Genesis | Key | Depositor, *, checked: bool) -> None:
        """Take an entry that lists keys; no key is both the operator's and a depositor's."""
        mine, others = self.keys.publics, self.registrations.publics
        if isinstance(entry, Depositor):
            if checked:
                self.registrations.apply(entry, self.origin)
            else:
                self.registrations.adopt(entry)
        elif isinstance(entry, Genesis):
            self.origin = entry.origin
            self.keys.begin(entry)
        else:
            self.keys.apply(entry)
        if any(public in mine and public in others for public in _publics(entry)):
            self._broken(entry, "lists a public key of the operator and of a depositor")

    def _take_deposit(self, entry: Deposit) -> None:
        self._deposit, self._left = entry, entry.recorded
        depositor = self.registrations.in_force.get(entry.depositor)
        if depositor is None:
            self._broken(entry, "is by a depositor that is not registered")
            return
        if entry.registration != depositor.index:
            self._broken(entry, LAST)
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
            certifier=entry.certifier,
            action=entry.action,
            digest=decode_base64(entry.digest),
        )
        known = entry.signer in depositor.keys
        if known and _verifies(entry.signer, entry.signature, message):
            self.signed_at = entry.index
        else:
            self._broken(entry, "has a signature that is not by a key of its depositor")

    def _certification(self, entry: Certification) -> None:
        deposit = self._follow(entry, entry.deposit, "CREATION")
        if deposit is None:
            # What it names instead says for whom it is.
            named = self._entry_at(entry.deposit)
            deposit = named if isinstance(named, Deposit) else None
        elif deposit.depositor != entry.depositor:
            self._broken(entry, "names another depositor than its deposit")
        if entry.registration != self.registrations.index_of(entry.depositor):
            self._broken(entry, LAST)
        if deposit is not None:
            due = self._certifier_index(deposit)
            if entry.certifier_registration != due:
                self._broken(entry, "does not name the last registration of its certifier")
        if entry.supersedes is not None:
            self._check_target(entry, entry.supersedes, by=entry.depositor, forbidden=ANY)
            self._change(entry, entry.supersedes, SUPERSEDED)

    def _follow(self, entry: Entry, index: int, action: str) -> Deposit | None:
        """Count an entry as one of the deposit at ``index``, if it follows that directly."""
        deposit = self._deposit
        if deposit is None or deposit.index != index or deposit.action != action:
            self._broken(entry, "does not follow the deposit that it names")
            return None
        if self._left:
            self._left -= 1
        else:
            self._broken(entry, "is one more than its deposit says that there are")
        return deposit

    def _certifier_index(self, deposit: Deposit) -> int | None:
        return self.registrations.certifier_index(
            depositor=deposit.depositor, certifier=deposit.certifier
        )

    def _withdrawal(self, entry: Withdrawal) -> None:
        by = None
        if entry.deposit is None:
            self.finish()
        else:
            deposit = self._follow(entry, entry.deposit, "SUPPRESSION")
            by = None if deposit is None else deposit.depositor
        # What was superseded can be withdrawn too: an early version may be the fraud.
        self._check_target(entry, entry.withdraws, by=by, forbidden=WITHDRAWN)
        self._change(entry, entry.withdraws, WITHDRAWN)

    def _erasure(self, entry: Erasure) -> None:
        self.erasures.append(entry.index)
        for index in entry.erases:
            target = self._entry_at(index)
            if not isinstance(target, Certification | Deposit | Withdrawal | Erasure):
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
        entry = self.registrations.in_force.get(depositor)
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
        depositor = self.registrations.in_force.get(deposit.depositor)
        holds = root == decode_base64(entry.root)
        if not holds:
            self._broken(entry, "has another root than the entries that it covers")
        if depositor is None or entry.registration != depositor.index:
            self._broken(entry, LAST)
        known = depositor is not None and entry.vkey in depositor.keys
        if not (known and _verifies(entry.vkey, entry.signature, message)):
            self._broken(entry, "has a signature that is not by a key of its depositor")
        elif holds:
            self.endorsed.append((entry.start, entry.end))

    def _status(self, entry: Status) -> None:
        due = None if self.register is None else self.register.index
        if entry.register != due:
            self._broken(entry, "does not name the last register entry before it")

    def _take_register(self, entry: Register) -> None:
        if self.register is not None and entry.date < self.register.date:
            self._broken(entry, "is of an older export than the register entry before it")
        self.register = entry


def _publics(entry: Genesis | Key | Depositor) -> Iterator[bytes]:
    """Yield the public keys that an entry puts into force."""
    if isinstance(entry, Key):
        vkeys: tuple[str, ...] = (entry.vkey,) if entry.action == "add" else ()
    else:
        vkeys = entry.keys if isinstance(entry, Depositor) else entry.log_keys
    for vkey in vkeys:
        yield parse_verifier_key(vkey).public


def _verifies(vkey: str, signature: str, message: bytes) -> bool:
    """Whether an Ed25519 signature holds; for findings, never for a decision alone."""
    public = Ed25519PublicKey.from_public_bytes(parse_verifier_key(vkey).public)
    try:
        public.verify(decode_base64(signature), message)
    except InvalidSignature:
        return False
    return True
