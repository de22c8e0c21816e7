"""Which versions `{from: 2026-04}` means, and which branch of `$edition` holds in one (W-26)."""

from __future__ import annotations

from collections.abc import Iterable

from harness.model import EDITION_LINES, EDITIONS, JsonValue

__all__ = ["branch_for", "in_order", "versions_of"]


def in_order(versions: Iterable[str]) -> tuple[str, ...]:
    """The versions in their usual order, each once."""
    wanted = set(versions)
    return tuple(version for version in EDITIONS if version in wanted)


def versions_of(statement: JsonValue) -> tuple[str, ...]:
    """The versions meant by a version, a list of them or `{from, until}`.

    `from` and `until` follow the line of the version they name, `until` excludes.
    Raises ValueError if no version is left.
    """
    if isinstance(statement, str):
        return (statement,)
    if isinstance(statement, list):
        return in_order(statement)
    first, end = statement.get("from"), statement.get("until")
    meant: list[str] = []
    for line in EDITION_LINES.values():
        if (first or line[0]) in line and (end or line[-1]) in line:
            start = line.index(first) if first else 0
            meant.extend(line[start : line.index(end) if end else None])
    if not meant:
        raise ValueError(
            f"no version is from {first or 'the first'} up to, not including, {end or 'the end'}; "
            "the lines are " + " and ".join(" < ".join(line) for line in EDITION_LINES.values())
        )
    return in_order(meant)


def branch_for(edition: str, branches: Iterable[str]) -> str:
    """The latest of `branches` that is not after `edition` on the same line.

    Raises ValueError if there is none, or if two lines that meet in `edition` have one each.
    """
    known = set(branches)
    if edition in known:
        return edition
    latest: list[str] = []
    for line in EDITION_LINES.values():
        if edition in line:
            earlier = [version for version in line[: line.index(edition)] if version in known]
            latest.extend(earlier[-1:])
    if len(latest) == 1:
        return latest[0]
    if latest:
        raise ValueError(f"$edition has {' and '.join(latest)} before {edition}: say {edition} itself")
    raise ValueError(
        f"$edition says nothing for {edition}: it has {', '.join(sorted(known)) or 'no version'}"
    )
