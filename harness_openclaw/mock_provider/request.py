"""A request as an endpoint receives it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs

from harness.model import Headers, Request
from harness_openclaw.mock_provider.chat_requests import object_in
from harness_openclaw.mock_provider.fault_injection import Injection, from_model
from harness_openclaw.mock_provider.seeded_random import SeededRandom

__all__ = ["IncomingRequest", "bearer", "header"]


@dataclass(frozen=True)
class IncomingRequest:
    """A request for an endpoint.

    `endpoint` is the end of its path, `before` the URL in front of that, `named` the id of a model or job in
    the path. `turn` is the number of equal requests before it, `injected` what its header asks for, `now` the
    time in seconds since 1970. Its keys are masked outside the headers.
    """

    request: Request
    endpoint: str
    before: str
    named: str
    rng: SeededRandom
    turn: int
    injected: Injection | None
    now: float

    @cached_property
    def body(self) -> dict[str, Any]:
        """Return the JSON object in the body. Raises `ApiError` if it is not one."""
        return object_in(self.request.body)

    def header(self, name: str) -> str:
        return header(self.request.headers, name)

    def query(self, name: str) -> str:
        query = self.request.url.partition("#")[0].partition("?")[2]
        return parse_qs(query).get(name, [""])[0]

    def injection_for(self, model: object) -> Injection | None:
        """Return the fault that the header, or else the model id, asks for."""
        return self.injected or from_model(model, self.turn)

    def id(self, prefix: str, length: int) -> str:
        """Return an id for the answer."""
        return f"{prefix}{self.rng.word(f'{prefix} {self.turn}', length)}"


def header(headers: Headers, name: str) -> str:
    """Return the first value of a header, stripped; empty if there is none."""
    wanted = name.lower()
    return next((value.strip() for sent, value in headers if sent.lower() == wanted), "")


def bearer(headers: Headers) -> str | None:
    """Return the key in `Authorization`, if it is a bearer."""
    scheme, _, key = header(headers, "authorization").partition(" ")
    return key.strip() or None if scheme.lower() == "bearer" else None
