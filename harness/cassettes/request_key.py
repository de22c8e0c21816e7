"""What requests are known by: method, URL and body in one spelling each, and the model that they ask."""

from __future__ import annotations

import json
import re
from hashlib import blake2b
from typing import TypeAlias
from urllib.parse import quote, unquote

import orjson

from harness.matchers import normalise_url
from harness.model import Request

__all__ = ["Key", "Place", "canonical_body", "key_of", "model_of", "place_of"]

Place: TypeAlias = tuple[str, str]
"""Method and URL."""

Key: TypeAlias = tuple[str, str, bytes]
"""Method, URL and a digest of the body."""

_BARE = re.compile(r"[^!#-;=?-\[\]_a-z~]+")  # what clients escape before they send it
_LONG_NUMBER = re.compile(rb"\d{19}")
_PAIR = rb"[A-Za-z0-9%+._~\[\]-]+=[^&\s]*"
_FORM = re.compile(rb"%b(?:&%b)*" % (_PAIR, _PAIR))
_MODEL = re.compile(r"/models/([^/:?]+):")
_BOUNDARY = re.compile(rb"--([^\r\n\"]{8,70})\r\n")


def place_of(request: Request) -> Place:
    """Where a request goes; a URL with bare characters is the same as the one that a client makes of it."""
    url = _BARE.sub(lambda found: quote(found.group(), safe=""), request.url)
    return request.method.upper(), normalise_url(url)


def key_of(request: Request) -> Key:
    """What tells a request from others; headers do not."""
    body = canonical_body(request.body)
    return *place_of(request), blake2b(body, digest_size=16).digest() if body else b""


def model_of(request: Request) -> str:
    """The model that a request names: in its body, or in its path as Gemini's do; empty if it names none."""
    try:
        asked = orjson.loads(request.body)
    except orjson.JSONDecodeError:
        asked = None
    model = asked.get("model") if isinstance(asked, dict) else None
    if isinstance(model, str):
        return model
    named = _MODEL.search(request.url)
    return unquote(named[1]) if named else ""


def canonical_body(body: bytes) -> bytes:
    """The one spelling in which two bodies are compared: JSON by value, a form by its names and values in
    any order of the names, several parts whatever stands between them; any other body as it is."""
    start = body[:1]
    if start == b"-" and (boundary := _BOUNDARY.match(body)):
        return body.replace(boundary[1], b"boundary")
    if start and start not in b'{["' and _FORM.fullmatch(body):
        pairs = sorted(body.split(b"&"), key=lambda pair: pair.partition(b"=")[0])
        return b"&".join(pairs)
    try:
        if _LONG_NUMBER.search(body):  # perhaps an integer beyond 64 bits, which orjson rounds
            text = json.dumps(json.loads(body), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            return text.encode()
        return orjson.dumps(orjson.loads(body), option=orjson.OPT_SORT_KEYS)
    except (ValueError, TypeError, RecursionError):
        return body
