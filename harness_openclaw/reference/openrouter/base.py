"""The body before any provider-specific step, and what is merged over it at the end (OR-BODY, OR-NO)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.model import JsonValue
from harness_openclaw.reference.openrouter import messages, tools
from harness_openclaw.reference.openrouter.params import Layers, find, number
from harness_openclaw.reference.openrouter.refs import Family, Ref
from harness_openclaw.reference.openrouter.text import well_formed

__all__ = ["compose", "finish"]

_OPENAI_ONLY = {
    "store",
    "service_tier",
    "serviceTier",
    "prompt_cache_key",
    "prompt_cache_retention",
    "prompt_cache_options",
}


def compose(
    given: Mapping[str, JsonValue],
    *,
    ref: Ref,
    family: Family,
    meta: Mapping[str, JsonValue],
    layers: Layers,
    options: Mapping[str, JsonValue],
    edition: str,
    local: bool,
) -> dict[str, Any]:
    """The base body of the input `given`: messages, limits, tools, and the caller's own fields over them.

    Fields that only OpenAI knows are not taken over (OR-NO-01, -02, -04). `local`: to a loopback
    address the latest edition asks for usage in the stream.
    """
    latest = edition == "latest"
    history: Sequence[Mapping[str, JsonValue]] = given.get("history") or ()
    takes_images = "image" in (meta.get("input") or ("text",))
    converted = messages.convert(history, ref=ref, family=family, takes_images=takes_images, edition=edition)
    system = given.get("system")
    if system:
        converted.insert(0, {"role": "system", "content": well_formed(system)})
    body: dict[str, Any] = {"model": ref.wire, "messages": converted, "stream": True}
    if latest and local:
        body["stream_options"] = {"include_usage": True}
    limit = _max_tokens(options, layers, meta, latest)
    if limit is not None:
        body["max_completion_tokens"] = limit
    temperature = options.get("temperature")
    temperature = find(layers, "temperature") if temperature is None else temperature
    if number(temperature):
        body["temperature"] = temperature
    _add_tools(body, given.get("tools"), history, options.get("tool_choice"), meta, family, edition)
    own = given.get("body")
    if own:
        body.update({key: value for key, value in own.items() if key not in _OPENAI_ONLY})
    return body


def _max_tokens(
    options: Mapping[str, JsonValue], layers: Layers, meta: Mapping[str, JsonValue], latest: bool
) -> JsonValue:
    """What is asked for, else the model's own maximum, else nothing."""
    most = meta.get("max_tokens")
    asked = options.get("max_tokens")
    if asked is None:
        asked = find(layers, "maxTokens")
    if not number(asked):
        return most if number(most) else None
    return min(asked, most) if latest and number(most) else asked


def _add_tools(
    body: dict[str, Any],
    given: Sequence[Mapping[str, JsonValue]] | None,
    history: Sequence[Mapping[str, JsonValue]],
    choice: JsonValue,
    meta: Mapping[str, JsonValue],
    family: Family,
    edition: str,
) -> None:
    latest = edition == "latest"
    supported = meta.get("supported_parameters")
    if latest and isinstance(supported, list) and "tools" not in supported:
        return
    if given:
        body["tools"] = tools.definitions(given, edition, moonshot=family.moonshot)
    elif not latest and (given is not None or messages.has_tool_turns(history)):
        body["tools"] = []
    if choice is not None:
        body["tool_choice"] = choice
    elif latest and body.get("tools"):
        body["tool_choice"] = "auto"


def finish(body: dict[str, Any], layers: Layers) -> dict[str, Any]:
    """The caller's `extra_body` over everything, `store` out, `parallel_tool_calls` in (OR-NO-02, -08)."""
    extra = find(layers, "extra_body", "extraBody")
    if isinstance(extra, dict):
        body = {key: value for key, value in {**body, **extra}.items() if key != "store"}
    parallel = find(layers, "parallel_tool_calls", "parallelToolCalls")
    if isinstance(parallel, bool):
        body = {**body, "parallel_tool_calls": parallel}
    return body
