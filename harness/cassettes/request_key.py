"""What identifies a request: method, URL and body in one spelling each; and the model it names."""

from __future__ import annotations

import json
import re
from hashlib import blake2b
from typing import TypeAlias
from urllib.parse import unquote

import orjson

from harness.matchers import normalise_url
from harness.model import Request

__all__ = ["Key", "Place", "canonical_body", "key_of", "model_of", "place_of"]

Place: TypeAlias = tuple[str, str]
"""Method and URL."""

Key: TypeAlias = tuple[str, str, bytes]
"""Method, URL and a digest of the body."""

_LONG_NUMBER = re.compile(rb"\d{19}")
_PAIR = rb"[A-Za-z0-9%+._~\[\]-]+=[^&\s]*"
_FORM = re.compile(rb"%b(?:&%b)*" % (_PAIR, _PAIR))
_MODEL = re.compile(r"/models/([^/:?]+):")
_BOUNDARY = re.compile(rb"--([^\r\n\"]{8,70})\r\n")


def place_of(request: Request) -> Place:
    """Return where a request goes."""
    return request.method.upper(), normalise_url(request.url, for_lookup=True)


def key_of(request: Request) -> Key:
    """Return what distinguishes a request from others; headers do not count."""
    body = canonical_body(request.body)
    return *place_of(request), blake2b(body, digest_size=16).digest() if body else b""


def model_of(request: Request) -> str:
    """Return the model that a request names in its body or, as Gemini's do, in its path; empty if none."""
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
    """Return the one spelling in which two bodies are compared: JSON by value, a form in any order of its
    names, multipart with any boundary, and every other body as it is."""
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
