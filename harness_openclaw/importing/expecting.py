"""From a recorded request to an expectation: what the provider has accepted, in each spelling that means
the same to it.

The body is exactly as recorded, but for what says how an answer is wanted (streaming, the name of the token
limit), for fields that only OpenAI knows, for cache markers, and for the spelling of tool arguments.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson

from harness.matchers import escape
from harness.model import JsonValue, Request
from harness_openclaw.importing.chat import OPENAI_ONLY, ChatCall, call_of, only_text

__all__ = ["expect"]

_LIMITS: Final = ("max_completion_tokens", "max_tokens")
_ANY_MARKER: Final = {"$optional": {"$any": "object"}}
_NOTHING_SAID: Final = {"$optional": {"$one_of": ["", None]}}
_ONE_TEXT_ROLES: Final = frozenset({"assistant", "system"})
_MARKED_ROLES: Final = frozenset({"developer", "system", "tool", "user"})


def expect(request: Request) -> dict[str, JsonValue]:
    """The `request` of an interaction: URL and body, with matchers. Raises `NotInvertible`."""
    call = call_of(request)
    body: dict[str, Any] = {}
    for key, value in call.body.items():
        body[key] = {"$optional": escape(value)} if key in OPENAI_ONLY else escape(value)
    body["messages"] = [_message(message, call) for message in call.messages]
    if call.body.get("stream") is not True:
        body["stream"] = {"$optional": {"$any": "boolean"}}
    if "stream_options" in call.body:
        body["stream_options"] = {"$optional": {"$any": "object"}}
    limits = [call.body[key] for key in _LIMITS if key in call.body]
    if limits:
        body |= {key: {"$optional": limits[0]} for key in _LIMITS}
    tools = call.body.get("tools")
    if isinstance(tools, list):
        body["tools"] = [_tool(tool) for tool in tools]
        if tools and "tool_choice" not in call.body:
            body["tool_choice"] = {"$optional": "auto"}
    elif "tools" not in call.body and any(map(_is_of_tools, call.messages)):
        body["tools"] = {"$optional": []}
    return {"url": call.url, "body": body}


def _is_of_tools(message: Mapping[str, Any]) -> bool:
    return message.get("role") == "tool" or bool(message.get("tool_calls"))


def _tool(tool: Any) -> JsonValue:
    expected = escape(tool)
    function = tool.get("function") if isinstance(tool, dict) else None
    if isinstance(function, dict) and "strict" in function:
        expected["function"] = {**expected["function"], "strict": {"$optional": function["strict"]}}
    return expected


def _message(message: Mapping[str, Any], call: ChatCall) -> JsonValue:
    expected = escape(dict(message))
    content = message.get("content")
    if isinstance(content, list):
        parts = [_part(part, marked=call.marked) for part in content]
        text = only_text(content) if message.get("role") in _ONE_TEXT_ROLES else None
        expected["content"] = parts if text is None else {"$one_of": [parts, text]}
    elif isinstance(content, str) and call.marked and message.get("role") in _MARKED_ROLES:
        marked = {"type": "text", "text": content, "cache_control": _ANY_MARKER}
        expected["content"] = {"$one_of": [content, [marked]]}
    calls = message.get("tool_calls")
    if isinstance(calls, list) and calls:
        expected["tool_calls"] = [_call(each) for each in calls]
        if not content:
            expected["content"] = _NOTHING_SAID
    return expected


def _part(part: Any, *, marked: bool) -> JsonValue:
    expected = escape(part)
    if isinstance(part, dict) and (marked or "cache_control" in part):
        expected["cache_control"] = _ANY_MARKER
    return expected


def _call(call: Any) -> JsonValue:
    expected = escape(call)
    function = call.get("function") if isinstance(call, dict) else None
    try:
        arguments = orjson.loads(function["arguments"]) if isinstance(function, dict) else None
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return expected
    if isinstance(arguments, dict):
        expected["function"] = {**expected["function"], "arguments": {"$json": escape(arguments)}}
    return expected
