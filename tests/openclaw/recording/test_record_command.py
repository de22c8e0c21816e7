"""`harness record`, `preflight` and `mock`, as a person runs them: processes, TLS and no account."""

from __future__ import annotations

import base64
import json
import os
import random
import re
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
import yaml

Finished = subprocess.CompletedProcess[str]

KEY = "sk-or-v1-" + "77aa88bb99cc00dd" * 4
PROXY_KEY = "claw-" + "0badcafe" * 6
NOT_KEPT = ("CI", "OPENROUTER_API_KEY", "CLAWROUTER_API_KEY")
CONTRACT = """\
contract: acme
extends: openclaw
rules: inherit
hosts:
  openrouter.ai: {key: OPENROUTER_API_KEY}
  clawrouter.openclaw.ai: {key: CLAWROUTER_API_KEY}
"""
SUITE = """\
suite: acme/talks
about: Talks that are recorded.
defaults:
  input:
    operation: chat
    model: openrouter/openai/gpt-4o-mini
    api_key: ${canary.api_key}
    params: {maxTokens: 64}
  request:
    method: POST
    url: https://openrouter.ai/api/v1/chat/completions
    headers: {Authorization: "Bearer ${canary.api_key}"}
scenarios:
  - id: talk
    about: A question and its answer.
    rules: [OR-BODY-01]
    for_each: [{id: one}, {id: two}, {id: three}, {id: four}, {id: five}, {id: six}]
    input: {history: [{role: user, content: "Question ${each.id}"}]}
    interactions:
      - request: {}
        reply: {cassette: "talks/${each.id}.yaml"}
  - id: unrecorded
    about: A case whose reply is no recording.
    rules: [OR-BODY-01]
    input: {history: [{role: user, content: Hello}]}
    interactions: [{request: {}}]
  - id: elsewhere
    about: A case at another host.
    rules: [OR-BODY-01]
    tags: [elsewhere]
    input: {base_url: https://proxy.example/v1, history: [{role: user, content: Hello}]}
    interactions:
      - request: {url: https://proxy.example/v1/chat/completions}
        reply: {cassette: talks/elsewhere.yaml}
"""
REPLAY = """\
import sys, httpx, vcr, yaml
for path in sys.argv[1:]:
    asked = yaml.safe_load(open(path))["interactions"][0]["request"]
    with vcr.use_cassette(path, record_mode="none", match_on=["method", "uri", "body"]):
        with httpx.stream(asked["method"], asked["uri"], content=asked["body"]) as answer:
            lines = [line for line in answer.iter_lines() if line]
    print(answer.status_code, len(lines) > 3, lines[-1])
"""


@dataclass
class Simulated:
    """The mock provider in a process of its own, and the options that lead commands to it."""

    process: subprocess.Popen[str]
    url: str
    ca_file: str

    @property
    def options(self) -> tuple[str, ...]:
        return ("--upstream", f"openrouter.ai={self.url}", "--upstream-ca", self.ca_file)

    @property
    def both(self) -> tuple[str, ...]:
        """The options for ClawRouter, too."""
        return (*self.options, "--upstream", f"clawrouter.openclaw.ai={self.url}", "--source", "simulated")


@pytest.fixture(scope="module")
def simulated() -> Iterator[Simulated]:
    command = [sys.executable, "-m", "harness", "mock"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1].removesuffix("/api/v1")
        ca_file = process.stdout.readline().split()[-1]
        process.stdout.readline()
        yield Simulated(process, url, ca_file)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    assert not Path(ca_file).exists()


@dataclass
class Studio:
    """A folder with a suite, in which commands are run."""

    folder: Path
    simulated: Simulated

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "harness", *arguments]

    def environment(self, **given: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in NOT_KEPT}
        cache = {"HARNESS_CACHE_DIR": str(self.folder / ".cache")}
        return kept | cache | {"OPENROUTER_API_KEY": KEY} | given

    def run(self, *arguments: str, **environment: str) -> Finished:
        """Run `harness ARGUMENT…` here."""
        return subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environment(**environment),
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )

    def arguments(self, *more: str) -> tuple[str, ...]:
        said = (
            "record",
            "suite.yaml",
            "acme/talks/talk/**",
            *self.simulated.options,
            "--source",
            "simulated",
        )
        return (*said, *more)

    def record(self, *more: str, **environment: str) -> Finished:
        return self.run(*self.arguments("--yes", *more), **environment)

    @property
    def tapes(self) -> dict[str, Path]:
        return {file.stem: file for file in (self.folder / "cassettes").rglob("*.yaml")}


@pytest.fixture
def studio(tmp_path: Path, simulated: Simulated) -> Studio:
    (tmp_path / "contract.yaml").write_text(CONTRACT, "utf-8")
    (tmp_path / "suite.yaml").write_text(SUITE, "utf-8")
    (tmp_path / "cassettes").mkdir()
    return Studio(tmp_path, simulated)


def written(folder: Path) -> Iterator[tuple[Path, bytes]]:
    for file in folder.rglob("*"):
        if file.is_file():
            yield file, file.read_bytes()


def spellings(secret: str) -> Iterator[bytes]:
    yield secret.encode()
    yield quote(secret, safe="").encode()
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + secret.encode())
        yield encoded[4 : len(encoded) // 4 * 4 - 4]


# ------------------------------------------------------------------ the whole way


def test_from_a_key_to_cassettes_that_replay(studio: Studio) -> None:
    """Recorded, replayed by the harness, and by stock vcrpy under httpx in a process of its own."""
    done = studio.record("--ledger", "ledger.json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert sorted(studio.tapes) == ["five", "four", "one", "six", "three", "two"]
    (studio.folder / "suite.yaml").write_text(SUITE.partition("  - id: elsewhere")[0], "utf-8")
    replayed = studio.run("run", "suite.yaml", "acme/talks/talk/**", "-v")
    assert replayed.returncode == 0, replayed.stdout
    assert "unverified" not in replayed.stdout
    tapes = [str(tape) for tape in studio.tapes.values()]
    stock = subprocess.run([sys.executable, "-c", REPLAY, *tapes], capture_output=True, text=True, check=True)
    assert stock.stdout.splitlines() == ["200 True data: [DONE]"] * 6


def test_the_plan_is_told_before_and_the_sum_after(studio: Studio) -> None:
    """Checks, hosts, calls and cost; then what each case became."""
    done = studio.record()
    lines = done.stdout.splitlines()
    assert any(line.startswith("ok   OR-PRE-07") for line in lines)
    assert any(line.startswith("plan: 6 calls to openrouter.ai, up to $") for line in lines)
    assert any(line.startswith("ok   OR-PRE-08") for line in lines)
    assert sum(line.startswith("recorded acme/talks/talk/") for line in lines) == 6
    assert "6 recorded" in lines
    assert lines[-1].startswith("7 calls, 0 retries (7 x 200)")


def test_the_ledger_has_every_call(studio: Studio) -> None:
    """Its id, model, tokens and cost against the estimate, and the sums."""
    studio.record("--ledger", "books/ledger.json")
    ledger = json.loads((studio.folder / "books" / "ledger.json").read_text("utf-8"))
    assert [call["case"].rpartition("/")[2] for call in ledger["calls"]] == [
        "preflight",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
    ]
    assert ledger["totals"]["calls"] == 7
    for call in ledger["calls"]:
        assert re.fullmatch(r"gen-\d+-\w+", call["id"])
        assert call["model"] == "openai/gpt-4o-mini"
        assert (call["status"], call["tried"]) == (200, [])
        assert 0 < call["cost_usd"] < call["estimated"]["cost_usd"]
    assert ledger["totals"]["statuses"] == {"200": 7}
    assert 0 < ledger["totals"]["cost_usd"] == ledger["totals"]["spent_usd"] < 0.10


def test_no_secret_is_anywhere(studio: Studio) -> None:
    """Not the key, in whatever spelling, in nothing that was shown or written."""
    done = studio.record("--ledger", "ledger.json", "--again", "--keep-failing")
    shown = (done.stdout + done.stderr).encode()
    for spelling in spellings(KEY):
        assert spelling not in shown
        for file, content in written(studio.folder):
            assert spelling not in content, file
    assert done.returncode == 0


def test_the_implementation_does_not_have_the_key(studio: Studio) -> None:
    """Neither in its environment nor in its input: it is put in on the way out."""
    (studio.folder / "curious.py").write_text(
        "import os\n"
        "from harness_openclaw.reference import shape\n"
        "def send(given):\n"
        "    found = repr((given, dict(os.environ)))\n"
        f"    assert {KEY!r} not in found\n"
        "    return shape(given)\n",
        "utf-8",
    )
    done = studio.record("-i", "python:curious:send", "acme/talks/talk/one")
    assert done.returncode == 0, done.stdout


def test_another_variable_may_hold_the_key(studio: Studio) -> None:
    """One whose name does not say so is hidden as well."""
    done = studio.record("--key-env", "ACME", ACME=KEY, OPENROUTER_API_KEY="")
    assert done.returncode == 0, done.stdout
    assert KEY not in done.stdout
    assert all(KEY.encode() not in content for _, content in written(studio.folder))


def test_cases_without_a_recording_go_into_a_folder(studio: Studio) -> None:
    """Any case can be recorded with --into, a file of its own named like the case."""
    done = studio.run(
        "record", "suite.yaml", "acme/talks/unrecorded", "--into", "out", "--yes", *studio.simulated.options
    )
    assert done.returncode == 0, done.stdout
    assert (studio.folder / "out/acme/talks/unrecorded.yaml").is_file()


def test_the_real_host_is_reached_by_the_proxy_of_the_environment(studio: Studio) -> None:
    """Without --upstream: the mock provider is the proxy here, and vouches for openrouter.ai."""
    proxy = studio.simulated.url.replace("https://", "http://")
    done = studio.run(
        "record",
        "suite.yaml",
        "acme/talks/talk/**",
        "--yes",
        HTTPS_PROXY=proxy,
        https_proxy=proxy,
        NO_PROXY="",
        no_proxy="",
        SSL_CERT_FILE=studio.simulated.ca_file,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    stated = yaml.safe_load(studio.tapes["one"].read_text("utf-8"))
    assert (stated["metadata"]["source"], stated["metadata"]["host"]) == ("live", "openrouter.ai")


def test_what_only_a_mock_provider_answers_is_warned_of_elsewhere(studio: Studio) -> None:
    """A provider would not know what is meant."""
    refused = ("record", "openrouter/conversations/refused/400", "--into", "tapes")
    said = "only the mock provider can answer 1 case"
    proxy = studio.simulated.url.replace("https://", "http://")
    elsewhere = {"HTTPS_PROXY": proxy, "https_proxy": proxy, "SSL_CERT_FILE": studio.simulated.ca_file}
    assert said in studio.run(*refused, "--yes", **elsewhere, NO_PROXY="", no_proxy="").stdout
    assert said not in studio.run(*refused, "--yes", "--again", *studio.simulated.options).stdout


def test_what_is_recorded_is_left_alone(studio: Studio) -> None:
    """Until --again."""
    studio.record("acme/talks/talk/one")
    before = {name: tape.stat().st_mtime_ns for name, tape in studio.tapes.items()}
    again = studio.record()
    assert "6 skipped" in again.stdout
    assert {name: tape.stat().st_mtime_ns for name, tape in studio.tapes.items()} == before


# ------------------------------------------------------------------ media and ClawRouter


def test_a_video_is_recorded_with_everything_that_belongs_to_it(studio: Studio) -> None:
    """From the bundled suite, within a cap that leaves room for it: job, looks and film."""
    video = (
        "openrouter/media-conversations/video",
        "--into",
        "tapes",
        "--allow-unpriced",
        "--max-cost",
        "1",
        "--yes",
    )
    done = studio.run("record", *video, *studio.simulated.both)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "price of google/veo-3.1-fast is unknown" in done.stdout
    assert "OR-PRE-08" not in done.stdout, "there is no chat model to make a tiny call to"
    stated = yaml.safe_load((studio.folder / f"tapes/{video[0]}.yaml").read_text("utf-8"))
    methods = [each["request"]["method"] for each in stated["interactions"]]
    assert methods == ["POST", "GET", "GET", "GET", "GET"]
    film = stated["interactions"][-1]
    assert film["request"]["uri"].startswith("https://openrouter.ai/api/v1/videos/")
    assert film["response"]["body"]["string"][4:8] == b"ftyp"


def test_clawrouter_has_its_own_checks_and_key(studio: Studio) -> None:
    """Nothing of OpenRouter's is looked up for its cases; no key is anywhere afterwards."""
    hello = ("clawrouter/conversations/hello/**", "--edition", "latest", "--into", "tapes", "--yes")
    ledger = ("--ledger", "ledger.json")
    done = studio.run("record", *hello, *ledger, *studio.simulated.both, CLAWROUTER_API_KEY=PROXY_KEY)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ok   CW-AUTH-03  CLAWROUTER_API_KEY is set." in done.stdout
    assert done.stdout.count("ok   CW-CAT-06") == 4
    assert "ok   OR-PRE-07" in done.stdout
    assert "OR-PRE-03" not in done.stdout
    assert "plan: 4 calls to clawrouter.openclaw.ai, up to $0.0" in done.stdout
    assert "price unknown" not in done.stdout
    calls = json.loads((studio.folder / "ledger.json").read_text("utf-8"))["calls"]
    assert [call["model"] for call in calls[1::2]] == [
        "openai/gpt-4o",
        "deepseek/deepseek-v4-pro",
        "claude-haiku-4-5",
        "gemini-2.5-flash",
    ]
    assert all(call["id"] and call["completion_tokens"] for call in calls[1::2])
    for secret in (KEY, PROXY_KEY):
        for spelling in spellings(secret):
            assert spelling not in (done.stdout + done.stderr).encode()
            assert all(spelling not in content for _, content in written(studio.folder))


def test_clawrouter_does_not_get_the_other_s_key_by_mistake(studio: Studio) -> None:
    """Its own is missing, and the check says so, until --key-env names another for it."""
    hello = ("clawrouter/conversations/hello/**", "--edition", "latest", "--into", "tapes", "--yes")
    done = studio.run("record", *hello, *studio.simulated.both)
    assert done.returncode == 1
    assert "FAIL CW-AUTH-03  The environment has no CLAWROUTER_API_KEY." in done.stdout
    named = "clawrouter.openclaw.ai=OPENROUTER_API_KEY"
    done = studio.run("record", *hello, *studio.simulated.both, "--key-env", named)
    assert done.returncode == 0, done.stdout + done.stderr
    named = "clawrouter.openclaw.ai=ACME"
    done = studio.run("record", *hello, *studio.simulated.both, "--again", "--key-env", named, ACME=PROXY_KEY)
    assert "ok   CW-AUTH-03  ACME is set." in done.stdout


def test_both_are_recorded_in_one_go(studio: Studio) -> None:
    """Each with its own checks."""
    both = ("openrouter/media-conversations/speech/mp3", "clawrouter/conversations/usage", "--into", "tapes")
    more = ("--allow-unpriced", "--edition", "latest", "--yes", *studio.simulated.both)
    done = studio.run("record", *both, *more, CLAWROUTER_API_KEY=PROXY_KEY)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ok   OR-PRE-03" in done.stdout
    assert "ok   CW-USE-02" in done.stdout
    assert "2 recorded" in done.stdout


# ------------------------------------------------------------------ what is refused


def test_nothing_is_recorded_in_ci_unless_told(studio: Studio) -> None:
    """It costs money, and nobody looks."""
    refused = studio.record(CI="true")
    assert refused.returncode == 4
    assert "--force-ci" in refused.stderr
    assert studio.tapes == {}
    assert studio.record("--force-ci", CI="true").returncode == 0


def test_nobody_to_ask_is_no_consent(studio: Studio) -> None:
    """Without a terminal there must be a --yes."""
    refused = studio.run(*studio.arguments())
    assert refused.returncode == 4
    assert "--yes" in refused.stderr


def test_a_plan_above_the_cap_is_not_begun(studio: Studio) -> None:
    """And nothing is spent, not even on the tiny call."""
    refused = studio.record("--max-cost", "0.00001")
    assert refused.returncode == 1
    assert "FAIL OR-PRE-07" in refused.stdout
    assert "OR-PRE-08" not in refused.stdout
    assert studio.tapes == {}


def test_the_cap_holds_while_recording(studio: Studio) -> None:
    """Where no price was known before, what is reported counts."""
    stopped = studio.record("--no-preflight", "--allow-unpriced", "--max-cost", "0.000015")
    assert stopped.returncode == 1
    assert "stopped" in stopped.stdout
    assert 0 < len(studio.tapes) < 6
    resumed = studio.record("--resume")
    assert (resumed.returncode, len(studio.tapes)) == (0, 6)


@pytest.mark.parametrize("taken", [".harness", "cassettes/talks", "ledgers"])
def test_nothing_is_paid_for_that_could_not_be_kept(studio: Studio, taken: str) -> None:
    """Cassettes, ledger and what is remembered need room; that is found out before anything is asked."""
    (studio.folder / taken).write_text("", "utf-8")
    refused = studio.record("--ledger", "ledgers/one.json")
    assert refused.returncode == 4
    assert f"cannot write to {studio.folder / taken}: Not a directory" in refused.stderr
    assert refused.stdout == ""


def test_no_key_is_no_recording(studio: Studio) -> None:
    """The check says which variable is missing."""
    refused = studio.record(OPENROUTER_API_KEY="")
    assert refused.returncode == 1
    assert "FAIL OR-PRE-02  The environment has no OPENROUTER_API_KEY." in refused.stdout


def test_a_host_that_is_not_planned_is_told_and_left_alone(studio: Studio) -> None:
    """Its case is not recorded."""
    done = studio.run("record", "suite.yaml", "--tag", "elsewhere", "--yes", *studio.simulated.options)
    assert done.returncode == 1
    assert "proxy.example is not an allowed host" in done.stdout
    assert studio.tapes == {}


def test_nothing_selected_is_told(studio: Studio) -> None:
    """With exit status 5, as elsewhere."""
    assert studio.run("record", "suite.yaml", "acme/nothing/**", "--yes").returncode == 5


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--upstream", "openrouter.ai"), "HOST=URL"),
        (("--upstream", "h=https://127.0.0.1:1", "--upstream-ca", "suite.yaml"), "no certificate"),
        (("-i", "reference", "-i", "reference"), "exactly one -i"),
        (("--key-env", "ONE", "--key-env", "OTHER"), "HOST=NAME"),
    ],
)
def test_a_wrong_option_is_told(studio: Studio, options: tuple[str, ...], said: str) -> None:
    """With exit status 4."""
    refused = studio.run("record", "suite.yaml", "--yes", *options)
    assert refused.returncode == 4
    assert said in refused.stderr


# ------------------------------------------------------------------ being broken off


def begun(studio: Studio, cases_before: int, *more: str) -> subprocess.Popen[str]:
    """A recording that has recorded this many cases."""
    process = subprocess.Popen(
        studio.command(*studio.arguments("--yes", "--no-preflight", "--allow-unpriced", *more)),
        cwd=studio.folder,
        env=studio.environment(PYTHONUNBUFFERED="1"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    while cases_before:
        line = process.stdout.readline()
        assert line, "it ended too soon"
        cases_before -= line.startswith("recorded")
    return process


def test_ctrl_c_keeps_what_is_complete(studio: Studio) -> None:
    """And the recording goes on from there."""
    with begun(studio, 2) as process:
        process.send_signal(signal.SIGINT)
        rest = process.communicate(timeout=30)[0]
    if process.returncode:
        assert process.returncode == 2, rest
        assert "--resume" in rest
    kept = len(studio.tapes)
    assert kept >= 2
    done = studio.record("--resume")
    assert done.returncode == 0
    assert len(studio.tapes) == 6
    assert f"{6 - kept} recorded" in done.stdout or kept == 6


@pytest.mark.parametrize("moment_ms", [0, 3, 8, 15, 30, 60])
def test_a_killed_recording_leaves_whole_files_only(studio: Studio, moment_ms: int) -> None:
    """Each is complete and scrubbed, however suddenly it ended; a new run goes on."""
    with begun(studio, 1) as process:
        assert process.stdout is not None
        select.select([], [], [], moment_ms / 1000)
        process.kill()
        process.communicate(timeout=30)
    assert_whole_and_scrubbed(studio)
    assert studio.record("--resume").returncode == 0
    assert len(studio.tapes) == 6
    assert [file.name for file, _ in written(studio.folder) if file.name.endswith(".writing")] == []


def assert_whole_and_scrubbed(studio: Studio) -> None:
    for file, content in written(studio.folder):
        assert KEY.encode() not in content, file
    for tape in studio.tapes.values():
        stated = yaml.safe_load(tape.read_text("utf-8"))
        assert stated["interactions"][0]["response"]["body"]["string"].endswith("data: [DONE]\n\n")
        assert "header authorization" in stated["metadata"]["scrubbed"]


@pytest.mark.parametrize("seed", range(5))
def test_no_moment_of_a_kill_leaves_a_part_or_a_secret(studio: Studio, seed: int) -> None:
    """Ten recordings killed at ten random moments, from the first case on, leave nothing but whole files."""
    chance = random.Random(seed)
    for _ in range(10):
        with begun(studio, 1, "--again") as process:
            select.select([], [], [], chance.uniform(0, 0.12))
            process.kill()
            process.communicate(timeout=30)
        assert_whole_and_scrubbed(studio)


# ------------------------------------------------------------------ preflight


def test_preflight_checks_and_makes_tiny_calls(studio: Studio) -> None:
    """One for each model; routing suffixes are no part of the id."""
    done = studio.run(
        "preflight",
        "-m",
        "openai/gpt-4o-mini",
        "-m",
        "openrouter/openai/gpt-4o:nitro",
        *studio.simulated.options,
    )
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("ok   OR-PRE-08") == 2
    assert KEY not in done.stdout


def test_preflight_fails_with_status_1(studio: Studio) -> None:
    """And names the model that was meant."""
    done = studio.run("preflight", "-m", "openai/gpt5", *studio.simulated.options)
    assert done.returncode == 1
    assert "openai/gpt-5" in done.stdout
    assert "OR-PRE-08" not in done.stdout


def test_preflight_without_a_model_spends_nothing(studio: Studio) -> None:
    """It looks up what is free."""
    done = studio.run("preflight", *studio.simulated.options)
    assert done.returncode == 0
    assert "OR-PRE-04" in done.stdout
    assert "OR-PRE-08" not in done.stdout


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--max-cost", "much"), "'much' is not an amount in dollars, such as 0.10."),
        (("--max-cost", "NaN"), "'NaN' is not an amount in dollars"),
        (("--max-cost", "-1"), "'-1' is not an amount in dollars"),
        (("--key-env", "openrouter.ai="), "--key-env 'openrouter.ai=' must be NAME or HOST=NAME"),
        (("--key-env", ""), "--key-env '' must be NAME or HOST=NAME"),
        (("--key-env", "TWO_LINES"), "TWO_LINES is not a valid key: it contains whitespace"),
    ],
)
def test_preflight_takes_no_nonsense(studio: Studio, given: tuple[str, str], said: str) -> None:
    """What cannot be meant is bad usage, told before anything is asked; a key is not shown."""
    done = studio.run("preflight", *given, *studio.simulated.options, TWO_LINES="sk-or-v1-one\nsk-or-v1-two")
    assert done.returncode == 4
    assert said in done.stderr
    assert done.stdout == ""
    assert "sk-or-v1" not in done.stderr


def test_preflight_is_not_ready_where_nobody_answers(studio: Studio) -> None:
    """A provider that cannot be reached is no warning, nor is one whose certificate is not trusted."""
    nobody = ("--upstream", "openrouter.ai=https://127.0.0.1:1")
    done = studio.run("preflight", *nobody)
    assert done.returncode == 1
    assert "openrouter.ai: no connection" in done.stdout
    done = studio.run("preflight", "--upstream", f"openrouter.ai={studio.simulated.url}")
    assert done.returncode == 4
    assert "is not trusted" in done.stderr
    assert "--upstream-ca FILE" in done.stderr


def test_preflight_finds_models_of_clawrouter_in_its_catalog(studio: Studio) -> None:
    """With its own key; OpenRouter is asked nothing, and nobody is called."""
    models = ("-m", "clawrouter/openai/gpt-5.5", "-m", "clawrouter/openai/gpt-5")
    reaching = studio.simulated.both[:-2]
    done = studio.run("preflight", *models, *reaching, CLAWROUTER_API_KEY=PROXY_KEY, OPENROUTER_API_KEY="")
    assert done.returncode == 1
    assert "ok   CW-CAT-06  openai/gpt-5.5 is in the catalog." in done.stdout
    assert "FAIL CW-CAT-06  openai/gpt-5 is not in the catalog; did you mean 'openai/gpt-5.5'?" in done.stdout
    assert "OR-PRE" not in done.stdout


@pytest.fixture
def answer_of(simulated: Simulated) -> Callable[[str], int]:
    """The status that the mock provider answers a GET with."""
    import ssl
    import urllib.request

    context = ssl.create_default_context(cafile=simulated.ca_file)

    def get(path: str) -> int:
        with urllib.request.urlopen(f"{simulated.url}{path}", context=context) as answer:
            status: int = answer.status
            return status

    return get


def test_the_mock_provider_answers_over_tls(answer_of: Callable[[str], int]) -> None:
    """With a certificate of the authority that it names."""
    assert answer_of("/api/v1/models") == 200
