"""`tools/words.py` finds words that read as translated, in what people read and nowhere else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CHECK = Path(__file__).parents[1] / "tools" / "words.py"

PLANTED = {
    "a document": ("guide.md", "# Guide\n\nEvery error is\ntold with its place.\n", 4, "told"),
    "a document, over two lines": ("guide.md", "A path that is\nno file fails.\n", 1, "is no file"),
    "a docstring": ("code.py", 'def f() -> int:\n    """Return it.\n\n    Do it anew.\n    """\n', 4, "anew"),
    "a comment": ("code.py", "x = 1  # nobody reads it\n", 1, "nobody"),
    "comments in two lines": ("code.py", "# this is\n# no file\nx = 1\n", 1, "is no file"),
    "a message": ("code.py", 'raise ValueError("this is no file")\n', 1, "is no file"),
    "a message in two parts": (
        "code.py",
        'print(\n    "it is",\n    "this is "\n    "no file",\n)\n',
        3,
        "is no file",
    ),
    "a message with a value": ("code.py", 'print(f"{1} is no port")\n', 1, "is no port"),
    "a message within a value": ("code.py", "print(f\"{'was told' or 1} is\")\n", 1, "told"),
    "a scenario": ("suite.yaml", "suite: s\nabout: The film is fetched.\n", 2, "film"),
    "a scenario, over two lines": (
        "suite.yaml",
        "scenarios:\n- id: a\n  about: >-\n    A b\n    anew.\n",
        5,
        "anew",
    ),
    "a row": ("suite.yaml", "- {id: a, about: A stand-in answers.}\n", 1, "stand-in"),
    "a rule": ("rules.yaml", "- id: A-1\n  text: Nobody gets the key.\n", 2, "Nobody"),
    "a comment in YAML": ("suite.yaml", "a: 1  # again and anew\n", 1, "anew"),
}

PLAIN = {
    "plain words": (
        "guide.md",
        "There is no file. It is no longer used; nothing is blank but a blank line.\n",
    ),
    "names": ("code.py", 'told_before = nobody = 1\nprint("see film.mp4, told_before and --anew here")\n'),
    "single words": ("code.py", 'WORDS = ["told", "film", "nobody"]\n'),
    "data of a scenario": (
        "suite.yaml",
        "- about: It is sent.\n  input: {history: [I was told so by nobody]}\n",
    ),
}


def run(folder: Path, name: str, text: str) -> subprocess.CompletedProcess[str]:
    (folder / name).write_text(text, "utf-8")
    return subprocess.run(
        [sys.executable, "-I", "-S", CHECK, folder], capture_output=True, encoding="utf-8", check=False
    )


@pytest.mark.parametrize(("name", "text", "line", "word"), PLANTED.values(), ids=PLANTED)
def test_a_planted_word_is_found_at_its_line(
    name: str, text: str, line: int, word: str, tmp_path: Path
) -> None:
    """With what to write instead, and by the standard library alone."""
    done = run(tmp_path, name, text)
    assert done.stdout.startswith(f'{tmp_path / name}:{line}: "{word}": write ')
    assert (done.returncode, done.stdout.count("\n"), done.stderr) == (1, 1, "")


@pytest.mark.parametrize(("name", "text"), PLAIN.values(), ids=PLAIN)
def test_plain_text_names_and_data_pass(name: str, text: str, tmp_path: Path) -> None:
    """Neither names of code and files nor what a scenario sends is prose."""
    done = run(tmp_path, name, text)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
