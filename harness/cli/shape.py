"""`harness shape`: what an implementation sends for an input, without a scenario."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass

import click
import orjson

from harness.cli.options import (
    contract_option,
    edition_option,
    open_implementation,
    sandbox_option,
    timeout_option,
)
from harness.contracts import Contract, pick_contract
from harness.engine.probing import probe
from harness.errors import UsageError, did_you_mean
from harness.implementations import SandboxMode
from harness.json_encoding import encode_json
from harness.model import CaseRun, Implementation, JsonValue, Observation
from harness.redaction import Redactor
from harness.report import request_as_json
from harness.scenarios import input_keys

__all__ = ["command"]


@click.command("shape")
@click.option(
    "-i",
    "--implementation",
    "address",
    metavar="ADDRESS",
    help="Implementation to show (default: the contract's reference client).",
)
@contract_option
@edition_option
@timeout_option
@sandbox_option
def command(
    address: str | None,
    contract: str | None,
    edition: str | None,
    timeout: float,
    sandbox: SandboxMode | None,
) -> int:
    """Read inputs from standard input, one JSON object per line, and print the requests sent for each.

    There is one line of output per line of input, in order: the request (`method`, `url`, `headers` as
    pairs, `body` as JSON), `{"requests": […]}` if there is not exactly one, or `{"error": {…}}`.

    Exit codes: 0 all inputs were valid, 3 the implementation broke, 4 an input was invalid.
    """
    held = pick_contract(contract)
    if edition not in (None, *held.editions.names):
        known = did_you_mean(edition or "", held.editions.names, list_known=True)
        raise UsageError(f"unknown edition {edition!r}{known}")
    with closing(open_implementation(address, [held], timeout_s=timeout, sandbox=sandbox)) as implementation:
        own = implementation.about.edition
        lines = _Lines(
            implementation, held, edition or (own if own in held.editions.names else held.editions.default)
        )
        for output in lines.answer(sys.stdin.buffer):
            click.echo(output)
    return lines.exit_code


@dataclass
class _Slot:
    """A line of output that may not be known yet."""

    number: int
    text: str | None = None


class _Lines:
    """Answers lines of input in their order, whatever order the implementation finishes in."""

    def __init__(self, implementation: Implementation, contract: Contract, edition: str) -> None:
        self._implementation = implementation
        self._contract = contract
        self._edition = edition
        self._slots: deque[_Slot] = deque()
        self._waiting: dict[str, _Slot] = {}
        self.exit_code = 0

    def answer(self, lines: Iterable[bytes]) -> Iterator[str]:
        for case, observation in self._implementation.perform(self._jobs(lines)):
            slot = self._waiting.pop(case.name)
            slot.text = self._as_line(slot.number, observation)
            yield from self._ready()
        yield from self._ready()

    def _ready(self) -> Iterator[str]:
        while self._slots and self._slots[0].text is not None:
            yield self._slots.popleft().text or ""

    def _jobs(self, lines: Iterable[bytes]) -> Iterator[CaseRun]:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            slot = _Slot(number)
            self._slots.append(slot)
            try:
                document = _read_input(line, self._contract)
            except UsageError as error:
                self.exit_code = max(self.exit_code, error.exit_code)
                slot.text = _error_line(number, error.message)
                continue
            job = probe(document, self._contract, edition=self._edition, name=f"line-{number}", line=number)
            self._waiting[job.case.name] = slot
            yield job

    def _as_line(self, number: int, observation: Observation) -> str:
        if observation.broken is not None:
            self.exit_code = max(self.exit_code, 3)
            return _error_line(number, observation.broken.message)
        if observation.unsupported is not None:
            return _error_line(number, f"not supported: {observation.unsupported}")
        performed = observation.steps[0]
        requests = [request_as_json(request) for request in performed.requests]
        if len(requests) == 1:
            return encode_json(requests[0]).decode()
        if not requests and performed.outcome and "error" in performed.outcome:
            return encode_json({"error": performed.outcome["error"]}).decode()
        return encode_json({"requests": requests}).decode()


def _read_input(line: bytes, contract: Contract) -> dict[str, JsonValue]:
    try:
        document = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise UsageError(f"not JSON: {error}") from None
    if not isinstance(document, dict):
        raise UsageError(f"an input must be a JSON object, not {type(document).__name__}")
    known = input_keys(contract)
    for key in document:
        if key not in known:
            raise UsageError(f"unknown input {key!r}{did_you_mean(key, known)}")
    editions = contract.editions.names
    edition = document.get("edition")
    if edition not in (None, *editions):
        raise UsageError(
            f"unknown edition {edition!r}{did_you_mean(str(edition), editions, list_known=True)}"
        )
    return document


def _error_line(number: int, message: str) -> str:
    return orjson.dumps({"line": number, "error": {"message": Redactor()(message)}}).decode()
