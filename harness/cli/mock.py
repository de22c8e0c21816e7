"""`harness mock`: the contract's mock provider on a port of this machine."""

from __future__ import annotations

import errno
import signal
import threading
from dataclasses import replace
from decimal import Decimal
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

import click

from harness.cli.options import contract_option
from harness.cli.upstream import dollars
from harness.contracts import default_contract, named_contract
from harness.errors import UsageError
from harness.model import Reply, Request
from harness.recording.upstream import FORWARDED_HOST
from harness.wire.server import CaptureServer

__all__ = ["command"]


@click.command("mock")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="Port to listen on (default: any free port)."
)
@click.option(
    "--paced", is_flag=True, help="Pause between the chunks of a reply, as a provider does (default: no)."
)
@click.option(
    "--credits",
    "balance",
    type=dollars,
    default=Decimal(10),
    metavar="USD",
    show_default=True,
    help="Account balance.",
)
@contract_option
def command(port: int, paced: bool, balance: Decimal, contract: str | None) -> int:
    """Serve a contract's mock provider, to try clients and recordings without an account.

    It accepts any key, over https and http, until Ctrl-C. docs/mock-provider.md describes the mock provider
    of the default contract, and how to make it return errors.
    """
    played = default_contract() if contract is None else named_contract(contract)
    answer = played.hook("respond")
    if answer is None:
        raise UsageError(f"the contract {played.name} has no mock provider (the hook `respond`)")
    stop = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    state: dict[str, Any] = {"credits": balance, "any_model": False}

    def respond(request: Request) -> Reply:
        reply: Reply = answer(_under_forwarded_host(request), state)
        return reply

    with CaptureServer() as server:
        try:
            listener = server.listen(respond, port=port, paced=paced)
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            why = "is in use" if taken else f"cannot be opened ({error.strerror})"
            raise UsageError(f"port {port} {why}; choose another or omit --port") from None
        with listener:
            url, ca_file = f"https://127.0.0.1:{listener.port}", server.authority.ca_file
            routes = " ".join(f"--upstream {host}={url}" for host in played.hosts)
            click.echo(f"mock provider: {url}{urlsplit(played.base_url).path}")
            click.echo(f"certificate authority: {ca_file}")
            options = f"{routes} --upstream-ca {ca_file} --source simulated"
            click.echo(f"to record from it: harness record {options}")
            stop.wait()
    return 0


def _under_forwarded_host(request: Request) -> Request:
    """Return the request under the host that it was meant for, if `harness record --upstream` sent it here:
    the URLs in the reply are that host's then, and can be recorded."""
    host = next((value for name, value in request.headers if name.lower() == FORWARDED_HOST.lower()), None)
    if host is None:
        return request
    return replace(request, url=urlsplit(request.url)._replace(scheme="https", netloc=host).geturl())
