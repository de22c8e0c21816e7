"""Secrets out of text: canaries by name, the environment's credentials and anything shaped like a key.

Used wherever something leaves the process (terminal, reports, saved requests, error messages).
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import lru_cache

__all__ = ["Mask", "credentials_in", "names_credential"]

_CREDENTIAL_NAME = re.compile(r"(?i)(key|token|secret|passw(or)?d|credential|authorization|cookie)s?$")
_SHAPES = (
    r"(?<![A-Za-z0-9])sk-[A-Za-z0-9_-]{16,}"  # OpenAI, OpenRouter, Anthropic
    r"|AIza[A-Za-z0-9_-]{30,}"  # Google
    r"|gh[pousr]_[A-Za-z0-9]{30,}"  # GitHub
    r"|eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*"  # JSON Web Token
    r"|(?<=Bearer )[A-Za-z0-9._~+/-]{24,}=*"
)


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
    """The pattern of everything that is masked whatever the case, and the names of what is known of it."""
    known = {value: f"[{name} masked]" for name, value in credentials_in(os.environ).items()}
    longest_first = sorted(known, key=len, reverse=True)
    return re.compile("|".join([*map(re.escape, longest_first), _SHAPES])), known


class Mask:
    """Replaces secrets in text.

    `canaries` maps names to the secrets minted for a case; they show as `${canary.NAME}`. Values of the
    process's own environment that look like credentials show as `[NAME masked]`, other key-shaped text
    as `[masked]`.
    """

    def __init__(self, canaries: Mapping[str, str] | None = None) -> None:
        self._canaries = canaries or {}

    def __call__(self, text: str) -> str:
        for name, secret in self._canaries.items():
            text = text.replace(secret, f"${{canary.{name}}}")
        pattern, known = _ambient()
        return pattern.sub(lambda found: known.get(found.group(), "[masked]"), text)
