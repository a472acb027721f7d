"""A SoftHSM2 token for tests: a PKCS #11 library without any hardware.

Needed: the Debian package ``softhsm2`` and the extra ``hsm``; where one is missing, tests
that use it are skipped and say why.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, NamedTuple

PIN: Final = "1234"
CURVES: Final = {
    "edwards": b"\x13\x0cedwards25519",
    "p256": bytes.fromhex("06082a8648ce3d030107"),
}
"""CKA_EC_PARAMS: a PrintableString (PKCS #11 v3.1), and an object identifier."""
LIBRARIES: Final = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
)


def missing() -> str | None:
    """Say what is missing on this machine, or None."""
    if shutil.which("softhsm2-util") is None or not _libraries():
        return "softhsm2 is not installed"
    return None if find_spec("pkcs11") else "python-pkcs11 (extra hsm) is not installed"


def _libraries() -> list[str]:
    return [path for path in LIBRARIES if Path(path).exists()]


class Token(NamedTuple):
    """One token, with a label of its own."""

    label: str
    library: str

    def uri(self, **attributes: str) -> str:
        stated = ";".join(f"{name}={value}" for name, value in attributes.items())
        return f"pkcs11:token={self.label};{stated}?module-path={self.library}"

    def add_key(self, label: str, key_id: bytes, curve: str = "edwards") -> None:
        """Make a key pair on the token."""
        import pkcs11  # noqa: PLC0415 - where it is installed

        names = pkcs11.Attribute
        kinds = {
            "edwards": (pkcs11.KeyType.EC_EDWARDS, pkcs11.Mechanism.EC_EDWARDS_KEY_PAIR_GEN),
            "p256": (pkcs11.KeyType.EC, pkcs11.Mechanism.EC_KEY_PAIR_GEN),
        }
        kind, mechanism = kinds[curve]
        with self.open() as session:
            domain = session.create_domain_parameters(
                kind, {names.EC_PARAMS: CURVES[curve]}, local=True
            )
            domain.generate_keypair(mechanism=mechanism, store=True, label=label, id=key_id)

    def open(self) -> Any:
        """Open a session of its own, logged in; use it before the ledger does."""
        import pkcs11  # noqa: PLC0415 - where it is installed

        library = pkcs11.lib(self.library)
        return library.get_token(token_label=self.label).open(rw=True, user_pin=PIN)


def make_token(label: str) -> Token:
    """Make a token in the store that `configure` prepared."""
    words = ["--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", "5678"]
    subprocess.run(["softhsm2-util", *words], check=True, capture_output=True)
    import pkcs11  # noqa: PLC0415 - where it is installed

    library = _libraries()[0]
    # The library reads its tokens when it is initialized.
    pkcs11.lib(library).reinitialize()
    return Token(label, library)


def configure(directory: Path) -> None:
    """Let all tokens of this process lie below ``directory``."""
    (directory / "tokens").mkdir()
    text = f"directories.tokendir = {directory}/tokens\nobjectstore.backend = file\n"
    (directory / "softhsm2.conf").write_text(f"{text}log.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = str(directory / "softhsm2.conf")
