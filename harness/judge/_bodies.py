"""A request's body against the keys that speak of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from harness.judge._explain import explain
from harness.judge._finding import Finding, from_change
from harness.judge._request_view import RequestView
from harness.matchers import MISSING, Match, accepts, as_path, compile_path

__all__ = ["body_findings"]

_KEYS = ("body", "body_includes", "body_at", "forbid_body", "require_body", "at_most_one")


def body_findings(
    expected: Mapping[str, Any], view: RequestView, *, explaining: bool = True
) -> Iterator[Finding]:
    """Departures in `body`, `body_includes`, `body_at`, `forbid_body`, `require_body`, `at_most_one`.

    A body that cannot be read as JSON is one finding, for all of these keys.
    """
    stated = [key for key in _KEYS if key in expected]
    if not stated or (stated == ["body"] and view.is_written_as(expected["body"])):
        return
    if view.body_problem is not None:
        yield Finding("body", "body", "", (stated[0],), words=f"the body {view.body_problem}")
        return
    try:
        for key in stated:
            yield from _of_key(key, expected[key], view, explaining)
    except RecursionError:
        yield Finding("body", "body", "", (stated[0],), words="the body is nested too deeply to be compared")


def _of_key(key: str, expected: Any, view: RequestView, explaining: bool) -> Iterator[Finding]:
    if key == "body" or key == "body_includes":
        return _whole(key, expected, view, explaining)
    if key == "body_at":
        return _at(expected, view, explaining)
    if key == "forbid_body":
        return _forbidden(expected, view)
    if key == "require_body":
        return _required(expected, view)
    return _at_most_one(expected, view)


def _whole(key: str, expected: Any, view: RequestView, explaining: bool) -> Iterator[Finding]:
    open_objects = key == "body_includes"
    if not open_objects and _plainly_equal(expected, view.body):
        return
    if accepts(expected, view.body, open_objects=open_objects):
        return
    if view.body is MISSING:
        yield Finding("body", "body", "", (key,), expected, words="the body is empty")
    elif not explaining:
        yield Finding("body", "body", "", (key,))
    else:
        for change in explain(expected, view.body, open_objects=open_objects):
            yield from_change(change, (key,), "body")


def _plainly_equal(expected: Any, actual: Any) -> bool:
    """Whether both are the same JSON. False says nothing: there may be matchers, or `1.0` for a `1`."""
    try:
        wanted = orjson.dumps(expected, option=orjson.OPT_SORT_KEYS)
        return b'"$' not in wanted and wanted == orjson.dumps(actual, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        return False


def _matches(path_text: str, view: RequestView) -> list[Match]:
    """What a JSONPath matches in the body. Where a name it needs is nowhere in the bytes, nothing is
    walked; that is so as long as no `\\u` escape can spell the name."""
    path = compile_path(path_text)
    raw = view.request.body
    if path.names and b"\\u" not in raw and any(f'"{name}"'.encode() not in raw for name in path.names):
        return []
    return [] if view.body is MISSING else path.find(view.body)


def _at(expected: Mapping[str, Any], view: RequestView, explaining: bool) -> Iterator[Finding]:
    for text, value in expected.items():
        at = ("body_at", text)
        matches = _matches(text, view)
        if not matches and not accepts(value, MISSING):
            place = _plain_place(text)
            yield Finding("body", "body", text, at, value, place=place)
        for place, actual in matches:
            if accepts(value, actual):
                continue
            if not explaining:
                yield Finding("body", "body", text, at)
                continue
            for change in explain(value, actual):
                yield from_change(change.below(place), at, "body")


def _plain_place(path: str) -> tuple[str | int, ...]:
    """Where a path that matches nothing points, as far as it says so."""
    return compile_path(path).start


def _forbidden(paths: list[str], view: RequestView) -> Iterator[Finding]:
    for index, text in enumerate(paths):
        for place, actual in _matches(text, view):
            yield Finding(
                "body",
                "body",
                as_path(place),
                ("forbid_body", index),
                MISSING,
                actual,
                why=f"forbidden by {text}",
                place=place,
            )


def _required(paths: list[str], view: RequestView) -> Iterator[Finding]:
    for index, text in enumerate(paths):
        if not _matches(text, view):
            yield Finding(
                "body",
                "body",
                text,
                ("require_body", index),
                words="required, but not there",
                place=_plain_place(text),
            )


def _at_most_one(paths: list[str], view: RequestView) -> Iterator[Finding]:
    if view.body is MISSING:
        yield Finding("body", "body", "", ("at_most_one",), words="the body is empty")
        return
    places = list(dict.fromkeys(match.place for text in paths for match in _matches(text, view)))
    if len(places) > 1:
        names = ", ".join(map(as_path, places))
        yield Finding(
            "body",
            "body",
            as_path(places[1]),
            ("at_most_one",),
            words=f"at most one of these may be there, got {len(places)}: {names}",
            place=places[1],
        )
