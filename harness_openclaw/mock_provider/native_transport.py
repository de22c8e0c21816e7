"""What the three native ways of calling a model through ClawRouter have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import orjson

from harness.model import Reply
from harness_openclaw.mock_provider.chat_requests import ChatRequest
from harness_openclaw.mock_provider.completion import Answer
from harness_openclaw.mock_provider.errors import ApiError, ErrorResponse
from harness_openclaw.mock_provider.model_output import generate
from harness_openclaw.mock_provider.request import IncomingRequest
from harness_openclaw.mock_provider.usage import Prompts, measure

__all__ = ["Transport", "answered", "event"]


class Transport(Protocol):
    """A wire form: what it is asked with, how it answers, and how it says no."""

    def key(self, incoming: IncomingRequest) -> str | None:
        """The key, from the header that is right for it."""
        ...

    def model_named(self, incoming: IncomingRequest) -> object:
        """The model that a request names, whatever else is wrong with it."""
        ...

    def answer(self, incoming: IncomingRequest) -> tuple[Answer, bool]:
        """What the model answers, and whether as a stream. Raises `ApiError`."""
        ...

    def written(self, answer: Answer, stream: bool) -> Reply:
        """The answer as bytes."""
        ...

    def broken(self, answer: Answer, error: ErrorResponse, *, after: int) -> Reply:
        """Events that end in an error, after so many pieces of the answer."""
        ...

    def error_reply(self, error: ErrorResponse, incoming: IncomingRequest) -> Reply:
        """The refusal in this form."""
        ...


def answered(
    chat: ChatRequest,
    incoming: IncomingRequest,
    prompts: Prompts,
    name: str,
    too_long: Callable[[int, int], ApiError],
) -> Answer:
    """The answer under an id; what was marked as the beginning of a prompt counts as cached afterwards.

    Raises what `too_long` gives for a prompt of more tokens than the model can read.
    """
    output = generate(chat, incoming.rng)
    usage = measure(chat.model, prompts.of(chat, too_long), output)
    return Answer(name, int(incoming.now), chat.model, output, usage, incoming.rng, chat.shown)


def event(value: Any, name: str = "") -> bytes:
    """A server-sent event."""
    head = f"event: {name}\n".encode() if name else b""
    return head + b"data: " + orjson.dumps(value) + b"\n\n"
