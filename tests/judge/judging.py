"""Cases and observations in one line, for the judge's tests."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from harness.errors import Location
from harness.judge import judge
from harness.model import (
    Case,
    Difference,
    Interaction,
    Judgement,
    Observation,
    Request,
    Rule,
    RuleScope,
    Step,
    StepObservation,
)

URL = "https://acme.example/api/v1/chat/completions"


def sent(
    body: Any = b"",
    *,
    method: str = "POST",
    url: str = URL,
    headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
    timeout_ms: float | None = None,
    after_ms: float | None = None,
) -> Request:
    """A request as observed; a body that is not bytes is sent as JSON."""
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    raw = body if isinstance(body, bytes) else json.dumps(body, separators=(",", ":")).encode()
    return Request(method, url, tuple(pairs), raw, timeout_ms, after_ms)


def expects(number: int = 0, /, **request: Any) -> Interaction:
    """An interaction with these keys in its `request`."""
    return Interaction(request, ("interactions", number), id=request.pop("id", None))


def rule(id_: str, **where: Any) -> Rule:
    """A rule that claims these places."""
    return Rule(
        id_, "", ("2026-05",), "documented", ("chat",), "", RuleScope(**where), Location("rules.yaml", 1)
    )


def case_of(*steps: Step, rules: tuple[Rule, ...] = (), canaries: Mapping[str, str] | None = None) -> Case:
    """A case of these steps."""
    return Case("suite/case", "suite", "2026-05", steps, "f.yaml", 1, rules=rules, canaries=canaries or {})


def verdict_on(
    step: Step | Interaction,
    *requests: Request,
    blind_spots: Iterable[Any] = (),
    outcome: Any = None,
    **case: Any,
) -> Judgement:
    """The judgement of a case of one step in which these requests were seen."""
    one = step if isinstance(step, Step) else Step({}, (step,))
    observation = Observation((StepObservation(requests, outcome),), frozenset(blind_spots))
    return judge(case_of(one, **case), observation)


def messages(judgement: Judgement) -> list[str]:
    """What the differences say."""
    return [difference.message for difference in judgement.differences]


def only(judgement: Judgement) -> Difference:
    """The one difference there is."""
    assert len(judgement.differences) == 1, messages(judgement)
    return judgement.differences[0]
