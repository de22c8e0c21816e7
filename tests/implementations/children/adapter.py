"""An adapter that does what its input tells it to, well or badly. See the functions for what it can do."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

Message = dict[str, Any]

NAME = {"name": "obedient", "version": "2.1", "language": "Python"}
STEPS: list[int] = []
ALL = {
    "operations": ["chat"],
    "inputs": ["*"],
    "features": ["outcome", "replies", "clock", "steps"],
    "concurrency": 8,
}


def say(**message: Any) -> None:
    write(json.dumps(message) + "\n")


def write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def listen() -> Message:
    line = sys.stdin.readline()
    if not line:
        sys.exit(0)
    message: Message = json.loads(line)
    return message


def aside(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def request(run: Message, **changes: Any) -> Message:
    body = json.dumps(run["input"].get("body", {"seen": sorted(run["input"])}))
    return {
        "method": "POST",
        "url": "https://api.example/v1",
        "headers": [["X-Case", run["case"]]],
        "body": body,
        **changes,
    }


def shape(run: Message) -> None:
    say(seq=run["seq"], n=1, request=request(run), done=True)


def body_base64(run: Message) -> None:
    encoded = run["input"]["encoded"]
    say(seq=run["seq"], n=1, request=request(run, body=None, body_base64=encoded), done=True)


def converse(run: Message) -> None:
    say(seq=run["seq"], n=1, request=request(run, timeout_ms=1500))
    reply = listen()
    say(seq=run["seq"], done=True, outcome={"text": json.dumps(reply["response"])})


def open_two(run: Message) -> None:
    """Two requests open at once; what came back for each goes into the outcome by its number."""
    for n in (1, 2):
        say(seq=run["seq"], n=n, request=request(run, url=f"https://api.example/{n}"))
    replies = {}
    for _ in range(2):
        reply = listen()
        replies[reply["n"]] = "".join(reply["response"]["chunks"])
    say(seq=run["seq"], done=True, outcome={"text": f"{replies[1]},{replies[2]}"})


def sleep(run: Message) -> None:
    for ms in (5000, 250.5):
        say(seq=run["seq"], sleep_ms=ms)
        assert listen()["cmd"] == "wake"
    say(seq=run["seq"], n=1, request=request(run))
    listen()
    say(seq=run["seq"], n=2, request=request(run), done=True, outcome={})


def late_first(run: Message) -> None:
    """Keep the first run until the second has been answered."""
    other = listen()
    say(seq=other["seq"], done=True, outcome={"text": other["case"]})
    say(seq=run["seq"], done=True, outcome={"text": run["case"]})


def remember(run: Message) -> None:
    """Tell which steps of this case came before, from memory."""
    if run["step"] == 1:
        STEPS.clear()
    STEPS.append(run["step"])
    say(seq=run["seq"], done=True, outcome={"text": f"{STEPS} of {run['steps']}"})


def unsupported(run: Message) -> None:
    say(seq=run["seq"], unsupported="no speech")


def error(run: Message) -> None:
    say(seq=run["seq"], error="out of order", detail="Traceback of the adapter")


def refuse(run: Message) -> None:
    say(seq=run["seq"], done=True, outcome={"error": {"class": "auth", "retryable": False}})


def raw(run: Message) -> None:
    """Write the given lines as they are, `SEQ` standing for the run's number, and go on listening."""
    for line in run["input"]["lines"]:
        write(line.replace("SEQ", str(run["seq"])) + "\n")


def raw_then_shape(run: Message) -> None:
    raw(run)
    shape(run)


def hang(run: Message) -> None:
    while True:
        time.sleep(60)


def wait(run: Message) -> None:
    """Wait for `cancel`, and obey it."""
    while True:
        message = listen()
        if message["cmd"] == "cancel":
            say(seq=message["seq"], cancelled=True)
            return


def exit_now(run: Message) -> None:
    aside("about to leave")
    os._exit(7)


def exit_once(run: Message) -> None:
    """Leave the first time, and answer the next: the marker is a file."""
    marker = Path(run["input"]["marker"])
    if not marker.exists():
        marker.touch()
        os._exit(7)
    shape(run)


def crash(run: Message) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def close_stdout(run: Message) -> None:
    os.close(1)
    time.sleep(60)


def endless_line(run: Message) -> None:
    while True:
        write("x" * 65536)


def long_line(run: Message) -> None:
    say(seq=run["seq"], n=1, request=request(run, body="y" * run["input"]["size"]), done=True)


def flood(run: Message) -> None:
    for number in range(20000):
        aside(f"line {number} of much that is said on the side")
    aside("key " + run["input"]["api_key"])
    exit_now(run)


def flood_and_shape(run: Message) -> None:
    aside("z" * 2_000_000)
    shape(run)


def environment(run: Message) -> None:
    say(seq=run["seq"], done=True, outcome={"text": json.dumps(dict(os.environ))})


def grandchild(run: Message) -> None:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    say(seq=run["seq"], done=True, outcome={"text": str(process.pid)})


def pid(run: Message) -> None:
    say(seq=run["seq"], done=True, outcome={"text": str(os.getpid())})


def deaf(run: Message) -> None:
    """From now on `stop`, SIGTERM and the end of the input count for nothing."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    say(seq=run["seq"], done=True, outcome={"text": str(os.getpid())})
    hang(run)


def main() -> None:
    message = listen()
    assert message["cmd"] == "start", message
    start: Message = {"version": 1, "implementation": NAME, "capabilities": ALL}
    if len(sys.argv) > 1:
        start = json.loads(sys.argv[1])
    say(**start)
    while True:
        message = listen()
        if message["cmd"] == "stop":
            return
        if message["cmd"] == "cancel":
            say(seq=message["seq"], cancelled=True)
        if message["cmd"] == "run":
            globals()[message["input"].get("do", "shape")](message)


main()
