"""The mock provider's answers compared with recordings of the real provider."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from itertools import product
from typing import Any

import pytest
from openrouter_recordings import Recorded, recordings
from provider_requests import KEY, PAINTER, WEATHER, chat, events_in, look_up, media, user

from harness.model import Reply, Request
from harness_openclaw.mock_provider import MODELS, Account, Provider, injection_names

_REFERENCE = "OpenRouter API reference"
_IMAGES = f"{_REFERENCE}, image generation"
_SDK = "required by openrouter 0.11.46, OpenRouter's own Python client"

NEVER_RECORDED = {
    "completion": {
        "$.choices[].message.images: array": _IMAGES,
        "$.choices[].message.images[]: object": _IMAGES,
        "$.choices[].message.images[].type: string": _IMAGES,
        "$.choices[].message.images[].index: integer": _IMAGES,
        "$.choices[].message.images[].image_url: object": _IMAGES,
        "$.choices[].message.images[].image_url.url: string": _IMAGES,
    },
    "chunk": {
        "$.choices[].delta.images: array": _IMAGES,
        "$.choices[].delta.images[]: object": _IMAGES,
        "$.choices[].delta.images[].type: string": _IMAGES,
        "$.choices[].delta.images[].index: integer": _IMAGES,
        "$.choices[].delta.images[].image_url: object": _IMAGES,
        "$.choices[].delta.images[].image_url.url: string": _IMAGES,
    },
    "error": {
        "$.error.code: string": f"{_REFERENCE}, streaming: the code of an upstream provider",
        "$.error.metadata.error_type: string": f"{_REFERENCE}, errors and debugging",
        "$.error.metadata.limit_source: string": f"{_REFERENCE}, errors and debugging: payment required",
        "$.error.metadata.reason: string": f"{_REFERENCE}, errors and debugging: payment required",
        "$.error.metadata.remedy_hint: string": f"{_REFERENCE}, errors and debugging: payment required",
        "$.error.metadata.reasons: array": f"{_REFERENCE}, errors and debugging: moderation",
        "$.error.metadata.reasons[]: string": f"{_REFERENCE}, errors and debugging: moderation",
        "$.error.metadata.flagged_input: string": f"{_REFERENCE}, errors and debugging: moderation",
        "$.error.metadata.model_slug: string": f"{_REFERENCE}, errors and debugging: moderation",
        "$.error.metadata.patterns: array": f"{_REFERENCE}, errors and debugging: guardrails",
        "$.error.metadata.patterns[]: string": f"{_REFERENCE}, errors and debugging: guardrails",
        "$.error.metadata.headers: object": f"{_REFERENCE}, limits",
        "$.error.metadata.headers.X-RateLimit-Limit: string": f"{_REFERENCE}, limits",
        "$.error.metadata.headers.X-RateLimit-Remaining: string": f"{_REFERENCE}, limits",
        "$.error.metadata.headers.X-RateLimit-Reset: string": f"{_REFERENCE}, limits",
    },
    "/generation": {
        "$.data.num_fetches: null": _SDK,
        "$.data.web_search_engine: null": _SDK,
        "$.data.http_referer: null": _SDK,
        "$.data.user_agent: null": _SDK,
        "$.data.data_region: string": _SDK,
        "$.data.router: null": _SDK,
        "$.data.preset_id: null": _SDK,
        "$.data.service_tier: null": _SDK,
        "$.data.provider_responses: null": _SDK,
    },
    "header": {
        "retry-after": f"{_REFERENCE}, errors and debugging",
        "x-ratelimit-limit": f"{_REFERENCE}, limits",
        "x-ratelimit-remaining": f"{_REFERENCE}, limits",
        "x-ratelimit-reset": f"{_REFERENCE}, limits",
        "x-openrouter-cache-age": f"{_REFERENCE}, response caching",
        "x-openrouter-cache-status": f"{_REFERENCE}, response caching",
        "x-openrouter-cache-ttl": f"{_REFERENCE}, response caching",
    },
    "endpoint": {
        "/key": f"{_REFERENCE}, limits",
        "/credits": f"{_REFERENCE}, credits",
        "/videos": f"{_REFERENCE}, video generation",
        "/audio/speech": f"{_REFERENCE}, text-to-speech",
    },
}
"""All that the mock provider says though no recording has it, and where it is documented instead."""

NEARLY_ALL = 0.9
"""What so large a part of the recordings has, clients have come to rely on."""

_KINDS = ("completion", "chunk", "error", "/models", "/generation", "/images")


def kind_of(path: str, value: Any) -> str:
    """What sort of object an answer is; errors are one sort wherever they come from."""
    if "error" in value and "id" not in value:
        return "error"
    if path == "/chat/completions":
        return "chunk" if value.get("object") == "chat.completion.chunk" else "completion"
    return path


def shapes(value: Any, at: str = "$") -> Iterator[tuple[str, str]]:
    """Every place in a JSON value with the type that stands there."""
    names = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}
    yield at, names.get(type(value)) or ("object" if isinstance(value, dict) else "array")
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from shapes(inner, f"{at}.{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from shapes(inner, f"{at}[]")


def objects_in(body: str) -> Iterator[Any]:
    if body.startswith(("data:", ": OPENROUTER")):
        for data in events_in(body.encode()):
            if data != "[DONE]":
                yield json.loads(data)
    elif body:
        yield json.loads(body)


@cache
def recorded_shapes() -> tuple[dict[str, set[tuple[str, str]]], dict[str, Counter[str]], Counter[str]]:
    """By kind: what stands where, and in how many objects each place is; and how many objects there are."""
    types: dict[str, set[tuple[str, str]]] = defaultdict(set)
    places: dict[str, Counter[str]] = defaultdict(Counter)
    objects: Counter[str] = Counter()
    for recorded in recordings():
        if recorded.path not in ("/chat/completions", "/models", "/generation", "/images"):
            continue
        for value in objects_in(recorded.answered):
            kind = kind_of(recorded.path, value)
            found = set(shapes(value))
            types[kind] |= found
            places[kind].update({at for at, _ in found})
            objects[kind] += 1
            if "error" in value:  # a broken stream has the error of an error answer, and its own frame
                types["error"] |= {pair for pair in found if pair[0].startswith("$.error")}
    return types, places, objects


def requests() -> Iterator[Request]:
    """Requests that between them are given every sort of answer that the mock provider has."""
    long_prompt = "x" * 6000
    marked = [{"type": "text", "text": long_prompt, "cache_control": {"type": "ephemeral"}}]
    for model, stream in product(MODELS, (False, True)):
        yield chat(model=model.id, stream=stream)
        yield chat(model=model.id, stream=stream, reasoning={"effort": "high"})
        yield chat(model=model.id, stream=stream, max_tokens=16)
        yield chat(model=model.id, stream=stream, tools=[WEATHER], tool_choice="required")
        yield chat(model=model.id, stream=stream, messages=[{"role": "system", "content": marked}, user()])
    for name, stream in product(injection_names(), (False, True)):
        yield chat(model=f"simulated/{name}", stream=stream)
    for stream in (False, True):
        yield chat(model=PAINTER, stream=stream, modalities=["image", "text"])
    yield media("images", model=PAINTER, prompt="a cat")
    yield media("images", model="openai/gpt-5.4-image-2", prompt="a cat", n=2)
    yield media("images", model=PAINTER, prompt="")
    for _ in range(2):
        yield chat(headers={"X-OpenRouter-Cache": "true"})
    yield chat(key=None)
    yield chat(model="no/such-model")
    yield chat(messages=[])
    yield chat(temperature=5)
    yield look_up("models")
    yield look_up("generation?id=none")


@cache
def replies() -> tuple[tuple[str, Reply], ...]:
    """What the mock provider answers to all of them, with the path that was asked for."""
    provider = Provider()
    given = [(request, provider.answer(request)) for request in requests()]
    ids = [dict(reply.headers).get("X-Generation-Id") for _, reply in given]
    given += [
        (request, provider.answer(request))
        for request in (look_up(f"generation?id={name}") for name in ids if name)
    ]
    return tuple(
        (request.url.removeprefix("https://openrouter.ai/api/v1").partition("?")[0], reply)
        for request, reply in given
    )


@cache
def sent_shapes() -> dict[str, set[tuple[str, str]]]:
    sent: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for path, reply in replies():
        if reply.fault:
            continue
        for value in objects_in(reply.body.decode()):
            for at, kind in shapes(value):
                in_error = "error" in value and at.startswith("$.error")
                sent["error" if in_error else kind_of(path, value)].add((at, kind))
    return sent


def strange(sent: set[tuple[str, str]], recorded: set[tuple[str, str]]) -> set[str]:
    """What is sent and not recorded. A whole number may stand where fractions were recorded."""
    fractions = {(at, "integer") for at, kind in recorded if kind == "number"}
    return {f"{at}: {kind}" for at, kind in sent - recorded - fractions}


@pytest.mark.parametrize("kind", _KINDS)
def test_every_key_and_type_it_sends_was_recorded_from_the_real_provider(kind: str) -> None:
    """Nothing in an answer is made up: it stands at the same place, with the same type, in a recording,
    or is named with its document in the table above."""
    recorded = recorded_shapes()[0]
    assert strange(sent_shapes()[kind], recorded[kind]) == set(NEVER_RECORDED.get(kind, ()))


@pytest.mark.parametrize("kind", ["completion", "chunk", "/models", "/generation", "/images"])
def test_what_nearly_all_recordings_have_is_never_missing(kind: str) -> None:
    """A client that relies on what the provider always sends finds it here too."""
    _, places, objects = recorded_shapes()
    usual = {at for at, count in places[kind].items() if count >= NEARLY_ALL * objects[kind]}
    for path, reply in replies():
        if reply.fault:
            continue
        for value in objects_in(reply.body.decode()):
            if kind_of(path, value) == kind:
                assert usual - {at for at, _ in shapes(value)} == set()


def test_every_header_it_sends_was_recorded_or_is_documented() -> None:
    """Header names are those of the real provider."""
    recorded = {name for recorded in recordings() for name in recorded.headers}
    sent = {name.lower() for _, reply in replies() for name, _ in reply.headers}
    assert sent - recorded == set(NEVER_RECORDED["header"])


def test_the_endpoints_that_no_recording_has_are_as_documented() -> None:
    """Key and credits answer with the documented fields and types."""
    asked = {recorded.path for recorded in recordings()}
    assert not asked & set(NEVER_RECORDED["endpoint"])
    provider = Provider(Account(limit=Decimal(5)))
    key = json.loads(provider.answer(look_up("key")).body)["data"]
    amounts = (
        "limit",
        "limit_remaining",
        "usage",
        "usage_daily",
        "usage_weekly",
        "usage_monthly",
        "byok_usage",
    )
    assert all(type(key[name]) in (int, float) for name in amounts)
    assert type(key["label"]) is str
    assert type(key["is_free_tier"]) is bool
    assert type(key["include_byok_in_limit"]) is bool
    balance = json.loads(provider.answer(look_up("credits")).body)["data"]
    assert {name: type(value) for name, value in balance.items()} == {
        "total_credits": float,
        "total_usage": float,
    }


def again(recorded: Recorded) -> Reply:
    """A recorded chat request, put to the mock provider."""
    provider = Provider(any_model="is not a valid model ID" not in recorded.answered)
    return provider.answer(
        Request(
            "POST",
            "https://openrouter.ai/api/v1/chat/completions",
            (("Authorization", f"Bearer {KEY}"),),
            recorded.asked.encode(),
        )
    )


def test_what_the_real_provider_accepted_is_accepted() -> None:
    """No request that was once served is refused, and a stream is answered with a stream."""
    accepted = [it for it in recordings() if it.path == "/chat/completions" and it.status == 200]
    refused = []
    for recorded in accepted:
        reply = again(recorded)
        if reply.status != 200 or recorded.streamed is not reply.body.startswith(b": OPENROUTER"):
            refused.append((recorded.file, reply.status, reply.body[:200]))
    assert len(accepted) > 400
    assert refused == []


def test_what_the_real_provider_refused_is_refused_in_the_same_words() -> None:
    """A request refused for what it says gets the same status and the same message, and names the account
    where that was named; left out is one that was too long before the recording was shortened."""
    refused = [
        it
        for it in recordings()
        if it.path == "/chat/completions" and it.status == 400 and "<MASSIVE_TEXT>" not in it.asked
    ]
    assert len(refused) > 8
    for recorded in refused:
        reply = again(recorded)
        said, recalled = json.loads(reply.body)["error"], json.loads(recorded.answered)["error"]
        assert (reply.status, said["message"]) == (recorded.status, recalled["message"]), recorded.file
        assert ("user_id" in json.loads(reply.body)) is ("user_id" in json.loads(recorded.answered))
