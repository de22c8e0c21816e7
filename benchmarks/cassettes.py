"""What a cassette costs, against stock vcrpy: loading it, looking a request up in it, and missing.

Interactions of 5 kB as vcrpy writes them, each a chat request and a streamed answer of twelve events, with
8 and 12 headers: as many as recordings of real providers have on average. CPU of this process. vcrpy
compares bodies one after the other and takes seconds a request on long cassettes, so it is asked few of them.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import yaml

from benchmarks.corpus import samples
from benchmarks.measuring import BenchmarkError, Table, at_least, at_most, medians
from harness.cassettes import Cassette, CassetteMiss, Replay, open_cassette
from harness.cassettes.reading import read
from harness.model import Request

__all__ = ["run"]

_COUNTS = (10, 100, 1_000, 10_000)
_LOADED = (100, 1_000, 10_000)
_FASTER = 5.0
_FLAT = 1.5
_PATIENCE = 1_000  # interactions; above this vcrpy is asked three requests instead of ten
_URL = "https://openrouter.ai/api/v1/chat/completions"


def run(folder: Path, rounds: int) -> Iterator[Table]:
    """One table for loading, one for look-ups and misses."""
    files = {count: _write(folder / f"{count}.yaml", count) for count in _COUNTS}
    yield _loading(files, min(rounds, 3))
    yield _asking(files, min(rounds, 3))


# ------------------------------------------------------------------ loading


def _loading(files: dict[int, Path], rounds: int) -> Table:
    table = Table(
        "Loading a cassette", ("interactions", "MB", "vcrpy ms", "harness ms", "times faster", "target")
    )
    for count in _LOADED:
        path = files[count]
        if len(read(path)[0]) != count or len(_stock(path).data) != count:
            raise BenchmarkError(f"{path} has {count} interactions, and not all of them were loaded")

        def load_stock(path: Path = path) -> float:
            return _cpu_of(lambda: _stock(path))

        def load(path: Path = path) -> float:
            return _cpu_of(lambda: read(path))

        seen = medians({"stock": load_stock, "ours": load}, rounds)
        faster = seen["stock"] / seen["ours"]
        table.row(
            f"{count:,}",
            f"{path.stat().st_size / 1e6:.1f}",
            f"{seen['stock'] * 1e3:,.0f}",
            f"{seen['ours'] * 1e3:,.0f}",
            f"{faster:.1f}",
            at_least(faster, _FASTER) if count == max(_LOADED) else "",
        )
    table.note("vcrpy: `Cassette.load` as `use_cassette` does it, with libyaml.")
    return table


def _cpu_of(load: Callable[[], object]) -> float:
    gc.collect()
    started = time.process_time()
    loaded = load()
    used = time.process_time() - started
    del loaded
    return used


# ------------------------------------------------------------------ look-ups and misses


def _asking(files: dict[int, Path], rounds: int) -> Table:
    table = Table(
        "Asking a cassette",
        ("interactions", "look-up µs", "vcrpy µs", "miss ms", "vcrpy ms", "target"),
    )
    first = 0.0
    for count, path in files.items():
        cassette, stock = open_cassette(path), _stock(path)
        asked = _spread(cassette, 200)
        few = _spread(cassette, 10 if count <= _PATIENCE else 3)
        missing = _missing(cassette)
        Replay(cassette)(asked[0])  # which makes the index
        seen = medians(
            {
                "ours": lambda: _played(cassette, asked),  # noqa: B023
                "stock": lambda: _played_by_stock(stock, few),  # noqa: B023
                "miss": lambda: _missed(cassette, missing),  # noqa: B023
                "stock miss": lambda: _missed_by_stock(stock, missing),  # noqa: B023
            },
            1 if count > _PATIENCE else rounds,
        )
        first = first or seen["ours"]
        table.row(
            f"{count:,}",
            f"{seen['ours'] * 1e6:,.1f}",
            f"{seen['stock'] * 1e6:,.0f}",
            f"{seen['miss'] * 1e3:,.1f}",
            f"{seen['stock miss'] * 1e3:,.0f}",
            f"flat, {at_most(seen['ours'] / first, _FLAT)}" if count == max(_COUNTS) else "",
        )
    table.note("look-up: a request spread evenly over the cassette, bodies compared by value on both sides.")
    table.note(
        "miss: a request whose last message differs, with its explanation; the first one on a cassette,"
        " which works out what its requests are made of, is not counted (a fifth of a second at 10,000)."
    )
    return table


def _spread(cassette: Cassette, most: int) -> list[Request]:
    step = max(1, len(cassette.interactions) // most)
    return [recorded.request for recorded in cassette.interactions[step // 2 :: step]]


def _missing(cassette: Cassette) -> Request:
    request = cassette.interactions[len(cassette.interactions) // 2].request
    body = orjson.loads(request.body)
    body["messages"][-1] = {**body["messages"][-1], "content": "Something that nobody has asked yet."}
    return replace(request, body=orjson.dumps(body))


def _played(cassette: Cassette, asked: Sequence[Request]) -> float:
    replay = Replay(cassette)
    started = time.process_time()
    for request in asked:
        replay(request)
    used = time.process_time() - started
    if len(replay.played) != len(asked):
        raise BenchmarkError(f"{len(replay.misses)} requests were not found in their own cassette")
    return used / len(asked)


def _missed(cassette: Cassette, request: Request) -> float:
    replay = Replay(cassette)
    started = time.process_time()
    try:
        replay.play(request)
    except CassetteMiss as miss:
        used = time.process_time() - started
        if miss.closest != len(cassette.interactions) // 2:
            raise BenchmarkError(f"the nearest request is not found: {miss}") from None
        return used
    raise BenchmarkError("a request that was never recorded was answered")


# ------------------------------------------------------------------ vcrpy


def _stock(path: Path) -> Any:
    from vcr.cassette import Cassette as StockCassette  # type: ignore[import-untyped]
    from vcr.config import VCR  # type: ignore[import-untyped]
    from vcr.record_mode import RecordMode  # type: ignore[import-untyped]

    matchers = VCR(match_on=("method", "scheme", "host", "port", "path", "query", "body"))
    settings = matchers.get_merged_config(record_mode=RecordMode.NONE, allow_playback_repeats=True)
    known = ("serializer", "match_on", "record_mode", "allow_playback_repeats")
    return StockCassette.load(path=str(path), **{name: settings[name] for name in known})


def _stock_request(request: Request) -> Any:
    from vcr.request import Request as StockRequest  # type: ignore[import-untyped]

    return StockRequest(request.method, request.url, request.body, dict(request.headers))


def _played_by_stock(stock: Any, asked: Sequence[Request]) -> float:
    """As its patches do it: whether there is a response, then the response."""
    requests = [_stock_request(request) for request in asked]
    started = time.process_time()
    for request in requests:
        if not stock.can_play_response_for(request):
            raise BenchmarkError("vcrpy does not find a request in its own cassette")
        stock.play_response(request)
    return (time.process_time() - started) / len(requests)


def _missed_by_stock(stock: Any, request: Request) -> float:
    asked = _stock_request(request)
    started = time.process_time()
    if stock.can_play_response_for(asked):
        raise BenchmarkError("vcrpy answers a request that was never recorded")
    stock.find_requests_with_most_matches(asked)
    return time.process_time() - started


# ------------------------------------------------------------------ cassettes


def _write(path: Path, count: int) -> Path:
    """A cassette with `count` different requests, in the form that vcrpy gives it."""
    interactions = [
        _interaction(number, sample.body) for number, sample in zip(range(count), _bodies(), strict=False)
    ]
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    with path.open("w", encoding="utf-8") as file:
        yaml.dump({"interactions": interactions, "version": 1}, file, Dumper=dumper)
    return path


def _bodies() -> Iterator[Any]:
    known = list(samples(500))
    while True:
        yield from known


_ASKED_WITH = {
    "accept": "application/json",
    "accept-encoding": "gzip, deflate",
    "connection": "keep-alive",
    "content-length": "2600",
    "content-type": "application/json",
    "host": "openrouter.ai",
    "http-referer": "https://openclaw.ai",
    "user-agent": "client/1.0",
}


def _answered_with(number: int) -> Iterator[tuple[str, str]]:
    yield from (
        ("Access-Control-Allow-Origin", "*"),
        ("CF-RAY", f"{number:016x}-FRA"),
        ("Cache-Control", "no-cache"),
        ("Connection", "keep-alive"),
        ("Content-Type", "text/event-stream"),
        ("Date", "Thu, 20 Nov 2025 10:00:00 GMT"),
        ("Permissions-Policy", "payment=(self)"),
        ("Referrer-Policy", "no-referrer, strict-origin-when-cross-origin"),
        ("Server", "cloudflare"),
        ("Transfer-Encoding", "chunked"),
        ("X-Content-Type-Options", "nosniff"),
        ("x-generation-id", f"gen-{number}"),
    )


def _interaction(number: int, body: Any) -> dict[str, Any]:
    asked = {**body, "seed": number}
    chunk = {"id": f"gen-{number}", "object": "chat.completion.chunk", "model": body["model"]}
    events = [{**chunk, "choices": [{"index": 0, "delta": {"content": f"word {n}"}}]} for n in range(12)]
    stream = "".join(f"data: {orjson.dumps(event).decode()}\n\n" for event in events) + "data: [DONE]\n\n"
    return {
        "request": {
            "body": orjson.dumps(asked).decode(),
            "headers": {name: [value] for name, value in _ASKED_WITH.items()},
            "method": "POST",
            "uri": _URL,
        },
        "response": {
            "body": {"string": stream},
            "headers": {name: [value] for name, value in _answered_with(number)},
            "status": {"code": 200, "message": "OK"},
        },
    }
