"""`harness simulate`: the stand-in provider on a port of this machine."""

from __future__ import annotations

import signal
import threading
from dataclasses import replace
from decimal import Decimal
from types import FrameType
from urllib.parse import urlsplit

import click

from harness.cli.upstream import dollars
from harness.errors import UsageError
from harness.model import Reply, Request
from harness.recording import FORWARDED_HOST, OPENROUTER
from harness.wire.server import CaptureServer
from harness_openclaw.mock_provider import Account, Provider
from harness_openclaw.reference.clawrouter.access import DEFAULT_ROOT as CLAWROUTER

__all__ = ["command"]

_CLAWROUTER = urlsplit(CLAWROUTER).netloc


@click.command("simulate")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port on 127.0.0.1; else a free one.")
@click.option("--paced", is_flag=True, help="Pause between the pieces of an answer, as a provider does.")
@click.option("--credits", "bought", type=dollars, default=Decimal(10), metavar="USD", show_default=True)
def command(port: int, paced: bool, bought: Decimal) -> int:
    """Serve a stand-in for OpenRouter and ClawRouter, to try clients and recordings without an account.

    It answers what docs/simulator.md lists, over https and http, accepts any key, and refuses on demand.
    It stops at Ctrl-C.
    """
    stop = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    provider = Provider(Account(credits=bought), any_model=False)

    def answer(request: Request) -> Reply:
        return provider.answer(_as_meant(request))

    with CaptureServer() as server:
        try:
            listener = server.listen(answer, port=port, paced=paced)
        except OSError as error:
            raise UsageError(f"port {port} cannot be had: {error.strerror}") from None
        with listener:
            url, ca_file = f"https://127.0.0.1:{listener.port}", server.authority.ca_file
            click.echo(f"stand-in provider: {url}/api/v1")
            click.echo(f"certificate authority: {ca_file}")
            routes = " ".join(f"--upstream {host}={url}" for host in (OPENROUTER, _CLAWROUTER))
            click.echo(f"record from it: harness record {routes} --upstream-ca {ca_file} --source simulated")
            click.echo(f"as ClawRouter: {url}")
            stop.wait()
    return 0


def _as_meant(request: Request) -> Request:
    """The request under the host that a recording has routed here, if it says which: the URLs in its answer
    are that host's then, and can be recorded."""
    host = next((value for name, value in request.headers if name.lower() == FORWARDED_HOST.lower()), None)
    if host is None:
        return request
    return replace(request, url=urlsplit(request.url)._replace(scheme="https", netloc=host).geturl())
