"""The page as a file: built as its sources say, and trusting only what was written into it."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from base64 import b64encode
from typing import TYPE_CHECKING

import pytest

from commands import Commands
from page_process import BUILD_TIMEOUT_S, NODE, PAGE, needs_page
from pagedocuments import seal_roots
from provenance.cv.page import TRUST_SIZE_MAX, make_page, read_page
from provenance.errors import FormatError
from simulator import make_log

if TYPE_CHECKING:
    from pathlib import Path

LOG, _ = make_log()
POLICY = LOG.policy()
BLOCK = re.compile(
    r'<script type="application/json" id="provenance-trust">(.*?)</script>', re.DOTALL
)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Commands:
    return Commands(capsys)


def trust_in(page: str) -> dict[str, str]:
    (block,) = BLOCK.findall(page)
    found: dict[str, str] = json.loads(block)
    return found


@needs_page
def test_the_page_in_the_package_is_what_its_sources_build() -> None:
    program = [str(NODE), str(PAGE / "build.mjs"), "--print"]
    built = subprocess.run(program, capture_output=True, check=True, timeout=BUILD_TIMEOUT_S)
    assert built.stdout.decode() == read_page(), "run: npm run --prefix page build"


def test_scripts_and_styles_are_those_that_the_security_policy_names() -> None:
    page = read_page()
    for start, kind, end in (
        ("<script>", "script", "</script>"),
        ("<style>", "style", "</style>"),
    ):
        parts = page.split(start)
        assert len(parts) == 2
        text = parts[1].split(end)[0]
        digest = b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in page
    assert "default-src 'none'" in page
    assert "connect-src 'none'" in page
    assert "unsafe" not in page.split("</head>")[0].split("<style>")[0]


def test_policy_and_roots_are_written_in_as_they_are() -> None:
    page = make_page(POLICY, seal_roots())
    assert trust_in(page) == {
        "format": "provenance-page-trust/1",
        "policy": POLICY,
        "seal_roots": seal_roots(),
    }
    assert page.replace(BLOCK.findall(page)[0], "null") == read_page()


@pytest.mark.parametrize(
    "comment",
    [
        "</script><script>alert(1)</script>",
        "<!--<script>",
        "]]>&amp;\u2028\u2029\\\"'",
        "{{csp}}null</script>",
    ],
)
def test_no_text_of_a_policy_ends_the_block(comment: str) -> None:
    policy = f"# {comment}\n{POLICY}"
    page = make_page(policy)
    (block,) = BLOCK.findall(page)
    assert not set(block) & set("<>&\u2028\u2029")
    assert trust_in(page)["policy"] == policy
    assert page.count("<script") == read_page().count("<script")


def test_what_is_malformed_is_not_written_in() -> None:
    for policy, roots in ((f"{POLICY}what\n", ""), ("", ""), (POLICY, "seal\n")):
        with pytest.raises(FormatError, match=r"malformed|policy|quorum|log"):
            make_page(policy, roots)
    with pytest.raises(FormatError, match="more than"):
        make_page(POLICY + "#" * TRUST_SIZE_MAX + "\n")


def with_address(address: str) -> str:
    told = (f"{one} {address}" if one.startswith("log ") else one for one in POLICY.split("\n"))
    return "\n".join(told)


@pytest.mark.parametrize(
    ("address", "site"),
    [
        ("https://log.example/certifications/", "https://log.example"),
        ("https://log.example:8443/~a/b-c_d.e", "https://log.example:8443"),
        ("http://localhost:8080/", "http://localhost:8080"),
    ],
)
def test_the_page_may_ask_the_sites_of_its_policy_alone(address: str, site: str) -> None:
    page = make_page(with_address(address))
    assert f"connect-src {site};" in page
    assert page.count("connect-src") == 1


@pytest.mark.parametrize(
    "address",
    [
        "http://log.example/",
        "https://log.example/;script-src",
        "https://*/",
        "https://log.example/'unsafe-inline'",
        "//log.example",
        "https://LOG.example/\u00e9",
    ],
)
def test_an_address_that_a_page_cannot_ask_is_refused(address: str) -> None:
    with pytest.raises(FormatError, match="address"):
        make_page(with_address(address))


def test_a_page_without_a_place_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    made = make_page(POLICY)
    monkeypatch.setattr("provenance.cv.page.read_page", lambda: made)
    with pytest.raises(FormatError, match="build it anew"):
        make_page(POLICY)


def test_the_command_writes_the_page(run: Commands, tmp_path: Path) -> None:
    policy, roots, page = (tmp_path / name for name in ("policy.txt", "roots.txt", "page.html"))
    policy.write_text(POLICY)
    roots.write_text(seal_roots())
    command = ("page", "--policy", policy, "-o", page)
    plain = run(*command)
    assert plain.status == 0
    assert "recognises no sealed document" in plain.out
    assert trust_in(page.read_text())["seal_roots"] == ""
    whole = run(*command, "--seal-roots", roots, "--json")
    assert whole.json() == {"page": str(page), "size": page.stat().st_size}
    assert page.read_text() == make_page(POLICY, seal_roots())


def test_the_command_writes_nothing_from_a_bad_policy(run: Commands, tmp_path: Path) -> None:
    policy, page = tmp_path / "policy.txt", tmp_path / "page.html"
    policy.write_text("log nothing\n")
    assert "line 1" in run("page", "--policy", policy, "-o", page, status=2).err
    run("page", "--policy", tmp_path / "none", "-o", page, status=2)
    assert not page.exists()
