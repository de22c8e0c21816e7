"""Model params in layers (OR-RC-03): which one counts, and what counts as a number."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, TypeAlias

from harness.model import JsonValue

__all__ = ["ABSENT", "Layers", "every", "find", "number"]

Layers: TypeAlias = tuple[Mapping[str, JsonValue], ...]
"""Params objects, the one that counts least first."""

ABSENT: Any = object()
"""No layer has the param; None is a value of its own."""


def find(layers: Layers, *names: str) -> JsonValue:
    """The value under one of `names`: the highest layer that has any of them decides, and within it
    the first name in the order given, even if the value is of no use (OR-RC-03)."""
    for layer in reversed(layers):
        for name in names:
            if name in layer:
                return layer[name]
    return ABSENT


def every(layers: Layers, name: str) -> list[JsonValue]:
    """The values under `name` in all layers, the one that counts least first."""
    return [layer[name] for layer in layers if name in layer]


def number(value: JsonValue) -> bool:
    """Is it a finite number? Booleans and numbers written as text are not (OR-BODY-04)."""
    return type(value) is int or (type(value) is float and math.isfinite(value))
