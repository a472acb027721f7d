"""The verification page: one HTML file that trusts what its operator writes into it.

The page itself is built from ``page/`` and lies beside this module, in ``page/verify.html``.
Whom it trusts stands in one block of data in it, which is JSON and is never run::

    <script type="application/json" id="provenance-trust">
    {"format":"provenance-page-trust/1","policy":"log …","seal_roots":"seal…"}</script>

In that JSON angle brackets, ampersands, U+2028 and U+2029 are written as escapes, so that no
text of a policy can end the block (HTML, section 4.12.1.3). The page's own content security
policy names its scripts by their hashes, so a script that got in all the same would not run.
It lets the page ask nothing of any network, but for the sites at which the policy says that its
logs are published (``log <vkey> <url>``): there, when its user asks for the newest status.
"""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Final

from provenance.cv.roots import parse_seal_roots
from provenance.encoding import encode_json
from provenance.errors import FormatError
from provenance.tlog.policy import parse_policy

TRUST_SIZE_MAX: Final = 1024 * 1024
"""Bytes of a policy, and of seal roots, that the page still reads."""
_FORMAT: Final = "provenance-page-trust/1"
_BEFORE: Final = '<script type="application/json" id="provenance-trust">'
_EMPTY: Final = f"{_BEFORE}null</script>"
_NOWHERE: Final = "connect-src 'none'"
_ADDRESS: Final = re.compile(
    r"(https://[a-z0-9.-]{1,253}(?::[0-9]{1,5})?|http://(?:localhost|127\.0\.0\.1)(?::[0-9]{1,5})?)"
    r"(?:/[A-Za-z0-9._~/-]*)?"
)
_ESCAPED: Final = str.maketrans(
    {one: f"\\u{ord(one):04x}" for one in ("<", ">", "&", "\u2028", "\u2029")}
)


def read_page() -> str:
    """Read the built page, which trusts nobody yet."""
    return files("provenance.cv").joinpath("page", "verify.html").read_text(encoding="utf-8")


def make_page(policy: str, seal_roots: str = "") -> str:
    """Write a trust policy and seal roots into the page; give its HTML.

    Both are checked first. Raises `FormatError` where one is malformed or too large.
    """
    for name, text in (("policy", policy), ("seal roots", seal_roots)):
        if len(text.encode()) > TRUST_SIZE_MAX:
            raise FormatError(f"the {name} has more than {TRUST_SIZE_MAX} bytes")
    logs = parse_policy(policy).logs
    parse_seal_roots(seal_roots)
    places = {_site(log.url) for log in logs if log.url is not None}
    page = _fill(read_page(), policy, seal_roots)
    return page.replace(_NOWHERE, f"connect-src {' '.join(sorted(places))}") if places else page


def _site(address: str) -> str:
    """Give scheme, host and port of the address of a published log; raises `FormatError`."""
    match = _ADDRESS.fullmatch(address)
    if match is None:
        raise FormatError(
            "a log's address in the policy is none that a page can ask: https://host/path, in "
            "small letters (or http://localhost)"
        )
    return match[1]


def _fill(page: str, policy: str, seal_roots: str) -> str:
    if page.count(_EMPTY) != 1 or page.count(_BEFORE) != 1 or page.count(_NOWHERE) != 1:
        raise FormatError("the built page has no place for a policy: build it anew")
    trust = {"format": _FORMAT, "policy": policy, "seal_roots": seal_roots}
    data = encode_json(trust).decode().translate(_ESCAPED)
    return page.replace(_EMPTY, f"{_BEFORE}{data}</script>")
