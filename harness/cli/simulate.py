"""`harness simulate`: the stand-in provider on a port of this machine."""

from __future__ import annotations

import signal
import threading
from decimal import Decimal
from types import FrameType

import click

from harness.errors import UsageError
from harness.recording import OPENROUTER
from harness.simulator import Account, Provider
from harness.wire.server import CaptureServer

__all__ = ["command"]


@click.command("simulate")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port on 127.0.0.1; else a free one.")
@click.option("--paced", is_flag=True, help="Pause between the pieces of an answer, as a provider does.")
@click.option("--credits", "bought", type=Decimal, default=Decimal(10), metavar="USD", show_default=True)
def command(port: int, paced: bool, bought: Decimal) -> int:
    """Serve a stand-in for OpenRouter, to try clients and recordings without an account.

    It answers chat completions, models, key, credits and generation over https and http, accepts any key,
    and gives the answers that docs/simulator.md lists on demand. It stops at Ctrl-C.
    """
    stop = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    provider = Provider(Account(credits=bought), any_model=False)
    with CaptureServer() as server:
        try:
            listener = server.listen(provider.answer, port=port, paced=paced)
        except OSError as error:
            raise UsageError(f"port {port} cannot be had: {error.strerror}") from None
        with listener:
            url, ca_file = f"https://127.0.0.1:{listener.port}", server.authority.ca_file
            click.echo(f"stand-in provider: {url}/api/v1")
            click.echo(f"certificate authority: {ca_file}")
            click.echo(
                f"record from it: harness record --upstream {OPENROUTER}={url} --upstream-ca {ca_file}"
                " --source simulated"
            )
            stop.wait()
    return 0
