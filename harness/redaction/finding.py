"""One text: where its secrets are, and the text without them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import chain
from typing import NamedTuple

import orjson

from harness.redaction import fields
from harness.redaction.known import Known
from harness.redaction.placeholders import Placeholders
from harness.redaction.shapes import shaped
from harness.redaction.spans import Edit, Span, merge

__all__ = ["Reading", "Redacted", "TextScrubber", "as_account", "as_budget", "as_form", "as_text", "find"]

Reading = Callable[[bytes], Iterator[Span]]
"""Finds what is secret in a text because of what the text is."""


def as_text(text: bytes) -> Iterator[Span]:
    """Any text: JSON, events, multipart and URLs are known by their looks."""
    return chain(fields.json_fields(text), fields.multipart_fields(text), fields.url_parts(text))


def as_form(text: bytes) -> Iterator[Span]:
    """A form's body, or the query of a URL."""
    return chain(fields.form_fields(text), as_text(text))


def as_account(text: bytes) -> Iterator[Span]:
    """An answer about an account; if it is not JSON, its owner is searched for."""
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return as_budget(text)
    return chain(fields.account_values(text), as_text(text))


def as_budget(text: bytes) -> Iterator[Span]:
    """An answer about a budget, which names its owner."""
    return chain(fields.json_fields(text, owners=True), fields.multipart_fields(text), fields.url_parts(text))


def find(text: bytes, known: Known, reading: Reading = as_text) -> list[Span]:
    """The secrets in `text`, in order and apart from each other, known ones within base64 left out."""
    found = [*known.spans(text), *reading(text), *shaped(text)]
    if b"data:" in text:
        found += _spread(text, known)
    return merge(found) if len(found) > 1 else found


_MOST_PASSES = 5
_DELTA = re.compile(
    rb'"(content|text|arguments|partial_json|reasoning|reasoning_content|thinking|refusal|delta)"[ ]*:[ ]*'
    rb'"((?:[^"\\]|\\.)*+)"'
)


def _spread(text: bytes, known: Known) -> Iterator[Span]:
    """The secrets that a stream spells out over several of its events."""
    pieces: dict[bytes, list[tuple[int, int]]] = {}
    for delta in _DELTA.finditer(text):
        if delta[2]:
            pieces.setdefault(delta[1], []).append(delta.span(2))
    for spans in pieces.values():
        whole = b"".join(text[start:end] for start, end in spans)
        for secret in merge([*known.spans(whole), *shaped(whole)]):
            parts = list(_parts(secret, spans))
            for number, (start, end) in enumerate(parts if len(parts) > 1 else ()):
                identity = secret.secret or whole[secret.start : secret.end]
                yield Span(start, end, secret.rule, secret.kind, identity, b"" if number else None)


def _parts(secret: Span, pieces: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Where in the text the pieces of a secret are, given where the pieces of the whole are."""
    offset = 0
    for start, end in pieces:
        first, last = max(secret.start, offset), min(secret.end, offset + end - start)
        if first < last:
            yield start + first - offset, start + last - offset
        offset += end - start


class Redacted(NamedTuple):
    """A text without its secrets, and the edits that made it so, pass by pass."""

    text: bytes
    passes: list[list[Edit]]


class TextScrubber:
    """Takes secrets out of the texts of one cassette; `rules` are those that found something."""

    def __init__(self, known: Known, placeholders: Placeholders) -> None:
        self.known = known
        self.rules: set[str] = set()
        self._placeholders = placeholders

    def __call__(self, text: bytes, reading: Reading = as_text) -> Redacted:
        """`text` with a placeholder for each secret; the same object if it has none.

        What is left is read again until nothing is found, so that redacting it once more changes nothing.
        """
        passes: list[list[Edit]] = []
        while len(passes) < _MOST_PASSES and (spans := self._spans(text, reading)):
            text, edits = self._apply(text, spans)
            passes.append(edits)
        return Redacted(text, passes)

    def _spans(self, text: bytes, reading: Reading) -> list[Span]:
        spans = find(text, self.known, reading)
        for run in self.known.runs(text):
            inside = run.encode(self(run.content).text)
            rule, kind = "known secret in base64", "secret"
            spans.append(Span(run.start, run.end, rule, kind, None, inside))
        return merge(spans)

    def replace(self, secret: bytes, rule: str, kind: str) -> bytes:
        """The placeholder for the whole of `secret`."""
        self.rules.add(rule)
        return self._placeholders.give(kind, secret)

    def _apply(self, text: bytes, spans: list[Span]) -> tuple[bytes, list[Edit]]:
        parts: list[bytes] = []
        edits: list[Edit] = []
        at = 0
        for span in spans:
            written = span.instead
            if written is None:
                written = self._placeholders.give(span.kind, span.secret or text[span.start : span.end])
            self.rules.add(span.rule)
            parts += (text[at : span.start], written)
            edits.append(Edit(span.start, span.end, len(written)))
            at = span.end
        parts.append(text[at:])
        return b"".join(parts), edits
