"""`harness check-proxy`: does an implementation keep OpenRouter's own things from a custom base URL?"""

from __future__ import annotations

import sys
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import click

from harness._version import __version__
from harness.bundled import REFERENCE
from harness.cli.options import edition_option, sandbox_option
from harness.errors import UsageError
from harness.implementations import SandboxMode, connect
from harness.model import DEFAULT_EDITION, Status
from harness.pipeline import run
from harness.report import Begun, Summary, TerminalReport, sum_up
from harness.scenarios import bundled_scenarios, load
from harness.selection import Selection
from harness_openclaw.reference import Refusal
from harness_openclaw.reference.openrouter.routes import resolve

__all__ = ["command"]


@click.command("check-proxy")
@click.argument("url")
@click.option("-i", "--implementation", "address", default="reference", metavar="ADDRESS", show_default=True)
@edition_option
@click.option("--timeout", type=click.FloatRange(min=0.1), default=20.0, metavar="SECONDS", show_default=True)
@sandbox_option
def command(url: str, address: str, edition: str | None, timeout: float, sandbox: SandboxMode | None) -> int:
    """Hold an implementation to everything that must not reach a custom base URL, with URL as that base.

    Nothing is sent to URL: the requests are observed before they leave. Exit code 1 if anything leaks.
    """
    _refuse_openrouter(url)
    suites = load(bundled_scenarios() / "openrouter" / "custom-proxy.yaml")
    broken: dict[str, str] = {}
    kept: dict[str, str] = {}
    with closing(connect(address, timeout_s=timeout, sandbox=sandbox, reference=REFERENCE)) as implementation:
        about = implementation.about
        chosen = edition or about.edition or DEFAULT_EDITION
        cases = suites.cases(chosen, vars={**about.vars, "proxy": {"base": url.rstrip("/")}})
        terminal = TerminalReport(sys.stdout, saved=Path(".harness/failures"))
        now = datetime.now(UTC).isoformat(timespec="seconds")
        terminal.begin(Begun((about,), (chosen,), None, __version__, now))
        counts: Counter[Status] = Counter()
        for verdict in run(Selection(evidence="disputed", reading="docs")(cases), implementation):
            counts[verdict.status] += 1
            if verdict.status in ("failed", "errored"):
                terminal.verdict(verdict)
            charged = {rule for difference in verdict.differences for rule in difference.rules}
            for rule in verdict.case.rules:
                if rule.id in charged:
                    broken[rule.id] = rule.text
                elif verdict.status == "passed":
                    kept[rule.id] = rule.text
    for name, text in sorted(kept.items()):
        if name not in broken:
            click.echo(f"kept    {name}  {text}")
    for name, text in sorted(broken.items()):
        click.echo(f"broken  {name}  {text}")
    click.echo(f"{sum_up(counts)}\n{_conclusion(url, about.name, len(broken), counts)}")
    if not counts["passed"] + counts["failed"] + counts["errored"]:
        return 5
    return Summary(counts, 0.0).exit_code


def _conclusion(url: str, name: str, broken: int, counts: Counter[Status]) -> str:
    if counts["errored"] or not counts["passed"] + counts["failed"]:
        return f"{name} could not be checked against {url}"
    if counts["failed"]:
        return f"{name} does not treat {url} as somebody else's: {broken} rule{'s'[: broken > 1]} broken"
    return f"{name} sends nothing OpenRouter-only to {url}"


def _refuse_openrouter(url: str) -> None:
    hint = "give the base URL of a proxy or gateway, for example https://proxy.example/v1"
    if "@" in url.partition("//")[2].partition("/")[0]:
        raise UsageError("the URL has a user name or password, which would be shown: leave it out", hint=hint)
    try:
        route = resolve(url, "openrouter", DEFAULT_EDITION)
    except Refusal as refusal:
        raise UsageError(str(refusal), hint=hint) from None
    if route.host:
        raise UsageError(f"{url} is OpenRouter itself: its headers and markers belong there", hint=hint)
    if "?" in url or "#" in url:
        raise UsageError(f"{url} has a query or fragment, which is no part of a base URL to check", hint=hint)
