"""Suite files on the disk, and a cache of the tests' own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from harness.model import Case
from harness.scenarios import load

Write = Callable[..., Path]


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scenario-cache")


@pytest.fixture(autouse=True)
def cache_folder(shared_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HARNESS_CACHE_DIR", str(shared_cache))
    monkeypatch.delenv("HARNESS_CACHE", raising=False)
    return shared_cache


@pytest.fixture
def write(tmp_path: Path, with_acme: Callable[[Path], None]) -> Write:
    """Writes a file below the test's folder, which is a repository of its own."""
    (tmp_path / ".git").mkdir(exist_ok=True)
    with_acme(tmp_path)

    def write_file(text: str, name: str = "suite.yaml") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")
        return path

    return write_file


@pytest.fixture
def cases(write: Write) -> Callable[..., list[Case]]:
    """The cases of a suite written as text."""

    def expand(text: str, edition: str = "2026-05", **options: object) -> list[Case]:
        return list(load(write(text)).cases(edition, **options))  # type: ignore[arg-type]

    return expand


@pytest.fixture
def case(cases: Callable[..., list[Case]]) -> Callable[..., Case]:
    """The only case of a suite written as text."""

    def expand(text: str, edition: str = "2026-05", **options: object) -> Case:
        (only,) = cases(text, edition, **options)
        return only

    return expand
