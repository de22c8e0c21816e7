"""`POST /audio/speech`: sound as bytes, and the errors for invalid requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import orjson

from harness.model import Headers, Reply
from harness_openclaw.mock_provider.account import Ledger
from harness_openclaw.mock_provider.completion import JSON_HEADERS
from harness_openclaw.mock_provider.errors import ApiError, upstream_error
from harness_openclaw.mock_provider.fault_injection import PREFIX, immediate_reply, with_fault
from harness_openclaw.mock_provider.media import SAMPLE_RATE, mp3, pcm
from harness_openclaw.mock_provider.media_requests import (
    GENERATION_ID_LENGTH,
    no_such_model,
    option_in,
    text_in,
    typed,
)
from harness_openclaw.mock_provider.request import IncomingRequest

__all__ = ["speak"]

_FORMATS = {"mp3": "audio/mpeg", "pcm": f"audio/pcm;rate={SAMPLE_RATE};channels=1"}
_UNSTATED = "pcm"
_EXPOSED: Headers = tuple(pair for pair in JSON_HEADERS if pair[0] != "Content-Type")
_TYPES: Mapping[str, tuple[type, ...]] = {"speed": (int, float), "provider": (dict,)}


@dataclass(frozen=True, slots=True)
class _SpeechModel:
    """A speech model. `price` is in USD per character; without `voices`, any voice is valid."""

    vendor: str
    price: Decimal
    voices: tuple[str, ...] = ()


_KOKORO = (
    *("af_alloy", "af_aoede", "af_bella", "af_heart", "af_jessica", "af_kore", "af_nicole", "af_nova"),
    *("af_river", "af_sarah", "af_sky", "am_adam", "am_echo", "am_eric", "am_fenrir", "am_liam"),
    *("am_michael", "am_onyx", "am_puck", "bf_alice", "bf_emma", "bf_isabella", "bm_daniel", "bm_george"),
)
_GEMINI = ("Zephyr", "Puck", "Charon", "Kore", "Fenrir", "Leda", "Orus", "Aoede", "Callirrhoe", "Autonoe")
_VOXTRAL = ("en_paul_neutral", "en_paul_happy", "en_paul_sad", "gb_jane_neutral", "fr_marie_neutral")
_SPEECH_MODELS = {
    "hexgrad/kokoro-82m": _SpeechModel("DeepInfra", Decimal("0.00000062"), _KOKORO),
    "google/gemini-3.1-flash-tts-preview": _SpeechModel("Google", Decimal("0.00002"), _GEMINI),
    "mistralai/voxtral-mini-tts-2603": _SpeechModel("Mistral", Decimal("0.000016"), _VOXTRAL),
    "elevenlabs/eleven-turbo-v2": _SpeechModel("ElevenLabs", Decimal("0.00005")),
}
_UNLISTED = _SpeechModel("Simulated", Decimal("0.00001"))


def speak(incoming: IncomingRequest, ledger: Ledger, *, any_model: bool) -> Reply:
    """Return the text as sound: silence as MP3, or a tone as PCM samples. Raises `ApiError`."""
    body = incoming.body
    name = text_in(body, "model")
    injected = incoming.injection_for(name)
    if injected is not None and injected.is_immediate:
        return immediate_reply(injected)
    text, voice = text_in(body, "input"), text_in(body, "voice")
    typed(body, _TYPES)
    wanted: str = option_in(body, "response_format", tuple(_FORMATS)) or _UNSTATED
    model = _find(name, any_model=any_model)
    if model.voices and voice not in model.voices:
        raise _unknown_voice(voice, model)
    if injected is not None and injected.error is not None:
        return Reply(200, JSON_HEADERS, (orjson.dumps({"error": injected.error.body}),))
    ledger.charge(len(text) * model.price)
    sound = mp3(text, incoming.rng) if wanted == "mp3" else pcm(text, incoming.rng)
    headers = (
        ("Content-Type", _FORMATS[wanted]),
        *_EXPOSED,
        ("X-Generation-Id", incoming.id(f"gen-tts-{int(incoming.now)}-", GENERATION_ID_LENGTH)),
    )
    reply = Reply(200, headers, _pieces(sound))
    return with_fault(reply, injected.fault) if injected is not None and injected.fault else reply


def _find(name: str, *, any_model: bool) -> _SpeechModel:
    model = _SPEECH_MODELS.get(name)
    if model is not None:
        return model
    if any_model or name.startswith(PREFIX):
        return _UNLISTED
    raise no_such_model(name)


def _unknown_voice(voice: str, model: _SpeechModel) -> ApiError:
    message = f"voice: unknown voice {voice!r}; known are {', '.join(model.voices)}"
    return ApiError(upstream_error(model.vendor, message))


def _pieces(sound: bytes) -> tuple[bytes, ...]:
    """Split sound into the chunks that it is sent in."""
    size = -(-len(sound) // 3)
    return tuple(sound[start : start + size] for start in range(0, len(sound), size))
