"""YAML is read in the same way where PyYAML was built without libyaml."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

from vcr.serializers.yamlserializer import serialize  # type: ignore[import-untyped]

from harness.cassettes.reading import read
from harness.yaml_reader import Document, parse

WITHOUT_LIBYAML = "import sys; sys.modules['yaml._yaml'] = None"

PARSE = f"""\
{WITHOUT_LIBYAML}
import json
from harness.yaml_reader import parse
documents = [parse(text, "f.yaml", places=True) for text in json.load(sys.stdin)]
json.dump([[document.value, list(map(str, document.problems))] for document in documents], sys.stdout)
"""

VALID = {
    "a question mark in a plain text": "[{url: https://x.example/?a=b, q: is it?}, a?b, {c?: 1}]",
    "a tab between tokens": "a:\t1\nb: {c:\t2,\td: [3,\t4]}\t# five\ne: a\tb\n",
    "a tab in a plain text of two lines": "a: b\n \tc\n",
    "escapes": r'["\u00e9", "\U0001F600", "\x41", "\\ud83d", "\\\\ud83d", "\"\/"]',
    "a text in blocks": "a: |\n  b\n  \tc\nd: >\n  e\n\n  f\n",
    "a separator in a text": "a: b\n --- c\n",
    "an anchor": "a: &x [1, {b: 2}]\nc: *x\n",
    "keys of every kind": "? a\n: b\n'c': d\n\"e\": f\n",
}

INVALID = {
    "nothing": "",
    "numbers and a tilde": "vars: {n: 012, m: ~}\nvars: 1\nx: *y\n",
    "half a surrogate pair": 'a: ["x\\\\", "\\ud83d\\ude00"]',
    "a character beyond Unicode": '"\\U00110000"',
    "a tab that indents": "a:\n\t- b\n",
    "a tab that indents a block of text": "a: |\n \tb\n",
    "a colon before a bracket": "{a:[b]}",
    "an open bracket": "a: [b",
    "an open brace with a variable": "a: {b: ${c}}\n",
    "a colon in a text": "a: b: c\n",
    "an at-sign": "a: @b\n",
    "a control character": "a: \x01\n",
    "too many brackets": "[" * 5000,
    "too many braces": "{a: " * 5000,
    "too many dashes": "- " * 5000,
    "too many lines": "".join(f"{' ' * depth}a:\n" for depth in range(1500)),
    "brackets with an error behind them": "[" * 150 + "]" * 150 + " }",
}

# fmt: off
PARTS = [
    "a", " b: ", "- ", "{", "}", "[", "]", ", ", ": ", ":", "?", "? ", "\n", "\n  ", "\n    ", " ", "\t",
    '"x"', "'y'", r'"\u00e9"', r'"\ud83d"', "# c", "&a ", "*a", ">\n", "|\n", "---\n", "...\n", "@", "é",
    "😀", "null", "1", "a?b", "?x", "x:y", "${a}", '"', "'", "\\", "\r\n", "\x85", "a: b\n", "  - c\n",
    "key:\n",
]
# fmt: on


def parsed_without(texts: list[str]) -> list[tuple[Any, list[str]]]:
    """The value of each text, and what is wrong with it, from a process that has no libyaml."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PARSE],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=True,
    )
    return [(value, problems) for value, problems in json.loads(done.stdout)]


def stated(document: Document) -> tuple[Any, list[str]]:
    return document.value, list(map(str, document.problems))


def without_the_parsers_words(problems: list[str]) -> list[str]:
    return [problem.partition(" (the parser says: ")[0] for problem in problems]


def test_valid_texts_have_the_same_value() -> None:
    """What libyaml reads without a problem is read without one, as the same value."""
    for name, text, without in zip(VALID, VALID.values(), parsed_without(list(VALID.values())), strict=True):
        with_libyaml = stated(parse(text, "f.yaml", places=True))
        assert (name, *without) == (name, *with_libyaml)
        assert not with_libyaml[1]


def test_invalid_texts_have_the_same_problems() -> None:
    """What libyaml refuses is refused at the same place, with the same advice."""
    texts = list(INVALID.values())
    for name, text, (value, problems) in zip(INVALID, texts, parsed_without(texts), strict=True):
        with_libyaml = stated(parse(text, "f.yaml", places=True))
        assert (name, value) == (name, with_libyaml[0])
        assert without_the_parsers_words(problems) == without_the_parsers_words(with_libyaml[1])
        assert problems


def test_texts_put_together_at_random_have_the_same_value() -> None:
    """Whatever the text, both read it as the same value, or both refuse it."""
    chance = random.Random(20260501)
    texts = ["".join(chance.choices(PARTS, k=chance.randint(1, 9))) for _ in range(3000)]
    for text, (value, problems) in zip(texts, parsed_without(texts), strict=True):
        document = parse(text, "f.yaml", places=True)
        assert (text, value, bool(problems)) == (text, document.value, bool(document.problems))


def test_recordings_have_the_same_content(tmp_path: Path) -> None:
    """A cassette that vcrpy wrote with libyaml, texts over several lines and all, reads the same without."""
    path = tmp_path / "chat.yaml"
    events = "".join(f'data: {{"n": {number}, "said": "one more line \u00e9"}}\n\n' for number in range(9))
    response = {"status": {"code": 200, "message": "OK"}, "headers": {"X": ["a"]}, "body": {"string": events}}
    request = {"method": "POST", "uri": "https://a.example/", "body": f"long {'text ' * 60}", "headers": {}}
    interactions = [{"request": request, "response": response}]
    path.write_text(serialize({"version": 1, "interactions": interactions}), "utf-8")
    script = (
        f"{WITHOUT_LIBYAML}; from pathlib import Path; from harness.cassettes.reading import read;"
        f"print(repr(read(Path({str(path)!r}))))"
    )
    command = [sys.executable, "-W", "ignore", "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == f"{read(path)!r}\n"


def test_what_is_valid_stays_valid(folder: Path) -> None:
    """`harness validate` passes in a process without libyaml, which warns of it once."""
    suite = str(folder / "suite.yaml")
    script = f"{WITHOUT_LIBYAML}; from harness.cli import main; main(['validate', {suite!r}])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr.count("PyYAML was installed without libyaml") == 1
    assert "valid" in done.stdout
