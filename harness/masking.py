"""Secrets out of text: canaries by name, the environment's credentials and anything shaped like a key.

Used wherever something leaves the process (terminal, reports, saved requests, error messages).
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import lru_cache

__all__ = ["Mask", "credentials_in"]

_CREDENTIAL_NAME = re.compile(r"(?i)(key|token|secret|passw(or)?d|credential|authorization|cookie)s?$")
_SHAPES = re.compile(
    r"sk-[A-Za-z0-9_-]{16,}"  # OpenAI, OpenRouter, Anthropic
    r"|AIza[A-Za-z0-9_-]{30,}"  # Google
    r"|gh[pousr]_[A-Za-z0-9]{30,}"  # GitHub
    r"|eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*"  # JSON Web Token
    r"|(?<=Bearer )[A-Za-z0-9._~+/-]{24,}=*"
)
_MASKED = "[masked]"


def credentials_in(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables of `environment` whose names say that they hold a credential, name → value.

    Values shorter than 8 characters are left out: masking them would garble ordinary text.
    """
    return {
        name: value
        for name, value in environment.items()
        if len(value) >= 8 and _CREDENTIAL_NAME.search(name)
    }


@lru_cache(maxsize=1)
def _own_credentials() -> dict[str, str]:
    return credentials_in(os.environ)


class Mask:
    """Replaces secrets in text.

    `canaries` maps names to the secrets minted for a case; they show as `${canary.NAME}`. Values of the
    process's own environment that look like credentials show as `[NAME masked]`, other key-shaped text
    as `[masked]`.
    """

    def __init__(self, canaries: Mapping[str, str] | None = None) -> None:
        known = {value: f"[{name} masked]" for name, value in _own_credentials().items()}
        known.update({value: f"${{canary.{name}}}" for name, value in (canaries or {}).items()})
        self._known = known
        alternatives = sorted(known, key=len, reverse=True)
        self._pattern = re.compile("|".join([*map(re.escape, alternatives), _SHAPES.pattern]))

    def __call__(self, text: str) -> str:
        return self._pattern.sub(lambda found: self._known.get(found.group(), _MASKED), text)
