r"""What is signed about entries; a registration's message is ``entry.depositor_message``.

Every message begins with its own context, so that no signature serves for another::

    "provenance/entry/v1\n"        origin "\n" leaf hash
    "provenance/deposit/v1\n"      origin "\n" depositor "\n" certifier "\n" action "\n" digest
    "provenance/depositor/v1\n"    origin "\n" JSON object of the registration's members
    "provenance/endorsement/v1\n"  origin "\n" u64 deposit, u64 start, u64 end, root

Hashes are 32 bytes, u64 is big-endian. All signatures are Ed25519 (RFC 8032).
"""

from __future__ import annotations


def entry_key_name(origin: str) -> str:
    """Return the name of the key that signs the log's entries (C2SP signed-note)."""
    return f"{origin}/entry"


def entry_message(origin: str, leaf_hash: bytes) -> bytes:
    """Return what the entry key signs: the receipt for one entry."""
    return f"provenance/entry/v1\n{origin}\n".encode() + leaf_hash


def deposit_message(
    *, origin: str, depositor: str, certifier: str, action: str, digest: bytes
) -> bytes:
    """Return what a depositor signs for a file or form; ``digest`` is a deposit digest."""
    lines = ("provenance/deposit/v1", origin, depositor, certifier, action, "")
    return "\n".join(lines).encode() + digest


def endorsement_message(
    *, origin: str, deposit: int, start: int, end: int, root: bytes
) -> bytes:
    """Return what a depositor signs for the entries ``start`` to ``end`` - 1 of its deposit."""
    numbers = b"".join(number.to_bytes(8, "big") for number in (deposit, start, end))
    return f"provenance/endorsement/v1\n{origin}\n".encode() + numbers + root
