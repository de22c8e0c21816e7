"""Mutants that check too little before they record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from harness.model import Reply, Request
from harness_openclaw.mutants.base import (
    Call,
    CaseClient,
    Given,
    Outcome,
    altered,
    answer_of,
    client,
    with_answer,
    with_fields,
)

__all__: list[str] = []


@client("OR-PRE-01", "preflight")
def sends_its_key_over_plain_http(given: Given, client: CaseClient) -> Call:
    """Looks its key up over plain http, if that is how the base URL begins."""
    base = given.get("base_url") or ""
    if not base.lower().startswith("http://"):
        return (yield from client(given))

    def in_clear(request: Request) -> Request:
        return replace(request, url=request.url.replace("https://", "http://", 1))

    return (yield from altered(client({**given, "base_url": f"https://{base[7:]}"}), request=in_clear))


@client("OR-PRE-02", "preflight")
def takes_any_key_for_openrouters(given: Given, client: CaseClient) -> Call:
    """Does not look at whether a key could be OpenRouter's."""
    return (yield from altered(client(given), outcome=_passing("OR-PRE-02", "warn")))


@client("OR-PRE-03", "preflight")
def overlooks_that_keys_expire(given: Given, client: CaseClient) -> Call:
    """Does not look at the day on which a key expires."""

    def everlasting(data: dict[str, Any]) -> dict[str, Any]:
        return {**data, "expires_at": None}

    return (yield from altered(client(given), reply=_telling(everlasting)))


@client("OR-PRE-03", "preflight")
def takes_no_limit_for_none_left(given: Given, client: CaseClient) -> Call:
    """Takes a limit of null for one of zero."""

    def limited(data: dict[str, Any]) -> dict[str, Any]:
        return {**data, "limit": 0, "limit_remaining": 0} if data.get("limit", 0) is None else data

    return (yield from altered(client(given), reply=_telling(limited)))


@client("OR-PRE-04", "preflight")
def forgets_what_was_used(given: Given, client: CaseClient) -> Call:
    """Takes all credits that were ever bought for those that are left."""

    def unused(data: dict[str, Any]) -> dict[str, Any]:
        return {**data, "total_usage": 0} if "total_usage" in data else data

    return (yield from altered(client(given), reply=_telling(unused)))


@client("OR-PRE-05", "preflight")
def names_no_near_models(given: Given, client: CaseClient) -> Call:
    """Says that a model is not there, and leaves it to the user to find the typing error."""

    def terse(check: dict[str, Any]) -> dict[str, Any]:
        return {**check, "message": "There is no such model."} if check["rule"] == "OR-PRE-05" else check

    return (yield from altered(client(given), outcome=_each_check(terse)))


@client("OR-PRE-06", "preflight")
def hopes_that_every_model_has_tools(given: Given, client: CaseClient) -> Call:
    """Does not compare what is needed with what a model can do."""
    return (yield from altered(client(given), outcome=_passing("OR-PRE-06", "warn")))


@client("OR-PRE-07", "preflight")
def forgets_that_calls_are_repeated(given: Given, client: CaseClient) -> Call:
    """Estimates the cost as if nothing ever had to be sent again."""
    return (yield from client({**given, "retries": 0}))


@client("OR-PRE-08", "preflight")
def tries_a_call_of_full_length(given: Given, client: CaseClient) -> Call:
    """Lets the call that is only a trial be as long as the model likes."""

    def long(request: Request) -> Request:
        return with_fields(request, max_tokens=4096) if request.method == "POST" else request

    return (yield from altered(client(given), request=long))


@client("OR-PRE-09", "preflight")
def records_cached_answers(given: Given, client: CaseClient) -> Call:
    """Does not look at whether an answer came from the provider's cache, without usage."""

    def unmarked(reply: Reply) -> Reply:
        kept = (pair for pair in reply.headers if pair[0].lower() != "x-openrouter-cache-status")
        return replace(reply, headers=tuple(kept))

    return (yield from altered(client(given), reply=unmarked))


@client("OR-PRE-09", "preflight")
def tells_whose_key_it_is(given: Given, client: CaseClient) -> Call:
    """Shows all that the provider says, the account's name and number among it."""
    words: list[str] = []

    def heard(reply: Reply) -> Reply:
        words.append(reply.body.decode(errors="replace"))
        return reply

    def changed(check: dict[str, Any]) -> dict[str, Any]:
        return {**check, "message": f"{check.get('message')} {words[0] if words else ''}"}

    return (yield from altered(client(given), reply=heard, outcome=_each_check(changed)))


# ------------------------------------------------------------------


def _telling(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[Reply], Reply]:
    """A change of what a look-up says of the key or the account."""

    def changed(reply: Reply) -> Reply:
        answer = answer_of(reply)
        data = answer.get("data")
        return with_answer(reply, {**answer, "data": change(data)}) if isinstance(data, dict) else reply

    return changed


def _each_check(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[Outcome], Outcome]:
    def changed(outcome: Outcome) -> Outcome:
        return {**outcome, "checks": [change(check) for check in outcome.get("checks", ())]}

    return changed


def _passing(rule: str, standing: str) -> Callable[[Outcome], Outcome]:
    """A change of checks: those of the rule that came out so pass."""

    def passed(check: dict[str, Any]) -> dict[str, Any]:
        its = check["rule"] == rule and check["standing"] == standing
        return {**check, "standing": "pass"} if its else check

    return _each_check(passed)
