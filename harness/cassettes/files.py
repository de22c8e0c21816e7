"""The cassettes of a folder."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from harness.errors import UsageError, did_you_mean

__all__ = ["cassettes_in"]

_SUFFIXES = frozenset((".yaml", ".yml"))


def cassettes_in(paths: Iterable[Path]) -> list[Path]:
    """The files among `paths` and the cassettes of the folders among them, sorted, each once.

    Hidden files are left out, among them what is being written. Raises `UsageError` for a path that does
    not exist.
    """
    files: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            found = (each for each in path.rglob("*") if each.suffix in _SUFFIXES and each.is_file())
            files.update((each, None) for each in sorted(found) if not _hidden(each.relative_to(path)))
        elif path.exists():
            files[path] = None
        else:
            beside = [each.name for each in path.parent.glob("*")] if path.parent.is_dir() else []
            raise UsageError(f"no such file: {path}{did_you_mean(path.name, beside)}")
    return list(files)


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)
