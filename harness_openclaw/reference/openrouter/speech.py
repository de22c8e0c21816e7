"""Text to speech (OR-TTS)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from harness.model import JsonValue, Request
from harness_openclaw.reference.answers import failures
from harness_openclaw.reference.exchange import Exchange, Outcome, ask
from harness_openclaw.reference.openrouter import config as configuration
from harness_openclaw.reference.openrouter import media, routes, text
from harness_openclaw.reference.openrouter.params import number
from harness_openclaw.reference.refusal import Refusal

if TYPE_CHECKING:
    from harness_openclaw.reference.client import Session

__all__ = ["synthesize"]

_DEFAULT_MODEL = "hexgrad/kokoro-82m"
_DEFAULT_VOICE = "af_alloy"
_DEFAULT_FORMAT = "mp3"
_DEFAULT_LIMIT_MS = 60_000
_MIME_TYPES = {"mp3": "audio/mpeg", "pcm": "audio/pcm"}


def synthesize(given: Mapping[str, JsonValue], session: Session) -> Exchange[Outcome]:
    """Have a text spoken. The outcome has one artifact. Raises `Refusal` and `Failure`."""
    edition = media.edition_of(given)
    config = given.get("config") or {}
    settings = configuration.speech(config)
    provider = configuration.provider(config, "openrouter")
    spoken = _format(given, settings)
    body = _body(given, settings, spoken)
    bases = (given.get("base_url"), settings.get("baseUrl"), provider.get("baseUrl"))
    endpoint = media.endpoint_of(
        *(bases if edition == "latest" else (routes.CANONICAL,)),  # OR-TTS-06
        keeps_legacy=False,
    )
    key = media.find_key(
        given.get("api_key"),
        settings.get("apiKey"),
        provider.get("apiKey"),
        (given.get("env") or {}).get("OPENROUTER_API_KEY"),
    )
    reply = yield from ask(
        Request(
            "POST",
            endpoint.url("/audio/speech"),
            media.headers_of(key, endpoint, edition),
            text.encode(body),
            timeout_ms=media.time_limit((given.get("timeout_ms"),), _DEFAULT_LIMIT_MS),
        )
    )
    failures.raise_for_failure(reply, label="OpenRouter speech failed")
    made = media.artifact(reply.body, _MIME_TYPES[spoken], f"speech-1.{spoken}", voice_note=spoken == "mp3")
    return {"artifacts": [made]}


def _body(given: Mapping[str, JsonValue], settings: Mapping[str, JsonValue], spoken: str) -> dict[str, Any]:
    configured = _first(settings.get("model"), settings.get("modelId")) or _DEFAULT_MODEL
    body: dict[str, Any] = {
        "model": media.model_of(given, None, configured),
        "input": media.text_of(given, "text"),
        "voice": _first(given.get("voice"), settings.get("voice"), settings.get("voiceId")) or _DEFAULT_VOICE,
        "response_format": spoken,
    }
    speed = next((speed for speed in (given.get("speed"), settings.get("speed")) if number(speed)), None)
    if speed is not None:
        body["speed"] = speed
    if isinstance(settings.get("provider"), dict):
        body["provider"] = settings["provider"]
    return body


def _format(given: Mapping[str, JsonValue], settings: Mapping[str, JsonValue]) -> str:
    """The format of the audio. Raises `Refusal` for one that there is not (OR-TTS-04)."""
    spoken = _first(given.get("format"), settings.get("responseFormat")) or _DEFAULT_FORMAT
    if spoken.lower() not in _MIME_TYPES:
        raise Refusal(f"{spoken!r} is not a speech format: expected mp3 or pcm")
    return spoken.lower()


def _first(*texts: JsonValue) -> str | None:
    """The first text that is not blank, trimmed."""
    return next((text.strip() for text in texts if isinstance(text, str) and text.strip()), None)
