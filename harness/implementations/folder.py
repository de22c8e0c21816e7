"""An implementation's folder: `implementation.yaml`, its adapter and `known_failing.txt`.

The file is read as strictly as scenarios are: plain `null`, `true`, `false` and JSON numbers mean
themselves, everything else plain is text, and every problem comes with its line and column.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, cast

import yaml

from harness.errors import LoadError, Location, Problem, nearest
from harness.implementations.answers import Unreadable, named
from harness.implementations.declared import checked
from harness.model import About

__all__ = ["KNOWN_FAILING", "MANIFEST", "Manifest", "known_names", "read_manifest"]

MANIFEST = "implementation.yaml"
KNOWN_FAILING = "known_failing.txt"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What `implementation.yaml` states. None is what it leaves to the adapter to say."""

    address: str = ""
    name: str | None = None
    homepage: str | None = None
    mode: Literal["shape", "send"] | None = None
    operations: tuple[str, ...] | None = None
    inputs: tuple[str, ...] | None = None
    features: tuple[str, ...] | None = None
    contract: str | None = None
    vars: Mapping[str, Any] = field(default_factory=dict)
    install: str | None = None
    known_failing: str | None = None

    def applied_to(self, about: About) -> About:
        """`about` with everything that is stated here in the place of what the adapter says."""
        stated = {
            key: value
            for key in (
                "name",
                "homepage",
                "mode",
                "operations",
                "inputs",
                "features",
                "contract",
                "known_failing",
            )
            if (value := getattr(self, key)) is not None
        }
        return replace(about, **stated, vars={**about.vars, **self.vars})


def known_names(folder: Path) -> tuple[str, ...]:
    """The names under `folder`, sorted."""
    return tuple(sorted(path.parent.name for path in folder.glob(f"*/{MANIFEST}")))


def read_manifest(path: Path) -> Manifest:
    """The manifest at `path`. Raises `LoadError` with every problem found in it."""
    reader = _Reader(str(path))
    stated = reader.read(path.read_text(encoding="utf-8", errors="replace"))
    if reader.problems:
        raise LoadError(reader.problems, hint="docs/implementations.md lists the keys.")
    stated.setdefault("name", path.parent.resolve().name)
    known_failing = path.with_name(KNOWN_FAILING)
    if known_failing.is_file():
        stated["known_failing"] = str(known_failing)
    return Manifest(**stated)


_OWN = ("address", "install")
_KEYS = (*_OWN, "name", "homepage", "mode", "operations", "inputs", "features", "contract", "vars")
_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?")
_LITERALS = {"null": None, "true": True, "false": False}


def _checked_manifest(key: str, value: Any) -> Any:
    if key not in _OWN:
        return checked(key, value, strict=True)
    if not isinstance(value, str) or not value:
        raise Unreadable(f"{key} as {named(value)}; it must be text")
    if key == "address" and not value.startswith(("command:", "python:")):
        raise Unreadable("an address that begins neither with command: nor with python:")
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
            return _checked_manifest(key, value)
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
