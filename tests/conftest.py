"""Ready-made values that several tests start from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from harness.errors import Location
from harness.model import (
    Case,
    Difference,
    Interaction,
    Observation,
    Performed,
    Request,
    Rule,
    Step,
    Verdict,
    Where,
)

SECRET = "sk-or-v1-" + "5e" * 24


@pytest.fixture
def a_rule() -> Callable[..., Rule]:
    """Make a rule; anything may be given."""

    def make(name: str = "OR-HDR-02", **given: Any) -> Rule:
        values: dict[str, Any] = {
            "text": "OpenRouter is told which application calls.",
            "contracts": ("2026-05",),
            "evidence": "documented",
            "operations": ("chat",),
            "source": "OpenRouter provider page",
            "where": Where(headers=("HTTP-Referer",)),
            "location": Location("scenarios/rules/headers.yaml", 3),
        }
        return Rule(name, **values | given)

    return make


@pytest.fixture
def a_case(a_rule: Callable[..., Rule]) -> Callable[..., Case]:
    """Make a case with one interaction and one canary; anything may be given."""

    def make(name: str = "openrouter/attribution/verified-route/plain", **given: Any) -> Case:
        interaction = Interaction(
            {"url": "https://openrouter.ai/api/v1/chat/completions"}, ("interactions", 0)
        )
        values: dict[str, Any] = {
            "suite": name.rpartition("/")[0].rpartition("/")[0],
            "contract": "2026-05",
            "steps": (Step({"operation": "chat", "api_key": SECRET}, (interaction,)),),
            "file": "scenarios/openrouter/attribution.yaml",
            "line": 41,
            "about": "A verified route carries the attribution headers.",
            "rules": (a_rule(),),
            "canaries": {"api_key": SECRET},
        }
        return Case(name, **values | given)

    return make


@pytest.fixture
def a_verdict(a_case: Callable[..., Case]) -> Callable[..., Verdict]:
    """Make a verdict of a status; a failed one has a header and a body difference, and shows a secret."""

    def make(status: Any = "passed", case: Case | None = None, **given: Any) -> Verdict:
        request = Request(
            "POST",
            "https://openrouter.ai/api/v1/chat/completions",
            (("authorization", f"Bearer {SECRET}"),),
            b'{"model":"anthropic/claude-sonnet-4-6"}',
        )
        differences = (
            Difference("body", "$.model", f"$.model: expected {SECRET}", request=0, rules=("OR-HDR-02",)),
            Difference(
                "headers",
                "HTTP-Referer",
                "HTTP-Referer: expected once, was not sent",
                request=0,
                rules=("OR-HDR-02",),
                location=Location("scenarios/openrouter/attribution.yaml", 52, 13),
            ),
        )
        values: dict[str, Any] = {
            "implementation": "acme",
            "differences": differences if status == "failed" else (),
            "observation": Observation((Performed((request,)),)),
            "duration_s": 0.001,
        }
        if status not in ("passed", "failed"):
            values["reason"] = "because"
        return Verdict(case or a_case(), status, **values | given)

    return make
