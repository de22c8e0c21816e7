"""Mutants whose model, fields, messages or bytes are wrong."""

from __future__ import annotations

from dataclasses import replace

from harness_openclaw.mutants.base import (
    Answer,
    Given,
    as_on_openrouter,
    body_of,
    goes_to_openrouter,
    mutant,
    with_fields,
    with_headers,
    without_fields,
    without_headers,
)
from harness_openclaw.reference import shape

__all__: list[str] = []


# ------------------------------------------------------------------ model and URL


@mutant("OR-REF-02")
def keeps_the_prefix(given: Given) -> Answer:
    """Sends the model ref with openrouter/ in front, which no provider knows."""
    return with_fields(shape(given), model=given["model"])


@mutant("OR-REF-02")
def lower_cases_the_model(given: Given) -> Answer:
    """Sends the model id in lower case."""
    request = shape(given)
    return with_fields(request, model=body_of(request)["model"].lower())


@mutant("OR-REF-02")
def loses_the_suffix(given: Given) -> Answer:
    """Cuts off what follows a colon, and a free model is no longer free."""
    request = shape(given)
    return with_fields(request, model=body_of(request)["model"].partition(":")[0])


@mutant("OR-REF-10")
def cuts_at_the_first_at_sign(given: Given) -> Answer:
    """Takes everything behind an at sign for a credential profile."""
    request = shape(given)
    return with_fields(request, model=body_of(request)["model"].partition("@")[0])


@mutant("OR-REF-10")
def sends_the_profile(given: Given) -> Answer:
    """Knows of no credential profiles and takes them for a part of the model id."""
    _, at, profile = str(given.get("model")).rpartition("@")
    request = shape(given)
    model = body_of(request)["model"]
    return with_fields(request, model=f"{model}@{profile}") if at and at not in model else request


@mutant("OR-REF-03")
def sends_auto_bare(given: Given) -> Answer:
    """Strips the prefix from OpenRouter's own models too."""
    request = shape(given)
    return with_fields(request, model=body_of(request)["model"].removeprefix("openrouter/"))


@mutant("OR-REF-05")
def has_a_default_of_its_own(given: Given) -> Answer:
    """Picks a model itself where the call names none."""
    return shape({"model": "openrouter/openai/gpt-4o"} | {k: v for k, v in given.items() if v is not None})


@mutant("OR-URL-02")
def keeps_slashes(given: Given) -> Answer:
    """Appends the path to a base URL that ends in a slash as it stands."""
    base = (given.get("base_url") or "").strip()
    request = shape(given)
    return replace(request, url=f"{base}/chat/completions") if base.endswith("/") else request


@mutant("OR-URL-05")
def goes_to_openrouter_all_the_same(given: Given) -> Answer:
    """Ignores the configured base URL."""
    return as_on_openrouter(given)


@mutant("OR-URL-01")
def calls_the_responses_api(given: Given) -> Answer:
    """Posts to responses, where OpenAI's newer clients go."""
    request = shape(given)
    return replace(request, url=request.url.replace("/chat/completions", "/responses"))


# ------------------------------------------------------------------ fields for OpenAI only


@mutant("OR-NO-02")
def sends_store(given: Given) -> Answer:
    """Tells the server not to store the call, in OpenAI's words."""
    return with_fields(shape(given), store=False)


@mutant("OR-NO-01")
def sends_a_service_tier(given: Given) -> Answer:
    """Passes a configured service tier on."""
    params = given.get("params") or {}
    tier = params.get("serviceTier", params.get("service_tier", "auto"))
    return with_fields(shape(given), service_tier=tier)


@mutant("OR-NO-04")
def sends_a_prompt_cache_key(given: Given) -> Answer:
    """Sends the key by which OpenAI finds a cached prompt."""
    return with_fields(shape(given), prompt_cache_key="session-1")


@mutant("OR-NO-05")
def sends_metadata(given: Given) -> Answer:
    """Sends fields of the Responses API."""
    return with_fields(shape(given), metadata={}, truncation="auto")


@mutant("OR-NO-06")
def speaks_as_developer(given: Given) -> Answer:
    """Sends the system prompt in OpenAI's newer role."""
    body = body_of(shape(given))
    for message in body["messages"]:
        if message["role"] == "system":
            message["role"] = "developer"
    return with_fields(shape(given), messages=body["messages"])


@mutant("OR-NO-06")
def makes_tools_strict(given: Given) -> Answer:
    """Marks tool schemas as strict."""
    body = body_of(shape(given))
    for tool in body.get("tools", ()):
        tool["function"]["strict"] = True
    return with_fields(shape(given), **{name: body[name] for name in ("tools",) if name in body})


@mutant("OR-NO-07")
def names_its_session(given: Given) -> Answer:
    """Sends the headers of OpenAI's own clients."""
    return with_headers(shape(given), ("originator", "openclaw"), ("session_id", "session-1"))


@mutant("OR-NO-08")
def loses_the_escape_hatch(given: Given) -> Answer:
    """Ignores extra_body."""
    params = {k: v for k, v in (given.get("params") or {}).items() if k not in ("extra_body", "extraBody")}
    return shape({**given, "params": params})


# ------------------------------------------------------------------ the chat body


@mutant("OR-BODY-01")
def does_not_stream(given: Given) -> Answer:
    """Waits for the answer as a whole."""
    return without_fields(shape(given), "stream")


@mutant("OR-BODY-01")
def sends_plain_text(given: Given) -> Answer:
    """Leaves the content type to the HTTP library."""
    return with_headers(without_headers(shape(given), "content-type"), ("Content-Type", "text/plain"))


@mutant("OR-BODY-03")
def sends_max_tokens(given: Given) -> Answer:
    """Limits the answer by the older name of the field."""
    request = shape(given)
    limit = body_of(request).get("max_completion_tokens")
    return (
        with_fields(without_fields(request, "max_completion_tokens"), max_tokens=limit) if limit else request
    )


@mutant("OR-BODY-04")
def drops_a_temperature_of_zero(given: Given) -> Answer:
    """Tests the temperature for truth instead of presence."""
    request = shape(given)
    return request if body_of(request).get("temperature") else without_fields(request, "temperature")


@mutant("OR-BODY-05")
def leaves_empty_tools_out(given: Given) -> Answer:
    """Sends no tools where there are none, even if the history called some."""
    request = shape(given)
    return request if body_of(request).get("tools") else without_fields(request, "tools")


@mutant("OR-BODY-07", edition="latest")
def gives_all_calls_one_id(given: Given) -> Answer:
    """Makes tool-call ids fit for Mistral by cutting them short, and they fall together."""
    body = body_of(shape(given))
    for message in body["messages"] if "mistral" in body["model"] else ():
        for call in message.get("tool_calls") or ():
            call["id"] = "call00000"
        if message["role"] == "tool":
            message["tool_call_id"] = "call00000"
    return with_fields(shape(given), messages=body["messages"])


@mutant("OR-BODY-06")
def always_chooses_tools(given: Given) -> Answer:
    """States how to choose among tools that are not there."""
    return with_fields(shape(given), tool_choice="auto")


@mutant("OR-BODY-08")
def forgets_a_turn(given: Given) -> Answer:
    """Cuts the oldest turn off a longer history."""
    history = given.get("history") or []
    return shape({**given, "history": history[1:]} if len(history) > 2 else given)


@mutant("OR-BODY-08")
def reverses_the_history(given: Given) -> Answer:
    """Sends the latest turn first."""
    return shape({**given, "history": list(reversed(given.get("history") or []))})


@mutant("OR-MSG-03")
def shows_images_to_every_model(given: Given) -> Answer:
    """Sends images to models that take none."""
    meta = given.get("model_meta") or {}
    return shape({**given, "model_meta": {**meta, "input": ["text", "image"]}})


@mutant("OR-PR-01")
def loses_provider_routing(given: Given) -> Answer:
    """Ignores the routing preferences for OpenRouter's providers."""
    return without_fields(shape(given), "provider")


@mutant("OR-PR-01")
def sends_provider_routing_to_proxies(given: Given) -> Answer:
    """Sends OpenRouter's routing preferences to every base URL."""
    request = shape(given)
    routing = body_of(as_on_openrouter(given)).get("provider")
    return (
        request if routing is None or goes_to_openrouter(request) else with_fields(request, provider=routing)
    )


@mutant("OR-PR-02", edition="latest")
def replaces_routing_as_a_whole(given: Given) -> Answer:
    """Lets the call's routing preferences replace the configured ones instead of adding to them."""
    request = shape(given)
    own = (given.get("params") or {}).get("provider")
    if not isinstance(own, dict) or "provider" not in body_of(request):
        return request
    return with_fields(request, provider=own)


# ------------------------------------------------------------------ not even that


@mutant("OR-BODY-01")
def writes_a_key_twice(given: Given) -> Answer:
    """Joins its body from strings, and stream is in it twice."""
    request = shape(given)
    return replace(request, body=request.body[:-1] + b',"stream":true}')


@mutant("OR-BODY-01")
def sends_broken_json(given: Given) -> Answer:
    """Cuts its body off before the end."""
    request = shape(given)
    return replace(request, body=request.body[:-1])


@mutant("OR-URL-01")
def sends_nothing(given: Given) -> Answer:
    """Finds a reason to stay silent."""
    return []


@mutant(None)
def breaks(given: Given) -> Answer:
    """Falls over its own feet."""
    raise RuntimeError(f"no shaper for {given['operation']}")
