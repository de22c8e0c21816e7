"""From a vcrpy file to recorded interactions.

Reads what vcrpy writes and what its ecosystem has made of it: bodies as text, base64, binary or parsed
JSON, headers as lists or bare strings, methods in lower case. What a body no longer agrees with is put
right: a content encoding is undone and its header dropped, a content length is made true.
"""

from __future__ import annotations

import base64
import binascii
import gc
import gzip
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import orjson
import yaml

from harness.errors import LoadError, Location, Problem
from harness.model import Headers, JsonValue, Reply, Request

__all__ = ["Recorded", "read"]

VERSION = 1
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Recorded:
    """One interaction of a cassette; `number` counts from 0."""

    number: int
    request: Request
    reply: Reply


def read(path: Path) -> tuple[tuple[Recorded, ...], Mapping[str, JsonValue]]:
    """The interactions of the cassette at `path`, and its metadata. Raises `LoadError`."""
    try:
        text = path.read_bytes()
    except OSError as error:
        at = Location(str(path), 1)
        hint = "A cassette's path counts from the cassettes folder."
        raise LoadError([Problem(at, f"cannot be read: {error.strerror}")], hint=hint) from None
    data = _parse(path, text)
    metadata = data.get("metadata") or {}
    lengths = metadata.get("chunks") if isinstance(metadata, dict) else None
    recorded = []
    problems = []
    for number, interaction in enumerate(data["interactions"]):
        try:
            recorded.append(_recorded(number, interaction, lengths))
        except _Wrong as wrong:
            at = _locate(path, text, ("interactions", number, *wrong.where))
            problems.append(Problem(at, f"interaction {number}: {wrong.message}"))
    if problems:
        raise LoadError(problems)
    return tuple(recorded), metadata if isinstance(metadata, dict) else {}


class _Wrong(Exception):  # noqa: N818 - becomes a Problem
    def __init__(self, message: str, *where: str) -> None:
        super().__init__(message)
        self.message = message
        self.where = where


def _parse(path: Path, text: bytes) -> dict[str, Any]:
    collecting = gc.isenabled()
    gc.disable()  # the collector makes this ten times slower on long files
    try:
        data = yaml.load(text, Loader=_LOADER)  # noqa: S506 - the safe loader, in C where there is one
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = Location(str(path), mark.line + 1, mark.column + 1) if mark else Location(str(path), 1)
        raise LoadError([Problem(at, f"this is no cassette: {error.problem}")]) from None
    except (yaml.YAMLError, ValueError) as error:
        raise LoadError([Problem(Location(str(path), 1), f"this is no cassette: {error}")]) from None
    finally:
        if collecting:
            gc.enable()
    whole = Location(str(path), 1)
    if isinstance(data, dict) and "http_interactions" in data:
        raise LoadError([Problem(whole, "this is a cassette of VCR for Ruby or R, not of vcrpy")])
    if not isinstance(data, dict) or not isinstance(data.get("interactions"), list):
        raise LoadError([Problem(whole, "this is no cassette: it has no list of `interactions`")])
    version = data.get("version", VERSION)
    if version != VERSION or isinstance(version, bool):
        at = _locate(path, text, ("version",))
        raise LoadError([Problem(at, f"version {version!r} of the format is not vcrpy's; that is {VERSION}")])
    return data


def _recorded(number: int, interaction: object, lengths: object) -> Recorded:
    if not isinstance(interaction, dict):
        raise _Wrong("it must be a mapping with a request and a response")
    request, response = interaction.get("request"), interaction.get("response")
    if not isinstance(request, dict):
        raise _Wrong("it has no request")
    if not isinstance(response, dict):
        raise _Wrong("it has no response")
    stated = lengths.get(str(number), lengths.get(number)) if isinstance(lengths, dict) else None
    return Recorded(number, _request(request), _reply(response, stated))


def _request(request: dict[str, Any]) -> Request:
    method, uri = request.get("method"), request.get("uri")
    if not isinstance(method, str) or not method:
        raise _Wrong("its request has no method", "request")
    if not isinstance(uri, str) or not uri:
        raise _Wrong("its request has no uri", "request")
    headers = _headers(request.get("headers"), "request")
    return Request(method.upper(), uri, headers, _body(request, "request"))


def _reply(response: dict[str, Any], lengths: object) -> Reply:
    if "status_code" in response:  # as vcrpy 4 wrote it for httpx
        status = response["status_code"]
    else:
        stated = response.get("status")
        status = stated.get("code") if isinstance(stated, dict) else None
    if isinstance(status, bool) or not isinstance(status, int):
        raise _Wrong("its response has no status code", "response")
    headers = _headers(response.get("headers"), "response")
    headers, body = _decoded(headers, _body(response, "response"))
    return Reply(status, headers, _chunks(headers, body, lengths))


def _headers(stated: object, where: str) -> Headers:
    if stated is None:
        return ()
    if not isinstance(stated, dict):
        raise _Wrong(f"the headers of its {where} are no mapping", where, "headers")
    return tuple(
        (_text(name), _text(value))
        for name, values in stated.items()
        for value in (values if isinstance(values, list) else [values])
    )


def _text(value: object) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _body(holder: dict[str, Any], where: str) -> bytes:
    """The bytes of a body, in whichever of its forms it is stored."""
    if "parsed_body" in holder:
        return orjson.dumps(holder["parsed_body"])
    body = holder.get("body", holder.get("content"))
    if isinstance(body, dict):
        if "base64_string" in body:
            try:
                return base64.b64decode(body["base64_string"])
            except (binascii.Error, TypeError, ValueError):
                raise _Wrong(f"the base64_string of its {where} is no base64", where, "body") from None
        body = body["string"] if set(body) <= {"string", "encoding"} and "string" in body else body
    if body is None:
        return b""
    if isinstance(body, bytes):
        return body
    if isinstance(body, str):
        return body.encode("utf-8", "surrogatepass")
    try:
        return orjson.dumps(body)
    except orjson.JSONEncodeError as error:
        raise _Wrong(f"the body of its {where} cannot be made bytes: {error}", where, "body") from None


def _decoded(headers: Headers, body: bytes) -> tuple[Headers, bytes]:
    """The body as a client would read it, and headers that are true of it."""
    encodings = [value.strip().lower() for name, value in headers if name.lower() == "content-encoding"]
    dropped = {"transfer-encoding"}
    if encodings:
        plain = _without_encoding(encodings[0] if len(encodings) == 1 else "", body)
        if plain is not None:
            body = plain
            dropped.add("content-encoding")
    kept = []
    for name, value in headers:
        if name.lower() == "content-length":
            kept.append((name, str(len(body))))
        elif name.lower() not in dropped:
            kept.append((name, value))
    return tuple(kept), body


def _without_encoding(encoding: str, body: bytes) -> bytes | None:
    """The plain body, also if it was decoded before it was stored; None if the encoding is unknown."""
    if encoding in ("", "identity"):
        return body if encoding else None
    try:
        if encoding in ("gzip", "x-gzip"):
            return gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
        if encoding == "deflate":
            return zlib.decompress(body, zlib.MAX_WBITS if body[:1] == b"\x78" else -zlib.MAX_WBITS)
    except (OSError, EOFError, zlib.error):
        return body
    return body if _is_text(body) else None


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _chunks(headers: Headers, body: bytes, lengths: object) -> tuple[bytes, ...]:
    """The body in the chunks it came in, if the metadata has their lengths; else a stream by its events."""
    if not body:
        return ()
    if _add_up(lengths, len(body)):
        return tuple(_cut(body, cast(list[int], lengths)))
    if any(
        name.lower() == "content-type" and value.startswith("text/event-stream") for name, value in headers
    ):
        return tuple(_events(body))
    return (body,)


def _add_up(lengths: object, size: int) -> bool:
    return (
        isinstance(lengths, list)
        and all(type(length) is int and length > 0 for length in lengths)
        and sum(lengths) == size
    )


def _cut(body: bytes, lengths: list[int]) -> Iterator[bytes]:
    start = 0
    for length in lengths:
        yield body[start : start + length]
        start += length


def _events(body: bytes) -> Iterator[bytes]:
    end = b"\r\n\r\n" if b"\r\n\r\n" in body else b"\n\n"
    events = body.split(end)
    for event in events[:-1]:
        yield event + end
    if events[-1]:
        yield events[-1]


def _locate(path: Path, text: bytes, where: tuple[str | int, ...]) -> Location:
    """The line and column of a place in the file, or of the nearest above it that exists."""
    node: Any = yaml.compose(text, Loader=_LOADER)
    for step in where:
        if isinstance(step, int) and isinstance(node, yaml.SequenceNode):
            node = node.value[step]
        elif isinstance(node, yaml.MappingNode):
            found = [value for key, value in node.value if key.value == step]
            if not found:
                break
            node = found[0]
    return Location(str(path), node.start_mark.line + 1, node.start_mark.column + 1)
