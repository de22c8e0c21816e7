"""What image, video and speech calls have in common: model, key, base URL, headers, time limit and files."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from harness.model import Headers, JsonValue
from harness_openclaw.editions import DEFAULT_EDITION
from harness_openclaw.reference.openrouter import config as configuration
from harness_openclaw.reference.openrouter import headers, refs, routes
from harness_openclaw.reference.openrouter.params import number
from harness_openclaw.reference.refusal import Refusal, Unsupported

__all__ = [
    "Endpoint",
    "artifact",
    "configured_headers",
    "edition_of",
    "endpoint_of",
    "find_key",
    "headers_of",
    "key_of",
    "model_of",
    "picture",
    "text_of",
    "time_limit",
]

_EDITIONS = {"2026-04", "2026-05", "latest"}
_CHAT = "/chat/completions"
_LEGACY = "https://openrouter.ai/v1"
_UNUSABLE_LIMIT_MS = 60_000
_NOTHING: Mapping[str, Any] = {}


class Endpoint(NamedTuple):
    """A base URL in the form in which it goes out, with the class of its route (OR-URL-03, -04)."""

    root: str
    query: str
    host: bool
    exact: bool

    def url(self, path: str, query: str = "") -> str:
        """The URL of `path` under the base; parameters of the base come first (OR-URL-07)."""
        parameters = "&".join(filter(None, (self.query, query)))
        return f"{self.root}{path}?{parameters}" if parameters else f"{self.root}{path}"


def edition_of(given: Mapping[str, JsonValue]) -> str:
    """The edition of a call. Raises `Unsupported` for one without rules for media."""
    edition: str = given.get("edition") or DEFAULT_EDITION
    if edition not in _EDITIONS:
        raise Unsupported(f"the edition {edition} has no rules for images, video and speech")
    return edition


def text_of(given: Mapping[str, JsonValue], name: str) -> str:
    """The text under `name`, an empty one too. Raises `Refusal` where there is none."""
    text = given.get(name)
    if not isinstance(text, str):
        raise Refusal(f"no {name}: give a string")
    return text


def model_of(given: Mapping[str, JsonValue], configured: JsonValue, default: str) -> str:
    """The model that an image or video is asked of: that of the call, else the `configured` one, both refs,
    else `default`, an id. Unlike in chat, the id goes out as it is in every edition.

    Raises `Refusal` for a bad ref, `Unsupported` for another provider's model.
    """
    named = given.get("model")
    named = configured if named is None else named
    if named is None:
        return default
    if not isinstance(named, str):
        raise Refusal(f"{named!r} is not a model ref: write <provider>/<model id>")
    ref = refs.parse(named, edition_of(given))
    if ref.provider != "openrouter":
        raise Unsupported(f"images, video and speech of the provider {ref.provider!r}")
    return ref.id


def endpoint_of(*bases: JsonValue, keeps_legacy: bool) -> Endpoint:
    """The first of `bases` that is not blank, else OpenRouter's. The old `https://openrouter.ai/v1` either
    stays as it is or stands for the canonical URL.

    Raises `Refusal` for a base that is not an absolute http(s) URL.
    """
    base = next((base for base in bases if isinstance(base, str) and base.strip()), routes.CANONICAL)
    if keeps_legacy and base.strip().rstrip("/") == _LEGACY:
        return Endpoint(_LEGACY, "", host=True, exact=False)
    # In every edition, media calls take a query on an OpenRouter host; chat does so up to 2026-05.
    route = routes.resolve(base, "openrouter", DEFAULT_EDITION)
    url, _, query = route.chat_url.partition("?")
    return Endpoint(url.removesuffix(_CHAT), query, route.host, route.exact)


def key_of(given: Mapping[str, JsonValue]) -> str:
    """The key of an image or video call: given, else from the environment, else configured."""
    env: Mapping[str, JsonValue] = given.get("env") or _NOTHING
    provider = configuration.provider(given.get("config") or _NOTHING, "openrouter")
    return find_key(given.get("api_key"), env.get("OPENROUTER_API_KEY"), provider.get("apiKey"))


def find_key(*candidates: JsonValue) -> str:
    """The first key that is not blank. Raises `Refusal` of class auth where there is none (OR-HDR-01)."""
    key = next((key for key in candidates if isinstance(key, str) and key.strip()), None)
    return headers.find_key(key, _NOTHING, _NOTHING, "openrouter")


def configured_headers(given: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
    """The headers that are configured for the provider's requests, which some media calls carry."""
    request = configuration.provider(given.get("config") or _NOTHING, "openrouter").get("request")
    configured = request.get("headers") if isinstance(request, dict) else None
    return configured if isinstance(configured, dict) else _NOTHING


def headers_of(
    key: str, endpoint: Endpoint, edition: str, configured: Mapping[str, JsonValue] = _NOTHING
) -> Headers:
    """Authorisation, content type and `configured` headers; on OpenRouter's hosts the attribution, which
    nothing replaces, and on a custom route none (OR-HDR-11)."""
    attribution = headers.attribution(edition) if endpoint.host else ()
    return headers.merge(key, protected=attribution, configured=configured, derived=(), own=_NOTHING)


def time_limit(limits: Iterable[JsonValue], default: float) -> float:
    """The first limit that is given, else `default`, in milliseconds; one that is not a positive number
    counts as a minute."""
    limit = next((limit for limit in limits if limit is not None), default)
    return limit if number(limit) and limit > 0 else _UNUSABLE_LIMIT_MS


def picture(image: JsonValue) -> dict[str, Any]:
    """An input image as the part of a body: its bytes as a data URL, else its URL.

    Raises `Refusal` for an image that has neither.
    """
    given: Mapping[str, JsonValue] = image if isinstance(image, dict) else _NOTHING
    data, url = given.get("data"), given.get("url")
    if isinstance(data, str) and data:
        url = f"data:{given.get('mime_type') or 'image/png'};base64,{data}"
    if not isinstance(url, str) or not url.strip():
        raise Refusal("an input image needs data or a url")
    return {"type": "image_url", "image_url": {"url": url}}


def artifact(data: bytes, mime_type: str, filename: str, **more: JsonValue) -> dict[str, JsonValue]:
    """A file that was made, as an outcome reports it (docs/scenarios.md, outcome)."""
    return {
        "mime_type": mime_type,
        "filename": filename,
        "bytes": len(data),
        "data": base64.b64encode(data).decode("ascii"),
        **more,
    }
