"""A chat answer as a reply: one JSON object, or events in the chunks that the provider flushes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from harness.model import Headers, JsonValue, Reply
from harness_openclaw.mock_provider.errors import ErrorResponse
from harness_openclaw.mock_provider.media import data_url
from harness_openclaw.mock_provider.model_output import ModelOutput, ToolCall
from harness_openclaw.mock_provider.models import Model
from harness_openclaw.mock_provider.seeded_random import SeededRandom
from harness_openclaw.mock_provider.usage import Usage

__all__ = [
    "EVENTS_HEADERS",
    "JSON_HEADERS",
    "Answer",
    "argument_pieces_of",
    "as_events",
    "as_json",
    "broken_events",
    "pauses",
    "pieces_of",
]

_ANYWHERE: Headers = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Expose-Headers", "X-Generation-Id,X-Provider-Name,cf-ray"),
    ("X-Content-Type-Options", "nosniff"),
)
JSON_HEADERS: Headers = (("Content-Type", "application/json"), *_ANYWHERE)
EVENTS_HEADERS: Headers = (
    ("Content-Type", "text/event-stream"),
    ("Cache-Control", "no-cache"),
    *_ANYWHERE,
)

_COMMENT = b": OPENROUTER PROCESSING\n\n"
_DONE = b"data: [DONE]\n\n"
_STILL_WORKING = b"\n         \n"  # what keeps a connection open until the JSON is there
_PIECES = re.compile(r"\s*\S+(?:\s+\S+){0,2}|\s+")  # three words at a time
_ARGUMENT_PIECES = re.compile(r".{1,12}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of a model, ready to be serialised.

    `rng` decides what is random in it, `echo` holds the fields of the request that some APIs repeat.
    """

    id: str
    created: int
    model: Model
    output: ModelOutput
    usage: Usage
    rng: SeededRandom
    shown: bool = True
    echo: Mapping[str, Any] | None = None

    @property
    def native_finish(self) -> str:
        finish: str = getattr(self.model.vendor, self.output.finish)
        return finish

    @property
    def reasoning(self) -> str:
        return self.output.reasoning if self.shown else ""

    @property
    def fingerprint(self) -> str | None:
        return f"fp_{self.rng.word('fingerprint', 10).lower()}" if self.model.vendor.fingerprint else None


def as_json(answer: Answer) -> Reply:
    """Return the answer as one JSON object, after blank lines if the model reasons."""
    body = {
        **_head(answer, "chat.completion"),
        "system_fingerprint": answer.fingerprint,
        "service_tier": None,
        "choices": [
            {
                "index": 0,
                "logprobs": None,
                "finish_reason": answer.output.finish,
                "native_finish_reason": answer.native_finish,
                "message": _message(answer),
            }
        ],
        "usage": answer.usage.as_json(),
    }
    waiting = answer.rng.number("waiting", 1, 3) if answer.output.reasoning else 0
    chunks = (_STILL_WORKING,) * waiting + (orjson.dumps(body),)
    return Reply(200, _named(JSON_HEADERS, answer), chunks, pauses_ms=pauses(chunks, answer.rng))


def as_events(answer: Answer) -> Reply:
    """Return the answer as server-sent events: comments, deltas, the end, usage beside the end, `[DONE]`."""
    waiting = answer.rng.number("waiting", 1, 3 if answer.output.reasoning else 2)
    ends = (answer.output.finish, answer.native_finish)
    last = {**_chunk(answer, _NOTHING, *ends), "service_tier": None, "usage": answer.usage.as_json()}
    chunks = (
        *(_COMMENT,) * waiting,
        *(_event(_chunk(answer, delta)) for delta in _deltas(answer)),
        _event(_chunk(answer, _NOTHING, *ends)),
        _event(last) + _DONE,
    )
    return Reply(200, _named(EVENTS_HEADERS, answer), chunks, pauses_ms=pauses(chunks, answer.rng))


def broken_events(answer: Answer, error: ErrorResponse, *, after: int) -> Reply:
    """Return events that end in an error after `after` deltas; the status is 200."""
    broken = {
        **_head(answer, "chat.completion.chunk"),
        "error": error.body,
        "choices": [_choice(_NOTHING, "error", "error")],
    }
    deltas = list(_deltas(answer))[:after]
    chunks = (
        _COMMENT,
        *(_event(_chunk(answer, delta)) for delta in deltas),
        _event(broken) + _DONE,
    )
    return Reply(200, _named(EVENTS_HEADERS, answer), chunks, pauses_ms=pauses(chunks, answer.rng))


def _named(headers: Headers, answer: Answer) -> Headers:
    return (*headers, ("X-Generation-Id", answer.id))


def pieces_of(text: str) -> list[str]:
    """Split a text into pieces of a few words."""
    return _PIECES.findall(text)


def argument_pieces_of(arguments: str) -> list[str]:
    """Split the JSON of a tool call into pieces of a dozen characters."""
    return _ARGUMENT_PIECES.findall(arguments)


def pauses(chunks: tuple[bytes, ...], rng: SeededRandom) -> tuple[float, ...]:
    """Return the pause before each chunk in milliseconds, half a second in all at most."""
    first, *later = rng.numbers("pauses", len(chunks), 120)
    most = 240 // len(chunks)
    return (80.0 + first, *(2.0 + number % (most + 1) for number in later))


def _head(answer: Answer, kind: str) -> dict[str, JsonValue]:
    return {
        "id": answer.id,
        "object": kind,
        "created": answer.created,
        "model": answer.model.slug,
        "provider": answer.model.vendor.name,
    }


def _message(answer: Answer) -> dict[str, JsonValue]:
    calls = answer.output.calls
    message: dict[str, JsonValue] = {
        "role": "assistant",
        "content": None if calls else answer.output.text,
        "refusal": None,
        "reasoning": answer.reasoning or None,
    }
    if calls:
        message["tool_calls"] = [
            {
                "index": index,
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for index, call in enumerate(calls)
        ]
    if answer.output.pictures:
        message["images"] = _images(answer)
    if answer.reasoning:
        written = _detail(answer, answer.reasoning)
        closing = _closing_detail(answer)
        if answer.model.vendor.signs:
            message["reasoning_details"] = [written | (closing or {})]
        else:
            message["reasoning_details"] = [written] if closing is None else [written, closing]
    return message


def _images(answer: Answer) -> list[JsonValue]:
    return [
        {"type": "image_url", "image_url": {"url": data_url(picture)}, "index": index}
        for index, picture in enumerate(answer.output.pictures)
    ]


# ------------------------------------------------------------------ events


_NOTHING: dict[str, JsonValue] = {"content": "", "role": "assistant"}


def _event(value: Any) -> bytes:
    return b"data: " + orjson.dumps(value) + b"\n\n"


def _choice(delta: JsonValue, finish: str | None = None, native: str | None = None) -> dict[str, JsonValue]:
    return {"index": 0, "delta": delta, "finish_reason": finish, "native_finish_reason": native}


def _chunk(
    answer: Answer, delta: JsonValue, finish: str | None = None, native: str | None = None
) -> dict[str, JsonValue]:
    chunk = {**_head(answer, "chat.completion.chunk"), "choices": [_choice(delta, finish, native)]}
    if answer.model.vendor.fingerprint:
        chunk["system_fingerprint"] = answer.fingerprint
    return chunk


def _deltas(answer: Answer) -> Iterator[dict[str, JsonValue]]:
    yield _NOTHING
    if answer.reasoning:
        for piece in pieces_of(answer.reasoning):
            yield {**_NOTHING, "reasoning": piece, "reasoning_details": [_detail(answer, piece)]}
        closing = _closing_detail(answer)
        if closing is not None:
            yield {**_NOTHING, "reasoning_details": [closing]}
    for piece in pieces_of(answer.output.text):
        yield {"content": piece, "role": "assistant"}
    if answer.output.pictures:
        yield {**_NOTHING, "images": _images(answer)}
    for index, call in enumerate(answer.output.calls):
        yield from _call_deltas(index, call)


def _call_deltas(index: int, call: ToolCall) -> Iterator[dict[str, JsonValue]]:
    opening = {
        "index": index,
        "id": call.id,
        "type": "function",
        "function": {"name": call.name, "arguments": ""},
    }
    yield {"content": None, "role": "assistant", "tool_calls": [opening]}
    for piece in argument_pieces_of(call.arguments):
        part = {"index": index, "function": {"arguments": piece}}
        yield {"content": None, "role": "assistant", "tool_calls": [part]}


# ------------------------------------------------------------------ reasoning


def _detail(answer: Answer, text: str) -> dict[str, JsonValue]:
    vendor = answer.model.vendor
    kind = "summary" if vendor.summarises else "text"
    return {"type": f"reasoning.{kind}", kind: text, "format": vendor.reasoning_format, "index": 0}


def _closing_detail(answer: Answer) -> dict[str, JsonValue] | None:
    """Return what ends the reasoning: a signature, or an encrypted block."""
    vendor = answer.model.vendor
    if vendor.signs:
        signature = answer.rng.opaque("signature")
        return {
            "type": "reasoning.text",
            "signature": signature,
            "format": vendor.reasoning_format,
            "index": 0,
        }
    if vendor.summarises:
        return {
            "type": "reasoning.encrypted",
            "data": answer.rng.opaque("encrypted reasoning"),
            "format": vendor.reasoning_format,
            "id": f"rs_{answer.rng.word('reasoning', 24)}",
            "index": 1,
        }
    return None
