"""Real clients, each sending one POST with JSON and a header in a letter case of its own."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import ssl
import subprocess
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path

import aiohttp
import httpx
import pytest
import requests

BODY = {"model": "m", "n": [1, 1.5, "ü"]}
HEADERS = {"Authorization": "Bearer k", "X-CaSe": "kept"}

Client = Callable[[str, str | None, Path], str]
"""Takes a URL, a proxy or None and the file of the authority's certificate; gives the answer's text."""

_NODE = """
const [url, headers, body] = process.argv.slice(1);
const response = await fetch(url, { method: "POST", headers: JSON.parse(headers), body });
process.stdout.write(await response.text());
"""


def with_httpx(url: str, proxy: str | None, ca: Path) -> str:
    with httpx.Client(proxy=proxy, verify=_trusting(ca), trust_env=False) as client:
        return client.post(url, json=BODY, headers=HEADERS).text


def with_httpx_async(url: str, proxy: str | None, ca: Path) -> str:
    async def send() -> str:
        async with httpx.AsyncClient(proxy=proxy, verify=_trusting(ca), trust_env=False) as client:
            return (await client.post(url, json=BODY, headers=HEADERS)).text

    return asyncio.run(send())


def with_requests(url: str, proxy: str | None, ca: Path) -> str:
    with requests.Session() as session:
        session.trust_env = False
        proxies = {} if proxy is None else {"http": proxy, "https": proxy}
        answer = session.post(url, json=BODY, headers=HEADERS, proxies=proxies, verify=str(ca))
        return answer.text


def with_aiohttp(url: str, proxy: str | None, ca: Path) -> str:
    async def send() -> str:
        async with (
            aiohttp.ClientSession() as session,
            session.post(url, json=BODY, headers=HEADERS, proxy=proxy, ssl=_trusting(ca)) as answer,
        ):
            text: str = await answer.text()
            return text

    return asyncio.run(send())


def with_urllib(url: str, proxy: str | None, ca: Path) -> str:
    proxies = {} if proxy is None else {"http": proxy, "https": proxy}
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler(proxies), urllib.request.HTTPSHandler(context=_trusting(ca))
    )
    request = urllib.request.Request(url, json.dumps(BODY).encode(), HEADERS)
    with opener.open(request) as answer:
        text: str = answer.read().decode()
        return text


def with_curl(url: str, proxy: str | None, ca: Path) -> str:
    headers = [word for name, value in HEADERS.items() for word in ("-H", f"{name}: {value}")]
    words = ["curl", "-sS", "--cacert", str(ca), "-d", json.dumps(BODY), *headers, url]
    return _run(words, {} if proxy is None else {"http_proxy": proxy, "https_proxy": proxy}, "curl")


def with_node_fetch(url: str, proxy: str | None, ca: Path) -> str:
    environment = {"NODE_EXTRA_CA_CERTS": str(ca)}
    if proxy is not None:
        environment |= {"HTTP_PROXY": proxy, "HTTPS_PROXY": proxy, "NODE_USE_ENV_PROXY": "1"}
        if _node_version() < (22, 21):
            pytest.skip("this Node.js cannot be told to use a proxy; it takes 22.21 or later")
    words = ["node", "--input-type=module", "-e", _NODE, url, json.dumps(HEADERS), json.dumps(BODY)]
    return _run(words, environment, "node")


CLIENTS: Mapping[str, Client] = {
    "httpx": with_httpx,
    "httpx-async": with_httpx_async,
    "requests": with_requests,
    "aiohttp": with_aiohttp,
    "urllib": with_urllib,
    "curl": with_curl,
    "node-fetch": with_node_fetch,
}


def _trusting(ca: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(ca))


def _run(words: list[str], environment: Mapping[str, str], program: str) -> str:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not on PATH")
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    done = subprocess.run(words, env=kept | dict(environment), capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def _node_version() -> tuple[int, ...]:
    if shutil.which("node") is None:
        pytest.skip("node is not on PATH")
    said = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    return tuple(int(part) for part in said.strip().removeprefix("v").split(".")[:2])
