"""Model calls through ClawRouter that a published OpenClaw build was seen to send, and how it departs.

Reads the three files of captures into inputs of ours, for all four transports. Which transport a model has
is written down here, so that it does not come from the code that is compared. A `Departure` undoes, on the
captured request alone, what the build did beside the edition; at level `agent` that is also what the agent
puts around a call (timestamps, its own prompt, its replay policy).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from openclaw_captures import EVIDENCE, input_of

from harness.model import Reply, Request
from harness_openclaw.reference import Client

FILES = ("2026.9.6-clawrouter.jsonl", "extra/clawrouter-stream.jsonl", "extra/clawrouter-agent.jsonl")
CATALOG = "extra/clawrouter-catalog-answer.json"

RESPONSES, COMPLETIONS = "openai-responses", "openai-completions"
MESSAGES, GEMINI = "anthropic-messages", "google-generative-ai"
_TRANSPORTS = {"openai": RESPONSES, "anthropic": MESSAGES, "google": GEMINI}

_NOISE = {
    "accept",
    "accept-encoding",
    "anthropic-dangerous-direct-browser-access",
    "x-goog-api-client",
    "x-clawrouter-agent-id",  # of the agent: no input says it
    "x-request-id",
}
_OPTIONS = {
    "maxTokens": "max_tokens",
    "temperature": "temperature",
    "toolChoice": "tool_choice",
    "cacheRetention": "cache_retention",
}
_THINKING = ("reasoning", "reasoning_effort", "include", "thinking", "output_config", "generationConfig")
_IDENTITY = (
    "Current model identity: {}. If asked what model you are, answer with this value for the current run."
)
_ELIDED = re.compile(r"…\[\d+ characters\]")
_TIMESTAMP = re.compile(r"^\[\w{3} \d{4}-\d\d-\d\d \d\d:\d\d UTC\] ")
_RUNTIME = re.compile(r"\n\nRuntime: .*", re.DOTALL)


@dataclass(frozen=True)
class Sent:
    """A request as far as it is compared: without the headers that no input of ours speaks of."""

    method: str
    url: str
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True)
class Capture:
    """One line of a file of captures: the input in our words, and what the build sent of it."""

    id: str
    level: str  # stream, agent, or agent-bare: the agent without a prompt of its own
    transport: str
    input: dict[str, Any]
    catalog: Any
    sent: Sent | None  # None: the build refused
    error: str | None
    answer: Reply | None = None  # what the build was answered, where the file has it

    @property
    def history(self) -> list[dict[str, Any]]:
        turns: list[dict[str, Any]] = self.input["history"]
        return turns

    @property
    def left_out(self) -> str | None:
        """Why no body can be compared honestly; None where one can."""
        if self.error is not None and "Thinking level" in self.error:
            return "the agent refuses a level that the model does not offer"
        if self.input.get("thinking") is None and self.sent is not None and self._chose_a_level(self.sent):
            return "no level is given, and the agent chose one by its state"
        if "omitted image payload" in json.dumps(self.sent and self.sent.body):
            return "the agent could not read the driver's image"
        return None

    def _chose_a_level(self, sent: Sent) -> bool:
        """Did the build think otherwise than at the level off, which is what no level means here?"""
        request = request_of(self)
        assert isinstance(request, Request)
        own = seen(request).body
        return any(sent.body.get(field) != own.get(field) for field in _THINKING)


def captures(file: str, *transports: str) -> Iterator[Capture]:
    """The model calls in a file of captures, in its order; only those of `transports`, if any are given."""
    catalog = json.loads((EVIDENCE / "openclaw" / CATALOG).read_text("utf-8"))
    with (EVIDENCE / "openclaw" / file).open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if "openclaw_input" in row:
                capture = _in_openclaws_words(row, catalog, "agent" if "agent" in file else "stream")
            elif row["input"]["operation"] == "chat":
                capture = _in_our_words(row)
            else:
                continue
            if not transports or capture.transport in transports:
                yield capture


def _in_our_words(row: dict[str, Any]) -> Capture:
    model_calls = [request for request in row["requests"] if request["method"] == "POST"]
    catalog, *answers = row["replies"]
    return Capture(
        id=row["id"],
        level="agent-bare",
        transport=_transport(row["input"]["model"]),
        input=input_of(row),
        catalog=catalog["json"],
        sent=_sent(model_calls[0]) if model_calls else None,
        error=row.get("error"),
        answer=_reply(answers[0]) if answers else None,
    )


def _reply(row: dict[str, Any]) -> Reply:
    return Reply(row["status"], tuple(row["headers"].items()), (row["text"].encode(),))


def _in_openclaws_words(row: dict[str, Any], catalog: Any, level: str) -> Capture:
    words, request = row["openclaw_input"], row["request"]
    bare = level == "agent" and "tools" not in words["config"] and not words.get("full")
    given: dict[str, Any] = {
        "edition": "latest",
        "operation": "chat",
        "model": words["model"],
        "api_key": "cr-fake-0000",
        "thinking": words.get("thinking"),
        "history": [_turn(turn) for turn in words.get("history", ())],
        "params": words.get("params", {}),
        "options": {
            _OPTIONS[name]: value
            for name, value in words.get("streamOptions", {}).items()
            if name in _OPTIONS
        },
    }
    if not words.get("prefill"):
        said = "hi" if level == "agent" else [{"type": "text", "text": "hi"}]
        given["history"].append({"role": "user", "content": said})
    if request:
        given["options"]["session_id"] = request["headers"]["x-clawrouter-session-id"]
    if level == "agent":
        given["config"] = words["config"]
        given["tools"] = []
        if bare:
            given["system"] = _IDENTITY.format(words["model"])
    else:
        given.update({key: words[key] for key in ("system", "tools") if key in words})
    return Capture(
        id=row["id"],
        level="agent-bare" if bare else level,
        transport=_transport(words["model"]),
        input=given,
        catalog=catalog,
        sent=_sent(request) if request else None,
        error=row.get("error"),
    )


def _transport(ref: str) -> str:
    return _TRANSPORTS.get(ref.split("/")[1], COMPLETIONS)


def _turn(turn: dict[str, Any]) -> dict[str, Any]:
    content = turn["content"]
    if isinstance(content, list):
        content = [_block(block) for block in content]
    if turn["role"] == "toolResult":
        return {
            "role": "tool",
            "tool_call_id": turn["toolCallId"],
            "name": turn["toolName"],
            "content": content,
            "is_error": turn["isError"],
        }
    if turn["role"] == "user":
        return {"role": "user", "content": content}
    names = {"api": "api", "provider": "provider", "model": "model", "stopReason": "stop_reason"}
    named = {ours: turn[theirs] for theirs, ours in names.items() if theirs in turn}
    return {"role": "assistant", "content": content, **named}


def _block(block: dict[str, Any]) -> dict[str, Any]:
    names = {"mimeType": "mime_type", "thinkingSignature": "signature"}
    renamed = {names.get(key, key): value for key, value in block.items()}
    return {**renamed, "type": "tool_call"} if block["type"] == "toolCall" else renamed


def request_of(capture: Capture, client: Client | None = None) -> Request | dict[str, Any]:
    """What the reference sends for a capture's input, once it has the capture's catalog: the model call,
    or the outcome if there is none."""
    call = (client or Client())(capture.input)
    try:
        asked = next(call)
        assert isinstance(asked, Request)
        assert (asked.method, asked.url.rpartition("/")[2]) == ("GET", "catalog")
        sent = call.send(Reply(200, (), (json.dumps(capture.catalog).encode(),)))
    except StopIteration as end:
        outcome: dict[str, Any] = end.value
        return outcome
    assert isinstance(sent, Request)
    return sent


def outcome_of(capture: Capture) -> dict[str, Any]:
    """What the reference makes of the answer that the build was given."""
    call = Client()(capture.input)
    next(call)
    call.send(Reply(200, (), (json.dumps(capture.catalog).encode(),)))
    with pytest.raises(StopIteration) as end:
        call.send(capture.answer)
    outcome: dict[str, Any] = end.value.value
    return outcome


def seen(request: Request) -> Sent:
    """A request of the reference in the form of a captured one."""
    return _sent(
        {
            "method": request.method,
            "url": request.url,
            "headers": dict(request.headers),
            "body": json.loads(request.body),
        }
    )


def _sent(request: dict[str, Any]) -> Sent:
    lowered = {name.lower(): value for name, value in request["headers"].items()}
    kept = {name: value for name, value in lowered.items() if name not in _NOISE}
    return Sent(request["method"], request["url"], kept, request["body"])


# ------------------------------------------------------------------ departures


@dataclass(frozen=True)
class Departure:
    """What the build does beside the edition, and how a captured request is without it."""

    id: str
    about: str
    applies: Callable[[Capture], bool]
    undo: Callable[[Capture, Any], Any]  # of the capture and the captured body: the body without it


def undo_departures(capture: Capture, departures: tuple[Departure, ...]) -> tuple[Sent, tuple[str, ...]]:
    """The captured request as it would be without the departures that apply, and which changed it."""
    assert capture.sent is not None
    sent, found = capture.sent, []
    for departure in departures:
        if departure.applies(capture):
            undone = replace(sent, body=departure.undo(capture, sent.body))
            if undone != sent:
                found.append(departure.id)
                sent = undone
    return sent, tuple(found)


def in_every_text(body: Any, change: Callable[[str], str]) -> Any:
    """`body` with each text in it, at any depth, changed."""
    if isinstance(body, str):
        return change(body)
    if isinstance(body, list):
        return [in_every_text(item, change) for item in body]
    if isinstance(body, dict):
        return {key: in_every_text(value, change) for key, value in body.items()}
    return body


def is_elided(text: str) -> bool:
    """Was the text too long for the captures, so that only its beginning is known?"""
    return _ELIDED.search(text) is not None


def without_runtime(text: str) -> str:
    """A user's text without the time that the agent puts before it, and the account of itself behind it."""
    return _RUNTIME.sub("", _TIMESTAMP.sub("", text))


STAMPED = Departure(
    "agent: time",
    "the agent stamps what the user says with the time, and may add an account of its runtime",
    lambda capture: capture.level == "agent",
    lambda capture, body: in_every_text(body, without_runtime),
)
