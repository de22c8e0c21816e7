"""A suite of scenarios from the requests of cassettes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from harness.cassettes.cassette import Cassette, open_cassette
from harness.cassettes.reading import Recorded
from harness.cassettes.request_key import Key, key_of
from harness.cassettes.writing import SOURCES, write_cassette
from harness.errors import LoadError
from harness.matchers import escape
from harness.model import JsonValue, Request
from harness.redaction import Scrubber
from harness_openclaw.importing import NotInvertible, expect, invert

__all__ = ["Imported", "Scenario", "Skipped", "import_cassettes", "write_suite"]

_EDITIONS: Final = ("2026-04", "2026-05", "latest")
_ERRORS_FROM: Final = 400
_NOT_OF_A_NAME: Final = re.compile(r"[^A-Za-z0-9._-]+")
_PLAIN: Final = re.compile(r"[A-Za-z](?:[A-Za-z0-9_./ -]*[A-Za-z0-9_])?")


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario made of the interaction `number` of `file`. `request` is the recorded one, scrubbed."""

    id: str
    file: Path
    number: int
    request: Request
    input: dict[str, JsonValue]
    expected: dict[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Skipped:
    """What is no scenario, and why; `number` is None for a whole file."""

    file: Path
    number: int | None
    reason: str

    def __str__(self) -> str:
        which = "" if self.number is None else f", interaction {self.number}"
        return f"{self.file}{which}: {self.reason}"


@dataclass(slots=True)
class Imported:
    """What came of some cassettes. `repeated` counts requests that were recorded before."""

    scenarios: list[Scenario] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    repeated: int = 0


def import_cassettes(
    files: Iterable[Path], *, errors: bool = False, scrubber: Scrubber | None = None
) -> Imported:
    """A scenario for each distinct request of `files`, scrubbed; with `errors` also of those that the
    provider refused. What cannot be read or has no input of which it follows is among the skipped."""
    scrubber = scrubber or Scrubber()
    found = Imported()
    seen: set[Key] = set()
    names: set[str] = set()
    for file in files:
        try:
            cassette = open_cassette(file)
        except LoadError as error:
            found.skipped.append(Skipped(file, None, error.problems[0].message))
            continue
        for recorded in scrubber.scrub(cassette.interactions).interactions:
            try:
                scenario = _scenario(cassette, recorded, errors=errors)
            except NotInvertible as reason:
                found.skipped.append(Skipped(file, recorded.number, str(reason)))
                continue
            key = key_of(recorded.request)
            if key in seen:
                found.repeated += 1
                continue
            seen.add(key)
            found.scenarios.append(_named(scenario, names))
    return found


def _scenario(cassette: Cassette, recorded: Recorded, *, errors: bool) -> Scenario:
    status = recorded.reply.status
    if not errors and (recorded.reply.fault or status >= _ERRORS_FROM):
        how = recorded.reply.fault or status
        raise NotInvertible(f"it was answered with {how}; --errors imports it all the same")
    name = _NOT_OF_A_NAME.sub("-", cassette.file.stem).strip("-.") or "recorded"
    if len(cassette.interactions) > 1:
        name = f"{name}.{recorded.number}"
    given, expected = invert(recorded.request), expect(recorded.request)
    return Scenario(name, cassette.file, recorded.number, recorded.request, given, expected)


def _named(scenario: Scenario, names: set[str]) -> Scenario:
    """The scenario under a name that no other has."""
    name, count = scenario.id, 1
    while name in names:
        count += 1
        name = f"{scenario.id}-{count}"
    names.add(name)
    return Scenario(name, scenario.file, scenario.number, scenario.request, scenario.input, scenario.expected)


# ------------------------------------------------------------------ the file


def write_suite(
    imported: Imported, name: str, beside: Path | None = None, *, scrubber: Scrubber | None = None
) -> str:
    """The text of a suite called `name`, whose replies are the recordings.

    `beside` is the folder that the suite is for: recordings that lie in no `cassettes` folder beside or
    above it are stored in one, scrubbed. Without it nothing is written, and a recording outside any
    `cassettes` folder goes by the name of its file. Raises `CassetteLeak` and `OSError`.
    """
    shelf = _Shelf(beside, _NOT_OF_A_NAME.sub("-", name), scrubber or Scrubber())
    suite = {
        "suite": name,
        "about": "Requests that the provider has accepted, imported from recordings.",
        "editions": list(_EDITIONS),
        "evidence": "observed",
        "tags": ["imported"],
        "defaults": {
            "input": {"operation": "chat", "api_key": "${canary.api_key}"},
            "request": {"method": "POST", "headers": {"Authorization": "Bearer ${canary.api_key}"}},
        },
        "scenarios": [_entry(scenario, shelf) for scenario in imported.scenarios],
    }
    text: str = yaml.dump(suite, Dumper=_dumper(), sort_keys=False, allow_unicode=True, width=2**31 - 1)
    return text


def _entry(scenario: Scenario, shelf: _Shelf) -> dict[str, Any]:
    return {
        "id": scenario.id,
        "about": f"Recorded as interaction {scenario.number} of {scenario.file.name}.",
        "input": _verbatim(escape(scenario.input)),
        "interactions": [
            {
                "request": _verbatim(scenario.expected),
                "reply": {"cassette": shelf.name_of(scenario.file), "interaction": scenario.number},
            }
        ],
    }


def _verbatim(value: JsonValue) -> JsonValue:
    """The value without anything that a suite would take for a variable."""
    if isinstance(value, str):
        return value.replace("${", "$${")
    if isinstance(value, dict):
        return {_verbatim(key): _verbatim(item) for key, item in value.items()}
    return [_verbatim(item) for item in value] if isinstance(value, list) else value


class _Shelf:
    """The names by which a suite finds recordings; stores those that it would not find."""

    def __init__(self, beside: Path | None, folder: str, scrubber: Scrubber) -> None:
        self._beside = None if beside is None else beside.resolve()
        self._folder = folder
        self._names: dict[Path, str] = {}
        self._scrubber = scrubber

    def name_of(self, file: Path) -> str:
        if file not in self._names:
            self._names[file] = self._place(file)
        return self._names[file]

    def _place(self, file: Path) -> str:
        whole = file.resolve()
        if self._beside is None:
            above = next((parent for parent in whole.parents if parent.name == "cassettes"), None)
            return file.name if above is None else whole.relative_to(above).as_posix()
        for folder in (self._beside, *self._beside.parents):
            if whole.is_relative_to(folder / "cassettes"):
                return whole.relative_to(folder / "cassettes").as_posix()
        return self._stored(file, self._beside / "cassettes")

    def _stored(self, file: Path, folder: Path) -> str:
        stem = _NOT_OF_A_NAME.sub("-", file.stem).strip("-.") or "recorded"
        name, count = f"{self._folder}/{stem}.yaml", 1
        while name in self._names.values():
            count += 1
            name = f"{self._folder}/{stem}-{count}.yaml"
        cassette = open_cassette(file)
        metadata = dict(cassette.metadata)
        if metadata.get("source") not in SOURCES:
            metadata["source"] = "imported"
        write_cassette(folder / name, cassette.interactions, metadata, self._scrubber)
        return name


def _dumper() -> type[Any]:
    class Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
        """Quotes every text that any reader of YAML might take for something else."""

        def ignore_aliases(self, data: object) -> bool:
            return True

    Dumper.add_representer(str, _represent_text)
    return Dumper


def _represent_text(dumper: Any, text: str) -> Any:
    style = None if _PLAIN.fullmatch(text) else "|" if "\n" in text else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)
