"""Python callables in mode `shape`: what they may answer, and what becomes of it."""

from __future__ import annotations

import re
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from obedient import broken_by, job_of

from harness.errors import UsageError
from harness.implementations import connect
from harness.model import CaseRun, Observation, Reply, Request

URL = "https://api.example/v1"
KEY = "sk-or-v1-" + "cd34" * 12


@pytest.fixture(autouse=True)
def _on_the_path(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(str(Path(__file__).with_name("children")))
    yield
    sys.modules.pop("shapers", None)


def seen_of(name: str, job: CaseRun | None = None, *, timeout_s: float = 20.0) -> Observation:
    """What the callable of this name in children/shapers.py does in a case."""
    with connect(f"python:shapers:{name}", timeout_s=timeout_s) as connection:
        ((_, seen),) = connection.perform([job or job_of({"model": "m"})])
    return seen


def request_of(name: str, job: CaseRun | None = None) -> Request:
    seen = seen_of(name, job)
    assert seen.broken is None, seen.broken
    (request,) = seen.steps[0].requests
    return request


def seen_of_answer(answer: Any) -> Observation:
    return seen_of("answer", job_of({"answer": answer}))


@pytest.mark.parametrize("name", ["own", "unfrozen", "Holder.inner"])
def test_a_request_of_the_harness_is_taken_as_it_is(name: str) -> None:
    """Also one whose fields are of a looser type than they should be."""
    assert request_of(name) == Request("POST", URL, (("A", "b"),), b"{}")


def test_an_httpx_request_keeps_case_order_and_repeats_of_its_headers() -> None:
    """It is read from what httpx would send."""
    request = request_of("from_httpx")
    assert (request.method, request.url, request.body) == ("POST", URL, b'{"a":1}')
    assert [pair for pair in request.headers if pair[0] == "X-Twice"] == [("X-Twice", "1"), ("X-Twice", "2")]


def test_an_httpx_request_keeps_its_time_limit() -> None:
    """The limit on reading, in milliseconds."""
    assert request_of("with_timeout").timeout_ms == 3500


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        ({"a": [1, 1.0, None]}, b'{"a":[1,1.0,null]}'),
        ("text \u2028", "text \u2028".encode()),
        ([1], b"[1]"),
        (None, b""),
    ],
)
def test_a_mapping_s_body_is_text_or_json(body: Any, sent: bytes) -> None:
    """A string is the body itself, any other value becomes JSON."""
    seen = seen_of_answer({"method": "POST", "url": URL, "body": body})
    assert seen.steps[0].requests[0].body == sent


def test_a_mapping_s_body_may_be_bytes() -> None:
    """Bytes are the body itself."""
    assert request_of("raw_body").body == b"\xff\x00"


@pytest.mark.parametrize("headers", [{"A": "1", "B": "2"}, [["A", "1"], ["B", "2"]]])
def test_a_mapping_s_headers_are_a_mapping_or_pairs(headers: Any) -> None:
    """Both keep their order."""
    seen = seen_of_answer({"method": "POST", "url": URL, "headers": headers})
    assert seen.steps[0].requests[0].headers == (("A", "1"), ("B", "2"))


def test_a_list_is_several_requests_in_order() -> None:
    """They are seen in the order of the list."""
    assert [request.url[-1] for request in seen_of("several").steps[0].requests] == ["0", "1", "2"]


def test_a_coroutine_is_awaited() -> None:
    """An asynchronous callable may shape too."""
    assert request_of("later").url == URL


def test_a_generator_is_sent_a_reply_for_each_request_and_its_waiting_is_counted() -> None:
    """It yields requests and waits, and returns an outcome."""
    replies = iter([Reply(0, fault="timeout"), Reply(200, (), (b"he", b"llo"))])
    seen = seen_of("converse", job_of({}, answers=lambda step, request: next(replies)))
    assert seen.steps[0].outcome == {"text": "timeout 200 hello"}
    assert [request.after_ms for request in seen.steps[0].requests] == [0.0, 2000.0]
    assert seen.steps[0].requests[1].timeout_ms == 9000
    assert seen.blind_spots == frozenset()


def test_waiting_counts_for_the_next_request_only() -> None:
    """And what a generator does not return, it does not report."""
    seen = seen_of("waits_once")
    assert [request.after_ms for request in seen.steps[0].requests] == [1000.0, 0.0]
    assert seen.blind_spots == {"outcome"}


def test_the_input_is_a_copy() -> None:
    """What a callable does to its input reaches neither the case nor the next one."""
    history: list[str] = ["one"]
    job = job_of({"history": history}, {"history": history})
    seen = seen_of("changes_its_input", job)
    assert [step.requests[0].body for step in seen.steps] == [b'{"turns":2}', b'{"turns":2}']
    assert history == ["one"]


def test_integers_of_any_size_reach_the_callable() -> None:
    """The copy loses nothing that JSON libraries would."""
    seen = seen_of("answer", job_of({"answer": {"text": "x", "usage": {"n": 2**80}}}))
    assert seen.steps[0].outcome == {"text": "x", "usage": {"n": 2**80}}


def test_a_class_lives_for_one_case_and_is_called_for_each_step() -> None:
    """State lasts between steps, never between cases."""
    with connect("python:shapers:Client") as connection:
        jobs = [job_of({}, {}, name=name) for name in ("one", "two")]
        seen = [observation for _, observation in connection.perform(jobs)]
    assert [[step.requests[0].body for step in each.steps] for each in seen] == [
        [b'{"call":1}', b'{"call":2}']
    ] * 2


def test_a_refusal_is_an_outcome_without_a_request() -> None:
    """`{error: …}` is an answer like any other."""
    seen = seen_of_answer({"error": {"class": "auth"}})
    assert seen.steps[0].outcome == {"error": {"class": "auth"}}
    assert (seen.steps[0].requests, "outcome" in seen.blind_spots) == ((), False)


def test_a_callable_that_returns_its_request_cannot_report_an_outcome() -> None:
    """So the outcome is a blind spot, not a failure; and so is time."""
    assert seen_of("own").blind_spots == {"outcome", "timing"}


def test_nothing_is_an_answer_too() -> None:
    """It sends nothing and reports nothing, which is seen."""
    seen = seen_of("nothing")
    assert (seen.steps[0].requests, seen.steps[0].outcome, seen.broken) == ((), None, None)
    assert "outcome" not in seen.blind_spots


@pytest.mark.parametrize(("name", "reason"), [("not_supported", "no images")])
def test_a_case_may_be_declined_by_an_exception(name: str, reason: str) -> None:
    """`Unsupported` gives the reason."""
    assert seen_of(name).unsupported == reason


def test_a_case_may_be_declined_by_an_answer() -> None:
    """So does `{"unsupported": …}`."""
    assert seen_of_answer({"unsupported": "no images"}).unsupported == "no images"


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ("GET /", "str 'GET /', which is neither a request nor an outcome"),
        ({"txt": "hi"}, "a mapping with 'txt', which is neither a request"),
        ({"method": "POST"}, "a request whose url is missing"),
        ({"url": URL}, "a request whose method is missing"),
        ({"method": "POST", "url": URL, "header": {}}, "a request with the unknown key 'header'"),
        ({"method": "POST", "url": URL, "headers": {"A": 1}}, "the header 'A' as int 1"),
        ({"method": "POST", "url": URL, "headers": "A: b"}, "headers as str 'A: b'"),
        ({"method": "POST", "url": URL, "timeout_ms": True}, "timeout_ms is bool True"),
        ({"method": "POST", "url": URL, "body": "\ud800"}, "half a surrogate pair"),
    ],
)
def test_an_answer_that_is_none_errs_the_case_and_says_why(answer: Any, says: str) -> None:
    """A wrong answer never looks like a request that was not sent."""
    message = broken_by(seen_of_answer(answer))
    assert message.startswith("it answered ")
    assert says in message


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("several_with_a_mistake", "a list containing str 'GET /'"),
        ("yields_nonsense", "str 'GET /' and not a request; a generator yields requests"),
        ("yields_nothing", "it answered nothing and not a request; a generator yields requests"),
        ("sleeps_nonsense", "a sleep_ms that is int -1"),
        ("yields_later", "an asynchronous generator"),
    ],
)
def test_a_wrong_part_of_an_answer_errs_the_case(name: str, says: str) -> None:
    """So it is inside lists and generators."""
    assert says in broken_by(seen_of(name))


def test_an_exception_errs_the_case_with_its_place_and_without_secrets() -> None:
    """The traceback begins in the callable's own code; canaries stand under their names."""
    seen = seen_of("raises", job_of({"api_key": KEY}, canaries={"api_key": KEY}))
    assert seen.broken is not None
    assert seen.broken.message == "it raised ValueError: cannot use ${canary.api_key}"
    assert "shapers.py" in seen.broken.detail
    assert "inprocess.py" not in seen.broken.detail
    assert KEY not in seen.broken.detail


def test_an_exit_errs_the_case_only() -> None:
    """SystemExit does not end the harness."""
    assert broken_by(seen_of("exits")) == "it raised SystemExit: 3"


def test_an_interrupt_passes() -> None:
    """Ctrl-C is the user's and ends the run."""
    with pytest.raises(KeyboardInterrupt):
        seen_of("interrupts")


def test_a_hanging_callable_is_interrupted() -> None:
    """The case errs and shows where it was."""
    seen = seen_of("hangs", timeout_s=0.1)
    assert seen.broken is not None
    assert seen.broken.message == "no answer within 0.1 s"
    assert re.search(r"shapers\.py.*in hangs", seen.broken.detail)


def test_a_callable_that_swallows_the_interruption_is_interrupted_again() -> None:
    """This one gives in after the fourth time."""
    assert seen_of("hangs_stubbornly", timeout_s=0.1).steps[0].requests


def test_somebody_else_s_alarm_is_put_back() -> None:
    """A handler and a timer that were there before the case are there after it."""
    rung: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda number, frame: rung.append(number))
    try:
        signal.setitimer(signal.ITIMER_REAL, 500, 7)
        seen_of("own")
        left, interval = signal.setitimer(signal.ITIMER_REAL, 0)
        assert 400 < left <= 500
        assert interval == 7
        signal.raise_signal(signal.SIGALRM)
        assert rung == [signal.SIGALRM]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_somebody_else_s_sooner_alarm_rings() -> None:
    """A test runner's own time limit is not put off by a case."""

    class Rung(BaseException):
        pass

    def ring(number: int, frame: object) -> None:
        raise Rung

    before = signal.signal(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        seen = seen_of("hangs")
        assert "Rung" in broken_by(seen)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_cases_run_in_other_threads_too() -> None:
    """There is no time limit there, and everything else is the same."""
    seen: list[Observation] = []
    thread = threading.Thread(target=lambda: seen.append(seen_of("own")))
    thread.start()
    thread.join()
    assert seen[0].steps[0].requests


def test_what_a_callable_declares_becomes_its_account() -> None:
    """Its attribute `harness` says what a command says in its answer to `start`."""
    with connect("python:shapers:declared") as connection:
        about = connection.about
    assert (about.name, about.version, about.language, about.edition) == (
        "declared",
        "3",
        "Python",
        "2026-04",
    )
    assert (about.inputs, about.features, about.vars) == (
        ("tools",),
        ("outcome",),
        {"app": {"title": "Mine"}},
    )


@pytest.mark.parametrize(
    ("name", "features"),
    [
        ("own", ("outcome", "steps")),
        ("Client", ("outcome", "steps")),
        ("converse", ("outcome", "replies", "clock", "steps")),
    ],
)
def test_what_a_callable_can_do_shows_in_its_kind(name: str, features: tuple[str, ...]) -> None:
    """Without a declaration, generators take replies and a clock, others do not."""
    with connect(f"python:shapers:{name}") as connection:
        assert connection.about.features == features


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("misdeclared", "the unknown key 'featurs'; did you mean 'features'"),
        ("unfrosen", "shapers has no 'unfrosen'; did you mean 'unfrozen'"),
        ("not_callable", "is a int, not a callable"),
    ],
)
def test_a_name_that_is_no_implementation_is_refused(name: str, says: str) -> None:
    """The error says what is there instead, or what may be meant."""
    with pytest.raises(UsageError, match=re.escape(says)):
        connect(f"python:shapers:{name}")


def test_a_reply_that_cannot_be_given_is_not_the_callable_s_fault() -> None:
    """A cassette that is missing, for example, ends the run with its own error."""

    def answers(step: int, request: Request) -> Reply:
        raise UsageError("there is no such cassette")

    with pytest.raises(UsageError, match="no such cassette"):
        seen_of("converse", job_of({}, answers=answers))
