"""`harness serve`, run as a process and spoken to by real clients."""

from __future__ import annotations

import json
import os
import signal
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

URL = "https://api.acme.example/v1/chat/completions"
KEY = "sk-acme-" + "7a" * 24


class Serving:
    """A running `harness serve`: what it says, line by line."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.place = self.next_line()

    def next_line(self) -> Any:
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())

    def client(self) -> httpx.Client:
        trust = ssl.create_default_context(cafile=self.place["ca_file"])
        return httpx.Client(proxy=self.place["proxy"], verify=trust, timeout=20)


@contextmanager
def serving(*arguments: str) -> Iterator[Serving]:
    words = [sys.executable, "-m", "harness", "serve", *arguments]
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, text=True, env={**os.environ, "MY_KEY": KEY}
    ) as process:
        try:
            yield Serving(process)
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                raise


def test_it_says_where_it_is_and_shows_each_request_without_secrets() -> None:
    """A client through the proxy and one at the base URL are answered with a plausible success; what is
    secret by its name or its shape is masked."""
    with serving() as server, server.client() as client:
        headers = {"Authorization": "Bearer short", "X-Api-Key": "plain", "X-Title": "kept"}
        answer = client.post(f"{URL}?key=k&a=b", json={"model": "m", "note": KEY}, headers=headers)
        assert answer.json()["choices"][0]["message"]["content"] == "Hello."
        shown = server.next_line()
        assert (shown["method"], shown["url"]) == ("POST", f"{URL}?key=[masked]&a=b")
        assert shown["body"]["model"] == "m"
        assert ["Authorization", "Bearer [masked]"] in shown["headers"]
        assert ["X-Api-Key", "[masked]"] in shown["headers"]
        assert ["X-Title", "kept"] in shown["headers"]
        assert KEY not in json.dumps(shown)
        assert httpx.get(server.place["base_url"] + "/models").json()["data"]
        assert server.next_line()["url"].endswith("/models")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_when_asked_and_leaves_no_certificate(number: int) -> None:
    """With exit code 0, at Ctrl-C too."""
    with serving() as server:
        assert Path(server.place["ca_file"]).exists()
        server.process.send_signal(number)
        assert server.process.wait(20) == 0
        assert not Path(server.place["ca_file"]).exists()


def test_a_reply_can_be_given_as_a_scenario_writes_it(tmp_path: Path) -> None:
    """Status, headers and events."""
    file = tmp_path / "reply.json"
    file.write_text(
        json.dumps({"status": 429, "headers": {"Retry-After": 7}, "json": {"error": "slow down"}})
    )
    with serving("--reply", str(file)) as server, server.client() as client:
        answer = client.post(URL, json={})
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
        assert answer.json() == {"error": "slow down"}


CASSETTE = """\
version: 1
interactions:
- request:
    method: POST
    uri: https://api.acme.example/v1/chat/completions
    body: '{"model":"m"}'
    headers: {}
  response:
    status: {code: 200, message: OK}
    headers: {Content-Type: [application/json]}
    body: {string: '{"recorded":true}'}
"""


def test_a_cassette_answers_and_a_miss_is_told(tmp_path: Path) -> None:
    """To the client with 502, on standard output with the reason."""
    file = tmp_path / "chat.yaml"
    file.write_text(CASSETTE)
    with serving("--reply", str(file)) as server, server.client() as client:
        assert client.post(URL, content=b'{"model":"m"}').json() == {"recorded": True}
        assert server.next_line()["body"] == {"model": "m"}
        assert client.get("https://api.acme.example/v1/key").status_code == 502
        server.next_line()
        said = server.next_line()["error"]
        assert "chat.yaml has no answer to GET https://api.acme.example/v1/key" in said
        assert "harness cassettes show" in said


JOB = "https://api.acme.example/v1/videos/1?a=1&b=2"
JOBS = "version: 1\ninteractions:\n" + "".join(
    f"- request: {{method: GET, uri: '{JOB}', body: '', headers: {{}}}}\n"
    f"  response: {{status: {{code: 200, message: OK}}, headers: {{}}, body: {{string: '{status}'}}}}\n"
    for status in ("pending", "in_progress", "done")
)


def test_a_repeated_request_gets_the_recorded_answers_in_turn(tmp_path: Path) -> None:
    """A polled job moves on, and the last answer stays; the base URL stands for the recorded origin."""
    file = tmp_path / "jobs.yaml"
    file.write_text(JOBS)
    with serving("--reply", str(file)) as server, server.client() as client:
        said = [client.get(JOB).text, client.get(JOB.replace("a=1&b=2", "b=2&a=1")).text]
        said += [httpx.get(f"{server.place['base_url']}/v1/videos/1?a=1&b=2").text for _ in range(2)]
        assert said == ["pending", "in_progress", "done", "done"]


def test_another_question_never_gets_an_answer_that_was_recorded(tmp_path: Path) -> None:
    """It gets 502, with what differs."""
    file = tmp_path / "chat.yaml"
    file.write_text(CASSETTE)
    with serving("--reply", str(file)) as server, server.client() as client:
        answer = client.post(URL, content=b'{"model":"n"}')
    assert answer.status_code == 502
    assert 'body $.model: expected "m", got "n"' in answer.text


def test_a_cassette_may_be_json(tmp_path: Path) -> None:
    """As vcrpy's JSON serializer writes it."""
    file = tmp_path / "chat.json"
    request = {"method": "POST", "uri": URL, "body": "{}", "headers": {}}
    response = {"status": {"code": 200, "message": "Fine"}, "headers": {}, "body": {"string": "yes"}}
    file.write_text(json.dumps({"version": 1, "interactions": [{"request": request, "response": response}]}))
    with serving("--reply", str(file)) as server, server.client() as client:
        answer = client.post(URL, content=b"{}")
    assert (answer.reason_phrase, answer.text) == ("Fine", "yes")


def test_a_reply_may_name_a_cassette(tmp_path: Path) -> None:
    """As in a scenario: it is beside the file, and answers in turn."""
    (tmp_path / "jobs.yaml").write_text(JOBS)
    file = tmp_path / "reply.json"
    file.write_text('{"cassette": "jobs.yaml"}')
    with serving("--reply", str(file)) as server, server.client() as client:
        assert [client.get(JOB).text for _ in range(2)] == ["pending", "in_progress"]


def test_the_base_url_may_stand_for_another(
    tmp_path: Path, harness: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    """A path in it is prepended; what is not a URL is refused."""
    file = tmp_path / "chat.yaml"
    file.write_text(CASSETTE)
    with serving("--reply", str(file), "--stands-for", "https://api.acme.example/v1") as server:
        answer = httpx.post(f"{server.place['base_url']}/chat/completions", content=b'{"model":"m"}')
    assert answer.json() == {"recorded": True}
    done = harness("serve", "--stands-for", "api.acme.example")
    assert done.returncode == 4
    assert "--stands-for api.acme.example must be https://HOST" in done.stderr


def test_a_host_that_is_not_served_is_told() -> None:
    """On standard output as well."""
    with serving("--host", "api.acme.example") as server, server.client() as client:
        with pytest.raises(httpx.ProxyError):
            client.get("https://telemetry.example")
        assert "telemetry.example:443" in server.next_line()["refused"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not JSON"),
        ("[1]", "a reply must be a JSON object, not list"),
        ('{"stauts": 200}', "unknown key 'stauts'; did you mean 'status'?"),
    ],
)
def test_a_reply_that_is_none_is_refused_before_listening(
    tmp_path: Path, harness: Callable[..., subprocess.CompletedProcess[str]], content: str, message: str
) -> None:
    """With exit code 4 and the file's name."""
    file = tmp_path / "reply.json"
    file.write_text(content)
    done = harness("serve", "--reply", str(file))
    assert done.returncode == 4
    assert "reply.json" in done.stderr
    assert message in done.stderr


def test_a_port_that_is_taken_is_an_error_of_usage(
    harness: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    """Exit code 4, with what to do."""
    with serving() as server:
        port = server.place["base_url"].rpartition(":")[2]
        done = harness("serve", "--port", port)
    assert done.returncode == 4
    assert f"port {port} is in use; choose another or omit --port" in done.stderr
