"""What is asked again, when, and with what."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from harness.model import Reply, Request
from harness_openclaw.reference import Client
from harness_openclaw.reference.exchange import VirtualClock
from harness_openclaw.reference.retries import NEVER, Retries

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ANSWER = Reply(
    200,
    (("content-type", "text/event-stream"),),
    (b'data: {"choices":[{"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n',),
)


def refused(status: int, **headers: str) -> Reply:
    return Reply(status, tuple((name.replace("_", "-"), value) for name, value in headers.items()))


class Seen:
    """A call that is over: what it sent and waited, in order, what came of it, and how long it took."""

    def __init__(self, *replies: Reply, **given: Any) -> None:
        clock = VirtualClock()
        asked = {"model": "openrouter/openai/gpt-4o", "api_key": "k", "history": [], **given}
        call = Client(clock)(asked)
        left = list(replies)
        self.requests: list[Request] = []
        self.waits: list[float] = []
        answer: Reply | None = None
        while True:
            try:
                step = call.send(answer)
            except StopIteration as end:
                self.outcome = end.value
                break
            answer = None
            if isinstance(step, Request):
                self.requests.append(step)
                answer = left.pop(0)
            else:
                self.waits.append(step["sleep_ms"])
        self.took_ms = clock.now_ms()


def wait_s(reply: Reply, retries: Retries | None = None) -> float | None:
    """The wait before the first repeat after a reply."""
    return (retries or Retries()).wait_s(reply, 0, now=NOW)


# ------------------------------------------------------------------ the rule


@pytest.mark.parametrize("status", [408, 409, 429, 500, 503, 522, 599])
def test_what_may_pass_is_asked_again(status: int) -> None:
    """OR-RETRY-02: after half a second."""
    assert wait_s(refused(status)) == 0.5


@pytest.mark.parametrize("status", [200, 204, 302, 400, 401, 402, 403, 404, 410, 422, 499])
def test_all_else_is_not(status: int) -> None:
    """OR-RETRY-02: not even with a stated wait."""
    assert wait_s(refused(status, retry_after="1")) is None


@pytest.mark.parametrize("fault", ["refused", "reset", "timeout"])
def test_silence_is_asked_again(fault: str) -> None:
    """OR-RETRY-02: unless something has come already (OR-RETRY-06)."""
    assert wait_s(Reply(0, fault=fault)) == 0.5
    assert wait_s(Reply(200, (), (b"data: ",), fault)) is None


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"Retry_After_Ms": "250", "retry_after": "9"}, 0.25),
        ({"retry_after": "1.5"}, 1.5),
        ({"retry_after": "0"}, 0.0),
        ({"retry_after": "-3"}, 0.0),
        ({"retry_after": "Thu, 01 Jan 2026 00:00:05 GMT"}, 5.0),
        ({"retry_after": "Thu, 01 Jan 2026 00:00:05 -0000"}, 5.0),
        ({"retry_after": "Thu, 01 Jan 2026 02:00:05 +0200"}, 5.0),
        ({"retry_after": "Wed, 31 Dec 2025 00:00:00 GMT"}, 0.0),
        ({"retry_after": "soon"}, 0.5),
        ({"retry_after": "inf"}, 0.5),
        ({"retry_after": ""}, 0.5),
        ({"retry_after_ms": "x", "retry_after": "2"}, 2.0),
        ({"retry_after": "3600"}, 3600.0),
    ],
)
def test_a_stated_wait_is_the_wait(headers: dict[str, str], wait: float) -> None:
    """OR-RETRY-02: in milliseconds, seconds or as a date; what cannot be read is not stated."""
    assert wait_s(refused(429, **headers)) == wait


def test_the_answer_has_the_last_word() -> None:
    """OR-RETRY-02: x-should-retry, in any letter case."""
    assert wait_s(refused(400, X_Should_Retry="True")) == 0.5
    assert wait_s(refused(500, x_should_retry="false")) is None
    assert wait_s(refused(500, x_should_retry="perhaps")) == 0.5
    assert wait_s(refused(500, x_should_retry="true"), NEVER) is None
    assert wait_s(ANSWER) is None


def test_waits_grow_to_eight_seconds_and_are_spread() -> None:
    """OR-RETRY-02: by up to a quarter downwards."""
    retries = Retries(most=9)
    waits = [retries.wait_s(refused(500), before) for before in range(7)]
    assert waits == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0]
    assert retries.wait_s(refused(500), 1, chance=1.0) == 0.75
    assert retries.wait_s(refused(500, retry_after="2"), 1, chance=1.0) == 2.0


def test_a_longest_wait_may_be_set() -> None:
    """OR-RETRY-03: with it, a 429 may have to state one."""
    limited = Retries(longest_s=60.0, states_429=True)
    assert wait_s(refused(503, retry_after="60"), limited) == 60.0
    assert wait_s(refused(503, retry_after="60.5"), limited) is None
    assert wait_s(refused(503), limited) == 0.5
    assert wait_s(refused(429), limited) is None


def test_credits_that_are_reserved_may_be_waited_for() -> None:
    """By who wants to, and only as long as is stated."""
    patient = Retries(in_flight=True)
    assert wait_s(refused(402, retry_after="2"), patient) == 2.0
    assert wait_s(refused(402), patient) is None
    assert wait_s(refused(403, retry_after="2"), patient) is None
    assert wait_s(refused(402, retry_after="2")) is None


# ------------------------------------------------------------------ a call


def test_a_call_is_repeated_twice_with_the_same_bytes() -> None:
    """OR-RETRY-01, OR-RETRY-02: and the last failure is what is reported."""
    call = Seen(refused(500), refused(503), refused(429), edition="2026-05")
    first, second, third = call.requests
    assert first == second == third
    assert call.waits == [500, 1000]
    assert call.outcome["error"]["class"] == "rate_limit"


def test_a_call_ends_with_its_first_answer() -> None:
    """However it came by it."""
    call = Seen(Reply(0, fault="reset"), ANSWER)
    assert (len(call.requests), call.outcome["text"]) == (2, "Hi")


def test_silence_takes_all_the_time_it_has() -> None:
    """OR-RETRY-02: 600 seconds for each request, and the waits between them."""
    silence = Reply(0, fault="timeout")
    call = Seen(silence, silence, silence, edition="2026-05")
    assert {request.timeout_ms for request in call.requests} == {600_000}
    assert call.took_ms == 3 * 600_000 + 1500


@pytest.mark.parametrize(("edition", "sent"), [("2026-04", 1), ("2026-05", 3), ("latest", 1)])
def test_only_one_edition_repeats_conflicts(edition: str, sent: int) -> None:
    """OR-RETRY-01 knows time-outs, rate limits and server errors; OR-RETRY-02 conflicts, too."""
    call = Seen(refused(409), refused(409), refused(409), edition=edition)
    assert len(call.requests) == sent


@pytest.mark.parametrize(("edition", "sent"), [("2026-04", 3), ("2026-05", 3), ("latest", 1)])
@pytest.mark.parametrize("reply", [refused(408), refused(429), refused(500), Reply(0, fault="refused")])
def test_the_latest_edition_repeats_nothing(reply: Reply, edition: str, sent: int) -> None:
    """OR-RETRY-04: one model call is one request."""
    call = Seen(reply, reply, reply, edition=edition)
    assert len(call.requests) == sent


@pytest.mark.parametrize(
    ("longest", "sent"),
    [
        ("10", 1),
        ("10.5", 1),
        (10, 1),
        ("90", 2),
        ("0", 2),
        ("false", 2),
        ("OFF", 2),
        ("none", 2),
        (" disabled ", 2),
        ("-1", 2),
        ("soon", 2),
    ],
)
def test_the_environment_may_limit_the_waits(longest: Any, sent: int) -> None:
    """OR-RETRY-03: only a number above zero does."""
    env = {"OPENCLAW_SDK_RETRY_MAX_WAIT_SECONDS": longest}
    call = Seen(refused(503, retry_after="30"), ANSWER, env=env)
    assert len(call.requests) == sent


def test_waits_have_no_limit_otherwise() -> None:
    """OR-RETRY-03, reading `build`."""
    call = Seen(refused(503, retry_after="90"), refused(429), ANSWER)
    assert call.waits == [90_000, 1000]
