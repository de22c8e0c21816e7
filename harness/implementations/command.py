"""Implementations that are programs of their own: one long-lived child, many cases (docs/protocol.md)."""

from __future__ import annotations

import shlex
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from harness.errors import ImplementationError
from harness.implementations import protocol
from harness.implementations.answers import Unreadable, named
from harness.implementations.child import Child
from harness.implementations.declared import declared
from harness.implementations.flight import Flight
from harness.masking import Mask
from harness.model import Case, CaseRun, ImplementationInfo, Observation

if TYPE_CHECKING:  # the capture server is imported where it is used only
    from harness.implementations.sending_wires import Tap, Wires

__all__ = ["Command"]

GRACE_S = 2.0
"""How long a child may take to let go of a cancelled case, to stop, and to die."""

START_S = 20.0
"""The least time that a child has to answer `start`."""

PATIENCE = 5
"""How many children in a row may have to be killed before the run is given up."""


class Command:
    """A command that speaks the protocol. The child is started by `start`, and again after a death."""

    def __init__(
        self, words: Sequence[str], home: Path, *, timeout_s: float, wires: Wires | None = None
    ) -> None:
        self._words = words
        self._home = home
        self._timeout_s = timeout_s
        self._wires = wires
        self._child: Child | None = None
        self._seq = 0
        self.about = ImplementationInfo(name=shlex.join(words), address="", inputs=(), features=())

    def start(self) -> ImplementationInfo:
        """Start the child and return what it says of itself.

        Raises `ImplementationError` if it cannot be started, dies, or answers anything else.
        """
        child = self._launched()
        try:
            child.send(protocol.start())
            answer = self._first_line(child)
            about = self._read_start(answer)
        except Unreadable as error:
            child.kill()
            raise self._failure(f"answered `start` with {error}", child) from None
        except BaseException:
            child.kill()
            raise
        self._child = child
        return about

    def perform(self, jobs: Iterable[CaseRun], *, at_once: int = 1) -> Iterator[tuple[Case, Observation]]:
        """Perform the jobs, at most `at_once` of them, and as many as the child says it takes, together.

        Raises `ImplementationError` when the child cannot be started again.
        """
        window = max(1, min(at_once, self.about.concurrency))
        if self._wires is not None and self._wires.sandboxed:
            window = 1  # its traffic comes in at one door
        flying = _Flying(self, iter(jobs), window)
        try:
            while True:
                flying.admit()
                if not flying:
                    return
                yield from flying.listen()
        finally:
            if flying:
                self.discard()

    def close(self) -> None:
        """Ask the child to stop; kill it and what it has started if it does not within seconds."""
        child, self._child = self._child, None
        if child is not None:
            child.stop(protocol.stop(), GRACE_S)
        if self._wires is not None:
            self._wires.close()

    def __enter__(self) -> Command:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def notes(self) -> tuple[str, ...]:
        """What is worth telling about the way its requests are seen."""
        return () if self._wires is None else self._wires.notes

    # -------------------------------------------------------------- for the cases in flight

    @property
    def timeout_s(self) -> float:
        return self._timeout_s

    def child(self) -> Child:
        """The child, started again if it is gone."""
        if self._child is None:
            self.start()
        assert self._child is not None
        return self._child

    def discard(self) -> None:
        """Kill the child; the next case gets a new one."""
        child, self._child = self._child, None
        if child is not None:
            child.kill()

    def bury(self) -> tuple[str, str]:
        """Give up a child that is lost, and tell how it ended and the end of its standard error."""
        child, self._child = self._child, None
        assert child is not None
        return child.epitaph(GRACE_S), child.stderr

    def tap(self, job: CaseRun, *, alone: bool) -> Tap | None:
        """Where the requests of a case are seen in mode `send`; `alone` if there is no other in flight."""
        return None if self._wires is None else self._wires.tap(job, alone=alone)

    def next_seq(self) -> int:
        self._seq += 1
        return self._seq

    def was_asked(self, seq: object) -> bool:
        return isinstance(seq, int) and not isinstance(seq, bool) and 0 < seq <= self._seq

    # -------------------------------------------------------------- starting

    def _launched(self) -> Child:
        if self._wires is None:
            return Child(self._words, self._home, line_limit=protocol.LINE_LIMIT)
        return self._wires.launch(self._words, self._home, line_limit=protocol.LINE_LIMIT)

    def _first_line(self, child: Child) -> bytes:
        allowed = max(self._timeout_s, START_S)
        until = time.monotonic() + allowed
        while True:
            lines = child.receive(until - time.monotonic())
            if lines:
                return lines[0]
            if child.lost is not None:
                how = child.epitaph(GRACE_S)
                raise self._failure(f"ended before it answered `start`: {how}", child)
            if time.monotonic() >= until:
                child.kill()
                raise self._failure(f"did not answer `start` within {allowed:g} s", child)

    def _read_start(self, line: bytes) -> ImplementationInfo:
        message = protocol.parse(line)
        spoken = message.get("version")
        if spoken != protocol.VERSION or isinstance(spoken, bool):
            raise Unreadable(f"version {named(spoken)}; this harness speaks version {protocol.VERSION}")
        if "cmd" in message:
            raise Unreadable("the harness's own words: this program is no adapter")
        said: dict[str, Any] = {}
        for part in ("implementation", "capabilities"):
            stated = message.get(part, {})
            if not isinstance(stated, Mapping):
                raise Unreadable(f"{part} as {named(stated)}; it must be an object")
            said.update(stated)
        return declared(said, self.about, strict=False)

    def _failure(self, what: str, child: Child) -> ImplementationError:
        mask = Mask()
        stderr = mask(child.stderr.strip())
        hint = f"It wrote to standard error:\n{stderr[-2000:]}" if stderr else "It wrote no error."
        return ImplementationError(f"{shlex.join(self._words)} {mask(what)}", hint=hint)


class _Flying:
    """The cases that a child has at the moment, and those that wait for another attempt."""

    def __init__(self, command: Command, jobs: Iterator[CaseRun], window: int) -> None:
        self._command = command
        self._jobs = jobs
        self._window = window
        self._features = frozenset(command.about.features)
        self._flights: dict[int, Flight] = {}
        self._again: deque[CaseRun] = deque()
        self._held: CaseRun | None = None
        self._complaint: str | None = None
        self._killed_in_a_row = 0
        self._let_go: set[int] = set()
        self._ended: list[tuple[Case, Observation]] = []

    def __bool__(self) -> bool:
        return bool(self._flights or self._ended)

    def admit(self) -> None:
        """Start as many cases as there is room for; after a death one at a time."""
        while len(self._flights) < self._window and not self._is_alone():
            alone = bool(self._again)
            job = self._again.popleft() if alone else self._next_job()
            if job is None:
                return
            deadline = time.monotonic() + self._command.timeout_s
            tap = self._command.tap(job, alone=self._window == 1)
            flight = Flight(job, self._features, deadline=deadline, alone=alone, tap=tap)
            if self._complaint is not None:
                flight.breaks(f"before this case began, it wrote {self._complaint}")
                self._complaint = None
                self._land(flight)
                continue
            child = self._command.child()
            self._start_step(flight, child)

    def listen(self) -> Iterator[tuple[Case, Observation]]:
        """Wait for something to happen, and yield the cases that it ended."""
        if self._flights:
            child = self._command.child()
            nearest = min(flight.deadline for flight in self._flights.values())
            for line in child.receive(0 if self._ended else nearest - time.monotonic()):
                self._hear(line, child)
            if child.lost is not None:
                self._mourn()
            else:
                self._look_at_the_clock(child)
        ended, self._ended = self._ended, []
        yield from ended

    def _is_alone(self) -> bool:
        return any(flight.alone for flight in self._flights.values())

    def _next_job(self) -> CaseRun | None:
        """The next job, unless a case of its name is in flight: steps are told apart by the name."""
        job = self._held or next(self._jobs, None)
        self._held = None
        if job is not None and any(
            flight.job.case.name == job.case.name for flight in self._flights.values()
        ):
            self._held = job
            return None
        return job

    def _start_step(self, flight: Flight, child: Child) -> None:
        self._flights.pop(flight.seq, None)
        seq = self._command.next_seq()
        self._flights[seq] = flight
        try:
            line = flight.begin_step(seq)
        except ImplementationError as error:
            flight.breaks(error.message)
            self._land(flight)
        else:
            child.send(line)

    def _land(self, flight: Flight) -> None:
        self._flights.pop(flight.seq, None)
        flight.release()
        assert flight.observation is not None
        if flight.observation.broken is None:
            self._killed_in_a_row = 0
        self._ended.append((flight.job.case, flight.observation))

    def _hear(self, line: bytes, child: Child) -> None:
        if not line or line.isspace():
            return
        try:
            message = protocol.parse(line)
            flight = self._addressee(message)
        except Unreadable as error:
            self._complain(str(error), child)
            return
        if flight is None:
            return
        try:
            answer = flight.hear(message)
        except Unreadable as error:
            if any(key in message for key in protocol.ENDINGS):
                flight.breaks(f"it answered {error}")
            else:
                self._cancel(flight, child, f"it answered {error}")
                return
        else:
            if answer is not None:
                child.send(answer)
        if flight.observation is not None:
            self._land(flight)
        elif flight.step_is_over:
            self._start_step(flight, child)

    def _addressee(self, message: Mapping[str, Any]) -> Flight | None:
        """The case that a message is for; None if it was cancelled. Raises `Unreadable`."""
        seq = message.get("seq")
        if isinstance(seq, int) and not isinstance(seq, bool):
            flight = self._flights.get(seq)
            if flight is not None:
                return flight
            if seq in self._let_go:
                return None
            if self._command.was_asked(seq):
                raise Unreadable(f"an answer to run {seq}, which was over")
            raise Unreadable(f"an answer to run {seq}, which was never started")
        if seq is None:
            raise Unreadable(f"a message without seq: {protocol.shortened(repr(message).encode())}")
        raise Unreadable(f"a message whose seq is {named(seq)}; it must be the number of the run")

    def _complain(self, what: str, child: Child) -> None:
        """Something came that belongs to no case: it errs those in flight, or else the next one."""
        flights = [flight for flight in self._flights.values() if flight.verdict is None]
        for flight in flights:
            self._cancel(flight, child, f"it wrote {what}")
        if not self._flights:
            self._complaint = what

    def _cancel(self, flight: Flight, child: Child, message: str) -> None:
        flight.verdict = flight.broken(message, child.stderr)
        flight.deadline = time.monotonic() + GRACE_S
        self._let_go.add(flight.seq)
        child.send(protocol.cancel(flight.seq))

    def _look_at_the_clock(self, child: Child) -> None:
        now = time.monotonic()
        due = [flight for flight in self._flights.values() if flight.deadline <= now]
        stubborn = next((flight.verdict for flight in due if flight.verdict is not None), None)
        if stubborn is not None:
            self._command.discard()
            self._scatter()
            self._lose_patience(stubborn)
            return
        for flight in due:
            flight.late = True
            self._cancel(flight, child, f"no answer within {self._command.timeout_s:g} s")

    def _lose_patience(self, verdict: Observation) -> None:
        """Raises `ImplementationError` when child after child had to be killed and no case came through."""
        self._killed_in_a_row += 1
        if self._killed_in_a_row < PATIENCE or verdict.broken is None:
            return
        raise ImplementationError(
            f"{self._command.about.name} was killed in {PATIENCE} cases in a row: {verdict.broken.message}",
            hint="It neither answered nor let itself be cancelled. Try it by hand with `harness shape`.",
        )

    def _mourn(self) -> None:
        """The child is gone by itself."""
        how, stderr = self._command.bury()
        self._scatter(f"the adapter ended before it answered: {how}", stderr)

    def _scatter(self, message: str = "", stderr: str = "") -> None:
        """Without a child: what has failed is over, and the others run again, one by one.

        A case is blamed for the child's end if it was alone with it. Of several that were late together,
        one may have kept the child from answering the others, so they are not blamed either.
        """
        flights = list(self._flights.values())
        self._flights.clear()
        self._let_go.clear()
        several_late = sum(flight.late for flight in flights) > 1
        for flight in flights:
            flight.release()
            if flight.verdict is not None and not (flight.late and several_late):
                flight.observation = flight.verdict
            elif flight.alone and message:
                flight.breaks(message, stderr)
            else:
                self._again.append(flight.job)
                continue
            self._land(flight)
