"""The contracts that installed packages register under the entry point group `harness.contracts`.

Their metadata are read directly: importing importlib.metadata takes longer than everything else that is
done before the first case.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

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
    """Return the installed contracts, sorted by name.

    A package that is gone and left its metadata behind is skipped. Raises UsageError for a package without
    a contract.yaml.
    """
    registered = sorted({pair for folder in sys.path for pair in _registered(Path(folder))})
    return tuple(found for name, module in registered if (found := _installed(name, module)) is not None)


def _registered(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the contracts that the metadata in a folder of `sys.path` register, as name and module."""
    for metadata in (
        *folder.glob("*.dist-info/entry_points.txt"),
        *folder.glob("*.egg-info/entry_points.txt"),
    ):
        section = ""
        for line in map(str.strip, metadata.read_text("utf-8", "replace").splitlines()):
            if line.startswith("["):
                section = line
            elif section == f"[{GROUP}]" and "=" in line:
                name, _, module = line.partition("=")
                yield name.strip(), module.strip()


def _installed(name: str, module: str) -> Installed | None:
    try:
        package = import_module(module)
    except ModuleNotFoundError as error:
        if error.name is not None and (module == error.name or module.startswith(f"{error.name}.")):
            return None
        raise
    folder = Path(getattr(package, "scenarios", None) or Path(str(package.__file__)).parent)
    if not (folder / "contract.yaml").is_file():
        raise UsageError(f"the installed contract {name!r} has no contract.yaml in {folder}")
    return Installed(name, module, folder, getattr(package, "cassettes", None))
