"""Mutants that get response caching or Anthropic's cache markers wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from harness_openclaw.mutants.base import (
    Answer,
    Given,
    as_for,
    as_on_openrouter,
    body_of,
    goes_to_openrouter,
    header,
    mutant,
    with_fields,
    with_headers,
    without_headers,
    without_keys,
)
from harness_openclaw.reference import shape

__all__: list[str] = []

EPHEMERAL = {"type": "ephemeral"}


# ------------------------------------------------------------------ response caching


@mutant("OR-RC-01")
def sends_cache_headers_to_proxies(given: Given) -> Answer:
    """Sends what response caching asks for to every base URL."""
    request = shape(given)
    opted = (
        each for each in as_on_openrouter(given).headers if each[0].lower().startswith("x-openrouter-cache")
    )
    return with_headers(without_headers(request, "x-openrouter-cache*"), *opted)


@mutant("OR-RC-07")
def does_not_clamp_the_ttl(given: Given) -> Answer:
    """Sends a time to live as it was configured."""
    request = shape(given)
    params = given.get("params") or {}
    ttl = params.get("responseCacheTtlSeconds", params.get("response_cache_ttl_seconds"))
    if header(request, "x-openrouter-cache-ttl") is None or not isinstance(ttl, int | float):
        return request
    return with_headers(
        without_headers(request, "x-openrouter-cache-ttl"), ("X-OpenRouter-Cache-TTL", f"{ttl}")
    )


@mutant("OR-RC-03")
def prefers_the_alias(given: Given) -> Answer:
    """Reads the snake_case spelling of a param before the documented one."""
    params = dict(given.get("params") or {})
    for alias in [name for name in params if name.startswith("response_cache")]:
        head, *tail = alias.split("_")
        params[head + "".join(word.title() for word in tail)] = params.pop(alias)
    return shape({**given, "params": params})


@mutant("OR-RC-05")
def takes_a_ttl_for_consent(given: Given) -> Answer:
    """Turns caching on as soon as a time to live is configured."""
    params = given.get("params") or {}
    asked = any(name.lower().replace("_", "").startswith("responsecachettl") for name in params)
    return shape({**given, "params": {"responseCache": True} | params} if asked else given)


@mutant("OR-RC-06")
def sends_a_ttl_with_caching_off(given: Given) -> Answer:
    """Sends the time to live beside a cache header that says false."""
    request = shape(given)
    ttl = (given.get("params") or {}).get("responseCacheTtlSeconds")
    off = (
        header(request, "x-openrouter-cache") == "false" and header(request, "x-openrouter-cache-ttl") is None
    )
    return with_headers(request, ("X-OpenRouter-Cache-TTL", f"{ttl}")) if off and ttl is not None else request


@mutant("OR-RC-04")
def reads_any_text_as_true(given: Given) -> Answer:
    """Takes each non-empty string of a switch for a yes, `no` included."""
    params = {
        name: bool(value) if name in ("responseCache", "response_cache") and isinstance(value, str) else value
        for name, value in (given.get("params") or {}).items()
    }
    return shape({**given, "params": params})


@mutant("OR-RC-03")
def applies_the_params_of_every_model(given: Given) -> Answer:
    """Merges the params of all models in the configuration."""
    defaults = ((given.get("config") or {}).get("agents") or {}).get("defaults") or {}
    merged: dict[str, Any] = {}
    for entry in (defaults.get("models") or {}).values():
        merged |= entry.get("params") or {}
    return shape({**given, "params": merged | (given.get("params") or {})})


@mutant("OR-RC-02")
def knows_no_snake_case(given: Given) -> Answer:
    """Reads the params of response caching in one spelling only."""
    params = {name: value for name, value in (given.get("params") or {}).items() if "_" not in name}
    return shape({**given, "params": params})


@mutant("OR-RC-08")
def sends_a_clear_of_false(given: Given) -> Answer:
    """Sends the wish not to clear the cache, which the provider takes for a wish to."""
    request = shape(given)
    clear = (given.get("params") or {}).get("responseCacheClear")
    enabled = header(request, "x-openrouter-cache") == "true"
    return (
        with_headers(request, ("X-OpenRouter-Cache-Clear", "false"))
        if enabled and clear is False
        else request
    )


@mutant("OR-RC-09", edition="latest")
def reads_the_number_a_ttl_begins_with(given: Given) -> Answer:
    """Still takes `300s` for 300."""
    params = given.get("params") or {}
    numbers = {
        name: re.match(r"\s*\d+", value)
        for name, value in params.items()
        if name.startswith(("responseCacheTtl", "response_cache_ttl")) and isinstance(value, str)
    }
    return shape(
        {**given, "params": params | {name: int(found[0]) for name, found in numbers.items() if found}}
    )


@mutant("OR-RC-10")
def caches_no_answers_of_auto(given: Given) -> Answer:
    """Takes the answers of a router model for too different to be kept."""
    request = shape(given)
    routed = str(body_of(request)["model"]).startswith("openrouter/")
    return without_headers(request, "x-openrouter-cache*") if routed else request


@mutant("OR-HDR-08")
def leaves_caching_to_the_caller(given: Given) -> Answer:
    """Sends none of the cache headers that are configured where the caller sets one."""
    own = any(name.lower() == "x-openrouter-cache" for name in given.get("headers") or {})
    return shape({**given, "params": {}} if own else given)


# ------------------------------------------------------------------ cache markers


@mutant("OR-CC-01")
def marks_on_proxies(given: Given) -> Answer:
    """Marks the prompt of an Anthropic model on every base URL."""
    request = shape(given)
    if goes_to_openrouter(request):
        return request
    return with_fields(request, messages=body_of(as_on_openrouter(given))["messages"])


@mutant("OR-CC-01")
def marks_every_family(given: Given) -> Answer:
    """Marks the prompt of models that are not Anthropic's."""
    request = shape(given)
    if not goes_to_openrouter(request):
        return request
    return with_fields(
        request,
        messages=[
            {**message, "content": [{"type": "text", "text": message["content"], "cache_control": EPHEMERAL}]}
            if message["role"] == "system" and isinstance(message["content"], str)
            else message
            for message in body_of(request)["messages"]
        ],
    )


@mutant("OR-CC-02")
def never_marks(given: Given) -> Answer:
    """Sends no cache markers at all, and every prompt is paid for in full."""
    return as_for(given, "openrouter/openai/gpt-4o")


@mutant("OR-CC-02")
def marks_the_message(given: Given) -> Answer:
    """Puts the marker on the system message and not on its last block."""
    body = body_of(shape(given))
    for message in body["messages"]:
        if message["role"] == "system":
            for block in _marked(message):
                del block["cache_control"]
                message["cache_control"] = EPHEMERAL
    return with_fields(shape(given), messages=body["messages"])


@mutant("OR-CC-02")
def marks_the_first_block(given: Given) -> Answer:
    """Marks the first block of a system prompt that has several."""
    body = body_of(shape(given))
    for message in body["messages"]:
        if message["role"] in ("system", "developer"):
            for block in _marked(message):
                del block["cache_control"]
                message["content"][0]["cache_control"] = EPHEMERAL
    return with_fields(shape(given), messages=body["messages"])


@mutant("OR-CC-05")
def marks_for_an_hour(given: Given) -> Answer:
    """Asks for a longer life than the plain marker has."""
    body = body_of(shape(given))
    for message in body["messages"]:
        for block in _marked(message):
            block["cache_control"] = {**EPHEMERAL, "ttl": "1h"}
    return with_fields(shape(given), messages=body["messages"])


@mutant("OR-CC-04")
def marks_after_the_prefill_drop(given: Given) -> Answer:
    """Drops the prefill first, so that the turn before it gets the marker of the last turn."""
    request = shape(given)
    messages = body_of(request)["messages"]
    history = given.get("history") or []
    dropped = (
        history and history[-1]["role"] == "assistant" and messages and messages[-1]["role"] != "assistant"
    )
    if not dropped:
        return request
    kept = [turn for turn in history if turn is not history[-1]]
    while kept and kept[-1]["role"] == "assistant":
        kept.pop()
    return with_fields(request, messages=body_of(shape({**given, "history": kept}))["messages"])


@mutant("OR-CC-04")
def strips_the_callers_markers(given: Given) -> Answer:
    """Takes every marker out of the history before it sets its own."""
    return shape({**given, "history": [_unmarked(turn) for turn in given.get("history") or ()]})


@mutant("OR-CC-07", edition="latest")
def keeps_the_callers_markers(given: Given) -> Answer:
    """Adds its markers to those that are there, and there may be more than the four allowed."""
    body = body_of(shape(given))
    own = [turn["content"] for turn in given.get("history") or () if turn.get("role") == "user"]
    sent = [message["content"] for message in body["messages"] if message["role"] == "user"]
    for before, after in zip(own, sent, strict=False):
        if isinstance(before, list) and isinstance(after, list):
            for old, new in zip(before, after, strict=False):
                if "cache_control" in old:
                    new["cache_control"] = old["cache_control"]
    return with_fields(shape(given), messages=body["messages"])


@mutant("OR-CC-07", edition="latest")
def marks_every_tool(given: Given) -> Answer:
    """Marks each tool definition and not the last one alone."""
    body = body_of(shape(given))
    tools = body.get("tools") or []
    if not any("cache_control" in tool for tool in tools):
        return shape(given)
    return with_fields(shape(given), tools=[{**tool, "cache_control": EPHEMERAL} for tool in tools])


@mutant("OR-CC-07", edition="latest")
def marks_the_last_block_of_any_kind(given: Given) -> Answer:
    """Marks the last block of the last turn, even if it is an image or empty."""
    body = body_of(shape(given))
    if body["messages"]:
        message = body["messages"][-1]
        for block in _marked(message):
            marker = block.pop("cache_control")
            message["content"][-1]["cache_control"] = marker
    return with_fields(shape(given), messages=body["messages"])


@mutant("OR-CC-07", edition="latest")
def ignores_the_calls_retention(given: Given) -> Answer:
    """Reads the retention from the params alone."""
    options = {k: v for k, v in (given.get("options") or {}).items() if k != "cache_retention"}
    return shape({**given, "options": options})


@mutant("OR-CC-03")
def marks_thoughts(given: Given) -> Answer:
    """Leaves the marker of a caller on a model's thoughts, which may not carry one."""
    request = shape(given)
    marked = [
        {**message, "content": [_marked_thought(block) for block in message["content"]]}
        if isinstance(message.get("content"), list)
        else message
        for message in body_of(request)["messages"]
    ]
    return with_fields(request, messages=marked)


@mutant("OR-CC-06")
def marks_only_what_is_not_thought_about(given: Given) -> Answer:
    """Leaves the cache markers out when the model is to think."""
    request = shape(given)
    thinks = given.get("thinking") not in (None, "off")
    return (
        with_fields(request, messages=without_keys(body_of(request)["messages"], "cache_control"))
        if thinks
        else request
    )


@mutant("OR-CC-08")
def sends_its_own_boundary(given: Given) -> Answer:
    """Sends the line that parts its system prompt as a part of the prompt."""
    request = shape(given)
    messages = body_of(request)["messages"]
    boundary = "<!-- OPENCLAW_CACHE_BOUNDARY -->"
    if boundary not in (given.get("system") or "") or messages[0]["role"] != "system":
        return request
    return with_fields(request, messages=[{**messages[0], "content": given["system"]}, *messages[1:]])


def _unmarked(turn: dict[str, Any]) -> dict[str, Any]:
    if turn.get("role") != "user" or not isinstance(turn["content"], list):
        return turn
    blocks = [{k: v for k, v in block.items() if k != "cache_control"} for block in turn["content"]]
    return {**turn, "content": blocks}


def _marked(message: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The blocks of a message that carry a marker."""
    if isinstance(message.get("content"), list):
        yield from [
            block for block in message["content"] if isinstance(block, dict) and "cache_control" in block
        ]


def _marked_thought(block: Any) -> Any:
    thought = isinstance(block, dict) and block.get("type") in ("thinking", "redacted_thinking")
    return {**block, "cache_control": EPHEMERAL} if thought else block
