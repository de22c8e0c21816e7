"""What is written is vcrpy's format: stock vcrpy replays it, and nothing of it is lost."""

from __future__ import annotations

import json
import re
from pathlib import Path

import httpx
import pytest
import requests
import vcr  # type: ignore[import-untyped]
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.cassettes import CassetteLeak, Recorded, open_cassette, write_cassette
from harness.cassettes.writing import serialize
from harness.errors import UsageError
from harness.model import Reply, Request
from harness.redaction import Scrubber

URL = "https://api.acme.example/v1/chat/completions"
JSON = (("Content-Type", "application/json"),)
EVENTS = (("Content-Type", "text/event-stream"),)
KEY = "sk-acme-" + "3f9a" * 12
SCRUBBER = Scrubber({"api_key": KEY}, environment={})

QUESTION = b'{"model":"openai/gpt-5","messages":[{"role":"user","content":"Caf\xc3\xa9?"}],"stream":true}'
STREAM = (
    b": STILL PROCESSING\n\n",
    b'data: {"choices":[{"delta":{"content":"Hel',
    b'lo"}}]}\n\n',
    b"data: [DONE]\n\n",
)


def recorded(**given: object) -> Recorded:
    headers = (("Authorization", f"Bearer {KEY}"), ("HTTP-Referer", "https://app.example"), *JSON)
    reply = Reply(200, EVENTS, STREAM, pauses_ms=(120.04, 3.0, 0.0, 41.5))
    values = {"request": Request("POST", URL, headers, QUESTION), "reply": reply} | given
    return Recorded(0, values["request"], values["reply"])  # type: ignore[arg-type]


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    """A streamed answer, a JSON answer, a binary one and a refusal, in one cassette."""
    target = tmp_path / "hello.yaml"
    listing = Request("GET", "https://api.acme.example/v1/models?limit=2", (("Accept", "*/*"),))
    speech = Request("POST", "https://api.acme.example/v1/audio/speech", JSON, b'{"input":"hi"}')
    refused = Request("POST", URL, JSON, b'{"model":"nope"}')
    write_cassette(
        target,
        [
            recorded(),
            recorded(request=listing, reply=Reply(200, JSON, (b'{\n  "data": [1.0, "\xe2\x9c\x93"]\n}\n',))),
            recorded(
                request=speech, reply=Reply(200, (("Content-Type", "audio/mpeg"),), (b"\xff\xfb\x90\x00",))
            ),
            recorded(request=refused, reply=Reply(400, JSON, (b'{"error":{"code":400,"message":"no"}}',))),
        ],
        {
            "source": "simulated",
            "recorded_at": "2026-11-20T11:00:00+00:00",
            "scenario": "acme/chat/hello",
        },
        SCRUBBER,
    )
    return target


def test_stock_vcrpy_replays_it_to_httpx(stored: Path) -> None:
    """httpx gets every answer byte for byte from an unchanged vcrpy that matches on the body too."""
    on = ["method", "scheme", "host", "port", "path", "query", "body"]
    with vcr.use_cassette(str(stored), record_mode="none", match_on=on) as tape, httpx.Client() as client:
        streamed = client.post(URL, content=QUESTION, headers=dict(JSON))
        listed = client.get("https://api.acme.example/v1/models", params={"limit": 2})
        spoken = client.post("https://api.acme.example/v1/audio/speech", json={"input": "hi"})
        refused = client.post(URL, content=b'{"model":"nope"}', headers=dict(JSON))
        assert tape.all_played
    assert streamed.content == b"".join(STREAM)
    assert streamed.headers["content-type"] == "text/event-stream"
    assert listed.content == b'{\n  "data": [1.0, "\xe2\x9c\x93"]\n}\n'
    assert spoken.content == b"\xff\xfb\x90\x00"
    assert (refused.status_code, refused.reason_phrase) == (400, "Bad Request")


def test_stock_vcrpy_replays_it_to_requests(stored: Path) -> None:
    """requests gets the stream, line by line, and the rest from an unchanged vcrpy."""
    with vcr.use_cassette(str(stored), record_mode="none") as tape, requests.Session() as session:
        streamed = session.post(URL, data=QUESTION, headers=dict(JSON), stream=True)
        assert list(streamed.iter_lines())[-2] == b"data: [DONE]"
        assert session.get("https://api.acme.example/v1/models?limit=2").json() == {"data": [1.0, "✓"]}
        spoken = session.post("https://api.acme.example/v1/audio/speech", json={"input": "hi"})
        assert spoken.content == b"\xff\xfb\x90\x00"
        assert session.post(URL, json={"model": "nope"}).status_code == 400
        assert tape.all_played


def test_our_reader_gets_back_what_was_stored(stored: Path) -> None:
    """The chunks of a stream, the bodies and the headers of the edition come back as they were."""
    first = open_cassette(stored).interactions[0]
    assert first.request.body == QUESTION
    assert ("HTTP-Referer", "https://app.example") in first.request.headers
    assert first.reply.chunks == STREAM


def test_the_metadata_tells_where_it_comes_from(stored: Path) -> None:
    """Origin, harness, host, what was scrubbed, chunk lengths and pauses are in the file, origin first."""
    metadata = yaml.safe_load(stored.read_bytes())["metadata"]
    assert list(metadata)[:4] == ["recorded_at", "source", "host", "scenario"]
    assert metadata["host"] == "api.acme.example"
    assert re.fullmatch(r"\d+\.\d+.*", metadata["harness"])
    assert metadata["scrubbed"] == ["header authorization"]
    assert metadata["chunks"] == {"0": [len(chunk) for chunk in STREAM]}
    assert metadata["pauses_ms"] == {"0": [120.0, 3.0, 0.0, 41.5]}


def test_a_failed_answer_is_stored_with_its_request(tmp_path: Path) -> None:
    """How an answer failed, and what had come of it when, comes back with the request it was for."""
    failed = recorded(reply=Reply(200, EVENTS, STREAM[:2], fault="truncated", pauses_ms=(7.5, 1.0)))
    write_cassette(tmp_path / "cut.yaml", [failed], {}, SCRUBBER)
    read = open_cassette(tmp_path / "cut.yaml").interactions[0]
    assert read.reply == failed.reply
    assert read.request.body == QUESTION


def test_json_and_streams_are_readable(stored: Path) -> None:
    """Bodies in ASCII are literal blocks, without escapes, quotes or folding."""
    text = stored.read_text("ascii")
    assert '      {"error":{"code":400,"message":"no"}}\n' in text
    assert "        : STILL PROCESSING\n\n        data: " in text


def test_the_same_recording_gives_the_same_bytes(stored: Path, tmp_path: Path) -> None:
    """Nothing in the file depends on when or where it was written, so that differences mean something."""
    cassette = open_cassette(stored)
    again = tmp_path / "again.yaml"
    metadata = {
        name: value for name, value in cassette.metadata.items() if name not in ("chunks", "pauses_ms")
    }
    write_cassette(again, cassette.interactions, metadata, SCRUBBER)
    once = yaml.safe_load(again.read_bytes())
    write_cassette(again, cassette.interactions, metadata, SCRUBBER)
    assert yaml.safe_load(again.read_bytes()) == once
    assert again.read_bytes() == serialize(cassette.interactions, once["metadata"])


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=120), st.text(max_size=120).map(lambda text: text.encode("utf-8", "replace"))
    )
)
def test_any_body_comes_back(body: bytes) -> None:
    """Line ends, control characters, NUL, byte order marks and what is no text survive the format."""
    data = serialize([Recorded(0, Request("POST", URL, (), body), Reply(200, (), (body,)))], {})
    interaction = yaml.safe_load(data)["interactions"][0]
    for stated in (interaction["request"]["body"], interaction["response"]["body"]["string"]):
        assert (stated if isinstance(stated, bytes) else stated.encode()) == body


def test_a_cassette_that_would_leak_is_not_written(tmp_path: Path) -> None:
    """What cannot be looked into is refused with its place, nothing is written, and the old file stays."""
    target = tmp_path / "hello.yaml"
    target.write_text("old")
    packed = recorded(reply=Reply(200, (("Content-Encoding", "x-odd"),), (b"\x8b\xff" + KEY.encode()[:0],)))
    with pytest.raises(CassetteLeak, match="interaction 1, response body: content encoding x-odd") as caught:
        write_cassette(target, [recorded(), packed], {"source": "live"}, SCRUBBER)
    assert KEY not in str(caught.value)
    assert [finding.place for finding in caught.value.findings] == ["interaction 1, response body"]
    assert [file.name for file in tmp_path.iterdir()] == ["hello.yaml"]
    assert target.read_text() == "old"


def test_a_source_is_one_of_three(tmp_path: Path) -> None:
    """A recording says live, simulated or imported, and nothing else."""
    with pytest.raises(UsageError, match="simulatd"):
        write_cassette(tmp_path / "a.yaml", [recorded()], {"source": "simulatd"}, SCRUBBER)


def test_json_in_the_file_is_what_was_sent(stored: Path) -> None:
    """A body is not rewritten: numbers, spaces and order of keys are as on the wire."""
    interaction = yaml.safe_load(stored.read_bytes())["interactions"][0]
    assert interaction["request"]["body"].encode() == QUESTION
    assert json.loads(interaction["request"]["body"])["messages"][0]["content"] == "Café?"


def test_the_documented_cassette_is_what_is_written(tmp_path: Path) -> None:
    """The example of docs/cassettes.md reads without repairs, and is written as it stands there."""
    document = (Path(__file__).parents[2] / "docs" / "cassettes.md").read_text("utf-8")
    example = document.partition("```yaml\n")[2].partition("```")[0]
    (tmp_path / "example.yaml").write_text(example, "utf-8")
    cassette = open_cassette(tmp_path / "example.yaml")
    written = serialize(cassette.interactions, cassette.metadata).decode()
    assert [len(chunk) for chunk in cassette.interactions[0].reply.chunks] == [25, 51, 14]
    assert cassette.repairs == ()
    assert written.partition("interactions:")[2].strip(".\n") == example.partition("interactions:")[2].strip(
        "\n"
    )
