"""Make a contract's checks before a recording: its free look-ups, and its paid trial calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from harness.model import Reply, Request
from harness.recording.protocol import Check, Checks, PreflightReport
from harness.recording.provider_client import Call, OverBudgetError, ProviderClient

__all__ = ["Checked", "make_trial", "run_checks"]


class Checked(NamedTuple):
    """The checks that were made and what they learned; `unanswered` if there were look-ups and none of them
    succeeded."""

    checks: tuple[Check, ...]
    report: PreflightReport
    unanswered: bool


def run_checks(checks: Checks, client: ProviderClient, show: Callable[[Check], None]) -> Checked:
    """Make the checks, and show each as it is made.

    Raises `NotPlannedError`, `ForeignKeyError` and `UntrustedError` for a look-up that may not be sent.
    """
    made: list[Check] = []
    statuses: list[int] = []
    answer: Reply | None = None
    while True:
        try:
            step = checks.send(answer)
        except StopIteration as end:
            unanswered = bool(statuses) and not any(200 <= status < 300 for status in statuses)
            return Checked(tuple(made), end.value, unanswered)
        answer = None
        if isinstance(step, Request):
            answer = client.look_up(step)
            statuses.append(answer.status)
        else:
            made.append(step)
            show(step)


def make_trial(request: Request, client: ProviderClient) -> tuple[tuple[Check, ...], Call | None]:
    """Make a trial call; return the checks of its answer, and the call, None if the budget does not allow it.

    Raises as `ProviderClient.call` does for a request that may not be sent.
    """
    try:
        call = client.call(request)
    except OverBudgetError as error:
        return (Check("", "fail", f"A trial call was not made: {error.message}. {error.hint}"),), None
    return tuple(client.provider.check_trial(request, call.finish())), call
