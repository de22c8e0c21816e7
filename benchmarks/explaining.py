"""What a failure costs to explain, against the comparison that finds it and DeepDiff on the whole body.

One value changed deep inside, and one message inserted at the front, in bodies of three sizes. CPU of
this process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import orjson

from benchmarks.corpus import samples
from benchmarks.measuring import BenchmarkError, Table, at_most, medians, repeated
from harness.judge import explain
from harness.matchers import accepts

__all__ = ["run"]

_SIZES_KB = (2, 50, 500)
_TARGET_TIMES = 10.0


def run(folder: Path, rounds: int) -> Iterator[Table]:
    """One table, two rows for each size."""
    from deepdiff import DeepDiff

    table = Table(
        "Explaining a difference",
        (
            "body",
            "unlike in",
            "strict µs",
            "explained µs",
            "times",
            "target",
            "found",
            "DeepDiff µs",
            "times",
            "found",
        ),
    )
    for size_kb in _SIZES_KB:
        expected = _body(size_kb * 1_000)
        same = deepcopy(expected)
        for name, actual in (("one value", _changed(expected)), ("one message more", _inserted(expected))):
            found = len(explain(expected, actual))
            if found != 1 or not accepts(expected, same):
                raise BenchmarkError(f"{name}: one difference was made, {found} were explained")
            seen = medians(_measured(expected, same, actual, DeepDiff), rounds)
            times, deep_times = seen["explain"] / seen["strict"], seen["deepdiff"] / seen["strict"]
            table.row(
                f"{len(orjson.dumps(expected)) / 1e3:.1f} kB",
                name,
                _us(seen["strict"]),
                _us(seen["explain"]),
                f"{times:.1f}",
                at_most(times, _TARGET_TIMES) if size_kb == max(_SIZES_KB) else "",
                str(found),
                _us(seen["deepdiff"]),
                f"{deep_times:,.0f}",
                str(sum(map(len, DeepDiff(expected, actual).values()))),
            )
    table.note("strict: the comparison of a body that is equal; found: how many differences are told.")
    yield table


def _measured(
    expected: Any, same: Any, actual: Any, deepdiff: Callable[[Any, Any], object]
) -> dict[str, Callable[[], float]]:
    return {
        "strict": lambda: repeated(lambda: accepts(expected, same)),
        "explain": lambda: repeated(lambda: explain(expected, actual)),
        "deepdiff": lambda: repeated(lambda: deepdiff(expected, actual)),
    }


def _body(size: int) -> dict[str, Any]:
    """A chat body of about `size` bytes: one sample's, with the messages of others after its own."""
    first, *others = samples(500)
    body = deepcopy(first.body)
    body["messages"] = first.body["messages"][:2]
    for message in (message for other in others for message in other.body["messages"]):
        if len(orjson.dumps(body)) >= size:
            return dict(body)
        body["messages"].append(message)
    raise BenchmarkError(f"the samples do not fill {size} bytes")


def _changed(body: Any) -> Any:
    other = deepcopy(body)
    other["messages"][len(other["messages"]) // 2]["content"] += " Really."
    return other


def _inserted(body: Any) -> Any:
    other = deepcopy(body)
    other["messages"].insert(1, {"role": "user", "content": "Nobody expected this."})
    return other


def _us(seconds: float) -> str:
    return f"{seconds * 1e6:,.0f}"
