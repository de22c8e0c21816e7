"""Published clients, unchanged, judged by what they send.

What is asserted here are their habits, found by the harness: an integration built on them has to undo these.
"""

from __future__ import annotations

import os

import pytest
from client_runs import Judge, Surroundings

pytestmark = pytest.mark.skipif(
    not os.environ.get("HARNESS_CLIENTS"), reason="real clients are installed and run by `tox run -e clients`"
)

NAMED_ELSEWHERE = "openrouter/custom-proxy/attribution/anthropic"
USAGE_ELSEWHERE = "openrouter/clients/questions-only-openrouter-answers/thinking"
KEY_ELSEWHERE = "openrouter/custom-proxy/key-in-one-place/anthropic"
MARKERS_ELSEWHERE = "openrouter/custom-proxy/cache-markers/system"
WORDS_ELSEWHERE = "openrouter/custom-proxy/whole-conversation"
LOOK_ALIKE = "openrouter/regressions-headers/attribution-by-host/look-alike"
NAMED = "openrouter/attribution/verified-route/default"
PREFILL = "openrouter/prefill/dropped/high"
HIGH = "openrouter/reasoning/levels/high"
MAX = "openrouter/reasoning/levels/max"

CASES = (
    NAMED_ELSEWHERE,
    USAGE_ELSEWHERE,
    KEY_ELSEWHERE,
    MARKERS_ELSEWHERE,
    WORDS_ELSEWHERE,
    LOOK_ALIKE,
    NAMED,
    PREFILL,
    HIGH,
    MAX,
)

QUIET: dict[str, set[str]] = {
    NAMED_ELSEWHERE: set(),
    USAGE_ELSEWHERE: set(),
    KEY_ELSEWHERE: set(),
    MARKERS_ELSEWHERE: set(),
    WORDS_ELSEWHERE: set(),
    LOOK_ALIKE: set(),
    NAMED: {"OR-HDR-02", "OR-HDR-04"},
    PREFILL: {"OR-PF-01", "OR-PF-03"},
    HIGH: set(),
    MAX: {"OR-RSN-03"},
}
"""A client that knows nothing of OpenRouter: nothing leaks, and nothing of OpenRouter's is done."""

TELLING = QUIET | {
    NAMED_ELSEWHERE: {"OR-HDR-02"},
    LOOK_ALIKE: {"OR-HDR-02"},
    NAMED: {"OR-HDR-04"},
}
"""One that names itself, or its application, to OpenRouter, and to everybody else."""

ASKING = TELLING | {
    USAGE_ELSEWHERE: {"OR-URL-05"},
    HIGH: {"OR-RSN-01", "OR-RSN-03"},
    MAX: {"OR-RSN-01", "OR-RSN-03"},
}
"""One that besides asks for OpenRouter's accounting everywhere, and says the effort in OpenAI's words."""

HABITS = {
    "ai-sdk-openrouter": TELLING,
    "langchain-openrouter": TELLING,
    "litellm": ASKING,
    "litellm-async": ASKING,
    "openai-node-wire": QUIET,
    "openai-python-wire": QUIET,
}


@pytest.mark.parametrize("surroundings", ["sandbox", "proxies"])
@pytest.mark.parametrize("client", HABITS)
def test_each_client_breaks_the_rules_it_is_known_to_break(
    judged: Judge, client: str, surroundings: Surroundings
) -> None:
    """Every leak of a client is found and charged to its rule, nothing else is, in either surroundings."""
    assert judged(client, surroundings, CASES).rules_broken() == HABITS[client]


@pytest.mark.parametrize("client", [client for client in HABITS if HABITS[client] is not QUIET])
def test_the_rule_is_quoted_where_a_client_leaks(judged: Judge, client: str) -> None:
    """A failure names the header that leaked and quotes the sentence that forbids it."""
    said = judged(client, "sandbox", CASES).said
    assert "FAILED " + NAMED_ELSEWHERE in said
    assert (
        "OR-HDR-02 (documented; OpenClaw OpenRouter provider page, April 2026): Requests to OpenRouter"
        in said
    )
    assert "(forbidden by HTTP-Referer)  [OR-HDR-02]" in said


def test_litellm_asks_every_server_for_usage(judged: Judge) -> None:
    """The field `usage`, which OpenRouter alone understands, is what a custom base URL gets of litellm."""
    assert judged("litellm", "sandbox", CASES).paths(USAGE_ELSEWHERE) == {"$.usage"}


def test_header_names_are_seen_as_they_were_written(judged: Judge) -> None:
    """litellm's two HTTP libraries write the same header in different letters, and both are told apart."""
    assert judged("litellm", "sandbox", CASES).paths(NAMED_ELSEWHERE) == {"HTTP-Referer", "X-Title"}
    assert judged("litellm-async", "sandbox", CASES).paths(NAMED_ELSEWHERE) == {"http-referer", "x-title"}


def test_what_a_client_says_to_openrouter_follows_it_to_a_proxy_within_one_process(judged: Judge) -> None:
    """A process that talks to OpenRouter first and to a custom base URL then keeps its key, not its name."""
    case = "openrouter/clients/proxy-after-openrouter"
    for client in ("litellm", "langchain-openrouter"):
        assert judged(client, "sandbox", (case,)).rules_broken() == {case: {"OR-HDR-02"}}
