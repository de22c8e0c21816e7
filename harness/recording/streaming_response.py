"""A response while it comes in, or how it failed to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from harness.model import Headers, Reply
from harness.wire.intercept import permitted

if TYPE_CHECKING:
    import httpcore

__all__ = ["StreamingResponse", "failures", "fault_of"]

LONGEST_S = 600.0
"""How long one answer may take in all."""


class StreamingResponse:
    """A response while it comes in: an iterator of its chunks, which are kept with the pauses before them.

    It may be read in one thread and finished in another. `fault` and `problem` say how it failed,
    `is_unreachable` whether that was because there was no connection, so that nothing was sent.
    """

    def __init__(self, response: httpcore.Response, since: float, clock: Callable[[], float]) -> None:
        self.status = response.status
        self.headers: Headers = tuple(
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers
        )
        self.fault: str | None = None
        self.problem = ""
        self.is_unreachable = False
        self._response: httpcore.Response | None = response
        self._stream: Iterator[bytes] = response.iter_stream()
        self._began = self._since = since
        self._clock = clock
        self._chunks: list[bytes] = []
        self._pauses: list[float] = []
        self._lock = threading.Lock()

    @classmethod
    def failed(cls, fault: str, problem: str, *, unreachable: bool = False) -> StreamingResponse:
        """Return a response that never began; `unreachable` if there was no connection."""
        response = cls.__new__(cls)
        response.status, response.headers = 0, ()
        response.fault, response.problem = fault, problem
        response.is_unreachable = unreachable
        response._response = None
        response._chunks, response._pauses = [], []
        response._lock = threading.Lock()
        return response

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        """Return the next chunk as it arrives; a response that fails ends, too."""
        with self._lock:
            chunk = self._next()
        if chunk is None:
            raise StopIteration
        return chunk

    def finish(self) -> Reply:
        """Read to the end, whether or not another thread was reading, and return all that came."""
        with self._lock:
            while self._next() is not None:
                pass
            return Reply(self.status, self.headers, tuple(self._chunks), self.fault, tuple(self._pauses))

    def interrupt(self) -> bool:
        """Stop reading, so that `finish` returns what has come. Return False if another thread is reading."""
        if not self._lock.acquire(blocking=False):
            return False
        try:
            if self._response is not None:
                self.fault, self.problem = "truncated", "the recording was interrupted"
                self._response.close()
                self._response = None
            return True
        finally:
            self._lock.release()

    def _next(self) -> bytes | None:
        if self._response is None:
            return None
        try:
            with permitted():
                chunk = next(self._stream, None)
            while chunk == b"":
                chunk = next(self._stream, None)
        except failures() as error:
            self.fault, self.problem = fault_of(error, begun=True)
            chunk = None
        now = self._clock()
        if chunk is not None and now - self._began > LONGEST_S:
            self.fault, self.problem = "timeout", f"the answer took longer than {LONGEST_S:g} s"
            chunk = None
        if chunk is None:
            self._response.close()
            self._response = None
            return None
        self._chunks.append(chunk)
        self._pauses.append((now - self._since) * 1000)
        self._since = now
        return chunk


def failures() -> tuple[type[Exception], ...]:
    """Return what httpcore raises when a connection or an answer fails."""
    import httpcore

    return (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError)


def fault_of(error: Exception, *, begun: bool = False) -> tuple[str, str]:
    """Return the fault that an error of httpcore is, and a message; `begun` if the answer had begun."""
    import httpcore

    said = str(error) or type(error).__name__
    if isinstance(error, httpcore.ConnectTimeout):
        return "refused", "no connection: the host did not answer in time"
    if isinstance(error, httpcore.TimeoutException):
        return "timeout", "the provider did not answer in time"
    if isinstance(error, httpcore.LocalProtocolError):
        return "refused", f"the request cannot be sent over HTTP: {said}"
    if isinstance(error, httpcore.ConnectError):
        return "refused", f"no connection: {said}"
    if begun:
        return "truncated", f"the answer was cut off: {said}"
    return "reset", f"the connection was reset: {said}"
