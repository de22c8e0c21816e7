"""Programs that know nothing of the harness, judged by what they send (`exec:` addresses)."""

from __future__ import annotations

import json
import shlex
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from obedient import broken_by, job_of, told

from harness.errors import ImplementationError, LoadError, UsageError
from harness.implementations import Connection, connect
from harness.model import Observation, Reply, Request, Responder

PROGRAM = Path(__file__).with_name("children") / "program.py"
PAST_THE_PROXY = (
    "nothing came through the proxy; a client that ignores HTTPS_PROXY is only seen in the sandbox"
)
URL = "https://api.acme.example/v1/chat/completions"


def program(**options: Any) -> Connection:
    return connect(f"exec:{shlex.join([sys.executable, str(PROGRAM)])}", **options)


def seen_of(do: str, *, answers: Responder | None = None, sandbox: Any = "off", **given: Any) -> Observation:
    """What the program did in one case."""
    job = job_of({"do": do, "model": "m", "api_key": "k", **given}, canaries={"api_key": "k" * 20})
    if answers is not None:
        job = type(job)(job.case, answers)
    with program(sandbox=sandbox, timeout_s=given.pop("timeout_s", 20.0)) as connection:
        ((_, seen),) = connection.perform([job])
    return seen


@pytest.mark.parametrize("sandbox", ["off", "auto"])
def test_the_requests_of_an_unchanged_client_are_seen_and_answered(sandbox: str) -> None:
    """As sent, letter case and all; the last line of its output is its outcome."""
    seen = seen_of("report", sandbox=sandbox)
    (request,) = seen.steps[0].requests
    assert (request.method, request.url, request.body) == ("POST", URL, b'{"model": "m"}')
    assert ("Authorization", "Bearer k") in request.headers
    assert told(seen) == "ok"
    assert seen.blind_spots == {"timing", "timeout", "outcome"}


def test_a_declared_outcome_is_seen(tmp_path: Path) -> None:
    """Where implementation.yaml says that the program reports one."""
    command = shlex.join([sys.executable, str(PROGRAM)])
    manifest = f"address: 'exec:{command}'\nfeatures: [outcome, replies]\nsandbox: 'off'\n"
    (tmp_path / "implementation.yaml").write_text(manifest, "utf-8")
    with connect(str(tmp_path)) as connection:
        assert (connection.about.mode, connection.about.features) == ("send", ("outcome", "replies"))
        ((_, seen),) = connection.perform([job_of({"do": "report"})])
        ((_, silent),) = connection.perform([job_of({"do": "silent"})])
    assert "outcome" not in seen.blind_spots
    assert "outcome" in silent.blind_spots


def test_an_outcome_needs_no_line_end() -> None:
    """Whatever came last."""
    assert told(seen_of("report_without_newline")) == "ok"


def test_a_custom_base_url_is_seen_as_itself() -> None:
    """By the name that the client was given, not the address it was led to."""
    seen = seen_of("report", base_url="https://proxy.example/v1")
    assert [request.url for request in seen.steps[0].requests] == [
        "https://proxy.example/v1/chat/completions"
    ]


def test_the_input_is_in_a_file_as_well() -> None:
    """HARNESS_INPUT names it, HARNESS_CASE the case."""
    assert told(seen_of("from_file", big=2**70)) == "True suite/case"


def test_the_environment_has_the_proxy_and_the_authority_and_no_credentials(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What this process has of proxies and keys does not go to the program; what the input sets does."""
    monkeypatch.setenv("ACME_API_KEY", "sk-acme-real")
    monkeypatch.setenv("https_proxy", "http://corporate.example:3128")
    monkeypatch.setenv("NO_PROXY", "api.acme.example")
    environment = json.loads(told(seen_of("environment", env={"ACME_API_KEY": "canary", "N": 1})))
    assert environment["ACME_API_KEY"] == "canary"
    assert environment["N"] == "1"
    proxies = {environment[name] for name in ("HTTP_PROXY", "HTTPS_PROXY", "https_proxy", "ALL_PROXY")}
    assert len(proxies) == 1
    assert proxies.pop().startswith("http://127.0.0.1:")
    assert "NO_PROXY" not in environment
    assert environment["NODE_USE_ENV_PROXY"] == "1"
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"):
        assert environment[name].endswith("ca.pem")


def test_what_was_sent_is_judged_however_the_program_ended() -> None:
    """Its exit status and the end of its standard error are kept as a note, secrets masked."""
    seen = seen_of("fail_after", api_key="k" * 20)
    assert [request.url for request in seen.steps[0].requests] == [URL]
    assert seen.broken is None
    (note,) = seen.notes
    assert "exited with status 1" in note
    assert "the answer was not understood; key ${canary.api_key}" in note


def test_a_program_that_fails_and_sent_nothing_errs() -> None:
    """It says nothing about conformance; its standard error says why."""
    seen = seen_of("fail_before", api_key="k" * 20)
    assert broken_by(seen) == f"{PAST_THE_PROXY}; it exited with status 1"
    assert seen.broken is not None
    assert "no idea what to do; key ${canary.api_key}" in seen.broken.detail


@pytest.mark.parametrize("mute", [False, True])
def test_a_client_that_ignores_proxies_errs_with_that_reason(mute: bool) -> None:
    """Outside of the sandbox nothing is seen of it. That it could not connect, as its outcome or its exit
    status says, must not be told as a request that it never tried to send."""
    seen = seen_of("past_the_proxy_in_vain", base_url="http://127.0.0.1:1", mute=mute)
    assert broken_by(seen).startswith(PAST_THE_PROXY)


def test_a_program_that_ends_well_and_sent_nothing_is_judged() -> None:
    """That nothing was sent may be what is expected."""
    seen = seen_of("nothing")
    assert (seen.broken, seen.steps[0].requests) == (None, ())


def test_a_refusal_that_is_reported_is_an_outcome() -> None:
    """With an exit status as programs have it then."""
    seen = seen_of("refuse")
    assert seen.steps[0].outcome == {"error": {"class": "auth", "retryable": False, "message": "no key"}}


def test_a_program_may_say_that_a_case_is_not_for_it() -> None:
    """In its last line."""
    assert seen_of("unsupported").unsupported == "no speech"


@pytest.mark.parametrize("sandbox", ["off", "auto"])
def test_a_client_that_does_not_trust_the_authority_errs_with_that_reason(sandbox: str) -> None:
    """Not with a request that was never sent."""
    expected = "client reached api.acme.example:443 but does not trust the certificate authority"
    assert expected in broken_by(seen_of("untrusting", sandbox=sandbox))


def test_a_program_that_does_not_end_is_killed_with_what_it_started() -> None:
    """At the time limit; the case errs."""
    with program(sandbox="off", timeout_s=1.0) as connection:
        jobs = [job_of({"do": do}, name=f"a/{do}") for do in ("hang", "leave_a_child")]
        done = {case.name: seen for case, seen in connection.perform(jobs, at_once=2)}
    assert broken_by(done["a/hang"]) == "it did not exit within 1 s, after sending 1 request"
    assert "after sending 0 requests" in broken_by(done["a/leave_a_child"])


def test_an_answer_that_cannot_be_given_errs_the_case() -> None:
    """The reason is the harness's own, not the client's."""

    def answers(step: int, request: Request) -> Reply:
        raise UsageError("no such cassette")

    assert "no such cassette" in broken_by(seen_of("report", answers=answers))


@pytest.mark.parametrize("sandbox", ["off", "auto"])
def test_programs_in_flight_together_are_kept_apart(sandbox: Any) -> None:
    """Each case gets its own requests and its own answers."""

    def answers_for(name: str) -> Responder:
        def answers(step: int, request: Request) -> Reply:
            return Reply(200, (), (name.encode(),))

        return answers

    jobs = [
        job_of({"do": "report", "model": f"m{number}"}, name=f"a/{number}", answers=answers_for(f"r{number}"))
        for number in range(8)
    ]
    with program(sandbox=sandbox) as connection:
        done = {case.name: seen for case, seen in connection.perform(jobs, at_once=4)}
    for number in range(8):
        seen = done[f"a/{number}"]
        assert told(seen) == f"r{number}"
        assert [json.loads(request.body) for request in seen.steps[0].requests] == [{"model": f"m{number}"}]


def test_answers_are_given_one_at_a_time() -> None:
    """Also to programs in flight together: what answers them need not be made for threads."""
    inside: list[int] = []
    others = threading.Event()

    def answers(step: int, request: Request) -> Reply:
        inside.append(1)
        if len(inside) > 1:
            others.set()
        overlap = others.wait(0.3)
        inside.pop()
        return Reply(200, (), (str(overlap).encode(),))

    jobs = [job_of({"do": "report"}, name=f"a/{number}", answers=answers) for number in range(2)]
    with program(sandbox="off") as connection:
        assert [told(seen) for _, seen in connection.perform(jobs, at_once=2)] == ["False", "False"]


def test_steps_are_processes_one_after_the_other() -> None:
    """Each with its own input and its own requests."""
    job = job_of({"do": "report", "model": "one"}, {"do": "nothing"}, {"do": "report", "model": "three"})
    with program(sandbox="off") as connection:
        ((_, seen),) = connection.perform([job])
    assert [len(step.requests) for step in seen.steps] == [1, 0, 1]
    assert json.loads(seen.steps[2].requests[0].body) == {"model": "three"}


def test_giving_up_a_run_ends_its_programs() -> None:
    """Leaving the loop kills what is in flight, long before its time is up."""
    with program(sandbox="off", timeout_s=600) as connection:
        jobs = [job_of({"do": do}, name=f"a/{do}") for do in ("nothing", "hang", "leave_a_child")]
        performing = connection.perform(jobs, at_once=3)
        assert next(performing)[0].name == "a/nothing"
        performing.close()  # type: ignore[attr-defined]


# ------------------------------------------------------------------ addresses


def test_a_program_that_is_not_there_is_told_at_once() -> None:
    """Before any case."""
    with pytest.raises(ImplementationError, match="no program 'no-such-client'"):
        connect("exec:no-such-client --flag")


def test_an_exec_address_without_a_program_is_refused() -> None:
    """With how to write it."""
    with pytest.raises(UsageError, match="exec: names no program"):
        connect("exec:")


def test_there_is_no_shape_of_a_program_that_does_not_answer() -> None:
    """What it would send can only be seen where it sends."""
    with pytest.raises(UsageError, match="in mode send"):
        program(mode="shape")


def test_a_wrong_sandbox_in_the_manifest_is_told_with_its_place(tmp_path: Path) -> None:
    """With did-you-mean."""
    (tmp_path / "implementation.yaml").write_text("address: exec:true\nsandbox: requir\n", "utf-8")
    with pytest.raises(LoadError, match=r"implementation\.yaml:2:1: .*did you mean 'require'"):
        connect(str(tmp_path))
