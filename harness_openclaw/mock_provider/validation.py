"""Objects held against the fields that they may have: how the strict APIs find what is wrong with a body."""

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
"""Where a value stands in a body: names and indices."""


class ErrorFormat(Protocol):
    """How an API says what is wrong at a place. Each gives an error that is to be raised."""

    def missing(self, at: Path) -> ApiError: ...
    def unknown(self, at: Path) -> ApiError: ...
    def mistyped(self, at: Path, expected: str, found: object) -> ApiError: ...
    def no_option(self, at: Path, options: tuple[str, ...], found: object) -> ApiError: ...


@dataclass(frozen=True, slots=True)
class Field:
    """What may stand under a name: one of `types`, which `expected` describes, and one of `options` if there
    are any. One that is not `required` may be null as well."""

    types: tuple[type, ...]
    expected: str
    options: tuple[str, ...] = ()
    required: bool = False

    def must(self) -> Field:
        """The same, required."""
        return Field(self.types, self.expected, self.options, required=True)

    def of(self, *options: str) -> Field:
        """The same, and one of these."""
        return Field(self.types, self.expected, options, self.required)

    def otherwise(self, other: Field) -> Field:
        """This or the other."""
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
    """The object, with its names as `named` gives them, and without what is null.

    Raises `ApiError`, in the API's words, for what is no object, and for fields that are missing, unknown,
    of another type, or none of the options.
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
