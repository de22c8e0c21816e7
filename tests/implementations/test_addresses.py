"""Addresses of implementations: names, folders, callables and commands."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Any

import pytest
from obedient import ADAPTER, job_of, told

from harness.contracts import Contract, Hooks
from harness.errors import ImplementationError, LoadError, UsageError
from harness.implementations import connect, known_names


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two implementations: `mine` in Python and `theirs` behind a command."""
    mine = tmp_path / "implementations" / "mine"
    mine.mkdir(parents=True)
    (mine / "adapter.py").write_text(
        "def shape(given):\n    return {'method': 'GET', 'url': 'https://mine.example'}\n"
    )
    (mine / "implementation.yaml").write_text(
        "name: Mine\n"
        "homepage: https://mine.example\n"
        "address: python:adapter:shape\n"
        "operations: [chat, image]\n"
        "inputs: [tools]\n"
        "edition: 2026-04\n"
        "vars:\n  app: {title: no, referer: {$absent: true}}\n"
        "install: pip install mine\n"
    )
    (mine / "known_failing.txt").write_text("a/b  # because\n")
    theirs = tmp_path / "implementations" / "theirs"
    theirs.mkdir()
    (theirs / "run.py").write_text(ADAPTER.read_text())
    (theirs / "implementation.yaml").write_text(
        f"address: command:{shlex.quote(sys.executable)} run.py\nfeatures: [outcome]\n"
    )
    return mine.parent


def test_a_name_leads_to_its_folder_and_what_is_stated_there_holds(folder: Path) -> None:
    """`implementation.yaml` has the last word over what the adapter says of itself."""
    with connect("mine", folder=folder) as connection:
        about = connection.about
        ((_, seen),) = connection.perform([job_of({})])
    assert seen.steps[0].requests[0].url == "https://mine.example"
    assert (about.name, about.homepage, about.address) == ("Mine", "https://mine.example", "mine")
    assert (about.operations, about.inputs, about.edition) == (("chat", "image"), ("tools",), "2026-04")
    assert about.vars == {"app": {"title": "no", "referer": {"$absent": True}}}
    assert about.known_failing == str(folder / "mine" / "known_failing.txt")


def test_a_command_of_a_folder_runs_in_it(folder: Path) -> None:
    """A relative path in the command counts from the folder."""
    with connect(str(folder / "theirs")) as connection:
        assert connection.about.features == ("outcome",)
        assert connection.about.version == "2.1"
        ((_, seen),) = connection.perform([job_of({"do": "pid"})])
        assert int(told(seen)) > 0


def test_the_name_of_a_folder_is_its_implementation_s_unless_stated(folder: Path) -> None:
    """`name` may be left out."""
    with connect("theirs", folder=folder) as connection:
        assert connection.about.name == "theirs"


def test_adapters_of_one_name_in_two_folders_are_two_modules(folder: Path) -> None:
    """Implementations can be run side by side although each calls its module `adapter`."""
    other = folder / "other"
    other.mkdir()
    (other / "adapter.py").write_text(
        "def shape(given):\n    return {'method': 'GET', 'url': 'https://other.example'}\n"
    )
    (other / "implementation.yaml").write_text("address: python:adapter:shape\n")
    urls = []
    with connect("mine", folder=folder) as mine, connect("other", folder=folder) as another:
        for connection in (mine, another, mine):
            ((_, seen),) = connection.perform([job_of({})])
            urls.append(seen.steps[0].requests[0].url)
    assert urls == ["https://mine.example", "https://other.example", "https://mine.example"]


def test_reference_stands_for_the_reference_client_of_the_contract(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By whatever address the contract's hook returns."""
    command = shlex.join([sys.executable, str(folder / "theirs" / "run.py")])
    (folder / "acme_hooks.py").write_text(f"def reference():\n    return {f'command:{command}'!r}\n", "utf-8")
    monkeypatch.syspath_prepend(str(folder))
    contract = Contract(name="acme", hooks=Hooks("acme_hooks"))
    with connect("reference", contract=contract) as connection:
        assert connection.about.name == "reference"
        assert connection.about.address == "reference"
        ((_, seen),) = connection.perform([job_of({})])
    assert seen.broken is None


def test_a_contract_without_a_reference_client_needs_an_implementation() -> None:
    """The error says what to do."""
    with pytest.raises(UsageError, match="acme has no reference client\n  name an implementation with -i"):
        connect("reference", contract=Contract(name="acme"))


def test_known_names_are_those_with_an_implementation_file(folder: Path, tmp_path: Path) -> None:
    """Other folders do not count, and there may be none."""
    (folder / "notes").mkdir()
    assert known_names(folder) == ("mine", "theirs")
    assert known_names(tmp_path / "nowhere") == ()


def test_a_name_that_is_not_known_is_refused_with_what_may_be_meant(folder: Path) -> None:
    """The known names are listed."""
    with pytest.raises(UsageError) as caught:
        connect("thiers", folder=folder)
    assert "unknown implementation 'thiers'; did you mean 'theirs'?" in str(caught.value)
    assert "reference, mine, theirs" in str(caught.value)


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("python:adapter", "python:adapter is not the address of a callable"),
        ("python:no_such_module_here:shape", "no module 'no_such_module_here'"),
        ("command:", "names no program"),
        ("command:node 'adapter", "cannot be split into words"),
    ],
)
def test_an_address_that_leads_nowhere_is_refused(address: str, says: str) -> None:
    """The error says how to write it."""
    with pytest.raises(UsageError, match=says):
        connect(address)


def test_a_folder_without_an_implementation_file_is_refused(tmp_path: Path) -> None:
    """The error names the file that is missing."""
    with pytest.raises(UsageError, match=r"has no implementation\.yaml"):
        connect(str(tmp_path))


def test_a_mode_that_is_none_is_refused() -> None:
    """There are two."""
    with pytest.raises(UsageError, match="unknown mode 'replay'"):
        connect("reference", mode="replay")  # type: ignore[arg-type]


@pytest.mark.parametrize("source", ["import no_such_dependency\n", "raise RuntimeError('boom')\n", "def ("])
def test_a_module_that_cannot_be_imported_is_the_implementation_s_error(tmp_path: Path, source: str) -> None:
    """It is there, and broken; the reason is given."""
    (tmp_path / "broken_adapter.py").write_text(source)
    (tmp_path / "implementation.yaml").write_text("address: python:broken_adapter:shape\n")
    with pytest.raises(ImplementationError, match="broken_adapter cannot be imported: "):
        connect(str(tmp_path))


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("", ["1:1: is empty"]),
        ("- address: command:x\n", ["1:1: it must be a mapping"]),
        ("name: x\n", ["1:1: `address` is missing"]),
        ("address: node adapter.mjs\n", ["1:1: an address that does not begin with command:"]),
        (
            "adress: command:x\nmode: sent\n",
            [
                "1:1: unknown key 'adress'; did you mean 'address'?",
                "2:1: mode as 'sent'; did you mean 'send'?",
            ],
        ),
        (
            "address: command:x\naddress: command:y\n",
            ['2:1: the key "address" appears twice (first on line 1)'],
        ),
        ("address: command:x\noperations: chat\n", ["2:1: operations as str 'chat'"]),
        (
            "address: command:x\nfeatures: [reples]\n",
            ["2:1: the unknown word 'reples' in features; did you mean 'replies'?"],
        ),
        ("address: command:x\nvars: [model]\n", ["2:1: vars as list"]),
        ("address: command:x\nname: 5\n", ["2:1: name as int 5"]),
        ("address: command:x\nname: [\n", ["3:1: check for a missing quote, bracket or space"]),
        ("address: command:x\n<<: {name: y}\n", ["2:1: merge keys (<<) are not supported"]),
    ],
)
def test_a_wrong_implementation_file_is_refused_with_every_place(
    tmp_path: Path, text: str, problems: list[str]
) -> None:
    """Each problem has its line and column."""
    file = tmp_path / "implementation.yaml"
    file.write_text(text)
    with pytest.raises(LoadError) as caught:
        connect(str(tmp_path))
    told_problems = [str(problem) for problem in caught.value.problems]
    assert len(told_problems) == len(problems)
    for expected, actual in zip(problems, told_problems, strict=True):
        assert actual.startswith(f"{file}:{expected}"), actual


def test_a_folder_s_answer_to_everything_else_is_its_adapter_s(folder: Path, capfd: Any) -> None:
    """What a Python callable prints is left alone: nothing of the harness's output is in it."""
    (folder / "mine" / "adapter.py").write_text(
        "def shape(given):\n    print('noise')\n    return {'method': 'GET', 'url': 'https://mine.example'}\n"
    )
    with connect("mine", folder=folder) as connection:
        ((_, seen),) = connection.perform([job_of({})])
    assert seen.broken is None
    assert capfd.readouterr().out == "noise\n"
