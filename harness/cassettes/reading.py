"""From a vcrpy file to recorded interactions.

Reads what vcrpy writes and what its ecosystem has made of it: bodies as text, base64, binary or parsed
JSON, headers as lists or bare texts, methods in lower case, the form that vcrpy 4 had for httpx. What can
be put right without guessing is put right and reported (`Repair`); everything else is refused with its place.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from harness.cassettes.detect_format import detect_format
from harness.cassettes.parsing import MAX_BYTES, Address, Parsed, Unreadable, parse
from harness.cassettes.replies import Timing, reply_of
from harness.errors import LoadError, Location, Problem
from harness.json_encoding import encode_json
from harness.model import Headers, JsonValue, Reply, Request, reason_phrase
from harness.yaml_reader.collector import paused_gc

__all__ = ["VERSION", "Reading", "Recorded", "Repair", "examine", "read"]

VERSION = 1


@dataclass(frozen=True, slots=True)
class Recorded:
    """One interaction of a cassette; `number` counts from 0.

    `reply` is what a client reads: without content encoding. `encoded` is the same as it went over the
    wire, where it was compressed and the cassette has kept it so.
    """

    number: int
    request: Request
    reply: Reply
    encoded: Reply | None = None


@dataclass(frozen=True, slots=True)
class Repair:
    """Something that was put right while reading; the file itself is as it was.

    `interaction` is its number, None for the file as a whole.
    """

    location: Location
    message: str
    interaction: int | None = None

    def __str__(self) -> str:
        which = "" if self.interaction is None else f"interaction {self.interaction}: "
        return f"{self.location}: {which}{self.message}"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file holds. `dialects` are the forms of the format it is written in: vcrpy, or one or more
    of parsed_body, old-httpx, json (the serializer) and empty."""

    interactions: tuple[Recorded, ...]
    metadata: Mapping[str, JsonValue]
    repairs: tuple[Repair, ...] = ()
    dialects: tuple[str, ...] = ("vcrpy",)


def read(path: Path) -> tuple[tuple[Recorded, ...], Mapping[str, JsonValue]]:
    """The interactions of the cassette at `path`, and its metadata. Raises `LoadError`."""
    found = examine(path)
    return found.interactions, found.metadata


def examine(path: Path) -> Reading:
    """The cassette at `path`, and what had to be put right in it. Raises `LoadError` with all that is wrong:
    a file that cannot be read, is empty, cut off, no YAML or JSON, or not vcrpy's."""
    data = _bytes(path)
    with paused_gc():
        return _examined(path, data)


def _examined(path: Path, data: bytes) -> Reading:
    try:
        parsed = parse(data)
    except Unreadable as error:
        cut = "; the file may be cut off" if error.broken and error.line >= data.count(b"\n") else ""
        at = Location(str(path), error.line, error.column)
        raise LoadError([Problem(at, f"this is not a cassette: {error.message}{cut}")]) from None
    _check(path, parsed)
    return _Reader(path, parsed).reading()


def _bytes(path: Path) -> bytes:
    hint = ""
    try:
        size = path.stat().st_size
        if size <= MAX_BYTES:
            return path.read_bytes()
        message = f"has {size // 1024**2} MiB; more than {MAX_BYTES // 1024**2} MiB cannot be read"
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
        hint = "A cassette's path is relative to the cassettes folder."
    raise LoadError([Problem(Location(str(path), 1), message)], hint=hint)


def _check(path: Path, parsed: Parsed) -> None:
    """Raise `LoadError` unless the file as a whole is of vcrpy's format."""

    def refused(message: str, *address: str) -> LoadError:
        return LoadError([Problem(Location(str(path), *parsed.place(address)), message)])

    value = parsed.value
    what = detect_format(value)
    if what is not None:
        raise refused(f"this is {what}, not a vcrpy cassette")
    if parsed.more:
        raise refused("this is not a cassette: it has several YAML documents")
    if isinstance(value, dict) and "interactions" in value and value["interactions"] is None:
        raise refused("its `interactions` are missing; the file may be cut off")
    if not isinstance(value, dict) or not isinstance(value.get("interactions"), list):
        raise refused("this is not a cassette: it has no list of `interactions`")
    version = value.get("version", VERSION)
    if version != VERSION or isinstance(version, bool):
        raise refused(f"format version {version!r} is not supported; vcrpy writes {VERSION}", "version")


class _Wrong(Exception):  # noqa: N818 - becomes a Problem
    def __init__(self, message: str, *where: str) -> None:
        super().__init__(message)
        self.message = message
        self.where = where


@dataclass
class _Reader:
    """Reads the interactions of one file, collecting what is wrong and what was put right."""

    path: Path
    parsed: Parsed
    repairs: list[Repair] = field(default_factory=list)
    dialects: set[str] = field(default_factory=set)
    number: int = 0

    def reading(self) -> Reading:
        value = self.parsed.value
        stated = value["interactions"]
        metadata = value.get("metadata")
        metadata = metadata if isinstance(metadata, dict) else {}
        self._read_whole(value, stated)
        timings = Timing.by_number(metadata)
        recorded, problems = [], []
        for number, interaction in enumerate(stated):
            self.number = number
            try:
                recorded.append(self._recorded(interaction, timings.get(number, _NO_TIMING)))
            except _Wrong as wrong:
                at = self._location("interactions", number, *wrong.where)
                cut = "; the file may be cut off" if number == len(stated) - 1 else ""
                problems.append(Problem(at, f"interaction {number}: {wrong.message}{cut}"))
        if problems:
            raise LoadError(problems)
        dialects = tuple(sorted(self.dialects)) or ("vcrpy",)
        return Reading(tuple(recorded), metadata, tuple(self.repairs), dialects)

    def _read_whole(self, value: Mapping[str, Any], stated: list[Any]) -> None:
        for note in self.parsed.notes:
            self.repairs.append(Repair(Location(str(self.path), note.line, note.column), note.message))
        if not self.parsed.is_yaml:
            self.dialects.add("json")
        if not stated:
            self.dialects.add("empty")
        if "version" not in value:
            self._repair_whole("it has no `version`: read as version 1")

    def _location(self, *address: str | int) -> Location:
        return Location(str(self.path), *self.parsed.place(address))

    def _repair_whole(self, message: str) -> None:
        self.repairs.append(Repair(self._location(), message))

    def _repair(self, message: str, *where: str) -> None:
        address: Address = ("interactions", self.number, *where)
        self.repairs.append(Repair(self._location(*address), message, self.number))

    # -------------------------------------------------------------- one interaction

    def _recorded(self, interaction: object, timing: Timing) -> Recorded:
        if not isinstance(interaction, dict):
            raise _Wrong("it must be a mapping with request and response")
        stated, response = interaction.get("request"), interaction.get("response")
        if not isinstance(stated, dict):
            raise _Wrong("it has no request")
        if not isinstance(response, dict):
            raise _Wrong("it has no response")
        request = self._request(stated)
        status = self._status(response)
        headers = self._headers(response.get("headers"), "response")
        body = self._body(response, "response")
        reply, encoded, repairs = reply_of(request.method, status, headers, body, timing)
        for message in repairs:
            self._repair(message, "response")
        reason = _reason(response, status)
        if reason:
            reply = replace(reply, reason=reason)
            encoded = None if encoded is None else replace(encoded, reason=reason)
        return Recorded(self.number, request, reply, encoded)

    def _request(self, request: dict[str, Any]) -> Request:
        method, uri = request.get("method"), request.get("uri")
        if not isinstance(method, str) or not method:
            raise _Wrong("its request has no method", "request")
        if not isinstance(uri, str) or not uri:
            raise _Wrong("its request has no uri", "request")
        if not method.isupper():
            self._repair(f"its method {method} is read as {method.upper()}", "request")
        if not _SCHEME.match(uri):
            self._repair("its uri has no scheme: read as https", "request")
            uri = f"https://{uri.removeprefix('//')}"
        headers = self._headers(request.get("headers"), "request")
        return Request(method.upper(), uri, headers, self._body(request, "request"))

    def _status(self, response: dict[str, Any]) -> int:
        if "status_code" in response:
            self.dialects.add("old-httpx")
            self._repair("its response is in the form that vcrpy 4 had for httpx", "response")
            status = response["status_code"]
        else:
            stated = response.get("status")
            status = stated.get("code") if isinstance(stated, dict) else stated
        if isinstance(status, str) and _DIGITS.fullmatch(status):
            self._repair("its status code is a string: read as a number", "response")
            status = int(status)
        if isinstance(status, bool) or not isinstance(status, int):
            raise _Wrong("its response has no status code", "response")
        return status

    def _headers(self, stated: object, where: str) -> Headers:
        if stated is None:
            return ()
        if not isinstance(stated, dict):
            raise _Wrong(f"the headers of its {where} are not a mapping", where, "headers")
        headers: list[tuple[str, str]] = []
        bare: list[str] = []
        binary: list[str] = []
        for name, values in stated.items():
            if name.__class__ is not str:
                name = _text(name)
            if values.__class__ is not list:
                bare.append(name)
                values = [values]
            for value in values:
                if value.__class__ is not str:
                    if isinstance(value, bytes):
                        binary.append(name)
                    value = _text(value)
                headers.append((name, value))
        if bare:
            names = ", ".join(bare)
            self._repair(
                f"headers of its {where} are not lists: each is read as one value ({names})", where, "headers"
            )
        if binary:
            names = ", ".join(dict.fromkeys(binary))
            self._repair(f"headers of its {where} are binary: read as text ({names})", where, "headers")
        return tuple(headers)

    def _body(self, holder: dict[str, Any], where: str) -> bytes:
        """The bytes of a body, in whichever of its forms it is stored."""
        body = holder.get("body")
        if "parsed_body" in holder:
            self.dialects.add("parsed_body")
            if holder["parsed_body"] is not None:
                self._repair(f"the body of its {where} is stored as parsed JSON: encoded again", where)
                return self._dumped(holder["parsed_body"], where)
        elif body is None:
            body = holder.get("content")
        if isinstance(body, dict):
            if "base64_string" in body:
                return self._from_base64(body["base64_string"], where)
            if "string" in body and (len(body) == 1 or body.keys() == {"string", "encoding"}):
                body = body["string"]
        if isinstance(body, str):
            return body.encode("utf-8", "surrogatepass")
        if body is None:
            return b""
        if isinstance(body, bytes):
            return body
        self._repair(f"the body of its {where} is JSON instead of a string: encoded again", where, "body")
        return self._dumped(body, where)

    def _from_base64(self, text: object, where: str) -> bytes:
        self._repair(f"the body of its {where} is stored as base64_string, which vcrpy cannot read", where)
        try:
            return base64.b64decode(text if isinstance(text, bytes) else str(text))
        except (binascii.Error, ValueError):
            raise _Wrong(f"the base64_string of its {where} is not base64", where, "body") from None

    def _dumped(self, value: object, where: str) -> bytes:
        try:
            return encode_json(value)
        except (TypeError, ValueError, RecursionError) as error:
            raise _Wrong(f"the body of its {where} cannot be encoded: {error}", where, "body") from None


_NO_TIMING = Timing()
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_DIGITS = re.compile(r"[1-5][0-9]{2}")


def _reason(response: Mapping[str, Any], status: int) -> str:
    """The reason phrase of a response if it is not the standard one and can be sent."""
    stated = response.get("status")
    message = stated.get("message") if isinstance(stated, dict) else None
    if not isinstance(message, str) or not (message.isascii() and message.isprintable()):
        return ""
    return "" if message == reason_phrase(status) else message.strip()


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return "" if value is None else str(value)
