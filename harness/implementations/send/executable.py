"""Mode `send` for unchanged programs that know nothing of the harness: a process for each step.

A program gets the input as JSON on its standard input and in the file that HARNESS_INPUT names, and is
judged by what it sends. It may report an outcome as JSON on the last line of its standard output.
"""

from __future__ import annotations

import shlex
import shutil
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any

import orjson

from harness.errors import ImplementationError
from harness.implementations import protocol
from harness.implementations.capabilities import SandboxMode
from harness.implementations.child_process import Child
from harness.implementations.results import Unreadable, as_outcome
from harness.implementations.send.protocol_capture import CapturedTraffic, base_url_of
from harness.implementations.send.sandbox import Launcher
from harness.json_encoding import encode_json
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
from harness.wire.server_replies import LiveReply

__all__ = ["Program"]

_GRACE_S = 2.0
_POLL_S = 0.25
"""How soon a worker notices that the run was aborted."""

_SHOWN = 2000
_MOST_AT_ONCE = 64
_UNSEEN: frozenset[BlindSpot] = frozenset({"timing", "timeout"})
_OUTCOME: frozenset[BlindSpot] = frozenset({"outcome"})


class Program:
    """A command that is started for each step of each case. `about` may be replaced before it performs.

    Raises `ImplementationError` if there is no such program, and `UsageError` for a sandbox that is
    required but not available.
    """

    def __init__(self, words: Sequence[str], home: Path, *, timeout_s: float, sandbox: SandboxMode) -> None:
        if shutil.which(words[0]) is None and not (home / words[0]).is_file():
            raise ImplementationError(
                f"no program {words[0]!r} on PATH or in {home.resolve()}",
                hint="Check that the program is installed and that the implementation's folder is right.",
            )
        self._words = words
        self._home = home
        self._timeout_s = timeout_s
        self._launcher = Launcher(sandbox)
        self._answering = threading.Lock()
        self._aborted = threading.Event()
        self.about = ImplementationInfo(
            name=shlex.join(words),
            address="",
            mode="send",
            in_real_time=True,
            inputs=(),
            features=("replies",),
            concurrency=_MOST_AT_ONCE,
            notes=self._launcher.notes,
        )

    def perform(self, jobs: Iterable[CaseRun], *, at_once: int = 1) -> Iterator[tuple[Case, Observation]]:
        """Perform the jobs, at most `at_once` processes at a time, and yield each as it ends."""
        window = max(1, min(at_once, self.about.concurrency))
        self._aborted.clear()
        waiting = iter(jobs)
        running: dict[Future[Observation], Case] = {}
        with ThreadPoolExecutor(window, thread_name_prefix="harness-program") as workers:
            try:
                while True:
                    for job in islice(waiting, window - len(running)):
                        running[workers.submit(self._observe, job)] = job.case
                    if not running:
                        return
                    for done in wait(running, return_when=FIRST_COMPLETED).done:
                        yield running.pop(done), done.result()
            finally:
                self._aborted.set()

    def close(self) -> None:
        self._launcher.close()

    def __enter__(self) -> Program:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _observe(self, job: CaseRun) -> Observation:
        attempt = _Attempt(job, "outcome" in self.about.features)
        for step in range(len(job.case.steps)):
            with TemporaryDirectory(prefix="harness-case-") as folder:
                try:
                    over = self._perform_step(attempt, step, Path(folder))
                except ImplementationError as error:
                    return attempt.broken(error.message)
            if over is not None:
                return over
        return attempt.observation()

    def _perform_step(self, attempt: _Attempt, step: int, folder: Path) -> Observation | None:
        """Run the program for one step; return the observation if the case ends with it, else None."""
        job, given = attempt.job, attempt.job.case.steps[step].input

        def answer(request: Request) -> Reply | LiveReply:
            with self._answering:
                return (job.live or job.answers)(step, request)

        document = encode_json(given)
        file = folder / "input.json"
        file.write_bytes(document)
        child, ingress = self._launcher.start(
            self._words,
            self._home,
            line_limit=protocol.LINE_LIMIT,
            extra={**_own_environment(given), "HARNESS_INPUT": str(file), "HARNESS_CASE": job.case.name},
            step=job.case.steps[step],
        )
        try:
            with ingress.listen(answer, stands_for=base_url_of(job.case, step)) as listener:
                try:
                    child.send(document + b"\n")
                    child.end_input()
                    said = self._last_line(child)
                    how = None if said is None else child.exit_reason(_GRACE_S)
                finally:
                    child.kill()
            traffic = CapturedTraffic.at(listener, ingress)
        finally:
            ingress.close()
        if said is None:
            late = f"it did not exit within {self._timeout_s:g} s, after sending {_count(traffic.requests)}"
            why = traffic.problem(None, failed=True)
            return attempt.broken(late, child.stderr, traffic.notes if why is None else [why])
        return attempt.record_step(traffic, said, how or "", child.stderr)

    def _last_line(self, child: Child) -> bytes | None:
        """Return the last line that it prints; None if it timed out or the run was aborted."""
        until = time.monotonic() + self._timeout_s
        last = b""
        while child.lost is None:
            remaining = until - time.monotonic()
            if remaining <= 0 or self._aborted.is_set():
                return None
            for line in child.receive(min(remaining, _POLL_S)):
                last = line if line.strip() else last
        return child.unterminated if child.unterminated.strip() else last


class _Attempt:
    """What a program has done in a case so far."""

    def __init__(self, job: CaseRun, reports: bool) -> None:
        self.job = job
        self._reports = reports
        self._mask = Redactor(job.case.canaries)
        self._performed: list[StepObservation] = []
        self._notes: list[str] = []

    def record_step(self, traffic: CapturedTraffic, said: bytes, how: str, stderr: str) -> Observation | None:
        """Record how a step went; return the observation if the case ends with it, else None.

        What was sent is judged whatever the exit status. Without a request, only a program that succeeded or
        reported an outcome has shown that it meant to send nothing.
        """
        message = _object(said)
        if "unsupported" in message:
            sent = (*self._performed, StepObservation(traffic.requests))
            return Observation(sent, unsupported=self._mask(str(message["unsupported"])))
        outcome = _outcome(message, self.job.case.outcome_words)
        failed = how != _WELL
        problem = traffic.problem(outcome, failed=failed and outcome is None)
        if problem is not None:
            return self.broken(f"{problem}; {how}", stderr)
        if failed and not traffic.requests and outcome is None:
            return self.broken(f"it sent nothing, and {how}", stderr)
        self._notes += traffic.notes
        if failed:
            tail = stderr.strip()[-_SHOWN:]
            self._notes.append(f"{how}, and wrote to standard error: {tail}" if tail else how)
        self._performed.append(StepObservation(traffic.requests, outcome))
        return None

    def observation(self) -> Observation:
        silent = any(step.outcome is None for step in self._performed)
        blind_spots = _UNSEEN if self._reports and not silent else _UNSEEN | _OUTCOME
        return Observation(tuple(self._performed), blind_spots, notes=tuple(map(self._mask, self._notes)))

    def broken(self, message: str, detail: str = "", notes: Sequence[str] = ()) -> Observation:
        whole = "; ".join([message, *notes])
        return Observation(broken=Failure(self._mask(whole), self._mask(detail)))


_WELL = "it exited with status 0"


def _count(requests: Sequence[Request]) -> str:
    return "1 request" if len(requests) == 1 else f"{len(requests)} requests"


def _own_environment(given: Mapping[str, JsonValue]) -> dict[str, str]:
    """Return the environment variables that the input sets."""
    env = given.get("env")
    return {} if not isinstance(env, Mapping) else {str(name): str(value) for name, value in env.items()}


def _object(line: bytes) -> Mapping[str, Any]:
    """Return the JSON object on a line, empty if it is not one."""
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _outcome(message: Mapping[str, Any], words: Sequence[str]) -> Mapping[str, JsonValue] | None:
    """Return the outcome in an object that a program printed; None if it printed something else."""
    try:
        return as_outcome(message, words) if message else None
    except Unreadable:
        return None
