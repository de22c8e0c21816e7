"""The contents of a Gemini request, and the errors for invalid ones."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from harness_openclaw.mock_provider.errors import ApiError, ErrorResponse
from harness_openclaw.mock_provider.validation import BOOLEAN, LIST, OBJECT, TEXT, Path, validate

__all__ = ["ERROR_FORMAT", "MANY", "camel", "invalid_request", "listed", "read_contents"]

MANY = LIST.otherwise(OBJECT)
"""A list, or its only item by itself."""

_PART = {
    "text": TEXT,
    "inlineData": OBJECT,
    "fileData": OBJECT,
    "functionCall": OBJECT,
    "functionResponse": OBJECT,
    "executableCode": OBJECT,
    "codeExecutionResult": OBJECT,
    "toolCall": OBJECT,
    "toolResponse": OBJECT,
    "thought": BOOLEAN,
    "thoughtSignature": TEXT,
    "videoMetadata": OBJECT,
    "mediaResolution": OBJECT,
    "partMetadata": OBJECT,
}
_DATA = tuple(_PART)[:9]
_CONTENT = {"role": TEXT, "parts": MANY}
_BLOB = {"mimeType": TEXT.must(), "data": TEXT.must(), "displayName": TEXT}
_CALL = {"name": TEXT.must(), "args": OBJECT, "id": TEXT, "partialArgs": LIST, "willContinue": BOOLEAN}
_RESULT = {
    "name": TEXT.must(),
    "response": OBJECT.must(),
    "id": TEXT,
    "parts": LIST,
    "scheduling": TEXT,
    "willContinue": BOOLEAN,
}
_ROLES = ("user", "model", "function")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]*={0,2}")
_UNDERSCORE = re.compile(r"_([a-z])")
_CAPITAL = re.compile(r"[A-Z]")
_SIGNED = "gemini-3"


def camel(name: str) -> str:
    """Return a field name in camel case, as it is documented; the API takes snake case, too."""
    return _UNDERSCORE.sub(lambda found: found[1].upper(), name)


def listed(value: Any) -> list[Any]:
    """Return the value as a list: itself, or its only item."""
    if not value:
        return []
    return value if isinstance(value, list) else [value]


def _snake(name: str | int) -> str:
    return _CAPITAL.sub(lambda found: "_" + found[0].lower(), str(name))


def _place(at: Path) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{_snake(part)}" for part in at).removeprefix(
        "."
    )


def invalid_request(message: str) -> ApiError:
    """Return the error for an invalid request."""
    return ApiError(ErrorResponse(400, message))


class _ErrorFormat:
    def missing(self, at: Path) -> ApiError:
        return invalid_request(f"* GenerateContentRequest.{_place(at)}: {at[-1]} is not specified\n")

    def unknown(self, at: Path) -> ApiError:
        where = f" at '{_place(at[:-1])}'" if len(at) > 1 else ""
        return invalid_request(
            f'Invalid JSON payload received. Unknown name "{at[-1]}"{where}: Cannot find field.'
        )

    def mistyped(self, at: Path, expected: str, found: object) -> ApiError:
        return invalid_request(f"Invalid value at '{_place(at)}' (expected {expected}), {found!r}")

    def no_option(self, at: Path, options: tuple[str, ...], found: object) -> ApiError:
        return invalid_request(f"Invalid value at '{_place(at)}' (one of {', '.join(options)}), \"{found}\"")


ERROR_FORMAT = _ErrorFormat()


def read_contents(contents: list[Any], model: str) -> list[tuple[str, list[Mapping[str, Any]]]]:
    """Return the contents as pairs of role (user or model) and parts; consecutive contents of one role are
    one.

    Raises `ApiError` for invalid contents: parts without data, signatures that are not base64, calls without
    results, results without calls and, for Gemini 3, calls without signatures.
    """
    if not contents:
        raise invalid_request("* GenerateContentRequest.contents: contents is not specified\n")
    turns: list[tuple[str, list[Mapping[str, Any]]]] = []
    for number, content in enumerate(contents):
        held = validate(content, _CONTENT, ERROR_FORMAT, ("contents", number), named=camel)
        role = held.get("role", "user")
        if role not in _ROLES:
            raise invalid_request("Please use a valid role: user, model.")
        parts = _parts(listed(held.get("parts")), ("contents", number, "parts"))
        speaker = "model" if role == "model" else "user"
        if turns and turns[-1][0] == speaker:
            turns[-1][1].extend(parts)
        else:
            turns.append((speaker, list(parts)))
    _check_calls(turns)
    if _SIGNED in model:
        _check_signatures(turns)
    return turns


def _parts(parts: list[Any], at: Path) -> list[Mapping[str, Any]]:
    if not parts:
        raise invalid_request(f"* GenerateContentRequest.{_place(at)}: contents.parts must not be empty.\n")
    return [_part(part, (*at, number)) for number, part in enumerate(parts)]


def _part(part: Any, at: Path) -> Mapping[str, Any]:
    held = validate(part, _PART, ERROR_FORMAT, at, named=camel)
    given = sum(name in held for name in _DATA)
    if given > 1 or (not given and "thoughtSignature" not in held):
        message = (
            f"* GenerateContentRequest.{_place(at)}.data: required oneof field 'data' must have one"
            " initialized field\n"
        )
        raise invalid_request(message)
    signature = held.get("thoughtSignature", "")
    if not _is_base64(signature):
        message = (
            f"Invalid value at '{_place(at)}.thought_signature' (TYPE_BYTES), Base64 decoding failed for"
            f' "{signature}"'
        )
        raise invalid_request(message)
    if "inlineData" in held:
        blob = validate(held["inlineData"], _BLOB, ERROR_FORMAT, (*at, "inlineData"), named=camel)
        if not _is_base64(blob["data"]):
            message = f"Invalid value at '{_place(at)}.inline_data.data' (TYPE_BYTES), Base64 decoding failed"
            raise invalid_request(message)
    for name, fields in (("functionCall", _CALL), ("functionResponse", _RESULT)):
        if name in held:
            validate(held[name], fields, ERROR_FORMAT, (*at, name), named=camel)
    return held


def _is_base64(text: str) -> bool:
    return _BASE64.fullmatch(text) is not None and len(text.rstrip("=")) % 4 != 1


# ------------------------------------------------------------------ calls and results


def _check_calls(turns: list[tuple[str, list[Mapping[str, Any]]]]) -> None:
    calls = 0
    for number, (_, parts) in enumerate(turns):
        results = sum("functionResponse" in part for part in parts)
        if results and not calls:
            raise invalid_request(
                "Please ensure that function response turn comes immediately after a function call turn."
            )
        if calls != results:
            raise invalid_request(
                "Please ensure that the number of function response parts is equal to the number of function"
                " call parts of the function call turn."
            )
        calls = sum("functionCall" in part for part in parts)
        if calls and number == 0:
            raise invalid_request(
                "Please ensure that function call turn comes immediately after a user turn or after a"
                " function response turn."
            )


def _check_signatures(turns: list[tuple[str, list[Mapping[str, Any]]]]) -> None:
    """Check that the first call of each step in the current turn is signed."""
    begun = max(
        (number for number, (role, parts) in enumerate(turns) if role == "user" and _says_something(parts)),
        default=0,
    )
    for _, parts in turns[begun:]:
        first = next((part for part in parts if "functionCall" in part), None)
        if first is not None and not first.get("thoughtSignature"):
            name = first["functionCall"].get("name")
            message = (
                "Function call is missing a thought_signature in functionCall parts. This is required for"
                f" tools to work correctly: function call `{name}`."
            )
            raise invalid_request(message)


def _says_something(parts: list[Mapping[str, Any]]) -> bool:
    return not any("functionResponse" in part for part in parts)
