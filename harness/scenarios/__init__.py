"""From scenario files to cases: strict loading, expansion, and the way back to file, line and column.

The format is described in docs/scenarios.md. What a run does not need whose files are in the cache is
imported when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from harness.scenarios._folders import is_suite
from harness.scenarios._select import name_matches, select
from harness.scenarios._suites import Suites, kept_to_the_end, load

if TYPE_CHECKING:
    from harness.scenarios._format import input_keys
    from harness.scenarios._locate import locate
    from harness.scenarios._schema import schema, schema_file, schema_text
    from harness.scenarios._warnings import warnings

__all__ = [
    "Suites",
    "input_keys",
    "is_suite",
    "kept_to_the_end",
    "load",
    "locate",
    "name_matches",
    "schema",
    "schema_file",
    "schema_text",
    "select",
    "warnings",
]

_LATER = {
    "input_keys": "_format",
    "locate": "_locate",
    "schema": "_schema",
    "schema_file": "_schema",
    "schema_text": "_schema",
    "warnings": "_warnings",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"harness.scenarios.{_LATER[name]}"), name)
