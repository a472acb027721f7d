"""URIs of keys: a file, or an object on a PKCS #11 token.

::

    file:/etc/ledger/entry.pem
    pkcs11:token=ledger;object=entry?module-path=/usr/lib/softhsm/libsofthsm2.so
    pkcs11:serial=15aec44199963a3b;id=%01?module-path=…&pin-source=file:/run/secrets/pin

What a ``pkcs11:`` URI states must hold of the token (``token``, ``serial``,
``manufacturer``, ``model``) and of the key (``object``, ``id``), and just one key must fit.
``module-path`` names the token's library. The PIN is in the file that ``pin-source`` names,
or else is the passphrase; a PIN inside the URI (``pin-value``) is refused, for URIs are
shown and logged. Other attributes are refused rather than passed over.

Sources: RFC 7512 sections 2.3 and 2.4, RFC 8089 section 2.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote_to_bytes

from msgspec import Struct

from provenance.errors import KeyFileError

FILE_SCHEME: Final = "file:"
TOKEN_SCHEME: Final = "pkcs11:"  # noqa: S105 - a scheme, no secret
_PATH_ATTRIBUTES: Final = {"token", "serial", "manufacturer", "model", "object", "id", "type"}
_QUERY_ATTRIBUTES: Final = {"module-path", "pin-source"}


class TokenUri(Struct, frozen=True):
    """A parsed ``pkcs11:`` URI; None for what it does not state."""

    module_path: str
    token: str | None
    serial: str | None
    manufacturer: str | None
    model: str | None
    object: str | None
    id: bytes | None
    pin_source: Path | None


def parse_file_uri(uri: str) -> Path:
    """Return the path of a ``file:`` URI of this host, made absolute.

    Raises `KeyFileError` for one of another host, or without a path.
    """
    rest = uri.removeprefix(FILE_SCHEME)
    if rest.startswith("//"):
        host, slash, path = rest[2:].partition("/")
        if host not in {"", "localhost"} or not slash:
            raise KeyFileError("a file URI names a file of this host: file:/path")
        rest = slash + path
    path = _decode(rest)
    if not path or "\0" in path:
        raise KeyFileError("a file URI names a file of this host: file:/path")
    return Path(path).absolute()


def make_file_uri(path: Path) -> str:
    """Return the ``file:`` URI of a path, made absolute."""
    return FILE_SCHEME + quote(str(path.absolute()))


def parse_token_uri(uri: str) -> TokenUri:
    """Parse a ``pkcs11:`` URI; raises `KeyFileError`, which never shows a value."""
    path, _, query = uri.removeprefix(TOKEN_SCHEME).partition("?")
    stated = _attributes(path, ";", _PATH_ATTRIBUTES)
    asked = _attributes(query, "&", _QUERY_ATTRIBUTES)
    if "module-path" not in asked:
        raise KeyFileError("a pkcs11 URI needs module-path, the library of its token")
    if stated.get("type", "private") != "private":
        raise KeyFileError("a pkcs11 URI of a private key has type=private, or none")
    pin = asked.get("pin-source")
    return TokenUri(
        module_path=_decode(asked["module-path"]),
        token=_text(stated, "token"),
        serial=_text(stated, "serial"),
        manufacturer=_text(stated, "manufacturer"),
        model=_text(stated, "model"),
        object=_text(stated, "object"),
        id=None if "id" not in stated else unquote_to_bytes(stated["id"]),
        pin_source=None if pin is None else parse_file_uri(_decode(pin)),
    )


def _attributes(text: str, separator: str, known: set[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in filter(None, text.split(separator)):
        name, equals, value = part.partition("=")
        if name == "pin-value":
            raise KeyFileError("a PIN does not belong in a URI: use pin-source")
        if name not in known or not equals or name in found:
            raise KeyFileError("a pkcs11 URI has an attribute that is unknown, or twice there")
        found[name] = value
    return found


def _text(attributes: dict[str, str], name: str) -> str | None:
    return _decode(attributes[name]) if name in attributes else None


def _decode(text: str) -> str:
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeDecodeError:
        raise KeyFileError("a key's URI is not UTF-8") from None
