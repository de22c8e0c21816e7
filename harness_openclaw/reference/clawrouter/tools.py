"""Tools and their schemas for the two OpenAI wire forms: local references are written out (CW-REQ-04)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from harness.model import JsonValue
from harness_openclaw.reference.openrouter import tools

__all__ = ["function"]

_DEFINITIONS = ("$defs", "definitions")


def function(tool: Mapping[str, JsonValue]) -> dict[str, Any]:
    """Name, description (if there is one) and parameters of a tool, as an object schema."""
    described = {"name": tool["name"]}
    if tool.get("description") is not None:
        described["description"] = tool["description"]
    return {**described, "parameters": tools.parameters(_written_out(tool.get("parameters")))}


def _written_out(schema: JsonValue) -> JsonValue:
    """`schema` with what its local references name in their places, and without its definitions.

    A reference to something that contains it, or to nothing, takes anything: `{}`.
    """
    if not isinstance(schema, dict) or "$ref" not in repr(schema):
        return schema
    bare = {key: value for key, value in schema.items() if key not in _DEFINITIONS}
    return _resolved(bare, schema, ())


def _resolved(node: JsonValue, root: dict[str, Any], inside: tuple[str, ...]) -> JsonValue:
    if isinstance(node, list):
        return [_resolved(item, root, inside) for item in node]
    if not isinstance(node, dict):
        return node
    reference = node.get("$ref")
    if not isinstance(reference, str) or not reference.startswith("#"):
        return {key: _resolved(value, root, inside) for key, value in node.items()}
    beside = {key: _resolved(value, root, inside) for key, value in node.items() if key != "$ref"}
    named = None if reference in inside else _named(reference, root)
    target = _resolved(named, root, (*inside, reference))
    if isinstance(target, dict):
        return {**target, **beside}
    return beside or ({} if target is None else target)


def _named(reference: str, root: dict[str, Any]) -> JsonValue:
    """What a JSON pointer (`#/$defs/name`) names; None if that is nothing."""
    found: JsonValue = root
    for part in unquote(reference[1:]).split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(found, list) and name.isdecimal() and int(name) < len(found):
            found = found[int(name)]
        elif isinstance(found, dict) and name in found:
            found = found[name]
        else:
            return None
    return found
