"""Canaries planted in every place that a recording has, in every way that they can be written.

`survivors` looks for them by itself: it shares no code with what is tested.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, unquote_to_bytes

import yaml

from harness.cassettes import Recorded
from harness.model import Reply, Request

URL = "https://api.example.com/api/v1/chat/completions"
JSON = (("Content-Type", "application/json; charset=utf-8"),)
EVENTS = (("Content-Type", "text/event-stream"),)

SECRETS = {
    "key": "sk-or-v1-" + "3f9a" * 12,
    "canary": "canary-" + "7c0de1a5" * 4,
    "words": 'p@ss/w"rd +é\\%41 of Zoë',
}

Encoding = Callable[[str], str]
Channel = Callable[[str], tuple[Recorded, Mapping[str, Any]]]


def _b64(text: str, before: str = "") -> str:
    return base64.b64encode((before + text).encode()).decode()


ENCODINGS: dict[str, Encoding] = {
    "plain": lambda text: text,
    "in-a-sentence": lambda text: f"The key {text}, it is said, was refused.",
    "percent": lambda text: quote(text, safe=""),
    "percent-every-byte": lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
    "percent-twice": lambda text: quote(quote(quote(text[:1]) + text[1:], safe=""), safe=""),
    "json-escapes": lambda text: "".join(f"\\u{ord(sign):04x}" for sign in text),
    "json-string": lambda text: json.dumps({"note": text}),
    "json-in-json": lambda text: json.dumps({"note": json.dumps({"deep": text})}),
    "base64": _b64,
    "base64-one-before": lambda text: _b64(text, "x"),
    "base64-two-before": lambda text: _b64(text + " and more", "xy"),
    "base64-url": lambda text: base64.urlsafe_b64encode(f"{text}\u00ff?>".encode()).decode().rstrip("="),
    "base64-twice": lambda text: _b64(_b64(text)),
    "base64-three-times": lambda text: _b64(_b64(_b64(text))),
    "base64-after-letters": lambda text: f"ab{_b64(text)}",
    "base64-of-percent-of-base64": lambda text: _b64(quote(_b64(text + "?>"), safe="")),
    "percent-three-times": lambda text: quote(quote(quote(f"%{ord(text[0]):x}{text[1:]}"))),
    "base64-of-percent": lambda text: _b64("q=" + quote(text, safe="")),
    "percent-of-base64": lambda text: quote(_b64(text, "?>"), safe=""),
    "base64-on-lines": lambda text: re.sub("(.{76})", "\\1\r\n", _b64(text * 3)),
}


def _request(text: str = "", **given: Any) -> Recorded:
    values: dict[str, Any] = {"method": "POST", "url": URL, "headers": JSON, "body": b"{}"}
    return Recorded(0, Request(**values | given), Reply(200, JSON, (b"{}",)))


def _reply(
    body: bytes | tuple[bytes, ...], headers: Any = JSON, status: int = 200, url: str = URL
) -> Recorded:
    chunks = body if isinstance(body, tuple) else (body,)
    return Recorded(0, Request("POST", url, JSON, b"{}"), Reply(status, headers, chunks))


def _header(name: str) -> Channel:
    return lambda text: (_request(headers=(*JSON, (name, _line(text)))), {})


def _answered(name: str) -> Channel:
    return lambda text: (_reply(b"{}", (*JSON, (name, _line(text)))), {})


def _line(text: str) -> str:
    return text.replace("\r\n", "")


def _nested(text: str, depth: int = 6) -> Any:
    value: Any = [1, None, text]
    for number in range(depth):
        value = {"kept": number, "below": value} if number % 2 else [value, True]
    return value


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


def _event(value: Any) -> bytes:
    return b"data: " + _json(value) + b"\n\n"


def _stream(*events: bytes) -> bytes:
    return b": STILL PROCESSING\n\n" + b"".join(events) + b"data: [DONE]\n\n"


def _split(text: str) -> tuple[Recorded, Mapping[str, Any]]:
    """The secret lies across the boundary of two chunks."""
    body = _stream(_event({"choices": [{"delta": {"content": text}}]}))
    middle = len(b": STILL PROCESSING\n\n") + 40 + len(text) // 2
    return _reply((body[:middle], body[middle:]), EVENTS), {}


def _spelled(text: str) -> tuple[Recorded, Mapping[str, Any]]:
    """The secret comes in pieces, one an event."""
    pieces = [text[start : start + 7] for start in range(0, len(text), 7)]
    return _reply(
        _stream(*(_event({"choices": [{"delta": {"content": piece}}]}) for piece in pieces)), EVENTS
    ), {}


def _multipart(name: str) -> Channel:
    def plant(text: str) -> tuple[Recorded, Mapping[str, Any]]:
        body = (
            '--b0\r\nContent-Disposition: form-data; name="model"\r\n\r\nwhisper\r\n'
            f'--b0\r\nContent-Disposition: form-data; name="{name}"; filename="a.txt"\r\n'
            f"Content-Type: text/plain\r\n\r\n{text}\r\n--b0--\r\n"
        ).encode()
        return _request(headers=(("Content-Type", "multipart/form-data; boundary=b0"),), body=body), {}

    return plant


def _form(name: str) -> Channel:
    headers = (("Content-Type", "application/x-www-form-urlencoded"),)
    return lambda text: (
        _request(headers=headers, body=f"a=1&{name}={quote(text)}&b=2".encode()),
        {},
    )


def _compressed(coding: str, compress: Callable[[bytes], bytes]) -> Channel:
    headers = (*JSON, ("Content-Encoding", coding))
    return lambda text: (_reply(compress(_json({"text": text})), headers), {})


def _deflate_raw(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(data) + compressor.flush()


def _gzipped_request(text: str) -> tuple[Recorded, Mapping[str, Any]]:
    headers = (*JSON, ("Content-Encoding", "gzip"))
    return _request(headers=headers, body=gzip.compress(_json({"prompt": text}))), {}


CHANNELS: dict[str, Channel] = {
    "authorization": lambda text: (_request(headers=(("Authorization", f"Bearer {_line(text)}"),)), {}),
    "x-api-key": _header("X-Api-Key"),
    "cookie": _header("Cookie"),
    "unlisted-header": _header("X-Acme-Trace"),
    "listed-header": _header("User-Agent"),
    "attribution-header": _header("HTTP-Referer"),
    "set-cookie": _answered("Set-Cookie"),
    "organization": _answered("openai-organization"),
    "unlisted-answer-header": _answered("x-acme-debug"),
    "listed-answer-header": _answered("Location"),
    "url-path": lambda text: (_request(url=f"https://api.example.com/v1/{quote(text)}/chat"), {}),
    "url-query": lambda text: (_request(url=f"{URL}?api_key={quote(text)}&x=1"), {}),
    "url-other-query": lambda text: (_request(url=f"{URL}?x={quote(text)}"), {}),
    "url-userinfo": lambda text: (
        _request(url=f"https://me:{quote(text, safe='')}@api.example.com/api/v1"),
        {},
    ),
    "url-fragment": lambda text: (_request(url=f"{URL}#{quote(text)}"), {}),
    "json-request": lambda text: (_request(body=_json({"messages": [{"content": text}]})), {}),
    "json-nested": lambda text: (_request(body=_json(_nested(text))), {}),
    "json-key": lambda text: (_request(body=_json({"a": {text: 1}})), {}),
    "json-unicode": lambda text: (_request(body=json.dumps({"é": text}, ensure_ascii=False).encode()), {}),
    "json-utf-16": lambda text: (
        _request(
            headers=(("Content-Type", "application/json; charset=utf-16"),),
            body=json.dumps([text]).encode("utf-16"),
        ),
        {},
    ),
    "json-response": lambda text: (_reply(_json({"choices": [{"message": {"content": text}}]})), {}),
    "tool-arguments": lambda text: (_reply(_json({"arguments": json.dumps({"q": text})})), {}),
    "error-body": lambda text: (
        _reply(_json({"error": {"message": f"No auth {text}", "code": 401}, "user_id": text}), status=401),
        {},
    ),
    "plain-error-body": lambda text: (_reply(f"bad key {text}\n".encode(), (), 502), {}),
    "account": lambda text: (
        _reply(_json({"data": {"label": text, "usage": 1}}), url="https://api.example.com/api/v1/key"),
        {},
    ),
    "event": lambda text: (_reply(_stream(_event({"choices": [{"delta": {"content": text}}]})), EVENTS), {}),
    "event-comment": lambda text: (_reply(f": {_line(text)}\n\ndata: [DONE]\n\n".encode(), EVENTS), {}),
    "across-chunks": _split,
    "across-events": _spelled,
    "multipart": _multipart("prompt"),
    "multipart-key": _multipart("api_key"),
    "form": _form("prompt"),
    "form-key": _form("client_secret"),
    "gzip": _compressed("gzip", gzip.compress),
    "deflate": _compressed("deflate", zlib.compress),
    "deflate-raw": _compressed("deflate", _deflate_raw),
    "gzip-request": _gzipped_request,
    "binary": lambda text: (_reply(b"\xff\xfb\x90\x00" + text.encode() + b"\x00\xfe", ()), {}),
    "metadata": lambda text: (_request(), {"note": text}),
    "metadata-nested": lambda text: (_request(), {"notes": [{"by": ["x", text]}]}),
    "metadata-key": lambda text: (_request(), {"notes": {text: 1}}),
    "metadata-scrubbed": lambda text: (_request(), {"scrubbed": [text]}),
}
_ONLY_WHOLE = {
    "across-events": ("plain",),
    "binary": tuple(name for name in ENCODINGS if name != "percent-of-base64"),
}


def planted() -> Iterator[tuple[str, str, str]]:
    """Every (secret, channel, encoding) that makes sense."""
    for channel in CHANNELS:
        for encoding in _ONLY_WHOLE.get(channel, tuple(ENCODINGS)):
            for secret in SECRETS if encoding == "plain" and channel != "across-events" else ("key",):
                yield secret, channel, encoding


def survivors(data: bytes, secret: str) -> list[str]:
    """In which reading of a cassette's bytes the secret still is."""
    needle = secret.encode()
    readings = {"the bytes": data}
    for number, text in enumerate(_strings(yaml.safe_load(data))):
        readings[f"string {number}"] = text
    found = []
    for name, text in readings.items():
        for how, reading in _deep(text, 3):
            if needle in reading:
                found.append(f"{name}{how}: {text[:60]!r}")
    return found


def _strings(value: Any) -> Iterator[bytes]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _strings(key)
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, bytes):
        yield value
    else:
        yield str(value).encode("utf-8", "surrogatepass")


def _deep(text: bytes, depth: int) -> Iterator[tuple[str, bytes]]:
    yield "", text
    if not depth:
        return
    for how, reading in _once(text):
        if reading != text:
            for more, deeper in _deep(reading, depth - 1):
                yield f", {how}{more}", deeper


def _once(text: bytes) -> Iterator[tuple[str, bytes]]:
    yield "unquoted", unquote_to_bytes(text)
    yield (
        "unescaped",
        re.sub(rb"\\+u00(..)", lambda found: bytes([int(found[1], 16)]), text).replace(b"\\", b""),
    )
    if text[:2] == b"\x1f\x8b":
        yield "unzipped", gzip.decompress(text)
    joined = text.replace(b"\r", b"").replace(b"\n", b"").replace(b"\\r", b"").replace(b"\\n", b"")
    for run in set(re.findall(rb"[A-Za-z0-9+/_-]{16,}", joined)):
        letters = run.replace(b"-", b"+").replace(b"_", b"/")
        for offset in range(4):
            part = letters[offset:]
            part = part[: len(part) // 4 * 4] if len(part) % 4 == 1 else part + b"=" * (-len(part) % 4)
            yield f"base64 from {offset}", base64.b64decode(part)
