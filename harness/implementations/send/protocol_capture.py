"""Mode `send` for programs that speak the command protocol: capturing the requests of each case.

One case at a time may use the proxy in the child's environment, or its sandbox. With several in flight each
has its own listener, whose addresses are the `wire` of its run.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.implementations.capabilities import SandboxMode
from harness.implementations.child_process import Child
from harness.implementations.send.sandbox import Ingress, Launcher
from harness.model import Case, CaseRun, JsonValue, Reply, Request
from harness.wire.server import Listener
from harness.wire.server_replies import LiveReply

__all__ = ["CaptureSession", "CapturedTraffic", "CaseCapture", "base_url_of"]

_BETWEEN_CASES = Reply(
    503, (("content-type", "text/plain"),), (b"harness: no case is being performed on this connection\n",)
)


_PAST_THE_PROXY = (
    "nothing came through the proxy; a client that ignores HTTPS_PROXY is only seen in the sandbox"
)


def base_url_of(case: Case, step: int) -> str | None:
    """Return the base URL that a step of the case means; what is sent to a listener's own base URL was meant
    for it. None if neither its input nor the case names one."""
    return case.steps[step].input.get("base_url") or case.base_url or None


@dataclass(frozen=True, slots=True)
class CapturedTraffic:
    """What was captured in a step."""

    requests: tuple[Request, ...] = ()
    refusals: tuple[str, ...] = ()
    lookups: tuple[str, ...] = ()
    failure: str | None = None
    sandboxed: bool = True

    def problem(self, outcome: Mapping[str, JsonValue] | None, *, failed: bool = False) -> str | None:
        """Return why nothing can be concluded from this, or None if something can. `outcome` is what the
        program reported; it `failed` if it ended in failure without reporting one.

        Refused traffic is ignored if the program sent something as well. A program that reports a timeout
        tried to send: it takes a lost connection for one, too.
        """
        if self.failure is not None:
            return self.failure
        if self.requests:
            return None
        tried = failed or _met_timeout(outcome)
        if self.refusals:
            unread = f"none of its requests could be read: {'; '.join(self.refusals)}"
            return unread if tried or outcome is None else None
        return _PAST_THE_PROXY if tried and not self.sandboxed else None

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes beside the requests."""
        return self.refusals + self.lookups

    @classmethod
    def at(cls, listener: Listener, ingress: Ingress | None) -> CapturedTraffic:
        """Return what a closed listener captured; `ingress` is what it listened at, if shared."""
        failure = listener.failure
        said = None if failure is None else f"its request could not be answered: {failure}"
        looked_up = () if ingress is None else ingress.only_looked_up(listener.requests)
        notes = [f"it looked up {name}, but sent it no request" for name in looked_up]
        sandboxed = ingress is not None and ingress.sandboxed
        return cls(listener.requests, listener.refusals, tuple(notes), said, sandboxed)


def _met_timeout(outcome: Mapping[str, JsonValue] | None) -> bool:
    error = None if outcome is None else outcome.get("error")
    return isinstance(error, Mapping) and error.get("class") == "timeout"


class CaptureSession:
    """Captures the traffic of one command, whose child may be started several times."""

    def __init__(self, sandbox: SandboxMode) -> None:
        self._launcher = Launcher(sandbox)
        self._ingress: Ingress | None = None
        self._between: Listener | None = None
        self._open: set[CaseCapture] = set()
        self.answering = threading.Lock()

    @property
    def sandboxed(self) -> bool:
        return self._launcher.sandboxed

    @property
    def notes(self) -> tuple[str, ...]:
        return self._launcher.notes

    def launch(self, words: Sequence[str], home: Path, *, line_limit: int) -> Child:
        """Start the command's child; nothing is captured from the previous one any more."""
        self._leave()
        child, self._ingress = self._launcher.start(words, home, line_limit=line_limit)
        self.rest()
        return child

    def capture(self, job: CaseRun, *, alone: bool) -> CaseCapture:
        """Return what captures a case; `alone` if no other is in flight."""
        return CaseCapture(self, job, shared=alone)

    def close(self) -> None:
        self._leave()
        self._launcher.close()

    # -------------------------------------------------------------- for CaseCapture

    @property
    def ingress(self) -> Ingress | None:
        """Where the child's traffic arrives, which cases share."""
        return self._ingress

    def listen(self, capture: CaseCapture, job: CaseRun, step: int, *, shared: bool) -> Listener:
        """Open a listener for a step. Raises `ImplementationError` if a port it names cannot be served."""
        performed = job.case.steps[step]
        if self._ingress is not None:
            self._ingress.serve(performed)
        self._open.add(capture)

        def answer(request: Request) -> Reply | LiveReply:
            with self.answering:
                return (job.live or job.answers)(step, request)

        stands_for = base_url_of(job.case, step)
        if not shared:
            return self._launcher.server.listen(answer, stands_for=stands_for)
        assert self._ingress is not None
        self._stop_resting()
        return self._ingress.listen(answer, stands_for=stands_for)

    def rest(self) -> None:
        """Answer 503 to what arrives between cases."""
        if self._ingress is not None and self._between is None:
            self._between = self._ingress.listen(lambda request: _BETWEEN_CASES)

    def strays(self) -> int:
        """Return how many requests have arrived between cases."""
        return 0 if self._between is None else len(self._between.requests)

    def forget(self, capture: CaseCapture) -> None:
        self._open.discard(capture)

    def _stop_resting(self) -> None:
        between, self._between = self._between, None
        if between is not None:
            between.close()

    def _leave(self) -> None:
        for capture in tuple(self._open):
            capture.close()
        self._stop_resting()
        ingress, self._ingress = self._ingress, None
        if ingress is not None:
            ingress.close()


class CaseCapture:
    """Captures the requests of one case, step by step."""

    def __init__(self, session: CaptureSession, job: CaseRun, *, shared: bool) -> None:
        self._session = session
        self._job = job
        self._shared = shared
        self._listener: Listener | None = None
        self._strays = 0

    def open(self, step: int) -> Mapping[str, JsonValue]:
        """Start capturing a step, counted from 0, and return the `wire` of its run. Raises
        `ImplementationError` if a port that the step names cannot be served."""
        self.close()
        self._strays = self._session.strays()
        listener = self._listener = self._session.listen(self, self._job, step, shared=self._shared)
        return {
            "base_url": listener.base_url,
            "proxy": listener.proxy_url,
            "ca_file": str(listener.authority.ca_file),
        }

    def close(self) -> CapturedTraffic:
        """Stop capturing and return what was captured; nothing if it had stopped already."""
        listener, self._listener = self._listener, None
        self._session.forget(self)
        if listener is None:
            return CapturedTraffic()
        listener.close()
        traffic = CapturedTraffic.at(listener, self._session.ingress if self._shared else None)
        if self._shared:
            self._session.rest()
        elif self._session.strays() > self._strays:
            return CapturedTraffic(
                failure="requests came via the proxy in its environment while several cases were in flight;"
                " with a concurrency above 1 it must send to the addresses in the run's `wire`"
            )
        return traffic
