"""How a call that sends several requests is written: as a generator that never touches a socket.

It yields requests and is sent their replies, yields waits and is sent nothing, and returns an outcome.
Who drives it decides what sending and waiting mean: the harness, a client over httpx, a test.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Protocol, TypeAlias, TypedDict, TypeVar

from harness.model import JsonValue, Reply, Request

__all__ = ["Clock", "Exchange", "Outcome", "Pause", "SystemClock", "VirtualClock", "ask", "pause"]

Outcome: TypeAlias = dict[str, JsonValue]
"""What a call reports (docs/scenarios.md, outcome)."""

T = TypeVar("T")


class Pause(TypedDict):
    """A wait, in the words of the harness's protocol."""

    sleep_ms: float


Exchange: TypeAlias = Generator[Request | Pause, Any, T]
"""A call on its way to a result of type T. Raises `Refusal` and `Failure`."""


class Clock(Protocol):
    """The time in milliseconds since any start, and a way to wait."""

    def now_ms(self) -> float: ...

    def wait(self, milliseconds: float) -> None: ...


class VirtualClock:
    """A clock that moves only when something waits, and then at once."""

    def __init__(self) -> None:
        self._now = 0.0

    def now_ms(self) -> float:
        return self._now

    def wait(self, milliseconds: float) -> None:
        self._now += milliseconds


class SystemClock:
    """The machine's own clock, which really waits."""

    def now_ms(self) -> float:
        import time

        return time.monotonic() * 1000

    def wait(self, milliseconds: float) -> None:
        import time

        time.sleep(milliseconds / 1000)


def ask(request: Request) -> Exchange[Reply]:
    """Send a request once and return its reply, whatever it is."""
    reply: Reply = yield request
    return reply


def pause(milliseconds: float) -> Exchange[None]:
    """Wait, if there is anything to wait for."""
    if milliseconds > 0:
        yield Pause(sleep_ms=milliseconds)
