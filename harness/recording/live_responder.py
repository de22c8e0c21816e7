"""One case's calls: whoever performs it asks here, and is answered by the provider."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

from harness.errors import HarnessError
from harness.judge import judge
from harness.model import Case, Headers, Observation, Reply, Request, StepObservation
from harness.recording.plan import expected_failure
from harness.recording.provider_client import Call, OverBudgetError, ProviderClient
from harness.recording.upstream import NotPlannedError, UntrustedError
from harness.wire.server_replies import LiveReply

__all__ = ["Exchange", "LiveResponder"]

_TEXT = (("content-type", "text/plain; charset=utf-8"),)


@dataclass(slots=True)
class Exchange:
    """A request as the implementation sent it in a step, and the call that answers it."""

    step: int
    request: Request
    call: Call
    claimed: bool = False


class LiveResponder:
    """Answers the requests of one case by calls. `trouble` is why the first of them was not let through.

    Where a step expects to be refused, the first answer is the one, and it is not passed on in pieces. What
    failed once the caller's patience was at its end is not fetched again: a client that repeats itself gets
    the same answer. Requests that break their rules are not let through unless `whatever_is_sent`.
    """

    def __init__(self, case: Case, caller: ProviderClient, *, whatever_is_sent: bool = False) -> None:
        self._case = case
        self._caller = caller
        self._whatever_is_sent = whatever_is_sent
        self._seen: list[list[Request]] = [[] for _ in case.steps]
        self._as_it_is = replace(caller.retries, most=0)
        self._exchanges: list[Exchange] = []
        self._lock = threading.Lock()
        self.trouble: HarnessError | None = None

    def answer(self, step: int, request: Request) -> Reply:
        """The whole answer, for who cannot take it in pieces."""
        call = self._call(step, request)
        return call if isinstance(call, Reply) else _for_the_client(call.finish())

    def live(self, step: int, request: Request) -> Reply | LiveReply:
        """The answer while it comes in."""
        call = self._call(step, request)
        if isinstance(call, Reply):
            return call
        if call.arriving.fault is not None or self._refusal(step):
            return _for_the_client(call.finish())
        return LiveReply(call.status, call.headers, _CutShort(call))

    def exchange(self, step: int, request: Request) -> Exchange | None:
        """The exchange of a request that was seen in a step, made now if the implementation did not wait
        for an answer; None if it was not let through, or repeats one that failed."""
        with self._lock:
            for made in self._exchanges:
                if made.step == step and not made.claimed and _same(made.request, request):
                    made.claimed = True
                    return made
        if self._failed(step, request) is not None or isinstance(self._call(step, request), Reply):
            return None
        return self.exchange(step, request)

    def end(self) -> None:
        """Read every answer to its end."""
        for made in tuple(self._exchanges):
            made.call.finish()

    def break_off(self) -> tuple[Case, tuple[Exchange, ...]]:
        """Wait for nothing more; gives the case, and what was exchanged until now."""
        return self._case, tuple(made for made in self._exchanges if made.call.arriving.break_off())

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """All that was exchanged, in order."""
        return tuple(self._exchanges)

    def _refusal(self, step: int) -> bool:
        return expected_failure(self._case, self._case.steps[step]) is not None

    def _failed(self, step: int, request: Request) -> Call | None:
        """The call that was made for the same request in the step, and failed."""
        with self._lock:
            for made in self._exchanges:
                failed = made.call.arriving.fault is not None or made.call.status >= 400
                if failed and made.step == step and _same(made.request, request):
                    return made.call
        return None

    def _breaks_its_rules(self, step: int, request: Request) -> bool:
        """Is there anything wrong with a request that is the next of a step?"""
        with self._lock:
            self._seen[step].append(request)
            performed = tuple(StepObservation(tuple(requests)) for requests in self._seen[: step + 1])
        judgement = judge(self._case, Observation(performed))
        last = len(performed[-1].requests) - 1
        return any((each.step, each.request) == (step, last) for each in judgement.differences)

    def _call(self, step: int, request: Request) -> Call | Reply:
        wrong = self._breaks_its_rules(step, request)
        failed = self._failed(step, request)
        if failed is not None:
            return failed
        if wrong and not self._whatever_is_sent:
            return _not_let_through("this request breaks the rules of its case")
        retries = self._as_it_is if self._refusal(step) else None
        try:
            call = self._caller.call(request, stand_ins=self._case.canaries.values(), retries=retries)
        except (NotPlannedError, OverBudgetError, UntrustedError) as error:
            self.trouble = self.trouble or error
            return _not_let_through(error.message)
        with self._lock:
            self._exchanges.append(Exchange(step, request, call))
        return call


class _CutShort:
    """The chunks of a live answer; one that breaks off breaks off for the client, too."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._chunks = call.chunks()

    def __iter__(self) -> _CutShort:
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._chunks)
        except StopIteration:
            if self._call.arriving.fault is not None:
                raise ConnectionError(self._call.arriving.problem) from None
            raise

    def close(self) -> None:
        """The client has enough; the recording has not."""


def _not_let_through(why: str) -> Reply:
    """A status that clients do not answer by asking again."""
    return Reply(400, _TEXT, (f"harness: {why}\n".encode(),))


def _for_the_client(reply: Reply) -> Reply:
    """An answer that failed, as its client sees it: there is no use in letting it wait once more."""
    return replace(reply, fault="reset") if reply.fault in ("timeout", "slow") else reply


def _same(one: Request, other: Request) -> bool:
    return _sent(one) == _sent(other)


def _sent(request: Request) -> tuple[str, str, Headers, bytes]:
    return request.method, request.url, request.headers, request.body
