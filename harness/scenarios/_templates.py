"""Values with variables in them, prepared once and filled in for each case.

A template is itself a JSON value, so that it can be kept in the cache: a list of a word and its arguments.

    ["const", value]              a value without variables, shared by all cases
    ["text", [part, …]]           a text; a part is a text or [name]
    ["var", name, literal]        a variable alone, which keeps its type
    ["map", value, {key: t}]      a mapping some values of which are templates
    ["keys", [[text, t], …]]      a mapping with variables in its keys
    ["list", value, [[n, t], …]]  a list some items of which are templates
    ["edition", {version: t}]    a choice by the edition
    ["merge", under, over, mode]    two layers that merge when they are filled in
    ["refused", word]             a matcher where there is none
    ["interaction", t]            an interaction as a whole, its reply being data

Literal templates (what is given, and replies) hold plain data: `$$ref` is `$ref` there and matchers are
refused. In the others, what is expected, `$$ref` stays as it is written and input is inserted escaped.
"""

from __future__ import annotations

import re
from typing import Any, TypeAlias

from harness.matchers import MATCHERS, is_matcher, unescape
from harness.model import JsonValue
from harness.scenarios._merge import DeferredMerge
from harness.schema.raw_values import is_edition_choice, is_plain

__all__ = ["Template", "compile_template", "is_variable_name", "parts_of"]

Template: TypeAlias = list[Any]

_TOKEN = re.compile(r"\$\$\{|\$\{([^}]*)(\})?")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*")


def is_variable_name(text: str) -> bool:
    """Whether a variable at the top may be called so."""
    return "." not in text and _NAME.fullmatch(text) is not None


def parts_of(text: str) -> list[str | list[str]]:
    """The parts of a text: texts, and variables as [name]. Raises ValueError if one is not well written."""
    parts: list[str | list[str]] = []
    literal = ""
    end = 0
    for found in _TOKEN.finditer(text):
        literal += text[end : found.start()]
        end = found.end()
        name = found[1]
        if name is None:
            literal += "${"
        elif found[2] is None:
            raise ValueError('"${" is not closed by "}"; write $${ for a literal ${')
        elif not _NAME.fullmatch(name):
            raise ValueError(f'"${{{name[:60]}}}" is not a variable name; a literal ${{ is written $${{')
        else:
            if literal:
                parts.append(literal)
            parts.append([name])
            literal = ""
    literal += text[end:]
    if literal or not parts:
        parts.append(literal)
    return parts


def compile_template(value: JsonValue | DeferredMerge, *, literal: bool) -> Template:
    """The template of a value as written. Raises ValueError for a variable that is not well written."""
    if isinstance(value, str):
        return _compile_text(value, literal)
    if isinstance(value, (dict, list)) and is_plain(value):
        return ["const", value]
    if isinstance(value, dict):
        if literal and is_matcher(value) and next(iter(value)) in MATCHERS:
            return ["refused", next(iter(value))]
        if is_edition_choice(value):
            branches = value["$edition"].items()
            return ["edition", {key: compile_template(item, literal=literal) for key, item in branches}]
        return _compile_mapping(value, literal)
    if isinstance(value, list):
        holes = []
        base = []
        for index, item in enumerate(value):
            template = compile_template(item, literal=literal)
            is_const = template[0] == "const"
            base.append(template[1] if is_const else None)
            if not is_const:
                holes.append([index, template])
        return ["list", base, holes] if holes else ["const", base]
    if isinstance(value, DeferredMerge):
        under = compile_template(value.under, literal=literal)
        return ["merge", under, compile_template(value.over, literal=literal), value.mode]
    return ["const", value]


def _compile_text(text: str, literal: bool) -> Template:
    if "${" not in text:
        return ["const", text]
    parts = parts_of(text)
    if len(parts) > 1:
        return ["text", parts]
    return ["const", parts[0]] if isinstance(parts[0], str) else ["var", parts[0][0], literal]


def _compile_mapping(value: dict[str, JsonValue], literal: bool) -> Template:
    holes = {}
    base = {}
    named = False
    for key, item in value.items():
        template = compile_template(item, literal=literal)
        named = named or "${" in key
        written = unescape(key) if literal else key
        is_const = template[0] == "const"
        base[written] = template[1] if is_const else None
        if not is_const:
            holes[written] = template
    if named:
        pairs = [(parts_of(key), holes.get(key, ["const", item])) for key, item in base.items()]
        return ["keys", [[["text", parts], template] for parts, template in pairs]]
    return ["map", base, holes] if holes else ["const", base]
