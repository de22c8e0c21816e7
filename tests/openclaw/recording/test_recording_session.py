"""Cases recorded from the stand-in over real TLS: what is kept, what is set aside, and when it ends."""

from __future__ import annotations

import base64
import json
import os
import select
import shlex
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from recording_site import EVENTS, REAL_KEY, Answered, MakeCase, OpenSite, Site
from recording_studio import Studio

from harness.cassettes import open_cassette
from harness.engine.runner import run
from harness.implementations import Connection, connect
from harness.model import Reply, Request
from harness.recording.live_responder import LiveResponder
from harness.recording.progress import Progress
from harness.recording.session import Settings, record
from harness.wire.server_replies import LiveReply
from harness_openclaw.mock_provider import Provider
from harness_openclaw.reference.openrouter.pricing import prices_in

URL = "https://openrouter.ai/api/v1/chat/completions"
CLIENT = Path(__file__).with_name("children") / "streaming_client.py"
DONE = b"data: [DONE]\n\n"


def client(sandbox: Any = "off") -> Connection:
    command = shlex.join([sys.executable, str(CLIENT)])
    return connect(f"exec:{command}", sandbox=sandbox, timeout_s=30.0)


# ------------------------------------------------------------------ the whole way


def test_what_is_recorded_replays(studio: Studio, stand_in: Site, chat: MakeCase) -> None:
    """For the reference, over real TLS: the provider gets the key, the file gets neither key nor canary,
    and the same case is answered by the file, to the byte what the provider said."""
    case = chat()
    (take,) = studio.record(case, stand_in.client())
    assert (take.status, take.reason) == ("recorded", "")
    assert dict(stand_in.requests[0].headers)["Authorization"] == f"Bearer {REAL_KEY}"
    (file,) = take.files
    text = file.read_text("utf-8")
    assert REAL_KEY not in text
    assert case.canaries["api_key"] not in text
    reply = {"cassette": str(file)}
    replayed = chat(replies=(reply,))
    with connect("python:harness_openclaw.reference:implementation") as reference:
        (verdict,) = run([replayed], reference)
    assert (verdict.status, verdict.unverified) == ("passed", ())
    (kept,) = open_cassette(file).interactions
    assert kept.reply.body == Provider().answer(stand_in.requests[0]).body


def test_what_was_paid_for_and_cannot_be_written_is_set_aside(
    studio: Studio, stand_in: Site, chat: MakeCase
) -> None:
    """The answer is not lost with the place it was meant for."""
    (studio.folder / "tapes").write_text("", "utf-8")
    (take,) = studio.record(chat(), stand_in.client())
    assert take.status == "failed"
    assert "cannot be written: Not a directory" in take.reason
    (file,) = take.files
    assert file.is_relative_to(studio.aside)
    assert len(open_cassette(file).interactions) == 1


def test_a_recording_says_where_it_comes_from(studio: Studio, stand_in: Site, chat: MakeCase) -> None:
    """And what was scrubbed, and how its chunks came."""
    (take,) = studio.record(chat(), stand_in.client())
    metadata = yaml.safe_load(take.files[0].read_text("utf-8"))["metadata"]
    assert metadata["source"] == "simulated"
    assert metadata["host"] == "openrouter.ai"
    assert metadata["scenario"] == "acme/chat/hello"
    assert metadata["implementation"].startswith("reference ")
    assert "header authorization" in metadata["scrubbed"]
    assert len(metadata["chunks"]["0"]) == len(metadata["pauses_ms"]["0"]) > 3


def test_a_recording_knows_its_scenario_again(
    studio: Studio, stand_in: Site, chat: MakeCase, tmp_path: Path
) -> None:
    """By a digest that is the same with other canaries and in another folder, and not for another input."""
    one = chat(replies=({"cassette": str(tmp_path / "a" / "talk.yaml")},))
    secret = "canary-" + "0" * 32
    same = chat(replies=({"cassette": str(tmp_path / "b" / "talk.yaml")},), canaries={"api_key": secret})
    other = chat(replies=({"cassette": str(tmp_path / "c" / "talk.yaml")},), thinking="low")
    takes = [studio.record(case, stand_in.client(), into=None)[0] for case in (one, same, other)]
    digests = [
        yaml.safe_load(take.files[0].read_text("utf-8"))["metadata"]["scenario_digest"] for take in takes
    ]
    assert digests[0] == digests[1] != digests[2]


@pytest.mark.parametrize("sandbox", ["off", "auto"])
def test_a_client_in_another_process_is_recorded_and_replayed(
    studio: Studio, stand_in: Site, chat: MakeCase, sandbox: str
) -> None:
    """It has a canary for a key, gets the provider's answer, and later the file's."""
    (take,) = studio.record(chat(), stand_in.client(), implementation=client(sandbox=sandbox))
    assert (take.status, take.reason) == ("recorded", "")
    replayed = chat(replies=({"cassette": str(take.files[0])},))
    with client(sandbox=sandbox) as unchanged:
        (verdict,) = run([replayed], unchanged)
    assert (verdict.status, verdict.unverified) == ("passed", ())
    assert len(stand_in.requests) == 1


def test_the_client_sees_the_first_chunk_before_the_last_is_made(
    studio: Studio, site_of: OpenSite, chat: MakeCase, tmp_path: Path
) -> None:
    """While it is recorded: the provider goes on only when the client has told of the first."""
    fifo = tmp_path / "first"
    os.mkfifo(fifo)
    told = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)

    def chunks() -> Iterator[bytes]:
        yield b'data: {"choices":[{"delta":{"content":"one "}}]}\n\n'
        assert select.select([told], [], [], 10)[0], "the client has not seen the first chunk"
        yield b'data: {"choices":[{"delta":{"content":"two"}}]}\n\n' + DONE

    site = site_of(lambda request: LiveReply(200, EVENTS, chunks()))
    case = chat(config={"first_chunk": str(fifo)})
    (take,) = studio.record(case, site.client(), implementation=client())
    os.close(told)
    assert (take.status, take.reason) == ("recorded", "")
    assert len(open_cassette(take.files[0]).interactions[0].reply.chunks) == 2


def test_who_leaves_early_does_not_shorten_the_recording(
    studio: Studio, stand_in: Site, chat: MakeCase
) -> None:
    """The answer is read to its end, as it is paid for."""
    case = chat(config={"leaves_early": True})
    (take,) = studio.record(case, stand_in.client(), implementation=client())
    assert take.status == "recorded"
    assert open_cassette(take.files[0]).interactions[0].reply.body.endswith(DONE)


def test_a_callable_that_sends_is_recorded(
    studio: Studio, stand_in: Site, chat: MakeCase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In this process, where everybody else is kept from the network."""
    module = tmp_path / "sending_with_httpx.py"
    module.write_text(
        "import httpx\n"
        "def send(given):\n"
        "    body = {'model': 'openai/gpt-4o-mini', 'messages': given['history']}\n"
        "    headers = {'Authorization': 'Bearer ' + given['api_key']}\n"
        f"    reply = httpx.post({URL!r}, json=body, headers=headers)\n"
        "    return {'text': reply.json()['choices'][0]['message']['content']}\n",
        "utf-8",
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    sender = connect("python:sending_with_httpx:send", mode="send")
    (take,) = studio.record(chat(), stand_in.client(), implementation=sender)
    assert (take.status, take.reason) == ("recorded", "")
    assert len(stand_in.requests) == 1


def test_a_conversation_is_one_file(studio: Studio, stand_in: Site, chat: MakeCase) -> None:
    """Its interactions in the order of the steps."""
    first, second = chat(), chat(history=[{"role": "user", "content": "And now?"}])
    case = replace(first, steps=(*first.steps, *second.steps))
    (take,) = studio.record(case, stand_in.client())
    bodies = [each.request.body for each in open_cassette(take.files[0]).interactions]
    assert [b"And now?" in body for body in bodies] == [False, True]


def test_replies_name_the_files_they_are_recorded_into(
    studio: Studio, stand_in: Site, chat: MakeCase, tmp_path: Path
) -> None:
    """By path and number; without --into a case without such a reply is passed over."""
    one = tmp_path / "own" / "one.yaml"
    named = chat("acme/chat/named", replies=({"cassette": str(one), "interaction": 0},))
    taken, passed = studio.record([named, chat("acme/chat/free")], stand_in.client(), into=None)
    assert (taken.status, taken.files) == ("recorded", (one,))
    assert (passed.status, "--into" in passed.reason) == ("skipped", True)


def test_a_number_is_a_place_in_the_file(
    studio: Studio, stand_in: Site, chat: MakeCase, tmp_path: Path
) -> None:
    """Whenever the request came."""
    file = tmp_path / "talk.yaml"
    first = chat(replies=({"cassette": str(file), "interaction": 1},))
    second = chat(
        history=[{"role": "user", "content": "And now?"}],
        replies=({"cassette": str(file), "interaction": 0},),
    )
    case = replace(first, steps=(*first.steps, *second.steps))
    studio.record(case, stand_in.client(), into=None)
    bodies = [each.request.body for each in open_cassette(file).interactions]
    assert [b"And now?" in body for body in bodies] == [True, False]


def test_a_provider_that_repeats_the_key_is_not_quoted(
    studio: Studio, site_of: OpenSite, chat: MakeCase
) -> None:
    """However it spells it, and whatever the key looks like."""
    key = "acme-0123-4567-89ab-cdef"

    def echo(request: Request) -> Reply:
        bearer = dict(request.headers)["Authorization"].removeprefix("Bearer ")
        encoded = base64.b64encode(bearer.encode()).decode()
        body = json.dumps({"choices": [], "plain": bearer, "encoded": encoded}).encode()
        return Reply(200, (("content-type", "application/json"), ("x-openrouter-echo", bearer)), (body,))

    (take,) = studio.record(chat(), site_of(echo).client(key=key))
    assert (take.status, take.reason) == ("recorded", "")
    text = take.files[0].read_text("utf-8")
    assert "plain" in text
    assert key not in text
    assert base64.b64encode(key.encode()).decode() not in text


# ------------------------------------------------------------------ what is not recorded


def test_a_request_that_breaks_its_rules_is_not_even_sent(
    studio: Studio, stand_in: Site, chat: MakeCase
) -> None:
    """The client gets an answer of the harness instead; the differences are told."""
    case = chat(request={"body_includes": {"model": "openai/another"}})
    (take,) = studio.record(case, stand_in.client())
    assert (take.status, len(take.differences)) == ("failed", 1)
    assert stand_in.requests == ()
    assert studio.files == []


def test_what_breaks_its_rules_is_kept_when_asked(studio: Studio, stand_in: Site, chat: MakeCase) -> None:
    """And told all the same."""
    case = chat(request={"body_includes": {"model": "openai/another"}})
    (take,) = studio.record(case, stand_in.client(), keep_failing=True)
    assert (take.status, len(take.differences)) == ("recorded", 1)


@pytest.mark.parametrize("kind", ["cut", "silent", "refused", "no-end", "hit", "moved", "page"])
def test_an_answer_that_is_not_fit_is_set_aside(
    studio: Studio, site_of: OpenSite, chat: MakeCase, answered: Answered, kind: str
) -> None:
    """The request and what came of it are kept, but not as the case's recording."""
    replies = {
        "cut": Reply(200, EVENTS, (b"data: 1\n\n",), "truncated"),
        "silent": Reply(0, fault="timeout"),
        "refused": answered(402, b'{"error":{"code":402,"message":"Insufficient credits"}}'),
        "no-end": Reply(200, EVENTS, (b"data: 1\n\n",)),
        "hit": answered(200, b"{}", X_OpenRouter_Cache_Status="HIT"),
        "moved": answered(302, b"{}", location="https://elsewhere.example/"),
        "page": Reply(200, (("content-type", "text/html"),), (b"<p>Please sign in to this network</p>",)),
    }
    site = site_of(lambda request: replies[kind], timeout_s=0.3)
    (take,) = studio.record(chat(), site.client(retries=1))
    assert take.status == "failed"
    assert studio.files == []
    (aside,) = take.files
    assert aside == studio.aside / "acme/chat/hello.yaml"
    stated = yaml.safe_load(aside.read_text("utf-8"))
    assert stated["interactions"][0]["request"]["uri"] == URL
    faults = {"cut": {"0": "truncated"}, "silent": {"0": "timeout"}}
    assert stated["metadata"].get("faults") == faults.get(kind)
    assert REAL_KEY not in aside.read_text("utf-8")


def test_a_stream_that_is_cut_off_under_a_client_is_set_aside(
    studio: Studio, site_of: OpenSite, chat: MakeCase
) -> None:
    """Though its client broke with it."""
    site = site_of(lambda request: Reply(200, EVENTS, (b": wait\n\n", b"data: 1\n\n"), "truncated"))
    (take,) = studio.record(chat(), site.client(), implementation=client())
    assert take.status == "failed"
    (kept,) = yaml.safe_load(take.files[0].read_text("utf-8"))["interactions"]
    assert kept["response"]["body"]["string"] == ": wait\n\ndata: 1\n\n"


def test_a_recording_is_never_replaced_by_a_failure(
    studio: Studio, site_of: OpenSite, stand_in: Site, chat: MakeCase, answered: Answered
) -> None:
    """What was good stays."""
    (take,) = studio.record(chat(), stand_in.client())
    before = take.files[0].read_bytes()
    broken = site_of(lambda request: answered(500))
    (again,) = studio.record(chat(), broken.client(retries=0), again=True)
    assert again.status == "failed"
    assert take.files[0].read_bytes() == before


@pytest.mark.parametrize(
    "expected", [{"outcome": {"error": {"class": "rate_limit"}}}, {"tags": ("refused",)}]
)
def test_an_error_that_is_expected_is_the_recording(
    studio: Studio, stand_in: Site, chat: MakeCase, expected: dict[str, Any]
) -> None:
    """At the first attempt, however often the client repeats it: what is to be recorded is the refusal."""
    case = chat(model="openrouter/simulated/error-429", repeated=3, **expected)
    (take,) = studio.record(case, stand_in.client())
    assert (take.status, take.reason) == ("recorded", "")
    assert (len(stand_in.requests), stand_in.waits) == (1, [])
    assert open_cassette(take.files[0]).interactions[0].reply.status == 429


def test_another_error_than_the_expected_is_set_aside(studio: Studio, stand_in: Site, chat: MakeCase) -> None:
    """So is an answer where an error should be."""
    wanted = {"error": {"class": "rate_limit"}}
    other = chat("acme/chat/other", model="openrouter/simulated/error-402", outcome=wanted)
    none = chat("acme/chat/none", outcome=wanted)
    takes = studio.record([other, none], stand_in.client())
    assert [take.status for take in takes] == ["failed", "failed"]
    assert "billing" in takes[0].reason
    assert "expects an error" in takes[1].reason


def test_a_stranger_gets_nothing(studio: Studio, stand_in: Site, chat: MakeCase) -> None:
    """A host that is not planned is not asked, and the case says which it was."""
    url = "https://proxy.example/v1/chat/completions"
    case = chat(base_url="https://proxy.example/v1", request={"url": url})
    (take,) = studio.record(case, stand_in.client())
    assert take.status == "failed"
    assert "proxy.example" in take.reason
    assert stand_in.requests == ()


def test_a_retry_is_noted_and_only_the_last_answer_kept(
    studio: Studio, stand_in: Site, chat: MakeCase
) -> None:
    """A 429 with Retry-After, after which the provider answers; nobody waits for it here."""
    case = chat(model="openrouter/simulated/error-429-once")
    (take,) = studio.record(case, stand_in.client())
    assert (take.status, take.reason) == ("recorded", "")
    assert stand_in.waits == [1.0]
    first, second = stand_in.requests
    assert first == second
    (entry,) = take.entries
    assert (entry.tried, entry.status) == ((429,), 200)
    stated = yaml.safe_load(take.files[0].read_text("utf-8"))
    assert stated["metadata"]["retried_after"] == {"0": [429]}
    assert len(stated["interactions"]) == 1


# ------------------------------------------------------------------ the end of it


def test_the_budget_ends_a_recording(studio: Studio, stand_in: Site, chat: MakeCase) -> None:
    """Before the call that could pass it; what was recorded before stays."""
    listing = Provider().answer(Request("GET", "https://openrouter.ai/api/v1/models"))
    prices = {"openrouter.ai": prices_in(json.loads(listing.body))}
    cases = [chat(f"acme/chat/{name}", params={"maxTokens": 4000}) for name in "abcd"]
    (first,) = studio.record(cases[0], stand_in.client(prices=prices))
    (entry,) = first.entries
    assert entry.estimate.cost is not None
    assert entry.usage.cost is not None
    most = entry.estimate.cost + entry.usage.cost * Decimal("1.5")
    takes = studio.record(cases, stand_in.client(most=str(most), prices=prices), again=True)
    assert [(take.status, bool(take.stops)) for take in takes] == [
        ("recorded", False),
        ("recorded", False),
        ("failed", True),
    ]
    assert len(stand_in.requests) == 3
    assert studio.files == ["acme/chat/a.yaml", "acme/chat/b.yaml"]


def test_a_recording_is_taken_up_where_it_ended(studio: Studio, stand_in: Site, chat: MakeCase) -> None:
    """With --again --resume: what the run before has finished is not asked for twice."""
    cases = [chat(f"acme/chat/{name}") for name in "ab"]
    studio.record(cases[:1], stand_in.client(), again=True)
    takes = studio.record(cases, stand_in.client(), again=True, resume=True)
    assert [take.status for take in takes] == ["skipped", "recorded"]
    takes = studio.record(cases, stand_in.client(), again=True)
    assert [take.status for take in takes] == ["recorded", "recorded"]
    takes = studio.record(cases, stand_in.client())
    assert [take.status for take in takes] == ["skipped", "skipped"]
    assert len(stand_in.requests) == 4


def test_another_implementation_takes_nothing_up(studio: Studio, stand_in: Site, chat: MakeCase) -> None:
    """What one has finished says nothing of the other."""
    studio.record(chat(), stand_in.client())
    state = studio.folder / "state.json"
    assert Progress(state, "reference", resume=True).is_finished(chat())
    assert not Progress(state, "another", resume=True).is_finished(chat())
    assert not Progress(state, "reference", resume=False).is_finished(chat())


def test_a_state_that_cannot_be_read_is_none(tmp_path: Path, chat: MakeCase) -> None:
    """The recording begins anew."""
    state = tmp_path / "state.json"
    for text in ("", "[]", '{"version": 1}', '{"version": 2, "implementation": "", "finished": []}'):
        state.write_text(text, "utf-8")
        assert not Progress(state, "reference", resume=True).is_finished(chat())


def test_the_state_holds_names_only(studio: Studio, stand_in: Site, chat: MakeCase) -> None:
    """No secret, and nothing of where things are."""
    studio.record(chat(), stand_in.client())
    stated = json.loads((studio.folder / "state.json").read_text("utf-8"))
    assert stated["finished"] == [["acme/chat/hello", "2026-05"]]
    assert stated.keys() == {"version", "implementation", "finished"}


def test_an_interruption_keeps_what_is_complete(studio: Studio, stand_in: Site, chat: MakeCase) -> None:
    """The case in hand leaves nothing."""
    cases = [chat("acme/chat/a"), chat("acme/chat/b", model="openrouter/simulated/error-503")]
    settings = Settings(studio.folder / "tapes", studio.aside)
    progress = Progress(studio.folder / "state.json", "reference", resume=False)

    def interrupt(seconds: float, why: str) -> None:
        raise KeyboardInterrupt

    client = stand_in.client(on_wait=interrupt)
    with connect("python:harness_openclaw.reference:implementation") as reference:
        takes = record(cases, reference, client, settings, progress)
        assert next(takes).status == "recorded"
        with pytest.raises(KeyboardInterrupt):
            next(takes)
    assert studio.files == ["acme/chat/a.yaml"]


def test_many_threads_may_call_at_once(stand_in: Site, chat: MakeCase) -> None:
    """A client may send several requests of a case together; each gets its own answer."""
    case = chat(again=8)
    answerer = LiveResponder(case, stand_in.client())
    hello = b'{"model":"openai/gpt-4o-mini","messages":[{"role":"user","content":"%d"}]}'
    bodies = [hello % number for number in range(8)]
    bearer = (("Authorization", f"Bearer {case.canaries['api_key']}"),)
    requests = [Request("POST", URL, bearer, body) for body in bodies]
    threads = [threading.Thread(target=answerer.answer, args=(0, request)) for request in requests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = [answerer.exchange(0, request) for request in requests]
    assert [each and each.request.body for each in found] == bodies
    assert {each.call.status for each in found if each} == {200}


@pytest.mark.parametrize(("status", "fetched"), [(500, 1), (200, 2)])
def test_what_failed_is_not_fetched_again_for_the_same_request(
    site_of: OpenSite, chat: MakeCase, answered: Answered, status: int, fetched: int
) -> None:
    """A client that repeats itself gets the same answer; what went well is another call each time."""
    site = site_of(lambda request: answered(status))
    case = chat(again=2)
    answerer = LiveResponder(case, site.client(retries=0))
    request = Request("POST", URL, (("Authorization", f"Bearer {case.canaries['api_key']}"),), b"{}")
    first, second = answerer.answer(0, request), answerer.answer(0, request)
    assert (first.status, second.status) == (status, status)
    assert (len(site.requests), len(answerer.exchanges)) == (fetched, fetched)


@pytest.mark.parametrize(("send_failing", "fetched"), [(False, 0), (True, 1)])
def test_a_request_that_breaks_its_rules_is_answered_by_the_harness(
    stand_in: Site, chat: MakeCase, send_failing: bool, fetched: int
) -> None:
    """With a status after which clients do not ask again; unless everything is to be kept."""
    case = chat()
    answerer = LiveResponder(case, stand_in.client(), send_failing=send_failing)
    body = b'{"model":"openai/gpt-4o-mini","messages":[{"role":"user","content":"Hello"}]}'
    reply = answerer.answer(0, Request("POST", URL, (("Authorization", "Bearer another"),), body))
    assert (reply.status == 400, len(stand_in.requests)) == (not send_failing, fetched)
