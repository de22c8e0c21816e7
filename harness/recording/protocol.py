"""What a contract may know of its provider when recording: the hook `recording` (docs/contracts.md, Hooks).

The hook is a module, or any object, with some of the functions of `ProviderHooks`. What it lacks is the
engine's default (`harness.recording.provider`). This module is all that it needs to import.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias

from harness.model import Case, Reply, Request

__all__ = [
    "Check",
    "Checks",
    "Estimate",
    "Key",
    "PlannedCall",
    "Preflight",
    "PreflightReport",
    "Prices",
    "ProviderFailure",
    "ProviderHooks",
    "Standing",
    "Usage",
    "worst",
]

Standing: TypeAlias = Literal["pass", "warn", "fail", "unknown"]


@dataclass(frozen=True, slots=True)
class Check:
    """One check before a recording: the rule it belongs to (may be empty), its result, and a sentence."""

    rule: str
    standing: Standing
    sentence: str


def worst(checks: Collection[Check]) -> Standing:
    """Return the standing of all checks together: the worst of them, `pass` if there are none."""
    for standing in ("fail", "warn", "unknown"):
        if any(check.standing == standing for check in checks):
            return standing
    return "pass"


class Usage(NamedTuple):
    """What an answer says it counted, in tokens and USD; None for what it does not say."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost: Decimal | None = None


@dataclass(frozen=True, slots=True)
class ProviderFailure:
    """A reply that is not an answer.

    `kind` is an error class of the contract, or a word for a failure that has none. `message` is short and
    in the provider's words. `in_band` marks a failure inside a reply of status 200. `retryable` says
    whether the same request may succeed later; None leaves that to its status and headers.
    """

    kind: str
    message: str
    status: int
    in_band: bool = False
    retryable: bool | None = None


@dataclass(frozen=True, slots=True)
class Estimate:
    """The most that a call may cost: tokens, and USD or None where the price is unknown.

    `limited` says whether the request itself bounds the answer.
    """

    model: str
    prompt_tokens: int
    output_tokens: int
    cost: Decimal | None
    limited: bool = True


class Prices(Protocol):
    """What the calls to one host cost."""

    def estimate(self, request: Request) -> Estimate:
        """Return the most that a request may cost."""
        ...


@dataclass(frozen=True, slots=True)
class Key:
    """A provider's key and the environment variable that it comes from. The value is never shown."""

    name: str
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """A call that a case is going to make, as the implementation's own request.

    `step` counts the case's steps from 0. `refused` marks a call that the provider is expected to answer
    with an error.
    """

    case: Case
    step: int
    request: Request
    estimate: Estimate
    refused: bool = False

    @property
    def cost(self) -> Decimal | None:
        """The most it may cost in USD: nothing where it is to be refused, None if the price is unknown."""
        return Decimal() if self.refused else self.estimate.cost


@dataclass(frozen=True, slots=True)
class Preflight:
    """What is going to be asked of the provider, for the checks before it.

    `calls` are those of a recording, `models` those that `harness preflight -m` names. `base_url` is that
    of --base-url, else the contract's. `key_for` returns the key that may go to a URL, None if there is
    none. `assumed_output` is the number of tokens to assume for answers that nothing limits.
    """

    calls: Sequence[PlannedCall]
    models: Sequence[str]
    base_url: str
    key_for: Callable[[str], Key | None]
    assumed_output: int | None = None


def _no_checks(cost: Decimal, limit: Decimal, unpriced: Sequence[str]) -> Iterable[Check]:
    return ()


@dataclass(frozen=True, slots=True)
class PreflightReport:
    """What the checks learned: prices by host, and the answers to look-ups by URL, which recorded cases
    make as well.

    `check_cost` compares what the plan may cost with what the account may spend. It is called with that
    cost with all retries, --max-cost, and the models without a known price.
    """

    prices: Mapping[str, Prices] = field(default_factory=dict)
    looked_up: Mapping[str, Reply] = field(default_factory=dict)
    check_cost: Callable[[Decimal, Decimal, Sequence[str]], Iterable[Check]] = _no_checks


Checks: TypeAlias = Generator[Request | Check, Any, PreflightReport]
"""Yields checks as they are made, and requests that cost nothing, for each of which it is sent the reply."""


class ProviderHooks(Protocol):
    """What a contract may know of its provider. Every function is optional."""

    def classify(self, request: Request, reply: Reply) -> ProviderFailure | None:
        """Return how a reply failed, None if it did not. Default: by fault, status or error body."""

    def usage(self, request: Request, reply: Reply) -> Usage:
        """Return what a reply says it counted and cost. Default: the fields of common APIs."""

    def generation_id(self, request: Request, reply: Reply) -> str:
        """Return the id of a reply at the provider, empty if it has none. Default: the ids of common APIs."""

    def unfit(self, request: Request, reply: Reply, *, cache_hits: bool) -> str | None:
        """Return what a successful reply is that should not be recorded ("a stream without an end"), None
        if it can be. `cache_hits` accepts replies from the provider's cache. Default: None."""

    def checks(self, preflight: Preflight) -> Checks:
        """Check what can be checked for free. Default: nothing is checked, and no price is known."""

    def trials(self, preflight: Preflight) -> Sequence[Request]:
        """Return tiny requests that show whether calls are answered; they are paid for. Default: none."""

    def check_trial(self, request: Request, reply: Reply) -> Iterable[Check]:
        """Check the reply to one of them. Default: whether it failed."""

    def needs_mock_provider(self, case: Case) -> bool:
        """Return whether only a mock provider can answer a case as it expects. Default: False."""
