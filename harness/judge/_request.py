"""One request against the keys of its expectation: the request line and the headers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from harness.judge._bodies import body_findings
from harness.judge._finding import Finding
from harness.judge._request_view import RequestView
from harness.matchers import (
    MISSING,
    accepts,
    glob_pattern,
    header_pattern,
    is_matcher,
    normalise_url,
)

__all__ = ["content_findings", "findings", "fits_line", "fits_wholly", "line_findings"]


def fits_line(expected: Mapping[str, Any], view: RequestView) -> bool:
    """Whether the request has the expected method and URL (as far as they are stated)."""
    return next(line_findings(expected, view), None) is None


def fits_wholly(expected: Mapping[str, Any], view: RequestView) -> bool:
    """Whether the request meets everything that is expected of it by itself."""
    return next(findings(expected, view, explaining=False), None) is None


def findings(expected: Mapping[str, Any], view: RequestView, *, explaining: bool = True) -> Iterator[Finding]:
    """All departures of a request from the keys of a `request` mapping (docs/scenarios.md, Requests).

    What needs other requests (`same_as`, `keeps`) or the clock is judged elsewhere. Without `explaining`
    a body that differs is one finding without details.
    """
    yield from line_findings(expected, view)
    yield from content_findings(expected, view, explaining=explaining)


def content_findings(
    expected: Mapping[str, Any], view: RequestView, *, explaining: bool = True
) -> Iterator[Finding]:
    """The same below the request line: headers and body."""
    if "headers" in expected:
        yield from _named_headers(expected["headers"], view)
    if "require_headers" in expected:
        yield from _required_headers(expected["require_headers"], view)
    if "forbid_headers" in expected:
        yield from _forbidden_headers(expected["forbid_headers"], view)
    if "closed_headers" in expected:
        yield from _closed_headers(expected, view)
    yield from body_findings(expected, view, explaining=explaining)


# ------------------------------------------------------------------ request line


def line_findings(expected: Mapping[str, Any], view: RequestView) -> Iterator[Finding]:
    """Departures in `method`, `url`, `host`, `path` and `query`."""
    if "method" in expected and not _fits_text(expected["method"], view.request.method):
        yield Finding("method", "url", "method", ("method",), expected["method"], view.request.method)
    if "url" in expected:
        wanted, url = expected["url"], normalise_url(view.request.url)
        if isinstance(wanted, str):
            wanted = normalise_url(wanted)
        if not _fits_text(wanted, url, wildcards=True):
            yield Finding("url", "url", "url", ("url",), wanted, url)
    if "host" in expected:
        wanted = expected["host"]
        if isinstance(wanted, str):
            wanted = wanted.lower()
        if not _fits_text(wanted, view.url.host, wildcards=True):
            yield Finding("url", "url", "host", ("host",), wanted, view.url.host)
    if "path" in expected:
        wanted = expected["path"]
        if isinstance(wanted, str):
            wanted = normalise_url(wanted)
        if not _fits_text(wanted, view.url.path, wildcards=True):
            yield Finding("url", "url", "path", ("path",), wanted, view.url.path)
    for name, value in expected.get("query", {}).items():
        given = view.query.get(name, [])
        if not _fits_values(value, given):
            actual = MISSING if not given else given[0] if len(given) == 1 else given
            yield Finding("url", "url", f"query {name}", ("query", name), as_text(value), actual)


def as_text(value: Any) -> Any:
    """What an expected value stands for where only text can be: a number or boolean for its JSON text."""
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    if isinstance(value, list):
        return [as_text(item) for item in value]
    if is_matcher(value):
        ((word, argument),) = value.items()
        if word in ("$one_of", "$optional"):
            return {word: as_text(argument)}
    return value


def _fits_text(expected: Any, actual: str, *, wildcards: bool = False) -> bool:
    if isinstance(expected, str):
        if wildcards and "*" in expected:
            return glob_pattern(expected).fullmatch(actual) is not None
        return expected == actual
    return accepts(as_text(expected), actual)


def _fits_values(expected: Any, given: list[str]) -> bool:
    if isinstance(expected, list):
        return accepts(as_text(expected), given)
    if not given:
        return accepts(as_text(expected), MISSING)
    return len(given) == 1 and accepts(as_text(expected), given[0])


# ------------------------------------------------------------------ headers


def _named_headers(expected: Mapping[str, Any], view: RequestView) -> Iterator[Finding]:
    for name, value in expected.items():
        given = view.headers.get(name.lower())
        if given is not None and len(given) == 1 and given[0] == value:
            continue
        wanted = as_text(value)
        if given is None:
            if not accepts(wanted, MISSING):
                yield Finding("headers", "headers", name, ("headers", name), wanted)
        elif not any(accepts(wanted, one) for one in given):
            actual = given[0] if len(given) == 1 else given
            yield Finding("headers", "headers", name, ("headers", name), wanted, actual)
        elif len(given) > 1:
            yield Finding(
                "headers",
                "headers",
                name,
                ("headers", name),
                wanted,
                given,
                words=f"expected once, sent {len(given)} times: {', '.join(map(json.dumps, given))}",
            )


def _required_headers(patterns: list[str], view: RequestView) -> Iterator[Finding]:
    for index, text in enumerate(patterns):
        pattern = header_pattern(text)
        if not any(pattern.matches(name) for name in view.headers):
            yield Finding(
                "headers", "headers", text, ("require_headers", index), words="required, but not sent"
            )


def _forbidden_headers(patterns: list[str], view: RequestView) -> Iterator[Finding]:
    reported: set[str] = set()
    for index, text in enumerate(patterns):
        pattern = header_pattern(text)
        for name, values in view.headers.items():
            if name not in reported and pattern.matches(name):
                reported.add(name)
                yield _unwanted(view.names[name], values, ("forbid_headers", index), f"forbidden by {text}")


def _closed_headers(expected: Mapping[str, Any], view: RequestView) -> Iterator[Finding]:
    named = {name.lower() for name in expected.get("headers", {})}
    required = [header_pattern(text) for text in expected.get("require_headers", ())]
    reported: set[str] = set()
    for index, text in enumerate(expected["closed_headers"]):
        pattern = header_pattern(text)
        for name, values in view.headers.items():
            if name in reported or name in named or not pattern.matches(name):
                continue
            if not any(one.matches(name) for one in required):
                reported.add(name)
                at = ("closed_headers", index)
                yield _unwanted(
                    view.names[name], values, at, f"not among the headers that {text} is closed to"
                )


def _unwanted(name: str, values: list[str], at: tuple[str | int, ...], why: str) -> Finding:
    actual = values[0] if len(values) == 1 else values
    return Finding("headers", "headers", name, at, MISSING, actual, why=why)
