"""Implementations that are Python callables of this process (docs/implementations.md, Python).

`InProcess` is what both modes share: an instance for each case, a time limit, and every failure turned
into a `Failure`. In mode `shape` the callable returns its requests; mode `send` is in `send.in_process`.
"""

from __future__ import annotations

import contextlib
import copy
import inspect
import traceback
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import orjson

from harness.errors import Unsupported
from harness.implementations.results import Unreadable, as_outcome, as_request, milliseconds, named
from harness.implementations.timeouts import TimeIsUp, TimeLimit
from harness.model import (
    BlindSpot,
    Case,
    CaseRun,
    Failure,
    ImplementationInfo,
    JsonValue,
    Observation,
    Reply,
    Request,
    StepObservation,
)
from harness.redaction import Redactor
from harness.wire.intercept import Unanswerable

if TYPE_CHECKING:
    import asyncio

__all__ = ["InProcess", "Observer", "ShapeObserver", "outcome_of"]

Target: TypeAlias = Callable[..., Any]


class Observer(Protocol):
    """How the requests of a callable are observed."""

    blind_to: frozenset[BlindSpot]

    def running(self) -> AbstractContextManager[None]:
        """A context in which `perform` may be called."""
        ...

    def perform(
        self,
        call: Callable[[], object],
        reply: Callable[[Request], Reply],
        *,
        words: Sequence[str],
        clock: bool,
        wait: Callable[[float], None] | None,
    ) -> StepObservation:
        """Make the call and return what it sent. `reply` answers its requests, `wait` performs its waits,
        `words` are those of an outcome.

        Raises `Unsupported` and `Unreadable`, and whatever the call itself raises.
        """
        ...


class InProcess:
    """A callable as an implementation: `Case` in, `Observation` out, one case at a time.

    With `promises` it declares its features itself, and they are not guessed from its kind: if it declares
    outcomes, a call that reports none has no outcome.
    """

    def __init__(
        self,
        target: Target,
        about: ImplementationInfo,
        observer: Observer,
        *,
        timeout_s: float,
        promises: bool = False,
    ) -> None:
        self._target = target
        self._about = about
        self._observer = observer
        self._timeout_s = timeout_s
        self._promises = promises
        self._clock = "clock" in about.features
        self._isolated = not getattr(target, "leaves_input_alone", False)
        self._runner: asyncio.Runner | None = None

    @property
    def about(self) -> ImplementationInfo:
        return self._about

    def perform(self, jobs: Iterable[CaseRun], *, at_once: int = 1) -> Iterator[tuple[Case, Observation]]:
        """Perform the jobs one after the other, whatever `at_once` allows."""
        with self._observer.running():
            for job in jobs:
                yield job.case, self._observe(job)

    def close(self) -> None:
        if self._runner is not None:
            self._runner.close()
            self._runner = None

    def __enter__(self) -> InProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _observe(self, job: CaseRun) -> Observation:
        sent: list[Request] = []
        try:
            with TimeLimit(self._timeout_s):
                steps = self._steps(job, sent)
        except KeyboardInterrupt:
            raise
        except _NoReply as unanswered:
            raise unanswered.error from None
        except Unsupported as reason:
            return Observation((StepObservation(tuple(sent)),), unsupported=str(reason) or "not supported")
        except TimeIsUp as error:
            message = f"no answer within {self._timeout_s:g} s"
            return _broken(job.case, message, error)
        except Unreadable as error:
            return _broken(job.case, f"it answered {error}")
        except Unanswerable as error:
            return _broken(job.case, f"it sent {error}", error)
        except BaseException as error:
            message = "".join(traceback.format_exception_only(error)).strip()
            return _broken(job.case, f"it raised {message}", error)
        return Observation(steps, self._blind_to(steps))

    def _blind_to(self, steps: tuple[StepObservation, ...]) -> frozenset[BlindSpot]:
        """Return what could not be observed in these steps."""
        blind = self._observer.blind_to
        if not self._clock:
            blind |= {"timing"}
        silent = any(step.requests and step.outcome is None for step in steps)
        if (silent and not self._promises) or "outcome" not in self._about.features:
            blind |= {"outcome"}
        return blind

    def _steps(self, job: CaseRun, sent: list[Request]) -> tuple[StepObservation, ...]:
        target = self._target() if isinstance(self._target, type) else self._target
        performed = []
        for number, step in enumerate(job.case.steps):

            def call(given: Mapping[str, JsonValue] = step.input) -> object:
                answer = target(_isolated(given) if self._isolated else given)
                return self._awaited(answer) if inspect.iscoroutine(answer) else answer

            def reply(request: Request, number: int = number) -> Reply:
                sent.append(request)
                try:
                    return job.answers(number, request)
                except Exception as error:
                    raise _NoReply(error) from None

            words = job.case.outcome_words
            performed.append(
                self._observer.perform(call, reply, words=words, clock=self._clock, wait=job.wait)
            )
        return tuple(performed)

    def _awaited(self, answer: Any) -> object:
        if self._runner is None:
            import asyncio

            self._runner = asyncio.Runner()
        return self._runner.run(answer)


class _NoReply(BaseException):
    """The harness itself failed to answer; a `BaseException`, so that the callable does not handle it."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


class ShapeObserver:
    """Mode `shape`: the callable returns its requests, or yields them one by one."""

    blind_to: frozenset[BlindSpot] = frozenset()

    def running(self) -> AbstractContextManager[None]:
        return contextlib.nullcontext()

    def perform(
        self,
        call: Callable[[], object],
        reply: Callable[[Request], Reply],
        *,
        words: Sequence[str],
        clock: bool,
        wait: Callable[[float], None] | None,
    ) -> StepObservation:
        answer = call()
        if isinstance(answer, Generator):
            return _converse(answer, reply, words=words, clock=clock, wait=wait)
        if answer is None:
            return StepObservation()
        if inspect.isasyncgen(answer):
            raise Unreadable("an asynchronous generator; yield from a plain generator instead")
        if isinstance(answer, list | tuple):
            return StepObservation(tuple(_requests(answer)))
        request = as_request(answer)
        if request is not None:
            return StepObservation((request,))
        return StepObservation(outcome=outcome_of(answer, words))


def _requests(answers: Iterable[object]) -> Iterator[Request]:
    for answer in answers:
        request = as_request(answer)
        if request is None:
            raise Unreadable(f"a list containing {named(answer)}; a list may only contain requests")
        yield request


def _converse(
    generator: Generator[Any, Any, Any],
    reply: Callable[[Request], Reply],
    *,
    words: Sequence[str],
    clock: bool,
    wait: Callable[[float], None] | None,
) -> StepObservation:
    requests: list[Request] = []
    waited = 0.0
    with contextlib.closing(generator):
        sent: Reply | None = None
        while True:
            try:
                yielded = generator.send(sent)
            except StopIteration as end:
                outcome = None if end.value is None else outcome_of(end.value, words)
                return StepObservation(tuple(requests), outcome)
            sent = None
            if isinstance(yielded, Mapping) and "sleep_ms" in yielded:
                asleep = milliseconds(yielded["sleep_ms"])
                waited += asleep
                if wait is not None:
                    wait(asleep / 1000)
                continue
            request = as_request(yielded)
            if request is None:
                what = "nothing" if yielded is None else named(yielded)
                raise Unreadable(
                    f"{what} and not a request; a generator yields requests or {{'sleep_ms': n}}"
                )
            if clock:
                request = _after(request, waited)
            waited = 0.0
            requests.append(request)
            sent = reply(request)


def _after(request: Request, waited: float) -> Request:
    return Request(request.method, request.url, request.headers, request.body, request.timeout_ms, waited)


def outcome_of(answer: object, words: Sequence[str]) -> Mapping[str, JsonValue]:
    """Return the outcome that a callable reports. Raises `Unsupported` and `Unreadable`."""
    if isinstance(answer, Mapping) and "unsupported" in answer:
        raise Unsupported(str(answer["unsupported"]))
    return as_outcome(answer, words)


def _isolated(given: Mapping[str, JsonValue]) -> Any:
    """Return a copy that the implementation may change."""
    try:
        return orjson.loads(orjson.dumps(given))
    except orjson.JSONEncodeError:  # integers beyond 64 bits, half surrogate pairs
        return copy.deepcopy(given)


def _broken(case: Case, message: str, error: BaseException | None = None) -> Observation:
    mask = Redactor(case.canaries)
    detail = "" if error is None else mask(_traceback(error))
    return Observation(broken=Failure(mask(message), detail))


def _traceback(error: BaseException) -> str:
    """Return the traceback from the callable's own code on, only the innermost frames if it is long."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename.replace("\\", "/").endswith(
        ("/harness/implementations/inprocess.py", "/harness/implementations/send/in_process.py")
    ):
        trace = trace.tb_next
    if isinstance(error, TimeIsUp):
        return "When the time limit expired, it was here:\n" + "".join(traceback.format_tb(trace, -10))
    lines = traceback.format_exception(type(error), error, trace, limit=-10)
    return "".join(lines)
