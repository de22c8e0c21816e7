"""Check that the output can be written before spending money."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path

from harness.contracts import project_root
from harness.contracts.installed import installed
from harness.errors import UsageError

__all__ = ["ensure_in_project", "ensure_writable"]

_ENOUGH = 1 << 16


def ensure_in_project(paths: Iterable[Path]) -> None:
    """Raise `UsageError` for a path outside the project (the nearest folder with .git or pyproject.toml at
    or above the current one, else the current one), or in the package of an installed contract."""
    project = project_root(Path.cwd())
    packages = [one.scenarios.parent for one in installed() if one.is_packaged]
    for path in paths:
        real = path.resolve()
        if not real.is_relative_to(project):
            raise UsageError(
                f"{path} is outside the project {project}; nothing is written there",
                hint="Run the command in the project that the file belongs to, or use --into DIR.",
            )
        if any(real.is_relative_to(package) for package in packages):
            raise UsageError(
                f"{path} belongs to an installed contract; it would be lost with the next install",
                hint="Use --into DIR with a folder of your own.",
            )


def ensure_writable(folders: Iterable[Path]) -> None:
    """Check that files can be written to these folders, or where they are going to be made; leave nothing
    behind. Raise `UsageError` for a folder that is read-only or full, or is not a folder."""
    for folder in dict.fromkeys(map(_existing, folders)):
        try:
            with tempfile.TemporaryFile(dir=folder) as file:
                file.write(bytes(_ENOUGH))
                file.flush()
        except OSError as error:
            raise UsageError(
                f"cannot write to {folder}: {error.strerror}",
                hint="A recording writes its cassettes, the --ledger and the folder ./.harness.",
            ) from None


def _existing(folder: Path) -> Path:
    """Return the folder, or the nearest one above that exists."""
    return next(each for each in (folder.absolute(), *folder.absolute().parents) if each.exists())
