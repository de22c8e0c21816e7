"""A chat application's call to OpenRouter, made with the `openai` package and nothing else.

What the package does not know of (attribution, cache markers, response caching, routes) is not added here:
the harness shows what such an application really sends.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import openai
from openai.types.chat import ChatCompletionChunk

OPENROUTER = "https://openrouter.ai/api/v1"

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


def chat(call: Mapping[str, Any]) -> dict[str, Any]:
    """Send one streaming chat call and return its outcome: what came back, or the error that ended it."""
    if not call.get("api_key"):
        return {"error": {"class": "auth", "retryable": False, "message": "no API key is configured"}}
    client = openai.OpenAI(
        api_key=call["api_key"],
        base_url=(call.get("base_url") or "").strip() or OPENROUTER,
        http_client=connections(),
    )
    try:
        chunks = client.chat.completions.create(**arguments(call), stream=True)
        return outcome(chunks)
    except openai.APIError as error:
        return {"error": failure(error)}
    except json.JSONDecodeError as error:  # the package reads events without data, too
        return {
            "error": {"class": None, "retryable": False, "message": f"an event that is not JSON: {error}"}
        }


chat.harness = {"version": openai.__version__}  # type: ignore[attr-defined]


@lru_cache(maxsize=1)
def connections() -> Any:
    """The connection pool that all calls share, as in a long-lived application."""
    return openai.DefaultHttpxClient()


def arguments(call: Mapping[str, Any]) -> dict[str, Any]:
    """The keyword arguments of `chat.completions.create` for a call of the harness."""
    options = call.get("options") or {}
    params = call.get("params") or {}
    given: dict[str, Any] = {
        "model": model_id(call["model"]),
        "messages": list(messages(call)),
        "max_completion_tokens": options.get("max_tokens", params.get("maxTokens")),
        "temperature": options.get("temperature", params.get("temperature")),
        "tools": [{"type": "function", "function": tool} for tool in call.get("tools") or ()] or None,
        "tool_choice": options.get("tool_choice"),
        "parallel_tool_calls": params.get("parallel_tool_calls"),
        "extra_headers": call.get("headers"),
        "extra_body": extra_body(call.get("thinking"), params),
    }
    return {name: value for name, value in given.items() if value is not None}


def model_id(ref: str) -> str:
    """OpenRouter's own id: without the provider in front, save for its own models (`openrouter/auto`)."""
    own = ref.partition("/")[2]
    return own if "/" in own else ref


def extra_body(thinking: str | None, params: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of OpenRouter's that the package has no argument for."""
    extra: dict[str, Any] = {}
    if "provider" in params:
        extra["provider"] = params["provider"]
    if thinking not in (None, "off"):
        extra["reasoning"] = {"effort": thinking}
    configured = params.get("extra_body")
    return extra | (configured if isinstance(configured, dict) else {})


def messages(call: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    """The conversation in the wire form of chat completions."""
    if call.get("system"):
        yield {"role": "system", "content": call["system"]}
    for turn in call.get("history") or ():
        content = turn.get("content")
        if turn["role"] == "user":
            yield {"role": "user", "content": content if isinstance(content, str) else parts(content)}
        elif turn["role"] == "tool":
            yield {"role": "tool", "tool_call_id": turn["tool_call_id"], "content": text_of(content)}
        elif turn["role"] == "assistant" and "tool_calls" not in turn:
            yield assistant(content)
        else:
            yield dict(turn)


def parts(blocks: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"type": "text", "text": block["text"]}
        if block["type"] == "text"
        else {"type": "image_url", "image_url": {"url": f"data:{block['mime_type']};base64,{block['data']}"}}
        for block in blocks
    ]


def assistant(content: Any) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": text_of(content) or None}
    calls = [block for block in content if block["type"] == "tool_call"] if isinstance(content, list) else []
    if calls:
        message["tool_calls"] = [
            {
                "id": call["id"],
                "type": "function",
                "function": {"name": call["name"], "arguments": json.dumps(call["arguments"])},
            }
            for call in calls
        ]
    return message


def text_of(content: Any) -> str:
    if isinstance(content, list):
        return "".join(block["text"] for block in content if block["type"] == "text")
    return content or ""


def outcome(chunks: Iterable[ChatCompletionChunk]) -> dict[str, Any]:
    """Gather a stream into text, tool calls, usage and finish reason."""
    text = ""
    calls: dict[int, dict[str, str]] = {}
    result: dict[str, Any] = {}
    for chunk in chunks:
        if chunk.usage:
            result["usage"] = usage_of(chunk.usage.to_dict())
        for choice in chunk.choices:
            text += choice.delta.content or ""
            for piece in choice.delta.tool_calls or ():
                call = calls.setdefault(piece.index, {"id": "", "name": "", "arguments": ""})
                call["id"] += piece.id or ""
                if piece.function:
                    call["name"] += piece.function.name or ""
                    call["arguments"] += piece.function.arguments or ""
            if choice.finish_reason:
                result["finish_reason"] = FINISHED.get(choice.finish_reason, choice.finish_reason)
    result["text"] = text
    if calls:
        result["tool_calls"] = [
            call | {"arguments": json.loads(call["arguments"] or "{}")} for call in calls.values()
        ]
    return result


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


def failure(error: openai.APIError) -> dict[str, Any]:
    """The error as the application would report it; the package tells statuses apart, not their meaning."""
    if isinstance(error, openai.APIStatusError):
        status = error.status_code
        kind = ERROR_CLASSES.get(status, "timeout" if status >= 500 else "format")
        retryable = status in (408, 409, 429) or status >= 500
        return {"class": kind, "status": status, "retryable": retryable, "message": error.message}
    unreachable = isinstance(error, openai.APIConnectionError)
    return {"class": "timeout", "retryable": unreachable, "message": error.message}
