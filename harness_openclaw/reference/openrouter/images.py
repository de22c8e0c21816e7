"""Image generation (OR-IMG): as a chat completion, or in the latest edition at an endpoint of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from harness.model import JsonValue, Reply, Request
from harness_openclaw.reference.answers import failures
from harness_openclaw.reference.exchange import Exchange, Outcome, ask
from harness_openclaw.reference.openrouter import config as configuration
from harness_openclaw.reference.openrouter import image_answers, media, text
from harness_openclaw.reference.openrouter.image_answers import Picture
from harness_openclaw.reference.openrouter.params import number
from harness_openclaw.reference.refusal import Failure

if TYPE_CHECKING:
    from harness_openclaw.reference.client import Session

__all__ = ["generate"]

_LABEL = "OpenRouter image generation"
_DEFAULT_MODEL = "google/gemini-3.1-flash-image-preview"
_DEFAULT_LIMIT_MS = 90_000
_LATEST_LIMIT_MS = 180_000
_MOST = 4
_TAKES_HINTS = "google/gemini-"


def generate(given: Mapping[str, JsonValue], session: Session) -> Exchange[Outcome]:
    """Have images made. The outcome lists them as artifacts. Raises `Refusal` and `Failure`."""
    edition = media.edition_of(given)
    latest = edition == "latest"
    config = given.get("config") or {}
    settings = configuration.media(config, "image")
    base = configuration.provider(config, "openrouter").get("baseUrl")
    endpoint = media.endpoint_of(given.get("base_url"), base, keeps_legacy=not latest)
    compose = _as_prompt if latest and endpoint.exact else _as_chat
    model = media.model_of(given, settings.get("primary"), _DEFAULT_MODEL)
    prompt = media.text_of(given, "prompt")
    images = [media.picture(image) for image in given.get("images") or ()]
    count = _count(given.get("count"))
    path, body = compose(model, prompt, images, count, _hints(given, model))
    request = Request(
        "POST",
        endpoint.url(path),
        media.headers_of(
            media.key_of(given), endpoint, edition, media.configured_headers(given) if latest else {}
        ),
        text.encode(body),
        timeout_ms=media.time_limit(
            (given.get("timeout_ms"), settings.get("timeoutMs")),
            _LATEST_LIMIT_MS if latest else _DEFAULT_LIMIT_MS,
        ),
    )
    if compose is _as_chat:
        reply = yield from ask(request)
        return _outcome(_read(reply, lambda answer: image_answers.in_chat(answer, strict=latest)))
    replies = []
    for _ in range(count):
        reply = yield from ask(request)
        replies.append(reply)
    return _outcome([picture for reply in replies for picture in _read(reply, image_answers.in_list)])


def _as_chat(
    model: str, prompt: str, images: list[dict[str, Any]], count: int, hints: dict[str, str]
) -> tuple[str, dict[str, Any]]:
    """All images in one chat completion (OR-IMG-01…04)."""
    content = [{"type": "text", "text": prompt}, *images] if images else prompt
    body: dict[str, Any] = {
        "model": model,
        "messages": [{"role": "user", "content": content}],
        "modalities": ["image", "text"],
        "n": count,
    }
    if hints:
        names = {"aspect_ratio": "aspect_ratio", "resolution": "image_size"}
        body["image_config"] = {names[hint]: value for hint, value in hints.items()}
    return "/chat/completions", body


def _as_prompt(
    model: str, prompt: str, images: list[dict[str, Any]], count: int, hints: dict[str, str]
) -> tuple[str, dict[str, Any]]:
    """One image, to be asked for `count` times (OR-IMG-09)."""
    body: dict[str, Any] = {"model": model, "prompt": prompt, "n": 1, **hints}
    if images:
        body["input_references"] = images
    return "/images", body


def _hints(given: Mapping[str, JsonValue], model: str) -> dict[str, str]:
    """What is wished of the picture's shape, for those models that take it (OR-IMG-04)."""
    if not model.startswith(_TAKES_HINTS):
        return {}
    wishes = {name: given.get(name) for name in ("aspect_ratio", "resolution")}
    return {name: wish.strip() for name, wish in wishes.items() if isinstance(wish, str) and wish.strip()}


def _count(count: JsonValue) -> int:
    return min(max(int(count), 1), _MOST) if number(count) else 1


def _read(reply: Reply, pictures_in: Callable[[JsonValue], list[Picture]]) -> list[Picture]:
    """The images of an answer. Raises `Failure` for one that is a failure or makes no sense."""
    failures.raise_for_failure(reply, label=f"{_LABEL} failed")
    answer = failures.json_of(reply, label=_LABEL)
    failure = failures.failure_in(answer, label=f"{_LABEL} failed", status=reply.status)
    if failure is not None:
        raise failure
    try:
        return pictures_in(answer)
    except ValueError as problem:
        raise Failure(f"{_LABEL}: {problem}", status=reply.status) from None


def _outcome(pictures: list[Picture]) -> Outcome:
    return {
        "artifacts": [
            media.artifact(picture.data, picture.mime_type, f"image-{place}.{picture.extension}")
            for place, picture in enumerate(pictures, start=1)
        ]
    }
