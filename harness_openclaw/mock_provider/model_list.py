"""The mock provider's models, with limits and prices of a real list in 2026."""

from __future__ import annotations

from harness_openclaw.mock_provider.fault_injection import PLAIN
from harness_openclaw.mock_provider.models import Model
from harness_openclaw.mock_provider.vendors import (
    ANTHROPIC,
    DEEPSEEK,
    GOOGLE,
    MOONSHOT,
    OPENAI,
    OPENAI_RESPONSES,
    STEALTH,
    UNNAMED,
    XAI,
)

__all__ = ["MODELS", "SIMULATED", "find"]

_ROUTING_SUFFIXES = (":nitro", ":floor", ":online", ":exacto")

_SAMPLING = ("stop", "temperature", "top_p")
_TOOLS = ("tool_choice", "tools")
_REASONING = ("include_reasoning", "reasoning")
_EFFORT = ("reasoning_effort",)
_LIMIT = ("max_completion_tokens", "max_tokens")
_STRUCTURE = ("response_format", "structured_outputs")
_OPEN_WEIGHTS = (
    "frequency_penalty",
    "logit_bias",
    "min_p",
    "presence_penalty",
    "repetition_penalty",
    "top_k",
)


def _parameters(*groups: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({name for group in groups for name in group}))


_CHAT = _parameters(_LIMIT, _SAMPLING, _TOOLS, _STRUCTURE)
_THINKING = _parameters(_LIMIT, _SAMPLING, _TOOLS, _STRUCTURE, _REASONING, ("top_k",))
_GRADED = _parameters(_LIMIT, _SAMPLING, _TOOLS, _STRUCTURE, _REASONING, _EFFORT)
_OPEN = _parameters(_GRADED, _OPEN_WEIGHTS, ("seed",))

MODELS = (
    Model(
        "anthropic/claude-sonnet-4-6",
        "anthropic/claude-4.6-sonnet-20260217",
        "Anthropic: Claude Sonnet 4.6",
        ANTHROPIC,
        context=1_000_000,
        output=128_000,
        prompt="0.000003",
        completion="0.000015",
        cache_read="0.0000003",
        cache_write="0.00000375",
        takes=("text", "image", "file"),
        parameters=_parameters(_THINKING, _EFFORT),
        reasoning={
            "default_effort": "medium",
            "mandatory": False,
            "supported_efforts": ["max", "high", "medium", "low"],
        },
        created=1_771_286_400,
        tokenizer="Claude",
        moderated=True,
    ),
    Model(
        "anthropic/claude-sonnet-4.5",
        "anthropic/claude-4.5-sonnet-20250929",
        "Anthropic: Claude Sonnet 4.5",
        ANTHROPIC,
        context=1_000_000,
        output=64_000,
        prompt="0.000003",
        completion="0.000015",
        cache_read="0.0000003",
        cache_write="0.00000375",
        takes=("text", "image", "file"),
        parameters=_THINKING,
        reasoning={"mandatory": False},
        created=1_759_161_676,
        tokenizer="Claude",
        moderated=True,
    ),
    Model(
        "anthropic/claude-haiku-4.5",
        "anthropic/claude-4.5-haiku-20251001",
        "Anthropic: Claude Haiku 4.5",
        ANTHROPIC,
        context=200_000,
        output=64_000,
        prompt="0.000001",
        completion="0.000005",
        cache_read="0.0000001",
        cache_write="0.00000125",
        takes=("text", "image", "file"),
        parameters=_THINKING,
        reasoning={"mandatory": False},
        created=1_760_547_638,
        tokenizer="Claude",
        moderated=True,
    ),
    Model(
        "anthropic/claude-3-haiku",
        "anthropic/claude-3-haiku",
        "Anthropic: Claude 3 Haiku",
        ANTHROPIC,
        context=200_000,
        output=4_096,
        prompt="0.00000025",
        completion="0.00000125",
        cache_read="0.00000003",
        cache_write="0.0000003",
        takes=("text", "image"),
        parameters=_CHAT,
        created=1_710_288_000,
        tokenizer="Claude",
        moderated=True,
    ),
    Model(
        "openai/gpt-4o",
        "openai/gpt-4o",
        "OpenAI: GPT-4o",
        OPENAI,
        context=128_000,
        output=16_384,
        prompt="0.0000025",
        completion="0.00001",
        cache_read="0.00000125",
        takes=("text", "image", "file"),
        parameters=_parameters(_CHAT, ("frequency_penalty", "logprobs", "presence_penalty", "seed")),
        created=1_715_558_400,
        tokenizer="GPT",
        moderated=True,
    ),
    Model(
        "openai/gpt-4o-mini",
        "openai/gpt-4o-mini",
        "OpenAI: GPT-4o-mini",
        OPENAI,
        context=128_000,
        output=16_384,
        prompt="0.00000015",
        completion="0.0000006",
        cache_read="0.000000075",
        takes=("text", "image", "file"),
        parameters=_parameters(_CHAT, ("frequency_penalty", "logprobs", "presence_penalty", "seed")),
        created=1_721_260_800,
        tokenizer="GPT",
        moderated=True,
    ),
    Model(
        "openai/gpt-5",
        "openai/gpt-5-2025-08-07",
        "OpenAI: GPT-5",
        OPENAI_RESPONSES,
        context=400_000,
        output=128_000,
        prompt="0.00000125",
        completion="0.00001",
        cache_read="0.000000125",
        takes=("text", "image", "file"),
        parameters=_parameters(_LIMIT, _TOOLS, _STRUCTURE, _REASONING, _EFFORT, ("seed",)),
        reasoning={
            "default_effort": "medium",
            "mandatory": True,
            "supported_efforts": ["high", "medium", "low", "minimal"],
        },
        reasons=True,
        created=1_754_587_402,
        tokenizer="GPT",
        moderated=True,
    ),
    Model(
        "google/gemini-3.1-pro-preview",
        "google/gemini-3.1-pro-preview-20260219",
        "Google: Gemini 3.1 Pro Preview",
        GOOGLE,
        context=1_048_576,
        output=65_536,
        prompt="0.000002",
        completion="0.000012",
        cache_read="0.0000002",
        cache_write="0.000000375",
        takes=("audio", "file", "image", "text", "video"),
        parameters=_parameters(_GRADED, ("seed",)),
        reasoning={
            "default_effort": "medium",
            "mandatory": True,
            "supported_efforts": ["high", "medium", "low"],
        },
        reasons=True,
        created=1_771_459_200,
        tokenizer="Gemini",
    ),
    Model(
        "google/gemini-2.5-pro",
        "google/gemini-2.5-pro",
        "Google: Gemini 2.5 Pro",
        GOOGLE,
        context=1_048_576,
        output=65_536,
        prompt="0.00000125",
        completion="0.00001",
        cache_read="0.000000125",
        cache_write="0.000000375",
        takes=("text", "image", "file", "audio", "video"),
        parameters=_parameters(_LIMIT, _SAMPLING, _TOOLS, _STRUCTURE, _REASONING, ("seed",)),
        reasoning={"mandatory": True},
        reasons=True,
        created=1_750_169_544,
        tokenizer="Gemini",
    ),
    Model(
        "deepseek/deepseek-v4-pro",
        "deepseek/deepseek-v4-pro-20260423",
        "DeepSeek: DeepSeek V4 Pro",
        DEEPSEEK,
        context=1_048_576,
        output=393_216,
        prompt="0.000001168",
        completion="0.000002336",
        cache_read="0.00000009855",
        parameters=_OPEN,
        reasoning={
            "default_effort": "high",
            "mandatory": False,
            "supported_efforts": ["xhigh", "high"],
        },
        reasons=True,
        created=1_776_902_400,
        tokenizer="DeepSeek",
    ),
    Model(
        "moonshotai/kimi-k2.6",
        "moonshotai/kimi-k2.6-20260420",
        "MoonshotAI: Kimi K2.6",
        MOONSHOT,
        context=262_144,
        output=262_144,
        prompt="0.00000065",
        completion="0.00000341",
        cache_read="0.00000015",
        takes=("text", "image"),
        parameters=_parameters(_OPEN, ("parallel_tool_calls",)),
        reasoning={"default_enabled": True, "mandatory": False},
        reasons=True,
        created=1_776_643_200,
    ),
    Model(
        "x-ai/grok-4",
        "x-ai/grok-4-07-09",
        "xAI: Grok 4",
        XAI,
        context=256_000,
        output=None,
        prompt="0.000003",
        completion="0.000015",
        cache_read="0.00000075",
        takes=("image", "text"),
        parameters=_THINKING,
        reasons=True,
        created=1_752_087_689,
        tokenizer="Grok",
    ),
    Model(
        "deepseek/deepseek-r1:free",
        "deepseek/deepseek-r1",
        "DeepSeek: R1 (free)",
        DEEPSEEK,
        context=163_840,
        output=None,
        prompt="0",
        completion="0",
        parameters=_OPEN,
        reasons=True,
        created=1_737_381_095,
        tokenizer="DeepSeek",
    ),
    Model(
        "openrouter/hunter-alpha",
        "openrouter/hunter-alpha",
        "Hunter Alpha",
        STEALTH,
        context=1_048_576,
        output=32_000,
        prompt="0",
        completion="0",
        takes=("text", "image"),
        parameters=_OPEN,
        created=1_773_014_400,
    ),
    *(
        Model(
            name,
            name,
            shown,
            vendor,
            context=65_536,
            output=32_768,
            prompt="0.0000005",
            completion="0.00003",
            takes=("image", "text"),
            gives=("image", "text"),
            parameters=_parameters(_LIMIT, _SAMPLING, ("seed",)),
            created=1_772_000_000,
            tokenizer=tokenizer,
        )
        for name, shown, vendor, tokenizer in (
            ("google/gemini-3.1-flash-image-preview", "Google: Nano Banana 2", GOOGLE, "Gemini"),
            ("google/gemini-3.1-flash-lite-image", "Google: Nano Banana 2 Lite", GOOGLE, "Gemini"),
            ("google/gemini-3-pro-image-preview", "Google: Nano Banana Pro", GOOGLE, "Gemini"),
            ("openai/gpt-5.4-image-2", "OpenAI: GPT-5.4 Image 2", OPENAI, "GPT"),
        )
    ),
    Model(
        "openrouter/auto",
        "openrouter/auto",
        "Auto Router",
        UNNAMED,
        context=2_000_000,
        output=None,
        prompt="-1",
        completion="-1",
        takes=("text", "image", "audio", "file", "video"),
        parameters=_OPEN,
        created=1_699_401_600,
        tokenizer="Router",
        routes_to="openai/gpt-4o",
    ),
)

SIMULATED = Model(
    PLAIN,
    PLAIN,
    "Simulated",
    UNNAMED,
    context=128_000,
    output=16_384,
    prompt="0.000001",
    completion="0.000002",
    gives=("text", "image"),
    parameters=_OPEN,
)
"""The model behind ids that are in no list (`simulated/…`; with `any_model` all of them)."""

_BY_ID = {model.id: model for model in MODELS}


def find(name: str) -> Model | None:
    """Return the model of an id; suffixes that only choose a route are ignored."""
    model = _BY_ID.get(name)
    if model is None:
        for suffix in _ROUTING_SUFFIXES:
            if name.endswith(suffix):
                return _BY_ID.get(name.removesuffix(suffix))
    return model
