"""May this depositor deposit this, is its signature right: level 5."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from provenance.cdc.faults import Fault
from provenance.errors import FormatError
from provenance.record.message import deposit_message
from provenance.tlog.note import parse_verifier_key

if TYPE_CHECKING:
    from provenance.record.entry import Depositor


class DepositSignature(msgspec.Struct, frozen=True):
    """What a depositor that signs sends along with its file.

    ``salt``: the file salt under which the deposit was digested (32 bytes). ``signer``: the
    vkey of one of the depositor's keys. ``signature``: Ed25519, 64 bytes, over
    `deposit_message`.
    """

    salt: bytes
    signer: str
    signature: bytes


def check_depositor(
    depositor: Depositor | None, *, sender: str, certifier: str, authenticated: str | None
) -> list[Fault]:
    """Check that ``sender`` is registered, is who handed the file in, and may do so.

    ``authenticated`` is the BCR that the operator's portal knows its caller by, if any.
    """
    if authenticated is not None and authenticated != sender:
        return [_fault("wrong-depositor", "the file names another depositor than its sender")]
    if depositor is None:
        return [_fault("unknown-depositor", f"depositor {sender} is not registered")]
    allowed = depositor.certifiers
    if allowed is not None and certifier != sender and certifier not in allowed:
        return [
            _fault(
                "not-for-certifier",
                f"depositor {sender} may not deposit for certifier {certifier}",
            )
        ]
    return []


def check_certifier(certifier: str) -> list[Fault]:
    """Check that the certifier's name is one that an entry can hold."""
    if re.fullmatch(r"[0-9A-Z]{8}", certifier):
        return []
    return [
        _fault(
            "malformed-certifier",
            "the certifier's idClient must be 8 characters, each a digit or one of A to Z",
        )
    ]


def check_signature(
    depositor: Depositor,
    signature: DepositSignature | None,
    *,
    origin: str,
    certifier: str,
    action: str,
    digest: bytes,
) -> list[Fault]:
    """Check the depositor's signature over certifier, action and digest of a deposit.

    It is required as soon as the depositor's entry lists keys, and refused when wrong
    even where it is not required.
    """
    if signature is None:
        if depositor.keys:
            return [_fault("signature-missing", "this depositor must sign its deposits")]
        return []
    if signature.signer not in depositor.keys:
        return [
            _fault("signature-key-unknown", "signed by a key that the depositor never declared")
        ]
    message = deposit_message(
        origin=origin,
        depositor=depositor.depositor,
        certifier=certifier,
        action=action,
        digest=digest,
    )
    if is_signed(signature.signer, signature.signature, message):
        return []
    return [_fault("signature-wrong", "the depositor's signature does not fit this file")]


def signed_before(deposit: int) -> Fault:
    """Return the fault of a signed deposit that an entry records already."""
    return _fault(
        "signed-before",
        f"the same signed deposit is entry {deposit} already; to send it again, sign it anew",
    )


def is_signed(vkey: str, signature: bytes, message: bytes) -> bool:
    """Return whether a depositor's key (a vkey of Ed25519) signed a message."""
    try:
        public = parse_verifier_key(vkey).public
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, FormatError, ValueError):
        return False
    return True


def _fault(code: str, message: str) -> Fault:
    return Fault(level="rights", code=code, message=message, effect="file")
