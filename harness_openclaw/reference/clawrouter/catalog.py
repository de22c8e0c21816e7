"""The catalog: the models that the proxy key may call, loaded page by page and kept for a minute (CW-CAT)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from harness.model import JsonValue
from harness_openclaw.reference.clawrouter import access, catalog_meta, catalog_rows
from harness_openclaw.reference.exchange import Clock, Exchange
from harness_openclaw.reference.refusal import Failure

__all__ = ["Catalogs", "Model", "find"]

_LABEL = "ClawRouter catalog"
_KEPT_MS = 60_000
_TIME_MS = 5_000
_PAGES = 50
_PAGE_BYTES = 4 * 1024 * 1024
_CURSORS = {
    "next_cursor": "after",
    "nextPageToken": "pageToken",
    "next_page_token": "page_token",
    "last_id": "after_id",
    "lastId": "after_id",
}
"""The fields that hold a cursor, and the parameter it goes into (CW-CAT-10)."""


class Model(NamedTuple):
    """A model of the catalog, with all that a call of it needs. It never holds the key (CW-AUTH-02).

    `transport` is one of openai-responses, openai-completions, anthropic-messages, google-generative-ai;
    `native_base` its provider's path below the root, `google_prefix` what stands before /models/ in a
    Gemini route; `efforts` the reasoning efforts it lists, None where it lists none; `cost` dollars per
    million tokens of input, output, cache_read and cache_write.
    """

    ref: str
    id: str
    upstream: str
    provider: str
    transport: str
    native_base: str
    google_prefix: str
    name: str
    reasoning: bool
    efforts: tuple[str, ...] | None
    takes_images: bool
    context_window: int
    max_tokens: int
    cost: dict[str, float]


class _Kept(NamedTuple):
    models: tuple[Model, ...]
    until_ms: float


class Catalogs:
    """The catalogs that one client has loaded."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str, str], _Kept] = {}

    def load(self, root: str, key: str, *, edition: str, clock: Clock) -> Exchange[tuple[Model, ...]]:
        """The models at `root` for `key`, sorted by id: those kept from a load that ended less than a
        minute ago, else asked for (CW-CAT-09).

        Raises `Failure` where there is no whole catalog; there is never a list to fall back on
        (CW-CAT-01, -11), and neither an error nor an empty answer is kept.
        """
        place = (root, key, edition)
        kept = self._kept.get(place)
        if kept is not None and clock.now_ms() < kept.until_ms:
            return kept.models
        self._kept.pop(place, None)
        providers = yield from _pages(f"{root}/v1/catalog", key, clock)
        models = tuple(_model(row, edition) for row in catalog_rows.rows(providers))
        if providers:
            self._kept[place] = _Kept(models, clock.now_ms() + _KEPT_MS)
        return models


def find(models: Iterable[Model], model_id: str) -> Model | None:
    """The model with this id of the catalog, as it stands in its ref behind `clawrouter/`."""
    return next((model for model in models if model.id == model_id), None)


def _model(row: catalog_rows.Row, edition: str) -> Model:
    return Model(
        f"{access.PROVIDER}/{row.id}",
        row.id,
        row.upstream,
        row.provider,
        row.transport,
        row.native_base,
        row.google_prefix,
        *catalog_meta.describe(row, edition),
    )


def _pages(url: str, key: str, clock: Clock) -> Exchange[list[JsonValue]]:
    """The providers of all pages (CW-CAT-10)."""
    end = clock.now_ms() + _TIME_MS
    providers: list[JsonValue] = []
    asked: set[str] = set()
    page: str | None = url
    while page is not None:
        if page in asked or len(asked) == _PAGES:
            raise Failure(f"{_LABEL}: it has more than {_PAGES} pages")
        left = end - clock.now_ms()
        if left <= 0:
            raise Failure(f"{_LABEL}: incomplete after {_TIME_MS} ms", error_class="timeout", retryable=True)
        asked.add(page)
        answer = yield from access.fetch(page, key, label=_LABEL, timeout_ms=left, limit=_PAGE_BYTES)
        if not isinstance(answer, dict) or not isinstance(answer.get("providers"), list):
            raise Failure(f"{_LABEL}: the answer has no list of providers")
        providers.extend(answer["providers"])
        page = _next(page, answer)
    return providers


def _next(page: str, answer: dict[str, Any]) -> str | None:
    """The URL of the page after `page`; None if that is the last one.

    The key goes to no other origin: a link there counts only if there is a cursor to use instead.
    """
    more = answer.get("has_more")
    if more is False:
        return None
    links = answer.get("links")
    link = catalog_rows.text(answer.get("next"))
    if not link and isinstance(links, dict):
        link = catalog_rows.text(links.get("next"))
    following = _beside(page, link) if link else None
    if following is not None:
        return following
    for field, parameter in _CURSORS.items():
        cursor = catalog_rows.text(answer.get(field))
        if cursor:
            return _with_parameter(page, parameter, cursor)
    if link:
        raise Failure(f"{_LABEL}: the next page is not on the same origin")
    if more is True:
        raise Failure(f"{_LABEL}: there are more pages, but no link to the next one")
    return None


def _beside(page: str, link: str) -> str | None:
    """The URL of a link on `page`; None for one to another origin, or to no URL at all."""
    try:
        url = urljoin(page, link)
        return url.partition("#")[0] if _origin(url) == _origin(page) else None
    except ValueError:
        return None


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _with_parameter(url: str, name: str, value: str) -> str:
    parts = urlsplit(url)
    query = [(key, text) for key, text in parse_qsl(parts.query, keep_blank_values=True) if key != name]
    return parts._replace(query=urlencode([*query, (name, value)])).geturl()
