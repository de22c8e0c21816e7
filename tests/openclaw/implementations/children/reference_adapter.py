"""The reference behind the command protocol: `shape` answers with its requests, `send` sends them itself."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable
from typing import Any

from harness.model import Reply, Request
from harness_openclaw.reference import Client
from harness_openclaw.reference.exchange import VirtualClock

Message = dict[str, Any]


def say(**message: Any) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def listen() -> Message:
    message: Message = json.loads(sys.stdin.readline() or '{"cmd": "stop"}')
    return message


def shaping() -> Callable[[Message], Message]:
    """A client of a case, whose requests, waits and outcome are told."""
    client = Client()

    def run(message: Message) -> Message:
        seq, number = message["seq"], 0
        call = client(message["input"])
        answer: Reply | None = None
        while True:
            try:
                step = call.send(answer)
            except StopIteration as end:
                outcome: Message = end.value
                return outcome
            answer = None
            if isinstance(step, Request):
                number += 1
                say(seq=seq, n=number, request=told(step))
                answer = read(listen()["response"])
            else:
                say(seq=seq, sleep_ms=step["sleep_ms"])
                listen()

    return run


def sending() -> Callable[[Message], Message]:
    """A client of a case that really sends, by what the environment says; only its waits take no time."""
    from harness_openclaw.reference.sending import SendingClient

    client = SendingClient(clock=VirtualClock(), trust_env=True)
    return lambda message: client(message["input"])


def told(request: Request) -> Message:
    body = base64.b64encode(request.body).decode()
    limit = {} if request.timeout_ms is None else {"timeout_ms": request.timeout_ms}
    headers = [list(header) for header in request.headers]
    return {"method": request.method, "url": request.url, "headers": headers, "body_base64": body, **limit}


def read(response: Message) -> Reply:
    chunks = (
        chunk.encode() if isinstance(chunk, str) else base64.b64decode(chunk["base64"])
        for chunk in response.get("chunks", ())
    )
    headers = tuple((name, value) for name, value in response.get("headers", ()))
    return Reply(response.get("status", 0), headers, tuple(chunks), response.get("fault"))


def main(mode: str) -> None:
    listen()
    features = ["outcome", "replies", "steps"] + (["clock"] if mode == "shape" else [])
    abilities = {
        "operations": Client.harness["operations"],
        "inputs": ["*"],
        "features": features,
        "mode": mode,
    }
    say(version=1, implementation={"name": f"reference ({mode})"}, capabilities=abilities)
    client = shaping()
    while (message := listen())["cmd"] == "run":
        if message["step"] == 1:
            client = shaping() if mode == "shape" else sending()
        outcome = client(message)
        say(
            seq=message["seq"],
            **(outcome if "unsupported" in outcome else {"done": True, "outcome": outcome}),
        )


main(sys.argv[1])
