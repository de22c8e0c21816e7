"""What ClawRouter's three native transports have in common."""

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
    """A wire format: parsing its requests, writing its answers and errors."""

    def key(self, incoming: IncomingRequest) -> str | None:
        """Return the key, from the header of this API."""
        ...

    def model_named(self, incoming: IncomingRequest) -> object:
        """Return the model that a request names, valid or not."""
        ...

    def answer(self, incoming: IncomingRequest) -> tuple[Answer, bool]:
        """Return the model's answer, and whether it is streamed. Raises `ApiError`."""
        ...

    def written(self, answer: Answer, stream: bool) -> Reply:
        """Return the answer as a reply."""
        ...

    def broken(self, answer: Answer, error: ErrorResponse, *, after: int) -> Reply:
        """Return events that end in an error after `after` pieces of the answer."""
        ...

    def error_reply(self, error: ErrorResponse, incoming: IncomingRequest) -> Reply:
        """Return an error in the form of this API."""
        ...


def answered(
    chat: ChatRequest,
    incoming: IncomingRequest,
    prompts: Prompts,
    name: str,
    too_long: Callable[[int, int], ApiError],
) -> Answer:
    """Return the model's answer under an id; what the request marked as a prompt prefix is cached afterwards.

    Raises the error of `too_long` if the prompt exceeds the context of the model.
    """
    output = generate(chat, incoming.rng)
    usage = measure(chat.model, prompts.of(chat, too_long), output)
    return Answer(name, int(incoming.now), chat.model, output, usage, incoming.rng, chat.shown)


def event(value: Any, name: str = "") -> bytes:
    """Return a server-sent event."""
    head = f"event: {name}\n".encode() if name else b""
    return head + b"data: " + orjson.dumps(value) + b"\n\n"
