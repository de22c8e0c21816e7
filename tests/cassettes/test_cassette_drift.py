"""How a request differs from the one that its reply was recorded for."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.cassettes import CassetteMiss, Played, Replay, open_cassette
from harness.cassettes.drift import find_drift
from harness.model import Request
from harness.redaction import Redactor

URL = "https://api.acme.example/v1/chat/completions"
RECORDED = """\
version: 1
interactions:
- request:
    method: POST
    uri: https://api.acme.example/v1/chat/completions?b=2&a=1+1
    body: '{"model": "m", "tools": [{"$ref": "#/x"}], "reasoning": {"effort": "high"}}'
    headers: {}
  response: {status: {code: 200, message: OK}, headers: {}, body: {string: '{}'}}
"""
SAME = f"{URL}?a=1%201&b=2"
BODY = b'{"reasoning":{"effort":"high"},"model":"m","tools":[{"$ref":"#/x"}]}'


@pytest.fixture
def cassette(tmp_path: Path) -> Path:
    file = tmp_path / "chat.yaml"
    file.write_text(RECORDED)
    return file


def drift(cassette: Path, method: str, url: str, body: bytes = b"") -> list[str]:
    """How a request differs from the recorded one, however it was sent."""
    played = Replay(open_cassette(cassette)).answer(Request(method, url, (), body), 0)
    return find_drift(played, "chat.yaml", Redactor())


def test_a_request_as_recorded_shows_no_drift(cassette: Path) -> None:
    """URLs are normalised, bodies compared by value; keys such as `$ref` mean themselves."""
    assert (
        drift(
            cassette, "POST", SAME.replace("https://api.acme.example", "HTTPS://api.acme.example:443"), BODY
        )
        == []
    )


def test_a_body_that_differs_is_reported_by_path(cassette: Path) -> None:
    """Each difference is a sentence."""
    lines = drift(cassette, "POST", SAME, BODY.replace(b'"high"', b'"max"').replace(b'"m"', b'"n"'))
    assert lines == [
        'differs from chat.yaml, interaction 0: body $.model: expected "m", got "n"',
        'differs from chat.yaml, interaction 0: body $.reasoning.effort: expected "high", got "max"',
    ]


def test_many_differences_are_counted(cassette: Path) -> None:
    """The first few are shown, the rest is a number."""
    lines = drift(cassette, "POST", SAME, BODY[:-1] + b"".join(b',"x%d":1' % n for n in range(9)) + b"}")
    assert len(lines) == 6
    assert lines[-1].endswith("body has 4 more differences")


def test_method_and_url_are_compared(cassette: Path) -> None:
    """An interaction named by number answers any request, and verifies only its own."""
    assert drift(cassette, "PUT", f"{URL}?a=1", BODY) == [
        "differs from chat.yaml, interaction 0: method: recorded POST, sent PUT",
        f"differs from chat.yaml, interaction 0: URL: recorded {URL}?b=2&a=1+1, sent {URL}?a=1",
    ]


def test_a_body_that_is_not_json_is_compared_by_its_bytes(cassette: Path) -> None:
    """Without paths, the sizes are shown."""
    (line,) = drift(cassette, "POST", SAME, b"--form")
    assert line.endswith("body: recorded 75 bytes, sent 6 different bytes")


def test_a_miss_explains_itself() -> None:
    """There is nothing to compare with."""
    miss = CassetteMiss("chat.yaml has no answer to GET /", details=["the cassette is empty"])
    played = Played(Request("GET", "/"), None, miss)
    assert find_drift(played, "chat.yaml", Redactor()) == [
        "chat.yaml has no answer to GET /",
        "the cassette is empty",
    ]
