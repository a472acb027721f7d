"""Words for what producers' software is seen to do wrong, and how to mend it.

Names of elements and attributes are repeated, for they are the schema's or the producer's
own; the values of fields never are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.cdc._nodes import parents_of
from provenance.cdc._values import WHITE_SPACE, UnfitError
from provenance.cdc.schema import NAMESPACE, SEPARATOR

if TYPE_CHECKING:
    from provenance.cdc._nodes import Node

_NAME_SHOWN_MAX: Final = 64
_WORDS_FOR_NIL: Final = {"nil", "nill", "null", "none", "xsi:nil"}
_XSI_NIL: Final = 'xsi:nil="true"'


def explain_element(parent: Node, name: str) -> tuple[str, str]:
    """Return code and message for an element ``name`` (as expat has it) in ``parent``."""
    uri, _, local = name.rpartition(SEPARATOR)
    shown = local[:_NAME_SHOWN_MAX]
    places = parents_of(local)
    if places and uri != NAMESPACE:
        return "namespace", f"<{shown}> is not in the namespace {NAMESPACE}"
    if parent.parse is not None:
        return "unexpected-element", f"<{shown}> within <{parent.name}>, which holds text only"
    if places:
        there = " or ".join(f"<{place}>" for place in places)
        message = f"<{shown}> may not stand in <{parent.name}>; it belongs in {there}"
        return "misplaced-element", message
    known = ", ".join(child.name for child in parent.children.values())
    message = f"<{shown}> is unknown; <{parent.name}> may hold {known}"
    return "unexpected-element", message


def explain_attribute(node: Node, name: str) -> tuple[str, str]:
    """Return code and message for an attribute that ``node`` may not have."""
    uri, _, local = name.rpartition(SEPARATOR)
    shown = local[:_NAME_SHOWN_MAX]
    if local != "nil":
        return "unexpected-attribute", f"<{node.name}> may not have an attribute {shown}"
    if not uri:
        message = f"nil without its prefix on <{node.name}>; write {_XSI_NIL}"
        return "nil-without-prefix", message
    if node.empty:
        return "nil-namespace", f"nil in a wrong namespace on <{node.name}>; write {_XSI_NIL}"
    advice = "leave the element out" if node.optional else "it must have a value"
    return "nil-not-allowed", f"<{node.name}> may not say xsi:nil; {advice}"


def explain_value(node: Node, text: str, error: UnfitError) -> str:
    """Return the message for a text that is no value of the leaf ``node``."""
    return f"<{node.name}> {error.message}{_advice(node, text)}"


def _advice(node: Node, text: str) -> str:
    bare = text.strip(WHITE_SPACE)
    if not bare or bare.lower() in _WORDS_FOR_NIL:
        if node.empty:
            return f"; to say that there is no value write {_XSI_NIL}"
        return "; leave the element out if there is no value" if node.optional else ""
    if bare != text and _fits(node, bare):
        return "; remove the white space around the value"
    return ""


def _fits(node: Node, text: str) -> bool:
    try:
        return node.parse is not None and node.parse(text) is not None
    except UnfitError:
        return False
