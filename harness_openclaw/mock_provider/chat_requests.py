"""Parsing a chat request, and the errors of an invalid one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from harness.model import JsonValue
from harness_openclaw.mock_provider.errors import (
    ApiError,
    ErrorResponse,
    not_an_option,
    upstream_error,
    wrong_type,
)
from harness_openclaw.mock_provider.models import Model

__all__ = ["ChatRequest", "check", "object_in"]

_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
_ROLES = ("system", "developer", "user", "assistant", "tool", "function")
_TOOL_CHOICES = ("none", "auto", "required")
_SCHEMA_TYPES = ("object", "array", "string", "number", "integer", "boolean", "null")
_RANGES = {
    "temperature": (0, 2),
    "top_p": (0, 1),
    "frequency_penalty": (-2, 2),
    "presence_penalty": (-2, 2),
}
_TYPES: Mapping[str, tuple[type, ...]] = {
    "stream": (bool,),
    "max_tokens": (int,),
    "max_completion_tokens": (int,),
    "n": (int,),
    "seed": (int,),
    "models": (list,),
    "tools": (list,),
    "stop": (str, list),
    "provider": (dict,),
    "reasoning": (dict,),
    "reasoning_effort": (str,),
    "response_format": (dict,),
    "stream_options": (dict,),
    "plugins": (list,),
    "usage": (dict,),
    "logprobs": (bool,),
    "include_reasoning": (bool,),
    "parallel_tool_calls": (bool,),
    "modalities": (list,),
    "image_config": (dict,),
    "user": (str,),
}
_MODALITIES = ("text", "image", "audio")
_MOST_PICTURES = 10
_ENABLED_WITHOUT_EFFORT = ("max_tokens", "enabled")


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A valid chat request, as far as its answer depends on it.

    `limit` is the most tokens of the answer, `shown` whether reasoning is part of it, `forced` the tool that
    must be called, if any. `pictures` is the number of images to make, `ratio` their aspect ratio.
    """

    model: Model
    messages: tuple[Mapping[str, Any], ...]
    stream: bool = False
    tools: tuple[Mapping[str, Any], ...] = ()
    tool_choice: str = "auto"
    forced: str | None = None
    limit: int | None = None
    reasoning: bool = False
    shown: bool = True
    answer_format: Mapping[str, Any] | None = None
    stops: tuple[str, ...] = ()
    pictures: int = 0
    ratio: str = "1:1"


def object_in(body: bytes) -> dict[str, Any]:
    """Return the JSON object in a body. Raises `ApiError` if it is not one."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise ApiError(
            ErrorResponse(400, "The request body is not valid JSON", names_account=False)
        ) from None
    if not isinstance(found, dict):
        raise wrong_type("the request body", "object", found)
    return found


def check(body: Mapping[str, Any], find: Callable[[str], Model | None]) -> ChatRequest:
    """Return what a request body asks for; `find` looks a model up by its id.

    Raises `ApiError` with what the provider would answer: for wrong types and values, unknown models and
    roles, both an effort and a budget for reasoning, effort `max` for DeepSeek V4 (OR-ERR-04), and a final
    assistant turn in an Anthropic request with reasoning (OR-PF-01).
    """
    _check_types(body)
    model = _model(body, find)
    messages = _messages(body)
    _check_ranges(body)
    reasoning, shown = _reasoning(body, model)
    tools = _tools(body, model)
    choice, forced = _tool_choice(body, tools, model)
    limit = _limit(body, model, reasoning)
    if reasoning and model.is_anthropic and _ends_in_prefill(messages):
        raise ApiError(
            upstream_error(
                model.vendor.name,
                f"messages.{len(messages) - 1}.content.0.type: Expected `thinking` or `redacted_thinking`,"
                " but found `text`. With thinking enabled the last turn cannot be the assistant's own.",
            )
        )
    stop = body.get("stop")
    pictures, ratio = _pictures(body, model)
    return ChatRequest(
        model,
        messages,
        stream=body.get("stream") is True,
        tools=tools,
        tool_choice=choice,
        forced=forced,
        limit=limit,
        reasoning=reasoning,
        shown=shown,
        answer_format=body.get("response_format"),
        stops=(stop,) if isinstance(stop, str) else tuple(_strings(stop or (), "stop")),
        pictures=pictures,
        ratio=ratio,
    )


def _check_types(body: Mapping[str, Any]) -> None:
    for name, types in _TYPES.items():
        value = body.get(name)
        if value is not None and type(value) not in types:
            raise wrong_type(name, types, value)


def _check_ranges(body: Mapping[str, Any]) -> None:
    for name, (least, most) in _RANGES.items():
        value = body.get(name)
        if value is None:
            continue
        if type(value) not in (int, float):
            raise wrong_type(name, "number", value)
        if not least <= value <= most:
            bound = f"at most {most}" if value > most else f"at least {least}"
            message = f"Expected {name} to be {bound}, received {value:g}"
            raise ApiError(ErrorResponse(400, message, {"provider_name": None}, names_account=False))


def _strings(values: Iterable[object], where: str) -> list[str]:
    found = []
    for value in values:
        if not isinstance(value, str):
            raise wrong_type(where, "string", value)
        found.append(value)
    return found


def _model(body: Mapping[str, Any], find: Callable[[str], Model | None]) -> Model:
    named = body.get("model")
    wanted = [] if named is None else [named]
    names = _strings([*wanted, *(body.get("models") or ())], "model")
    if not names:
        raise ApiError(ErrorResponse(400, "No models provided"))
    found = [find(name) for name in names]
    for name, model in zip(names, found, strict=True):
        if model is None:
            raise ApiError(ErrorResponse(400, f"{name} is not a valid model ID"))
    first = found[0]
    assert first is not None
    return first


def _messages(body: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    messages = body.get("messages")
    if messages is not None and not isinstance(messages, list):
        raise wrong_type("messages", "array", messages)
    if not messages:
        raise ApiError(ErrorResponse(400, 'Input required: specify "prompt" or "messages"'))
    for index, message in enumerate(messages):
        _check_message(message, f"messages[{index}]")
    return tuple(messages)


def _check_message(message: JsonValue, where: str) -> None:
    if not isinstance(message, dict):
        raise wrong_type(where, "object", message)
    if "role" not in message:
        raise ApiError(
            ErrorResponse(
                400, "Input must have at least 1 token.", {"provider_name": None}, names_account=False
            )
        )
    role = message["role"]
    if role not in _ROLES:
        raise not_an_option(f"{where}.role", role, _ROLES)
    content = message.get("content")
    if isinstance(content, list):
        for number, part in enumerate(content):
            if not isinstance(part, dict):
                raise wrong_type(f"{where}.content[{number}]", "object", part)
            if not isinstance(part.get("type"), str):
                raise wrong_type(f"{where}.content[{number}].type", "string", part.get("type"))
    elif not isinstance(content, str) and (content is not None or role not in ("assistant", "function")):
        raise wrong_type(f"{where}.content", "string or array", content)
    if role == "tool" and not isinstance(message.get("tool_call_id"), str):
        raise wrong_type(f"{where}.tool_call_id", "string", message.get("tool_call_id"))


def _reasoning(body: Mapping[str, Any], model: Model) -> tuple[bool, bool]:
    """Return whether the model reasons, and whether its reasoning is shown."""
    chat: Mapping[str, Any] = body.get("reasoning") or {}
    effort, budget = chat.get("effort"), chat.get("max_tokens")
    if effort is not None and budget is not None:
        message = 'Only one of "reasoning.effort" and "reasoning.max_tokens" can be specified'
        raise ApiError(ErrorResponse(400, message, names_account=False))
    if budget is not None and type(budget) is not int:
        raise wrong_type("reasoning.max_tokens", "integer", budget)
    efforts = {"reasoning.effort": effort, "reasoning_effort": body.get("reasoning_effort")}
    for where, value in efforts.items():
        if value is None:
            continue
        if value not in _EFFORTS:
            raise not_an_option(where, value, _EFFORTS)
        if value == "max" and model.is_deepseek_v4:
            options = [word for word in _EFFORTS if word != "max"]
            raise not_an_option(where, value, options)
    shown = chat.get("exclude") is not True
    if not model.can_reason:
        return False, shown
    return _is_enabled(chat, body, model), shown


def _is_enabled(chat: Mapping[str, Any], body: Mapping[str, Any], model: Model) -> bool:
    thinking = body.get("thinking")
    if isinstance(thinking, dict) and thinking.get("type") in ("enabled", "disabled"):
        return bool(thinking["type"] == "enabled")
    effort = chat.get("effort") or body.get("reasoning_effort")
    if chat.get("enabled") is False or effort == "none":
        return False
    if effort is not None or any(chat.get(name) for name in _ENABLED_WITHOUT_EFFORT):
        return True
    return model.reasons or body.get("include_reasoning") is True


def _tools(body: Mapping[str, Any], model: Model) -> tuple[Mapping[str, Any], ...]:
    tools = body.get("tools") or ()
    for index, tool in enumerate(tools):
        where = f"tools[{index}]"
        if not isinstance(tool, dict):
            raise wrong_type(where, "object", tool)
        function = tool.get("function")
        if tool.get("type") != "function":
            continue
        if not isinstance(function, dict):
            raise wrong_type(f"{where}.function", "object", function)
        if not isinstance(function.get("name"), str):
            raise wrong_type(f"{where}.function.name", "string", function.get("name"))
        parameters = function.get("parameters")
        kind = parameters.get("type") if isinstance(parameters, dict) else None
        if isinstance(kind, str) and kind not in _SCHEMA_TYPES:
            message = f"Invalid schema for function '{function['name']}': '{kind}' is not a type."
            raise ApiError(upstream_error(model.vendor.name, message))
    return tuple(tool["function"] for tool in tools if tool.get("type") == "function")


def _tool_choice(
    body: Mapping[str, Any], tools: tuple[Mapping[str, Any], ...], model: Model
) -> tuple[str, str | None]:
    choice = body.get("tool_choice")
    if choice is None:
        return "auto", None
    if isinstance(choice, dict):
        function = choice.get("function")
        name = function.get("name") if isinstance(function, dict) else None
        if choice.get("type") != "function" or not isinstance(name, str):
            raise not_an_option("tool_choice.type", choice.get("type"), ("function",))
        if all(tool["name"] != name for tool in tools):
            message = f"Invalid value for 'tool_choice': no function named '{name}' is among the tools."
            raise ApiError(upstream_error(model.vendor.name, message))
        return "required", name
    if choice not in _TOOL_CHOICES:
        raise not_an_option("tool_choice", choice, _TOOL_CHOICES)
    if choice == "required" and not tools:
        raise ApiError(
            upstream_error(model.vendor.name, "'tool_choice' is only allowed when 'tools' are specified.")
        )
    return choice, None


def _limit(body: Mapping[str, Any], model: Model, reasoning: bool) -> int | None:
    limit: int | None = body.get("max_completion_tokens")
    if limit is None:
        limit = body.get("max_tokens")
    if limit is None or limit < 1:  # below 1 is taken for no limit
        return None
    if limit < model.vendor.least_output:
        message = (
            "Invalid 'max_output_tokens': integer below minimum value."
            f" Expected a value >= {model.vendor.least_output}, but got {limit} instead."
        )
        raise ApiError(upstream_error(model.vendor.name, message))
    budget = (body.get("reasoning") or {}).get("max_tokens")
    if reasoning and model.is_anthropic and budget is not None and limit <= budget:
        message = "`max_tokens` must be greater than `thinking.budget_tokens`."
        raise ApiError(upstream_error(model.vendor.name, message))
    return limit


def _pictures(body: Mapping[str, Any], model: Model) -> tuple[int, str]:
    """Return how many images are asked for, one unless stated, and their aspect ratio."""
    wanted = _strings(body.get("modalities") or (), "modalities")
    for modality in wanted:
        if modality not in _MODALITIES:
            raise not_an_option("modalities", modality, _MODALITIES)
    if "image" not in wanted:
        return 0, "1:1"
    if not model.draws:
        message = f"No endpoints found that support the requested output modalities: {', '.join(wanted)}"
        raise ApiError(ErrorResponse(404, message, names_account=False))
    count, ratio = body.get("n"), (body.get("image_config") or {}).get("aspect_ratio")
    if count is not None and not 1 <= count <= _MOST_PICTURES:
        message = f"Expected n to be between 1 and {_MOST_PICTURES}, received {count}"
        raise ApiError(ErrorResponse(400, message, names_account=False))
    return count or 1, ratio if isinstance(ratio, str) else "1:1"


def _ends_in_prefill(messages: tuple[Mapping[str, Any], ...]) -> bool:
    last = messages[-1]
    return last["role"] == "assistant" and not last.get("tool_calls")
