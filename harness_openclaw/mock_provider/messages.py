"""`POST …/v1/messages` in Anthropic's form: what a request asks for, and the requests that are refused."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from harness.model import Reply
from harness_openclaw.mock_provider.chat_requests import Asked
from harness_openclaw.mock_provider.clawrouter_catalog import made_up, upstream
from harness_openclaw.mock_provider.completion import Answer
from harness_openclaw.mock_provider.errors import Refusal, Refused
from harness_openclaw.mock_provider.messages_errors import COMPLAINTS, complaint
from harness_openclaw.mock_provider.messages_events import as_events, as_json, broken_events, refused
from harness_openclaw.mock_provider.messages_turns import Block, Turn, check_text_blocks, read_turns
from harness_openclaw.mock_provider.models import Model
from harness_openclaw.mock_provider.native_transport import answered
from harness_openclaw.mock_provider.request import Incoming, bearer
from harness_openclaw.mock_provider.usage import Prompts
from harness_openclaw.mock_provider.validation import BOOLEAN, INTEGER, LIST, NUMBER, OBJECT, TEXT, hold
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

    def key(self, incoming: Incoming) -> str | None:
        """The key, which goes as `x-api-key` (CW-AUTH-01); Anthropic's own newer clients send a bearer."""
        return incoming.header("x-api-key") or bearer(incoming.request.headers)

    def model_named(self, incoming: Incoming) -> object:
        return incoming.body.get("model")

    def answer(self, incoming: Incoming) -> tuple[Answer, bool]:
        if not incoming.header("anthropic-version"):
            raise complaint("anthropic-version: header is required")
        asked = self._asked(incoming.body)
        name = incoming.id("msg_01", 22)
        return answered(asked, incoming, self._prompts, name, _too_long), asked.stream

    def written(self, answer: Answer, stream: bool) -> Reply:
        return as_events(answer) if stream else as_json(answer)

    def broken(self, answer: Answer, refusal: Refusal, *, after: int) -> Reply:
        return broken_events(answer, refusal, after=after)

    def refuse(self, refusal: Refusal, incoming: Incoming) -> Reply:
        return refused(refusal, incoming)

    def _asked(self, body: dict[str, Any]) -> Asked:
        held = hold(body, _BODY, COMPLAINTS)
        model = upstream("anthropic", held["model"]) or made_up(
            held["model"], ANTHROPIC, any_model=self._any_model
        )
        if model is None:
            raise Refused(Refusal(404, f"model: {held['model']}"))
        if not held["messages"]:
            raise complaint("at least one message is required", ("messages",))
        system = _system(held.get("system"))
        turns = read_turns(held["messages"])
        _check_figures(held, model)
        tools = _tools(held.get("tools") or ())
        choice, forced = _choice(held.get("tool_choice"), held.get("tools") or (), tools)
        reasoning, shown = _thinking(held, turns, choice)
        _check_markers(held, [block for _, blocks in turns for block in blocks])
        return Asked(
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


def _too_long(tokens: int, most: int) -> Refused:
    return complaint(f"prompt is too long: {tokens} tokens > {most} maximum")


def _plain(turn: Turn) -> dict[str, Any]:
    """A turn as the other models are given it; results of tools alone are a tool's turn."""
    role, blocks = turn
    kinds = {block["type"] for block in blocks}
    return {"role": "tool" if kinds == {"tool_result"} else role, "content": blocks}


def _system(system: str | list[Any] | None) -> tuple[dict[str, Any], ...]:
    if not system:
        return ()
    if isinstance(system, str):
        return ({"role": "system", "content": system},)
    for number, block in enumerate(system):
        hold(block, _SYSTEM_BLOCK, COMPLAINTS, ("system", number))
    check_text_blocks(system, "system")
    return ({"role": "system", "content": system},)


def _check_figures(held: Mapping[str, Any], model: Model) -> None:
    limit = held["max_tokens"]
    if limit < 1:
        raise complaint("must be greater than or equal to 1", ("max_tokens",))
    if model.output is not None and limit > model.output:
        message = (
            f"{limit} > {model.output}, which is the maximum allowed number of output tokens for {model.slug}"
        )
        raise complaint(message, ("max_tokens",))
    for name in ("temperature", "top_p"):
        figure = held.get(name)
        if figure is not None and not 0 <= figure <= 1:
            raise complaint("range: 0..1", (name,))


def _thinking(held: Mapping[str, Any], turns: list[Turn], choice: str) -> tuple[bool, bool]:
    """Whether the model thinks, and whether its thoughts are shown."""
    if held.get("output_config") is not None:
        hold(held["output_config"], _OUTPUT, COMPLAINTS, ("output_config",))
    thinking = held.get("thinking")
    if thinking is None:
        return False, True
    wanted = hold(thinking, _THINKING, COMPLAINTS, ("thinking",))
    kind = wanted["type"]
    at = ("thinking", kind, "budget_tokens")
    if kind != "enabled" and "budget_tokens" in wanted:
        raise COMPLAINTS.unknown(at)
    if kind == "disabled":
        return False, True
    if kind == "enabled":
        budget = wanted.get("budget_tokens")
        if budget is None:
            raise COMPLAINTS.missing(at)
        if budget < _LEAST_BUDGET:
            raise complaint(f"Input should be greater than or equal to {_LEAST_BUDGET}", at)
        if held["max_tokens"] <= budget:
            raise complaint("`max_tokens` must be greater than `thinking.budget_tokens`.")
        _check_prefill(turns)
    if held.get("temperature") not in (None, 1):
        raise complaint("`temperature` may only be set to 1 when thinking is enabled.")
    if choice == "required":
        raise complaint("Thinking may not be enabled when tool_choice forces tool use.")
    return True, wanted.get("display") != "omitted"


def _check_prefill(turns: list[Turn]) -> None:
    role, blocks = turns[-1]
    if role == "assistant" and blocks and blocks[0]["type"] not in ("thinking", "redacted_thinking"):
        message = (
            f"Expected `thinking` or `redacted_thinking`, but found `{blocks[0]['type']}`. When `thinking` is"
            " enabled, a final `assistant` message must start with a thinking block."
        )
        raise complaint(message, ("messages", len(turns) - 1, "content", 0, "type"))


# ------------------------------------------------------------------ tools and markers


def _tools(tools: list[Any] | tuple[()]) -> tuple[Mapping[str, Any], ...]:
    """The tools that can be called, each with its schema under `parameters`; the API's own are left out."""
    found = []
    for number, tool in enumerate(tools):
        at = ("tools", number)
        if isinstance(tool, dict) and tool.get("type") not in (None, "custom"):
            continue
        hold(tool, _TOOL, COMPLAINTS, (*at, "custom"))
        if _NAME.fullmatch(tool["name"]) is None:
            raise complaint("String should match pattern '^[a-zA-Z0-9_-]{1,128}$'", (*at, "custom", "name"))
        kind = tool["input_schema"].get("type")
        if kind is None:
            raise COMPLAINTS.missing((*at, "custom", "input_schema", "type"))
        if kind != "object":
            raise complaint("Input should be 'object'", (*at, "custom", "input_schema", "type"))
        found.append({"name": tool["name"], "parameters": tool["input_schema"]})
    if len({tool["name"] for tool in found}) < len(found):
        raise complaint("Tool names must be unique.", ("tools",))
    return tuple(found)


def _choice(
    choice: Any, given: Collection[Any], tools: tuple[Mapping[str, Any], ...]
) -> tuple[str, str | None]:
    if choice is None:
        return "auto", None
    held = hold(choice, _CHOICE, COMPLAINTS, ("tool_choice",))
    kind, name = held["type"], held.get("name")
    if not given and kind != "none":
        raise complaint("tool_choice may only be specified while providing tools.")
    if kind != "tool":
        return _CHOICES[kind], None
    if name is None:
        raise COMPLAINTS.missing(("tool_choice", "tool", "name"))
    if all(tool.get("name") != name for tool in given):
        raise complaint(f"Tool '{name}' not found in provided tools")
    return "required", name if any(tool["name"] == name for tool in tools) else None


def _check_markers(held: Mapping[str, Any], blocks: list[Block]) -> None:
    markers = list(_markers(held, blocks))
    for marker in markers:
        hold(marker, _MARKER, COMPLAINTS, ("cache_control",))
    if len(markers) > _MOST_MARKERS:
        message = (
            f"A maximum of {_MOST_MARKERS} blocks with cache_control may be provided. Found {len(markers)}."
        )
        raise complaint(message)


def _markers(held: Mapping[str, Any], blocks: list[Block]) -> Iterator[Any]:
    system = held.get("system")
    marked = [*(held.get("tools") or ()), *(system if isinstance(system, list) else ()), *blocks]
    for block in marked:
        if block.get("cache_control") is not None:
            yield block["cache_control"]
        content = block.get("content")
        if isinstance(content, list):
            yield from (part["cache_control"] for part in content if part.get("cache_control") is not None)
