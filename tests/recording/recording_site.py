"""What the tests of recording share: a provider's place, and who calls there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from harness.model import Case, Reply, Request
from harness.recording import Budget, Caller, Key, Retries, Upstream
from harness.wire.server import Listener

__all__ = ["EVENTS", "REAL_KEY", "URL", "Answered", "Asked", "MakeCase", "OpenSite", "Site"]

URL = "https://openrouter.ai/api/v1/chat/completions"
REAL_KEY = "sk-or-v1-" + "0f1e2d3c4b5a6978" * 4


@dataclass
class Site:
    """Where the provider is, and a caller for it that waits for nothing but remembers for how long."""

    listener: Listener
    upstream: Upstream
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

    def caller(self, *, key: str = REAL_KEY, most: str = "1", retries: int = 2, **given: Any) -> Caller:
        return Caller(
            self.upstream,
            Key("OPENROUTER_API_KEY", key),
            Budget(Decimal(most)),
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
