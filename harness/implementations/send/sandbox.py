"""Starting programs whose HTTP traffic is captured: in their own network, or through proxy variables.

In the sandbox (Linux, where the system lets a user make namespaces) every host name and every IPv4 address
leads to the capture server, at ports 443 and 80 and those that inputs name; the program needs no setting and
can reach nothing else. Elsewhere its environment names the capture server as the proxy.
"""

from __future__ import annotations

import contextlib
import socket
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from harness.errors import ImplementationError, UsageError
from harness.implementations.capabilities import SandboxMode
from harness.implementations.child_process import Child, child_environment
from harness.implementations.send.sandbox_ports import PortMap, ports_of
from harness.model import Request, Step
from harness.wire.dns import NameServer
from harness.wire.server import Answer, CaptureServer, Listener

__all__ = ["Ingress", "Launcher"]

_INIT = Path(__file__).with_name("sandbox_init.py")
_START_S = 20.0
_PUBLIC_LOOKING = "93.184.215.14"
"""What every name resolves to in the sandbox. Clients that guard against requests to private addresses
refuse a provider whose name leads to one."""

_ETC = {
    "hosts": "127.0.0.1 localhost\n",
    "resolv.conf": "nameserver 127.0.0.1\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
}
_PROXY_VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
_AUTHORITY_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")


@dataclass
class Ingress:
    """Where the traffic of one started program arrives."""

    server: CaptureServer
    sockets: Sequence[socket.socket]
    sandboxed: bool
    names: NameServer | None = None
    ports: PortMap | None = None
    used: bool = False

    def serve(self, step: Step) -> None:
        """Serve the ports that this step leads to, from now on. Raises `ImplementationError` if one cannot be
        served. Outside the sandbox every port is served, by the proxy."""
        if self.ports is not None:
            self.ports.open(ports_of(step))

    def listen(self, answer: Answer, *, stands_for: str | None = None) -> Listener:
        """Capture and answer what arrives. One listener is open at a time; connections that arrive between
        two of them are dropped, since they belong to neither."""
        sockets = (*self.sockets, *(() if self.ports is None else self.ports.sockets))
        listener = self.server.listen(answer, stands_for=stands_for, sockets=sockets, turn_away=self.used)
        self.used = True
        if self.names is not None:
            self.names.asked.clear()
        return listener

    def only_looked_up(self, requests: Sequence[Request]) -> tuple[str, ...]:
        """Return the hosts that were looked up since `listen` and that got none of these requests."""
        if self.names is None:
            return ()
        sent_to = {urlsplit(request.url).hostname for request in requests}
        return tuple(name for name in self.names.asked if name not in sent_to)

    def close(self) -> None:
        if self.names is not None:
            self.server.stop_dns(self.names)
        if self.ports is not None:
            self.ports.close()
        for each in self.sockets:
            each.close()


class Launcher:
    """Starts programs, in the sandbox if `mode` and the system allow it. Close it when the run is over.

    `notes` says why there is no sandbox in mode `auto`. Raises `UsageError` for `require` if the system
    allows none.
    """

    def __init__(self, mode: SandboxMode = "auto") -> None:
        self.server = CaptureServer()
        self._folder = tempfile.TemporaryDirectory(prefix="harness-sandbox-")
        self.notes: tuple[str, ...] = ()
        self.sandboxed = mode != "off"
        if self.sandboxed:
            self._try_sandbox(required=mode == "require")

    def start(
        self,
        words: Sequence[str],
        home: Path,
        *,
        line_limit: int,
        extra: Mapping[str, str] | None = None,
        step: Step | None = None,
    ) -> tuple[Child, Ingress]:
        """Start a program in the folder `home`, with `extra` in its environment and the ports of `step`
        served; nothing is answered until `Ingress.listen` is called. Raises `ImplementationError` if it
        cannot be started or a port cannot be served."""
        if not self.sandboxed:
            bound = socket.create_server(("127.0.0.1", 0), backlog=128)
            ingress = Ingress(self.server, (bound,), sandboxed=False)
            environment = self._environment(f"http://127.0.0.1:{bound.getsockname()[1]}", extra)
            try:
                return Child(words, home, line_limit=line_limit, environment=environment), ingress
            except BaseException:
                ingress.close()
                raise
        with self._entering() as (prefix, ours, theirs):
            child = Child(
                [*prefix, *words],
                home,
                line_limit=line_limit,
                environment=self._environment(None, extra),
                hand_over=(theirs.fileno(),),
            )
            theirs.close()
            try:
                return child, self._ingress(ours, step)
            except BaseException:
                child.kill()
                raise

    def close(self) -> None:
        self.server.close()
        self._folder.cleanup()

    def _try_sandbox(self, *, required: bool) -> None:
        for name, content in _ETC.items():
            (Path(self._folder.name) / name).write_text(content, "utf-8")
        why_not = self._why_not()
        self.sandboxed = why_not is None
        if why_not is None:
            return
        if required:
            self.close()
            raise UsageError(
                f"this system does not allow network namespaces ({why_not})",
                hint="Allow unprivileged user namespaces, or use a proxy: `--sandbox auto` or `off`.",
            )
        self.notes = (f"observed through proxy variables only, not in a sandbox: {why_not}",)

    def _why_not(self) -> str | None:
        """Try to start a program in a sandbox; return why that failed, None if it worked."""
        if not sys.platform.startswith("linux"):
            return "network namespaces need Linux"
        try:
            child, ingress = self.start([sys.executable, "-I", "-S", "-c", ""], Path(), line_limit=1024)
        except ImplementationError as error:
            return error.message
        child.kill()
        ingress.close()
        return None

    @contextlib.contextmanager
    def _entering(self) -> Iterator[tuple[list[str], socket.socket, socket.socket]]:
        """Give the command line that starts a program in the sandbox, and both ends of the channel over which
        its sockets arrive."""
        ours, theirs = socket.socketpair()
        with ours, theirs:
            words = [sys.executable, "-I", "-S", str(_INIT), str(theirs.fileno()), self._folder.name]
            yield words, ours, theirs

    def _ingress(self, channel: socket.socket, step: Step | None) -> Ingress:
        channel.settimeout(_START_S)
        try:
            message, descriptors, *_ = socket.recv_fds(channel, 1024, 8)
        except OSError as error:
            raise ImplementationError(f"the sandbox was not ready: {error}") from None
        if message != b"ready":
            said = message.decode("utf-8", "replace") or "its helper exited"
            raise ImplementationError(f"cannot create the sandbox: {said}")
        *bound, user, network = descriptors
        *listening, asked = [socket.socket(fileno=descriptor) for descriptor in bound]
        names = self.server.serve_dns(asked, _PUBLIC_LOOKING)
        ingress = Ingress(self.server, listening, sandboxed=True, names=names, ports=PortMap(user, network))
        try:
            if step is not None:
                ingress.serve(step)
            channel.send(b"!")
        except BaseException:
            ingress.close()
            raise
        return ingress

    def _environment(self, proxy: str | None, extra: Mapping[str, str] | None) -> dict[str, str]:
        """Return this process's environment without credentials, with the run's certificate authority, and
        with `proxy` as the only proxy."""
        environment = child_environment()
        for name in list(environment):
            if name.lower() in _PROXY_VARIABLES:
                del environment[name]
        environment.update(dict.fromkeys(_AUTHORITY_VARIABLES, str(self.server.authority.ca_file)))
        if proxy is not None:
            for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
                environment[name] = environment[name.lower()] = proxy
            environment["NODE_USE_ENV_PROXY"] = "1"
        environment.update(extra or {})
        return environment
