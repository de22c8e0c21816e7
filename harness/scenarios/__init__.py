"""From scenario files to cases: strict loading, expansion, and the way back to file, line and column.

The format is described in docs/scenarios.md.
"""

from __future__ import annotations

from harness.scenarios._folders import bundled_cassettes, bundled_scenarios, is_suite
from harness.scenarios._format import INPUT_KEYS
from harness.scenarios._locate import locate
from harness.scenarios._schema import schema
from harness.scenarios._select import name_matches, select
from harness.scenarios._suites import Suites, load
from harness.scenarios._warnings import warnings

__all__ = [
    "INPUT_KEYS",
    "Suites",
    "bundled_cassettes",
    "bundled_scenarios",
    "is_suite",
    "load",
    "locate",
    "name_matches",
    "schema",
    "select",
    "warnings",
]
