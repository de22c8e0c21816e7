"""Cases that expect nothing: an input on its own, to see what an implementation makes of it."""

from __future__ import annotations

from collections.abc import Mapping

from harness.bundled import BASE_URL, MockProvider
from harness.model import DEFAULT_EDITION, Case, CaseRun, JsonValue, Reply, Request, Step
from harness.scenarios import bundled_cassettes
from harness.wire import render

__all__ = ["probe"]


def probe(
    given: Mapping[str, JsonValue], *, edition: str = DEFAULT_EDITION, name: str = "probe", line: int = 1
) -> CaseRun:
    """A job for one input (docs/scenarios.md, input); every request is answered with a plausible success.

    A null means not given; `operation` is chat and `edition` the given one unless the input says so.
    """
    filled = {"operation": "chat", "edition": edition}
    filled.update({key: value for key, value in given.items() if value is not None})
    respond = MockProvider()

    def succeed(step: int, request: Request) -> Reply:
        return render({}, request, bundled_cassettes(), respond=respond)

    steps = (Step(filled, ()),)
    case = Case(name, name, filled["edition"], steps, "<input>", line, base_url=BASE_URL)
    return CaseRun(case, succeed)
