"""What the contract `openclaw` offers to the engine (`harness.contracts.hooks`).

Importing this module imports nothing else of the package.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.contracts import Inverted
    from harness.model import JsonValue, Reply, Request
    from harness_openclaw.mock_provider import Provider
    from harness_openclaw.mutants import Mutant

__all__ = ["cassettes", "invert", "mutants", "reference", "required_operations", "respond", "scenarios"]

_PROVIDER = "harness_openclaw.provider"


def _data(name: str) -> Path:
    """Return a folder of data: inside the package in a wheel, at the top of the repository in a checkout."""
    package = Path(__file__).resolve().parent
    shipped = package / name
    return shipped if shipped.is_dir() else package.parent / name / "openclaw"


scenarios = _data("scenarios")
"""The folder of contract.yaml, the suites and `rules`."""

cassettes = _data("cassettes")
"""The folder of the recordings that the suites name."""


def reference() -> str:
    """Return the address of the reference client."""
    return "python:harness_openclaw.reference:implementation"


def respond(request: Request, state: MutableMapping[str, Any]) -> Reply:
    """Return the mock provider's reply to a request.

    The provider is made with the first request and kept in `state`, so that requests with the same `state`
    share its balance, jobs and caches. Two entries of `state` are read then: `credits`, the balance in USD
    (a Decimal, 10 if missing), and `any_model`, whether unknown model ids are answered too (True if
    missing). Raises UsageError for a requested fault that does not exist (docs/mock-provider.md).
    """
    provider: Provider | None = state.get(_PROVIDER)
    if provider is None:
        from harness_openclaw.mock_provider import Account, Provider

        account = Account(credits=state["credits"]) if "credits" in state else Account()
        provider = state.setdefault(_PROVIDER, Provider(account, any_model=state.get("any_model", True)))
    return provider.answer(request)


def required_operations(given: Mapping[str, JsonValue]) -> frozenset[str]:
    """Return the operations that an input needs beyond its own: `catalog` for a model of ClawRouter, which
    is looked up there before it is called."""
    model = given.get("model")
    if isinstance(model, str) and model.strip().lower().startswith("clawrouter/"):
        return frozenset({"catalog"})
    return frozenset()


def invert(request: Request) -> Inverted:
    """Return a recorded chat completion as a scenario: the input from which it is made, and what is
    expected. Raises NotInvertible for any other request."""
    from harness_openclaw import importing

    return importing.invert(request)


def mutants() -> Iterable[Mutant]:
    """Return the implementations that are wrong on purpose, each with the rule that it breaks."""
    from harness_openclaw.mutants import MUTANTS

    return MUTANTS.values()


def __getattr__(name: str) -> Any:
    """Import the package `recording` when that hook is first asked for."""
    if name == "recording":
        return import_module("harness_openclaw.recording")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
