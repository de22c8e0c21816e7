"""What kind of failure an answer is, and what is said of it."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from harness.model import Reply
from harness_openclaw.mock_provider.errors import ERRORS
from harness_openclaw.reference.answers.failures import (
    Kind,
    classify,
    failure_in,
    failure_of_status,
    json_of,
    raise_for_failure,
)
from harness_openclaw.reference.refusal import Failure


def refused(status: int, body: Any = None, **headers: str) -> Reply:
    """A reply of this status, its body JSON unless it is bytes."""
    written = body if isinstance(body, bytes) else orjson.dumps(body)
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Reply(status, named, (written,))


def message_of(reply: Reply) -> str:
    return failure_of_status(reply, label="Drawing failed").message


# ------------------------------------------------------------------ classes


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Kind("format", False)),
        (401, Kind("auth", False)),
        (402, Kind("billing", False)),
        (403, Kind("auth", False)),
        (404, Kind("model_not_found", False)),
        (408, Kind("timeout", True)),
        (409, Kind(None, True)),
        (410, Kind("timeout", True)),
        (413, Kind("format", False)),
        (422, Kind("format", False)),
        (429, Kind("rate_limit", True)),
        (499, Kind("timeout", True)),
        (500, Kind("timeout", True)),
        (503, Kind("timeout", True)),
        (522, Kind("timeout", True)),
        (529, Kind("overloaded", True)),
        (302, Kind(None, False)),
        (None, Kind(None, False)),
    ],
)
def test_a_status_alone_has_a_kind(status: int | None, kind: Kind) -> None:
    """OR-ERR-01, for an answer that says nothing."""
    assert classify(status, "") == kind


@pytest.mark.parametrize(
    ("status", "text", "kind"),
    [
        (400, "Provider returned error", Kind("timeout", True)),
        (None, "Provider returned error", Kind("timeout", True)),
        (401, "Provider returned error", Kind("auth", False)),
        (429, "Provider returned error", Kind("rate_limit", True)),
        (401, "This key was revoked.", Kind("auth_permanent", False)),
        (401, "Deactivated API key", Kind("auth_permanent", False)),
        (401, "The key is unknown. Caching is disabled.", Kind("auth", False)),
        (402, "Insufficient credits", Kind("billing", False)),
        (402, "Your monthly limit resets in 3 days", Kind("rate_limit", False)),
        (402, "A temporary limit was reached", Kind("rate_limit", False)),
        (402, "Temporarily out of credits; the rate limit is unchanged", Kind("billing", False)),
        (402, "openrouter_in_flight_budget", Kind("billing", True)),
        (403, "Key limit exceeded (total limit)", Kind("billing", False)),
        (403, "key limit has been reached", Kind("billing", False)),
        (403, "This monkey limit exceeded all bounds", Kind("auth", False)),
        (404, "Payment required for this model", Kind("billing", False)),
        (410, "Invalid API key", Kind("auth", False)),
        (499, "overloaded", Kind("overloaded", True)),
        (503, "The model is currently overloaded", Kind("overloaded", True)),
        (500, "overloaded", Kind("timeout", True)),
        (400, "maximum context length is 8192 tokens", Kind("context_overflow", False)),
        (413, "prompt is too long: 9 tokens > 8", Kind("context_overflow", False)),
        (400, "acme/none is not a valid model ID", Kind("model_not_found", False)),
        (None, "server_error", Kind("timeout", True)),
        (None, "Rate limit exceeded", Kind("rate_limit", True)),
    ],
)
def test_the_text_decides_what_the_status_leaves_open(status: int | None, text: str, kind: Kind) -> None:
    """OR-ERR-01: and nothing else."""
    assert classify(status, text) == kind


def test_openrouters_own_phrases_mean_nothing_from_others() -> None:
    """ClawRouter passes on whatever an upstream says."""
    assert classify(400, "Provider returned error", provider="clawrouter") == Kind("format", False)
    assert classify(403, "Key limit exceeded", provider="clawrouter") == Kind("auth", False)


def test_a_stated_wait_makes_a_402_worth_another_try() -> None:
    """Whatever its class is."""
    reply = refused(402, {"error": {"message": "Insufficient credits"}}, Retry_After="2")
    failure = failure_of_status(reply, label="")
    assert (failure.error_class, failure.retryable, failure.status) == ("billing", True, 402)


def test_what_the_upstream_provider_said_counts() -> None:
    """OpenRouter hands it on beside its own message."""
    error = {"message": "Provider returned error", "metadata": {"raw": '{"message":"Overloaded"}'}}
    assert failure_of_status(refused(503, {"error": error}), label="").error_class == "overloaded"


@pytest.mark.parametrize("name", ERRORS)
def test_every_injected_error_is_a_failure(name: str) -> None:
    """Of the class that its status has, but for those whose text says more."""
    refusal = ERRORS[name]
    failure = failure_of_status(refused(refusal.status, {"error": refusal.body}), label="")
    by_text = {"400-context": "context_overflow", "400-provider": "timeout", "403": "billing"}
    by_text["503-overloaded"] = "overloaded"
    assert failure.error_class == by_text.get(name, classify(refusal.status, "").error_class)


# ------------------------------------------------------------------ messages


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({"error": {"message": "inner"}, "message": "outer"}, "inner"),
        ({"error": {"detail": "inner"}, "message": "outer"}, "inner"),
        ({"error": {"message": "  "}, "message": "outer"}, "outer"),
        ({"detail": {"message": "inner"}, "error": "text"}, "inner"),
        ({"error": "text"}, "text"),
        ({"detail": "text"}, "text"),
        ({"message": "text", "error": None}, "text"),
        ({"error": {"message": "m", "type": "t", "code": "c"}}, "m [type=t, code=c]"),
        ({"error": {"message": "m", "code": 400, "status": "S"}}, "m [code=S]"),
        ({"error": {"message": "m", "code": 400}}, "m"),
        ({"error": {"type": "t"}}, "[type=t]"),
        (b"<p>sorry</p>\n", "<p>sorry</p>"),
        (b'["list"]', '["list"]'),
        (b'{"a":1}', '{"a":1}'),
    ],
)
def test_a_message_has_the_providers_words(body: Any, detail: str) -> None:
    """OR-ERR-02: the error object's before those around it, else the body as it is."""
    assert message_of(refused(500, body)) == f"Drawing failed (HTTP 500): {detail}"


def test_a_message_without_words_is_the_status() -> None:
    """There is no colon with nothing behind it."""
    assert message_of(refused(500, b"")) == "Drawing failed (HTTP 500)"


@pytest.mark.parametrize("body", [b"x" * 221, {"error": {"message": "x" * 500}}])
def test_long_words_are_cut(body: Any) -> None:
    """To 219 characters and an ellipsis; 220 are left alone."""
    assert message_of(refused(500, body)) == f"Drawing failed (HTTP 500): {'x' * 219}…"
    assert message_of(refused(500, b"x" * 220)).endswith("x" * 220)


@pytest.mark.parametrize("name", ["X_Request_Id", "request_id"])
def test_a_message_names_the_request(name: str) -> None:
    """By the id in the answer's headers."""
    reply = refused(500, {"message": "m"}, **{name: "r-1"})
    assert message_of(reply) == "Drawing failed (HTTP 500): m [request_id=r-1]"


# ------------------------------------------------------------------ raising


@pytest.mark.parametrize("status", [200, 204, 299])
def test_a_success_raises_nothing(status: int) -> None:
    """Whatever is in it."""
    raise_for_failure(refused(status, {"error": {"code": 500}}), label="")


@pytest.mark.parametrize("reply", [refused(199), refused(304), refused(404), Reply(0, fault="refused")])
def test_all_else_is_raised(reply: Reply) -> None:
    """Redirects too: nobody followed them."""
    with pytest.raises(Failure):
        raise_for_failure(reply, label="")


def test_a_fault_is_a_time_out_without_a_status() -> None:
    """Unless the answer began."""
    with pytest.raises(Failure) as caught:
        raise_for_failure(Reply(0, fault="reset"), label="Drawing failed")
    assert caught.value.error == {
        "class": "timeout",
        "retryable": True,
        "message": "Drawing failed: the connection was reset",
    }
    with pytest.raises(Failure) as caught:
        raise_for_failure(Reply(200, (), (b"{",), "truncated"), label="Drawing failed")
    assert caught.value.status == 200


def test_what_is_no_json_is_a_failure_without_a_class() -> None:
    """Asking again would not help."""
    assert json_of(refused(200, {"a": 1}), label="") == {"a": 1}
    with pytest.raises(Failure) as caught:
        json_of(refused(200, b"<p>"), label="Drawing failed")
    assert (caught.value.error_class, caught.value.retryable, caught.value.status) == (None, False, 200)


# ------------------------------------------------------------------ errors in answers that began well


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"code": 402, "message": "no"}, Kind("billing", False)),
        ({"code": "429", "message": "no"}, Kind("rate_limit", True)),
        ({"code": "server_error", "message": "no"}, Kind("timeout", True)),
        ({"code": "rate_limit_exceeded", "message": "no"}, Kind("rate_limit", True)),
        ({"code": True, "message": "no"}, Kind(None, False)),
        ({"code": 7, "message": "Overloaded"}, Kind("overloaded", True)),
        ("Overloaded", Kind("overloaded", True)),
    ],
)
def test_a_numeric_code_counts_like_a_status(error: Any, kind: Kind) -> None:
    """And a word is read with the message."""
    failure = failure_in({"error": error}, label="It failed", status=200)
    assert failure is not None
    assert (failure.error_class, failure.retryable, failure.status) == (*kind, 200)


@pytest.mark.parametrize("value", [{"error": None}, {"error": {}}, {}, [], None, "error"])
def test_an_answer_without_an_error_has_none(value: Any) -> None:
    """An empty one says nothing."""
    assert failure_in(value, label="", status=200) is None
