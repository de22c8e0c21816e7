"""The reference against what published OpenClaw builds did when every answer was the same failure.

The builds were seen from outside: a run that fails may begin anew, and calls the model again each time. So
what a build sent in all is what one call sends times the number of runs, which is no part of the edition.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from openclaw_captures import EVIDENCE, seen

from harness.model import Reply, Request
from harness_openclaw.reference import Client

FOLDER = EVIDENCE / "openclaw" / "extra"
EDITIONS = {"2026.5.6": "2026-05", "2026.9.6": "latest"}
SAID = {
    "rate limit reached": "rate_limit",
    "authentication failed": "auth",
    "rejected the request": "format",
    "temporarily unavailable": "timeout",
    "provider internal error": "timeout",
}
"""What the builds tell people of a class."""

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no captures in {FOLDER} (set HARNESS_EVIDENCE)")


@dataclass(frozen=True)
class Failing:
    """A prompt that was given to a build whose every request was answered with the same status."""

    build: str
    id: str
    status: int
    retry_after: str
    request: Request  # the first
    sent: int
    told: str

    @property
    def input(self) -> dict[str, Any]:
        body = json.loads(self.request.body)
        system = [each["content"] for each in body["messages"] if each["role"] == "system"]
        return {
            "edition": EDITIONS[self.build],
            "model": f"openrouter/{body['model']}",
            "api_key": dict(self.request.headers)["authorization"].removeprefix("Bearer "),
            "thinking": "off",
            "system": system[0] if system else None,
            "history": [each for each in body["messages"] if each["role"] == "user"],
        }


def failing(build: str) -> list[Failing]:
    if not FOLDER.is_dir():
        return []
    rows = map(json.loads, (FOLDER / f"retries-{build}.jsonl").read_text("utf-8").splitlines())
    return [_failing(build, row) for row in rows]


def _failing(build: str, row: dict[str, Any]) -> Failing:
    status, _, retry_after = row["id"].removeprefix("err.or.").removeprefix("n.").partition(".")
    first = row["request"]
    request = Request(
        first["method"], first["url"], tuple(first["headers"].items()), json.dumps(first["body"]).encode()
    )
    told = row.get("error") or ""
    return Failing(build, row["id"], int(status), retry_after, request, row["sent"], told)


ALL = [pytest.param(each, id=f"{each.build}-{each.id}") for build in EDITIONS for each in failing(build)]


def called(given: Failing) -> tuple[list[Request], list[float], dict[str, Any]]:
    """What one call of the reference sends and waits, and what comes of it."""
    headers = (("retry-after", given.retry_after),) if given.retry_after else ()
    error = {"error": {"code": given.status, "message": f"E{given.status}"}}
    reply = Reply(given.status, headers, (json.dumps(error).encode(),))
    call = Client()(given.input)
    requests: list[Request] = []
    waits: list[float] = []
    answer: Reply | None = None
    while True:
        try:
            step = call.send(answer)
        except StopIteration as end:
            return requests, waits, end.value
        answer = reply if isinstance(step, Request) else None
        if isinstance(step, Request):
            requests.append(step)
        else:
            waits.append(step["sleep_ms"])


@pytest.mark.parametrize("given", ALL)
def test_the_first_request_is_the_builds(given: Failing) -> None:
    """As far as it is compared anywhere."""
    requests, _, _ = called(given)
    assert seen(requests[0]) == seen(given.request)
    assert all(request == requests[0] for request in requests)


@pytest.mark.parametrize("given", ALL)
def test_a_build_sends_what_so_many_calls_send(given: Failing) -> None:
    """OR-RETRY-02, OR-RETRY-04: once, three times, or that for each time its run began anew.

    With a stated wait of 90 s the build was seen to wait; what it does afterwards was not captured.
    """
    requests, waits, _ = called(given)
    if given.retry_after:
        assert (given.sent, waits[0]) == (1, float(given.retry_after) * 1000)
        return
    began_anew = given.status in (429, 500)
    runs, rest = divmod(given.sent, len(requests))
    assert rest == 0
    assert runs > 1 if began_anew else runs == 1


@pytest.mark.parametrize("given", ALL)
def test_a_build_tells_people_of_the_class(given: Failing) -> None:
    """Where its words say one."""
    _, _, outcome = called(given)
    told = [name for words, name in SAID.items() if words in given.told]
    assert told in ([], [outcome["error"]["class"]])


@pytest.mark.parametrize(
    ("build", "prompts", "sent", "with_a_class"), [("2026.5.6", 11, 52, 3), ("2026.9.6", 5, 21, 5)]
)
def test_so_much_was_compared(build: str, prompts: int, sent: int, with_a_class: int) -> None:
    """Prompts, requests in all, and messages that tell a class."""
    found = failing(build)
    classes = [each for each in found if any(words in each.told for words in SAID)]
    counted = (len(found), sum(each.sent for each in found), len(classes))
    assert counted == (prompts, sent, with_a_class)
