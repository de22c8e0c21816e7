"""Recorded chat completions: their parts, and the input of a client that adds nothing to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from harness.contracts import Inverted, NotInvertible
from harness.matchers import escape, normalise_url, read_json, split_url
from harness.model import Headers, JsonValue, Request

__all__ = ["ChatRequest", "invert_chat", "read_chat_request"]

_PATH: Final = "/chat/completions"
_KEY: Final = "${canary.api_key}"
_KEY_HEADERS: Final = ("authorization", "api-key", "x-api-key")


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A request for a chat completion. `url` is normalised; `base_url` is `url` without
    `/chat/completions`; `body` holds the `model` and the `messages`, too."""

    url: str
    base_url: str
    host: str
    model: str
    messages: tuple[Mapping[str, Any], ...]
    body: Mapping[str, Any]


def read_chat_request(request: Request) -> ChatRequest:
    """Return the parts of a chat completion request. Raises NotInvertible if it is not one."""
    parts = split_url(request.url)
    if request.method.upper() != "POST" or not parts.path.endswith(_PATH):
        raise NotInvertible(f"{request.method} {parts.path} is not a chat completion")
    try:
        body = read_json(request.body)
    except ValueError as error:
        raise NotInvertible(f"its body {error}") from None
    model = body.get("model") if isinstance(body, dict) else None
    if not isinstance(model, str) or not model.strip():
        raise NotInvertible("its body names no model")
    messages = body.get("messages")
    if not isinstance(messages, list) or not all(isinstance(each, dict) for each in messages):
        raise NotInvertible("its body has no list of messages")
    base_url = str(parts._replace(path=parts.path.removesuffix(_PATH)))
    return ChatRequest(normalise_url(request.url), base_url, parts.host, model, tuple(messages), body)


def invert_chat(request: Request) -> Inverted:
    """Return a chat completion as a scenario for any client: the messages as they were sent, everything
    else as fields already in the body, and exactly that request expected.

    The API key may be in the header that held one in the recording, else in Authorization. Raises
    NotInvertible for any other request.
    """
    chat = read_chat_request(request)
    given: dict[str, JsonValue] = {
        "model": chat.model,
        "base_url": chat.base_url,
        "history": [dict(message) for message in chat.messages],
    }
    own = {name: value for name, value in chat.body.items() if name not in ("model", "messages")}
    if own:
        given["body"] = own
    expected = {"method": request.method, "url": chat.url, "body": escape(dict(chat.body))}
    return Inverted(given, expected, _key_headers(request.headers))


def _key_headers(recorded: Headers) -> dict[str, JsonValue]:
    headers: dict[str, JsonValue] = {}
    for name, value in recorded:
        if name.lower() in _KEY_HEADERS:
            scheme, space, _ = value.partition(" ")
            headers[name] = {"$optional": f"{scheme} {_KEY}" if space else _KEY}
    return headers or {"Authorization": {"$optional": f"Bearer {_KEY}"}}
