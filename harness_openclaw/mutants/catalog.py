"""Mutants that read ClawRouter's catalog or its usage wrongly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from harness.model import Reply, Request
from harness_openclaw.mutants.base import (
    Call,
    CaseClient,
    Given,
    Outcome,
    altered,
    answer_of,
    client,
    is_error,
    with_answer,
    within,
)

__all__: list[str] = []

PROXIED = "clawrouter"

Row = dict[str, Any]


# ------------------------------------------------------------------ the catalog


@client("CW-CAT-11", "chat", "catalog", edition=PROXIED)
def has_a_list_to_fall_back_on(given: Given, client: CaseClient) -> Call:
    """Offers the models that it knows if the catalog is not available."""
    known = {"ref": "clawrouter/openai/gpt-5.5", "id": "openai/gpt-5.5"}
    outcome = yield from client(given)
    if given.get("operation") == "catalog" and (is_error(outcome) or not outcome.get("models")):
        return {"models": [known]}
    return outcome


@client("CW-CAT-01", "catalog", edition=PROXIED)
def takes_no_list_for_an_empty_one(given: Given, client: CaseClient) -> Call:
    """Takes an answer without providers for one that has none."""

    def none(outcome: Outcome) -> Outcome:
        failed_alone = is_error(outcome) and "status" not in outcome["error"]
        return {"models": []} if failed_alone else outcome

    return (yield from altered(client(given), outcome=none))


@client("CW-CAT-02", "chat", "catalog", edition=PROXIED)
def takes_the_word_true(given: Given, client: CaseClient) -> Call:
    """Takes whatever is truthy for a statement of compatibility."""

    def compatible(provider: Row) -> Row:
        return {**provider, "openaiCompatible": bool(provider.get("openaiCompatible"))}

    return (yield from altered(client(given), reply=_providers(compatible)))


@client("CW-CAT-02", "chat", "catalog", edition=PROXIED)
def takes_native_bases_anywhere(given: Given, client: CaseClient) -> Call:
    """Does not look at where a provider's native base leads."""

    def based(provider: Row) -> Row:
        base = provider.get("nativeBaseUrl")
        below = isinstance(base, str) and base.strip().startswith("/v1/native/")
        return provider if below else {**provider, "nativeBaseUrl": f"/v1/native/{provider.get('id')}"}

    return (yield from altered(client(given), reply=_providers(based)))


@client("CW-CAT-03", "chat", "catalog", edition=PROXIED)
def lists_models_without_upstream(given: Given, client: CaseClient) -> Call:
    """Takes a model's own id where the catalog says nothing of the vendor's."""

    def filled(model: Row) -> Row:
        upstream = model.get("upstream")
        stated = isinstance(upstream, str) and upstream.strip()
        return model if stated else {**model, "upstream": model.get("id")}

    return (yield from altered(client(given), reply=_models(filled)))


@client("CW-CAT-04", "chat", "catalog", edition=PROXIED)
def prefers_chat_to_responses(given: Given, client: CaseClient) -> Call:
    """Calls chat completions wherever a model offers them."""

    def without_responses(model: Row) -> Row:
        offered = model.get("capabilities")
        if not isinstance(offered, list) or "llm.chat" not in offered:
            return model
        return {**model, "capabilities": [each for each in offered if each != "llm.responses"]}

    return (yield from altered(client(given), reply=_models(without_responses)))


@client("CW-CAT-05", "chat", "catalog", edition=PROXIED)
def tests_whether_providers_are_ready(given: Given, client: CaseClient) -> Call:
    """Hides a provider of which the catalog says that it is not ready."""

    def ready(reply: Reply) -> Reply:
        answer = answer_of(reply)
        if not isinstance(answer.get("providers"), list):
            return reply
        kept = [each for each in answer["providers"] if within(each, "ready") is not False]
        return with_answer(reply, {**answer, "providers": kept})

    return (yield from altered(client(given), reply=ready))


@client("CW-CAT-06", "chat", "catalog", edition=PROXIED)
def sends_unknown_refs_all_the_same(given: Given, client: CaseClient) -> Call:
    """Leaves it to the router to say that there is no such model."""
    last: list[Request] = []

    def kept(request: Request) -> Request:
        last[:] = [request]
        return request

    outcome = yield from altered(client(given), request=kept)
    unknown = is_error(outcome) and outcome["error"]["class"] == "model_not_found"
    if unknown and last and "/v1/catalog" in last[-1].url:
        url = f"{last[-1].url.partition('/v1/catalog')[0]}/v1/chat/completions"
        body = orjson.dumps({"model": str(given.get("model")).partition("/")[2], "messages": []})
        yield Request("POST", url, last[-1].headers, body)
    return outcome


@client("CW-CAT-06", "chat", "catalog", edition=PROXIED)
def lists_models_as_they_come(given: Given, client: CaseClient) -> Call:
    """Lists models in the order of the catalog, which changes from day to day."""

    def unsorted(outcome: Outcome) -> Outcome:
        models = outcome.get("models")
        return {**outcome, "models": models[::-1]} if models else outcome

    return (yield from altered(client(given), outcome=unsorted))


@client("CW-CAT-07", "catalog", edition=PROXIED)
def shows_models_by_their_ids(given: Given, client: CaseClient) -> Call:
    """Shows a model's id for its name."""
    return (yield from altered(client(given), outcome=_each_model(lambda model: {"name": model["id"]})))


@client("CW-CAT-08", "catalog", edition=PROXIED)
def shows_prices_in_micros(given: Given, client: CaseClient) -> Call:
    """Shows prices as they stand in the catalog, a million times too high."""

    def in_micros(model: Row) -> Row:
        return {"cost": {name: price * 1e6 for name, price in model["cost"].items()}}

    return (yield from altered(client(given), outcome=_each_model(in_micros)))


@client("CW-CAT-10", "catalog", edition=PROXIED)
def reads_the_first_page_only(given: Given, client: CaseClient) -> Call:
    """Takes the first page of a catalog for the whole."""

    def last_page(reply: Reply) -> Reply:
        answer = answer_of(reply)
        return with_answer(reply, {**answer, "has_more": False}) if answer else reply

    return (yield from altered(client(given), reply=last_page))


# ------------------------------------------------------------------ usage


@client("CW-USE-01", "usage", edition=PROXIED)
def echoes_the_upstreams_words(given: Given, client: CaseClient) -> Call:
    """Shows the user what the upstream answered, whatever it is."""
    words: list[str] = []

    def heard(reply: Reply) -> Reply:
        words.append(reply.body.decode(errors="replace"))
        return reply

    def echoed(outcome: Outcome) -> Outcome:
        if not is_error(outcome) or not words:
            return outcome
        return {"error": {**outcome["error"], "message": f"{outcome['error']['message']}: {words[-1]}"}}

    return (yield from altered(client(given), reply=heard, outcome=echoed))


@client("CW-USE-01", "chat", "catalog", "usage", edition=PROXIED)
def stops_when_usage_fails(given: Given, client: CaseClient) -> Call:
    """Calls no model as long as it does not know what is left of the budget."""
    if given.get("operation") != "usage" and client.memory.get("usage failed"):
        return {"error": {"class": "billing", "retryable": False, "message": "the budget is not known"}}
    outcome = yield from client(given)
    if given.get("operation") == "usage":
        client.memory["usage failed"] = is_error(outcome)
    return outcome


@client("CW-USE-02", "usage", edition=PROXIED)
def divides_by_a_limit_of_zero(given: Given, client: CaseClient) -> Call:
    """Finds nothing used of a limit of zero."""
    empty: list[bool] = []

    def looked_at(reply: Reply) -> Reply:
        empty.append(within(answer_of(reply), "budget", "limitMicros") == 0)
        return reply

    def nothing_used(window: Row) -> Row:
        return {"used_percent": 0} if empty[-1] else {}

    return (yield from altered(client(given), reply=looked_at, outcome=_each_window(nothing_used)))


@client("CW-USE-02", "usage", edition=PROXIED)
def counts_beyond_a_hundred(given: Given, client: CaseClient) -> Call:
    """Shows more than all of a budget as used."""
    shares: list[float] = []

    def looked_at(reply: Reply) -> Reply:
        budget = within(answer_of(reply), "budget")
        limit, spent = within(budget, "limitMicros"), within(budget, "spentMicros")
        if isinstance(limit, int | float) and isinstance(spent, int | float) and limit > 0:
            shares.append(spent / limit * 100)
        return reply

    def uncapped(window: Row) -> Row:
        return {"used_percent": max([window["used_percent"], *shares])}

    return (yield from altered(client(given), reply=looked_at, outcome=_each_window(uncapped)))


@client("CW-USE-03", "usage", edition=PROXIED)
def resets_when_the_month_begins(given: Given, client: CaseClient) -> Call:
    """Names the beginning of the month for the reset, not its end."""

    def too_early(window: Row) -> Row:
        if "reset_at" not in window:
            return {}
        year, month = int(window["reset_at"][:4]), int(window["reset_at"][5:7])
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
        return {"reset_at": f"{year:04}-{month:02}-01T00:00:00Z"}

    return (yield from altered(client(given), outcome=_each_window(too_early)))


@client("CW-USE-04", "usage", edition=PROXIED)
def writes_thousands_without_commas(given: Given, client: CaseClient) -> Call:
    """Writes large numbers as one row of digits."""

    def plain(budget: Row) -> Row:
        return {"summary": budget["summary"].replace(",", "")} if "summary" in budget else {}

    return (yield from altered(client(given), outcome=_budget(plain)))


@client("CW-USE-05", "usage", edition=PROXIED)
def calls_every_key_managed(given: Given, client: CaseClient) -> Call:
    """Names the plan of a key that has no budget after one."""
    return (
        yield from altered(client(given), outcome=_budget(lambda budget: {"plan": "Managed monthly budget"}))
    )


@client("CW-USE-06", "usage", edition=PROXIED)
def counts_its_own_use(given: Given, client: CaseClient) -> Call:
    """Works out the percentage from what this key has cost, though the budget is everyone's."""

    def own_cost(reply: Reply) -> Reply:
        answer = answer_of(reply)
        cost = within(answer, "usage", "summary", "actualCostMicros")
        if not isinstance(answer.get("budget"), dict) or cost is None:
            return reply
        return with_answer(reply, {**answer, "budget": {**answer["budget"], "spentMicros": cost}})

    return (yield from altered(client(given), reply=own_cost))


# ------------------------------------------------------------------ changes of answers and outcomes


def _providers(change: Callable[[Row], Row]) -> Callable[[Reply], Reply]:
    def changed(reply: Reply) -> Reply:
        answer = answer_of(reply)
        rows = answer.get("providers")
        if not isinstance(rows, list):
            return reply
        mended = [change(row) if isinstance(row, dict) else row for row in rows]
        return with_answer(reply, {**answer, "providers": mended})

    return changed


def _models(change: Callable[[Row], Row]) -> Callable[[Reply], Reply]:
    def of_provider(provider: Row) -> Row:
        rows = provider.get("models")
        if not isinstance(rows, list):
            return provider
        return {**provider, "models": [change(row) if isinstance(row, dict) else row for row in rows]}

    return _providers(of_provider)


def _each_model(change: Callable[[Row], Row]) -> Callable[[Outcome], Outcome]:
    def changed(outcome: Outcome) -> Outcome:
        models = outcome.get("models")
        return {**outcome, "models": [{**model, **change(model)} for model in models]} if models else outcome

    return changed


def _budget(change: Callable[[Row], Row]) -> Callable[[Outcome], Outcome]:
    def changed(outcome: Outcome) -> Outcome:
        budget = outcome.get("budget")
        return {**outcome, "budget": {**budget, **change(budget)}} if budget else outcome

    return changed


def _each_window(change: Callable[[Row], Row]) -> Callable[[Outcome], Outcome]:
    return _budget(
        lambda budget: {"windows": [{**window, **change(window)} for window in budget.get("windows", ())]}
    )
