"""A chat call through ClawRouter as the wire forms see it: what was given, and the model it is for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from harness.model import JsonValue
from harness_openclaw.reference.openrouter import cache_markers
from harness_openclaw.reference.openrouter.params import Layers, find, number
from harness_openclaw.reference.openrouter.text import well_formed

if TYPE_CHECKING:
    from harness_openclaw.reference.clawrouter.catalog import Model

__all__ = ["Call", "nearest"]

_BY_UPSTREAM = {"anthropic-messages", "google-generative-ai"}
_LEVELS = ("off", "none", "minimal", "low", "medium", "adaptive", "high", "xhigh", "max")
_RANK = {level: rank for rank, level in enumerate(_LEVELS)}


class Call(NamedTuple):
    """One chat call: the input, and the row of the catalog that its ref names.

    `level` is the thinking level, None if none was given (then it is as `off`); `params` are layers, the
    one that counts least first; `options` are those of this call and win over `params`.
    """

    given: Mapping[str, JsonValue]
    model: Model
    level: str | None
    params: Layers
    options: Mapping[str, JsonValue]
    edition: str = "latest"

    @property
    def wire_id(self) -> str:
        """The model's id as sent (CW-REQ-01), which turns of the history are compared with."""
        return self.model.upstream if self.model.transport in _BY_UPSTREAM else self.model.id

    @property
    def thinks(self) -> bool:
        """Was a level other than off given?"""
        return self.level not in (None, "off")

    @property
    def system(self) -> str | None:
        """The system prompt with its cache boundary, if any; None for an empty one."""
        system = self.given.get("system")
        return well_formed(system) if system else None

    @property
    def prompt(self) -> str | None:
        """The system prompt in one piece, its cache boundary a newline (OR-CC-08)."""
        system = self.system
        if system is None:
            return None
        body = {"messages": [{"role": "system", "content": system}]}
        prompt: str = cache_markers.without_boundary(body)["messages"][0]["content"]
        return prompt

    @property
    def history(self) -> Sequence[Mapping[str, JsonValue]]:
        return self.given.get("history") or ()

    @property
    def tools(self) -> list[Mapping[str, Any]] | None:
        """The tools by name; None if no list was given at all."""
        tools = self.given.get("tools")
        return None if tools is None else sorted(tools, key=lambda tool: str(tool["name"]))

    @property
    def max_tokens(self) -> float | None:
        """The limit that is asked for; the model's own is `model.max_tokens`."""
        return self._number("max_tokens", "maxTokens")

    @property
    def temperature(self) -> float | None:
        return self._number("temperature", "temperature")

    @property
    def tool_choice(self) -> str | None:
        """`auto`, `none` or `required`; None if no choice, or the choice of one tool, was given."""
        choice = self.options.get("tool_choice")
        if isinstance(choice, dict) and self.chosen_tool is None:
            choice = choice.get("type")
        if choice == "any":
            return "required"
        return choice if isinstance(choice, str) else None

    @property
    def chosen_tool(self) -> str | None:
        """The name of the one tool that must be called, in whatever public form it was given."""
        choice = self.options.get("tool_choice")
        if not isinstance(choice, dict):
            return None
        function = choice.get("function")
        name = function.get("name") if isinstance(function, dict) else choice.get("name")
        return name if isinstance(name, str) else None

    def _number(self, option: str, param: str) -> float | None:
        given = self.options.get(option)
        value: JsonValue = find(self.params, param) if given is None else given
        return value if number(value) else None


def nearest(level: str, offered: Sequence[str]) -> str:
    """The level of `offered` that stands for `level`: itself, else the next above, else the highest.

    `offered` is not empty. An unknown level (`ultra`) is above all known ones.
    """
    if level in offered:
        return level
    known = sorted((word for word in offered if word in _RANK), key=_RANK.__getitem__)
    rank = _RANK.get(level, len(_LEVELS))
    return next((word for word in known if _RANK[word] >= rank), known[-1] if known else offered[0])
