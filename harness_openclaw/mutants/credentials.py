"""Mutants that lose the key, or call hosts that they should not."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace

from harness.model import Request
from harness_openclaw.mutants.base import (
    Answer,
    Given,
    goes_to_openrouter,
    header,
    mutant,
    with_fields,
    with_headers,
    without_headers,
)
from harness_openclaw.reference import Refusal, shape

__all__: list[str] = []


@mutant("OR-HDR-01")
def puts_the_key_into_the_body(given: Given) -> Answer:
    """Passes its whole configuration on as metadata, key included."""
    return with_fields(shape(given), user=given.get("api_key"))


@mutant("OR-HDR-01")
def puts_the_key_into_the_url(given: Given) -> Answer:
    """Sends the key as a query parameter as well."""
    request = shape(given)
    return replace(
        request, url=f"{request.url}{'&' if '?' in request.url else '?'}key={given.get('api_key')}"
    )


@mutant("OR-HDR-01")
def encodes_the_key_in_a_header(given: Given) -> Answer:
    """Adds a fingerprint for support, which is the key in base64."""
    request = shape(given)
    return with_headers(request, ("X-Client-Fingerprint", b64encode(_token(request)).decode()))


@mutant("OR-HDR-01")
def sends_the_key_under_two_names(given: Given) -> Answer:
    """Sends the key as x-api-key as well, for servers that want it there."""
    request = shape(given)
    return with_headers(request, ("x-api-key", _token(request).decode()))


@mutant("OR-REF-09")
def names_the_key_when_it_refuses(given: Given) -> Answer:
    """Puts its whole configuration into the message of an error."""
    try:
        return shape(given)
    except Refusal as refusal:
        return {"error": refusal.error | {"message": f"{refusal.message}; api_key={given.get('api_key')}"}}


@mutant("OR-HDR-01")
def sends_no_key_to_proxies(given: Given) -> Answer:
    """Holds that a proxy has a key of its own."""
    request = shape(given)
    return request if goes_to_openrouter(request) else without_headers(request, "authorization")


@mutant("OR-HDR-01")
def calls_without_a_key(given: Given) -> Answer:
    """Does not look whether there is a key, and lets the provider refuse."""
    try:
        return shape(given)
    except Refusal as refusal:
        if refusal.error_class != "auth":
            return {"error": refusal.error}
        return without_headers(shape({**given, "api_key": "none"}), "authorization")


@mutant("OR-HDR-09")
def ignores_the_callers_authorization(given: Given) -> Answer:
    """Sets the bearer last, over an Authorization of the caller's own."""
    own = {k: v for k, v in (given.get("headers") or {}).items() if k.lower() != "authorization"}
    return shape({**given, "headers": own})


@mutant("OR-URL-05")
def checks_the_key_with_openrouter(given: Given) -> Answer:
    """Looks the key up at openrouter.ai first, even another provider's."""
    request = shape(given)
    return [_look_up(request, "https://openrouter.ai/api/v1/key"), request]


@mutant("OR-URL-01")
def lists_models_first(given: Given) -> Answer:
    """Asks the server for its models before every call."""
    request = shape(given)
    return [_look_up(request, request.url.partition("/chat/completions")[0] + "/models"), request]


@mutant("OR-URL-01")
def sends_everything_twice(given: Given) -> Answer:
    """Repeats each call at once, as a hedge against slow answers."""
    request = shape(given)
    return [request, request]


def _look_up(request: Request, url: str) -> Request:
    return Request("GET", url, (("Authorization", header(request, "authorization") or ""),))


def _token(request: Request) -> bytes:
    return (header(request, "authorization") or "").removeprefix("Bearer ").encode()
