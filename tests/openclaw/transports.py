"""A ClawRouter catalog with models of all four transports, and what the reference sends to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson

from harness.model import JsonValue, Reply, Request
from harness_openclaw.reference import Client

__all__ = ["CATALOG", "LEVELS", "MODELS", "Served", "asked_of", "calling"]

ROOT = "https://clawrouter.openclaw.ai"


@dataclass(frozen=True)
class Served:
    """A model of the catalog: the id in a ref, the provider's own, its transport, the levels it offers."""

    id: str
    upstream: str
    transport: str
    levels: tuple[str, ...]

    def __str__(self) -> str:
        return self.id.replace("/", "-")


_USUAL = ("off", "minimal", "low", "medium", "high")
MODELS = (
    Served("openai/gpt-5.5", "gpt-5.5", "responses", ("off", "low", "medium", "high", "xhigh")),
    Served("openai/gpt-4o", "gpt-4o", "responses", ("off",)),
    Served("deepseek/deepseek-v4-pro", "deepseek-v4-pro", "chat_completions", _USUAL),
    Served("openai/gpt-oss-120b", "gpt-oss-120b", "chat_completions", ("off", "low", "medium", "high")),
    Served("anthropic/claude-opus-4.7", "claude-opus-4-7", "messages", (*_USUAL, "adaptive", "max")),
    Served("anthropic/claude-sonnet-4.5", "claude-sonnet-4-5", "messages", _USUAL),
    Served("google/gemini-3.1-pro", "gemini-3.1-pro", "gemini", _USUAL),
    Served("google/gemini-2.5-flash", "gemini-2.5-flash", "gemini", _USUAL),
)


def _row(model: Served, capability: str, **more: JsonValue) -> JsonValue:
    return {"id": model.id, "upstream": model.upstream, "capabilities": [capability], **more}


def _rows(provider: str) -> list[JsonValue]:
    capabilities = {
        "responses": "llm.responses",
        "chat_completions": "llm.chat",
        "messages": "llm.messages",
        "gemini": "llm.stream",
    }
    efforts = {
        "openai/gpt-5.5": ["none", "low", "medium", "high", "xhigh"],
        "openai/gpt-oss-120b": ["low", "medium", "high"],
    }
    return [
        _row(
            model,
            capabilities[model.transport],
            **({"supportedReasoningEfforts": efforts[model.id]} if model.id in efforts else {}),
        )
        for model in MODELS
        if model.id.startswith(f"{provider}/")
    ]


CATALOG: JsonValue = {
    "providers": [
        {
            "id": "openai",
            "openaiCompatible": True,
            "nativeBaseUrl": "/v1/native/openai",
            "routes": [],
            "models": _rows("openai"),
        },
        {
            "id": "deepseek",
            "openaiCompatible": True,
            "nativeBaseUrl": "/v1/native/deepseek",
            "routes": [],
            "models": _rows("deepseek"),
        },
        {
            "id": "anthropic",
            "openaiCompatible": False,
            "nativeBaseUrl": "/v1/native/anthropic",
            "routes": [{"path": "/v1/messages", "methods": ["POST"], "requestFormat": "anthropic.messages"}],
            "models": _rows("anthropic"),
        },
        {
            "id": "google",
            "openaiCompatible": False,
            "nativeBaseUrl": "/v1/native/google",
            "routes": [
                {
                    "path": "/v1beta/models/${model}:streamGenerateContent",
                    "methods": ["POST"],
                    "requestFormat": "google.generate_content",
                }
            ],
            "models": _rows("google"),
        },
    ]
}

Answer = Callable[[Request], Reply]


def calling(given: JsonValue, answer: Answer) -> tuple[list[Request], dict[str, Any]]:
    """Let a new client of the reference make a call, and give what it sent and what it reports.

    The catalog is the one above; everything else is answered by `answer`.
    """
    call = Client()(given)
    sent: list[Request] = []
    reply: Reply | None = None
    while True:
        try:
            step = call.send(reply)
        except StopIteration as end:
            return sent, end.value
        reply = None
        if isinstance(step, Request):
            sent.append(step)
            if step.url.startswith(f"{ROOT}/v1/catalog"):
                headers = (("content-type", "application/json"),)
                reply = Reply(200, headers, (orjson.dumps(CATALOG),))
            else:
                reply = answer(step)


def asked_of(model: Served, **given: JsonValue) -> Request:
    """The model call that this input makes, beside the look-up of the catalog."""
    whole = {"edition": "latest", "model": f"clawrouter/{model.id}", "api_key": "cr-0000", **given}
    sent, outcome = calling(whole, lambda request: Reply(500))
    calls = [request for request in sent if request.method == "POST"]
    assert len(calls) == 1, outcome
    return calls[0]


LEVELS = tuple((model, level) for model in MODELS for level in model.levels)
"""Every model with each level that it offers."""
