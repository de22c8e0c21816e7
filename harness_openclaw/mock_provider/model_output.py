"""What the models of the mock provider write: text, reasoning and tool calls, equal for equal requests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from harness.model import JsonValue
from harness_openclaw.mock_provider.chat_requests import ChatRequest
from harness_openclaw.mock_provider.media import png
from harness_openclaw.mock_provider.seeded_random import SeededRandom

__all__ = ["TOKENS_PER_IMAGE", "ModelOutput", "ToolCall", "count_tokens", "draw_images", "generate"]

_TEXTS = (
    "Hello! How can I help you today?",
    "Here is a short answer: yes, that works, and nothing else has to change.",
    "It depends on the order of the steps. Do the first one, look at the result, and only then go on.",
    "The two are the same in every way that matters here.",
    "Three things are worth knowing: it is small, it is quick, and it is easy to undo.",
)
_AFTER_A_TOOL = (
    "The tool has answered, and its result settles the question.",
    "Done. The result of the call is what you asked for.",
)
_REASONING = (
    "The question is short. A plain answer is best, without a list.",
    "First I look at what is asked, then at what is known. Nothing is missing, so I can answer.",
    "There are two readings. The first one is far more likely, so I take that one.",
)
TOKENS_PER_IMAGE = 1_120
_CHARACTERS_A_TOKEN = 4
_DEPTH = 4  # of examples made after a schema


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool call; `arguments` is JSON as text."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class ModelOutput:
    """What a model produced, and why it stopped: stop, tool_calls or length."""

    text: str
    reasoning: str
    calls: tuple[ToolCall, ...]
    finish: str
    pictures: tuple[bytes, ...] = ()

    @property
    def reasoning_tokens(self) -> int:
        return count_tokens(self.reasoning)

    @property
    def tokens(self) -> int:
        calls = sum(count_tokens(call.name + call.arguments) for call in self.calls)
        return self.reasoning_tokens + count_tokens(self.text) + calls + self.image_tokens

    @property
    def image_tokens(self) -> int:
        return TOKENS_PER_IMAGE * len(self.pictures)


def count_tokens(text: str) -> int:
    """Return the number of tokens of a text: one for four characters."""
    return -(-len(text) // _CHARACTERS_A_TOKEN)


def generate(chat: ChatRequest, rng: SeededRandom) -> ModelOutput:
    """Return the output of the model.

    It calls a tool if it must, or if the last turn is the user's and names the tool. Output beyond the limit
    is cut.
    """
    reasoning = rng.one_of("reasoning", _REASONING) if chat.reasoning else ""
    if chat.pictures:
        return ModelOutput("", reasoning, (), "stop", draw_images(chat.pictures, chat.ratio, rng))
    tool = _tool_to_call(chat)
    if tool is not None:
        calls: tuple[ToolCall, ...] = (_call(tool, chat.model.vendor.tool_id, rng),)
        return _cut(ModelOutput("", reasoning, calls, "tool_calls"), chat.limit)
    return _cut(ModelOutput(_stopped(_text(chat, rng), chat.stops), reasoning, (), "stop"), chat.limit)


def draw_images(count: int, ratio: str, rng: SeededRandom, *, turn: int = 0) -> tuple[bytes, ...]:
    """Return `count` images of different colours, different in each `turn`."""
    first = turn * count
    return tuple(png(rng.derive(f"picture {number}"), ratio) for number in range(first, first + count))


def _text(chat: ChatRequest, rng: SeededRandom) -> str:
    shape = chat.answer_format or {}
    if shape.get("type") == "json_schema":
        described = shape.get("json_schema")
        schema = described.get("schema") if isinstance(described, Mapping) else None
        return orjson.dumps(_example(schema, "answer")).decode()
    texts = _AFTER_A_TOOL if chat.messages[-1]["role"] == "tool" else _TEXTS
    text = rng.one_of("text", texts)
    return orjson.dumps({"answer": text}).decode() if shape.get("type") == "json_object" else text


def _stopped(text: str, stops: tuple[str, ...]) -> str:
    places = [text.find(stop) for stop in stops if stop]
    return text[: min((place for place in places if place >= 0), default=len(text))]


def _cut(output: ModelOutput, limit: int | None) -> ModelOutput:
    if limit is None or output.tokens <= limit:
        return output
    reasoning = output.reasoning[: limit * _CHARACTERS_A_TOKEN]
    left = max(0, limit - count_tokens(reasoning))
    return ModelOutput(output.text[: left * _CHARACTERS_A_TOKEN], reasoning, (), "length")


def _tool_to_call(chat: ChatRequest) -> Mapping[str, Any] | None:
    if not chat.tools or chat.tool_choice == "none":
        return None
    if chat.forced is not None:
        return next(tool for tool in chat.tools if tool["name"] == chat.forced)
    last = chat.messages[-1]
    if last["role"] == "user":
        words = " ".join(_texts(last.get("content"))).lower()
        for tool in chat.tools:
            name = tool["name"].lower()
            if name in words or name.replace("_", " ") in words:
                return tool
    return chat.tools[0] if chat.tool_choice == "required" else None


def _texts(content: JsonValue) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    elif isinstance(content, list):
        for part in content:
            text = part.get("text")
            if isinstance(text, str):
                yield text


def _call(tool: Mapping[str, Any], prefix: str, rng: SeededRandom) -> ToolCall:
    name = tool["name"]
    arguments = _example(tool.get("parameters"), name)
    if not isinstance(arguments, dict):
        arguments = {}
    return ToolCall(f"{prefix}{rng.word('call', 24)}", name, orjson.dumps(arguments).decode())


def _example(schema: JsonValue, name: str, depth: int = 0) -> JsonValue:
    """Return a value that fits a JSON Schema, as far as the plain keywords say."""
    if not isinstance(schema, dict) or depth > _DEPTH:
        return name
    for word in ("const", "default"):
        if word in schema:
            return schema[word]
    options = schema.get("enum")
    if isinstance(options, list) and options:
        return options[0]
    for word in ("anyOf", "oneOf"):
        variants = schema.get(word)
        if isinstance(variants, list) and variants:
            return _example(variants[0], name, depth + 1)
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = kind[0] if kind else None
    if kind == "object" or "properties" in schema:
        return _object(schema, depth)
    if kind == "array":
        least = schema.get("minItems")
        count = least if type(least) is int and 0 <= least <= _DEPTH else 1
        return [_example(schema.get("items"), name, depth + 1)] * count
    if kind in ("number", "integer"):
        least = schema.get("minimum")
        return least if type(least) in (int, float) else 1
    return {"boolean": True, "null": None}.get(str(kind), name)


def _object(schema: Mapping[str, Any], depth: int) -> dict[str, JsonValue]:
    properties = schema.get("properties")
    if not isinstance(properties, dict):
        return {}
    required = schema.get("required")
    names = [name for name in required if name in properties] if isinstance(required, list) else []
    return {name: _example(properties[name], name, depth + 1) for name in names or properties}
