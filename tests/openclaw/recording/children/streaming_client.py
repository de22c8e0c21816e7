"""A client that knows nothing of the harness: one streamed chat call to OpenRouter, with Python's own means.

The input may name a FIFO (`config.first_chunk`), which is told of the first chunk as soon as it is read.
"""

import json
import sys
import urllib.error
import urllib.request
from pathlib import Path


def main() -> None:
    given = json.load(sys.stdin)
    config = given.get("config", {})
    body = {
        "model": given["model"].removeprefix("openrouter/"),
        "messages": given["history"],
        "max_tokens": 64,
        "stream": True,
    }
    request = urllib.request.Request(
        config.get("url", "https://openrouter.ai/api/v1/chat/completions"),
        json.dumps(body).encode(),
        {"Authorization": f"Bearer {given['api_key']}", "Content-Type": "application/json"},
    )
    text = ""
    try:
        with urllib.request.urlopen(request) as answer:
            for line in answer:
                if line.startswith(b"data:") and "first_chunk" in config:
                    Path(config.pop("first_chunk")).write_bytes(b"seen")
                if line.startswith(b"data: {"):
                    chunk = json.loads(line[6:])
                    text += chunk["choices"][0]["delta"].get("content") or ""
                if config.get("leaves_early"):
                    break
    except urllib.error.HTTPError as error:
        text = f"refused with {error.code}"
    sys.stdout.write(json.dumps({"text": text}) + "\n")


main()
