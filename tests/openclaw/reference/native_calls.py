"""Calls of one model over Messages or Gemini, put together without a catalog, and the bodies they make."""

from __future__ import annotations

from typing import Any

from reference_inputs import user

from harness_openclaw.reference.clawrouter import wire_gemini, wire_messages
from harness_openclaw.reference.clawrouter.call import Call
from harness_openclaw.reference.clawrouter.catalog import Model

IMAGE = {"type": "image", "mime_type": "image/png", "data": "iVBORw0KGgo="}
SIGNATURE = "QUJDRA=="


def call(upstream: str, level: str | None = "off", **given: Any) -> Call:
    """A call of the model with this id; `meta` is what the catalog says of it, `options` and `params` go
    beside the input."""
    gemini = "gemini" in upstream
    meta: dict[str, Any] = {"reasoning": True, "efforts": None, "takes_images": True, "max_tokens": 32_768}
    meta |= given.pop("meta", {})
    provider = "google" if gemini else "anthropic"
    model = Model(
        ref=f"clawrouter/{provider}/{upstream}",
        id=f"{provider}/{upstream}",
        upstream=upstream,
        provider=provider,
        transport="google-generative-ai" if gemini else "anthropic-messages",
        native_base=f"/v1/native/{provider}",
        google_prefix="/v1beta" if gemini else "",
        name=upstream,
        context_window=200_000,
        cost={},
        **meta,
    )
    params, options = given.pop("params", {}), given.pop("options", {})
    return Call({"history": [user("hi")], **given}, model, level, (params,), options)


def body(upstream: str, level: str | None = "off", **given: Any) -> dict[str, Any]:
    """What is sent to the model with this id."""
    asked = call(upstream, level, **given)
    return wire_gemini.body(asked) if "gemini" in upstream else wire_messages.body(asked)


def thinking(said: str = "why", **more: Any) -> dict[str, Any]:
    return {"type": "thinking", "thinking": said, **more}
