"""Nothing that a run writes or prints shows a secret, however an implementation spreads it."""

from __future__ import annotations

import base64
import gzip
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

KEY = "sk-acme-" + "c0ffee" * 8
TOKEN = "plain-looking-credential-4711"

SUITE = """\
suite: leaks/everywhere
scenarios:
  - id: one
    about: Whatever the client spreads stays inside.
    rules: [AC-HDR-01]
    for_each: [{way: answer}, {way: raise}, {way: outcome}]
    input:
      model: acme/a/b
      api_key: ${canary.api_key}
      system: ${each.way}
      history: [{role: user, content: hi}]
    interactions:
      - request:
          method: POST
          url: https://api.acme.example/v1/chat/completions
          headers: {Authorization: Bearer somebody-else}
          body: {model: a/b}
    outcome: {text: fine}
"""

SPREADER = """\
import base64, gzip, json, os, sys
from urllib.parse import quote


def forms(secret):
    raw = secret.encode()
    yield secret
    yield base64.b64encode(raw).decode()
    yield base64.urlsafe_b64encode(b"a" + raw).decode()
    yield base64.b64encode(b"ab" + raw + b"c").decode()
    yield "".join(f"%{byte:02x}" for byte in raw)
    yield quote("".join(f"%{byte:02x}" for byte in raw))
    yield json.dumps(secret)[1:-1]
    yield "".join(f"\\\\u{byte:04x}" for byte in raw)
    yield base64.b64encode(base64.b64encode(raw)).decode()


def spread(given):
    secrets = [given["api_key"], os.environ["ACME_API_KEY"], os.environ["ACME_TOKEN"]]
    texts = [form for secret in secrets for form in forms(secret)]
    print("noise on standard error", texts, file=sys.stderr) if given["system"] == "stderr" else None
    if given["system"] == "raise":
        raise RuntimeError("cannot: " + " ".join(texts))
    request = {
        "method": "POST",
        "url": "https://api.acme.example/v1/chat/completions?k=" + quote(texts[0]) + "&b=" + quote(texts[1]),
        "headers": [["X-Spread", text] for text in texts] + [["Cookie", "session=" + texts[0]]],
        "body": {"model": "a/b", "nested": [{"deep": {text: text for text in texts}}]},
    }
    if given["system"] == "answer":
        return [request]
    return {"text": " ".join(texts), "error": {"message": texts[3]}}


spread.harness = {"features": ["outcome", "replies"]}
"""

ADAPTER = """\
import json, os, sys
from spreader import forms

for line in sys.stdin:
    message = json.loads(line)
    if message["cmd"] == "start":
        can = {"operations": ["chat"], "features": ["outcome", "replies"]}
        answer = {"version": 1, "implementation": {"name": "spreader"}, "capabilities": can}
    elif message["cmd"] == "run":
        text = " ".join(forms(message["input"]["api_key"]))
        print(text, file=sys.stderr, flush=True)
        answer = {"seq": message["seq"], "error": text, "detail": text}
    else:
        break
    print(json.dumps(answer), flush=True)
"""


@pytest.fixture
def spreading(tmp_path: Path, with_acme: Callable[[Path], None]) -> Path:
    """A folder with the suite and clients that put every secret they know into everything they say."""
    with_acme(tmp_path)
    (tmp_path / "suite.yaml").write_text(SUITE, "utf-8")
    (tmp_path / "spreader.py").write_text(SPREADER, "utf-8")
    (tmp_path / "adapter.py").write_text(ADAPTER, "utf-8")
    return tmp_path


def harness(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    environment = {name: value for name, value in os.environ.items() if name != "CI"}
    environment |= {"ACME_API_KEY": KEY, "ACME_TOKEN": TOKEN, "PYTHONPATH": str(folder)}
    environment |= {"HARNESS_CACHE_DIR": str(folder / "cache")}
    command = [sys.executable, "-m", "harness", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True)


def shows(text: bytes) -> list[str]:
    """The secrets that `text` shows, by an own search that shares nothing with the harness."""
    found = []
    readings = [text, text.lower()]
    for _ in range(3):
        readings.append(bytes(readings[-1]).replace(b"%25", b"%"))
    for secret in (KEY, TOKEN):
        raw = secret.encode()
        inner = [base64.b64encode(b"\0" * pad + raw)[4 if pad else 0 : -4] for pad in range(3)]
        percent = "".join(f"%{byte:02x}" for byte in raw).encode()
        escapes = "".join(f"\\u{byte:04x}" for byte in raw).encode()
        twice = base64.b64encode(base64.b64encode(raw))[:40]
        forms = (
            raw,
            *inner,
            percent,
            escapes,
            escapes.replace(b"\\", b"\\\\"),
            twice,
            quote(percent).encode(),
        )
        found += [
            f"{secret[:8]}… as {form[:16]!r}"
            for form in forms
            if any(form in reading or form.lower() in reading for reading in readings)
        ]
    return found


def test_the_search_of_these_tests_finds_what_the_clients_spread(spreading: Path) -> None:
    """The search is able to fail: run by itself, the spreader shows everything."""
    code = (
        "import json, spreader; print(json.dumps(spreader.spread({'api_key': 'k' * 20, 'system': 'answer'})))"
    )
    environment = {**os.environ, "ACME_API_KEY": KEY, "ACME_TOKEN": TOKEN}
    done = subprocess.run([sys.executable, "-c", code], cwd=spreading, env=environment, capture_output=True)
    assert {line.partition("…")[0] for line in shows(done.stdout)} == {KEY[:8], TOKEN[:8]}
    assert len(shows(done.stdout)) > 10


@pytest.mark.parametrize("address", ["python:spreader:spread", f"command:{sys.executable} adapter.py"])
def test_no_output_report_or_saved_request_shows_a_secret(address: str, spreading: Path) -> None:
    """Terminal, JSON, JUnit and failure files show no canary and no credential of the environment."""
    reports = ("--report", "json=out/report.json", "--report", "junit=out/report.xml")
    done = harness(spreading, "run", "suite.yaml", "-v", "-i", address, *reports)
    assert done.returncode in (1, 3), done.stderr.decode()
    written = [done.stdout, done.stderr]
    for path in spreading.rglob("*"):
        if path.is_file() and path.suffix != ".py":
            data = path.read_bytes()
            written.append(gzip.decompress(data) if path.suffix == ".gz" else data)
    assert len(written) > 4
    everything = b"\n".join(written)
    assert shows(everything) == []
    assert not re.search(rb"sk-acme-[0-9a-z]", everything)
    assert b"${canary.api_key}" in everything


def test_a_childs_environment_and_the_process_list_hold_no_secret(spreading: Path) -> None:
    """Credentials reach neither a child's environment nor any command line on the machine."""
    (spreading / "looks.py").write_text(
        "import json, os, pathlib, sys\n"
        "for line in sys.stdin:\n"
        "    message = json.loads(line)\n"
        "    if message['cmd'] == 'start':\n"
        "        processes = pathlib.Path('/proc').glob('[0-9]*/cmdline')\n"
        "        lines = [path.read_bytes().decode(errors='replace') for path in processes]\n"
        "        pathlib.Path('seen.json').write_text(json.dumps([dict(os.environ), lines]))\n"
        "        print(json.dumps({'version': 1, 'capabilities': {'operations': ['chat']}}), flush=True)\n"
        "    elif message['cmd'] == 'run':\n"
        "        print(json.dumps({'seq': message['seq'], 'done': True}), flush=True)\n"
        "    else:\n"
        "        break\n",
        "utf-8",
    )
    harness(spreading, "run", "suite.yaml", "-i", f"command:{sys.executable} looks.py")
    assert shows((spreading / "seen.json").read_bytes()) == []
