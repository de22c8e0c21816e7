"""Why two JSON values differ, in as few lines as say it.

Deciding is the strict comparison's business (`harness.matchers.accepts`). DeepDiff only explains: equal
parts are pruned away first and lists aligned into mappings, because on whole bodies it is a thousand
times slower, counts one inserted message as a change of every message after it, and takes `[1]` and
`[true]` for the same. What it overlooks is added from the remainder itself, so that a pair which the
strict comparison refuses is never explained to nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple, TypeAlias

from harness.judge._align import align
from harness.judge._text import contrast, masked, shown
from harness.matchers import MISSING, Place, accepts, as_path, is_matcher, unescape

__all__ = ["Change", "explain"]


@dataclass(frozen=True, slots=True)
class Change:
    """One way in which a value departs from what was expected.

    `place` is where, in the actual value (of something missing: where it should be); `at` is the address
    of the expectation, keys as written. What is not there on one side is `MISSING`.
    """

    place: Place
    how: Literal["changed", "inserted", "removed"]
    expected: Any
    actual: Any
    at: Place = ()

    @property
    def path(self) -> str:
        """`place` as a JSONPath."""
        return as_path(self.place)

    def below(self, place: Place) -> Change:
        """The same change in a value that lies at `place` of a larger one."""
        return replace(self, place=(*place, *self.place))

    @property
    def message(self) -> str:
        """One line: `$.messages[2] inserted: {…}` or `$.reasoning.effort: expected "high", got "max"`."""
        return self.describe(lambda text: text)

    def describe(self, mask: Callable[[str], str]) -> str:
        """The message with every text in it as `mask` shows it."""
        path = mask(self.path)
        if self.how == "inserted":
            return f"{path} inserted: {shown(masked(self.actual, mask))}"
        if self.how == "removed":
            return f"{path} missing: {shown(masked(self.expected, mask))}"
        return f"{path}: {expected_and_got(self.expected, self.actual, mask)}"


def expected_and_got(expected: Any, actual: Any, mask: Callable[[str], str]) -> str:
    """`expected …, got …` in words."""
    wanted, given = contrast(masked(expected, mask), masked(actual, mask))
    same = " (they differ in what is masked or left out)" if wanted == given else ""
    return f"expected {wanted}, got {given}{same}"


def explain(expected: Any, actual: Any, *, open_objects: bool = False) -> list[Change]:
    """All differences between an expected value (matchers allowed) and an actual one, top to bottom.

    Empty exactly when `accepts(expected, actual, open_objects=open_objects)`.
    """
    if accepts(expected, actual, open_objects=open_objects):
        return []
    remainder = _Remainder(open_objects)
    mappings = remainder.between(expected, actual, _Location())
    found = set(_enumerated(*mappings))
    overlooked = remainder.changes.keys() - found
    return [change for labels, change in remainder.changes.items() if labels in found | overlooked]


class _Item(NamedTuple):
    """The key, in an aligned remainder, of a list's item: its index on either side."""

    expected: int | None
    actual: int | None


_Labels: TypeAlias = tuple[str | _Item, ...]


class _Location(NamedTuple):
    """Where in the remainder, in the actual value, and in the expectation as written."""

    labels: _Labels = ()
    place: Place = ()
    at: Place = ()

    def key(self, written: str, key: str) -> _Location:
        return _Location((*self.labels, key), (*self.place, key), (*self.at, written))

    def unasked(self, key: str) -> _Location:
        return _Location((*self.labels, key), (*self.place, key), self.at)

    def item(self, expected: int | None, actual: int | None) -> _Location:
        index = expected if actual is None else actual
        assert index is not None
        at = self.at if expected is None else (*self.at, expected)
        return _Location((*self.labels, _Item(expected, actual)), (*self.place, index), at)

    def inside(self, *written: str) -> _Location:
        return self._replace(at=(*self.at, *written))


class _Wanted:
    """A matcher in the remainder, closed to DeepDiff, which would look into its mapping."""

    __slots__ = ("matcher",)

    def __init__(self, matcher: Any) -> None:
        self.matcher = matcher


class _Remainder:
    """What is left of two values once all that fits is gone: two mappings, and a change for each leaf."""

    def __init__(self, open_objects: bool) -> None:
        self._open = open_objects
        self.changes: dict[_Labels, Change] = {}

    def between(self, expected: Any, actual: Any, location: _Location) -> tuple[Any, Any]:
        """The remainder of two values that do not fit."""
        if is_matcher(expected):
            return self._between_matcher(expected, actual, location)
        if isinstance(expected, Mapping) and isinstance(actual, Mapping):
            return self._between_objects(expected, actual, location)
        if isinstance(expected, list) and isinstance(actual, list):
            pairs = align(expected, actual, self._fits, exact=not self._open)
            return self._between_items(expected, actual, pairs, location)
        return self._leaf(expected, actual, "changed", location)

    def _fits(self, expected: Any, actual: Any) -> bool:
        return accepts(expected, actual, open_objects=self._open)

    def _leaf(
        self, expected: Any, actual: Any, how: Literal["changed", "inserted", "removed"], location: _Location
    ) -> tuple[Any, Any]:
        self.changes[location.labels] = Change(location.place, how, expected, actual, location.at)
        left, right = (
            (contrast(expected, actual))
            if isinstance(expected, str) and isinstance(actual, str)
            else (expected, actual)
        )
        return (_Wanted(expected) if is_matcher(expected) else left), right

    def _between_matcher(
        self, matcher: Mapping[str, Any], actual: Any, location: _Location
    ) -> tuple[Any, Any]:
        ((word, argument),) = matcher.items()
        if word == "$optional" and actual is not MISSING:
            return self.between(argument, actual, location.inside(word))
        if word == "$each" and isinstance(actual, list):
            left: dict[Any, Any] = {}
            right: dict[Any, Any] = {}
            for index, item in enumerate(actual):
                if not self._fits(argument, item):
                    here = location.item(None, index)._replace(at=(*location.at, word))
                    label = here.labels[-1]
                    left[label], right[label] = self.between(argument, item, here)
            return left, right
        return self._leaf(matcher, actual, "changed", location)

    def _between_objects(
        self, expected: Mapping[str, Any], actual: Mapping[str, Any], location: _Location
    ) -> tuple[Any, Any]:
        left: dict[Any, Any] = {}
        right: dict[Any, Any] = {}
        known = set()
        for written, value in expected.items():
            key = unescape(written)
            known.add(key)
            found = actual.get(key, MISSING)
            if self._fits(value, found):
                continue
            here = location.key(written, key)
            if found is MISSING:
                left[key], _ = self._leaf(value, MISSING, "changed", here)
            elif is_matcher(value) and "$absent" in value:
                _, right[key] = self._leaf(MISSING, found, "changed", here)
            else:
                left[key], right[key] = self.between(value, found, here)
        if not self._open:
            for key, found in actual.items():
                if key not in known:
                    _, right[key] = self._leaf(MISSING, found, "changed", location.unasked(key))
        return left, right

    def _between_items(
        self,
        expected: list[Any],
        actual: list[Any],
        pairs: list[tuple[int | None, int | None]],
        location: _Location,
    ) -> tuple[Any, Any]:
        left: dict[Any, Any] = {}
        right: dict[Any, Any] = {}
        for one, other in pairs:
            here = location.item(one, other)
            label = here.labels[-1]
            if one is None:
                assert other is not None
                _, right[label] = self._leaf(MISSING, actual[other], "inserted", here)
            elif other is None:
                left[label], _ = self._leaf(expected[one], MISSING, "removed", here)
            elif not self._fits(expected[one], actual[other]):
                left[label], right[label] = self.between(expected[one], actual[other], here)
        return left, right


_TOP = "$"


def _enumerated(left: Any, right: Any) -> Iterator[_Labels]:
    """Where DeepDiff sees the two mappings differ."""
    from deepdiff import DeepDiff

    tree = DeepDiff(
        {_TOP: left},
        {_TOP: right},
        view="tree",
        ignore_private_variables=False,
        threshold_to_diff_deeper=0,
    )
    for levels in tree.values():
        for level in levels:
            yield tuple(level.path(output_format="list"))[1:]
