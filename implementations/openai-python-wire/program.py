"""A chat application's call to OpenRouter with the `openai` package: one program, one call.

It reads the call as JSON from standard input, and prints what came of it as JSON.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from typing import Any

import openai
from chat_calls import (
    NO_KEY,
    OPENROUTER,
    InexpressibleError,
    base_url,
    failure,
    gathered,
    messages,
    provider_and_model,
    settings,
)


def chat(call: Mapping[str, Any]) -> dict[str, Any]:
    """Make one streaming chat call and return its outcome."""
    key = call.get("api_key") or os.environ.get("OPENROUTER_API_KEY")
    if not key:
        return NO_KEY
    client = openai.OpenAI(api_key=key, base_url=base_url(call) or OPENROUTER)
    try:
        chunks = client.chat.completions.create(**arguments(call), stream=True)
        return gathered(chunk.to_dict() for chunk in chunks)
    except openai.APIStatusError as error:
        return failure(error.status_code, error.message)
    except openai.APIError as error:
        return failure(None, error.message, unreachable=isinstance(error, openai.APIConnectionError))


def arguments(call: Mapping[str, Any]) -> dict[str, Any]:
    """The keyword arguments of `chat.completions.create`."""
    params, given = call.get("params") or {}, settings(call)
    if "max_tokens" in given:
        given["max_completion_tokens"] = given.pop("max_tokens")
    extra: dict[str, Any] = {}
    if "provider" in params:
        extra["provider"] = params["provider"]
    if call.get("thinking") not in (None, "off"):
        extra["reasoning"] = {"effort": call["thinking"]}
    if isinstance(params.get("extra_body"), dict):
        extra |= params["extra_body"]
    _, model = provider_and_model(call["model"])
    own = {"extra_headers": call["headers"]} if call.get("headers") else {}
    return {"model": model, "messages": messages(call), "extra_body": extra, **given, **own}


if __name__ == "__main__":
    try:
        answer = chat(json.load(sys.stdin))
    except InexpressibleError as error:
        answer = {"unsupported": f"openai cannot say {error}"}
    sys.stdout.write(json.dumps(answer) + "\n")
