"""The certificate authority of a run."""

from __future__ import annotations

import os
import ssl
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from harness.wire.tls import Authority

_RUN = """
import ssl, sys
from pathlib import Path
from unittest import mock
import trustme
from harness.model import Reply
from harness.wire.server import CaptureServer
import httpx

folder = Path(sys.argv[1])
seen = []
load = ssl.SSLContext.load_cert_chain

def watch(context, path):
    seen.extend(file for file in folder.rglob("*") if file.is_file() and b"PRIVATE KEY" in file.read_bytes())
    load(context, path)

with mock.patch.object(ssl.SSLContext, "load_cert_chain", watch), CaptureServer() as server:
    ca = server.authority.ca_file
    assert ca.is_relative_to(folder)
    with server.listen(lambda request: Reply()) as listener:
        trust = ssl.create_default_context(cafile=str(ca))
        with httpx.Client(proxy=listener.proxy_url, verify=trust) as client:
            assert client.get("https://api.acme.example").status_code == 200
print(len(seen), sorted(str(file) for file in folder.rglob("*")))
"""


def test_no_private_key_is_ever_in_a_file_and_nothing_is_left(tmp_path: Path) -> None:
    """Not even while OpenSSL, which reads keys from files only, is given one; after the run the folder for
    temporary files is as it was."""
    if not hasattr(os, "memfd_create"):
        pytest.skip("this system has no files in memory; keys go through a file that only its user can read")
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    words = [sys.executable, "-c", _RUN, str(tmp_path)]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == "0 []\n", done.stderr


def test_without_files_in_memory_a_key_is_readable_by_its_user_only(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """And gone as soon as it is loaded."""
    monkeypatch.delattr(os, "memfd_create", raising=False)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    modes: list[int] = []
    load = ssl.SSLContext.load_cert_chain

    def watch(context: ssl.SSLContext, path: str) -> None:
        modes.append(stat.S_IMODE(Path(path).stat().st_mode))
        load(context, path)

    monkeypatch.setattr(ssl.SSLContext, "load_cert_chain", watch)
    with Authority() as authority:
        authority.context("api.acme.example")
        left = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert modes == [0o600]
    assert left == [authority.ca_file]


def test_clients_are_given_a_certificate_and_nothing_secret() -> None:
    """One certificate, until the authority is closed."""
    with Authority() as authority:
        pem = authority.ca_file.read_text()
        assert pem.count("BEGIN") == pem.count("BEGIN CERTIFICATE") == 1
    assert not authority.ca_file.exists()


def test_each_run_has_an_authority_of_its_own() -> None:
    """Trusting one says nothing about another."""
    with Authority() as one, Authority() as other:
        assert one.ca_file.read_bytes() != other.ca_file.read_bytes()


def test_a_host_that_no_certificate_can_name_is_refused() -> None:
    """With the error of the library that makes certificates."""
    with Authority() as authority, pytest.raises(ValueError, match="too long"):
        authority.context("a" * 300 + ".example")
