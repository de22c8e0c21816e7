"""Shapes of values: what a file may hold, checked against what it holds.

The scenario format is written once, in these shapes (`_format`); checking a file and the JSON Schema for
editors both come from there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from harness.errors import did_you_mean
from harness.matchers import is_matcher
from harness.model import JsonValue
from harness.schema.raw_values import Address, Flaw, is_edition_choice, is_reference

__all__ = [
    "Anything",
    "Either",
    "Flag",
    "Items",
    "Null",
    "Number",
    "Shape",
    "Table",
    "Text",
    "Value",
    "Variable",
    "check",
    "kind_of",
]


class Anything(NamedTuple):
    about: str = ""


class Null(NamedTuple):
    about: str = ""


class Flag(NamedTuple):
    about: str = ""


class Number(NamedTuple):
    about: str = ""
    whole: bool = False
    least: float | None = None
    most: float | None = None


class Text(NamedTuple):
    """`hint` says in words what `pattern` allows, or what the `choices` are."""

    about: str = ""
    choices: tuple[str, ...] = ()
    pattern: str | None = None
    hint: str = ""


class Items(NamedTuple):
    of: Shape
    about: str = ""
    least: int = 0


class Table(NamedTuple):
    """A mapping with these `keys`; others are of the shape `rest`, or errors where it is None.

    `any_of` are keys of which one must be there, `at_most_one` keys of which only one may be. They are for
    JSON Schema: `check` leaves them to the loader, which knows more to say about them.
    """

    keys: Mapping[str, Shape]
    about: str = ""
    required: tuple[str, ...] = ()
    rest: Shape | None = None
    called: str = "a mapping"
    any_of: tuple[str, ...] = ()
    at_most_one: tuple[str, ...] = ()


class Either(NamedTuple):
    of: tuple[Shape, ...]
    about: str = ""


class Value(NamedTuple):
    """An expected value: a matcher may stand for it."""

    of: Shape
    about: str = ""


class Variable(NamedTuple):
    """From here on down `${…}` and `{$edition: …}` may stand for any value."""

    of: Shape
    about: str = ""


Shape: TypeAlias = Anything | Null | Flag | Number | Text | Items | Table | Either | Value | Variable


# ------------------------------------------------------------------ checking


def kind_of(value: JsonValue) -> str:
    """What a value is, in words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return "a string" if len(value) > 40 else f'the string "{value}"'
    if isinstance(value, (int, float)):
        return "a number"
    return "a list" if isinstance(value, list) else "a mapping"


def _expected(shape: Shape) -> str:
    match shape:
        case Null():
            return "null"
        case Flag():
            return "true or false"
        case Number(whole=whole):
            return "a whole number" if whole else "a number"
        case Text(choices=choices) if choices:
            return f"one of {', '.join(choices)}"
        case Text():
            return "a string"
        case Items():
            return "a list"
        case Table(called=called):
            return called
        case Either(of=shapes):
            return " or ".join(dict.fromkeys(_expected(one) for one in shapes))
        case Value(of=inner) | Variable(of=inner):
            return _expected(inner)
        case _:
            return "a value"


def _is_kind(value: JsonValue, shape: Shape) -> bool:
    """Whether the value is of the shape's type, whatever is in it."""
    match shape:
        case Null():
            return value is None
        case Flag():
            return isinstance(value, bool)
        case Number(whole=whole):
            return isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
        case Text():
            return isinstance(value, str)
        case Items():
            return isinstance(value, list)
        case Table():
            return isinstance(value, dict)
        case Either(of=shapes):
            return any(_is_kind(value, one) for one in shapes)
        case Value(of=inner) | Variable(of=inner):
            return _is_kind(value, inner)
        case _:
            return True


def check(value: JsonValue, shape: Shape, at: Address = (), *, variables: bool = False) -> Iterator[Flaw]:
    """What in `value` is not as `shape` says. With `variables`, `${…}` and `$edition` may stand anywhere."""
    if isinstance(shape, Anything):
        return
    if isinstance(shape, Variable):
        yield from check(value, shape.of, at, variables=True)
        return
    if variables and (is_reference(value) or is_edition_choice(value)):
        if isinstance(value, dict) and isinstance(value["$edition"], dict):
            for version, branch in value["$edition"].items():
                yield from check(branch, shape, (*at, "$edition", version), variables=True)
        return
    if isinstance(shape, Value):
        if not is_matcher(value):
            yield from check(value, shape.of, at, variables=variables)
        return
    if not _is_kind(value, shape):
        fix = ""
        if isinstance(shape, Items) and isinstance(value, str):
            fix = f": write [{value}]" if len(value) <= 40 else ": put it in [ ]"
        yield at, f"must be {_expected(shape)}, not {kind_of(value)}{fix}"
        return
    yield from _CHECKS[type(shape)](value, shape, at, variables)


def _check_number(value: float, shape: Number, at: Address, variables: bool) -> Iterator[Flaw]:
    if shape.least is not None and value < shape.least:
        yield at, f"must be {shape.least:g} or more, not {value}"
    elif shape.most is not None and value > shape.most:
        yield at, f"must be {shape.most:g} or less, not {value}"


def _check_text(value: str, shape: Text, at: Address, variables: bool) -> Iterator[Flaw]:
    if variables and "${" in value:
        return  # checked when it is filled in
    if shape.choices and value not in shape.choices:
        hint = did_you_mean(value, shape.choices, list_known=True)
        yield at, f'unknown {shape.hint or "word"} "{value[:60]}"{hint}'
    elif shape.pattern and not _pattern(shape.pattern).fullmatch(value):
        yield at, f'"{value[:60]}" must be {shape.hint}'


@lru_cache(maxsize=64)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text)


def _check_items(value: list[JsonValue], shape: Items, at: Address, variables: bool) -> Iterator[Flaw]:
    if len(value) < shape.least:
        yield at, f"must have at least {shape.least} item{'s' if shape.least > 1 else ''}"
    if type(shape.of) is not Anything:
        for index, item in enumerate(value):
            yield from check(item, shape.of, (*at, index), variables=variables)


def _check_table(value: dict[str, JsonValue], shape: Table, at: Address, variables: bool) -> Iterator[Flaw]:
    for key, item in value.items():
        inner = shape.keys.get(key, shape.rest)
        if inner is not None:
            if type(inner) is not Anything:
                yield from check(item, inner, (*at, key), variables=variables)
        elif variables and "${" in key:
            yield (
                (*at, key),
                f"a variable cannot name a key here{did_you_mean('', shape.keys, list_known=True)}",
            )
        else:
            yield (*at, key), f'unknown key "{key[:60]}"{did_you_mean(key, shape.keys, list_known=True)}'
    for key in shape.required:
        if key not in value:
            yield at, f"{key} is missing{_about(shape.keys[key])}"


def _about(shape: Shape) -> str:
    return f": {shape.about}" if shape.about else ""


def _check_either(value: JsonValue, shape: Either, at: Address, variables: bool) -> Iterator[Flaw]:
    for one in shape.of:
        if _is_kind(value, one):
            yield from check(value, one, at, variables=variables)
            return


def _check_nothing(value: JsonValue, shape: Shape, at: Address, variables: bool) -> Iterator[Flaw]:
    yield from ()


_CHECKS: dict[type, Callable[..., Iterator[Flaw]]] = {
    Null: _check_nothing,
    Flag: _check_nothing,
    Number: _check_number,
    Text: _check_text,
    Items: _check_items,
    Table: _check_table,
    Either: _check_either,
}
