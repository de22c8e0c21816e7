"""What the contract `openclaw` knows of its providers when recording (`harness.recording.protocol`)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from harness.model import Case, Reply, Request, Step
from harness.recording.hosts import host_of
from harness.recording.protocol import (
    Check,
    Checks,
    PlannedCall,
    Preflight,
    PreflightReport,
    Prices,
)
from harness_openclaw.mock_provider.fault_injection import HEADER, PREFIX
from harness_openclaw.recording.clawrouter import check_router
from harness_openclaw.recording.openrouter import check_account, check_trial, trial_requests
from harness_openclaw.recording.replies import classify, generation_id, unfit, usage
from harness_openclaw.reference import CallError
from harness_openclaw.reference.clawrouter.access import DEFAULT_ROOT, root_of
from harness_openclaw.reference.client import is_for_clawrouter
from harness_openclaw.reference.openrouter.checks import AccountStatus, check_cost

__all__ = [
    "check_trial",
    "checks",
    "classify",
    "generation_id",
    "needs_mock_provider",
    "trials",
    "unfit",
    "usage",
]

_CLAWROUTER = "clawrouter/"
_OPENROUTER = "openrouter/"
_CLAWROUTER_OPERATIONS = ("catalog", "usage")


def checks(preflight: Preflight) -> Checks:
    """Make the checks that cost nothing: OpenRouter's unless only ClawRouter is asked, and ClawRouter's for
    each root that is."""
    calls = [call for call in preflight.calls if _root(call) is None]
    routers = _routers(preflight)
    prices: dict[str, Prices] = {}
    looked_up: dict[str, Reply] = {}
    account = None
    if calls or _direct(preflight.models) or not routers:
        account = yield from check_account(preflight, calls, _direct(preflight.models))
        yield from account.checks
        if account.prices is not None:
            prices[host_of(preflight.base_url)] = account.prices
    for root, models in routers.items():
        status = yield from check_router(
            root, preflight.key_for(root), models, assumed_output=preflight.assumed_output
        )
        yield from status.checks
        prices[host_of(root)] = status.prices
        looked_up.update(status.looked_up)

    def costs(cost: Decimal, limit: Decimal, unpriced: Sequence[str]) -> Sequence[Check]:
        return tuple(check_cost(account or AccountStatus(()), cost, limit, unpriced=unpriced))

    return PreflightReport(prices, looked_up, costs)


def trials(preflight: Preflight) -> Sequence[Request]:
    """Return the tiny calls of OpenRouter's models; ClawRouter is not called."""
    calls = [call for call in preflight.calls if _root(call) is None]
    return trial_requests(preflight, calls, _direct(preflight.models))


def needs_mock_provider(case: Case) -> bool:
    """Return whether a case requests a fault, which only the mock provider answers."""
    for step in case.steps:
        named = str(step.input.get("model") or "").partition("/")[2]
        headers = step.input.get("headers") or {}
        if named.startswith(PREFIX) or HEADER in map(str.lower, headers):
            return True
    return False


def _direct(models: Sequence[str]) -> list[str]:
    """Return the ids of the models that OpenRouter is asked for."""
    names = [name.removeprefix(_OPENROUTER) if name.count("/") > 1 else name for name in models]
    return [name for name in names if not name.startswith(_CLAWROUTER)]


def _routers(preflight: Preflight) -> dict[str, set[str]]:
    """Return the roots of ClawRouter that are asked, each with the catalog ids of the models to be called."""
    found: dict[str, set[str]] = {}
    for name in preflight.models:
        if name.startswith(_CLAWROUTER):
            found.setdefault(DEFAULT_ROOT, set()).add(name.removeprefix(_CLAWROUTER))
    for call in preflight.calls:
        root = _root(call)
        if root is not None:
            models = found.setdefault(root, set())
            if not call.refused:
                models.update(_catalog_ids(call.case))
    return found


def _root(call: PlannedCall) -> str | None:
    """Return the root of ClawRouter below which a call goes, None if it does not go there."""
    step = call.case.steps[call.step]
    if step.operation not in _CLAWROUTER_OPERATIONS and not _uses_catalog(step):
        return None
    try:
        return root_of(step.input)
    except CallError:
        return None


def _catalog_ids(case: Case) -> list[str]:
    steps = filter(_uses_catalog, case.steps)
    return [str(step.input["model"]).strip().partition("/")[2] for step in steps if step.input.get("model")]


def _uses_catalog(step: Step) -> bool:
    return step.operation == "chat" and is_for_clawrouter(step.input)
