"""Text to speech (OR-TTS)."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from media_calls import CANONICAL, CUSTOM, KEY, Call, answer, file

EDITIONS = ("2026-04", "2026-05", "latest")


def speech(*replies: Any, settings: dict[str, Any] | None = None, **given: Any) -> Call:
    """A speech call, with `settings` as what is configured for speech."""
    config = {"messages": {"tts": {"providers": {"openrouter": settings or {}}}}, **given.pop("config", {})}
    asked = {"operation": "speech", "text": "hello", "config": config, **given}
    return Call(asked, replies or [file(b"AUDIO", "audio/mpeg")])


def provider(**stated: Any) -> dict[str, Any]:
    return {"models": {"providers": {"openrouter": stated}}}


@pytest.mark.parametrize("edition", EDITIONS)
def test_speech_is_asked_for_with_its_defaults(edition: str) -> None:
    """Model, voice and format are always stated; speed and provider only where given (OR-TTS-01, -02)."""
    call = speech(edition=edition)
    assert call.sent == [f"POST {CANONICAL}/audio/speech"]
    assert call.body == {
        "model": "hexgrad/kokoro-82m",
        "input": "hello",
        "voice": "af_alloy",
        "response_format": "mp3",
    }
    assert call.headers[0]["content-type"] == "application/json"
    assert call.headers[0]["x-openrouter-title"] == "OpenClaw"


def test_an_empty_text_is_spoken_too() -> None:
    """Nothing checks it before OpenRouter does; only a missing one is an error."""
    assert speech(text="").body["input"] == ""
    assert speech(text=None).requests == []


def test_the_calls_wishes_win_over_the_settings() -> None:
    """Model, voice, speed and format (OR-TTS-05)."""
    settings = {"model": "m/configured", "voice": "v", "speed": 2, "responseFormat": "pcm"}
    assert speech(settings=settings).body == {
        "model": "m/configured",
        "input": "hello",
        "voice": "v",
        "response_format": "pcm",
        "speed": 2,
    }
    wishes = {"model": "openrouter/a/b", "voice": "w", "speed": 0.5, "format": "MP3"}
    assert speech(settings=settings, **wishes).body == {
        "model": "a/b",
        "input": "hello",
        "voice": "w",
        "response_format": "mp3",
        "speed": 0.5,
    }


@pytest.mark.parametrize(
    ("settings", "model", "voice"),
    [
        ({"modelId": "m1", "voiceId": "v1"}, "m1", "v1"),
        ({"model": "m0", "modelId": "m1", "voice": " v0 ", "voiceId": "v1"}, "m0", "v0"),
        ({"model": " ", "voice": ""}, "hexgrad/kokoro-82m", "af_alloy"),
        ({"model": " openrouter/elevenlabs/eleven "}, "openrouter/elevenlabs/eleven", "af_alloy"),
    ],
)
def test_settings_have_aliases_and_are_no_refs(settings: dict[str, Any], model: str, voice: str) -> None:
    """`model` before `modelId`, `voice` before `voiceId`, trimmed and else as written."""
    body = speech(settings=settings).body
    assert (body["model"], body["voice"]) == (model, voice)


def test_a_ref_of_the_call_is_no_configured_model() -> None:
    """Only the call's model is a ref, whose id goes out as it is in latest, too."""
    assert speech(model="openrouter/Fast", edition="latest").body["model"] == "openrouter/Fast"


@pytest.mark.parametrize("speed", [1, 0, -1, 99, 1.5])
def test_a_speed_is_sent_unchecked(speed: float) -> None:
    """Any finite number is, from the settings or the call."""
    assert speech(settings={"speed": speed}).body["speed"] == speed
    assert speech(settings={"speed": 3}, speed=speed).body["speed"] == speed


@pytest.mark.parametrize("speed", ["1.5", None, True, float("nan"), float("inf")])
def test_a_speed_that_is_no_number_is_left_out(speed: Any) -> None:
    """Then the settings' speed stands, if there is one (OR-TTS-05)."""
    assert "speed" not in speech(settings={"speed": speed}).body
    assert speech(settings={"speed": 3}, speed=speed).body["speed"] == 3


@pytest.mark.parametrize(
    ("wish", "sent"), [({}, True), ({"order": ["a"]}, True), ("x", False), (["a"], False), (None, False)]
)
def test_routing_of_speech_is_an_object_or_nothing(wish: Any, sent: bool) -> None:
    """An empty object is one (OR-PR-05)."""
    body = speech(settings={"provider": wish}).body
    assert ("provider" in body) is sent
    assert body.get("provider") == (wish if sent else None)


@pytest.mark.parametrize(("written", "sent"), [("MP3", "mp3"), (" Pcm ", "pcm"), ("", "mp3"), (None, "mp3")])
def test_a_format_is_trimmed_and_in_lower_case(written: Any, sent: str) -> None:
    """A blank one stands for the default (OR-TTS-04)."""
    assert speech(settings={"responseFormat": written}).body["response_format"] == sent
    assert speech(format=written).body["response_format"] == sent


def test_other_formats_are_refused() -> None:
    """Nothing is sent (OR-TTS-04)."""
    for call in (speech(settings={"responseFormat": "wav"}), speech(format="opus")):
        assert call.requests == []
        assert call.error["class"] == "format"


def test_the_key_of_speech_is_the_most_particular_one() -> None:
    """The call's, the speech settings', the provider's, the environment's (OR-TTS-03)."""
    keys: dict[str, Any] = {
        "api_key": "of-call",
        "settings": {"apiKey": "of-speech"},
        "config": provider(apiKey="of-provider"),
        "env": {"OPENROUTER_API_KEY": "of-env"},
    }
    emptied: dict[str, Any] = {"api_key": None, "settings": {}, "config": {}, "env": {}}
    for place, owner in zip(keys, ("of-call", "of-speech", "of-provider", "of-env"), strict=True):
        [headers] = speech(**keys).headers
        assert headers["authorization"] == f"Bearer {owner}"
        keys[place] = emptied[place]
    call = speech(**keys)
    assert (call.requests, call.error["class"]) == ([], "auth")


CUSTOM_BASES = [
    {"settings": {"baseUrl": CUSTOM}},
    {"settings": {"baseUrl": " "}, "config": provider(baseUrl=f"{CUSTOM}//")},
    {"base_url": CUSTOM, "settings": {"baseUrl": "https://other.example"}},
]


@pytest.mark.parametrize("given", CUSTOM_BASES)
def test_latest_speaks_at_a_custom_base_url(given: dict[str, Any]) -> None:
    """It is asked, and told nothing of the app (OR-TTS-06, OR-HDR-11)."""
    call = speech(edition="latest", **given)
    assert call.request.url == f"{CUSTOM}/audio/speech"
    assert call.headers == [{"authorization": f"Bearer {KEY}", "content-type": "application/json"}]


@pytest.mark.parametrize("given", [*CUSTOM_BASES, {"base_url": "openrouter.ai/api/v1"}])
@pytest.mark.parametrize("edition", ["2026-04", "2026-05"])
def test_earlier_editions_speak_at_the_canonical_url_alone(edition: str, given: dict[str, Any]) -> None:
    """Whatever base is configured, with the attribution that belongs there (OR-TTS-06)."""
    call = speech(edition=edition, **given)
    assert call.request.url == f"{CANONICAL}/audio/speech"
    assert call.headers[0]["http-referer"] == "https://openclaw.ai"


def test_latest_mends_and_checks_the_base_url_of_speech() -> None:
    """The legacy URL is the canonical one, capitals go, no scheme is an error."""
    for base in ("https://openrouter.ai/v1/", "https://OPENROUTER.AI/api/v1"):
        assert speech(edition="latest", base_url=base).request.url == f"{CANONICAL}/audio/speech"
    assert speech(edition="latest", base_url="openrouter.ai/api/v1").requests == []


def test_configured_request_headers_never_go_with_speech() -> None:
    """They go with images and video only."""
    config = provider(request={"headers": {"X-Req": "r"}})
    for edition in EDITIONS:
        assert "x-req" not in speech(edition=edition, config=config).headers[0]


@pytest.mark.parametrize(("spoken", "mime_type"), [("mp3", "audio/mpeg"), ("pcm", "audio/pcm")])
def test_the_answers_bytes_are_the_audio(spoken: str, mime_type: str) -> None:
    """Named after the format, whatever the answer calls them, and fit for a voice note as mp3 (OR-TTS-07)."""
    [made] = speech(file(b"\x00AUDIO", "application/octet-stream"), format=spoken).artifacts
    assert made == {
        "mime_type": mime_type,
        "filename": f"speech-1.{spoken}",
        "bytes": 6,
        "data": base64.b64encode(b"\x00AUDIO").decode(),
        "voice_note": spoken == "mp3",
    }


def test_a_refusal_of_speech_is_told_with_status_and_request_id() -> None:
    """As with images and video (OR-TTS-07, OR-ERR-02)."""
    call = speech(answer({"error": {"message": "No auth"}}, 401, x_request_id="r-2"))
    assert (len(call.requests), call.error["class"], call.error["status"]) == (1, "auth", 401)
    assert call.error["message"].endswith("(HTTP 401): No auth [request_id=r-2]")


@pytest.mark.parametrize(
    ("given", "limit"), [({}, 60_000), ({"timeout_ms": 5}, 5), ({"timeout_ms": -1}, 60_000)]
)
def test_the_time_limit_of_speech_is_the_calls_or_a_minute(given: dict[str, Any], limit: float) -> None:
    """A minute also for what is no positive number (OR-TTS-07)."""
    assert speech(**given).request.timeout_ms == limit
