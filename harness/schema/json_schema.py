"""Shapes as JSON Schema (draft 7), for editors. What a file means is checked when it is loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any, Final

from harness.matchers import MATCHERS
from harness.schema.types import (
    Anything,
    Either,
    Flag,
    Items,
    Null,
    Number,
    Shape,
    Table,
    Text,
    Value,
    Variable,
)

__all__ = ["json_schema"]

_MATCHER: Final[dict[str, Any]] = {
    "type": "object",
    "propertyNames": {"enum": list(MATCHERS)},
    "minProperties": 1,
    "maxProperties": 1,
    "description": "A matcher, such as {$any: string}.",
}
_EXPECTED: Final[dict[str, Any]] = {
    "if": {
        "type": "object",
        "minProperties": 1,
        "maxProperties": 1,
        "propertyNames": {"pattern": r"^\$[A-Za-z_]+$"},
    },
    "then": {"propertyNames": {"enum": [*MATCHERS, "$edition"]}},
    "items": {"$ref": "#/definitions/expected"},
    "additionalProperties": {"$ref": "#/definitions/expected"},
}
"""Any value; matchers may stand in it at every depth."""


def _inserted(editions: Sequence[str]) -> dict[str, Any]:
    return {
        "description": "A text with a variable, as ${app.title}, or a value for each edition.",
        "anyOf": [
            {"type": "string", "pattern": r"\$\{"},
            {
                "type": "object",
                "properties": {"$edition": {"type": "object", "propertyNames": {"enum": list(editions)}}},
                "required": ["$edition"],
                "additionalProperties": False,
            },
        ],
    }


def json_schema(
    shape: Shape, title: str, *, named: Mapping[int, str] | None = None, editions: Sequence[str] = ()
) -> dict[str, Any]:
    """Return the JSON Schema of a file. `named` are shapes that become definitions, by their identity;
    `editions` are the keys that `$edition` may have."""
    writer = _Writer(named or {}, editions)
    top = writer.write(shape, variables=False)
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": title,
        **top,
        "definitions": dict(sorted(writer.definitions.items())),
    }


class _Writer:
    """Writes shapes as schemas; shapes with a name, and what all share, become definitions."""

    def __init__(self, named: Mapping[int, str], editions: Sequence[str]) -> None:
        self.definitions: dict[str, dict[str, Any]] = {}
        self._named = named
        self._shared_definitions = {
            "matcher": _MATCHER,
            "expected": _EXPECTED,
            "inserted": _inserted(editions),
        }

    def write(self, shape: Shape, *, variables: bool) -> dict[str, Any]:
        if isinstance(shape, Variable):
            return self.write(shape.of, variables=True)
        if isinstance(shape, Anything):
            return _described({}, shape)
        if isinstance(shape, Value) and isinstance(shape.of, Anything):
            return _described({"allOf": [self._shared("expected")]}, shape)
        name = self._named.get(id(shape))
        if name is None:
            return self._alternatives(shape, variables)
        if name not in self.definitions:
            self.definitions[name] = {}
            self.definitions[name] = self._alternatives(shape, variables)
        return {"$ref": f"#/definitions/{name}"}

    def _alternatives(self, shape: Shape, variables: bool) -> dict[str, Any]:
        """The shape itself, and a matcher or a variable where one may stand for it."""
        choices = []
        inner = shape
        if isinstance(shape, Value):
            choices.append(self._shared("matcher"))
            inner = shape.of
        if variables:
            choices.append(self._shared("inserted"))
        written = self._plain(inner, variables)
        if choices:
            written = {"anyOf": [*(written.pop("anyOf", None) or [written]), *choices]}
        return _described(written, shape)

    def _shared(self, name: str) -> dict[str, Any]:
        self.definitions[name] = self._shared_definitions[name]
        return {"$ref": f"#/definitions/{name}"}

    def _plain(self, shape: Shape, variables: bool) -> dict[str, Any]:
        match shape:
            case Null():
                return {"type": "null"}
            case Flag():
                return {"type": "boolean"}
            case Number(whole=whole, least=least, most=most):
                bounds = {"minimum": least, "maximum": most}
                kind = "integer" if whole else "number"
                return {"type": kind, **{key: value for key, value in bounds.items() if value is not None}}
            case Text(choices=choices, pattern=pattern):
                if choices:
                    return {"type": "string", "enum": list(choices)}
                return {"type": "string", **({"pattern": f"^(?:{pattern})$"} if pattern else {})}
            case Items(of=inner, least=least):
                items = {"type": "array", "items": self.write(inner, variables=variables)}
                return {**items, "minItems": least} if least else items
            case Table():
                return self._table(shape, variables)
            case Either(of=shapes):
                return {"anyOf": [self._plain(one, variables) for one in shapes]}
        return {}

    def _table(self, shape: Table, variables: bool) -> dict[str, Any]:
        written: dict[str, Any] = {"type": "object"}
        if shape.keys:
            written["properties"] = {
                key: self.write(inner, variables=variables) for key, inner in shape.keys.items()
            }
        if shape.required:
            written["required"] = list(shape.required)
        if shape.any_of:
            written["allOf"] = [{"anyOf": [{"required": [key]} for key in shape.any_of]}]
        if shape.at_most_one:
            pairs = combinations(shape.at_most_one, 2)
            written["not"] = {"anyOf": [{"required": list(pair)} for pair in pairs]}
        rest = shape.rest
        written["additionalProperties"] = rest is not None and self.write(rest, variables=variables)
        return written


def _described(written: dict[str, Any], shape: Shape) -> dict[str, Any]:
    return {"description": shape.about, **written} if shape.about else written
