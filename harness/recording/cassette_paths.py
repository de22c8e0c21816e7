"""Which file a case is recorded into."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.model import Assigned, Case, Interaction

__all__ = ["files_of", "position_of"]


def files_of(case: Case, into: Path | None) -> tuple[Path, ...]:
    """Return the files that a case is recorded into: one under `into`, named like the case, else those that
    its replies name. Empty if they name none."""
    if into is not None:
        return (into / f"{case.name}.yaml",)
    named = (
        Path(reply["cassette"])
        for step in case.steps
        for interaction in step.interactions
        for reply in _recorded(interaction)
    )
    return tuple(dict.fromkeys(named))


def position_of(assigned: Assigned, case: Case, into: Path | None) -> tuple[Path, int] | None:
    """Return the file that a request is recorded into and its number there, -1 to append it; None if its
    reply is not a recording."""
    if into is not None:
        return files_of(case, into)[0], -1
    reply = assigned.reply
    if reply is None or "cassette" not in reply:
        return None
    number = reply.get("interaction")
    return Path(reply["cassette"]), -1 if number is None else int(number)


def _recorded(interaction: Interaction) -> Iterator[Mapping[str, Any]]:
    return (reply for reply in interaction.replies if "cassette" in reply)
