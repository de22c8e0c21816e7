"""Check what people read for the words in words.toml: documents, docstrings, comments, help texts, messages,
and the sentences of scenarios and rules.

    python tools/words.py [FILE|FOLDER]…

Without arguments it checks the paths that words.toml names. The exit code is 1 if a word was found.
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
SUFFIXES = (".md", ".py", ".yaml")

_SENTENCES = re.compile(r"^(?P<before>\s*(?:- )?)(?:about|text):\s|[{,]\s*about:\s|^\s*#|\s#\s")


class Text(NamedTuple):
    """Something to read, and the lines of its file that it stands in."""

    first: int
    last: int
    content: str


def main(arguments: list[str]) -> int:
    """Print `FILE:LINE: "WORD": write …` for each hit; return 1 if there is any."""
    settings = tomllib.loads((ROOT / "tools" / "words.toml").read_text("utf-8"))
    words = [(_pattern(words), better) for words, better in settings["words"].items()]
    excluded = {ROOT / name for name in settings["exclude"]}
    found = False
    for file in _files([Path(each) for each in arguments] or [ROOT / each for each in settings["paths"]]):
        if excluded.isdisjoint((file, *file.parents)):
            for line, word, better in _hits(file.read_text("utf-8"), file.suffix, words):
                print(f'{_shown(file)}:{line}: "{word}": write {better}')  # noqa: T201
                found = True
    return 1 if found else 0


def _pattern(words: str) -> re.Pattern[str]:
    """Return what finds these words, but not in a name, path or option that has them as a part."""
    return re.compile(rf"(?<![\w.$/-])(?:{words})(?![\w=/-]|\.\w)", re.IGNORECASE)


def _files(paths: list[Path]) -> Iterator[Path]:
    for path in paths:
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (each.resolve() for each in files if each.suffix in SUFFIXES and _is_ours(each))


def _is_ours(file: Path) -> bool:
    return file.is_file() and not {"node_modules", ".venv"}.intersection(file.parts)


def _shown(file: Path) -> Path:
    return file.relative_to(ROOT) if file.is_relative_to(ROOT) else file


def _hits(
    source: str, suffix: str, words: list[tuple[re.Pattern[str], str]]
) -> Iterator[tuple[int, str, str]]:
    """Yield line, word and what to write instead, in the order of lines."""
    lines = source.splitlines()
    hits = [
        (_line_of(match[0], text, lines), match[0], better)
        for text in _texts(source, suffix)
        for pattern, better in words
        for match in pattern.finditer(" ".join(text.content.split()))
    ]
    yield from sorted(hits)


def _line_of(found: str, text: Text, lines: list[str]) -> int:
    """Return the line in which the words begin; quotes and comment signs may be between them."""
    between = r"[\s\"'#>]+f?[\"']?"
    stretch = "\n".join(lines[text.first - 1 : text.last])
    match = re.search(between.join(map(re.escape, found.split())), stretch)
    return text.first + (stretch.count("\n", 0, match.start()) if match else 0)


# ------------------------------------------------------------------ texts


def _texts(source: str, suffix: str) -> Iterator[Text]:
    if suffix == ".py":
        yield from _strings(ast.parse(source))
        yield from _comments(source)
    elif suffix == ".yaml":
        yield from _sentences(source.splitlines())
    else:
        yield from _paragraphs(source.splitlines())


def _strings(tree: ast.AST) -> Iterator[Text]:
    """Yield the strings of a module that have more than one word; what an f-string fills in becomes `…`."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.JoinedStr):
            content = "".join(
                str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values
            )
            yield from _prose(node, content)
            for part in node.values:
                if isinstance(part, ast.FormattedValue):
                    yield from _strings(part)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from _prose(node, node.value)
        else:
            yield from _strings(node)


def _prose(node: ast.expr, content: str) -> Iterator[Text]:
    if len(content.split()) > 1:
        yield Text(node.lineno, node.end_lineno or node.lineno, content)


def _comments(source: str) -> Iterator[Text]:
    """Yield the comments of a module, those in adjacent lines as one."""
    block: list[tokenize.TokenInfo] = []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT:
            continue
        if block and token.start[0] != block[-1].start[0] + 1:
            yield _joined(block)
            block = []
        block.append(token)
    if block:
        yield _joined(block)


def _joined(comments: list[tokenize.TokenInfo]) -> Text:
    content = " ".join(comment.string.lstrip("# ") for comment in comments)
    return Text(comments[0].start[0], comments[-1].start[0], content)


def _sentences(lines: list[str]) -> Iterator[Text]:
    """Yield the comments of a YAML file and the values of `about` and `text`; other values are data."""
    for number, line in enumerate(lines, 1):
        found = _SENTENCES.search(line)
        if found is None:
            continue
        block = [line[found.end() :]]
        if found["before"] is not None:
            for more in lines[number:]:
                if more.strip() and len(more) - len(more.lstrip()) <= len(found["before"]):
                    break
                block.append(more)
        yield Text(number, number + len(block) - 1, " ".join(block))


def _paragraphs(lines: list[str]) -> Iterator[Text]:
    block: list[str] = []
    for number, line in enumerate([*lines, ""], 1):
        if line.strip():
            block.append(line)
        elif block:
            yield Text(number - len(block), number - 1, " ".join(block))
            block = []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
