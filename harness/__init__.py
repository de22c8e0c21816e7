"""Run any LLM provider integration against its documented contract: record, replay, compare.

    suites = harness.load("scenarios/acme")
    with harness.connect("python:my_client.shaper:shape") as implementation:
        for verdict in harness.run(suites, implementation):
            print(verdict.case.name, verdict.status)

`Session` runs several implementations with selected cases and known failures, and yields events.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness._version import __version__

if TYPE_CHECKING:
    from harness.cassettes import Cassette, open_cassette
    from harness.contracts import Contract
    from harness.engine import Begun, Ended, Event, KnownFailing, Selection, Session, Summary, run
    from harness.errors import HarnessError, ImplementationError, LoadError, Unsupported, UsageError
    from harness.implementations import connect
    from harness.model import (
        Case,
        Difference,
        Implementation,
        Interaction,
        Observation,
        Reply,
        Request,
        Rule,
        Step,
        Verdict,
    )
    from harness.scenarios import Suites, load
    from harness.wire.server import CaptureServer

__all__ = [
    "Begun",
    "CaptureServer",
    "Case",
    "Cassette",
    "Contract",
    "Difference",
    "Ended",
    "Event",
    "HarnessError",
    "Implementation",
    "ImplementationError",
    "Interaction",
    "KnownFailing",
    "LoadError",
    "Observation",
    "Reply",
    "Request",
    "Rule",
    "Selection",
    "Session",
    "Step",
    "Suites",
    "Summary",
    "Unsupported",
    "UsageError",
    "Verdict",
    "__version__",
    "connect",
    "load",
    "open_cassette",
    "run",
]

_MODULES = {
    "cassettes": ("Cassette", "open_cassette"),
    "contracts": ("Contract",),
    "engine": ("Begun", "Ended", "Event", "KnownFailing", "Selection", "Session", "Summary", "run"),
    "errors": ("HarnessError", "ImplementationError", "LoadError", "Unsupported", "UsageError"),
    "implementations": ("connect",),
    "model": (
        "Case",
        "Difference",
        "Implementation",
        "Interaction",
        "Observation",
        "Reply",
        "Request",
        "Rule",
        "Step",
        "Verdict",
    ),
    "scenarios": ("Suites", "load"),
    "wire.server": ("CaptureServer",),
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Import a name when it is first used, so that `import harness` costs nothing."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'harness' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"harness.{_MODULE_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
