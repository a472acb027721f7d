"""The offline verifier: a bundle's bytes in, a report out.

It needs a trust policy that came by another way than the bundle, and nothing else: no
network, no files, no clock. Everything is recomputed, nothing in a bundle tells how it is
to be verified, and nothing missing is taken for good. These are the checks, in four stages;
a stage that fails ends the verification, so that what no log contains is not looked into::

    format            the bundle has exactly the form of ``record.bundle``

    origin            the checkpoint is of a log that the policy names      (``log``)
    checkpoint        one valid signature by a key of each type that the policy lists
    quorum            enough of the policy's witnesses cosigned it
    later             a later checkpoint is trusted and continues this one, whose keys may
                      then have left the policy

    entry             every entry has the form of its type                  (``entries``)
    order             indexes ascend, times never fall, neighbours are chained
    inclusion         every entry stands in the checkpoint's tree at its own index
    genesis           the log begins with the pinned entry, and under its own name

    entry-key         an entry shown declares the key that signs each entry
    entry-signature   every entry is signed by such a key

    certification     there is one at least                                 (``contents``)
    commitment        what is shown of a record is what its entry committed to
    disclosure-rules  nothing is shown that stays hidden, and no level without its flag
    depositor         each depositor is registered, and for the certifier it names
    endorsement       a key of the depositor vouches for the entries that claim it
    status            which are superseded, withdrawn or erased, and as of when (``standing``)
    timestamp         never counted: time stamp tokens are not checked here
    freshness         the checkpoint of the status was witnessed within the age asked for

Each is ``yes``, ``no`` (perhaps several times, with the entry's index) or ``n/a``. The
verdict is ``yes`` when none is ``no``. A certification whose status is unknown, or that was
withdrawn, is as proven as any other: whoever asks whether it still holds reads its status.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.errors import FormatError
from provenance.record.bundle import parse_bundle
from provenance.report import Report, accept, refuse
from provenance.tlog.policy import Policy, parse_policy
from provenance.verifier.checks import Checks, StageFailedError
from provenance.verifier.contents import Contents
from provenance.verifier.entries import check_entries, check_genesis, check_signatures
from provenance.verifier.log import check_log
from provenance.verifier.standing import check_status

if TYPE_CHECKING:
    from provenance.record.bundle import Bundle
    from provenance.tlog.policy import VerifiedCheckpoint

__all__ = ["Verifier"]


class Verifier:
    """Verifies bundles under one trust policy (a `Policy`, or the text of one).

    ``max_age_s``: seconds since the checkpoint was witnessed, at most; needs ``now_s``, POSIX
    seconds. ``genesis``: leaf hash of the log's first entry, where it is pinned. Raises
    `FormatError` for a malformed policy, and for ``max_age_s`` without ``now_s``.
    """

    def __init__(
        self,
        policy: Policy | str,
        *,
        now_s: int | None = None,
        max_age_s: int | None = None,
        genesis: bytes | None = None,
    ) -> None:
        if max_age_s is not None and now_s is None:
            raise FormatError("an age can only be judged when the time is given")
        self._policy: Final = parse_policy(policy) if isinstance(policy, str) else policy
        self._now_s: Final = now_s
        self._max_age_s: Final = max_age_s
        self._genesis: Final = genesis

    def verify(self, bundle: bytes) -> Report:
        """Verify a bundle. Never raises because of its bytes: bad input is a verdict."""
        checks = Checks()
        try:
            parsed = parse_bundle(bundle)
        except FormatError as error:
            checks.no("format", error)
            return refuse("unreadable", checks.made)
        checks.yes("format", "a proof bundle in its one spelling")
        try:
            return self._verify(parsed, checks)
        except StageFailedError:
            return refuse("no", checks.made)

    def _verify(self, bundle: Bundle, checks: Checks) -> Report:
        trees = check_log(bundle, self._policy, checks)
        origin = trees[0].checkpoint.origin
        items = check_entries(bundle, trees, checks)
        check_genesis(items, self._genesis, origin, checks)
        checks.end_stage()
        check_signatures(items, origin, checks)
        checks.end_stage()
        contents = Contents(items, origin)
        contents.check(bundle.endorsements, checks)
        standings = check_status(bundle, items, trees, checks)
        shown = "no time stamp is shown" if bundle.timestamp is None else "not checked here"
        checks.skip("timestamp", shown)
        # Nothing is fresher than the status that is reported, whatever was signed later.
        since = [standings[index].as_of for index in contents.lines]
        judged = trees[0] if trees[0].checkpoint.size in since else trees[-1]
        self._check_freshness(judged, checks)
        checks.end_stage()
        return accept(checks.made, contents.report(standings), trees)

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
