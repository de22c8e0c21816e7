"""`POST …/v1/messages` in Anthropic's form: parsing requests, and their errors."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from harness.model import Reply
from harness_openclaw.mock_provider.chat_requests import ChatRequest
from harness_openclaw.mock_provider.clawrouter_catalog import find_by_upstream, unlisted_model
from harness_openclaw.mock_provider.completion import Answer
from harness_openclaw.mock_provider.errors import ApiError, ErrorResponse
from harness_openclaw.mock_provider.messages_errors import ERROR_FORMAT, invalid_request
from harness_openclaw.mock_provider.messages_events import as_events, as_json, broken_events, error_reply
from harness_openclaw.mock_provider.messages_turns import Block, Turn, check_text_blocks, read_turns
from harness_openclaw.mock_provider.models import Model
from harness_openclaw.mock_provider.native_transport import answered
from harness_openclaw.mock_provider.request import IncomingRequest, bearer
from harness_openclaw.mock_provider.usage import Prompts
from harness_openclaw.mock_provider.validation import BOOLEAN, INTEGER, LIST, NUMBER, OBJECT, TEXT, validate
from harness_openclaw.mock_provider.vendors import ANTHROPIC

__all__ = ["Messages"]

_BODY = {
    "model": TEXT.must(),
    "messages": LIST.must(),
    "max_tokens": INTEGER.must(),
    "system": TEXT.otherwise(LIST),
    "stream": BOOLEAN,
    "tools": LIST,
    "tool_choice": OBJECT,
    "thinking": OBJECT,
    "temperature": NUMBER,
    "top_p": NUMBER,
    "top_k": INTEGER,
    "stop_sequences": LIST,
    "metadata": OBJECT,
    "service_tier": TEXT.of("auto", "standard_only"),
    "output_config": OBJECT,
    "output_format": OBJECT,
    "cache_control": OBJECT,
    "mcp_servers": LIST,
    "container": TEXT.otherwise(OBJECT),
    "context_management": OBJECT,
    "inference_geo": TEXT,
    "speed": TEXT,
}
_TOOL = {
    "name": TEXT.must(),
    "input_schema": OBJECT.must(),
    "description": TEXT,
    "cache_control": OBJECT,
    "type": TEXT.of("custom"),
    "strict": BOOLEAN,
    "defer_loading": BOOLEAN,
    "allowed_callers": LIST,
    "input_examples": LIST,
    "eager_input_streaming": BOOLEAN,
}
_CHOICE = {
    "type": TEXT.of("auto", "any", "tool", "none").must(),
    "name": TEXT,
    "disable_parallel_tool_use": BOOLEAN,
}
_THINKING = {
    "type": TEXT.of("enabled", "disabled", "adaptive").must(),
    "budget_tokens": INTEGER,
    "display": TEXT.of("summarized", "omitted"),
}
_OUTPUT = {
    "effort": TEXT.of("low", "medium", "high", "xhigh", "max"),
    "format": OBJECT,
    "task_budget": OBJECT,
}
_MARKER = {"type": TEXT.of("ephemeral").must(), "ttl": TEXT.of("5m", "1h"), "scope": TEXT}
_SYSTEM_BLOCK = {
    "type": TEXT.of("text").must(),
    "text": TEXT.must(),
    "cache_control": OBJECT,
    "citations": LIST,
}
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_LEAST_BUDGET = 1_024
_MOST_MARKERS = 4
_CHOICES = {"auto": "auto", "none": "none", "any": "required", "tool": "required"}


class Messages:
    """Anthropic's API behind ClawRouter."""

    def __init__(self, *, any_model: bool) -> None:
        self._any_model = any_model
        self._prompts = Prompts()

    def key(self, incoming: IncomingRequest) -> str | None:
        """Return the key in `x-api-key` (CW-AUTH-01), or the bearer that Anthropic's newer clients send."""
        return incoming.header("x-api-key") or bearer(incoming.request.headers)

    def model_named(self, incoming: IncomingRequest) -> object:
        return incoming.body.get("model")

    def answer(self, incoming: IncomingRequest) -> tuple[Answer, bool]:
        if not incoming.header("anthropic-version"):
            raise invalid_request("anthropic-version: header is required")
        chat = self._asked(incoming.body)
        name = incoming.id("msg_01", 22)
        return answered(chat, incoming, self._prompts, name, _too_long), chat.stream

    def written(self, answer: Answer, stream: bool) -> Reply:
        return as_events(answer) if stream else as_json(answer)

    def broken(self, answer: Answer, error: ErrorResponse, *, after: int) -> Reply:
        return broken_events(answer, error, after=after)

    def error_reply(self, error: ErrorResponse, incoming: IncomingRequest) -> Reply:
        return error_reply(error, incoming)

    def _asked(self, body: dict[str, Any]) -> ChatRequest:
        held = validate(body, _BODY, ERROR_FORMAT)
        model = find_by_upstream("anthropic", held["model"]) or unlisted_model(
            held["model"], ANTHROPIC, any_model=self._any_model
        )
        if model is None:
            raise ApiError(ErrorResponse(404, f"model: {held['model']}"))
        if not held["messages"]:
            raise invalid_request("at least one message is required", ("messages",))
        system = _system(held.get("system"))
        turns = read_turns(held["messages"])
        _check_figures(held, model)
        tools = _tools(held.get("tools") or ())
        choice, forced = _choice(held.get("tool_choice"), held.get("tools") or (), tools)
        reasoning, shown = _thinking(held, turns, choice)
        _check_markers(held, [block for _, blocks in turns for block in blocks])
        return ChatRequest(
            model,
            (*system, *(_plain(turn) for turn in turns)),
            stream=held.get("stream") is True,
            tools=tools,
            tool_choice=choice,
            forced=forced,
            limit=held["max_tokens"],
            reasoning=reasoning,
            shown=shown,
            stops=tuple(stop for stop in held.get("stop_sequences") or () if isinstance(stop, str)),
        )


def _too_long(tokens: int, most: int) -> ApiError:
    return invalid_request(f"prompt is too long: {tokens} tokens > {most} maximum")


def _plain(turn: Turn) -> dict[str, Any]:
    """Return a turn in the form that all models take; a turn of tool results alone is a tool turn."""
    role, blocks = turn
    kinds = {block["type"] for block in blocks}
    return {"role": "tool" if kinds == {"tool_result"} else role, "content": blocks}


def _system(system: str | list[Any] | None) -> tuple[dict[str, Any], ...]:
    if not system:
        return ()
    if isinstance(system, str):
        return ({"role": "system", "content": system},)
    for number, block in enumerate(system):
        validate(block, _SYSTEM_BLOCK, ERROR_FORMAT, ("system", number))
    check_text_blocks(system, "system")
    return ({"role": "system", "content": system},)


def _check_figures(held: Mapping[str, Any], model: Model) -> None:
    limit = held["max_tokens"]
    if limit < 1:
        raise invalid_request("must be greater than or equal to 1", ("max_tokens",))
    if model.output is not None and limit > model.output:
        message = (
            f"{limit} > {model.output}, which is the maximum allowed number of output tokens for {model.slug}"
        )
        raise invalid_request(message, ("max_tokens",))
    for name in ("temperature", "top_p"):
        figure = held.get(name)
        if figure is not None and not 0 <= figure <= 1:
            raise invalid_request("range: 0..1", (name,))


def _thinking(held: Mapping[str, Any], turns: list[Turn], choice: str) -> tuple[bool, bool]:
    """Return whether the model thinks, and whether its thoughts are shown."""
    if held.get("output_config") is not None:
        validate(held["output_config"], _OUTPUT, ERROR_FORMAT, ("output_config",))
    thinking = held.get("thinking")
    if thinking is None:
        return False, True
    wanted = validate(thinking, _THINKING, ERROR_FORMAT, ("thinking",))
    kind = wanted["type"]
    at = ("thinking", kind, "budget_tokens")
    if kind != "enabled" and "budget_tokens" in wanted:
        raise ERROR_FORMAT.unknown(at)
    if kind == "disabled":
        return False, True
    if kind == "enabled":
        budget = wanted.get("budget_tokens")
        if budget is None:
            raise ERROR_FORMAT.missing(at)
        if budget < _LEAST_BUDGET:
            raise invalid_request(f"Input should be greater than or equal to {_LEAST_BUDGET}", at)
        if held["max_tokens"] <= budget:
            raise invalid_request("`max_tokens` must be greater than `thinking.budget_tokens`.")
        _check_prefill(turns)
    if held.get("temperature") not in (None, 1):
        raise invalid_request("`temperature` may only be set to 1 when thinking is enabled.")
    if choice == "required":
        raise invalid_request("Thinking may not be enabled when tool_choice forces tool use.")
    return True, wanted.get("display") != "omitted"


def _check_prefill(turns: list[Turn]) -> None:
    role, blocks = turns[-1]
    if role == "assistant" and blocks and blocks[0]["type"] not in ("thinking", "redacted_thinking"):
        message = (
            f"Expected `thinking` or `redacted_thinking`, but found `{blocks[0]['type']}`. When `thinking` is"
            " enabled, a final `assistant` message must start with a thinking block."
        )
        raise invalid_request(message, ("messages", len(turns) - 1, "content", 0, "type"))


# ------------------------------------------------------------------ tools and markers


def _tools(tools: list[Any] | tuple[()]) -> tuple[Mapping[str, Any], ...]:
    """Return the tools that can be called, with their schemas under `parameters`, without the API's own
    tools."""
    found = []
    for number, tool in enumerate(tools):
        at = ("tools", number)
        if isinstance(tool, dict) and tool.get("type") not in (None, "custom"):
            continue
        validate(tool, _TOOL, ERROR_FORMAT, (*at, "custom"))
        if _NAME.fullmatch(tool["name"]) is None:
            raise invalid_request(
                "String should match pattern '^[a-zA-Z0-9_-]{1,128}$'", (*at, "custom", "name")
            )
        kind = tool["input_schema"].get("type")
        if kind is None:
            raise ERROR_FORMAT.missing((*at, "custom", "input_schema", "type"))
        if kind != "object":
            raise invalid_request("Input should be 'object'", (*at, "custom", "input_schema", "type"))
        found.append({"name": tool["name"], "parameters": tool["input_schema"]})
    if len({tool["name"] for tool in found}) < len(found):
        raise invalid_request("Tool names must be unique.", ("tools",))
    return tuple(found)


def _choice(
    choice: Any, given: Collection[Any], tools: tuple[Mapping[str, Any], ...]
) -> tuple[str, str | None]:
    if choice is None:
        return "auto", None
    held = validate(choice, _CHOICE, ERROR_FORMAT, ("tool_choice",))
    kind, name = held["type"], held.get("name")
    if not given and kind != "none":
        raise invalid_request("tool_choice may only be specified while providing tools.")
    if kind != "tool":
        return _CHOICES[kind], None
    if name is None:
        raise ERROR_FORMAT.missing(("tool_choice", "tool", "name"))
    if all(tool.get("name") != name for tool in given):
        raise invalid_request(f"Tool '{name}' not found in provided tools")
    return "required", name if any(tool["name"] == name for tool in tools) else None


def _check_markers(held: Mapping[str, Any], blocks: list[Block]) -> None:
    markers = list(_markers(held, blocks))
    for marker in markers:
        validate(marker, _MARKER, ERROR_FORMAT, ("cache_control",))
    if len(markers) > _MOST_MARKERS:
        message = (
            f"A maximum of {_MOST_MARKERS} blocks with cache_control may be provided. Found {len(markers)}."
        )
        raise invalid_request(message)


def _markers(held: Mapping[str, Any], blocks: list[Block]) -> Iterator[Any]:
    system = held.get("system")
    marked = [*(held.get("tools") or ()), *(system if isinstance(system, list) else ()), *blocks]
    for block in marked:
        if block.get("cache_control") is not None:
            yield block["cache_control"]
        content = block.get("content")
        if isinstance(content, list):
            yield from (part["cache_control"] for part in content if part.get("cache_control") is not None)
