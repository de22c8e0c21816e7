"""The contracts that installed packages register under the entry point group `harness.contracts`.

Asking the metadata of every package takes longer than a short run, so the answer is kept in the cache for
as long as no folder of `sys.path` changes.
"""

from __future__ import annotations

import sys
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from harness.cache import Cache, digest_of
from harness.contracts.hooks import GROUP
from harness.errors import UsageError

__all__ = ["Installed", "installed"]


class Installed(NamedTuple):
    """A contract's package: the module of its hooks, and the folders of its suites and recordings."""

    name: str
    module: str
    scenarios: Path
    cassettes: Path | None

    @property
    def is_packaged(self) -> bool:
        """Whether suites and recordings are in the package itself, as in a wheel."""
        return self.cassettes == self.scenarios.parent / "cassettes"


@cache
def installed() -> tuple[Installed, ...]:
    """Return the installed contracts, sorted by name. Raises UsageError for a package without suites."""
    stored = Cache()
    digest = digest_of(map(_state, sys.path))
    rows: Any = stored.get("contracts", digest)
    if not rows or not all(Path(row[2]).is_dir() for row in rows):
        rows = [row for name, module in _registered() if (row := _row(name, module)) is not None]
        stored.put("contracts", digest, rows)
    return tuple(
        Installed(name, module, Path(scenarios), Path(cassettes) if cassettes else None)
        for name, module, scenarios, cassettes in rows
    )


def _state(folder: str) -> bytes:
    """Return what changes when a package is installed into a folder of `sys.path` or removed from it."""
    try:
        changed = 0 if folder in ("", str(Path.cwd())) else Path(folder).stat().st_mtime_ns
    except OSError:
        changed = 0
    return f"{folder}\0{changed}".encode()


def _registered() -> list[tuple[str, str]]:
    from importlib.metadata import entry_points

    return sorted({(each.name, each.value) for each in entry_points(group=GROUP)})


def _row(name: str, module: str) -> list[str | None] | None:
    """Return what is stored of a contract; None if its package is gone and left its metadata behind."""
    try:
        package = import_module(module)
    except ModuleNotFoundError as error:
        if error.name is not None and (module == error.name or module.startswith(f"{error.name}.")):
            return None
        raise
    folder = Path(getattr(package, "scenarios", None) or Path(str(package.__file__)).parent)
    if not (folder / "contract.yaml").is_file():
        raise UsageError(f"the installed contract {name!r} has no contract.yaml in {folder}")
    cassettes = getattr(package, "cassettes", None)
    return [name, module, str(folder), str(cassettes) if cassettes else None]
