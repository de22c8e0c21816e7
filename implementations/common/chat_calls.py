"""From the harness's input to what chat clients take: messages in OpenAI's form, options, errors.

For the clients whose callers write OpenAI's chat messages; `InexpressibleError` is what these cannot say.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

OPENROUTER = "https://openrouter.ai/api/v1"
NO_KEY = {"error": {"class": "auth", "retryable": False, "message": "no API key is configured"}}

ERROR_CLASSES = {
    401: "auth",
    402: "billing",
    403: "auth",
    404: "model_not_found",
    408: "timeout",
    429: "rate_limit",
    529: "overloaded",
}
FINISHED = {"tool_calls": "toolUse", "function_call": "toolUse"}


class InexpressibleError(Exception):
    """The client has no way to say this; the message says what."""


def base_url(call: Mapping[str, Any]) -> str | None:
    return (call.get("base_url") or "").strip() or None


def provider_and_model(ref: str) -> tuple[str, str]:
    """The provider's name and the model's id there, which for OpenRouter's own models is the whole."""
    provider, _, model = ref.partition("/")
    return provider, model if "/" in model else ref


def settings(call: Mapping[str, Any]) -> dict[str, Any]:
    """The keyword arguments that every chat-completions client has, as far as they are given."""
    options, params = call.get("options") or {}, call.get("params") or {}
    found = {
        "max_tokens": options.get("max_tokens", params.get("maxTokens")),
        "temperature": options.get("temperature", params.get("temperature")),
        "tools": [{"type": "function", "function": tool} for tool in call.get("tools") or ()] or None,
        "tool_choice": options.get("tool_choice"),
        "parallel_tool_calls": params.get("parallel_tool_calls"),
    }
    return {name: value for name, value in found.items() if value is not None}


def messages(call: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The conversation. Raises `InexpressibleError` for a turn that OpenAI's API does not have."""
    turns = [_message(turn) for turn in call.get("history") or ()]
    system = call.get("system")
    return [{"role": "system", "content": system}, *turns] if system else turns


def _message(turn: Mapping[str, Any]) -> dict[str, Any]:
    role, content = turn.get("role"), turn.get("content")
    if role in ("system", "developer", "user"):
        return {"role": role, "content": content if isinstance(content, str) else _parts(content)}
    if role == "tool":
        return {"role": role, "tool_call_id": turn.get("tool_call_id"), "content": _text(content)}
    if role == "assistant":
        return _assistant(content, turn)
    raise InexpressibleError(f"a turn of the role {role!r}")


def _assistant(content: Any, turn: Mapping[str, Any]) -> dict[str, Any]:
    blocks = content if isinstance(content, list) else []
    calls = list(turn.get("tool_calls") or ())
    calls += [_tool_call(block) for block in blocks if _kind(block) == "tool_call"]
    words = [block for block in blocks if _kind(block) != "tool_call"] if blocks else content
    message: dict[str, Any] = {"role": "assistant", "content": _text(words) or None}
    return message | ({"tool_calls": calls} if calls else {})


def _tool_call(block: Mapping[str, Any]) -> dict[str, Any]:
    if set(block) - {"type", "id", "name", "arguments"}:
        raise InexpressibleError("a tool call that is signed")
    function = {"name": block["name"], "arguments": json.dumps(block["arguments"])}
    return {"id": block["id"], "type": "function", "function": function}


def _parts(content: Any) -> list[dict[str, Any]]:
    if not isinstance(content, list):
        raise InexpressibleError(f"content that is {json.dumps(content)}")
    return [_part(block) for block in content]


def _part(block: Any) -> dict[str, Any]:
    if _kind(block) == "text":
        return {name: value for name, value in block.items() if name in ("type", "text", "cache_control")}
    if _kind(block) == "image":
        return {
            "type": "image_url",
            "image_url": {"url": f"data:{block['mime_type']};base64,{block['data']}"},
        }
    raise InexpressibleError(f"a block of the type {_kind(block)!r}")


def _text(content: Any) -> str:
    if content is None or isinstance(content, str):
        return content or ""
    parts = _parts(content)
    if any(part["type"] != "text" for part in parts):
        raise InexpressibleError("an image that is not the user's")
    return "".join(part["text"] for part in parts)


def _kind(block: Any) -> Any:
    return block.get("type") if isinstance(block, Mapping) else type(block).__name__


def gathered(deltas: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The outcome of a stream of chat-completion chunks, each as a mapping."""
    text, calls, outcome = "", {}, {}
    for chunk in deltas:
        if chunk.get("usage"):
            outcome["usage"] = usage_of(chunk["usage"])
        for choice in chunk.get("choices") or ():
            delta = choice.get("delta") or {}
            text += delta.get("content") or ""
            for piece in delta.get("tool_calls") or ():
                call = calls.setdefault(piece["index"], {"id": "", "name": "", "arguments": ""})
                function = piece.get("function") or {}
                call["id"] += piece.get("id") or ""
                call["name"] += function.get("name") or ""
                call["arguments"] += function.get("arguments") or ""
            if choice.get("finish_reason"):
                outcome["finish_reason"] = FINISHED.get(choice["finish_reason"], choice["finish_reason"])
    if calls:
        outcome["tool_calls"] = [
            call | {"arguments": json.loads(call["arguments"] or "{}")} for call in calls.values()
        ]
    return {"text": text, **outcome}


def usage_of(stated: Mapping[str, Any]) -> dict[str, Any]:
    """Tokens and cost, in the words of an outcome."""
    into, out = stated.get("prompt_tokens_details") or {}, stated.get("completion_tokens_details") or {}
    told = {
        "input_tokens": stated.get("prompt_tokens"),
        "output_tokens": stated.get("completion_tokens"),
        "total_tokens": stated.get("total_tokens"),
        "cached_tokens": into.get("cached_tokens"),
        "cache_write_tokens": into.get("cache_write_tokens"),
        "reasoning_tokens": out.get("reasoning_tokens"),
        "cost": stated.get("cost"),
    }
    return {name: value for name, value in told.items() if value is not None}


def failure(status: int | None, message: str, *, unreachable: bool = True) -> dict[str, Any]:
    """The outcome of a call that failed: with a status, or with none, where the provider was `unreachable`
    or answered what could not be read."""
    if status is None:
        return {"error": {"class": "timeout", "retryable": unreachable, "message": message}}
    kind = ERROR_CLASSES.get(status, "timeout" if status >= 500 else "format")
    retryable = status in (408, 409, 429) or status >= 500
    return {"error": {"class": kind, "status": status, "retryable": retryable, "message": message}}
