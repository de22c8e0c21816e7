"""Requests to the provider itself: the only part of the harness that leaves the machine.

It uses httpcore directly, which vcrpy's patches do not reach, and reaches no host but those it is opened
for. A response is passed on chunk by chunk as it arrives and kept with its times; one that fails is a
response with a fault.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from harness.errors import HarnessError, UsageError
from harness.model import Request
from harness.recording.hosts import host_of, is_loopback
from harness.recording.streaming_response import StreamingResponse, failures, fault_of
from harness.wire.intercept import permitted

if TYPE_CHECKING:
    import httpcore

__all__ = [
    "FORWARDED_HOST",
    "NotPlannedError",
    "UntrustedError",
    "Upstream",
    "parse_route",
]

FORWARDED_HOST = "X-Forwarded-Host"
"""The header that names the host that a redirected request was meant for."""

TIMEOUT_S = 120.0
"""How many seconds the provider may be silent."""

_CONNECT_S = 15.0
_OWN_HEADERS = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Headers of a single hop, which are set for this one."""


class NotPlannedError(HarnessError):
    """A request to a host that is not among those that may be reached."""


class UntrustedError(UsageError):
    """A host whose certificate is not trusted: nothing was sent to it."""


_Proxy: TypeAlias = tuple[str, tuple[str, str] | None]
"""A proxy's URL, and a name and password for it."""


def parse_route(text: str) -> tuple[str, str]:
    """Return the host and the URL of `HOST=URL`. Raises `UsageError`."""
    host, equals, url = text.partition("=")
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        parts = SplitResult("", "", "", "", "")
    sound = equals and host and "/" not in host and parts.scheme in ("http", "https") and parts.hostname
    if not sound or parts.query or parts.fragment:
        raise UsageError(
            f"--upstream {text!r} is not HOST=URL",
            hint="for example --upstream api.acme.example=https://127.0.0.1:8443",
        )
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise UsageError(
            f"--upstream {text!r} would expose the key: plain http is allowed to localhost only",
            hint="Use https.",
        )
    return host.lower(), url.rstrip("/")


class Upstream:
    """Sends requests to `hosts`, and those to the hosts of `routes` to other URLs (host → URL).

    `ca_file` is a certificate authority to trust at these URLs beside the usual ones. `timeout_s` is how
    many seconds the provider may be silent. May be used from several threads. Close it when the run is
    over. Raises `UsageError` for a `ca_file` without certificates, and for a proxy in the environment that
    is not an HTTP proxy.
    """

    def __init__(
        self,
        hosts: Iterable[str],
        routes: Mapping[str, str] | None = None,
        *,
        ca_file: Path | None = None,
        timeout_s: float = TIMEOUT_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._routes = dict(routes or {})
        self.hosts = frozenset(host.lower() for host in (*hosts, *self._routes))
        self._proxies = {host: _proxy_to(host) for host in self.hosts.difference(self._routes)}
        self._routed_context = _context(ca_file) if ca_file is not None else None
        self._timeout_s = timeout_s
        self._clock = clock
        self._pools: dict[tuple[bool, _Proxy | None], httpcore.ConnectionPool] = {}
        self._lock = threading.Lock()

    @property
    def is_local(self) -> bool:
        """Return whether requests are redirected, and all of them to this machine."""
        return bool(self._routes) and all(is_loopback(host_of(url)) for url in self._routes.values())

    def send(self, request: Request) -> StreamingResponse:
        """Send a request; the answer comes in while the `StreamingResponse` is read.

        A connection or an answer that fails is a fault of the `StreamingResponse`. Raises `NotPlannedError`
        for a host that may not be reached and for plain http to another machine, and `UntrustedError`.
        """
        import httpcore

        parts, routed = self._target(request.url)
        pool = self._pool((parts.hostname or "").lower(), routed)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
        url = httpcore.URL(
            scheme=parts.scheme.encode(),
            host=(parts.hostname or "").encode("ascii", "replace"),
            port=port,
            target=target.encode("ascii", "replace"),
        )
        meant_for = _authority(urlsplit(request.url)) if routed else None
        meant_for = None if meant_for == _authority(parts) else meant_for
        asked = httpcore.Request(
            request.method,
            url,
            headers=_headers(request, _authority(parts), meant_for),
            content=request.body,
            extensions={
                "timeout": {
                    "connect": min(_CONNECT_S, self._timeout_s),
                    "read": self._timeout_s,
                    "write": self._timeout_s,
                    "pool": self._timeout_s,
                }
            },
        )
        started = self._clock()
        try:
            with permitted():
                response = pool.handle_request(asked)
        except failures() as error:
            beneath = error.__cause__ or error.__context__
            if isinstance(beneath, ssl.SSLCertVerificationError):
                raise _untrusted(_authority(parts), beneath, routed=routed) from None
            unreachable = isinstance(error, httpcore.ConnectError | httpcore.ConnectTimeout)
            return StreamingResponse.failed(*fault_of(error), unreachable=unreachable)
        return StreamingResponse(response, started, self._clock)

    def close(self) -> None:
        """Close every connection."""
        with self._lock:
            pools, self._pools = self._pools, {}
        for pool in pools.values():
            pool.close()

    def __enter__(self) -> Upstream:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _target(self, url: str) -> tuple[SplitResult, bool]:
        """Return where a request goes, and whether it is redirected."""
        try:
            parts = urlsplit(url)
            host = (parts.hostname or "").lower()
            _ = parts.port
        except ValueError:
            raise NotPlannedError(f"{url!r} is not a URL that can be reached") from None
        if host not in self.hosts or parts.scheme not in ("http", "https"):
            raise NotPlannedError(
                f"a request to {host or url!r}, which is not among the hosts of this recording"
                f" ({', '.join(sorted(self.hosts)) or 'none'}); nothing was sent",
                hint=f"Allow it with --upstream {host or 'HOST'}=https://{host or 'HOST'}",
            )
        route = self._routes.get(host)
        if route is not None:
            base = urlsplit(route)
            return base._replace(path=base.path + parts.path, query=parts.query, fragment=""), True
        if parts.scheme == "http" and not is_loopback(host):
            raise NotPlannedError(f"a request to {host} over plain http would expose the key; not sent")
        return parts, False

    def _pool(self, host: str, routed: bool) -> httpcore.ConnectionPool:
        """Return the connections to a host: direct if redirected, else through the environment's proxy."""
        import httpcore

        proxy = self._proxies.get(host)
        with self._lock:
            pool = self._pools.get((routed, proxy))
            if pool is None:
                context = (self._routed_context if routed else None) or _context(None)
                if proxy is None:
                    pool = httpcore.ConnectionPool(ssl_context=context)
                else:
                    url, login = proxy
                    pool = httpcore.HTTPProxy(proxy_url=url, proxy_auth=login, ssl_context=context)
                self._pools[routed, proxy] = pool
            return pool


def _untrusted(host: str, error: ssl.SSLCertVerificationError, *, routed: bool) -> UntrustedError:
    option = "--upstream-ca FILE" if routed else "SSL_CERT_FILE"
    return UntrustedError(
        f"the certificate of {host} is not trusted ({error.verify_message}); nothing was sent",
        hint=f"Name its certificate authority with {option}.",
    )


def _authority(parts: SplitResult) -> str:
    """Return the host, with the port if there is one."""
    return parts.netloc.rpartition("@")[2]


def _headers(request: Request, authority: str, meant_for: str | None) -> list[tuple[bytes, bytes]]:
    """Return the request's own headers and those of this hop: if redirected also the host it was meant for,
    so that URLs in the answer can be that host's. No compression is accepted, so that chunks are what the
    provider wrote."""
    own = _OWN_HEADERS if meant_for is None else _OWN_HEADERS | {FORWARDED_HOST.lower()}
    kept = [pair for pair in request.headers if pair[0].lower() not in own]
    kept = [("Host", authority), *kept, ("Accept-Encoding", "identity")]
    if meant_for is not None:
        kept.append((FORWARDED_HOST, meant_for))
    if request.body or request.method.upper() in ("POST", "PUT", "PATCH"):
        kept.append(("Content-Length", str(len(request.body))))
    return [(_bytes(name), _bytes(value)) for name, value in kept]


def _bytes(text: str) -> bytes:
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def _context(ca_file: Path | None) -> ssl.SSLContext:
    import httpx

    context = httpx.create_ssl_context()
    context.set_alpn_protocols(["http/1.1"])
    if ca_file is not None:
        try:
            context.load_verify_locations(ca_file)
        except (OSError, ssl.SSLError) as error:
            raise UsageError(f"--upstream-ca {ca_file}: cannot read a certificate: {error}") from None
    return context


def _proxy_to(host: str) -> _Proxy | None:
    """Return the HTTP proxy that the environment states for a host over https. Raises `UsageError` for a
    proxy of another kind."""
    stated = getproxies().get("https", "")
    if not stated or proxy_bypass(host):
        return None
    parts = urlsplit(stated if "://" in stated else f"http://{stated}")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(
            f"the environment names a proxy that is not an HTTP proxy ({parts.scheme}://…)",
            hint="Name an HTTP proxy in HTTPS_PROXY, or the host in NO_PROXY.",
        )
    login = None if parts.username is None else (unquote(parts.username), unquote(parts.password or ""))
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}", login
