"""Loading suites: all files, all their problems at once, and the cases they expand to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from harness.contracts import Contract, contract_of, default_contract
from harness.errors import LoadError, Location, Problem, UsageError, did_you_mean
from harness.model import Case, JsonValue, Rule
from harness.scenarios._cases import CaseMaker, case_name
from harness.scenarios._file_loader import FileLoader
from harness.scenarios._folders import Cassettes, cassette_folders, find_suites
from harness.scenarios._merge import merge
from harness.scenarios._plans import SuitePlan
from harness.scenarios._render import UnfillableError
from harness.scenarios._templates import Template, compile_template
from harness.yaml_reader.collector import paused_gc

__all__ = ["Suites", "load"]


class _Loaded(NamedTuple):
    file: str
    plan: SuitePlan
    cassettes: Cassettes
    contract: Contract


class Suites:
    """Suites that loaded without a problem."""

    def __init__(self, loaded: tuple[_Loaded, ...], rules: Mapping[Contract, Mapping[str, Rule]]) -> None:
        self._loaded = loaded
        self._rules = rules
        self.contracts: tuple[Contract, ...] = tuple(dict.fromkeys(one.contract for one in loaded))
        self.rules: Mapping[str, Rule] = MappingProxyType(
            {id_: rule for contract in self.contracts for id_, rule in rules[contract].items()}
        )
        self.files: tuple[str, ...] = tuple(one.file for one in loaded)

    def __iter__(self) -> Iterator[Case]:
        return self.cases()

    def contract(self, name: str) -> Contract:
        """Return the contract of that name; "" is the one of suites outside any contract."""
        return next(each for each in self.contracts if each.name == name)

    def editions(self, edition: str | None = None, preferred: str | None = None) -> tuple[str, ...]:
        """Return the editions that `cases` would expand for, each once. Raises UsageError for an edition
        that no contract here has."""
        self._check_edition(edition)
        return tuple(
            dict.fromkeys(
                each for contract in self.contracts for each in _chosen(contract, edition, preferred)
            )
        )

    def cases(
        self,
        edition: str | None = None,
        *,
        preferred: str | None = None,
        vars: Mapping[str, JsonValue] | None = None,  # noqa: A002
    ) -> Iterator[Case]:
        """Yield the cases of an edition, or of each for `all`: by file, scenario, row and edition.

        Without `edition` that is `preferred` in the contracts that have it, else the contract's default.
        `vars` are merged over the suites' own, matchers allowed; a contract says which may be set. Raises
        UsageError for an edition that no contract here has, for a variable that none lets be set, and for
        values that do not fit.
        """
        self._check_edition(edition)
        allowed = {name for contract in self.contracts for name in contract.overridable}
        strangers = [name for name in vars or {} if allowed and name not in allowed]
        if strangers:
            raise UsageError(
                f"the variable {strangers[0]!r} cannot be set by an implementation",
                hint=f"only {', '.join(sorted(allowed))} can; the others are part of what a suite expects",
            )
        return self._cases(edition, preferred, vars or {})

    def _check_edition(self, edition: str | None) -> None:
        known = [name for contract in self.contracts for name in contract.editions.run]
        if edition not in (None, "all", *known):
            hint = "; these suites belong to no contract, so they have no editions"
            if any(known):
                hint = did_you_mean(edition or "", (*known, "all"), list_known=True)
            raise UsageError(f"unknown edition {edition!r}{hint}")

    def _cases(
        self, edition: str | None, preferred: str | None, overrides: Mapping[str, JsonValue]
    ) -> Iterator[Case]:
        for one in self._loaded:
            plan = one.plan
            editions = _chosen(one.contract, edition, preferred)
            allowed = {name: value for name, value in overrides.items() if name in one.contract.overridable}
            variables = _with(plan, allowed)
            maker = CaseMaker(
                plan, one.file, one.contract, self._rules[one.contract], variables, one.cassettes.place
            )
            for scenario in plan.scenarios:
                try:
                    yield from maker.cases(scenario, editions)
                except UnfillableError as error:
                    raise UsageError(
                        f"{one.file}:{scenario.line}: {case_name(plan.suite, scenario.id, None)}: {error}"
                    ) from None


def _chosen(contract: Contract, edition: str | None, preferred: str | None) -> tuple[str, ...]:
    editions = contract.editions
    if edition == "all":
        return editions.run
    if edition is not None:
        return (edition,) if edition in editions.run else ()
    return (preferred,) if preferred in editions.names else (editions.default,)


def _with(plan: SuitePlan, overrides: Mapping[str, JsonValue]) -> dict[bool, Template]:
    """The variables of a suite with others merged over them."""
    if not overrides:
        return {False: plan.expected, True: plan.literal}
    own = {name: plan.overridable.get(name, {}) for name in overrides}
    try:
        merged = {name: merge(own[name], value, "expected") for name, value in overrides.items()}
        return {
            literal: _replaced(template, {n: compile_template(v, literal=literal) for n, v in merged.items()})
            for literal, template in ((False, plan.expected), (True, plan.literal))
        }
    except ValueError as error:
        raise UsageError(f"a variable set from outside is malformed: {error}") from None


def _replaced(variables: Template, new: Mapping[str, Template]) -> Template:
    base = {**variables[1], **dict.fromkeys(new)}
    holes = {**(variables[2] if variables[0] == "map" else {}), **new}
    return ["map", base, holes]


def load(*paths: str | Path, contract: Contract | None = None, new_cassettes: bool = False) -> Suites:
    """Load the suites in files and folders; without any, those of `contract`, else of the default contract.

    A suite belongs to the nearest contract.yaml above it; one that has none belongs to `contract`. With
    `new_cassettes` a recording that a reply names need not exist yet. Raises LoadError with all problems of
    all files, UsageError where there is no default contract.
    """
    if not paths:
        contract = contract or default_contract()
        folders = list(_folders(contract))
        found = [(file, contract) for file in find_suites(folders)]
        places = ", ".join(map(str, folders))
    else:
        found = [(file, _contract_of(file, contract)) for file in find_suites(paths)]
        places = ", ".join(map(str, paths))
    if not found:
        raise LoadError(
            [
                Problem(
                    Location(places, 1, 1), "no suite found; a suite is a YAML file with suite and scenarios"
                )
            ]
        )
    with paused_gc():
        return _load(found, new_cassettes)


def _folders(contract: Contract) -> Iterator[Path]:
    """Yield the folders of a contract's suites, those that it inherits first."""
    if contract.extends is not None and contract.inherits_rules:
        yield from _folders(contract.extends)
    yield contract.folder


def _contract_of(file: Path, stated: Contract | None) -> Contract:
    own = contract_of(file)
    if stated is None or own is stated or own.name == stated.name:
        return own
    if own.name:
        raise UsageError(f"{file} belongs to the contract {own.name}, not to {stated.name}")
    return stated


def _load(files: list[tuple[Path, Contract]], new_cassettes: bool) -> Suites:
    loader = FileLoader(new_cassettes=new_cassettes)
    rules: dict[Contract, dict[str, Rule]] = {}
    unusable: set[Contract] = set()
    problems: list[Problem] = []
    loaded = []
    folders_of = cache(cassette_folders)
    for file, contract in files:
        if contract not in rules:
            rules[contract], found = loader.rules(contract)
            problems.extend(found)
            if found:
                unusable.add(contract)
        own = Cassettes(file.parent, folders_of(file.parent, contract))
        usable = None if contract in unusable else rules[contract]
        plan, found = loader.suite(file, contract, usable, own)
        problems.extend(found)
        if plan is not None:
            loaded.append(_Loaded(str(file), plan, own, contract))
    problems.extend(_named_twice(loaded))
    if problems:
        raise LoadError(_once(problems))
    loader.tidy()
    return Suites(tuple(loaded), rules)


def _once(problems: Iterable[Problem]) -> list[Problem]:
    return list(dict.fromkeys(problems))


def _named_twice(loaded: Iterable[_Loaded]) -> Iterator[Problem]:
    """Names that several files give to a case."""
    first: dict[str, str] = {}
    for one in loaded:
        for scenario in one.plan.scenarios:
            for row in scenario.rows or (None,):
                name = case_name(one.plan.suite, scenario.id, row and row.id)
                if first.setdefault(name, one.file) != one.file:
                    yield Problem(
                        Location(one.file, scenario.line, 1),
                        f"{name} is also the name of a case in {first[name]}: rename one",
                    )
