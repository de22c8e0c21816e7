"""The reference as a client: one operation after the other, with what it has learned in between."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Generator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from harness._version import __version__
from harness.model import JsonValue, Reply, Request
from harness_openclaw.reference.exchange import Clock, Exchange, Outcome, Pause, VirtualClock
from harness_openclaw.reference.openrouter.config import default_model
from harness_openclaw.reference.refusal import CallError, Unsupported

if TYPE_CHECKING:  # imported with the first call of ClawRouter
    from harness_openclaw.reference.clawrouter.catalog import Catalogs

__all__ = ["Client", "Session", "begin", "is_for_clawrouter"]

Given: TypeAlias = Mapping[str, JsonValue]
Begin: TypeAlias = Callable[[Given, "Session"], Exchange[Outcome]]

_OPERATIONS: Mapping[str, str] = {
    "chat": "openrouter.calls:chat",
    "image": "openrouter.images:generate",
    "video": "openrouter.videos:generate",
    "speech": "openrouter.speech:synthesize",
    "models": "openrouter.lookups:models",
    "key": "openrouter.lookups:key",
    "credits": "openrouter.lookups:credits",
    "preflight": "openrouter.preflight:preflight",
    "catalog": "clawrouter.calls:catalog",
    "usage": "clawrouter.usage:usage",
}
"""Where an operation begins: a module, imported when it is first asked for, and a function of it."""

_THROUGH_CLAWROUTER = "clawrouter.calls:chat"


class Session:
    """What lasts from one operation of a client to its next: the time, and the catalogs it has loaded."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._catalogs: Catalogs | None = None

    @property
    def catalogs(self) -> Catalogs:
        """The catalogs that were loaded and may still be good (CW-CAT-09)."""
        if self._catalogs is None:
            from harness_openclaw.reference.clawrouter.catalog import Catalogs

            self._catalogs = Catalogs()
        return self._catalogs


class Client:
    """One client of OpenRouter and ClawRouter. It sends nothing itself: a call is a generator of requests.

    >>> client = Client()
    >>> call = client({"model": "openrouter/auto", "api_key": "sk-or-test", "history": []})
    >>> next(call).url
    'https://openrouter.ai/api/v1/chat/completions'
    """

    harness: ClassVar[dict[str, JsonValue]] = {
        "name": "reference",
        "version": __version__,
        "language": "python",
        "mode": "shape",
        "operations": list(_OPERATIONS),
        "inputs": ["*"],
        "features": ["outcome", "replies", "clock", "steps"],
    }
    """What it declares (docs/implementations.md, Python)."""

    leaves_input_alone = True
    """No input is changed, so that it need not be copied."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._session = Session(clock or VirtualClock())

    def __call__(self, input: Given) -> Generator[Request | Pause, Any, Outcome]:  # noqa: A002
        """Perform the operation of `input` (docs/scenarios.md, input): yields requests, which are to be
        answered with a `Reply`, and waits; returns the outcome, `{"error": …}` for a refusal or failure and
        `{"unsupported": why}` where the reference has no answer. `input` stays as it is.
        """
        clock = self._session.clock
        elapsed = input.get("elapsed_ms")
        if elapsed:
            clock.wait(elapsed)
        try:
            call = begin(input, self._session)
            answer: Reply | None = None
            while True:
                step = call.send(answer)
                if isinstance(step, Request):
                    asked_ms = clock.now_ms()
                    answer = yield step
                    if answer is not None and answer.fault == "timeout" and step.timeout_ms is not None:
                        clock.wait(max(0.0, asked_ms + step.timeout_ms - clock.now_ms()))
                else:
                    clock.wait(step["sleep_ms"])
                    yield step
                    answer = None
        except StopIteration as end:
            outcome: Outcome = end.value
            return outcome
        except CallError as error:
            return {"error": error.error}
        except Unsupported as reason:
            return {"unsupported": str(reason)}


def begin(given: Given, session: Session) -> Exchange[Outcome]:
    """The call that `given` asks for, not begun. Raises `Unsupported` for an unknown operation."""
    operation = given.get("operation") or "chat"
    place = _OPERATIONS.get(operation)
    if place is None:
        raise Unsupported(f"the operation {operation}")
    if operation == "chat" and is_for_clawrouter(given):
        place = _THROUGH_CLAWROUTER
    return _function(place)(given, session)


def is_for_clawrouter(given: Given) -> bool:
    """Does the model ref of `given`, else the configured one, name the provider clawrouter?"""
    model = given.get("model")
    if model is None and given.get("config"):
        model = default_model(given["config"])
    return isinstance(model, str) and model.partition("/")[0].strip().lower() == "clawrouter"


_functions: dict[str, Begin] = {}


def _function(place: str) -> Begin:
    found = _functions.get(place)
    if found is None:
        module, _, name = place.partition(":")
        found = getattr(importlib.import_module(f"harness_openclaw.reference.{module}"), name)
        _functions[place] = found
    return found
