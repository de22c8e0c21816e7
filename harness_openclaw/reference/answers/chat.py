"""Answers of chat completions, streamed or in one piece (OR-ERR-03, OR-RETRY-06)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from harness.model import JsonValue, Reply
from harness_openclaw.reference.answers.failures import (
    classify,
    failure_in,
    failure_of_fault,
    raise_for_failure,
)
from harness_openclaw.reference.answers.sse import events, is_stream
from harness_openclaw.reference.exchange import Outcome
from harness_openclaw.reference.refusal import Failure

__all__ = ["read"]

_LABELS = {"openrouter": "OpenRouter", "clawrouter": "ClawRouter"}
_FINISHED = {
    "stop": "stop",
    "end": "stop",
    "length": "length",
    "tool_calls": "toolUse",
    "function_call": "toolUse",
}


def read(reply: Reply, *, provider: str = "openrouter") -> Outcome:
    """What a chat completion says, as an outcome (docs/scenarios.md, outcome).

    Reasoning is not part of the text. Raises `Failure` for an answer that failed: a fault, an error status,
    an error inside a 200, an answer cut off.
    """
    label = f"{_LABELS.get(provider, provider)} chat"
    if not 200 <= reply.status < 300 or (reply.fault is not None and not reply.chunks):
        raise_for_failure(reply, label=f"{label} failed", provider=provider)
    answer = _Answer(reply, label, provider)
    if _is_streamed(reply):
        answer.read_events()
    else:
        answer.read_json()
    return answer.outcome()


def _is_streamed(reply: Reply) -> bool:
    """By its content type; where that says nothing, whatever does not begin like JSON."""
    if is_stream(reply.headers):
        return True
    stated = any(name.lower() == "content-type" and value for name, value in reply.headers)
    return not stated and not reply.body.lstrip().startswith((b"{", b"["))


class _Answer:
    """An answer while it is read."""

    def __init__(self, reply: Reply, label: str, provider: str) -> None:
        self._reply = reply
        self._label = label
        self._provider = provider
        self._text: list[str] = []
        self._calls: dict[object, dict[str, str]] = {}
        self._finish: str | None = None
        self._usage: Mapping[str, Any] | None = None

    def read_events(self) -> None:
        for event in events(self._reply):
            if event.data == "[DONE]":
                break
            self._read(self._json(event.data), "delta")
        else:
            if self._reply.fault is not None:
                raise failure_of_fault(self._reply, label=f"{self._label} failed")
        if self._finish is None:
            raise Failure(
                f"{self._label} failed: the stream ended before the answer did",
                error_class="timeout",
                retryable=True,
                status=self._reply.status,
            )

    def read_json(self) -> None:
        if self._reply.fault is not None:
            raise failure_of_fault(self._reply, label=f"{self._label} failed")
        self._read(self._json(self._reply.body), "message")
        if self._finish is None:
            raise self._malformed("no answer in it")

    def outcome(self) -> Outcome:
        """What has been read. Raises `Failure` where the provider finished for no good reason."""
        finish = _FINISHED.get(self._finish or "")
        if finish is None:
            reason = f"finish_reason {self._finish}"
            kind = classify(None, reason, provider=self._provider)
            raise Failure(
                f"{self._label} failed: {reason}",
                error_class=kind.error_class,
                retryable=kind.retryable,
                status=self._reply.status,
            )
        outcome: Outcome = {"text": "".join(self._text)}
        if self._calls:
            outcome["tool_calls"] = [_call(parts) for parts in self._calls.values()]
        elif finish == "toolUse":
            finish = "stop"
        outcome["finish_reason"] = finish
        if self._usage is not None:
            outcome["usage"] = _usage(self._usage)
        return outcome

    # -------------------------------------------------------------- pieces

    def _json(self, data: str | bytes) -> Mapping[str, Any]:
        try:
            value = orjson.loads(data)
        except orjson.JSONDecodeError:
            raise self._malformed("no JSON") from None
        if not isinstance(value, dict):
            raise self._malformed("no object")
        return value

    def _read(self, value: Mapping[str, Any], part: str) -> None:
        """Take in a chunk, or the whole: `part` is what a choice holds, `delta` or `message`."""
        if value.get("error"):
            self._raise_for(value)
        usage = value.get("usage")
        if isinstance(usage, dict):
            self._usage = usage
        choices = value.get("choices")
        choice = choices[0] if choices and isinstance(choices, list) else None
        if not isinstance(choice, dict):
            return
        if choice.get("error"):
            self._raise_for(choice)
        finish = choice.get("finish_reason")
        if finish and isinstance(finish, str):
            self._finish = finish
        said = choice.get(part)
        if not said or not isinstance(said, dict):
            return
        content = said.get("content")
        if content:
            self._text.append(content if isinstance(content, str) else _text(content))
        calls = said.get("tool_calls")
        if calls and isinstance(calls, list):
            for call in calls:
                self._add_call(call)

    def _raise_for(self, value: Mapping[str, Any]) -> None:
        """Raise the failure that an answer reports after it began well."""
        failure = failure_in(
            value, label=f"{self._label} failed", status=self._reply.status, provider=self._provider
        )
        if failure is not None:
            raise failure

    def _add_call(self, call: JsonValue) -> None:
        """A piece belongs to the call of its index, else to that of its id, else to the last one."""
        if not isinstance(call, dict):
            return
        key = call.get("index")
        if key is None:
            key = call.get("id") or next(reversed(self._calls), 0)
        parts = self._calls.setdefault(key, {"id": "", "name": "", "arguments": ""})
        function = call.get("function")
        function = function if isinstance(function, dict) else {}
        for name, piece in (("id", call.get("id")), ("name", function.get("name"))):
            if isinstance(piece, str) and piece:
                parts[name] = piece
        piece = function.get("arguments")
        if isinstance(piece, str):
            parts["arguments"] += piece

    def _malformed(self, why: str) -> Failure:
        return Failure(f"{self._label}: malformed answer ({why})", status=self._reply.status)


def _text(content: JsonValue) -> str:
    """The texts of a content that is a list of parts."""
    parts = content if isinstance(content, list) else []
    texts = (part.get("text") for part in parts if isinstance(part, dict))
    return "".join(text for text in texts if isinstance(text, str))


def _call(parts: Mapping[str, str]) -> dict[str, JsonValue]:
    written = parts["arguments"]
    try:
        arguments = orjson.loads(written) if written.strip() else {}
    except orjson.JSONDecodeError:
        arguments = None
    return {**parts, "arguments": arguments if isinstance(arguments, dict) else written}


def _usage(stated: Mapping[str, Any]) -> dict[str, JsonValue]:
    into, out = stated.get("prompt_tokens_details"), stated.get("completion_tokens_details")
    into = into if isinstance(into, dict) else {}
    out = out if isinstance(out, dict) else {}
    found = {
        "input_tokens": stated.get("prompt_tokens"),
        "output_tokens": stated.get("completion_tokens"),
        "total_tokens": stated.get("total_tokens"),
        "cached_tokens": into.get("cached_tokens"),
        "cache_write_tokens": into.get("cache_write_tokens"),
        "reasoning_tokens": out.get("reasoning_tokens"),
        "cost": stated.get("cost"),
    }
    return {name: value for name, value in found.items() if isinstance(value, int | float)}
