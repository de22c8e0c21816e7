"""What may be expected of an outcome: its words, one by one, so that none is misspelt."""

from __future__ import annotations

from typing import Final

from harness.scenarios._shapes import Anything, Either, Flag, Items, Null, Number, Shape, Table, Text, Value

__all__ = ["ERROR_CLASSES", "OUTCOME"]

ERROR_CLASSES: Final = (
    "auth",
    "auth_permanent",
    "billing",
    "rate_limit",
    "timeout",
    "overloaded",
    "model_not_found",
    "context_overflow",
    "format",
)


def _reported(inner: Shape, about: str = "") -> Shape:
    return Value(Either((inner, Null())), about)


def _named(*names: str, **others: Shape) -> Table:
    """A mapping of what is reported under these names, `others` being those with more to say."""
    keys = {name: Anything() for name in names} | others
    return Table(keys, called=f"{{{', '.join(keys)}}}")


def _list_of(table: Table) -> Items:
    return Items(Value(table))


_USAGE: Final = _named(
    "input_tokens",
    "output_tokens",
    "total_tokens",
    "cached_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "cost",
)
_ARTIFACT: Final = _named(
    "mime_type",
    "filename",
    "bytes",
    "data",
    "voice_note",
    "model",
    "job_id",
    "status",
    "generation_id",
    "usage",
)
_MODEL: Final = _named(
    "ref",
    "id",
    "name",
    "reasoning",
    "reasoning_efforts",
    "input",
    "context_window",
    "max_tokens",
    "transport",
    cost=_reported(_named("input", "output", "cache_read", "cache_write")),
)
_BUDGET: Final = _named(
    "limit",
    "remaining",
    "usage",
    "usage_daily",
    "usage_weekly",
    "usage_monthly",
    "is_free_tier",
    "total_credits",
    "total_usage",
    "balance",
    "plan",
    "summary",
    "billing",
    "error",
    windows=_reported(_list_of(_named("label", "used_percent", "reset_at"))),
)
_CHECK: Final = _named("rule", "message", standing=Value(Text(choices=("pass", "warn", "fail", "unknown"))))

OUTCOME: Final = Table(
    {
        "text": _reported(Text(), "The text of the answer."),
        "tool_calls": _reported(_list_of(_named("id", "name", "arguments")), "The tool calls of the answer."),
        "usage": _reported(_USAGE, "Tokens and cost."),
        "finish_reason": _reported(Text(choices=("stop", "length", "toolUse")), "Why the answer ended."),
        "error": _reported(
            Table(
                {
                    "class": _reported(Text(choices=ERROR_CLASSES), "Its class; null: it has none."),
                    "status": Value(Number(whole=True), "The HTTP status it came with."),
                    "retryable": Value(Flag(), "Whether trying again may help."),
                    "message": Value(Text(), "What the user is told."),
                },
                called="{class, status, retryable, message}",
            ),
            "The refusal or failure.",
        ),
        "artifacts": _reported(_list_of(_ARTIFACT), "Files that were made."),
        "models": _reported(_list_of(_MODEL), "The models that are offered."),
        "budget": _reported(_BUDGET, "What is left of the budget."),
        "checks": _reported(_list_of(_CHECK), "What was checked before a recording, and how it came out."),
    },
    "What must be reported back; objects may have more keys.",
    called="a mapping of what is reported back",
)
