"""The body that is expected for a recorded one: in any spelling that means the same to the provider.

It is exactly the recorded body except for how the answer is wanted (streaming, the name of the token
limit), fields that only OpenAI knows, cache markers, and the spelling of tool arguments.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson

from harness.cassettes.importing import ChatRequest
from harness.matchers import escape
from harness.model import JsonValue
from harness_openclaw.importing.chat import OPENAI_ONLY, may_have_markers, single_text

__all__ = ["expected_body"]

_LIMITS: Final = ("max_completion_tokens", "max_tokens")
_ANY_MARKER: Final = {"$optional": {"$any": "object"}}
_NO_CONTENT: Final = {"$optional": {"$one_of": ["", None]}}
_ONE_TEXT_ROLES: Final = frozenset({"assistant", "system"})
_MARKED_ROLES: Final = frozenset({"developer", "system", "tool", "user"})


def expected_body(chat: ChatRequest) -> dict[str, JsonValue]:
    """Return the expected body of a recorded request, with matchers."""
    body: dict[str, Any] = {}
    for key, value in chat.body.items():
        body[key] = {"$optional": escape(value)} if key in OPENAI_ONLY else escape(value)
    marked = may_have_markers(chat)
    body["messages"] = [_message(message, marked=marked) for message in chat.messages]
    if chat.body.get("stream") is not True:
        body["stream"] = {"$optional": {"$any": "boolean"}}
    if "stream_options" in chat.body:
        body["stream_options"] = {"$optional": {"$any": "object"}}
    limits = [chat.body[key] for key in _LIMITS if key in chat.body]
    if limits:
        body |= {key: {"$optional": limits[0]} for key in _LIMITS}
    tools = chat.body.get("tools")
    if isinstance(tools, list):
        body["tools"] = [_tool(tool) for tool in tools]
        if tools and "tool_choice" not in chat.body:
            body["tool_choice"] = {"$optional": "auto"}
    elif "tools" not in chat.body and any(map(_is_about_tools, chat.messages)):
        body["tools"] = {"$optional": []}
    return body


def _is_about_tools(message: Mapping[str, Any]) -> bool:
    return message.get("role") == "tool" or bool(message.get("tool_calls"))


def _tool(tool: Any) -> JsonValue:
    expected = escape(tool)
    function = tool.get("function") if isinstance(tool, dict) else None
    if isinstance(function, dict) and "strict" in function:
        expected["function"] = {**expected["function"], "strict": {"$optional": function["strict"]}}
    return expected


def _message(message: Mapping[str, Any], *, marked: bool) -> JsonValue:
    expected = escape(dict(message))
    content = message.get("content")
    if isinstance(content, list):
        parts = [_part(part, marked=marked) for part in content]
        text = single_text(content) if message.get("role") in _ONE_TEXT_ROLES else None
        expected["content"] = parts if text is None else {"$one_of": [parts, text]}
    elif isinstance(content, str) and marked and message.get("role") in _MARKED_ROLES:
        block = {"type": "text", "text": content, "cache_control": _ANY_MARKER}
        expected["content"] = {"$one_of": [content, [block]]}
    calls = message.get("tool_calls")
    if isinstance(calls, list) and calls:
        expected["tool_calls"] = [_call(each) for each in calls]
        if not content:
            expected["content"] = _NO_CONTENT
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
