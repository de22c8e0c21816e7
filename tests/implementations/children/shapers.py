"""Callables under test: every form of answer, and every way to fail."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Generator
from typing import Any

import httpx

from harness.errors import Unsupported
from harness.model import Reply, Request

Input = dict[str, Any]
URL = "https://api.example/v1"


def request(**changes: Any) -> dict[str, Any]:
    return {"method": "POST", "url": URL, **changes}


def answer(given: Input) -> Any:
    """Whatever the test wants to be answered."""
    return given["answer"]


def own(given: Input) -> Request:
    return Request("POST", URL, (("A", "b"),), b"{}")


def unfrozen(given: Input) -> Request:
    return Request("POST", URL, [["A", "b"]], "{}")  # type: ignore[arg-type]


def from_httpx(given: Input) -> httpx.Request:
    return httpx.Request("POST", URL, headers=[("X-Twice", "1"), ("X-Twice", "2")], json={"a": 1})


def with_timeout(given: Input) -> httpx.Request:
    with httpx.Client(timeout=3.5, verify=False) as client:
        return client.build_request("POST", URL)


def raw_body(given: Input) -> Any:
    return request(body=b"\xff\x00")


def several(given: Input) -> Any:
    return [request(url=f"{URL}/{number}") for number in range(3)]


def several_with_a_mistake(given: Input) -> Any:
    return [request(), "GET /"]


def nothing(given: Input) -> None:
    return None


async def later(given: Input) -> Any:
    await asyncio.sleep(0)
    return request()


async def yields_later(given: Input) -> Any:
    yield request()


def converse(given: Input) -> Generator[Any, Reply, Any]:
    """A failed request, a wait, and another."""
    first = yield request()
    yield {"sleep_ms": 1500}
    yield {"sleep_ms": 500}
    second = yield request(timeout_ms=9000)
    return {"text": f"{first.fault or first.status} {second.status} {second.body.decode()}"}


def waits_once(given: Input) -> Generator[Any, Reply, Any]:
    yield {"sleep_ms": 1000}
    yield request()
    yield request()


def yields_nonsense(given: Input) -> Generator[Any, Any, Any]:
    yield "GET /"


def yields_nothing(given: Input) -> Generator[Any, Any, Any]:
    yield


def sleeps_nonsense(given: Input) -> Generator[Any, Any, Any]:
    yield {"sleep_ms": -1}


def changes_its_input(given: Input) -> Any:
    given["history"].append("changed")
    return request(body={"turns": len(given["history"])})


class Client:
    """A client that counts what it is asked, made anew for each case."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, given: Input) -> Any:
        self.calls += 1
        return request(body={"call": self.calls})


class Holder:
    inner = staticmethod(own)


def not_supported(given: Input) -> Any:
    raise Unsupported("no images")


def raises(given: Input) -> Any:
    key = given["api_key"]
    raise ValueError(f"cannot use {key}")


def exits(given: Input) -> Any:
    raise SystemExit(3)


def interrupts(given: Input) -> Any:
    raise KeyboardInterrupt


def hangs(given: Input) -> Any:
    while True:
        time.sleep(60)


def hangs_stubbornly(given: Input) -> Any:
    """Swallows whatever interrupts it, four times."""
    for _ in range(4):
        try:
            time.sleep(60)
        except BaseException:
            continue
    return request()


def declared(given: Input) -> Any:
    return request()


declared.harness = {  # type: ignore[attr-defined]
    "name": "declared",
    "version": "3",
    "inputs": ["tools"],
    "features": ["outcome"],
    "edition": "2026-04",
    "vars": {"app": {"title": "Mine"}},
}


def misdeclared(given: Input) -> Any:
    return request()


misdeclared.harness = {"featurs": ["outcome"]}  # type: ignore[attr-defined]

not_callable = 5
