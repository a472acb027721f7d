"""The offline verifier: a bundle's bytes in, a report out.

It needs a trust policy that was obtained separately, and nothing else: no network, no files,
no clock. Everything is recomputed, nothing in a bundle tells how it is to be verified, and
nothing missing is taken for good. These are the checks, in four stages; a stage that fails
ends the verification, so that what no log contains is not looked into::

    format            the bundle has exactly the form of ``record.bundle``

    origin            the checkpoint is of a log that the policy names      (``log``)
    checkpoint        one valid signature by a key of each type that the policy lists
    quorum            enough of the policy's witnesses cosigned it
    later             a later checkpoint is trusted and continues this one, whose keys may
                      then have left the policy

    entry             every entry has the form of its type                  (``entries``)
    order             indexes ascend, times never fall, neighbours are chained
    inclusion         every entry is in the checkpoint's tree at its own index
    genesis           the log begins with the pinned entry, and under its own name

    entry-key         an entry shown declares the key that signs each entry
    entry-signature   every entry is signed by such a key

    certification     there is at least one                                 (``contents``)
    commitment        what is shown of a record is what its entry committed to
    disclosure-rules  nothing is shown that stays hidden, and no level without its flag
    depositor         the registrations named allow what was deposited      (``bodies``)
    endorsement       a key of the depositor vouches for the entries that claim it
    status            which are superseded, withdrawn or erased, and as of when (``standing``)
    register          titles are of the register that the status names      (``titles``)
    timestamp         an authority stamped the checkpoint
    freshness         the checkpoint of the status was witnessed within the age asked for

Each is ``yes``, ``no`` (perhaps several times, with the entry's index) or ``n/a``. Where all
hold, each certification is proven, and has the reasons of ``reasons`` to look twice; the
verdict is ``attention`` where there are any, else ``yes``.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from provenance.encoding import decode_base64
from provenance.errors import FormatError, VerificationError
from provenance.record.bundle import parse_bundle
from provenance.record.entry import Register, Status
from provenance.report import Report, accept, refuse
from provenance.tlog.note import split_note
from provenance.tlog.policy import Policy, parse_policy
from provenance.verifier.bodies import Bodies
from provenance.verifier.checks import Checks, StageFailedError
from provenance.verifier.contents import read_contents
from provenance.verifier.entries import check_entries, check_genesis, check_signatures
from provenance.verifier.lines import Proven, report_lines
from provenance.verifier.log import check_log
from provenance.verifier.reasons import STATUS_DAYS
from provenance.verifier.standing import check_status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from provenance.record.bundle import Bundle
    from provenance.tlog.policy import VerifiedCheckpoint
    from provenance.verifier.contents import Contents
    from provenance.verifier.entries import Item
    from provenance.verifier.titles import Title

__all__ = ["Verifier"]


class Verifier:
    """Verifies bundles under one trust policy (a `Policy`, or the text of one).

    ``max_age_s``: seconds since the checkpoint was witnessed, at most; needs ``now_s``, POSIX
    seconds. ``genesis``: leaf hash of the log's first entry, where it is pinned. ``tsa``:
    certificates (DER) of time-stamping authorities that are trusted. ``status_days``: how old
    a status may be, in days. Raises `FormatError` for a malformed policy, and for
    ``max_age_s`` without ``now_s``.
    """

    def __init__(
        self,
        policy: Policy | str,
        *,
        now_s: int | None = None,
        max_age_s: int | None = None,
        genesis: bytes | None = None,
        tsa: Sequence[bytes] = (),
        status_days: int = STATUS_DAYS,
    ) -> None:
        if max_age_s is not None and now_s is None:
            raise FormatError("an age can only be judged when the time is given")
        self._policy: Final = parse_policy(policy) if isinstance(policy, str) else policy
        self._now_s: Final = now_s
        self._max_age_s: Final = max_age_s
        self._genesis: Final = genesis
        self._tsa: Final = tuple(tsa)
        self._status_days: Final = status_days

    def verify(self, bundle: bytes, day: date | None = None) -> Report:
        """Verify a bundle. Never raises because of its bytes: bad input is a verdict.

        ``day``: the day in Europe/Paris that validity and the status's age are judged at;
        without it every certification has the reason ``date-unknown``. Raises `FormatError`
        for a ``day`` that is not a `datetime.date`.
        """
        _check_day(day)
        checks = Checks()
        try:
            parsed = parse_bundle(bundle)
        except FormatError as error:
            checks.no("format", error)
            return refuse("unreadable", checks.made, day)
        checks.yes("format", "a proof bundle in its one spelling")
        try:
            return self._verify(parsed, day, checks)
        except StageFailedError:
            return refuse("no", checks.made, day)

    def _verify(self, bundle: Bundle, day: date | None, checks: Checks) -> Report:
        trees = check_log(bundle, self._policy, checks)
        origin = trees[0].checkpoint.origin
        items = check_entries(bundle, trees, checks)
        check_genesis(items, self._genesis, origin, checks)
        checks.end_stage()
        check_signatures(items, origin, checks)
        checks.end_stage()
        contents, bodies = read_contents(items, checks), Bodies(items, origin)
        bodies.check_depositors(contents, checks)
        endorsed = bodies.check_endorsements(bundle.endorsements, contents, checks)
        standings = check_status(bundle, items, trees, checks)
        titles = _check_register(bundle, items, trees, contents, checks)
        self._check_timestamp(bundle, checks)
        # Nothing is fresher than the status that is reported, whatever was signed later.
        since = [standings[index].as_of for index in contents.lines]
        judged = trees[0] if trees[0].checkpoint.size in since else trees[-1]
        self._check_freshness(judged, checks)
        checks.end_stage()
        proven = Proven(items, contents, bodies, endorsed, standings, titles)
        lines = report_lines(proven, day, self._status_days)
        return accept(checks.made, lines, trees, day)

    def _check_timestamp(self, bundle: Bundle, checks: Checks) -> None:
        if bundle.timestamp is None:
            checks.skip("timestamp", "no time stamp is shown")
            return
        if not self._tsa:
            checks.skip("timestamp", "not checked: no authority's certificate was given")
            return
        # Only here, because nothing else in a bundle is about certificates.
        from provenance.pki.stamp import check_stamp  # noqa: PLC0415

        text, _ = split_note(bundle.checkpoint)
        try:
            token = decode_base64(bundle.timestamp)
            time = check_stamp(token, text.encode(), self._tsa, digests=("sha256",))
        except (FormatError, VerificationError) as error:
            checks.no("timestamp", error)
            return
        what = f"the checkpoint existed before {time:%Y-%m-%dT%H:%M:%SZ}"
        checks.yes("timestamp", f"{what}, if the authority was honest then")

    def _check_freshness(self, newest: VerifiedCheckpoint, checks: Checks) -> None:
        if self._max_age_s is None or self._now_s is None:
            checks.skip("freshness", "no greatest age was asked for")
        elif newest.witnessed_at_s is None:
            checks.no("freshness", "the policy asks no witness, so no time is trusted")
        # A time in the future is no better than one long past: one of the clocks is wrong.
        elif abs(age_s := self._now_s - newest.witnessed_at_s) > self._max_age_s:
            checks.no("freshness", f"witnessed {age_s} s ago, {self._max_age_s} s are allowed")
        else:
            checks.yes("freshness", f"witnessed {age_s} s ago")


def _check_day(day: object) -> None:
    """Refuse what is not a day; a `datetime` is one of another kind, though it is a `date`."""
    if day is not None and (not isinstance(day, date) or isinstance(day, datetime)):
        raise FormatError("day is not a datetime.date")


def _check_register(
    bundle: Bundle,
    items: Mapping[int, Item],
    trees: Sequence[VerifiedCheckpoint],
    contents: Contents,
    checks: Checks,
) -> dict[str, Title]:
    """Check ``register``, where anything of a register is shown or named."""
    named = [
        item.entry
        for item in items.values()
        if isinstance(item.entry, Register)
        or (isinstance(item.entry, Status) and item.entry.register is not None)
    ]
    later = None if bundle.later is None else bundle.later.register
    if not named and bundle.register is None and later is None:
        checks.skip("register", "no title is shown")
        return {}
    # Most bundles have none.
    from provenance.verifier.titles import check_register  # noqa: PLC0415

    codes = [contents.of(index).get("code") for index in contents.lines]
    return check_register(bundle, items, trees, codes, checks)
