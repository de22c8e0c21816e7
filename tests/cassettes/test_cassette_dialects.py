"""Forms of cassettes met in the wild: what is put right is told with its place, the rest is refused."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.cassettes import Cassette, open_cassette, parsing
from harness.errors import LoadError

HEAD = "version: 1\ninteractions:\n"
GOOD = """\
- request: {method: GET, uri: 'https://api.example/v1', body: null, headers: {}}
  response: {status: {code: 200, message: OK}, headers: {}, body: {string: ok}}
"""


@pytest.fixture
def opened(tmp_path: Path) -> Any:
    """Open a cassette of this text."""

    def make(text: str | bytes, name: str = "some.yaml") -> Cassette:
        file = tmp_path / name
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        return open_cassette(file)

    return make


@pytest.fixture
def refused(opened: Any) -> Any:
    """What is said of a text that is no cassette, without the file's name."""

    def why(text: str | bytes) -> str:
        with pytest.raises(LoadError) as caught:
            opened(text)
        return str(caught.value).rpartition("some.yaml:")[2]

    return why


def dumped(*interactions: Any, **whole: Any) -> str:
    return str(yaml.safe_dump({"version": 1, "interactions": list(interactions), **whole}))


def exchange(request: dict[str, Any] | None = None, response: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "request": {"method": "GET", "uri": "https://api.example/v1", "headers": {}, **(request or {})},
        "response": {"status": {"code": 200}, "headers": {}, "body": {"string": "ok"}, **(response or {})},
    }


def repairs_of(cassette: Cassette) -> list[str]:
    return [repair.message for repair in cassette.repairs]


# ------------------------------------------------------------------ put right, and told


@pytest.mark.parametrize(
    ("request_", "response", "says"),
    [
        ({"method": "post"}, {}, "its method post is read as POST"),
        ({"uri": "api.example/v1"}, {}, "its uri has no scheme: read as https"),
        (
            {"headers": {"A": "bare"}},
            {},
            "headers of its request are not lists: each is read as one value (A)",
        ),
        ({"headers": {"A": [b"x"]}}, {}, "headers of its request are binary: read as text (A)"),
        (
            {"parsed_body": {"a": 1}},
            {},
            "the body of its request is stored as parsed JSON: encoded again",
        ),
        ({"body": {"model": "m"}}, {}, "the body of its request is JSON instead of a string"),
        ({}, {"body": {"base64_string": "eA=="}}, "the body of its response is stored as base64_string"),
        ({}, {"status": {"code": "201"}}, "its status code is a string"),
        ({}, {"headers": {"Content-Length": ["9"]}}, "its content-length is 9, but its body has 2 bytes"),
        ({}, {"headers": {"Content-Encoding": ["br"]}}, "its body is stored decoded: content-encoding br"),
        (
            {},
            {"headers": {"content-encoding": ["gzip"]}, "body": {"string": gzip.compress(b"x" * 99)[:15]}},
            "its body cannot be decoded as gzip",
        ),
    ],
)
def test_what_is_put_right_is_told(opened: Any, request_: Any, response: Any, says: str) -> None:
    """One sentence each, with the number of the interaction and a place in it."""
    cassette = opened(dumped(exchange(), exchange(request_, response)))
    (repair,) = cassette.repairs
    assert repair.message.startswith(says)
    assert repair.interaction == 1
    lines = cassette.file.read_text().splitlines()
    second = next(at for at, line in enumerate(lines) if line.startswith("- request") and at > 2)
    assert repair.location.line > second
    assert str(repair) == f"{repair.location}: interaction 1: {repair.message}"


def test_what_vcrpy_writes_needs_no_repair(opened: Any) -> None:
    """Lists of headers, bodies as texts, true lengths, gzip as it came."""
    packed = gzip.compress(b"hello")
    headers = {"content-encoding": ["gzip"], "content-length": [str(len(packed))]}
    cassette = opened(dumped(exchange({}, {"headers": headers, "body": {"string": packed}})))
    assert not cassette.repairs
    assert cassette.dialects == ("vcrpy",)


@pytest.mark.parametrize(
    ("text", "dialect"),
    [
        (dumped(exchange({"parsed_body": {}})), ("parsed_body",)),
        (dumped(), ("empty",)),
        (json.dumps({"version": 1, "interactions": [exchange()]}), ("json",)),
        (dumped({**exchange(), "response": {"status_code": 200, "content": "x"}}), ("old-httpx",)),
    ],
)
def test_the_dialect_is_known(opened: Any, text: str, dialect: tuple[str, ...]) -> None:
    """Forms of the format that are not vcrpy's present one have names."""
    assert opened(text).dialects == dialect


def test_what_is_wrong_in_json_has_its_place(refused: Any) -> None:
    """JSON is YAML too."""
    text = json.dumps({"version": 1, "interactions": [exchange({"method": None})]}, indent=1)
    assert refused(text).startswith("5:15: interaction 0: its request has no method")


def test_a_file_without_version_is_taken_as_it_is(opened: Any) -> None:
    """vcrpy writes it last, so something may be missing: that is told."""
    cassette = opened(f"interactions:\n{GOOD}")
    assert repairs_of(cassette) == ["it has no `version`: read as version 1"]


def test_a_key_that_is_there_twice_is_told(opened: Any) -> None:
    """The last one counts, as it does for vcrpy."""
    cassette = opened(HEAD + GOOD.replace("method: GET,", "method: PUT, method: GET,"))
    assert cassette.interaction(0).request.method == "GET"
    assert repairs_of(cassette) == ["the key 'method' appears twice: the last one counts, as in vcrpy"]


def test_plain_values_in_headers_are_their_text(opened: Any) -> None:
    """Dates, octal numbers and truth values included: a header has no others."""
    text = "headers: {Date: 2024-01-02, Age: 012, X: yes, Y: [1.0, off], Z: ''}"
    reply = (
        opened(HEAD + GOOD.replace("message: OK}, headers: {}", f"message: OK}}, {text}"))
        .interaction(0)
        .reply
    )
    assert reply.headers == (
        ("Date", "2024-01-02"),
        ("Age", "012"),
        ("X", "yes"),
        ("Y", "1.0"),
        ("Y", "off"),
        ("Z", ""),
    )


def test_texts_in_the_tags_of_aiohttp_are_read_as_text(opened: Any) -> None:
    """As names of headers, and without making any object."""
    tagged = """headers:
      ? !!python/object/apply:multidict._multidict.istr [Content-Type]
      : [application/json]
      ? !!python/object/apply:multidict._multidict.istr
      - Accept
      : ['*/*']
    method: GET"""
    cassette = opened(
        f"{HEAD}- request:\n    {tagged}\n    uri: https://x.example\n  response: {{status: {{code: 200}}}}\n"
    )
    assert cassette.interaction(0).request.headers == (
        ("Content-Type", "application/json"),
        ("Accept", "*/*"),
    )
    (said,) = repairs_of(cassette)
    assert said.startswith("the tag !!python/object/apply:multidict._multidict.istr is read as text")


@pytest.mark.parametrize(
    "value",
    [
        "!!python/object/apply:os.system ['touch {marker}']",
        "!!python/object/new:os.system ['touch {marker}']",
        "!!python/object/apply:subprocess.check_output [[touch, '{marker}']]",
        "!!python/name:os.system ''",
        "!!python/module:os ''",
        "!!python/object/apply:multidict._multidict.istr [a, b]",
        "!!python/object/apply:multidict._multidict.istr {{args: [x]}}",
        "!mine x",
    ],
)
def test_no_tag_makes_anything_run(opened: Any, tmp_path: Path, value: str) -> None:
    """The file is refused with the place of the tag."""
    marker = tmp_path / "ran"
    with pytest.raises(
        LoadError, match=r":2:11: this is not a cassette: the tag .* asks for a Python object"
    ):
        opened(f"version: 1\nmetadata: {value.format(marker=marker)}\ninteractions: []\n")
    assert not marker.exists()


# ------------------------------------------------------------------ refused


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("http_interactions: []\nrecorded_with: VCR 6.2.0\n", "a cassette of VCR for Ruby, not"),
        (
            "http_interactions: []\nrecorded_with: VCR-vcr/1.2.0, webmockr/0.9\n",
            "a cassette of VCR for R, not",
        ),
        ('{"http_interactions": [], "recorded_with": "betamax/0.8.1"}', "a cassette of betamax, not"),
        (
            "version: 2\ninteractions:\n- {id: 0, request: {url: u, method: GET}, response: {code: 200}}\n",
            "a cassette of go-vcr (its version 2), not",
        ),
        (
            "version: 1\ninteractions:\n- {request: {url: u, method: GET}, response: {code: 200}}\n",
            "a cassette of go-vcr (its version 1), not",
        ),
        ("when: {path: /}\nthen: {status: 200}\n---\nwhen: {}\nthen: {}\n", "a recording of httpmock"),
        (
            "version: 1\ninteractions:\n- {kind: message, direction: sent, data: {}}\n",
            "of a WebSocket session",
        ),
        ("interactions: {}\n", "a recording of an SDK's calls"),
        ('{"log": {"version": "1.2", "entries": []}}', "an HTTP archive (HAR)"),
        ('[{"scope": "https://x", "method": "GET", "path": "/"}]', "a recording of nock"),
        ('{"request": {"method": "GET"}, "response": {"status": {"code": 200}}}', "one exchange"),
        ("- {request: {}, response: {}}\n", "a cassette of vcrpy before version 1 (migrate it"),
        ("version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer"),
    ],
)
def test_recordings_of_other_tools_are_refused_by_their_names(refused: Any, text: str, says: str) -> None:
    """The reason says what they are."""
    assert says in refused(text)
    assert refused(text).startswith("1:1: this is ")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "1:1: this is not a cassette: it is empty"),
        ("# nothing\n", "1:1: this is not a cassette: it is empty"),
        (b"\x00\x01", "1:1: this is not a cassette: it contains a character"),
        (b"version: 1\ninteractions: '\xff'\n", "2:16: this is not a cassette: it contains a character"),
        ("version: 1\ninteractions:\n", "its `interactions` are missing; the file may be cut off"),
        (HEAD + GOOD[:-10], "the file may be cut off"),
        (HEAD + GOOD.splitlines()[0] + "\n", "interaction 0: it has no response; the file may be cut off"),
        (HEAD + GOOD + "---\na: 1\n", "it has several YAML documents"),
        ("version: 3\ninteractions: []\n", "1:10: format version 3 is not supported; vcrpy writes 1"),
        ("version: true\ninteractions: []\n", "1:10: format version True is not supported"),
        ("interactions: []\n? [a]\n: b\n", "a key is a list or a mapping"),
        ("a: &a 1\nb:\n  <<: *a\n", "merge keys (<<) are not supported"),
        ("a: *b\n", "unknown anchor &b"),
        ("a: &a [*a]\n", "the alias *a is inside its own anchor"),
        ("a: !!binary 'é'\n", "is not base64"),
        (
            "a: " + "[" * 300 + "]" * 300 + "\n",
            "1:203: this is not a cassette: it is nested more than 200 levels deep",
        ),
        (
            "a: " + "[" * 5000 + "]" * 5000 + "\n",
            "1:203: this is not a cassette: it is nested more than 200 levels deep",
        ),
    ],
)
def test_what_is_no_cassette_is_refused_with_the_place(refused: Any, text: str | bytes, says: str) -> None:
    """Empty, cut off, corrupt, of another version, or not bounded."""
    assert says in refused(text)


def test_aliases_cannot_make_a_small_file_large(refused: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Values are counted as if aliases were written out."""
    monkeypatch.setattr(parsing, "MAX_VALUES", 100_000)
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    assert "more than 100,000 values once aliases are expanded" in refused("\n".join(lines))


def test_a_file_too_large_is_refused_before_it_is_read(
    opened: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its size decides."""
    monkeypatch.setattr("harness.cassettes.reading.MAX_BYTES", 10)
    with pytest.raises(LoadError, match=r"more than .* MiB cannot be read"):
        opened(HEAD + GOOD)


def test_shared_values_may_be_aliases(opened: Any) -> None:
    """vcrpy writes equal lists so."""
    text = HEAD + GOOD.replace("headers: {}", "headers: {A: &a [x]}", 1).replace(
        "headers: {}", "headers: {B: *a}"
    )
    recorded = opened(text).interaction(0)
    assert (recorded.request.headers, recorded.reply.headers) == ((("A", "x"),), (("B", "x"),))


# ------------------------------------------------------------------ chunks, pauses, faults


def streamed(metadata: Any, body: Any = "data: 1\n\ndata: 2\n\n", **headers: list[str]) -> str:
    kinds = {"content-type": ["text/event-stream"], **headers}
    return dumped(exchange({}, {"headers": kinds, "body": {"string": body}}), metadata=metadata)


def test_chunks_pauses_and_the_fault_come_from_the_metadata(opened: Any) -> None:
    """As they were recorded."""
    metadata = {"chunks": {"0": [4, 14]}, "pauses_ms": {"0": [5, 0.5]}, "faults": {"0": "truncated"}}
    reply = opened(streamed(metadata)).interaction(0).reply
    assert reply.chunks == (b"data", b": 1\n\ndata: 2\n\n")
    assert reply.pauses_ms == (5.0, 0.5)
    assert reply.fault == "truncated"


def test_a_compressed_stream_keeps_its_chunks_when_it_is_undone(opened: Any) -> None:
    """Each chunk has what its bytes add, and one that adds nothing is waited for with the next."""
    packed = gzip.compress(b"data: 1\n\n" + bytes(range(256)) * 40)
    first = len(packed) // 2
    metadata = {"chunks": {"0": [5, first, len(packed) - first - 5]}, "pauses_ms": {"0": [10, 20, 40]}}
    recorded = opened(streamed(metadata, packed, **{"content-encoding": ["gzip"]})).interaction(0)
    assert recorded.encoded.chunks == (packed[:5], packed[5 : first + 5], packed[first + 5 :])
    assert recorded.encoded.pauses_ms == (10, 20, 40)
    assert recorded.reply.body == gzip.decompress(packed)
    assert len(recorded.reply.chunks) == 2
    assert recorded.reply.pauses_ms == (30, 40)


@pytest.mark.parametrize(
    ("metadata", "says"),
    [
        ({"chunks": {"0": [1, 2]}}, "the chunk lengths in its metadata"),
        ({"chunks": {"0": "all"}}, "the chunk lengths in its metadata"),
        ({"pauses_ms": {"0": [1]}}, "the pauses in its metadata"),
        ({"pauses_ms": {"0": [1, -1]}}, "the pauses in its metadata"),
        ({"faults": {"0": "bored"}}, "unknown fault 'bored'"),
    ],
)
def test_metadata_that_do_not_fit_are_left_out(opened: Any, metadata: Any, says: str) -> None:
    """The body decides, and it is told."""
    cassette = opened(streamed(metadata))
    (said,) = repairs_of(cassette)
    assert said.startswith(says)
    assert cassette.interaction(0).reply.chunks == (b"data: 1\n\n", b"data: 2\n\n")


def test_a_head_keeps_the_length_of_the_body_it_does_not_have(opened: Any) -> None:
    """Nothing is put right there."""
    headers = {"Content-Length": ["512"]}
    cassette = opened(dumped(exchange({"method": "HEAD"}, {"headers": headers, "body": {"string": ""}})))
    assert not cassette.repairs
    assert cassette.interaction(0).reply.headers == (("Content-Length", "512"),)
