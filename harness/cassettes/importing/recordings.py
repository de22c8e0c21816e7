"""The distinct requests of cassettes, each as a scenario."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.cassettes.cassette import Cassette, open_cassette
from harness.cassettes.importing.chat import invert_chat
from harness.cassettes.reading import Recorded
from harness.cassettes.request_key import Key, key_of
from harness.contracts import NO_CONTRACT, Contract, Inverted, NotInvertible
from harness.errors import LoadError
from harness.model import Request
from harness.redaction import RedactionRules, Scrubber

__all__ = ["Imported", "Scenario", "Skipped", "as_name", "import_cassettes"]

_ERRORS_FROM: Final = 400
_NOT_OF_A_NAME: Final = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario made from the interaction `number` of `file`, whose secrets have been replaced."""

    id: str
    file: Path
    number: int
    inverted: Inverted


@dataclass(frozen=True, slots=True)
class Skipped:
    """What did not become a scenario, and why; `number` is None for a whole file."""

    file: Path
    number: int | None
    reason: str

    def __str__(self) -> str:
        which = "" if self.number is None else f", interaction {self.number}"
        return f"{self.file}{which}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Imported:
    """The scenarios made from cassettes for a contract; `repeated` counts the requests that were left out
    because an earlier one is the same."""

    contract: Contract
    scenarios: tuple[Scenario, ...]
    skipped: tuple[Skipped, ...]
    repeated: int


def import_cassettes(
    files: Iterable[Path], contract: Contract = NO_CONTRACT, *, errors: bool = False
) -> Imported:
    """Return a scenario for each distinct request in cassettes, with secrets replaced by placeholders.

    The contract's hook `invert` makes them, else `invert_chat`. Requests that were answered with an error
    or not at all are skipped unless `errors` is true. Files that cannot be read and requests that cannot
    be inverted are among `skipped`.
    """
    scrubber = Scrubber(rules=RedactionRules(**contract.redaction))
    invert: Callable[[Request], Inverted] = contract.hook("invert") or invert_chat
    scenarios: list[Scenario] = []
    skipped: list[Skipped] = []
    repeated = 0
    seen: set[Key] = set()
    names: set[str] = set()
    for file in files:
        try:
            cassette = open_cassette(file)
        except LoadError as error:
            skipped.append(Skipped(file, None, error.problems[0].message))
            continue
        for recorded in scrubber.scrub(cassette.interactions).interactions:
            try:
                if not errors:
                    _refuse_failed(recorded)
                inverted = invert(recorded.request)
            except NotInvertible as reason:
                skipped.append(Skipped(file, recorded.number, str(reason)))
                continue
            key = key_of(recorded.request)
            if key in seen:
                repeated += 1
                continue
            seen.add(key)
            name = _unused(_name(cassette, recorded), names)
            names.add(name)
            scenarios.append(Scenario(name, file, recorded.number, inverted))
    return Imported(contract, tuple(scenarios), tuple(skipped), repeated)


def as_name(text: str) -> str:
    """Return a text as a part of a suite's or scenario's name: letters, digits and `. _ -`."""
    return _NOT_OF_A_NAME.sub("-", text).strip("-.") or "recorded"


def _refuse_failed(recorded: Recorded) -> None:
    reply = recorded.reply
    if reply.fault or reply.status >= _ERRORS_FROM:
        raise NotInvertible(f"it was answered with {reply.fault or reply.status}; import it with --errors")


def _name(cassette: Cassette, recorded: Recorded) -> str:
    name = as_name(cassette.file.stem)
    return f"{name}.{recorded.number}" if len(cassette.interactions) > 1 else name


def _unused(name: str, names: set[str]) -> str:
    unused, count = name, 1
    while unused in names:
        count += 1
        unused = f"{name}-{count}"
    return unused
