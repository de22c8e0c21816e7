"""The types that contract.yaml gives to words of inputs and outcomes (docs/contracts.md, Types).

string | number | integer | boolean | object | anything
{list: TYPE}  {object: {key: TYPE, …}}  {one_of: [word, …]}  {type: TYPE, about: TEXT}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from harness.errors import did_you_mean
from harness.model import JsonValue
from harness.schema.raw_values import Address, Flaw
from harness.schema.types import Anything, Either, Flag, Items, Null, Number, Shape, Table, Text, Value

__all__ = ["given", "merged", "reported", "type_flaws"]

_PLAIN: Final[dict[str, Shape]] = {
    "string": Text(),
    "number": Number(),
    "integer": Number(whole=True),
    "boolean": Flag(),
}
_WORDS: Final = (*_PLAIN, "object", "anything")
_FORMS: Final = ("list", "object", "one_of", "type")


def type_flaws(stated: JsonValue, at: Address) -> Iterator[Flaw]:
    """Yield what is wrong with a type as written, each with its place."""
    if isinstance(stated, str):
        if stated not in _WORDS:
            yield at, f'unknown type "{stated[:60]}"{did_you_mean(stated, _WORDS, list_known=True)}'
        return
    form = next((key for key in _FORMS if isinstance(stated, dict) and key in stated), None)
    if form is None or set(stated) - {form, *(("about",) if form == "type" else ())}:
        yield (
            at,
            f"is not a type: write one of {', '.join(_WORDS)}, or {{list: …}}, {{object: …}}, {{one_of: …}}",
        )
    elif form in ("list", "type"):
        yield from type_flaws(stated[form], (*at, form))
    elif form == "one_of":
        words = stated[form]
        if not isinstance(words, list) or not words or not all(isinstance(word, str) for word in words):
            yield (*at, form), "one_of takes a list of words"
    elif not isinstance(stated[form], dict):
        yield (*at, form), "object takes a mapping from keys to types"
    else:
        for key, inner in stated[form].items():
            yield from type_flaws(inner, (*at, form, key))


def merged(under: JsonValue, over: JsonValue) -> JsonValue:
    """Return `over` laid on `under`: objects have the keys of both, anything else is replaced."""
    (below, about), (above, own) = _opened(under), _opened(over)
    if isinstance(below, dict) and isinstance(above, dict):
        if "list" in below and "list" in above:
            above = {"list": merged(below["list"], above["list"])}
        elif "object" in below and "object" in above:
            keys = {**below["object"], **above["object"]}
            both = below["object"].keys() & above["object"].keys()
            keys.update({key: merged(below["object"][key], above["object"][key]) for key in both})
            above = {"object": keys}
    return {"type": above, "about": own or about}


def given(stated: JsonValue) -> Shape:
    """Return the shape of an input of this type; null means not given."""
    inner, about = _opened(stated)
    if inner == "anything":
        return Anything(about)
    return Either((_plain(inner, given), Null()), about)


def reported(stated: JsonValue) -> Shape:
    """Return the shape of an expected outcome of this type: matchers and null may stand anywhere."""
    inner, about = _opened(stated)
    if inner == "anything":
        return Value(Anything(), about)
    return Value(Either((_plain(inner, reported), Null())), about)


def _opened(stated: JsonValue) -> tuple[JsonValue, str]:
    """Return a type and what is said about it."""
    if isinstance(stated, dict) and "type" in stated:
        return stated["type"], stated.get("about") or ""
    return stated, ""


def _plain(stated: Any, inner_shape: Any) -> Shape:
    if stated == "object":
        return Table({}, rest=inner_shape("anything"))
    if isinstance(stated, str):
        return _PLAIN[stated]
    if "list" in stated:
        return Items(inner_shape(stated["list"]))
    if "one_of" in stated:
        return Text(choices=tuple(stated["one_of"]))
    keys: Mapping[str, JsonValue] = stated["object"]
    shapes = {key: inner_shape(inner) for key, inner in keys.items()}
    return Table(shapes, called=f"{{{', '.join(shapes)}}}")
