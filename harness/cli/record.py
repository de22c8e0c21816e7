"""`harness record`: fresh cassettes from a live API."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path

import click

from harness.cli.cost_report import write_cost_report
from harness.cli.empty_selection import explain_empty_selection
from harness.cli.options import (
    contract_option,
    count,
    edition_option,
    implementation_option,
    open_implementation,
    open_suites,
    selecting,
    selection_of,
)
from harness.cli.record_display import Display
from harness.cli.upstream import echo, open_upstream, reaching, read_keys, redactor_of, show_check
from harness.cli.writable import ensure_in_project, ensure_writable
from harness.contracts import NO_CONTRACT, Contract
from harness.engine import Session
from harness.engine.runner import why_not_applicable
from harness.errors import UsageError
from harness.model import Case, Implementation, Reply
from harness.recording.cassette_paths import files_of
from harness.recording.cost_log import Entry, entry, totals
from harness.recording.hosts import host_of
from harness.recording.plan import FirstRequests, Plan, first_requests, plan
from harness.recording.preflight import make_trial, run_checks
from harness.recording.progress import Progress
from harness.recording.protocol import Check, Preflight, PreflightReport, worst
from harness.recording.provider import Provider
from harness.recording.provider_client import Budget, ProviderClient
from harness.recording.retries import Retries
from harness.recording.session import Settings, pending, record
from harness.redaction import RedactionRules, Redactor

__all__ = ["command"]

_STATE = Path(".harness")
_LONGEST_JOB_S = 605.0
"""How long a job may be polled, such as one for a video."""

_SLACK_S = 30.0


@dataclass(frozen=True, slots=True)
class _Options:
    """The options, without those that select cases."""

    settings: Settings
    base_url: str
    yes: bool
    resume: bool
    preflight: bool
    assumed_output: int | None
    ledger: Path | None


@dataclass(slots=True)
class _Tally:
    """What has been recorded so far."""

    results: Counter[str] = field(default_factory=Counter)
    entries: list[Entry] = field(default_factory=list)
    interrupted: bool = False

    @property
    def exit_code(self) -> int:
        if self.interrupted:
            return 2
        return 1 if self.results["failed"] else 0


@click.command("record")
@selecting
@implementation_option
@contract_option
@edition_option
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Record every case, each to its own file: DIR/SUITE/SCENARIO.yaml.",
)
@reaching
@click.option(
    "--base-url",
    default="",
    metavar="URL",
    help="Base URL used by the preflight checks (default: the contract's).",
)
@click.option(
    "--source",
    type=click.Choice(["live", "simulated"]),
    default="live",
    show_default=True,
    help="Source to state in the cassettes.",
)
@click.option(
    "--retries",
    type=click.IntRange(0, 10),
    default=2,
    metavar="N",
    show_default=True,
    help="Number of retries after a temporary failure.",
)
@click.option(
    "--assume-output",
    type=click.IntRange(min=1),
    metavar="TOKENS",
    help="Answer length to assume if the request sets no limit (default: the model's maximum).",
)
@click.option("-y", "--yes", is_flag=True, help="Do not ask before spending money.")
@click.option("--again", is_flag=True, help="Re-record existing cassettes.")
@click.option("--resume", is_flag=True, help="Resume the previous, interrupted recording.")
@click.option("--keep-failing", is_flag=True, help="Also save failing cases.")
@click.option("--cache-hits", is_flag=True, help="Also save answers from the provider's cache.")
@click.option("--no-preflight", is_flag=True, help="Skip the contract's checks; prices are then unknown.")
@click.option("--force-ci", is_flag=True, help="Record even if CI is set.")
@click.option(
    "--ledger",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.json",
    help="Write all calls and their costs to FILE.json.",
)
def command(
    patterns: tuple[str, ...],
    evidence: str,
    reading: str | None,
    tags: tuple[str, ...],
    shard: str | None,
    addresses: tuple[str, ...],
    contract: str | None,
    edition: str | None,
    into: Path | None,
    routes: tuple[str, ...],
    ca_file: Path | None,
    key_env: tuple[str, ...],
    max_cost: Decimal,
    allow_unpriced: bool,
    silence: float,
    base_url: str,
    source: str,
    retries: int,
    assume_output: int | None,
    yes: bool,
    again: bool,
    resume: bool,
    keep_failing: bool,
    cache_hits: bool,
    no_preflight: bool,
    force_ci: bool,
    ledger: Path | None,
) -> int:
    """Record a provider's answers to the cases selected by PATTERN or PATH (default: all).

    Cases that reply from cassettes are recorded to those cassettes; with --into, every case is recorded to
    its own file. Keys come from the environment and go only to their own host; the implementation never
    gets one. Recordings are scrubbed, searched for secrets and replayed before they are saved.

    Exit codes: 0 recorded, 1 a case failed or was not recorded, 2 interrupted, 3 something broke, 4 bad
    usage or files, 5 nothing selected.
    """
    suites = open_suites(patterns, contract, new_cassettes=True)
    _refuse_unattended(yes=yes, force_ci=force_ci)
    if len(addresses) > 1:
        raise UsageError("record takes exactly one -i; run it once per implementation")
    chosen = _only(suites.contracts)
    keys = read_keys(chosen, key_env)
    options = _Options(
        Settings(
            into,
            _STATE / "set-aside",
            source,
            again,
            keep_failing,
            cache_hits,
            RedactionRules(**chosen.redaction),
        ),
        base_url or chosen.base_url,
        yes,
        resume,
        not no_preflight,
        assume_output,
        ledger,
    )
    patience = Retries(retries)
    selection = selection_of(patterns, evidence, reading, tags, shard)
    longest_s = (silence + (patience.longest_s or 0)) * (1 + retries) + _LONGEST_JOB_S + _SLACK_S
    with ExitStack() as stack:
        address = addresses[0] if addresses else None
        implementation = stack.enter_context(
            closing(open_implementation(address, [chosen], timeout_s=longest_s))
        )
        about = implementation.about
        session = Session(suites, edition=edition, selection=selection)
        wanted = [
            case
            for case in session.cases(implementation)
            if files_of(case, into) and why_not_applicable(case, about) is None
        ]
        if not wanted:
            why = "no selected case replies from a cassette (use --into DIR to record others)"
            if not any(True for _ in session.cases(implementation)):
                editions = session.editions(implementation)
                why = explain_empty_selection(suites, selection.patterns, editions)
            click.echo(f"nothing to record: {why}")
            return 5
        upstream = stack.enter_context(
            open_upstream(chosen, keys, routes, ca_file, silence, base_url=base_url)
        )
        redactor = redactor_of(keys)
        display = Display(redactor)
        client = ProviderClient(
            upstream,
            keys,
            Budget(max_cost, allow_unpriced=allow_unpriced),
            provider=Provider.of(chosen),
            assumed_output=assume_output,
            retries=patience,
            on_wait=display.waiting,
        )
        return _Recording(implementation, client, options, redactor, display).run(wanted)


def _only(contracts: Sequence[Contract]) -> Contract:
    if len(contracts) > 1:
        names = ", ".join(each.name or "no contract" for each in contracts)
        raise UsageError(
            f"these suites belong to several contracts ({names})", hint="Record one contract at a time."
        )
    return contracts[0] if contracts else NO_CONTRACT


def _refuse_unattended(*, yes: bool, force_ci: bool) -> None:
    if os.environ.get("CI", "").lower() not in ("", "0", "false") and not force_ci:
        raise UsageError("refusing to record in CI (CI is set); --force-ci overrides")
    if not yes and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("cannot ask for confirmation: not a terminal (use --yes)")


class _Recording:
    """One run of the command."""

    def __init__(
        self,
        implementation: Implementation,
        client: ProviderClient,
        options: _Options,
        redactor: Redactor,
        display: Display,
    ) -> None:
        self._implementation = implementation
        self._client = client
        self._options = options
        self._redactor = redactor
        self._display = display
        self._tally = _Tally()
        self._report = PreflightReport()

    def run(self, cases: Sequence[Case]) -> int:
        about = self._implementation.about
        progress = Progress(
            _STATE / "recording.json", about.address or about.name, resume=self._options.resume
        )
        due = pending(cases, self._options.settings, progress)
        if due:
            self._check_output(due)
            if not self._is_agreed(due):
                echo("nothing was recorded", self._redactor, fg="red")
                return 1
        try:
            self._record(cases, progress)
        except KeyboardInterrupt:
            self._tally.interrupted = True
        finally:
            self._conclude()
        return self._tally.exit_code

    def _check_output(self, due: Sequence[Case]) -> None:
        files = [file for case in due for file in files_of(case, self._options.settings.into)]
        if self._options.ledger is not None:
            files.append(self._options.ledger)
        ensure_in_project(files)
        ensure_writable([_STATE, *(file.parent for file in files)])

    def _is_agreed(self, due: Sequence[Case]) -> bool:
        """Plan, make the checks, ask for confirmation, and make the trial calls; return whether to record."""
        found: Sequence[FirstRequests] = tuple(self._first_requests(due))
        planned = self._plan(found)
        self._warn(due, found)
        if not planned.calls:
            self._display.plan(planned, self._client.budget.most)
            return False
        passes = True
        if self._options.preflight:
            found, passes = self._check(found, planned)
            planned = self._plan(found)
        passes = passes and self._check_cost(planned)
        self._display.plan(planned, self._client.budget.most)
        if passes:
            objection = self._client.budget.objection(planned.cost_with_retries, planned.unpriced)
            self._show_error(objection)
            passes = not objection
        if not passes:
            return False
        if not self._options.yes and not click.confirm("Record?"):
            raise click.Abort
        return not self._options.preflight or self._make_trials(planned)

    def _first_requests(
        self, cases: Sequence[Case], looked_up: Mapping[str, Reply] | None = None
    ) -> Iterator[FirstRequests]:
        return first_requests(cases, self._implementation, looked_up)

    def _plan(self, found: Sequence[FirstRequests]) -> Plan:
        """Return the plan without the calls to hosts that may not be reached."""
        planned = plan(found, self._client.estimate, self._client.retries.most)
        hosts = self._client.upstream.hosts
        return replace(
            planned, calls=tuple(call for call in planned.calls if host_of(call.request.url) in hosts)
        )

    def _warn(self, due: Sequence[Case], found: Sequence[FirstRequests]) -> None:
        upstream = self._client.upstream
        hosts = {host_of(request.url) for each in found for request in each.requests if request is not None}
        if self._options.settings.source == "live" and upstream.is_local:
            self._show_warning(
                "all upstreams are on localhost; if this is a mock provider, pass --source simulated"
            )
        needing = sum(map(self._client.provider.needs_mock_provider, due))
        if needing and not upstream.is_local:
            self._show_warning(
                f"only the mock provider can answer {count(needing, 'case')}; record from `harness mock`"
            )
        for host in sorted(hosts - upstream.hosts):
            self._show_warning(
                f"{host} is not an allowed host, so its cases are not recorded;"
                f" --upstream {host}=https://{host} allows it"
            )
        for host in sorted(hosts & upstream.hosts):
            key = self._client.keys.key_for(f"https://{host}")
            if key is not None and not key.value:
                self._show_warning(f"{key.name} is not set, so requests to {host} carry no key")

    def _check(self, found: Sequence[FirstRequests], planned: Plan) -> tuple[Sequence[FirstRequests], bool]:
        """Make the contract's checks; return the first requests as its look-ups change them, and whether
        nothing failed."""
        checked = run_checks(self._client.provider.checks(self._preflight(planned)), self._client, self._show)
        self._report = checked.report
        self._client.prices.update(checked.report.prices)
        looked_up = checked.report.looked_up
        changed = [each.case for each in found if not each.lookups.isdisjoint(looked_up)]
        again = {id(each.case): each for each in self._first_requests(changed, looked_up)}
        for host, problem in self._client.unreachable.items():
            self._show_error(f"{host}: {problem}")
        passes = worst(checked.checks) != "fail" and not self._client.unreachable
        return [again.get(id(each.case), each) for each in found], passes

    def _check_cost(self, planned: Plan) -> bool:
        most = self._client.budget.most
        checks = tuple(self._report.check_cost(planned.cost_with_retries, most, planned.unpriced))
        for check in checks:
            self._show(check)
        return all(check.standing != "fail" or planned.cost_with_retries > most for check in checks)

    def _make_trials(self, planned: Plan) -> bool:
        """Make the contract's trial calls, which show whether calls are answered at all."""
        for request in self._client.provider.trials(self._preflight(planned)):
            checks, call = make_trial(request, self._client)
            if call is not None:
                self._tally.entries.append(entry("preflight", "", call, self._client.provider))
            for check in checks:
                self._show(check)
            if worst(checks) == "fail":
                return False
        return True

    def _preflight(self, planned: Plan) -> Preflight:
        options = self._options
        return Preflight(
            planned.calls, (), options.base_url, self._client.keys.key_for, options.assumed_output
        )

    def _record(self, cases: Sequence[Case], progress: Progress) -> None:
        with self._display.recording(len(cases)):
            results = record(cases, self._implementation, self._client, self._options.settings, progress)
            for result in results:
                self._tally.results[result.status] += 1
                self._tally.entries += result.entries
                self._display.result(result)
                if result.stops:
                    self._display.stopped(result.stops)

    def _conclude(self) -> None:
        entries = self._tally.entries
        self._display.end(self._tally.results, totals(entries), interrupted=self._tally.interrupted)
        self._display.costs(entries)
        if self._options.ledger is not None:
            write_cost_report(self._options.ledger, entries, self._client.budget.spent, self._redactor)

    def _show(self, check: Check) -> None:
        show_check(check, self._redactor)

    def _show_warning(self, text: str) -> None:
        echo(text, self._redactor, fg="yellow")

    def _show_error(self, text: str) -> None:
        if text:
            echo(text, self._redactor, fg="red")
