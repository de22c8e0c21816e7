"""The table of secret shapes: keys of the known makes, tokens, ids of accounts.

Masking, scrubbing and scanning all go by it. Every pattern begins with a literal, so that text without it
costs a substring search, and is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

from harness.redaction.names import words
from harness.redaction.placeholders import is_placeholder
from harness.redaction.spans import Span

__all__ = ["shaped"]


class _Shape:
    """A shape: its name and kind, the literals that it may begin with (separated by spaces), its pattern.

    `unmistakable` ones are looked for within base64 too; `group` is the part of the match that is secret.
    `in_reports` is false for what is private in a recording, but needed in a report.
    """

    def __init__(
        self,
        name: str,
        kind: str,
        starts: str,
        pattern: str,
        *,
        unmistakable: bool = False,
        group: int = 0,
        in_reports: bool = True,
    ) -> None:
        self.name = name
        self.kind = kind
        self.starts = tuple(start.encode() for start in starts.split(" "))
        self.unmistakable = unmistakable
        self.group = group
        self.in_reports = in_reports
        self._pattern = pattern

    @cached_property
    def pattern(self) -> re.Pattern[bytes]:
        """Compiled when a text has the literal: most never do."""
        return re.compile(self._pattern.encode())


_W = r"[A-Za-z0-9_-]"
_ID = (
    r"(?:[A-Za-z0-9]{20,60}|(?=[A-Za-z]{0,19}[0-9])(?=[a-z0-9]{0,19}[A-Z])[A-Za-z0-9]{8,19})"
    r"(?![A-Za-z0-9_])"
)
_SHAPES = (
    _Shape("sk-or- key", "api-key", "sk-or-", rf"sk-or-(?:v1-)?{_W}{{16,200}}", unmistakable=True),
    _Shape("Anthropic key", "api-key", "sk-ant-", rf"sk-ant-{_W}{{16,200}}", unmistakable=True),
    _Shape(
        "OpenAI key",
        "api-key",
        "sk-",
        rf"sk-(?:(?:proj|svcacct|admin|None)-{_W}{{16,200}}|(?=[a-z_-]{{0,31}}[A-Z0-9]){_W}{{16,200}}|{_W}{{32,200}})",
    ),
    _Shape("masked key", "api-key", "sk-", rf"sk-{_W}{{0,40}}(?:\*{{3,200}}|\.\.\.){_W}{{2,40}}"),
    _Shape("Google key", "api-key", "AIza", rf"AIza{_W}{{30,100}}"),
    _Shape("Google token", "token", "ya29.", r"ya29\.[A-Za-z0-9_.-]{20,2000}"),
    _Shape("Groq key", "api-key", "gsk_", r"gsk_[A-Za-z0-9]{20,200}"),
    _Shape("xAI key", "api-key", "xai-", rf"xai-{_W}{{20,200}}"),
    _Shape("Hugging Face token", "token", "hf_", r"hf_[A-Za-z0-9]{20,200}"),
    _Shape("Replicate token", "token", "r8_", r"r8_[A-Za-z0-9]{30,100}"),
    _Shape("Perplexity key", "api-key", "pplx-", r"pplx-[A-Za-z0-9]{30,100}"),
    _Shape("NVIDIA key", "api-key", "nvapi-", rf"nvapi-{_W}{{30,200}}"),
    _Shape("AWS key id", "api-key", "AKIA ASIA", r"A(?:KIA|SIA)[0-9A-Z]{16}(?![0-9A-Za-z])"),
    _Shape("GitHub token", "token", "ghp_ gho_ ghu_ ghs_ ghr_", r"gh[pousr]_[A-Za-z0-9]{30,255}"),
    _Shape("GitHub token", "token", "github_pat_", r"github_pat_[A-Za-z0-9_]{30,255}"),
    _Shape(
        "JSON Web Token",
        "token",
        "eyJ",
        rf"eyJ{_W}{{10,4000}}\.(?:eyJ{_W}{{5,8000}}|{_W}{{10,8000}})\.{_W}{{0,2000}}",
        unmistakable=True,
    ),
    _Shape(
        "private key",
        "private-key",
        "-----BEGIN ",
        r"-----BEGIN (?:[A-Z]{1,20} ){0,4}PRIVATE KEY-----[^-]{0,20000}"
        r"(?:-----END (?:[A-Z]{1,20} ){1,5}KEY-----)?",
        unmistakable=True,
    ),
    _Shape("user id", "user", "user_", rf"user_{_ID}"),
    _Shape("organization id", "org", "org-", r"org-[A-Za-z0-9]{16,60}(?![A-Za-z0-9_-])"),
    _Shape("organization id", "org", "org_", rf"org_{_ID}"),
    _Shape("project id", "project", "proj_", r"proj_[A-Za-z0-9]{16,60}(?![A-Za-z0-9_])"),
    _Shape("canary", "canary", "canary-", r"canary-[0-9a-f]{32}"),
    _Shape(
        "bearer token",
        "token",
        "Bearer  bearer ",
        r"[Bb]earer {1,4}([A-Za-z0-9._~+/-]{20,4000}={0,2})",
        group=1,
    ),
    _Shape("basic credentials", "token", "Basic ", r"Basic {1,4}([A-Za-z0-9+/]{16,2000}={0,2})", group=1),
    _Shape(
        "home directory",
        "home",
        "/home/ /Users/",
        r"/(?:home|Users)/([A-Za-z0-9][A-Za-z0-9._-]{0,60})(?=[/\"'\s\\:;,)<`]|$)",
        group=1,
        in_reports=False,
    ),
    _Shape(
        "home directory",
        "home",
        ":\\Users\\ :\\\\Users\\\\ :/Users/",
        r":(?:\\{1,4}|/)Users(?:\\{1,4}|/)([A-Za-z0-9][A-Za-z0-9._ -]{0,60}?)(?=[\\/\"'])",
        group=1,
        in_reports=False,
    ),
    _Shape(
        "Azure resource",
        "azure",
        ".openai.azure.com .cognitiveservices.azure.com .services.ai.azure.com",
        r"\.(?:openai|cognitiveservices|services\.ai)\.azure\.com",
        in_reports=False,
    ),
    _Shape(
        "project path",
        "project",
        "/projects/",
        r"/projects/([A-Za-z0-9][A-Za-z0-9_-]{0,80})(?=[/?:\"#\s]|$)",
        group=1,
        in_reports=False,
    ),
)
_NOBODY = words("username runner ubuntu vscode node app root you yourname name Shared Public admin default")

_BEFORE = re.compile(rb"(?:^|[^A-Za-z0-9]|\\[nrtbf]|\\u[0-9A-Fa-f]{4}|%[0-9A-Fa-f]{2})\Z")
_BASE64_BEFORE = re.compile(rb"[A-Za-z0-9+/_-]*\Z")
_BASE64_AFTER = re.compile(rb"[A-Za-z0-9+/_=-]*")
_LONG_RUN = 400
_AZURE_NAME = re.compile(rb"[A-Za-z0-9-]{1,64}\Z")


def shaped(text: bytes, *, in_report: bool = False) -> Iterator[Span]:
    """Yield the secrets that `text` shows by their shape. Base64 of over 400 characters is data.

    A report keeps the names in paths and URLs, since its reader has to find the file; in a recording what
    only stands for a secret, such as `sk-your-api-key`, is not a secret.
    """
    for shape in _SHAPES:
        if (shape.in_reports or not in_report) and any(start in text for start in shape.starts):
            for match in shape.pattern.finditer(text):
                start, end = match.span(shape.group)
                if shape.kind == "azure":
                    start, end = _azure_name(text, match.start())
                if (
                    start < end
                    and _stands(text, match.start(), match.end(), shape)
                    and (in_report or _counts(text[start:end]))
                ):
                    yield Span(start, end, shape.name, shape.kind)


def _azure_name(text: bytes, end: int) -> tuple[int, int]:
    name = _AZURE_NAME.search(text, max(0, end - 64), end)
    return (name.start(), end) if name else (end, end)


def _counts(secret: bytes) -> bool:
    return secret.decode("latin-1") not in _NOBODY and not is_placeholder(secret)


def _stands(text: bytes, start: int, end: int, shape: _Shape) -> bool:
    """Return whether it begins where a word may begin, and is not part of a long stretch of base64."""
    if text[start : start + 1].isalnum() and not _BEFORE.search(text[max(0, start - 6) : start]):
        return False
    if text[start : start + 1] == b"/" and text[max(0, start - 1) : start].isalnum() and shape.kind == "home":
        return False
    if shape.unmistakable:
        return True
    before = _BASE64_BEFORE.search(text[max(0, start - _LONG_RUN) : start])
    after = _BASE64_AFTER.match(text, end, end + _LONG_RUN)
    around = (before.end() - before.start() if before else 0) + (after.end() - after.start() if after else 0)
    return around + end - start <= _LONG_RUN
