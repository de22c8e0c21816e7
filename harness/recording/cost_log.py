"""Cost log: what a recording has done and spent, call by call."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from harness.model import JsonValue
from harness.recording.protocol import Estimate, Usage
from harness.recording.provider import Provider
from harness.recording.provider_client import Call

__all__ = ["Entry", "Totals", "entry", "totals"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One call: its case, its id at the provider, and what it cost and was estimated to cost.

    `tried` are the statuses or faults of the attempts before the last.
    """

    case: str
    edition: str
    id: str
    model: str
    status: int | str
    tried: tuple[int | str, ...]
    usage: Usage
    estimate: Estimate

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
                "prompt_tokens": self.estimate.prompt_tokens,
                "most_output_tokens": self.estimate.output_tokens,
                "cost_usd": _usd(self.estimate.cost),
            },
        }


@dataclass(frozen=True, slots=True)
class Totals:
    """The sums over a cost log. `statuses` counts every answer, those of retries too."""

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


def entry(case: str, edition: str, call: Call, provider: Provider) -> Entry:
    """Return the entry of a call, which is read to its end."""
    reply = call.finish()
    return Entry(
        case,
        edition,
        provider.generation_id(call.request, reply),
        call.estimate.model,
        reply.fault or reply.status,
        call.tried,
        provider.usage(call.request, reply),
        call.estimate,
    )


def totals(entries: Iterable[Entry]) -> Totals:
    """Return the sums of a cost log."""
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
        sum((each.estimate.cost or Decimal() for each in kept), Decimal()),
        tuple(sorted(met.items(), key=lambda pair: str(pair[0]))),
    )


def _usd(amount: Decimal | None) -> float | None:
    return None if amount is None else float(amount)
