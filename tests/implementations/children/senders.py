"""Callables that really send, one for each HTTP library, and report what came of it."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import threading
import urllib.request
from collections.abc import Callable
from typing import Any

import aiohttp
import httpx
import requests
import urllib3

Input = dict[str, Any]
CLIENT = httpx.Client(verify=False)


def url_of(given: Input) -> str:
    url: str = given.get("url", "https://api.acme.example/v1/chat/completions")
    return url


def headers_of(given: Input) -> dict[str, str]:
    return {"Authorization": "Bearer k", "X-Title": "t"}


def body_of(given: Input) -> Any:
    return given.get("body", {"model": "m", "temperature": 0.5})


def reported(send: Callable[[Input], str]) -> Callable[[Input], Any]:
    """The text that came back as an outcome, and an error by its class."""

    def call(given: Input) -> Any:
        try:
            return {"text": send(given)}
        except Exception as error:
            kinds = [kind.__name__ for kind in type(error).__mro__ if kind.__module__ != "builtins"]
            kinds += [kind.__name__ for kind in type(error).__mro__ if kind.__module__ == "builtins"]
            return {"error": {"class": ",".join(kinds)}}

    return call


@reported
def with_httpx(given: Input) -> str:
    return CLIENT.post(url_of(given), json=body_of(given), headers=headers_of(given)).text


@reported
def with_httpx_stream(given: Input) -> str:
    with CLIENT.stream("POST", url_of(given), json=body_of(given)) as response:
        return "|".join(line for line in response.iter_lines() if line)


@reported
def with_httpx_async(given: Input) -> str:
    async def send() -> str:
        async with httpx.AsyncClient(verify=False) as client:
            response = await client.post(url_of(given), json=body_of(given), headers=headers_of(given))
            return response.text

    return asyncio.run(send())


@reported
def with_requests(given: Input) -> str:
    return requests.post(url_of(given), json=body_of(given), headers=headers_of(given), timeout=5).text


@reported
def with_urllib3(given: Input) -> str:
    with urllib3.PoolManager(retries=False) as pool:
        response = pool.request("POST", url_of(given), json=body_of(given), headers=headers_of(given))
        return response.data.decode()


@reported
def with_aiohttp(given: Input) -> str:
    async def send() -> str:
        async with (
            aiohttp.ClientSession(headers=headers_of(given)) as session,
            session.post(url_of(given), json=body_of(given)) as response,
        ):
            return await response.text()

    return asyncio.run(send())


@reported
def with_urllib(given: Input) -> str:
    data = json.dumps(body_of(given)).encode()
    headers = {**headers_of(given), "Content-Type": "application/json"}
    request = urllib.request.Request(url_of(given), data=data, headers=headers)
    with urllib.request.urlopen(request) as response:
        text: str = response.read().decode()
        return text


@reported
def with_http_client(given: Input) -> str:
    connection = http.client.HTTPSConnection("api.acme.example")
    headers = {**headers_of(given), "Content-Type": "application/json"}
    connection.request("POST", "/v1/chat/completions", json.dumps(body_of(given)), headers)
    return connection.getresponse().read().decode()


async def a_coroutine(given: Input) -> Any:
    async with httpx.AsyncClient(verify=False) as client:
        await client.post(url_of(given), json=body_of(given))


async def a_form(given: Input) -> Any:
    async with aiohttp.ClientSession("https://api.example") as session:
        await session.post("/form", data={"a": "1 2"})


def from_a_thread(given: Input) -> Any:
    thread = threading.Thread(target=with_httpx, args=(given,))
    thread.start()
    thread.join()


def around_the_libraries(given: Input) -> Any:
    with socket.socket() as plain:
        plain.connect(("127.0.0.1", given["port"]))


def redirected(given: Input) -> Any:
    return {"text": CLIENT.get(url_of(given), follow_redirects=True).text}


def as_if_shaping(given: Input) -> Any:
    return {"method": "GET", "url": url_of(given)}


def hanging(given: Input) -> Any:
    with_httpx(given)
    threading.Event().wait(60)
