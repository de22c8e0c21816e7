"""Where suites and cassettes are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from harness.contracts import Contract, project_root
from harness.errors import LoadError, Location, Problem

__all__ = [
    "Cassettes",
    "cassette_folders",
    "find_suites",
    "is_suite",
]

_SUITE = re.compile(rb"^[{\s\"']*(?:suite|scenarios)[\"']?\s*:", re.MULTILINE)
_HEAD: Final = 1 << 12  # where a suite nearly always says that it is one
_MOST: Final = 1 << 20
_PASSED_BY: Final = frozenset({"cassettes", "node_modules", "__pycache__"})


def is_suite(path: Path) -> bool:
    """Whether a YAML file is a suite, judged by its keys; it may still be one that does not load."""
    if path.suffix not in (".yaml", ".yml"):
        return False
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
            return _SUITE.search(head) is not None or _SUITE.search(head + file.read(_MOST)) is not None
    except OSError:
        return False


def find_suites(paths: Iterable[str | Path]) -> list[Path]:
    """The suite files that `paths` name or hold, each once, in order.

    A folder is searched through; YAML files that are not suites are skipped, and so are hidden
    folders and folders of cassettes. Raises LoadError for a path that is not there.
    """
    found: dict[Path, Path] = {}
    problems = []
    for path in map(Path, paths):
        if path.is_dir():
            for file in _walk(path):
                found.setdefault(file.resolve(), file)
        elif path.exists():
            found.setdefault(path.resolve(), path)
        else:
            problems.append(Problem(Location(str(path), 1, 1), "no such file or folder"))
    if problems:
        raise LoadError(problems)
    return list(found.values())


def _walk(folder: Path) -> Iterator[Path]:
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith(".") or entry.name in _PASSED_BY:
            continue
        if entry.is_dir():
            if not entry.is_symlink():
                yield from _walk(entry)
        elif is_suite(entry):
            yield entry


def cassette_folders(suites: Path, contract: Contract) -> tuple[Path, ...]:
    """Return where the suites in a folder find recordings, nearest first.

    That is in `cassettes` folders beside or above it, within its project, in the contract's own subfolder
    if there is one; then among the recordings of the contract's package.
    """
    root = project_root(suites)
    found = []
    for parent in (suites.resolve(), *suites.resolve().parents):
        if (folder := parent / "cassettes").is_dir():
            own = folder / contract.name
            found.append(own if contract.name and own.is_dir() else folder)
        if parent == root:
            break
    packages = (each.cassettes for each in contract.lineage if each.cassettes is not None)
    return tuple(dict.fromkeys([*found, *packages]))


class Cassettes:
    """Finds the recordings that the suites of a folder name, and remembers which they named."""

    def __init__(self, suites: Path, folders: tuple[Path, ...]) -> None:
        self._suites = suites
        self._folders = folders
        self._found: dict[str, Path] = {}

    @property
    def named(self) -> list[str]:
        return list(self._found)

    def find(self, name: str) -> Path:
        """The file that `name` means. Raises ValueError if there is none or it lies outside."""
        known = self._found.get(name)
        if known is not None:
            return known
        parts = Path(name).parts
        if not name or "\\" in name or "\0" in name or Path(name).is_absolute() or ".." in parts:
            raise ValueError(f"{name!r} must be a path inside the cassettes folder, without ..")
        for folder in self._folders:
            path = folder / name
            if path.is_file():
                if not path.resolve().is_relative_to(folder.resolve()):
                    raise ValueError(f"{name!r} leads out of {folder}")
                self._found[name] = path
                return path
        places = " or ".join(map(str, self._folders))
        raise ValueError(f"no cassette {name!r} in {places}; `harness record` creates it")

    def place(self, name: str) -> str:
        """Where `name` is or, if there is none yet, where it would be recorded: in the nearest `cassettes`
        folder beside or above the suites, else in a new one beside them."""
        try:
            return str(self.find(name))
        except ValueError:
            beside = self._suites.resolve()
            near = next((each for each in self._folders if _is_above(each, beside)), None)
            return str((near or self._suites / "cassettes") / name)


def _is_above(cassettes: Path, suites: Path) -> bool:
    """Whether a folder of recordings stands beside or above a folder of suites."""
    outer = cassettes if cassettes.name == "cassettes" else cassettes.parent
    return suites.is_relative_to(outer.parent)
