"""Expected requests that nothing could meet, or that do not say what they mean."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from harness.matchers import MATCHERS, compile_path, header_pattern, is_matcher, problem_with
from harness.model import JsonValue
from harness.schema.raw_values import Address, Flaw, is_plain

__all__ = ["matcher_flaws", "request_flaws"]

_VALUES: Final = (
    "method",
    "url",
    "host",
    "path",
    "query",
    "headers",
    "body",
    "body_includes",
    "body_at",
    "timeout_ms",
)
_PATH_LISTS: Final = ("forbid_body", "require_body", "at_most_one")
_NAME_LISTS: Final = ("require_headers", "forbid_headers", "closed_headers")
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_METHODS: Final = frozenset({"get", "post", "put", "patch", "delete", "head", "options"})


def matcher_flaws(value: JsonValue, at: Address) -> Iterator[Flaw]:
    """Matchers, at every depth, that are not well written."""
    if isinstance(value, dict):
        if is_matcher(value):
            message = problem_with(value)
            if message:
                yield at, message
                return
        elif any(key in MATCHERS for key in value):
            word = next(key for key in value if key in MATCHERS)
            yield (*at, word), f"{word} must be the only key of its mapping; write ${word} for a literal key"
        for key, item in value.items():
            yield from matcher_flaws(item, (*at, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from matcher_flaws(item, (*at, index))


def request_flaws(request: Mapping[str, Any], at: Address) -> Iterator[Flaw]:
    """What is wrong with an expected (or forbidden) request, its variables being filled in."""
    for key in _VALUES:
        if key in request and not is_plain(request[key]):
            yield from matcher_flaws(request[key], (*at, key))
    yield from _target_flaws(request, at)
    yield from _header_flaws(request, at)
    for path in request.get("body_at") or ():
        yield from _path_flaws(path, (*at, "body_at", path))
    for key in _PATH_LISTS:
        for index, path in enumerate(request.get(key) or ()):
            yield from _path_flaws(path, (*at, key, index))
    for id_, paths in (request.get("keeps") or {}).items():
        for index, path in enumerate(paths):
            yield from _path_flaws(path, (*at, "keeps", id_, index))


def _path_flaws(path: str, at: Address) -> Iterator[Flaw]:
    try:
        compile_path(path)
    except ValueError as error:
        yield at, str(error)


def _target_flaws(request: Mapping[str, Any], at: Address) -> Iterator[Flaw]:
    method, url, host, path = (request.get(key) for key in ("method", "url", "host", "path"))
    if isinstance(method, str) and method in _METHODS:
        yield (*at, "method"), f'write methods in capitals: {method.upper()}, not "{method}"'
    if isinstance(url, str) and "://" not in url:
        yield (*at, "url"), f'"{url[:60]}" is not an absolute URL (https://…): write it in full, or use path'
    if isinstance(host, str) and re.search(r"[/:?#@]", host) and not host.startswith("["):
        yield (
            (*at, "host"),
            f'"{host[:60]}" is more than a host: remove scheme, port and path, or use url',
        )
    if isinstance(path, str) and not path.startswith("/"):
        yield (*at, "path"), f'a path begins with /: write "/{path[:60]}"'


def _header_flaws(request: Mapping[str, Any], at: Address) -> Iterator[Flaw]:
    headers: Mapping[str, Any] = request.get("headers") or {}
    spelled: dict[str, str] = {}
    for name in headers:
        if not _HEADER_NAME.fullmatch(name) or "*" in name:
            yield (*at, "headers", name), f'"{name[:60]}" is not a header name'
        elif spelled.setdefault(name.lower(), name) != name:
            yield (
                (*at, "headers", name),
                f"{name} and {spelled[name.lower()]} are the same header: remove one",
            )
    for key in _NAME_LISTS:
        for index, name in enumerate(request.get(key) or ()):
            if not _HEADER_NAME.fullmatch(name):
                yield (*at, key, index), f'"{name[:60]}" is not a header name (* matches any text)'
    expected = [name for name, value in headers.items() if not _says_absent(value)]
    required = request.get("require_headers") or ()
    for index, pattern in enumerate(request.get("forbid_headers") or ()):
        matches = header_pattern(pattern).matches
        clash = next((name for name in (*expected, *required) if matches(name)), None)
        if clash is not None:
            place = (*at, "forbid_headers", index)
            yield place, f"{pattern} is forbidden here, but the same request expects {clash}"
    for index, pattern in enumerate(required):
        matches = header_pattern(pattern).matches
        absent = [name for name, value in headers.items() if _says_absent(value)]
        if "*" not in pattern and any(map(matches, absent)):
            yield (
                (*at, "require_headers", index),
                f"{pattern} is required here, but absent in the same request",
            )


def _says_absent(value: JsonValue) -> bool:
    return isinstance(value, dict) and "$absent" in value
