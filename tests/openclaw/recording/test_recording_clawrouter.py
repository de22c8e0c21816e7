"""Recording through ClawRouter: its own key, its own checks and prices, and the four forms of answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from recording_site import REAL_KEY, OpenSite, Site
from recording_studio import Studio

from harness.cassettes import open_cassette
from harness.implementations import connect
from harness.model import Case, Reply, Request
from harness.recording.plan import first_requests, plan
from harness.recording.preflight import run_checks
from harness.recording.protocol import Check, Checks, Key, PlannedCall, Preflight, PreflightReport, worst
from harness.recording.provider_client import ProviderClient
from harness.scenarios import load
from harness_openclaw import hooks, recording
from harness_openclaw.mock_provider import Account, Provider
from harness_openclaw.recording.clawrouter import check_router

ROOT = "https://clawrouter.openclaw.ai"
HOST = "clawrouter.openclaw.ai"
PROXY_KEY = "claw-" + "5a4b3c2d1e0f" * 4
TRANSPORTS = ("responses", "completions", "messages", "gemini")
MODELS = (
    "openai/gpt-4o",
    "deepseek/deepseek-v4-pro",
    "anthropic/claude-haiku-4.5",
    "google/gemini-2.5-flash",
)
SUITE = """\
suite: acme/shared
editions: latest
defaults:
  input: {api_key: "${canary.proxy_key}", model: clawrouter/openai/gpt-4o, params: {maxTokens: 64}}
  request: {headers: {Authorization: "Bearer ${canary.proxy_key}"}}
scenarios:
  - id: talk
    rules: [CW-REQ-01]
    for_each: [{id: one}, {id: two}]
    input: {history: [{role: user, content: "Question ${each.id}"}]}
    interactions:
      - {request: {method: GET}, reply: {cassette: catalog.yaml}}
      - {request: {method: POST}, reply: {cassette: "${each.id}.yaml"}}
"""


@pytest.fixture(scope="module")
def talks() -> dict[str, Case]:
    """The bundled conversations through ClawRouter, by the end of their names, in the latest edition."""
    suites = load(hooks.scenarios / "clawrouter" / "conversations.yaml")
    return {case.name.partition("conversations/")[2]: case for case in suites.cases("latest")}


@pytest.fixture
def router(site_of: OpenSite) -> Site:
    """The stand-in under the URLs of both hosts."""
    return site_of(Provider().answer, routed=[HOST])


def client_at(site: Site, *, key: str = PROXY_KEY) -> ProviderClient:
    return site.client(keys={HOST: Key("CLAWROUTER_API_KEY", key)})


def changed(change: Callable[[bytes], bytes]) -> Callable[[Request], Reply]:
    """The stand-in, whose answers to model calls are not what they were."""
    provider = Provider()

    def answer(request: Request) -> Reply:
        reply = provider.answer(request)
        return replace(reply, chunks=(change(reply.body),)) if request.method == "POST" else reply

    return answer


# ------------------------------------------------------------------ the key


@pytest.mark.parametrize(
    ("transport", "header"),
    [
        ("responses", "Authorization"),
        ("completions", "Authorization"),
        ("messages", "x-api-key"),
        ("gemini", "x-goog-api-key"),
    ],
)
def test_each_host_gets_its_own_key(
    studio: Studio, router: Site, talks: dict[str, Case], transport: str, header: str
) -> None:
    """In the header of the transport, and nobody gets that of the other; the file has neither."""
    case = talks[f"hello/{transport}"]
    (take,) = studio.record(case, client_at(router))
    assert (take.status, take.reason) == ("recorded", "")
    looked, called = router.requests
    assert dict(looked.headers)["Authorization"] == f"Bearer {PROXY_KEY}"
    assert dict(called.headers)[header].removeprefix("Bearer ") == PROXY_KEY
    shown = repr([request.headers for request in router.requests])
    written = take.files[0].read_text("utf-8")
    for secret in (REAL_KEY, *case.canaries.values()):
        assert secret not in shown
        assert secret not in written
    assert PROXY_KEY not in written


# ------------------------------------------------------------------ checks and prices


def look(site: Site, *models: str, key: str = PROXY_KEY, root: str = ROOT) -> list[Check]:
    """The checks that are made of a root of ClawRouter."""
    client = client_at(site, key=key)
    made: list[Check] = []

    def checks() -> Checks:
        status = yield from check_router(root, client.keys.key_for(root), models)
        yield from status.checks
        return PreflightReport()

    run_checks(checks(), client, made.append)
    return made


def failed(checks: list[Check]) -> list[Check]:
    return [check for check in checks if check.standing == "fail"]


def test_all_is_well_with_the_stand_in_as_a_router(router: Site) -> None:
    """Its key is accepted, and its catalog has the models; only looks are taken."""
    checks = look(router, *MODELS)
    assert worst(checks) == "pass"
    assert sorted({check.rule for check in checks}) == [
        "CW-AUTH-03",
        "CW-BASE-01",
        "CW-CAT-06",
        "CW-USE-02",
    ]
    assert {request.method for request in router.requests} == {"GET"}


def test_a_model_that_the_catalog_lacks_is_told_with_those_near_it(router: Site) -> None:
    """Which is the usual mistake."""
    (check,) = failed(look(router, "anthropic/claude-haiku-4-5"))
    assert check.rule == "CW-CAT-06"
    assert "anthropic/claude-haiku-4.5" in check.sentence


def test_a_key_that_is_refused_fails(site_of: OpenSite) -> None:
    """The look-up of what it has used says so, and so does the catalog."""
    site = site_of(Provider(Account(key="another-key-altogether")).answer, routed=[HOST])
    checks = look(site, "openai/gpt-4o")
    assert [check.rule for check in failed(checks)] == ["CW-USE-01", "CW-CAT-01"]
    assert PROXY_KEY not in repr(checks)


def test_a_key_that_has_used_up_its_budget_fails(site_of: OpenSite) -> None:
    """Nothing more would be answered."""
    site = site_of(Provider(Account(budget=Decimal(0))).answer, routed=[HOST])
    assert [check.rule for check in failed(look(site))] == ["CW-USE-02"]


@pytest.mark.parametrize(
    ("root", "key", "rule"),
    [("http://clawrouter.openclaw.ai", PROXY_KEY, "CW-BASE-01"), (ROOT, "", "CW-AUTH-03")],
)
def test_without_a_key_or_a_safe_way_nobody_is_asked(router: Site, root: str, key: str, rule: str) -> None:
    """The check says which it is."""
    assert [check.rule for check in failed(look(router, key=key, root=root))] == [rule]
    assert router.requests == ()


def test_the_catalog_prices_the_calls_of_every_transport(router: Site, talks: dict[str, Case]) -> None:
    """Under whichever id they go out, with the limit that each form states in its own way."""
    cases = [talks[f"tool-call/{transport}"] for transport in TRANSPORTS]
    asking = client_at(router)
    with connect("python:harness_openclaw.reference:implementation") as reference:
        before = plan(first_requests(cases, reference), asking.estimate, 2)
        assert len(before.unpriced) == 4
        assert router.requests == ()
        checked = run_checks(recording.checks(preflight(before.calls, asking)), asking, lambda check: None)
        asking.prices.update(checked.report.prices)
        found = first_requests(cases, reference, checked.report.looked_up)
        after = plan(found, asking.estimate, 2)
    assert {check.rule[:3] for check in checked.checks} == {"CW-"}, "OpenRouter is asked nothing"
    assert after.unpriced == ()
    assert [call.estimate.model for call in after.calls] == [
        name
        for model in (
            "openai/gpt-4o",
            "deepseek/deepseek-v4-pro",
            "claude-haiku-4-5",
            "gemini-2.5-flash",
        )
        for name in (model, model)
    ]
    assert {call.estimate.output_tokens for call in after.calls} == {256}
    assert after.cost > 0


def preflight(calls: Sequence[PlannedCall], client: ProviderClient) -> Preflight:
    return Preflight(calls, (), "https://openrouter.ai/api/v1", client.keys.key_for)


def test_what_says_nothing_of_its_cost_counts_with_its_estimate(
    studio: Studio, router: Site, talks: dict[str, Case]
) -> None:
    """So that the cap holds for transports that report no cost."""
    asking = client_at(router)
    asked = Preflight((), ("clawrouter/openai/gpt-4o",), "", asking.keys.key_for)
    asking.prices.update(run_checks(recording.checks(asked), asking, lambda check: None).report.prices)
    (take,) = studio.record(talks["hello/messages"], asking)
    assert asking.budget.spent == take.entries[-1].estimate.cost
    assert asking.budget.spent > 0


# ------------------------------------------------------------------ answers


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_the_ledger_counts_the_tokens_of_every_transport(
    studio: Studio, router: Site, talks: dict[str, Case], transport: str
) -> None:
    """And has the id that the provider gave."""
    (take,) = studio.record(talks[f"hello/{transport}"], client_at(router))
    entry = take.entries[-1]
    assert entry.usage.prompt_tokens
    assert entry.usage.completion_tokens
    assert entry.id in take.files[0].read_text("utf-8")


@pytest.mark.parametrize(
    ("transport", "end"),
    [
        ("responses", rb"event: response\.completed.*"),
        ("completions", rb"data: \[DONE\].*"),
        ("messages", rb"event: message_stop.*"),
        ("gemini", rb',"finishReason":"STOP"'),
    ],
)
def test_a_stream_that_does_not_say_how_it_ended_is_set_aside(
    studio: Studio, site_of: OpenSite, talks: dict[str, Case], transport: str, end: bytes
) -> None:
    """In whichever way its transport says so; nothing but that has to be missing."""
    site = site_of(changed(lambda body: re.sub(end, b"", body, flags=re.DOTALL)), routed=[HOST])
    (take,) = studio.record(talks[f"hello-is-read/{transport}"], client_at(site))
    assert take.status == "failed"
    assert "was answered with" in take.reason
    assert studio.files == []


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_an_error_amid_the_stream_is_a_recording_only_where_it_is_wanted(
    studio: Studio, site_of: OpenSite, talks: dict[str, Case], transport: str
) -> None:
    """Elsewhere it is set aside."""
    provider = Provider()

    def answer(request: Request) -> Reply:
        demand = (("X-Simulate", "error-in-stream"),) if request.method == "POST" else ()
        return provider.answer(replace(request, headers=(*request.headers, *demand)))

    site = site_of(answer, routed=[HOST])
    wanted, unwanted = studio.record(
        [talks[f"refused/{transport}-in-stream"], talks[f"hello/{transport}"]], client_at(site)
    )
    assert (wanted.status, wanted.reason) == ("recorded", "")
    assert unwanted.status == "failed"
    assert "was answered with an error (timeout)" in unwanted.reason


# ------------------------------------------------------------------ a file of several cases


@pytest.fixture
def shared(tmp_path: Path) -> list[Case]:
    """Two cases with a file each, and one for both of them."""
    (tmp_path / "cassettes").mkdir()
    (tmp_path / "contract.yaml").write_text("contract: acme\nextends: openclaw\nrules: inherit\n", "utf-8")
    (tmp_path / "suite.yaml").write_text(SUITE, "utf-8")
    return list(load(tmp_path / "suite.yaml", new_cassettes=True).cases("latest"))


def scenario_of(file: Path) -> str:
    return str(yaml.safe_load(file.read_bytes())["metadata"]["scenario"])


@pytest.mark.parametrize("again", [False, True])
def test_a_file_that_cases_share_is_the_first_one_s(
    studio: Studio, router: Site, shared: list[Case], tmp_path: Path, again: bool
) -> None:
    """Also if all is recorded anew."""
    for _ in range(1 + again):
        takes = studio.record(shared, client_at(router), into=None, again=again)
        assert [take.status for take in takes] == ["recorded", "recorded"]
    folder = tmp_path / "cassettes"
    assert [[file.name for file in take.files] for take in takes] == [
        ["catalog.yaml", "one.yaml"],
        ["two.yaml"],
    ]
    assert scenario_of(folder / "catalog.yaml") == "acme/shared/talk/one"
    assert len(open_cassette(folder / "two.yaml").interactions) == 1


def test_what_is_recorded_stays_where_a_case_lacks_only_the_rest(
    studio: Studio, router: Site, shared: list[Case], tmp_path: Path
) -> None:
    """Only the file that is missing is written."""
    studio.record(shared, client_at(router), into=None)
    folder = tmp_path / "cassettes"
    before = (folder / "catalog.yaml").read_bytes()
    (folder / "two.yaml").unlink()
    takes = studio.record(shared, client_at(router), into=None)
    assert [take.status for take in takes] == ["skipped", "recorded"]
    assert (folder / "catalog.yaml").read_bytes() == before
    assert (folder / "two.yaml").is_file()
