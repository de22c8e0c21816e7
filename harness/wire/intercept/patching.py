"""Patching the HTTP libraries of this process.

vcrpy's patches take the place of the network in httpx, requests, urllib3, aiohttp, http.client and the other
stacks it knows. A connection that is opened past them is refused, so nothing leaves the machine. They
lower the case of header names, sort out repeats, and know neither time limits nor when a request was
sent: `BLIND_TO` says so.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from harness.model import BlindSpot, Headers, Reply, Request

if TYPE_CHECKING:
    import socket

__all__ = ["BLIND_TO", "Unanswerable", "answering", "patched", "permitted"]

BLIND_TO: frozenset[BlindSpot] = frozenset(
    {"header-case", "header-order", "header-duplicates", "timeout", "timing"}
)


class Unanswerable(BaseException):
    """Something that was sent and cannot be observed. A `BaseException`, so that no client retries it."""


_lock = threading.RLock()
"""Held for as long as requests are answered: what is sent in between belongs to one case."""

_one_at_a_time = threading.Lock()
_users = 0
_patches = ExitStack()
_answer: Callable[[Request], Reply] | None = None
_here = threading.local()


@contextmanager
def patched() -> Iterator[None]:
    """Apply the patches in this block. Blocks may overlap in any order; they share one set of patches."""
    global _users, _patches
    with _lock:
        if _users == 0:
            _patches = _patch()
        _users += 1
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            if _users == 0:
                _patches.close()


@contextmanager
def answering(answer: Callable[[Request], Reply]) -> Iterator[None]:
    """Answer every request sent in this block, which is within `patched`, by `answer`."""
    global _answer
    with _lock:
        before, _answer = _answer, answer
        try:
            yield
        finally:
            _answer = before


@contextmanager
def permitted() -> Iterator[None]:
    """Allow this thread to open connections in this block: for the answers that a recording fetches."""
    before = getattr(_here, "permitted", False)
    _here.permitted = True
    try:
        yield
    finally:
        _here.permitted = before


def _patch() -> ExitStack:
    """Apply vcrpy's patches, with separate cassettes for the stacks that have their own exceptions."""
    from vcr.patch import PATCHER_NAMES  # type: ignore[import-untyped]

    from harness.wire.intercept.cassette import AnsweringCassette, aiohttp_as_sent, httpx_in_pieces

    apart = ("httpx", "httpx2", "aiohttp")
    together = tuple(name for name in PATCHER_NAMES if name not in apart)
    with ExitStack() as undo:
        stack = undo.enter_context(ExitStack())
        for names in (together, *((name,) for name in apart)):
            others = tuple(name for name in PATCHER_NAMES if name not in names)
            stack.enter_context(
                AnsweringCassette.use(path=names[0], skip_patchers=others, stack=names[0], answer=_answered)
            )
        stack.enter_context(aiohttp_as_sent())
        stack.enter_context(httpx_in_pieces())
        stack.enter_context(_no_way_past())
        undo.pop_all()
    return stack


def _answered(method: str, url: str, headers: Headers, body: Any) -> Reply:
    answer = _answer
    if answer is None:
        raise Unanswerable(f"{method} {url} while no case was being performed")
    request = Request(method, url, headers, _bytes(body))
    with _one_at_a_time:
        return answer(request)


@contextmanager
def _no_way_past() -> Iterator[None]:
    """Refuse network connections that a case opens without an intercepted library."""
    import socket
    from unittest import mock

    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def guarded(real: Callable[[socket.socket, Any], Any]) -> Callable[[socket.socket, Any], Any]:
        def connect_if_allowed(self: socket.socket, address: Any) -> Any:
            guarding = _answer is not None and not getattr(_here, "permitted", False)
            if guarding and self.family in (socket.AF_INET, socket.AF_INET6):
                raise Unanswerable(
                    f"bytes to {address[0]}:{address[1]}, not through an HTTP library that can be observed"
                )
            return real(self, address)

        return connect_if_allowed

    with (
        mock.patch.object(socket.socket, "connect", guarded(connect)),
        mock.patch.object(socket.socket, "connect_ex", guarded(connect_ex)),
    ):
        yield


def _bytes(body: Any) -> bytes:
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, bytes | bytearray | memoryview):
        return bytes(body)
    if hasattr(body, "read"):
        return _bytes(body.read())
    try:
        return b"".join(_bytes(part) for part in body)
    except TypeError:
        raise Unanswerable(
            f"a body of type {type(body).__name__}, which cannot be observed; send text or bytes"
        ) from None
