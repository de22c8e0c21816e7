"""What a client does through ClawRouter: one model call over the transport that the catalog says, and the
list of its models."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from harness.model import JsonValue, Reply, Request
from harness_openclaw.editions import DEFAULT_EDITION
from harness_openclaw.reference.clawrouter import access, headers
from harness_openclaw.reference.clawrouter.call import Call
from harness_openclaw.reference.clawrouter.catalog import Model, find
from harness_openclaw.reference.exchange import Exchange, Outcome, ask
from harness_openclaw.reference.openrouter import config as configuration
from harness_openclaw.reference.openrouter import params, reasoning, refs
from harness_openclaw.reference.openrouter.text import encode
from harness_openclaw.reference.refusal import Failure, Refusal, Unsupported

if TYPE_CHECKING:
    from harness_openclaw.reference.client import Session

__all__ = ["catalog", "chat"]

_EDITIONS = {"clawrouter", "latest"}
_PARALLEL = {"openai-responses", "openai-completions"}
_NEVER_SENT = {
    "clawrouterRoute",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "provider",
    "serviceTier",
    "service_tier",
    "store",
}
"""Fields of a caller's own body that stay behind (CW-REQ-02, -03)."""


class _Transport(NamedTuple):
    wire: str  # the module that writes the body
    answer: str  # the module that reads the answer
    path: Callable[[Model], str]  # where to, below the root (CW-REQ-01)


_TRANSPORTS: Mapping[str, _Transport] = {
    "openai-responses": _Transport("wire_responses", "responses", lambda model: "/v1/responses"),
    "openai-completions": _Transport("wire_completions", "chat", lambda model: "/v1/chat/completions"),
    "anthropic-messages": _Transport(
        "wire_messages", "messages", lambda model: f"{model.native_base}/v1/messages"
    ),
    "google-generative-ai": _Transport(
        "wire_gemini",
        "gemini",
        lambda model: (
            f"{model.native_base}{model.google_prefix}/models/{quote(model.upstream, safe=_IN_PATH)}"
            ":streamGenerateContent?alt=sse"
        ),
    ),
}
_IN_PATH = "/:@!$&'()*+,;=~"


def chat(given: Mapping[str, JsonValue], session: Session) -> Exchange[Outcome]:
    """Make one model call, after loading the catalog if it is not known.

    Raises `Refusal` where nothing is sent: for a bad ref, one that the agent's allowlist lacks (CW-CAT-11),
    and without a key; `Failure` where the catalog cannot be loaded or lacks the model (CW-CAT-06), and for a
    call that failed. Nothing is sent a second time.
    """
    edition = _edition(given)
    config = given.get("config") or {}
    ref = refs.parse(given.get("model") or configuration.default_model(config), edition)
    _check_allowed(ref, config, edition)
    root, key = access.root_of(given), access.require_key(given)
    models = yield from session.catalogs.load(root, key, edition=edition, clock=session.clock)
    model = find(models, ref.id)
    if model is None:
        raise Failure(f"ClawRouter's catalog has no model {ref.id!r}", error_class="model_not_found")
    layers = configuration.param_layers(config, ref, edition, given.get("params") or {})
    call = Call(
        given, model, reasoning.level_of(given.get("thinking")), layers, given.get("options") or {}, edition
    )
    transport = _TRANSPORTS[model.transport]
    reply = yield from ask(
        Request("POST", root + transport.path(model), headers.model_call(call, key), encode(_body(call)))
    )
    return _read(transport.answer, reply)


def catalog(given: Mapping[str, JsonValue], session: Session) -> Exchange[Outcome]:
    """The models that the key may call; none, and nothing is asked, without a key (CW-AUTH-03)."""
    edition = _edition(given)
    root, key = access.root_of(given), access.key_of(given)
    if key is None:
        return {"models": []}
    models = yield from session.catalogs.load(root, key, edition=edition, clock=session.clock)
    return {"models": [_listed(model) for model in models]}


def _edition(given: Mapping[str, JsonValue]) -> str:
    edition: str = given.get("edition") or DEFAULT_EDITION
    if edition not in _EDITIONS:
        raise Unsupported(f"the edition {edition} has no rules for ClawRouter")
    return edition


def _check_allowed(ref: refs.Ref, config: Mapping[str, JsonValue], edition: str) -> None:
    """Where the agent's models are an allowlist, a ref must be on it."""
    allowed = ((config.get("agents") or {}).get("defaults") or {}).get("models")
    if not isinstance(allowed, dict) or not allowed:
        return
    for text in allowed:
        try:
            known = refs.parse(text, edition)
        except Refusal:
            continue
        if (known.provider, known.id) == (ref.provider, ref.id):
            return
    raise Refusal(
        f"{ref.provider}/{ref.id} is not among the models the agent may use", error_class="model_not_found"
    )


def _body(call: Call) -> dict[str, Any]:
    """The body that the transport's wire form makes, with the caller's own fields over it."""
    wire = importlib.import_module(f"{__package__}.{_TRANSPORTS[call.model.transport].wire}")
    own = call.given.get("body") or {}
    kept = {key: value for key, value in own.items() if key not in _NEVER_SENT}
    body: dict[str, Any] = {**wire.body(call), **kept}
    parallel = params.find(call.params, "parallel_tool_calls", "parallelToolCalls")
    if call.model.transport in _PARALLEL and isinstance(parallel, bool):
        body["parallel_tool_calls"] = parallel
    return body


def _read(answer: str, reply: Reply) -> Outcome:
    reader = importlib.import_module(f"harness_openclaw.reference.answers.{answer}")
    outcome: Outcome = reader.read(reply, provider=access.PROVIDER)
    return outcome


def _listed(model: Model) -> dict[str, JsonValue]:
    listed: dict[str, JsonValue] = {
        "ref": model.ref,
        "id": model.id,
        "name": model.name,
        "reasoning": model.reasoning,
        "input": ["text", "image"] if model.takes_images else ["text"],
        "context_window": model.context_window,
        "max_tokens": model.max_tokens,
        "cost": dict(model.cost),
        "transport": model.transport,
    }
    if model.efforts is not None:
        listed["reasoning_efforts"] = list(model.efforts)
    return listed
