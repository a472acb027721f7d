"""Reading what was handed in: a deposit file, or the forms of the portal."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

import msgspec

from provenance.cdc.cutting import cut_flux
from provenance.cdc.faults import Fault
from provenance.cdc.flux import FluxReader, Limits
from provenance.errors import DepositRefused, FormatError
from provenance.ledger.deposit import Intake
from provenance.ledger.judging import CreationJudge
from provenance.ledger.preparing import CHUNK, Chunk, Preparer, Terms, passage_record
from provenance.ledger.rights import DepositSignature, check_certifier, check_signature
from provenance.ledger.screening import CreationScreening, Decisions
from provenance.ledger.sender import Sender, read_sender
from provenance.ledger.suppression import SuppressionScreening
from provenance.record.depositdigest import deposit_digest, file_leaf, passage_leaf
from provenance.record.paris import paris_day

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from provenance.cdc.cutting import Cut
    from provenance.cdc.flux import Passage
    from provenance.cdc.xsd import XsdValidator
    from provenance.ledger.crew import Crew
    from provenance.ledger.files import LedgerFiles
    from provenance.ledger.form import FormSource
    from provenance.ledger.lookups import Lookups
    from provenance.ledger.preparing import Prepared
    from provenance.ledger.recall import Recall
    from provenance.ledger.screening import Decide, Screening
    from provenance.ledger.source import FileSource

FILE_SIZE_WARNED: Final = 200_000_000
"""Bytes above which the operator's portal takes no file; here it is only said."""


_OPTIONS: Final[dict[str, tuple[str, Callable[[Any], bool]]]] = {
    "decide": ("a function", callable),
    "depositor": ("a BCR, a text of 8 characters", lambda value: isinstance(value, str)),
    "signature": ("a DepositSignature", lambda value: isinstance(value, DepositSignature)),
    "name": ("a text", lambda value: isinstance(value, str)),
    "corrections": ("True or False", lambda value: isinstance(value, bool)),
    "xsd": ("an XsdValidator", lambda value: callable(getattr(value, "faults", None))),
    "limits": ("Limits", lambda value: isinstance(value, Limits)),
    "progress": ("a function", callable),
}
"""What an option of a deposit is, and how that is told."""


def check_options(**options: object) -> None:
    """Check the types of a deposit's options, each of which may be None.

    Raises `FormatError`.
    """
    for name, value in options.items():
        what, fits = _OPTIONS[name]
        if value is not None and not fits(value):
            raise FormatError(f"{name} must be {what}")
    signature = options.get("signature")
    if isinstance(signature, DepositSignature):
        salt, signer, signed = msgspec.structs.astuple(signature)
        if not (
            isinstance(salt, bytes) and isinstance(signer, str) and isinstance(signed, bytes)
        ):
            raise FormatError(
                "salt and signature of a DepositSignature are bytes, signer a text"
            )


class _UnusualError(Exception):
    """A file that must be read as a whole; never leaves this module."""


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
        self._recall: Final = recall
        self._received: Final = paris_day(received_us)
        self._decisions: Final = None if decide is None else Decisions(decide)
        self._corrections: Final = corrections
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
        if _faults(sender, cut.certificateur, authenticated):
            return None
        screening = self._creation(sender)
        spans = zip(cut.starts, cut.ends, strict=True)
        try:
            with closing(self._prepared(cut, source, sender)) as parts:
                for prepared in parts:
                    screening.add(prepared, spans)
        except _UnusualError:
            return None
        return Intake(
            document=source,
            screening=screening,
            depositor=cut.emetteur,
            certifier=cut.certificateur,
            action="CREATION",
            id_flux=cut.id_flux,
            signature=None,
            warnings=_size_warning(source.size),
        )

    def _prepared(
        self, cut: Cut, source: FileSource, sender: Sender
    ) -> Generator[list[Prepared], None, None]:
        """Prepare the passages of a file, those that are done while others are not.

        Raises `_UnusualError` where one of them cannot be read alone.
        """
        try:
            with self._crew.work(self._preparer(sender)) as work:
                for chunk in _chunks(cut, source):
                    work.add(chunk)
                    yield from work.done()
                yield from work.finish()
        except FormatError as error:
            raise _UnusualError from error

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
        faults = _faults(sender, header.certificateur, authenticated)
        suppresses = header.action == "SUPPRESSION"
        screening, add = self._screening(sender, source, suppresses=suppresses)
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
            certifier=header.certificateur,
            action="SUPPRESSION" if suppresses else "CREATION",
            id_flux=header.id_flux,
            signature=None,
            warnings=_size_warning(source.size),
        )
        return intake, faults

    def _screening(
        self, sender: Sender, source: FileSource, *, suppresses: bool
    ) -> tuple[Screening, Callable[[Passage], None]]:
        """Return a screening, and what adds a passage to it."""
        salts = source.salts
        if suppresses:
            withdrawn = SuppressionScreening(
                self._files.store.view,
                depositor=sender.depositor,
                succeeded=sender.succeeded,
                lookups=self._lookups,
            )
            return withdrawn, lambda passage: withdrawn.add(
                passage, passage_leaf(salts.some(passage.number + 1, 1), passage.digest)
            )
        created, preparer = self._creation(sender), self._preparer(sender)

        def add(passage: Passage) -> None:
            first = passage.number + 1
            record = passage_record(passage.source, passage.fields)
            prepared = preparer.prepare_records(
                passage.bindings, [record], first=first, salts=salts.some(first, 1)
            )
            created.add(prepared, [(passage.start, passage.end)])

        return created, add

    def receive_form(self, form: FormSource, signature: DepositSignature | None) -> Intake:
        """Screen the portal's form; raises `DepositRefused` as for a file."""
        sender = self._sender(form.depositor)
        faults = _faults(sender, form.certifier)
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
        judge = CreationJudge(
            self._lookups,
            self._recall,
            corrections=self._corrections,
            bodies=(sender.depositor, *sender.succeeded),
        )
        return CreationScreening(
            judge,
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
            faults += _faults(sender, intake.certifier)
        document = intake.document
        if faults or sender.entry is None:
            raise _refused(document.name, faults)
        salts = document.salts.some(0, 1)
        leaves = [file_leaf(salts, document.sha256()), *intake.screening.leaves]
        digest = deposit_digest(leaves)
        faults += check_signature(
            sender.entry,
            intake.signature,
            origin=self._origin,
            certifier=intake.certifier,
            action=intake.action,
            digest=digest,
        )
        if faults:
            raise _refused(document.name, faults)
        return msgspec.structs.replace(
            intake, registration=sender.entry.index, leaves=leaves, digest=digest
        )


def _faults(sender: Sender, certifier: str, authenticated: str | None = None) -> list[Fault]:
    """Return what speaks against a deposit by this sender for this certifier."""
    return sender.faults(certifier, authenticated) or check_certifier(certifier)


def _chunks(cut: Cut, source: FileSource) -> Iterator[Chunk]:
    """Read a file again, and give its passages, those of one chunk with equal surroundings."""
    kind, sources, first = 0, list[bytes](), 1
    # All at once: so many are known to come.
    source.salts.some(len(cut.starts), 1)
    for number, passage in cut.passages(source.chunks()):
        if sources and (number != kind or len(sources) == CHUNK):
            yield _chunk(cut, source, kind, sources, first)
            first += len(sources)
            sources = []
        kind = number
        sources.append(passage)
    yield _chunk(cut, source, kind, sources, first)


def _chunk(cut: Cut, source: FileSource, kind: int, sources: list[bytes], first: int) -> Chunk:
    around = cut.surroundings[kind]
    return Chunk(
        bindings=around.bindings,
        leading=around.leading,
        sources=sources,
        first=first,
        salts=source.salts.some(first, len(sources)),
    )


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
