"""Reading what was handed in: a deposit file, or the forms of the portal."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from provenance.cdc.faults import Fault
from provenance.cdc.flux import FluxReader
from provenance.errors import DepositRefused
from provenance.ledger.deposit import Intake
from provenance.ledger.registry import depositor_row, read_depositor, read_index
from provenance.ledger.rights import check_depositor, check_signature
from provenance.ledger.screening import Screening, Submitted
from provenance.record.payload import CertificationPayload

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from provenance.cdc.flux import Header, Limits, Passage
    from provenance.cdc.xsd import XsdValidator
    from provenance.ledger.files import LedgerFiles
    from provenance.ledger.form import FormSource
    from provenance.ledger.lookups import Lookups
    from provenance.ledger.recall import Recall
    from provenance.ledger.rights import DepositSignature
    from provenance.ledger.screening import Decide
    from provenance.ledger.source import FileSource

FILE_SIZE_WARNED: Final = 200_000_000
"""Bytes above which the operator's portal takes no file; here it is only said."""


_SUPPRESSION: Final = Fault(
    level="rights",
    code="suppression-not-supported",
    message="withdrawals by file (action SUPPRESSION) are not accepted by this version; "
    "the certifications stay as they are",
    effect="file",
)


class Reception:
    """What one deposit is received with: who sends it, and how it is to be judged."""

    def __init__(
        self,
        *,
        origin: str,
        files: LedgerFiles,
        lookups: Lookups,
        recall: Recall,
        received_us: int,
        decide: Decide | None,
    ) -> None:
        self._origin: Final = origin
        self._files: Final = files
        self._lookups: Final = lookups
        self._recall: Final = recall
        self._received: Final = datetime.fromtimestamp(received_us / 1e6, UTC).date()
        self._decide: Final = decide

    def _screening(self, depositor: str) -> Screening:
        return Screening(
            depositor=depositor,
            received=self._received,
            decide=self._decide,
            lookups=self._lookups,
            recall=self._recall,
        )

    def receive_file(
        self,
        source: FileSource,
        *,
        authenticated: str | None,
        signature: DepositSignature | None,
        validator: XsdValidator | None,
        limits: Limits,
    ) -> Intake:
        """Read and screen a deposit file; nothing is recorded yet.

        Raises `DepositRefused` with every reason found, when the file as a whole cannot
        be accepted.
        """
        reader = FluxReader(source.chunks, limits)
        passages = reader.passages()
        first = next(passages, None)
        faults: list[Fault] = []
        if first is not None and reader.header is not None:
            faults += self._check_rights(reader.header, authenticated)
            screening = self._screen(itertools.chain([first], passages), reader.header, faults)
        faults += reader.faults
        # The validator's library bounds no single text, the reader does: what failed there
        # is not shown to it.
        if validator is not None and all(fault.level != "well-formed" for fault in faults):
            faults += validator.faults(source.chunks)
        header = reader.header
        # Only now: the action may stand behind the passages.
        if header is not None and header.action == "SUPPRESSION":
            faults.append(_SUPPRESSION)
        if faults or header is None:
            raise _refused(source.name, faults)
        return self._complete(source, screening, header, signature)

    def receive_form(self, form: FormSource) -> Intake:
        """Screen the portal's form; raises `DepositRefused` as for a file."""
        with self._files.store.view() as view:
            depositor = read_depositor(view, form.depositor)
            index = read_index(view, depositor_row(form.depositor))
        faults = check_depositor(
            depositor, sender=form.depositor, certifier=form.certifier, authenticated=None
        )
        if depositor is None or index is None or faults:
            raise _refused(form.name, faults)
        faults = check_signature(
            depositor, None, origin=self._origin, action="CREATION", digest=form.digest()
        )
        if faults:
            raise _refused(form.name, faults)
        screening = self._screening(form.depositor)
        for submitted in form.submitted:
            screening.add(submitted)
        return Intake(
            document=form,
            screening=screening,
            depositor=form.depositor,
            depositor_index=index,
            certifier=form.certifier,
            id_flux="",
            signature=None,
        )

    def _screen(
        self, passages: Iterable[Passage], header: Header, faults: Sequence[Fault]
    ) -> Screening:
        screening = self._screening(header.emetteur)
        for passage in passages:
            # A file that is refused already is only read on for its other faults.
            if not faults:
                screening.add(_submitted(passage))
        return screening

    def _check_rights(self, header: Header, authenticated: str | None) -> list[Fault]:
        with self._files.store.view() as view:
            depositor = read_depositor(view, header.emetteur)
        return check_depositor(
            depositor,
            sender=header.emetteur,
            certifier=header.certificateur,
            authenticated=authenticated,
        )

    def _complete(
        self,
        source: FileSource,
        screening: Screening,
        header: Header,
        signature: DepositSignature | None,
    ) -> Intake:
        with self._files.store.view() as view:
            depositor = read_depositor(view, header.emetteur)
            index = read_index(view, depositor_row(header.emetteur))
        if depositor is None or index is None:
            raise DepositRefused(f"depositor {header.emetteur} is not registered")
        faults = check_signature(
            depositor,
            signature,
            origin=self._origin,
            action=header.action or "CREATION",
            digest=source.digest(),
        )
        if faults:
            raise _refused(source.name, faults)
        return Intake(
            document=source,
            screening=screening,
            depositor=header.emetteur,
            depositor_index=index,
            certifier=header.certificateur,
            id_flux=header.id_flux,
            signature=signature,
            warnings=_size_warning(source.size),
        )


def _submitted(passage: Passage) -> Submitted:
    return Submitted(
        id_technique=passage.id_technique,
        span=(passage.start, passage.end),
        payload=CertificationPayload(
            bindings=passage.bindings, source=passage.source, fields=passage.fields
        ),
    )


def _size_warning(size: int) -> tuple[Fault, ...]:
    if size <= FILE_SIZE_WARNED:
        return ()
    message = f"the file has {size} bytes; the portal takes {FILE_SIZE_WARNED} at most"
    return (Fault(level="schema", code="large-file", message=message, effect="warning"),)


def _refused(name: str, faults: Sequence[Fault]) -> DepositRefused:
    first = faults[0].message if faults else "it holds no passage"
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    return DepositRefused(f"{name} was refused, nothing was recorded: {first}{more}", faults)
