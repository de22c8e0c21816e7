"""The editions of a contract: which ones a statement means, and which branch of `$edition` holds in one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from harness.model import JsonValue

__all__ = ["NO_EDITIONS", "Editions"]


class Editions(NamedTuple):
    """The dated versions of a contract.

    `names` are in the order of contract.yaml. A line is a chain of editions that follow each other; two
    lines may meet in one edition. `default` is the edition that is run unless another is asked for. A suite
    outside any contract has none of this.
    """

    names: tuple[str, ...] = ()
    lines: tuple[tuple[str, ...], ...] = ()
    default: str = ""

    @classmethod
    def of(cls, stated: Sequence[Any], default: str | None = None) -> Editions:
        """Return the editions of contract.yaml's list: a name, or `{id, after: name | [name, …]}`.

        Raises ValueError for a name that occurs twice and for an `after` that names no earlier edition.
        """
        after: dict[str, tuple[str, ...]] = {}
        for one in stated:
            name, before = _read(one)
            if name in after:
                raise ValueError(f'the edition "{name}" is listed twice')
            for each in before:
                if each not in after:
                    raise ValueError(f'"{name}" follows "{each}", which is not listed before it')
            after[name] = before
        followed = {each for before in after.values() for each in before}
        lines = tuple(line for name in after if name not in followed for line in _lines_to(name, after))
        names = tuple(after)
        return cls(names, tuple(sorted(lines, key=lambda line: names.index(line[0]))), default or names[-1])

    @property
    def run(self) -> tuple[str, ...]:
        """The editions that cases are expanded for: `""` alone where there are none."""
        return self.names or ("",)

    def in_order(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return these editions in their usual order, each once."""
        wanted = set(names)
        return tuple(name for name in self.run if name in wanted)

    def meant_by(self, statement: JsonValue) -> tuple[str, ...]:
        """Return the editions meant by a name, a list of names or `{from, until}`.

        `from` and `until` follow the line of the edition they name, `until` excludes. Raises ValueError if
        no edition is left.
        """
        if isinstance(statement, str):
            return (statement,)
        if isinstance(statement, list):
            return self.in_order(statement)
        first, end = statement.get("from"), statement.get("until")
        meant: list[str] = []
        for line in self.lines:
            if (first or line[0]) in line and (end or line[-1]) in line:
                start = line.index(first) if first else 0
                meant.extend(line[start : line.index(end) if end else None])
        if not meant:
            raise ValueError(
                f"no edition is from {first or 'the first'} up to, not including, {end or 'the end'}; "
                "the lines are " + " and ".join(" < ".join(line) for line in self.lines)
            )
        return self.in_order(meant)

    def branch_for(self, edition: str, branches: Iterable[str]) -> str:
        """Return the latest of `branches` that is not after `edition` on the same line.

        Raises ValueError if there is none, or if two lines that meet in `edition` have one each.
        """
        known = set(branches)
        if edition in known:
            return edition
        latest: list[str] = []
        for line in self.lines:
            if edition in line:
                earlier = [name for name in line[: line.index(edition)] if name in known]
                latest.extend(earlier[-1:])
        if len(latest) == 1:
            return latest[0]
        if latest:
            raise ValueError(f"$edition has {' and '.join(latest)} before {edition}; add {edition} itself")
        raise ValueError(
            f"$edition has no value for {edition}, only for {', '.join(sorted(known)) or 'none'}"
        )


NO_EDITIONS = Editions()


def _read(stated: Any) -> tuple[str, tuple[str, ...]]:
    if isinstance(stated, str):
        return stated, ()
    before = stated.get("after", ())
    return stated["id"], (before,) if isinstance(before, str) else tuple(before)


def _lines_to(name: str, after: Mapping[str, tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Return the chains that end in an edition."""
    if not after[name]:
        return [(name,)]
    return [(*line, name) for before in after[name] for line in _lines_to(before, after)]
