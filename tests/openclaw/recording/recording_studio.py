"""A folder that the reference client is recorded into."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.implementations import Connection, connect
from harness.model import Case
from harness.recording.progress import Progress
from harness.recording.provider_client import ProviderClient
from harness.recording.session import RecordingResult, Settings, record
from harness_openclaw import hooks

__all__ = ["Studio", "studio"]


class Studio:
    """Records into a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.aside = folder / "aside"

    def record(
        self,
        cases: Case | Iterable[Case],
        client: ProviderClient,
        *,
        implementation: Connection | None = None,
        resume: bool = False,
        **given: Any,
    ) -> list[RecordingResult]:
        settings = replace(Settings(self.folder / "tapes", self.aside, "simulated"), **given)
        progress = Progress(self.folder / "state.json", "reference", resume=resume)
        chosen = [cases] if isinstance(cases, Case) else cases
        with implementation or connect(hooks.reference()) as performing:
            return list(record(chosen, performing, client, settings, progress))

    @property
    def files(self) -> list[str]:
        found = (self.folder / "tapes").rglob("*")
        return sorted(str(file.relative_to(self.folder / "tapes")) for file in found if file.is_file())


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    """Where recordings go."""
    return Studio(tmp_path)
