"""Drive the reference client's exchanges as the look-ups of a check."""

from __future__ import annotations

from collections.abc import Generator, MutableMapping
from typing import TypeVar

from harness.model import Reply, Request
from harness_openclaw.reference.exchange import Exchange

__all__ = ["look_ups"]

T = TypeVar("T")


def look_ups(
    exchange: Exchange[T], looked_up: MutableMapping[str, Reply] | None = None
) -> Generator[Request, Reply, T]:
    """Make an exchange without its waits, and put the replies into `looked_up` by URL."""
    reply: Reply | None = None
    while True:
        try:
            step = exchange.send(reply)
        except StopIteration as end:
            result: T = end.value
            return result
        reply = None
        if isinstance(step, Request):
            reply = yield step
            if looked_up is not None:
                looked_up[step.url] = reply
