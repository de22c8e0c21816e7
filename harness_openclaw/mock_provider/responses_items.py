"""The items of a Responses request, and the errors for invalid ones."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from harness_openclaw.mock_provider.errors import ApiError, ErrorResponse
from harness_openclaw.mock_provider.validation import LIST, OBJECT, TEXT, Field, Path, validate

__all__ = ["ERROR_FORMAT", "invalid_request", "read_items"]

_KINDS = {str: "a string", list: "an array", dict: "an object", bool: "a boolean", int: "an integer"}
_EXPECTED = {
    "string": "a string",
    "array": "an array of objects",
    "object": "an object",
    "integer": "an integer",
    "number": "a number",
    "boolean": "a boolean",
    "string or array": "one of a string or array of objects",
    "string or object": "one of a string or object",
}
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_LONGEST_CALL_ID = 64

_MESSAGE = {
    "type": TEXT.of("message"),
    "role": TEXT.of("assistant", "system", "developer", "user").must(),
    "content": TEXT.otherwise(LIST).must(),
    "id": TEXT,
    "status": TEXT.of("in_progress", "completed", "incomplete"),
    "phase": TEXT.of("commentary", "final_answer"),
}
_CALL = {
    "type": TEXT.must(),
    "call_id": TEXT.must(),
    "name": TEXT.must(),
    "arguments": TEXT.must(),
    "id": TEXT,
    "status": TEXT.of("in_progress", "completed", "incomplete"),
    "namespace": TEXT,
    "caller": OBJECT,
}
_RESULT = {
    "type": TEXT.must(),
    "call_id": TEXT.must(),
    "output": TEXT.otherwise(LIST).must(),
    "id": TEXT,
    "status": TEXT.of("in_progress", "completed", "incomplete"),
    "caller": OBJECT,
}
_REASONING = {
    "type": TEXT.must(),
    "summary": LIST.must(),
    "content": LIST,
    "encrypted_content": TEXT,
    "id": TEXT,
    "status": TEXT.of("in_progress", "completed", "incomplete"),
}
_ITEMS: Mapping[str, Mapping[str, Field]] = {
    "message": _MESSAGE,
    "function_call": _CALL,
    "function_call_output": _RESULT,
    "reasoning": _REASONING,
}
_OTHER_ITEMS = (
    *("item_reference", "web_search_call", "file_search_call", "computer_call", "computer_call_output"),
    *("code_interpreter_call", "image_generation_call", "local_shell_call", "local_shell_call_output"),
    *("shell_call", "shell_call_output", "apply_patch_call", "apply_patch_call_output", "mcp_call"),
    *("mcp_list_tools", "mcp_approval_request", "mcp_approval_response", "custom_tool_call"),
    *("custom_tool_call_output", "tool_search_call", "tool_search_output", "additional_tools"),
    *("compaction", "compaction_trigger"),
)
_PARTS: Mapping[str, Mapping[str, Field]] = {
    "input_text": {"type": TEXT.must(), "text": TEXT.must()},
    "input_image": {
        "type": TEXT.must(),
        "image_url": TEXT,
        "file_id": TEXT,
        "detail": TEXT.of("low", "high", "auto", "original"),
    },
    "input_file": {
        "type": TEXT.must(),
        "file_data": TEXT,
        "file_id": TEXT,
        "file_url": TEXT,
        "filename": TEXT,
        "detail": TEXT,
    },
    "output_text": {"type": TEXT.must(), "text": TEXT.must(), "annotations": LIST, "logprobs": LIST},
    "refusal": {"type": TEXT.must(), "refusal": TEXT.must()},
}
_GIVEN = ("input_text", "input_image", "input_file")
_WRITTEN = ("output_text", "refusal")


def _place(at: Path) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in at).removeprefix(".")


def invalid_request(message: str, at: Path = (), code: str | None = None) -> ApiError:
    """Return the error for an invalid value at a path (`param`)."""
    return ApiError(ErrorResponse(400, message, {"param": _place(at) or None, "code": code}))


class _ErrorFormat:
    def missing(self, at: Path) -> ApiError:
        message = f"Missing required parameter: '{_place(at)}'."
        return invalid_request(message, at, "missing_required_parameter")

    def unknown(self, at: Path) -> ApiError:
        return invalid_request(f"Unknown parameter: '{_place(at)}'.", at, "unknown_parameter")

    def mistyped(self, at: Path, expected: str, found: object) -> ApiError:
        wanted, got = (
            _EXPECTED.get(expected, expected),
            _KINDS.get(type(found), "null" if found is None else "a number"),
        )
        message = f"Invalid type for '{_place(at)}': expected {wanted}, but got {got} instead."
        return invalid_request(message, at, "invalid_type")

    def no_option(self, at: Path, options: tuple[str, ...], found: object) -> ApiError:
        *most, last = (f"'{option}'" for option in options)
        supported = f"{', '.join(most)}, and {last}" if most else last
        return invalid_request(
            f"Invalid value: '{found}'. Supported values are: {supported}.", at, "invalid_value"
        )


ERROR_FORMAT = _ErrorFormat()


def read_items(given: str | list[Any], *, continued: bool) -> tuple[dict[str, Any], ...]:
    """Return the items as turns in the form that all models take.

    Raises `ApiError` for invalid items. Calls are not checked if the request continues an earlier response
    (`continued`).
    """
    if isinstance(given, str):
        return ({"role": "user", "content": given},)
    turns = []
    for number, item in enumerate(given):
        at: Path = ("input", number)
        if not isinstance(item, dict):
            raise ERROR_FORMAT.mistyped(at, "object", item)
        kind = item.get("type") or "message"
        if kind in _OTHER_ITEMS:
            continue
        if not isinstance(kind, str) or kind not in _ITEMS:
            raise ERROR_FORMAT.no_option((*at, "type"), (*_ITEMS, *_OTHER_ITEMS), kind)
        held = validate(item, _ITEMS[kind], ERROR_FORMAT, at)
        turns.append(_turn(kind, held, at))
    if not continued:
        _check_calls(given)
    return tuple(turns)


def _turn(kind: str, held: Mapping[str, Any], at: Path) -> dict[str, Any]:
    match kind:
        case "message":
            return _message(held, at)
        case "function_call":
            if _NAME.fullmatch(held["name"]) is None:
                message = (
                    f"Invalid '{_place((*at, 'name'))}': string does not match pattern. Expected a string"
                    " that matches the pattern '^[a-zA-Z0-9_-]+$'."
                )
                raise invalid_request(message, (*at, "name"), "invalid_value")
            _check_call_id(held["call_id"], at)
            return {"role": "assistant", "content": held["arguments"]}
        case "function_call_output":
            _check_call_id(held["call_id"], at)
            if isinstance(held["output"], list):
                _check_parts(held["output"], _GIVEN, (*at, "output"))
            return {"role": "tool", "content": held["output"]}
        case _:
            for place, part in enumerate(held["summary"]):
                fields = {"type": TEXT.of("summary_text").must(), "text": TEXT.must()}
                validate(part, fields, ERROR_FORMAT, (*at, "summary", place))
            return {"role": "assistant", "content": held["summary"]}


def _message(held: Mapping[str, Any], at: Path) -> dict[str, Any]:
    role, content = held["role"], held["content"]
    if isinstance(content, list):
        _check_parts(content, _WRITTEN if role == "assistant" else _GIVEN, (*at, "content"))
    if "phase" in held and role != "assistant":
        raise ERROR_FORMAT.unknown((*at, "phase"))
    if not str(held.get("id", "msg")).startswith("msg"):
        message = f"Invalid '{_place((*at, 'id'))}': '{held['id']}'. Expected an ID that begins with 'msg'."
        raise invalid_request(message, (*at, "id"), "invalid_value")
    return {"role": role, "content": content}


def _check_parts(parts: list[Any], kinds: tuple[str, ...], at: Path) -> None:
    for place, part in enumerate(parts):
        here = (*at, place)
        kind = part.get("type") if isinstance(part, dict) else None
        if kind not in kinds:
            raise ERROR_FORMAT.no_option(here, kinds, kind)
        held = validate(part, _PARTS[kind], ERROR_FORMAT, here)
        if kind == "input_image" and not str(held.get("image_url", "https://")).startswith(
            ("data:image/", "https://", "http://")
        ):
            message = f"Invalid '{_place((*here, 'image_url'))}'. Expected a valid URL."
            raise invalid_request(message, (*here, "image_url"), "invalid_value")


def _check_call_id(name: str, at: Path) -> None:
    if len(name) > _LONGEST_CALL_ID:
        message = (
            f"Invalid '{_place((*at, 'call_id'))}': string too long. Expected a string with maximum length"
            f" {_LONGEST_CALL_ID}, but got a string with length {len(name)} instead."
        )
        raise invalid_request(message, (*at, "call_id"), "string_above_max_length")


def _check_calls(items: list[Any]) -> None:
    """Check that each result comes after its call, and each call has a result."""
    called: set[str] = set()
    answered = {item["call_id"] for item in items if item.get("type") == "function_call_output"}
    for item in items:
        if item.get("type") == "function_call":
            called.add(item["call_id"])
        elif item.get("type") == "function_call_output" and item["call_id"] not in called:
            raise invalid_request(
                f"No tool call found for function call output with call_id {item['call_id']}.", ("input",)
            )
    for name in sorted(called - answered):
        raise invalid_request(f"No tool output found for function call {name}.", ("input",))
