"""Mutants that make speech wrongly."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from harness.model import Reply, Request
from harness_openclaw.mutants.base import (
    Call,
    CaseClient,
    Given,
    Outcome,
    altered,
    body_of,
    client,
    is_error,
    with_fields,
    with_headers,
    within,
)

__all__: list[str] = []


@client("OR-TTS-03", "speech")
def prefers_the_environments_key(given: Given, client: CaseClient) -> Call:
    """Looks for the key in the environment before the settings for speech."""
    key = (given.get("env") or {}).get("OPENROUTER_API_KEY")
    return (yield from client({**given, "api_key": given.get("api_key") or key}))


@client("OR-TTS-06", "speech", edition="latest")
def speaks_through_openrouter_all_the_same(given: Given, client: CaseClient) -> Call:
    """Still replaces every base URL for speech by OpenRouter's."""
    return (yield from client({**given, "base_url": "https://openrouter.ai/api/v1"}))


@client("OR-TTS-06", "speech")
def keeps_the_older_address_for_speech(given: Given, client: CaseClient) -> Call:
    """Takes a configured base URL as it is written, the one that OpenRouter has given up among them."""
    configured = (_speech(given).get("baseUrl") or _provider(given).get("baseUrl") or "").strip().rstrip("/")

    def at_that(request: Request) -> Request:
        return replace(request, url=f"{configured}/audio/speech") if configured else request

    return (yield from altered(client(given), request=at_that))


@client("OR-TTS-01", "speech")
def speaks_with_configured_headers(given: Given, client: CaseClient) -> Call:
    """Adds the headers configured for the provider's requests to those for speech, too."""
    own = within(_provider(given), "request", "headers") or {}
    return (yield from altered(client(given), request=lambda request: with_headers(request, *own.items())))


@client("OR-TTS-02", "speech")
def takes_configured_models_for_refs(given: Given, client: CaseClient) -> Call:
    """Strips openrouter/ from the model of the settings, which is not a ref."""

    def stripped(request: Request) -> Request:
        return with_fields(request, model=body_of(request)["model"].removeprefix("openrouter/"))

    return (yield from altered(client(given), request=stripped))


@client("OR-TTS-04", "speech")
def asks_for_any_format(given: Given, client: CaseClient) -> Call:
    """Does not look at the format, and lets the provider refuse."""
    wished = given.get("format") or _speech(given).get("responseFormat") or "mp3"
    sent = client({**given, "format": "mp3"})
    return (yield from altered(sent, request=lambda request: with_fields(request, response_format=wished)))


@client("OR-TTS-05", "speech")
def sends_the_speed_as_text(given: Given, client: CaseClient) -> Call:
    """Writes the speed as the text that the settings' form gave it."""

    def as_text(request: Request) -> Request:
        body = body_of(request)
        return with_fields(request, speed=str(body["speed"])) if "speed" in body else request

    return (yield from altered(client(given), request=as_text))


@client("OR-TTS-05", "speech")
def clamps_the_speed(given: Given, client: CaseClient) -> Call:
    """Keeps the speed within what OpenAI's speech API allows."""

    def clamped(request: Request) -> Request:
        body = body_of(request)
        return with_fields(request, speed=min(max(body["speed"], 0.25), 4)) if "speed" in body else request

    return (yield from altered(client(given), request=clamped))


@client("OR-TTS-05", "speech")
def looks_for_the_alias_first(given: Given, client: CaseClient) -> Call:
    """Looks at voiceId before voice, as the older settings had it."""
    return (yield from client({**given, "voice": given.get("voice") or _speech(given).get("voiceId")}))


@client("OR-PR-05", "speech")
def routes_speech_by_a_list(given: Given, client: CaseClient) -> Call:
    """Sends whatever stands in the settings as routing."""
    routing = _speech(given).get("provider")

    def routed(request: Request) -> Request:
        return request if routing is None else with_fields(request, provider=routing)

    return (yield from altered(client(given), request=routed))


@client("OR-TTS-07", "speech")
def names_all_speech_mp3(given: Given, client: CaseClient) -> Call:
    """Calls every speech an MP3, whatever format was asked for."""

    def named(outcome: Outcome) -> Outcome:
        if is_error(outcome):
            return outcome
        return {**outcome, "artifacts": [{**outcome["artifacts"][0], "filename": "speech.mp3"}]}

    return (yield from altered(client(given), outcome=named))


@client("OR-TTS-07", "speech")
def reads_speech_as_text(given: Given, client: CaseClient) -> Call:
    """Decodes the answer as UTF-8 on its way, and loses what is none."""

    def decoded(reply: Reply) -> Reply:
        return replace(reply, chunks=(reply.body.decode(errors="replace").encode(),))

    return (yield from altered(client(given), reply=decoded))


def _provider(given: Given) -> dict[str, Any]:
    return within(given, "config", "models", "providers", "openrouter") or {}


def _speech(given: Given) -> dict[str, Any]:
    return within(given, "config", "messages", "tts", "providers", "openrouter") or {}
