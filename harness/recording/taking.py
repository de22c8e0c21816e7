"""One case's calls: whoever performs it asks here, and is answered by the provider."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

from harness.errors import HarnessError
from harness.model import Case, Headers, Reply, Request
from harness.recording.calling import Call, Caller, OverBudgetError
from harness.recording.plan import expected_failure
from harness.recording.upstream import NotPlannedError
from harness.wire.server_replies import LiveReply

__all__ = ["Answerer", "Exchange"]

_TEXT = (("content-type", "text/plain; charset=utf-8"),)


@dataclass(slots=True)
class Exchange:
    """A request as the implementation sent it in a step, and the call that answers it."""

    step: int
    request: Request
    call: Call
    claimed: bool = False


class Answerer:
    """Answers the requests of one case by calls. `trouble` is why the first of them was not let through.

    Where a step expects to be refused, the first answer is the one, and it is not passed on in pieces.
    """

    def __init__(self, case: Case, caller: Caller) -> None:
        self._case = case
        self._caller = caller
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
        for an answer; None if it was not let through."""
        with self._lock:
            for made in self._exchanges:
                if made.step == step and not made.claimed and _same(made.request, request):
                    made.claimed = True
                    return made
        if isinstance(self._call(step, request), Reply):
            return None
        return self.exchange(step, request)

    def end(self) -> None:
        """Read every answer to its end."""
        for made in tuple(self._exchanges):
            made.call.finish()

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """All that was exchanged, in order."""
        return tuple(self._exchanges)

    def _refusal(self, step: int) -> bool:
        return expected_failure(self._case, self._case.steps[step]) is not None

    def _call(self, step: int, request: Request) -> Call | Reply:
        retries = self._as_it_is if self._refusal(step) else None
        try:
            call = self._caller.call(request, stand_ins=self._case.canaries.values(), retries=retries)
        except (NotPlannedError, OverBudgetError) as error:
            self.trouble = self.trouble or error
            return Reply(502, _TEXT, (f"harness: {error.message}\n".encode(),))
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


def _for_the_client(reply: Reply) -> Reply:
    """An answer that failed, as its client sees it: there is no use in letting it wait once more."""
    return replace(reply, fault="reset") if reply.fault in ("timeout", "slow") else reply


def _same(one: Request, other: Request) -> bool:
    return _sent(one) == _sent(other)


def _sent(request: Request) -> tuple[str, str, Headers, bytes]:
    return request.method, request.url, request.headers, request.body
