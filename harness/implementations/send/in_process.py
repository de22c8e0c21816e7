"""Mode `send` for Python callables: what the callable sends through an HTTP library is intercepted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from harness.implementations.inprocess import outcome_of
from harness.implementations.results import Unreadable, as_request
from harness.model import Reply, Request, StepObservation
from harness.wire.intercept import BLIND_TO, answering, patched

__all__ = ["SendObserver"]


class SendObserver:
    """Mode `send`: what goes out through an HTTP library is captured and answered, and not sent."""

    blind_to = BLIND_TO

    def running(self) -> AbstractContextManager[None]:
        return patched()

    def perform(
        self,
        call: Callable[[], object],
        reply: Callable[[Request], Reply],
        *,
        words: Sequence[str],
        clock: bool,
        wait: Callable[[float], None] | None,
    ) -> StepObservation:
        requests: list[Request] = []

        def answer(request: Request) -> Reply:
            requests.append(request)
            return reply(request)

        with answering(answer):
            reported = call()
        if as_request(reported) is not None:
            raise Unreadable("a request; in mode send it sends its requests itself and returns an outcome")
        return StepObservation(tuple(requests), None if reported is None else outcome_of(reported, words))
