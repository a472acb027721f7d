"""Reading what was handed in: a deposit file, or the forms of the portal."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import msgspec

from provenance.cdc.cutting import cut_flux
from provenance.cdc.faults import Fault
from provenance.cdc.flux import FluxReader
from provenance.errors import DepositRefused, FormatError
from provenance.ledger.deposit import Intake
from provenance.ledger.judging import CreationJudge
from provenance.ledger.preparing import CHUNK, Chunk, Preparer, Terms, passage_record
from provenance.ledger.rights import check_signature
from provenance.ledger.screening import CreationScreening, Decisions
from provenance.ledger.sender import Sender, read_sender
from provenance.ledger.suppression import SuppressionScreening

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from provenance.cdc.cutting import Cut
    from provenance.cdc.flux import Limits, Passage
    from provenance.cdc.xsd import XsdValidator
    from provenance.ledger.crew import Crew
    from provenance.ledger.files import LedgerFiles
    from provenance.ledger.form import FormSource
    from provenance.ledger.lookups import Lookups
    from provenance.ledger.recall import Recall
    from provenance.ledger.rights import DepositSignature
    from provenance.ledger.screening import Decide, Screening
    from provenance.ledger.source import FileSource

FILE_SIZE_WARNED: Final = 200_000_000
"""Bytes above which the operator's portal takes no file; here it is only said."""


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
        crew: Crew,
    ) -> None:
        self._origin: Final = origin
        self._files: Final = files
        self._lookups: Final = lookups
        self._received: Final = datetime.fromtimestamp(received_us / 1e6, UTC).date()
        self._decisions: Final = None if decide is None else Decisions(decide)
        self._judge: Final = CreationJudge(lookups, recall, corrections=corrections)
        self._crew: Final = crew

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

        A file that can be cut into its passages is read that way, in a fraction of the
        time; where anything in it is out of the ordinary, it is read as a whole. Raises
        `DepositRefused` with every reason found, when it cannot be accepted as a whole.
        """
        intake = self._receive_cut(source, authenticated, limits)
        if intake is None:
            intake, faults = self._receive_whole(source, authenticated, validator, limits)
        else:
            faults = list(_validate(validator, source, []))
        return self._complete(msgspec.structs.replace(intake, signature=signature), faults)

    def _receive_cut(
        self, source: FileSource, authenticated: str | None, limits: Limits
    ) -> Intake | None:
        """Read a file passage by passage; None where it must be read as a whole."""
        cut = cut_flux(source.chunks, limits)
        if cut is None or cut.action == "SUPPRESSION":
            return None
        sender = self._sender(cut.emetteur)
        if sender.faults(cut.certificateur, authenticated):
            return None
        screening = self._creation(sender)
        spans = zip(cut.starts, cut.ends, strict=True)
        try:
            with self._crew.work(self._preparer(sender)) as work:
                for chunk in _chunks(cut, source):
                    work.add(chunk)
                    for prepared in work.done():
                        screening.add(prepared, spans)
                for prepared in work.finish():
                    screening.add(prepared, spans)
        except FormatError:
            return None
        return Intake(
            document=source,
            screening=screening,
            depositor=cut.emetteur,
            depositor_index=None,
            certifier=cut.certificateur,
            action="CREATION",
            id_flux=cut.id_flux,
            signature=None,
            warnings=_size_warning(source.size),
        )

    def _receive_whole(
        self,
        source: FileSource,
        authenticated: str | None,
        validator: XsdValidator | None,
        limits: Limits,
    ) -> tuple[Intake, list[Fault]]:
        """Read a file from its beginning to its end; give what is wrong with it, too."""
        reader = FluxReader(source.chunks, limits)
        passages = reader.passages()
        first = next(passages, None)
        header = reader.header
        if first is None or header is None:
            faults = [*reader.faults, *_validate(validator, source, reader.faults)]
            raise _refused(source.name, faults)
        sender = self._sender(header.emetteur)
        faults = sender.faults(header.certificateur, authenticated)
        screening, add = self._screening(sender, suppresses=header.action == "SUPPRESSION")
        passage: Passage | None = first
        while passage is not None:
            # A file that is refused already is only read on for its other faults.
            if not faults:
                add(passage)
            passage = next(passages, None)
        faults += [*reader.faults, *_validate(validator, source, reader.faults)]
        intake = Intake(
            document=source,
            screening=screening,
            depositor=header.emetteur,
            depositor_index=None,
            certifier=header.certificateur,
            action="SUPPRESSION" if header.action == "SUPPRESSION" else "CREATION",
            id_flux=header.id_flux,
            signature=None,
            warnings=_size_warning(source.size),
        )
        return intake, faults

    def _screening(
        self, sender: Sender, *, suppresses: bool
    ) -> tuple[Screening, Callable[[Passage], None]]:
        """Give a screening, and what adds a passage to it."""
        if suppresses:
            withdrawn = SuppressionScreening(
                self._files.store.view,
                depositor=sender.depositor,
                succeeded=sender.succeeded,
                lookups=self._lookups,
            )
            return withdrawn, lambda passage: withdrawn.add(
                passage.id_technique, (passage.start, passage.end), passage.fields
            )
        created, preparer = self._creation(sender), self._preparer(sender)
        return created, lambda passage: created.add(
            preparer.prepare_records(
                passage.bindings, [passage_record(passage.source, passage.fields)]
            ),
            [(passage.start, passage.end)],
        )

    def receive_form(self, form: FormSource, signature: DepositSignature | None) -> Intake:
        """Screen the portal's form; raises `DepositRefused` as for a file."""
        sender = self._sender(form.depositor)
        faults = sender.faults(form.certifier)
        screening = self._creation(sender)
        if faults:
            form.read()
        else:
            spans = form.spans()
            with self._crew.work(self._preparer(sender)) as work:
                for chunk in form.chunks(CHUNK):
                    work.add(chunk)
                for prepared in work.finish():
                    screening.add(prepared, spans)
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
            # What changes from here on is seen when it is recorded.
            sender,
        )

    def _creation(self, sender: Sender) -> CreationScreening:
        decisions = self._decisions
        return CreationScreening(
            self._judge,
            self._files.store.view,
            depositor=sender.depositor,
            decide=None if decisions is None else decisions.from_the_first(),
            lookups=self._lookups,
        )

    def _preparer(self, sender: Sender) -> Preparer:
        terms = Terms(
            secret=self._files.vault.secret,
            bodies=(sender.depositor, *sender.succeeded),
            received=self._received,
            shows_fields=self._decisions is not None,
        )
        return Preparer(terms, self._lookups)

    def _sender(self, depositor: str) -> Sender:
        with self._files.store.view() as view:
            return read_sender(view, depositor)

    def _complete(
        self, intake: Intake, faults: list[Fault], sender: Sender | None = None
    ) -> Intake:
        """Check rights as of now, and the signature over the whole; refuse, or pass on.

        Screening a large file takes a while, and the rights may have changed meanwhile.
        """
        sender = sender or self._sender(intake.depositor)
        if not faults:
            faults += sender.faults(intake.certifier)
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
        return msgspec.structs.replace(intake, depositor_index=sender.index)


def _chunks(cut: Cut, source: FileSource) -> Iterator[Chunk]:
    """Read a file again, and give its passages, those of one chunk with equal surroundings."""
    kind, sources = 0, list[bytes]()
    for number, passage in cut.passages(source.chunks()):
        if sources and (number != kind or len(sources) == CHUNK):
            yield _chunk(cut, kind, sources)
            sources = []
        kind = number
        sources.append(passage)
    yield _chunk(cut, kind, sources)


def _chunk(cut: Cut, kind: int, sources: list[bytes]) -> Chunk:
    around = cut.surroundings[kind]
    return Chunk(bindings=around.bindings, leading=around.leading, sources=sources)


def _validate(
    validator: XsdValidator | None, source: FileSource, known: Sequence[Fault]
) -> Sequence[Fault]:
    """Validate against the operator's own schema, where there is one.

    The validator's library bounds no single text, the reader does: what is not
    well-formed is not shown to it.
    """
    if validator is None or any(fault.level == "well-formed" for fault in known):
        return ()
    return validator.faults(source.chunks)


def _size_warning(size: int) -> tuple[Fault, ...]:
    if size <= FILE_SIZE_WARNED:
        return ()
    message = f"the file has {size} bytes; the portal takes {FILE_SIZE_WARNED} at most"
    return (Fault(level="schema", code="large-file", message=message, effect="warning"),)


def _refused(name: str, faults: Sequence[Fault]) -> DepositRefused:
    first = faults[0].message if faults else "it holds no passage"
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    return DepositRefused(f"{name} was refused, nothing was recorded: {first}{more}", faults)
