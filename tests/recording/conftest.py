"""A provider behind real TLS of which nothing but its host is known."""

from __future__ import annotations

import pytest
from recording_site import Asked, answered, server, site_of

from harness.model import Request
from harness.recording.provider import Provider

__all__ = ["answered", "server", "site_of"]


@pytest.fixture
def host() -> str:
    return "api.acme.example"


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
def asked() -> Asked:
    """A chat request of this body as a client would send it."""

    def make(body: bytes | None = None, **headers: str) -> Request:
        stated = {"Authorization": "Bearer canary", "Content-Type": "application/json"} | headers
        hello = b'{"model":"acme/one","messages":[{"role":"user","content":"Hello"}]}'
        return Request(
            "POST",
            "https://api.acme.example/v1/chat/completions",
            tuple(stated.items()),
            hello if body is None else body,
        )

    return make
