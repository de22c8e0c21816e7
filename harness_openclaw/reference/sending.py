"""The reference as a client that really sends: its calls, driven over httpx.

A request goes out with its own headers and those that HTTP demands (Host, Content-Length), and nothing of
httpx's own: no user agent, no cookies, no credentials out of a URL or a netrc file. A redirect is an answer
like any other. Proxies and certificate authorities in the environment are used only if the
client is asked to (`trust_env`).

>>> from harness_openclaw.reference.sending import SendingClient
>>> with SendingClient() as client:
...     client({"model": "openrouter/auto", "history": []})["error"]["class"]
'auth'
"""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from functools import lru_cache
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar

from harness.model import Headers, JsonValue, Reply, Request
from harness_openclaw.reference.client import Client
from harness_openclaw.reference.exchange import Clock, Outcome, Pause, SystemClock, VirtualClock

if TYPE_CHECKING:  # with the first request: httpx takes a tenth of a second to import
    import httpx

__all__ = ["Observed", "SendingClient", "implementation", "send"]

_LONGEST_MS = 600_000.0
"""The time limit of a request that states none (OR-RETRY-02)."""

_SHORTEST_MS = 1.0
_NONE: Headers = ()


def send(call: Generator[Request | Pause, Any, Outcome], http: httpx.Client) -> Outcome:
    """Make a call of a reference `Client`, whose clock does the waiting, and return its outcome.

    Its requests go out through `http`, each once and within its time limit. A connection or an answer that
    fails is a reply with a fault, for the call to make something of.
    """
    answer: Reply | None = None
    while True:
        try:
            step = call.send(answer)
        except StopIteration as end:
            outcome: Outcome = end.value
            return outcome
        answer = _answer_to(step, http) if isinstance(step, Request) else None


class SendingClient:
    """A client of OpenRouter and ClawRouter that keeps what it learns from one call to the next.

    It sends through `http`, which stays open, or else through an httpx client of its own, which it makes with
    the first request and closes when it is closed; with `trust_env` that client uses HTTPS_PROXY,
    SSL_CERT_FILE and the like. `clock` waits between polls and retries (default: real time).
    """

    def __init__(
        self, http: httpx.Client | None = None, *, clock: Clock | None = None, trust_env: bool = False
    ) -> None:
        self._calls = Client(clock or SystemClock())
        self._http = http
        self._own: httpx.Client | None = None
        self._trust_env = trust_env

    def __call__(self, input: Mapping[str, JsonValue]) -> Outcome:  # noqa: A002  (the scenario format's word)
        """Perform the operation of `input` (docs/scenarios.md, input) and return its outcome: `{"error": …}`
        for a refusal or failure, `{"unsupported": why}` where the reference has no answer."""
        return send(self._calls(input), self._http or self._made())

    def close(self) -> None:
        """Close the connections, unless they are those of a client that was given."""
        if self._own is not None:
            self._own.close()
            self._own = None

    def __enter__(self) -> SendingClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _made(self) -> httpx.Client:
        if self._own is None:
            import httpx

            self._own = httpx.Client(trust_env=self._trust_env)
        return self._own


class Observed(SendingClient):
    """The client as `python:harness_openclaw.reference.sending:implementation` runs it: requests are seen
    and answered within httpx, and waits take no time."""

    harness: ClassVar[dict[str, JsonValue]] = {**Client.harness, "name": "reference-sending", "mode": "send"}
    """The account it gives of itself (docs/implementations.md, Python)."""

    def __init__(self) -> None:
        super().__init__(_shared(), clock=VirtualClock())


implementation = Observed


@lru_cache(maxsize=1)
def _shared() -> httpx.Client:
    """One client of httpx for all cases: each has a TLS context, which takes 20 ms to make."""
    import httpx

    return httpx.Client(trust_env=False)


# ------------------------------------------------------------------ one request


def _answer_to(request: Request, http: httpx.Client) -> Reply:
    """Send a request once; what goes wrong is a fault of the reply."""
    import httpx

    limit_ms = _LONGEST_MS if request.timeout_ms is None else max(request.timeout_ms, _SHORTEST_MS)
    until = time.monotonic() + limit_ms / 1000
    status, headers, fault = 0, _NONE, None
    chunks: list[bytes] = []
    try:
        asked = httpx.Request(
            request.method,
            request.url,
            headers=[(_bytes(name), _bytes(value)) for name, value in request.headers],
            content=request.body or None,
            extensions={"timeout": httpx.Timeout(limit_ms / 1000).as_dict()},
        )
        response = http.send(asked, stream=True, auth=httpx.Auth(), follow_redirects=False)
        try:
            status, headers = response.status_code, _texts(response.headers.raw)
            for chunk in response.iter_bytes():
                chunks.append(chunk)
                if time.monotonic() > until:
                    fault = "timeout"
                    break
        finally:
            response.close()
    except (httpx.RequestError, httpx.InvalidURL) as error:
        fault = _fault_of(error, begun=status != 0)
    return Reply(status, headers, tuple(chunks), fault)


def _fault_of(error: Exception, *, begun: bool) -> str:
    """The fault that an error of httpx stands for; `begun`: its status had come."""
    import httpx

    if isinstance(error, httpx.TimeoutException):
        return "timeout"
    if isinstance(error, httpx.ReadError | httpx.WriteError):
        return "reset"
    if begun:
        return "truncated"
    return "reset" if isinstance(error, httpx.RemoteProtocolError) else "refused"


def _texts(headers: list[tuple[bytes, bytes]]) -> Headers:
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers)


def _bytes(text: str) -> bytes:
    return text.encode("latin-1", "replace")
