"""Reading what was handed in: a deposit file, or the forms of the portal."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import msgspec

from provenance.cdc.faults import Fault
from provenance.cdc.flux import FluxReader
from provenance.errors import DepositRefused
from provenance.ledger.deposit import Intake
from provenance.ledger.judging import CreationJudge
from provenance.ledger.registry import depositor_row, read_depositor, read_index
from provenance.ledger.rights import check_depositor, check_signature
from provenance.ledger.screening import CreationScreening, Submitted
from provenance.ledger.suppression import SuppressionScreening
from provenance.record.payload import CertificationPayload

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.cdc.flux import Limits, Passage
    from provenance.cdc.xsd import XsdValidator
    from provenance.ledger.deposit_job import Action
    from provenance.ledger.files import LedgerFiles
    from provenance.ledger.form import FormSource
    from provenance.ledger.lookups import Lookups
    from provenance.ledger.recall import Recall
    from provenance.ledger.rights import DepositSignature
    from provenance.ledger.screening import Decide, Screening
    from provenance.ledger.sealing import Sealing
    from provenance.ledger.source import FileSource
    from provenance.record.entry import Depositor

FILE_SIZE_WARNED: Final = 200_000_000
"""Bytes above which the operator's portal takes no file; here it is only said."""


class _Sender(msgspec.Struct, frozen=True):
    """The depositor's entry in force and its index; None where it is not registered."""

    entry: Depositor | None
    index: int | None


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
        corrections: bool,
        sealing: Sealing,
    ) -> None:
        self._origin: Final = origin
        self._files: Final = files
        self._lookups: Final = lookups
        self._recall: Final = recall
        self._received: Final = datetime.fromtimestamp(received_us / 1e6, UTC).date()
        self._decide: Final = decide
        self._corrections: Final = corrections
        self._sealing: Final = sealing

    def _screening(self, sender: _Sender, depositor: str, action: Action) -> Screening:
        succeeded = (sender.entry.succeeds or ()) if sender.entry is not None else ()
        view = self._files.store.view
        if action == "SUPPRESSION":
            return SuppressionScreening(
                view, depositor=depositor, succeeded=succeeded, lookups=self._lookups
            )
        judge = CreationJudge(self._lookups, self._recall, corrections=self._corrections)
        return CreationScreening(
            judge,
            view,
            depositor=depositor,
            succeeded=succeeded,
            received=self._received,
            decide=self._decide,
            lookups=self._lookups,
            sealing=self._sealing,
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
        header = reader.header
        if first is None or header is None:
            raise _refused(source.name, [*reader.faults, *_validate(validator, source, reader)])
        sender = self._sender(header.emetteur)
        faults = check_depositor(
            sender.entry,
            sender=header.emetteur,
            certifier=header.certificateur,
            authenticated=authenticated,
        )
        action: Action = "SUPPRESSION" if header.action == "SUPPRESSION" else "CREATION"
        screening = self._screening(sender, header.emetteur, action)
        for passage in itertools.chain([first], passages):
            # A file that is refused already is only read on for its other faults.
            if not faults:
                screening.add(_submitted(passage))
        faults += [*reader.faults, *_validate(validator, source, reader)]
        return self._complete(
            Intake(
                document=source,
                screening=screening,
                depositor=header.emetteur,
                depositor_index=None,
                certifier=header.certificateur,
                action=action,
                id_flux=header.id_flux,
                signature=signature,
                warnings=_size_warning(source.size),
            ),
            faults,
        )

    def receive_form(self, form: FormSource, signature: DepositSignature | None) -> Intake:
        """Screen the portal's form; raises `DepositRefused` as for a file."""
        sender = self._sender(form.depositor)
        faults = check_depositor(
            sender.entry, sender=form.depositor, certifier=form.certifier, authenticated=None
        )
        screening = self._screening(sender, form.depositor, "CREATION")
        if not faults:
            for submitted in form.submitted:
                screening.add(submitted)
        return self._complete(
            Intake(
                document=form,
                screening=screening,
                depositor=form.depositor,
                depositor_index=None,
                certifier=form.certifier,
                action="CREATION",
                id_flux="",
                signature=signature,
            ),
            faults,
        )

    def _sender(self, depositor: str) -> _Sender:
        with self._files.store.view() as view:
            return _Sender(
                entry=read_depositor(view, depositor),
                index=read_index(view, depositor_row(depositor)),
            )

    def _complete(self, intake: Intake, faults: list[Fault]) -> Intake:
        """Check rights as of now, and the signature over the whole; refuse, or pass on.

        Screening a large file takes a while, and the rights may have changed meanwhile.
        """
        sender = self._sender(intake.depositor)
        if not faults:
            faults += check_depositor(
                sender.entry,
                sender=intake.depositor,
                certifier=intake.certifier,
                authenticated=None,
            )
        if sender.entry is not None and not faults:
            faults += check_signature(
                sender.entry,
                intake.signature,
                origin=self._origin,
                action=intake.action,
                digest=intake.document.digest(),
            )
        if faults:
            raise _refused(intake.document.name, faults)
        intake.screening.finish()
        return msgspec.structs.replace(intake, depositor_index=sender.index)


def _validate(
    validator: XsdValidator | None, source: FileSource, reader: FluxReader
) -> Sequence[Fault]:
    """Validate against the operator's own schema, where there is one.

    The validator's library bounds no single text, the reader does: what is not
    well-formed is not shown to it.
    """
    if validator is None or any(fault.level == "well-formed" for fault in reader.faults):
        return ()
    return validator.faults(source.chunks)


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
