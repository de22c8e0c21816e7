"""YAML read as JSON: the same values, the same types, and places for all of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from other_yaml_readers import as_pyyaml_reads, same

from harness.yaml_reader import Document, parse

_PRINTABLE = st.characters(
    exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff\ufffe\uffff\u2028\u2029"
)
_TEXTS = st.text(_PRINTABLE, max_size=12) | st.sampled_from(
    ["no", "012", "~", "", "null", "1e3", "${x}", "*a", "<<"]
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXTS, inner, max_size=4),
    max_leaves=20,
)


def as_json(value: Any) -> str:
    """JSON on one line; surrogate pairs, which JSON escapes and YAML does not know, are written out."""
    return json.dumps(value, ensure_ascii=False)


def as_yaml(value: Any, depth: int = 0) -> str:
    """A value in block style, texts in double quotes."""
    margin = "  " * depth
    if isinstance(value, dict) and value:
        return "".join(f"\n{margin}{as_json(k)}: {as_yaml(v, depth + 1)}" for k, v in value.items())
    if isinstance(value, list) and value:
        return "".join(f"\n{margin}- {as_yaml(v, depth + 1)}" for v in value)
    return as_json(value)


@given(_JSON)
def test_json_is_read_as_it_is(value: Any) -> None:
    """JSON is YAML: written on one line, every value comes back with its types and its order."""
    document = parse(as_json(value), "f.yaml")
    assert not document.problems
    assert same(document.value, value)


@given(_JSON)
def test_block_style_is_read_as_it_is(value: Any) -> None:
    """Written over lines, texts quoted, every value comes back too, with places or without."""
    for places in (False, True):
        document = parse(as_yaml(value), "f.yaml", places=places)
        assert not document.problems
        assert same(document.value, value)


@given(_JSON)
def test_every_value_has_a_place(value: Any) -> None:
    """Each key and item is found in the text where it stands."""
    text = as_yaml(value)
    lines = text.split("\n")
    document = parse(text, "f.yaml", places=True)

    def walk(value: Any, address: tuple[str | int, ...]) -> None:
        location, depth = document.find(address)
        assert depth == len(address)
        if isinstance(value, dict):
            for key, item in value.items():
                place = document.find((*address, key))[0]
                assert lines[place.line - 1][place.column - 1 :].startswith(as_json(key))
                walk(item, (*address, key))
        elif isinstance(value, list):
            for index, item in enumerate(value):
                assert document.find((*address, index))[0].line >= location.line
                walk(item, (*address, index))

    walk(value, ())


@given(st.text(max_size=40))
def test_no_text_breaks_the_reader(text: str) -> None:
    """Whatever the text, there is a value or a problem, never another error."""
    document = parse(text.encode("utf-8", "replace").decode(), "f.yaml")
    assert isinstance(document, Document)
    assert document.problems or document.value is not None or text.strip()


ACME = Path(__file__).parents[1] / "acme"


@pytest.mark.parametrize("path", sorted(ACME.rglob("*.yaml")), ids=lambda path: path.stem)
def test_files_mean_the_same_to_other_readers(path: Path) -> None:
    """Nothing in a contract's files is read differently by PyYAML's own loader, numbers and dates apart."""
    text = path.read_text(encoding="utf-8")
    assert same(parse(text, str(path)).value, as_pyyaml_reads(text))
