"""The ports that a sandboxed program is to reach, beside those of HTTP and HTTPS."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from harness.errors import ImplementationError
from harness.model import JsonValue, Step

__all__ = ["PortMap", "ports_named", "ports_of"]

_BIND = Path(__file__).with_name("sandbox_bind.py")
_START_S = 20.0

_USUAL = (80, 443)
_MOST = 64
"""How many are kept open: each costs some work in every step."""

_SPOKEN = ("history", "system", "tools")
"""The inputs that a client passes on, and does not connect to."""


def ports_of(step: Step) -> tuple[int, ...]:
    """The unusual ports that a step leads to: those its input names, and those of the URLs that it expects,
    such as one that only an answer names. Raises `ImplementationError` as `ports_named` does."""
    expected = (each.request.get("url") for each in (*step.interactions, *step.allow_requests))
    named = ports_named(step.input)
    return tuple(dict.fromkeys((*named, *ports_named({"urls": [url for url in expected if url]}))))


def ports_named(given: Mapping[str, JsonValue]) -> tuple[int, ...]:
    """The unusual ports of the http(s) URLs among the values of an input, in their order.

    What is not a URL with a port is skipped: the client may be expected to refuse it. Raises
    `ImplementationError` for a URL that names an IPv6 address, which the sandbox does not have.
    """
    ports: dict[int, None] = {}
    for url in _urls({name: value for name, value in given.items() if name not in _SPOKEN}):
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            continue
        if ":" in (parts.hostname or ""):
            raise ImplementationError(f"[{parts.hostname}] is not served in the sandbox, which has IPv4 only")
        if port and port not in _USUAL:
            ports[port] = None
    return tuple(ports)


def _urls(value: JsonValue) -> Iterator[str]:
    if isinstance(value, str):
        url = value.strip()
        if url[:8].lower().startswith(("http://", "https://")) and not any(map(str.isspace, url)):
            yield url
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _urls(each)
    elif isinstance(value, list):
        for each in value:
            yield from _urls(each)


class PortMap:
    """Opens ports in a sandbox from outside, as they are asked for. Once open, they stay so until `close`.

    `user` and `network` are descriptors of its namespaces, and taken over.
    """

    def __init__(self, user: int, network: int) -> None:
        self._namespaces = (user, network)
        self._open: dict[int, socket.socket] = {}

    @property
    def sockets(self) -> tuple[socket.socket, ...]:
        """Bound and listening, at every IPv4 address of the sandbox."""
        return tuple(self._open.values())

    def open(self, ports: Collection[int]) -> None:
        """Open these ports where needed. Raises `ImplementationError`, naming the first that fails."""
        closed = [port for port in ports if port not in self._open]
        if not closed:
            return
        if len(self._open) + len(closed) > _MOST:
            raise _not_served(closed[0], f"at most {_MOST} ports are open per run")
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with ours:
            with theirs:
                failure = self._run(theirs.fileno(), closed)
            for port in closed:
                message, descriptors, *_ = socket.recv_fds(ours, 1024, 1)
                if message != b"open":
                    raise _not_served(port, message.decode("utf-8", "replace") or failure)
                self._open[port] = socket.socket(fileno=descriptors[0])

    def close(self) -> None:
        for each in self._open.values():
            each.close()
        for descriptor in self._namespaces:
            os.close(descriptor)

    def _run(self, channel: int, ports: Collection[int]) -> str:
        """Run the script that opens the ports and sends them through `channel`; return its error, if any."""
        words = [channel, *self._namespaces, *ports]
        try:
            done = subprocess.run(
                [sys.executable, "-I", "-S", str(_BIND), *map(str, words)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                pass_fds=(channel, *self._namespaces),
                timeout=_START_S,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return str(error)
        return done.stderr.strip()


def _not_served(port: int, why: str) -> ImplementationError:
    return ImplementationError(f"port {port} is not served in the sandbox: {why}")
