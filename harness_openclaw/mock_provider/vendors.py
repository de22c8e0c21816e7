"""Who serves the models of the stand-in, and with what manners."""

from __future__ import annotations

from harness_openclaw.mock_provider.models import Maker

__all__ = [
    "ANTHROPIC",
    "DEEPSEEK",
    "GOOGLE",
    "MOONSHOT",
    "NOBODY",
    "OPENAI",
    "OPENAI_RESPONSES",
    "STEALTH",
    "XAI",
]

ANTHROPIC = Maker(
    "Anthropic",
    stop="end_turn",
    tool_calls="tool_use",
    length="max_tokens",
    reasoning_format="anthropic-claude-v1",
    signs=True,
    tool_id="toolu_",
)
OPENAI = Maker("OpenAI", fingerprint=True)
OPENAI_RESPONSES = Maker(
    "OpenAI",
    stop="completed",
    tool_calls="completed",
    length="max_output_tokens",
    reasoning_format="openai-responses-v1",
    summarises=True,
    least_output=16,
)
GOOGLE = Maker(
    "Google",
    stop="STOP",
    tool_calls="STOP",
    length="MAX_TOKENS",
    reasoning_format="google-gemini-v1",
    tool_id="tool_",
)
DEEPSEEK = Maker("DeepSeek")
MOONSHOT = Maker("Moonshot AI", tool_id="functions.")
XAI = Maker("xAI", stop="completed", tool_calls="completed", reasoning_format="xai-responses-v1")
NOBODY = Maker("Simulated")
STEALTH = Maker("Stealth")
