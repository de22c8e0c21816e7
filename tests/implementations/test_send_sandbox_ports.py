"""The ports that inputs name, in the sandbox: a client told to send to one is seen there."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from obedient import broken_by, job_of, told

from harness.errors import ImplementationError
from harness.implementations import Connection, connect
from harness.implementations.send.sandbox import Launcher
from harness.implementations.send.sandbox_ports import ports_named, ports_of
from harness.model import Interaction, Observation, Reply, Request, Step

ADAPTER = Path(__file__).with_name("children") / "sending_adapter.py"

BASES = (
    "http://localhost:4000/v1",
    "http://127.0.0.1:11434/v1",
    "https://api.acme.example:8443/api/v1",
    "https://127.0.0.1:8443/v1",
)

_URLLIB = """
import json, os, urllib.request
given = json.load(open(os.environ["HARNESS_INPUT"]))
url = given["base_url"] + "/chat/completions"
print(json.dumps({"text": urllib.request.urlopen(url, b"{}").read().decode()}))
"""

_NODE = """
import { readFileSync } from "node:fs";
const input = JSON.parse(readFileSync(process.env.HARNESS_INPUT));
const response = await fetch(`${input.base_url}/chat/completions`, { method: "POST", body: "{}" });
console.log(JSON.stringify({ text: await response.text() }));
"""

_CURL = """
url=$(sed -E 's/.*"base_url":"([^"]*)".*/\\1/' "$HARNESS_INPUT")
curl -sS -d '{}' "$url/chat/completions"
"""


@pytest.fixture
def _where_namespaces_are_allowed() -> None:
    launcher = Launcher("auto")
    launcher.close()
    if launcher.notes:
        pytest.skip(launcher.notes[0])


in_the_sandbox = pytest.mark.usefixtures("_where_namespaces_are_allowed")


def say_url(step: int, request: Request) -> Reply:
    return Reply(200, (), (json.dumps({"text": request.url}).encode(),))


@in_the_sandbox
@pytest.mark.parametrize("base_url", BASES)
@pytest.mark.parametrize("name", ["urllib", "curl", "node"])
def test_a_program_is_seen_at_the_port_it_is_told(name: str, base_url: str, tmp_path: Path) -> None:
    """On the loopback, by localhost and by a public name, in the clear and over TLS."""
    if name != "urllib" and shutil.which(name) is None:
        pytest.skip(f"{name} is not on PATH")
    words, file, script = {
        "urllib": ([sys.executable], "client.py", _URLLIB),
        "node": (["node"], "client.mjs", _NODE),
        "curl": (["sh"], "client.sh", _CURL),
    }[name]
    (tmp_path / file).write_text(script, "utf-8")
    with connect(f"exec:{shlex.join([*words, str(tmp_path / file)])}", sandbox="require") as connection:
        ((_, seen),) = connection.perform([job_of({"base_url": base_url}, answers=say_url)])
    assert seen.broken is None, seen.broken
    (request,) = seen.steps[0].requests
    assert (request.method, request.url, request.body) == ("POST", f"{base_url}/chat/completions", b"{}")
    assert f"{base_url}/chat/completions" in told(seen)


def adapter() -> Connection:
    address = f"command:{shlex.join([sys.executable, str(ADAPTER), json.dumps({'features': ['outcome']})])}"
    return connect(address, mode="send", sandbox="require")


def perform(connection: Connection, *inputs: Mapping[str, Any]) -> list[Observation]:
    jobs = [job_of(given, name=f"a/{number}", answers=say_url) for number, given in enumerate(inputs)]
    return [seen for _, seen in connection.perform(jobs)]


@in_the_sandbox
def test_ports_are_opened_for_a_child_that_runs_already() -> None:
    """When a case names them first, and from then on."""
    again = (*BASES, *reversed(BASES))
    with adapter() as connection:
        done = perform(connection, *({"do": "by_input", "base_url": base} for base in again))
    urls = [[request.url for request in seen.steps[0].requests] for seen in done]
    assert urls == [[f"{base}/chat/completions"] for base in again]
    assert all(seen.notes == () for seen in done)


@in_the_sandbox
def test_a_new_child_has_the_ports_too() -> None:
    """Its network is another one."""
    to_port = {"do": "by_input", "base_url": BASES[0]}
    with adapter() as connection:
        before, crashed, after = perform(connection, to_port, {"do": "crash"}, to_port)
    assert [len(seen.steps[0].requests) for seen in (before, after)] == [1, 1]
    assert "it exited with status 7" in broken_by(crashed)


@in_the_sandbox
def test_a_port_that_cannot_be_had_errs_the_case() -> None:
    """That nothing is seen there is not the client's fault; and the next case is performed as ever."""
    taken = {"do": "by_input", "base_url": "http://localhost:4000"}
    with adapter() as connection:
        first, second, third = perform(
            connection, {"do": "occupy", "port": 4000}, taken, {"do": "by_environment"}
        )
    assert told(first) == "occupied"
    assert broken_by(second) == "port 4000 is not served in the sandbox: Address already in use"
    assert len(third.steps[0].requests) == 1


@in_the_sandbox
def test_an_ipv6_address_errs_the_case() -> None:
    """Of programs and of adapters alike."""
    given = {"do": "by_input", "base_url": "http://[::1]:4000/v1"}
    with adapter() as connection:
        (adapted,) = perform(connection, given)
    with connect("exec:true", sandbox="require") as connection:
        (started,) = perform(connection, given)
    expected = "[::1] is not served in the sandbox, which has IPv4 only"
    assert [broken_by(seen) for seen in (adapted, started)] == [expected, expected]


@in_the_sandbox
def test_the_ports_that_are_kept_open_are_counted() -> None:
    """A run that names more and more of them comes to an end of them, and says so."""
    launcher = Launcher("require")
    child, ingress = launcher.start(["true"], Path(), line_limit=1024)
    try:
        ingress.serve(Step({"options": [f"http://localhost:{port}" for port in range(4000, 4064)]}, ()))
        ingress.serve(Step({"base_url": "http://localhost:4063"}, ()))
        with pytest.raises(ImplementationError, match=r"^port 4064 is not served .* 64 ports"):
            ingress.serve(Step({"base_url": "http://localhost:4064"}, ()))
    finally:
        child.kill()
        ingress.close()
        launcher.close()


def test_ports_are_found_in_what_a_client_sends_to() -> None:
    """Wherever an input configures it, not in what the conversation is about."""
    given = {
        "base_url": "HTTP://localhost:4000/v1",
        "config": {"models": [{"baseUrl": "https://a.example:8443"}, {"baseUrl": "http://a.example:4000"}]},
        "env": {"ACME_BASE_URL": " http://127.0.0.1:9/ "},
        "history": [{"role": "user", "content": "http://localhost:1"}],
        "system": "http://localhost:2",
        "params": {"a": "see http://localhost:3", "b": 80, "c": None},
    }
    assert ports_named(given) == (4000, 8443, 9)


@pytest.mark.parametrize(
    "url",
    [
        "https://api.acme.example/v1",
        "https://a.example:443",
        "http://a.example:80",
        "http://a:x",
        "http://[",
        "http://a:0",
        "http://a:70000",
        "http://a b:4000",
        "ftp://a:4000",
        "localhost:4000",
    ],
)
def test_no_port_is_named_by_what_needs_none(url: str) -> None:
    """The usual ports are open anyway; what is no URL may be there to be refused."""
    assert ports_named({"base_url": url}) == ()


def test_a_port_that_only_an_answer_names_is_served_too() -> None:
    """What a case expects to be asked for leads here, wherever its client learns of it."""
    expected = (
        Interaction({"url": "https://a.example:8443/v/1"}, ("interactions", 0)),
        Interaction({"host": "b.example"}, ("interactions", 1)),
        Interaction({"url": {"$regex": "^https://c"}}, ("interactions", 2)),
    )
    assert ports_of(Step({"base_url": "http://localhost:4000"}, expected)) == (4000, 8443)
