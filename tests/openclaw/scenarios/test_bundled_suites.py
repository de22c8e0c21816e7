"""The bundled suites and rules: sound, and the same however they are read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
from other_yaml_readers import as_pyyaml_reads, same

from harness.contracts import load_contract
from harness.model import Case
from harness.scenarios import input_keys, load, schema, schema_file, schema_text
from harness.scenarios._folders import Cassettes, cassette_folders
from harness.scenarios._json_schema import SchemaKind
from harness.yaml_reader import parse
from harness_openclaw import hooks

OPENCLAW = load_contract(hooks.scenarios / "contract.yaml")


def expand(path: Path) -> list[Case]:
    return list(load(path).cases("all"))


def test_the_bundled_suites_survive_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every bundled case is the same from the cache as from its file."""
    monkeypatch.setenv("HARNESS_CACHE_DIR", str(tmp_path / "own-cache"))
    monkeypatch.delenv("HARNESS_CACHE", raising=False)
    first = repr(expand(hooks.scenarios))
    assert repr(expand(hooks.scenarios)) == first


def test_expansion_is_the_same_each_time() -> None:
    """The bundled suites expand to equal cases whenever they are expanded."""
    suites = load(hooks.scenarios)
    assert list(suites.cases("all")) == list(suites.cases("all"))


def test_the_bundled_rules_are_sound() -> None:
    """Each bundled rule says in one sentence what holds, and where it is said."""
    for rule in load(hooks.scenarios).rules.values():
        assert rule.text.endswith(".")
        assert rule.source
        assert rule.editions


def test_a_new_recording_of_a_bundled_suite_belongs_among_the_bundled_ones() -> None:
    """No `cassettes` folder is nearer."""
    bundled = Cassettes(hooks.scenarios / "openrouter", cassette_folders(hooks.scenarios, OPENCLAW))
    assert bundled.place("new.yaml") == str(hooks.cassettes / "new.yaml")


@pytest.mark.parametrize("kind", ["suite", "rules", "contract"])
def test_the_shipped_schema_is_up_to_date(kind: SchemaKind) -> None:
    """The file is what `harness schema --write` would write, and a schema."""
    assert schema_file(kind, OPENCLAW).read_text(encoding="utf-8") == schema_text(kind, OPENCLAW)
    jsonschema.Draft7Validator.check_schema(schema(kind, OPENCLAW))


@pytest.mark.parametrize(("kind", "files"), [("suite", "openrouter/*.yaml"), ("rules", "rules/*.yaml")])
def test_bundled_files_fit_their_schema_and_name_it(kind: SchemaKind, files: str) -> None:
    """Every bundled file is valid in an editor, whose schema its first line names."""
    validator = jsonschema.Draft7Validator(schema(kind, OPENCLAW))
    for path in sorted(hooks.scenarios.glob(files)):
        text = path.read_text(encoding="utf-8")
        validator.validate(parse(text, str(path)).value)
        assert text.startswith(f"# yaml-language-server: $schema=../{kind}.schema.json\n")


def test_every_input_is_described_for_editors() -> None:
    """The schema says what each key of `input` is."""
    properties = schema("suite", OPENCLAW)["definitions"]["input"]["anyOf"][0]["properties"]
    assert tuple(properties) == input_keys(OPENCLAW)
    assert all("description" in each for each in properties.values())


@pytest.mark.parametrize("path", sorted(hooks.scenarios.rglob("*.yaml")), ids=lambda path: path.stem)
def test_bundled_files_mean_the_same_to_other_readers(path: Any) -> None:
    """Nothing in the bundled files is read differently by PyYAML's own loader, numbers and dates apart."""
    text = path.read_text(encoding="utf-8")
    assert same(parse(text, str(path)).value, as_pyyaml_reads(text))
