"""A chat application's call to OpenRouter through langchain-openrouter's `ChatOpenRouter`.

Nothing is configured but the key and the base URL, so the calls are attributed to LangChain, as they are for
everyone who does not give `app_url`, `app_title` and `app_categories`.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import httpx
from chat_calls import (
    FINISHED,
    NO_KEY,
    InexpressibleError,
    base_url,
    failure,
    messages,
    provider_and_model,
    settings,
)
from langchain_core.messages import AIMessageChunk
from langchain_openrouter import ChatOpenRouter
from openrouter.errors import NoResponseError, OpenRouterError
from serving import serve


def chat(call: Mapping[str, Any]) -> dict[str, Any]:
    """Make one streaming chat call and return its outcome."""
    if not call.get("api_key"):
        return NO_KEY
    given = settings(call)
    tools = {
        name: given.pop(name) for name in ("tools", "tool_choice", "parallel_tool_calls") if name in given
    }
    turns = messages(call)
    for turn in turns:
        if turn["role"] == "developer":
            raise InexpressibleError("a developer's message")
    try:
        model = chat_model(call, given)
        chunks: list[AIMessageChunk] = list(model.stream(turns, **tools))
    except OpenRouterError as error:
        return failure(error.status_code, str(error))
    except (NoResponseError, httpx.HTTPError) as error:
        return failure(None, str(error))
    return outcome(chunks)


def chat_model(call: Mapping[str, Any], given: dict[str, Any]) -> ChatOpenRouter:
    provider, model = provider_and_model(call["model"])
    if provider != "openrouter":
        raise InexpressibleError(f"the provider {provider!r}")
    params = call.get("params") or {}
    if params.get("extra_body"):
        raise InexpressibleError("fields of the body that it does not know")
    thinking = call.get("thinking")
    stated = {
        "base_url": base_url(call),
        "reasoning": None if thinking in (None, "off") else {"effort": thinking},
        "openrouter_provider": params.get("provider"),
        "default_headers": call.get("headers"),
        **given,
    }
    stated = {name: value for name, value in stated.items() if value is not None}
    return ChatOpenRouter(model=model, api_key=call["api_key"], **stated)


def outcome(chunks: list[AIMessageChunk]) -> dict[str, Any]:
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole += chunk
    finish = whole.response_metadata.get("finish_reason")
    found = {
        "usage": usage(whole),
        "finish_reason": FINISHED.get(finish, finish),
        "tool_calls": [
            {"id": call["id"], "name": call["name"], "arguments": call["args"]} for call in whole.tool_calls
        ]
        or None,
    }
    return {"text": str(whole.text)} | {name: value for name, value in found.items() if value is not None}


def usage(whole: AIMessageChunk) -> dict[str, Any] | None:
    """What it counts under the names that an outcome has as well."""
    counted = whole.usage_metadata or {}
    return {
        name: counted[name] for name in ("input_tokens", "output_tokens", "total_tokens") if name in counted
    } or None


if __name__ == "__main__":
    serve("langchain-openrouter", version("langchain-openrouter"), chat)
