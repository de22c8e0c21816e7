"""`harness serve`: the capture server by hand, for any client."""

from __future__ import annotations

import os
import re
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import orjson

from harness.cli.options import contract_option
from harness.contracts import Contract, pick_contract
from harness.errors import HarnessError, UsageError, nearest
from harness.model import Reply, Request
from harness.redaction import Redactor, names_credential
from harness.report import request_as_json
from harness.wire import render

__all__ = ["command"]

_REPLY_KEYS = ("status", "headers", "json", "text", "sse", "base64", "fault", "cassette", "interaction")
_SECRET_VALUE = re.compile(r"(?<=Bearer )\S+|(?<=Basic )\S+|^(?!Bearer |Basic ).+", re.DOTALL)


@click.command("serve")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Of 127.0.0.1; else a free one.")
@click.option(
    "--reply",
    "source",
    metavar="FILE.json|FILE.yaml",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="What requests are answered with: a reply as scenarios write it, as JSON, or a cassette; "
    "else a plausible success.",
)
@click.option(
    "--pacing/--no-pacing", "paced", default=False, help="Keep the pauses that a cassette was recorded with."
)
@click.option(
    "--host", "hosts", multiple=True, metavar="HOST", help="Serve only this host (repeatable; default: any)."
)
@contract_option
def command(port: int, source: Path | None, paced: bool, hosts: tuple[str, ...], contract: str | None) -> int:
    """Listen on 127.0.0.1 as a base URL, as a proxy for http and https, and as any host over TLS, until
    Ctrl-C. Nothing is forwarded.

    The first line of output says where: `{"base_url": …, "proxy": …, "ca_file": …}`. Then comes a line for
    each request (`method`, `url`, `headers` as pairs, `body`), secrets masked, and `{"refused": …}` for
    what was turned away.
    """
    from harness.wire.server import CaptureServer

    answer = _answering(source, pick_contract(contract))
    lines = _Lines()

    def respond(request: Request) -> Reply:
        lines.show(request_as_json(_without_credentials(request)))
        try:
            return answer(request)
        except HarnessError as error:
            lines.show({"error": str(error)})
            return Reply(502, (("content-type", "text/plain"),), (f"harness: {error}\n".encode(),))

    with _asked_to_end() as wait_for_the_end, CaptureServer() as server:
        try:
            listener = server.listen(
                respond, port=port, hosts=hosts or None, paced=paced, on_refusal=lines.refused
            )
        except OSError as error:
            raise UsageError(
                f"port {port} of 127.0.0.1 cannot be had: {error.strerror}", hint="Leave --port out."
            ) from None
        place = {
            "base_url": listener.base_url,
            "proxy": listener.proxy_url,
            "ca_file": str(server.authority.ca_file),
        }
        lines.show(place)
        wait_for_the_end()
    return 0


def _without_credentials(request: Request) -> Request:
    """The request without the values of headers and parameters whose names say that they are secret, be
    they shaped like a key or not."""
    headers = tuple(
        (name, _SECRET_VALUE.sub("[masked]", value) if names_credential(name) else value)
        for name, value in request.headers
    )
    url, mark, query = request.url.partition("?")
    fields = [name + "=[masked]" if names_credential(name) else whole for whole, name in _fields(query)]
    return replace(request, url=url + mark + "&".join(fields), headers=headers)


def _fields(query: str) -> Iterator[tuple[str, str]]:
    for whole in query.split("&"):
        yield whole, whole.partition("=")[0]


class _Lines:
    """JSON lines on standard output, whole ones, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._mask = Redactor()

    def show(self, document: Any) -> None:
        text = self._mask(orjson.dumps(document).decode())
        with self._lock:
            click.echo(text)

    def refused(self, sentence: str) -> None:
        self.show({"refused": sentence})


def _answering(source: Path | None, contract: Contract) -> Callable[[Request], Reply]:
    """What answers requests. Raises `UsageError` or `LoadError` for a file that cannot be used."""
    respond = _provider(contract)
    if source is None:
        return lambda request: render({}, request, Path(), respond=respond)
    if source.suffix != ".json":
        return _from_cassette(source)
    try:
        reply = orjson.loads(source.read_bytes())
    except orjson.JSONDecodeError as error:
        raise UsageError(f"{source}: not JSON: {error}") from None
    if not isinstance(reply, dict):
        raise UsageError(
            f"{source}: a reply is an object, this is {type(reply).__name__}",
            hint="Write it as a scenario's reply: status, headers, json, text or sse, fault.",
        )
    for key in reply:
        if key not in _REPLY_KEYS:
            raise UsageError(f"{source}: a reply has no key {key!r}{nearest(key, _REPLY_KEYS)}")
    return lambda request: render(reply, request, source.parent, respond=respond)


def _provider(contract: Contract) -> Callable[[Request], Reply] | None:
    """The contract's mock provider."""
    respond = contract.hook("respond")
    if respond is None:
        return None
    state: dict[str, Any] = {}
    return lambda request: respond(request, state)


def _from_cassette(source: Path) -> Callable[[Request], Reply]:
    """The recorded answers; a request that was not recorded raises `CassetteMiss`."""
    from harness.cassettes import open_cassette
    from harness.cassettes.cassette_miss import explain_miss

    cassette = open_cassette(source)
    cassette.interaction(0)

    def answer(request: Request) -> Reply:
        found = cassette.find(request)
        if found is None:
            raise explain_miss(cassette, request, (), Redactor())
        return found.reply

    return answer


@contextmanager
def _asked_to_end() -> Iterator[Callable[[], object]]:
    """A function that waits for Ctrl-C, or for the system to ask the process to end; one that came before
    counts. It waits at a pipe, which is written to whichever thread the system interrupts: a handler would
    run only when the main thread wakes up."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    numbers = (signal.SIGINT, signal.SIGTERM)
    told_before = signal.set_wakeup_fd(writing)
    handled_before = [signal.signal(number, lambda *_: None) for number in numbers]
    try:
        yield lambda: os.read(reading, 1)
    finally:
        for number, handler in zip(numbers, handled_before, strict=True):
            signal.signal(number, handler)
        signal.set_wakeup_fd(told_before)
        os.close(reading)
        os.close(writing)
