"""Forward one case's requests to the provider."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

from harness.errors import HarnessError
from harness.judge import judge
from harness.model import Case, Headers, Observation, Reply, Request, StepObservation
from harness.recording.keys import ForeignKeyError
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
    """Answers the requests of one case with calls. `trouble` is why the first of them was not sent.

    Where a step expects an error, the first answer is final and passed on as a whole. A request that failed
    after all retries is not sent again: a client that repeats it gets the same answer. Requests that break
    their rules are not sent unless `send_failing`.
    """

    def __init__(self, case: Case, client: ProviderClient, *, send_failing: bool = False) -> None:
        self._case = case
        self._client = client
        self._send_failing = send_failing
        self._seen: list[list[Request]] = [[] for _ in case.steps]
        self._exchanges: list[Exchange] = []
        self._lock = threading.Lock()
        self.trouble: HarnessError | None = None

    def answer(self, step: int, request: Request) -> Reply:
        """Return the whole answer, for implementations that cannot take it in chunks."""
        call = self._call(step, request)
        return call if isinstance(call, Reply) else _for_the_client(call.finish())

    def live(self, step: int, request: Request) -> Reply | LiveReply:
        """Return the answer while it comes in."""
        call = self._call(step, request)
        if isinstance(call, Reply):
            return call
        if call.response.fault is not None or self._expects_failure(step):
            return _for_the_client(call.finish())
        return LiveReply(call.status, call.headers, _CutShort(call))

    def exchange(self, step: int, request: Request) -> Exchange | None:
        """Return the exchange of a request that was seen in a step, made now if the implementation did not
        wait for an answer; None if it was not sent, or repeats one that failed."""
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

    def interrupt(self) -> tuple[Case, tuple[Exchange, ...]]:
        """Wait for nothing more; return the case and what has been exchanged."""
        return self._case, tuple(made for made in self._exchanges if made.call.response.interrupt())

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """Return all that was exchanged, in order."""
        return tuple(self._exchanges)

    def _expects_failure(self, step: int) -> bool:
        return expected_failure(self._case, self._case.steps[step]) is not None

    def _failed(self, step: int, request: Request) -> Call | None:
        """Return the call for the same request in the step that failed, if any."""
        with self._lock:
            for made in self._exchanges:
                failed = made.call.response.fault is not None or made.call.status >= 400
                if failed and made.step == step and _same(made.request, request):
                    return made.call
        return None

    def _breaks_its_rules(self, step: int, request: Request) -> bool:
        """Return whether the next request of a step has any difference."""
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
        if wrong and not self._send_failing:
            return _not_sent("this request breaks the rules of its case")
        try:
            call = self._client.call(
                request,
                canaries=self._case.canaries.values(),
                expects_failure=self._expects_failure(step),
            )
        except (ForeignKeyError, NotPlannedError, OverBudgetError, UntrustedError) as error:
            self.trouble = self.trouble or error
            return _not_sent(error.message)
        with self._lock:
            self._exchanges.append(Exchange(step, request, call))
        return call


class _CutShort:
    """The chunks of a live answer; one that is cut off is cut off for the client, too."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._chunks = call.chunks()

    def __iter__(self) -> _CutShort:
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._chunks)
        except StopIteration:
            if self._call.response.fault is not None:
                raise ConnectionError(self._call.response.problem) from None
            raise

    def close(self) -> None:
        """Do nothing: the recording reads on when the client stops."""


def _not_sent(why: str) -> Reply:
    """Return a reply of a status that clients do not retry."""
    return Reply(400, _TEXT, (f"harness: {why}\n".encode(),))


def _for_the_client(reply: Reply) -> Reply:
    """Return a failed answer as the client gets it: it need not wait for a timeout a second time."""
    return replace(reply, fault="reset") if reply.fault in ("timeout", "slow") else reply


def _same(one: Request, other: Request) -> bool:
    return _sent(one) == _sent(other)


def _sent(request: Request) -> tuple[str, str, Headers, bytes]:
    return request.method, request.url, request.headers, request.body
