"""`…/models/<model>:streamGenerateContent` in Google's form: parsing requests, and their errors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from harness.model import Reply
from harness_openclaw.mock_provider.chat_requests import ChatRequest
from harness_openclaw.mock_provider.clawrouter_catalog import find_by_upstream, unlisted_model
from harness_openclaw.mock_provider.completion import Answer
from harness_openclaw.mock_provider.errors import ApiError, ErrorResponse
from harness_openclaw.mock_provider.gemini_events import (
    as_array,
    as_events,
    as_json,
    broken_events,
    error_reply,
)
from harness_openclaw.mock_provider.gemini_turns import (
    ERROR_FORMAT,
    MANY,
    camel,
    invalid_request,
    listed,
    read_contents,
)
from harness_openclaw.mock_provider.models import Model
from harness_openclaw.mock_provider.native_transport import answered
from harness_openclaw.mock_provider.request import IncomingRequest
from harness_openclaw.mock_provider.usage import Prompts
from harness_openclaw.mock_provider.validation import BOOLEAN, INTEGER, LIST, NUMBER, OBJECT, TEXT, validate
from harness_openclaw.mock_provider.vendors import GOOGLE

__all__ = ["Gemini"]

_BODY = {
    "contents": MANY.must(),
    "systemInstruction": OBJECT,
    "generationConfig": OBJECT,
    "tools": MANY,
    "toolConfig": OBJECT,
    "safetySettings": LIST,
    "cachedContent": TEXT,
    "labels": OBJECT,
    "model": TEXT,
    "serviceTier": TEXT,
    "store": BOOLEAN,
}
_CONFIG = {
    "temperature": NUMBER,
    "topP": NUMBER,
    "topK": NUMBER,
    "candidateCount": INTEGER,
    "maxOutputTokens": INTEGER,
    "stopSequences": LIST,
    "responseMimeType": TEXT,
    "responseSchema": OBJECT,
    "responseJsonSchema": OBJECT,
    "responseModalities": LIST,
    "thinkingConfig": OBJECT,
    "seed": INTEGER,
    "presencePenalty": NUMBER,
    "frequencyPenalty": NUMBER,
    "responseLogprobs": BOOLEAN,
    "logprobs": INTEGER,
    "speechConfig": OBJECT,
    "imageConfig": OBJECT,
    "mediaResolution": TEXT,
    "enableEnhancedCivicAnswers": BOOLEAN,
}
_THINKING = {"includeThoughts": BOOLEAN, "thinkingBudget": INTEGER, "thinkingLevel": TEXT}
_LEVELS = ("MINIMAL", "LOW", "MEDIUM", "HIGH")
_TOOL = {
    "functionDeclarations": MANY,
    **dict.fromkeys(
        ("googleSearch", "googleSearchRetrieval", "codeExecution", "urlContext", "computerUse", "fileSearch"),
        OBJECT,
    ),
    "googleMaps": OBJECT,
}
_FUNCTION = {
    "name": TEXT.must(),
    "description": TEXT,
    "parameters": OBJECT,
    "parametersJsonSchema": OBJECT,
    "response": OBJECT,
    "responseJsonSchema": OBJECT,
    "behavior": TEXT,
}
_TOOL_CONFIG = {
    "functionCallingConfig": OBJECT,
    "retrievalConfig": OBJECT,
    "includeServerSideToolInvocations": BOOLEAN,
}
_CALLING = {
    "mode": TEXT.of("MODE_UNSPECIFIED", "AUTO", "ANY", "NONE", "VALIDATED"),
    "allowedFunctionNames": LIST,
}
_CHOICES = {"NONE": "none", "ANY": "required"}
_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}")
_HOTTEST = 2

_BUDGETS = {
    "gemini-2.5-pro": (128, 32_768),
    "gemini-2.5-flash-lite": (512, 24_576),
    "gemini-2.5-flash": (1, 24_576),
}
"""The smallest and largest thinking budget of a model; zero turns thinking off where that is possible."""

_ALWAYS_THINKS = "gemini-2.5-pro"


class Gemini:
    """Google's API behind ClawRouter."""

    def __init__(self, *, any_model: bool) -> None:
        self._any_model = any_model
        self._prompts = Prompts()

    def key(self, incoming: IncomingRequest) -> str | None:
        """Return the key in `x-goog-api-key` (CW-AUTH-01)."""
        return incoming.header("x-goog-api-key") or None

    def model_named(self, incoming: IncomingRequest) -> object:
        return incoming.named

    def answer(self, incoming: IncomingRequest) -> tuple[Answer, bool]:
        chat = self._asked(incoming.body, incoming.named)
        streamed = incoming.endpoint == "streamGenerateContent"
        answer = answered(chat, incoming, self._prompts, incoming.id("", 23), _too_long)
        return replace(answer, echo={"array": streamed and incoming.query("alt") != "sse"}), streamed

    def written(self, answer: Answer, stream: bool) -> Reply:
        if not stream:
            return as_json(answer)
        return as_array(answer) if (answer.echo or {}).get("array") else as_events(answer)

    def broken(self, answer: Answer, error: ErrorResponse, *, after: int) -> Reply:
        return broken_events(answer, error, after=after)

    def error_reply(self, error: ErrorResponse, incoming: IncomingRequest) -> Reply:
        return error_reply(error)

    def _asked(self, body: dict[str, Any], name: str) -> ChatRequest:
        model = find_by_upstream("google", name) or unlisted_model(name, GOOGLE, any_model=self._any_model)
        if model is None:
            message = (
                f"models/{name} is not found for API version v1beta, or is not supported for generateContent."
                " Call ListModels to see the list of available models and their supported methods."
            )
            raise ApiError(ErrorResponse(404, message))
        held = validate(body, _BODY, ERROR_FORMAT, named=camel)
        turns = read_contents(listed(held["contents"]), name)
        config = validate(
            held.get("generationConfig") or {}, _CONFIG, ERROR_FORMAT, ("generationConfig",), named=camel
        )
        heat = config.get("temperature")
        if heat is not None and not 0 <= heat <= _HOTTEST:
            raise invalid_request(
                "* GenerateContentRequest.generation_config.temperature: temperature must be in the range"
                " [0.0, 2.0].\n"
            )
        tools = _tools(listed(held.get("tools")))
        choice, forced = _choice(held.get("toolConfig") or {}, tools)
        reasoning, shown = _thinking(config.get("thinkingConfig") or {}, model, name)
        schema = config.get("responseJsonSchema") or config.get("responseSchema")
        shaped = {"type": "json_schema", "json_schema": {"schema": schema}} if schema else None
        return ChatRequest(
            model,
            (*_system(held.get("systemInstruction")), *map(_plain, turns)),
            tools=tools,
            tool_choice=choice,
            forced=forced,
            limit=config.get("maxOutputTokens"),
            reasoning=reasoning,
            shown=shown,
            answer_format=shaped,
            stops=tuple(stop for stop in config.get("stopSequences") or () if isinstance(stop, str)),
        )


def _too_long(tokens: int, most: int) -> ApiError:
    return invalid_request(
        f"The input token count ({tokens}) exceeds the maximum number of tokens allowed ({most})."
    )


def _system(instruction: Any) -> tuple[dict[str, Any], ...]:
    if instruction is None:
        return ()
    held = validate(
        instruction, {"role": TEXT, "parts": MANY}, ERROR_FORMAT, ("systemInstruction",), named=camel
    )
    return ({"role": "system", "content": listed(held.get("parts"))},)


def _plain(turn: tuple[str, list[Mapping[str, Any]]]) -> dict[str, Any]:
    """Return a turn in the form that all models take; a turn of function results alone is a tool turn."""
    role, parts = turn
    if role == "model":
        return {"role": "assistant", "content": parts}
    results = all("functionResponse" in part for part in parts)
    return {"role": "tool" if results else "user", "content": parts}


def _thinking(wanted: Any, model: Model, name: str) -> tuple[bool, bool]:
    """Return whether the model thinks, and whether its thoughts are shown."""
    held = validate(wanted, _THINKING, ERROR_FORMAT, ("generationConfig", "thinkingConfig"), named=camel)
    budget, level = held.get("thinkingBudget"), held.get("thinkingLevel")
    shown = held.get("includeThoughts") is True
    if budget is not None and level is not None:
        raise invalid_request("You can only set only one of thinking budget and thinking level.")
    if level is not None:
        if level.upper() not in _LEVELS:
            raise ERROR_FORMAT.no_option(
                ("generationConfig", "thinkingConfig", "thinkingLevel"), _LEVELS, level
            )
        if any(known in name for known in _BUDGETS):
            raise invalid_request("Thinking level is not supported for this model.")
        return True, shown
    if budget is None:
        return model.reasons, shown
    _check_budget(budget, name)
    return budget != 0, shown


def _check_budget(budget: int, name: str) -> None:
    if budget == 0 and _ALWAYS_THINKS in name:
        raise invalid_request("Budget 0 is invalid. This model only works in thinking mode.")
    for known, (least, most) in _BUDGETS.items():
        if known in name:
            if budget not in (-1, 0) and not least <= budget <= most:
                message = (
                    f"The thinking budget {budget} is invalid."
                    f" Please choose a value between {least} and {most}."
                )
                raise invalid_request(message)
            return


# ------------------------------------------------------------------ tools


def _tools(tools: list[Any]) -> tuple[Mapping[str, Any], ...]:
    """Return the functions that can be called, without the API's own tools."""
    found = []
    for number, tool in enumerate(tools):
        at = ("tools", number)
        held = validate(tool, _TOOL, ERROR_FORMAT, at, named=camel)
        for place, function in enumerate(listed(held.get("functionDeclarations"))):
            here = (*at, "functionDeclarations", place)
            declared = validate(function, _FUNCTION, ERROR_FORMAT, here, named=camel)
            if _NAME.fullmatch(declared["name"]) is None:
                message = (
                    f"* GenerateContentRequest.tools[{number}].function_declarations[{place}].name:"
                    " [FIELD_INVALID] Invalid function name. Must start with a letter or an underscore.\n"
                )
                raise invalid_request(message)
            schema = declared.get("parametersJsonSchema") or declared.get("parameters")
            found.append({"name": declared["name"], "parameters": schema})
    names = [tool["name"] for tool in found]
    for name in names:
        if names.count(name) > 1:
            raise invalid_request(f"Duplicate function declaration found: {name}")
    return tuple(found)


def _choice(config: Any, tools: tuple[Mapping[str, Any], ...]) -> tuple[str, str | None]:
    held = validate(config, _TOOL_CONFIG, ERROR_FORMAT, ("toolConfig",), named=camel)
    at = ("toolConfig", "functionCallingConfig")
    calling = validate(held.get("functionCallingConfig") or {}, _CALLING, ERROR_FORMAT, at, named=camel)
    mode, names = calling.get("mode", "AUTO"), calling.get("allowedFunctionNames") or []
    if names and mode not in ("ANY", "VALIDATED"):
        raise invalid_request("allowed_function_names should only be set when function calling mode is ANY.")
    for name in names:
        if all(tool["name"] != name for tool in tools):
            raise invalid_request(f"Allowed function name {name} is not among the function declarations.")
    if mode == "ANY" and not tools:
        raise invalid_request("Function calling mode ANY requires at least one function declaration.")
    return _CHOICES.get(mode, "auto"), names[0] if names and mode == "ANY" else None
