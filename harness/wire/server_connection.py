"""One connection to the capture server: how the client came, and its requests.

A client may take the server for a base URL, for an HTTP proxy (absolute URLs, or CONNECT with TLS or plain
HTTP behind it) or for the host itself (TLS by its name). Which one it is shows in the first bytes.
"""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

import h11

from harness.model import Headers, Reply, Request
from harness.wire.server_replies import Aborted, Answering, LiveReply
from harness.wire.socket_channel import Channel
from harness.wire.tls import Authority

__all__ = ["BODY_LIMIT", "Connection", "ConnectionHandler"]

BODY_LIMIT = 64 * 1024 * 1024
HEAD_LIMIT = 256 * 1024

_CONNECT = b"CONNECT "
_HANDSHAKE = 0x16
_SOCKS = (4, 5)
_DEFAULT_PORTS = {"http": 80, "https": 443}
_DISTRUST = ("UNKNOWN_CA", "CERTIFICATE_UNKNOWN", "BAD_CERTIFICATE", "UNSUPPORTED_CERTIFICATE")


class ConnectionHandler(Protocol):
    """What a connection needs to know and to do; a listener is one."""

    authority: Authority
    stands_for: str | None
    paced: bool

    def serves(self, host: str) -> bool: ...

    def is_own(self, authority: str) -> bool:
        """Whether this `host:port` is the address of the listener itself."""
        ...

    def refused(self, sentence: str) -> None: ...

    async def answer(self, request: Request) -> Reply | LiveReply: ...

    def failed(self, error: Exception) -> None:
        """Something that answers requests raised this."""
        ...

    def in_worker(self, function: Callable[[], bytes | None]) -> Awaitable[bytes | None]: ...


class _Refused(Exception):  # noqa: N818 - an answer to the client
    """Something that is not served, and the status to answer with."""

    def __init__(self, sentence: str, status: int = 502) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass(frozen=True, slots=True)
class _Target:
    """The host and port that a client asked a tunnel to."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{_bracketed(self.host)}:{self.port}"


class Connection:
    """Serves one accepted connection to its end."""

    def __init__(self, channel: Channel, handler: ConnectionHandler) -> None:
        self._channel = channel
        self._handler = handler
        self._tunnel: _Target | None = None
        self._requests = 0

    async def serve(self) -> None:
        """Read requests and answer them until one side closes. Problems are reported to the handler."""
        try:
            await self._serve()
        except Aborted as end:
            if end.failure is not None:
                self._handler.failed(end.failure)
                self._channel.reset()
            return
        except ssl.SSLError as error:
            self._report_tls_failure(error)
        except OSError:  # the client went away
            if self._channel.secure and not self._requests:
                self._report_silence()
        self._channel.close()

    async def _serve(self) -> None:
        first = await self._channel.peek()
        begun = b""
        if first[:1] == _CONNECT[:1]:
            begun = await self._channel.receive(len(_CONNECT))
            while len(begun) < len(_CONNECT) and _CONNECT.startswith(begun):
                more = await self._channel.receive(len(_CONNECT) - len(begun))
                if not more:
                    return
                begun += more
            if begun == _CONNECT:
                begun = b""
                if not await self._open_tunnel():
                    return
                first = await self._channel.peek()
        if not first:
            return
        if not begun and first[0] == _HANDSHAKE:
            await self._channel.secure_with(self._context())
        elif not begun and first[0] in _SOCKS:
            self._handler.refused("client speaks SOCKS; use the proxy as http://…, not socks5://…")
            return
        await self._converse(begun)
        if self._channel.secure and not self._requests:
            self._report_silence()

    # -------------------------------------------------------------- tunnels and TLS

    async def _open_tunnel(self) -> bool:
        """Read the rest of CONNECT's head, not a byte more, and answer it."""
        head = _CONNECT + await self._head()
        try:
            self._tunnel = _target(head)
            if not self._handler.serves(self._tunnel.host):
                raise _Refused(_not_served(str(self._tunnel)))
        except _Refused as refusal:
            await self._refuse(refusal)
            return False
        await self._channel.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
        return True

    async def _head(self) -> bytes:
        head = b""
        while not head.endswith(b"\r\n\r\n") and len(head) < HEAD_LIMIT:
            ahead = await self._channel.peek()
            if not ahead:
                break
            before = head[-3:]
            end = (before + ahead).find(b"\r\n\r\n")
            head += await self._channel.receive(len(ahead) if end < 0 else end + 4 - len(before))
        return head

    def _context(self) -> ssl.SSLContext:
        host = self._channel.local_host if self._tunnel is None else self._tunnel.host
        try:
            return self._handler.authority.context(host)
        except ValueError as error:
            raise ssl.SSLError(f"cannot issue a certificate for {host!r}: {error}") from None

    def _report_tls_failure(self, error: ssl.SSLError) -> None:
        reason = getattr(error, "reason", None) or str(error)
        if any(word in reason.upper() for word in _DISTRUST):
            self._handler.refused(
                f"client reached {self._where()} but does not trust the certificate authority"
            )
        elif isinstance(error, ssl.SSLEOFError) and not self._requests:
            self._report_silence()
        elif not self._requests:
            self._handler.refused(f"client reached {self._where()} but TLS failed: {reason}")

    def _report_silence(self) -> None:
        self._handler.refused(
            f"client reached {self._where()} and left without a request;"
            " it may not trust the certificate authority"
        )

    def _where(self) -> str:
        if self._tunnel is not None:
            return str(self._tunnel)
        host, port = self._channel.asked_for, self._channel.local_port
        if host is None:
            return f"the server at port {port}"
        return f"{host}:{443 if self._handler.is_own(f'127.0.0.1:{port}') else port}"

    # -------------------------------------------------------------- requests

    async def _converse(self, begun: bytes) -> None:
        http = h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_LIMIT)
        if begun:
            http.receive_data(begun)
        while True:
            try:
                found = await self._next_request(http)
                if found is None:
                    return
                self._requests += 1
                reply = await self._handler.answer(found)
            except _Refused as refusal:
                await self._refuse(refusal)
                return
            await self._send(reply, http, found)
            if http.our_state is not h11.DONE or http.their_state is not h11.DONE:
                return
            http.start_next_cycle()

    async def _send(self, reply: Reply | LiveReply, http: h11.Connection, request: Request) -> None:
        answering = Answering(
            self._channel, http, request.method, self._handler.paced, self._handler.in_worker
        )
        try:
            await answering.send(reply)
        except h11.LocalProtocolError as error:
            self._handler.refused(
                f"the reply to {request.method} {request.url} cannot be sent over HTTP: {error}"
            )
            self._channel.reset()
            raise Aborted from None

    async def _next_request(self, http: h11.Connection) -> Request | None:
        """Return the next request, complete; None at the end. Raises `_Refused`."""
        head: h11.Request | None = None
        pieces: list[bytes] = []
        size = 0
        while True:
            try:
                event = http.next_event()
                if event is h11.NEED_DATA:
                    if http.they_are_waiting_for_100_continue:
                        proceed = h11.InformationalResponse(status_code=100, headers=[], reason=b"Continue")
                        await self._channel.send(http.send(proceed) or b"")
                    http.receive_data(await self._channel.receive())
                    continue
            except h11.RemoteProtocolError as error:
                sentence = f"client sent {self._where()} something that is not an HTTP/1.1 request: {error}"
                raise _Refused(sentence, error.error_status_hint) from None
            if isinstance(event, h11.Request):
                head = event
                if head.method == b"PRI":  # how HTTP/2 begins
                    raise _Refused(f"client speaks HTTP/2 to {self._where()}; make it use HTTP/1.1", 505)
                if head.method == b"CONNECT":
                    raise _Refused("client asks for a tunnel on a connection already in use", 405)
                _limit(int(dict(head.headers).get(b"content-length", b"0")))
            elif isinstance(event, h11.Data):
                size += len(event.data)
                _limit(size)
                pieces.append(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage) and head is not None:
                return self._request(head, b"".join(pieces))
            else:
                return None

    def _request(self, head: h11.Request, body: bytes) -> Request:
        headers: Headers = tuple(
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in head.headers.raw_items()
        )
        target = head.target.decode("latin-1")
        host = next((value for name, value in headers if name.lower() == "host"), "")
        url, served = self._url(target, host)
        if not served:
            raise _Refused(_not_served(url))
        return Request(head.method.decode("latin-1"), url, headers, body)

    def _url(self, target: str, host: str) -> tuple[str, bool]:
        """Return the URL that the request was meant for, and whether that is served."""
        handler, tunnel = self._handler, self._tunnel
        if not target.startswith(("/", "*")):
            parts = urlsplit(target)
            if not handler.is_own(parts.netloc):
                return target, handler.serves(_host_of(parts.netloc))
            host, target = parts.netloc, target.partition(parts.netloc)[2]
        path = "" if target == "*" else target
        scheme = "https" if self._channel.secure else "http"
        if tunnel is not None:
            return f"{_origin(scheme, tunnel.host, tunnel.port)}{path}", True
        name = self._channel.asked_for
        if name is not None and name != _host_of(host):
            host = name
        if handler.is_own(host) or not host:
            return f"{handler.stands_for or f'{scheme}://{host}'}{path}", True
        return f"{scheme}://{host}{path}", handler.serves(_host_of(host))

    async def _refuse(self, refusal: _Refused) -> None:
        sentence = str(refusal)
        self._handler.refused(sentence)
        body = f"harness: {sentence}\n".encode()
        headers = f"content-type: text/plain\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
        await self._channel.send(f"HTTP/1.1 {refusal.status} Refused\r\n{headers}".encode() + body)


def _limit(size: int) -> None:
    if size > BODY_LIMIT:
        raise _Refused(f"client sent a body of more than {BODY_LIMIT // 2**20} MiB", 413)


def _target(head: bytes) -> _Target:
    """Where CONNECT leads. Raises `_Refused`."""
    line = head.partition(b"\r\n")[0].decode("latin-1")
    authority = line.split(" ")[1] if line.count(" ") == 2 else ""
    host, _, port = authority.rpartition(":")
    if not host or not port.isdecimal():
        raise _Refused(f"client asks for a tunnel to {authority!r}, which is not host:port", 400)
    return _Target(host.strip("[]").lower(), int(port))


def _not_served(where: str) -> str:
    return f"client asked for {where}, which is not served here"


def _host_of(authority: str) -> str:
    """The host of `user@host:port`."""
    host = authority.rpartition("@")[2]
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower()


def _origin(scheme: str, host: str, port: int) -> str:
    suffix = "" if port == _DEFAULT_PORTS[scheme] else f":{port}"
    return f"{scheme}://{_bracketed(host)}{suffix}"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
