"""What the entries say, once they are known to stand in the log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.encoding import decode_base64, encode_base64
from provenance.errors import (
    CommitmentError,
    InclusionError,
    SignatureError,
    VerificationError,
)
from provenance.record.bundle import decode_hashes
from provenance.record.commitment import DIGESTS_MULTIPLE, NEVER_DISCLOSED, SOURCE, recompute
from provenance.record.entry import (
    Certification,
    Depositor,
    Endorsement,
    Erasure,
    Withdrawal,
    depositor_message,
    endorsement_message,
)
from provenance.record.showing import LINE_FIELDS, flag_of
from provenance.report import CertificationReport, identity_kind
from provenance.tlog.merkle import verify_inclusion
from provenance.tlog.note import parse_verifier_key
from provenance.tlog.publickeys import load_ed25519
from provenance.verifier.entries import verify_signature

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from provenance.record.bundle import EndorsementLink
    from provenance.record.commitment import Value
    from provenance.verifier.checks import Checks
    from provenance.verifier.entries import Item
    from provenance.verifier.standing import Standing


class Contents:
    """The certifications and depositors of one bundle, and what is shown of them.

    ``items``: all entries shown, ascending by index, each proven to stand in its tree.
    """

    def __init__(self, items: Mapping[int, Item], origin: str) -> None:
        self._items: Final = items
        self._origin: Final = origin
        self._records: Final[dict[int, dict[str, Value]]] = {}
        self._endorsed: Final[dict[int, str]] = {}
        self._bodies: Final[dict[str, list[Depositor]]] = {}
        self._certifications: Final[dict[int, Certification]] = {}
        for index, item in items.items():
            if isinstance(item.entry, Certification):
                # One that is shown only because it supersedes another is no line of a CV.
                bare = not (item.shown.disclosures or item.shown.hidden)
                if not (bare and item.entry.supersedes in items):
                    self._certifications[index] = item.entry
            elif isinstance(item.entry, Depositor):
                self._bodies.setdefault(item.entry.depositor, []).append(item.entry)

    def check(self, links: Sequence[EndorsementLink], checks: Checks) -> None:
        """Check records, depositors and endorsements."""
        if not self._certifications:
            checks.no("certification", "no certification is shown")
        checks.yes("certification", f"{len(self._certifications)} shown")
        for index, item in self._items.items():
            if item.shown.disclosures or item.shown.hidden:
                checks.attempt("commitment", index, self._read_record, item)
        checks.yes("commitment", f"{len(self._records)} records are as committed to")
        for index, record in self._records.items():
            hidden = len(self._items[index].shown.hidden)
            checks.attempt("disclosure-rules", index, _check_disclosed, record, hidden)
        checks.yes("disclosure-rules", "nothing is shown that stays hidden")
        for index, entry in self._certifications.items():
            checks.attempt("depositor", index, self._check_depositor, entry)
        checks.yes("depositor", "every depositor is registered")
        for link in links:
            checks.attempt("endorsement", link.certification, self._check_endorsed, link)
        if links:
            checks.yes("endorsement", f"{len(links)} are signed by their depositor")
        else:
            checks.skip("endorsement", "no depositor's own signature is shown")

    def _read_record(self, item: Item) -> None:
        entry, shown = item.entry, item.shown
        if not isinstance(entry, Certification | Withdrawal | Erasure):
            raise CommitmentError("fields are shown, but the entry commits to none")
        commitment, fields = recompute(shown.disclosures, decode_hashes(shown.hidden))
        computed = encode_base64(commitment)
        if computed != entry.commitment:
            raise CommitmentError(f"expected {entry.commitment}, computed {computed}")
        self._records[entry.index] = dict(fields)

    def _check_depositor(self, entry: Certification) -> None:
        body = self._body(entry.depositor, entry.index)
        if body is None:
            raise VerificationError(f"no entry shown registers depositor {entry.depositor}")
        record = self._records.get(entry.index, {})
        if record.get("emetteur", entry.depositor) != entry.depositor:
            raise VerificationError("its record names another depositor")
        # Only an entry that was there before tells for whom it could deposit then.
        allowed = body.certifiers if body.index < entry.index else None
        certifier = record.get("certificateur", entry.depositor)
        if allowed is not None and certifier not in (entry.depositor, *allowed):
            raise VerificationError("its depositor may not deposit for that certifier")

    def _body(self, bcr: str, index: int) -> Depositor | None:
        """Give the entry in force for a body at ``index``, else the first one after it."""
        bodies = self._bodies.get(bcr, [])
        before = [body for body in bodies if body.index < index]
        return before[-1] if before else next(iter(bodies), None)

    def _check_endorsed(self, link: EndorsementLink) -> None:
        entry = self._certifications.get(link.certification)
        signed = self._items[link.entry].entry if link.entry in self._items else None
        if entry is None or not isinstance(signed, Endorsement):
            raise InclusionError(f"entry {link.entry} is no endorsement shown here")
        if entry.deposit != signed.deposit:
            raise InclusionError(f"entry {link.entry} endorses another deposit")
        leaf, root = self._items[entry.index].leaf, decode_base64(signed.root)
        index, size = entry.index - signed.start, signed.end - signed.start
        verify_inclusion(leaf, index, size, decode_hashes(link.path), root)
        body = self._body(entry.depositor, signed.index)
        if body is None or body.index > signed.index or signed.vkey not in body.keys:
            raise SignatureError("no depositor entry shown before it lists its key")
        message = endorsement_message(
            origin=self._origin,
            deposit=signed.deposit,
            start=signed.start,
            end=signed.end,
            root=root,
        )
        verify_signature(_public([signed.vkey]), decode_base64(signed.signature), message)
        said = f"entry {body.index} lists its key, {self._set_by(body)}"
        self._endorsed[entry.index] = f"signed by the depositor itself; {said}"

    def _set_by(self, body: Depositor) -> str:
        """Say who put a depositor's keys there, as far as the entries shown tell."""
        if body.previous is None:
            return "set by the operator"
        before = self._items[body.previous].entry if body.previous in self._items else None
        if isinstance(before, Depositor) and before.depositor == body.depositor:
            return self._changed_by(body, before)
        if body.signature is not None:
            return "set by an earlier key of its own, not checked here"
        return f"set by the operator alone, who replaced entry {body.previous}"

    def _changed_by(self, body: Depositor, before: Depositor) -> str:
        """Say who put other keys there; `SignatureError` where it claims to be signed."""
        if body.signature is not None:
            message = depositor_message(
                origin=self._origin, depositor=body.depositor, keys=body.keys
            )
            verify_signature(_public(before.keys), decode_base64(body.signature), message)
            return f"set by a key of its own that entry {before.index} lists"
        if before.keys == body.keys:
            return f"as entry {before.index} did before"
        if not before.keys:
            return "set by the operator"
        return f"reset by the operator alone, in place of the keys of entry {before.index}"

    @property
    def lines(self) -> Collection[int]:
        """Indexes of the certifications that are shown for themselves."""
        return self._certifications.keys()

    def report(self, standings: Mapping[int, Standing]) -> list[CertificationReport]:
        """Report every certification; only for a bundle that passed all checks."""
        return [
            self._report(entry, standings[index], self._records.get(index, {}), body)
            for index, entry in self._certifications.items()
            if (body := self._body(entry.depositor, index)) is not None
        ]

    def _report(
        self,
        entry: Certification,
        standing: Standing,
        record: Mapping[str, Value],
        body: Depositor,
    ) -> CertificationReport:
        index, code, final = (
            entry.index,
            record.get("certificateur"),
            record.get("donneeCertifiee"),
        )
        certifier = code if isinstance(code, str) else None
        named = None if certifier is None else self._body(certifier, index)
        identity = identity_kind(record)
        lacks = tuple(name for name in LINE_FIELDS if name not in record)
        return CertificationReport(
            index=index,
            time=entry.time,
            deposit=entry.deposit,
            depositor=entry.depositor,
            depositor_name=body.name,
            depositor_name_source=_source(body, index),
            certifier=certifier,
            certifier_name=None if named is None else named.name,
            fields=tuple(record.items()),
            hidden=len(self._items[index].shown.hidden),
            identity=identity,
            status=standing.word,
            as_of_index=None if standing.status is None else standing.status.index,
            as_of_time=None if standing.status is None else standing.status.time,
            changed_by=standing.changed_by,
            changed_time=None
            if standing.changed_by is None
            else self._items[standing.changed_by].entry.time,
            endorsed=index in self._endorsed,
            endorsement=self._endorsed.get(index),
            line_complete=not lacks and identity is not None,
            lacks=lacks if identity else (*lacks, "identity"),
            provisional=not final if isinstance(final, bool) else None,
        )


def _check_disclosed(record: Mapping[str, Value], hidden: int) -> None:
    if not NEVER_DISCLOSED.isdisjoint(record):
        raise CommitmentError("a field is shown that no proof may show")
    # With all fields shown there are only decoys left, fewer than fill up to the multiple.
    if SOURCE in record and hidden >= DIGESTS_MULTIPLE:
        raise CommitmentError(f"{SOURCE} is shown while other fields are hidden")
    flags = {flag_of(name) for name in record} - {None}
    if not flags.issubset(record):
        raise CommitmentError("a level is shown without the flag that goes with it")


def _public(vkeys: Sequence[str]) -> list[Ed25519PublicKey]:
    return [load_ed25519(parse_verifier_key(vkey).public) for vkey in vkeys]


def _source(body: Depositor, index: int) -> str:
    after = ", recorded after the certification" if body.index > index else ""
    return f"depositor entry {body.index}{after}"
