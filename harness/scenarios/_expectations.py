"""What a scenario's cases give and expect, checked as they will be run: with their variables filled in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from harness.contracts import Contract
from harness.errors import did_you_mean
from harness.matchers import glob_pattern, is_matcher, normalise_url, split_url
from harness.model import Interaction, JsonValue, Rule, Step
from harness.scenarios._cases import CaseMaker, editions_of
from harness.scenarios._folders import Cassettes
from harness.scenarios._format import format_for
from harness.scenarios._plans import RowPlan, ScenarioPlan, StepPlan
from harness.scenarios._render import Scope, fill, flaws
from harness.scenarios._replies import reply_flaws
from harness.scenarios._requests import matcher_flaws, request_flaws
from harness.schema.raw_values import Address, Flaw
from harness.schema.types import check

__all__ = ["expectation_flaws"]

_AMBIGUOUS: Final = (
    "ambiguous: it may be left out, and the next interaction has the same method and URL; make them "
    "differ, join them, or use allow_requests"
)
_NEVER_NUMBERS: Final = frozenset({"$regex", "$absent", "$json", "$each", "$unordered"})
_PARTS: Final = ("input", "interactions", "outcome", "allow_requests", "forbid_requests")


def expectation_flaws(
    maker: CaseMaker,
    scenario: ScenarioPlan,
    rules: Mapping[str, Rule] | None,
    cassettes: Cassettes | None,
    contract: Contract,
) -> Iterator[Flaw]:
    """All that is wrong with a scenario's cases; the same thing in several of them is said once.

    Editions are tried one by one only where something depends on them.
    """
    said: set[Flaw] = set()
    for row in scenario.rows if scenario.rows is not None else (None,):
        if rules is None:
            editions = (row.editions if row else ()) or scenario.editions or (contract.editions.default,)
        else:
            editions = editions_of(scenario, row, rules, contract)
        for edition in editions if scenario.by_edition else editions[:1]:
            for flaw in _case_flaws(maker, scenario, row, edition, cassettes):
                if flaw not in said:
                    said.add(flaw)
                    yield flaw


def _case_flaws(
    maker: CaseMaker,
    scenario: ScenarioPlan,
    row: RowPlan | None,
    edition: str,
    cassettes: Cassettes | None,
) -> Iterator[Flaw]:
    sound = True
    for number, (step, scope) in enumerate(maker.scopes(scenario, row, edition, {})):
        at: Address = ("steps", number) if scenario.in_steps else ()
        for flaw in _step_flaws(step, scope, at, cassettes):
            sound = False
            yield flaw
    if sound:
        yield from _sequence_flaws(maker.steps(scenario, row, edition, {}))


def _step_flaws(step: StepPlan, scope: Scope, at: Address, cassettes: Cassettes | None) -> Iterator[Flaw]:
    """What is wrong in one step, seen by itself."""
    templates = (step.input, step.interactions, step.outcome, step.allow, step.forbid)
    filled: dict[str, Any] = {}
    shapes = format_for(scope.contract).step.keys
    for part, template in zip(_PARTS, templates, strict=True):
        if template is None:
            continue
        found = [((*at, part, *place), message) for place, message in flaws(template, scope)]
        if not found:
            filled[part] = fill(template, scope)
            if template[0] != "const":
                found = list(check(filled[part], shapes[part], (*at, part)))
        if found:
            yield from found
            filled.pop(part, None)
    for part in ("interactions", "allow_requests"):
        for index, item in enumerate(filled.get(part, ())):
            here = (*at, part, index)
            yield from request_flaws(item.get("request") or {}, (*here, "request"))
            yield from reply_flaws(item.get("reply") or {}, (*here, "reply"), cassettes)
            yield from _repeat_flaws(item, here)
    for index, pattern in enumerate(filled.get("forbid_requests", ())):
        if not pattern:
            yield (
                (*at, "forbid_requests", index),
                "{} would forbid every request; write interactions: [] instead",
            )
        yield from request_flaws(pattern, (*at, "forbid_requests", index))
    yield from matcher_flaws(filled.get("outcome"), (*at, "outcome"))


def _repeat_flaws(item: Mapping[str, Any], at: Address) -> Iterator[Flaw]:
    repeat = item.get("repeat") or {}
    most = repeat.get("max")
    if repeat == {} and "repeat" in item:
        yield (*at, "repeat"), "repeat needs min or max"
    elif most is not None and repeat.get("min", 0) > most:
        yield (*at, "repeat"), f"min ({repeat['min']}) is more than max ({most})"
    elif most == 0:
        yield (*at, "repeat"), "max must be 1 or more; leave the interaction out, or use forbid_requests"
    after = item.get("after_ms")
    yield from matcher_flaws(after, (*at, "after_ms"))
    for wait in after if isinstance(after, list) else [after]:
        if isinstance(wait, dict) and is_matcher(wait) and not _takes_numbers(wait):
            yield (*at, "after_ms"), f"a wait is a number, which {_word(wait)} never matches"
    if isinstance(after, list):
        sequence = (item.get("reply") or {}).get("sequence")
        times = most if "repeat" in item else len(sequence or [None])
        if times is not None and len(after) > times:
            yield (*at, "after_ms"), f"after_ms has {len(after)} waits for {times} requests"


def _takes_numbers(matcher: Mapping[str, Any]) -> bool:
    """Return whether any number could match; unknown matchers are reported elsewhere."""
    word = _word(matcher)
    return word not in _NEVER_NUMBERS and (
        word != "$any" or matcher[word] in ("number", "integer", "anything")
    )


def _word(matcher: Mapping[str, Any]) -> str:
    return next(iter(matcher))


# ------------------------------------------------------------------ one interaction after the other


def _sequence_flaws(steps: tuple[Step, ...]) -> Iterator[Flaw]:
    """What is wrong between the interactions of a case."""
    earlier: set[str] = set()
    for step in steps:
        before: Interaction | None = None
        for interaction in step.interactions:
            yield from _reference_flaws(interaction, earlier)
            if interaction.id is not None:
                if interaction.id in earlier:
                    yield (
                        (*interaction.at, "id"),
                        f'another interaction is called "{interaction.id}": rename one',
                    )
                earlier.add(interaction.id)
            if before is not None and step.order == "strict" and _is_ambiguous(before, interaction):
                yield before.at, _AMBIGUOUS
            before = interaction
            for index, pattern in enumerate(step.forbid_requests):
                if _is_hit(pattern, interaction.request):
                    yield (
                        (*step.at, "forbid_requests", index),
                        f"forbids a request that interaction {interaction.at[-1]} expects",
                    )


def _reference_flaws(interaction: Interaction, earlier: set[str]) -> Iterator[Flaw]:
    at = (*interaction.at, "request")
    same = interaction.request.get("same_as")
    named = [((*at, "keeps", id_), id_) for id_ in interaction.request.get("keeps") or {}]
    if same is not None:
        named.append(((*at, "same_as"), same))
    for place, id_ in named:
        if id_ not in earlier:
            hint = did_you_mean(id_, sorted(earlier), list_known=True) if earlier else "; give it an id"
            yield place, f'no earlier interaction is called "{id_[:60]}"{hint}'


def _is_ambiguous(optional: Interaction, following: Interaction) -> bool:
    return optional.least == 0 and _target(optional.request) == _target(following.request)


def _target(request: Mapping[str, JsonValue]) -> tuple[Any, ...]:
    url = request.get("url")
    plain = normalise_url(url) if isinstance(url, str) else url
    return (request.get("method"), plain, request.get("host"), request.get("path"), request.get("query"))


def _is_hit(pattern: Mapping[str, JsonValue], request: Mapping[str, JsonValue]) -> bool:
    """Whether an expected request is surely one that `pattern` forbids, as far as plain texts tell."""
    url, method = request.get("url"), request.get("method")
    if not isinstance(url, str) or not set(pattern) <= {"method", "url", "host", "path"}:
        return False
    if not all(isinstance(value, str) for value in pattern.values()):
        return False
    parts = split_url(url)
    return (
        pattern.get("method", method) == method
        and normalise_url(pattern.get("url", url)) == normalise_url(url)
        and pattern.get("path", parts.path) == parts.path
        and glob_pattern(pattern.get("host", "*"), ignore_case=True).fullmatch(parts.host) is not None
    )
