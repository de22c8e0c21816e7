"""Hold any LLM provider integration to its documented contract: record, replay, compare.

suites = harness.load("scenarios/acme")
with harness.connect("python:my_client.shaper:shape") as implementation:
    for verdict in harness.run(suites, implementation):
        print(verdict.case.name, verdict.status)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from harness._version import __version__

if TYPE_CHECKING:
    from harness.engine import run
    from harness.errors import HarnessError, ImplementationError, LoadError, Unsupported, UsageError
    from harness.implementations import connect
    from harness.model import Case, Difference, Observation, Reply, Request, Rule, Verdict
    from harness.scenarios import Suites, load

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
    "run",
]

_HOME = {
    "errors": ("HarnessError", "ImplementationError", "LoadError", "Unsupported", "UsageError"),
    "implementations": ("connect",),
    "model": ("Case", "Difference", "Observation", "Reply", "Request", "Rule", "Verdict"),
    "engine": ("run",),
    "scenarios": ("Suites", "load"),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for, so that `import harness` costs nothing."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'harness' has no attribute {name!r}")
    value = getattr(import_module(f"harness.{_MODULE_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
