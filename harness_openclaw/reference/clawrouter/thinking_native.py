"""What a thinking level becomes in the native wire forms: Anthropic's and Gemini's."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from harness_openclaw.reference.clawrouter.call import Call, nearest

__all__ = ["ClaudeThinking", "for_claude", "for_gemini", "is_gemini_3"]

_CLAUDE_BUDGETS = {"minimal": 1024, "low": 2048, "medium": 8192}
_CLAUDE_BUDGET = 16_384
_CLAUDE_ANSWER = 1024
"""Tokens left to the answer where a budget would leave none."""
_CLAUDE_MAX_TOKENS = 32_000

_CHOOSES_ITSELF = re.compile(
    r"claude-(?:opus-4-[678]|opus-5|sonnet-4-6|sonnet-5|fable-5|mythos-5)(?!\d)", re.IGNORECASE
)
"""Ids of models that take an effort and find their own budget."""
_CLAUDE_EFFORTS = {"minimal": "low", "low": "low", "medium": "medium", "xhigh": "xhigh", "max": "max"}

_GEMINI_BUDGETS = (
    ("gemini-2.5-pro", {"minimal": 128, "low": 2048, "medium": 8192, "high": 32_768}),
    ("gemini-2.5-flash-lite", {"minimal": 512, "low": 2048, "medium": 8192, "high": 24_576}),
    ("gemini-2.5-flash", {"minimal": 128, "low": 2048, "medium": 8192, "high": 24_576}),
)
_GEMINI_3 = re.compile(r"gemini-3.*?-(pro|flash)", re.IGNORECASE)
_PRO_LEVELS = {"off": "LOW", "minimal": "LOW", "low": "LOW"}
_FLASH_LEVELS = {"off": "MINIMAL", "minimal": "MINIMAL", "low": "LOW", "medium": "MEDIUM"}
_DYNAMIC = -1


def _level(call: Call) -> str:
    """The level that is sent for: the given one, or of those that the model lists the nearest."""
    level = call.level or "off"
    if call.model.efforts:
        level = nearest(level, call.model.efforts)
    return "off" if level == "none" else level


class ClaudeThinking(NamedTuple):
    """The fields of a Messages body that depend on the level; those that are None are not sent."""

    thinking: dict[str, Any] | None
    output_config: dict[str, Any] | None
    max_tokens: float

    @property
    def on(self) -> bool:
        """May the model think? Then earlier thoughts go along, and no temperature."""
        return self.thinking is not None and self.thinking["type"] != "disabled"


def for_claude(call: Call) -> ClaudeThinking:
    """How a Claude model thinks: not at all, as much as it finds right at an effort, or up to a budget.

    A budget comes on top of the tokens that were asked for, as far as the model's own limit allows.
    """
    level, limit, asked = _level(call), call.model.max_tokens, call.max_tokens
    max_tokens = min(limit, _CLAUDE_MAX_TOKENS) if asked is None else asked
    if not call.model.reasoning:
        return ClaudeThinking(None, None, max_tokens)
    if level == "off":
        return ClaudeThinking({"type": "disabled"}, None, max_tokens)
    if _CHOOSES_ITSELF.search(call.wire_id.replace(".", "-")):
        effort = _effort(level, call.model.efforts)
        return ClaudeThinking({"type": "adaptive", "display": "summarized"}, {"effort": effort}, max_tokens)
    budget: float = _CLAUDE_BUDGETS.get(level, _CLAUDE_BUDGET)
    max_tokens = limit if asked is None else min(asked + budget, limit)
    if max_tokens <= budget:
        budget = max(0, max_tokens - _CLAUDE_ANSWER)
    return ClaudeThinking({"type": "enabled", "budget_tokens": budget}, None, max_tokens)


def _effort(level: str, listed: tuple[str, ...] | None) -> str:
    effort = _CLAUDE_EFFORTS.get(level, "high")
    return "high" if effort == "xhigh" and "xhigh" not in (listed or ()) else effort


def for_gemini(call: Call) -> dict[str, Any] | None:
    """The `thinkingConfig` of a Gemini model; None if none is sent."""
    if not call.model.reasoning:
        return None
    level, model_id = _level(call), call.wire_id.lower()
    third = _GEMINI_3.search(model_id)
    if third:
        levels = _PRO_LEVELS if third.group(1) == "pro" else _FLASH_LEVELS
        config = {"thinkingLevel": levels.get(level, "HIGH")}
        return config if level == "off" else {"includeThoughts": True, **config}
    if level == "off":
        return None if "gemini-2.5-pro" in model_id else {"thinkingBudget": 0}
    budgets = next((budgets for name, budgets in _GEMINI_BUDGETS if name in model_id), None)
    budget = budgets.get(level, budgets["high"]) if budgets else _DYNAMIC
    return {"includeThoughts": True, "thinkingBudget": budget}


def is_gemini_3(model_id: str) -> bool:
    """Is it of the generation that takes images in results and wants a signature on each call?"""
    return "gemini-3" in model_id.lower()
