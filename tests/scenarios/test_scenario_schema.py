"""The JSON Schemas for editors, and the warnings of `harness validate`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
import yaml

from harness.contracts import Contract, load_contract
from harness.scenarios import input_keys, load, schema, schema_file, schema_text, warnings
from harness.scenarios._json_schema import SchemaKind
from harness.yaml_reader import parse

Write = Callable[..., Path]


@pytest.fixture
def acme(write: Write, tmp_path: Path) -> Contract:
    return load_contract(tmp_path / "contract.yaml")


@pytest.mark.parametrize("kind", ["suite", "contract"])
def test_the_shipped_schema_is_up_to_date(kind: SchemaKind) -> None:
    """The file is what `harness schema --write` would write, and a schema. Rules are always a contract's."""
    assert schema_file(kind).read_text(encoding="utf-8") == schema_text(kind)
    jsonschema.Draft7Validator.check_schema(schema(kind))


@pytest.mark.parametrize("kind", ["suite", "rules"])
def test_a_contracts_schema_is_kept_beside_it(kind: SchemaKind, acme: Contract) -> None:
    """It knows the contract's words, and is a schema."""
    assert schema_file(kind, acme) == acme.folder / f"{kind}.schema.json"
    assert schema_text(kind, acme) != schema_text(kind)
    jsonschema.Draft7Validator.check_schema(schema(kind, acme))


def test_a_contracts_files_fit_their_schemas(acme: Contract) -> None:
    """What loads is valid in an editor, too."""
    for path in (acme.folder / "contract.yaml", *sorted((acme.folder / "rules").glob("*.yaml"))):
        validator = jsonschema.Draft7Validator(
            schema("contract" if path.stem == "contract" else "rules", acme)
        )
        validator.validate(parse(path.read_text(encoding="utf-8"), str(path)).value)


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
        '{suite: s, scenarios: [{id: a, interactions: [{request: {body: {a: [{$regexp: "x"}]}}}]}]}',
        '{suite: s, scenarios: [{id: a, interactions: [{request: {body_at: {$.a: {$regexp: "x"}}}}]}]}',
        '{suite: s, scenarios: [{id: a, interactions: [], outcome: {usage: {cost: {$regexp: "x"}}}}]}',
        "{suite: s, scenarios: [{id: a}]}",
        "{suite: s, scenarios: [{id: a, interactions: [], steps: [{interactions: []}]}]}",
        "{suite: s, scenarios: [{id: a, interactions: [{reply: {json: 1, text: x}}]}]}",
        "{suite: s, scenarios: [{id: a, interactions: [{reply: {sequence: [{sse: [], cassette: x}]}}]}]}",
    ],
)
def test_an_editor_sees_what_has_not_the_shape_of_a_suite(text: str) -> None:
    """The schema refuses unknown keys, wrong types and unknown words."""
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft7Validator(schema()).validate(yaml.safe_load(text))


@pytest.mark.parametrize(
    "text",
    [
        "{suite: s, scenarios: [{id: a, steps: [{interactions: []}]}]}",
        "{suite: s, scenarios: [{id: a, interactions: [{request: {body: {$$ref: x, a: {$any: string}}}}]}]}",
        "{suite: s, scenarios: [{id: a, interactions: [{request: {body: {$$ref: x}}}]}]}",
        "{suite: s, scenarios: [{id: a, interactions: [{request: {body: {$unordered: [{$json: {}}, 1]}}}]}]}",
        "{suite: s, scenarios: [{id: a, interactions: [{request: {body: '${each.x}'}, reply: '${each}'}]}]}",
        "{suite: s, scenarios: [{id: a, interactions: [], input: {tools: [{$ref: x}]}}]}",
        "{suite: s, scenarios: [{id: a, interactions: [{reply: {json: {$ref: x}, status: 201}}]}]}",
    ],
)
def test_an_editor_takes_what_loads(text: str) -> None:
    """Matchers and escaped keys in what is expected, plain data in inputs and replies."""
    jsonschema.Draft7Validator(schema()).validate(yaml.safe_load(text))


def test_every_input_is_described_for_editors(acme: Contract) -> None:
    """The schema says what each key of `input` is."""
    properties = schema("suite", acme)["definitions"]["input"]["anyOf"][0]["properties"]
    assert tuple(properties) == input_keys(acme)
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
        f"{path}:4:31: JavaScript rounds integers beyond 2^53: quote it, or expect the rounded value",
        f"{path}:6:9: method and url unspecified: anything matches (defaults.request can set it for all)",
        f"{path}:7:25: $.mesages can hardly fail: mesages is not a known field of a request body",
        f"{path}:9:71: $['reasonning'] can hardly fail: reasonning is not a known field of a request body",
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
