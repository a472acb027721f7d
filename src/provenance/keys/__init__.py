"""The operator's private keys: files or a token, opened only when they are needed.

A ledger signs with three keys, below one directory of mode 0700. A file bears the key id
of its public half (C2SP signed-note), so old keys and new ones lie beside each other::

    entry-1a2b3c4d.pem          Ed25519     one signature an entry: the depositor's receipt
    log-ed25519-5e6f7a8b.pem    Ed25519     checkpoints, what today's witnesses take
    log-mldsa44-9c0d1e2f.pem    ML-DSA-44   checkpoints, what must hold for a career
    entry-8b7a6f5e.uri          a line that names a key elsewhere: file:… or pkcs11:…

Which keys are in force stands in the log itself; the ring finds the private half of a
public key that the log names, and never signs with another. A name without an id
(``entry.pem``) serves a key that was put there by hand.

PEM files are PKCS#8 (RFC 5958) of mode 0600, encrypted when a passphrase is given. No
public key has two roles. The directory can be moved, but must not be lost: without the
entry key nothing more can be recorded, without the log keys nothing published.

Sources: RFC 8032 (Ed25519), FIPS 204 (ML-DSA), RFC 7512 (PKCS #11 URIs), RFC 8089 (file
URIs), C2SP signed-note (key names and ids).
"""

from provenance.keys.files import (
    KEY_FILE_SIZE_MAX,
    load_private_key,
    read_private_key,
    write_private_key,
)
from provenance.keys.ring import KeyRing, NewKey, Role
from provenance.keys.signer import PrivateKey, Signer, open_signer

__all__ = [
    "KEY_FILE_SIZE_MAX",
    "KeyRing",
    "NewKey",
    "PrivateKey",
    "Role",
    "Signer",
    "load_private_key",
    "open_signer",
    "read_private_key",
    "write_private_key",
]
