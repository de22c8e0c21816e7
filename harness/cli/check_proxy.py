"""`harness check-proxy`: check that nothing meant for a contract's hosts reaches a custom base URL."""

from __future__ import annotations

import sys
from collections import Counter
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import click

from harness.cli.options import (
    contract_option,
    count,
    edition_option,
    open_implementation,
    sandbox_option,
    timeout_option,
)
from harness.contracts import Contract, default_contract, named_contract
from harness.engine import Begun, Ended, Selection, Session, Summary, report
from harness.errors import UsageError
from harness.implementations import SandboxMode
from harness.model import Status, Verdict
from harness.report import TerminalReport, sum_up
from harness.scenarios import load

__all__ = ["command"]

_HINT = "give the base URL of a proxy or gateway, for example https://proxy.example/v1"


@click.command("check-proxy")
@click.argument("url")
@click.option(
    "-i",
    "--implementation",
    "address",
    metavar="ADDRESS",
    help="Implementation to check (default: the contract's reference client).",
)
@contract_option
@edition_option
@timeout_option
@sandbox_option
def command(
    url: str,
    address: str | None,
    contract: str | None,
    edition: str | None,
    timeout: float,
    sandbox: SandboxMode | None,
) -> int:
    """Check that nothing meant for the contract's own hosts reaches a custom base URL.

    Nothing is sent to URL: requests are observed before they leave. The exit code is 1 if anything leaks.
    """
    held = named_contract(contract) if contract else default_contract()
    _check_url(url, held)
    if not held.proxy_suite:
        raise UsageError(
            f"the contract {held.name} has no suite for custom base URLs",
            hint="name one in contract.yaml: check_proxy: SUITE.yaml, which uses ${proxy.base}",
        )
    if "proxy" not in held.overridable:
        raise UsageError(
            f"the contract {held.name} does not let the variable proxy be set, so {url} cannot be checked",
            hint="add it in contract.yaml: overridable: [proxy]",
        )
    suites = load(held.folder / held.proxy_suite)
    session = Session(
        suites,
        edition=edition,
        selection=Selection(evidence="disputed", reading="docs"),
        vars={"proxy": {"base": url.rstrip("/")}},
    )
    rules = _Rules(TerminalReport(sys.stdout, saved=Path(".harness/failures")))
    with closing(open_implementation(address, [held], timeout_s=timeout, sandbox=sandbox)) as implementation:
        summary = report(session.run([implementation]), [rules])
        name = implementation.about.name
    counts = Counter(summary.counts)
    for rule, text in sorted(rules.kept.items()):
        if rule not in rules.broken:
            click.echo(f"kept    {rule}  {text}")
    for rule, text in sorted(rules.broken.items()):
        click.echo(f"broken  {rule}  {text}")
    click.echo(f"{sum_up(counts)}\n{_conclusion(url, name, len(rules.broken), counts)}")
    if not counts["passed"] + counts["failed"] + counts["errored"]:
        return 5
    return Summary(counts, 0.0).exit_code


class _Rules:
    """A reporter that shows failures in full and sorts the rules into kept and broken."""

    def __init__(self, terminal: TerminalReport) -> None:
        self._terminal = terminal
        self.kept: dict[str, str] = {}
        self.broken: dict[str, str] = {}

    def begin(self, event: Begun) -> None:
        self._terminal.begin(event)

    def verdict(self, verdict: Verdict) -> None:
        if verdict.status in ("failed", "errored"):
            self._terminal.verdict(verdict)
        charged = {rule for difference in verdict.differences for rule in difference.rules}
        for rule in verdict.case.rules:
            if rule.id in charged:
                self.broken[rule.id] = rule.text
            elif verdict.status == "passed":
                self.kept[rule.id] = rule.text

    def end(self, event: Ended) -> None:
        """The summary is printed by the command."""


def _conclusion(url: str, name: str, broken: int, counts: Counter[Status]) -> str:
    if counts["errored"] or not counts["passed"] + counts["failed"]:
        return f"{name} could not be checked against {url}"
    if counts["failed"]:
        return f"{name} leaks to {url}: {count(broken, 'rule')} broken"
    return f"{name} leaks nothing to {url}"


def _check_url(url: str, contract: Contract) -> None:
    """Raise UsageError unless the URL is a base URL outside the contract's hosts."""
    if "@" in url.partition("//")[2].partition("/")[0]:
        raise UsageError("the URL has a user name or password, which would be shown; omit it", hint=_HINT)
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".").lower()
        _ = parts.port
    except ValueError as error:
        raise UsageError(f"{url!r} is not a URL: {error}", hint=_HINT) from None
    if parts.scheme not in ("http", "https") or not host:
        raise UsageError(f"{url!r} is not an absolute http or https URL", hint=_HINT)
    if any(host == own or host.endswith(f".{own}") for own in contract.hosts):
        raise UsageError(
            f"{url} is a host of the contract {contract.name} itself, where nothing can leak",
            hint=_HINT,
        )
    if "?" in url or "#" in url:
        raise UsageError(f"{url} has a query or fragment; a base URL has neither", hint=_HINT)
