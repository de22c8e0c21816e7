"""Which interaction a request is counted for, decided as the requests come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from harness.judge._request import fits_line, fits_wholly
from harness.judge._request_view import RequestView
from harness.judge._text import shown
from harness.matchers import split_url
from harness.model import Assigned, Interaction, Request, Step

__all__ = ["Assignment", "Placed", "expected_line", "pair_leftovers", "same_origin"]


class Placed(NamedTuple):
    """A request, where it was counted, and what is wrong with its coming at all."""

    view: RequestView
    assigned: Assigned
    number: int | None = None  # index in the step's interactions
    forbidden_by: int | None = None  # index in the step's forbid_requests
    instead_of: Interaction | None = None  # in strict order: what should have come first
    too_late: bool = False  # in strict order: a later interaction has had its request already


class Assignment:
    """Assigns the requests of a step, one after the other, to its interactions.

    A request goes to the first open interaction that it fits in method and URL: in strict order one that
    is due, in any order preferably one that it fits wholly. Else it goes to `allow_requests`, else in
    strict order to an open interaction out of turn (so that it still gets its reply), else to none. A
    forbidden request goes nowhere. The same requests in the same order are always assigned alike.
    """

    def __init__(self, step: Step) -> None:
        self._step = step
        self._counts = [0] * len(step.interactions)
        self._allowed = [0] * len(step.allow_requests)
        self._turn = 0

    def assign(self, request: Request) -> Assigned:
        """Count a request for an interaction; `interaction` is None where it fits none."""
        return self.place(RequestView(request)).assigned

    def place(self, view: RequestView) -> Placed:
        """The same, with what the judge needs besides."""
        for index, pattern in enumerate(self._step.forbid_requests):
            if fits_wholly(pattern, view):
                return Placed(view, Assigned(view.request, None), forbidden_by=index)
        index_due = self._due(view) if self._step.order == "strict" else self._any(view)
        if index_due is not None:
            self._turn = index_due
            return Placed(view, self._count(index_due, view), index_due)
        for number, interaction in enumerate(self._step.allow_requests):
            if fits_line(interaction.request, view):
                self._allowed[number] += 1
                return Placed(view, Assigned(view.request, interaction, self._allowed[number] - 1))
        late = self._first_open(view) if self._step.order == "strict" else None
        if late is None:
            return Placed(view, Assigned(view.request, None))
        return Placed(
            view, self._count(late, view), late, instead_of=self._wanting(late), too_late=late < self._turn
        )

    def _wanting(self, late: int) -> Interaction | None:
        """What should have come before the interaction `late`, if it is not that itself that is late."""
        for index in range(self._turn, late):
            if self._counts[index] < self._step.interactions[index].least:
                return self._step.interactions[index]
        return None

    def _count(self, index: int, view: RequestView) -> Assigned:
        self._counts[index] += 1
        return Assigned(view.request, self._step.interactions[index], self._counts[index] - 1)

    def _is_open(self, index: int) -> bool:
        most = self._step.interactions[index].most
        return most is None or self._counts[index] < most

    def _due(self, view: RequestView) -> int | None:
        for index in range(self._turn, len(self._counts)):
            interaction = self._step.interactions[index]
            if self._is_open(index) and fits_line(interaction.request, view):
                return index
            if self._counts[index] < interaction.least:
                return None
        return None

    def _any(self, view: RequestView) -> int | None:
        fitting = [
            index
            for index, interaction in enumerate(self._step.interactions)
            if self._is_open(index) and fits_line(interaction.request, view)
        ]
        for index in fitting:
            if len(fitting) > 1 and fits_wholly(self._step.interactions[index].request, view):
                return index
        return fitting[0] if fitting else None

    def _first_open(self, view: RequestView) -> int | None:
        for index, interaction in enumerate(self._step.interactions):
            if self._is_open(index) and fits_line(interaction.request, view):
                return index
        return None


def pair_leftovers(
    step: Step, placed: Sequence[Placed]
) -> tuple[dict[int, Interaction], list[tuple[Interaction, int]]]:
    """What is left on both sides: the requests that fitted nothing, by index, each with an interaction
    that still wants one, in order; then the interactions that still want more, with how many they had."""
    had = [0] * len(step.interactions)
    stray = []
    for index, one in enumerate(placed):
        if one.number is not None:
            had[one.number] += 1
        elif one.assigned.interaction is None and one.forbidden_by is None:
            stray.append(index)
    wanting = [
        number
        for number, interaction in enumerate(step.interactions)
        for _ in range(interaction.least - had[number])
    ]
    if not wanting:
        return {}, []
    pairs = {index: step.interactions[number] for index, number in zip(stray, wanting, strict=False)}
    for number in wanting[: len(pairs)]:
        had[number] += 1
    return pairs, [
        (interaction, count)
        for interaction, count in zip(step.interactions, had, strict=True)
        if count < interaction.least
    ]


def expected_line(interaction: Interaction) -> str:
    """The request line that an interaction expects, as far as it is stated."""
    request = interaction.request
    stated = [request[key] for key in ("method", "url", "host", "path") if key in request]
    line = " ".join(one if isinstance(one, str) else shown(one) for one in stated)
    return line or (f"the request {interaction.id}" if interaction.id else "a request")


def same_origin(expected: Mapping[str, Any], view: RequestView) -> bool:
    """Whether a request goes to where one is expected: scheme, host and port of its `url`, or its `host`."""
    url, host = expected.get("url"), expected.get("host")
    if isinstance(url, str):
        return split_url(url)[:3] == view.url[:3]
    return isinstance(host, str) and host.lower() == view.url.host
