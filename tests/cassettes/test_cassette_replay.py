"""A cassette as the provider: each answer is played once, for the request it was recorded for."""

from __future__ import annotations

import asyncio
import gzip
import json
import ssl
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import pytest
import requests
import yaml

from harness.cassettes import Cassette, CassetteMiss, Recorded, Replay, open_cassette, write_cassette
from harness.cassettes.bodies import body_changes
from harness.cassettes.request_key import canonical_body, place_of
from harness.model import Reply, Request
from harness.redaction import Redactor
from harness.wire.intercept import answering, patched
from harness.wire.server import CaptureServer

URL = "https://api.acme.example/v1/chat/completions"
KEY = "sk-acme-" + "9c" * 24
PACKED = gzip.compress(b'{"text": "hello"}')


def asked(body: Any, *headers: tuple[str, str], url: str = URL) -> Request:
    return Request("POST", url, headers, body if isinstance(body, bytes) else json.dumps(body).encode())


def cassette_of(*exchanges: tuple[Request, Reply]) -> Cassette:
    recorded = tuple(Recorded(number, *each) for number, each in enumerate(exchanges))
    return Cassette(Path("some.yaml"), recorded, {})


def said(text: str) -> Reply:
    return Reply(200, (("content-type", "text/plain"),), (text.encode(),))


# ------------------------------------------------------------------ which answer


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (b'{"a": 1, "b": {"c": [1, 2]}}', b'{"b":{"c":[1,2]},"a":1}'),
        (b"a=1&b=2&a=0", b"b=2&a=1&a=0"),
        (
            b'--0123456789ab\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--0123456789ab--\r\n',
            b'--ba9876543210\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--ba9876543210--\r\n',
        ),
    ],
)
def test_bodies_that_say_the_same_are_the_same(one: bytes, other: bytes) -> None:
    """JSON whatever the order of its keys, forms whatever that of their names, parts between any boundary."""
    replay = Replay(cassette_of((asked(one), said("yes"))))
    assert replay(asked(other)).body == b"yes"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (b'{"a": 1}', b'{"a": 1.0}'),
        (b'{"a": 1}', b'{"a": true}'),
        (b'{"a": null}', b"{}"),
        (b'{"a": [1, 2]}', b'{"a": [2, 1]}'),
        (b'{"a": 36893488147419103232}', b'{"a": 36893488147419103233}'),
        (b"a=1&a=2", b"a=2&a=1"),
        (b"plain", b"plain "),
        (b"null", b""),
    ],
)
def test_bodies_that_differ_are_not_the_same(one: bytes, other: bytes) -> None:
    """By type, by order of lists, by bytes where there is no form."""
    assert canonical_body(one) != canonical_body(other)
    with pytest.raises(CassetteMiss):
        Replay(cassette_of((asked(one), said("yes")))).play(asked(other))


def test_a_placeholder_in_a_url_is_what_clients_make_of_it() -> None:
    """They escape it."""
    kept, sent = (
        "https://x.example/<PROJECT>/a b?k={é}",
        str(httpx.URL("https://x.example/<PROJECT>/a b?k={é}")),
    )
    assert place_of(Request("get", kept)) == place_of(Request("GET", sent.replace("%7B", "{")))


def test_several_answers_to_one_request_come_in_their_order() -> None:
    """Each once; then there is none."""
    same = asked({"a": 1})
    replay = Replay(cassette_of((same, said("1")), (asked({}), said("x")), (same, said("2"))))
    assert [replay(same).body, replay(same).body] == [b"1", b"2"]
    assert replay(same).status == 404
    assert replay.played == (0, 2)
    assert [each.number for each in replay.unplayed] == [1]


def test_a_url_is_the_same_in_every_spelling() -> None:
    """Case of the host, default port, fragment, order of the query, and `+` for `%20`."""
    replay = Replay(cassette_of((asked({}, url="https://x.example/v1?a=1+2&b=3"), said("yes"))))
    assert replay(asked({}, url="HTTPS://X.example:443/v1?b=3&a=1%202#top")).body == b"yes"


def test_any_body_is_answered_by_what_was_recorded_for_its_url() -> None:
    """The same body first, else the first that was not played; only if asked for."""
    cassette = cassette_of(
        (asked({"a": 0}), said("0")), (asked({"a": 1}), said("1")), (asked({"a": 2}), said("2"))
    )
    replay = Replay(cassette, any_body=True)
    assert [replay(asked(body)).body for body in ({"a": 1}, {"b": 1}, {"b": 2})] == [b"1", b"0", b"2"]
    assert replay(asked({"b": 3})).status == 404
    assert replay(asked({"a": 0}, url=f"{URL}/x")).status == 404
    assert Replay(cassette)(asked({"b": 1})).status == 404


def test_the_log_says_what_answered_which_request() -> None:
    """By number, by request, or not at all."""
    cassette = cassette_of((asked({}), said("0")), (asked({}), said("1")))
    replay = Replay(cassette)
    replay.play(asked({"b": 1}), 1)
    replay(asked({}))
    replay(asked({}))
    numbers = [None if each.recorded is None else each.recorded.number for each in replay.log]
    assert numbers == [1, 0, None]
    assert [each.request.body for each in replay.log] == [b'{"b": 1}', b"{}", b"{}"]
    assert [each.miss is not None for each in replay.log] == [False, False, True]


def test_repeats_give_the_last_answer_again() -> None:
    """As often as it is asked."""
    same = asked({"a": 1})
    replay = Replay(cassette_of((same, said("1")), (same, said("2"))), repeats=True)
    assert [replay(same).body for _ in range(4)] == [b"1", b"2", b"2", b"2"]
    assert not replay.misses


def test_headers_do_not_decide() -> None:
    """Cassettes hold few of them."""
    replay = Replay(cassette_of((asked({}, ("A", "1")), said("yes"))))
    assert replay(asked({}, ("B", "2"))).body == b"yes"


def test_two_players_of_one_cassette_know_nothing_of_each_other() -> None:
    """What one has played, the other still has."""
    cassette = cassette_of((asked({}), said("yes")))
    one, other = Replay(cassette), Replay(cassette)
    assert one(asked({})).body == b"yes"
    assert not other.played
    assert other(asked({})).body == b"yes"


def test_threads_never_get_the_same_answer() -> None:
    """Forty threads, two hundred recordings of one request: each is played once."""
    same = asked({"a": 1})
    replay = Replay(cassette_of(*((same, said(str(number))) for number in range(200))))
    start = threading.Barrier(40)

    def play(_: int) -> list[bytes]:
        start.wait(20)
        return [replay(same).body for _ in range(5)]

    with ThreadPoolExecutor(40) as pool:
        found = Counter(body for bodies in pool.map(play, range(40)) for body in bodies)
    assert found == Counter(str(number).encode() for number in range(200))
    assert sorted(replay.played) == list(range(200))


# ------------------------------------------------------------------ compressed answers


def packed_cassette(tmp_path: Path) -> Cassette:
    """As vcrpy records what came compressed."""
    headers = {"content-type": ["application/json"], "content-encoding": ["gzip"]}
    response = {"status": {"code": 200, "message": "OK"}, "headers": headers, "body": {"string": PACKED}}
    request = {"method": "POST", "uri": URL, "headers": {}, "body": "{}"}
    file = tmp_path / "packed.yaml"
    file.write_text(
        yaml.safe_dump({"version": 1, "interactions": [{"request": request, "response": response}]})
    )
    return open_cassette(file)


@pytest.mark.parametrize(
    ("accepts", "compressed"),
    [
        ("gzip, br", True),
        ("deflate, GZIP;q=0.5", True),
        ("gzip;q=0", False),
        ("identity", False),
        (None, False),
    ],
)
def test_an_answer_is_compressed_if_the_request_accepts_it(
    tmp_path: Path, accepts: str | None, compressed: bool
) -> None:
    """If it was recorded compressed and the replay keeps that; any other client gets it plain."""
    cassette = packed_cassette(tmp_path)
    headers = () if accepts is None else (("Accept-Encoding", accepts),)
    reply = Replay(cassette, compressed=True)(asked({}, *headers))
    assert reply.body == (PACKED if compressed else b'{"text": "hello"}')
    assert (("content-encoding", "gzip") in reply.headers) == compressed
    assert Replay(cassette)(asked({}, *headers)).body == b'{"text": "hello"}'


# ------------------------------------------------------------------ clients


def ask_httpx(url: str) -> Any:
    with httpx.Client(verify=False, trust_env=False) as client:
        return client.post(url, content=b"{}").json()


def ask_requests(url: str) -> Any:
    with requests.Session() as session:
        return session.post(url, data=b"{}").json()


def ask_aiohttp(url: str) -> Any:
    async def ask() -> Any:
        async with aiohttp.ClientSession() as session, session.post(url, data=b"{}") as response:
            return await response.json()

    return asyncio.run(ask())


@pytest.mark.parametrize("ask", [ask_httpx, ask_requests, ask_aiohttp])
def test_clients_in_this_process_are_answered(tmp_path: Path, ask: Any) -> None:
    """Each reads what was recorded compressed."""
    replay = Replay(packed_cassette(tmp_path))
    with patched(), answering(replay):
        assert ask(URL) == {"text": "hello"}
    assert replay.played == (0,)


def test_clients_on_the_wire_get_the_bytes_in_their_chunks(tmp_path: Path) -> None:
    """Over TLS, as they were recorded; the next one, which was not, is a 404 that explains itself."""
    chunks = (b": hi\n\n", b"data: 1\n\ndata: 2\n\n", b"data: [DONE]\n\n")
    file = tmp_path / "stream.yaml"
    stream = Reply(200, (("content-type", "text/event-stream"),), chunks, None, (1.0, 2.0, 0.0))
    write_cassette(file, [Recorded(0, asked({"stream": True}), stream)])
    replay = Replay(open_cassette(file))
    with CaptureServer() as server, server.listen(replay, paced=True) as listener:
        trust = ssl.create_default_context(cafile=str(server.authority.ca_file))
        with httpx.Client(proxy=listener.proxy_url, verify=trust) as client:
            with client.stream("POST", URL, content=b'{"stream":true}') as response:
                assert b"".join(response.iter_raw()) == b"".join(chunks)
            missed = client.post(URL, content=b'{"stream":false}')
    assert missed.status_code == 404
    assert "has no answer to POST" in missed.json()["error"]["message"]
    assert [request.url for request in listener.requests] == [URL, URL]
    assert len(replay.misses) == 1


# ------------------------------------------------------------------ misses


def test_a_miss_shows_the_closest_recording_and_how_it_differs() -> None:
    """Lists aligned, with what was played already and a command to go on with."""
    messages = [{"role": "user", "content": text} for text in ("a", "b", "c")]
    cassette = cassette_of(
        (asked({"model": "x", "messages": messages[:1]}), said("")),
        (asked({"model": "m", "messages": messages}), said("")),
        (asked({"model": "m", "messages": []}, url=f"{URL}?x=1"), said("")),
    )
    replay = Replay(cassette)
    replay(asked({"model": "x", "messages": messages[:1]}))
    with pytest.raises(CassetteMiss) as caught:
        replay.play(asked({"model": "m", "messages": [messages[0], *messages[2:]]}))
    assert caught.value.closest == 1
    assert str(caught.value) == (
        f"some.yaml has no answer to POST {URL}\n"
        "  closest is interaction 1; expected means recorded:\n"
        '    body $.messages[1] missing: {"role":"user","content":"b"}\n'
        "  played so far: 0 of 3\n"
        "  See it: harness cassettes show some.yaml --interaction 1"
    )


def test_a_miss_says_that_its_recording_was_played() -> None:
    """Then nothing differs."""
    replay = Replay(cassette_of((asked({}), said(""))))
    replay(asked({}))
    with pytest.raises(CassetteMiss, match="it was recorded as 0, which has been played already"):
        replay.play(asked({}))


def test_a_miss_by_its_url_compares_with_the_same_path() -> None:
    """Another query, or another host."""
    replay = Replay(cassette_of((asked({}, url=f"{URL}?a=1"), said(""))))
    with pytest.raises(CassetteMiss, match=r"URL https://.*\?a=1 was recorded"):
        replay.play(asked({}))
    with pytest.raises(CassetteMiss, match="no recorded request has this method and path"):
        replay.play(Request("GET", URL))
    with pytest.raises(CassetteMiss, match="the cassette is empty"):
        Replay(cassette_of()).play(asked({}))


def test_a_miss_compares_few_of_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of five thousand recordings three are compared in full, and the nearest is among them."""
    cassette = cassette_of(
        *(
            (asked({"n": number % 50, "messages": [{"content": f"q {number}"}]}), said(""))
            for number in range(5000)
        )
    )
    compared = []

    def counted(recorded: bytes, sent: bytes, mask: Callable[[str], str]) -> list[str]:
        compared.append(recorded)
        return body_changes(recorded, sent, mask)

    monkeypatch.setattr("harness.cassettes.cassette_miss.body_changes", counted)
    with pytest.raises(CassetteMiss) as caught:
        Replay(cassette).play(asked({"n": 49, "messages": [{"content": "q 777"}]}))
    assert caught.value.closest == 777
    assert len(compared) == 3


def test_a_miss_never_shows_a_secret() -> None:
    """Neither in the URL nor in the body."""
    replay = Replay(cassette_of((asked({"k": KEY}), said(""))), mask=Redactor({"key": KEY}))
    reply = replay(asked({"k": f"{KEY}x"}, url=URL))
    assert reply.status == 404
    assert KEY not in str(replay.misses[0])
    assert KEY.encode() not in reply.body
    assert "${canary.key}" in str(replay.misses[0])
