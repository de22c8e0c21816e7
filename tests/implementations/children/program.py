"""A client that knows nothing of the harness, apart from the input it is given. See the functions."""

import http.client
import json
import os
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

Input = dict[str, Any]
BASE = "https://api.acme.example/v1"


def post(given: Input, url: str | None = None) -> str:
    """One POST through whatever proxy the environment names, trusting what it names."""
    request = urllib.request.Request(
        url or (given.get("base_url") or BASE) + "/chat/completions",
        json.dumps({"model": given.get("model")}).encode(),
        {"Authorization": "Bearer " + given.get("api_key", "k"), "X-CaSe": "kept"},
    )
    with urllib.request.urlopen(request) as answer:
        text: str = answer.read().decode()
        return text


def say(outcome: Input) -> None:
    sys.stdout.write(json.dumps(outcome) + "\n")


def report(given: Input) -> None:
    sys.stdout.write("some talk first\n")
    say({"text": post(given)})


def report_without_newline(given: Input) -> None:
    sys.stdout.write(json.dumps({"text": post(given)}))


def silent(given: Input) -> None:
    post(given)


def nothing(given: Input) -> None:
    pass


def fail_after(given: Input) -> None:
    post(given)
    sys.exit("the answer was not understood; key " + given["api_key"])


def fail_before(given: Input) -> None:
    sys.exit("no idea what to do; key " + given["api_key"])


def refuse(given: Input) -> None:
    say({"error": {"class": "auth", "retryable": False, "message": "no key"}})
    sys.exit(1)


def unsupported(given: Input) -> None:
    say({"unsupported": "no speech"})


def from_file(given: Input) -> None:
    same = json.loads(Path(os.environ["HARNESS_INPUT"]).read_text()) == given
    say({"text": f"{same} {os.environ['HARNESS_CASE']}"})


def environment(given: Input) -> None:
    say({"text": json.dumps(dict(os.environ))})


def who(given: Input) -> None:
    """User, group, and the network devices there are."""
    devices = [name for _, name in socket.if_nameindex()]
    say({"text": json.dumps([os.getuid(), os.getgid(), devices])})


def untrusting(given: Input) -> None:
    os.environ.pop("SSL_CERT_FILE")
    post(given)


def hang(given: Input) -> None:
    post(given)
    time.sleep(600)


def leave_a_child(given: Input) -> None:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    say({"text": str(process.pid)})
    sys.stdout.flush()
    time.sleep(600)


def past_the_proxy(given: Input) -> None:
    """Direct connections: TLS by name, plain by name, and one to an address without a name."""
    trust = ssl.create_default_context()
    connections = (
        http.client.HTTPSConnection("api.acme.example", context=trust),
        http.client.HTTPConnection("telemetry.example"),
        http.client.HTTPConnection("198.51.100.7"),
    )
    said = []
    for connection in connections:
        connection.request("GET", "/past")
        said.append(connection.getresponse().read().decode())
        connection.close()
    say({"text": " ".join(said)})


def past_the_proxy_in_vain(given: Input) -> None:
    """What clients make of it that know no proxies; `mute` ones say nothing and fail."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        direct.open(given["base_url"])
    except OSError as error:
        if given.get("mute"):
            sys.exit(repr(error))
        say({"error": {"class": "timeout", "retryable": True, "message": repr(error)}})


def other_ports(given: Input) -> None:
    """What becomes of connections to places where nobody listens."""
    kinds = []
    for address in (("1.1.1.1", 853), ("api.acme.example", 8443)):
        try:
            socket.create_connection(address, timeout=20).close()
            kinds.append("connected")
        except OSError as error:
            kinds.append(type(error).__name__)
    say({"text": " ".join(kinds)})


def main() -> None:
    given = json.load(sys.stdin)
    globals()[given.get("do", "report")](given)


main()
