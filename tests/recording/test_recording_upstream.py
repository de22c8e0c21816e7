"""The one part of the harness that leaves the machine: where it goes, and what it keeps of what comes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from recording_site import EVENTS, Answered, Asked, OpenSite

from harness.errors import UsageError
from harness.model import Reply, Request
from harness.recording.upstream import NotPlannedError, UntrustedError, Upstream, parse_route
from harness.wire.intercept import answering, patched
from harness.wire.server_replies import LiveReply

HOST = "api.acme.example"


def test_a_request_arrives_as_it_was_made(site_of: OpenSite, asked: Asked, answered: Answered) -> None:
    """Method, path, query, the client's own headers in their order and letter case, and the body's bytes;
    only the headers of the hop are made anew, among them, on a route, whom the request was meant for, and
    nothing compressed is asked for."""
    site = site_of(lambda request: answered())
    body = b'{"model": "m",  "x": 1.0}'
    hop = {"Accept-Encoding": "gzip, br", "Connection": "close", "X-Forwarded-Host": "evil.example"}
    request = asked(body, **{"X-CaSe": "kept"}, **hop)
    site.upstream.send(Request("POST", f"{request.url}?a=%20b&c", request.headers, body)).finish()
    (seen,) = site.requests
    assert seen.url == f"{site.url}/v1/chat/completions?a=%20b&c"
    assert seen.body == body
    assert dict(seen.headers) == {
        "Host": f"127.0.0.1:{site.listener.port}",
        "Authorization": "Bearer canary",
        "Content-Type": "application/json",
        "X-CaSe": "kept",
        "Accept-Encoding": "identity",
        "X-Forwarded-Host": "api.acme.example",
        "Content-Length": str(len(body)),
    }


def test_a_host_that_is_reached_where_it_is_is_not_told_its_name(
    site_of: OpenSite, asked: Asked, answered: Answered
) -> None:
    """A route that only allows a host leads nowhere else."""
    site = site_of(lambda request: answered())
    with Upstream([], {"127.0.0.1": site.url}, ca_file=site.ca_file) as upstream:
        upstream.send(replace(asked(), url=f"{site.url}/v1/chat/completions")).finish()
    (seen,) = site.requests
    assert "x-forwarded-host" not in {name.lower() for name, _ in seen.headers}


def test_chunks_pass_on_while_the_answer_is_still_made(site_of: OpenSite, asked: Asked) -> None:
    """The first is there before the second exists; all are kept with the pauses before them."""
    first_was_seen = threading.Event()

    def chunks() -> Iterator[bytes]:
        yield b"data: 1\n\n"
        assert first_was_seen.wait(10)
        yield b"data: [DONE]\n\n"

    site = site_of(lambda request: LiveReply(200, EVENTS, chunks()))
    arriving = site.upstream.send(asked())
    assert next(arriving) == b"data: 1\n\n"
    first_was_seen.set()
    reply = arriving.finish()
    assert reply.chunks == (b"data: 1\n\n", b"data: [DONE]\n\n")
    assert len(reply.pauses_ms) == 2
    assert reply.fault is None


def test_an_answer_that_is_cut_off_keeps_what_came(site_of: OpenSite, asked: Asked) -> None:
    """With the fault beside it."""
    site = site_of(lambda request: Reply(200, EVENTS, (b"data: 1\n\n", b"data: 2\n\n"), "truncated"))
    reply = site.upstream.send(asked()).finish()
    assert (reply.status, reply.body, reply.fault) == (200, b"data: 1\n\ndata: 2\n\n", "truncated")


@pytest.mark.parametrize("fault", ["timeout", "reset"])
def test_an_answer_that_never_begins_is_a_fault(site_of: OpenSite, asked: Asked, fault: str) -> None:
    """Nothing is raised: the request was sent, and that is what came of it."""
    site = site_of(lambda request: Reply(0, fault=fault), timeout_s=0.3)
    arriving = site.upstream.send(asked())
    assert (arriving.status, arriving.fault) == (0, fault)
    assert arriving.finish() == Reply(0, fault=fault)
    assert list(arriving) == []


def test_a_stream_that_falls_silent_is_a_fault(site_of: OpenSite, asked: Asked) -> None:
    """After the chunks that came."""
    site = site_of(lambda request: Reply(200, EVENTS, (b": hold on\n\n",), "timeout"), timeout_s=0.3)
    reply = site.upstream.send(asked()).finish()
    assert (reply.body, reply.fault) == (b": hold on\n\n", "timeout")


def test_no_connection_is_a_fault(site_of: OpenSite, asked: Asked, answered: Answered) -> None:
    """Told apart from a connection that breaks."""
    site = site_of(lambda request: answered())
    site.listener.close()
    assert site.upstream.send(asked()).fault == "refused"


def test_who_is_not_vouched_for_is_not_spoken_to(site_of: OpenSite, asked: Asked, answered: Answered) -> None:
    """Without the certificate authority the request, and with it the key, is not sent; no retry would help,
    so it is told at once how to name the authority."""
    site = site_of(lambda request: answered())
    with (
        Upstream([], {"api.acme.example": site.url}) as upstream,
        pytest.raises(UntrustedError, match=r"(?s)not trusted.*--upstream-ca FILE") as raised,
    ):
        upstream.send(asked())
    assert raised.value.exit_code == 4
    assert site.requests == ()


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example/v1/chat/completions",
        "https://api.acme.example.evil.example/v1/chat/completions",
        "https://api.acme.example@evil.example/v1/chat/completions",
        "ftp://api.acme.example/x",
        "https://[api.acme.example/x",
    ],
)
def test_other_hosts_are_refused(url: str) -> None:
    """Before anything is opened."""
    with Upstream([HOST]) as upstream, pytest.raises(NotPlannedError, match=r"host|URL"):
        upstream.send(Request("POST", url))


def test_the_key_is_not_sent_in_the_clear() -> None:
    """Plain http is for this machine only."""
    with Upstream([HOST]) as upstream, pytest.raises(NotPlannedError, match="plain http"):
        upstream.send(Request("POST", "http://api.acme.example/v1/chat/completions"))


def test_a_route_may_have_a_path(site_of: OpenSite, answered: Answered) -> None:
    """What it leads to stands before the request's own path."""
    site = site_of(lambda request: answered())
    route = {"api.acme.example": f"{site.url}/relay"}
    with Upstream([], route, ca_file=site.ca_file) as upstream:
        upstream.send(Request("GET", "https://api.acme.example/v1/models")).finish()
    assert site.requests[0].url == f"{site.url}/relay/v1/models"


def test_it_reaches_out_from_within_a_case_that_may_not(
    site_of: OpenSite, asked: Asked, answered: Answered
) -> None:
    """While the code under test is kept from the network, its answers are fetched all the same."""
    site = site_of(lambda request: answered(), tls=False)
    with patched(), answering(lambda request: Reply()):
        assert site.upstream.send(asked()).finish().status == 200


@pytest.mark.parametrize(
    "text", ["api.acme.example", "=https://x", "h=ftp://x", "h/p=https://x", "h=https://x?q"]
)
def test_a_route_that_is_none_is_told(text: str) -> None:
    """With an example of one."""
    with pytest.raises(UsageError, match="HOST=URL"):
        parse_route(text)


def test_a_route_in_the_clear_stays_on_this_machine() -> None:
    """The key would be readable on its way."""
    with pytest.raises(UsageError, match="plain http"):
        parse_route("api.acme.example=http://gateway.example")


def test_a_header_beyond_latin_1_is_sent_in_utf_8(
    site_of: OpenSite, asked: Asked, answered: Answered
) -> None:
    """As clients do that send it at all."""
    site = site_of(lambda request: answered())
    site.upstream.send(asked(**{"X-Title": "caf\u00e9 \u2615"})).finish()
    assert dict(site.requests[0].headers)["X-Title"].encode("latin-1").decode() == "caf\u00e9 \u2615"


def test_what_http_cannot_carry_is_told(site_of: OpenSite, asked: Asked, answered: Answered) -> None:
    """It is not the provider's failure."""
    site = site_of(lambda request: answered())
    arriving = site.upstream.send(asked(**{"X-Bad": "a\nb"}))
    assert (arriving.fault, "cannot be sent" in arriving.problem) == ("refused", True)


def test_a_route_names_a_host_in_any_case() -> None:
    """Hosts are compared in lower case, and a slash at the end says nothing."""
    assert parse_route("API.Acme.example=http://127.0.0.1:1/") == ("api.acme.example", "http://127.0.0.1:1")


def test_a_proxy_of_another_kind_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rather than going around it; its password is not shown."""
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "socks5://me:secret-word@127.0.0.1:1080")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "")
    with pytest.raises(UsageError, match="proxy") as told:
        Upstream([HOST])
    assert "secret-word" not in str(told.value)
