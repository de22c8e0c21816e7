"""What is known of a provider: a contract's hook, and the engine's defaults for what it leaves out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Protocol

from harness.contracts.contract import Contract
from harness.model import Case, Reply, Request
from harness.recording import answers
from harness.recording.classify import classify
from harness.recording.protocol import Check, Checks, Preflight, PreflightReport, ProviderFailure, Usage

__all__ = ["Provider"]


class _Unfit(Protocol):
    def __call__(self, request: Request, reply: Reply, *, cache_hits: bool) -> str | None: ...


def _accept(request: Request, reply: Reply, *, cache_hits: bool) -> str | None:
    return None


def _no_checks(preflight: Preflight) -> Checks:
    yield from ()
    return PreflightReport()


def _no_trials(preflight: Preflight) -> Sequence[Request]:
    return ()


def _check_trial(request: Request, reply: Reply) -> Iterable[Check]:
    failure = classify(request, reply)
    if failure is None:
        yield Check("", "pass", "The trial call was answered.")
    else:
        yield Check("", "fail", f"The trial call failed ({failure.kind}): {failure.message}.")


def _any_provider(case: Case) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Provider:
    """The functions of `harness.recording.protocol.ProviderHooks`, each the contract's or the default."""

    classify: Callable[[Request, Reply], ProviderFailure | None] = classify
    usage: Callable[[Request, Reply], Usage] = answers.usage
    generation_id: Callable[[Request, Reply], str] = answers.generation_id
    unfit: _Unfit = _accept
    checks: Callable[[Preflight], Checks] = _no_checks
    trials: Callable[[Preflight], Sequence[Request]] = _no_trials
    check_trial: Callable[[Request, Reply], Iterable[Check]] = _check_trial
    needs_mock_provider: Callable[[Case], bool] = _any_provider

    @classmethod
    def of(cls, contract: Contract) -> Provider:
        """Return what a contract, or one that it extends, knows of its provider."""
        return cls.of_hook(contract.hook("recording"))

    @classmethod
    def of_hook(cls, hook: object) -> Provider:
        """Return the functions that a hook has, with the defaults for the others."""
        return cls(
            **{each.name: getattr(hook, each.name) for each in fields(cls) if hasattr(hook, each.name)}
        )

    @property
    def has_checks(self) -> bool:
        """Return whether the contract has checks of its own."""
        return self.checks is not _no_checks
