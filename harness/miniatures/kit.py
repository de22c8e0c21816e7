"""What a miniature is, and the few ways in which it bends what the reference does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import orjson

from harness.model import DEFAULT_CONTRACT, JsonValue, Request
from harness.reference import Refusal, shape

__all__ = [
    "ATTRIBUTION",
    "Answer",
    "Given",
    "Miniature",
    "as_for",
    "as_on_openrouter",
    "body_of",
    "goes_to_openrouter",
    "header",
    "miniature",
    "with_body",
    "with_fields",
    "with_headers",
    "without_fields",
    "without_headers",
]

Given: TypeAlias = dict[str, Any]
"""The input of a case."""

Answer: TypeAlias = Request | list[Request] | Mapping[str, JsonValue] | None

ATTRIBUTION = ("http-referer", "x-openrouter-title", "x-openrouter-categories")


@dataclass(frozen=True)
class Miniature:
    """A small implementation that is wrong on purpose, in one way.

    `rule` is the one that a difference must be charged to, in the suites of `contract`. `rule` is None
    for an implementation that breaks instead of answering.
    """

    name: str
    about: str
    rule: str | None
    contract: str
    answer: Callable[[Given], Answer]

    def __call__(self, given: Given) -> Answer:
        """What is answered to the input of a case; a refusal of the reference stays one."""
        try:
            return self.answer(given)
        except Refusal as refusal:
            return {"error": refusal.error}


def miniature(
    rule: str | None, *, contract: str = DEFAULT_CONTRACT
) -> Callable[[Callable[[Given], Answer]], Miniature]:
    """Make a function a miniature of its name; its docstring says what it does wrong."""

    def named(answer: Callable[[Given], Answer]) -> Miniature:
        return Miniature(answer.__name__, (answer.__doc__ or "").strip(), rule, contract, answer)

    return named


# ------------------------------------------------------------------ ways to be wrong


def as_on_openrouter(given: Given) -> Request:
    """The request as it would be without a configured base URL."""
    return shape({**given, "base_url": None})


def as_for(given: Given, model: str) -> Request:
    """The request as it would be for `model`, under the name of the model that was asked for."""
    return with_fields(shape({**given, "model": model}), model=body_of(shape(given))["model"])


def goes_to_openrouter(request: Request) -> bool:
    host = urlsplit(request.url).hostname or ""
    return host == "openrouter.ai" or host.endswith(".openrouter.ai")


def header(request: Request, name: str) -> str | None:
    """The value of the header `name`, written in lower case here."""
    return next((value for each, value in request.headers if each.lower() == name), None)


def with_headers(request: Request, *headers: tuple[str, str]) -> Request:
    """The request with more headers, whatever it has already."""
    return replace(request, headers=(*request.headers, *headers))


def without_headers(request: Request, *patterns: str) -> Request:
    """The request without the headers whose lower-case names match one of the patterns."""
    kept = (
        (name, value)
        for name, value in request.headers
        if not any(fnmatchcase(name.lower(), pattern) for pattern in patterns)
    )
    return replace(request, headers=tuple(kept))


def body_of(request: Request) -> dict[str, Any]:
    body: dict[str, Any] = orjson.loads(request.body)
    return body


def with_body(request: Request, body: Mapping[str, Any]) -> Request:
    return replace(request, body=orjson.dumps(body))


def with_fields(request: Request, **fields: Any) -> Request:
    """The request with these fields of its body set."""
    return with_body(request, body_of(request) | fields)


def without_fields(request: Request, *names: str) -> Request:
    """The request without these fields of its body."""
    return with_body(request, {name: value for name, value in body_of(request).items() if name not in names})
