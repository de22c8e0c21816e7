"""Hold any LLM provider integration to its documented contract: record, replay, compare.

suites = harness.load("scenarios/openrouter")
with harness.connect("python:my_client.shaper:shape") as implementation:
    for verdict in harness.run(suites, implementation):
        print(verdict.case.name, verdict.status)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from harness._version import __version__

if TYPE_CHECKING:
    from harness.errors import HarnessError, ImplementationError, LoadError, Unsupported, UsageError
    from harness.implementations import connect
    from harness.model import Case, Difference, Observation, Reply, Request, Rule, Verdict
    from harness.pipeline import run
    from harness.scenarios import Suites, load
    from harness_openclaw import reference

__all__ = [
    "Case",
    "Difference",
    "HarnessError",
    "ImplementationError",
    "LoadError",
    "Observation",
    "Reply",
    "Request",
    "Rule",
    "Suites",
    "Unsupported",
    "UsageError",
    "Verdict",
    "__version__",
    "connect",
    "load",
    "reference",
    "run",
]

_HOME = {
    "errors": ("HarnessError", "ImplementationError", "LoadError", "Unsupported", "UsageError"),
    "implementations": ("connect",),
    "model": ("Case", "Difference", "Observation", "Reply", "Request", "Rule", "Verdict"),
    "pipeline": ("run",),
    "scenarios": ("Suites", "load"),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for, so that `import harness` costs nothing."""
    if name == "reference":
        return import_module("harness_openclaw.reference")
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'harness' has no attribute {name!r}")
    value = getattr(import_module(f"harness.{_MODULE_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
