"""A chat application's call to OpenRouter through litellm, sync or (with the argument `async`) async.

Nothing is configured but the key and the base URL, so litellm attributes the calls to itself, as it does
for everyone who does not set OR_SITE_URL and OR_APP_NAME.
"""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import litellm
import openai  # whose errors litellm's are
from chat_calls import (
    NO_KEY,
    InexpressibleError,
    base_url,
    failure,
    gathered,
    messages,
    provider_and_model,
    settings,
)
from serving import serve

RUNNER = asyncio.Runner()


def chat(call: Mapping[str, Any]) -> dict[str, Any]:
    """Make one streaming chat call and return its outcome."""
    if not call.get("api_key"):
        return NO_KEY
    given = arguments(call)
    try:
        chunks = litellm.completion(**given, stream=True)
        return gathered(chunk.model_dump() for chunk in chunks)
    except openai.OpenAIError as error:
        return failed(error)
    finally:
        # litellm does not close its streams. One that the collector finalises while httpx takes a connection
        # from its pool waits for that pool's lock for ever.
        gc.collect()


def chat_async(call: Mapping[str, Any]) -> dict[str, Any]:
    """The same through `acompletion`, which has HTTP code of its own (aiohttp)."""
    if not call.get("api_key"):
        return NO_KEY
    given = arguments(call)

    async def gather() -> dict[str, Any]:
        chunks = await litellm.acompletion(**given, stream=True)
        return gathered([chunk.model_dump() async for chunk in chunks])

    try:
        return RUNNER.run(gather())
    except openai.OpenAIError as error:
        return failed(error)


def arguments(call: Mapping[str, Any]) -> dict[str, Any]:
    """The keyword arguments of `completion` and `acompletion`."""
    provider, model = provider_and_model(call["model"])
    if provider != "openrouter":
        raise InexpressibleError(f"the provider {provider!r}")
    params = call.get("params") or {}
    given = {
        "model": f"openrouter/{model}",
        "messages": messages(call),
        "api_key": call["api_key"],
        "api_base": base_url(call),
        "extra_headers": call.get("headers"),
        "reasoning_effort": None if call.get("thinking") == "off" else call.get("thinking"),
        "provider": params.get("provider"),
        **settings(call),
        **(params["extra_body"] if isinstance(params.get("extra_body"), dict) else {}),
    }
    return {name: value for name, value in given.items() if value is not None}


def failed(error: Exception) -> dict[str, Any]:
    connected = not isinstance(error, openai.APIConnectionError)
    return failure(getattr(error, "status_code", None) if connected else None, str(error))


if __name__ == "__main__":
    gc.freeze()
    is_async = sys.argv[1:] == ["async"]
    serve("litellm", version("litellm"), chat_async if is_async else chat)
