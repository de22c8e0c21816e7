"""The name server of the sandbox."""

from __future__ import annotations

import struct

import pytest

from harness.wire.dns import NameServer

HEADER = struct.pack("!6H", 0xABCD, 0x0100, 1, 0, 0, 0)
NAME = b"\x03api\x04ACME\x07example\x00"


def test_every_name_has_the_address() -> None:
    """An A record in reply to the question, and the name is remembered in lower case."""
    names = NameServer("93.184.215.14")
    question = NAME + struct.pack("!2H", 1, 1)
    reply = names.reply_to(HEADER + question)
    assert reply is not None
    assert reply[:12] == struct.pack("!6H", 0xABCD, 0x8500, 1, 1, 0, 0)
    assert reply[12:].startswith(question)
    assert reply.endswith(bytes((0, 4, 93, 184, 215, 14)))
    assert list(names.asked) == ["api.acme.example"]


def test_other_kinds_of_record_are_empty_and_no_error() -> None:
    """So a client that asks for an IPv6 address goes on to ask for the other."""
    reply = NameServer("93.184.215.14").reply_to(HEADER + NAME + struct.pack("!2H", 28, 1))
    assert reply is not None
    assert reply[:12] == struct.pack("!6H", 0xABCD, 0x8500, 1, 0, 0, 0)


@pytest.mark.parametrize(
    "query",
    [
        b"",
        HEADER,
        HEADER + b"\x3fshort",
        HEADER + NAME,
        struct.pack("!6H", 1, 0x8180, 1, 0, 0, 0) + NAME + struct.pack("!2H", 1, 1),
        HEADER + b"\x02\xff\xfe\x00" + struct.pack("!2H", 1, 1),
    ],
)
def test_what_is_no_question_gets_no_reply(query: bytes) -> None:
    """Cut short, a reply itself, or no name."""
    assert NameServer("93.184.215.14").reply_to(query) is None
