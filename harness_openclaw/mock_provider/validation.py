"""Validation of objects against their fields, for the APIs that reject unknown ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from harness_openclaw.mock_provider.errors import ApiError

__all__ = [
    "BOOLEAN",
    "INTEGER",
    "LIST",
    "NUMBER",
    "OBJECT",
    "TEXT",
    "ErrorFormat",
    "Field",
    "Path",
    "validate",
]

Path: TypeAlias = tuple[str | int, ...]
"""The path of a value in a body: names and indices."""


class ErrorFormat(Protocol):
    """How an API words an invalid value at a path. Each method returns an error to raise."""

    def missing(self, at: Path) -> ApiError: ...
    def unknown(self, at: Path) -> ApiError: ...
    def mistyped(self, at: Path, expected: str, found: object) -> ApiError: ...
    def no_option(self, at: Path, options: tuple[str, ...], found: object) -> ApiError: ...


@dataclass(frozen=True, slots=True)
class Field:
    """The values of a field: one of `types`, described by `expected`, and one of `options` if there are any.
    A field that is not `required` may be null."""

    types: tuple[type, ...]
    expected: str
    options: tuple[str, ...] = ()
    required: bool = False

    def must(self) -> Field:
        """Return the same field, required."""
        return Field(self.types, self.expected, self.options, required=True)

    def of(self, *options: str) -> Field:
        """Return the same field with options."""
        return Field(self.types, self.expected, options, self.required)

    def otherwise(self, other: Field) -> Field:
        """Return a field with the types of either."""
        expected = f"{self.expected} or {other.expected}"
        return Field((*self.types, *other.types), expected, required=self.required)


TEXT = Field((str,), "string")
NUMBER = Field((int, float), "number")
INTEGER = Field((int,), "integer")
BOOLEAN = Field((bool,), "boolean")
LIST = Field((list,), "array")
OBJECT = Field((dict,), "object")


def validate(
    value: Any,
    fields: Mapping[str, Field],
    error_format: ErrorFormat,
    at: Path = (),
    *,
    named: Callable[[str], str] = str,
) -> Mapping[str, Any]:
    """Return the object without nulls, its fields renamed by `named`.

    Raises `ApiError`, in the API's words, if it is not an object, and for fields that are missing, unknown,
    of the wrong type or not among the options.
    """
    if not isinstance(value, dict):
        raise error_format.mistyped(at, "object", value)
    found: dict[str, Any] = {}
    for written, content in value.items():
        name = named(written)
        field = fields.get(name)
        if field is None:
            raise error_format.unknown((*at, written))
        if content is None and not field.required:
            continue
        if type(content) not in field.types:
            raise error_format.mistyped((*at, written), field.expected, content)
        if field.options and content not in field.options:
            raise error_format.no_option((*at, written), field.options, content)
        found[name] = content
    for name, field in fields.items():
        if field.required and name not in found:
            raise error_format.missing((*at, name))
    return found
