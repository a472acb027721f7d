"""The verification page: one HTML file that trusts what its operator writes into it.

The page itself is built from ``page/`` and lies beside this module, in ``page/verify.html``.
Whom it trusts stands in one block of data in it, which is JSON and is never run::

    <script type="application/json" id="provenance-trust">
    {"format":"provenance-page-trust/1","policy":"log …","seal_roots":"seal…",
     "operator":{"name":"…","contact":"…","accessibility":"https://…","logo":"<base64>"}}</script>

``operator`` says whose page it is; it may be left out, and so may all of its members but the
name. Name and contact have 1 to 200 visible characters, ``accessibility`` is the address of a
statement, ``logo`` a PNG picture of at most 64 KiB, which begins as PNG files do.

In that JSON angle brackets, ampersands, U+2028 and U+2029 are written as escapes, so that no
text of a policy can end the block (HTML, section 4.12.1.3). The page's own content security
policy names its scripts by their hashes, so a script that got in all the same would not run.
It lets the page ask nothing of any network, but for the sites at which the policy says that its
logs are published (``log <vkey> <url>``): there, when its user asks for the newest status. It
lets the page show pictures only where there is a logo, and none but those in the page itself.
"""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Final

from msgspec import Struct

from provenance.cv.holder import find_invisible
from provenance.cv.roots import parse_seal_roots
from provenance.encoding import encode_base64, encode_json
from provenance.errors import FormatError
from provenance.tlog.policy import parse_policy

TRUST_SIZE_MAX: Final = 1024 * 1024
"""Bytes of a policy, and of seal roots, that the page still reads."""
OPERATOR_TEXT_MAX: Final = 200
"""Characters of an operator's name, and of its contact."""
LOGO_SIZE_MAX: Final = 64 * 1024
"""Bytes of a logo."""
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_FORMAT: Final = "provenance-page-trust/1"
_BEFORE: Final = '<script type="application/json" id="provenance-trust">'
_EMPTY: Final = f"{_BEFORE}null</script>"
_NOWHERE: Final = "connect-src 'none'"
_NO_PICTURES: Final = "img-src 'none'"
_OWN_PICTURES: Final = "img-src data:"
_ADDRESS: Final = re.compile(
    r"(https://[a-z0-9.-]{1,253}(?::[0-9]{1,5})?|http://(?:localhost|127\.0\.0\.1)(?::[0-9]{1,5})?)"
    r"(?:/[A-Za-z0-9._~/-]*)?"
)
_ESCAPED: Final = str.maketrans(
    {one: f"\\u{ord(one):04x}" for one in ("<", ">", "&", "\u2028", "\u2029")}
)


class Operator(Struct, frozen=True, kw_only=True):
    """Whose page it is; ``logo``: the bytes of a PNG file."""

    name: str
    contact: str | None = None
    accessibility: str | None = None
    logo: bytes | None = None

    def to_block(self) -> dict[str, str]:
        """Return the member ``operator``; raises `FormatError` for what it may not hold."""
        for what, text in (("name", self.name), ("contact", self.contact)):
            if text is not None and (
                not 1 <= len(text) <= OPERATOR_TEXT_MAX or find_invisible(text) is not None
            ):
                raise FormatError(
                    f"the operator's {what} has 1 to {OPERATOR_TEXT_MAX} visible characters"
                )
        if self.accessibility is not None and _ADDRESS.fullmatch(self.accessibility) is None:
            raise FormatError(
                "the address of the accessibility statement is written https://host/path, the "
                "host in small letters, the path of letters, digits and . _ ~ / -"
            )
        if self.logo is not None and len(self.logo) > LOGO_SIZE_MAX:
            raise FormatError(f"the logo has more than {LOGO_SIZE_MAX} bytes")
        if self.logo is not None and not self.logo.startswith(_PNG):
            raise FormatError("the logo is not a PNG file")
        members = {
            "name": self.name,
            "contact": self.contact,
            "accessibility": self.accessibility,
            "logo": None if self.logo is None else encode_base64(self.logo),
        }
        return {name: value for name, value in members.items() if value is not None}


def read_page() -> str:
    """Return the built page, which trusts nobody yet."""
    return files("provenance.cv").joinpath("page", "verify.html").read_text(encoding="utf-8")


def make_page(policy: str, seal_roots: str = "", operator: Operator | None = None) -> str:
    """Write a trust policy, seal roots and whose page it is into the page; return its HTML.

    All are checked first. Raises `FormatError` where one is malformed or too large.
    """
    for name, text in (("policy", policy), ("seal roots", seal_roots)):
        if len(text.encode()) > TRUST_SIZE_MAX:
            raise FormatError(f"the {name} has more than {TRUST_SIZE_MAX} bytes")
    logs = parse_policy(policy).logs
    parse_seal_roots(seal_roots)
    sites = {_site(log.url) for log in logs if log.url is not None}
    trust: dict[str, object] = {"format": _FORMAT, "policy": policy, "seal_roots": seal_roots}
    if operator is not None:
        trust["operator"] = operator.to_block()
    page = read_page()
    if sites:
        page = _allow(page, _NOWHERE, f"connect-src {' '.join(sorted(sites))}")
    if operator is not None and operator.logo is not None:
        page = _allow(page, _NO_PICTURES, _OWN_PICTURES)
    # Last, because it may contain any text.
    return _fill(page, trust)


def _site(address: str) -> str:
    """Return scheme, host and port of the address of a published log; raises `FormatError`."""
    match = _ADDRESS.fullmatch(address)
    if match is None:
        raise FormatError(
            "a log's address in the policy is none that a page can ask: https://host/path, in "
            "small letters (or http://localhost)"
        )
    return match[1]


def _fill(page: str, trust: dict[str, object]) -> str:
    if page.count(_BEFORE) != 1:
        raise FormatError("the built page has no place for a policy: build it anew")
    data = encode_json(trust).decode().translate(_ESCAPED)
    return _allow(page, _EMPTY, f"{_BEFORE}{data}</script>")


def _allow(page: str, forbidden: str, allowed: str) -> str:
    """Put something in the one place that the built page has for it."""
    if page.count(forbidden) != 1:
        raise FormatError("the built page has no place for a policy: build it anew")
    return page.replace(forbidden, allowed)
