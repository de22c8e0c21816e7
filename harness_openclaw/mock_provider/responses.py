"""`POST …/v1/responses` in OpenAI's form: parsing requests, and their errors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from harness.model import Reply
from harness_openclaw.mock_provider.chat_requests import ChatRequest
from harness_openclaw.mock_provider.clawrouter_catalog import find_by_id, unlisted_model
from harness_openclaw.mock_provider.completion import Answer
from harness_openclaw.mock_provider.errors import ApiError, ErrorResponse
from harness_openclaw.mock_provider.models import Model
from harness_openclaw.mock_provider.native_transport import answered
from harness_openclaw.mock_provider.request import IncomingRequest, bearer
from harness_openclaw.mock_provider.responses_events import Responding, error_reply
from harness_openclaw.mock_provider.responses_items import ERROR_FORMAT, invalid_request, read_items
from harness_openclaw.mock_provider.usage import Prompts
from harness_openclaw.mock_provider.validation import BOOLEAN, INTEGER, LIST, NUMBER, OBJECT, TEXT, validate
from harness_openclaw.mock_provider.vendors import OPENAI_RESPONSES

__all__ = ["Responses"]

_BODY = {
    "model": TEXT,
    "input": TEXT.otherwise(LIST),
    "stream": BOOLEAN,
    "store": BOOLEAN,
    "include": LIST,
    "instructions": TEXT,
    "max_output_tokens": INTEGER,
    "max_tool_calls": INTEGER,
    "temperature": NUMBER,
    "top_p": NUMBER,
    "top_logprobs": INTEGER,
    "tools": LIST,
    "tool_choice": TEXT.otherwise(OBJECT),
    "parallel_tool_calls": BOOLEAN,
    "reasoning": OBJECT,
    "text": OBJECT,
    "truncation": TEXT.of("auto", "disabled"),
    "metadata": OBJECT,
    "previous_response_id": TEXT,
    "conversation": TEXT.otherwise(OBJECT),
    "prompt": OBJECT,
    "user": TEXT,
    "safety_identifier": TEXT,
    "service_tier": TEXT.of("auto", "default", "flex", "scale", "priority"),
    "prompt_cache_key": TEXT,
    "prompt_cache_retention": TEXT,
    "background": BOOLEAN,
    "stream_options": OBJECT,
    "context_management": LIST,
    "moderation": OBJECT,
}
_TOOL = {
    "type": TEXT.must(),
    "name": TEXT.must(),
    "description": TEXT,
    "parameters": OBJECT,
    "strict": BOOLEAN,
    "defer_loading": BOOLEAN,
    "output_schema": OBJECT,
    "allowed_callers": LIST,
}
_CHOICE = {"type": TEXT.must(), "name": TEXT.must()}
_REASONING = {
    "effort": TEXT.of("none", "minimal", "low", "medium", "high", "xhigh"),
    "summary": TEXT.of("auto", "concise", "detailed"),
    "generate_summary": TEXT.of("auto", "concise", "detailed"),
    "context": TEXT,
    "mode": TEXT,
}
_INCLUDED = (
    *("code_interpreter_call.outputs", "computer_call_output.output.image_url", "file_search_call.results"),
    *("message.input_image.image_url", "message.output_text.logprobs", "reasoning.encrypted_content"),
    *("web_search_call.action.sources", "web_search_call.results"),
)
_ENCRYPTED = "reasoning.encrypted_content"
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_OF_THE_PROMPT = "openai/gpt-4o"
"""The model of a stored prompt, which names one itself."""

_LEAST_OUTPUT = 16
_HOTTEST = 2


class Responses:
    """OpenAI's Responses API behind ClawRouter."""

    def __init__(self, *, any_model: bool) -> None:
        self._any_model = any_model
        self._prompts = Prompts()

    def key(self, incoming: IncomingRequest) -> str | None:
        """Return the key in `Authorization` (CW-AUTH-01)."""
        return bearer(incoming.request.headers)

    def model_named(self, incoming: IncomingRequest) -> object:
        return incoming.body.get("model")

    def answer(self, incoming: IncomingRequest) -> tuple[Answer, bool]:
        chat = self._asked(incoming.body)
        answer = answered(chat, incoming, self._prompts, incoming.id("resp_", 48), _too_long)
        return replace(answer, echo=incoming.body), chat.stream

    def written(self, answer: Answer, stream: bool) -> Reply:
        return Responding(answer).as_events() if stream else Responding(answer).as_json()

    def broken(self, answer: Answer, error: ErrorResponse, *, after: int) -> Reply:
        return Responding(answer).broken_events(error, after=after)

    def error_reply(self, error: ErrorResponse, incoming: IncomingRequest) -> Reply:
        return error_reply(error, incoming)

    def _asked(self, body: dict[str, Any]) -> ChatRequest:
        held = validate(body, _BODY, ERROR_FORMAT)
        if held.get("model") is None and held.get("prompt") is None:
            raise ERROR_FORMAT.missing(("model",))
        model = self._model(held.get("model") or _OF_THE_PROMPT)
        continued = any(held.get(name) for name in ("previous_response_id", "conversation", "prompt"))
        if not held.get("input") and not continued:
            message = "One of 'input', 'previous_response_id', 'prompt' or 'conversation' must be provided."
            raise invalid_request(message, ("input",), "missing_required_parameter")
        turns = read_items(held.get("input") or [], continued=continued)
        system = [{"role": "system", "content": held["instructions"]}] if held.get("instructions") else []
        _check_figures(held)
        tools = _tools(held.get("tools") or [])
        choice, forced = _choice(held.get("tool_choice"), tools)
        reasoning, shown = _reasoning(held, model)
        return ChatRequest(
            model,
            (*system, *turns) or ({"role": "user", "content": ""},),
            stream=held.get("stream") is True,
            tools=tools,
            tool_choice=choice,
            forced=forced,
            limit=held.get("max_output_tokens"),
            reasoning=reasoning,
            shown=shown,
        )

    def _model(self, name: str) -> Model:
        model = find_by_id(name)
        if model is None or model.vendor.name != OPENAI_RESPONSES.name:
            model = unlisted_model(name, OPENAI_RESPONSES, any_model=self._any_model)
        if model is None:
            message = f"The requested model '{name}' does not exist."
            raise ApiError(ErrorResponse(404, message, {"param": "model", "code": "model_not_found"}))
        return model


def _too_long(tokens: int, most: int) -> ApiError:
    message = "Your input exceeds the context window of this model. Please adjust your input and try again."
    return invalid_request(message, ("input",), "context_length_exceeded")


def _check_figures(held: Mapping[str, Any]) -> None:
    limit = held.get("max_output_tokens")
    if limit is not None and limit < _LEAST_OUTPUT:
        message = (
            "Invalid 'max_output_tokens': integer below minimum value."
            f" Expected a value >= {_LEAST_OUTPUT}, but got {limit} instead."
        )
        raise invalid_request(message, ("max_output_tokens",), "integer_below_min_value")
    for name, most in (("temperature", _HOTTEST), ("top_p", 1)):
        figure = held.get(name)
        if figure is None or 0 <= figure <= most:
            continue
        low = figure < 0
        message = (
            f"Invalid '{name}': decimal {'below minimum' if low else 'above maximum'} value."
            f" Expected a value {'>= 0' if low else f'<= {most}'}, but got {figure:g} instead."
        )
        raise invalid_request(message, (name,), f"decimal_{'below_min' if low else 'above_max'}_value")
    for place, word in enumerate(held.get("include") or ()):
        if word not in _INCLUDED:
            raise ERROR_FORMAT.no_option(("include", place), _INCLUDED, word)


def _reasoning(held: Mapping[str, Any], model: Model) -> tuple[bool, bool]:
    """Return whether the model reasons, and whether a summary is shown."""
    wanted = validate(held.get("reasoning") or {}, _REASONING, ERROR_FORMAT, ("reasoning",))
    if not model.can_reason:
        if wanted.get("effort") is not None:
            message = "Unsupported parameter: 'reasoning.effort' is not supported with this model."
            raise invalid_request(message, ("reasoning", "effort"), "unsupported_parameter")
        if _ENCRYPTED in (held.get("include") or ()):
            raise invalid_request("Encrypted content is not supported with this model.", ("include",))
        return False, True
    effort = wanted.get("effort")
    if effort == "none":
        return False, True
    shown = bool(wanted.get("summary") or wanted.get("generate_summary"))
    return effort is not None or model.reasons, shown


def _tools(tools: list[Any]) -> tuple[Mapping[str, Any], ...]:
    """Return the functions that can be called, without the API's own tools."""
    found = []
    for number, tool in enumerate(tools):
        at = ("tools", number)
        if not isinstance(tool, dict):
            raise ERROR_FORMAT.mistyped(at, "object", tool)
        kind = tool.get("type")
        if not isinstance(kind, str):
            raise ERROR_FORMAT.missing((*at, "type"))
        if kind != "function":
            continue
        if "name" not in tool:
            raise ERROR_FORMAT.missing((*at, "name"))
        held = validate(tool, _TOOL, ERROR_FORMAT, at)
        if _NAME.fullmatch(held["name"]) is None:
            message = (
                f"Invalid 'tools[{number}].name': string does not match pattern. Expected a string that"
                " matches the pattern '^[a-zA-Z0-9_-]+$'."
            )
            raise invalid_request(message, (*at, "name"), "invalid_value")
        parameters = held.get("parameters") or {}
        if parameters.get("type", "object") != "object":
            message = (
                f"Invalid schema for function '{held['name']}': schema must be a JSON Schema of"
                f" 'type: \"object\"', got 'type: \"{parameters['type']}\"'."
            )
            raise invalid_request(message, (*at, "parameters"), "invalid_function_parameters")
        found.append({"name": held["name"], "parameters": parameters})
    return tuple(found)


def _choice(choice: Any, tools: tuple[Mapping[str, Any], ...]) -> tuple[str, str | None]:
    if choice is None:
        return "auto", None
    if isinstance(choice, str):
        if choice not in ("none", "auto", "required"):
            raise ERROR_FORMAT.no_option(("tool_choice",), ("none", "auto", "required"), choice)
        if choice == "required" and not tools:
            raise invalid_request(
                "Tool choice 'required' must be specified with 'tools' parameter.", ("tool_choice",)
            )
        return choice, None
    if choice.get("type") != "function":
        return "auto", None
    if "name" not in choice:
        raise ERROR_FORMAT.missing(("tool_choice", "name"))
    name = validate(choice, _CHOICE, ERROR_FORMAT, ("tool_choice",))["name"]
    if all(tool["name"] != name for tool in tools):
        raise invalid_request(
            f"Tool choice 'function' '{name}' not found in 'tools' parameter.", ("tool_choice",)
        )
    return "required", name
