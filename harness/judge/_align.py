"""Which items of two lists belong together, so that one inserted message is one difference."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import orjson

from harness.judge._text import common_start
from harness.matchers import MISSING, is_matcher

__all__ = ["Pair", "align"]

Pair: TypeAlias = tuple[int | None, int | None]
"""The index of an expected item and of its actual one; None where there is none."""

Fits: TypeAlias = Callable[[Any, Any], bool]

_ALIKE = 0.4  # items less alike than this are one removed and one inserted, not one changed
_MOST_COMPARED = 2_500  # pairs of items looked at for likeness
_MOST_FITTED = 40_000  # pairs of items tried for a fit
_ENDS = 200  # characters at either end of a string by which likeness is judged


def align(expected: Sequence[Any], actual: Sequence[Any], fits: Fits, *, exact: bool) -> list[Pair]:
    """The pairs of items that do not simply fit each other, in order.

    `fits(expected, actual)` decides; `exact` says that it is plain equality wherever the expected item
    holds no matcher, which makes finding what is common cheap.
    """
    start, end = 0, 0
    shorter = min(len(expected), len(actual))
    while start < shorter and fits(expected[start], actual[start]):
        start += 1
    while end < shorter - start and fits(expected[-1 - end], actual[-1 - end]):
        end += 1
    wanted = range(start, len(expected) - end)
    given = range(start, len(actual) - end)
    if not wanted or not given:
        return [*((index, None) for index in wanted), *((None, index) for index in given)]
    from difflib import SequenceMatcher

    names = _names(expected, actual, wanted, given, fits, exact)
    pairs: list[Pair] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, *names, autojunk=False).get_opcodes():
        if tag != "equal":
            pairs += _pair(expected, actual, wanted[i1:i2], given[j1:j2])
    return pairs


def _canonical(item: Any) -> bytes:
    try:
        return orjson.dumps(item, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # nested too deeply, an integer beyond 64 bits, half a surrogate pair
        return repr(item).encode("utf-8", "backslashreplace")


def _names(
    expected: Sequence[Any], actual: Sequence[Any], wanted: range, given: range, fits: Fits, exact: bool
) -> tuple[list[Hashable], list[Hashable]]:
    """A name for each item, such that items of the same name fit each other."""
    plain: set[bytes] = set()
    loose: list[int] = []
    left: list[Hashable] = []
    for index in wanted:
        name = _canonical(expected[index])
        if exact and b'"$' not in name:
            plain.add(name)
            left.append(name)
        else:
            loose.append(index)
            left.append(("expected", index))
    if len(loose) * len(given) > _MOST_FITTED:
        loose = []
    right: list[Hashable] = []
    for index in given:
        item_name = _canonical(actual[index])
        if item_name in plain:
            right.append(item_name)
            continue
        fitting = next((one for one in loose if fits(expected[one], actual[index])), None)
        right.append(("actual", index) if fitting is None else ("expected", fitting))
    return left, right


def _pair(expected: Sequence[Any], actual: Sequence[Any], wanted: range, given: range) -> Iterator[Pair]:
    """Pairs within a stretch where no item fits its counterpart."""
    anchors = [*_most_alike(expected, actual, wanted, given), (wanted.stop, given.stop)]
    one, other = wanted.start, given.start
    for next_one, next_other in anchors:
        between, among = range(one, next_one), range(other, next_other)
        if len(between) == len(among):
            yield from zip(between, among, strict=True)
        else:
            yield from ((index, None) for index in between)
            yield from ((None, index) for index in among)
        if next_one < wanted.stop and next_other < given.stop:
            yield next_one, next_other
        one, other = next_one + 1, next_other + 1


def _most_alike(
    expected: Sequence[Any], actual: Sequence[Any], wanted: range, given: range
) -> list[tuple[int, int]]:
    """The pairs, in order, whose likeness adds up to the most; a stretch too long is paired as it comes."""
    if not wanted or not given:
        return []
    if len(wanted) * len(given) > _MOST_COMPARED:
        return list(zip(wanted, given, strict=False))
    best = [[0.0] * (len(given) + 1) for _ in range(len(wanted) + 1)]
    likeness = [[_likeness(expected[i], actual[j]) for j in given] for i in wanted]
    for i in range(len(wanted) - 1, -1, -1):
        for j in range(len(given) - 1, -1, -1):
            best[i][j] = max(best[i + 1][j], best[i][j + 1])
            if likeness[i][j] >= _ALIKE:
                best[i][j] = max(best[i][j], likeness[i][j] + best[i + 1][j + 1])
    pairs: list[tuple[int, int]] = []
    i = j = 0
    while i < len(wanted) and j < len(given):
        if likeness[i][j] >= _ALIKE and best[i][j] == likeness[i][j] + best[i + 1][j + 1]:
            pairs.append((wanted[i], given[j]))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return pairs


def _likeness(expected: Any, actual: Any, depth: int = 4) -> float:
    """How much two values have in common, from 0 to 1: a guess that only guides the explanation."""
    if depth == 0 or is_matcher(expected):
        return 0.5
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        keys = expected.keys() | actual.keys()
        common = sum(
            _likeness(expected[key], actual[key], depth - 1)
            for key in expected
            if actual.get(key, MISSING) is not MISSING
        )
        return common / len(keys) if keys else 1.0
    if isinstance(expected, list) and isinstance(actual, list):
        longer = max(len(expected), len(actual))
        pairs = list(zip(expected, actual, strict=False))[:8]
        alike = sum(_likeness(one, other, depth - 1) for one, other in pairs) / len(pairs) if pairs else 0.0
        return alike * min(len(expected), len(actual)) / longer if longer else 1.0
    if isinstance(expected, str) and isinstance(actual, str):
        return _text_likeness(expected, actual)
    return float(type(expected) is type(actual) and expected == actual)


def _text_likeness(expected: str, actual: str) -> float:
    if expected == actual:
        return 1.0
    head = common_start(expected[:_ENDS], actual[:_ENDS])
    tail = common_start(expected[: -_ENDS - 1 : -1], actual[: -_ENDS - 1 : -1])
    shorter, longer = sorted((min(len(expected), 2 * _ENDS), min(len(actual), 2 * _ENDS)))
    return min(head + tail, shorter) / longer
