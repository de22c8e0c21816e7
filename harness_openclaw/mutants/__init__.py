"""Implementations that are wrong on purpose, each in one small way in which real clients were wrong.

They test the suites: each must be caught, and for the right rule. They also show what a failure looks like:
each has an address, such as `python:harness_openclaw.mutants:leaks_attribution_to_proxies`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from harness_openclaw.mutants import (
    attribution,
    bodies,
    caching,
    catalog,
    clawrouter,
    credentials,
    errors,
    images,
    messages,
    preflight,
    reasoning,
    routes,
    speech,
    transports,
    video_jobs,
    videos,
)
from harness_openclaw.mutants.base import Mutant

__all__ = ["MUTANTS", "Mutant"]

_MODULES = (
    attribution,
    credentials,
    caching,
    reasoning,
    bodies,
    images,
    speech,
    videos,
    video_jobs,
    clawrouter,
    catalog,
    errors,
    preflight,
    transports,
    messages,
    routes,
)

MUTANTS: Mapping[str, Mutant] = MappingProxyType(
    {value.name: value for module in _MODULES for value in vars(module).values() if isinstance(value, Mutant)}
)
"""All mutants by name."""


def __getattr__(name: str) -> Callable[..., Any]:
    try:
        return MUTANTS[name].target
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None


def __dir__() -> list[str]:
    return sorted({*globals(), *MUTANTS})
