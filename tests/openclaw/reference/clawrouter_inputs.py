"""A catalog of ClawRouter with a model of every kind, and what the reference sends for its models."""

from __future__ import annotations

import json
from typing import Any

from reference_inputs import user

from harness.model import Reply, Request
from harness_openclaw.reference import Client

ROOT = "https://clawrouter.openclaw.ai"
KEY = "cr-test"

LISTED = "openai/gpt-5.5"  # Responses, with a list of efforts
RESTLESS = "openai/gpt-5-pro"  # Responses, with a list of efforts that lacks none
QUIET = "openai/gpt-5-chat"  # Responses, with none alone
UNLISTED = "openai/gpt-5-plain"  # Responses, reasons, without a list
PLAIN = "openai/plain"  # Responses, does not reason and takes no images
CHAT = "acme/gpt-4o-like"  # chat completions, takes images, does not reason
THINKER = "acme/deepseek-v4"  # chat completions, reasons, without a list
CHOOSER = "acme/grok-4"  # chat completions, with a list of efforts
CLAUDE = "anthropic/claude-sonnet-4.6"
GEMINI = "google/gemini-2.5-pro"


def _model(model_id: str, *capabilities: str, **more: Any) -> dict[str, Any]:
    upstream = model_id.partition("/")[2].replace(".", "-")
    return {"id": model_id, "upstream": upstream, "capabilities": list(capabilities), **more}


def _provider(name: str, models: list[dict[str, Any]], *, path: str = "", style: str = "") -> dict[str, Any]:
    routes = [{"path": path, "requestFormat": style, "methods": ["POST"]}] if path else []
    return {
        "id": name,
        "openaiCompatible": not path,
        "nativeBaseUrl": f"/v1/native/{name}",
        "routes": routes,
        "models": models,
    }


CATALOG = {
    "providers": [
        _provider(
            "openai",
            [
                _model(LISTED, "llm.responses", supportedReasoningEfforts=["none", "low", "high"]),
                _model(RESTLESS, "llm.responses", supportedReasoningEfforts=["low", "high"]),
                _model(QUIET, "llm.responses", supportedReasoningEfforts=["none"]),
                _model(UNLISTED, "llm.responses"),
                _model(PLAIN, "llm.responses"),
            ],
        ),
        _provider(
            "acme",
            [
                _model(CHAT, "llm.chat"),
                _model(THINKER, "llm.chat"),
                _model(CHOOSER, "llm.chat", supportedReasoningEfforts=["low", "high"]),
            ],
        ),
        _provider(
            "anthropic",
            [_model(CLAUDE, "llm.messages")],
            path="/v1/messages",
            style="anthropic.messages",
        ),
        _provider(
            "google",
            [_model(GEMINI, "llm.stream")],
            path="/v1beta/models/${model}:streamGenerateContent",
            style="google.generate_content",
        ),
    ]
}


def asking(model: str = LISTED, **given: Any) -> dict[str, Any]:
    """A chat call of one user turn, with `given` on top."""
    return {
        "edition": "latest",
        "model": f"clawrouter/{model}",
        "api_key": KEY,
        "thinking": "off",
        "history": [user("hi")],
        **given,
    }


def perform(
    given: dict[str, Any], *, client: Client | None = None, answer: Reply | None = None
) -> tuple[list[Request], dict[str, Any]]:
    """The requests of a call that is given the catalog, and `answer` to its model call, and its outcome."""
    requests = []
    call = (client or Client())(given)
    reply: Reply | None = None
    try:
        while True:
            request = call.send(reply)
            assert isinstance(request, Request)
            requests.append(request)
            if request.method == "GET":
                reply = Reply(200, (), (json.dumps(CATALOG).encode(),))
            else:
                reply = answer or Reply(500)
    except StopIteration as end:
        return requests, end.value


def model_call(model: str = LISTED, **given: Any) -> Request:
    """The model call of an input, which follows its look at the catalog."""
    requests, outcome = perform(asking(model, **given))
    assert [request.method for request in requests] == ["GET", "POST"], outcome
    return requests[1]


def body(model: str = LISTED, **given: Any) -> dict[str, Any]:
    """The JSON body of the model call of an input."""
    made: dict[str, Any] = json.loads(model_call(model, **given).body)
    return made


def headers(model: str = LISTED, **given: Any) -> dict[str, str]:
    """The headers of the model call of an input, names in lower case."""
    sent = model_call(model, **given).headers
    lowered = {name.lower(): value for name, value in sent}
    assert len(lowered) == len(sent), "a header was sent twice"
    return lowered
