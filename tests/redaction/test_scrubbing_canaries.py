"""No secret that was planted in a recording is in the file that is written of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from canaries import CHANNELS, ENCODINGS, SECRETS, planted, survivors

from harness.cassettes import write_cassette
from harness.cassettes.writing import serialize
from harness.redaction import Scrubber, scan

EVERY = list(planted())
SCRUBBER = Scrubber(SECRETS, environment={})


def test_there_are_over_two_hundred_canaries() -> None:
    """The table plants enough canaries to be worth its name."""
    assert len(EVERY) >= 200


@pytest.mark.parametrize(("secret", "channel", "encoding"), EVERY)
def test_a_planted_secret_does_not_survive(secret: str, channel: str, encoding: str) -> None:
    """A known secret is gone from the bytes of the cassette, wherever and however it was written."""
    recorded, metadata = CHANNELS[channel](ENCODINGS[encoding](SECRETS[secret]))
    data = serialize(*SCRUBBER.scrub([recorded], metadata))
    assert survivors(data, SECRETS[secret]) == []


@pytest.mark.parametrize("channel", CHANNELS)
def test_nothing_of_a_secret_is_on_the_disk(channel: str, tmp_path: Path) -> None:
    """What is written to the disk holds none of the secrets planted in one place in every way."""
    texts = [ENCODINGS[encoding](SECRETS[secret]) for secret, at, encoding in EVERY if at == channel]
    here = [CHANNELS[channel](text) for text in texts]
    metadata = {"all": [metadata for _, metadata in here]}
    write_cassette(tmp_path / "cassette.yaml", [recorded for recorded, _ in here], metadata, SCRUBBER)
    written = [file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()]
    assert [survivors(data, secret) for data in written for secret in SECRETS.values()] == [[], [], []]


@pytest.mark.parametrize("channel", [name for name in CHANNELS if name != "unlisted-answer-header"])
def test_the_scan_finds_what_was_not_scrubbed(channel: str) -> None:
    """The scan finds each secret that was not scrubbed, and never shows it."""
    for secret, at, encoding in EVERY:
        if at == channel:
            recorded, metadata = CHANNELS[channel](ENCODINGS[encoding](SECRETS[secret]))
            findings = scan(serialize([recorded], metadata), SCRUBBER.known)
            assert findings, (secret, encoding)
            assert SECRETS[secret] not in " ".join(str(finding) for finding in findings)


def test_a_stream_that_spells_a_key_stays_a_stream_of_the_same_events() -> None:
    """A secret spelled out over events leaves each event in place and valid."""
    recorded, _ = CHANNELS["across-events"](SECRETS["key"])
    before = recorded.reply.body.split(b"\n\n")
    after = SCRUBBER.scrub([recorded]).interactions[0].reply.body.split(b"\n\n")
    pieces = [json.loads(line[6:])["choices"][0]["delta"]["content"] for line in after[1:-2]]
    assert len(after) == len(before)
    assert "".join(pieces) in ("REDACTED-api-key-1", "REDACTED-secret-1")
