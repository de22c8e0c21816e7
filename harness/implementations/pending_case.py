"""One case in flight in a child: what was sent, what came back, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from harness.implementations import protocol
from harness.implementations.results import Unreadable, milliseconds, named, request_of
from harness.model import BlindSpot, CaseRun, Failure, Observation, Request, StepObservation
from harness.redaction import Redactor

if TYPE_CHECKING:  # the capture server is imported where it is used only
    from harness.implementations.send.protocol_capture import CaseCapture

__all__ = ["PendingCase"]


class PendingCase:
    """The state of a case. `observation` is set when it is over.

    `alone` is a second attempt, made because the child died during the first. With a `verdict` the case has
    failed already, and only waits until the child has confirmed that it was cancelled; `late` if it timed
    out. With a `capture` the child sends the requests itself (mode `send`), and they are seen there; call
    `release` when done.
    """

    def __init__(
        self,
        job: CaseRun,
        features: frozenset[str],
        *,
        deadline: float,
        alone: bool = False,
        capture: CaseCapture | None = None,
    ) -> None:
        self.job = job
        self.deadline = deadline
        self.alone = alone
        self.seq = 0
        self.observation: Observation | None = None
        self.verdict: Observation | None = None
        self.late = False
        self._features = features
        self._performed: list[StepObservation] = []
        self._capture = capture
        self._notes: list[str] = []
        self._begin()

    def _begin(self) -> None:
        self._requests: list[Request] = []
        self._numbers: set[int] = set()
        self._waited = 0.0
        self.step_is_over = False

    def begin_step(self, seq: int) -> bytes:
        """Return the line that starts the next step as run `seq`. Raises `ImplementationError` if a port that
        the step names cannot be served."""
        self.seq = seq
        self._begin()
        case, step = self.job.case, len(self._performed)
        wire = None if self._capture is None else self._capture.open(step)
        return protocol.run(seq, case.name, step + 1, len(case.steps), case.steps[step].input, wire)

    def receive(self, message: Mapping[str, Any]) -> bytes | None:
        """Handle a message of this run, and return the line that answers it.

        Sets `observation` when it ends the case, `step_is_over` when another step is to follow.
        Raises `Unreadable` for an invalid message.
        """
        if self.verdict is not None:
            if any(key in message for key in protocol.ENDINGS):
                self.observation = self.verdict
            return None
        if "request" in message:
            return self._request(message)
        if "sleep_ms" in message:
            asleep = milliseconds(message["sleep_ms"])
            self._waited += asleep
            if self.job.wait is not None:
                self.job.wait(asleep / 1000)
            return protocol.wake(self.seq)
        if "unsupported" in message:
            sent = (*self._performed, StepObservation(tuple(self._requests)))
            self.observation = Observation(sent, unsupported=self._masked(message["unsupported"]))
        elif "error" in message:
            self._fail(self._masked(message["error"]), self._masked(message.get("detail") or ""))
        elif message.get("done") is True:
            self._end_step(message)
        else:
            keys = ", ".join(repr(key) for key in list(message)[:5] if key != "seq") or "nothing else"
            raise Unreadable(
                f"an answer with {keys}; it must have request, sleep_ms, done: true, unsupported or error"
            )
        return None

    def breaks(self, message: str, detail: str = "") -> None:
        """End the case as broken."""
        self.observation = self.broken(message, detail)

    def broken(self, message: str, detail: str = "") -> Observation:
        return Observation(broken=Failure(self._masked(message), self._masked(detail)))

    def _fail(self, message: str, detail: str) -> None:
        """End the case: the adapter reported that it broke. What was captured may say why."""
        why = None if self._capture is None else self._capture.close().problem(None, failed=True)
        self.breaks(message if why is None else f"{message}; {why}", detail)

    def release(self) -> None:
        """Stop capturing requests for the case."""
        if self._capture is not None:
            self._capture.close()

    def _request(self, message: Mapping[str, Any]) -> bytes | None:
        if self._capture is not None:
            raise Unreadable("a request; in mode send it sends its requests itself, and answers with done")
        stated = message["request"]
        if not isinstance(stated, dict):
            raise Unreadable(f"a request that is {named(stated)}; it must be an object")
        number = message.get("n", len(self._numbers) + 1)
        if isinstance(number, bool) or not isinstance(number, int):
            raise Unreadable(f"a request whose n is {named(number)}; it must be a number")
        if number in self._numbers:
            raise Unreadable(f"two requests with n {number}; each request of a run needs its own number")
        after_ms = self._waited if "clock" in self._features else None
        request = request_of(stated, after_ms=after_ms)
        self._numbers.add(number)
        self._requests.append(request)
        self._waited = 0.0
        if message.get("done") is True:
            self._end_step(message)
            return None
        return protocol.reply(self.seq, number, self.job.answers(len(self._performed), request))

    def _end_step(self, message: Mapping[str, Any]) -> None:
        outcome = protocol.outcome_of(message, self.job.case.outcome_words)
        requests = tuple(self._requests)
        if self._capture is not None:
            traffic = self._capture.close()
            requests = traffic.requests
            self._notes += map(self._masked, traffic.notes)
            problem = traffic.problem(outcome)
            if problem is not None:
                self.breaks(problem)
                return
        self._performed.append(StepObservation(requests, outcome))
        if len(self._performed) < len(self.job.case.steps):
            self.step_is_over = True
            return
        blind: set[BlindSpot] = set() if self._capture is None else {"timing", "timeout"}
        if "clock" not in self._features:
            blind.add("timing")
        if "outcome" not in self._features:
            blind.add("outcome")
        notes = tuple(self._notes)
        self.observation = Observation(tuple(self._performed), frozenset(blind), notes=notes)

    def _masked(self, text: object) -> str:
        return Redactor(self.job.case.canaries)(text if isinstance(text, str) else repr(text))
