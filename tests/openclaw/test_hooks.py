"""What the contract `openclaw` offers to the engine."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from decimal import Decimal
from typing import Any

import pytest

import harness_openclaw.mutants
import harness_openclaw.reference
from harness.implementations import connect
from harness.model import Reply, Request
from harness_openclaw import hooks

BASE = "https://openrouter.ai/api/v1"
HEADERS = (("Authorization", "Bearer sk-or-v1-" + "5e" * 24),)


def chat(model: str = "openai/gpt-4o", **body: Any) -> Request:
    body = {"model": model, "messages": [{"role": "user", "content": "Hello"}], **body}
    return Request("POST", f"{BASE}/chat/completions", HEADERS, json.dumps(body).encode())


def get(path: str) -> Request:
    return Request("GET", f"{BASE}/{path}", HEADERS)


def body_of(reply: Reply) -> Any:
    return json.loads(reply.body)


def test_importing_the_hooks_imports_nothing_else() -> None:
    """Neither the reference client nor the mock provider nor the mutants, which not every command needs."""
    code = (
        "import sys, harness_openclaw.hooks\n"
        "print(*sorted(name for name in sys.modules if name.startswith(('harness', 'httpx', 'orjson'))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["harness_openclaw", "harness_openclaw.hooks"]


def test_the_address_of_the_reference_client_can_be_connected_to() -> None:
    """It is an implementation that declares what the suites need."""
    with connect(hooks.reference()) as implementation:
        assert {"chat", "catalog"} <= set(implementation.about.operations)


def test_the_hooks_keep_their_names_once_the_subpackages_are_imported() -> None:
    """`reference` and `mutants` are subpackages, too."""
    assert harness_openclaw.reference.implementation.__name__ == "Client"
    assert callable(hooks.reference)
    assert {mutant.name for mutant in hooks.mutants()} == set(harness_openclaw.mutants.MUTANTS)


def test_requests_with_the_same_state_share_a_provider() -> None:
    """A call is charged to the balance that is looked up afterwards, and to no other."""
    state: dict[str, Any] = {}
    hooks.respond(chat(), state)

    assert body_of(hooks.respond(get("credits"), state))["data"]["total_usage"] > 0
    assert body_of(hooks.respond(get("credits"), {}))["data"]["total_usage"] == 0


@pytest.mark.parametrize(("state", "credits"), [({}, 10), ({"credits": Decimal("2.5")}, 2.5)])
def test_the_balance_is_the_one_of_the_state(state: dict[str, Any], credits: float) -> None:  # noqa: A002
    """Ten dollars where it states none."""
    assert body_of(hooks.respond(get("credits"), state))["data"]["total_credits"] == credits


@pytest.mark.parametrize(("state", "status"), [({}, 200), ({"any_model": False}, 400)])
def test_unknown_models_are_answered_unless_the_state_forbids_it(state: dict[str, Any], status: int) -> None:
    """The mock provider cannot know which models a suite is about."""
    assert hooks.respond(chat("acme/unheard-of"), state).status == status


def test_the_first_requests_may_come_at_the_same_time() -> None:
    """They are charged to one account."""
    state: dict[str, Any] = {}
    together = threading.Barrier(4)

    def ask() -> None:
        together.wait(10)
        hooks.respond(chat(), state)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    once: dict[str, Any] = {}
    hooks.respond(chat(), once)
    used, used_by_one = (
        body_of(hooks.respond(get("credits"), each))["data"]["total_usage"] for each in (state, once)
    )
    assert used == pytest.approx(4 * used_by_one)


@pytest.mark.parametrize(
    ("given", "operations"),
    [
        ({"model": "clawrouter/openai/gpt-5.5"}, {"catalog"}),
        ({"model": " ClawRouter/openai/gpt-5.5"}, {"catalog"}),
        ({"model": "openrouter/openai/gpt-5.5"}, set()),
        ({"model": 7}, set()),
        ({}, set()),
    ],
)
def test_a_model_of_clawrouter_needs_the_catalog(given: dict[str, Any], operations: set[str]) -> None:
    """Whatever the operation, and however the ref is written."""
    assert hooks.required_operations(given) == operations


def test_the_data_is_where_the_hooks_say() -> None:
    """Suites with rules beside them, and recordings."""
    assert (hooks.scenarios / "openrouter" / "conversations.yaml").is_file()
    assert any((hooks.scenarios / "rules").iterdir())
    assert any(hooks.cassettes.rglob("*.yaml"))
