"""Secrets minted for a case: each may be only where an expected request has it, in whatever encoding."""

from __future__ import annotations

import re
from binascii import b2a_base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote_to_bytes

import orjson

from harness.judge._finding import Finding
from harness.judge._request_view import RequestView
from harness.matchers import MISSING, Place, as_path, compile_path, is_matcher, unescape

__all__ = ["Canaries"]

_JSON_ESCAPE = re.compile(rb"\\+u00([2-7][0-9A-Fa-f])")
_PERCENT = re.compile(rb"%[0-9A-Fa-f]{2}")
_DEEPEST = 4  # how often text may be percent-encoded


def _needles(secret: bytes) -> tuple[bytes, ...]:
    """The secret itself, and what it looks like inside base64, whatever stands before and after it.

    Both alphabets of base64 are meant: letters, digits and `-` never give one of the characters in which
    they differ.
    """
    size = len(secret)
    return (
        secret,
        b2a_base64(secret)[: 8 * size // 6],
        b2a_base64(b"\0" + secret)[2 : 8 * (size + 1) // 6],
        b2a_base64(b"\0\0" + secret)[3 : 8 * (size + 2) // 6],
    )


def _readings(text: bytes) -> Iterator[bytes]:
    """The text, and the text with its JSON escapes and its percent-encoding undone."""
    yield text
    if b"\\u00" in text:
        plain = _JSON_ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), text)
        if plain != text:
            yield plain
            text = plain
    for _ in range(_DEEPEST):
        if b"%" not in text or _PERCENT.search(text) is None:
            return
        text = unquote_to_bytes(text)
        yield text


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


class Canaries:
    """The canaries of a case, searched for in what an implementation did."""

    def __init__(self, canaries: Mapping[str, str]) -> None:
        self._secrets = dict(canaries)
        self._needles = {name: _needles(_bytes(secret)) for name, secret in canaries.items()}

    def found(self, text: str | bytes) -> list[str]:
        """The names of the canaries in `text`: plain, percent-encoded, in base64 or behind `\\u` escapes."""
        if isinstance(text, str):
            text = _bytes(text)
        names: list[str] = []
        for reading in _readings(text):
            for name, needles in self._needles.items():
                for needle in needles:
                    if needle in reading:
                        if name not in names:
                            names.append(name)
                        break
        return names

    def misplaced(self, view: RequestView, allowing: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
        """Canaries in a request where none of the `allowing` request mappings has them."""
        if not self._needles or not self._may_misplace(view, allowing):
            return
        yield from self._in_url(view, allowing)
        yield from self._in_headers(view, allowing)
        yield from self._in_body(view, allowing)

    def _may_misplace(self, view: RequestView, allowing: Sequence[Mapping[str, Any]]) -> bool:
        """Whether there are canaries outside of headers and a body that are exactly as an allowing request
        has them: one look at everything together, which nearly always is the only one."""
        request = view.request
        stated = [(name.lower(), value) for one in allowing for name, value in one.get("headers", {}).items()]
        texts = [request.method, request.url, *view.headers]
        for lowered, values in view.headers.items():
            texts += [value for value in values if (lowered, value) not in stated]
        if self.found("\n".join(texts)):
            return True
        as_allowed = any("body" in one and view.is_written_as(one["body"]) for one in allowing)
        return not as_allowed and bool(self.found(request.body))

    def in_outcome(self, outcome: Mapping[str, Any]) -> Iterator[Finding]:
        """Canaries in what was reported back, where none may be."""
        if self._needles and self.found(_text_of(outcome)):
            for place, text in _texts(outcome):
                for name in self.found(text):
                    path = as_path(place)
                    yield _secret(name, "outcome", path, " in the outcome", ("outcome",), place)

    # -------------------------------------------------------------- where they are

    def _in_url(self, view: RequestView, allowing: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
        method, url = view.request.method, view.request.url
        for name in self.found(method):
            yield _secret(name, "url", "method", "", ("method",))
        for name in self.found(url):
            if any(self._has(name, one.get("url")) for one in allowing):
                continue
            parts = self._parts_with(name, view) or ["somewhere"]
            for part in parts:
                if not any(self._has(name, _part_of(one, part)) for one in allowing):
                    yield _secret(name, "url", "url", f" ({part})", ("url",))

    def _parts_with(self, name: str, view: RequestView) -> list[str]:
        """The parts of the URL in which a canary is. User-info and fragment are parts of their own."""
        url, parts = view.url, []
        if name in self.found(url.host):
            parts.append("host")
        if name in self.found(url.path):
            parts.append("path")
        for key, values in view.query.items():
            if name in self.found(key) or any(name in self.found(value) for value in values):
                parts.append(f"query {key}")
        if name in self.found(view.request.url.partition("#")[2]):
            parts.append("fragment")
        authority = view.request.url.partition("//")[2].partition("/")[0]
        if name in self.found(authority.rpartition("@")[0]):
            parts.append("user-info")
        return parts

    def _in_headers(self, view: RequestView, allowing: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
        if self.found("\n".join(view.headers)):
            for lowered, shown in view.names.items():
                for name in self.found(lowered):
                    yield _secret(name, "headers", shown, " in its name", ("headers",))
        for lowered, values in view.headers.items():
            for name in self.found(values[0] if len(values) == 1 else "\n".join(values)):
                if not any(self._has(name, _header_of(one, lowered)) for one in allowing):
                    shown = view.names[lowered]
                    yield _secret(name, "headers", shown, "", ("headers", shown))

    def _in_body(self, view: RequestView, allowing: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
        for name in self.found(view.request.body):
            places = [place for place, text in _texts(view.body) if name in self.found(text)]
            allowed = [place for one in allowing for place in self._places(name, one, view)]
            if not places:
                yield _secret(name, "body", "", "", ("body",))
            for found in places:
                if not any(found[: len(place)] == place for place in allowed):
                    path = as_path(found)
                    yield _secret(name, "body", path, "", ("body",), found)

    # -------------------------------------------------------------- where they may be

    def _has(self, name: str, expected: Any) -> bool:
        if isinstance(expected, str) and self._secrets[name] in expected:
            return True
        return expected is not None and name in self.found(_text_of(expected))

    def _places(self, name: str, expected: Mapping[str, Any], view: RequestView) -> Iterator[Place]:
        for key in ("body", "body_includes"):
            if key in expected:
                yield from self._within(name, expected[key], ())
        for text, value in expected.get("body_at", {}).items():
            if view.body is not MISSING and self._has(name, value):
                for match in compile_path(text).find(view.body):
                    yield from self._within(name, value, match.place)

    def _within(self, name: str, expected: Any, place: Place) -> Iterator[Place]:
        if not self._has(name, expected):
            return
        if isinstance(expected, Mapping) and not is_matcher(expected):
            for key, value in expected.items():
                below = (*place, unescape(key))
                if self._has(name, key):
                    yield below
                yield from self._within(name, value, below)
        elif isinstance(expected, list):
            for index, item in enumerate(expected):
                yield from self._within(name, item, (*place, index))
        else:
            yield place


def _part_of(expected: Mapping[str, Any], part: str) -> Any:
    if part.startswith("query "):
        return expected.get("query", {}).get(part.removeprefix("query "))
    return expected.get(part) if part in ("host", "path") else None


def _header_of(expected: Mapping[str, Any], lowered: str) -> Any:
    for name, value in expected.get("headers", {}).items():
        if name.lower() == lowered:
            return value
    return None


def _text_of(value: Any) -> bytes:
    if isinstance(value, str):
        return _bytes(value)
    try:
        return orjson.dumps(value)
    except TypeError:
        return _bytes("\n".join(text for _, text in _texts(value)))


def _texts(value: Any, place: Place = ()) -> Iterable[tuple[Place, str]]:
    """All strings in a JSON value, keys among them, each with its place."""
    waiting: list[tuple[Place, Any]] = [(place, value)]
    while waiting:
        place, value = waiting.pop()
        if isinstance(value, str):
            yield place, value
        elif isinstance(value, Mapping):
            for key, item in value.items():
                yield (*place, str(key)), str(key)
                waiting.append(((*place, str(key)), item))
        elif isinstance(value, list | tuple):
            waiting += [((*place, index), item) for index, item in enumerate(value)]


def _secret(
    name: str, area: Any, path: str, where: str, at: tuple[str | int, ...], place: Place = ()
) -> Finding:
    subject = "" if path else "the body "
    words = f"{subject}holds ${{canary.{name}}}{where}, which must not be there"
    return Finding("secret", area, path, at, words=words, place=place)
