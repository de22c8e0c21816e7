"""Streams of server-sent events, as far as providers use them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from harness.model import Headers, Reply

__all__ = ["Event", "events", "is_stream", "parse"]


class Event(NamedTuple):
    """One event. `name` is empty where the stream does not state one."""

    name: str
    data: str


def events(reply: Reply) -> Iterator[Event]:
    """The events of a reply that have data, comments left out.

    The last one counts without the blank line behind it only if the reply came to its end.
    """
    return parse(reply.body, complete=reply.fault is None)


def parse(body: bytes, *, complete: bool = True) -> Iterator[Event]:
    """The events in `body`, which is `complete` or was cut off anywhere."""
    text = body.decode("utf-8", "replace").removeprefix("\ufeff")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    blocks = text.split("\n\n")
    if not complete:
        blocks.pop()
    for block in blocks:
        if block.startswith("data: ") and "\n" not in block:
            yield Event("", block[6:])
        elif block:
            event = _event(block)
            if event is not None:
                yield event


def is_stream(headers: Headers) -> bool:
    """Is a body with these headers a stream of events, going by its content type?"""
    return any(name.lower() == "content-type" and "event-stream" in value.lower() for name, value in headers)


def _event(block: str) -> Event | None:
    name, data = "", []
    for line in block.split("\n"):
        field, _, value = line.partition(":")
        if field == "data":
            data.append(value.removeprefix(" "))
        elif field == "event":
            name = value.removeprefix(" ")
    return Event(name, "\n".join(data)) if data else None
