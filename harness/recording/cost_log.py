"""What a recording has done and spent, call by call."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

import orjson

from harness.model import JsonValue, Reply
from harness.recording.classify import events_of, is_stream, native_form
from harness.recording.provider_client import Call
from harness_openclaw.reference import Failure
from harness_openclaw.reference.openrouter.receipt import Usage, usage_of

__all__ = ["Entry", "Totals", "entry", "totals"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One call: whose it was, what it is known by at the provider, and what it cost against the estimate.

    `tried` are the statuses or faults of the attempts before the last.
    """

    case: str
    edition: str
    id: str
    model: str
    status: int | str
    tried: tuple[int | str, ...]
    usage: Usage
    estimated_prompt_tokens: int
    estimated_output_tokens: int
    estimated_cost: Decimal | None

    def as_json(self) -> dict[str, JsonValue]:
        return {
            "case": self.case,
            "edition": self.edition,
            "id": self.id,
            "model": self.model,
            "status": self.status,
            "tried": list(self.tried),
            "retries": len(self.tried),
            "prompt_tokens": self.usage.prompt_tokens,
            "completion_tokens": self.usage.completion_tokens,
            "cost_usd": _usd(self.usage.cost),
            "estimated": {
                "prompt_tokens": self.estimated_prompt_tokens,
                "most_output_tokens": self.estimated_output_tokens,
                "cost_usd": _usd(self.estimated_cost),
            },
        }


@dataclass(frozen=True, slots=True)
class Totals:
    """The sums over a ledger. `statuses` counts every answer, those of retries too."""

    calls: int
    retries: int
    prompt_tokens: int
    completion_tokens: int
    cost: Decimal
    estimated_cost: Decimal
    statuses: tuple[tuple[int | str, int], ...]

    def as_json(self) -> dict[str, JsonValue]:
        return {
            "calls": self.calls,
            "retries": self.retries,
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "cost_usd": _usd(self.cost),
            "estimated_cost_usd": _usd(self.estimated_cost),
            "statuses": {str(status): count for status, count in self.statuses},
        }


def entry(case: str, edition: str, call: Call, reply: Reply) -> Entry:
    """The entry of a call that is over."""
    estimate = call.estimate
    return Entry(
        case,
        edition,
        _id(reply),
        estimate.model,
        reply.fault or reply.status,
        call.tried,
        _usage(call.request.url, reply),
        estimate.prompt_tokens,
        estimate.output_tokens,
        estimate.cost,
    )


def totals(entries: Iterable[Entry]) -> Totals:
    """Sum up a ledger."""
    kept = tuple(entries)
    met: dict[int | str, int] = {}
    for each in kept:
        for status in (*each.tried, each.status):
            met[status] = met.get(status, 0) + 1
    return Totals(
        len(kept),
        sum(len(each.tried) for each in kept),
        sum(each.usage.prompt_tokens or 0 for each in kept),
        sum(each.usage.completion_tokens or 0 for each in kept),
        sum((each.usage.cost or Decimal() for each in kept), Decimal()),
        sum((each.estimated_cost or Decimal() for each in kept), Decimal()),
        tuple(sorted(met.items(), key=lambda pair: str(pair[0]))),
    )


def _usage(url: str, reply: Reply) -> Usage:
    """What an answer says it counted, in whichever form it says so."""
    read = native_form(url)
    if read is None:
        return usage_of(reply)
    try:
        counted = read(reply).get("usage") or {}
    except Failure:
        return Usage()
    return Usage(counted.get("input_tokens"), counted.get("output_tokens"))


def _id(reply: Reply) -> str:
    """The generation's id, or the one that the answer as a whole is known by."""
    for value in events_of(reply.body) if is_stream(reply.headers) else [_json(reply.body)]:
        name = _named(value)
        if name is not None:
            return name
    headers = {name.lower(): value for name, value in reply.headers}
    return next((headers[name] for name in _ID_HEADERS if name in headers), "")


def _named(value: JsonValue) -> str | None:
    """The id in an answer or one of its events: OpenRouter's and OpenAI's, that of a message or a response
    which begins, or Gemini's."""
    if not isinstance(value, dict):
        return None
    begun = value.get("message") or value.get("response")
    held = begun if isinstance(begun, dict) else value
    name = held.get("id") or held.get("responseId")
    return name if isinstance(name, str) else None


_ID_HEADERS = ("x-generation-id", "x-request-id", "request-id", "cf-ray")


def _json(body: bytes) -> JsonValue:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def _usd(amount: Decimal | None) -> float | None:
    return None if amount is None else float(amount)
