"""vcrpy's cassette, answering from the harness instead of from a file. Importing this imports vcrpy."""

from __future__ import annotations

import errno
import http.client
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from unittest import mock
from urllib.parse import urlencode

from vcr.cassette import Cassette  # type: ignore[import-untyped]
from vcr.persisters.filesystem import CassetteNotFoundError  # type: ignore[import-untyped]
from vcr.record_mode import RecordMode  # type: ignore[import-untyped]

from harness.model import Headers, Reply

__all__ = ["AnsweringCassette", "aiohttp_as_sent", "httpx_in_pieces"]


_IN_PIECES = ("httpx", "httpx2")
_REPLY = "harness-reply"


class _Nowhere:
    """A persister without a file."""

    @staticmethod
    def load_cassette(path: object, serializer: object) -> Any:
        raise CassetteNotFoundError

    @staticmethod
    def save_cassette(path: object, cassette: object, serializer: object) -> None:
        return None


class AnsweringCassette(Cassette):  # type: ignore[misc]
    """A cassette with a response to every request. `stack` is the HTTP stack whose patches use it."""

    def __init__(
        self, path: str, *, stack: str, answer: Callable[[str, str, Headers, Any], Reply], **options: Any
    ) -> None:
        super().__init__(path, persister=_Nowhere, record_mode=RecordMode.NONE, **options)
        self._stack = stack
        self._answer = answer

    def __contains__(self, request: Any) -> bool:
        return True

    def can_play_response_for(self, request: Any) -> bool:
        return True

    def find_requests_with_most_matches(self, request: Any) -> list[Any]:
        return []

    def play_response(self, request: Any) -> dict[str, Any]:
        """The reply in vcrpy's form. A fault is raised as the library would raise it: at once, but for httpx
        only after what had arrived before."""
        reply = self._answer(request.method, request.uri, _headers(request.headers), request.body)
        if reply.fault is not None and not (reply.chunks and self._stack in _IN_PIECES):
            raise _exception(self._stack, reply)
        headers: dict[str, list[str]] = {}
        for name, value in reply.headers:
            headers.setdefault(name, []).append(value)
        return {
            "status": {"code": reply.status, "message": reply.phrase},
            "headers": headers,
            "body": {"string": reply.body},
            _REPLY: reply,
        }


@contextmanager
def httpx_in_pieces() -> Iterator[None]:
    """Deliver the bodies of httpx's responses chunk by chunk, and break them off where the replies do; vcrpy
    delivers bodies in one piece only."""
    from vcr.stubs import httpx_stubs  # type: ignore[import-untyped]

    whole = httpx_stubs._deserialize_response

    def in_pieces(response: dict[str, Any], library: Any) -> Any:
        answer = whole(response, library)
        answer.stream = _pieces(library)(response[_REPLY])
        return answer

    with mock.patch.object(httpx_stubs, "_deserialize_response", in_pieces):
        yield


@cache
def _pieces(library: Any) -> Any:
    """The stream of a reply, as a class of `library`, which is httpx or its fork."""

    class Pieces(library.SyncByteStream, library.AsyncByteStream):  # type: ignore[misc]
        def __init__(self, reply: Reply) -> None:
            self._reply = reply

        def __iter__(self) -> Iterator[bytes]:
            yield from self._reply.chunks
            if self._reply.fault is not None:
                raise _httpx_error(library, self._reply.fault)

        async def __aiter__(self) -> AsyncIterator[bytes]:
            for chunk in self:
                yield chunk

    return Pieces


@contextmanager
def aiohttp_as_sent() -> Iterator[None]:
    """Give vcrpy's aiohttp patch what it does not work out: the body of `json=` and of a form as bytes
    with their content type, the session's base URL and its credentials."""
    aiohttp = sys.modules.get("aiohttp")
    if aiohttp is None:
        yield
        return
    patched: Any = aiohttp.ClientSession._request

    async def request(session: Any, method: str, url: Any, **options: Any) -> Any:
        value, data = options.pop("json", None), options.get("data")
        if value is not None and data is None:
            options["data"] = session.json_serialize(value).encode()
            _default_type(options, "application/json")
        elif isinstance(data, dict):
            options["data"] = urlencode(data).encode()
            _default_type(options, "application/x-www-form-urlencoded")
        credentials = getattr(session, "auth", None)
        if credentials is not None:
            options.setdefault("auth", credentials)
        return await patched(session, method, session._build_url(url), **options)

    with mock.patch.object(aiohttp.ClientSession, "_request", request):
        yield


def _default_type(options: dict[str, Any], content_type: str) -> None:
    headers = dict(options.get("headers") or {})
    if not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = content_type
    options["headers"] = headers


def _headers(headers: Any) -> Headers:
    return tuple((_text(name), _text(value)) for name, value in headers.items())


def _text(value: object) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _exception(stack: str, reply: Reply) -> Exception:
    """The error that a library raises for this fault; where it wraps those of sockets, one of these."""
    fault = reply.fault
    if stack in ("httpx", "httpx2"):
        return _httpx_error(sys.modules[stack], fault)
    if stack == "aiohttp":
        return _aiohttp_error(sys.modules[stack], fault)
    if fault == "refused":
        return ConnectionRefusedError(errno.ECONNREFUSED, "connection refused")
    if fault == "reset":
        return ConnectionResetError(errno.ECONNRESET, "connection reset by peer")
    if fault == "truncated":
        return http.client.IncompleteRead(reply.body)
    return TimeoutError("timed out")


def _httpx_error(library: Any, fault: str | None) -> Exception:
    kinds = {
        "refused": (library.ConnectError, "connection refused"),
        "reset": (library.ReadError, "connection reset by peer"),
        "truncated": (
            library.RemoteProtocolError,
            "peer closed connection without sending complete message body",
        ),
    }
    kind, message = kinds.get(fault or "", (library.ReadTimeout, "timed out"))
    error: Exception = kind(message)
    return error


def _aiohttp_error(library: Any, fault: str | None) -> Exception:
    error: Exception
    if fault == "refused":
        error = library.ClientOSError(errno.ECONNREFUSED, "connection refused")
    elif fault == "reset":
        error = library.ClientOSError(errno.ECONNRESET, "connection reset by peer")
    elif fault == "truncated":
        error = library.ClientPayloadError("response payload is not completed")
    else:
        error = library.ServerTimeoutError("timed out")
    return error
