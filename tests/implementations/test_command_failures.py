"""A child that breaks errs its own case, says why, and disturbs no other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from obedient import ADAPTER, adapter, broken_by, job_of, perform, perform_one, told

from harness.errors import ImplementationError, UsageError
from harness.implementations import connect
from harness.model import Reply, Request

KEY = "sk-acme-" + "ab12" * 12


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that waits to be reaped does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def gone(pid: int) -> bool:
    """Whether the process ends, given a moment."""
    for _ in range(500):
        if not is_alive(pid):
            return True
        threading.Event().wait(0.01)
    return False


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Less grace for children that will not end by themselves."""
    monkeypatch.setattr("harness.implementations.command.GRACE_S", 0.2)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("do", "says"),
    [
        ("exit_now", "it exited with status 7"),
        ("crash", "it was killed by SIGSEGV"),
        ("close_stdout", "it closed its standard output"),
    ],
)
def test_a_case_that_kills_the_child_twice_errs_and_the_others_do_not(do: str, says: str) -> None:
    """After a death the cases in flight run again one by one; only the culprit errs."""
    jobs = [job_of({"do": "shape"}, name=f"before-{number}") for number in range(3)]
    jobs += [job_of({"do": do}, name="culprit")]
    jobs += [job_of({"do": "shape"}, name=f"after-{number}") for number in range(3)]
    seen = perform(*jobs, at_once=4)
    assert f"the adapter ended before it answered: {says}" in broken_by(seen.pop("culprit"))
    assert all(each.broken is None and each.steps[0].requests for each in seen.values())


def test_a_case_that_kills_the_child_once_is_not_blamed(tmp_path: Path) -> None:
    """The second attempt counts, made with the child alone."""
    seen = perform_one(job_of({"do": "exit_once", "marker": str(tmp_path / "marker")}))
    assert seen.broken is None
    assert len(seen.steps[0].requests) == 1


@pytest.mark.usefixtures("impatient")
def test_a_hanging_case_errs_and_the_child_is_replaced() -> None:
    """A child that does not obey `cancel` is killed, and the other cases run in a new one."""
    seen = perform(
        job_of({"do": "pid"}, name="first"),
        job_of({"do": "hang"}, name="hangs"),
        job_of({"do": "pid"}, name="last"),
        timeout_s=1,
    )
    assert broken_by(seen["hangs"]) == "no answer within 1 s"
    assert told(seen["first"]) != told(seen["last"])
    assert gone(int(told(seen["first"])))


@pytest.mark.usefixtures("impatient")
def test_cases_in_flight_beside_a_hanging_one_are_run_again() -> None:
    """They could not be answered, and are not blamed."""
    jobs = [job_of({"do": "hang"}, name="hangs")]
    jobs += [job_of({"do": "shape"}, name=f"innocent-{number}") for number in range(3)]
    seen = perform(*jobs, at_once=4, timeout_s=1)
    assert broken_by(seen.pop("hangs")) == "no answer within 1 s"
    assert all(each.broken is None for each in seen.values())


@pytest.mark.usefixtures("impatient")
def test_a_run_is_given_up_when_child_after_child_has_to_be_killed() -> None:
    """An adapter that answers nothing does not cost its time limit for each of a thousand cases."""
    jobs = [job_of({"do": "hang"}, name=f"hangs-{number}") for number in range(9)]
    with pytest.raises(ImplementationError, match=r"killed in 5 cases in a row: no answer within 0\.2 s"):
        perform(*jobs, timeout_s=0.2)


def test_a_child_that_obeys_cancel_goes_on() -> None:
    """It answers `cancelled` and keeps its state."""
    seen = perform(
        job_of({"do": "pid"}, name="first"),
        job_of({"do": "wait"}, name="waits"),
        job_of({"do": "pid"}, name="last"),
        timeout_s=1,
    )
    assert broken_by(seen["waits"]) == "no answer within 1 s"
    assert told(seen["first"]) == told(seen["last"])


def test_a_line_without_end_errs_its_case(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line beyond the limit ends the child before it fills the memory."""
    monkeypatch.setattr("harness.implementations.protocol.LINE_LIMIT", 4 * 2**20)
    seen = perform(job_of({"do": "endless_line"}, name="endless"), job_of({"do": "shape"}, name="next"))
    assert "it wrote a line of more than 4 MiB" in broken_by(seen["endless"])
    assert seen["next"].broken is None


def test_a_flood_on_standard_error_is_read_and_its_end_is_kept_without_secrets() -> None:
    """The last 64 KiB are shown with the failure, canaries under their names."""
    seen = perform_one(job_of({"do": "flood", "api_key": KEY}, canaries={"api_key": KEY}))
    assert seen.broken is not None
    assert "key ${canary.api_key}" in seen.broken.detail
    assert "line 19999 of" in seen.broken.detail
    assert KEY not in seen.broken.detail + seen.broken.message
    assert len(seen.broken.detail) <= 65 * 1024


def test_a_flood_on_standard_error_does_no_harm() -> None:
    """A child may say as much there as it likes."""
    assert perform_one(job_of({"do": "flood_and_shape"})).broken is None


def test_a_stray_line_is_shown_without_secrets() -> None:
    """The message that quotes it is masked."""
    line = f"sending with {KEY}"
    seen = perform_one(job_of({"do": "raw_then_shape", "lines": [line]}, canaries={"api_key": KEY}))
    assert KEY not in broken_by(seen)
    assert "sending with ${canary.api_key}" in broken_by(seen)


def test_the_child_s_environment_holds_no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own keys would change what the implementation does; everything else is passed on."""
    monkeypatch.setenv("ACME_API_KEY", "short")
    monkeypatch.setenv("GITHUB_TOKEN", "a-longer-one-for-sure")
    monkeypatch.setenv("HARNESS_TEST_COLOUR", "green")
    seen = json.loads(told(perform_one(job_of({"do": "environment"}))))
    assert seen["HARNESS_TEST_COLOUR"] == "green"
    assert not {"ACME_API_KEY", "GITHUB_TOKEN"} & seen.keys()


def test_what_the_child_has_started_ends_with_it() -> None:
    """Its whole process group is killed."""
    grandchild = int(told(perform_one(job_of({"do": "grandchild"}))))
    assert gone(grandchild)


@pytest.mark.usefixtures("impatient")
def test_a_child_that_ignores_stop_and_sigterm_is_killed() -> None:
    """Closing takes seconds at most."""
    with adapter() as connection:
        ((_, seen),) = connection.perform([job_of({"do": "deaf"})])
        pid = int(told(seen))
        assert is_alive(pid)
    assert gone(pid)


def test_a_run_that_is_left_early_leaves_nothing_behind() -> None:
    """The cases in flight are given up with the child; the next run gets a new one."""
    with adapter() as connection:
        jobs = [job_of({"do": "pid"}, name="pid"), job_of({"do": "hang"}, name="hangs")]
        running = connection.perform(jobs, at_once=2)
        _, first = next(running)
        running.close()  # type: ignore[attr-defined]
        assert gone(int(told(first)))
        ((_, again),) = connection.perform([job_of({"do": "pid"})])
        assert told(again) != told(first)


def test_closing_twice_is_closing_once() -> None:
    """`close` may be called whenever one likes."""
    connection = adapter()
    connection.close()
    connection.close()


def test_a_death_before_start_is_answered_is_an_error_with_its_last_words(tmp_path: Path) -> None:
    """No case can be performed, and standard error says why."""
    program = tmp_path / "dies.py"
    program.write_text("import sys\nsys.exit('the adapter needs node 22')\n")
    with pytest.raises(ImplementationError) as caught:
        connect(f"command:{sys.executable} {program}")
    assert "ended before it answered `start`: it exited with status 1" in caught.value.message
    assert "the adapter needs node 22" in caught.value.hint


def test_a_death_in_a_second_start_ends_the_run_with_an_error(tmp_path: Path) -> None:
    """The cases done are yielded first; for the others unknown implementation any more."""
    marker = tmp_path / "started"
    program = tmp_path / "once.py"
    program.write_text(
        f"import os, runpy, sys\n"
        f"if os.path.exists({str(marker)!r}): sys.exit('only once')\n"
        f"open({str(marker)!r}, 'w').close()\n"
        f"runpy.run_path({str(ADAPTER)!r})\n"
    )
    done = []
    jobs = [job_of({"do": "shape"}, name="done"), job_of({"do": "exit_now"}, name="deadly")]
    with connect(f"command:{sys.executable} {program}") as connection:
        running = connection.perform(jobs)
        done.append(next(running)[0].name)
        with pytest.raises(ImplementationError, match="ended before it answered `start`"):
            next(running)
    assert done == ["done"]


def test_silence_at_start_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that does not speak the protocol is given up after a while."""
    monkeypatch.setattr("harness.implementations.command.START_S", 0.3)
    began = time.monotonic()
    with pytest.raises(ImplementationError, match=r"did not answer `start` within 0\.3 s"):
        connect("command:sleep 600", timeout_s=0.1)
    assert time.monotonic() - began < 60


def test_anything_but_the_protocol_at_start_is_an_error() -> None:
    """A program that prints something else is quoted."""
    with pytest.raises(
        ImplementationError, match="answered `start` with a line that is not JSON: 'Usage: foo'"
    ):
        connect("command:echo 'Usage: foo'")


def test_a_program_that_is_not_there_is_an_error_that_names_it() -> None:
    """So is one that cannot be executed."""
    with pytest.raises(ImplementationError, match="cannot start 'no-such-program'"):
        connect("command:no-such-program --fast")


def test_a_reply_that_cannot_be_given_ends_the_run_with_its_own_error() -> None:
    """It is neither the adapter's fault nor swallowed, and the next run has a new child."""

    def answers(step: int, request: Request) -> Reply:
        raise UsageError("there is no such cassette")

    with adapter() as connection:
        with pytest.raises(UsageError, match="no such cassette"):
            list(connection.perform([job_of({"do": "converse"}, answers=answers)]))
        ((_, seen),) = connection.perform([job_of({"do": "shape"})])
        assert seen.broken is None


def test_a_connection_that_is_forgotten_leaves_no_process() -> None:
    """Also when the program ends without closing it."""
    program = (
        "import sys; sys.path[:0] = sys.argv[1:]\n"
        "from obedient import adapter, job_of, told\n"
        "connection = adapter()\n"
        "((_, seen),) = connection.perform([job_of({'do': 'grandchild'})])\n"
        "print(told(seen))\n"
    )
    here = str(Path(__file__).parent)
    done = subprocess.run([sys.executable, "-c", program, here], capture_output=True, text=True, check=True)
    assert gone(int(done.stdout))
