"""The replies to a case's requests, and how the requests compare with the recordings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.errors import LoadError, UsageError
from harness.judge import judge
from harness.model import Case, Interaction, Observation, Reply, Request, Step, StepObservation
from harness.wire import CaseReplay, RecordingCheck

CHAT = Request("POST", "https://api.acme.example/v1/chat/completions", (), b'{"stream":false}')
JOB = Request("GET", "https://api.acme.example/v1/jobs/1")
KEY = "sk-or-v1-" + "ef56" * 12

CASSETTE = """\
version: 1
interactions:
- request:
    method: POST
    uri: https://api.acme.example/v1/chat/completions
    body: '{"stream": false}'
    headers: {}
  response:
    status: {code: 200, message: OK}
    headers: {Content-Type: [application/json]}
    body: {string: '{"first": true}'}
- request:
    method: POST
    uri: https://api.acme.example/v1/chat/completions
    body: '{"stream": true}'
    headers: {}
  response:
    status: {code: 206, message: OK}
    headers: {}
    body: {string: second}
"""

JOBS = "version: 1\ninteractions:\n" + "".join(
    f"- request: {{method: GET, uri: '{JOB.url}', body: '', headers: {{}}}}\n"
    f"  response: {{status: {{code: 200, message: OK}}, headers: {{}}, body: {{string: '{status}'}}}}\n"
    for status in ("pending", "in_progress", "done")
)
FROM_CHAT = {"cassette": "chat.yaml"}
FROM_JOBS = {"cassette": "jobs.yaml"}


@pytest.fixture
def cassettes(tmp_path: Path) -> Path:
    (tmp_path / "chat.yaml").write_text(CASSETTE)
    (tmp_path / "jobs.yaml").write_text(JOBS)
    return tmp_path


def case_of(*steps: list[tuple[Any, ...]], **keys: Any) -> Case:
    """A case of steps, in each of which any number of requests to the host may come for each tuple of
    replies."""
    made = [
        Step(
            {},
            tuple(
                Interaction({}, ("interactions", number), replies=replies, least=0, most=None, **keys)
                for number, replies in enumerate(step)
            ),
        )
        for step in steps
    ]
    return Case("acme/case", "acme", "", tuple(made), "acme.yaml", 1, canaries={"api_key": KEY})


def replay_of(case: Case, cassettes: Path) -> CaseReplay:
    return CaseReplay(case, cassettes)


def answered(reply: Any, request: Request, cassettes: Path) -> Reply:
    return replay_of(case_of([(reply,)]), cassettes)(0, request)


def checked(case: Case, cassettes: Path, *steps: list[Request], ask: bool = True) -> RecordingCheck:
    """What a check finds after these requests, each of which waited for its reply if `ask`."""
    replay = replay_of(case, cassettes)
    for number, requests in enumerate(steps):
        for request in requests if ask else ():
            replay(number, request)
    observation = Observation(tuple(StepObservation(tuple(requests)) for requests in steps))
    return replay.check(judge(case, observation))


# ------------------------------------------------------------------ replies


def test_a_cassette_answers_by_number_or_by_request(cassettes: Path) -> None:
    """Numbers count from 0; without one, the request is looked up."""
    named = answered({"cassette": "chat.yaml", "interaction": 1}, CHAT, cassettes)
    found = answered(FROM_CHAT, CHAT, cassettes)
    assert (named.status, named.body) == (206, b"second")
    assert (found.status, found.body) == (200, b'{"first": true}')


def test_a_fault_may_follow_a_recorded_body(cassettes: Path) -> None:
    """The recorded bytes come first."""
    made = answered({"cassette": "chat.yaml", "interaction": 1, "fault": "reset"}, CHAT, cassettes)
    assert (made.body, made.fault) == (b"second", "reset")


@pytest.mark.parametrize(
    ("reply", "kind", "says"),
    [
        ({"cassette": "none.yaml"}, LoadError, r"none\.yaml:1:1: cannot be read"),
        (
            {"cassette": "chat.yaml", "interaction": 2},
            UsageError,
            "no interaction 2\n  It has 2, counted from 0",
        ),
    ],
)
def test_a_recording_that_is_not_there_is_an_error(
    cassettes: Path, reply: Any, kind: type[Exception], says: str
) -> None:
    """It is never replaced by something plausible."""
    with pytest.raises(kind, match=says):
        answered(reply, CHAT, cassettes)


def test_a_request_that_was_not_recorded_is_answered_404_with_the_nearest(cassettes: Path) -> None:
    """The client is at fault, not the scenario: it gets an answer, and the run goes on."""
    asked = Request("GET", f"https://api.acme.example/v1/key?k={KEY}")
    reply = answered(FROM_CHAT, asked, cassettes)
    assert reply.status == 404
    words = json.loads(reply.body)["error"]["message"]
    assert "chat.yaml has no answer to GET https://api.acme.example/v1/key?k=${canary.api_key}" in words
    assert "none of its 2 has been played yet" in words
    assert "harness cassettes show" in words


def test_a_request_that_no_interaction_expects_is_answered_404(cassettes: Path) -> None:
    """It gets an answer of its own."""
    case = Case("acme/case", "acme", "", (Step({}, ()),), "acme.yaml", 1)
    assert replay_of(case, cassettes)(0, CHAT).status == 404


# ------------------------------------------------------------------ turns


def bodies(case: Case, cassettes: Path, *asked: tuple[int, Request]) -> list[bytes]:
    replay = replay_of(case, cassettes)
    return [replay(step, request).body for step, request in asked]


def test_the_same_request_in_two_steps_gets_the_next_recording(cassettes: Path) -> None:
    """A cassette is played through the whole case, and its last recording stays."""
    case = case_of([(FROM_JOBS,)], [(FROM_JOBS,)], [(FROM_JOBS,)], [(FROM_JOBS,)])
    asked = [(step, JOB) for step in range(4)]
    assert bodies(case, cassettes, *asked) == [b"pending", b"in_progress", b"done", b"done"]


def test_repeated_requests_get_one_recording_after_the_other(cassettes: Path) -> None:
    """Polling a job sees it move on, in a sequence of replies too."""
    asked = [(0, JOB)] * 4
    expected = [b"pending", b"in_progress", b"done", b"done"]
    assert bodies(case_of([(FROM_JOBS,)]), cassettes, *asked) == expected
    assert bodies(case_of([(FROM_JOBS, FROM_JOBS)]), cassettes, *asked) == expected


def test_a_recording_named_by_number_is_not_played_again_for_a_request(cassettes: Path) -> None:
    """The next one to that request is."""
    case = case_of([({"cassette": "jobs.yaml", "interaction": 0},)], [(FROM_JOBS,)])
    assert bodies(case, cassettes, (0, JOB), (1, JOB)) == [b"pending", b"in_progress"]


def test_requests_with_other_bodies_get_the_recordings_of_their_url_in_turn(cassettes: Path) -> None:
    """What has answered one of them does not answer the next while another is left."""
    others = [Request("POST", CHAT.url, (), b'{"n":%d}' % number) for number in range(3)]
    asked = [(0, request) for request in others]
    assert bodies(case_of([(FROM_CHAT,)]), cassettes, *asked) == [b'{"first": true}', b"second", b"second"]


def test_two_replays_of_a_case_are_independent(cassettes: Path) -> None:
    """Each begins with the first recording."""
    case = case_of([(FROM_JOBS,)])
    assert bodies(case, cassettes, (0, JOB)) == bodies(case, cassettes, (0, JOB)) == [b"pending"]


# ------------------------------------------------------------------ checks


@pytest.mark.parametrize("ask", [True, False])
def test_a_check_says_what_was_played_for_which_request(cassettes: Path, ask: bool) -> None:
    """Also for requests that did not wait for their replies."""
    case = case_of([(FROM_JOBS,)], [(FROM_JOBS,)])
    check = checked(case, cassettes, [JOB], [JOB], ask=ask)
    assert check == RecordingCheck((), (), (("jobs.yaml", 0), ("jobs.yaml", 1)))


def test_a_request_is_compared_with_the_recording_that_answered_it(cassettes: Path) -> None:
    """The difference names it."""
    other = Request("POST", CHAT.url, (), b'{"stream":null}')
    check = checked(case_of([(FROM_CHAT,)]), cassettes, [CHAT, other])
    assert check.unverified == (
        "differs from chat.yaml, interaction 1: body $.stream: expected true, got null",
    )
    assert not check.differences


def test_a_request_that_was_never_recorded_is_unverified(cassettes: Path) -> None:
    """With what is nearest, and a miss among what was played."""
    check = checked(case_of([(FROM_CHAT,)]), cassettes, [Request("GET", "https://x.example/")])
    assert check.unverified[0].endswith("chat.yaml has no answer to GET https://x.example/")
    assert check.unverified[1] == "no recorded request has this method and path"
    assert check.played == (("chat.yaml", None),)


def test_with_check_request_a_request_that_differs_is_a_difference(cassettes: Path) -> None:
    """At the reply of its interaction."""
    other = Request("POST", CHAT.url, (), b"{}")
    check = checked(case_of([(FROM_CHAT,)], check_request=True), cassettes, [other])
    (difference,) = check.differences
    assert (difference.at, difference.step, difference.request) == (("interactions", 0, "reply"), 0, 0)
    assert "body $.stream: expected false, got nothing" in difference.message
    assert not check.unverified


def test_in_a_sequence_only_recorded_replies_are_compared(cassettes: Path) -> None:
    """A written one says nothing about its request."""
    other = Request("POST", CHAT.url, (), b"{}")
    case = case_of([({"json": {}}, FROM_CHAT)])
    assert checked(case, cassettes, [other]) == RecordingCheck()
    assert len(checked(case, cassettes, [other, other]).played) == 1


def test_a_check_shows_no_secret(cassettes: Path) -> None:
    """Its sentences go into reports."""
    request = Request("PUT", f"{CHAT.url}?k={KEY}", (), f'{{"key":"{KEY}"}}'.encode())
    check = checked(case_of([({"cassette": "chat.yaml", "interaction": 0},)]), cassettes, [request])
    assert len(check.unverified) >= 3
    assert not any(KEY in sentence for sentence in check.unverified)
    assert any("${canary.api_key}" in sentence for sentence in check.unverified)
