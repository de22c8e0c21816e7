"""Laying one part of a scenario on another (docs/scenarios.md, Layers).

Mappings merge at every depth, the lists of `forbid_…`, `require_…`, `closed_…` and `allow_…` add up, all
else replaces. A matcher is a value, so it replaces too. Header names are the same in any letter case.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from harness.matchers import is_matcher
from harness.model import JsonValue
from harness.schema.raw_values import is_edition_choice, is_reference

__all__ = ["ADDING", "DeferredMerge", "Mode", "merge", "merge_values"]

Mode: TypeAlias = Literal[
    "data", "names", "input", "expected", "expected names", "request", "interaction", "add"
]
"""What the two values are, which says how they merge."""

ADDING: Final = frozenset(
    {"forbid_headers", "require_headers", "closed_headers", "forbid_body", "require_body"}
)

_BELOW: Final[dict[str, dict[str, Mode]]] = {
    "input": {"headers": "names"},
    "request": {"headers": "expected names", **dict.fromkeys(ADDING, "add")},
    "interaction": {"request": "request"},
}
_MATCHERS_IN: Final = frozenset({"expected", "expected names", "request", "interaction"})


@dataclass(frozen=True, slots=True)
class DeferredMerge:
    """Two layers that can be merged only when their variables are filled in."""

    under: JsonValue | DeferredMerge
    over: JsonValue | DeferredMerge
    mode: Mode


def _mode_of(key: str, mode: Mode) -> Mode:
    return _BELOW.get(mode, {}).get(key) or ("expected" if mode in _MATCHERS_IN else "data")


def _is_open(value: JsonValue | DeferredMerge) -> bool:
    """Whether only filling in shows what the value is."""
    return isinstance(value, DeferredMerge) or is_reference(value) or is_edition_choice(value)


def _names_keys(value: dict[str, JsonValue]) -> bool:
    return any("${" in key for key in value)


def merge(
    under: JsonValue | DeferredMerge, over: JsonValue | DeferredMerge, mode: Mode
) -> JsonValue | DeferredMerge:
    """`over` merged over `under`, variables not yet filled in; a `DeferredMerge` where they must be first."""
    if _is_open(over):
        waits = _is_open(under) or isinstance(under, list if mode == "add" else dict)
        return DeferredMerge(under, over, mode) if waits else over
    if mode == "add":
        if isinstance(over, list) and _is_open(under):
            return DeferredMerge(under, over, mode)
        return under + over if isinstance(over, list) and isinstance(under, list) else over
    if not isinstance(over, dict) or (mode in _MATCHERS_IN and is_matcher(over)):
        return over
    if _is_open(under):
        return DeferredMerge(under, over, mode)
    if isinstance(under, dict) and (_names_keys(under) or _names_keys(over)):
        return DeferredMerge(under, over, mode)
    return _merge(under, over, mode, merge)


def merge_values(under: JsonValue, over: JsonValue, mode: Mode) -> JsonValue:
    """`over` merged over `under`, all variables being filled in."""
    if mode == "add":
        return under + over if isinstance(under, list) and isinstance(over, list) else over
    if not isinstance(over, dict) or (mode in _MATCHERS_IN and is_matcher(over)):
        return over
    return _merge(under, over, mode, merge_values)


def _merge(
    under: JsonValue, over: dict[str, JsonValue], mode: Mode, merge_item: Callable[..., JsonValue]
) -> JsonValue:
    if not isinstance(under, dict) or (mode in _MATCHERS_IN and is_matcher(under)):
        return over
    merged = dict(under)
    if mode in ("names", "expected names"):
        spellings = {key.lower(): key for key in merged}
        for key in over:
            merged.pop(spellings.get(key.lower(), key), None)
    for key, value in over.items():
        merged[key] = merge_item(merged[key], value, _mode_of(key, mode)) if key in merged else value
    return merged
