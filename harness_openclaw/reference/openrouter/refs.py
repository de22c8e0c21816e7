"""Model refs: `openrouter/<rest>` and the model families that later steps look for (OR-REF)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from harness_openclaw.reference.refusal import Refusal

__all__ = ["DEFAULT_MODEL", "Family", "Ref", "family", "parse"]

DEFAULT_MODEL = "openrouter/auto"
"""What a fresh set-up uses (OR-REF-05)."""

_PROVIDER = "openrouter"
_ALIASES = {"openrouter:auto": DEFAULT_MODEL}
_SHORT_IDS = {"deepseek-v4-flash", "deepseek-v4-pro"}
_DATE = re.compile(r"\d{8}(?=@|$)")
_QUANTISATION = re.compile(r"(?:i?q\d+(?:_[a-z0-9]+)*|\d+bit)(?=@|$)", re.IGNORECASE)
_DATED_DEEPSEEK_V4 = re.compile(r"deepseek/deepseek-v4-(?:flash|pro)(?:-\d{4,8})?(?::.*)?")


class Ref(NamedTuple):
    """A model ref taken apart.

    `id` is the model id after OR-REF-01…04, which turns of the history name; `wire` is what the
    request's `model` says, and differs from it in the latest edition only (OR-REF-11).
    """

    provider: str
    id: str
    wire: str
    profile: str | None = None  # of the credentials, `@work` (OR-REF-10)


@lru_cache(maxsize=4096)
def parse(text: str, edition: str) -> Ref:
    """The ref that `text` names. Raises `Refusal` for a malformed one (OR-REF-09)."""
    trimmed = text.strip()
    written, profile = _split_profile(_ALIASES.get(trimmed.lower(), trimmed))
    provider, slash, rest = written.partition("/")
    provider, rest = provider.strip().lower(), rest.strip()
    if not slash:
        raise Refusal(f"{text!r} is not a model ref: write <provider>/<model id>")
    if not provider or not rest:
        raise Refusal(
            f"{text!r} is not a model ref: nothing {'after' if provider else 'before'} the first '/'"
        )
    if provider != _PROVIDER:
        return Ref(provider, rest, rest, profile)
    model = rest if "/" in rest else f"{_PROVIDER}/{rest}"
    return Ref(provider, model, _latest_wire_id(model) if edition == "latest" else model, profile)


def _split_profile(ref: str) -> tuple[str, str | None]:
    """Cut off the credential profile; dates and quantisation tags after an `@` belong to the id."""
    at = ref.find("@", ref.rfind("/") + 1)
    while at > 0:
        tag = _DATE.match(ref, at + 1) or _QUANTISATION.match(ref, at + 1)
        if tag is None:
            model, profile = ref[:at].strip(), ref[at + 1 :].strip()
            return (model, profile) if profile else (ref, None)
        at = ref.find("@", tag.end())
    return ref, None


def _latest_wire_id(model: str) -> str:
    """Lower case, without a needless `openrouter/`, short DeepSeek names in full (OR-REF-11)."""
    lowered = model.lower()
    bare = lowered.removeprefix(f"{_PROVIDER}/")
    if bare in _SHORT_IDS:
        return f"deepseek/{bare}"
    return bare if "/" in bare else lowered


class Family(NamedTuple):
    """What the later steps ask of a model id, for one edition."""

    anthropic: bool  # gets cache markers (OR-CC-01)
    prefills: bool  # Anthropic for the prefill drop (OR-PF-01)
    deepseek_v4: bool
    gemini: bool
    skips_reasoning: bool  # Auto, unsupported hints, Hunter Alpha (OR-RSN-04, -05)
    replays_nothing: bool  # replayed reasoning is stripped (latest)
    mistral: bool
    moonshot: bool


@lru_cache(maxsize=4096)
def family(model: str, edition: str) -> Family:
    """The family predicates of the model id `model`."""
    latest = edition == "latest"
    lowered = model.strip().lower()
    bare = lowered.removeprefix("openrouter/")
    kin = bare.removeprefix("~") if latest else bare
    if latest:
        deepseek_v4 = _DATED_DEEPSEEK_V4.fullmatch(kin) is not None
    else:
        deepseek_v4 = kin.partition(":")[0] in {f"deepseek/{short}" for short in _SHORT_IDS}
    hinted = not latest and lowered.startswith("x-ai/")
    hunter = lowered == "openrouter/hunter-alpha" or lowered.startswith("openrouter/hunter-alpha:")
    return Family(
        anthropic=lowered.startswith("anthropic/"),
        prefills=kin.startswith("anthropic/"),
        deepseek_v4=deepseek_v4,
        gemini="gemini" in lowered,
        skips_reasoning=bare == "auto" or hinted or hunter,
        replays_nothing=latest and kin.startswith(("anthropic/", "x-ai/")),
        mistral=latest and kin.startswith("mistralai/"),
        moonshot=latest and kin.startswith("moonshotai/"),
    )
