"""A secret found in a text, and what becomes of the text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

__all__ = ["Edit", "Span", "merge", "moved"]


class Span(NamedTuple):
    """Where a secret is: `text[start:end]`. `rule` found it; `kind` names its placeholder.

    `secret` is whose placeholder it gets (else that of the text itself); `instead` is written where a
    placeholder cannot stand.
    """

    start: int
    end: int
    rule: str
    kind: str
    secret: bytes | None = None
    instead: bytes | None = None


class Edit(NamedTuple):
    """`text[start:end]` became `length` bytes."""

    start: int
    end: int
    length: int


def merge(spans: Iterable[Span]) -> list[Span]:
    """Return the spans in order, overlapping ones merged; the longest says what it is."""
    merged: list[Span] = []
    for span in sorted(spans, key=lambda each: (each.start, -each.end)):
        last = merged[-1] if merged else None
        if last is None or span.start >= last.end:
            merged.append(span)
        elif span.end > last.end:
            merged[-1] = last._replace(end=span.end, secret=None, instead=None)
        elif span[:2] == last[:2] and last.secret is None and span.secret is not None:
            merged[-1] = span
    return merged


def moved(boundaries: Iterable[int], edits: list[Edit]) -> list[int]:
    """Where ascending `boundaries` of a text are once it is edited; one inside an edit goes to its end."""
    where: list[int] = []
    shift = done = 0
    for boundary in boundaries:
        while done < len(edits) and edits[done].end <= boundary:
            shift += edits[done].length - (edits[done].end - edits[done].start)
            done += 1
        if done < len(edits) and edits[done].start < boundary:
            edit = edits[done]
            where.append(edit.start + shift + edit.length)
        else:
            where.append(boundary + shift)
    return where
