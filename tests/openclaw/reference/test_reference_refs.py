"""Model refs and model families (OR-REF)."""

from __future__ import annotations

import pytest

from harness_openclaw.reference import Refusal
from harness_openclaw.reference.openrouter.refs import family, parse


@pytest.mark.parametrize(
    ("ref", "wire"),
    [
        ("openrouter/moonshotai/kimi-k2.6", "moonshotai/kimi-k2.6"),
        ("openrouter/anthropic/claude:free", "anthropic/claude:free"),
        ("openrouter/Vendor/Some-Model:nitro", "Vendor/Some-Model:nitro"),
        ("  OpenRouter / a/b  ", "a/b"),
        ("openrouter/auto", "openrouter/auto"),
        ("openrouter/hunter-alpha", "openrouter/hunter-alpha"),
        ("openrouter/openrouter/fusion", "openrouter/fusion"),
        ("openrouter:auto", "openrouter/auto"),
        ("OpenRouter:AUTO", "openrouter/auto"),
    ],
)
def test_the_model_on_the_wire_is_the_rest_of_the_ref(ref: str, wire: str) -> None:
    """Native ids keep their own prefix, all others go out as written (OR-REF-01…04, -08)."""
    parsed = parse(ref, "2026-05")
    assert (parsed.provider, parsed.wire) == ("openrouter", wire)


@pytest.mark.parametrize("ref", ["", "   ", "/x", " /x", "openrouter/", "openrouter/ ", "gpt-4o"])
@pytest.mark.parametrize("edition", ["2026-04", "2026-05", "latest"])
def test_a_bad_ref_is_refused(ref: str, edition: str) -> None:
    """A ref without provider or model is no ref (OR-REF-09)."""
    with pytest.raises(Refusal, match="not a model ref") as refused:
        parse(ref, edition)
    assert refused.value.error == {"class": "format", "retryable": False, "message": refused.value.message}


@pytest.mark.parametrize(
    ("ref", "model", "profile"),
    [
        ("openrouter/a/b@work", "a/b", "work"),
        ("openrouter/a/b@20250101", "a/b@20250101", None),
        ("openrouter/a/b@20250101@work", "a/b@20250101", "work"),
        ("openrouter/a/b@q4_k", "a/b@q4_k", None),
        ("openrouter/a/b@IQ3_xs@home", "a/b@IQ3_xs", "home"),
        ("openrouter/a/b@4bit", "a/b@4bit", None),
        ("openrouter/a/b@", "a/b@", None),
        ("openrouter/a@b/c", "a@b/c", None),
    ],
)
def test_a_credential_profile_is_no_part_of_the_model(ref: str, model: str, profile: str | None) -> None:
    """Dates and quantisation tags stay in the id, any other word behind an @ is a profile (OR-REF-10)."""
    parsed = parse(ref, "2026-05")
    assert (parsed.id, parsed.profile) == (model, profile)


@pytest.mark.parametrize(
    ("ref", "wire"),
    [
        ("openrouter/Anthropic/Claude-X", "anthropic/claude-x"),
        ("openrouter/openrouter/anthropic/claude-x", "anthropic/claude-x"),
        ("openrouter/deepseek-v4-pro", "deepseek/deepseek-v4-pro"),
        ("openrouter/deepseek-v4-flash", "deepseek/deepseek-v4-flash"),
        ("openrouter/auto", "openrouter/auto"),
        ("openrouter/openrouter/fusion", "openrouter/fusion"),
    ],
)
def test_the_latest_edition_writes_ids_in_their_plain_form(ref: str, wire: str) -> None:
    """Lower case, no needless prefix, short DeepSeek names in full (OR-REF-11)."""
    assert parse(ref, "latest").wire == wire


def test_turns_are_compared_with_the_id_before_the_latest_edition_rewrites_it() -> None:
    """`id` is the same in every edition."""
    assert {parse("openrouter/A/B", edition).id for edition in ("2026-04", "latest")} == {"A/B"}


def test_another_providers_id_goes_out_as_written() -> None:
    """Only OpenRouter's refs are rewritten."""
    assert parse("Other/Model-X", "latest").wire == "Model-X"


@pytest.mark.parametrize(
    ("model", "until_latest", "latest"),
    [
        ("deepseek/deepseek-v4-pro", True, True),
        ("DeepSeek/DeepSeek-V4-Flash:free", True, True),
        ("openrouter/deepseek/deepseek-v4-pro", True, True),
        ("deepseek/deepseek-v4-pro-20260423", False, True),
        ("deepseek/deepseek-v4-flash-0423:nitro", False, True),
        ("~deepseek/deepseek-v4-pro", False, True),
        ("deepseek/deepseek-v4", False, False),
        ("deepseek/deepseek-v4-pro-x", False, False),
        ("deepseek/deepseek-chat", False, False),
        ("deepseek-v4-pro", False, False),
    ],
)
def test_deepseek_v4_is_told_by_its_whole_name(model: str, until_latest: bool, latest: bool) -> None:
    """Dated ids belong to the family in the latest edition only."""
    assert family(model, "2026-05").deepseek_v4 is until_latest
    assert family(model, "latest").deepseek_v4 is latest


@pytest.mark.parametrize(
    ("model", "marked", "prefills", "prefills_latest"),
    [
        ("anthropic/claude-x", True, True, True),
        ("Anthropic/Claude-X", True, True, True),
        ("openrouter/anthropic/claude-x", False, True, True),
        ("~anthropic/claude-x", False, False, True),
        ("other/anthropic/claude-x", False, False, False),
    ],
)
def test_anthropic_is_one_thing_for_markers_and_another_for_prefills(
    model: str, marked: bool, prefills: bool, prefills_latest: bool
) -> None:
    """Only the prefill drop looks behind a prefix."""
    assert family(model, "2026-05").anthropic is marked
    assert family(model, "2026-05").prefills is prefills
    assert family(model, "latest").prefills is prefills_latest


@pytest.mark.parametrize(
    ("model", "skips", "skips_latest"),
    [
        ("auto", True, True),
        ("openrouter/auto", True, True),
        ("openrouter/auto:free", False, False),
        ("openrouter/hunter-alpha", True, True),
        ("openrouter/hunter-alpha:free", True, True),
        ("hunter-alpha", False, False),
        ("openrouter/hunter-alpha-2", False, False),
        ("x-ai/grok-4", True, False),
        ("X-AI/grok-4", True, False),
        ("x-ai", False, False),
        ("vendor/x-ai", False, False),
    ],
)
def test_some_models_get_no_reasoning(model: str, skips: bool, skips_latest: bool) -> None:
    """Auto and Hunter Alpha always, x-ai until the latest edition (OR-RSN-04, -05)."""
    assert family(model, "2026-04").skips_reasoning is skips
    assert family(model, "2026-05").skips_reasoning is skips
    assert family(model, "latest").skips_reasoning is skips_latest


def test_gemini_is_found_anywhere_in_an_id() -> None:
    """The name counts wherever it stands, in any case."""
    assert family("vendor/my-GEMINI-tuned", "2026-05").gemini
    assert not family("google/gemma-3", "2026-05").gemini
