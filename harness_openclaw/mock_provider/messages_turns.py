"""The turns of a Messages request: their blocks, and the order of calls and results."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from harness_openclaw.mock_provider.messages_errors import ERROR_FORMAT, invalid_request
from harness_openclaw.mock_provider.validation import BOOLEAN, LIST, OBJECT, TEXT, Field, Path, validate

__all__ = ["Block", "Turn", "check_text_blocks", "read_turns"]

Block: TypeAlias = Mapping[str, Any]
Turn: TypeAlias = tuple[str, list[Block]]
"""A role and its blocks."""

_ROLES = ("user", "assistant", "system")
_MEDIA_TYPES = ("image/jpeg", "image/png", "image/gif", "image/webp")
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")

_KIND = {"type": TEXT.must(), "cache_control": OBJECT}
_BLOCKS: Mapping[str, Mapping[str, Field]] = {
    "text": {**_KIND, "text": TEXT.must(), "citations": LIST},
    "image": {**_KIND, "source": OBJECT.must()},
    "document": {
        **_KIND,
        "source": OBJECT.must(),
        "title": TEXT,
        "context": TEXT,
        "citations": OBJECT,
    },
    "tool_use": {
        **_KIND,
        "id": TEXT.must(),
        "name": TEXT.must(),
        "input": OBJECT.must(),
        "caller": OBJECT,
    },
    "tool_result": {
        **_KIND,
        "tool_use_id": TEXT.must(),
        "content": TEXT.otherwise(LIST),
        "is_error": BOOLEAN,
    },
    "thinking": {"type": TEXT.must(), "thinking": TEXT.must(), "signature": TEXT.must()},
    "redacted_thinking": {"type": TEXT.must(), "data": TEXT.must()},
}
_OTHER_BLOCKS = (
    *("search_result", "server_tool_use", "web_search_tool_result", "web_fetch_tool_result"),
    *("code_execution_tool_result", "bash_code_execution_tool_result", "container_upload"),
    *("text_editor_code_execution_tool_result", "tool_search_tool_result", "mcp_tool_use"),
    *("mcp_tool_result", "tool_reference", "compaction", "tool_addition"),
    *("tool_removal", "advisor_tool_result"),
)
_SOURCES: Mapping[str, Mapping[str, Field]] = {
    "base64": {"type": TEXT.must(), "media_type": TEXT.must(), "data": TEXT.must()},
    "url": {"type": TEXT.must(), "url": TEXT.must()},
    "file": {"type": TEXT.must(), "file_id": TEXT.must()},
    "text": {"type": TEXT.must(), "media_type": TEXT.must(), "data": TEXT.must()},
    "content": {"type": TEXT.must(), "content": TEXT.otherwise(LIST).must()},
}
_OF_THE_ASSISTANT = ("tool_use", "thinking", "redacted_thinking")
_OF_THE_USER = ("tool_result", "image", "document")


def read_turns(messages: list[Any]) -> list[Turn]:
    """Return the turns, consecutive ones of one role as one. Raises `ApiError` for an invalid turn."""
    turns: list[Turn] = []
    numbers: list[int] = []
    for number, message in enumerate(messages):
        at: Path = ("messages", number)
        fields = {"role": TEXT.of(*_ROLES).must(), "content": TEXT.otherwise(LIST).must()}
        held = validate(message, fields, ERROR_FORMAT, at)
        role, content = held["role"], held["content"]
        blocks = _blocks(role, content, at)
        if not blocks and (role == "user" or number + 1 < len(messages)):
            message = (
                "all messages must have non-empty content except for the optional final assistant message"
            )
            raise invalid_request(message, at)
        if turns and turns[-1][0] == role:
            turns[-1][1].extend(blocks)
        else:
            turns.append((role, list(blocks)))
            numbers.append(number)
    _check_final_text(turns)
    _check_calls([(number, turn) for number, turn in zip(numbers, turns, strict=True) if turn[0] != "system"])
    return turns


def _blocks(role: str, content: str | list[Any], at: Path) -> list[Block]:
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    for place, block in enumerate(content):
        _check_block(role, block, (*at, "content", place))
    texts = [block for block in content if block["type"] == "text"]
    check_text_blocks(texts, "messages", blank=role == "assistant" and len(texts) < len(content))
    return content


def _check_block(role: str, block: Any, at: Path) -> None:
    if not isinstance(block, dict):
        raise ERROR_FORMAT.mistyped(at, "object", block)
    kind = block.get("type")
    if kind is None:
        raise ERROR_FORMAT.missing((*at, "type"))
    if kind in _OTHER_BLOCKS:
        return
    if kind not in _BLOCKS:
        expected = ", ".join(f"'{name}'" for name in (*_BLOCKS, *_OTHER_BLOCKS))
        raise invalid_request(f"Input tag {kind!r} found using 'type' does not match any of: {expected}", at)
    if (kind in _OF_THE_ASSISTANT and role != "assistant") or (kind in _OF_THE_USER and role != "user"):
        raise invalid_request(f"`{kind}` blocks are not permitted in {role} messages", at)
    validate(block, _BLOCKS[kind], ERROR_FORMAT, (*at, kind))
    match kind:
        case "image" | "document":
            _check_source(kind, block["source"], (*at, kind, "source"))
        case "tool_use":
            for name in ("id", "name"):
                if _NAME.fullmatch(block[name]) is None:
                    raise invalid_request(
                        "String should match pattern '^[a-zA-Z0-9_-]{1,128}$'", (*at, kind, name)
                    )
        case "tool_result":
            _check_result(block, (*at, kind, "content"))
        case "thinking" if not block["signature"]:
            raise invalid_request("Invalid `signature` in `thinking` block", at)


def check_text_blocks(blocks: Iterable[Block], where: str, *, blank: bool = False) -> None:
    """Check text blocks. Raises `ApiError` for an empty one; spaces alone are valid if it may be `blank`."""
    for block in blocks:
        if not block["text"]:
            raise invalid_request("text content blocks must be non-empty", (where,))
        if not blank and not block["text"].strip():
            raise invalid_request("text content blocks must contain non-whitespace text", (where,))


def _check_source(kind: str, source: Mapping[str, Any], at: Path) -> None:
    way = source.get("type")
    if not isinstance(way, str) or way not in _SOURCES:
        raise invalid_request("Input does not match the expected shape.", at)
    validate(source, _SOURCES[way], ERROR_FORMAT, (*at, way))
    if way != "base64":
        return
    if kind == "image" and source["media_type"] not in _MEDIA_TYPES:
        raise ERROR_FORMAT.no_option((*at, way, "media_type"), _MEDIA_TYPES, source["media_type"])
    if _BASE64.fullmatch(source["data"]) is None:
        raise invalid_request("invalid base64 data", (*at, way))


def _check_result(block: Block, at: Path) -> None:
    content = block.get("content")
    for place, part in enumerate(content if isinstance(content, list) else ()):
        kind = part.get("type") if isinstance(part, dict) else None
        if kind in ("text", "image", "document"):
            _check_block("user", part, (*at, place))
        elif kind not in ("search_result", "tool_reference"):
            raise invalid_request("Input does not match the expected shape.", (*at, place))


def _check_final_text(turns: list[Turn]) -> None:
    role, blocks = turns[-1]
    last = blocks[-1] if blocks else {}
    text = last.get("text")
    if role == "assistant" and isinstance(text, str) and text != text.rstrip():
        raise invalid_request("final assistant content cannot end with trailing whitespace", ("messages",))


# ------------------------------------------------------------------ calls and results


def _check_calls(turns: list[tuple[int, Turn]]) -> None:
    """Check that each call has its result in the next turn, and each result its call in the turn before."""
    chat: set[str] = set()
    caller = -1
    for number, (role, blocks) in turns:
        results = _results(number, blocks) if role == "user" else set()
        for name in results - chat:
            place = next(at for at, block in enumerate(blocks) if block.get("tool_use_id") == name)
            message = (
                f"unexpected `tool_use_id` found in `tool_result` blocks: {name}. Each `tool_result` block"
                " must have a corresponding `tool_use` block in the previous message."
            )
            raise invalid_request(message, ("messages", number, "content", place))
        _check_answered(chat - results, caller)
        chat = {block["id"] for block in blocks if block["type"] == "tool_use"}
        calls = [block["id"] for block in blocks if block["type"] == "tool_use"]
        if len(calls) > len(chat):
            raise invalid_request("`tool_use` ids must be unique", ("messages",))
        caller = number
    _check_answered(chat, caller)


def _results(number: int, blocks: list[Block]) -> set[str]:
    names = [block["tool_use_id"] for block in blocks if block["type"] == "tool_result"]
    for name in names:
        if names.count(name) > 1:
            message = (
                "each tool_use must have a single result."
                f" Found multiple `tool_result` blocks with id: {name}"
            )
            raise invalid_request(message, ("messages", number, "content"))
    return set(names)


def _check_answered(left: set[str], caller: int) -> None:
    if left:
        message = (
            "`tool_use` ids were found without `tool_result` blocks immediately after:"
            f" {', '.join(sorted(left))}. Each `tool_use` block must have a corresponding `tool_result` block"
            " in the next message."
        )
        raise invalid_request(message, ("messages", caller))
