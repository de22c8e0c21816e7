"""A chat call of the OpenRouter provider, step by step in the order the contract sets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.model import JsonValue, Request
from harness_openclaw.editions import DEFAULT_EDITION
from harness_openclaw.reference.openrouter import (
    base,
    cache_markers,
    deepseek,
    headers,
    params,
    prefill,
    reasoning,
    refs,
    response_cache,
    routes,
    routing,
    text,
)
from harness_openclaw.reference.openrouter import config as configuration
from harness_openclaw.reference.refusal import Refusal, Unsupported

__all__ = ["shape"]

_EDITIONS = {"2026-04", "2026-05", "latest"}
_NOTHING: Mapping[str, Any] = {}


def shape(given: Mapping[str, JsonValue]) -> Request:
    """The request that a chat call with this input sends.

    Raises `Refusal` where the contract sends nothing, `Unsupported` for editions and providers that
    are not OpenRouter's.
    """
    edition = given.get("edition") or DEFAULT_EDITION
    if edition not in _EDITIONS:
        raise Unsupported(f"the edition {edition} has no rules for OpenRouter chat")
    config = given.get("config") or _NOTHING
    ref = refs.parse(_model(given, config), edition)
    if ref.provider == "clawrouter":
        raise Unsupported("chat through ClawRouter")
    provider = configuration.provider(config, ref.provider)
    route = routes.resolve(_base_url(given, provider), ref.provider, edition)
    key = headers.find_key(given.get("api_key"), provider, given.get("env") or _NOTHING, ref.provider)
    layers = configuration.param_layers(config, ref, edition, given.get("params") or _NOTHING)
    attributed = route.host and ref.provider == "openrouter"
    cached = route.host and edition != "2026-04"
    return Request(
        "POST",
        route.chat_url,
        headers.merge(
            key,
            protected=headers.attribution(edition) if attributed else (),
            configured=provider.get("headers") or _NOTHING,
            derived=response_cache.headers(layers, edition) if cached else (),
            own=given.get("headers") or _NOTHING,
        ),
        text.encode(_body(given, edition, ref, route, layers)),
    )


def _body(
    given: Mapping[str, JsonValue], edition: str, ref: refs.Ref, route: routes.Route, layers: params.Layers
) -> dict[str, Any]:
    family = refs.family(ref.wire, edition)
    meta = given.get("model_meta") or _NOTHING
    options = given.get("options") or _NOTHING
    level = reasoning.level_of(given.get("thinking"))
    latest = edition == "latest"
    exact = route.exact and edition != "2026-04"
    marked = route.host and family.anthropic
    ours = ref.provider == "openrouter"

    body = base.compose(
        given,
        ref=ref,
        family=family,
        meta=meta,
        layers=layers,
        options=options,
        edition=edition,
        local=route.local,
    )
    if marked and not latest:
        body = cache_markers.mark_last_turn(body)
    body = routing.forward(body, layers, route, edition)
    if exact and ours and family.deepseek_v4:
        if latest:
            body = deepseek.rewrite_latest(body, level)
        else:
            body = reasoning.rewrite(body, level, skipped=level is None, meta=meta, edition=edition)
            body = deepseek.rewrite(body, level)
    else:
        body = reasoning.rewrite(
            body,
            level,
            skipped=family.skips_reasoning,
            meta=meta,
            edition=edition,
            keeps_max=not ours and "/deepseek/" in f"/{ref.provider}/{ref.wire}".lower(),
        )
    if exact and family.prefills:
        body = prefill.drop(body)
    if marked and latest:
        body = cache_markers.mark_latest(body, _retention(layers, options))
    elif marked:
        body = cache_markers.mark_instructions(body)
    return base.finish(cache_markers.without_boundary(body), layers)


def _retention(layers: params.Layers, options: Mapping[str, JsonValue]) -> str | None:
    """How long cached prompts are to live: the call's option, else the param (OR-CC-07)."""
    option = options.get("cache_retention")
    value = params.find(layers, "cacheRetention") if option is None else option
    return value if isinstance(value, str) else None


def _model(given: Mapping[str, JsonValue], config: Mapping[str, JsonValue]) -> str:
    """The ref given, else the configured default, else OpenRouter Auto (OR-REF-05)."""
    model = given.get("model")
    if model is None:
        model = configuration.default_model(config)
    model = refs.DEFAULT_MODEL if model is None else model
    if not isinstance(model, str):
        raise Refusal(f"{model!r} is not a model ref: write <provider>/<model id>")
    return model


def _base_url(given: Mapping[str, JsonValue], provider: Mapping[str, JsonValue]) -> str | None:
    """The base URL given, else the configured one; a blank one counts as none."""
    given_url = given.get("base_url") or ""
    return given_url if given_url.strip() else provider.get("baseUrl")
