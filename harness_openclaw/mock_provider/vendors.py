"""The vendors of the models."""

from __future__ import annotations

from harness_openclaw.mock_provider.models import Vendor

__all__ = [
    "ANTHROPIC",
    "DEEPSEEK",
    "GOOGLE",
    "MOONSHOT",
    "OPENAI",
    "OPENAI_RESPONSES",
    "STEALTH",
    "UNNAMED",
    "XAI",
]

ANTHROPIC = Vendor(
    "Anthropic",
    stop="end_turn",
    tool_calls="tool_use",
    length="max_tokens",
    reasoning_format="anthropic-claude-v1",
    signs=True,
    tool_id="toolu_",
)
OPENAI = Vendor("OpenAI", fingerprint=True)
OPENAI_RESPONSES = Vendor(
    "OpenAI",
    stop="completed",
    tool_calls="completed",
    length="max_output_tokens",
    reasoning_format="openai-responses-v1",
    summarises=True,
    least_output=16,
)
GOOGLE = Vendor(
    "Google",
    stop="STOP",
    tool_calls="STOP",
    length="MAX_TOKENS",
    reasoning_format="google-gemini-v1",
    tool_id="tool_",
)
DEEPSEEK = Vendor("DeepSeek")
MOONSHOT = Vendor("Moonshot AI", tool_id="functions.")
XAI = Vendor("xAI", stop="completed", tool_calls="completed", reasoning_format="xai-responses-v1")
UNNAMED = Vendor("Simulated")
STEALTH = Vendor("Stealth")
