"""Reading `implementation.yaml` as strictly as scenarios are read.

Plain `null`, `true`, `false` and JSON numbers mean themselves, everything else plain is text, and every
problem comes with its line and column.
"""

from __future__ import annotations

import json
import re
from typing import Any, cast

import yaml

from harness.errors import LoadError, Location, Problem, nearest
from harness.implementations.declared import SANDBOX_MODES, checked
from harness.implementations.results import Unreadable, named

__all__ = ["stated_in"]

_OWN = ("address", "install", "sandbox")
_KEYS = (*_OWN, "name", "homepage", "mode", "operations", "inputs", "features", "edition", "vars")
_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?")
_LITERALS = {"null": None, "true": True, "false": False}


def stated_in(file: str, text: str) -> dict[str, Any]:
    """What the file states, by its keys. Raises `LoadError` with every problem found in it."""
    reader = _Reader(file)
    stated = reader.read(text)
    if reader.problems:
        raise LoadError(reader.problems, hint="docs/implementations.md lists the keys.")
    return stated


def _checked(key: str, value: Any) -> Any:
    if key not in _OWN:
        return checked(key, value, strict=True)
    if not isinstance(value, str) or not value:
        raise Unreadable(f"{key} as {named(value)}; it must be text")
    if key == "address" and not value.startswith(("command:", "exec:", "python:")):
        raise Unreadable("an address that begins neither with command: nor with exec: nor with python:")
    if key == "sandbox" and value not in SANDBOX_MODES:
        raise Unreadable(
            f"sandbox as {value!r}{nearest(value, SANDBOX_MODES)}; it is one of {', '.join(SANDBOX_MODES)}"
        )
    return value


class _Reader:
    """Reads one file and gathers what is wrong with it."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []

    def read(self, text: str) -> dict[str, Any]:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        try:
            root = yaml.compose(text, Loader=loader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            at = Location(self.file, mark.line + 1, mark.column + 1) if mark else Location(self.file, 1)
            self.problems.append(Problem(at, f"this is not YAML: {error.problem}; quote the value"))
            return {}
        except yaml.YAMLError as error:
            self.problems.append(Problem(Location(self.file, 1), f"this is not YAML: {error}"))
            return {}
        if not isinstance(root, yaml.MappingNode):
            at = Location(self.file, 1) if root is None else self._at(root)
            self.problems.append(Problem(at, "the file must be a mapping with at least `address`"))
            return {}
        stated: dict[str, Any] = {}
        for key, node in self._pairs(root):
            value = self._stated(key, node)
            if value is not None:
                stated[key] = value
        if "address" not in stated and not self.problems:
            self._add(root, "`address` is missing; it says how to start the adapter: command:… or python:…")
        return stated

    def _stated(self, key: str, node: yaml.Node) -> Any:
        if key not in _KEYS:
            self._add(node, f"unknown key {key!r}{nearest(key, _KEYS)}")
            return None
        value = self._value(node)
        try:
            return _checked(key, value)
        except Unreadable as error:
            self._add(node, str(error))
            return None

    def _value(self, node: yaml.Node) -> Any:
        if isinstance(node, yaml.ScalarNode):
            text: str = node.value
            if node.style:  # None or, from libyaml, empty for a plain one
                return text
            if text in _LITERALS:
                return _LITERALS[text]
            return json.loads(text) if _NUMBER.fullmatch(text) else text
        if isinstance(node, yaml.SequenceNode):
            return [self._value(item) for item in node.value]
        return {key: self._value(value) for key, value in self._pairs(cast(yaml.MappingNode, node))}

    def _pairs(self, node: yaml.MappingNode) -> list[tuple[str, yaml.Node]]:
        pairs: dict[str, yaml.Node] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._add(key, "a key must be text")
            elif key.value in pairs:
                self._add(key, f"the key {key.value!r} is here twice")
            elif key.value == "<<":
                self._add(key, "merge keys are not supported; write the keys out")
            else:
                pairs[key.value] = value
        return list(pairs.items())

    def _add(self, node: yaml.Node, message: str) -> None:
        self.problems.append(Problem(self._at(node), message))

    def _at(self, node: yaml.Node) -> Location:
        return Location(self.file, node.start_mark.line + 1, node.start_mark.column + 1)
