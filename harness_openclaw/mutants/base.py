"""What a mutant is, and the few ways in which it changes what the reference client does."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any, ClassVar, TypeAlias
from urllib.parse import urlsplit

import orjson

from harness.model import FEATURES, JsonValue, Reply, Request
from harness_openclaw.editions import DEFAULT_EDITION
from harness_openclaw.reference import Client, Refusal, shape

__all__ = [
    "ATTRIBUTION",
    "Answer",
    "Call",
    "CaseClient",
    "Given",
    "Mutant",
    "altered",
    "answer_of",
    "as_for",
    "as_on_openrouter",
    "body_of",
    "client",
    "goes_to_openrouter",
    "header",
    "is_error",
    "mutant",
    "with_answer",
    "with_body",
    "with_fields",
    "with_headers",
    "within",
    "without_fields",
    "without_headers",
    "without_keys",
]

Given: TypeAlias = dict[str, Any]
"""The input of a case."""

Answer: TypeAlias = Request | list[Request] | Mapping[str, JsonValue] | None

Outcome: TypeAlias = Mapping[str, JsonValue]

Call: TypeAlias = Generator[Any, Any, Outcome]
"""A call under way: yields requests, which are answered with replies, and waits; returns the outcome."""

ATTRIBUTION = ("http-referer", "x-openrouter-title", "x-openrouter-categories")


@dataclass(frozen=True)
class Mutant:
    """A small implementation that is wrong on purpose, in one way.

    `rule` is the rule that a difference must be charged to, in the suites of `edition`; None for an
    implementation that breaks instead of answering. `target` is what the harness calls: a function, or a
    class that is instantiated for each case.
    """

    name: str
    about: str
    rule: str | None
    edition: str
    target: Callable[..., Any]


class CaseClient(Client):
    """The reference client of one case, with room for what a mutant keeps between its calls."""

    def __init__(self) -> None:
        super().__init__()
        self.memory: dict[Any, Any] = {}


def mutant(
    rule: str | None, *, edition: str = DEFAULT_EDITION
) -> Callable[[Callable[[Given], Answer]], Mutant]:
    """Make a mutant of a function that takes a chat's input and returns what it sends. Its docstring says
    what it does wrong; a refusal of the reference client stays one."""

    def named(answer: Callable[[Given], Answer]) -> Mutant:
        def target(given: Given) -> Answer:
            try:
                return answer(given)
            except Refusal as refusal:
                return {"error": refusal.error}

        return Mutant(answer.__name__, _sentence(answer), rule, edition, target)

    return named


def client(
    rule: str, *operations: str, edition: str = DEFAULT_EDITION
) -> Callable[[Callable[[Given, CaseClient], Call]], Mutant]:
    """Make a mutant of a generator function that makes calls of these operations through the reference
    client, one client for all calls of a case, and changes something on the way."""

    def named(call: Callable[[Given, CaseClient], Call]) -> Mutant:
        class Target:
            harness: ClassVar[dict[str, JsonValue]] = {
                "operations": list(operations),
                "features": list(FEATURES),
            }

            def __init__(self) -> None:
                self._client = CaseClient()

            def __call__(self, given: Given) -> Call:
                return call(given, self._client)

        return Mutant(call.__name__, _sentence(call), rule, edition, Target)

    return named


def _sentence(function: Callable[..., Any]) -> str:
    return (function.__doc__ or "").strip()


# ------------------------------------------------------------------ ways to be wrong in a call


def altered(
    call: Call,
    *,
    request: Callable[[Request], Request] = lambda request: request,
    reply: Callable[[Reply], Reply] = lambda reply: reply,
    wait_ms: Callable[[float], float] = lambda milliseconds: milliseconds,
    outcome: Callable[[Outcome], Outcome] = lambda outcome: outcome,
) -> Call:
    """Make the call with each request, reply, wait and its outcome changed on the way."""
    received: Reply | None = None
    while True:
        try:
            step = call.send(received)
        except StopIteration as end:
            return outcome(end.value)
        received = None
        if isinstance(step, Request):
            received = reply((yield request(step)))
        else:
            yield {"sleep_ms": wait_ms(step["sleep_ms"])}


def is_error(outcome: Outcome) -> bool:
    return "error" in outcome


def answer_of(reply: Reply) -> dict[str, Any]:
    """Return the JSON object of a reply, empty if there is none."""
    try:
        answer = orjson.loads(reply.body)
    except orjson.JSONDecodeError:
        return {}
    return answer if isinstance(answer, dict) else {}


def with_answer(reply: Reply, answer: Mapping[str, Any]) -> Reply:
    return replace(reply, chunks=(orjson.dumps(answer),))


# ------------------------------------------------------------------ looking into JSON


def within(value: Any, *names: str) -> Any:
    """Return the value under these names, one below the other; None if there is none."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def without_keys(value: Any, *names: str) -> Any:
    """Return the value without fields of these names, at any depth."""
    if isinstance(value, dict):
        return {key: without_keys(item, *names) for key, item in value.items() if key not in names}
    return [without_keys(item, *names) for item in value] if isinstance(value, list) else value


# ------------------------------------------------------------------ ways to be wrong in a request


def as_on_openrouter(given: Given) -> Request:
    """Return the request as it would be without a configured base URL."""
    return shape({**given, "base_url": None})


def as_for(given: Given, model: str) -> Request:
    """Return the request as it would be for `model`, but naming the model of the input."""
    return with_fields(shape({**given, "model": model}), model=body_of(shape(given))["model"])


def goes_to_openrouter(request: Request) -> bool:
    host = urlsplit(request.url).hostname or ""
    return host == "openrouter.ai" or host.endswith(".openrouter.ai")


def header(request: Request, name: str) -> str | None:
    """Return the value of a header, `name` in lower case."""
    return next((value for each, value in request.headers if each.lower() == name), None)


def with_headers(request: Request, *headers: tuple[str, str]) -> Request:
    """Return the request with more headers, even if it has some of that name."""
    return replace(request, headers=(*request.headers, *headers))


def without_headers(request: Request, *patterns: str) -> Request:
    """Return the request without the headers whose lower-case names match one of the patterns."""
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
    """Return the request with these fields of its body set."""
    return with_body(request, body_of(request) | fields)


def without_fields(request: Request, *names: str) -> Request:
    """Return the request without these fields of its body."""
    return with_body(request, {name: value for name, value in body_of(request).items() if name not in names})
