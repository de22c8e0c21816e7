"""Mutants that send the wrong attribution, or send it to the wrong host."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlsplit

from harness.model import Request
from harness_openclaw.mutants.base import (
    ATTRIBUTION,
    Answer,
    Given,
    as_on_openrouter,
    goes_to_openrouter,
    header,
    mutant,
    with_headers,
    without_headers,
)
from harness_openclaw.reference import shape

__all__: list[str] = []


@mutant("OR-HDR-02")
def leaks_attribution_to_proxies(given: Given) -> Answer:
    """Sends the attribution headers to whatever base URL is configured."""
    request = shape(given)
    missing = (
        (name, value)
        for name, value in as_on_openrouter(given).headers
        if name.lower() in ATTRIBUTION and header(request, name.lower()) is None
    )
    return with_headers(request, *missing)


@mutant("OR-HDR-04")
def sends_the_categories_of_april(given: Given) -> Answer:
    """Still sends the single category of the older edition."""
    return _renamed(shape(given), "x-openrouter-categories", "X-OpenRouter-Categories", "cli-agent")


@mutant("OR-HDR-03", edition="2026-04")
def sends_the_categories_of_may(given: Given) -> Answer:
    """Sends the categories of the later edition before their time."""
    return replace(shape(given), headers=shape({**given, "edition": "2026-05"}).headers)


@mutant("OR-HDR-04")
def forgets_the_categories(given: Given) -> Answer:
    """Sends referer and title alone."""
    return without_headers(shape(given), "x-openrouter-categories")


@mutant("OR-HDR-02")
def sends_the_title_under_its_old_name(given: Given) -> Answer:
    """Sends X-Title, as OpenRouter's older documentation had it."""
    return _renamed(shape(given), "x-openrouter-title", "X-Title", None)


@mutant("OR-HDR-02")
def sends_the_title_under_both_names(given: Given) -> Answer:
    """Sends X-Title beside X-OpenRouter-Title, to be on the safe side."""
    request = shape(given)
    title = header(request, "x-openrouter-title")
    return with_headers(request, ("X-Title", title)) if title and goes_to_openrouter(request) else request


@mutant("OR-HDR-05")
def lets_the_caller_replace_attribution(given: Given) -> Answer:
    """Lays the caller's headers over its own, on OpenRouter too."""
    own = {name.lower(): (name, value) for name, value in (given.get("headers") or {}).items()}
    replaced = [own[name] for name in ATTRIBUTION if name in own]
    return with_headers(without_headers(shape(given), *(name.lower() for name, _ in replaced)), *replaced)


@mutant("OR-HDR-06")
def keeps_the_callers_attribution_from_proxies(given: Given) -> Answer:
    """Strips attribution for a proxy even if it is the caller's own."""
    request = shape(given)
    return request if goes_to_openrouter(request) else without_headers(request, *ATTRIBUTION)


@mutant("OR-HDR-07")
def loses_the_callers_headers(given: Given) -> Answer:
    """Builds its headers afresh and forgets what the caller added."""
    return shape({**given, "headers": {}})


@mutant("OR-HDR-07")
def adds_the_callers_headers_to_its_own(given: Given) -> Answer:
    """Appends the caller's headers without looking whether a name in other letters is there already."""
    own = (given.get("headers") or {}).items()
    plain = shape({**given, "headers": {}})
    return with_headers(plain, *((name, value) for name, value in own if name.lower() not in ATTRIBUTION))


@mutant("OR-HDR-07")
def sends_two_content_types(given: Given) -> Answer:
    """Adds its own content type to the one that the caller states."""
    request = shape(given)
    stated = any(name.lower() == "content-type" for name in given.get("headers") or {})
    return with_headers(request, ("Content-Type", "application/json")) if stated else request


@mutant("OR-HDR-02")
def sends_a_header_twice(given: Given) -> Answer:
    """Sets the referer in two layers, and both reach the wire."""
    request = shape(given)
    referer = header(request, "http-referer")
    return with_headers(request, ("http-referer", referer)) if referer else request


@mutant("OR-HDR-10")
def attributes_other_providers(given: Given) -> Answer:
    """Looks at the host alone, and not at the provider that the model belongs to."""
    _, _, rest = str(given.get("model")).partition("/")
    as_openrouter = shape({**given, "model": f"openrouter/{rest}"})
    return replace(shape(given), headers=as_openrouter.headers)


# ------------------------------------------------------------------ trusting a host


@mutant("OR-URL-03")
def trusts_hosts_that_end_alike(given: Given) -> Answer:
    """Tests the host's end without the dot, so notopenrouter.ai passes."""
    return _trusting(given, lambda base: _host(base).endswith("openrouter.ai"))


@mutant("OR-URL-03")
def trusts_hosts_that_begin_alike(given: Given) -> Answer:
    """Tests the host's beginning, so openrouter.ai.evil.example passes."""
    return _trusting(given, lambda base: _host(base).startswith("openrouter.ai"))


@mutant("OR-URL-03")
def trusts_the_user_info(given: Given) -> Answer:
    """Takes what follows the scheme for the host, so openrouter.ai@evil.example passes."""
    return _trusting(given, lambda base: urlsplit(base).netloc.split("@")[0] == "openrouter.ai")


@mutant("OR-URL-03")
def trusts_the_name_anywhere(given: Given) -> Answer:
    """Looks for the name somewhere in the URL, so a proxy's path with it passes."""
    return _trusting(given, lambda base: "openrouter.ai" in base)


@mutant("OR-URL-03")
def trusts_a_trailing_dot(given: Given) -> Answer:
    """Drops the dot at the host's end before it compares."""
    return _trusting(given, lambda base: _host(base).rstrip(".") == "openrouter.ai")


def _trusting(given: Given, trusts: Callable[[str], bool]) -> Request:
    """What goes to OpenRouter goes to every base URL that `trusts` accepts."""
    request = shape(given)
    if goes_to_openrouter(request) or not trusts(given.get("base_url") or ""):
        return request
    return replace(as_on_openrouter(given), url=request.url)


def _host(base: str) -> str:
    return urlsplit(base).hostname or ""


def _renamed(request: Request, name: str, new: str, value: str | None) -> Request:
    """The request whose header `name` is called `new`, with another value if one is given."""
    return replace(
        request,
        headers=tuple(
            (new, value or kept) if each.lower() == name else (each, kept) for each, kept in request.headers
        ),
    )
