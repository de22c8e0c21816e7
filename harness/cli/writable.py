"""Room for what a recording writes, found out before anything is paid for."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path

from harness.contracts.installed import installed
from harness.errors import UsageError

__all__ = ["ensure_writable"]

_ENOUGH = 1 << 16


def ensure_writable(folders: Iterable[Path]) -> None:
    """See that files can be written in these folders, or where they are going to be made.

    Leaves nothing behind. Raises `UsageError` for a folder that is read-only, full, or no folder, and for
    one of the installed harness, whose recordings would be gone with the next installation.
    """
    packages = [
        one.scenarios.parent for one in installed() if one.cassettes == one.scenarios.parent / "cassettes"
    ]
    for folder in dict.fromkeys(map(_existing, folders)):
        if any(folder.is_relative_to(package) for package in packages):
            raise UsageError(
                f"{folder} belongs to an installed contract: recordings would be lost with the next install",
                hint="record into a folder of your own: --into DIR",
            )
        try:
            with tempfile.TemporaryFile(dir=folder) as file:
                file.write(bytes(_ENOUGH))
                file.flush()
        except OSError as error:
            raise UsageError(
                f"nothing can be written into {folder}: {error.strerror}",
                hint="A recording needs its cassettes, its ledger and ./.harness to be writable.",
            ) from None


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above that is there."""
    return next(each for each in (folder.absolute(), *folder.absolute().parents) if each.exists())
