"""Secrets by the name of the field they stand in: JSON, forms, multipart, URLs.

Works on the text as it is, so that everything but the secrets stays byte for byte: a JSON key is found at
any depth, in a line of a stream, and in JSON that is a string within JSON.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.redaction.names import QUERY_NAMES, key_kind, query_kind
from harness.redaction.placeholders import is_placeholder
from harness.redaction.spans import Span

__all__ = ["account_values", "form_fields", "json_fields", "multipart_fields", "url_parts"]

_KEY = re.compile(rb'"([A-Za-z][A-Za-z0-9_-]{0,40})(\\*)"[ \t\r\n]*:[ \t\r\n]*')
_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_ZERO = re.compile(rb"-?0+(?:\.0+)?")
_COMMA = re.compile(rb"[ \t\r\n]*,[ \t\r\n]*")
_SPACE = re.compile(rb"[ \t\r\n]*")
_SCHEME = re.compile(
    rb"(?i)(?:bearer|basic|digest|token|apikey|api-key|key|negotiate|aws4-hmac-sha256|googlelogin) +"
)
_CLOSING: dict[int, re.Pattern[bytes]] = {}


def json_fields(text: bytes, *, owners: bool = False) -> Iterator[Span]:
    """Yield the values of JSON keys that name a secret: strings, numbers, lists of strings."""
    for match in _KEY.finditer(text):
        if key_kind(match[1], owners=owners) is not None or match[1].lower() in (b"token", b"key"):
            yield from _values(text, match.end(), match[1], len(match[2]), owners)


def _values(text: bytes, at: int, key: bytes, escapes: int, owners: bool) -> Iterator[Span]:
    if text[at : at + 1] == b"[":
        at = _end(_SPACE, text, at + 1)
        while (span := _string(text, at, escapes)) is not None:
            yield from _value(text, *span, key, owners)
            comma = _COMMA.match(text, span[1] + escapes + 1)
            if comma is None:
                return
            at = comma.end()
    elif (span := _string(text, at, escapes)) is not None:
        yield from _value(text, *span, key, owners)
    elif (number := _NUMBER.match(text, at)) is not None:
        kind = key_kind(key, owners=owners)
        if kind is not None and not _ZERO.fullmatch(number[0]):
            yield Span(number.start(), number.end(), _rule(key), kind, None, _nought(number[0]))


def _end(pattern: re.Pattern[bytes], text: bytes, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at


def _string(text: bytes, at: int, escapes: int) -> tuple[int, int] | None:
    """Where the content of the string at `at` is, whose quotes stand behind so many backslashes."""
    opening = b"\\" * escapes + b'"'
    if not text.startswith(opening, at):
        return None
    closing = _CLOSING.get(escapes)
    if closing is None:
        pattern = rb'(?<!\\)(?:\\{%d})*+\\{%d}"' % (2 * (escapes + 1), escapes)
        closing = _CLOSING[escapes] = re.compile(pattern)
    start = at + len(opening)
    found = closing.search(text, start)
    if found is None:
        line = text.find(b"\n", start)
        return start, len(text) if line < 0 else line
    return start, found.end() - escapes - 1


def _value(text: bytes, start: int, end: int, key: bytes, owners: bool) -> Iterator[Span]:
    scheme = _SCHEME.match(text, start, end)
    if scheme is not None:
        start = scheme.end()
    value = text[start:end]
    kind = key_kind(key, value, owners=owners)
    if kind is not None and not is_placeholder(value):
        yield Span(start, end, _rule(key), kind)


def _rule(name: bytes) -> str:
    return f"field {name.decode('latin-1')}"


def _nought(number: bytes) -> bytes:
    return b"0" if number.lstrip(b"-").isdigit() else b"0.0"


_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"([ \t\r\n]*:)?|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?')


def account_values(text: bytes) -> Iterator[Span]:
    """Yield every string and number of an answer about an account, whatever its key."""
    for token in _TOKEN.finditer(text):
        value = token[0]
        if value.startswith(b'"'):
            if token[1] is None and not is_placeholder(value[1:-1]):
                yield Span(token.start() + 1, token.end() - 1, "account", "account")
        elif not _ZERO.fullmatch(value):
            yield Span(token.start(), token.end(), "account", "account", None, _nought(value))


_PAIR = re.compile(rb"(?:^|(?<=[?&;]))([A-Za-z0-9_.%\[\]-]{1,80})=([^&;#\r\n]*)")


def form_fields(text: bytes) -> Iterator[Span]:
    """Yield the secret fields of a form (`application/x-www-form-urlencoded`)."""
    for pair in _PAIR.finditer(text):
        kind = query_kind(pair[1].replace(b"%5F", b"_").replace(b"%2D", b"-"))
        if kind is not None and not is_placeholder(pair[2]):
            yield Span(*pair.span(2), _rule(pair[1]), kind)


_PART = re.compile(
    rb'[Cc]ontent-[Dd]isposition:[^\r\n]{0,200}?\bname="?([A-Za-z][A-Za-z0-9_.-]{0,60})"?[^\r\n]{0,400}\r?\n'
    rb"(?:[A-Za-z-]{1,60}:[^\r\n]{0,400}\r?\n){0,10}\r?\n"
)


def multipart_fields(text: bytes) -> Iterator[Span]:
    """Yield the secret fields of a form sent as `multipart/form-data`."""
    if b"ontent-" not in text:
        return
    for part in _PART.finditer(text):
        end = text.find(b"\n--", part.end())
        end = len(text) if end < 0 else end - (text[end - 1 : end] == b"\r")
        value = text[part.end() : end]
        kind = query_kind(part[1])
        if kind is not None and value and not is_placeholder(value):
            yield Span(part.end(), end, _rule(part[1]), kind)


_IN_VALUE = rb"[^&;#\s\"'<>\\)\]}%]"
_PARAMETER = re.compile(
    rb"(?i)(?:[?&]|\\u0026|%3F|%26)(" + QUERY_NAMES + rb")(?:=|%3D)"
    rb"((?:" + _IN_VALUE + rb"|%(?!26|23)[0-9A-F]{2}){6,4000})"
)
_USERINFO = re.compile(rb"://([^/?#@\s\"'<>\\]{1,400})@")


def url_parts(text: bytes) -> Iterator[Span]:
    """Secret parameters, and user names with passwords, of the URLs in a text."""
    if b"=" in text or b"%3" in text:
        for parameter in _PARAMETER.finditer(text):
            kind = query_kind(parameter[1])
            if kind is not None and not is_placeholder(parameter[2]):
                yield Span(*parameter.span(2), f"parameter {parameter[1].decode('latin-1')}", kind)
    if b"://" in text and b"@" in text:
        for userinfo in _USERINFO.finditer(text):
            if userinfo[1] != b"git" and not is_placeholder(userinfo[1]):
                yield Span(*userinfo.span(1), "user-info", "userinfo")
