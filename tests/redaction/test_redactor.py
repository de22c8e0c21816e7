"""Secrets out of text."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from harness.redaction import Redactor, credentials_in


def test_a_canary_shows_under_its_name() -> None:
    """A secret minted for a case is shown as the variable it was written as."""
    mask = Redactor({"api_key": "sk-or-v1-" + "ab" * 24})
    assert mask("Bearer sk-or-v1-" + "ab" * 24 + "!") == "Bearer ${canary.api_key}!"


@pytest.mark.parametrize(
    "secret",
    [
        "sk-or-v1-0123456789abcdef0123456789abcdef",
        "sk-ant-api03-AAAAAAAAAAAAAAAAAAAAAAAA",
        "sk-proj-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "AIzaSyA-0123456789012345678901234567890",
        "ghp_012345678901234567890123456789012345",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
    ],
)
def test_text_shaped_like_a_key_is_masked(secret: str) -> None:
    """Text of the shape that providers give their keys never stays readable."""
    assert secret not in Redactor()(f'{{"error": "key {secret} is not valid"}}')


@pytest.mark.parametrize(
    "text", ["task-list-of-the-evening-shift", "Bearer sk-or-test", "desk-0123456789abcdef01"]
)
def test_ordinary_text_stays(text: str) -> None:
    """Words that merely contain the beginning of a key's shape are left alone."""
    assert Redactor()(text) == text


def test_only_variables_named_like_credentials_count() -> None:
    """A variable is a credential by its name, and only if its value is long enough to be one."""
    environment = {
        "OPENROUTER_API_KEY": "value-of-the-key",
        "GITHUB_TOKEN": "value-of-the-token",
        "DB_PASSWORD": "value-of-the-password",
        "KEYBOARD": "value-of-the-keyboard",
        "SHORT_KEY": "abc",
        "HOME": "/home/somebody",
    }
    assert set(credentials_in(environment)) >= {"OPENROUTER_API_KEY", "GITHUB_TOKEN", "DB_PASSWORD"}
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
    assert "masked" in text
    assert text.startswith('before {"x": "')
    assert text.endswith('"} after')
