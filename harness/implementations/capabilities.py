"""What an implementation says of itself, checked and put into `ImplementationInfo`.

A Python callable says it in its attribute `harness`, a command in its answer to `start`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal, TypeAlias, get_args

from harness.errors import did_you_mean
from harness.implementations.results import Unreadable, named
from harness.model import DECLARED_INPUTS, FEATURES, ImplementationInfo

__all__ = ["DECLARABLE", "SANDBOX_MODES", "SandboxMode", "checked", "declared"]

SandboxMode: TypeAlias = Literal["auto", "require", "off"]
"""Whether a program in mode `send` gets its own network (docs/wire.md, Environment)."""

SANDBOX_MODES: tuple[SandboxMode, ...] = get_args(SandboxMode)

_MODES = ("shape", "send")
_TEXTS = ("name", "version", "language", "homepage", "edition", "mode")
_LISTS: Mapping[str, tuple[str, ...] | None] = {
    "operations": None,  # a contract decides which there are
    "inputs": (*sorted(DECLARED_INPUTS), "*"),
    "features": FEATURES,
}
DECLARABLE = (*_TEXTS, *_LISTS, "concurrency", "vars")


def declared(said: Mapping[str, Any], about: ImplementationInfo, *, strict: bool) -> ImplementationInfo:
    """`about` with what is `said` in its place.

    Keys and words that are not known are an error if `strict` and ignored otherwise, so that an adapter
    written for a later version of the harness still serves this one. Raises `Unreadable`.
    """
    if strict:
        for key in said:
            if key not in DECLARABLE:
                raise Unreadable(f"the unknown key {key!r}{did_you_mean(str(key), DECLARABLE)}")
    values: dict[str, Any] = {}
    for key in DECLARABLE:
        value = said.get(key)
        if value is not None:
            values[key] = checked(key, value, strict=strict)
    return replace(about, **values)


def checked(key: str, value: Any, *, strict: bool) -> Any:
    """`value` as `ImplementationInfo` has it under this key. Raises `Unreadable` with what is wrong."""
    if key in _LISTS:
        if not isinstance(value, list | tuple) or not all(isinstance(word, str) for word in value):
            raise Unreadable(f"{key} as {named(value)}; it must be a list of words")
        known = _LISTS[key] or value
        for word in value if strict else ():
            if word not in known:
                raise Unreadable(f"the unknown word {word!r} in {key}{did_you_mean(word, known)}")
        return tuple(value)
    if key == "concurrency":
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise Unreadable(f"a concurrency of {named(value)}; it must be 1 or more")
        return value
    if key == "vars":
        if not isinstance(value, Mapping):
            raise Unreadable(f"vars as {named(value)}; they must be a mapping")
        return value
    if not isinstance(value, str):
        raise Unreadable(f"{key} as {named(value)}; it must be text")
    if key == "mode" and value not in _MODES:
        raise Unreadable(f"mode as {value!r}{did_you_mean(value, _MODES, list_known=True)}")
    return value
