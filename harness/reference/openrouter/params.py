"""Model params in layers: agent defaults < per model < per agent < this call (OR-RC-03, W-29)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from harness.model import JsonValue
from harness.reference.openrouter.refs import Ref, parse
from harness.reference.refusal import Refusal

__all__ = ["ABSENT", "Layers", "collect", "every", "find", "number"]

Layers: TypeAlias = tuple[Mapping[str, JsonValue], ...]
"""Params objects, the one that counts least first."""

ABSENT: Any = object()
"""No layer has the param; None is a value of its own."""


def collect(
    config: Mapping[str, JsonValue], ref: Ref, contract: str, call: Mapping[str, JsonValue]
) -> Layers:
    """The layers that apply to a call of `ref`: those of `config` below the call's own params."""
    if not config:
        return (call,)
    agents = config.get("agents") or {}
    defaults = agents.get("defaults") or {}
    found = [
        ((config.get("models") or {}).get("providers") or {}).get(ref.provider) or {},
        defaults,
        *(entry for key, entry in (defaults.get("models") or {}).items() if _names(key, ref, contract)),
        *_default_agent(agents.get("list") or ()),
    ]
    return (*(layer["params"] for layer in found if isinstance(layer.get("params"), dict)), call)


def _names(key: str, ref: Ref, contract: str) -> bool:
    try:
        named = parse(key, contract)
    except Refusal:
        return False
    return (named.provider, named.wire) == (ref.provider, ref.wire)


def _default_agent(agents: Sequence[Mapping[str, JsonValue]]) -> Sequence[Mapping[str, JsonValue]]:
    """The agent marked as default, else the first one."""
    return [agent for agent in agents if agent.get("default") is True][:1] or agents[:1]


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
