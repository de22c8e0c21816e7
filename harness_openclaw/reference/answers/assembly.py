"""What the readers of native answers share: decoded events, parts that may be missing, errors inside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

import orjson

from harness.model import JsonValue, Reply
from harness_openclaw.reference.answers.failures import (
    classify,
    failure_in,
    failure_of_fault,
    json_of,
    raise_for_failure,
)
from harness_openclaw.reference.answers.sse import events
from harness_openclaw.reference.exchange import Outcome
from harness_openclaw.reference.refusal import Failure

__all__ = ["Answer", "Mapped", "arguments_of", "assembled", "items", "mapping", "text"]

Mapped: TypeAlias = dict[str, Any]

_NAMES = {"openrouter": "OpenRouter", "clawrouter": "ClawRouter"}


def mapping(value: JsonValue) -> Mapped:
    """`value` if it is an object; whatever else stands in its place counts as not there."""
    return value if isinstance(value, dict) else {}


def items(value: JsonValue) -> Iterator[Mapped]:
    """The objects in `value`, if it is a list."""
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, dict))


def text(value: JsonValue) -> str:
    """`value` if it is a text, else the empty one."""
    return value if isinstance(value, str) else ""


def arguments_of(stated: JsonValue) -> JsonValue:
    """What a tool is called with: the object in a text, or the text itself where it holds none."""
    if not isinstance(stated, str):
        return {} if stated is None else stated
    try:
        arguments = orjson.loads(stated) if stated.strip() else {}
    except orjson.JSONDecodeError:
        return stated
    return arguments if isinstance(arguments, dict) else stated


def assembled(
    texts: Iterable[str], calls: list[Mapped], usage: Mapping[str, JsonValue], *, cut_off: bool
) -> Outcome:
    """The outcome of an answer, and of `usage` those counts that are stated. Unless it was `cut_off` at the
    limit of tokens, its end depends on whether there is a tool to call (OR-ERR-03)."""
    ended = "toolUse" if calls else "stop"
    outcome: Outcome = {"text": "".join(texts), "finish_reason": "length" if cut_off else ended}
    if calls:
        outcome["tool_calls"] = calls
    stated = {name: count for name, count in usage.items() if _is_count(count)}
    if stated:
        outcome["usage"] = stated
    return outcome


def _is_count(value: JsonValue) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


class Answer:
    """A reply that began well, and what can be wrong with it all the same.

    Raises `Failure` for an error status, and for a fault before anything was said.
    """

    def __init__(self, reply: Reply, provider: str) -> None:
        self._reply = reply
        self._provider = provider
        self._label = f"{_NAMES.get(provider, provider)} chat failed"
        if not 200 <= reply.status < 300 or (reply.fault is not None and not reply.chunks):
            raise_for_failure(reply, label=self._label, provider=provider)

    @property
    def is_whole(self) -> bool:
        """Is the body one JSON document, not a stream of events?"""
        return self._reply.body.lstrip()[:1] in (b"{", b"[")

    def document(self) -> JsonValue:
        """Return the body as JSON. Raises `Failure` if it is not JSON, or was cut off."""
        if self._reply.fault is not None:
            raise self.ended_early()
        return json_of(self._reply, label=self._label)

    def events(self) -> Iterator[Mapped]:
        """Yield the data of each event of a stream. Raises `Failure` for one that is not a JSON object."""
        for event in events(self._reply):
            if event.data == "[DONE]":
                return
            try:
                data = orjson.loads(event.data)
            except orjson.JSONDecodeError:
                data = None
            if isinstance(data, list) and len(data) == 1:
                data = data[0]
            if not isinstance(data, dict):
                raise self._failure("an event of the answer is not a JSON object")
            yield data

    def failure_in(self, error: Mapped, statuses: Mapping[str, int]) -> Failure:
        """Return the failure that the answer reports after its status.

        A word as its code counts like the HTTP status in `statuses`, a number like that status (OR-ERR-01).
        """
        failure = failure_in(
            {"error": error}, label=self._label, status=self._reply.status, provider=self._provider
        )
        if failure is None:
            return self._failure("an error that says nothing")
        words = [word for word in map(error.get, ("code", "type", "status")) if isinstance(word, str)]
        meant = next((statuses[word] for word in words if word in statuses), None)
        if meant is None:
            return failure
        kind = classify(meant, " ".join([text(error.get("message")), *words]), provider=self._provider)
        return Failure(
            failure.message, error_class=kind.error_class, retryable=kind.retryable, status=self._reply.status
        )

    def ended_early(self) -> Failure:
        """There is no more to read, and the answer is not whole: the connection was lost."""
        if self._reply.fault is not None:
            return failure_of_fault(self._reply, label=self._label)
        return self._failure("the stream ended before the answer did", error_class="timeout", retryable=True)

    def ended_with(self, reason: JsonValue) -> Failure:
        """The provider stopped the answer for a reason that makes it no answer (OR-ERR-03)."""
        return self._failure(f"the answer ended with {reason}")

    def _failure(self, said: str, *, error_class: str | None = None, retryable: bool = False) -> Failure:
        return Failure(
            f"{self._label}: {said}",
            error_class=error_class,
            retryable=retryable,
            status=self._reply.status,
        )
