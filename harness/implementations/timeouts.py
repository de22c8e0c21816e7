"""A limit on how long code that runs in this process may take."""

from __future__ import annotations

import signal
import threading
import time
from types import FrameType, TracebackType
from typing import Any

__all__ = ["TimeIsUp", "TimeLimit"]

_AGAIN_S = 0.25
"""How soon code that swallowed the interruption is interrupted again."""


class TimeIsUp(BaseException):
    """Raised inside the code that ran too long; no `except Exception` stops it."""


class TimeLimit:
    """Raises `TimeIsUp` in the block when it takes longer than `seconds`.

    It uses SIGALRM, so it works on POSIX and in the main thread. Elsewhere, and if another alarm is due
    sooner, the block is not limited. The previous handler and timer are restored.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._armed = False

    def __enter__(self) -> None:
        if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
            return
        remaining, self._interval = signal.getitimer(signal.ITIMER_REAL)
        if 0 < remaining <= self.seconds:
            return
        self._remaining = remaining
        self._since = time.monotonic()
        self._handler: Any = signal.signal(signal.SIGALRM, self._ring)
        self._armed = True
        signal.setitimer(signal.ITIMER_REAL, self.seconds, _AGAIN_S)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._armed:
            return
        self._armed = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, self._handler)
        if self._remaining:
            left = self._remaining - (time.monotonic() - self._since)
            signal.setitimer(signal.ITIMER_REAL, max(left, 1e-3), self._interval)

    def _ring(self, number: int, frame: FrameType | None) -> None:
        if self._armed:
            raise TimeIsUp
