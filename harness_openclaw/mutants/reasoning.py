"""Mutants that ask for thinking in the wrong way, or replay it wrongly."""

from __future__ import annotations

from harness_openclaw.mutants.base import (
    Answer,
    Given,
    as_for,
    as_on_openrouter,
    body_of,
    goes_to_openrouter,
    mutant,
    with_fields,
    without_fields,
)
from harness_openclaw.reference import shape

__all__: list[str] = []

REASONING_MODEL = "openrouter/openai/gpt-5"
"""A model of no family with rules of its own."""


def _thinks(given: Given) -> bool:
    return given.get("thinking") not in (None, "off")


def _model(given: Given) -> str:
    return str(given.get("model")).lower()


# ------------------------------------------------------------------ effort


@mutant("OR-NO-03")
def sends_both_effort_dialects(given: Given) -> Answer:
    """Sends OpenAI's reasoning_effort beside OpenRouter's reasoning."""
    request = shape(given)
    reasoning = body_of(request).get("reasoning")
    if not isinstance(reasoning, dict) or "effort" not in reasoning:
        return request
    return with_fields(request, reasoning_effort=reasoning["effort"])


@mutant("OR-RSN-01")
def keeps_the_legacy_effort(given: Given) -> Answer:
    """Leaves a reasoning_effort that is in the body already where it is."""
    legacy = (given.get("body") or {}).get("reasoning_effort")
    request = shape(given)
    return request if legacy is None else with_fields(request, reasoning_effort=legacy)


@mutant("OR-RSN-03")
def passes_max_through(given: Given) -> Answer:
    """Sends the level max as the effort max, which OpenRouter does not know."""
    request = shape(given)
    reasoning = body_of(request).get("reasoning")
    if given.get("thinking") != "max" or not isinstance(reasoning, dict) or "effort" not in reasoning:
        return request
    return with_fields(request, reasoning={**reasoning, "effort": "max"})


@mutant("OR-RSN-03")
def passes_adaptive_through(given: Given) -> Answer:
    """Sends the level adaptive as an effort."""
    request = shape(given)
    if given.get("thinking") != "adaptive" or "reasoning" not in body_of(request):
        return request
    return with_fields(request, reasoning={"effort": "adaptive"})


@mutant("OR-RSN-03")
def adds_an_effort_to_a_budget(given: Given) -> Answer:
    """Writes the effort into a reasoning object that has a token budget already."""
    request = shape(given)
    reasoning = body_of(request).get("reasoning")
    if not _thinks(given) or not isinstance(reasoning, dict) or "max_tokens" not in reasoning:
        return request
    return with_fields(request, reasoning={**reasoning, "effort": given["thinking"]})


@mutant("OR-RSN-04")
def reasons_on_auto(given: Given) -> Answer:
    """Sends an effort to OpenRouter Auto, whatever model that picks."""
    return _reasoning_all_the_same(
        given, _model(given).endswith("openrouter/auto") or _model(given) == "auto"
    )


@mutant("OR-RSN-04")
def reasons_on_x_ai(given: Given) -> Answer:
    """Sends an effort to xAI's models, which refuse it."""
    return _reasoning_all_the_same(given, "x-ai/" in _model(given))


@mutant("OR-RSN-04")
def reasons_on_hunter_alpha(given: Given) -> Answer:
    """Sends an effort to Hunter Alpha."""
    return _reasoning_all_the_same(given, "hunter-alpha" in _model(given))


def _reasoning_all_the_same(given: Given, skipped: bool) -> Answer:
    return as_for(given, REASONING_MODEL) if skipped and _thinks(given) else shape(given)


@mutant("OR-RSN-02")
def never_says_none(given: Given) -> Answer:
    """Leaves the reasoning of a model that reasons by itself on when thinking is off."""
    request = shape(given)
    return request if _thinks(given) else without_fields(request, "reasoning")


@mutant("OR-RSN-06")
def asks_only_models_that_are_said_to_reason(given: Given) -> Answer:
    """Leaves the effort out where the list does not say that a model can reason."""
    capable = (given.get("model_meta") or {}).get("reasoning")
    return shape(given) if capable else without_fields(shape(given), "reasoning")


@mutant("OR-RSN-07", edition="latest")
def sends_efforts_that_no_model_lists(given: Given) -> Answer:
    """Sends an effort even to a model that only supports thinking on or off."""
    known = given.get("model_meta") or {}
    return shape(
        {**given, "model_meta": {**known, "reasoning_efforts": known.get("reasoning_efforts") or None}}
    )


# ------------------------------------------------------------------ Anthropic prefill


@mutant("OR-PF-01")
def keeps_the_prefill(given: Given) -> Answer:
    """Sends an answer begun for Anthropic with reasoning on, which Anthropic refuses."""
    return with_fields(shape(given), messages=_undropped(given))


@mutant("OR-PF-01")
def decides_on_the_prefill_first(given: Given) -> Answer:
    """Looks for reasoning in the body before the thinking level is written there."""
    before = (given.get("body") or {}).get("reasoning")
    return shape(given) if before else with_fields(shape(given), messages=_undropped(given))


@mutant("OR-PF-01")
def drops_the_prefill_on_proxies(given: Given) -> Answer:
    """Drops an answer begun for Anthropic on every base URL."""
    request = shape(given)
    if goes_to_openrouter(request) or not _model(given).startswith("openrouter/anthropic/"):
        return request
    kept = len(body_of(as_on_openrouter(given))["messages"])
    return with_fields(request, messages=body_of(request)["messages"][:kept])


@mutant("OR-PF-06")
def drops_the_prefill_without_reasoning(given: Given) -> Answer:
    """Drops an answer begun for Anthropic with thinking off, too."""
    request = shape(given)
    if _thinks(given):
        return request
    kept = len(body_of(shape({**given, "thinking": "high"}))["messages"])
    return with_fields(request, messages=body_of(request)["messages"][:kept])


@mutant("OR-PF-03")
def drops_one_prefill_of_several(given: Given) -> Answer:
    """Drops the last answer begun and leaves those before it."""
    request = shape(given)
    dropped, undropped = body_of(request)["messages"], _undropped(given)
    return with_fields(request, messages=undropped[:-1] if len(dropped) < len(undropped) - 1 else dropped)


@mutant("OR-PF-04")
def drops_tool_calls_as_prefill(given: Given) -> Answer:
    """Drops assistant turns at the end even if they call a tool."""
    request = shape(given)
    messages = body_of(request)["messages"]
    if len(messages) < len(_undropped(given)):
        while messages and messages[-1]["role"] == "assistant":
            messages.pop()
    return with_fields(request, messages=messages)


@mutant("OR-PF-07", edition="2026-04")
def drops_the_prefill_before_its_time(given: Given) -> Answer:
    """Drops an answer begun under the edition that had no such rule."""
    request = shape(given)
    kept = len(body_of(shape({**given, "edition": "2026-05"}))["messages"])
    return with_fields(request, messages=body_of(request)["messages"][:kept])


@mutant("OR-PF-02")
def looks_at_the_level_alone(given: Given) -> Answer:
    """Drops an answer begun by the thinking level, whatever the body says of reasoning."""
    unsaid = shape({**given, "body": None})
    return with_fields(shape(given), messages=body_of(unsaid)["messages"])


@mutant("OR-PF-05")
def drops_answers_before_the_end(given: Given) -> Answer:
    """Drops an answer begun although an instruction follows it."""
    request = shape(given)
    messages = body_of(request)["messages"]
    ending = [message["role"] for message in messages[-2:]]
    if not _thinks(given) or ending not in (["assistant", "system"], ["assistant", "developer"]):
        return request
    return with_fields(request, messages=[*messages[:-2], messages[-1]])


def _undropped(given: Given) -> list[object]:
    """The messages as the edition without the prefill drop has them."""
    return list(body_of(shape({**given, "edition": "2026-04"}))["messages"])


# ------------------------------------------------------------------ DeepSeek V4


@mutant("OR-DS-04")
def omits_reasoning_content(given: Given) -> Answer:
    """Replays the turns of DeepSeek V4 without the field that it wants on each."""
    body = body_of(shape(given))
    for message in body["messages"]:
        if message.get("reasoning_content") == "":
            del message["reasoning_content"]
    return with_fields(shape(given), messages=body["messages"])


@mutant("OR-DS-04")
def blanks_reasoning_content(given: Given) -> Answer:
    """Empties the reasoning that a turn of DeepSeek V4 brought along."""
    body = body_of(shape(given))
    for message in body["messages"]:
        if "reasoning_content" in message:
            message["reasoning_content"] = ""
    return with_fields(shape(given), messages=body["messages"])


@mutant("OR-DS-02")
def sends_max_to_deepseek(given: Given) -> Answer:
    """Sends a stale max to DeepSeek V4, which answers 400."""
    request = shape(given)
    if given.get("thinking") != "max" or "reasoning_effort" not in body_of(request):
        return request
    return with_fields(request, reasoning_effort="max")


@mutant("OR-DS-05")
def cannot_turn_deepseek_off(given: Given) -> Answer:
    """Takes DeepSeek V4 with thinking off for any other model."""
    return as_for(given, REASONING_MODEL) if given.get("thinking") == "off" else shape(given)


@mutant("OR-DS-09")
def shapes_deepseek_on_proxies(given: Given) -> Answer:
    """Sends DeepSeek's own thinking fields to every base URL."""
    request = shape(given)
    body = body_of(as_on_openrouter(given))
    native = {name: body[name] for name in ("thinking", "reasoning_effort") if name in body}
    return request if goes_to_openrouter(request) else with_fields(request, **native)


@mutant("OR-DS-01")
def shapes_every_deepseek(given: Given) -> Answer:
    """Takes every model of DeepSeek's for one of the fourth version."""
    other = _model(given).startswith("openrouter/deepseek/") and "v4" not in _model(given)
    return as_for(given, "openrouter/deepseek/deepseek-v4-pro") if other else shape(given)


@mutant("OR-DS-03")
def does_not_enable_deepseeks_thinking(given: Given) -> Answer:
    """Sends the effort and leaves out that there is to be thinking at all."""
    request = shape(given)
    enabled = body_of(request).get("thinking") == {"type": "enabled"}
    return without_fields(request, "thinking") if enabled else request


@mutant("OR-DS-06")
def tells_deepseek_once(given: Given) -> Answer:
    """Sends the effort of DeepSeek V4 in OpenRouter's object alone."""
    return without_fields(shape(given), "reasoning_effort")


@mutant("OR-DS-07")
def offers_deepseek_three_levels(given: Given) -> Answer:
    """Rounds the levels that other models do not have."""
    rounded = {"minimal": "low", "xhigh": "high"}
    request = shape(given)
    effort = body_of(request).get("reasoning_effort")
    return with_fields(request, reasoning_effort=rounded[effort]) if effort in rounded else request


@mutant("OR-DS-08", edition="latest")
def still_tells_deepseek_twice(given: Given) -> Answer:
    """Still sends DeepSeek's own fields beside OpenRouter's."""
    return shape({**given, "edition": "2026-05"}) if "deepseek" in _model(given) else shape(given)


@mutant("OR-DS-10")
def caps_other_providers(given: Given) -> Answer:
    """Caps the effort of DeepSeek's models on every provider."""
    request = shape(given)
    reasoning = body_of(request).get("reasoning")
    if "deepseek" not in _model(given) or not isinstance(reasoning, dict):
        return request
    capped = {"max": "xhigh"}.get(given.get("thinking") or "", reasoning.get("effort"))
    return with_fields(request, reasoning={**reasoning, "effort": capped})


# ------------------------------------------------------------------ signatures


@mutant("OR-GEM-01")
def replays_any_signature(given: Given) -> Answer:
    """Replays the signatures of a Gemini history uncleaned."""
    return as_for(given, REASONING_MODEL) if "gemini" in _model(given) else shape(given)


@mutant("OR-GEM-05")
def cleans_every_familys_signatures(given: Given) -> Answer:
    """Drops the reasoning details of models that are not Gemini."""
    body = body_of(shape(given))
    for message in body["messages"]:
        message.pop("reasoning_details", None)
    return with_fields(shape(given), messages=body["messages"])


@mutant("OR-MSG-08")
def takes_other_providers_turns_for_its_own(given: Given) -> Answer:
    """Identifies models by their id alone, without their provider."""
    history = [{k: v for k, v in turn.items() if k != "provider"} for turn in given.get("history") or ()]
    return shape({**given, "history": history})
