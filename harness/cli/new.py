"""`harness new`: files that run and pass at once, and say in comments what to change."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import click

from harness.cli.writable import ensure_in_project
from harness.contracts import (
    FILE,
    NO_CONTRACT,
    Contract,
    contract_of,
    load_contract,
    local_contracts,
    named_contract,
)
from harness.contracts.installed import installed
from harness.errors import UsageError
from harness.scenarios import schema_file, schema_text

__all__ = ["command"]

_TEMPLATES: Final = Path(__file__).resolve().parent.parent / "templates"
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9._-]*")
_SUITE: Final = re.compile(r"[A-Za-z][A-Za-z0-9._-]*(?:/[A-Za-z0-9][A-Za-z0-9._-]*)*")
_NOT_TEXT: Final = frozenset({"null", "true", "false"})
_BASE_URL: Final = "https://api.example.com/v1"


@click.group("new")
def command() -> None:
    """Create a contract, suite or implementation to start from. Existing files are never overwritten."""


@command.command("contract")
@click.argument("name")
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    metavar="DIR",
    help="Folder to write to (default: the current one).",
)
def _contract(name: str, into: Path) -> int:
    """Create a contract as data: rules, suites, a recording, and a client that passes."""
    _check(name, _NAME, "contract")
    if any(one.name == name for one in installed()):
        raise UsageError(f"the contract {name!r} is already installed", hint="choose another name")
    written = _write(_TEMPLATES / "contract", into, _words(name))
    home = into / "scenarios" / name
    written += _write_schemas(load_contract(home / FILE))
    _show(written)
    folder = "" if into == Path() else f"{into}/"
    client = f"{folder}implementations/{name}-client" if folder else f"{name}-client"
    click.echo(f"run it: harness run {folder}scenarios/{name} -i {client}")
    return 0


@command.command("suite")
@click.argument("name")
@click.option("--contract", "contract", metavar="NAME", help="Contract to add it to (default: the nearest).")
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Folder to write to (default: that of the contract, else scenarios).",
)
def _suite(name: str, contract: str | None, into: Path | None) -> int:
    """Create a suite of two scenarios. NAME is its name, such as acme/tools."""
    _check(name, _SUITE, "suite")
    folder, held = _home(contract, into)
    stem = name.rpartition("/")[2]
    file = folder / f"{stem}.yaml"
    if file.name == FILE:
        raise UsageError(f"a file called {FILE} is a contract, not a suite", hint="choose another name")
    if into is None:
        ensure_in_project([file])
    schema = schema_file("suite", held)
    words = {
        "@@SCHEMA@@": schema.name if schema.parent == folder.resolve() else str(schema),
        "@@BASE_URL@@": held.base_url or _BASE_URL,
        "suite: acme": f"suite: {name}",
        "acme": stem,
    }
    _show(_write(_TEMPLATES / "suite", folder, words))
    chosen = "" if contract_of(file).name == held.name else f" --contract {held.name}"
    click.echo(f"run it: harness run {file}{chosen} -i IMPLEMENTATION")
    return 0


@command.command("implementation")
@click.argument("name")
@click.option(
    "--language",
    type=click.Choice(["python", "node", "exec"]),
    default="python",
    show_default=True,
    help="A Python callable, a Node.js adapter, or a program that really sends.",
)
@click.option("--contract", "contract", metavar="NAME", help="Contract it is for (default: the nearest).")
def _implementation(name: str, language: str, contract: str | None) -> int:
    """Create implementations/NAME, which sends chat completions."""
    _check(name, _NAME, "implementation")
    _, held = _home(contract, None)
    words = {"@@BASE_URL@@": held.base_url or _BASE_URL, **_words(name)}
    _show(_write(_TEMPLATES / f"implementation-{language}", Path("implementations", name), words))
    click.echo(f"run it: harness run SUITE.yaml -i {name}")
    return 0


def _check(name: str, pattern: re.Pattern[str], what: str) -> None:
    named = f"{name!r} cannot be the name of {'an' if what[0] == 'i' else 'a'} {what}"
    if not pattern.fullmatch(name):
        raise UsageError(named, hint="use letters, digits and . _ -, beginning with a letter")
    if name.lower() in _NOT_TEXT:
        raise UsageError(f"{named}: YAML does not read it as a string", hint="choose another name")


def _words(name: str) -> dict[str, str]:
    """Return what stands for the words of the templates, which are written for `acme`, longest first."""
    identifier = re.sub(r"[^A-Za-z0-9]", "_", name)
    host = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return {
        "acme_client": f"{identifier.lower()}_client",
        ".acme.example": f".{host}.example",
        "ACME_API_KEY": f"{identifier.upper()}_API_KEY",
        "ACME-": f"{host.upper()}-",
        "X-Acme-": f"X-{host.title()}-",
        "Acme": name[:1].upper() + name[1:],
        "acme": name,
    }


def _home(contract: str | None, into: Path | None) -> tuple[Path, Contract]:
    """Return the folder that suites belong in, and its contract."""
    if contract is not None:
        held = named_contract(contract)
        return into or _relative(held.folder), held
    if into is not None:
        return into, contract_of(into / "suite.yaml")
    local = local_contracts()
    if len(local) > 1:
        names = ", ".join(each.name for each in local)
        raise UsageError(f"several contracts here: {names}", hint="choose one with --contract NAME")
    return (_relative(local[0].folder), local[0]) if local else (Path("scenarios"), NO_CONTRACT)


def _relative(folder: Path) -> Path:
    here = Path.cwd()
    return folder.relative_to(here) if folder.is_relative_to(here) else folder


def _write(template: Path, into: Path, words: Mapping[str, str]) -> list[Path]:
    """Write the files of a template with its words replaced. Raises UsageError, before anything is written,
    for a file that exists, and for a folder that cannot be written to."""
    sources = [file for file in sorted(template.rglob("*")) if file.is_file() and file.suffix != ".pyc"]
    targets = {into / _replaced(str(file.relative_to(template)), words): file for file in sources}
    existing = [str(target) for target in targets if target.exists()]
    if existing:
        raise UsageError(
            f"{', '.join(existing)} already exists; nothing was written", hint="choose another name"
        )
    for target, source in targets.items():
        _write_text(target, _replaced(source.read_text("utf-8"), words))
    return list(targets)


def _write_schemas(contract: Contract) -> list[Path]:
    files = []
    for kind in ("suite", "rules", "contract"):
        file = _relative(schema_file(kind, contract))
        _write_text(file, schema_text(kind, contract))
        files.append(file)
    return files


def _write_text(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None


def _replaced(text: str, words: Mapping[str, str]) -> str:
    pattern = "|".join(map(re.escape, words))
    return re.sub(pattern, lambda found: words[found[0]], text)


def _show(files: Iterable[Path]) -> None:
    for file in files:
        click.echo(f"wrote {file}")
