"""An answer of OpenAI's Responses API, as one JSON object or numbered events, and its errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from harness.model import Headers, JsonValue, Reply
from harness_openclaw.mock_provider.completion import Answer, argument_pieces_of, pauses, pieces_of
from harness_openclaw.mock_provider.errors import ErrorResponse
from harness_openclaw.mock_provider.model_output import ToolCall
from harness_openclaw.mock_provider.native_transport import event
from harness_openclaw.mock_provider.request import IncomingRequest

__all__ = ["Responding", "error_reply"]

_JSON: Headers = (("Content-Type", "application/json"),)
_EVENTS: Headers = (("Content-Type", "text/event-stream; charset=utf-8"),)
_ERRORS = {
    401: ("invalid_request_error", "invalid_api_key"),
    402: ("insufficient_quota", "insufficient_quota"),
    404: ("invalid_request_error", "model_not_found"),
    429: ("rate_limit_exceeded", "rate_limit_exceeded"),
}
_SERVER_ERROR = "server_error"
_REPEATED: Mapping[str, JsonValue] = {
    "instructions": None,
    "max_output_tokens": None,
    "max_tool_calls": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "prompt_cache_key": None,
    "safety_identifier": None,
    "store": True,
    "temperature": 1.0,
    "tool_choice": "auto",
    "tools": [],
    "top_logprobs": 0,
    "top_p": 1.0,
    "truncation": "disabled",
    "user": None,
}


def error_reply(error: ErrorResponse, incoming: IncomingRequest) -> Reply:
    """Return an error in its `error` object."""
    headers = (*_JSON, ("x-request-id", incoming.id("req_", 32)))
    if error.retry_after is not None:
        headers = (*headers, ("retry-after", str(error.retry_after)))
    return Reply(error.status, headers, (orjson.dumps({"error": _error(error)}),))


def _error(error: ErrorResponse) -> dict[str, JsonValue]:
    kind, code = _ERRORS.get(error.status, ("invalid_request_error", None))
    if error.status >= 500:
        kind, code = _SERVER_ERROR, None
    more = error.metadata or {}
    return {
        "message": error.upstream_message,
        "type": kind,
        "param": more.get("param"),
        "code": more.get("code") or code,
    }


class Responding:
    """An answer being written: its events are numbered."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._number = 0
        self._items = list(_items(answer))

    def as_json(self) -> Reply:
        """Return the answer as one JSON object."""
        return Reply(200, _JSON, (orjson.dumps(self._response()),))

    def as_events(self) -> Reply:
        """Return the answer as events: the start of the response, its items, its end."""
        cut = self._answer.output.finish == "length"
        end = "response.incomplete" if cut else "response.completed"
        return self._streamed(*self._opening(), *self._written(), self._event(end, response=self._response()))

    def broken_events(self, error: ErrorResponse, *, after: int) -> Reply:
        """Return events that end in an error: as the only event, or after `after` pieces with the failed
        response."""
        content = _error(error)
        code = content["code"] or _SERVER_ERROR
        if not after:
            return self._streamed(
                self._event("error", code=code, message=content["message"], param=content["param"])
            )
        opening = self._opening()
        pieces = [chunk for chunk, _ in zip(self._written(), range(after + 2), strict=False)]
        failed = {
            **self._response("failed"),
            "error": {"code": code, "message": content["message"]},
            "output": [],
            "usage": None,
        }
        return self._streamed(*opening, *pieces, self._event("response.failed", response=failed))

    def _streamed(self, *chunks: bytes) -> Reply:
        return Reply(200, _EVENTS, chunks, pauses_ms=pauses(chunks, self._answer.rng))

    def _event(self, kind: str, **content: Any) -> bytes:
        written = event({"type": kind, **content, "sequence_number": self._number}, kind)
        self._number += 1
        return written

    def _response(self, status: str = "") -> dict[str, JsonValue]:
        answer = self._answer
        cut = answer.output.finish == "length"
        done = status or ("incomplete" if cut else "completed")
        over = done in ("completed", "incomplete")
        chat = answer.echo or {}
        repeated = {name: chat.get(name, usual) for name, usual in _REPEATED.items()}
        reasoning = chat.get("reasoning") or {}
        default = "medium" if answer.model.reasons else None
        return {
            "id": answer.id,
            "object": "response",
            "created_at": answer.created,
            "status": done,
            "background": False,
            "completed_at": answer.created if done == "completed" else None,
            "error": None,
            "frequency_penalty": 0.0,
            "incomplete_details": {"reason": "max_output_tokens"} if over and cut else None,
            "model": answer.model.slug,
            "output": self._items if over else [],
            "presence_penalty": 0.0,
            "reasoning": {
                "effort": reasoning.get("effort", default),
                "summary": _summary(reasoning.get("summary")),
            },
            "service_tier": "default" if over else "auto",
            "text": {"format": {"type": "text"}, "verbosity": "medium"},
            "usage": _usage(answer) if over else None,
            **repeated,
        }

    def _opening(self) -> tuple[bytes, ...]:
        begun = self._response("in_progress")
        return tuple(
            self._event(kind, response=begun) for kind in ("response.created", "response.in_progress")
        )

    # -------------------------------------------------------------- items

    def _written(self) -> Iterator[bytes]:
        calls = iter(self._answer.output.calls)
        for index, item in enumerate(self._items):
            match item["type"]:
                case "reasoning":
                    yield from self._reasoning(index, item)
                case "message":
                    yield from self._message(index, item)
                case _:
                    yield from self._call(index, item, next(calls))

    def _reasoning(self, index: int, item: dict[str, Any]) -> Iterator[bytes]:
        at = {"item_id": item["id"], "output_index": index}
        yield self._event("response.output_item.added", output_index=index, item={**item, "summary": []})
        for number, part in enumerate(item["summary"]):
            here = {**at, "summary_index": number}
            empty = {"type": "summary_text", "text": ""}
            yield self._event("response.reasoning_summary_part.added", **here, part=empty)
            for piece in pieces_of(part["text"]):
                yield self._event("response.reasoning_summary_text.delta", **here, delta=piece)
            yield self._event("response.reasoning_summary_text.done", **here, text=part["text"])
            yield self._event("response.reasoning_summary_part.done", **here, part=part)
        yield self._event("response.output_item.done", output_index=index, item=item)

    def _message(self, index: int, item: dict[str, Any]) -> Iterator[bytes]:
        (part,) = item["content"]
        here = {"item_id": item["id"], "output_index": index, "content_index": 0}
        begun = {**item, "content": [], "status": "in_progress"}
        yield self._event("response.output_item.added", output_index=index, item=begun)
        yield self._event("response.content_part.added", **here, part={**part, "text": ""})
        for number, piece in enumerate(pieces_of(part["text"])):
            noise = self._noise(number)
            yield self._event(
                "response.output_text.delta", **here, delta=piece, logprobs=[], obfuscation=noise
            )
        yield self._event("response.output_text.done", **here, text=part["text"], logprobs=[])
        yield self._event("response.content_part.done", **here, part=part)
        yield self._event("response.output_item.done", output_index=index, item=item)

    def _call(self, index: int, item: dict[str, Any], call: ToolCall) -> Iterator[bytes]:
        here = {"item_id": item["id"], "output_index": index}
        begun = {**item, "arguments": "", "status": "in_progress"}
        yield self._event("response.output_item.added", output_index=index, item=begun)
        for number, piece in enumerate(argument_pieces_of(call.arguments)):
            noise = self._noise(number)
            yield self._event(
                "response.function_call_arguments.delta", **here, delta=piece, obfuscation=noise
            )
        yield self._event("response.function_call_arguments.done", **here, arguments=call.arguments)
        yield self._event("response.output_item.done", output_index=index, item=item)

    def _noise(self, number: int) -> str:
        """Return random characters that hide the length of a piece."""
        rng = self._answer.rng
        return rng.word(f"obfuscation {number}", rng.number(f"obfuscated {number}", 4, 16))


def _summary(chat: str | None) -> str | None:
    return "detailed" if chat == "auto" else chat


def _items(answer: Answer) -> Iterator[dict[str, Any]]:
    output, rng = answer.output, answer.rng
    if output.reasoning:
        summary = [{"type": "summary_text", "text": answer.reasoning}] if answer.reasoning else []
        item: dict[str, Any] = {"id": f"rs_{rng.word('reasoning', 48).lower()}", "type": "reasoning"}
        if "reasoning.encrypted_content" in ((answer.echo or {}).get("include") or ()):
            item["encrypted_content"] = rng.opaque("encrypted reasoning")
        yield {**item, "summary": summary}
    if output.text:
        part = {"type": "output_text", "annotations": [], "logprobs": [], "text": output.text}
        yield {
            "id": f"msg_{rng.word('message', 48).lower()}",
            "type": "message",
            "status": "incomplete" if output.finish == "length" else "completed",
            "content": [part],
            "role": "assistant",
        }
    for number, call in enumerate(output.calls):
        yield {
            "id": f"fc_{rng.word(f'function {number}', 48).lower()}",
            "type": "function_call",
            "status": "completed",
            "arguments": call.arguments,
            "call_id": call.id,
            "name": call.name,
        }


def _usage(answer: Answer) -> Mapping[str, JsonValue]:
    usage = answer.usage
    return {
        "input_tokens": usage.prompt,
        "input_tokens_details": {"cached_tokens": usage.cached},
        "output_tokens": usage.completion,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": usage.prompt + usage.completion,
    }
