"""Scenarios as pytest items: one per case, named by the case, reported without a traceback.

A YAML file is collected when it is a suite and is given on the command line or lies in a folder that the
ini option `harness_scenarios` names. Nothing else in a test run changes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from harness.engine import Session
    from harness.model import Case, Implementation, Request, Verdict
    from harness.scenarios import Suites

__all__ = ["CaseItem", "SuiteFile"]

_NOT_IN_MARKERS = re.compile(r"[^A-Za-z0-9_]+")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("harness", "provider conformance")
    group.addoption(
        "--harness-implementation",
        metavar="ADDRESS",
        help="implementation to run scenarios against (ini: harness_implementation)",
    )
    group.addoption(
        "--harness-edition", metavar="EDITION", help="edition to run, or `all` (ini: harness_edition)"
    )
    group.addoption(
        "--harness-evidence",
        choices=("documented", "observed", "disputed"),
        help="minimum evidence of a case (ini: harness_evidence)",
    )
    group.addoption(
        "--harness-known-failing",
        metavar="FILE",
        help="list of known failures (default: the implementation's known_failing.txt)",
    )
    group.addoption(
        "--harness-timeout",
        type=float,
        default=20.0,
        metavar="SECONDS",
        help="time limit per case (default: 20)",
    )
    parser.addini("harness_scenarios", "folders to collect YAML suites from", type="paths", default=[])
    parser.addini("harness_implementation", "default for --harness-implementation", default="reference")
    parser.addini("harness_edition", "default for --harness-edition", default="")
    parser.addini("harness_evidence", "default for --harness-evidence", default="observed")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> SuiteFile | None:
    if file_path.suffix not in (".yaml", ".yml"):
        return None
    if not _is_wanted(file_path, parent):
        return None
    from harness.scenarios import is_suite

    if not is_suite(file_path):
        return None
    file: SuiteFile = SuiteFile.from_parent(parent, path=file_path)
    return file


def pytest_unconfigure(config: pytest.Config) -> None:
    bench = config.stash.get(_BENCH, None)
    if bench is not None:
        bench.close()


@pytest.fixture
def shaper(pytestconfig: pytest.Config) -> Callable[..., Request]:
    """The implementation under test as a function: `shaper(model=…, base_url=…)` → the one request it makes.

    The keywords are the input of docs/scenarios.md. Fails the test when the implementation refuses, breaks
    or makes more or fewer requests than one.
    """
    return _bench(pytestconfig).shape


class SuiteFile(pytest.File):
    """A suite; its items are the cases that the options select."""

    def collect(self) -> Iterator[CaseItem]:
        from harness.errors import HarnessError
        from harness.scenarios import load
        from harness.yaml_reader.collector import frozen_gc

        try:
            bench = _bench(self.config)
            with frozen_gc():
                suites = load(self.path)
        except HarnessError as error:
            raise self.CollectError(str(error)) from None
        session = bench.session(suites)
        several = len(session.editions(bench.implementation)) > 1
        try:
            for case in session.cases(bench.implementation):
                name = f"{case.name}[{case.edition}]" if several else case.name
                yield CaseItem.from_parent(self, name=name, case=case, session_of_harness=session)
        except HarnessError as error:
            raise self.CollectError(str(error)) from None


class CaseItem(pytest.Item):
    """A case. Its tags are markers, its rules stand in the JUnit properties."""

    def __init__(self, *, case: Case, session_of_harness: Session, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.case = case
        self._session = session_of_harness
        for tag in case.tags:
            self.add_marker(_bench(self.config).marker(tag))
        self.user_properties += [("rule", rule.id) for rule in case.rules]

    def runtest(self) -> None:
        verdict = self._session.judge(self.case, _bench(self.config).implementation)
        match verdict.status:
            case "failed" | "errored":
                raise _Failed(verdict)
            case "known_failing":
                pytest.xfail(verdict.reason)
            case "not_applicable":
                pytest.skip(f"not applicable: {verdict.reason}")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, _Failed):
            from harness.report import describe

            return describe(excinfo.value.verdict)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int, str]:
        return Path(self.case.file), self.case.line - 1, self.name


class _Failed(Exception):  # noqa: N818 - a verdict on its way to repr_failure, not an error
    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.case.name)
        self.verdict = verdict


class _Bench:
    """The implementation under test and the settings, shared by all items of a test session."""

    def __init__(self, config: pytest.Config) -> None:
        from harness.implementations import connect

        self._config = config
        self._markers: set[str] = set()
        self.implementation: Implementation = connect(
            _setting(config, "harness_implementation"), timeout_s=config.getoption("--harness-timeout")
        )
        self._edition = _setting(config, "harness_edition") or None

    def session(self, suites: Suites) -> Session:
        """The settings applied to suites."""
        from harness.engine import Selection, Session

        return Session(
            suites,
            edition=self._edition,
            selection=Selection(evidence=_setting(self._config, "harness_evidence")),
            known_failing=self._config.getoption("--harness-known-failing"),
        )

    def marker(self, tag: str) -> str:
        """The tag as a marker that pytest knows."""
        name = _NOT_IN_MARKERS.sub("_", tag)
        if name not in self._markers:
            self._markers.add(name)
            self._config.addinivalue_line("markers", f"{name}: a tag of scenarios")
        return name

    def shape(self, **given: Any) -> Request:
        from harness.contracts import pick_contract
        from harness.engine.probing import probe

        job = probe(given, pick_contract(), edition=self._edition)
        _, observation = next(self.implementation.perform([job]))
        if observation.broken is not None:
            pytest.fail(f"the implementation broke: {observation.broken.message}", pytrace=False)
        performed = observation.steps[0] if observation.steps else None
        if performed is None or len(performed.requests) != 1:
            outcome = observation.unsupported or (performed.outcome if performed else None)
            made = len(performed.requests) if performed else 0
            pytest.fail(f"expected one request, but the implementation made {made}; {outcome}", pytrace=False)
        return performed.requests[0]

    def close(self) -> None:
        self.implementation.close()


_BENCH: pytest.StashKey[_Bench] = pytest.StashKey()


def _bench(config: pytest.Config) -> _Bench:
    if _BENCH not in config.stash:
        config.stash[_BENCH] = _Bench(config)
    return config.stash[_BENCH]


def _setting(config: pytest.Config, name: str) -> str:
    """An option of the command line, else the ini file's."""
    value: str = config.getoption(f"--{name.replace('_', '-')}") or config.getini(name)
    return value


def _is_wanted(file_path: Path, parent: pytest.Collector) -> bool:
    if parent.session.isinitpath(file_path):
        return True
    folders: list[Path] = parent.config.getini("harness_scenarios")
    return any(file_path.is_relative_to(folder) for folder in folders) and file_path.parent.name != "rules"
