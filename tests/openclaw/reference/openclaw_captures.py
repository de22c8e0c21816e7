"""Requests that published OpenClaw builds were seen to send, and what those builds do differently.

A departure is a finding: the documents say one thing and the build does another. Each one undoes what
the build did, on the captured request alone and only where it applies, so that what is left can be
compared with the reference exactly.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from harness.model import Request

REPOSITORY = Path(__file__).resolve().parents[3]
EVIDENCE = Path(os.environ.get("HARNESS_EVIDENCE") or REPOSITORY.parent / "shared" / "evidence")

_PI = {"http-referer": "https://pi.dev", "x-openrouter-title": "pi", "x-openrouter-categories": "cli-agent"}
_CANONICAL = ("https://openrouter.ai/api/v1", "https://openrouter.ai/v1")
_COMPARED = ("http-referer", "x-title", "authorization", "content-type")


@dataclass(frozen=True)
class Sent:
    """A request as far as it is compared: not the limits, which came from an invented catalogue."""

    method: str
    url: str
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass(frozen=True)
class Capture:
    """One line of a file of captures."""

    id: str
    input: dict[str, Any]
    sent: Sent | None  # None: the build refused

    @property
    def base(self) -> str:
        return (self.input.get("base_url") or "").strip().rstrip("/")

    @property
    def on_openrouter(self) -> bool:
        host = urlsplit(self.base).hostname or ""
        return not self.base or host == "openrouter.ai" or host.endswith(".openrouter.ai")

    @property
    def on_canonical_url(self) -> bool:
        return not self.base or self.base in _CANONICAL

    @property
    def model(self) -> str:
        return str(self.input["model"]).removeprefix("openrouter/")

    @property
    def has_default_level(self) -> bool:
        """No level was given, and the agent chose one before the request was made (DeepSeek: high)."""
        return "thinking" not in self.input and self.model.startswith("deepseek/")

    @property
    def bypasses_sanitation(self) -> bool:
        """Captured below the step that takes JSON signatures out for Gemini."""
        return "gemini" in self.model and '"thoughtSignature": "{' in json.dumps(self.input["history"])


def input_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """The input of a captured line; the captures call the edition `contract`."""
    return {"edition" if key == "contract" else key: value for key, value in row["input"].items()}


def captures(name: str) -> Iterator[Capture]:
    """The captures in the file `name`, in its order."""
    with (EVIDENCE / "openclaw" / name).open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            request = row["request"]
            sent = request and _sent(request["method"], request["url"], request["headers"], request["body"])
            yield Capture(row["id"], row["input"], sent)


def seen(request: Request) -> Sent:
    """A request of the reference in the same form."""
    return _sent(request.method, request.url, dict(request.headers), json.loads(request.body))


def _sent(method: str, url: str, headers: dict[str, str], body: dict[str, Any]) -> Sent:
    lowered = {name.lower(): value for name, value in headers.items()}
    kept = {name: v for name, v in lowered.items() if name in _COMPARED or name.startswith("x-openrouter")}
    return Sent(method, url, kept, {key: v for key, v in body.items() if key != "max_completion_tokens"})


@dataclass(frozen=True)
class Departure:
    """What a build does against the documents, and how the captured request is without it."""

    id: str
    builds: tuple[str, ...]
    about: str
    applies: Callable[[Capture], bool]
    undo: Callable[[Capture, Sent], Sent]


def undo_departures(capture: Capture, sent: Sent, build: str) -> tuple[Sent, tuple[str, ...]]:
    """The captured request as it would be without the build's departures, and which ones there were."""
    found = []
    for departure in DEPARTURES:
        if build in departure.builds and departure.applies(capture):
            undone = departure.undo(capture, sent)
            if undone != sent:
                found.append(departure.id)
                sent = undone
    return sent, tuple(found)


def _with_body(sent: Sent, **changes: Any) -> Sent:
    body = {**sent.body, **changes}
    return Sent(sent.method, sent.url, sent.headers, {k: v for k, v in body.items() if v is not _GONE})


_GONE: Any = object()


def _without_pi_headers(capture: Capture, sent: Sent) -> Sent:
    kept = {name: value for name, value in sent.headers.items() if _PI.get(name) != value}
    return Sent(sent.method, sent.url, kept, sent.body)


def _without_markers(capture: Capture, sent: Sent) -> Sent:
    """No markers; the prompt was made a list of blocks only to carry one."""

    def unmarked(message: dict[str, Any]) -> dict[str, Any]:
        content = message["content"]
        if not isinstance(content, list):
            return message
        blocks = [{key: v for key, v in block.items() if key != "cache_control"} for block in content]
        if message["role"] == "system":
            return {**message, "content": blocks[0]["text"]}
        return {**message, "content": blocks}

    return _with_body(sent, messages=[unmarked(message) for message in sent.body["messages"]])


def _with_prefill(capture: Capture, sent: Sent) -> Sent:
    """The trailing assistant turns back in place, the last one with the marker of the last turn."""
    turns: list[dict[str, Any]] = []
    for turn in reversed(capture.input["history"]):
        if turn["role"] != "assistant":
            break
        turns.insert(0, {"role": "assistant", "content": "".join(block["text"] for block in turn["content"])})
    if turns:
        marker = {"cache_control": {"type": "ephemeral"}}
        turns[-1]["content"] = [{"type": "text", "text": turns[-1]["content"], **marker}]
    return _with_body(sent, messages=[*sent.body["messages"], *turns])


def _with_query_last(capture: Capture, sent: Sent) -> Sent:
    base, _, query = capture.base.partition("?")
    return Sent(sent.method, f"{base}/chat/completions?{query}", sent.headers, sent.body)


DEPARTURES = (
    Departure(
        "attribution",
        ("2026.5.6",),
        "custom base URLs get the attribution of the library underneath",
        lambda capture: not capture.on_openrouter,
        _without_pi_headers,
    ),
    Departure(
        "cache markers",
        ("2026.5.6",),
        "custom base URLs get cache markers",
        lambda capture: not capture.on_openrouter and capture.model.startswith("anthropic/"),
        _without_markers,
    ),
    Departure(
        "effort of auto",
        ("2026.5.6", "2026.9.6"),
        "openrouter/auto gets a reasoning effort",
        lambda capture: capture.model == "auto",
        lambda capture, sent: _with_body(sent, reasoning=_GONE),
    ),
    Departure(
        "prefill",
        ("2026.5.6",),
        "the prefill is dropped with thinking off",
        lambda capture: (
            capture.model.startswith("anthropic/")
            and capture.on_canonical_url
            and capture.input.get("thinking", "off") == "off"
        ),
        _with_prefill,
    ),
    Departure(
        "effort by hint",
        ("2026.5.6",),
        "models on the hint list get a reasoning effort",
        lambda capture: capture.model.startswith("x-ai/"),
        lambda capture, sent: _with_body(sent, reasoning=_GONE),
    ),
    Departure(
        "look-alike hosts",
        ("2026.5.6",),
        "routing preferences go to hosts that look like openrouter.ai",
        lambda capture: not capture.on_openrouter and "openrouter.ai" in capture.base,
        lambda capture, sent: _with_body(sent, provider=_GONE),
    ),
    Departure(
        "thinking switch",
        ("2026.5.6",),
        "DeepSeek V4's thinking switch goes to every base URL",
        lambda capture: capture.model.startswith("deepseek/deepseek-v4") and not capture.on_canonical_url,
        lambda capture, sent: _with_body(sent, thinking=_GONE),
    ),
    Departure(
        "capitals",
        ("2026.5.6",),
        "openrouter.ai in capitals gets no routing preferences",
        lambda capture: capture.on_openrouter and bool(capture.base) and "openrouter.ai" not in capture.base,
        lambda capture, sent: _with_body(sent, provider=capture.input["params"]["provider"]),
    ),
    Departure(
        "query",
        ("2026.5.6",),
        "the path is put behind the query of the base URL",
        lambda capture: "?" in capture.base,
        _with_query_last,
    ),
)
