"""Base URLs and route classes (OR-URL)."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference_inputs import EDITIONS

from harness_openclaw.reference import Refusal
from harness_openclaw.reference.openrouter.routes import resolve

CHAT = "https://openrouter.ai/api/v1/chat/completions"


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize(
    "base",
    [
        None,
        "",
        "  ",
        "https://openrouter.ai/api/v1",
        "https://openrouter.ai/api/v1/",
        "  https://openrouter.ai/api/v1//  ",
        "https://openrouter.ai/v1",
        "https://openrouter.ai/v1/",
    ],
)
def test_the_canonical_url_is_exact_in_all_its_spellings(base: str | None, edition: str) -> None:
    """Blank, trailing slashes and the legacy path all lead to the one URL (OR-URL-01, -02)."""
    route = resolve(base, "openrouter", edition)
    assert (route.chat_url, route.host, route.exact) == (CHAT, True, True)


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("HTTPS://OpenRouter.ai/api/v1", CHAT),
        ("https://OPENROUTER.AI/api/v1", CHAT),
        ("http://openrouter.ai/api/v1", "http://openrouter.ai/api/v1/chat/completions"),
        ("http://openrouter.ai:80/api/v1", "http://openrouter.ai/api/v1/chat/completions"),
        ("https://openrouter.ai:443/api/v1", CHAT),
        ("https://OPENROUTER.AI:443/api/v1", CHAT),
        ("https://openrouter.ai:8443/api/v1", "https://openrouter.ai:8443/api/v1/chat/completions"),
        ("https://openrouter.ai", "https://openrouter.ai/chat/completions"),
        ("https://openrouter.ai/api", "https://openrouter.ai/api/chat/completions"),
        ("https://openrouter.ai/API/V1", "https://openrouter.ai/API/V1/chat/completions"),
        ("https://openrouter.ai/api/v2", "https://openrouter.ai/api/v2/chat/completions"),
        ("https://eu.openrouter.ai/api/v1", "https://eu.openrouter.ai/api/v1/chat/completions"),
        ("https://api.openrouter.ai/v1", "https://api.openrouter.ai/v1/chat/completions"),
    ],
)
def test_other_urls_on_openrouter_hosts_are_host_routes(base: str, url: str, edition: str) -> None:
    """The class is decided on the text as written, the URL is sent in its plain form (OR-URL-03)."""
    route = resolve(base, "openrouter", edition)
    assert (route.chat_url, route.host, route.exact) == (url, True, False)


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("https://proxy.example/v1", "https://proxy.example/v1/chat/completions"),
        ("https://openrouter.ai.evil.example/api/v1",) * 2,
        ("https://notopenrouter.ai/api/v1",) * 2,
        ("https://evil-openrouter.ai/api/v1",) * 2,
        ("https://openrouter.ai@evil.example/api/v1",) * 2,
        ("https://openrouter.ai./api/v1",) * 2,
        ("https://proxy.example/openrouter.ai/api/v1",) * 2,
        ("http://localhost:4000/openrouter.ai/api/v1",) * 2,
        ("https://evil.example\\@openrouter.ai/api/v1", "https://evil.example/@openrouter.ai/api/v1"),
        ("http://127.0.0.1:9/v1",) * 2,
        ("http://[::1]:9/v1",) * 2,
    ],
)
def test_everything_else_is_a_custom_route(base: str, url: str, edition: str) -> None:
    """Look-alikes, user-info tricks and names in the path are no OpenRouter hosts (OR-URL-05)."""
    route = resolve(base, "openrouter", edition)
    url = url if url.endswith("/chat/completions") else f"{url}/chat/completions"
    assert (route.chat_url, route.host, route.exact) == (url, False, False)


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize(
    "base",
    [
        "not a url",
        "openrouter.ai/api/v1",
        "ftp://openrouter.ai",
        "https://",
        "https:///v1",
        "http://a:b:c/v1",
    ],
)
def test_a_base_that_is_no_absolute_http_url_is_refused(base: str, edition: str) -> None:
    """Nothing is sent to a base without scheme or host."""
    with pytest.raises(Refusal, match="not an absolute http"):
        resolve(base, "openrouter", edition)


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("https://p.example/v1?k=1", "https://p.example/v1/chat/completions?k=1"),
        ("https://p.example/v1/?k=1&empty=&b=x%20y", "https://p.example/v1/chat/completions?k=1&b=x%20y"),
        ("https://p.example/v1?k=1&k=2", "https://p.example/v1/chat/completions?k=2"),
        ("https://p.example/v1#part", "https://p.example/v1/chat/completions"),
    ],
)
def test_the_query_of_a_base_stays_a_query(base: str, url: str) -> None:
    """The path goes before the query, blank values go, and a fragment is never sent (OR-URL-07)."""
    assert resolve(base, "openrouter", "latest").chat_url == url


@pytest.mark.parametrize(
    "base",
    [
        "https://openrouter.ai/api/v1?x=1",
        "https://openrouter.ai/api/v1#f",
        "https://user:pw@openrouter.ai/api/v1",
        "https://eu.openrouter.ai/api/v1?x=1",
    ],
)
def test_the_latest_edition_refuses_more_than_a_plain_openrouter_url(base: str) -> None:
    """Query, fragment and user-info are refused there, and were host routes before."""
    with pytest.raises(Refusal, match="query, fragment or user-info"):
        resolve(base, "openrouter", "latest")
    assert resolve(base, "openrouter", "2026-05").host


def test_another_provider_needs_a_base_url() -> None:
    """Only OpenRouter has a default."""
    with pytest.raises(Refusal, match="no base URL"):
        resolve(None, "acme", "2026-05")
    assert resolve(CHAT.removesuffix("/chat/completions"), "acme", "2026-05").host


LABELS = st.sampled_from(
    ["openrouter.ai", "OpenRouter.ai", "eu.openrouter.ai", "proxy.example", "bücher.example"]
)
PATHS = st.text("abcXYZ/.%2 é~;@", max_size=12)


@given(
    scheme=st.sampled_from(["http", "https", "HTTPS"]),
    host=LABELS,
    port=st.sampled_from(["", ":80", ":443", ":8443"]),
    path=PATHS,
    query=st.sampled_from(["", "?k=1", "?a=b&c=d"]),
)
def test_the_url_is_one_that_httpx_sends_unchanged(
    scheme: str, host: str, port: str, path: str, query: str
) -> None:
    """What the route says is what goes out, whatever the base looks like."""
    base = f"{scheme}://{host}{port}/{path}{query}"
    url = resolve(base, "openrouter", "2026-05").chat_url
    assert str(httpx.URL(url)) == url
    assert httpx.URL(url).host == httpx.URL(f"https://{host}").host
