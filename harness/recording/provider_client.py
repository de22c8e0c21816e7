"""One call after another: with its host's key, within the budget, repeated where patience is asked for."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from harness.cassettes.request_key import model_of
from harness.errors import HarnessError
from harness.model import Headers, Reply, Request
from harness.recording.classify import Retries
from harness.recording.streaming_response import StreamingResponse
from harness.recording.upstream import Upstream, host_of
from harness_openclaw.reference.openrouter.pricing import NO_PRICES, Estimate, Prices
from harness_openclaw.reference.openrouter.receipt import usage_of

__all__ = ["Budget", "Call", "Key", "OverBudgetError", "ProviderClient"]

_KEY_HEADERS = ("x-api-key", "x-goog-api-key")


@dataclass(frozen=True, slots=True)
class Key:
    """The provider's key and the variable it comes from. Its value is shown nowhere."""

    name: str
    value: str = field(repr=False)

    def put_in(self, request: Request, stand_ins: Collection[str]) -> Request:
        """The request with this key where one of `stand_ins` is its key: as a bearer token, or by itself in
        a header for keys."""
        return replace(
            request,
            headers=tuple((name, self._in(name, value, stand_ins)) for name, value in request.headers),
        )

    def _in(self, name: str, value: str, stand_ins: Collection[str]) -> str:
        known = name.lower()
        if known == "authorization" and value.removeprefix("Bearer ").strip() in stand_ins:
            return f"Bearer {self.value}"
        return self.value if known in _KEY_HEADERS and value.strip() in stand_ins else value


class OverBudgetError(HarnessError):
    """A call that could make the recording cost more than it may."""

    exit_code = 1


class Budget:
    """What may be spent, and what is. May be used from several threads."""

    def __init__(self, most: Decimal) -> None:
        self.most = most
        self._spent = Decimal()
        self._reserved = Decimal()
        self._lock = threading.Lock()

    @property
    def spent(self) -> Decimal:
        return self._spent

    def reserve(self, estimate: Estimate) -> Decimal:
        """Set aside what a call may cost. Raises `OverBudgetError` if that could pass the limit.

        A call without a known price is let through as long as anything is left, and one that costs nothing
        always.
        """
        cost = estimate.cost or Decimal()
        if estimate.cost == 0:
            return cost
        with self._lock:
            would_be = self._spent + self._reserved + cost
            if would_be > self.most or (estimate.cost is None and would_be >= self.most):
                raise OverBudgetError(self._over(estimate, cost))
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


@dataclass(slots=True)
class Call:
    """A request and its answer, with what it took to get it. `tried` are the statuses or faults of the
    answers before, after which the same request was sent again."""

    request: Request
    estimate: Estimate
    arriving: StreamingResponse
    tried: tuple[int | str, ...] = ()
    waited_s: float = 0.0
    settle: Callable[[Reply], None] = lambda reply: None
    _settled: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def status(self) -> int:
        return self.arriving.status

    @property
    def headers(self) -> Headers:
        return self.arriving.headers

    def chunks(self) -> Iterator[bytes]:
        """The chunks as they arrive. Leaving off early does not end the call: `finish` does."""
        return _Chunks(self)

    def finish(self) -> Reply:
        """The whole answer; what it cost is counted at the first time."""
        reply = self.arriving.finish()
        with self._lock:
            if not self._settled:
                self._settled = True
                self.settle(reply)
        return reply


class _Chunks:
    """An iterator that can be given away."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        chunk = next(self._call.arriving, None)
        if chunk is None:
            self._call.finish()
            raise StopIteration
        return chunk


class ProviderClient:
    """Sends requests upstream.

    `key` goes to every host but those that `keys` has one of its own for. `prices` are OpenRouter's, and
    what was learned of other hosts stands in `prices_at`. `sleep` and `chance` are the waiting and the
    spread between retries.
    """

    def __init__(
        self,
        upstream: Upstream,
        key: Key,
        budget: Budget,
        *,
        keys: Mapping[str, Key] | None = None,
        prices: Prices = NO_PRICES,
        retries: Retries | None = None,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
        on_wait: Callable[[float, str], None] = lambda seconds, why: None,
    ) -> None:
        self.upstream = upstream
        self.key = key
        self.budget = budget
        self.prices = prices
        self.prices_at: dict[str, Prices] = {}
        self._keys = dict(keys or {})
        self.retries = retries or Retries()
        self._sleep = sleep
        self._chance = chance
        self._on_wait = on_wait

    @property
    def keys(self) -> tuple[Key, ...]:
        """All of them."""
        return (self.key, *self._keys.values())

    def key_to(self, url: str) -> Key:
        """The key that a request to this URL gets."""
        return self._keys.get(host_of(url), self.key)

    def estimate(self, request: Request) -> Estimate:
        """The most that a request may cost. One without a body is a look, and costs nothing."""
        if not request.body:
            return Estimate("", 0, 0, Decimal())
        prices = self.prices_at.get(host_of(request.url), self.prices)
        return prices.estimate(request.body, model=model_of(request))

    def wait(self, seconds: float) -> None:
        """Let a wait of the implementation pass, such as the one between two looks at a job. What runs on
        this machine keeps nobody waiting."""
        if not self.upstream.is_local:
            self._sleep(seconds)

    def look_up(self, request: Request) -> Reply:
        """The answer to a request that costs nothing, fetched as patiently as others."""
        tried = 0
        while True:
            reply = self.upstream.send(request).finish()
            wait_s = self.retries.wait_s(reply, tried, chance=self._chance())
            if wait_s is None:
                return reply
            tried += 1
            self._on_wait(wait_s, reply.fault or str(reply.status))
            self._sleep(wait_s)

    def call(
        self, request: Request, *, stand_ins: Collection[str] = (), retries: Retries | None = None
    ) -> Call:
        """Send a request, the key in place of any of `stand_ins`, until there is an answer to go by.

        An answer that failed in passing is fetched anew with the same bytes; the last one is given. Raises
        `OverBudgetError` before anything that could cost too much, and `NotPlannedError`.
        """
        retries = retries or self.retries
        sent = self.key_to(request.url).put_in(request, stand_ins)
        estimate = self.estimate(request)
        tried: list[int | str] = []
        waited = 0.0
        while True:
            reserved = self.budget.reserve(estimate)
            try:
                arriving = self.upstream.send(sent)
            except BaseException:
                self.budget.settle(reserved, Decimal())
                raise

            def settle(reply: Reply, reserved: Decimal = reserved) -> None:
                self.budget.settle(reserved, _cost_of(reply, estimate))

            call = Call(request, estimate, arriving, tuple(tried), waited, settle)
            if arriving.fault is None and arriving.status < 400:
                return call
            reply = call.finish()
            wait_s = retries.wait_s(reply, len(tried), chance=self._chance())
            if wait_s is None:
                return call
            tried.append(reply.fault or reply.status)
            self._on_wait(wait_s, str(tried[-1]))
            self._sleep(wait_s)
            waited += wait_s


def _cost_of(reply: Reply, estimate: Estimate) -> Decimal:
    """What an answer costs: as it says; what was refused costs nothing; what says nothing may have cost all
    that was estimated."""
    stated = usage_of(reply).cost
    if stated is not None:
        return stated
    if reply.status >= 400 or (reply.fault == "refused" and not reply.status):
        return Decimal()
    return estimate.cost or Decimal()
