"""Generated scenarios, the same from run to run, as long as hand-written ones with a full body are.

Each says "the request built for this input has this URL, these headers and this exact body". The request
is what the reference makes of the input, so every case passes: what is measured is the harness.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import yaml

from harness_openclaw import reference

__all__ = ["API_KEY", "PER_FILE", "Sample", "samples", "write_suites", "write_yaml"]

PER_FILE = 100
"""Scenarios in one suite file."""

API_KEY = "not-a-secret"
"""The key in the samples; in the harness's own format a canary stands in its place, as is usual there."""

_SEED = 20261120
_MODELS = (
    "openrouter/openai/gpt-4o",
    "openrouter/anthropic/claude-sonnet-4-6",
    "openrouter/google/gemini-3-pro",
    "openrouter/moonshotai/kimi-k2.6",
    "openrouter/mistralai/mistral-large",
)
_BASES = (None, "https://openrouter.ai/api/v1", "https://proxy.example/v1", "http://localhost:4000/v1")
_VOCABULARY = (
    "account agent answer archive balance branch budget cache channel client commit context customer"
    " dataset deadline deploy digest document draft editor endpoint estimate export figure folder gateway"
    " header history image index invoice journal ledger library message meter model network notebook order"
    " package payload planner policy prompt quota record release report request review router schedule"
    " schema server session signal snapshot source storage summary system table target ticket token tool"
    " trace update vendor version volume warehouse window worker zone"
)
_WORDS = _VOCABULARY.split()
_TYPES = ("string", "integer", "number", "boolean")


@dataclass(frozen=True, slots=True)
class Sample:
    """An input, and the request that the reference builds for it."""

    number: int
    given: Mapping[str, Any]
    url: str
    headers: Mapping[str, str]
    body: Any

    @property
    def id(self) -> str:
        return f"case-{self.number:05}"


def samples(count: int) -> Iterator[Sample]:
    """The first `count` samples of the one series that the seed gives."""
    chance = random.Random(_SEED)
    for number in range(count):
        given = _input(chance)
        request = reference.shape(given)
        yield Sample(number, given, request.url, dict(request.headers), orjson.loads(request.body))


_RULE: dict[str, Any] = {
    "id": "GEN-01",
    "text": "A request has the body that was generated for it.",
    "evidence": "documented",
    "source": "this benchmark",
}


def write_suites(folder: Path, made: Sequence[Sample]) -> list[Path]:
    """Write a contract and the samples as its suites of `PER_FILE` scenarios each; return the suite files."""
    write_yaml(folder / "contract.yaml", [{"contract": "generated", "extends": "openclaw"}])
    write_yaml(folder / "rules" / "generated.yaml", [{"rules": [_RULE]}])
    return [
        write_yaml(folder / f"part-{number:03}.yaml", [_suite(f"generated/part-{number:03}", part)])
        for number, part in enumerate(_parts(made))
    ]


def write_yaml(path: Path, documents: Sequence[Any]) -> Path:
    """Write documents in block style, without aliases."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        yaml.dump_all(documents, file, _Dumper, sort_keys=False, allow_unicode=True, width=110)
    return path


class _Dumper(yaml.CSafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _parts(made: Sequence[Sample]) -> Iterator[Sequence[Sample]]:
    for start in range(0, len(made), PER_FILE):
        yield made[start : start + PER_FILE]


def _suite(name: str, part: Sequence[Sample]) -> dict[str, Any]:
    return {"suite": name, "rules": [_RULE["id"]], "scenarios": [_scenario(sample) for sample in part]}


def _scenario(sample: Sample) -> dict[str, Any]:
    headers = {**sample.headers, "Authorization": "Bearer ${canary.api_key}"}
    request = {"method": "POST", "url": sample.url, "headers": headers, "body": sample.body}
    return {
        "id": sample.id,
        "about": f"The request of sample {sample.number} is built as the reference builds it.",
        "input": {**sample.given, "api_key": "${canary.api_key}"},
        "interactions": [{"request": request}],
    }


def _input(chance: random.Random) -> dict[str, Any]:
    given: dict[str, Any] = {
        "operation": "chat",
        "model": chance.choice(_MODELS),
        "base_url": chance.choice(_BASES),
        "api_key": API_KEY,
        "system": _text(chance, 16, 40),
        "history": [
            {"role": "assistant" if turn % 2 else "user", "content": _text(chance, 8, 60)}
            for turn in range(chance.choice((1, 3, 5)))
        ],
        "tools": [_tool(chance, number) for number in range(chance.randint(1, 4))],
        "params": {"temperature": chance.randrange(0, 20) / 10},
        "options": {"max_tokens": chance.choice((256, 1024, 4096))},
    }
    return {key: value for key, value in given.items() if value is not None}


def _tool(chance: random.Random, number: int) -> dict[str, Any]:
    names = chance.sample(_WORDS, chance.randint(2, 4))
    return {
        "name": f"{chance.choice(_WORDS)}_{number}",
        "description": _text(chance, 10, 20),
        "parameters": {
            "type": "object",
            "properties": {
                name: {"type": chance.choice(_TYPES), "description": _text(chance, 4, 10)} for name in names
            },
            "required": names[:2],
            "additionalProperties": False,
        },
    }


def _text(chance: random.Random, least: int, most: int) -> str:
    return " ".join(chance.choices(_WORDS, k=chance.randint(least, most))).capitalize() + "."
