"""A contract as a value: its words, editions and places, without its rules and suites."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from harness.contracts.editions import NO_EDITIONS, Editions
from harness.contracts.hooks import NO_HOOKS, Hooks
from harness.model import OUTCOME_WORDS, JsonValue

__all__ = ["NO_CONTRACT", "Contract", "Operation"]


class Operation(NamedTuple):
    """What a contract adds for an operation: words of the input and of the outcome with their types, as
    contract.yaml states them (docs/contracts.md, Types)."""

    input: Mapping[str, JsonValue] = {}
    outcome: Mapping[str, JsonValue] = {}


@dataclass(frozen=True, slots=True, eq=False)
class Contract:
    """A named body of rules with editions, operations, suites and recordings (docs/contracts.md).

    What `extends` names is merged in already, but for its hooks, which are asked for after the contract's
    own.
    """

    name: str = ""
    about: str = ""
    file: str = ""
    """The contract.yaml it was read from."""
    editions: Editions = NO_EDITIONS
    base_url: str = ""
    """Where requests go whose input names no base URL; empty if the contract states none."""
    hosts: Mapping[str, str] = field(default_factory=dict)
    """The hosts that may be called when recording, with the environment variable of the key that may go
    there; the variable is empty for a host that is called without a key."""
    operations: Mapping[str, Operation] = field(default_factory=dict)
    """Beyond the common ones (`harness.contracts.vocabulary`)."""
    errors: tuple[str, ...] = ()
    """Error classes beyond the common ones."""
    overridable: tuple[str, ...] = ()
    """Variables of suites that an implementation may set."""
    body_fields: tuple[str, ...] = ()
    """The fields that a request body of this contract may have at its top; empty if they are not known."""
    canary_prefix: str = "sk-"
    """How canaries begin whose name ends in `key`."""
    proxy_suite: str = ""
    """The suite that `harness check-proxy` runs, relative to the folder."""
    redaction: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Header names that a recording keeps: `keep_request_headers`, `keep_response_headers`."""
    default: bool = False
    """Whether it is run where no contract and no path is named."""
    cassettes: Path | None = None
    """Its recordings, where the contract is an installed one."""
    extends: Contract | None = None
    inherits_rules: bool = False
    """Whether the rules and suites of `extends` hold, too."""
    hooks: Hooks = NO_HOOKS

    @property
    def folder(self) -> Path:
        """The folder of its contract.yaml, which holds its suites and `rules`."""
        return Path(self.file).parent

    @property
    def outcome_words(self) -> tuple[str, ...]:
        """The words that an outcome may have at its top."""
        own = (word for operation in self.operations.values() for word in operation.outcome)
        return tuple(dict.fromkeys((*OUTCOME_WORDS, *own)))

    @property
    def lineage(self) -> Iterator[Contract]:
        """The contract and those it extends, nearest first."""
        contract: Contract | None = self
        while contract is not None:
            yield contract
            contract = contract.extends

    def hook(self, name: str) -> Any:
        """Return the hook of that name, its own or an inherited one, or None."""
        for contract in self.lineage:
            found = contract.hooks.get(name)
            if found is not None:
                return found
        return None

    def __repr__(self) -> str:
        return f"Contract({self.name!r})"


NO_CONTRACT = Contract()
"""What holds for a suite outside any contract: the common vocabulary, no editions, no rules."""
