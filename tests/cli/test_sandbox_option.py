"""`--sandbox`, and what is told of the way in which a program was seen, by the command itself."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.implementations.send.sandbox import Launcher

Harness = Callable[..., "subprocess.CompletedProcess[str]"]

BASE = "http://127.0.0.1:1/v1"

SUITE = f"""\
suite: acme/local
about: A gateway on this machine.
scenarios:
  - id: chat
    about: It gets the request.
    rules: [AC-HDR-02]
    input: {{operation: chat, model: acme/a/b, base_url: "{BASE}", history: []}}
    interactions:
      - request: {{method: POST, url: "{BASE}/chat/completions", forbid_headers: [HTTP-Referer]}}
"""

CLIENT = """\
import contextlib, json, sys, urllib.error, urllib.request
given = json.load(sys.stdin)
request = urllib.request.Request(given["base_url"] + "/chat/completions", b"{}", {LEAKS})
with contextlib.suppress(urllib.error.HTTPError):
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request)
sys.exit("the answer is of no use")
"""

PAST_THE_PROXY = (
    "nothing came through the proxy; a client that ignores HTTPS_PROXY is only seen in the sandbox"
)


def write_client(folder: Path, *, leaks: str = "") -> str:
    """A client that knows no proxies, in a folder with an `implementation.yaml` which asks for no sandbox."""
    headers = {"HTTP-Referer": leaks} if leaks else {}
    home = folder / "client"
    home.mkdir()
    (home / "client.py").write_text(CLIENT.replace("{LEAKS}", repr(headers)), "utf-8")
    command = shlex.join([sys.executable, "client.py"])
    (home / "implementation.yaml").write_text(f"address: 'exec:{command}'\nsandbox: off\n", "utf-8")
    (folder / "local.yaml").write_text(SUITE, "utf-8")
    return "./client"


@pytest.fixture
def _where_namespaces_are_allowed() -> None:
    launcher = Launcher("auto")
    launcher.close()
    if launcher.notes:
        pytest.skip(launcher.notes[0])


@pytest.mark.usefixtures("_where_namespaces_are_allowed")
def test_the_option_is_stronger_than_the_file(harness: Harness, folder: Path) -> None:
    """In the sandbox the client is seen at its port; as its file has it, it errs with the reason."""
    client = write_client(folder)
    inside = harness("run", "local.yaml", "-i", client, "--sandbox", "require")
    assert (inside.returncode, inside.stderr) == (0, "")
    assert "1 passed, 0 failed" in inside.stdout
    outside = harness("run", "local.yaml", "-i", client)
    assert outside.returncode == 3
    assert PAST_THE_PROXY in outside.stdout
    assert "never sent" not in outside.stdout


@pytest.mark.usefixtures("_where_namespaces_are_allowed")
def test_other_commands_have_the_option_too(harness: Harness, folder: Path, proxy_suite: Path) -> None:
    """What a client sends is shown and checked without leaving the sandbox."""
    client = write_client(folder)
    given = json.dumps({"model": "acme/a/b", "base_url": BASE})
    shaped = harness("shape", "-i", client, "--sandbox", "require", stdin=given)
    assert json.loads(shaped.stdout)["url"] == f"{BASE}/chat/completions"
    checked = harness("check-proxy", BASE, "-i", client, "--sandbox", "require")
    assert "errored" not in checked.stdout
    assert "kept    " in checked.stdout


@pytest.mark.usefixtures("_where_namespaces_are_allowed")
def test_a_failure_is_told_with_what_else_was_noted(harness: Harness, folder: Path) -> None:
    """Such as how the program ended."""
    client = write_client(folder, leaks="https://acme.example")
    done = harness("run", "local.yaml", "-i", client, "--sandbox", "require")
    assert done.returncode == 1
    (note,) = [line.strip() for line in done.stdout.splitlines() if line.strip().startswith("note: ")]
    assert note == "note: it exited with status 1, and wrote to standard error: the answer is of no use"


def without_namespaces(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`harness ARGUMENT…` where the system lets nobody make a namespace."""
    forbidden = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"'
    words = ["unshare", "--user", "--map-root-user", "sh", "-c", forbidden, "sh"]
    if shutil.which("unshare") is None or subprocess.run([*words, "true"], check=False).returncode:
        pytest.skip("namespaces cannot be forbidden here")
    return subprocess.run(
        [*words, sys.executable, "-m", "harness", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "HARNESS_CACHE_DIR": str(folder / "cache")},
    )


def test_a_sandbox_that_is_missing_is_told_once_at_the_start(folder: Path) -> None:
    """Before the first case, with the reason: what is seen now depends on the client's proxies."""
    client = write_client(folder)
    done = without_namespaces(folder, "run", "local.yaml", "-i", client, "--sandbox", "auto")
    note = "client: observed through proxy variables only, not in a sandbox: "
    assert done.stdout.splitlines()[1].startswith(note)
    assert done.stdout.count(note) == 1


def test_a_sandbox_that_is_required_and_missing_ends_the_run(folder: Path) -> None:
    """Before anything is run outside of it."""
    client = write_client(folder)
    done = without_namespaces(folder, "run", "local.yaml", "-i", client, "--sandbox", "require")
    assert (done.returncode, done.stdout) == (4, "")
    assert "does not allow network namespaces" in done.stderr


def test_a_sandbox_that_there_is_not_is_bad_usage(harness: Harness) -> None:
    """With the words there are."""
    done = harness("run", "suite.yaml", "--sandbox", "requir")
    assert done.returncode == 4
    assert "'auto', 'require', 'off'" in done.stderr
