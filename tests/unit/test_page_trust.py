"""Whose page it is: what an operator may say of itself in the verification page."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any, Final

import pytest

from commands import Commands
from provenance.cv.page import (
    LOGO_SIZE_MAX,
    OPERATOR_TEXT_MAX,
    Operator,
    make_page,
    read_page,
)
from provenance.errors import FormatError
from simulator import make_log

if TYPE_CHECKING:
    from pathlib import Path

POLICY: Final = make_log()[0].policy()
PNG: Final = b"\x89PNG\r\n\x1a\n" + bytes(24)
BLOCK: Final = re.compile(
    r'<script type="application/json" id="provenance-trust">(.*?)</script>', re.DOTALL
)


def trust_in(page: str) -> dict[str, Any]:
    (block,) = BLOCK.findall(page)
    found: dict[str, Any] = json.loads(block)
    return found


def test_without_an_operator_nothing_is_said_of_one() -> None:
    page = make_page(POLICY)
    assert [*trust_in(page)] == ["format", "policy", "seal_roots"]
    assert "img-src 'none'" in page


def test_the_operator_stands_behind_the_roots() -> None:
    given = Operator(
        name="Opérateur </script> d'exemple",
        contact="contact@operator.example",
        accessibility="https://operator.example/accessibilite",
        logo=PNG,
    )
    page = make_page(POLICY, operator=given)
    trust = trust_in(page)
    assert [*trust] == ["format", "policy", "seal_roots", "operator"]
    assert [*trust["operator"]] == ["name", "contact", "accessibility", "logo"]
    assert trust["operator"]["name"] == given.name
    assert base64.b64decode(trust["operator"]["logo"]) == PNG
    assert page.count("</script>") == read_page().count("</script>")
    # Pictures are allowed with a logo alone, and none but those in the page itself.
    assert "img-src data:;" in page
    assert "img-src 'none'" not in page
    alone = make_page(POLICY, operator=Operator(name="x"))
    assert trust_in(alone)["operator"] == {"name": "x"}
    assert "img-src 'none'" in alone


def test_texts_of_a_policy_change_no_rule_of_the_page() -> None:
    policy = f"# img-src 'none'; connect-src 'none'\n{POLICY}"
    page = make_page(policy, operator=Operator(name="x", logo=PNG))
    assert trust_in(page)["policy"] == policy
    assert "img-src data:;" in page


FITS: Final[list[dict[str, Any]]] = [
    {"name": "x" * OPERATOR_TEXT_MAX},
    {"name": "x", "contact": "y" * OPERATOR_TEXT_MAX},
    {"name": "x", "accessibility": "http://localhost:8080/a"},
    {"name": "x", "logo": PNG.ljust(LOGO_SIZE_MAX, b"\0")},
]
FITS_NOT: Final[list[tuple[dict[str, Any], str]]] = [
    ({"name": ""}, "operator's name has 1 to 200"),
    ({"name": "x" * (OPERATOR_TEXT_MAX + 1)}, "operator's name"),
    ({"name": "x\u202ey"}, "visible characters"),
    ({"name": "x", "contact": ""}, "operator's contact"),
    ({"name": "x", "contact": "y" * (OPERATOR_TEXT_MAX + 1)}, "operator's contact"),
    ({"name": "x", "accessibility": "javascript:alert(1)"}, "accessibility statement"),
    ({"name": "x", "accessibility": "http://operator.example/"}, "accessibility statement"),
    ({"name": "x", "accessibility": "https://Operator.example/"}, "accessibility statement"),
    ({"name": "x", "logo": PNG.ljust(LOGO_SIZE_MAX + 1, b"\0")}, "more than 65536 bytes"),
    ({"name": "x", "logo": b"<svg/>"}, "not a PNG file"),
]


@pytest.mark.parametrize("members", FITS)
def test_what_just_fits_is_taken(members: dict[str, Any]) -> None:
    assert trust_in(make_page(POLICY, operator=Operator(**members)))["operator"]["name"]


@pytest.mark.parametrize(("members", "said"), FITS_NOT)
def test_what_does_not_fit_is_refused(members: dict[str, Any], said: str) -> None:
    with pytest.raises(FormatError, match=said):
        make_page(POLICY, operator=Operator(**members))


def test_the_command_writes_it(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    run = Commands(capsys)
    policy, logo, page = (tmp_path / name for name in ("policy.txt", "logo.png", "page.html"))
    policy.write_text(POLICY)
    logo.write_bytes(PNG)
    words = ("page", "--policy", policy, "-o", page)
    said = run(*words, "--contact", "a@b.example", status=2).err
    assert "go with --operator NAME" in said
    assert not page.exists()
    run(*words, "--operator", "Opérateur", "--contact", "a@b.example", "--logo", logo)
    assert trust_in(page.read_text("utf-8"))["operator"]["contact"] == "a@b.example"
    logo.write_bytes(b"GIF89a")
    assert "not a PNG file" in run(*words, "--operator", "x", "--logo", logo, status=2).err
