"""Cassettes replayed interaction by interaction, and held against what plain YAML says is in them."""

from __future__ import annotations

import re
import ssl
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import httpx
import orjson
import yaml

from harness.cassettes import Cassette, Replay, open_cassette
from harness.errors import LoadError
from harness.model import Headers, Request
from harness.wire.intercept import answering, patched
from harness.wire.server import CaptureServer

_OF_THE_CONNECTION = frozenset(
    (
        "connection",
        "content-length",
        "keep-alive",
        "proxy-authenticate",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    )
)
_HOST = re.compile(r"[A-Za-z0-9.-]+")
_CODINGS = "gzip, deflate, br, zstd"


@dataclass(frozen=True)
class Answer:
    """A response as it came: the body before any content encoding was undone."""

    status: int
    headers: Headers
    body: bytes


@dataclass(frozen=True)
class Kept:
    """A response as the file states it; `value` where it holds parsed JSON instead of a body."""

    status: int
    headers: Headers
    body: bytes
    value: Any = None
    is_parsed: bool = False


@dataclass
class Tally:
    """What became of the interactions of many cassettes. `exact`: the bytes that the file holds;
    `equal`: JSON of which the file holds no bytes, by value. `nameless`: not sent over the wire, because a
    placeholder stands in the host and cannot issue a certificate for it."""

    files: int = 0
    refused: dict[Path, str] = field(default_factory=dict)
    dialects: Counter[str] = field(default_factory=Counter)
    exact: int = 0
    equal: int = 0
    failed: list[str] = field(default_factory=list)
    nameless: list[str] = field(default_factory=list)

    @property
    def interactions(self) -> int:
        return self.exact + self.equal + len(self.failed) + len(self.nameless)

    def __str__(self) -> str:
        forms = ", ".join(f"{count} {form}" for form, count in sorted(self.dialects.items()))
        return (
            f"{self.files} files ({forms}; {len(self.refused)} refused), {self.interactions} interactions: "
            f"{self.exact} exact, {self.equal} equal by value, {len(self.failed)} failed, "
            f"{len(self.nameless)} to hosts without a name"
        )


Send: TypeAlias = Callable[[Request], Answer]


def load(files: Iterable[Path], tally: Tally) -> Iterator[Cassette]:
    """The cassettes that can be read; the others are told in `tally`."""
    for file in files:
        tally.files += 1
        try:
            cassette = open_cassette(file)
        except LoadError as error:
            tally.refused[file] = error.problems[0].message
            continue
        tally.dialects["+".join(cassette.dialects)] += 1
        yield cassette


def in_process(files: Iterable[Path]) -> Tally:
    """Replay to httpx in this process."""
    tally = Tally()
    with patched(), httpx.Client(verify=False, timeout=30, trust_env=False) as client:
        for cassette in load(files, tally):
            replay = Replay(cassette, compressed=True)
            with answering(replay):
                _replay(cassette, replay, partial(_sent, client), tally)
    return tally


def over_the_wire(files: Iterable[Path]) -> Tally:
    """Replay through the capture server, to httpx that takes it for a proxy; TLS for every https host."""
    tally = Tally()
    with CaptureServer() as server:
        trust = ssl.create_default_context(cafile=str(server.authority.ca_file))
        for cassette in load(files, tally):
            replay = Replay(cassette, compressed=True)
            with (
                server.listen(replay) as listener,
                httpx.Client(proxy=listener.proxy_url, verify=trust, timeout=30) as client,
            ):
                _replay(cassette, replay, partial(_sent, client), tally, over_tls=True)
    return tally


def _replay(cassette: Cassette, replay: Replay, send: Send, tally: Tally, *, over_tls: bool = False) -> None:
    kept = stated(cassette.file)
    for recorded, expected in zip(cassette.interactions, kept, strict=True):
        where = f"{cassette.file}, interaction {recorded.number}"
        if over_tls and not _HOST.fullmatch(httpx.URL(recorded.request.url).host):
            tally.nameless.append(f"{where}: {recorded.request.url}")
            continue
        try:
            answer = send(recorded.request)
        except httpx.HTTPError as error:
            tally.failed.append(f"{where}: {type(error).__name__}: {error}")
            continue
        problem = unlike(expected, answer)
        if replay.misses and problem:
            problem = f"{problem} ({replay.misses[-1].message})"
        if problem:
            tally.failed.append(f"{where}: {problem}")
        elif expected.is_parsed:
            tally.equal += 1
        else:
            tally.exact += 1


def _sent(client: httpx.Client, request: Request) -> Answer:
    kind = [value for name, value in request.headers if name.lower() == "content-type"]
    headers = {"accept-encoding": _CODINGS} | ({"content-type": kind[0]} if kind else {})
    asked = client.build_request(request.method, request.url, content=request.body, headers=headers)
    response = client.send(asked, stream=True, follow_redirects=False)
    try:
        body = b"".join(response.iter_raw())
    finally:
        response.close()
    return Answer(response.status_code, tuple(response.headers.multi_items()), body)


def unlike(kept: Kept, answer: Answer) -> str | None:
    """How an answer differs from what the file states, None if it does not."""
    if answer.status != kept.status:
        return f"status {answer.status}, not {kept.status}"
    if kept.is_parsed:
        if orjson.loads(answer.body) != kept.value:
            return "another JSON value"
    elif answer.body != kept.body:
        return f"{len(answer.body)} bytes, not the {len(kept.body)} that were recorded"
    was, came = _headers(kept.headers), _headers(answer.headers)
    undone = was - came
    if came - was or any(name != "content-encoding" for name, _ in undone):
        return f"other headers: {sorted(undone)} became {sorted(came - was)}"
    return None


def _headers(headers: Headers) -> Counter[tuple[str, str]]:
    return Counter(
        (name.lower(), value.strip()) for name, value in headers if name.lower() not in _OF_THE_CONNECTION
    )


# ------------------------------------------------------------------ what the file says


def stated(file: Path) -> list[Kept]:
    """The responses of a cassette, read with no part of the harness."""
    content = yaml.load(file.read_bytes(), Loader=_loader())
    return [_kept(each["response"]) for each in content["interactions"]]


def _kept(response: dict[str, Any]) -> Kept:
    status = response["status_code"] if "status_code" in response else response["status"]["code"]
    headers = tuple(
        (_text(name), _text(value))
        for name, values in (response.get("headers") or {}).items()
        for value in (values if isinstance(values, list) else [values])
    )
    if response.get("parsed_body") is not None:
        return Kept(status, headers, b"", response["parsed_body"], is_parsed=True)
    body = response.get("body", response.get("content"))
    if isinstance(body, dict):
        body = body["string"]
    if isinstance(body, str):
        body = body.encode()
    return Kept(status, headers, body or b"")


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _loader() -> Any:
    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)
