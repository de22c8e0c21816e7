"""What the tests of recording share: a provider's place, and who calls there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from harness.implementations import Connection, connect
from harness.model import Case, Reply, Request
from harness.recording import (
    Budget,
    Key,
    Progress,
    ProviderClient,
    RecordingResult,
    Retries,
    Settings,
    Upstream,
    record,
)
from harness.wire.server import Listener

__all__ = ["EVENTS", "REAL_KEY", "URL", "Answered", "Asked", "MakeCase", "OpenSite", "Site", "Studio"]

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

    def caller(
        self, *, key: str = REAL_KEY, most: str = "1", retries: int = 2, **given: Any
    ) -> ProviderClient:
        return ProviderClient(
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


class Studio:
    """Records into a folder, and takes note of what is there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.aside = folder / "aside"

    def record(
        self,
        cases: Case | Iterable[Case],
        caller: ProviderClient,
        *,
        implementation: Connection | None = None,
        resume: bool = False,
        **given: Any,
    ) -> list[RecordingResult]:
        settings = replace(Settings(self.folder / "tapes", self.aside, "simulated"), **given)
        progress = Progress(self.folder / "state.json", "reference", resume=resume)
        chosen = [cases] if isinstance(cases, Case) else cases
        with implementation or connect("python:harness_openclaw.reference:implementation") as performing:
            return list(record(chosen, performing, caller, settings, progress))

    @property
    def files(self) -> list[str]:
        found = (self.folder / "tapes").rglob("*")
        return sorted(str(file.relative_to(self.folder / "tapes")) for file in found if file.is_file())
