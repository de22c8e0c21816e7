"""Secrets whose values are known, found in whatever way they are written.

Plain; percent-encoded, once or several times; behind JSON escapes, also those of JSON within JSON; in
base64 of either alphabet, whatever stands before and after them, and in base64 of any of these.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from harness.redaction.placeholders import is_placeholder
from harness.redaction.spans import Span

__all__ = ["Known", "Run"]

SHORTEST = 8  # anything shorter occurs in ordinary text
_DEEPEST = 3  # how often base64 may be within base64
_MOST_ESCAPED = 6  # how often text may be percent-encoded or within JSON

_JSON_ESCAPE = re.compile(rb"\\+u([0-9A-Fa-f]{4})")
_ESCAPED_SIGN = re.compile(rb"\\+([\"\\/n])")
_PERCENT = re.compile(rb"%[0-9A-Fa-f]{2}")
_ESCAPED_LINE_END = re.compile(rb"\\+[rn]")
_TO_STANDARD = bytes.maketrans(b"-_", b"+/")
_BACKSLASHES = rb"(?:\\|%(?:25){0,6}5[Cc])+"
_TO_URL_SAFE = bytes.maketrans(b"+/", b"-_")


class Run(NamedTuple):
    """A stretch of base64 and what it says."""

    start: int
    end: int
    content: bytes
    url_safe: bool
    padded: bool

    def encode(self, content: bytes) -> bytes:
        """Other content in the same spelling."""
        encoded = base64.b64encode(content)
        if self.url_safe:
            encoded = encoded.translate(_TO_URL_SAFE)
        return encoded if self.padded else encoded.rstrip(b"=")


class _Form:
    """One way in which a secret is written: as itself, or as the part of base64 that is surely its own."""

    def __init__(self, text: bytes, secret: bytes, *, base64: bool = False) -> None:
        self.text = text
        self.secret = secret
        self.base64 = base64

    @cached_property
    def however_escaped(self) -> re.Pattern[bytes]:
        """Matches the form with any of its characters percent-encoded or escaped, base64 on several lines."""
        try:
            signs = [_ways(sign) for sign in self.text.decode("utf-8")]
        except UnicodeDecodeError:
            signs = [_ways(chr(byte)) for byte in self.text]
        between = rb"(?:(?:\\+r)?\\+n|\r?\n)?" if self.base64 else b""
        return re.compile(between.join(signs))


def _ways(sign: str) -> bytes:
    """A pattern for one character in all its spellings."""
    plain = sign.encode("utf-8", "surrogatepass")
    percent = b"".join(rb"%%(?:25){0,6}(?i:%02X)" % byte for byte in plain)
    units = sign.encode("utf-16-be", "surrogatepass")
    unicode = b"".join(
        _BACKSLASHES + rb"u(?i:%02X%02X)" % (high, low)
        for high, low in zip(units[::2], units[1::2], strict=True)
    )
    ways = [re.escape(plain), percent, unicode]
    if sign in '"\\/':
        ways.append(_BACKSLASHES + re.escape(plain))
    elif sign in "\n\r\t":
        ways.append(_BACKSLASHES + {"\n": b"n", "\r": b"r", "\t": b"t"}[sign])
    elif sign == " ":
        ways.append(rb"\+")
    return b"(?:" + b"|".join(ways) + b")"


def _forms(secret: bytes) -> Iterator[_Form]:
    yield _Form(secret, secret)
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + secret)
        inside = encoded[-(-8 * before // 6) : 8 * (before + len(secret)) // 6]
        for spelling in dict.fromkeys((inside, inside.translate(_TO_URL_SAFE))):
            yield _Form(spelling, secret, base64=True)


class Known:
    """Known secrets, name → value.

    Left out are values shorter than 8 characters, and what only stands for a secret, such as `<REDACTED>`.
    """

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._names: dict[bytes, str] = {}
        for name, value in secrets.items():
            secret = value.strip().encode("utf-8", "surrogatepass")
            if len(secret) >= SHORTEST and not is_placeholder(secret):
                self._names.setdefault(secret, name)
        longest_first = sorted(self._names, key=len, reverse=True)
        self._forms = [form for secret in longest_first for form in _forms(secret)]
        shortest = min((len(form.text) for form in self._forms), default=SHORTEST)
        least = max(shortest, SHORTEST)
        self._run = re.compile(rb"[A-Za-z0-9+/_-]{%d,}={0,2}" % least)
        self._part = re.compile(rb"[A-Za-z0-9+_-]{%d,}={0,2}" % least)

    def __bool__(self) -> bool:
        return bool(self._forms)

    def hidden_in(self, text: bytes) -> str | None:
        """Return the name of a secret that is in `text`, in whatever way it is written; None without one."""
        return self._hidden_in(text, _DEEPEST) if self._forms else None

    def spans(self, text: bytes) -> list[Span]:
        """Where the secrets are, but for those in base64 that can be decoded: see `runs`."""
        if not self._forms:
            return []
        found: list[Span] = []
        for form in self._forms:
            at = text.find(form.text)
            while at >= 0:
                found.append(self._span(at, at + len(form.text), form))
                at = text.find(form.text, at + len(form.text))
        for reading in _readings(text):
            for form in self._forms:
                if form.text in reading:
                    matches = form.however_escaped.finditer(text)
                    found += [self._span(match.start(), match.end(), form) for match in matches]
        return found

    def runs(self, text: bytes) -> list[Run]:
        """The stretches of base64 in `text` that hold a secret."""
        if not self._forms:
            return []
        runs = self._runs(text)
        if not runs or not self._hidden_in(_contents(runs), _DEEPEST - 1):
            return []
        return [run for run in runs if self._hidden_in(run.content, _DEEPEST - 1)]

    def _span(self, start: int, end: int, form: _Form) -> Span:
        return Span(start, end, f"known secret {self._names[form.secret]}", "secret", form.secret)

    def name_of(self, span: Span) -> str:
        """Return the name of the secret at one of the `spans`."""
        return self._names.get(span.secret or b"", "")

    def _hidden_in(self, text: bytes, deeper: int) -> str | None:
        for reading in (text, *_readings(text)):
            for form in self._forms:
                if form.text in reading:
                    return self._names[form.secret]
        if deeper and (runs := self._runs(text)):
            return self._hidden_in(_contents(runs), deeper - 1)
        return None

    def _runs(self, text: bytes) -> list[Run]:
        return [run for match in self._run.finditer(text) for run in self._candidates(match)]

    def _candidates(self, match: re.Match[bytes]) -> Iterator[Run]:
        """The run, and what stands between its slashes, which may be those of a path."""
        places = [match.span()]
        if b"/" in match.group():
            places += [part.span() for part in self._part.finditer(match.string, *match.span())]
        for start, end in places:
            run = _decoded(match.string, start, end)
            if run is not None:
                yield run


def _contents(runs: list[Run]) -> bytes:
    return b"\0".join(dict.fromkeys(run.content for run in runs))


def _decoded(text: bytes, start: int, end: int) -> Run | None:
    stated = text[start:end]
    letters = stated.rstrip(b"=")
    if len(letters) % 4 == 1:
        return None
    try:
        content = base64.b64decode(letters.translate(_TO_STANDARD) + b"=" * (-len(letters) % 4))
    except binascii.Error:
        return None
    url_safe = b"-" in letters or b"_" in letters
    return Run(start, end, content, url_safe, len(letters) < len(stated) or not url_safe)


def _readings(text: bytes) -> Iterator[bytes]:
    """What `text` says once the line ends, JSON escapes and percent-encoding that it has are undone."""
    unbroken = (_ESCAPED_LINE_END.sub(b"", text) if b"\\n" in text else text).translate(None, b"\r\n")
    if len(unbroken) < len(text):
        yield unbroken
    for _ in range(_MOST_ESCAPED):
        before = text
        if b"\\" in text:
            text = _ESCAPED_SIGN.sub(_sign, _JSON_ESCAPE.sub(_letter, text) if b"\\u" in text else text)
            if text != before:
                yield text
        if b"%" in text and _PERCENT.search(text):
            text = unquote_to_bytes(text)
            yield text
        if text == before:
            return


def _letter(escape: re.Match[bytes]) -> bytes:
    return chr(int(escape[1], 16)).encode("utf-8", "surrogatepass")


def _sign(escape: re.Match[bytes]) -> bytes:
    return b"\n" if escape[1] == b"n" else escape[1]
