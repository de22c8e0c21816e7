"""A response while it comes in, or the way in which it did not."""

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
"""How long one answer may take in all (OR-RETRY-02)."""


class StreamingResponse:
    """A response while it comes in: an iterator of its chunks, which are kept with the pauses before them.

    It may be read in one thread and finished in another. `fault` and `problem` tell how it failed.
    """

    def __init__(self, response: httpcore.Response, since: float, clock: Callable[[], float]) -> None:
        self.status = response.status
        self.headers: Headers = tuple(
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers
        )
        self.fault: str | None = None
        self.problem = ""
        self._response: httpcore.Response | None = response
        self._stream: Iterator[bytes] = response.iter_stream()
        self._began = self._since = since
        self._clock = clock
        self._chunks: list[bytes] = []
        self._pauses: list[float] = []
        self._lock = threading.Lock()

    @classmethod
    def failed(cls, fault: str, problem: str) -> StreamingResponse:
        """An answer that never began."""
        arriving = cls.__new__(cls)
        arriving.status, arriving.headers = 0, ()
        arriving.fault, arriving.problem = fault, problem
        arriving._response = None
        arriving._chunks, arriving._pauses = [], []
        arriving._lock = threading.Lock()
        return arriving

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        """The next chunk as it arrives; the end also where it failed."""
        with self._lock:
            chunk = self._next()
        if chunk is None:
            raise StopIteration
        return chunk

    def finish(self) -> Reply:
        """Read on to the end, whoever was reading, and give the whole of what came."""
        with self._lock:
            while self._next() is not None:
                pass
            return Reply(self.status, self.headers, tuple(self._chunks), self.fault, tuple(self._pauses))

    def break_off(self) -> bool:
        """Read no further, so that `finish` gives what has come. False where somebody else is reading."""
        if not self._lock.acquire(blocking=False):
            return False
        try:
            if self._response is not None:
                self.fault, self.problem = "truncated", "the recording was broken off"
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
            fault, self.problem = fault_of(error)
            self.fault = "truncated" if fault == "reset" else fault
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
    """What httpcore raises where a connection or an answer fails."""
    import httpcore

    return (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError)


def fault_of(error: Exception) -> tuple[str, str]:
    """The fault that an error of httpcore stands for, and what it says."""
    import httpcore

    if isinstance(error, httpcore.TimeoutException):
        return "timeout", "the provider did not answer in time"
    said = str(error) or type(error).__name__
    if isinstance(error, httpcore.LocalProtocolError):
        return "refused", f"the request cannot be sent over HTTP: {said}"
    if isinstance(error, httpcore.ConnectError):
        return "refused", f"no connection to the provider: {said}"
    return "reset", f"the provider broke off: {said}"
