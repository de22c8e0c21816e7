"""Standing in for the network inside HTTP libraries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
import requests

from harness.model import Reply, Request
from harness.wire.intercept import Unanswerable, answering, patched

URL = "https://api.example/v1"


@contextmanager
def saying(text: str) -> Iterator[list[Request]]:
    """Everything that is sent in the block, answered with this text."""
    seen: list[Request] = []

    def answer(request: Request) -> Reply:
        seen.append(request)
        return Reply(200, (("x-a", "1"), ("x-a", "2")), (text.encode(),))

    with answering(answer):
        yield seen


def test_the_innermost_answer_counts() -> None:
    """Answers may be nested, and the outer one is back afterwards."""
    with patched(), saying("outer") as outer_seen:
        with saying("inner") as inner_seen:
            assert requests.get(URL, timeout=5).text == "inner"
        assert requests.get(URL, timeout=5).text == "outer"
    assert (len(inner_seen), len(outer_seen)) == (1, 1)


def test_the_patches_hold_until_the_last_block_has_ended() -> None:
    """Blocks may overlap, and end in the order in which they began."""
    first, second = patched(), patched()
    unpatched = httpx.HTTPTransport.handle_request
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    with saying("still"), httpx.Client(verify=False) as client:
        assert client.get(URL).text == "still"
    second.__exit__(None, None, None)
    assert httpx.HTTPTransport.handle_request is unpatched


def test_repeated_reply_headers_reach_the_client() -> None:
    """Each with its value."""
    with patched(), saying("x"), httpx.Client(verify=False) as client:
        assert client.get(URL).headers.get_list("x-a") == ["1", "2"]


@pytest.mark.parametrize(
    ("content", "sent"),
    [(b"\xff", b"\xff"), ("text", b"text"), ((part for part in (b"a", b"b")), b"ab"), (None, b"")],
)
def test_a_body_is_seen_as_bytes_in_every_form(content: object, sent: bytes) -> None:
    """Bytes, text, parts or nothing."""
    with patched(), saying("x") as seen, httpx.Client(verify=False) as client:
        client.post(URL, content=content)  # type: ignore[arg-type]
        requests.post(URL, data=sent, timeout=5)
    assert [request.body for request in seen] == [sent, sent]


def test_a_request_of_nobody_s_is_refused() -> None:
    """Between cases nothing may be sent: it would belong to none."""
    with patched(), pytest.raises(Unanswerable, match="while no case was being performed"):
        requests.get(URL, timeout=5)
