"""Filling templates in: what the variables of a case stand for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import blake2b
from os import urandom
from typing import Any, Final

import orjson

from harness.contracts import Contract
from harness.errors import did_you_mean
from harness.matchers import escape, unescape
from harness.model import JsonValue
from harness.scenarios._merge import merge_values
from harness.scenarios._templates import Template
from harness.schema.raw_values import Address, Flaw
from harness.yaml_reader import MAX_DEPTH, MAX_VALUES

__all__ = ["Scope", "UnfillableError", "fill", "flaws", "mint"]

MAX_TEXT: Final = 16 * 1024 * 1024
MAX_NESTING: Final = 32

_SEED: Final = urandom(32)


class UnfillableError(ValueError):
    """A variable cannot be filled in; the message says which and why."""


def mint(case: str, name: str, prefix: str = "sk-") -> str:
    """Return the secret that `${canary.NAME}` stands for in a case: the same all through this process. One
    whose name ends in `key` begins with `prefix`."""
    is_key = name.lower().endswith("key")
    size = 24 if is_key else 16
    digest = blake2b(f"{case}\0{name}".encode(), key=_SEED, digest_size=size).hexdigest()
    return f"{prefix}{digest}" if is_key else f"canary-{digest}"


class Scope:
    """What the variables of one step of a case stand for."""

    __slots__ = (
        "_open",
        "_values",
        "canaries",
        "case",
        "contract",
        "edition",
        "input",
        "room",
        "row",
        "values",
        "variables",
    )

    def __init__(
        self,
        case: str,
        contract: Contract,
        edition: str,
        variables: dict[bool, Template],
        row: dict[bool, Template] | None,
        input: Template,  # noqa: A002 - the format's word
        canaries: dict[str, str],
    ) -> None:
        self.case = case
        self.contract = contract
        self.edition = edition
        self.variables = variables
        self.row = row
        self.input = input
        self.canaries = canaries
        self.room = MAX_TEXT
        self.values = MAX_VALUES
        self._values: dict[tuple[str, bool], JsonValue] = {}
        self._open: list[str] = []

    def value(self, name: str, literal: bool) -> JsonValue:
        """What a variable stands for. Raises UnfillableError."""
        key = (name, literal)
        try:
            return self._values[key]
        except KeyError:
            pass
        if name in self._open:
            raise UnfillableError(f"${{{name}}} refers to itself: {' → '.join([*self._open, name])}")
        if len(self._open) >= MAX_NESTING:
            raise UnfillableError(f"variables are nested more than {MAX_NESTING} levels deep")
        self._open.append(name)
        try:
            value = self._values[key] = self._find(name, literal)
        finally:
            self._open.pop()
        return value

    def weigh(self, value: JsonValue, name: str) -> None:
        """Count a list or mapping that a variable inserts. Raises UnfillableError if it is too much."""
        size = _size(value, self.values)
        if size is None:
            raise UnfillableError(
                f"${{{name}}} expands to more than {MAX_VALUES:,} values or {MAX_DEPTH} levels"
            )
        self.values -= size

    def _find(self, name: str, literal: bool) -> JsonValue:
        root, *path = name.split(".")
        if root == "canary":
            return self._canary(name, path)
        if root == "each":
            if self.row is None:
                raise UnfillableError(f"${{{name}}} needs for_each, but this scenario has none")
            return _descend(self.row[literal], path, name, self)
        if root == "input":
            value = self._given(path, name)
            if value is None and len(path) == 1:
                raise UnfillableError(f"${{{name}}}: the input is null, so it is not given")
            return value if literal else escape(value)
        return _descend(self.variables[literal], [root, *path], name, self)

    def _given(self, path: list[str], name: str) -> JsonValue:
        try:
            return _descend(self.input, path, name, self)
        except UnfillableError:
            if path == ["edition"]:  # given by the case unless the scenario states it
                return self.edition
            raise

    def _canary(self, name: str, path: list[str]) -> str:
        if len(path) != 1:
            raise UnfillableError(f"${{{name}}}: a canary has one name, for example ${{canary.api_key}}")
        secret = self.canaries.get(path[0])
        if secret is None:
            secret = self.canaries[path[0]] = mint(self.case, path[0], self.contract.canary_prefix)
        return secret


def _size(value: JsonValue, limit: int) -> int | None:
    """How many values a list or mapping holds at every depth; None if more than `limit`, or too deep."""
    size = 0
    waiting = [(value, 1)]
    while waiting:
        value, depth = waiting.pop()
        children = value.values() if isinstance(value, dict) else value
        size += len(children)
        if size > limit or depth > MAX_DEPTH:
            return None
        waiting.extend((child, depth + 1) for child in children if isinstance(child, (dict, list)))
    return size


def _descend(template: Template, path: list[str], name: str, scope: Scope) -> JsonValue:
    """What stands at `path` in a template, filling in no more than that."""
    for depth, part in enumerate(path):
        word = template[0]
        if word == "map":
            base, holes = template[1], template[2]
            if part not in base:
                raise _missing(name, path, depth, base)
            template = holes.get(part) or ["const", base[part]]
            continue
        value = template[1] if word == "const" else fill(template, scope)
        for deeper in range(depth, len(path)):
            value = _child(value, path, deeper, name)
        return value
    return template[1] if template[0] == "const" else fill(template, scope)


def _child(value: JsonValue, path: list[str], depth: int, name: str) -> JsonValue:
    part = path[depth]
    if isinstance(value, dict) and part in value:
        return value[part]
    if isinstance(value, list) and part.isdecimal() and int(part) < len(value):
        return value[int(part)]
    raise _missing(name, path, depth, value if isinstance(value, dict) else {})


def _missing(name: str, path: list[str], depth: int, known: dict[str, Any]) -> UnfillableError:
    root = name.split(".", 1)[0]
    before = ".".join([root, *path[:depth]] if root in ("each", "input") else path[:depth])
    if not before:
        known = {**known, "each": None, "input": None, "canary": None}
    where = f"{before} has no {path[depth]}" if before else f"unknown variable {path[depth]}"
    return UnfillableError(f"${{{name}}}: {where}{did_you_mean(path[depth], known, list_known=True)}")


def fill(template: Template, scope: Scope) -> JsonValue:
    """The value of a template in a scope. Raises UnfillableError."""
    return _FILL[template[0]](template, scope)


def _fill_const(template: Template, scope: Scope) -> JsonValue:
    return template[1]


def _fill_var(template: Template, scope: Scope) -> JsonValue:
    value = scope.value(template[1], template[2])
    if isinstance(value, (dict, list)):
        scope.weigh(value, template[1])
    return value


def _fill_text(template: Template, scope: Scope) -> str:
    texts = []
    for part in template[1]:
        if isinstance(part, str):
            texts.append(part)
            continue
        value = scope.value(part[0], False)
        if isinstance(value, str):
            texts.append(value)
        elif isinstance(value, (bool, int, float)):
            texts.append(orjson.dumps(value).decode() if not isinstance(value, int) else str(value).lower())
        else:
            kind = "null" if value is None else "a list" if isinstance(value, list) else "a mapping"
            raise UnfillableError(f"${{{part[0]}}} is {kind} and cannot be inserted into a string")
    scope.room -= sum(map(len, texts))
    if scope.room < 0:
        raise UnfillableError(f"the strings of this case exceed {MAX_TEXT // 1024**2} MiB")
    return "".join(texts)


def _fill_map(template: Template, scope: Scope) -> JsonValue:
    value = template[1].copy()
    for key, inner in template[2].items():
        value[key] = _FILL[inner[0]](inner, scope)
    return value


def _fill_keys(template: Template, scope: Scope) -> JsonValue:
    value: dict[str, JsonValue] = {}
    for name, inner in template[1]:
        key = _fill_text(name, scope)
        if key in value:
            raise UnfillableError(f'the key "{key[:60]}" appears twice once its variables are filled in')
        value[key] = fill(inner, scope)
    return value


def _fill_list(template: Template, scope: Scope) -> JsonValue:
    value = template[1].copy()
    for index, inner in template[2]:
        value[index] = _FILL[inner[0]](inner, scope)
    return value


def _fill_edition(template: Template, scope: Scope) -> JsonValue:
    try:
        version = scope.contract.editions.branch_for(scope.edition, template[1])
    except ValueError as error:
        raise UnfillableError(str(error)) from None
    return fill(template[1][version], scope)


def _fill_refused(template: Template, scope: Scope) -> JsonValue:
    word = template[1]
    raise UnfillableError(f"{word} is a matcher, and input is data; write ${word} for a literal key")


def _fill_interaction(template: Template, scope: Scope) -> JsonValue:
    value = fill(template[1], scope)
    if isinstance(value, dict) and "reply" in value:
        return {**value, "reply": _unescaped(value["reply"])}
    return value


def _unescaped(value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        return {unescape(key): _unescaped(item) for key, item in value.items()}
    return list(map(_unescaped, value)) if isinstance(value, list) else value


def _fill_merge(template: Template, scope: Scope) -> JsonValue:
    over = fill(template[2], scope)
    if not isinstance(over, list if template[3] == "add" else dict):
        return over
    return merge_values(fill(template[1], scope), over, template[3])


def flaws(template: Template, scope: Scope, at: Address = ()) -> Iterator[Flaw]:
    """All that keeps a template from being filled in, each with its place."""
    match template:
        case ["const", _]:
            return
        case ["map", _, holes]:
            for key, inner in holes.items():
                yield from flaws(inner, scope, (*at, key))
            return
        case ["list", _, holes]:
            for index, inner in holes:
                yield from flaws(inner, scope, (*at, index))
            return
        case ["merge", under, over, _]:
            yield from flaws(under, scope, at)
            yield from flaws(over, scope, at)
        case ["keys", pairs]:
            for name, inner in pairs:
                try:
                    key = _fill_text(name, scope)
                except UnfillableError as error:
                    yield (
                        (
                            *at,
                            "".join(part if isinstance(part, str) else f"${{{part[0]}}}" for part in name[1]),
                        ),
                        str(error),
                    )
                else:
                    yield from flaws(inner, scope, (*at, key))
    try:
        fill(template, scope)
    except UnfillableError as error:
        yield at, str(error)
    except RecursionError:
        yield at, "is nested too deeply once its variables are filled in"


_FILL: Final[dict[str, Callable[[Template, Scope], JsonValue]]] = {
    "const": _fill_const,
    "var": _fill_var,
    "text": _fill_text,
    "map": _fill_map,
    "keys": _fill_keys,
    "list": _fill_list,
    "edition": _fill_edition,
    "merge": _fill_merge,
    "refused": _fill_refused,
    "interaction": _fill_interaction,
}
