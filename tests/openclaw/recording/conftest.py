"""The mock provider to record from, behind real TLS, and cases that ask it."""

from __future__ import annotations

from typing import Any

import pytest
from recording_site import MakeCase, OpenSite, Site, answered, server, site_of
from recording_studio import studio

from harness.model import Case, Interaction, Step
from harness.recording.provider import Provider
from harness_openclaw import mock_provider, recording

__all__ = ["answered", "server", "site_of", "studio"]

URL = "https://openrouter.ai/api/v1/chat/completions"


@pytest.fixture
def host() -> str:
    return "openrouter.ai"


@pytest.fixture
def provider() -> Provider:
    return Provider.of_hook(recording)


@pytest.fixture
def stand_in(site_of: OpenSite) -> Site:
    """The mock provider."""
    return site_of(mock_provider.Provider().answer)


@pytest.fixture
def chat(secret: str) -> MakeCase:
    """A case of one chat call, which expects nothing but its URL; more input and other parts by name.

    Its request may be `repeated`, and comes `again`.
    """

    def make(name: str = "acme/chat/hello", *, again: int = 1, repeated: int = 1, **given: Any) -> Case:
        parts = {key: given.pop(key) for key in ("tags", "edition", "canaries") if key in given}
        outcome = given.pop("outcome", None)
        bearer = {"Authorization": f"Bearer {parts.get('canaries', {}).get('api_key', secret)}"}
        expected = {"url": URL, "headers": bearer} | given.pop("request", {})
        replies = given.pop("replies", ())
        values = {
            "operation": "chat",
            "edition": "2026-05",
            "model": "openrouter/openai/gpt-4o-mini",
            "api_key": parts.get("canaries", {}).get("api_key", secret),
            "history": [{"role": "user", "content": "Hello"}],
        }
        interactions = tuple(
            Interaction(expected, ("interactions", number), replies=replies, most=repeated)
            for number in range(again)
        )
        step = Step(values | given, interactions, outcome=outcome)
        fields: dict[str, Any] = {"edition": "2026-05", "canaries": {"api_key": secret}} | parts
        return Case(name, "acme/chat", steps=(step,), file="suite.yaml", line=1, **fields)

    return make
