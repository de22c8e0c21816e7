"""What a configuration in OpenClaw's shape says about one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.model import JsonValue
from harness_openclaw.reference.openrouter.params import Layers
from harness_openclaw.reference.openrouter.refs import Ref, parse
from harness_openclaw.reference.refusal import Refusal

__all__ = ["default_model", "media", "param_layers", "provider", "speech"]

_NOTHING: Mapping[str, Any] = {}


def default_model(config: Mapping[str, JsonValue]) -> JsonValue:
    """The ref used when a call names none; None when nothing is configured."""
    model = _at(config, "agents", "defaults").get("model")
    return model.get("primary") if isinstance(model, dict) else model


def provider(config: Mapping[str, JsonValue], name: str) -> Mapping[str, JsonValue]:
    """The provider's own section: `apiKey`, `baseUrl`, `headers`, `params`."""
    return _at(config, "models", "providers", name) if config else _NOTHING


def media(config: Mapping[str, JsonValue], kind: str) -> Mapping[str, JsonValue]:
    """What is configured for making an `image` or `video`: `primary`, the ref of a model, and `timeoutMs`."""
    if not config:
        return _NOTHING
    settings = _at(config, "agents", "defaults").get(f"{kind}GenerationModel")
    if isinstance(settings, str):
        return {"primary": settings}
    return settings if isinstance(settings, dict) else _NOTHING


def speech(config: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
    """What is configured for speech: `apiKey`, `baseUrl`, `model`, `voice`, `responseFormat` and the like."""
    return _at(config, "messages", "tts", "providers", "openrouter") if config else _NOTHING


def param_layers(
    config: Mapping[str, JsonValue], ref: Ref, edition: str, call: Mapping[str, JsonValue]
) -> Layers:
    """The params of a call of `ref`: provider < agent defaults < per model < per agent < the call's own."""
    if not config:
        return (call,)
    defaults = _at(config, "agents", "defaults")
    sections = [
        provider(config, ref.provider),
        defaults,
        *(entry for key, entry in (defaults.get("models") or {}).items() if _names(key, ref, edition)),
        *_default_agent(_at(config, "agents").get("list") or ()),
    ]
    return (*(section["params"] for section in sections if isinstance(section.get("params"), dict)), call)


def _at(config: Mapping[str, JsonValue], *path: str) -> Mapping[str, JsonValue]:
    section: JsonValue = config
    for name in path:
        section = section.get(name)
        if not isinstance(section, dict):
            return _NOTHING
    return section  # type: ignore[no-any-return]


def _names(key: str, ref: Ref, edition: str) -> bool:
    try:
        named = parse(key, edition)
    except Refusal:
        return False
    return (named.provider, named.wire) == (ref.provider, ref.wire)


def _default_agent(agents: Sequence[Mapping[str, JsonValue]]) -> Sequence[Mapping[str, JsonValue]]:
    """The agent marked as default, else the first one."""
    return [agent for agent in agents if agent.get("default") is True][:1] or agents[:1]
