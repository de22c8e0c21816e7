"""Loading suites: all files, all their problems at once, and the cases they expand to."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from harness.errors import LoadError, Location, Problem, UsageError
from harness.model import DEFAULT_EDITION, EDITIONS, Case, JsonValue, Rule
from harness.scenarios._cases import CaseMaker, case_name
from harness.scenarios._filling import UnfillableError
from harness.scenarios._folders import (
    Cassettes,
    bundled_scenarios,
    cassette_folders,
    find_suites,
    rules_folder,
)
from harness.scenarios._layers import lay
from harness.scenarios._plans import OVERRIDABLE, SuitePlan
from harness.scenarios._shelf import Shelf
from harness.scenarios._templates import Template, compile_template
from harness.scenarios._written import did_you_mean

__all__ = ["Suites", "kept_to_the_end", "load"]


class _Loaded(NamedTuple):
    file: str
    plan: SuitePlan
    cassettes: Cassettes


class Suites:
    """Suites that loaded without a problem."""

    def __init__(self, loaded: tuple[_Loaded, ...], rules: Mapping[str, Rule]) -> None:
        self._loaded = loaded
        self.rules: Mapping[str, Rule] = MappingProxyType(dict(rules))
        self.files: tuple[str, ...] = tuple(one.file for one in loaded)

    def __iter__(self) -> Iterator[Case]:
        return self.cases()

    def cases(
        self,
        edition: str = DEFAULT_EDITION,
        *,
        vars: Mapping[str, JsonValue] | None = None,  # noqa: A002
    ) -> Iterator[Case]:
        """The cases that hold in an edition (or in each, for `all`): by file, scenario, row and edition.

        `vars` are laid on the suites' own; only `app` (an implementation's names, matchers allowed) and
        `proxy` (the base URL that `harness check-proxy` aims at) may be set.
        Raises UsageError for an unknown edition, for other variables, and for values that do not fit.
        """
        if edition != "all" and edition not in EDITIONS:
            raise UsageError(
                f"there is no edition {edition!r}{did_you_mean(edition, EDITIONS)}",
                hint=f"one of {', '.join(EDITIONS)} or all",
            )
        strangers = [name for name in vars or {} if name not in OVERRIDABLE]
        if strangers:
            raise UsageError(
                f"the variable {strangers[0]!r} cannot be set from outside: only app.* can",
                hint="another variable is part of what a suite expects",
            )
        return self._cases(EDITIONS if edition == "all" else (edition,), vars or {})

    def _cases(self, editions: tuple[str, ...], overrides: Mapping[str, JsonValue]) -> Iterator[Case]:
        for one in self._loaded:
            plan = one.plan
            variables = _with(plan, overrides)
            maker = CaseMaker(plan, one.file, self.rules, variables, one.cassettes.place)
            for scenario in plan.scenarios:
                try:
                    yield from maker.cases(scenario, editions)
                except UnfillableError as error:
                    raise UsageError(
                        f"{one.file}:{scenario.line}: {case_name(plan.suite, scenario.id, None)}: {error}"
                    ) from None


def _with(plan: SuitePlan, overrides: Mapping[str, JsonValue]) -> dict[bool, Template]:
    """The variables of a suite with others laid on them."""
    if not overrides:
        return {False: plan.expected, True: plan.literal}
    own = {name: plan.overridable.get(name, {}) for name in overrides}
    try:
        laid = {name: lay(own[name], value, "expected") for name, value in overrides.items()}
        return {
            literal: _replaced(template, {n: compile_template(v, literal=literal) for n, v in laid.items()})
            for literal, template in ((False, plan.expected), (True, plan.literal))
        }
    except ValueError as error:
        raise UsageError(f"a variable set from outside is not well written: {error}") from None


def _replaced(variables: Template, new: Mapping[str, Template]) -> Template:
    base = {**variables[1], **dict.fromkeys(new)}
    holes = {**(variables[2] if variables[0] == "map" else {}), **new}
    return ["map", base, holes]


@contextmanager
def kept_to_the_end() -> Iterator[list[object]]:
    """Let the garbage collector never walk what is loaded in this block, nor anything that was there before;
    and what is put into the list is not taken apart when the process ends, which takes as long as a tenth
    of reading it.

    For a process that is there to run what it loads: the commands and the pytest plugin.
    """
    kept: list[object] = []
    kept.append(kept)  # only the collector could free it, and after `freeze` it never will
    with _without_collector():
        yield kept
        gc.freeze()


@contextmanager
def _without_collector() -> Iterator[None]:
    """Hold the garbage collector off while many objects are made that all stay."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def load(*paths: str | Path, new_cassettes: bool = False) -> Suites:
    """The suites in files and folders; without any, the bundled ones.

    With `new_cassettes` a recording that a reply names need not exist yet.
    Raises LoadError with all problems of all files.
    """
    files = find_suites(paths or [bundled_scenarios()])
    if not files:
        places = ", ".join(map(str, paths)) or str(bundled_scenarios())
        raise LoadError(
            [Problem(Location(places, 1, 1), "no suite is there: a YAML file with suite and scenarios")]
        )
    with _without_collector():
        return _load(files, new_cassettes)


def _load(files: list[Path], new_cassettes: bool) -> Suites:
    shelf = Shelf(new_cassettes=new_cassettes)
    folders = dict.fromkeys([bundled_scenarios() / "rules", *filter(None, map(rules_folder, files))])
    rules, problems = shelf.rules(folders)
    usable = None if problems else rules
    loaded = []
    folders_of = cache(cassette_folders)
    for file in files:
        own = Cassettes(file.parent, folders_of(file.parent))
        plan, found = shelf.suite(file, usable, own)
        problems.extend(found)
        if plan is not None:
            loaded.append(_Loaded(str(file), plan, own))
    problems.extend(_named_twice(loaded))
    if problems:
        raise LoadError(_once(problems))
    shelf.tidy()
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
