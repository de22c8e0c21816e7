"""Secrets out of text."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable

import pytest
from secret_shapes import HARMLESS, SHAPES

from harness.model import Request
from harness.redaction import Redactor, credentials_in


def test_a_canary_shows_under_its_name() -> None:
    """A secret minted for a case is shown as the variable it was written as."""
    mask = Redactor({"api_key": "sk-or-v1-" + "ab" * 24})
    assert mask("Bearer sk-or-v1-" + "ab" * 24 + "!") == "Bearer ${canary.api_key}!"


@pytest.mark.parametrize(
    "secret", [*SHAPES, "sk-ant-api03-AAAAAAAAAAAAAAAAAAAAAAAA", "sk-proj-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"]
)
@pytest.mark.parametrize("around", ['{{"error": "key {} is not valid"}}', "{}", "x={}&y", "'{}'", "%22{}%22"])
def test_text_shaped_like_a_secret_is_masked(secret: str, around: str) -> None:
    """Whatever scrubbing would take for a secret never stays readable in a report either."""
    masked = Redactor()(around.format(secret))
    assert secret.removeprefix("Bearer ") not in masked
    assert "[masked]" in masked


@pytest.mark.parametrize(
    "text",
    [
        *HARMLESS,
        "task-list-of-the-evening-shift",
        "Bearer sk-or-test",
        "desk-0123456789abcdef01",
        "at /home/anna/acme/suites/chat.yaml:12",
        "at C:\\Users\\Anna P\\suites\\chat.yaml:12",
        "POST https://acme-eu.openai.azure.com/openai/deployments was not expected",
        "POST https://a.example/v1/projects/acme/locations was not expected",
    ],
)
def test_ordinary_text_stays(text: str) -> None:
    """Words that merely contain the beginning of a shape are left alone, and so are names in paths and URLs:
    a report has to say which file, and where a request went."""
    assert Redactor()(text) == text


def test_only_variables_named_like_credentials_count() -> None:
    """A variable is a credential by its name, and only if its value is long enough to be one."""
    environment = {
        "ACME_API_KEY": "value-of-the-key",
        "GITHUB_TOKEN": "value-of-the-token",
        "DB_PASSWORD": "value-of-the-password",
        "KEYBOARD": "value-of-the-keyboard",
        "SHORT_KEY": "abc",
        "HOME": "/home/anna",
    }
    assert set(credentials_in(environment)) >= {"ACME_API_KEY", "GITHUB_TOKEN", "DB_PASSWORD"}
    assert not {"KEYBOARD", "HOME"} & set(credentials_in(environment))


def test_the_environments_credentials_are_masked_by_name() -> None:
    """A credential of the process's environment is masked wherever it turns up, whatever its shape."""
    code = "from harness.redaction import Redactor; print(Redactor()('leaked: plain-looking-value'))"
    environment = {**os.environ, "MY_API_KEY": "plain-looking-value"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert done.stdout == "leaked: [MY_API_KEY masked]\n"


@pytest.mark.parametrize(
    "written",
    [
        lambda secret: base64.b64encode(secret).decode(),
        lambda secret: base64.urlsafe_b64encode(b"k=" + secret + b"&x=1").decode(),
        lambda secret: "".join(f"%{byte:02X}" for byte in secret),
        lambda secret: "".join(f"\\u{byte:04x}" for byte in secret),
        lambda secret: base64.b64encode(base64.b64encode(secret)).decode(),
    ],
    ids=["base64", "base64-within", "percent", "json-escapes", "base64-twice"],
)
def test_a_canary_is_masked_however_it_is_encoded(written: Callable[[bytes], str]) -> None:
    """An implementation that leaks an encoded key does not make the harness show it."""
    secret = "sk-or-v1-" + "ab" * 24
    text = Redactor({"api_key": secret})(f'before {{"x": "{written(secret.encode())}"}} after')
    assert written(secret.encode()) not in text
    assert "[canary.api_key masked]" in text
    assert text.startswith('before {"x": "')
    assert text.endswith('"} after')


def test_other_secrets_are_masked_by_name() -> None:
    """A key that was taken out of the environment is masked as if it were still there."""
    redactor = Redactor(secrets={"ACME_KEY": "plain-looking-value"})
    assert redactor("Bearer plain-looking-value!") == "Bearer [ACME_KEY masked]!"
    encoded = base64.b64encode(b"user:plain-looking-value").decode()
    assert redactor(f"sent {encoded}") == "sent [ACME_KEY masked]"


def test_what_is_learned_later_is_masked_from_then_on() -> None:
    """As the label of a key is once the key has been looked up."""
    redactor = Redactor(secrets={"key": "plain-looking-value"})
    assert redactor("Ada's recordings cannot pay") == "Ada's recordings cannot pay"
    redactor.learn({"label": "Ada's recordings", "owner": "Ada"})
    assert redactor("Ada's recordings cannot pay") == "[label masked] cannot pay"
    assert redactor("plain-looking-value") == "[key masked]"


@pytest.mark.parametrize("short", ["", "a", "abc"])
def test_short_names_do_not_garble_text(short: str) -> None:
    """A label of a letter or two stands in every other word."""
    redactor = Redactor({"empty": ""}, {"label": short})
    assert redactor("a warm day, abc") == "a warm day, abc"


def test_the_longest_secret_is_masked_first() -> None:
    """A secret that begins another leaves nothing of it."""
    redactor = Redactor({"short": "alpha-beta"}, {"LONG": "alpha-beta-gamma"})
    assert redactor("alpha-beta-gamma alpha-beta") == "[LONG masked] ${canary.short}"


def test_a_secret_in_an_unknown_mix_of_encodings_takes_the_value_with_it() -> None:
    """Where the start of a secret cannot be found, the whole value is masked, and JSON stays JSON."""
    secret = "plain-looking-value"
    mixed = "".join("%" + "".join(f"\\u{ord(digit):04x}" for digit in f"{ord(sign):02x}") for sign in secret)
    masked = Redactor({"api_key": secret})(f'{{"kept": "x", "leaked": "say {mixed} now"}}')
    assert json.loads(masked) == {"kept": "x", "leaked": "[canary.api_key masked]"}


def test_bytes_are_masked_as_text_is() -> None:
    """Also where they are no text, and data without secrets is the same object."""
    redactor = Redactor({"api_key": "plain-looking-value"})
    assert redactor.data(b"\xff plain-looking-value \x00") == b"\xff ${canary.api_key} \x00"
    clean = b"\xff\x00 nothing"
    assert redactor.data(clean) is clean


def test_a_tree_is_masked_in_its_keys_and_values() -> None:
    """Strings only: numbers, booleans and null stay what they are."""
    redactor = Redactor({"api_key": "plain-looking-value"})
    tree = {"plain-looking-value": [1, True, None, 2.5, ("plain-looking-value", {"deep": "x"})]}
    assert redactor.tree(tree) == {
        "${canary.api_key}": [1, True, None, 2.5, ["${canary.api_key}", {"deep": "x"}]]
    }


def test_a_request_is_masked_by_the_names_of_its_headers_and_parameters() -> None:
    """Whatever the shape of their values; schemes and all other values stay."""
    request = Request(
        "POST",
        "https://a.example/v1?key=abc&model=x&client_secret=a%20b#end",
        (
            ("Authorization", "Bearer abc"),
            ("authorization", "abc"),
            ("X-Api-Key", "abc"),
            ("Cookie", "a=b"),
            ("x-acme-session", "abc"),
            ("idempotency-key", "abc"),
            ("content-type", "text/plain"),
        ),
        b"key sk-or-v1-0123456789abcdef0123456789abcdef",
    )
    masked = Redactor().request(request)
    assert masked.url == "https://a.example/v1?key=[masked]&model=x&client_secret=[masked]"
    assert masked.headers == (
        ("Authorization", "Bearer [masked]"),
        ("authorization", "[masked]"),
        ("X-Api-Key", "[masked]"),
        ("Cookie", "[masked]"),
        ("x-acme-session", "[masked]"),
        ("idempotency-key", "[masked]"),
        ("content-type", "text/plain"),
    )
    assert masked.body == b"key [masked]"
