"""contract.yaml: what it decides, what it inherits, and what is refused."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from harness.contracts import (
    NO_CONTRACT,
    Contract,
    Editions,
    contract_of,
    load_contract,
    named_contract,
    project_root,
)
from harness.contracts.vocabulary import error_classes, operations_of, outcome_shape
from harness.errors import LoadError, UsageError
from harness.model import OUTCOME_WORDS
from harness.scenarios import input_keys

Write = Callable[..., Path]

ACME = """\
    contract: acme
    about: Acme's gateway.
    editions: [2026-03, {id: 2026-09, after: 2026-03}]
    base_url: https://api.acme.example/v1
    hosts: {api.acme.example: {key: ACME_KEY}, files.acme.example: null}
    operations:
      embeddings:
        input: {dimensions: integer, texts: {list: string}}
        outcome: {embeddings: {list: {list: number}}}
    errors: [quota]
    overridable: [app]
    body_fields: [model, messages]
    """


@pytest.fixture
def write(tmp_path: Path) -> Write:
    (tmp_path / ".git").mkdir()

    def write_file(text: str, name: str = "contract.yaml") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")
        return path

    return write_file


@pytest.fixture
def load(write: Write) -> Callable[..., Contract]:
    def load_text(text: str, name: str = "contract.yaml") -> Contract:
        return load_contract(write(text, name))

    return load_text


def problems(load: Callable[..., Contract], text: str) -> str:
    with pytest.raises(LoadError) as caught:
        load(text)
    return str(caught.value)


def test_a_contract_states_its_words_editions_and_places(load: Callable[..., Contract]) -> None:
    """Everything that the engine needs to know of a provider is in the file."""
    acme = load(ACME)
    assert (acme.name, acme.base_url) == ("acme", "https://api.acme.example/v1")
    assert acme.editions == Editions(("2026-03", "2026-09"), (("2026-03", "2026-09"),), "2026-09")
    assert acme.hosts == {"api.acme.example": "ACME_KEY", "files.acme.example": ""}
    assert operations_of(acme) == ("chat", "embeddings")
    assert "quota" in error_classes(acme)
    assert {"dimensions", "texts", "history"} <= set(input_keys(acme))
    assert not {"dimensions", "texts"} & set(input_keys(NO_CONTRACT))


def test_what_may_be_expected_is_what_may_be_reported(load: Callable[..., Contract]) -> None:
    """Suites and implementations have the same words of an outcome, in a contract and outside any."""
    for contract in (load(ACME), NO_CONTRACT):
        assert set(contract.outcome_words) == set(outcome_shape(contract).keys)


def test_editions_form_lines_that_may_meet() -> None:
    """An edition follows one or several earlier ones; each line is a chain from a first edition to a last."""
    editions = Editions.of(["a", {"id": "b", "after": "a"}, "x", {"id": "z", "after": ["b", "x"]}], "b")
    assert editions.lines == (("a", "b", "z"), ("x", "z"))
    assert editions.default == "b"
    assert editions.meant_by({"from": "b"}) == ("b", "z")
    assert editions.meant_by({"until": "z"}) == ("a", "b", "x")
    assert editions.branch_for("z", ["a", "b"]) == "b"
    with pytest.raises(ValueError, match="b and x before z"):
        editions.branch_for("z", ["b", "x"])


@pytest.mark.parametrize(
    ("line", "place", "message"),
    [
        ("editons: [a]", "2:1", "unknown key \"editons\"; did you mean 'editions'?"),
        ("editions: [a, a]", "2:1", 'the edition "a" is listed twice'),
        ("editions: [{id: b, after: a}]", "2:1", '"b" follows "a", which is not listed before it'),
        ("editions: [a, b]\ndefault_edition: c", "3:1", 'unknown edition "c"; expected one of a, b'),
        ("default_edition: c", "2:1", "no editions to choose from"),
        ("rules: inherit", "2:1", "nothing to inherit from"),
        ("extends: x\nrules: inherit\neditions: [a]", "4:1", "omit editions"),
        ("extends: nowhere", "1:1", "unknown contract 'nowhere'"),
        ("base_url: api.acme.example", "2:1", "is not a base URL"),
        ("hosts: {https://x: {key: K}}", "2:9", "is not a lowercase host"),
        ("hosts: {x: {key: a b}}", "2:13", "made of letters"),
        (
            "operations: {a: {input: {n: intger}}}",
            "2:26",
            "unknown type \"intger\"; did you mean 'integer'?",
        ),
        ("operations: {a: {outcome: {n: {lst: string}}}}", "2:28", "is not a type"),
        ("operations: {a: {inputs: {}}}", "2:18", "did you mean 'input'?"),
    ],
)
def test_what_is_wrong_is_reported_where_it_stands(
    line: str, place: str, message: str, load: Callable[..., Contract]
) -> None:
    """With file, line and column, and what to write instead."""
    found = problems(load, f"contract: acme\n{line}\n")
    assert f"contract.yaml:{place}: " in found
    assert message in found


def test_a_contract_is_the_nearest_above_a_suite_within_its_repository(write: Write) -> None:
    """A contract.yaml beyond the repository does not count, and one may lie deeper than another."""
    write("contract: outer\n")
    write("contract: inner\n", "scenarios/inner/contract.yaml")
    (write("", "nested/.git/HEAD")).parent.mkdir(exist_ok=True)
    root = write("", "suite.yaml").parent
    assert contract_of(root / "suite.yaml").name == "outer"
    assert contract_of(root / "scenarios/inner/deep/suite.yaml").name == "inner"
    assert contract_of(root / "scenarios/suite.yaml").name == "outer"
    assert contract_of(root / "nested/suite.yaml") is NO_CONTRACT


def test_a_contract_starts_from_the_one_it_extends(write: Write, load: Callable[..., Contract]) -> None:
    """Operations, words, error classes and body fields add up; editions and base URL are inherited."""
    load(ACME, "scenarios/acme/contract.yaml")
    child = load(
        """\
        contract: mine
        extends: acme
        errors: [frozen]
        operations: {embeddings: {input: {user: string}}, rerank: {}}
        """,
        "scenarios/mine/contract.yaml",
    )
    assert child.editions.names == ("2026-03", "2026-09")
    assert child.base_url == "https://api.acme.example/v1"
    assert operations_of(child) == ("chat", "embeddings", "rerank")
    assert {"dimensions", "user"} <= set(input_keys(child))
    assert {"quota", "frozen"} <= set(error_classes(child))
    assert child.hosts == {}  # keys are not inherited: a key goes where its own contract says


def test_extends_may_not_go_in_a_circle(write: Write, load: Callable[..., Contract]) -> None:
    """The circle is named."""
    write("contract: one\nextends: two\n", "scenarios/one/contract.yaml")
    with pytest.raises(LoadError, match="extends is circular: "):
        load("contract: two\nextends: one\n", "scenarios/two/contract.yaml")


def test_an_unknown_contract_is_a_usage_error() -> None:
    """The error says what a contract of one's own is."""
    with pytest.raises(UsageError, match=r"unknown contract 'acme-nowhere'[\s\S]*contract\.yaml"):
        named_contract("acme-nowhere")


def test_a_project_ends_at_its_repository_or_pyproject(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else at the current folder, if the file is below it, else at the file's own folder."""
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a")
    assert project_root(deep / "suite.yaml") == tmp_path / "a"
    monkeypatch.chdir(deep)
    assert project_root(tmp_path / "a" / "suite.yaml") == tmp_path / "a"
    (tmp_path / "pyproject.toml").touch()
    assert project_root(deep / "suite.yaml") == tmp_path
    (tmp_path / "a" / ".git").mkdir()
    assert project_root(deep / "suite.yaml") == tmp_path / "a"


PACKAGE = """\
    import sys
    from importlib.metadata import entry_points
    from harness.contracts.installed import installed
    print([(one.name, one.module, one.scenarios.name) for one in installed() if one.name == "acme"])
    """


def test_an_installed_contract_is_found_by_its_entry_point(tmp_path: Path) -> None:
    """And no longer once its package is gone, even if its metadata stayed."""
    package = tmp_path / "site" / "acme_contract"
    (package / "scenarios").mkdir(parents=True)
    (package / "scenarios" / "contract.yaml").write_text("contract: acme\n")
    (package / "__init__.py").write_text(
        "from pathlib import Path\nscenarios = Path(__file__).parent / 'scenarios'\n"
    )
    info = tmp_path / "site" / "acme_contract-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-contract\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[harness.contracts]\nacme = acme_contract\n")
    run = [sys.executable, "-c", dedent(PACKAGE)]
    environment = {
        "PYTHONPATH": f"{tmp_path / 'site'}:{':'.join(sys.path)}",
        "HARNESS_CACHE_DIR": str(tmp_path),
    }
    found = subprocess.run(run, env=environment, capture_output=True, text=True, check=True)
    assert found.stdout == "[('acme', 'acme_contract', 'scenarios')]\n"
    shutil.rmtree(package)
    found = subprocess.run(run, env=environment, capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"


def test_the_common_words_of_an_outcome_are_listed_once() -> None:
    """What results are recognised by is what suites may expect."""
    assert set(outcome_shape(NO_CONTRACT).keys) == set(OUTCOME_WORDS) == set(NO_CONTRACT.outcome_words)
