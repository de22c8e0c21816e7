"""What it costs to take the secrets out of a body, and to look once more at the bytes of the file.

Bodies of about 1 MB of the kinds that differ for the scrubber; 20 secrets are known, and each body holds
one of them. CPU of this process.
"""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import orjson

from benchmarks.corpus import samples
from benchmarks.measuring import BenchmarkError, Table, at_most, medians, repeated
from harness.cassettes import Recorded
from harness.cassettes.writing import serialize
from harness.model import Reply, Request
from harness.redaction import Scrubber, scan

__all__ = ["run"]

_URL = "https://openrouter.ai/api/v1/chat/completions"
_SIZE = 1_000_000
_TARGET_MS = 500.0
_CHANCE = random.Random(20261120)
_SECRETS = {f"key {number}": f"sk-or-v1-{_CHANCE.randbytes(24).hex()}" for number in range(20)}


def run(folder: Path, rounds: int) -> Iterator[Table]:
    """One row for each kind of body."""
    table = Table("Scrubbing 1 MB", ("body", "size", "scrubbed ms", "target", "scanned ms", "secrets"))
    scrubber = Scrubber(_SECRETS, environment={})
    for name, body in _bodies().items():
        recorded = Recorded(0, Request("POST", _URL, (), body), Reply())
        scrubbed = scrubber.scrub([recorded])
        data = serialize(*scrubbed)
        found = len(scan(serialize([recorded], {}), scrubber.known))
        if not found or scan(data, scrubber.known):
            raise BenchmarkError(f"{name}: the secret was not found, or is still there")
        scrubbing = partial(repeated, partial(scrubber.scrub, [recorded]))
        scanning = partial(repeated, partial(scan, data, scrubber.known))
        seen = medians({"scrub": scrubbing, "scan": scanning}, rounds)
        milliseconds = seen["scrub"] * 1e3
        table.row(
            name,
            f"{len(body) / 1e6:.1f} MB",
            f"{milliseconds:.0f}",
            at_most(milliseconds, _TARGET_MS),
            f"{seen['scan'] * 1e3:.0f}",
            str(found),
        )
    table.note("secrets: findings in the file that was not scrubbed. A stream is scrubbed as one text.")
    yield table


def _bodies() -> dict[str, bytes]:
    secret = next(iter(_SECRETS.values()))
    messages = [message for sample in samples(500) for message in sample.body["messages"]]
    while len(orjson.dumps(messages)) < _SIZE:
        messages += messages
    while len(orjson.dumps(messages)) > _SIZE * 1.1:
        del messages[len(messages) * 9 // 10 :]
    messages.append({"role": "user", "content": f"my key is {secret}"})
    chat = orjson.dumps({"model": "openai/gpt-5", "messages": messages})
    words = " ".join(str(message.get("content")) for message in messages).split()
    deltas = (orjson.dumps({"choices": [{"index": 0, "delta": {"content": word}}]}) for word in words)
    events = b"".join(b"data: " + delta + b"\n\n" for delta in deltas)
    image = base64.b64encode(_CHANCE.randbytes(_SIZE * 3 // 4)).decode()
    return {
        "chat request": chat,
        "stream": events[-_SIZE:],
        "image in base64": orjson.dumps({"url": f"data:image/png;base64,{image}", "key": secret}),
        "JSON within JSON": orjson.dumps({"arguments": chat.decode()}),
        "binary": _CHANCE.randbytes(_SIZE) + secret.encode(),
    }
