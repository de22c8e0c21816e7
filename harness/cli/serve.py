"""`harness serve`: the capture server by hand, for any client."""

from __future__ import annotations

import errno
import os
import re
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import click
import orjson

from harness.cli.options import contract_option
from harness.contracts import Contract, pick_contract
from harness.errors import HarnessError, UsageError, did_you_mean
from harness.matchers import split_url
from harness.model import Case, Interaction, Reply, Request, Step
from harness.redaction import Redactor
from harness.report import request_as_json
from harness.wire import CaseReplay

__all__ = ["command"]

_REPLY_KEYS = ("status", "headers", "json", "text", "sse", "base64", "fault", "cassette", "interaction")
_BASE_URL = re.compile(r"https?://[^/?#]+(/[^?#]*)?$")


@click.command("serve")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="Port to listen on (default: any free port)."
)
@click.option(
    "--reply",
    "source",
    metavar="FILE.json|FILE.yaml",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Reply to requests: a cassette, or JSON with the keys of a scenario's reply (default: a plausible "
    "success).",
)
@click.option(
    "--pacing/--no-pacing",
    "paced",
    default=False,
    help="Keep the recorded pauses between chunks (default: no).",
)
@click.option(
    "--stands-for",
    metavar="URL",
    help="URL that the base URL represents (default: the origin of the cassette's first request).",
)
@click.option(
    "--host", "hosts", multiple=True, metavar="HOST", help="Serve only this host (repeatable; default: any)."
)
@contract_option
def command(
    port: int,
    source: Path | None,
    paced: bool,
    stands_for: str | None,
    hosts: tuple[str, ...],
    contract: str | None,
) -> int:
    """Serve a base URL, an HTTP and HTTPS proxy, and any host over TLS on 127.0.0.1, until Ctrl-C.

    Nothing is forwarded. The first line of output states the addresses: `{"base_url": …, "proxy": …,
    "ca_file": …}`. Each request is printed as a line (`method`, `url`, `headers` as pairs, `body`) with
    secrets masked, each refused connection as `{"refused": …}`. A cassette answers only recorded requests,
    repeated ones in the recorded order; others get 502, and a line says why.
    """
    from harness.wire.server import CaptureServer

    if stands_for is not None and not _BASE_URL.match(stands_for):
        raise UsageError(f"--stands-for {stands_for} must be https://HOST or https://HOST/PATH")
    answer, origin = _answering(source, pick_contract(contract))
    lines = _Lines()

    def respond(request: Request) -> Reply:
        lines.request(request)
        try:
            return answer(request)
        except HarnessError as error:
            lines.show({"error": str(error)})
            return Reply(502, (("content-type", "text/plain"),), (f"harness: {error}\n".encode(),))

    with _asked_to_end() as wait_for_the_end, CaptureServer() as server:
        try:
            listener = server.listen(
                respond,
                port=port,
                hosts=hosts or None,
                stands_for=stands_for or origin,
                paced=paced,
                on_refusal=lines.refused,
            )
        except OSError as error:
            in_use = error.errno == errno.EADDRINUSE
            what = f"port {port} is in use" if in_use else f"cannot listen on port {port}: {error.strerror}"
            raise UsageError(f"{what}; choose another or omit --port") from None
        place = {
            "base_url": listener.base_url,
            "proxy": listener.proxy_url,
            "ca_file": str(server.authority.ca_file),
        }
        lines.show(place)
        wait_for_the_end()
    return 0


class _Lines:
    """JSON lines on standard output, whole ones, from any thread, secrets masked."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._redactor = Redactor()

    def show(self, document: Any) -> None:
        text = self._redactor(orjson.dumps(document).decode())
        with self._lock:
            click.echo(text)

    def request(self, request: Request) -> None:
        self.show(request_as_json(self._redactor.request(request)))

    def refused(self, sentence: str) -> None:
        self.show({"refused": sentence})


def _answering(source: Path | None, contract: Contract) -> tuple[Callable[[Request], Reply], str | None]:
    """Return what answers requests, and the origin that it was recorded from, if it was.

    Raises `UsageError` or `LoadError` for a file that cannot be used.
    """
    if source is None:
        return _from_reply({}, Path(), contract), None
    reply = _json(source) if source.suffix == ".json" else None
    if source.suffix != ".json" or (isinstance(reply, dict) and "interactions" in reply):
        return _from_cassette(source)
    if not isinstance(reply, dict):
        raise UsageError(
            f"{source}: a reply must be a JSON object, not {type(reply).__name__}",
            hint="Its keys are those of a scenario's reply: status, headers, json, text, sse, fault.",
        )
    for key in reply:
        if key not in _REPLY_KEYS:
            raise UsageError(f"{source}: unknown key {key!r}{did_you_mean(key, _REPLY_KEYS)}")
    return _from_reply(reply, source.parent, contract), None


def _json(source: Path) -> Any:
    try:
        return orjson.loads(source.read_bytes())
    except orjson.JSONDecodeError as error:
        raise UsageError(f"{source}: not JSON: {error}") from None


def _from_reply(reply: dict[str, Any], cassettes: Path, contract: Contract) -> Callable[[Request], Reply]:
    """Return what answers all requests with `reply`: a case that expects any number of them."""
    interaction = Interaction({}, ("interactions", 0), replies=(reply,), least=0, most=None)
    steps = (Step({}, (interaction,)),)
    case = Case("serve", "serve", "", steps, "<reply>", 1, respond=contract.hook("respond"))
    return partial(CaseReplay(case, cassettes), 0)


def _from_cassette(source: Path) -> tuple[Callable[[Request], Reply], str]:
    """Return what plays the cassette, raising `CassetteMiss` for what was not recorded, and its origin."""
    from harness.cassettes import Replay, open_cassette

    cassette = open_cassette(source)
    first = split_url(cassette.interaction(0).request.url)
    replay = Replay(cassette, repeats=True)
    return lambda request: replay.play(request).reply, str(first._replace(path="", query=None))


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
