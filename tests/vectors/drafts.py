"""Short ways to say what a case is; the modules beside this one use them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from provenance.encoding import encode_base64, encode_json
from simulator import Simulator
from vectors.cases import Draft
from verifying import lean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.record.bundle import Bundle

ZEROS: Final = encode_base64(bytes(32))


def _parts(log: Simulator | str, bundle: Bundle | bytes, *, whole: bool) -> dict[str, Any]:
    if not (whole or isinstance(log, str) or isinstance(bundle, bytes) or log.witnesses):
        log, bundle = lean(log, bundle)
    policy = log.policy() if isinstance(log, Simulator) else log
    data = bundle if isinstance(bundle, bytes) else encode_json(bundle)
    return {"policy": policy, "data": data}


def prove_bare(log: Simulator, *indexes: int, **options: Any) -> Bundle:
    """Show certifications without their records, where a case is not about these."""
    support = options.pop("support", None) or log.support_of(*indexes)
    at = options.get("size") or max(log.notes)
    status = log.show_status(indexes, at)
    return log.prove(support=[*support, *indexes], **({"status": status} | options))


def holds(
    id_: str,
    note: str,
    log: Simulator | str,
    bundle: Bundle | bytes,
    *,
    whole: bool = False,
    **options: Any,
) -> Draft:
    """Say that a bundle is accepted under the log's policy, or under another one's text.

    ``whole``: with both of the log's signatures.
    """
    made = {"verdict": "yes", "level": "proof", **_parts(log, bundle, whole=whole)}
    return Draft(id=id_, note=note, **(made | options))


def warns(
    reasons: str | Sequence[str],
    id_: str,
    note: str,
    log: Simulator | str,
    bundle: Bundle | bytes,
    **options: Any,
) -> Draft:
    """Say that a bundle is accepted, and needs attention.

    ``reasons``: of each certification, parted by spaces; one text for the only one.
    """
    texts = [reasons] if isinstance(reasons, str) else reasons
    said = {"reasons": tuple(tuple(text.split()) for text in texts)}
    return holds(id_, note, log, bundle, **(said | {"verdict": "attention"} | options))


def fails(
    name: str,
    id_: str,
    note: str,
    log: Simulator | str,
    bundle: Bundle | bytes,
    *,
    whole: bool = False,
    **options: Any,
) -> Draft:
    """Say that a bundle is refused by these checks: names, parted by spaces, in order."""
    made = {
        "verdict": "no",
        "level": "refused",
        "failing": ("proof",),
        "proof_failing": tuple(name.split()),
        **_parts(log, bundle, whole=whole),
    }
    return Draft(id=f"{name.split(maxsplit=1)[0]}-{id_}", note=note, **(made | options))


def unreadable(id_: str, note: str, log: Simulator, data: bytes, **options: Any) -> Draft:
    """Say that a file is no bundle at all."""
    made = {
        "verdict": "unreadable",
        "level": "refused",
        "failing": ("readable",),
        "proof_failing": ("format",),
        **_parts(log, data, whole=False),
    }
    return Draft(id=f"format-{id_}", note=note, **(made | options))
