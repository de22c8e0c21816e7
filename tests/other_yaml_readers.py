"""YAML as PyYAML's own loader reads it, to compare with."""

from __future__ import annotations

import re
from typing import Any

import yaml

__all__ = ["as_pyyaml_reads", "same"]


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal, where 1, 1.0 and true differ and so do keys in another order."""
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and bool(one == other)


def as_pyyaml_reads(text: str) -> Any:
    """Return what PyYAML makes of a text if only JSON's scalars are more than texts."""
    return yaml.load(text, Loader=_WithoutGuessing)


class _WithoutGuessing(yaml.CSafeLoader):
    """PyYAML with JSON's scalars only."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - as the base class declares it


def _integer(loader: yaml.CSafeLoader, node: yaml.ScalarNode) -> int:
    return int(node.value)


def _number(loader: yaml.CSafeLoader, node: yaml.ScalarNode) -> float:
    return float(node.value)


def _resolve(tag: str, pattern: str, first: str) -> None:
    _WithoutGuessing.add_implicit_resolver(tag, re.compile(pattern), list(first))


_resolve("tag:yaml.org,2002:null", r"null$", "n")
_resolve("tag:yaml.org,2002:bool", r"(?:true|false)$", "tf")
_resolve("!integer", r"-?(?:0|[1-9][0-9]*)$", "-0123456789")
_resolve("!number", r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?$", "-0123456789")
_WithoutGuessing.add_constructor("!integer", _integer)
_WithoutGuessing.add_constructor("!number", _number)
