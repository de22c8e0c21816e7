"""The input from which the contract makes a recorded chat completion.

What the input has no word for is given as a field already in the body. Messages that the neutral form of a
conversation cannot hold are given as they were sent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from harness.cassettes.importing import ChatRequest
from harness.contracts import NotInvertible
from harness.model import JsonValue
from harness_openclaw.importing.chat import OPENAI_ONLY, is_canonical, is_openrouter, single_text

__all__ = ["input_of"]

_EFFORTS: Final = frozenset({"minimal", "low", "medium", "high", "xhigh"})
_LIMITS: Final = ("max_completion_tokens", "max_tokens")
_FROM_ELSEWHERE: Final = frozenset({"model", "messages", "stream", "stream_options", *_LIMITS, *OPENAI_ONLY})
_GENERIC_LABELS: Final = frozenset({"ai", "api", "co", "com", "net", "openai", "org", "www"})
_DATA_URL: Final = re.compile(r"data:(?P<mime>[\w.+-]+/[\w.+-]+);base64,(?P<data>[A-Za-z0-9+/=]*)")


def input_of(chat: ChatRequest) -> dict[str, JsonValue]:
    """Return the input from which a request is made, without the API key. Raises NotInvertible."""
    if "reasoning_effort" in chat.body:
        raise NotInvertible("it has `reasoning_effort`, which is never sent (OR-RSN-01)")
    given: dict[str, Any] = {"model": _ref(chat)}
    if not is_canonical(chat):
        given["base_url"] = chat.base_url
    _add_conversation(given, chat.messages)
    own: dict[str, JsonValue] = {}
    options: dict[str, JsonValue] = {}
    params: dict[str, JsonValue] = {}
    for key, value in chat.body.items():
        if key in _FROM_ELSEWHERE:
            continue
        if key == "reasoning":
            _add_reasoning(given, own, value, skipped=_skips_reasoning(chat))
        elif key == "tools" and (tools := _tools(value)) is not None:
            given["tools"] = tools
        elif key == "temperature" and _is_number(value):
            options["temperature"] = value
        elif key == "tool_choice" and value is not None:
            options["tool_choice"] = value
        elif key == "provider" and is_openrouter(chat) and isinstance(value, dict | list):
            params["provider"] = value
        elif key == "parallel_tool_calls" and isinstance(value, bool):
            params["parallel_tool_calls"] = value
        else:
            own[key] = value
    limit = next((chat.body[key] for key in _LIMITS if _is_number(chat.body.get(key))), None)
    if limit is not None:
        options["max_tokens"] = limit
    given |= {key: value for key, value in (("params", params), ("options", options), ("body", own)) if value}
    return given


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


# ------------------------------------------------------------------ the model


def _ref(chat: ChatRequest) -> str:
    """Return the model ref (OR-REF-01…04)."""
    model = chat.model
    if model != model.strip() or "@" in model.rpartition("/")[2]:
        raise NotInvertible(f"no model ref means the model id {model!r}")
    if not is_openrouter(chat):
        return f"{_provider(chat.host)}/{model}"
    if "/" not in model:
        raise NotInvertible(f"no model ref means the model id {model!r}, which has no slash")
    vendor, _, name = model.partition("/")
    return model if vendor == "openrouter" and "/" not in name else f"openrouter/{model}"


def _provider(host: str) -> str:
    """Return a provider id for a host that is not OpenRouter's: its most specific label."""
    labels = [label for label in host.split(".") if re.fullmatch(r"[a-z0-9-]+", label)]
    specific = [label for label in labels[:-1] if label not in _GENERIC_LABELS]
    if specific:
        return specific[-1]
    return "openai" if "openai" in labels else labels[0] if labels else "custom"


def _skips_reasoning(chat: ChatRequest) -> bool:
    """Return whether no thinking level is ever passed on to the model (OR-RSN-04)."""
    return chat.model.lower().startswith(("x-ai/", "openrouter/auto", "openrouter/hunter-alpha"))


def _add_reasoning(given: dict[str, Any], own: dict[str, Any], value: JsonValue, *, skipped: bool) -> None:
    """Add the thinking level that means the same, else the field as it is (OR-RSN-03)."""
    effort = value.get("effort") if isinstance(value, dict) else None
    if skipped:
        own["reasoning"] = value
    elif value == {"effort": "none"}:
        given["thinking"] = "off"
        given["model_meta"] = {**given.get("model_meta", {}), "reasoning": True}
    elif effort in _EFFORTS and "max_tokens" not in value:
        given["thinking"] = effort
        rest = {key: item for key, item in value.items() if key != "effort"}
        if rest:
            own["reasoning"] = rest
    else:
        own["reasoning"] = value


# ------------------------------------------------------------------ the conversation


def _add_conversation(given: dict[str, Any], messages: Sequence[Mapping[str, Any]]) -> None:
    start = 0
    if messages and messages[0].keys() == {"role", "content"} and messages[0]["role"] == "system":
        content = messages[0]["content"]
        text = single_text(content) if isinstance(content, list) else content
        if isinstance(text, str) and text:
            given["system"] = text
            start = 1
    given["history"] = [_turn(message) for message in messages[start:]]
    if any(_has_image(turn) for turn in given["history"]):
        given["model_meta"] = {"input": ["text", "image"]}


def _turn(message: Mapping[str, Any]) -> dict[str, Any]:
    """Return a message as a turn of a neutral conversation, or as it is if no turn can hold it."""
    role, content = message.get("role"), message.get("content")
    if role == "user" and isinstance(content, list) and message.keys() == {"role", "content"}:
        return {"role": "user", "content": [_block(part) for part in content]}
    if role == "assistant" and message.keys() == {"role", "content", "tool_calls"}:
        return _calling_turn(message) or dict(message)
    if role == "assistant" and message.keys() == {"role", "tool_calls"}:
        return _calling_turn({**message, "content": None}) or dict(message)
    return dict(message)


def _block(part: Any) -> Any:
    if not isinstance(part, dict) or part.keys() != {"type", "image_url"}:
        return part
    image = part["image_url"]
    if not isinstance(image, dict) or image.keys() != {"url"} or not isinstance(image["url"], str):
        return part
    data = _DATA_URL.fullmatch(image["url"])
    if data is None:
        return {"type": "image", "url": image["url"]}
    return {"type": "image", "mime_type": data["mime"], "data": data["data"]}


def _has_image(turn: Mapping[str, Any]) -> bool:
    content = turn.get("content")
    return isinstance(content, list) and any(
        isinstance(block, dict) and block.get("type") == "image" for block in content
    )


def _calling_turn(message: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return an assistant turn with tool calls in blocks; None if it has more than they can hold."""
    content, calls = message["content"], message["tool_calls"]
    if not (content is None or isinstance(content, str)) or not isinstance(calls, list) or not calls:
        return None
    blocks: list[dict[str, Any]] = []
    if content and content.strip():
        blocks.append({"type": "text", "text": content})
    for call in calls:
        function = call.get("function") if isinstance(call, dict) else None
        if not isinstance(function, dict) or function.keys() != {"name", "arguments"}:
            return None
        if call.keys() != {"id", "type", "function"} or call["type"] != "function":
            return None
        block = {"type": "tool_call", "id": call["id"], "name": function["name"]}
        blocks.append({**block, "arguments": _arguments(function["arguments"])})
    return {"role": "assistant", "content": blocks}


def _arguments(text: Any) -> Any:
    """Return tool arguments as an object, or as they are if they are not one."""
    try:
        value = orjson.loads(text)
    except (orjson.JSONDecodeError, TypeError):
        return text
    return value if isinstance(value, dict) else text


def _tools(value: Any) -> list[dict[str, Any]] | None:
    """Return function tools as name, description and parameters; None if there are other tools."""
    if not isinstance(value, list):
        return None
    tools = []
    for tool in value:
        function = tool.get("function") if isinstance(tool, dict) else None
        if not isinstance(function, dict) or tool.keys() != {"type", "function"} or "name" not in function:
            return None
        if not function.keys() <= {"name", "description", "parameters", "strict"}:
            return None
        tools.append({key: item for key, item in function.items() if key != "strict"})
    return tools
