"""Writing and reading the lines of the command protocol, version 1 (docs/protocol.md), without state."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from harness._version import __version__
from harness.implementations.results import Unreadable, as_outcome
from harness.model import JsonValue, Reply

__all__ = [
    "ENDINGS",
    "LINE_LIMIT",
    "VERSION",
    "cancel",
    "outcome_of",
    "parse",
    "reply",
    "run",
    "shortened",
    "start",
    "stop",
    "wake",
]

VERSION = 1
LINE_LIMIT = 64 * 1024 * 1024
ENDINGS = ("done", "unsupported", "error", "cancelled")
"""The keys of a message after which a run is over."""

_SHOWN = 200


def start() -> bytes:
    name = "provider-conformance-harness"
    return _line({"cmd": "start", "version": VERSION, "harness": {"name": name, "version": __version__}})


def run(
    seq: int,
    case: str,
    step: int,
    steps: int,
    given: Mapping[str, JsonValue],
    wire: Mapping[str, JsonValue] | None = None,
) -> bytes:
    """Return the line that starts a step, counted from 1. Of the case, only its name and its input are sent;
    `wire` is where to send to in mode `send`."""
    line = {"cmd": "run", "seq": seq, "case": case, "step": step, "steps": steps, "input": given}
    return _line(line if wire is None else {**line, "wire": wire})


def reply(seq: int, n: int, answer: Reply) -> bytes:
    response: dict[str, JsonValue] = {}
    if answer.status:
        response["status"] = answer.status
        response["headers"] = answer.headers
        response["chunks"] = [_chunk(chunk) for chunk in answer.chunks]
    if answer.fault is not None:
        response["fault"] = answer.fault
    return _line({"cmd": "reply", "seq": seq, "n": n, "response": response})


def wake(seq: int) -> bytes:
    return _line({"cmd": "wake", "seq": seq})


def cancel(seq: int) -> bytes:
    return _line({"cmd": "cancel", "seq": seq})


def stop() -> bytes:
    return _line({"cmd": "stop"})


def parse(line: bytes) -> dict[str, Any]:
    """Return the object on a line of the child. Raises `Unreadable` if it is not one."""
    try:
        message = orjson.loads(line)
    except orjson.JSONDecodeError:
        try:  # what orjson refuses and JSON allows: half surrogate pairs as escapes
            message = json.loads(line)
        except (ValueError, RecursionError):
            raise Unreadable(
                f"a line that is not JSON: {shortened(line)}"
                " (standard output is for the protocol only; print to standard error)"
            ) from None
    if not isinstance(message, dict):
        raise Unreadable(f"a line that is not a JSON object: {shortened(line)}")
    return message


def outcome_of(message: Mapping[str, Any], words: Sequence[str]) -> Mapping[str, JsonValue] | None:
    """Return the outcome in a `done` message, None if it has none. Raises `Unreadable`."""
    outcome = message.get("outcome")
    return None if outcome is None else as_outcome(outcome, words)


def shortened(line: bytes) -> str:
    """Return a line, shortened for use in a message."""
    text = line[: _SHOWN * 4].decode("utf-8", "replace").strip()
    return repr(text) if len(text) <= _SHOWN else f"{text[:_SHOWN]!r}... ({len(line)} bytes)"


def _chunk(chunk: bytes) -> JsonValue:
    try:
        return chunk.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(chunk).decode()}


def _line(message: Mapping[str, JsonValue]) -> bytes:
    """ASCII only: some line readers (Node's readline) also split at U+2028 and U+2029."""
    try:
        line = orjson.dumps(message, option=orjson.OPT_APPEND_NEWLINE)
        if line.isascii():
            return line
    except orjson.JSONEncodeError:  # integers beyond 64 bits, half surrogate pairs
        pass
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"
