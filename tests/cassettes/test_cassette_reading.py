"""vcrpy files, in the forms they are met in."""

from __future__ import annotations

import base64
import gzip
import zlib
from pathlib import Path
from typing import Any

import pytest
import vcr  # type: ignore[import-untyped]
import yaml
from vcr.request import Request as VcrRequest  # type: ignore[import-untyped]

from harness.cassettes import Cassette, open_cassette
from harness.errors import LoadError, UsageError
from harness.model import Request

URL = "https://api.example/v1/chat"


def interaction(**changes: Any) -> dict[str, Any]:
    request = {"method": "POST", "uri": URL, "body": '{"a": 1}', "headers": {}, **changes.pop("request", {})}
    response = {
        "status": {"code": 200, "message": "OK"},
        "headers": {},
        "body": {"string": "ok"},
        **changes.pop("response", {}),
    }
    return {"request": request, "response": response, **changes}


def cassette_of(tmp_path: Path, *interactions: Any, **whole: Any) -> Cassette:
    file = tmp_path / "some.yaml"
    file.write_text(yaml.safe_dump({"version": 1, "interactions": list(interactions), **whole}))
    return open_cassette(file)


def reply_body(tmp_path: Path, **response: Any) -> bytes:
    return cassette_of(tmp_path, interaction(response=response)).interaction(0).reply.body


def test_what_vcrpy_writes_is_read(tmp_path: Path) -> None:
    """A cassette saved by vcrpy itself: text, bytes, repeated headers and the status."""
    file = tmp_path / "real.yaml"
    with vcr.use_cassette(str(file)) as written:
        written.append(
            VcrRequest("POST", URL, b'{"a": 1}', {"Authorization": "x"}),
            {
                "status": {"code": 201, "message": "Created"},
                "headers": {"Set-Cookie": ["a", "b"]},
                "body": {"string": b"\xff\x00"},
            },
        )
    recorded = open_cassette(file).interaction(0)
    assert recorded.request == Request("POST", URL, (("Authorization", "x"),), b'{"a": 1}')
    assert recorded.reply.status == 201
    assert recorded.reply.headers == (("Set-Cookie", "a"), ("Set-Cookie", "b"))
    assert recorded.reply.body == b"\xff\x00"


@pytest.mark.parametrize(
    ("response", "body"),
    [
        ({"body": {"string": "text é"}}, "text é".encode()),
        ({"body": {"string": b"\x00\xff"}}, b"\x00\xff"),
        ({"body": {"base64_string": base64.b64encode(b"\x00").decode()}}, b"\x00"),
        ({"body": "bare"}, b"bare"),
        ({"body": None}, b""),
        ({"body": {"string": None}}, b""),
        ({"body": {"json": ["as", "it", "is"]}}, b'{"json":["as","it","is"]}'),
        ({"parsed_body": {"a": 1}}, b'{"a":1}'),
        ({"body": {"string": {"a": 1}}}, b'{"a":1}'),
    ],
)
def test_a_body_is_read_in_all_its_forms(tmp_path: Path, response: Any, body: bytes) -> None:
    """Text, binary, base64, nothing, and parsed JSON."""
    assert reply_body(tmp_path, **response) == body


def test_the_old_form_for_httpx_is_read(tmp_path: Path) -> None:
    """`status_code` and `content` in the place of `status` and `body`."""
    old = interaction()
    old["response"] = {"status_code": 404, "content": "gone", "headers": {"a": "b"}, "http_version": "1.1"}
    reply = cassette_of(tmp_path, old).interaction(0).reply
    assert (reply.status, reply.body, reply.headers) == (404, b"gone", (("a", "b"),))


@pytest.mark.parametrize(
    ("encoding", "stored"),
    [
        ("gzip", gzip.compress(b"plain", mtime=0)),
        ("GZIP", b"plain"),
        ("deflate", zlib.compress(b"plain")),
        ("br", b"plain"),
    ],
)
def test_a_content_encoding_is_undone(tmp_path: Path, encoding: str, stored: bytes) -> None:
    """Also where the body had been decoded before it was stored and the header was left."""
    headers = {
        "Content-Encoding": [encoding],
        "Content-Length": ["999"],
        "Transfer-Encoding": ["chunked"],
        "X": ["y"],
    }
    made = cassette_of(tmp_path, interaction(response={"headers": headers, "body": {"string": stored}}))
    recorded = made.interaction(0)
    assert recorded.reply.body == b"plain"
    assert sorted(recorded.reply.headers) == [("Content-Length", "5"), ("X", "y")]
    if stored == b"plain":
        assert recorded.encoded is None
        assert "is stored decoded" in str(made.repairs[-1])
    else:
        assert recorded.encoded is not None
        assert recorded.encoded.body == stored
        assert ("Content-Encoding", encoding) in recorded.encoded.headers
        assert ("Content-Length", str(len(stored))) in recorded.encoded.headers


def test_an_encoding_that_is_not_known_is_left_as_it_is(tmp_path: Path) -> None:
    """The header stays true of the bytes."""
    response = {"headers": {"content-encoding": ["zstd"]}, "body": {"string": b"\x28\xb5\x2f\xfd\xff"}}
    reply = cassette_of(tmp_path, interaction(response=response)).interaction(0).reply
    assert reply.body == b"\x28\xb5\x2f\xfd\xff"
    assert ("content-encoding", "zstd") in reply.headers


def test_headers_may_be_bare_strings_or_binary(tmp_path: Path) -> None:
    """Each is one header, not one for each letter."""
    headers = {"A": "text", "B": [b"bytes"], "C": ["1", "2"]}
    reply = cassette_of(tmp_path, interaction(response={"headers": headers})).interaction(0).reply
    assert sorted(reply.headers) == [("A", "text"), ("B", "bytes"), ("C", "1"), ("C", "2")]


def test_a_stream_has_the_chunks_of_its_metadata(tmp_path: Path) -> None:
    """Their lengths, by the number of the interaction."""
    response = {
        "headers": {"content-type": ["text/event-stream"]},
        "body": {"string": "data: 1\n\ndata: 2\n\n"},
    }
    made = cassette_of(tmp_path, interaction(response=response), metadata={"chunks": {"0": [4, 14]}})
    assert made.interaction(0).reply.chunks == (b"data", b": 1\n\ndata: 2\n\n")


@pytest.mark.parametrize("metadata", [{}, {"chunks": {"0": [4, 4]}}, {"chunks": "many"}])
def test_a_stream_without_true_lengths_has_its_events_as_chunks(tmp_path: Path, metadata: Any) -> None:
    """The body may have been edited since."""
    response = {
        "headers": {"Content-Type": ["text/event-stream; charset=utf-8"]},
        "body": {"string": "data: 1\n\n: x\n\nrest"},
    }
    made = cassette_of(tmp_path, interaction(response=response), metadata=metadata)
    assert made.interaction(0).reply.chunks == (b"data: 1\n\n", b": x\n\n", b"rest")


@pytest.mark.parametrize(
    ("message", "phrase"),
    [("Slow Down", "Slow Down"), ("", "Too Many Requests"), ("Two\nlines", "Too Many Requests")],
)
def test_a_reason_phrase_of_its_own_is_kept(tmp_path: Path, message: str, phrase: str) -> None:
    """Unless it is missing or cannot be sent; then it is the standard one."""
    response = {"status": {"code": 429, "message": message}, "headers": {}, "body": {"string": ""}}
    assert cassette_of(tmp_path, interaction(response=response)).interaction(0).reply.phrase == phrase


def test_no_body_and_an_empty_one_are_the_same(tmp_path: Path) -> None:
    """Libraries record either."""
    made = cassette_of(tmp_path, interaction(request={"body": None, "method": "GET"}))
    assert made.interaction(0).request.body == b""


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    """An opened cassette is kept as long as its file is as it was."""
    first = cassette_of(tmp_path, interaction())
    assert open_cassette(first.file) is first
    again = cassette_of(tmp_path, interaction(), interaction())
    assert len(again.interactions) == 2


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: [1\n", "2:1: this is not a cassette: did not find expected ',' or ']'"),
        ("- 1\n", "1:1: this is not a cassette: it has no list of `interactions`"),
        ("http_interactions: []\n", "1:1: this is a cassette of VCR for Ruby, not a vcrpy cassette"),
        ("interactions: []\nversion: 2\n", "2:10: format version 2 is not supported; vcrpy writes 1"),
        ("interactions:\n- 5\n", "2:3: interaction 0: it must be a mapping"),
        (
            "interactions:\n- request: {method: GET, uri: x}\n  response: {headers: {}}\n",
            "3:13: interaction 0: its response has no status code",
        ),
        (
            "interactions:\n- request: {method: GET}\n  response: {}\n",
            "2:12: interaction 0: its request has no uri",
        ),
        ("interactions:\n- response: {}\n", "2:3: interaction 0: it has no request"),
        (
            "a: !!python/object:os.system x\n",
            "1:4: this is not a cassette: the tag !!python/object:os.system",
        ),
    ],
)
def test_a_file_that_is_no_cassette_is_refused_with_the_place(tmp_path: Path, text: str, says: str) -> None:
    """The error has the line and column of what is wrong."""
    file = tmp_path / "wrong.yaml"
    file.write_text(text)
    with pytest.raises(LoadError) as caught:
        open_cassette(file)
    assert str(caught.value).startswith(f"{file}:{says}")


def test_all_problems_come_at_once(tmp_path: Path) -> None:
    """Not only the first of them."""
    file = tmp_path / "wrong.yaml"
    file.write_text("interactions:\n- 5\n- 6\n")
    with pytest.raises(LoadError) as caught:
        open_cassette(file)
    assert len(caught.value.problems) == 2


def test_a_number_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """The error says how many there are."""
    with pytest.raises(UsageError, match="has no interaction 1\n  It has 1, counted from 0"):
        cassette_of(tmp_path, interaction()).interaction(1)
