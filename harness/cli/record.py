"""`harness record`: fresh cassettes from a live API."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import click

from harness.cli.cost_report import write_cost_report
from harness.cli.empty_selection import explain_empty_selection
from harness.cli.options import (
    contract_option,
    edition_option,
    implementation_option,
    open_implementation,
    open_suites,
    selecting,
    selection_of,
)
from harness.cli.record_display import Display
from harness.cli.upstream import echo, open_upstream, reaching, read_keys, redactor_of, show_checks
from harness.cli.writable import ensure_writable
from harness.engine import Session
from harness.engine.runner import why_not_applicable
from harness.errors import UsageError
from harness.model import Case, Implementation, Reply
from harness.recording import (
    NO_PRICES,
    Budget,
    Entry,
    Plan,
    PreflightReport,
    Progress,
    ProviderClient,
    Retries,
    Settings,
    check_call,
    check_cost,
    entry,
    files_of,
    look_ahead,
    look_ahead_at,
    pending,
    plan,
    record,
    totals,
    worst,
)
from harness.recording.upstream import host_of
from harness.redaction import Redactor
from harness_openclaw.reference.openrouter.routes import CANONICAL

__all__ = ["command"]

_STATE = Path(".harness")
_LONGEST_JOB_S = 605.0  # a video that is asked for until its 120th time (OR-VID-08)
_SLACK_S = 30.0


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the options ask for, beside which cases."""

    settings: Settings
    retries: Retries
    base_url: str
    yes: bool
    resume: bool
    preflight: bool
    assumed_output: int | None
    ledger: Path | None


@dataclass(slots=True)
class _Tally:
    """What has come of the recording so far."""

    takes: Counter[str] = field(default_factory=Counter)
    entries: list[Entry] = field(default_factory=list)
    interrupted: bool = False

    @property
    def exit_code(self) -> int:
        if self.interrupted:
            return 2
        return 1 if self.takes["failed"] else 0


@click.command("record")
@selecting
@implementation_option
@contract_option
@edition_option
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Record any case, each into a file of its own: DIR/SUITE/SCENARIO.yaml.",
)
@reaching
@click.option("--base-url", default=CANONICAL, metavar="URL", show_default=True, help="For the checks.")
@click.option("--source", type=click.Choice(["live", "simulated"]), default="live", show_default=True)
@click.option("--retries", type=click.IntRange(0, 10), default=2, metavar="N", show_default=True)
@click.option(
    "--assume-output",
    type=click.IntRange(min=1),
    metavar="TOKENS",
    help="What to count for requests without a limit of their own; else the longest answer of the model.",
)
@click.option("-y", "--yes", is_flag=True, help="Do not ask before money is spent.")
@click.option("--again", is_flag=True, help="Record what is recorded already, too.")
@click.option("--resume", is_flag=True, help="Go on where the recording before was broken off.")
@click.option("--keep-failing", is_flag=True, help="Keep what breaks its rules or was not answered, too.")
@click.option("--cache-hits", is_flag=True, help="Keep answers from the provider's response cache, too.")
@click.option("--no-preflight", is_flag=True, help="Leave the checks out; prices are unknown then.")
@click.option("--force-ci", is_flag=True, help="Record although this is a continuous integration.")
@click.option("--ledger", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE.json")
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
    """Record what a provider answers to the cases that PATTERN or PATH name, or to all.

    The cases whose replies are cassettes are recorded into these, or with --into any case into a file of
    its own. The key comes from the environment and goes to the provider only: the implementation never has
    it. What is written is scrubbed, searched for secrets, and played back before it counts.

    Exit codes: 0 recorded, 1 a case failed or was not recorded, 2 interrupted, 3 something broke, 4 bad
    usage or files, 5 nothing selected.
    """
    _refuse_where_nobody_looks(yes=yes, force_ci=force_ci)
    if len(addresses) > 1:
        raise UsageError("one recording has one implementation", hint="Record the others by themselves.")
    asked = _Asked(
        Settings(
            into,
            _STATE / "set-aside",
            source,
            again,
            keep_failing,
            cache_hits,
        ),
        Retries(retries),
        base_url,
        yes,
        resume,
        not no_preflight,
        assume_output,
        ledger,
    )
    key, keys = read_keys(key_env)
    suites = open_suites(patterns, contract, new_cassettes=True)
    selection = selection_of(patterns, evidence, reading, tags, shard)
    longest_s = (silence + (asked.retries.longest_s or 0)) * (1 + retries) + _LONGEST_JOB_S + _SLACK_S
    with ExitStack() as stack:
        address = addresses[0] if addresses else None
        implementation = stack.enter_context(
            closing(open_implementation(address, suites.contracts, timeout_s=longest_s))
        )
        about = implementation.about
        session = Session(suites, edition=edition, selection=selection)
        wanted = [
            case
            for case in session.cases(implementation)
            if files_of(case, into) and why_not_applicable(case, about) is None
        ]
        if not wanted:
            why = "no case selected has a cassette for its reply (or use --into DIR)"
            if not any(True for _ in session.cases(implementation)):
                editions = session.editions(implementation)
                why = explain_empty_selection(suites, selection.patterns, editions)
            click.echo(f"nothing to record: {why}")
            return 5
        upstream = stack.enter_context(open_upstream([], routes, ca_file, silence))
        redactor = redactor_of([key, *keys.values()])
        display = Display(redactor)
        caller = ProviderClient(
            upstream, key, Budget(max_cost), keys=keys, retries=asked.retries, on_wait=display.waiting
        )
        return _Recording(implementation, caller, asked, redactor, display).run(wanted)


def _refuse_where_nobody_looks(*, yes: bool, force_ci: bool) -> None:
    if os.environ.get("CI", "").lower() not in ("", "0", "false") and not force_ci:
        raise UsageError(
            "this looks like a continuous integration (CI is set), where nothing is recorded",
            hint="A recording spends money. If this one should, say --force-ci.",
        )
    if not yes and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "nobody can be asked whether money may be spent: this is no terminal",
            hint="Say --yes; --max-cost bounds what is spent.",
        )


class _Recording:
    """One run of the command."""

    def __init__(
        self,
        implementation: Implementation,
        caller: ProviderClient,
        asked: _Asked,
        redactor: Redactor,
        display: Display,
    ) -> None:
        self._implementation = implementation
        self._caller = caller
        self._asked = asked
        self._redactor = redactor
        self._display = display
        self._tally = _Tally()

    def run(self, cases: Sequence[Case]) -> int:
        about = self._implementation.about
        name = about.address or about.name
        progress = Progress(_STATE / "recording.json", name, resume=self._asked.resume)
        due = pending(cases, self._asked.settings, progress)
        if due:
            ensure_writable(self._written_into(due))
            if not self._is_agreed(due):
                return 1
        try:
            self._record(cases, progress)
        except KeyboardInterrupt:
            self._tally.interrupted = True
        finally:
            self._conclude()
        return self._tally.exit_code

    def _written_into(self, due: Sequence[Case]) -> Iterator[Path]:
        yield _STATE
        if self._asked.ledger is not None:
            yield self._asked.ledger.parent
        for case in due:
            yield from (file.parent for file in files_of(case, self._asked.settings.into))

    def _is_agreed(self, due: Sequence[Case]) -> bool:
        """Check what can be checked, show the plan, ask, and make the first call."""
        planned = plan(due, self._caller.estimate, self._asked.retries.most)
        self._check_hosts(planned)
        if not self._asked.preflight:
            echo(
                "without the checks: no prices are known, so only reported costs are counted", self._redactor
            )
            self._display.plan(planned, self._caller.budget.most)
        elif not self._passes(due, planned):
            return False
        if not self._asked.yes and not click.confirm("Record?"):
            raise click.Abort
        return not self._asked.preflight or self._tiny_call(planned)

    def _conclude(self) -> None:
        entries = self._tally.entries
        self._display.end(self._tally.takes, totals(entries), interrupted=self._tally.interrupted)
        self._display.ledger(entries)
        if self._asked.ledger is not None:
            write_cost_report(self._asked.ledger, entries, self._caller.budget.spent, self._redactor)

    def _check_hosts(self, planned: Plan) -> None:
        if self._asked.settings.source == "live" and self._caller.upstream.is_local:
            echo(
                "what answers is on this machine: if it is a mock provider, say --source simulated",
                self._redactor,
                fg="yellow",
            )
        count = planned.only_for_a_stand_in
        if count and not self._caller.upstream.is_local:
            asking = "1 case asks" if count == 1 else f"{count} cases ask"
            echo(
                f"{asking} for answers that only the mock provider gives: record from `harness mock`,"
                " or leave them out",
                self._redactor,
                fg="yellow",
            )
        strangers = set(planned.hosts) - self._caller.upstream.hosts
        for host in sorted(strangers):
            echo(
                f"{host} may not be reached; its cases will not be recorded"
                f" (--upstream {host}=https://{host} allows it)",
                self._redactor,
                fg="yellow",
            )

    def _passes(self, due: Sequence[Case], planned: Plan) -> bool:
        """The checks that cost nothing, of whoever is asked, and the plan with its prices."""
        outlook = self._look_ahead(planned) if planned.asks_openrouter else PreflightReport(())
        checks = [*outlook.checks]
        looked_up: dict[str, Reply] = {}
        for root, models in planned.clawrouters.items():
            prospect = look_ahead_at(self._caller, root, models, assumed_output=self._asked.assumed_output)
            checks += prospect.checks
            self._caller.prices_at[host_of(root)] = prospect.prices
            looked_up.update(prospect.looked_up or {})
        priced = plan(due, self._caller.estimate, self._asked.retries.most, looked_up)
        if worst(checks) != "fail":
            most = self._caller.budget.most
            checks += check_cost(outlook, priced.cost_with_retries, most, unpriced=priced.unpriced)
        show_checks(checks, self._redactor)
        self._display.plan(priced, self._caller.budget.most)
        return worst(checks) != "fail"

    def _look_ahead(self, planned: Plan) -> PreflightReport:
        """OpenRouter's part of it."""
        outlook = look_ahead(
            self._caller,
            self._asked.base_url,
            planned.models,
            may_be_missing=planned.refused_models,
            assumed_output=self._asked.assumed_output,
        )
        self._caller.prices = outlook.prices or NO_PRICES
        return outlook

    def _tiny_call(self, planned: Plan) -> bool:
        """One call that shows whether calls are answered at all."""
        cheapest = planned.cheapest
        if cheapest is None:
            return True
        checks, call = check_call(self._caller, self._asked.base_url, cheapest.estimate.model)
        if call is not None:
            self._tally.entries.append(entry("preflight", "", call, call.finish()))
        show_checks(checks, self._redactor)
        return worst(checks) != "fail"

    def _record(self, cases: Sequence[Case], progress: Progress) -> None:
        with self._display.recording(len(cases)):
            for take in record(cases, self._implementation, self._caller, self._asked.settings, progress):
                self._tally.takes[take.status] += 1
                self._tally.entries += take.entries
                self._display.take(take)
                if take.stops:
                    self._display.stopped(take)
