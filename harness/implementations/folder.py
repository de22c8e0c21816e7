"""An implementation's folder: `implementation.yaml`, its adapter and `known_failing.txt`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from harness.implementations.declared import SandboxMode
from harness.model import ImplementationInfo

__all__ = [
    "KNOWN_FAILING",
    "MANIFEST",
    "Manifest",
    "known_names",
    "read_manifest",
]

MANIFEST = "implementation.yaml"
KNOWN_FAILING = "known_failing.txt"

_REPLACES = ("name", "homepage", "mode", "operations", "inputs", "features", "edition", "known_failing")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What `implementation.yaml` states. None is what it leaves to the adapter to say."""

    address: str = ""
    name: str | None = None
    homepage: str | None = None
    mode: Literal["shape", "send"] | None = None
    operations: tuple[str, ...] | None = None
    inputs: tuple[str, ...] | None = None
    features: tuple[str, ...] | None = None
    edition: str | None = None
    vars: Mapping[str, Any] = field(default_factory=dict)
    install: str | None = None
    sandbox: SandboxMode | None = None
    known_failing: str | None = None

    def applied_to(self, about: ImplementationInfo) -> ImplementationInfo:
        """`about` with everything that is stated here in the place of what the adapter says."""
        stated = {key: value for key in _REPLACES if (value := getattr(self, key)) is not None}
        return replace(about, **stated, vars={**about.vars, **self.vars})


def known_names(folder: Path) -> tuple[str, ...]:
    """The names under `folder`, sorted."""
    return tuple(sorted(path.parent.name for path in folder.glob(f"*/{MANIFEST}")))


def read_manifest(path: Path) -> Manifest:
    """The manifest at `path`. Raises `LoadError` with every problem found in it."""
    from harness.implementations.manifest import stated_in

    stated = stated_in(str(path), path.read_text(encoding="utf-8", errors="replace"))
    stated.setdefault("name", path.parent.resolve().name)
    known_failing = path.with_name(KNOWN_FAILING)
    if known_failing.is_file():
        stated["known_failing"] = str(known_failing)
    return Manifest(**stated)
