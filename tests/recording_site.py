"""What the tests of recording share: a provider to record from, and a client for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from harness.model import Case, Reply, Request
from harness.recording.keys import Keys
from harness.recording.protocol import Key
from harness.recording.provider import Provider
from harness.recording.provider_client import Budget, ProviderClient
from harness.recording.retries import Retries
from harness.recording.upstream import Upstream
from harness.wire.server import Answer, CaptureServer, Listener

__all__ = [
    "EVENTS",
    "REAL_KEY",
    "Answered",
    "Asked",
    "MakeCase",
    "OpenSite",
    "Site",
    "answered",
    "server",
    "site_of",
]

REAL_KEY = "sk-or-v1-" + "0f1e2d3c4b5a6978" * 4


@dataclass
class Site:
    """A provider under the URLs of `host`, and a client for it that notes its waits and does not wait."""

    listener: Listener
    upstream: Upstream
    host: str
    provider: Provider
    waits: list[float] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.listener.port}"

    @property
    def ca_file(self) -> Path:
        return self.listener.authority.ca_file

    @property
    def requests(self) -> tuple[Request, ...]:
        return self.listener.requests

    def client(
        self,
        *,
        key: str = REAL_KEY,
        keys: Mapping[str, Key] | None = None,
        most: str = "1",
        allow_unpriced: bool = True,
        retries: int = 2,
        **given: Any,
    ) -> ProviderClient:
        return ProviderClient(
            self.upstream,
            Keys({self.host: Key("PROVIDER_API_KEY", key)} | dict(keys or {})),
            Budget(Decimal(most), allow_unpriced=allow_unpriced),
            provider=self.provider,
            retries=Retries(retries),
            sleep=self.waits.append,
            chance=lambda: 0.0,
            **given,
        )


OpenSite = Callable[..., Site]
Asked = Callable[..., Request]
Answered = Callable[..., Reply]
MakeCase = Callable[..., Case]
EVENTS = (("content-type", "text/event-stream"),)


@pytest.fixture(scope="module")
def server() -> Iterator[CaptureServer]:
    with CaptureServer() as server:
        yield server


@pytest.fixture
def site_of(server: CaptureServer, host: str, provider: Provider) -> Iterator[OpenSite]:
    """Open a site whose requests `answer` answers, for `host` and the other hosts that are `routed` there;
    over plain HTTP if asked. What `stands_for` an origin is asked under its URLs."""
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
        routes = dict.fromkeys((host, *routed), url)
        upstream = Upstream([host], routes, ca_file=ca_file, timeout_s=timeout_s)
        opened.append(Site(listener, upstream, host, provider))
        return opened[-1]

    yield open_site
    for site in opened:
        site.upstream.close()
        site.listener.close()


@pytest.fixture
def answered() -> Answered:
    """A reply of this status with a JSON body and headers."""

    def make(status: int = 200, body: bytes = b"{}", **headers: str) -> Reply:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return Reply(status, (("content-type", "application/json"), *named.items()), (body,))

    return make
