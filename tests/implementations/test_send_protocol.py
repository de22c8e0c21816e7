"""Adapters that speak the command protocol and send for themselves (mode `send`)."""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from obedient import broken_by, job_of, told

from harness.implementations import Connection, connect
from harness.implementations.send.protocol_capture import CapturedTraffic, CaptureSession
from harness.model import CaseRun, Observation, Reply, Request, Responder

ADAPTER = Path(__file__).with_name("children") / "sending_adapter.py"
PAST_THE_PROXY = (
    "nothing came through the proxy; a client that ignores HTTPS_PROXY is only seen in the sandbox"
)
BASE_URL = "https://api.acme.example/v1"
URL = f"{BASE_URL}/chat/completions"


def address(**says: Any) -> str:
    return f"command:{shlex.join([sys.executable, str(ADAPTER), json.dumps(says)])}"


def sending(*, sandbox: Any = "off", timeout_s: float = 20.0, **says: Any) -> Connection:
    return connect(address(**says), mode="send", sandbox=sandbox, timeout_s=timeout_s)


def answers_as(name: str) -> Responder:
    def answers(step: int, request: Request) -> Reply:
        return Reply(200, (), (f"{name}/{step}".encode(),))

    return answers


def job(do: str, name: str = "suite/case", **given: Any) -> CaseRun:
    return job_of({"do": do, **given}, name=name, answers=answers_as(name), base_url=BASE_URL)


def perform(connection: Connection, *jobs: CaseRun, at_once: int = 1) -> Mapping[str, Observation]:
    return {case.name: seen for case, seen in connection.perform(jobs, at_once=at_once)}


@pytest.mark.parametrize("sandbox", ["off", "auto"])
@pytest.mark.parametrize(
    ("do", "urls"),
    [
        ("by_environment", [URL]),
        ("by_proxy", [f"https://proxy.example/v1/{turn}" for turn in range(3)]),
        ("by_base_url", [URL]),
    ],
)
def test_an_adapter_may_send_to_any_of_the_ways_in(sandbox: str, do: str, urls: list[str]) -> None:
    """By its environment (or straight ahead in the sandbox), by the proxy and by the base URL of the run."""
    with sending(sandbox=sandbox, features=["outcome", "replies"]) as connection:
        assert connection.about.mode == "send"
        seen = perform(connection, job(do))["suite/case"]
    assert [request.url for request in seen.steps[0].requests] == urls
    assert all(("X-Case", "kept") in request.headers for request in seen.steps[0].requests)
    assert told(seen) == ",".join(["suite/case/0"] * len(urls))
    assert seen.blind_spots == {"timing", "timeout"}


def test_what_is_sent_to_the_base_url_of_a_run_was_meant_for_that_of_its_input_or_its_case() -> None:
    """The input comes first; where neither names one, the request is seen as it was sent."""
    stated = job("by_base_url", "a/1", base_url="https://proxy.example/v1")
    unknown = job_of({"do": "by_base_url"}, name="a/2", answers=answers_as("a/2"))
    with sending(features=["outcome"]) as connection:
        done = perform(connection, stated, unknown)
    first, second = (seen.steps[0].requests[0].url for seen in done.values())
    assert first == "https://proxy.example/v1/chat/completions"
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/chat/completions", second)


@pytest.mark.parametrize("do", ["by_proxy", "by_base_url"])
def test_cases_in_flight_together_have_a_way_in_each(do: str) -> None:
    """Every request is counted for its case, and answered by it."""
    with sending(concurrency=4, features=["outcome", "replies"]) as connection:
        jobs = [job(do, f"a/{number}") for number in range(24)]
        done = perform(connection, *jobs, at_once=4)
    for name, seen in done.items():
        assert {request.body.decode() for request in seen.steps[0].requests} == {name}
        assert set(told(seen).split(",")) == {f"{name}/0"}


def test_in_the_sandbox_cases_go_one_by_one() -> None:
    """All traffic comes in at one door there, so it can belong to one case only."""
    with sending(sandbox="auto", concurrency=4, features=["outcome", "replies"]) as connection:
        if connection.about.notes:
            pytest.skip(connection.about.notes[0])
        done = perform(connection, *[job("by_environment", f"a/{turn}") for turn in range(6)], at_once=4)
    for name, seen in done.items():
        assert [request.body.decode() for request in seen.steps[0].requests] == [name]
        assert told(seen) == f"{name}/0"


def test_a_shared_way_in_errs_cases_that_are_in_flight_together() -> None:
    """A request that could be any case's is none's: who declares concurrency must use what the run names."""
    with sending(concurrency=2, features=["replies"]) as connection:
        done = perform(connection, job("by_environment", "a/1"), job("by_environment", "a/2"), at_once=2)
    assert any("must send to the addresses in the run's `wire`" in broken_by(seen) for seen in _broken(done))
    assert all(not seen.steps for seen in done.values())


def _broken(done: Mapping[str, Observation]) -> list[Observation]:
    return [seen for seen in done.values() if seen.broken is not None]


def test_what_is_sent_between_cases_belongs_to_none() -> None:
    """It is turned away; the case that comes next has its own requests only."""
    with sending(early=True, features=["outcome"]) as connection:
        seen = perform(connection, job("by_environment"))["suite/case"]
    assert [request.body for request in seen.steps[0].requests] == [b"suite/case"]


def test_each_step_has_its_own_requests_and_answers() -> None:
    """In the order of the steps."""
    steps = ({"do": "by_proxy"}, {"do": "by_environment"})
    several = job_of(*steps, name="a/b", answers=answers_as("a/b"))
    with sending(features=["outcome", "replies", "steps"]) as connection:
        seen = perform(connection, several)["a/b"]
    assert [len(step.requests) for step in seen.steps] == [3, 1]
    assert told(seen) == "a/b/1"


def test_a_child_that_says_it_sends_is_believed() -> None:
    """Without `mode` anywhere else it is started again, with the surroundings it needs."""
    with connect(address(mode="send", features=["outcome"]), sandbox="off") as connection:
        assert connection.about.mode == "send"
        assert told(perform(connection, job("by_environment"))["suite/case"]) == "suite/case/0"


def test_a_sending_child_answers_with_no_requests() -> None:
    """One that does both would be seen twice."""
    with sending() as connection:
        seen = perform(connection, job("shape"))["suite/case"]
    assert "in mode send it sends its requests itself" in broken_by(seen)


@pytest.mark.parametrize("mute", [False, True])
def test_an_adapter_whose_client_ignores_proxies_errs_with_that_reason(mute: bool) -> None:
    """Whether it reports a timeout or that it failed: a request that could not be seen is not one that was
    never sent."""
    with sending(features=["outcome", "replies"]) as connection:
        seen = perform(connection, job("in_vain", base_url="http://127.0.0.1:1", mute=mute))["suite/case"]
    assert PAST_THE_PROXY in broken_by(seen)


def test_a_refusal_that_an_adapter_reports_is_judged() -> None:
    """Without a request, by whatever way: it may be what is expected."""
    refusal = {"error": {"class": "auth", "retryable": False, "message": "no key"}}
    traffic = CapturedTraffic(sandboxed=False)
    assert traffic.problem(refusal) is None
    assert traffic.problem({"error": {**refusal["error"], "class": "timeout"}}) == PAST_THE_PROXY


def test_a_child_that_dies_is_started_again_with_a_new_way_in(tmp_path: Path) -> None:
    """The case runs once more, and only its second attempt counts."""
    with sending(features=["outcome"]) as connection:
        given = {"marker": str(tmp_path / "marker")}
        done = perform(connection, job("crash_once", "a/1", **given), job("by_environment", "a/2"))
        crashed = perform(connection, job("crash"))["suite/case"]
        after = perform(connection, job("by_environment"))["suite/case"]
    assert [len(seen.steps[0].requests) for seen in done.values()] == [1, 1]
    assert "it exited with status 7" in broken_by(crashed)
    assert told(after) == "suite/case/0"


def test_a_new_child_closes_every_way_into_the_one_before() -> None:
    """A case that was given up with it cannot be counted for any more."""
    session = CaptureSession("off")
    words = [sys.executable, "-c", "input()"]
    first = session.launch(words, Path(), line_limit=1024)
    base_url = session.capture(job("by_base_url"), alone=True).open(0)["base_url"]
    assert httpx.post(base_url).text == "suite/case/0"
    second = session.launch(words, Path(), line_limit=1024)
    with pytest.raises(httpx.ConnectError):
        httpx.post(base_url)
    for child in (first, second):
        child.kill()
    session.close()


def test_a_run_that_is_given_up_leaves_nothing_for_the_next() -> None:
    """Its child is gone, and so is its way in."""
    with sending(features=["outcome"]) as connection:
        performing = connection.perform([job("by_environment", f"a/{number}") for number in range(3)])
        next(performing)
        performing.close()  # type: ignore[attr-defined]
        assert told(perform(connection, job("by_environment"))["suite/case"]) == "suite/case/0"
