"""What replies of OpenRouter say when they are recorded."""

from __future__ import annotations

import orjson
import pytest
from recording_site import Answered

from harness.model import Reply, Request
from harness.recording.pricing import ModelPrices
from harness_openclaw.recording import classify
from harness_openclaw.reference.openrouter.pricing import prices_in

REQUEST = Request("POST", "https://openrouter.ai/api/v1/chat/completions")
LIST = {
    "data": [
        {
            "id": "acme/one",
            "pricing": {"prompt": "0.000001", "completion": "0.00001"},
            "top_provider": {"max_completion_tokens": 1000},
        },
        {"id": "acme/router", "pricing": {"prompt": "-1", "completion": "-1"}},
    ]
}


def prices() -> ModelPrices:
    return prices_in(LIST)


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (400, "", "format"),
        (401, "", "auth"),
        (402, "", "billing"),
        (403, "", "auth"),
        (403, "Key limit exceeded (total limit)", "billing"),
        (404, "", "model_not_found"),
        (408, "", "timeout"),
        (422, "", "format"),
        (429, "", "rate_limit"),
        (500, "", "timeout"),
        (503, "No instances available", "timeout"),
        (503, "Overloaded", "overloaded"),
        (529, "", "overloaded"),
        (400, "Provider returned error", "timeout"),
    ],
)
def test_a_failure_has_the_class_of_its_status(
    answered: Answered, status: int, message: str, kind: str
) -> None:
    """OR-ERR-01; the text decides only where the table says so."""
    failure = classify(
        REQUEST, answered(status, orjson.dumps({"error": {"code": status, "message": message}}))
    )
    assert failure is not None
    assert (failure.kind, failure.in_band) == (kind, False)


@pytest.mark.parametrize(
    ("code", "kind"), [(429, "rate_limit"), ("server_error", "timeout"), (402, "billing")]
)
def test_an_error_in_a_200_is_a_failure(answered: Answered, code: object, kind: str) -> None:
    """In JSON and among events, by its numeric code."""
    body = orjson.dumps({"error": {"code": code, "message": "no"}})
    events = Reply(200, (("content-type", "text/event-stream"),), (b": hm\n\ndata: " + body + b"\n\n",))
    for reply in (answered(200, body), events):
        failure = classify(REQUEST, reply)
        assert failure is not None
        assert (failure.kind, failure.in_band) == (kind, True)


@pytest.mark.parametrize(
    ("model", "priced"),
    [("acme/one", True), ("acme/one:nitro", True), ("acme/router", False), ("acme/unheard-of", False)],
)
def test_a_model_has_the_price_that_is_listed(model: str, priced: bool) -> None:
    """Routing suffixes are not part of the id; routers, and models that are not listed, have no price."""
    request = Request("POST", REQUEST.url, (), orjson.dumps({"model": model}))
    assert (prices().estimate(request).cost is not None) == priced
