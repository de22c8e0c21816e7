"""Mutants that use ClawRouter's key, catalog and routes wrongly."""

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
    body_of,
    client,
    header,
    is_error,
    with_fields,
    with_headers,
    within,
    without_headers,
)

__all__: list[str] = []

LATEST = "latest"
PROXIED = "clawrouter"


# ------------------------------------------------------------------ the key


@client("CW-AUTH-01", "chat", "catalog", "usage", edition=PROXIED)
def falls_back_on_upstream_keys(given: Given, client: CaseClient) -> Call:
    """Tries the vendors' own keys of the environment where the proxy's is missing."""
    env = given.get("env") or {}
    theirs = next((env[name] for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY") if env.get(name)), None)
    missing = not (given.get("api_key") or env.get("CLAWROUTER_API_KEY") or _configured(given).get("apiKey"))
    return (yield from client({**given, "api_key": theirs} if missing else given))


@client("CW-AUTH-01", "chat", "catalog", edition=PROXIED)
def sends_a_bearer_beside_the_native_key(given: Given, client: CaseClient) -> Call:
    """Sends the key as a bearer token to every route, and to the native ones in their own header too."""

    def doubled(request: Request) -> Request:
        key = header(request, "x-api-key") or header(request, "x-goog-api-key")
        return with_headers(request, ("Authorization", f"Bearer {key}")) if key else request

    return (yield from altered(client(given), request=doubled))


@client("CW-AUTH-02", "chat", "catalog", edition=PROXIED)
def lets_a_configured_authorization_win(given: Given, client: CaseClient) -> Call:
    """Sends the Authorization of the provider's configured headers in place of the key."""
    configured = _configured(given).get("headers") or {}
    own = next((value for name, value in configured.items() if name.lower() == "authorization"), None)

    def replaced(request: Request) -> Request:
        if own is None or request.method != "POST":
            return request
        return with_headers(without_headers(request, "authorization"), ("Authorization", own))

    return (yield from altered(client(given), request=replaced))


@client("CW-AUTH-02", "chat", "catalog", edition=PROXIED)
def sends_the_placeholder(given: Given, client: CaseClient) -> Call:
    """Takes the name of the environment variable for the key."""
    placeholder = "CLAWROUTER_API_KEY"
    keys = (given.get("api_key"), _configured(given).get("apiKey"), (given.get("env") or {}).get(placeholder))
    if placeholder not in keys:
        return (yield from client(given))

    def with_it(request: Request) -> Request:
        return with_headers(
            without_headers(request, "authorization"), ("Authorization", f"Bearer {placeholder}")
        )

    return (yield from altered(client({**given, "api_key": "any"}), request=with_it))


@client("CW-AUTH-03", "chat", "catalog", edition=PROXIED)
def asks_for_the_catalog_without_a_key(given: Given, client: CaseClient) -> Call:
    """Lets the server say that there is no key."""
    asked: list[Request] = []

    def kept(request: Request) -> Request:
        asked.append(request)
        return request

    outcome = yield from altered(client(given), request=kept)
    keyless = outcome["error"]["class"] == "auth" if is_error(outcome) else outcome.get("models") == []
    if keyless and not asked:
        yield Request("GET", "https://clawrouter.openclaw.ai/v1/catalog", (("Accept", "application/json"),))
    return outcome


@client("CW-BASE-01", "chat", "catalog", "usage", edition=PROXIED)
def keeps_the_v1_of_the_base(given: Given, client: CaseClient) -> Call:
    """Puts its paths behind a base URL that already ends in /v1."""
    base = (given.get("base_url") or _configured(given).get("baseUrl") or "").strip().rstrip("/")

    def doubled(request: Request) -> Request:
        return replace(request, url=request.url.replace("/v1/", "/v1/v1/", 1)) if base else request

    return (yield from altered(client(given), request=doubled if base.endswith("/v1") else _same))


# ------------------------------------------------------------------ what is sent


@client("CW-HDR-01", "chat", "catalog", "usage", edition=PROXIED)
def attributes_itself_to_clawrouter(given: Given, client: CaseClient) -> Call:
    """Sends OpenRouter's attribution headers to another company's router."""

    def attributed(request: Request) -> Request:
        return with_headers(
            request, ("HTTP-Referer", "https://openclaw.ai"), ("X-OpenRouter-Title", "OpenClaw")
        )

    return (yield from altered(client(given), request=attributed))


@client("CW-HDR-01", "chat", "catalog", edition=LATEST)
def marks_caches_for_clawrouter(given: Given, client: CaseClient) -> Call:
    """Puts Anthropic's cache markers into chat completions, as for OpenRouter."""

    def marked(request: Request) -> Request:
        if not request.url.endswith("/chat/completions"):
            return request
        messages = body_of(request)["messages"]
        first = {**messages[0], "cache_control": {"type": "ephemeral"}}
        return with_fields(request, messages=[first, *messages[1:]])

    return (yield from altered(client(given), request=marked))


@client("CW-HDR-02", "chat", "catalog", edition=LATEST)
def does_not_name_itself(given: Given, client: CaseClient) -> Call:
    """Sends none of the headers by which ClawRouter knows its clients."""
    return (yield from altered(client(given), request=lambda sent: without_headers(sent, "x-clawrouter-*")))


@client("CW-REQ-01", "chat", "catalog", edition=PROXIED)
def sends_catalog_ids_to_native_routes(given: Given, client: CaseClient) -> Call:
    """Calls a vendor's own API by the catalog's name for the model."""
    catalog_id = str(given.get("model")).strip().partition("/")[2]

    def renamed(request: Request) -> Request:
        if ":streamGenerateContent" in request.url:
            before, _, after = request.url.partition("/models/")
            return replace(request, url=f"{before}/models/{catalog_id}:{after.partition(':')[2]}")
        return with_fields(request, model=catalog_id) if request.url.endswith("/messages") else request

    return (yield from altered(client(given), request=renamed))


@client("CW-REQ-01", "chat", "catalog", edition=PROXIED)
def sends_upstream_ids_to_common_routes(given: Given, client: CaseClient) -> Call:
    """Calls the router's own API by the vendor's name for the model."""

    def renamed(request: Request) -> Request:
        if not request.url.endswith(("/responses", "/chat/completions")):
            return request
        return with_fields(request, model=body_of(request)["model"].rpartition("/")[2])

    return (yield from altered(client(given), request=renamed))


@client("CW-REQ-02", "chat", "catalog", edition=LATEST)
def sends_its_route_along(given: Given, client: CaseClient) -> Call:
    """Leaves its own note about the route among the parameters that it sends."""
    route = {"transport": "openai-responses"}

    def noted(request: Request) -> Request:
        return with_fields(request, clawrouterRoute=route) if request.method == "POST" else request

    return (yield from altered(client(given), request=noted))


@client("CW-REQ-03", "chat", "catalog", edition=LATEST)
def stores_its_responses(given: Given, client: CaseClient) -> Call:
    """Lets the vendor keep what is sent, which is the vendor's default."""

    def stored(request: Request) -> Request:
        return with_fields(request, store=True) if request.url.endswith("/responses") else request

    return (yield from altered(client(given), request=stored))


@client("CW-REQ-03", "chat", "catalog", edition=LATEST)
def asks_for_a_service_tier(given: Given, client: CaseClient) -> Call:
    """Sends OpenAI's service tier to whatever speaks OpenAI's API."""

    def tiered(request: Request) -> Request:
        speaks = request.url.endswith(("/responses", "/chat/completions"))
        return with_fields(request, service_tier="auto") if speaks else request

    return (yield from altered(client(given), request=tiered))


# ------------------------------------------------------------------ when the catalog is asked for


@client("CW-CAT-09", "chat", "catalog", edition=PROXIED)
def asks_for_the_catalog_each_time(given: Given, client: CaseClient) -> Call:
    """Keeps nothing of a catalog from one call to the next."""
    return (yield from CaseClient()(given))


@client("CW-CAT-09", "chat", "catalog", edition=PROXIED)
def shares_its_catalog_between_keys(given: Given, client: CaseClient) -> Call:
    """Keeps a catalog under its address alone, so that one key sees what another one may use."""

    def anothers(kept: Request, wanted: Request) -> bool:
        return header(kept, "authorization") != header(wanted, "authorization")

    return (yield from _remembering(client, given, lambda reply: reply.status == 200, anothers))


@client("CW-CAT-09", "chat", "catalog", edition=PROXIED)
def keeps_catalog_errors(given: Given, client: CaseClient) -> Call:
    """Keeps the answer to a look-up that failed, too."""
    return (yield from _remembering(client, given, lambda reply: reply.status != 200))


@client("CW-CAT-09", "chat", "catalog", edition=PROXIED)
def keeps_empty_catalogs(given: Given, client: CaseClient) -> Call:
    """Keeps an empty catalog like any other."""
    return (yield from _remembering(client, given, lambda reply: answer_of(reply).get("providers") == []))


@client("CW-CAT-09", "chat", "catalog", edition=PROXIED)
def keeps_its_catalog_for_ever(given: Given, client: CaseClient) -> Call:
    """Asks for the catalog once in the life of a client."""
    return (yield from client({**given, "elapsed_ms": None}))


@client("OR-RETRY-05", "chat", "catalog", "usage", edition=LATEST)
def tries_look_ups_again(given: Given, client: CaseClient) -> Call:
    """Repeats a look-up that was refused."""
    last: list[Request] = []

    def kept(request: Request) -> Request:
        last[:] = [request]
        return request

    outcome = yield from altered(client(given), request=kept)
    if is_error(outcome) and "status" in outcome["error"] and last[-1].method == "GET":
        yield last[-1]
    return outcome


# ------------------------------------------------------------------


def _same(request: Request) -> Request:
    return request


def _remembering(
    client: CaseClient,
    given: Given,
    worth_it: Callable[[Reply], bool],
    serves: Callable[[Request, Request], bool] = lambda kept, wanted: True,
) -> Call:
    """The client's call, its catalogs kept by their address if they are `worth_it`, whatever the client
    itself does, and used again where the request that brought one `serves` for the one that is wanted."""
    call = client(given)
    reply: Reply | None = None
    while True:
        try:
            step = call.send(reply)
        except StopIteration as end:
            outcome: Outcome = end.value
            return outcome
        if not isinstance(step, Request) or "/v1/catalog" not in step.url:
            reply = yield step
            continue
        kept = client.memory.get(step.url)
        if kept is not None and serves(kept[0], step):
            reply = kept[1]
            continue
        received: Reply = yield step
        if worth_it(received):
            client.memory[step.url] = step, received
        reply = received


def _configured(given: Given) -> dict[str, Any]:
    return within(given, "config", "models", "providers", "clawrouter") or {}
