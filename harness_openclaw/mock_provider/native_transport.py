"""What the three native ways of calling a model through ClawRouter have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import orjson

from harness.model import Reply
from harness_openclaw.mock_provider.chat_requests import Asked
from harness_openclaw.mock_provider.completion import Answer
from harness_openclaw.mock_provider.errors import Refusal, Refused
from harness_openclaw.mock_provider.model_output import write
from harness_openclaw.mock_provider.request import Incoming
from harness_openclaw.mock_provider.usage import Prompts, measure

__all__ = ["Transport", "answered", "event"]


class Transport(Protocol):
    """A wire form: what it is asked with, how it answers, and how it says no."""

    def key(self, incoming: Incoming) -> str | None:
        """The key, from the header that is right for it."""
        ...

    def model_named(self, incoming: Incoming) -> object:
        """The model that a request names, whatever else is wrong with it."""
        ...

    def answer(self, incoming: Incoming) -> tuple[Answer, bool]:
        """What the model answers, and whether as a stream. Raises `Refused`."""
        ...

    def written(self, answer: Answer, stream: bool) -> Reply:
        """The answer as bytes."""
        ...

    def broken(self, answer: Answer, refusal: Refusal, *, after: int) -> Reply:
        """Events that end in an error, after so many pieces of the answer."""
        ...

    def refuse(self, refusal: Refusal, incoming: Incoming) -> Reply:
        """The refusal in this form."""
        ...


def answered(
    asked: Asked,
    incoming: Incoming,
    prompts: Prompts,
    name: str,
    too_long: Callable[[int, int], Refused],
) -> Answer:
    """The answer under an id; what was marked as the beginning of a prompt counts as cached afterwards.

    Raises what `too_long` gives for a prompt of more tokens than the model can read.
    """
    said = write(asked, incoming.dice)
    usage = measure(asked.model, prompts.of(asked, too_long), said)
    return Answer(name, int(incoming.now), asked.model, said, usage, incoming.dice, asked.shown)


def event(value: Any, name: str = "") -> bytes:
    """A server-sent event."""
    head = f"event: {name}\n".encode() if name else b""
    return head + b"data: " + orjson.dumps(value) + b"\n\n"
