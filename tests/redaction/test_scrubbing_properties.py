"""What holds of scrubbing whatever is scrubbed, made up or really recorded."""

from __future__ import annotations

import json
import os
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.cassettes import Recorded
from harness.cassettes.reading import read
from harness.cassettes.writing import serialize
from harness.model import Reply, Request
from harness.redaction import Scrubber, scan

KEY = "sk-or-v1-" + "3f9a" * 12
SCRUBBER = Scrubber({"key": KEY, "words": 'a b/c+d"e\\f'}, environment={})
EVIDENCE = Path(os.environ.get("HARNESS_EVIDENCE", Path(__file__).parents[3] / "shared" / "evidence"))

_NAMES = ["user_id", "api_key", "content", "messages", "token", "email", "x", "Authorization", "é"]
_TEXTS = [
    KEY,
    f"x{KEY}",
    f"Bearer {KEY}",
    "REDACTED-api-key-1",
    "<REDACTED>",
    "/home/anna/x",
    "\\n",
    "data: x",
    "https://u:p@a.example/?key=abcdefgh",
    'a b/c+d"e\\f',
    "YSBiL2MrZCJlXGY=",
]
_HEADERS = ["Authorization", "X-Odd", "Content-Type", "Set-Cookie", "Cookie", "content-length"]
_HEADER_TEXTS = ["text/event-stream", "application/json; charset=utf-8", "a=b; path=/"]

texts = st.one_of(st.text(max_size=40), st.sampled_from(_TEXTS))
numbers = st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False))
values = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, texts),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(st.sampled_from(_NAMES), texts), inner, max_size=4),
    ),
    max_leaves=20,
)
headers = st.lists(
    st.tuples(st.sampled_from(_HEADERS), st.one_of(texts, st.sampled_from(_HEADER_TEXTS))), max_size=4
).map(tuple)
bodies = st.one_of(
    values.map(lambda value: json.dumps(value).encode()),
    values.map(lambda value: b"data: " + json.dumps(value).encode() + b"\n\ndata: [DONE]\n\n"),
    st.binary(max_size=200),
    texts.map(lambda text: f"a=1&api_key={text}".encode("utf-8", "surrogatepass")),
)


@st.composite
def recordings(draw: st.DrawFn) -> Recorded:
    body = draw(bodies)
    ends = sorted(draw(st.lists(st.integers(0, len(body)), max_size=5)))
    chunks = tuple(body[start:end] for start, end in zip([0, *ends], [*ends, len(body)], strict=True))
    pauses = tuple(draw(st.lists(st.floats(0, 9), min_size=len(chunks), max_size=len(chunks))))
    url = draw(
        st.sampled_from(["https://api.example.com/api/v1/key", "https://me:pw@a.example/v1?token=x&y=z"])
    )
    reply = Reply(200, draw(headers), chunks, pauses_ms=draw(st.sampled_from([(), pauses])))
    return Recorded(0, Request("POST", url, draw(headers), draw(bodies)), reply)


@settings(max_examples=100, deadline=None)
@given(st.lists(recordings(), max_size=3), st.dictionaries(texts, values, max_size=3))
def test_scrubbing_twice_is_scrubbing_once(interactions: list[Recorded], metadata: dict[str, Any]) -> None:
    """What is scrubbed stays as it is when it is scrubbed again, and the scan has nothing against it."""
    once = SCRUBBER.scrub(interactions, metadata)
    twice = SCRUBBER.scrub(*once)
    assert twice.interactions == once.interactions
    assert {**twice.metadata, "scrubbed": 0} == {**once.metadata, "scrubbed": 0}
    assert scan(serialize(*once), SCRUBBER.known) == []


@settings(max_examples=150, deadline=None)
@given(values)
def test_json_stays_json_of_the_same_shape(value: Any) -> None:
    """Scrubbed JSON still parses, and has the same keys, lists and types."""
    body = json.dumps(value).encode()
    request = Request("POST", "https://a.example/v1", (), body)
    stored = SCRUBBER.scrub([Recorded(0, request, Reply())]).interactions[0].request.body
    assert _shape(json.loads(stored)) == _shape(value)


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        return [_shape(item) for item in value.values()]
    return [_shape(item) for item in value] if isinstance(value, list) else type(value)


@settings(max_examples=150, deadline=None)
@given(recordings())
def test_chunks_and_pauses_stay_true(recorded: Recorded) -> None:
    """No chunk is empty, each has its pause if any is known, and no more is waited than before."""
    reply = SCRUBBER.scrub([recorded]).interactions[0].reply
    assert all(reply.chunks)
    assert len(reply.pauses_ms) in (0, len(reply.chunks))
    assert sum(reply.pauses_ms) <= sum(recorded.reply.pauses_ms) + 1e-6


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=4))
def test_a_body_without_secrets_is_not_touched(body: bytes, cuts: list[int]) -> None:
    """Bytes in which the rules find nothing are stored byte for byte, in the chunks they came in."""
    ends = sorted({cut for cut in cuts if 0 < cut < len(body)})
    chunks = tuple(body[start:end] for start, end in zip([0, *ends], [*ends, len(body)], strict=True))
    reply = Reply(200, (), tuple(chunk for chunk in chunks if chunk))
    scrubbed = SCRUBBER.scrub([Recorded(0, Request("POST", "https://a.example/v1", (), body), reply)])
    if not scrubbed.metadata["scrubbed"]:
        assert scrubbed.interactions[0].request.body == body
        assert scrubbed.interactions[0].reply.chunks == reply.chunks


@pytest.fixture(scope="module")
def recorded_files() -> list[Path]:
    folder = EVIDENCE / "cassettes"
    if not folder.is_dir():
        pytest.skip(f"no recordings of real traffic at {folder} (HARNESS_EVIDENCE)")
    return sorted(folder.rglob("*.yaml"))


def test_real_recordings_are_scrubbed_for_good(recorded_files: list[Path]) -> None:
    """A sample of real traffic is free of findings once scrubbed, and scrubbing it again changes nothing."""
    scrubber = Scrubber(environment={})
    for file in recorded_files[::40]:
        once = scrubber.scrub(*read(file))
        assert scrubber.scrub(*once) == once, file
        assert scan(serialize(*once)) == [], file


def test_the_scan_finds_what_is_left_in_real_recordings(recorded_files: list[Path]) -> None:
    """What authors and redactors overlooked in published recordings is found: ids, cookies, signatures."""
    asked = (b"org-", b"__cf_bm=REDACTED+", b"phc_", b"sig=", b"X-Amz-Security-Token", b"organizationId")
    files = (file for file in recorded_files if any(word in file.read_bytes() for word in asked))
    found = {finding.rule for finding in chain.from_iterable(scan(file.read_bytes()) for file in files)}
    wanted = {"organization id", "header cookie", "field api_key", "parameter sig", "field organizationId"}
    assert wanted <= found


def test_cookies_and_organizations_of_real_recordings_are_found_when_put_back(
    recorded_files: list[Path],
) -> None:
    """Each header in which the recordings leaked is a finding once it has a real value again."""
    named = (b"openai-organization", b"anthropic-organization-id", b"set-cookie", b"openai-project")
    sample = [file for file in recorded_files if b"interactions" in file.read_bytes()][::200]
    for file in sample:
        interactions, metadata = read(file)
        for name in named:
            headers = ((name.decode(), "a1b2c3d4-real-looking-value"),)
            leaky = [Recorded(0, interactions[0].request, Reply(200, headers))]
            assert f"header {name.decode()}" in {finding.rule for finding in scan(serialize(leaky, metadata))}


@pytest.mark.parametrize("ending", ['"', "\\", '\\"', '"hidden', '\\"hidden', '\\\\"hidden'])
@pytest.mark.parametrize("wrapped", [False, True])
def test_a_quote_inside_a_secret_does_not_end_it(ending: str, wrapped: bool) -> None:
    """However the secret goes on behind it, and in JSON that is a string within JSON as well."""
    value: Any = {"user_id": f"half{ending}", "next": "kept"}
    body = json.dumps({"text": json.dumps(value)} if wrapped else value).encode()
    request = Request("POST", "https://a.example/v1", (), body)
    stored = SCRUBBER.scrub([Recorded(0, request, Reply())]).interactions[0].request.body
    assert b"hidden" not in stored
    assert b"half" not in stored
    left = json.loads(stored)
    left = json.loads(left["text"]) if wrapped else left
    assert (left["user_id"], left["next"]) == ("REDACTED-user-1", "kept")
