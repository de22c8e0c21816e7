"""The JSON Schemas for editors, and the warnings of `harness validate`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
import yaml

from harness.contracts import NO_CONTRACT, Contract, load_contract
from harness.scenarios import input_keys, load, schema, schema_file, schema_text, warnings
from harness.scenarios._json_schema import SchemaKind
from harness.yaml_reader import parse
from harness_openclaw import hooks

Write = Callable[..., Path]


OPENCLAW = load_contract(hooks.scenarios / "contract.yaml")


@pytest.mark.parametrize("contract", [NO_CONTRACT, OPENCLAW])
@pytest.mark.parametrize("kind", ["suite", "rules", "contract"])
def test_the_shipped_schema_is_up_to_date(kind: SchemaKind, contract: Contract) -> None:
    """The file is what `harness schema --write` would write, and a schema."""
    assert schema_file(kind, contract).read_text(encoding="utf-8") == schema_text(kind, contract)
    jsonschema.Draft7Validator.check_schema(schema(kind, contract))


@pytest.mark.parametrize(("kind", "files"), [("suite", "openrouter/*.yaml"), ("rules", "rules/*.yaml")])
def test_bundled_files_fit_their_schema_and_name_it(kind: SchemaKind, files: str) -> None:
    """Every bundled file is valid in an editor, whose schema its first line names."""
    validator = jsonschema.Draft7Validator(schema(kind, OPENCLAW))
    for path in sorted(hooks.scenarios.glob(files)):
        text = path.read_text(encoding="utf-8")
        validator.validate(parse(text, str(path)).value)
        assert text.startswith(f"# yaml-language-server: $schema=../{kind}.schema.json\n")


@pytest.mark.parametrize(
    "text",
    [
        "{suite: s, scenarios: []}",
        "{suite: s, scenarios: [{id: a, interactoins: []}]}",
        "{suite: s, scenarios: [{id: a, interactions: [{request: {forbid_headers: X}}]}]}",
        "{suite: s, scenarios: [{id: a, interactions: [{reply: {status: 99}}]}]}",
        "{suite: s, scenarios: [{id: a, interactions: [], input: {operation: chatt}}]}",
        "{suite: s, scenarios: [{id: a, interactions: [], editions: 2026-5}]}",
        "{suite: s, scenarios: [{id: a b, interactions: []}]}",
        '{suite: s, scenarios: [{id: a, interactions: [{request: {url: {$regx: "x"}}}]}]}',
    ],
)
def test_an_editor_sees_what_has_not_the_shape_of_a_suite(text: str) -> None:
    """The schema refuses unknown keys, wrong types and unknown words."""
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft7Validator(schema()).validate(yaml.safe_load(text))


def test_every_input_is_described_for_editors() -> None:
    """The schema says what each key of `input` is."""
    properties = schema("suite", OPENCLAW)["definitions"]["input"]["anyOf"][0]["properties"]
    assert tuple(properties) == input_keys(OPENCLAW)
    assert all("description" in each for each in properties.values())


def test_checks_that_can_hardly_fail_are_named_where_they_stand(write: Write) -> None:
    """An open method or URL, a forbidden path nobody sends, and integers that JavaScript rounds."""
    path = write(
        """\
        suite: s
        scenarios:
          - id: a
            input: {params: {topK: 1, seed: 9007199254740993}}
            interactions:
              - request:
                  forbid_body: [$.mesages, $.top_k, $.messages, $..anything, $.topK]
              - id: b
                request: {method: POST, url: https://x.example, at_most_one: ["$['reasonning']"]}
              - request: {same_as: b}
              - request: {method: POST, path: /x}
        """
    )
    assert [str(each) for each in warnings(load(path))] == [
        f"{path}:4:31: JavaScript rounds an integer beyond 2^53: quote it, or expect it rounded",
        f"{path}:6:9: method and url left open: any would do (defaults.request can state it for all)",
        f"{path}:7:25: $.mesages can hardly fail: mesages is no known field of a request's body",
        f"{path}:9:71: $['reasonning'] can hardly fail: reasonning is no known field of a request's body",
    ]


def test_a_suite_that_states_method_and_url_once_has_no_warnings(write: Write) -> None:
    """`defaults.request` says it for all, and each warning comes once however many cases there are."""
    path = write(
        """\
        suite: s
        defaults: {request: {method: POST, url: https://x.example}}
        scenarios:
          - {id: a, for_each: [{n: 1}, {n: 2}], interactions: [{request: {forbid_body: [$.mesages]}}]}
        """
    )
    assert len(warnings(load(path))) == 1
