"""Cases that expect nothing: an input on its own, to see what an implementation makes of it."""

from __future__ import annotations

from collections.abc import Mapping

from harness.contracts import NO_CONTRACT, Contract
from harness.model import Case, CaseRun, JsonValue, Reply, Request, Step
from harness.wire import render

__all__ = ["probe"]


def probe(
    given: Mapping[str, JsonValue],
    contract: Contract = NO_CONTRACT,
    *,
    edition: str | None = None,
    name: str = "probe",
    line: int = 1,
) -> CaseRun:
    """Return a case for one input (docs/scenarios.md, input), whose requests get the contract's default
    replies.

    A null means not given. `operation` is chat and `edition` the given one, else the contract's default,
    unless the input says so.
    """
    filled: dict[str, JsonValue] = {"operation": "chat"}
    if edition or contract.editions.default:
        filled["edition"] = edition or contract.editions.default
    filled.update({key: value for key, value in given.items() if value is not None})
    case = Case(
        name,
        name,
        filled.get("edition", ""),
        (Step(filled, ()),),
        "<input>",
        line,
        contract=contract.name,
        base_url=contract.base_url,
        outcome_words=contract.outcome_words,
        respond=contract.hook("respond"),
    )
    provider = case.provider()

    def answer(step: int, request: Request) -> Reply:
        return render({}, request, respond=provider)

    return CaseRun(case, answer)
