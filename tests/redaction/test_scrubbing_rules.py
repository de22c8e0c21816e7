"""What is replaced without being known, and what is kept as it is."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from secret_shapes import HARMLESS, SHAPES

from harness.cassettes import Recorded, open_cassette
from harness.cassettes.writing import serialize
from harness.errors import UsageError
from harness.model import Headers, Reply, Request
from harness.redaction import RedactionRules, Scrubber, scan

URL = "https://api.example.com/api/v1/chat/completions"
JSON = (("Content-Type", "application/json; charset=utf-8"),)
VALUE = "q7Jx0-unknown-9Zt"
SCRUBBER = Scrubber(environment={})


def scrubbed(**given: Any) -> Recorded:
    """One interaction, scrubbed; `answer`, `status` and `answered` are the reply's."""
    answer, answered = given.pop("answer", b"{}"), given.pop("answered", JSON)
    chunks = answer if isinstance(answer, tuple) else (answer,)
    reply = Reply(given.pop("status", 200), answered, chunks, pauses_ms=given.pop("pauses_ms", ()))
    request = Request(**{"method": "POST", "url": URL, "headers": JSON, "body": b"{}"} | given)
    return SCRUBBER.scrub([Recorded(0, request, reply)]).interactions[0]


def header(headers: Headers, name: str) -> list[str]:
    return [value for each, value in headers if each.lower() == name.lower()]


@pytest.mark.parametrize(
    ("name", "value", "stored"),
    [
        ("Authorization", f"Bearer {VALUE}", "Bearer REDACTED-api-key-1"),
        ("authorization", VALUE, "REDACTED-api-key-1"),
        ("Authorization", f"{VALUE} {VALUE}", "REDACTED-api-key-1"),
        ("Authorization", "Basic dXNlcjpwYXNzd29yZA==", "Basic REDACTED-api-key-1"),
        ("Proxy-Authorization", f"Basic {VALUE}", "Basic REDACTED-api-key-1"),
        ("x-api-key", VALUE, "REDACTED-api-key-1"),
        ("api-key", VALUE, "REDACTED-api-key-1"),
        ("X-Goog-Api-Key", VALUE, "REDACTED-api-key-1"),
        ("X-Amz-Security-Token", VALUE, "REDACTED-token-1"),
        ("OpenAI-Organization", VALUE, "REDACTED-org-1"),
        ("OpenAI-Project", VALUE, "REDACTED-project-1"),
        ("Cookie", f"__cf_bm={VALUE}", "REDACTED-cookie-1"),
        ("X-My-Session", VALUE, "REDACTED-token-1"),
        ("X-Acme", VALUE, "REDACTED-header-1"),
    ],
)
def test_a_request_header_stays_and_its_value_goes(name: str, value: str, stored: str) -> None:
    """A request header that is not listed is still seen to be sent, by its name and scheme only."""
    assert header(scrubbed(headers=(*JSON, (name, value))).request.headers, name) == [stored]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTP-Referer", "https://client.example"),
        ("X-Title", "Client"),
        ("anthropic-version", "2023-06-01"),
        ("anthropic-beta", "interleaved-thinking-2025-05-14"),
        ("User-Agent", "OpenAI/JS 6.1.0"),
        ("x-stainless-lang", "js"),
        ("Accept", "text/event-stream"),
    ],
)
def test_headers_that_are_harmless_for_any_provider_are_kept(name: str, value: str) -> None:
    """Attribution and version headers are stored as they were sent."""
    assert header(scrubbed(headers=(*JSON, (name, value))).request.headers, name) == [value]


@pytest.mark.parametrize(
    ("name", "value", "stored"),
    [
        ("Content-Type", "text/event-stream", ["text/event-stream"]),
        ("Retry-After", "12", ["12"]),
        ("x-ratelimit-remaining-tokens", "199000", ["199000"]),
        ("anthropic-ratelimit-requests-limit", "50", ["50"]),
        ("Set-Cookie", f"a={VALUE}; path=/", ["REDACTED-cookie-1"]),
        ("openai-organization", "acme-research", ["REDACTED-org-1"]),
        ("anthropic-organization-id", VALUE, ["REDACTED-org-1"]),
        ("x-request-id", VALUE, ["REDACTED-id-1"]),
        ("CF-RAY", "9a8b7c-FRA", ["REDACTED-id-1"]),
        ("x-generation-id", "gen-1784218677-naXC565RfwGTfDm2", ["REDACTED-id-1"]),
        ("x-clerk-auth-status", "signed-out", []),
        ("report-to", "{}", []),
        ("x-anything", VALUE, []),
    ],
)
def test_only_listed_response_headers_are_stored(name: str, value: str, stored: list[str]) -> None:
    """A response header is kept, kept with a placeholder, or left out: nothing passes that is not listed."""
    assert header(scrubbed(answered=((name, value),)).reply.headers, name) == stored


ACME = RedactionRules(
    keep_request_headers=("X-Acme-*", "x-simulate"), keep_response_headers=("x-acme-*", "x-served-by")
)


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("X-ACME-Title", "kept"),
        ("x-simulate", "kept"),
        ("X-Simulate-More", "REDACTED-header-1"),
        ("X-Acme-Api-Key", "REDACTED-api-key-1"),
        ("x-acme-session-id", "REDACTED-token-1"),
        ("x-other", "REDACTED-header-1"),
    ],
)
def test_a_contract_adds_request_headers_that_are_kept(sent: str, stored: str) -> None:
    """By name or by how names begin, but never one that speaks of a credential."""
    recorded = Recorded(0, Request("POST", URL, ((sent, "kept"),)), Reply())
    scrubber = Scrubber(environment={}, rules=ACME)
    assert scrubber.scrub([recorded]).interactions[0].request.headers == ((sent, stored),)


@pytest.mark.parametrize(
    ("answered", "stored"),
    [
        ("X-Acme-Tokens-Left", ["kept"]),
        ("x-served-by", ["kept"]),
        ("x-served-by-node", []),
        ("set-cookie", ["REDACTED-cookie-1"]),
    ],
)
def test_a_contract_adds_response_headers_that_are_kept(answered: str, stored: list[str]) -> None:
    """Those that it does not name are left out as always."""
    recorded = Recorded(0, Request("POST", URL), Reply(200, ((answered, "kept"),)))
    scrubber = Scrubber(environment={}, rules=ACME)
    assert header(scrubber.scrub([recorded]).interactions[0].reply.headers, answered) == stored


@pytest.mark.parametrize("name", ["authorization", "cookie", "x-api-key", "x-auth-token"])
def test_no_contract_keeps_credentials(name: str) -> None:
    """Not even one that names the header."""
    rules = RedactionRules(keep_request_headers=(name,), keep_response_headers=(name,))
    recorded = Recorded(0, Request("POST", URL, ((name, VALUE),)), Reply(200, (("set-cookie", VALUE),)))
    stored = Scrubber(environment={}, rules=rules).scrub([recorded]).interactions[0]
    assert VALUE not in str(stored)


def test_a_header_that_a_contract_keeps_is_no_finding() -> None:
    """The scan goes by the rules by which the recording was scrubbed."""
    long = "0af3" * 8
    answered = (("x-acme-token-count", long),)
    data = serialize([Recorded(0, Request("POST", URL), Reply(200, answered))], {})
    assert [finding.rule for finding in scan(data)] == ["header x-acme-token-count"]
    assert scan(data, rules=ACME) == []


@pytest.mark.parametrize("pattern", ["", "*", "**"])
def test_a_pattern_that_names_no_header_is_refused(pattern: str) -> None:
    """It would keep everything."""
    with pytest.raises(UsageError, match=r"redaction: keep_response_headers: '.*' is not a header name"):
        RedactionRules(keep_response_headers=("x-fine", pattern))


@pytest.mark.parametrize(
    ("url", "stored"),
    [
        (f"https://a.example/v1?key={VALUE}&alt=sse", "https://a.example/v1?key=REDACTED-api-key-1&alt=sse"),
        ("https://a.example/v1?alt=sse&token=abc", "https://a.example/v1?alt=sse&token=REDACTED-token-1"),
        ("https://a.example/?X-Amz-Signature=00ff", "https://a.example/?X-Amz-Signature=REDACTED-token-1"),
        ("https://me:pw@a.example/v1", "https://REDACTED-userinfo-1@a.example/v1"),
        (
            "https://a.example/v1/projects/acme-1/models",
            "https://a.example/v1/projects/REDACTED-project-1/models",
        ),
        (
            "https://acme-eu.openai.azure.com/openai?api-version=2024-10-21",
            "https://REDACTED-azure-1.openai.azure.com/openai?api-version=2024-10-21",
        ),
        (f"{URL}?model=openai/gpt-5&limit=1%2F2", f"{URL}?model=openai/gpt-5&limit=1%2F2"),
    ],
)
def test_a_url_keeps_everything_but_its_secrets(url: str, stored: str) -> None:
    """Parameters by name, user-info and account names go; placeholders need no encoding in a URL."""
    assert scrubbed(url=url).request.url == stored


@pytest.mark.parametrize(
    "key",
    [
        "user_id",
        "creator_user_id",
        "userId",
        "email",
        "organization",
        "org_id",
        "organizationId",
        "account_id",
        "access_token",
        "id_token",
        "refresh_token",
        "client_secret",
        "safety_identifier",
        "user",
        "api_key",
        "apiKey",
        "password",
        "authorization",
        "x-api-key",
        "acme_api_key",
    ],
)
@pytest.mark.parametrize("side", ["body", "answer"])
def test_a_json_key_names_its_secret_at_any_depth(key: str, side: str) -> None:
    """The value of a key that names a secret goes, in both directions, also in JSON within JSON."""
    plain = {"messages": [{"deep": [{key: VALUE, "kept": "x"}]}], "inner": json.dumps({key: VALUE})}
    stored = scrubbed(**{side: json.dumps(plain, indent=1).encode()})
    text = (stored.request.body if side == "body" else stored.reply.body).decode()
    assert VALUE not in text
    assert json.loads(text)["messages"][0]["deep"][0]["kept"] == "x"
    assert key in json.loads(json.loads(text)["inner"])


@pytest.mark.parametrize("value", HARMLESS)
def test_what_is_no_secret_stays_byte_for_byte(value: str) -> None:
    """Token counts, log probabilities, schemas, signatures and data are stored exactly as they came."""
    stored = scrubbed(body=value.encode(), answer=value.encode())
    assert stored.request.body.decode() == value
    assert stored.reply.body.decode() == value


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("around", ["{}", "at the end\n{}", "({}).", "x={}&y", '"{}"', "\\n{}", "%22{}%22"])
def test_a_secret_is_told_by_its_shape(shape: str, around: str) -> None:
    """Keys of every make, tokens and ids of accounts go from text, whatever stands around them."""
    text = json.dumps({"message": around.format(shape)})
    stored = scrubbed(answer=text.encode(), status=401).reply.body.decode()
    assert json.dumps(shape.removeprefix("Bearer "))[1:-1] not in stored
    assert "REDACTED-" in stored


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("/Users/anna.p/src/x.py", "/Users/REDACTED-home-1/src/x.py"),
        ("see /home/baez/", "see /home/REDACTED-home-1/"),
        ("C:\\Users\\Anna P\\x", "C:\\Users\\REDACTED-home-1\\x"),
        ("https://example.com/home/anna/", "https://example.com/home/anna/"),
        ("/home/runner/work", "/home/runner/work"),
    ],
)
def test_the_name_goes_from_a_home_directory(text: str, stored: str) -> None:
    """The name is removed, and the path stays a path."""
    assert json.loads(scrubbed(body=json.dumps([text]).encode()).request.body) == [stored]


def test_an_answer_about_an_account_tells_only_its_shape() -> None:
    """Of /key and /credits every string and number goes; keys, types, booleans and nulls stay."""
    account = {
        "data": {"label": "sk-or-v1-abc", "usage": 12.5, "limit": None, "free": False, "n": 3, "of": ["x9"]}
    }
    for path in ("key", "credits", "auth/key", "activity", "keys/0af3"):
        answer = json.dumps(account).encode()
        stored = json.loads(scrubbed(url=f"https://api.example.com/api/v1/{path}", answer=answer).reply.body)
        assert stored["data"]["usage"] == 0.0
        assert stored["data"]["label"] == "REDACTED-account-1"
        assert [type(value) for value in stored["data"].values()] == [
            type(v) for v in account["data"].values()
        ]
        assert stored["data"]["free"] is False


def test_the_owner_of_a_budget_is_not_told() -> None:
    """The usage answer of a gateway keeps its numbers and loses its owner."""
    answer = b'{"budget":{"owner":"anna@acme.io","label":"team","limit":5,"spent":1.25}}'
    stored = scrubbed(url="https://gateway.example/v1/usage", answer=answer).reply.body
    assert (
        stored == b'{"budget":{"owner":"REDACTED-owner-1","label":"REDACTED-owner-2","limit":5,"spent":1.25}}'
    )


def test_a_secret_has_one_placeholder_in_a_cassette() -> None:
    """The same secret is recognised as the same wherever it stands, another as another."""
    key = "sk-or-v1-" + "0af3" * 16
    body = json.dumps({"a": key, "b": f"{key}!", "api_key": key, "c": key.replace("0", "1")}).encode()
    stored = scrubbed(headers=(("Authorization", f"Bearer {key}"),), body=body)
    assert json.loads(stored.request.body) == {
        "a": "REDACTED-api-key-1",
        "b": "REDACTED-api-key-1!",
        "api_key": "REDACTED-api-key-1",
        "c": "REDACTED-api-key-2",
    }
    assert stored.request.headers == (("Authorization", "Bearer REDACTED-api-key-1"),)


def test_numbers_of_placeholders_go_on() -> None:
    """What is added to a scrubbed cassette does not take the placeholder of another secret."""
    stored = scrubbed(body=b'{"api_key": "%s", "user": "REDACTED-api-key-7"}' % VALUE.encode())
    assert stored.request.body == b'{"api_key": "REDACTED-api-key-8", "user": "REDACTED-api-key-7"}'


def test_what_one_replacement_uncovers_is_replaced_too() -> None:
    """A value that looks like a secret only once a part of it is replaced goes at once, not the next time."""
    once = scrubbed(body=b'{"token": "/home/0"}')
    assert once.request.body == b'{"token": "REDACTED-token-1"}'
    assert SCRUBBER.scrub([once]).interactions == (once,)


def test_base64_stays_base64() -> None:
    """A secret within base64 is replaced within what it says, so that it can still be decoded."""
    key = "canary-" + "0af3" * 8
    inner = base64.b64encode(f"user:{key}\n".encode()).decode()
    scrubber = Scrubber({"canary": key}, environment={})
    recorded = Recorded(0, Request("POST", URL, JSON, json.dumps({"x": inner}).encode()), Reply())
    stored = json.loads(scrubber.scrub([recorded]).interactions[0].request.body)["x"]
    assert base64.b64decode(stored, validate=True) == b"user:REDACTED-secret-1\n"


def test_a_compressed_answer_is_stored_as_it_is_read() -> None:
    """A gzip body is stored decoded, without the header that said so and with its true length."""
    packed = gzip.compress(b'{"user_id": "user_2oXVabcDEF123ghiJKL456mno"}')
    answered = (*JSON, ("Content-Encoding", "gzip"), ("Content-Length", str(len(packed))))
    reply = scrubbed(answer=packed, answered=answered).reply
    assert reply.body == b'{"user_id": "REDACTED-user-1"}'
    assert reply.headers == (*JSON, ("Content-Length", str(len(reply.body))))


def test_a_compressed_stream_keeps_the_chunks_its_client_saw() -> None:
    """Each chunk of a compressed stream becomes what it made readable, after the same pause."""
    import zlib

    compressor = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    events = [b"data: one\n\n", b"data: two\n\n", b"data: [DONE]\n\n"]
    chunks = [compressor.compress(event) + compressor.flush(zlib.Z_SYNC_FLUSH) for event in events]
    chunks.append(compressor.flush())
    answered = (("Content-Type", "text/event-stream"), ("Content-Encoding", "gzip"))
    reply = scrubbed(answer=tuple(chunks), answered=answered, pauses_ms=(1.0, 2.0, 3.0, 4.0)).reply
    assert reply.chunks == tuple(events)
    assert reply.pauses_ms == (1.0, 2.0, 3.0)


def test_of_a_compressed_answer_that_was_cut_off_the_rest_is_read() -> None:
    """What had come of a compressed body is looked into as far as it can be read."""
    packed = gzip.compress(b'{"api_key": "' + VALUE.encode() + b'", "more": "' + bytes(range(65, 91)) * 9)[
        :-12
    ]
    reply = scrubbed(answer=packed, answered=(*JSON, ("Content-Encoding", "gzip"))).reply
    assert reply.body.startswith(b'{"api_key": "REDACTED-api-key-1", "more": "ABC')


def test_what_was_compressed_is_not_kept_beside_what_is_scrubbed(tmp_path: Path) -> None:
    """A cassette that was read with compressed bodies is stored without any of them."""
    packed = gzip.compress(b'{"api_key": "' + VALUE.encode() + b'"}')
    reply = Reply(200, (*JSON, ("Content-Encoding", "gzip")), (packed,))
    (tmp_path / "packed.yaml").write_bytes(serialize([Recorded(0, Request("GET", URL), reply)], {}))
    interactions = open_cassette(tmp_path / "packed.yaml").interactions
    stored = SCRUBBER.scrub(interactions).interactions[0]
    assert stored.encoded is None
    assert stored.reply.body == b'{"api_key": "REDACTED-api-key-1"}'


def test_a_compressed_request_without_secrets_stays_as_it_was_sent() -> None:
    """The bytes of a request are evidence: they change only for a secret."""
    packed = gzip.compress(b'{"model": "x"}')
    headers = (*JSON, ("Content-Encoding", "gzip"))
    assert scrubbed(headers=headers, body=packed).request.body == packed


def test_a_secret_across_chunks_leaves_the_other_boundaries() -> None:
    """Chunks keep their ends as far as they can: one within a secret goes to the end of its placeholder."""
    key = "sk-or-v1-" + "0af3" * 16
    body = f"data: before\n\ndata: {key}\n\ndata: after\n\n".encode()
    chunks = (body[:14], body[14:40], body[40:-13], body[-13:])
    answered = (("Content-Type", "text/event-stream"),)
    reply = scrubbed(answer=chunks, answered=answered, pauses_ms=(5.0, 6.0, 7.0, 8.0)).reply
    assert reply.chunks == (
        b"data: before\n\n",
        b"data: REDACTED-api-key-1",
        b"\n\n",
        b"data: after\n\n",
    )
    assert reply.pauses_ms == (5.0, 6.0, 7.0, 8.0)


def test_credentials_of_the_environment_are_known() -> None:
    """Every variable that is named like a credential is a secret without being passed in."""
    scrubber = Scrubber(environment={"ACME_TOKEN": "plain words as a token", "ACME_MODE": "plain words"})
    body = b"plain words as a token, and plain words"
    recorded = Recorded(0, Request("POST", URL, (), body), Reply())
    assert scrubber.scrub([recorded]).interactions[0].request.body == b"REDACTED-secret-1, and plain words"


def test_what_is_given_is_not_changed() -> None:
    """Scrubbing makes new values and leaves those that are judged alone."""
    body = b'{"api_key": "abcdefgh"}'
    recorded = Recorded(0, Request("POST", URL, (("X-Api-Key", "abc"),), body), Reply(200, JSON, (body,)))
    metadata = {"notes": [{"api_key": "abcdefgh"}]}
    SCRUBBER.scrub([recorded], metadata)
    assert recorded.request.body == recorded.reply.body == body
    assert recorded.request.headers == (("X-Api-Key", "abc"),)
    assert metadata == {"notes": [{"api_key": "abcdefgh"}]}


def test_the_rules_that_found_something_are_noted() -> None:
    """The note says what was scrubbed, and keeps what an earlier scrubbing noted."""
    recorded = Recorded(0, Request("POST", URL, (("X-Api-Key", "abc"),)), Reply(200, (("x-odd", "1"),)))
    metadata = SCRUBBER.scrub([recorded], {"scrubbed": ["field user"]}).metadata
    assert metadata == {"scrubbed": ["field user", "header x-api-key", "response header not listed"]}


@pytest.mark.parametrize(
    "foreign",
    [
        "<REDACTED>",
        "REDACTED",
        "**FILTERED**",
        "<GEMINI_API_KEY>",
        "AUTHORIZATION-XXX",
        "test_aws_security_token",
        "dummy-key",
        "Bearer <redacted>",
    ],
)
def test_the_placeholders_of_others_are_no_findings(foreign: str) -> None:
    """A cassette that another tool has scrubbed passes the check."""
    recorded = Recorded(
        0, Request("POST", URL, (("authorization", foreign), ("x-api-key", foreign))), Reply()
    )
    assert scan(serialize([recorded], {})) == []


def test_a_finding_tells_the_place_in_the_file_and_in_the_body() -> None:
    """A finding leads to the line of the file and to the JSONPath in the body."""
    body = b'{"messages": [{"content": "x"}, {"user_id": "%s"}]}' % VALUE.encode()
    answered = (("Set-Cookie", f"a={VALUE}"),)
    data = serialize(
        [Recorded(0, Request("POST", f"{URL}?key={VALUE}", JSON, body), Reply(200, answered))], {}
    )
    told = [(finding.place, finding.rule) for finding in scan(data)]
    assert told == [
        ("interaction 0, request URL", "field key"),
        ("interaction 0, request body $.messages[1].user_id", "field user_id"),
        ("interaction 0, response header Set-Cookie", "header set-cookie"),
    ]
    lines = data.decode().splitlines()
    starts = [lines[finding.line - 1].strip().partition(":")[0] for finding in scan(data)]
    assert starts == ["uri", "body", "Set-Cookie"]


def test_the_scan_reads_comments_and_what_is_no_cassette() -> None:
    """A key in a comment, or in a file that is no YAML at all, is found too."""
    key = "sk-or-v1-" + "0af3" * 16
    assert [finding.line for finding in scan(f"version: 1\n# {key}\ninteractions: []\n".encode())] == [2]
    assert [finding.line for finding in scan(f"a: [1\n{key}\n".encode())] == [2]


def test_a_body_that_cannot_be_looked_into_is_a_finding() -> None:
    """What is encoded in a way that cannot be undone here may hold anything, so it does not pass."""
    answered = (("Content-Encoding", "x-unheard-of"),)
    findings = scan(
        serialize([Recorded(0, Request("GET", URL), Reply(200, answered, (b"\xff\x00\xfe",)))], {})
    )
    assert [finding.place for finding in findings] == ["interaction 0, response body"]


def test_a_finding_does_not_tell_a_secret_that_is_a_key() -> None:
    """A secret in the place of a name is not shown as part of the place."""
    secret = "AKIAIOSFODNN7EXAMPLE"
    body = json.dumps({secret: {secret: VALUE}}).encode()
    told = scan(
        serialize([Recorded(0, Request("POST", URL, ((secret, "x"),), body), Reply())], {secret: secret})
    )
    assert told
    assert secret not in " ".join(str(finding) for finding in told)
