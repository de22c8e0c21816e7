"""Finding contracts: the nearest contract.yaml above a suite, and the installed ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

from harness.cache import Cache, digest_of
from harness.contracts.contract import NO_CONTRACT, Contract, Operation
from harness.contracts.editions import Editions
from harness.contracts.hooks import Hooks
from harness.contracts.installed import Installed, installed
from harness.errors import LoadError, Location, Problem, UsageError, did_you_mean
from harness.model import JsonValue
from harness.yaml_reader import ReadError, decode, read_bytes

__all__ = [
    "FILE",
    "contract_of",
    "default_contract",
    "load_contract",
    "local_contracts",
    "named_contract",
    "pick_contract",
    "project_root",
]

FILE: Final = "contract.yaml"


def contract_of(suite: Path) -> Contract:
    """Return the contract that a suite belongs to: the nearest contract.yaml beside or above it, within its
    repository; `NO_CONTRACT` if there is none.

    Raises LoadError for a contract.yaml that cannot be used.
    """
    return _nearest(suite.resolve().parent)


def local_contracts() -> list[Contract]:
    """Return the contracts in the current folder, in `scenarios/` and in the folders there.

    Raises LoadError for a contract.yaml that cannot be used.
    """
    return [load_contract(file) for file in _local_files()]


def default_contract() -> Contract:
    """Return the contract that is run where none is named: the one in the current folder, or of several the
    one marked `default: true`; without any, the installed one that is marked so.

    Raises UsageError if there is none, or several to choose from.
    """
    local = local_contracts()
    contracts = local or [load_contract(one.scenarios / FILE) for one in installed()]
    marked = contracts if local and len(local) == 1 else [each for each in contracts if each.default]
    if len(marked) == 1:
        return marked[0]
    names = ", ".join(each.name for each in marked or contracts)
    if not names:
        raise UsageError("there is no contract here", hint="name the files or folders of your suites")
    which = "several of them have" if marked else "none of them has"
    raise UsageError(
        f"there are several contracts, {names}, and {which} `default: true`"
        if len(contracts) > 1
        else f"the contract {names} is not run by default",
        hint="choose one with --contract NAME, or name the files or folders of your suites",
    )


def named_contract(name: str) -> Contract:
    """Return a contract by its name: from `scenarios/` or the current folder, else the installed one.

    Raises UsageError if there is none, LoadError for a contract.yaml that cannot be used.
    """
    return load_contract(_file_of(name, None))


def pick_contract(name: str | None = None) -> Contract:
    """Return the contract of that name; without a name the default one, or `NO_CONTRACT` if there is none.

    Raises UsageError for an unknown name.
    """
    if name is not None:
        return named_contract(name)
    try:
        return default_contract()
    except LoadError:
        raise
    except UsageError:
        return NO_CONTRACT


def load_contract(file: Path) -> Contract:
    """Return the contract that a contract.yaml states. Raises LoadError with every problem in it."""
    resolved = file.resolve()
    return _load(resolved, _changed(resolved))


def _local_files() -> list[Path]:
    files = (Path(FILE), Path("scenarios", FILE), *sorted(Path("scenarios").glob(f"*/{FILE}")))
    return [file for file in files if file.is_file()]


def _changed(file: Path) -> int:
    """When a file was last written; 0 if it cannot be seen, which reading it then reports."""
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0


def _nearest(folder: Path) -> Contract:
    if (folder / FILE).is_file():
        return load_contract(folder / FILE)
    if (folder / ".git").exists() or folder.parent == folder:
        return NO_CONTRACT
    return _nearest(folder.parent)


def project_root(path: Path) -> Path:
    """Return the folder that a file's project ends at: the nearest one above with `.git` or pyproject.toml,
    else the current folder if the file is below it, else the file's own."""
    resolved = path.resolve()
    start = resolved if resolved.is_dir() else resolved.parent
    for folder in (start, *start.parents):
        if (folder / ".git").exists() or (folder / "pyproject.toml").is_file():
            return folder
    here = Path.cwd()
    return here if start.is_relative_to(here) else start


# ------------------------------------------------------------------ loading


@cache
def _load(file: Path, changed: int) -> Contract:
    stated = _stated_in(file)
    above = _file_extended(file, stated)
    _refuse_circle(file, above)
    package = next((one for one in installed() if one.name == stated["contract"]), None)
    return _contract(stated, str(file), None if above is None else load_contract(above), package)


def _file_of(name: str, beside: Path | None) -> Path:
    """Return the contract.yaml of a contract; `beside` is another contract's folder, next to which it is
    looked for first. Raises UsageError if there is none, LoadError for one that cannot be read."""
    near = [Path("scenarios", name), Path("scenarios"), Path(name), Path()]
    for folder in [beside.parent / name, *near] if beside else near:
        file = (folder / FILE).resolve()
        if file.is_file() and _stated_in(file)["contract"] == name:
            return file
    for one in installed():
        if one.name == name:
            return (one.scenarios / FILE).resolve()
    local = [str(_stated_in(each.resolve())["contract"]) for each in _local_files()]
    names = [one.name for one in installed()]
    raise UsageError(
        f"unknown contract {name!r}{did_you_mean(name, (*local, *names))}",
        hint=f"here: {', '.join(local) or 'none'}; installed: {', '.join(names) or 'none'};"
        f" your own contract is a folder with a {FILE}",
    )


def _file_extended(file: Path, stated: Mapping[str, Any]) -> Path | None:
    """Return the contract.yaml of the contract that another one extends. Raises LoadError."""
    if "extends" not in stated:
        return None
    try:
        return _file_of(stated["extends"], file.parent)
    except LoadError:
        raise
    except UsageError as error:
        problem = Problem(Location(str(file), 1), f"extends: {error.message}")
        raise LoadError([problem], hint=error.hint) from None


def _refuse_circle(file: Path, above: Path | None) -> None:
    """Raise LoadError for a contract that extends itself by way of others."""
    chain = [file]
    while above is not None:
        chain.append(above)
        if above in chain[:-1]:
            names = " → ".join(_stated_in(each)["contract"] for each in chain)
            raise LoadError([Problem(Location(str(file), 1), f"extends is circular: {names}")])
        above = _file_extended(above, _stated_in(above))


def _stated_in(file: Path) -> Mapping[str, Any]:
    """Return what a contract.yaml states, from the cache of parsed files if it has not changed."""
    parsed = Cache()
    try:
        raw = read_bytes(file)
        digest = digest_of((raw,))
        known: Any = parsed.get(f"contract:{file}", digest)
        if isinstance(known, dict):
            return known
        text = decode(raw, str(file))
    except ReadError as error:
        raise LoadError([error.problem]) from None
    from harness.contracts.reading import read_contract

    value, problems = read_contract(text, str(file))
    if problems:
        raise LoadError(problems)
    parsed.put(f"contract:{file}", digest, value)
    result: Mapping[str, Any] = value
    return result


def _contract(
    value: Mapping[str, Any], file: str, parent: Contract | None, package: Installed | None
) -> Contract:
    under = parent or NO_CONTRACT
    editions = value.get("editions")
    own: Mapping[str, Any] = {name: words or {} for name, words in (value.get("operations") or {}).items()}
    hosts: Mapping[str, Any] = value.get("hosts") or {}
    redaction = value.get("redaction") or {}
    return Contract(
        name=value["contract"],
        about=value.get("about", ""),
        file=file,
        editions=Editions.of(editions, value.get("default_edition")) if editions else under.editions,
        base_url=value.get("base_url", under.base_url),
        hosts={host: (own_host or {}).get("key", "") for host, own_host in hosts.items()},
        operations=_operations(under.operations, own),
        errors=_together(under.errors, value.get("errors")),
        overridable=_together(under.overridable, value.get("overridable")),
        body_fields=_together(under.body_fields, value.get("body_fields")),
        canary_prefix=value.get("canary_prefix", under.canary_prefix),
        proxy_suite=value.get("check_proxy", ""),
        redaction={
            key: _together(under.redaction.get(key, ()), redaction.get(key))
            for key in ("keep_request_headers", "keep_response_headers")
        },
        default=value.get("default", False),
        cassettes=package.cassettes if package else None,
        extends=parent,
        inherits_rules=value.get("rules") == "inherit",
        hooks=Hooks(package.module if package else ""),
    )


def _together(under: Sequence[str], over: Sequence[str] | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*under, *(over or ()))))


def _operations(under: Mapping[str, Operation], own: Mapping[str, Any]) -> dict[str, Operation]:
    found = dict(under)
    for name, words in own.items():
        before = found.get(name, Operation())
        given: dict[str, JsonValue] = {**before.input, **(words.get("input") or {})}
        reported: dict[str, JsonValue] = {**before.outcome, **(words.get("outcome") or {})}
        found[name] = Operation(given, reported)
    return found
