"""Secrets out of whatever leaves the process: terminal, reports, saved requests, error messages."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.model import Request
    from harness.redaction.known import Known
    from harness.redaction.spans import Span

__all__ = ["Redactor"]

_SHORTEST = 4
"""Of a secret that is stated: masking shorter ones would garble ordinary words."""
_MAY_BE_ENCODED = re.compile(rb"%[0-9A-Fa-f]{2}|\\|[A-Za-z0-9+/_-]{10}")
"""Text without any of these holds nothing that is encoded."""
_AROUND = re.compile(rb'(\\*"|[\n<>])')
"""What ends a value in JSON, XML and lines of text."""


@lru_cache(maxsize=1)
def _environment() -> dict[str, str]:
    """The credentials of the process's own environment, name → value."""
    from harness.redaction.names import credentials_in

    return credentials_in(os.environ)


class Redactor:
    """Masks secrets in text, bytes and JSON.

    `canaries` maps names to the secrets minted for a case; they show as `${canary.NAME}`. `secrets` maps
    names to other values that must not be seen, such as keys; they show as `[NAME masked]`, as do values of
    the process's own environment that look like credentials. All of them are found in base64,
    percent-encoding and escapes as well, and then show as `[NAME masked]`, too. Other text that has the shape
    of a secret shows as `[masked]`.

    Canaries are masked whatever their length, secrets from 4 characters on, encoded ones from 8 on. Where the
    start of an encoded secret cannot be found, the whole value around it is masked.
    """

    def __init__(
        self, canaries: Mapping[str, str] | None = None, secrets: Mapping[str, str] | None = None
    ) -> None:
        self._canaries = canaries or {}
        self._secrets = dict(secrets or {})
        self._plain: list[tuple[bytes, bytes]] | None = None
        self._known: Known | None = None

    def learn(self, secrets: Mapping[str, str]) -> None:
        """Mask these, too, from now on: name → value."""
        self._secrets |= secrets
        self._plain = self._known = None

    def __call__(self, text: str) -> str:
        """Return `text` without its secrets."""
        data = text.encode("utf-8", "surrogatepass")
        masked = self.data(data)
        return text if masked is data else masked.decode("utf-8", "surrogatepass")

    def data(self, data: bytes) -> bytes:
        """Return `data` without its secrets; the same object if it has none."""
        from harness.redaction.shapes import shaped

        if self._plain is None:
            self._plain = self._in_plain()
        for secret, shown in self._plain:
            if secret in data:
                data = data.replace(secret, shown)
        data = _masked(data, list(shaped(data, in_report=True)))
        return self._without_encoded(data) if _MAY_BE_ENCODED.search(data) else data

    def tree(self, value: Any) -> Any:
        """Return a JSON value with every string and every key in it masked; mappings become dicts and
        sequences lists."""
        if isinstance(value, str):
            return self(value)
        if isinstance(value, Mapping):
            return {self.tree(key): self.tree(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.tree(item) for item in value]
        return value

    def request(self, request: Request) -> Request:
        """Return the request masked, and without the values of headers and query parameters whose names say
        that they hold a credential, whatever its shape."""
        from harness.redaction.messages import secret_part
        from harness.redaction.names import names_secret_header, names_secret_parameter

        headers = []
        for name, value in request.headers:
            shown = f"{secret_part(value)[0]}[masked]" if names_secret_header(name) else self(value)
            headers.append((self(name), shown))
        url, mark, query = request.url.partition("?")
        pairs = ((pair, pair.partition("=")[0]) for pair in query.split("&"))
        shown_pairs = [f"{name}=[masked]" if names_secret_parameter(name) else pair for pair, name in pairs]
        url = self(url + mark + "&".join(shown_pairs))
        return replace(request, url=url, headers=tuple(headers), body=self.data(request.body))

    def _in_plain(self) -> list[tuple[bytes, bytes]]:
        """The secrets as they are, the longest first, and what is shown for each."""
        shown: dict[str, str] = {}
        for name, secret in self._canaries.items():
            shown.setdefault(secret, f"${{canary.{name}}}")
        for name, secret in (*self._secrets.items(), *_environment().items()):
            if len(secret) >= _SHORTEST:
                shown.setdefault(secret, f"[{name} masked]")
        longest_first = sorted(filter(None, shown), key=len, reverse=True)
        return [(_bytes(secret), _bytes(shown[secret])) for secret in longest_first]

    def _without_encoded(self, data: bytes) -> bytes:
        """The data without secrets that are written in another way than plainly."""
        if self._known is None:
            from harness.redaction.known import Known

            canaries = {f"canary.{name}": secret for name, secret in self._canaries.items()}
            self._known = Known({**_environment(), **self._secrets, **canaries})
        known = self._known
        if known.hidden_in(data) is None:
            return data
        from harness.redaction.spans import Span

        spans = [span._replace(instead=_label(known.name_of(span))) for span in known.spans(data)]
        spans += [
            Span(run.start, run.end, "", "", instead=_label(known.hidden_in(run.content)))
            for run in known.runs(data)
        ]
        data = _masked(data, spans)
        if known.hidden_in(data) is None:
            return data
        parts = _AROUND.split(data)
        parts[::2] = [_label(name) if (name := known.hidden_in(part)) else part for part in parts[::2]]
        data = b"".join(parts)
        return _label(name) if (name := known.hidden_in(data)) else data


def _masked(data: bytes, spans: Sequence[Span]) -> bytes:
    """The data with each span replaced by what it says is to be written instead; the same object if there
    is none."""
    if not spans:
        return data
    from harness.redaction.spans import merge

    parts: list[bytes] = []
    done = 0
    for span in merge(spans):
        parts += [data[done : span.start], span.instead or b"[masked]"]
        done = span.end
    return b"".join((*parts, data[done:]))


def _label(name: str | None) -> bytes:
    return _bytes(f"[{name} masked]")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
