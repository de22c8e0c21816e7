"""An adapter in mode `send`: it speaks the protocol and really sends, to where its input tells it."""

import json
import os
import socket
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

Message = dict[str, Any]
KEPT: list[Any] = []


def say(**message: Any) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def send(url: str, text: str, proxy: str | None) -> str:
    proxies = {} if proxy is None else {"http": proxy, "https": proxy}
    opener = urllib.request.build_opener(urllib.request.ProxyHandler(proxies))
    request = urllib.request.Request(url, text.encode(), {"X-CaSe": "kept"})
    with opener.open(request) as answer:
        said: str = answer.read().decode()
        return said


def by_environment(run: Message) -> str:
    proxy = os.environ.get("HTTPS_PROXY")
    return send("https://api.acme.example/v1/chat/completions", run["case"], proxy)


def by_proxy(run: Message) -> str:
    """Three requests, through the proxy that the run names."""
    return ",".join(
        send(f"https://proxy.example/v1/{turn}", run["case"], run["wire"]["proxy"]) for turn in range(3)
    )


def by_base_url(run: Message) -> str:
    return send(run["wire"]["base_url"] + "/chat/completions", run["case"], None)


def by_input(run: Message) -> str:
    """To the base URL of the input, by the environment's proxy if there is one."""
    url = run["input"]["base_url"] + "/chat/completions"
    return send(url, run["case"], os.environ.get("HTTPS_PROXY"))


def in_vain(run: Message) -> str:
    """What an adapter answers that could not connect, and knows why; `mute` ones do not."""
    try:
        return send(run["input"]["base_url"], run["case"], None)
    except urllib.error.URLError as error:
        if run["input"].get("mute"):
            raise
        outcome = {"class": "timeout", "retryable": True, "message": repr(error)}
        say(seq=run["seq"], done=True, outcome={"error": outcome})
        sys.exit()  # this thread only


def occupy(run: Message) -> str:
    """Listen at a port itself."""
    KEPT.append(socket.create_server(("", run["input"]["port"])))
    return "occupied"


def shape(run: Message) -> str:
    say(seq=run["seq"], n=1, request={"method": "GET", "url": "https://api.acme.example"})
    return ""


def at_start() -> None:
    """Send before any case was asked for."""
    KEPT.append(send("https://api.acme.example/v1/models", "early", os.environ.get("HTTPS_PROXY")))


def crash(run: Message) -> str:
    by_environment(run)
    os._exit(7)


def crash_once(run: Message) -> str:
    try:
        with Path(run["input"]["marker"]).open("x"):
            crash(run)
    except FileExistsError:
        pass
    return by_environment(run)


def perform(run: Message) -> None:
    try:
        say(seq=run["seq"], done=True, outcome={"text": globals()[run["input"]["do"]](run)})
    except OSError as error:
        say(seq=run["seq"], error=repr(error))


def main() -> None:
    start = json.loads(sys.argv[1])
    if start.pop("early", False):
        try:
            at_start()
        except OSError as error:
            sys.stderr.write(f"refused at the start: {error}\n")
    for line in sys.stdin:
        message = json.loads(line)
        if message["cmd"] == "start":
            say(version=1, capabilities=start)
        elif message["cmd"] == "run":
            threading.Thread(target=perform, args=(message,)).start()
        elif message["cmd"] == "stop":
            return


main()
