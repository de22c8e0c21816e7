"""Tool definitions and their parameter schemas (OR-BODY-05, -07)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from harness.model import JsonValue

__all__ = ["definitions", "parameters"]

Schema: TypeAlias = dict[str, Any]


def definitions(
    tools: Sequence[Mapping[str, JsonValue]], edition: str, *, moonshot: bool = False
) -> list[dict[str, Any]]:
    """`tools` as the body carries them: in the caller's order, in the latest edition by name."""
    made = [_definition(tool, moonshot) for tool in tools]
    if edition == "latest":
        made.sort(key=lambda tool: tool["function"]["name"])
    return made


def _definition(tool: Mapping[str, JsonValue], moonshot: bool) -> dict[str, Any]:
    schema = parameters(tool.get("parameters"))
    function = {"name": tool["name"]}
    if tool.get("description") is not None:
        function["description"] = tool["description"]
    return {
        "type": "function",
        "function": {**function, "parameters": _branch_types(schema) if moonshot else schema},
    }


def parameters(schema: JsonValue) -> Schema:
    """A parameter schema that is an object with properties, whatever was given."""
    if not isinstance(schema, dict) or not schema:
        return {"type": "object", "properties": {}}
    if schema.get("type", "object") == "object":
        for word in ("anyOf", "oneOf"):
            variants = schema.get(word)
            if isinstance(variants, list) and variants and all(_is_object(variant) for variant in variants):
                return _flattened(schema, word, variants)
    if "type" in schema and (schema["type"] != "object" or "properties" in schema):
        return schema
    if "type" not in schema and "properties" not in schema and "required" not in schema:
        return schema
    return {**schema, "type": "object", "properties": schema.get("properties", {})}


def _is_object(variant: JsonValue) -> bool:
    return isinstance(variant, dict) and (variant.get("type") == "object" or "properties" in variant)


def _flattened(schema: Schema, word: str, variants: list[Schema]) -> Schema:
    """One object schema that takes what any of `variants` takes."""
    properties: dict[str, JsonValue] = dict(schema.get("properties") or {})
    for variant in variants:
        for name, described in (variant.get("properties") or {}).items():
            known = properties.get(name)
            properties[name] = described if known is None else _united(known, described)
    required = schema.get("required")
    if not required:
        first, *others = ([*(variant.get("required") or [])] for variant in variants)
        required = [name for name in first if all(name in other for other in others)]
    kept = {
        key: value for key, value in schema.items() if key not in (word, "type", "properties", "required")
    }
    return {
        "type": "object",
        **kept,
        "properties": properties,
        **({"required": required} if required else {}),
        "additionalProperties": schema.get("additionalProperties", True),
    }


def _united(one: JsonValue, other: JsonValue) -> JsonValue:
    """Two descriptions of a property: the first one, with the listed values of both."""
    values = _unique([*_listed(one), *_listed(other)])
    if not values or not isinstance(one, dict) or not (_listed(one) and _listed(other)):
        return one
    return {**{key: value for key, value in one.items() if key not in ("const", "enum")}, "enum": values}


def _listed(described: JsonValue) -> list[JsonValue]:
    if not isinstance(described, dict):
        return []
    if isinstance(described.get("enum"), list):
        return [*described["enum"]]
    return [described["const"]] if "const" in described else []


def _unique(values: Iterable[JsonValue]) -> list[JsonValue]:
    found: dict[tuple[type, str], JsonValue] = {}
    for value in values:
        found.setdefault((type(value), repr(value)), value)
    return list(found.values())


def _branch_types(schema: JsonValue) -> JsonValue:
    """Moonshot takes no `type` beside `anyOf`: it moves into the branches (OR-BODY-07)."""
    if isinstance(schema, list):
        return [_branch_types(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    moved = {key: _branch_types(value) for key, value in schema.items()}
    branches = moved.get("anyOf")
    if isinstance(branches, list) and "type" in moved:
        kind = moved.pop("type")
        moved["anyOf"] = [
            {"type": kind, **branch} if isinstance(branch, dict) and "type" not in branch else branch
            for branch in branches
        ]
    return moved
