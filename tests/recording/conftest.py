"""A provider to record from: the stand-in behind real TLS, or whatever a test has it answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from recording_site import URL, Answered, Asked, MakeCase, OpenSite, Site, Studio

from harness.model import Case, Interaction, Reply, Request, Step
from harness.recording import OPENROUTER, Upstream
from harness.wire.server import Answer, CaptureServer
from harness_openclaw.mock_provider import Provider


@pytest.fixture(scope="module")
def server() -> Iterator[CaptureServer]:
    with CaptureServer() as server:
        yield server


@pytest.fixture
def site_of(server: CaptureServer) -> Iterator[OpenSite]:
    """Open a site whose requests `answer` answers, for OpenRouter and the other hosts that are `routed`
    there; over plain HTTP if asked. What `stands_for` an origin is asked under its URLs."""
    opened: list[Site] = []

    def open_site(
        answer: Answer,
        *,
        timeout_s: float = 20.0,
        tls: bool = True,
        routed: Sequence[str] = (),
        stands_for: str | None = None,
    ) -> Site:
        listener = server.listen(answer, stands_for=stands_for)
        url = f"{'https' if tls else 'http'}://127.0.0.1:{listener.port}"
        ca_file = server.authority.ca_file
        routes = dict.fromkeys((OPENROUTER, *routed), url)
        upstream = Upstream([OPENROUTER], routes, ca_file=ca_file, timeout_s=timeout_s)
        opened.append(Site(listener, upstream))
        return opened[-1]

    yield open_site
    for site in opened:
        site.upstream.close()
        site.listener.close()


@pytest.fixture
def stand_in(site_of: OpenSite) -> Site:
    """The stand-in provider."""
    return site_of(Provider().answer)


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    """Where recordings go."""
    return Studio(tmp_path)


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


@pytest.fixture
def asked() -> Asked:
    """A chat request of this body as a client would send it."""

    def make(body: bytes | None = None, **headers: str) -> Request:
        stated = {"Authorization": "Bearer stand-in", "Content-Type": "application/json"} | headers
        hello = b'{"model":"openai/gpt-4o-mini","messages":[{"role":"user","content":"Hello"}]}'
        return Request("POST", URL, tuple(stated.items()), hello if body is None else body)

    return make


@pytest.fixture
def answered() -> Answered:
    """A reply of this status with a JSON body and headers."""

    def make(status: int = 200, body: bytes = b"{}", **headers: str) -> Reply:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return Reply(status, (("content-type", "application/json"), *named.items()), (body,))

    return make
