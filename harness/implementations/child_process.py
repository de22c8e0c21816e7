"""A child process and its three pipes, read and written without ever blocking."""

from __future__ import annotations

import contextlib
import math
import os
import select
import signal
import subprocess
import time
import weakref
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.errors import ImplementationError
from harness.redaction import names_credential

__all__ = ["Child", "child_environment"]

_READ = 64 * 1024  # no more than a pipe holds: a larger buffer is mapped again for every read
_KEPT = 64 * 1024
_GLANCE_S = 0.02


class Child:
    """A running command. `receive` returns its lines; `lost` says why no more will come, None until then.

    It leads its own process group, which is killed as a whole, and inherits the descriptors of `hand_over`.
    Raises `ImplementationError` if it cannot be started.
    """

    def __init__(
        self,
        words: Sequence[str],
        home: Path,
        *,
        line_limit: int,
        environment: Mapping[str, str] | None = None,
        hand_over: Sequence[int] = (),
    ) -> None:
        try:
            self._process = subprocess.Popen(
                list(words),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                cwd=home,
                env=child_environment() if environment is None else environment,
                pass_fds=hand_over,
                start_new_session=True,
            )
        except OSError as error:
            raise ImplementationError(
                f"cannot start {words[0]!r} in {home.resolve()}: {error.strerror or error}",
                hint="Check that the program is installed and that the adapter's folder is right.",
            ) from None
        assert self._process.stdin and self._process.stdout and self._process.stderr  # noqa: PT018
        self._in = self._process.stdin.fileno()
        self._out = self._process.stdout.fileno()
        self._err = self._process.stderr.fileno()
        self._line_limit = line_limit
        self._unsent: deque[memoryview] = deque()
        self._hears = True
        self._ends_input = False
        self._piece: list[bytes] = []
        self._piece_size = 0
        self._stderr = bytearray()
        self.lost: str | None = None
        self._last_resort = weakref.finalize(self, _kill_group, self._process.pid)
        self._poll = select.poll()
        for descriptor in (self._in, self._out, self._err):
            os.set_blocking(descriptor, False)
        self._poll.register(self._out, select.POLLIN)
        self._poll.register(self._err, select.POLLIN)

    @property
    def stderr(self) -> str:
        """The last 64 KiB of what it wrote to standard error."""
        return self._stderr.decode("utf-8", "replace")

    @property
    def unterminated(self) -> bytes:
        """What it wrote after its last newline."""
        return b"".join(self._piece)

    def send(self, line: bytes) -> None:
        """Send a line: as much as the pipe takes now, the rest during `receive`."""
        if not self._hears:
            return
        self._unsent.append(memoryview(line))
        if len(self._unsent) == 1:
            self._write()
            if self._unsent:
                self._poll.register(self._in, select.POLLOUT)

    def receive(self, timeout_s: float) -> list[bytes]:
        """Return the lines received, after waiting up to `timeout_s` seconds for the first; may be empty."""
        lines: list[bytes] = []
        for descriptor, _ in self._poll.poll(math.ceil(max(timeout_s, 0) * 1e3)):
            if descriptor == self._out:
                self._read_lines(lines)
            elif descriptor == self._err:
                self._read_stderr()
            else:
                self._write()
                if not self._unsent:
                    self._poll.unregister(self._in)
                    if self._ends_input:
                        self._close_input()
        return lines

    def end_input(self) -> None:
        """Close its standard input once everything sent is written."""
        self._ends_input = True
        if not self._unsent:
            self._close_input()

    def stop(self, line: bytes, grace_s: float) -> None:
        """Ask it to exit, wait up to `grace_s` seconds, then kill it and its group if necessary."""
        if self._process.poll() is None:
            self.send(line)
            until = time.monotonic() + grace_s
            while self._unsent and self.lost is None and time.monotonic() < until:
                self.receive(until - time.monotonic())
            self._close_input()
            while self.lost is None and self._process.poll() is None and time.monotonic() < until:
                self.receive(_GLANCE_S)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(max(until - time.monotonic(), 0.05))
        if self._process.poll() is None:
            _kill_group(self._process.pid, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(grace_s / 2)
        self.kill()

    def kill(self) -> None:
        """Kill it and everything it has started. Later calls do nothing."""
        if not self._last_resort.alive:
            return
        self._last_resort.detach()
        _kill_group(self._process.pid)
        self._process.wait()
        self._drain_stderr()
        self._hears = False
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()

    def exit_reason(self, grace_s: float) -> str:
        """Return how it exited, once it is `lost`; kill it if it is still running. Call once."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(grace_s)
        code = self._process.poll()
        self.kill()
        if code is None:
            return self.lost or "it was killed"
        if self.lost is not None and self.lost != _ENDED:
            return self.lost
        if code < 0:
            with contextlib.suppress(ValueError):
                return f"it was killed by {signal.Signals(-code).name}"
        return f"it exited with status {code}"

    def _read_lines(self, lines: list[bytes]) -> None:
        try:
            data = os.read(self._out, _READ)
        except BlockingIOError:
            return
        if not data:
            self._poll.unregister(self._out)
            self.lost = self.lost or _ENDED
            return
        first, *others = data.split(b"\n")
        self._piece.append(first)
        self._piece_size += len(first)
        if others:
            lines.append(b"".join(self._piece) if len(self._piece) > 1 else first)
            lines.extend(others[:-1])
            self._piece = [others[-1]]
            self._piece_size = len(others[-1])
        if self._piece_size > self._line_limit:
            self._piece.clear()
            self._poll.unregister(self._out)
            self.lost = f"it wrote a line of more than {self._line_limit // 2**20} MiB"
            _kill_group(self._process.pid)

    def _read_stderr(self) -> None:
        try:
            data = os.read(self._err, _KEPT)
        except BlockingIOError:
            return
        if not data:
            self._poll.unregister(self._err)
            return
        self._stderr += data
        del self._stderr[:-_KEPT]

    def _drain_stderr(self) -> None:
        for _ in range(64):
            try:
                data = os.read(self._err, _KEPT)
            except OSError:
                return
            if not data:
                return
            self._stderr += data
            del self._stderr[:-_KEPT]

    def _write(self) -> None:
        while self._unsent:
            data = self._unsent[0]
            try:
                written = os.write(self._in, data)
            except BlockingIOError:
                return
            except OSError:  # it no longer reads; its output will show that it exited
                self._hears = False
                self._unsent.clear()
                return
            if written < len(data):
                self._unsent[0] = data[written:]
                return
            self._unsent.popleft()

    def _close_input(self) -> None:
        if self._unsent:
            self._unsent.clear()
            self._poll.unregister(self._in)
        self._hears = False
        if self._process.stdin is not None:
            self._process.stdin.close()


def _kill_group(leader: int, number: signal.Signals = signal.SIGKILL) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)


_ENDED = "it closed its standard output"


def child_environment() -> dict[str, str]:
    """Return this process's environment without credentials, with unbuffered output for a child in Python."""
    environment = {name: value for name, value in os.environ.items() if not names_credential(name)}
    environment.setdefault("PYTHONUNBUFFERED", "1")
    environment.setdefault("PYTHONIOENCODING", "utf-8")
    return environment
