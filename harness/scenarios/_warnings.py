"""Checks that can hardly fail, for `harness validate`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from harness.errors import Problem
from harness.model import Case, Interaction, JsonValue
from harness.scenarios._locate import locate
from harness.scenarios._suites import Suites
from harness.scenarios._written import Address, Flaw

__all__ = ["warnings"]

_SAFE_INTEGER: Final = 2**53

_CHAT: Final = """
    audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens max_tokens
    messages metadata modalities model n parallel_tool_calls prediction presence_penalty prompt_cache_key
    prompt_cache_retention reasoning_effort response_format safety_identifier seed service_tier stop store
    stream stream_options temperature thinking tool_choice tools top_logprobs top_p user verbosity
    web_search_options
"""
_OPENROUTER: Final = """
    cache_control debug image_config include_reasoning min_p models plugins prompt provider reasoning
    repetition_penalty route session_id structured_outputs top_a top_k trace transforms usage
"""
_ANTHROPIC: Final = """
    anthropic_beta anthropic_version betas container context_management effort mcp_servers output_config
    output_format stop_sequences system
"""
_GEMINI: Final = """
    cachedContent contents generationConfig labels safetySettings systemInstruction system_instruction
    toolConfig
"""
_RESPONSES: Final = """
    background conversation include input instructions max_output_tokens max_tool_calls
    previous_response_id text truncation
"""
_MEDIA: Final = """
    aspect_ratio callback_url duration frame_images generate_audio image images input_references quality
    resolution size speed video voice
"""
_CONFIGURED: Final = """
    allow_fallbacks chat_template_kwargs enable_thinking extra_body fast_mode only order
    prompt_cache_options reasoning_content response_cache response_cache_clear
    response_cache_ttl_seconds text_verbosity thinking_budget
"""


def _bare(name: str) -> str:
    """A name without what differs between camelCase and snake_case."""
    return name.replace("_", "").lower()


_BODY_FIELDS: Final = frozenset(
    map(_bare, " ".join((_CHAT, _OPENROUTER, _ANTHROPIC, _GEMINI, _RESPONSES, _MEDIA, _CONFIGURED)).split())
)
_HEAD = re.compile(r"""\$(?:\.([\w-]+)|\[(?:'([^']*)'|"([^"]*)")\])""")


def warnings(suites: Suites) -> list[Problem]:
    """What in these suites would hardly ever fail: interactions with an open method or URL, forbidden paths
    whose head is no known field of a body, and integers beyond 2^53 in inputs, which JavaScript rounds."""
    found: dict[Problem, None] = {}
    seen: set[tuple[str, int, Address, str]] = set()
    for case in suites.cases("all"):
        for at, message in _hollow(case):
            key = (case.file, case.line, at, message)
            if key not in seen:
                seen.add(key)
                found[Problem(locate(case, at), message)] = None
    return sorted(found)


def _hollow(case: Case) -> Iterator[Flaw]:
    for step in case.steps:
        given = frozenset(map(_bare, _keys(step.input)))
        for interaction in step.interactions:
            yield from _open_target(interaction)
            for key in ("forbid_body", "at_most_one"):
                for index, path in enumerate(interaction.request.get(key) or ()):
                    head = _HEAD.match(path)
                    name = head and (head[1] or head[2] or head[3])
                    if name and not name.isdecimal() and _bare(name) not in _BODY_FIELDS | given:
                        place = (*interaction.at, "request", key, index)
                        yield place, f"{path} can hardly fail: {name} is no known field of a request's body"
        for at in _large_integers(step.input, (*step.at, "input")):
            yield at, "JavaScript rounds an integer beyond 2^53: quote it, or expect it rounded"


def _open_target(interaction: Interaction) -> Iterator[Flaw]:
    request = interaction.request
    if "same_as" in request:
        return
    open_keys = [key for key in ("method", "url") if key not in request]
    if "path" in request and "url" in open_keys:
        open_keys.remove("url")
    if open_keys:
        keys = " and ".join(open_keys)
        yield interaction.at, f"{keys} left open: any would do (defaults.request can state it for all)"


def _keys(value: JsonValue) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _keys(item)


def _large_integers(value: JsonValue, at: Address) -> Iterator[Address]:
    if isinstance(value, int) and abs(value) > _SAFE_INTEGER:
        yield at
    children: Iterable[tuple[str | int, JsonValue]] = ()
    if isinstance(value, dict):
        children = value.items()
    elif isinstance(value, list):
        children = enumerate(value)
    for key, item in children:
        yield from _large_integers(item, (*at, key))
