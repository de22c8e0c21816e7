"""The command protocol of the harness for a client that really sends, one call after the other."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable, Mapping
from typing import Any

from chat_calls import InexpressibleError

CAPABILITIES = {
    "operations": ["chat"],
    "inputs": ["headers", "options", "params", "tools"],
    "features": ["outcome", "replies", "steps"],
    "mode": "send",
}


def serve(
    name: str, version: str, chat: Callable[[Mapping[str, Any]], dict[str, Any]], **capabilities: Any
) -> None:
    """Answer the harness until it says stop: a run is a call of `chat`, which sends and returns an outcome.

    Whatever the client prints goes to standard error.
    """
    protocol, sys.stdout = sys.stdout, sys.stderr

    def say(**message: Any) -> None:
        protocol.write(json.dumps(message) + "\n")
        protocol.flush()

    for line in sys.stdin:
        message = json.loads(line)
        command, seq = message["cmd"], message.get("seq")
        if command == "start":
            about = {"name": name, "version": version, "language": "Python"}
            say(version=1, implementation=about, capabilities=CAPABILITIES | capabilities)
        elif command == "run":
            try:
                say(seq=seq, done=True, outcome=chat(message["input"]))
            except InexpressibleError as error:
                say(seq=seq, unsupported=f"{name} cannot say {error}")
            except Exception as error:
                say(seq=seq, error=f"{type(error).__name__}: {error}", detail=traceback.format_exc())
        elif command == "cancel":
            say(seq=seq, cancelled=True)
        elif command == "stop":
            return
