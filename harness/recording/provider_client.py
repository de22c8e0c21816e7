"""Provider client: key injection, budget, retries."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_CEILING, Decimal

from harness.errors import HarnessError
from harness.model import Headers, Reply, Request
from harness.recording.hosts import host_of
from harness.recording.keys import Keys
from harness.recording.pricing import ModelPrices
from harness.recording.protocol import Estimate, Prices
from harness.recording.provider import Provider
from harness.recording.retries import Retries
from harness.recording.streaming_response import StreamingResponse
from harness.recording.upstream import Upstream

__all__ = ["Budget", "Call", "OverBudgetError", "ProviderClient"]


class OverBudgetError(HarnessError):
    """A call that could make the recording cost more than it may."""

    exit_code = 1


class Budget:
    """What may be spent in USD, and what has been. May be used from several threads.

    A call of unknown price could cost anything, so it is over budget unless `allow_unpriced`.
    """

    def __init__(self, most: Decimal, *, allow_unpriced: bool = False) -> None:
        self.most = most
        self.allow_unpriced = allow_unpriced
        self._spent = Decimal()
        self._reserved = Decimal()
        self._lock = threading.Lock()

    @property
    def spent(self) -> Decimal:
        return self._spent

    def objection(self, cost: Decimal, unpriced: Sequence[str]) -> str:
        """Return why calls that may cost this much, beside those to models of unknown price, are not
        affordable, and what would allow them; empty if they are."""
        if unpriced and not self.allow_unpriced:
            names = ", ".join(unpriced)
            return (
                f"the price of {names} is unknown, so --max-cost {self.most} cannot be guaranteed; use"
                " --allow-unpriced to record anyway, counting only costs that the provider reports"
            )
        if cost > self.most:
            return (
                f"the calls may cost ${_rounded_up(cost)} with retries, more than --max-cost {self.most};"
                f" raise it to at least {_rounded_up(cost)}"
            )
        return ""

    def reserve(self, estimate: Estimate, *, expects_failure: bool = False) -> Decimal:
        """Set aside what a call may cost, and return that. Raises `OverBudgetError` if that is too much.

        A call of unknown price that is allowed, or that the provider is expected to refuse, is made while
        anything is left. A call that costs nothing always is.
        """
        if estimate.cost == 0:
            return Decimal()
        if estimate.cost is None and not (self.allow_unpriced or expects_failure):
            raise OverBudgetError(
                f"the price of this call to {estimate.model or 'no model'} is unknown",
                hint="Use --allow-unpriced to make calls of unknown price.",
            )
        cost = estimate.cost or Decimal()
        with self._lock:
            would_be = self._spent + self._reserved + cost
            if would_be > self.most or (estimate.cost is None and would_be >= self.most):
                raise OverBudgetError(self._over(estimate, cost), hint=_raise_to(estimate, would_be))
            self._reserved += cost
        return cost

    def settle(self, reserved: Decimal, cost: Decimal) -> None:
        """Count what a call has cost in place of what was set aside."""
        with self._lock:
            self._reserved -= reserved
            self._spent += cost

    def _over(self, estimate: Estimate, cost: Decimal) -> str:
        out = f"up to {estimate.output_tokens} out"
        if not estimate.limited:
            out += ", since the request states no limit"
        return (
            f"${self._spent:.6f} of ${self.most} are spent, and this call to {estimate.model or 'no model'}"
            f" could cost ${cost:.6f} ({estimate.prompt_tokens} tokens in, {out})"
        )


def _raise_to(estimate: Estimate, needed: Decimal) -> str:
    amount = _rounded_up(needed)
    return f"Raise --max-cost {'above' if estimate.cost is None else 'to at least'} {amount}."


def _rounded_up(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.000001"), ROUND_CEILING)


@dataclass(slots=True)
class Call:
    """A request and its answer. `tried` are the statuses or faults of earlier answers after which the same
    request was sent again."""

    request: Request
    estimate: Estimate
    response: StreamingResponse
    tried: tuple[int | str, ...] = ()
    waited_s: float = 0.0
    settle: Callable[[Reply], None] = lambda reply: None
    _settled: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def status(self) -> int:
        return self.response.status

    @property
    def headers(self) -> Headers:
        return self.response.headers

    def chunks(self) -> Iterator[bytes]:
        """Return the chunks as they arrive. Leaving off early does not end the call; `finish` does."""
        return _Chunks(self)

    def finish(self) -> Reply:
        """Return the whole answer; the first time, its cost is counted."""
        reply = self.response.finish()
        with self._lock:
            if not self._settled:
                self._settled = True
                self.settle(reply)
        return reply


class _Chunks:
    """An iterator that another thread may finish."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        chunk = next(self._call.response, None)
        if chunk is None:
            self._call.finish()
            raise StopIteration
        return chunk


class ProviderClient:
    """Sends requests upstream, each with the key of its host.

    `prices` are by host. `sleep` and `chance` do the waiting between retries and spread it; `on_wait` is
    called before each wait with its seconds and the status or fault.
    """

    def __init__(
        self,
        upstream: Upstream,
        keys: Keys,
        budget: Budget,
        *,
        provider: Provider | None = None,
        prices: Mapping[str, Prices] | None = None,
        assumed_output: int | None = None,
        retries: Retries | None = None,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
        on_wait: Callable[[float, str], None] = lambda seconds, why: None,
    ) -> None:
        self.upstream = upstream
        self.keys = keys
        self.budget = budget
        self.provider = provider or Provider()
        self.prices: dict[str, Prices] = dict(prices or {})
        self.unreachable: dict[str, str] = {}
        """The hosts to which there was no connection, and why."""
        self.retries = retries or Retries()
        self._unknown = ModelPrices(assumed_output=assumed_output)
        self._sleep = sleep
        self._chance = chance
        self._on_wait = on_wait

    def estimate(self, request: Request) -> Estimate:
        """Return the most that a request may cost. One without a body costs nothing."""
        if not request.body:
            return Estimate("", 0, 0, Decimal())
        return self.prices.get(host_of(request.url), self._unknown).estimate(request)

    def wait(self, seconds: float) -> None:
        """Wait as the implementation does, such as between two polls of a job. A provider on this machine
        is not waited for."""
        if not self.upstream.is_local:
            self._sleep(seconds)

    def look_up(self, request: Request) -> Reply:
        """Return the answer to a request that costs nothing, with retries. Raises as `call` does."""
        tried = 0
        while True:
            reply = self._send(self.keys.apply(request, ())).finish()
            wait_s = self.retries.wait_s(reply, tried, chance=self._chance())
            if wait_s is None:
                return reply
            tried += 1
            self._pause(wait_s, reply)

    def call(
        self, request: Request, *, canaries: Collection[str] = (), expects_failure: bool = False
    ) -> Call:
        """Send a request with its host's key in place of any of `canaries`, and return its call.

        A failure that may pass is retried with the same bytes, unless the provider is expected to answer
        with one; the call holds the last answer. Raises
        `OverBudgetError` before anything that could cost too much, `NotPlannedError` for a host that may
        not be reached, `ForeignKeyError` and `UntrustedError`.
        """
        retries = replace(self.retries, most=0) if expects_failure else self.retries
        sent = self.keys.apply(request, canaries)
        estimate = self.estimate(request)
        tried: list[int | str] = []
        waited = 0.0
        while True:
            reserved = self.budget.reserve(estimate, expects_failure=expects_failure)
            try:
                response = self._send(sent)
            except BaseException:
                self.budget.settle(reserved, Decimal())
                raise

            def settle(reply: Reply, reserved: Decimal = reserved) -> None:
                self.budget.settle(reserved, self._cost_of(request, reply, estimate))

            call = Call(request, estimate, response, tuple(tried), waited, settle)
            if response.fault is None and response.status < 400:
                return call
            reply = call.finish()
            failure = self.provider.classify(request, reply)
            retryable = None if failure is None else failure.retryable
            wait_s = retries.wait_s(reply, len(tried), chance=self._chance(), retryable=retryable)
            if wait_s is None:
                return call
            tried.append(reply.fault or reply.status)
            self._pause(wait_s, reply)
            waited += wait_s

    def _send(self, request: Request) -> StreamingResponse:
        response = self.upstream.send(request)
        if response.is_unreachable:
            self.unreachable[host_of(request.url)] = response.problem
        return response

    def _pause(self, seconds: float, reply: Reply) -> None:
        self._on_wait(seconds, reply.fault or str(reply.status))
        self._sleep(seconds)

    def _cost_of(self, request: Request, reply: Reply, estimate: Estimate) -> Decimal:
        """Return what an answer cost: what it says; nothing if it was refused; otherwise the estimate."""
        stated = self.provider.usage(request, reply).cost
        if stated is not None:
            return stated
        if reply.status >= 400 or (reply.fault == "refused" and not reply.status):
            return Decimal()
        return estimate.cost or Decimal()
