"""Secrets out of text: canaries by name, the environment's credentials and anything shaped like a key.

Used wherever something leaves the process (terminal, reports, saved requests, error messages).
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.redaction.known import Known

__all__ = ["Redactor", "credentials_in", "names_credential"]

_CREDENTIAL_NAME = re.compile(r"(?i)(key|token|secret|passw(or)?d|credential|authorization|cookie)s?$")
_SHAPES = (
    r"(?<![A-Za-z0-9])sk-[A-Za-z0-9_-]{16,}"  # OpenAI, OpenRouter, Anthropic
    r"|AIza[A-Za-z0-9_-]{30,}"  # Google
    r"|gh[pousr]_[A-Za-z0-9]{30,}"  # GitHub
    r"|eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*"  # JSON Web Token
    r"|(?<=Bearer )[A-Za-z0-9._~+/-]{24,}=*"
)


_ENCODED = re.compile(r"%[0-9A-Fa-f]{2}|\\|[A-Za-z0-9+/_-]{10}")
"""Text without any of these holds nothing that is encoded."""


def names_credential(name: str) -> bool:
    """Whether an environment variable of this name holds a credential, going by the name alone."""
    return _CREDENTIAL_NAME.search(name) is not None


def credentials_in(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables of `environment` whose names say that they hold a credential, name → value.

    Values shorter than 8 characters are left out: masking them would garble ordinary text.
    """
    return {name: value for name, value in environment.items() if len(value) >= 8 and names_credential(name)}


@lru_cache(maxsize=1)
def _ambient() -> tuple[re.Pattern[str], dict[str, str]]:
    """The pattern of everything that is masked whatever the case, and what stands in its place."""
    shown = {value: f"[{name} masked]" for name, value in credentials_in(os.environ).items()}
    longest_first = sorted(shown, key=len, reverse=True)
    return re.compile("|".join([*map(re.escape, longest_first), _SHAPES])), shown


class Redactor:
    """Replaces secrets in text.

    `canaries` maps names to the secrets minted for a case; they show as `${canary.NAME}`. Values of the
    process's own environment that look like credentials show as `[NAME masked]`, other key-shaped text
    as `[masked]`. Canaries and credentials are found in base64, percent-encoding and escapes as well.
    """

    def __init__(self, canaries: Mapping[str, str] | None = None) -> None:
        self._canaries = canaries or {}

    def __call__(self, text: str) -> str:
        for name, secret in self._canaries.items():
            text = text.replace(secret, f"${{canary.{name}}}")
        pattern, shown = _ambient()
        text = pattern.sub(lambda found: shown.get(found.group(), "[masked]"), text)
        return self._without_encoded(text) if _ENCODED.search(text) else text

    def _without_encoded(self, text: str) -> str:
        """The text without secrets that are written in another way than plainly."""
        known = self._known
        raw = text.encode("utf-8", "surrogatepass")
        if not known.hidden_in(raw):
            return text
        from harness.redaction.spans import Span, merge

        runs = [Span(run.start, run.end, "[masked]", "secret") for run in known.runs(raw)]
        parts: list[bytes] = []
        done = 0
        for span in merge([*known.spans(raw), *runs]):
            parts += [raw[done : span.start], b"[masked]"]
            done = span.end
        parts.append(raw[done:])
        return b"".join(parts).decode("utf-8", "surrogatepass")

    @cached_property
    def _known(self) -> Known:
        from harness.redaction.known import Known

        return Known({**credentials_in(os.environ), **self._canaries})
