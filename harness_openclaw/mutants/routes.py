"""Mutants that read the name of a model, the address to ask or the wish for a route wrongly."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from harness.model import Request
from harness_openclaw.mutants.base import (
    Answer,
    Call,
    CaseClient,
    Given,
    Outcome,
    altered,
    body_of,
    client,
    goes_to_openrouter,
    is_error,
    mutant,
    with_fields,
    with_headers,
    without_headers,
)
from harness_openclaw.reference import shape

__all__: list[str] = []

LATEST = "latest"
UNKNOWN_MODEL = {"error": {"class": "model_not_found", "retryable": False, "message": "unknown model"}}


# ------------------------------------------------------------------ models


@mutant("OR-REF-01")
def is_strict_about_the_providers_name(given: Given) -> Answer:
    """Knows openrouter only in lower case and without a blank before it."""
    model = str(given.get("model") or "openrouter/")
    foreign = model.strip().lower().startswith("openrouter/") and not model.startswith("openrouter/")
    return UNKNOWN_MODEL if foreign else shape(given)


@mutant("OR-REF-04")
def keeps_doubled_prefixes(given: Given) -> Answer:
    """Sends what stands behind the first prefix, and puts a prefix before it if it is OpenRouter's own."""
    _, _, rest = str(given.get("model")).partition("/")
    doubled = rest.startswith("openrouter/")
    return with_fields(shape(given), model=f"openrouter/{rest}") if doubled else shape(given)


@client("OR-REF-06", "models")
def lists_no_bundled_models(given: Given, client: CaseClient) -> Call:
    """Offers only the models that the provider's list has."""
    bundled = ("openrouter/auto", "moonshotai/kimi-k2.6")

    def unbundled(outcome: Outcome) -> Outcome:
        if is_error(outcome):
            return outcome
        return {**outcome, "models": [row for row in outcome["models"] if row["id"] not in bundled]}

    return (yield from altered(client(given), outcome=unbundled))


@client("OR-REF-07", "models")
def shows_its_key_to_a_public_list(given: Given, client: CaseClient) -> Call:
    """Asks for the public list of models with its key."""
    key = given.get("api_key")

    def keyed(request: Request) -> Request:
        return with_headers(request, ("Authorization", f"Bearer {key}")) if key else request

    return (yield from altered(client(given), request=keyed))


@mutant("OR-REF-07")
def assumes_a_limit_of_tokens(given: Given) -> Answer:
    """Limits the answer of a model of which no limit is known."""
    request = shape(given)
    known = "max_completion_tokens" in body_of(request)
    return request if known else with_fields(request, max_completion_tokens=8192)


@mutant("OR-REF-08")
def knows_no_colon(given: Given) -> Answer:
    """Does not know the spelling openrouter:auto."""
    return UNKNOWN_MODEL if "openrouter:auto" in str(given.get("model")).lower() else shape(given)


@mutant("OR-REF-11", edition=LATEST)
def keeps_the_letters_of_a_model(given: Given) -> Answer:
    """Still sends a model's id in the letters in which it was written."""
    earlier = shape({**given, "edition": "2026-05"})
    return with_fields(shape(given), model=body_of(earlier)["model"])


# ------------------------------------------------------------------ addresses and routes


@mutant("OR-URL-04")
def does_not_shape_for_the_older_address(given: Given) -> Answer:
    """Recognises OpenRouter's base URL by its newest spelling alone."""
    request = shape(given)
    if (given.get("base_url") or "").strip().rstrip("/") != "https://openrouter.ai/v1":
        return request
    return replace(shape({**given, "base_url": "https://eu.openrouter.ai/api/v1"}), url=request.url)


@mutant("OR-URL-07")
def puts_its_path_behind_the_query(given: Given) -> Answer:
    """Appends the path to a base URL as text, whatever it ends in."""
    base = (given.get("base_url") or "").strip()
    request = shape(given)
    return replace(request, url=f"{base}/chat/completions") if "?" in base else request


@mutant("OR-PR-03", edition=LATEST)
def routes_on_every_host(given: Given) -> Answer:
    """Sends routing preferences to whatever base URL there is."""
    routing = (given.get("params") or {}).get("provider")
    request = shape(given)
    return with_fields(request, provider=routing) if isinstance(routing, dict) else request


@mutant("OR-PR-04", edition=LATEST)
def drops_preferences_it_does_not_know(given: Given) -> Answer:
    """Sends the preferences that there were a year ago."""
    request = shape(given)
    routing = body_of(request).get("provider")
    if not isinstance(routing, dict):
        return request
    known = ("order", "only", "ignore", "sort", "allow_fallbacks")
    return with_fields(request, provider={name: routing[name] for name in known if name in routing})


@mutant("OR-HDR-12", edition=LATEST)
def leaves_headers_to_the_caller(given: Given) -> Answer:
    """Adds nothing where the caller brings headers of its own."""
    request = shape(given)
    own = bool(given.get("headers")) and goes_to_openrouter(request)
    return without_headers(request, "http-referer", "x-openrouter-title") if own else request


@client("OR-ERR-04", "chat")
def asks_deepseek_for_all_it_has(given: Given, client: CaseClient) -> Call:
    """Sends the level max to DeepSeek V4 as it is, and is refused."""

    def uncapped(request: Request) -> Request:
        body: dict[str, Any] = body_of(request)
        if given.get("thinking") != "max" or "deepseek" not in body["model"]:
            return request
        return with_fields(request, reasoning={"effort": "max"})

    return (yield from altered(client(given), request=uncapped))
