"""The catalog of ClawRouter: what is made of its rows, how it is paged, how long it is kept (CW-CAT)."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from clawrouter_inputs import CATALOG as EVERY_KIND
from clawrouter_lookups import perform, provider, refs, saying

from harness.model import Reply
from harness_openclaw.reference import Client, Refusal
from harness_openclaw.reference.clawrouter import access
from harness_openclaw.reference.clawrouter.catalog import Catalogs, find
from harness_openclaw.reference.exchange import VirtualClock

LIST = {"operation": "catalog"}
ACME = provider("acme", "plain")
ZETA = provider("zeta", "late")
ROOT = "https://clawrouter.openclaw.ai/v1/catalog"
MIB = 1024 * 1024


def listed(*providers: Any, edition: str = "latest") -> list[dict[str, Any]]:
    """The models that a catalog of one page lists."""
    _, outcome = perform({**LIST, "edition": edition}, saying({"providers": list(providers)}))
    models: list[dict[str, Any]] = outcome["models"]
    return models


def padded(value: dict[str, Any], size: int) -> Reply:
    """A reply of JSON that is `size` bytes long."""
    bare = len(json.dumps({**value, "note": ""}))
    return saying({**value, "note": "x" * (size - bare)})


# ------------------------------------------------------------------ rows


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of everything within a JSON value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*path, key)
        yield from places(item, (*path, key))


@pytest.mark.parametrize("stray", [None, True, 7, 1e300, "x", "", [], {}, ["x"], {"id": "x"}], ids=repr)
def test_no_row_can_break_the_list(stray: Any) -> None:
    """Whatever stands in the place of any part of a catalog, the rows that it does not touch are listed."""
    everything = {model["id"] for model in listed(*EVERY_KIND["providers"])}
    for path in places(EVERY_KIND["providers"]):
        broken = copy.deepcopy(EVERY_KIND["providers"])
        node: Any = broken
        for key in path[:-1]:
            node = node[key]
        node[path[-1]] = stray
        left = {model["id"] for model in listed(*broken)}
        touched = {model["id"] for model in EVERY_KIND["providers"][path[0]]["models"]}
        assert everything - touched <= left, path


def test_what_is_listed_says_all_of_a_model() -> None:
    """A listed model has a ref, names, abilities, limits, prices and its transport."""
    pricing = {"inputMicrosPerMillion": 1_250_000, "outputMicrosPerMillion": 10_000_000, "maxInputTokens": 5}
    row = {
        "id": "acme/gpt-5",
        "upstream": "up",
        "capabilities": ["llm.responses"],
        "pricing": pricing,
        "supportedReasoningEfforts": ["low", "high", "low"],
    }
    assert listed({**ACME, "displayName": "Acme", "models": [row]}) == [
        {
            "ref": "clawrouter/acme/gpt-5",
            "id": "acme/gpt-5",
            "name": "Acme · gpt-5",
            "reasoning": True,
            "input": ["text", "image"],
            "context_window": 5,
            "max_tokens": 32_768,
            "cost": {"input": 1.25, "output": 10.0, "cache_read": 0, "cache_write": 0},
            "transport": "openai-responses",
            "reasoning_efforts": ["low", "high"],
        }
    ]


@pytest.mark.parametrize(
    ("stated", "limit"),
    [(4096, 4096), (4096.0, 4096), (2**53 - 1, 2**53 - 1), (2**53, 32_768), (True, 32_768), (0.5, 32_768)],
)
def test_token_limits_are_safe_integers(stated: Any, limit: int) -> None:
    """A limit counts if JavaScript can hold it as a whole number above zero (CW-CAT-08)."""
    row = {**ACME["models"][0], "pricing": {"defaultMaxOutputTokens": stated}}
    assert listed({**ACME, "models": [row]})[0]["max_tokens"] == limit


def test_a_model_is_found_by_its_whole_id() -> None:
    """Neither the upstream's id nor a part of the catalog's names a model (CW-CAT-06)."""
    session = Catalogs().load("https://x", "k", edition="latest", clock=VirtualClock())
    next(session)
    with pytest.raises(StopIteration) as end:
        session.send(saying({"providers": [ACME]}))
    models = end.value.value
    assert find(models, "acme/plain") is models[0]
    assert [find(models, other) for other in ("plain", "acme", "ACME/plain", "")] == [None] * 4


def test_a_model_holds_no_key() -> None:
    """The key is part of a request, never of what is known of a model (CW-AUTH-02)."""
    session = Catalogs().load("https://x", "cr-secret", edition="latest", clock=VirtualClock())
    assert "cr-secret" in repr(next(session))
    with pytest.raises(StopIteration) as end:
        session.send(saying({"providers": [{**ACME, "apiKey": "cr-secret"}]}))
    assert "cr-secret" not in repr(end.value.value)


# ------------------------------------------------------------------ time and size


def test_a_minute_begins_with_the_end_of_the_load() -> None:
    """A catalog that took two seconds to load is good for sixty more (CW-CAT-09)."""
    clock = VirtualClock()
    client = Client(clock)
    pages = saying({"providers": [ZETA], "next": "?p=2"}), saying({"providers": [ACME]})
    perform(LIST, *pages, client=client, clock=clock, takes_ms=1_000)
    kept, _ = perform({**LIST, "elapsed_ms": 59_999}, client=client)
    again, _ = perform({**LIST, "elapsed_ms": 1}, saying({"providers": []}), client=client)
    assert (len(kept), len(again)) == (0, 1)


def test_five_seconds_are_for_all_pages() -> None:
    """Each page may take what the ones before it have left (CW-CAT-10)."""
    clock = VirtualClock()
    pages = [saying({"providers": [], "next": f"?p={page}"}) for page in (2, 3)]
    requests, outcome = perform(LIST, *pages, saying({"providers": [ACME]}), clock=clock, takes_ms=1_500)
    assert [request.timeout_ms for request in requests] == [5_000, 3_500, 2_000]
    assert refs(outcome) == ["clawrouter/acme/plain"]


def test_no_page_is_asked_for_when_the_time_is_over() -> None:
    """The catalog is then an error, for which nothing more is sent."""
    clock = VirtualClock()
    requests, outcome = perform(
        LIST, saying({"providers": [ACME], "next": "?p=2"}), clock=clock, takes_ms=5_000
    )
    assert len(requests) == 1
    assert (outcome["error"]["class"], outcome["error"]["retryable"]) == ("timeout", True)


def test_a_page_may_have_four_mebibytes() -> None:
    """A page of exactly that size is read, pages of it one after the other too (CW-CAT-10)."""
    first = padded({"providers": [ACME], "next": "?p=2"}, 4 * MIB)
    _, outcome = perform(LIST, first, padded({"providers": [ZETA]}, 4 * MIB))
    assert refs(outcome) == ["clawrouter/acme/plain", "clawrouter/zeta/late"]


def test_a_page_beyond_four_mebibytes_is_an_error() -> None:
    """One byte more, and there is no catalog."""
    _, outcome = perform(LIST, padded({"providers": [ACME]}, 4 * MIB + 1))
    assert outcome["error"]["class"] is None
    assert "4194304 bytes" in outcome["error"]["message"]


# ------------------------------------------------------------------ pages


@pytest.mark.parametrize(
    ("page", "following"),
    [
        ({"next": "?p=2#top"}, f"{ROOT}?p=2"),
        ({"next": "https://CLAWROUTER.openclaw.ai:443/x"}, "https://CLAWROUTER.openclaw.ai:443/x"),
        ({"next": " /other "}, "https://clawrouter.openclaw.ai/other"),
        ({"next": None, "links": {"next": "?p=2"}, "next_cursor": "c"}, f"{ROOT}?p=2"),
        ({"next_cursor": "c", "nextPageToken": "t"}, f"{ROOT}?after=c"),
        ({"next": "https://[", "next_cursor": "c"}, f"{ROOT}?after=c"),
        ({"next_cursor": "é/ü"}, f"{ROOT}?after=%C3%A9%2F%C3%BC"),
    ],
)
def test_the_next_page_is_where_the_answer_says(page: dict[str, Any], following: str) -> None:
    """A link of the same origin comes before a cursor, and the cursor goes into the query (CW-CAT-10)."""
    requests, _ = perform(LIST, saying({"providers": [], **page}), saying({"providers": []}))
    assert requests[1].url == following


def test_a_cursor_leaves_the_rest_of_the_query() -> None:
    """Of the parameters only the cursor's own is replaced."""
    pages = (
        saying({"providers": [], "next": "?size=2&after=a&flag="}),
        saying({"providers": [], "next_cursor": "b"}),
        saying({"providers": []}),
    )
    requests, _ = perform(LIST, *pages)
    assert requests[2].url == f"{ROOT}?size=2&flag=&after=b"


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/v1/catalog",
        "//evil.example/v1/catalog",
        "https://clawrouter.openclaw.ai@evil.example/",
        "https://clawrouter.openclaw.ai.evil.example/",
        "http://clawrouter.openclaw.ai/v1/catalog?p=2",
        "https://clawrouter.openclaw.ai:444/v1/catalog?p=2",
        "https://[",
        "https://clawrouter.openclaw.ai:port/",
        "javascript:alert(1)",
    ],
)
def test_the_key_goes_to_no_other_origin(link: str) -> None:
    """A link elsewhere, or one that is no URL, is the end of the catalog and an error."""
    requests, outcome = perform(LIST, saying({"providers": [ACME], "next": link}))
    assert len(requests) == 1
    assert outcome["error"]["class"] is None


def test_pages_that_lead_in_a_circle_are_an_error() -> None:
    """A page that was there already is not asked for again."""
    pages = saying({"providers": [], "next": "?p=2"}), saying({"providers": [], "next": "/v1/catalog"})
    requests, outcome = perform(LIST, *pages)
    assert len(requests) == 2
    assert "has more than 50 pages" in outcome["error"]["message"]


# ------------------------------------------------------------------ kept


def test_catalogs_are_kept_apart_by_edition() -> None:
    """Names and efforts follow the edition, also where one client is asked for both."""
    client = Client()
    answer = saying({"providers": [ACME]})
    names = [
        perform({**LIST, "edition": edition}, answer, client=client)[1]["models"][0]["name"]
        for edition in ("clawrouter", "latest")
    ]
    assert names == ["acme · acme/plain", "acme · plain"]


def test_a_list_of_rows_that_cannot_be_called_is_kept() -> None:
    """What is not kept is an empty answer; one without any usable row is an answer (CW-CAT-09)."""
    client = Client()
    perform(LIST, saying({"providers": [{"id": "acme"}]}), client=client)
    requests, outcome = perform(LIST, client=client)
    assert (requests, outcome) == ([], {"models": []})


def test_an_error_takes_the_place_of_a_catalog_that_is_over() -> None:
    """A catalog older than a minute is never fallen back on, and the next one is asked for anew."""
    client = Client()
    perform(LIST, saying({"providers": [ACME]}), client=client)
    _, failed = perform({**LIST, "elapsed_ms": 60_000}, Reply(503), client=client)
    _, outcome = perform(LIST, saying({"providers": [ZETA]}), client=client)
    assert failed["error"]["status"] == 503
    assert refs(outcome) == ["clawrouter/zeta/late"]


# ------------------------------------------------------------------ errors, root and key


@pytest.mark.parametrize("status", [204, 301, 400, 401, 403, 404, 418, 429, 500, 503])
def test_no_word_of_a_failed_answer_is_repeated(status: int) -> None:
    """A failed look-up tells its status and nothing that the upstream says, the key least of all."""
    _, outcome = perform(LIST, saying({"error": {"message": "no cr-test here"}, "providers": 1}, status))
    assert "cr-test" not in json.dumps(outcome)
    assert "error" in outcome


@pytest.mark.parametrize(
    "base",
    ["clawrouter.openclaw.ai", "ftp://cr.example", "https://", "/v1", "https://cr.example?x=1", "https://["],
)
def test_a_root_that_is_no_url_is_refused(base: str) -> None:
    """Nothing is sent to a root that is not an absolute http(s) URL, or has a query."""
    with pytest.raises(Refusal) as refused:
        access.root_of({"base_url": base})
    assert refused.value.error_class == "format"


@pytest.mark.parametrize("key", ["cr test", "cr\ntest", "crüst", "cr\x00"])
def test_a_key_that_no_header_can_carry_is_refused(key: str) -> None:
    """Such a key is not sent in part or in another spelling, and the refusal does not repeat it."""
    requests, outcome = perform({**LIST, "api_key": key})
    assert requests == []
    assert outcome["error"]["class"] == "format"
    assert key not in outcome["error"]["message"]


def test_the_environment_of_this_process_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys come from the input alone."""
    monkeypatch.setenv("CLAWROUTER_API_KEY", "cr-of-this-machine")
    assert access.key_of({"env": {}}) is None
