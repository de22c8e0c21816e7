"""What a contract's Python may offer to the engine; all of it is optional (docs/contracts.md, Hooks).

A contract's package is installed under the entry point group `harness.contracts`, by the contract's name:

    [project.entry-points."harness.contracts"]
    acme = "acme_contract"

The module may have the functions and attributes of `ContractModule`. Every command imports it to find its
contract.yaml, so it should import what is large inside its functions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from harness.model import JsonValue, Reply, Request

__all__ = ["GROUP", "NO_HOOKS", "ContractModule", "Hooks", "Inverted", "NotInvertible"]

GROUP = "harness.contracts"
"""The entry point group."""


@dataclass(frozen=True, slots=True)
class Inverted:
    """A recorded request as a scenario: what a client is given, and what it must send."""

    input: Mapping[str, JsonValue]
    """The input, without the API key, which every imported scenario is given as `${canary.api_key}`."""
    request: Mapping[str, JsonValue]
    """The expected request, without headers. Matchers stand for themselves; recorded values are escaped
    (`harness.matchers.escape`). `${` is text here, not a variable."""
    headers: Mapping[str, JsonValue] = field(default_factory=dict)
    """The expected headers, as a suite states them: `${canary.api_key}` where the API key may be sent."""
    editions: tuple[str, ...] = ()
    """The editions in which the request is expected; empty for all."""


class NotInvertible(Exception):  # noqa: N818 - an answer, not an error
    """Raised by `invert` with the reason why no input is known from which a request follows."""


class ContractModule(Protocol):
    """The hooks. A module has as many of them as it needs."""

    scenarios: Path
    """The folder of its contract.yaml; without it the package's own folder."""

    cassettes: Path
    """The folder of its recordings."""

    recording: Any
    """What only the contract knows of its provider when recording: see `harness.recording.protocol`."""

    def reference(self) -> str:
        """Return the address of the reference client: the implementation that is run unless one is named."""

    def respond(self, request: Request, state: MutableMapping[str, Any]) -> Reply:
        """Play the provider: answer a request. `state` lasts as long as a case, or as `harness mock` runs."""

    def required_operations(self, given: Mapping[str, JsonValue]) -> Iterable[str]:
        """Return the operations that an input needs beyond its own `operation`."""

    def invert(self, request: Request) -> Inverted:
        """Return a recorded request as a scenario, for `harness cassettes import`. Secrets in it have been
        replaced. Raises NotInvertible."""

    def mutants(self) -> Iterable[Any]:
        """Return implementations that are wrong on purpose, each with the rule that it breaks."""


class Hooks:
    """The hooks of one contract, in the module that is installed under its name."""

    __slots__ = ("_module",)

    def __init__(self, module: str = "") -> None:
        self._module = module

    def get(self, name: str) -> Any:
        """Return a hook, or None if the contract does not have it."""
        return getattr(import_module(self._module), name, None) if self._module else None


NO_HOOKS = Hooks()
