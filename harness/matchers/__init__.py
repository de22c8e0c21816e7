"""What may stand where a value stands: matchers, JSONPaths, header patterns and normalised URLs.

Scenarios are checked against this vocabulary when they load, and requests when they are judged
(docs/scenarios.md, Requests and Matchers).
"""

from __future__ import annotations

from harness.matchers._headers import HeaderPattern, header_pattern, is_noise
from harness.matchers._json import DuplicateKeyError, read_json
from harness.matchers._paths import JsonPath, Match, Place, as_path, compile_path
from harness.matchers._urls import SplitUrl, glob_pattern, normalise_url, query_of, split_url
from harness.matchers._values import MATCHERS, MISSING, accepts, escape, is_matcher, problem_with, unescape

__all__ = [
    "MATCHERS",
    "MISSING",
    "DuplicateKeyError",
    "HeaderPattern",
    "JsonPath",
    "Match",
    "Place",
    "SplitUrl",
    "accepts",
    "as_path",
    "compile_path",
    "escape",
    "glob_pattern",
    "header_pattern",
    "is_matcher",
    "is_noise",
    "normalise_url",
    "problem_with",
    "query_of",
    "read_json",
    "split_url",
    "unescape",
]
