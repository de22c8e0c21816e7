"""What must stay byte for byte from one request to a later one: `same_as` and `keeps`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from harness.judge._explain import explain
from harness.judge._finding import Finding
from harness.judge._request_view import RequestView
from harness.matchers import MISSING, Match, Place, as_path, compile_path, escape, is_noise

__all__ = ["kept_findings", "same_findings"]

_decoder = json.JSONDecoder()
_space = re.compile(r"[ \t\r\n]*")


def same_findings(id_: str, earlier: RequestView, view: RequestView) -> Iterator[Finding]:
    """Departures from an earlier request in method, URL, headers (noise aside) and body bytes."""
    at = ("same_as",)
    why = f"as in {id_}"
    before, now = earlier.request, view.request
    if before.method != now.method:
        yield Finding("method", "url", "method", at, before.method, now.method, why=why)
    if earlier.url != view.url:
        yield Finding("url", "url", "url", at, str(earlier.url), str(view.url), why=why)
    for name in {**earlier.headers, **view.headers}:
        old, new = earlier.headers.get(name), view.headers.get(name)
        if old != new and not is_noise(name):
            shown_name = (view if new else earlier).names[name]
            yield Finding("headers", "headers", shown_name, at, _single(old), _single(new), why=why)
    if before.body != now.body:
        yield from _unlike(id_, earlier, view)


def _single(values: list[str] | None) -> Any:
    if values is None:
        return MISSING
    return values[0] if len(values) == 1 else values


def _unlike(id_: str, earlier: RequestView, view: RequestView) -> Iterator[Finding]:
    if earlier.body is not MISSING and view.body is not MISSING:
        changes = explain(escape(earlier.body), view.body)
        for change in changes:
            yield Finding("body", "body", change.path, ("same_as",), place=change.place, change=change)
        if changes:
            return
    words = f"the bytes of the body differ from those in {id_}"
    yield Finding("body", "body", "", ("same_as",), words=words)


def kept_findings(
    kept: Mapping[str, list[str]], requests: Mapping[str, RequestView], view: RequestView
) -> Iterator[Finding]:
    """Places whose bytes are not those of the earlier request. `requests` are the earlier ones by id; one
    that was never sent says nothing here."""
    for id_, paths in kept.items():
        earlier = requests.get(id_)
        if earlier is None:
            continue
        for one in (earlier, view):
            if one.body_problem is not None:
                yield Finding("body", "body", "", ("keeps", id_), words=f"the body {one.body_problem}")
                return
        for index, text in enumerate(paths):
            yield from _kept(text, ("keeps", id_, index), id_, earlier, view)


def _kept(
    text: str, at: tuple[str | int, ...], id_: str, earlier: RequestView, view: RequestView
) -> Iterator[Finding]:
    path = compile_path(text)
    before = _found(path.find, earlier)
    if not before:
        for place, value in _found(path.find, view):
            yield _changed(place, at, MISSING, value, id_)
    old, new = earlier.request.body.decode(), view.request.body.decode()
    for place, value in before:
        start, later = _locate(old, place), _locate(new, place)
        assert start is not None
        if later is None:
            yield _changed(place, at, value, MISSING, id_)
        elif not _extends(old, start, new, later):
            yield _changed(place, at, old[start : _end(old, start)], new[later : _end(new, later)], id_)


def _found(find: Any, view: RequestView) -> list[Match]:
    return [] if view.body is MISSING else find(view.body)


def _changed(place: Place, at: tuple[str | int, ...], old: Any, new: Any, id_: str) -> Finding:
    path = as_path(place)
    return Finding("body", "body", path, at, old, new, why=f"the bytes must be those in {id_}", place=place)


# ------------------------------------------------------------------ places in JSON text


def _skip(text: str, index: int) -> int:
    found = _space.match(text, index)
    assert found is not None
    return found.end()


def _end(text: str, index: int) -> int:
    """Where the value that starts at `index` ends."""
    return _decoder.raw_decode(text, index)[1]


def _members(text: str, index: int) -> Iterator[tuple[str, int]]:
    """The keys of the object at `index`, each with the start of its value."""
    index = _skip(text, index + 1)
    while text[index] != "}":
        key, index = _decoder.raw_decode(text, index)
        start = _skip(text, _skip(text, index) + 1)
        yield key, start
        index = _next(text, start)


def _items(text: str, index: int) -> Iterator[int]:
    """The starts of the items of the list at `index`."""
    index = _skip(text, index + 1)
    while text[index] != "]":
        yield index
        index = _next(text, index)


def _next(text: str, start: int) -> int:
    """What follows the value at `start` and its comma."""
    index = _skip(text, _end(text, start))
    return _skip(text, index + 1) if text[index] == "," else index


def _locate(text: str, place: Place) -> int | None:
    """Where the value at `place` starts in JSON text, or None if it is not there."""
    index: int | None = _skip(text, 0)
    for part in place:
        assert index is not None
        if isinstance(part, str):
            children = _members(text, index) if text[index] == "{" else iter(())
            index = next((start for key, start in children if key == part), None)
        else:
            items = _items(text, index) if text[index] == "[" else iter(())
            index = next((start for count, start in enumerate(items) if count == part), None)
        if index is None:
            return None
    return index


def _extends(old: str, start: int, new: str, later: int) -> bool:
    """Whether the value at `later` has the bytes of the one at `start`; a list may have more at its end."""
    if old[start] != "[" or new[later] != "[":
        return old[start : _end(old, start)] == new[later : _end(new, later)]
    now = _items(new, later)
    for item in _items(old, start):
        same = next(now, None)
        if same is None or old[item : _end(old, item)] != new[same : _end(new, same)]:
            return False
    return True
