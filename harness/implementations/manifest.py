"""`implementation.yaml`, which makes a folder an implementation: its adapter, and what it declares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from harness import yaml_reader
from harness.errors import LoadError, Location, Problem, did_you_mean
from harness.implementations.capabilities import SANDBOX_MODES, SandboxMode, checked
from harness.implementations.results import Unreadable, named
from harness.model import ImplementationInfo

__all__ = ["KNOWN_FAILING", "MANIFEST", "Manifest", "known_names", "read_manifest"]

MANIFEST = "implementation.yaml"
KNOWN_FAILING = "known_failing.txt"

_REPLACES = ("name", "homepage", "mode", "operations", "inputs", "features", "edition", "known_failing")
_OWN = ("address", "install", "sandbox")
_KEYS = (*_OWN, "name", "homepage", "mode", "operations", "inputs", "features", "edition", "vars")


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
    edition: str | None = None
    vars: Mapping[str, Any] = field(default_factory=dict)
    install: str | None = None
    sandbox: SandboxMode | None = None
    known_failing: str | None = None

    def applied_to(self, about: ImplementationInfo) -> ImplementationInfo:
        """Return `about` with everything that is stated here in place of what the adapter says."""
        stated = {key: value for key in _REPLACES if (value := getattr(self, key)) is not None}
        return replace(about, **stated, vars={**about.vars, **self.vars})


def known_names(folder: Path) -> tuple[str, ...]:
    """Return the names of the implementations in `folder`, sorted."""
    return tuple(sorted(path.parent.name for path in folder.glob(f"*/{MANIFEST}")))


def read_manifest(path: Path) -> Manifest:
    """Return the manifest at `path`. Raises `LoadError` with every problem found in it."""
    try:
        document = yaml_reader.parse(yaml_reader.read_text(path), str(path), places=True)
    except yaml_reader.ReadError as error:
        raise LoadError([error.problem]) from None
    stated, problems = _stated(document)
    if problems:
        raise LoadError(problems, hint="docs/implementations.md lists the keys.")
    stated.setdefault("name", path.parent.resolve().name)
    known_failing = path.with_name(KNOWN_FAILING)
    if known_failing.is_file():
        stated["known_failing"] = str(known_failing)
    return Manifest(**stated)


def _stated(document: yaml_reader.Document) -> tuple[dict[str, Any], list[Problem]]:
    """Return what the file states, by its keys, and what is wrong with it."""
    problems = list(document.problems)
    known_wrong = {problem.location for problem in problems}
    stated: dict[str, Any] = {}
    if isinstance(document.value, dict):
        for key, value in document.value.items():
            try:
                stated[key] = _checked(key, value)
            except Unreadable as error:
                at, _ = document.find((key,))
                if at not in known_wrong:
                    problems.append(Problem(at, str(error)))
    elif not problems:
        at = Location(document.file, 1, 1)
        problems.append(Problem(at, "it must be a mapping with at least `address`"))
    if not problems and "address" not in stated:
        at = Location(document.file, 1, 1)
        message = "`address` is missing: say how to start the adapter, command:… or python:…"
        problems.append(Problem(at, message))
    return stated, problems


def _checked(key: str, value: Any) -> Any:
    """Return `value` as `Manifest` has it. Raises `Unreadable` with what is wrong with it."""
    if key not in _KEYS:
        raise Unreadable(f"unknown key {key!r}{did_you_mean(key, _KEYS)}")
    if key not in _OWN:
        return checked(key, value, strict=True)
    if not isinstance(value, str) or not value:
        raise Unreadable(f"{key} as {named(value)}; it must be text")
    if key == "address" and not value.startswith(("command:", "exec:", "python:")):
        raise Unreadable("an address that does not begin with command:, exec: or python:")
    if key == "sandbox" and value not in SANDBOX_MODES:
        raise Unreadable(f"sandbox as {value!r}{did_you_mean(value, SANDBOX_MODES, list_known=True)}")
    return value
