"""Whether a body is one that a provider's own package would let through, and why not.

The packages state what their APIs take as types: TypedDicts (`anthropic`, `openai`) or pydantic models
(`google-genai`, `openrouter`). pydantic checks both; unknown keys are refused at every depth.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import pytest


def _module(name: str) -> Any:
    return pytest.importorskip(name, reason="needs the providers' packages: tox run -e published-types")


pydantic = _module("pydantic")
typing_extensions = _module("typing_extensions")

# Every component inherits it when its module is imported, which happens with the first one asked for.
_module("openrouter.types.basemodel").BaseModel.model_config["extra"] = "forbid"

components = _module("openrouter.components")
google_types = _module("google.genai.types")
MESSAGES = _module("anthropic.types.message_create_params").MessageCreateParamsStreaming
COMPLETIONS = _module("openai.types.chat.completion_create_params").CompletionCreateParamsStreaming
RESPONSES = _module("openai.types.responses.response_create_params").ResponseCreateParamsStreaming

__all__ = [
    "chat_completions",
    "gemini",
    "messages",
    "openrouter_chat",
    "openrouter_component",
    "responses",
]

Body = Mapping[str, Any]


def messages(body: Body) -> list[str]:
    """What `anthropic` has against a body of POST /v1/messages.

    `temperature` is among its types before 1.0 only, and the API of the older models still has it.
    """
    return _against(MESSAGES, {name: value for name, value in body.items() if name != "temperature"})


def chat_completions(body: Body) -> list[str]:
    """What `openai` has against a body of POST /v1/chat/completions.

    The reasoning of earlier turns is replayed in fields that others have added to this API.
    """
    turns = [
        {
            name: value
            for name, value in turn.items()
            if name not in ("reasoning_content", "reasoning_details")
        }
        for turn in body["messages"]
    ]
    return _against(COMPLETIONS, {**body, "messages": turns})


def responses(body: Body) -> list[str]:
    """What `openai` has against a body of POST /v1/responses.

    Its types are made of what the API returns. They demand what the API does without, and real clients were
    seen to leave out: an id and a status of a replayed answer, `strict` of a tool. These are filled in.
    """
    filled = {**body, "input": [_with_identity(item) for item in body["input"]]}
    if "tools" in body:
        filled["tools"] = [{"strict": None, **tool} for tool in body["tools"]]
    return _against(RESPONSES, filled)


def gemini(body: Body) -> list[str]:
    """What `google-genai` has against a body of :streamGenerateContent."""
    fields = {
        "contents": _list_of(google_types.Content),
        "systemInstruction": google_types.Content,
        "tools": _list_of(google_types.Tool),
        "toolConfig": google_types.ToolConfig,
        "generationConfig": google_types.GenerationConfig,
    }
    unknown = [f"{name}: not a field of the request" for name in body if name not in fields]
    return unknown + [
        f"{name}.{problem}"
        for name in fields
        if name in body
        for problem in _against(fields[name], body[name])
    ]


def openrouter_chat(body: Body) -> list[str]:
    """What `openrouter` has against a body of POST /chat/completions."""
    return _against(components.ChatRequest, body)


def openrouter_component(name: str, body: Body) -> list[str]:
    """What `openrouter` has against a body of one of its other requests, by the name of its type."""
    return _against(getattr(components, name), body)


def _list_of(kind: Any) -> Any:
    return list[kind]


def _with_identity(item: Body) -> Body:
    if item.get("type") == "message" and item.get("role") == "assistant":
        return {"id": "msg_1", "status": "completed", **item}
    if item.get("type") == "reasoning":
        return {"id": "rs_1", **item}
    return item


def _against(kind: Any, value: Any) -> list[str]:
    adapter = _adapter(kind)
    try:
        return list(_read_all(adapter.validate_python(value), ()))
    except pydantic.ValidationError as error:
        return [f"{_path(each['loc'])}: {each['msg']}" for each in error.errors()]


@cache
def _adapter(kind: Any) -> Any:
    _refuse_unknown_keys()
    return pydantic.TypeAdapter(kind)


@cache
def _refuse_unknown_keys() -> None:
    for package in (_module("anthropic.types"), _module("openai.types")):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            for value in vars(importlib.import_module(found.name)).values():
                if typing_extensions.is_typeddict(value):
                    value.__pydantic_config__ = pydantic.ConfigDict(
                        extra="forbid", arbitrary_types_allowed=True
                    )


def _read_all(value: Any, place: tuple[int | str, ...]) -> Iterator[str]:
    """Go through what was validated, as pydantic checks an Iterable only while it is read.

    `anthropic` also takes the models of its answers back as input, which let any key through; what fits only
    such a model is told.
    """
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _read_all(each, (*place, key))
    elif isinstance(value, pydantic.BaseModel):
        if type(value).__module__.startswith("anthropic."):
            yield f"{_path(place)}: fits nothing but {type(value).__name__}, which is for answers"
    elif not isinstance(value, str | bytes | int | float | None):
        for number, each in enumerate(value):
            yield from _read_all(each, (*place, number))


def _path(place: Sequence[int | str]) -> str:
    """The place without the names of the types that were tried, which are long."""
    return ".".join(str(each) for each in place if isinstance(each, int) or each.isidentifier()) or "body"
