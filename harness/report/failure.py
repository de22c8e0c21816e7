"""One verdict as text: the case, the rules with their sentences, and every difference where it belongs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path, PurePath

from harness.errors import Location
from harness.model import Difference, DifferenceKind, Rule, Verdict
from harness.redaction import Redactor

__all__ = ["describe", "headline"]

_GROUPS: dict[DifferenceKind, tuple[int, str]] = {
    "request": (0, "requests"),
    "method": (1, "request line"),
    "url": (1, "request line"),
    "headers": (2, "headers"),
    "body": (3, "body"),
    "timing": (4, "timing"),
    "secret": (5, "secrets"),
    "outcome": (6, "outcome"),
}


def headline(verdict: Verdict) -> str:
    """Return `STATUS case [edition] (implementation)`, one line."""
    case = verdict.case
    who = f" ({verdict.implementation})" if verdict.implementation else ""
    return f"{verdict.status.upper().replace('_', ' ')} {case.title}{who}"


def describe(verdict: Verdict) -> str:
    """All there is to say about a verdict that is not plain, secrets masked, without a trailing newline.

    Differences are grouped as requests, request line, headers, body, timing, secrets and outcome, each
    with the rules it is charged to and the line of the expectation.
    """
    case = verdict.case
    lines = [f"{case.about or case.name}", f"at {_from_here(case.file)}:{case.line}"]
    if verdict.reason:
        lines.append(verdict.reason)
    lines += _sentences(verdict)
    lines += _differences(verdict)
    lines += [f"unchecked: {note}" for note in verdict.unchecked]
    lines += [f"unverified: {note}" for note in verdict.unverified]
    lines += [f"note: {note}" for note in (verdict.observation.notes if verdict.observation else ())]
    detail = verdict.detail.splitlines()
    lines += detail[1:] if detail[:1] == [verdict.reason] else detail  # a stack that begins with its error
    return Redactor(case.canaries)("\n".join(lines))


def _sentences(verdict: Verdict) -> Iterator[str]:
    broken = {rule for difference in verdict.differences for rule in difference.rules}
    for rule in verdict.case.rules:
        if rule.id in broken:
            yield f"{rule.id} ({_standing(rule)}): {rule.text}"


def _standing(rule: Rule) -> str:
    return f"{rule.evidence}; {rule.source}" if rule.source else rule.evidence


def _differences(verdict: Verdict) -> Iterator[str]:
    def order(difference: Difference) -> tuple[int, int, int]:
        number = difference.request
        return difference.step, -1 if number is None else number, _GROUPS[difference.kind][0]

    several = len(verdict.case.steps) > 1
    for (step, number), of_request in groupby(sorted(verdict.differences, key=order), lambda d: order(d)[:2]):
        yield _request_line(verdict, step, number, several)
        for title, of_group in groupby(of_request, lambda d: _GROUPS[d.kind][1]):
            yield f"    {title}"
            for difference in of_group:
                yield _difference(difference, verdict.case.file)


def _request_line(verdict: Verdict, step: int, number: int, several: bool) -> str:
    where = f"step {step + 1}, " if several else ""
    steps = verdict.observation.steps if verdict.observation else ()
    if number < 0 or step >= len(steps) or number >= len(steps[step].requests):
        return f"  {where}the whole exchange"
    request = steps[step].requests[number]
    return f"  {where}request {number + 1}: {request.method} {request.url}"


def _difference(difference: Difference, file: str) -> str:
    place = f"  ({_place(difference.location, file)})" if difference.location else ""
    rules = f"  [{', '.join(difference.rules)}]" if difference.rules else ""
    return f"      - {difference.message}{rules}{place}"


def _from_here(file: str) -> str:
    """The path as one would type it in the working directory, where the file lies below it."""
    path = PurePath(file)
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else file


def _place(location: Location, file: str) -> str:
    """The place in full, or by the file's bare name where the case's own line has it in full."""
    if location.file != file:
        return str(location)
    return f"{PurePath(file).name}:{location.line}:{location.column}"
