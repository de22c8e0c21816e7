"""The history of a call made ready for a wire form: neutral turns, calls answered, other models' thoughts
turned into text.

Blocks keep the words of docs/scenarios.md: `text` (with `textSignature`), `image` (`data` and `mime_type`, or
`url`), `thinking` (with `signature` and `redacted`), `tool_call` (with `thoughtSignature`). Texts are free of
unpaired surrogates.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from harness.model import JsonValue
from harness_openclaw.reference.clawrouter.call import Call
from harness_openclaw.reference.openrouter.assistant import FAILED_TURN
from harness_openclaw.reference.openrouter.messages import (
    NO_OUTPUT,
    NO_RESULT,
    SEE_IMAGE,
    in_wire_form,
    shown,
)
from harness_openclaw.reference.openrouter.text import decode, encode, well_formed

__all__ = [
    "Assistant",
    "Block",
    "Result",
    "Results",
    "Turn",
    "User",
    "Wire",
    "arguments_object",
    "arguments_of",
    "blocks_of",
    "is_blank",
    "is_redacted",
    "is_same_model",
    "read",
    "result_blocks",
    "without_strays",
]

Block: TypeAlias = Mapping[str, Any]

_TOOL_IMAGE_OMITTED = "(tool image omitted: model does not support images)"
_FAILED = {"error", "aborted"}
_FOREIGN_SIGNATURES = {"signature", "textSignature", "thoughtSignature", "thought_signature"}


class User(NamedTuple):
    """What the user said: a text, or blocks `text` and `image` (images only if the model takes them)."""

    content: str | list[Block]


class Assistant(NamedTuple):
    """What a model said: blocks `text`, `thinking` and `tool_call`, blank ones included.

    `same`: it was the model that is called now. Of another one there is no `thinking`, and no signature.
    A turn that failed is one text that says so.
    """

    blocks: list[Block]
    same: bool


class Result(NamedTuple):
    """What came of one tool call. `text` is empty if it brought none; `same` as in the turn that called."""

    call_id: str
    name: str | None
    text: str
    images: list[Block]
    failed: bool
    same: bool
    synthetic: bool = False  # the call was never answered; `text` says so

    @property
    def said(self) -> str:
        """The text, or a remark that stands for it where a text is needed."""
        return self.text or (SEE_IMAGE if self.images else NO_OUTPUT)


class Results(NamedTuple):
    """A run of results, in their order, those of unanswered calls last."""

    items: list[Result]


class Wire(NamedTuple):
    """A turn that was given as it is sent, and passes as it is."""

    turn: dict[str, Any]


Turn: TypeAlias = User | Assistant | Results | Wire


def read(call: Call) -> list[Turn]:
    """The turns of the history of `call`, in order; a result whose call is not there is left out."""
    reader = _Reader(call)
    for turn in without_strays(call.history):
        reader.add(turn)
    reader.close()
    return reader.turns


def without_strays(history: Sequence[Mapping[str, JsonValue]]) -> Iterator[Mapping[str, JsonValue]]:
    """The turns of `history` but for tool results that answer no open call of the turns before them.

    After a turn in wire form, whose calls are its own affair, every result stays.
    """
    pending: set[str] | None = set()
    for turn in history:
        role = turn.get("role")
        if role == "tool":
            if pending is None:
                yield turn
            elif turn.get("tool_call_id") in pending:
                pending.discard(turn["tool_call_id"])
                yield turn
            continue
        if in_wire_form(turn):
            pending = None
        elif role == "assistant" and turn.get("stop_reason") not in _FAILED:
            pending = {block["id"] for block in blocks_of(turn) if block.get("type") == "tool_call"}
        else:
            pending = set()
        yield turn


class _Reader:
    """The turns so far, and the calls of the last one that are still without a result."""

    __slots__ = ("_call", "_open", "_results", "_same", "turns")

    def __init__(self, call: Call) -> None:
        self.turns: list[Turn] = []
        self._call = call
        self._open: dict[str, Block] = {}
        self._results: list[Result] = []
        self._same = True

    def add(self, turn: Mapping[str, JsonValue]) -> None:
        role = turn.get("role")
        if role == "tool" and not in_wire_form(turn):
            self._results.append(self._result(turn))
            return
        self.close(keeps_open=role == "tool")
        if in_wire_form(turn):
            self._open.pop(turn.get("tool_call_id") or "", None)
            self.turns.append(Wire(dict(turn)))
        elif role == "assistant":
            self.turns.append(self._assistant(turn))
        else:
            self.turns.append(self._user(turn))

    def close(self, *, keeps_open: bool = False) -> None:
        """End a run of results; calls that nothing answered get a result that says so."""
        if not keeps_open:
            for call_id, block in self._open.items():
                self._results.append(
                    Result(
                        call_id, block["name"], NO_RESULT, [], failed=True, same=self._same, synthetic=True
                    )
                )
            self._open = {}
        if self._results:
            self.turns.append(Results(self._results))
            self._results = []

    def _user(self, turn: Mapping[str, JsonValue]) -> User:
        content = turn.get("content")
        if isinstance(content, list):
            return User([_clean(block) for block in shown(content, self._call.model.takes_images)])
        return User(well_formed(content or ""))

    def _assistant(self, turn: Mapping[str, JsonValue]) -> Assistant:
        same = self._same = is_same_model(turn, self._call)
        if turn.get("stop_reason") in _FAILED:
            return Assistant([{"type": "text", "text": FAILED_TURN}], same)
        blocks = [_clean(block) for block in blocks_of(turn)]
        if not same:
            blocks = [_adopted(block) for block in blocks if not is_redacted(block)]
        self._open = {block["id"]: block for block in blocks if block.get("type") == "tool_call"}
        return Assistant(blocks, same)

    def _result(self, turn: Mapping[str, JsonValue]) -> Result:
        call_id = turn.get("tool_call_id") or ""
        called = self._open.pop(call_id, None)
        visible = result_blocks(turn, self._call)
        return Result(
            call_id,
            turn.get("name") or (called["name"] if called else None),
            well_formed("\n".join(block["text"] for block in visible if block.get("type") == "text")),
            [block for block in visible if block.get("type") == "image"],
            failed=bool(turn.get("is_error")),
            same=self._same,
        )


def blocks_of(turn: Mapping[str, JsonValue]) -> Sequence[dict[str, Any]]:
    """The content of a turn as blocks."""
    content = turn.get("content")
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return content or ()


def result_blocks(turn: Mapping[str, JsonValue], call: Call) -> Sequence[dict[str, Any]]:
    """What a tool brought, each run of images a remark if the model takes none."""
    return shown(blocks_of(turn), call.model.takes_images, remark=_TOOL_IMAGE_OMITTED)


def is_same_model(turn: Mapping[str, JsonValue], call: Call) -> bool:
    """Do those of provider, API and model that the turn names equal the call's own?"""
    own = {"provider": "clawrouter", "api": call.model.transport, "model": call.wire_id}
    return all(turn.get(key, value) == value for key, value in own.items())


def _clean(block: Block) -> Block:
    kind = block.get("type")
    if kind not in ("text", "thinking") or block[kind].isascii():
        return block
    return {**block, kind: well_formed(block[kind])}


def is_redacted(block: Block) -> bool:
    """Is it a thought that only the model which had it may read?"""
    return block.get("type") == "redacted_thinking" or (
        block.get("type") == "thinking" and bool(block.get("redacted"))
    )


def _adopted(block: Block) -> Block:
    """A block of another model: its thoughts are texts, and its signatures mean nothing here."""
    if block.get("type") == "thinking":
        return {"type": "text", "text": block["thinking"]}
    return {key: value for key, value in block.items() if key not in _FOREIGN_SIGNATURES}


def is_blank(block: Block) -> bool:
    """Is it a text, or a thought, of nothing but white space?"""
    kind = block.get("type")
    return kind in ("text", "thinking") and not block[kind].strip()


def arguments_of(block: Block) -> str:
    """The arguments of a tool call as JSON text."""
    arguments = block.get("arguments")
    return (
        arguments if isinstance(arguments, str) else encode({} if arguments is None else arguments).decode()
    )


def arguments_object(block: Block) -> dict[str, Any]:
    """The arguments of a tool call as an object; of those that are none, the empty one."""
    arguments = block.get("arguments")
    if isinstance(arguments, str):
        arguments = decode(arguments)
    return arguments if isinstance(arguments, dict) else {}
