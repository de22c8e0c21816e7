"""From scenario files to cases: strict loading, expansion, and the way back to file, line and column.

The format is described in docs/scenarios.md. What a run does not need whose files are in the cache is
imported when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from harness.scenarios._folders import cassette_folders, is_suite
from harness.scenarios._name_patterns import name_matches, select
from harness.scenarios._suites import Suites, load

if TYPE_CHECKING:
    from harness.scenarios._format import input_keys
    from harness.scenarios._json_schema import SCHEMA_KINDS, schema, schema_file, schema_text
    from harness.scenarios._locate import locate
    from harness.scenarios._warnings import warnings

__all__ = [
    "SCHEMA_KINDS",
    "Suites",
    "cassette_folders",
    "input_keys",
    "is_suite",
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
    "SCHEMA_KINDS": "_json_schema",
    "input_keys": "_format",
    "locate": "_locate",
    "schema": "_json_schema",
    "schema_file": "_json_schema",
    "schema_text": "_json_schema",
    "warnings": "_warnings",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"harness.scenarios.{_LATER[name]}"), name)
