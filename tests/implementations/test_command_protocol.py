"""What goes over the lines between the harness and a child."""

from __future__ import annotations

import base64
import json
import re
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from obedient import adapter, broken_by, job_of, perform, perform_one, told

from harness.errors import ImplementationError
from harness.implementations import Connection, protocol
from harness.model import Observation, Reply, Request


def test_what_a_child_says_of_itself_becomes_its_account() -> None:
    """The answer to `start` gives name, version, language and capabilities."""
    with adapter() as connection:
        about = connection.about
    assert (about.name, about.version, about.language) == ("obedient", "2.1", "Python")
    assert about.features == ("outcome", "replies", "clock", "steps")
    assert (about.mode, about.concurrency, about.inputs) == ("shape", 8, ("*",))


def test_fields_and_words_of_a_later_protocol_are_ignored() -> None:
    """An adapter may say more than this version of the harness knows."""
    start = {"version": 1, "capabilities": {"operations": ["chat", "dance"], "colour": "red"}, "extra": 1}
    with adapter(json.dumps(start)) as connection:
        assert connection.about.operations == ("chat", "dance")


@pytest.mark.parametrize(
    ("start", "says"),
    [
        ({"version": 2}, "version int 2; this harness speaks version 1"),
        ({}, "version missing"),
        ({"version": 1, "capabilities": {"operations": "chat"}}, "operations as str 'chat'"),
        ({"version": 1, "capabilities": {"concurrency": 0}}, "a concurrency of int 0"),
        ({"version": 1, "capabilities": ["chat"]}, "capabilities as list"),
        ({"cmd": "start", "version": 1}, "the harness's own message"),
    ],
)
def test_a_wrong_answer_to_start_is_an_error_that_says_what_is_wrong(start: Any, says: str) -> None:
    """No case can be performed by an adapter of another version or with capabilities that make no sense."""
    with pytest.raises(ImplementationError, match=says):
        adapter(json.dumps(start))


def test_a_request_is_seen_byte_for_byte() -> None:
    """Method, URL, headers in order and case, and the body arrive as the adapter wrote them."""
    seen = perform_one(job_of({"do": "shape", "body": {"model": "m", "n": 1.0}}))
    (request,) = seen.steps[0].requests
    assert request == Request(
        "POST", "https://api.example/v1", (("X-Case", "suite/case"),), b'{"model": "m", "n": 1.0}', None, 0.0
    )


@pytest.mark.parametrize("value", ["\u2028 \u00e9", "\ud800", 2**70])
def test_lines_are_ascii(value: Any) -> None:
    """Some line readers split at U+2028 too, and some read in another encoding; escapes suit all."""
    line = protocol.run(1, "case", 1, 1, {"value": value})
    assert line.isascii()
    assert json.loads(line)["input"] == {"value": value}


def test_only_name_step_and_input_are_sent() -> None:
    """What is expected of a case never reaches the implementation."""
    seen = perform_one(job_of({"do": "shape", "model": "m"}))
    assert json.loads(seen.steps[0].requests[0].body) == {"seen": ["do", "model"]}


class _Patient:
    """One child for many examples."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def perform(self, given_input: dict[str, Any]) -> Observation:
        ((_, seen),) = self.connection.perform([job_of(given_input)])
        return seen


@pytest.fixture(scope="module")
def child() -> Any:
    with adapter() as connection:
        yield _Patient(connection)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None, max_examples=60)
@given(body=_JSON)
def test_any_json_value_survives_the_way_to_the_child_and_back(child: _Patient, body: Any) -> None:
    """Integers of any size, every Unicode text with its line separators, and numbers come back equal."""
    seen = child.perform({"do": "shape", "body": body})
    assert seen.broken is None
    assert json.loads(seen.steps[0].requests[0].body) == body


@settings(deadline=None, max_examples=60)
@given(body=st.binary(max_size=300))
def test_any_bytes_survive_as_base64(child: _Patient, body: bytes) -> None:
    """A body that is no UTF-8 comes through `body_base64` unchanged."""
    seen = child.perform({"do": "body_base64", "encoded": base64.b64encode(body).decode()})
    assert seen.steps[0].requests[0].body == body


@settings(deadline=None, max_examples=40)
@given(chunks=st.lists(st.binary(max_size=40), max_size=5))
def test_any_reply_reaches_the_child_in_its_chunks(child: _Patient, chunks: list[bytes]) -> None:
    """Chunks are text where they are UTF-8 and `{"base64": …}` where not, cut as the harness cut them."""
    reply = Reply(202, (("a", "1"), ("a", "2")), tuple(chunks))
    ((_, seen),) = child.connection.perform([job_of({"do": "converse"}, answers=lambda step, request: reply)])
    response = json.loads(told(seen))
    assert (response["status"], response["headers"]) == (202, [["a", "1"], ["a", "2"]])
    got = [
        base64.b64decode(chunk["base64"]) if isinstance(chunk, dict) else chunk.encode()
        for chunk in response["chunks"]
    ]
    assert got == chunks
    assert "fault" not in response


@pytest.mark.parametrize(
    ("reply", "response"),
    [
        (Reply(0, fault="timeout"), {"fault": "timeout"}),
        (
            Reply(200, (), (b"half",), "truncated"),
            {"status": 200, "headers": [], "chunks": ["half"], "fault": "truncated"},
        ),
    ],
)
def test_a_fault_reaches_the_child_after_what_came_before_it(reply: Reply, response: Any) -> None:
    """Without a response there is only the fault."""
    seen = perform_one(job_of({"do": "converse"}, answers=lambda step, request: reply))
    assert json.loads(told(seen)) == response


def test_requests_may_be_open_together_and_each_gets_its_own_reply() -> None:
    """`n` says which request a reply is for."""

    def answers(step: int, request: Request) -> Reply:
        return Reply(200, (), (request.url[-1:].encode(),))

    seen = perform_one(job_of({"do": "open_two"}, answers=answers))
    assert told(seen) == "1,2"
    assert [request.url[-1] for request in seen.steps[0].requests] == ["1", "2"]


def test_the_time_limit_of_a_request_is_kept() -> None:
    """`timeout_ms` is part of the request."""
    seen = perform_one(job_of({"do": "converse"}))
    assert seen.steps[0].requests[0].timeout_ms == 1500


def test_sleeping_takes_no_time_and_is_counted() -> None:
    """A `sleep_ms` is answered at once; the request after it carries the sum, and the one after that none."""
    began = time.monotonic()
    seen = perform_one(job_of({"do": "sleep"}))
    assert [request.after_ms for request in seen.steps[0].requests] == [5250.5, 0.0]
    assert time.monotonic() - began < 5


def test_answers_may_come_in_any_order() -> None:
    """Each answer is counted for the case whose number it carries."""
    seen = perform(job_of({"do": "late_first"}, name="one"), job_of({"do": "shape"}, name="two"), at_once=2)
    assert {name: told(each) for name, each in seen.items()} == {"one": "one", "two": "two"}


def test_the_window_is_what_both_sides_allow() -> None:
    """No more cases are in flight than asked for, nor than the child says it takes."""
    start = {"version": 1, "capabilities": {"features": ["outcome"], "concurrency": 1}}
    drawn: list[str] = []

    def jobs() -> Any:
        for name in ("one", "two", "three"):
            drawn.append(name)
            yield job_of({"do": "pid"}, name=name)

    with adapter(json.dumps(start)) as connection:
        for _ in connection.perform(jobs(), at_once=5):
            break
    assert drawn == ["one"]


def test_steps_run_one_after_the_other_and_share_the_child_s_state() -> None:
    """Each step is a run of its own, numbered from 1."""
    seen = perform_one(job_of({"do": "remember"}, {"do": "remember"}, {"do": "remember"}))
    assert [step.outcome for step in seen.steps] == [
        {"text": "[1] of 3"},
        {"text": "[1, 2] of 3"},
        {"text": "[1, 2, 3] of 3"},
    ]


def test_each_step_is_answered_as_that_step() -> None:
    """The replies know in which step a request was made."""

    def answers(step: int, request: Request) -> Reply:
        return Reply(200, (), (f"step {step}".encode(),))

    seen = perform_one(job_of({"do": "converse"}, {"do": "converse"}, answers=answers))
    texts = [json.loads(step.outcome["text"])["chunks"] for step in seen.steps if step.outcome]
    assert texts == [["step 0"], ["step 1"]]


def test_cases_of_one_name_are_never_in_flight_together() -> None:
    """A child tells the steps of cases apart by name, so the second waits for the first."""
    jobs = [job_of({"do": "remember"}, {"do": "remember"}, name="same") for _ in range(3)]
    with adapter() as connection:
        seen = [told(each) for _, each in connection.perform(jobs, at_once=3)]
    assert seen == ["[1, 2] of 2"] * 3


def test_a_case_that_is_not_for_the_implementation_says_why() -> None:
    """`unsupported` is neither a failure nor an error."""
    seen = perform_one(job_of({"do": "unsupported"}))
    assert (seen.unsupported, seen.broken) == ("no speech", None)


def test_a_refusal_is_an_outcome_and_an_error_is_a_broken_adapter() -> None:
    """`outcome.error` and `error` are different things."""
    seen = perform(job_of({"do": "refuse"}, name="refuse"), job_of({"do": "error"}, name="error"))
    assert seen["refuse"].steps[0].outcome == {"error": {"class": "auth", "retryable": False}}
    broken = seen["error"].broken
    assert broken is not None
    assert (broken.message, broken.detail) == ("out of order", "Traceback of the adapter")


def test_what_is_not_declared_is_not_observed() -> None:
    """Without the features `outcome` and `clock`, outcome and timing are blind spots."""
    with adapter(json.dumps({"version": 1})) as connection:
        ((_, seen),) = connection.perform([job_of({"do": "shape"})])
    assert seen.blind_spots == {"outcome", "timing"}
    assert seen.steps[0].requests[0].after_ms is None


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('{"seq":SEQ,"request":"GET /","done":true}', "a request that is str 'GET /'"),
        ('{"seq":SEQ,"request":{"method":"GET"},"done":true}', "a request whose url is missing"),
        (
            '{"seq":SEQ,"request":{"method":"GET","url":"x","headers":[["a"]]},"done":true}',
            r"a header as list \['a'\]",
        ),
        (
            '{"seq":SEQ,"request":{"method":"GET","url":"x","headers":[["a",1]]},"done":true}',
            "the header 'a' as int 1",
        ),
        ('{"seq":SEQ,"request":{"method":"GET","url":"x","body_base64":"%"},"done":true}', "not base64"),
        ('{"seq":SEQ,"request":{"method":"GET","url":"x","timeout_ms":"9"},"done":true}', "timeout_ms"),
        ('{"seq":SEQ,"request":{"method":"GET","url":"x","body":"\\ud800"},"done":true}', "surrogate"),
        ('{"seq":SEQ,"done":true,"outcome":"fine"}', "str 'fine', which is neither"),
        ('{"seq":SEQ,"done":"yes"}', "an answer with 'done'"),
    ],
)
def test_a_wrong_ending_errs_its_case_and_the_next_goes_on(line: str, says: str) -> None:
    """A final message with a mistake says what the mistake is; the child is not disturbed."""
    seen = perform(
        job_of({"do": "raw", "lines": [line]}, name="wrong"), job_of({"do": "refuse"}, name="right")
    )
    assert broken_by(seen["wrong"]).startswith("it answered ")
    assert re.search(says, broken_by(seen["wrong"]))
    assert seen["right"].broken is None


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("hello", "a line that is not JSON: 'hello' (standard output is for the protocol only"),
        ("[1, 2]", "a line that is not a JSON object: '[1, 2]'"),
        ("{" + "x" * 5000, "(5001 bytes)"),
        ('{"done":true}', "a message without seq"),
        ('{"seq":"SEQ","done":true}', "a message whose seq is str"),
        ('{"seq":99,"done":true}', "an answer to run 99, which was never started"),
    ],
)
def test_a_stray_line_errs_the_case_in_flight_and_the_next_goes_on(line: str, says: str) -> None:
    """Standard output is for the protocol only; what else comes there is shown, shortened."""
    seen = perform(
        job_of({"do": "raw_then_shape", "lines": [line]}, name="stray"), job_of({"do": "shape"}, name="next")
    )
    message = broken_by(seen["stray"])
    assert message.startswith("it wrote ")
    assert says in message
    assert len(message) < 500
    assert seen["next"].broken is None


def test_an_answer_to_a_run_that_is_over_errs_the_next_case() -> None:
    """It may be a request that was made too late, so it does not go unnoticed."""
    again = '{"seq":SEQ,"done":true}'
    seen = perform(
        job_of({"do": "raw", "lines": [again, again]}, name="twice"), job_of({"do": "refuse"}, name="next")
    )
    assert seen["twice"].broken is None
    assert "an answer to run 1, which had already ended" in broken_by(seen["next"])


def test_two_requests_of_one_number_err_the_case() -> None:
    """The reply could not be told to be for the one or the other."""
    line = '{"seq":SEQ,"n":1,"request":{"method":"GET","url":"x"}}'
    ending = '{"seq":SEQ,"done":true}'
    seen = perform_one(job_of({"do": "raw", "lines": [line, line, ending]}))
    assert "two requests with n 1" in broken_by(seen)


def test_empty_lines_mean_nothing() -> None:
    """Blank lines between messages are passed over."""
    seen = perform_one(job_of({"do": "raw_then_shape", "lines": ["", "  "]}))
    assert seen.broken is None


def test_a_line_of_many_megabytes_passes_both_ways_without_a_deadlock() -> None:
    """Neither side waits for the other to read while its own pipe is full."""
    size = 12 * 2**20
    jobs = [
        job_of({"do": "long_line", "size": size, "padding": "p" * size}, name=f"long-{number}")
        for number in range(3)
    ]
    seen = perform(*jobs, at_once=3)
    assert [len(each.steps[0].requests[0].body) for each in seen.values()] == [size] * 3
