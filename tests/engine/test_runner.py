"""The pipeline: suites held against real callables of this process."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import harness
from harness.engine.runner import why_not_applicable
from harness.model import Case, ImplementationInfo, Interaction, Step, Verdict

Run = Callable[..., list[Verdict]]

HEAD = """\
suite: acme/chat
defaults:
  input:
    operation: chat
    model: acme/a/b
    api_key: ${canary.api_key}
    history: [{role: user, content: hi}]
  request: {headers: {Authorization: "Bearer ${canary.api_key}"}}
scenarios:
"""

CASSETTE = """\
version: 1
interactions:
- request:
    method: POST
    uri: https://api.acme.example/v1/chat/completions
    headers: {}
    body: '{"model":"a/b"}'
  response:
    status: {code: 200, message: OK}
    headers: {content-type: [application/json]}
    body: {string: '{"recorded":true}'}
"""


@pytest.fixture
def held(acme_installed: Path) -> Run:
    """Run scenarios (YAML below `scenarios:`) against the callable `shape` of Python code."""

    def run(scenarios: str, code: str, **options: Any) -> list[Verdict]:
        (acme_installed / "suite.yaml").write_text(HEAD + scenarios, "utf-8")
        module = f"shaper_{acme_installed.name}_{len(list(acme_installed.iterdir()))}"
        (acme_installed / f"{module}.py").write_text(code, "utf-8")
        importlib.invalidate_caches()
        with harness.connect(f"python:{module}:shape") as implementation:
            return list(harness.run(harness.load(acme_installed / "suite.yaml"), implementation, **options))

    return run


BUILD = """
def build(given, url="https://api.acme.example/v1/chat/completions"):
    return {"method": "POST", "url": url,
            "headers": {"Authorization": "Bearer " + given["api_key"]}, "body": {"model": "a/b"}}
"""


def test_a_request_that_fits_nothing_is_answered_404_and_told(held: Run) -> None:
    """An unexpected request is answered 404 and is a difference, and so is the key that it carries."""
    (verdict,) = held(
        "  - id: one\n    interactions: [{request: {url: https://api.acme.example/v1/chat/completions}}]\n",
        BUILD + "def shape(given):\n"
        "    reply = yield build(given, 'https://elsewhere.example/')\n"
        "    assert reply.status == 404, reply.status\n"
        "    yield build(given)\n"
        "shape.harness = {'features': ['replies']}\n",
    )
    assert verdict.status == "failed", verdict
    assert [difference.kind for difference in verdict.differences] == ["request", "secret"]
    assert "elsewhere.example" in verdict.differences[0].message


def test_replies_come_from_the_interaction_in_order(held: Run) -> None:
    """A sequence is answered reply by reply, and what is reported back is checked."""
    (verdict,) = held(
        "  - id: one\n"
        "    interactions:\n"
        "      - request: {url: https://api.acme.example/v1/chat/completions}\n"
        "        reply: {sequence: [{status: 429, json: {}}, {json: {answer: yes please}}]}\n"
        "    outcome: {text: yes please}\n",
        "import json\n" + BUILD + "def shape(given):\n"
        "    reply = yield build(given)\n"
        "    assert reply.status == 429\n"
        "    reply = yield build(given)\n"
        "    return {'text': json.loads(reply.body)['answer']}\n"
        "shape.harness = {'features': ['replies', 'outcome']}\n",
    )
    assert verdict.status == "passed", verdict


def test_the_mock_provider_answers_what_a_case_says_nothing_about(held: Run) -> None:
    """Like a provider: with a text and an id, and with a 400 where the real one would have it."""
    (verdict,) = held(
        "  - id: twice\n    interactions: [{request: {}, repeat: {min: 2}}]\n    outcome: {text: '400'}\n",
        "import json\n" + BUILD + "def shape(given):\n"
        "    asked = build(given) | {'body': {'model': 'a/b', 'messages': given['history']}}\n"
        "    said = json.loads((yield asked).body)\n"
        "    assert said['id'].startswith('gen-') and said['choices'][0]['message']['content']\n"
        "    return {'text': str((yield asked | {'body': '{'}).status)}\n"
        "shape.harness = {'features': ['replies', 'outcome']}\n",
    )
    assert verdict.status == "passed", verdict


def test_a_plain_success_answers_where_nothing_depends_on_it(held: Run) -> None:
    """One chat request and no outcome: no provider is asked, so even a strange body is answered 200."""
    (verdict,) = held(
        "  - id: once\n    interactions: [{request: {}}]\n",
        BUILD + "def shape(given):\n"
        "    reply = yield build(given) | {'body': '{'}\n"
        "    assert (reply.status, b'harness' in reply.body) == (200, True), reply\n"
        "shape.harness = {'features': ['replies', 'outcome']}\n",
    )
    assert verdict.status == "passed", verdict


def test_the_mock_provider_answers_other_operations_and_remembers_what_they_began(held: Run) -> None:
    """A job is begun, looked up until it is done, and its file fetched, without a single stated reply."""
    (verdict,) = held(
        "  - id: job\n"
        "    input: {operation: video}\n"
        "    interactions:\n"
        "      - request: {path: /v1/videos}\n"
        "      - {request: {method: GET}, repeat: {min: 4}}\n",
        BUILD + "def shape(given):\n"
        "    import json\n"
        "    asked = build(given, 'https://api.acme.example/v1/videos')\n"
        "    job = json.loads((yield asked | {'body': {'model': 'a/b', 'prompt': 'x'}}).body)\n"
        "    url = 'https://api.acme.example' + job['polling_url']\n"
        "    seen = asked | {'method': 'GET', 'url': url, 'body': ''}\n"
        "    while job['status'] != 'completed':\n"
        "        job = json.loads((yield seen).body)\n"
        "    file = yield seen | {'url': job['url']}\n"
        "    assert dict(file.headers)['Content-Type'] == 'video/mp4', file\n"
        "shape.harness = {'operations': ['video'], 'features': ['replies', 'outcome']}\n",
    )
    assert verdict.status == "passed", verdict


@pytest.mark.parametrize(("check", "status"), [("", "passed"), (", check_request: true", "failed")])
def test_a_request_unlike_its_recording_is_unverified(
    check: str, status: str, held: Run, tmp_path: Path
) -> None:
    """A reply recorded for another body leaves the case unverified, or fails it where that is asked for."""
    (tmp_path / "cassettes").mkdir()
    (tmp_path / "cassettes/hello.yaml").write_text(CASSETTE.replace("a/b", "a/other"), "utf-8")
    (verdict,) = held(
        "  - id: one\n"
        "    interactions:\n"
        "      - request: {url: https://api.acme.example/v1/chat/completions}\n"
        f"        reply: {{cassette: hello.yaml, interaction: 0{check}}}\n",
        BUILD + "def shape(given):\n    return build(given)\n",
        cassettes=tmp_path / "cassettes",
    )
    assert verdict.status == status, verdict
    notes = [*verdict.unverified, *(difference.message for difference in verdict.differences)]
    assert any("a/other" in note and "hello.yaml" in note for note in notes)


def test_a_request_that_its_cassette_lacks_does_not_end_the_run(held: Run, tmp_path: Path) -> None:
    """It is answered 404, the nearest recording is told, and the next case runs."""
    (tmp_path / "cassettes").mkdir()
    (tmp_path / "cassettes/hello.yaml").write_text(CASSETTE, "utf-8")
    first, second = held(
        "  - id: one\n"
        "    interactions: [{request: {method: POST}, reply: {cassette: hello.yaml}}]\n"
        "  - id: two\n    interactions: [{request: {method: POST}}]\n",
        BUILD + "def shape(given):\n"
        "    reply = yield build(given, 'https://api.acme.example/v1/responses')\n"
        "shape.harness = {'features': ['replies']}\n",
        cassettes=tmp_path / "cassettes",
    )
    assert (first.status, second.status) == ("passed", "passed"), first
    assert "no answer to POST https://api.acme.example/v1/responses" in first.unverified[0]


def test_a_reply_comes_from_its_cassette(held: Run, tmp_path: Path) -> None:
    """What was recorded is what the client gets, and an equal request proves the case."""
    (tmp_path / "cassettes").mkdir()
    (tmp_path / "cassettes/hello.yaml").write_text(CASSETTE, "utf-8")
    (verdict,) = held(
        "  - id: one\n"
        "    interactions:\n"
        "      - request: {url: https://api.acme.example/v1/chat/completions}\n"
        "        reply: {cassette: hello.yaml}\n",
        BUILD + "def shape(given):\n"
        "    reply = yield build(given)\n"
        "    assert reply.body == b'{\"recorded\":true}', reply.body\n"
        "shape.harness = {'features': ['replies']}\n",
        cassettes=tmp_path / "cassettes",
    )
    assert (verdict.status, verdict.unverified) == ("passed", ()), verdict


def test_an_exception_errs_the_case_and_the_next_one_runs(held: Run) -> None:
    """A crash in one case says nothing about the others."""
    verdicts = held(
        "  - id: one\n    input: {system: crash}\n    interactions: [{request: {method: POST}}]\n"
        "  - id: two\n    interactions: [{request: {method: POST}}]\n",
        BUILD + "def shape(given):\n    assert 'system' not in given\n    return build(given)\n",
    )
    assert [verdict.status for verdict in verdicts] == ["errored", "passed"]


def test_saying_nothing_is_not_a_refusal(held: Run) -> None:
    """Where a refusal is expected, an implementation that reports outcomes must report one."""
    refusal = (
        "  - id: one\n    input: {model: ''}\n    interactions: []\n    outcome: {error: {$any: object}}\n"
    )
    reports = "shape.harness = {'features': ['outcome']}\n"
    silent = held(refusal, "def shape(given):\n    return []\n" + reports)
    refusing = held(refusal, "def shape(given):\n    return {'error': {'class': 'format'}}\n" + reports)
    undeclared = held(refusal, "def shape(given):\n    return []\nshape.harness = {'features': []}\n")
    assert [verdicts[0].status for verdicts in (silent, refusing, undeclared)] == [
        *("failed", "passed", "not_applicable"),
    ]


def test_an_implementations_own_names_are_expected_of_it(tmp_path: Path) -> None:
    """`vars` of an implementation take the place of the suite's `app`, matchers included."""
    (tmp_path / "contract.yaml").write_text("contract: acme\noverridable: [app]\n", "utf-8")
    (tmp_path / "suite.yaml").write_text(
        "suite: a/b\nvars: {app: {title: Example}}\nscenarios:\n  - id: one\n"
        "    input: {model: acme/a/b}\n"
        "    interactions: [{request: {headers: {X-Title: '${app.title}'}}}]\n",
        "utf-8",
    )
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/implementation.yaml").write_text(
        "name: mine\naddress: python:mine_shaper:shape\nvars: {app: {title: {$regex: ^Mine}}}\n", "utf-8"
    )
    (tmp_path / "mine/mine_shaper.py").write_text(
        "def shape(given):\n"
        "    return {'method': 'POST', 'url': 'https://x.example/', 'headers': {'X-Title': 'Mine!'}}\n",
        "utf-8",
    )
    with harness.connect(str(tmp_path / "mine")) as implementation:
        (verdict,) = harness.run(harness.load(tmp_path / "suite.yaml"), implementation)
    assert verdict.status == "passed", verdict


@pytest.fixture
def undeclared() -> ImplementationInfo:
    """An implementation that declares nothing."""
    return ImplementationInfo("acme", "python:acme:shape", inputs=(), features=())


@pytest.mark.parametrize(
    ("given", "requires", "reason"),
    [
        ({"operation": "speech"}, (), "operation speech"),
        ({"operation": "chat", "params": {}}, (), "input params"),
        ({"operation": "chat", "thinking": "high", "system": "s", "base_url": "x"}, (), None),
        ({"operation": "chat"}, ("steps", "clock"), "feature clock, steps"),
    ],
)
def test_what_is_not_declared_makes_a_case_not_applicable(
    given: dict[str, Any], requires: tuple[str, ...], reason: str | None, undeclared: ImplementationInfo
) -> None:
    """Operations, inputs and features that a case needs must be declared; core inputs need not."""
    case = Case("a/b", "a", "2026-05", (Step(given, ()),), "f", 1, requires=requires)
    said = why_not_applicable(case, undeclared)
    assert said is None if reason is None else reason in (said or "")


def test_every_step_must_be_among_the_declared_operations(undeclared: ImplementationInfo) -> None:
    """A case that goes on with an operation that is not declared is not begun."""
    steps = (Step({"operation": "chat"}, ()), Step({"operation": "usage"}, ()))
    said = why_not_applicable(Case("a/b", "a", "2026-05", steps, "f", 1), undeclared)
    assert said == "does not declare the operation usage"


def test_who_declines_a_case_says_so_before_anything_is_sent(held: Run) -> None:
    """Saying so afterwards is no way out of a failure: the case errs."""
    scenario = "  - id: one\n    interactions: [{request: {method: GET}}]\n"
    declined, late = (
        held(scenario, BUILD + code)[0]
        for code in (
            "def shape(given):\n    return {'unsupported': 'no chat'}\n",
            "def shape(given):\n    yield build(given)\n    return {'unsupported': 'no chat'}\n",
        )
    )
    assert (declined.status, declined.reason) == ("not_applicable", "it reports: no chat")
    assert (late.status, late.reason) == ("errored", "it sent 1 request and then reported: no chat")


def test_an_outcome_that_was_seen_counts_although_something_else_was_not(held: Run) -> None:
    """A refusal after a look-up passes by its outcome, however little is seen of the look-up."""
    (verdict,) = held(
        "  - id: one\n"
        "    allow_requests: [{request: {url: https://a.example/look-up, headers: {X-Look: up}}}]\n"
        "    interactions: []\n"
        "    outcome: {error: {class: auth}}\n",
        "import httpx\n"
        "def shape(given):\n"
        "    httpx.get('https://a.example/look-up', headers={'X-Look': 'up'})\n"
        "    return {'error': {'class': 'auth'}}\n"
        "shape.harness = {'mode': 'send', 'features': ['outcome', 'replies']}\n",
    )
    assert verdict.unchecked
    assert verdict.status == "passed", verdict.reason


@pytest.mark.parametrize("fault", ["timeout", "slow"])
def test_silence_is_kept_from_clients_whose_time_is_real(fault: str) -> None:
    """They would wait for as long as their own time limit, unless they say that their clock is none."""
    silent = Interaction({}, ("interactions", 0), replies=({"fault": fault},))
    case = Case("a/b", "a", "2026-05", (Step({}, (silent,)),), "f", 1)
    program = ImplementationInfo("acme", "exec:acme", mode="send", in_real_time=True, features=("replies",))
    assert "never answers" in (why_not_applicable(case, program) or "")
    assert why_not_applicable(case, replace(program, features=("replies", "clock"))) is None
    assert why_not_applicable(case, replace(program, in_real_time=False)) is None


def test_who_promises_outcomes_and_reports_none_has_failed(held: Run) -> None:
    """What is declared is held to; what is only guessed of a callable by its kind is unchecked."""
    scenario = "  - id: one\n    interactions: [{request: {method: POST}}]\n    outcome: {text: hello}\n"
    code = BUILD + "def shape(given):\n    yield build(given)\n"
    promised, guessed = (
        held(scenario, code + word)[0]
        for word in ("shape.harness = {'features': ['outcome', 'replies']}\n", "")
    )
    assert (promised.status, promised.unchecked) == ("failed", ())
    assert (guessed.status, guessed.unchecked) == ("passed", ("the outcome cannot be seen",))
