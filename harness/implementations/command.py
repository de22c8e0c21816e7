"""Implementations behind the command protocol: one long-lived child, many cases (docs/protocol.md)."""

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
from harness.implementations.capabilities import declared
from harness.implementations.child_process import Child
from harness.implementations.pending_case import PendingCase
from harness.implementations.results import Unreadable, named
from harness.model import Case, CaseRun, ImplementationInfo, Observation
from harness.redaction import Redactor

if TYPE_CHECKING:  # the capture server is imported where it is used only
    from harness.implementations.send.protocol_capture import CaptureSession, CaseCapture

__all__ = ["Command"]

GRACE_S = 2.0
"""How long a child may take to confirm a cancelled case, to stop, and to exit."""

START_S = 20.0
"""The minimum time that a child has to answer `start`."""

PATIENCE = 5
"""How many children in a row may have to be killed before the run is aborted."""


class Command:
    """A command that speaks the protocol. `start` starts the child; it is started again if it exits."""

    def __init__(
        self, words: Sequence[str], home: Path, *, timeout_s: float, session: CaptureSession | None = None
    ) -> None:
        self._words = words
        self._home = home
        self._timeout_s = timeout_s
        self._session = session
        self._child: Child | None = None
        self._seq = 0
        self.about = ImplementationInfo(name=shlex.join(words), address="", inputs=(), features=())

    def start(self) -> ImplementationInfo:
        """Start the child and return what it declares of itself.

        Raises `ImplementationError` if it cannot be started, exits, or answers anything else.
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
        """Perform the jobs, at most `at_once` at a time and no more than the child's `concurrency`.

        Raises `ImplementationError` when the child cannot be started again.
        """
        window = max(1, min(at_once, self.about.concurrency))
        if self._session is not None and self._session.sandboxed:
            window = 1  # cases share the ingress of its sandbox
        pending = _PendingCases(self, iter(jobs), window)
        try:
            while True:
                pending.admit()
                if not pending:
                    return
                yield from pending.listen()
        finally:
            if pending:
                self.discard()

    def close(self) -> None:
        """Ask the child to stop; if it does not within seconds, kill it and everything it has started."""
        child, self._child = self._child, None
        if child is not None:
            child.stop(protocol.stop(), GRACE_S)
        if self._session is not None:
            self._session.close()

    def __enter__(self) -> Command:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes about how its requests are observed."""
        return () if self._session is None else self._session.notes

    # -------------------------------------------------------------- for the cases in flight

    @property
    def timeout_s(self) -> float:
        return self._timeout_s

    def child(self) -> Child:
        """Return the child, started again if it has exited."""
        if self._child is None:
            self.start()
        assert self._child is not None
        return self._child

    def discard(self) -> None:
        """Kill the child; the next case gets a new one."""
        child, self._child = self._child, None
        if child is not None:
            child.kill()

    def reap(self) -> tuple[str, str]:
        """Discard a lost child; return how it exited and the end of its standard error."""
        child, self._child = self._child, None
        assert child is not None
        return child.exit_reason(GRACE_S), child.stderr

    def capture(self, job: CaseRun, *, alone: bool) -> CaseCapture | None:
        """Return what captures the requests of a case in mode `send`; `alone` if no other is in flight."""
        return None if self._session is None else self._session.capture(job, alone=alone)

    def next_seq(self) -> int:
        self._seq += 1
        return self._seq

    def was_asked(self, seq: object) -> bool:
        return isinstance(seq, int) and not isinstance(seq, bool) and 0 < seq <= self._seq

    # -------------------------------------------------------------- starting

    def _launched(self) -> Child:
        if self._session is None:
            return Child(self._words, self._home, line_limit=protocol.LINE_LIMIT)
        return self._session.launch(self._words, self._home, line_limit=protocol.LINE_LIMIT)

    def _first_line(self, child: Child) -> bytes:
        allowed = max(self._timeout_s, START_S)
        until = time.monotonic() + allowed
        while True:
            lines = child.receive(until - time.monotonic())
            if lines:
                return lines[0]
            if child.lost is not None:
                how = child.exit_reason(GRACE_S)
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
            raise Unreadable("the harness's own message: this program is not an adapter")
        said: dict[str, Any] = {}
        for part in ("implementation", "capabilities"):
            stated = message.get(part, {})
            if not isinstance(stated, Mapping):
                raise Unreadable(f"{part} as {named(stated)}; it must be an object")
            said.update(stated)
        return declared(said, self.about, strict=False)

    def _failure(self, what: str, child: Child) -> ImplementationError:
        mask = Redactor()
        stderr = mask(child.stderr.strip())
        hint = f"It wrote to standard error:\n{stderr[-2000:]}" if stderr else "It wrote no error."
        return ImplementationError(f"{shlex.join(self._words)} {mask(what)}", hint=hint)


class _PendingCases:
    """The cases in flight, and those that wait for a second attempt."""

    def __init__(self, command: Command, jobs: Iterator[CaseRun], window: int) -> None:
        self._command = command
        self._jobs = jobs
        self._window = window
        self._features = frozenset(command.about.features)
        self._pending: dict[int, PendingCase] = {}
        self._again: deque[CaseRun] = deque()
        self._held: CaseRun | None = None
        self._complaint: str | None = None
        self._killed_in_a_row = 0
        self._cancelled: set[int] = set()
        self._ended: list[tuple[Case, Observation]] = []

    def __bool__(self) -> bool:
        return bool(self._pending or self._ended)

    def admit(self) -> None:
        """Start as many cases as fit; after the child has exited unexpectedly, one at a time."""
        while len(self._pending) < self._window and not self._is_alone():
            alone = bool(self._again)
            job = self._again.popleft() if alone else self._next_job()
            if job is None:
                return
            deadline = time.monotonic() + self._command.timeout_s
            capture = self._command.capture(job, alone=self._window == 1)
            pending = PendingCase(job, self._features, deadline=deadline, alone=alone, capture=capture)
            if self._complaint is not None:
                pending.breaks(f"before this case began, it wrote {self._complaint}")
                self._complaint = None
                self._finish(pending)
                continue
            child = self._command.child()
            self._start_step(pending, child)

    def listen(self) -> Iterator[tuple[Case, Observation]]:
        """Wait for messages, an exit or a timeout, and yield the cases that ended."""
        if self._pending:
            child = self._command.child()
            nearest = min(pending.deadline for pending in self._pending.values())
            for line in child.receive(0 if self._ended else nearest - time.monotonic()):
                self._receive(line, child)
            if child.lost is not None:
                self._on_exit()
            else:
                self._check_deadlines(child)
        ended, self._ended = self._ended, []
        yield from ended

    def _is_alone(self) -> bool:
        return any(pending.alone for pending in self._pending.values())

    def _next_job(self) -> CaseRun | None:
        """Return the next job, unless a case of its name is in flight: steps are identified by the name."""
        job = self._held or next(self._jobs, None)
        self._held = None
        if job is not None and any(
            pending.job.case.name == job.case.name for pending in self._pending.values()
        ):
            self._held = job
            return None
        return job

    def _start_step(self, pending: PendingCase, child: Child) -> None:
        self._pending.pop(pending.seq, None)
        seq = self._command.next_seq()
        self._pending[seq] = pending
        try:
            line = pending.begin_step(seq)
        except ImplementationError as error:
            pending.breaks(error.message)
            self._finish(pending)
        else:
            child.send(line)

    def _finish(self, pending: PendingCase) -> None:
        self._pending.pop(pending.seq, None)
        pending.release()
        assert pending.observation is not None
        if pending.observation.broken is None:
            self._killed_in_a_row = 0
        self._ended.append((pending.job.case, pending.observation))

    def _receive(self, line: bytes, child: Child) -> None:
        if not line or line.isspace():
            return
        try:
            message = protocol.parse(line)
            pending = self._recipient(message)
        except Unreadable as error:
            self._complain(str(error), child)
            return
        if pending is None:
            return
        try:
            answer = pending.receive(message)
        except Unreadable as error:
            if any(key in message for key in protocol.ENDINGS):
                pending.breaks(f"it answered {error}")
            else:
                self._cancel(pending, child, f"it answered {error}")
                return
        else:
            if answer is not None:
                child.send(answer)
        if pending.observation is not None:
            self._finish(pending)
        elif pending.step_is_over:
            self._start_step(pending, child)

    def _recipient(self, message: Mapping[str, Any]) -> PendingCase | None:
        """Return the case that a message is for; None if it was cancelled. Raises `Unreadable`."""
        seq = message.get("seq")
        if isinstance(seq, int) and not isinstance(seq, bool):
            pending = self._pending.get(seq)
            if pending is not None:
                return pending
            if seq in self._cancelled:
                return None
            if self._command.was_asked(seq):
                raise Unreadable(f"an answer to run {seq}, which had already ended")
            raise Unreadable(f"an answer to run {seq}, which was never started")
        if seq is None:
            raise Unreadable(f"a message without seq: {protocol.shortened(repr(message).encode())}")
        raise Unreadable(f"a message whose seq is {named(seq)}; it must be the run's number")

    def _complain(self, what: str, child: Child) -> None:
        """Handle a message that belongs to no case: the cases in flight err, or else the next one."""
        cases = [pending for pending in self._pending.values() if pending.verdict is None]
        for pending in cases:
            self._cancel(pending, child, f"it wrote {what}")
        if not self._pending:
            self._complaint = what

    def _cancel(self, pending: PendingCase, child: Child, message: str) -> None:
        pending.verdict = pending.broken(message, child.stderr)
        pending.deadline = time.monotonic() + GRACE_S
        self._cancelled.add(pending.seq)
        child.send(protocol.cancel(pending.seq))

    def _check_deadlines(self, child: Child) -> None:
        now = time.monotonic()
        due = [pending for pending in self._pending.values() if pending.deadline <= now]
        stubborn = next((pending.verdict for pending in due if pending.verdict is not None), None)
        if stubborn is not None:
            self._command.discard()
            self._requeue()
            self._count_kill(stubborn)
            return
        for pending in due:
            pending.late = True
            self._cancel(pending, child, f"no answer within {self._command.timeout_s:g} s")

    def _count_kill(self, verdict: Observation) -> None:
        """Raise `ImplementationError` if several children in a row had to be killed and no case succeeded."""
        self._killed_in_a_row += 1
        if self._killed_in_a_row < PATIENCE or verdict.broken is None:
            return
        raise ImplementationError(
            f"{self._command.about.name} was killed in {PATIENCE} cases in a row: {verdict.broken.message}",
            hint="It neither answered nor confirmed the cancellation. Try it with `harness shape`.",
        )

    def _on_exit(self) -> None:
        """Handle a child that exited on its own."""
        how, stderr = self._command.reap()
        self._requeue(f"the adapter ended before it answered: {how}", stderr)

    def _requeue(self, message: str = "", stderr: str = "") -> None:
        """End the cases that have failed, and queue the others to run again one by one.

        A case is blamed for the child's exit if it was the only one in flight. If several timed out
        together, one may have kept the child from answering the others, so none of them is blamed.
        """
        cases = list(self._pending.values())
        self._pending.clear()
        self._cancelled.clear()
        several_late = sum(pending.late for pending in cases) > 1
        for pending in cases:
            pending.release()
            if pending.verdict is not None and not (pending.late and several_late):
                pending.observation = pending.verdict
            elif pending.alone and message:
                pending.breaks(message, stderr)
            else:
                self._again.append(pending.job)
                continue
            self._finish(pending)
