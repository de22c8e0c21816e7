"""A request as it reaches the stand-in: what it asks for, and what its answer may depend on."""

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
    """A request that an endpoint is asked to answer.

    `endpoint` is the end of its path, `before` what stands in front of it (scheme, host and perhaps a part
    of the path), `named` what the path names: a model, or a job. `turn` is how many equal requests came
    before, `injected` what its header asks for, `now` the time in seconds since 1970. Keys that it carries
    are masked wherever they stand outside the headers.
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
        """The JSON object that the body is. Raises `ApiError` if it is none."""
        return object_in(self.request.body)

    def header(self, name: str) -> str:
        return header(self.request.headers, name)

    def query(self, name: str) -> str:
        query = self.request.url.partition("#")[0].partition("?")[2]
        return parse_qs(query).get(name, [""])[0]

    def injection_for(self, model: object) -> Injection | None:
        """What is asked for by the header, or else by the id of the model."""
        return self.injected or from_model(model, self.turn)

    def id(self, prefix: str, length: int) -> str:
        """An id of its own for the answer."""
        return f"{prefix}{self.rng.word(f'{prefix} {self.turn}', length)}"


def header(headers: Headers, name: str) -> str:
    """The first value of a header, without spaces around it; empty if there is none."""
    wanted = name.lower()
    return next((value.strip() for sent, value in headers if sent.lower() == wanted), "")


def bearer(headers: Headers) -> str | None:
    """The key in `Authorization`, if it stands there as it should."""
    scheme, _, key = header(headers, "authorization").partition(" ")
    return key.strip() or None if scheme.lower() == "bearer" else None
