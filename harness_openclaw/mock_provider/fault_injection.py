"""Fault injection: answers chosen by a model id `simulated/…` or the header `X-Simulate`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from harness.errors import UsageError, did_you_mean
from harness.model import Headers, Reply
from harness_openclaw.mock_provider.errors import ERRORS, ApiError, ErrorResponse

__all__ = [
    "HEADER",
    "PLAIN",
    "PREFIX",
    "Injection",
    "from_header",
    "from_model",
    "immediate_reply",
    "injection_named",
    "injection_names",
    "with_fault",
]

PREFIX = "simulated/"
PLAIN = "simulated/model"  # a model that answers as any other does
HEADER = "x-simulate"

Kind = Literal["status", "body", "stream", "fault", "video", "pages"]

_ERROR = "error-"
_IN_BODY = "error-in-body"
_FAULT = "fault-"
_ONCE = "-once"
_NO_RESPONSE = ("timeout", "reset", "refused")
_FAULTS = (*_NO_RESPONSE, "truncated", "slow")
_VIDEO = "video-"
_VIDEOS = ("completed", "failed", "cancelled", "expired", "webm")
_PAGES = "catalog-"
_PAGE_LINKS = ("next", "links", "cursor", "token", "last-id")

_OVERLOADED = ErrorResponse(503, "The provider is overloaded", {"error_type": "provider_unavailable"})
_IN_STREAM = {
    "error-in-stream": (ErrorResponse(502, "Provider disconnected"), 3),
    "error-in-stream-first": (_OVERLOADED, 0),
    "error-in-stream-text-code": (ErrorResponse(502, "Provider disconnected", code="server_error"), 3),
    "error-in-stream-429": (ERRORS["429-upstream"], 0),
}


@dataclass(frozen=True, slots=True)
class Injection:
    """An answer that a request asks for by name.

    Its `kind` is `status` for an error with that status, `body` for an error in a body with status 200,
    `stream` for an error among the events, after so many deltas (in the body if the request does not stream),
    `fault` for a fault of the connection, `video` for the course of a video job and `pages` for a catalog in
    pages; `variant` says which. With `once`, only the first of equal requests gets it.
    """

    kind: Kind
    error: ErrorResponse | None = None
    fault: str = ""
    after: int = 0
    once: bool = False
    variant: str = ""

    @property
    def is_immediate(self) -> bool:
        """Whether the rest of the request does not matter."""
        return self.kind == "status" or self.fault in _NO_RESPONSE

    @property
    def affects_answer(self) -> bool:
        """Whether it changes an answer of a model."""
        return self.error is not None or bool(self.fault)


def injection_names() -> tuple[str, ...]:
    """Return every name that can be asked for."""
    return (
        *(f"{_ERROR}{name}" for name in ERRORS),
        _IN_BODY,
        *_IN_STREAM,
        *(f"{_FAULT}{fault}" for fault in _FAULTS),
        *(f"{_VIDEO}{video}" for video in _VIDEOS),
        *(f"{_PAGES}{link}" for link in _PAGE_LINKS),
    )


def from_header(headers: Headers, turn: int) -> Injection | None:
    """Return what the header asks for; `turn` is the number of equal requests before this one."""
    chat = next((value for name, value in headers if name.lower() == HEADER), None)
    return None if chat is None else _now(injection_named(chat.strip()), turn)


def from_model(model: object, turn: int) -> Injection | None:
    """Return what a model id asks for, likewise."""
    if isinstance(model, str) and model.startswith(PREFIX) and model != PLAIN:
        return _now(injection_named(model.removeprefix(PREFIX)), turn)
    return None


def _now(injected: Injection, turn: int) -> Injection | None:
    """Return the injection, unless it was for the first of equal requests only and this is a later one."""
    return None if injected.once and turn > 0 else injected


def injection_named(name: str) -> Injection:
    """Return the injection of that name; the suffix `-once` limits it to the first of equal requests.

    Raises `UsageError` for an unknown name.
    """
    once = name.endswith(_ONCE)
    plain = name.removesuffix(_ONCE)
    if plain in _IN_STREAM:
        error, after = _IN_STREAM[plain]
        return Injection("stream", error, after=after, once=once)
    if plain == _IN_BODY:
        return Injection("body", _OVERLOADED, once=once)
    kind, _, rest = plain.partition("-")
    if f"{kind}-" == _ERROR and rest in ERRORS:
        return Injection("status", ERRORS[rest], once=once)
    if f"{kind}-" == _FAULT and rest in _FAULTS:
        return Injection("fault", fault=rest, once=once)
    if plain.startswith(_VIDEO) and plain.removeprefix(_VIDEO) in _VIDEOS:
        return Injection("video", variant=plain.removeprefix(_VIDEO), once=once)
    if plain.startswith(_PAGES) and plain.removeprefix(_PAGES) in _PAGE_LINKS:
        return Injection("pages", variant=plain.removeprefix(_PAGES), once=once)
    raise UsageError(
        f"the mock provider has no answer called {name!r}{did_you_mean(plain, injection_names())}",
        hint="docs/mock-provider.md lists them all.",
    )


def immediate_reply(injected: Injection) -> Reply:
    """Return the reply of an injection that does not depend on the rest of the request. Raises `ApiError` for
    an error."""
    if injected.error is not None:
        raise ApiError(injected.error)
    return Reply(0, fault=injected.fault)


def with_fault(reply: Reply, fault: str) -> Reply:
    """Return the reply with a fault; a truncated one loses the second half of its bytes."""
    if fault != "truncated":
        return replace(reply, fault=fault)
    body = reply.body
    return replace(reply, chunks=(body[: len(body) // 2],), pauses_ms=(), fault=fault)
