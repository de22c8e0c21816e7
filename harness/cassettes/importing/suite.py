"""Imported scenarios as a suite whose replies are the recordings."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, TypeVar

import yaml

from harness.cassettes.cassette import open_cassette
from harness.cassettes.importing.recordings import Imported, Scenario, as_name
from harness.cassettes.writing import SOURCES, write_cassette
from harness.contracts import Contract
from harness.matchers import escape
from harness.model import JsonValue
from harness.redaction import RedactionRules, Scrubber
from harness.scenarios import cassette_folders

__all__ = ["write_suite"]

_PLAIN: Final = re.compile(r"[A-Za-z](?:[A-Za-z0-9_./ -]*[A-Za-z0-9_])?")
_Value = TypeVar("_Value")


def write_suite(imported: Imported, name: str, beside: Path | None = None) -> str:
    """Return the text of a suite called `name` with the imported scenarios.

    `beside` is the folder that the suite is for: recordings that a suite there would not find are stored in
    a `cassettes` folder in it, scrubbed. Without it nothing is written, and replies name the recordings by
    their path in a `cassettes` folder, else by their file name. Raises CassetteLeak if a secret would be
    left in a stored recording, OSError if it cannot be written.
    """
    contract = imported.contract
    shelf = _Shelf(contract, beside, as_name(name))
    inverted = [scenario.inverted for scenario in imported.scenarios]
    editions = _shared(each.editions for each in inverted)
    headers = _shared(each.headers for each in inverted)
    suite: dict[str, Any] = {
        "suite": name,
        "about": "Requests that a provider has accepted, imported from recordings"
        + (f" for the contract {contract.name}." if contract.name else "."),
    }
    if editions:
        suite["editions"] = list(editions)
    suite |= {
        "evidence": "observed",
        "tags": ["imported"],
        "defaults": {"input": {"operation": "chat", "api_key": "${canary.api_key}"}},
    }
    if headers:
        suite["defaults"]["request"] = {"headers": dict(headers)}
    suite["scenarios"] = [
        _entry(scenario, shelf, with_editions=editions is None, with_headers=headers is None)
        for scenario in imported.scenarios
    ]
    text: str = yaml.dump(suite, Dumper=_dumper(), sort_keys=False, allow_unicode=True, width=2**31 - 1)
    return text


def _shared(values: Iterable[_Value]) -> _Value | None:
    """Return the value that all of them have, or None."""
    first, *others = values
    return first if all(each == first for each in others) else None


def _entry(scenario: Scenario, shelf: _Shelf, *, with_editions: bool, with_headers: bool) -> dict[str, Any]:
    inverted = scenario.inverted
    entry: dict[str, Any] = {
        "id": scenario.id,
        "about": f"Recorded as interaction {scenario.number} of {scenario.file.name}.",
    }
    if with_editions and inverted.editions:
        entry["editions"] = list(inverted.editions)
    request: Any = _verbatim(dict(inverted.request))
    if with_headers and inverted.headers:
        request["headers"] = dict(inverted.headers)
    reply = {"cassette": shelf.name_of(scenario.file), "interaction": scenario.number}
    entry["input"] = _verbatim(escape(dict(inverted.input)))
    entry["interactions"] = [{"request": request, "reply": reply}]
    return entry


def _verbatim(value: JsonValue) -> JsonValue:
    """Return a value in which a suite reads no variable."""
    if isinstance(value, str):
        return value.replace("${", "$${")
    if isinstance(value, dict):
        return {_verbatim(key): _verbatim(item) for key, item in value.items()}
    return [_verbatim(item) for item in value] if isinstance(value, list) else value


class _Shelf:
    """The names by which a suite finds recordings; stores those that it would not find."""

    def __init__(self, contract: Contract, beside: Path | None, subfolder: str) -> None:
        self._beside = beside
        self._contract = contract
        # A subfolder with the contract's name would be taken for the folder of its recordings.
        self._subfolder = f"imported-{subfolder}" if subfolder == contract.name else subfolder
        self._names: dict[Path, str] = {}
        self._scrubber = Scrubber(rules=RedactionRules(**contract.redaction))

    def name_of(self, file: Path) -> str:
        if file not in self._names:
            self._names[file] = self._placed(file, self._beside) if self._beside else _usual_name(file)
        return self._names[file]

    def _placed(self, file: Path, beside: Path) -> str:
        whole = file.resolve()
        folders = [folder.resolve() for folder in cassette_folders(beside, self._contract)]
        for folder in folders:
            if whole.is_relative_to(folder):
                name = whole.relative_to(folder).as_posix()
                if next(each for each in folders if (each / name).is_file()) == folder:
                    return name
        own = beside / "cassettes" / self._contract.name
        return self._stored(file, own if own.is_dir() else beside / "cassettes")

    def _stored(self, file: Path, folder: Path) -> str:
        stem = as_name(file.stem)
        name, count = f"{self._subfolder}/{stem}.yaml", 1
        while name in self._names.values():
            count += 1
            name = f"{self._subfolder}/{stem}-{count}.yaml"
        cassette = open_cassette(file)
        metadata = dict(cassette.metadata)
        if metadata.get("source") not in SOURCES:
            metadata["source"] = "imported"
        write_cassette(folder / name, cassette.interactions, metadata, self._scrubber)
        return name


def _usual_name(file: Path) -> str:
    whole = file.resolve()
    above = next((parent for parent in whole.parents if parent.name == "cassettes"), None)
    return file.name if above is None else whole.relative_to(above).as_posix()


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
