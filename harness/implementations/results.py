"""Reading what an implementation returns: requests and outcomes.

The forms are listed in docs/implementations.md. Anything else is `Unreadable`, and the case errs:
a wrong answer must never look like a request that was not sent.
"""

from __future__ import annotations

import base64
import binascii
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from harness.json_encoding import encode_json
from harness.model import Headers, JsonValue, Request

__all__ = [
    "REQUEST_KEYS",
    "Unreadable",
    "as_outcome",
    "as_request",
    "milliseconds",
    "named",
    "request_of",
]

REQUEST_KEYS = ("method", "url", "headers", "body", "body_base64", "timeout_ms")


class Unreadable(Exception):  # noqa: N818 - a finding about an answer, turned into a `Failure`
    """An answer in no documented form; the message says what is wrong with it."""


def as_request(value: object) -> Request | None:
    """Return the request that `value` is: a `Request`, an `httpx.Request` or a mapping with a `url`.

    None if it is not meant as a request. Raises `Unreadable` for an invalid one.
    """
    if isinstance(value, Request):
        return _checked(value)
    if isinstance(value, Mapping):
        if "url" not in value and "method" not in value:
            return None
        unknown = sorted(str(key) for key in value if key not in REQUEST_KEYS)
        if unknown:
            raise Unreadable(
                f"a request with the unknown key {unknown[0]!r}; it may have {', '.join(REQUEST_KEYS)}"
            )
        return request_of(value)
    for library in ("httpx", "httpx2"):
        module = sys.modules.get(library)
        if module is not None and isinstance(value, module.Request):
            return _from_httpx(value)
    return None


def as_outcome(value: object, words: Sequence[str]) -> Mapping[str, JsonValue]:
    """Return the outcome that `value` is: empty, or with at least one of the contract's `words`.

    Raises `Unreadable` if it is not one.
    """
    if isinstance(value, Mapping):
        unnamed = [key for key in value if not isinstance(key, str)]
        if not unnamed and (not value or any(key in value for key in words)):
            return value
        keys = ", ".join(repr(key) for key in list(value)[:5])
        raise Unreadable(
            f"a mapping with {keys}, which is neither a request (method, url, headers, body)"
            f" nor an outcome ({', '.join(words)})"
        )
    raise Unreadable(f"{named(value)}, which is neither a request nor an outcome")


def request_of(value: Mapping[str, Any], *, after_ms: float | None = None) -> Request:
    """Return the request in a mapping of `REQUEST_KEYS`; other keys are ignored.

    Raises `Unreadable` for a missing or wrong value.
    """
    method, url = value.get("method"), value.get("url")
    if not isinstance(method, str) or not method:
        raise Unreadable(f"a request whose method is {named(method)}; it must be a string such as 'POST'")
    if not isinstance(url, str) or not url:
        raise Unreadable(f"a request whose url is {named(url)}; it must be a string")
    timeout_ms = value.get("timeout_ms")
    if timeout_ms is not None and (isinstance(timeout_ms, bool) or not isinstance(timeout_ms, int | float)):
        raise Unreadable(f"a request whose timeout_ms is {named(timeout_ms)}; it must be a number")
    return Request(method, url, _headers(value.get("headers")), _body(value), timeout_ms, after_ms)


def milliseconds(value: object) -> float:
    """Return the value of a `sleep_ms` as a number. Raises `Unreadable`."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
        raise Unreadable(f"a sleep_ms that is {named(value)}; it must be a number of milliseconds")
    return float(value)


def named(value: object) -> str:
    """Return a description of a value for a message: its type, and the value if it is short."""
    if value is None:
        return "missing"
    text = repr(value)
    return f"{type(value).__name__} {text}" if len(text) <= 40 else f"{type(value).__name__} {text[:37]}..."


def _headers(value: object) -> Headers:
    if value is None:
        return ()
    pairs: Iterable[object] | None = None
    if isinstance(value, Mapping):
        pairs = value.items()
    elif isinstance(value, list | tuple):
        pairs = value
    if pairs is None:
        raise Unreadable(
            f"headers as {named(value)}; they must be a mapping or a list of [name, value] pairs"
        )
    headers: list[tuple[str, str]] = []
    for pair in pairs:
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            raise Unreadable(f"a header as {named(pair)}; it must be a [name, value] pair")
        name, content = pair
        if isinstance(name, str) and isinstance(content, str):
            headers.append((name, content))
        elif isinstance(name, str | bytes) and isinstance(content, str | bytes):
            headers.append((_latin(name), _latin(content)))
        else:
            raise Unreadable(f"the header {name!r} as {named(content)}; a header's value must be a string")
    return tuple(headers)


def _latin(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("latin-1")


def _body(value: Mapping[str, Any]) -> bytes:
    encoded = value.get("body_base64")
    body = value.get("body")
    if encoded is not None:
        if body is not None:
            raise Unreadable("a request with both body and body_base64")
        if not isinstance(encoded, str):
            raise Unreadable(f"a body_base64 that is {named(encoded)}; it must be a string")
        try:
            return base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError) as error:
            raise Unreadable(f"a body_base64 that is not base64: {error}") from None
    if body is None:
        return b""
    if isinstance(body, bytes):
        return body
    if isinstance(body, bytearray | memoryview):
        return bytes(body)
    try:
        if isinstance(body, str):
            return body.encode()
        return encode_json(body)
    except UnicodeEncodeError:
        raise Unreadable("a body with half a surrogate pair, which UTF-8 cannot encode; pass bytes") from None
    except (TypeError, ValueError, RecursionError) as error:
        raise Unreadable(f"a body of type {type(body).__name__} that is not a JSON value: {error}") from None


def _checked(request: Request) -> Request:
    if isinstance(request.body, bytes) and type(request.headers) is tuple:
        return request
    return Request(
        request.method,
        request.url,
        _headers(request.headers),
        _body({"body": request.body}),
        request.timeout_ms,
        request.after_ms,
    )


def _from_httpx(request: Any) -> Request:
    try:
        body: bytes = request.read()
    except Exception as error:
        raise Unreadable(f"an httpx request whose body cannot be read: {error}") from error
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw)
    limits = request.extensions.get("timeout") or {}
    read_s = limits.get("read")
    return Request(request.method, str(request.url), headers, body, None if read_s is None else read_s * 1000)
