"""The last check of a cassette: does what is on the disk, or about to be, contain a secret?

It works on the finished bytes and knows nothing of how they were made.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import yaml

from harness.model import Headers
from harness.redaction.bodies import Chunked, decode, to_utf8
from harness.redaction.finding import Reading, as_text, find
from harness.redaction.known import Known
from harness.redaction.locations import place_in
from harness.redaction.messages import as_url, encode, first_value, reading_of, secret_part
from harness.redaction.names import is_secret_header, key_kind
from harness.redaction.placeholders import is_empty_cookie, is_placeholder
from harness.redaction.rules import COMMON, RedactionRules, Side

__all__ = ["Finding", "scan"]

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_COMMENT = re.compile(rb"(?m)^[ \t]*#[^\n]*$")


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """A secret that should not be there: what it is and where, never the secret itself.

    `line` counts from 1 in the cassette's file; `place` is such as `interaction 2, response header
    set-cookie`; `rule` is what found it.
    """

    line: int
    place: str
    rule: str

    def __str__(self) -> str:
        return f"line {self.line}, {self.place}: {self.rule}"


_Path = tuple[str | int, ...]
_Found = tuple[_Path, str, str]  # where in the file's structure; the place in words; the rule


def scan(
    data: bytes,
    known: Known | Mapping[str, str] = Known({}),  # noqa: B008 - immutable
    *,
    rules: RedactionRules = COMMON,
) -> list[Finding]:
    """Return the secrets in the bytes of a cassette, in file order.

    `known` secrets (name → value, or made ready as `Known` where many files are scanned) are found in
    every spelling, also within base64 and compressed bodies; others by header, parameter and key, and by
    their shape; headers that `rules` keep are none. Bytes that are not YAML are searched as text.
    """
    look = _Look(known if isinstance(known, Known) else Known(known), rules)
    try:
        tree = yaml.load(data, Loader=_LOADER)  # noqa: S506 - a safe loader
    except (yaml.YAMLError, ValueError):
        return sorted({Finding(line, "text", rule) for line, rule in look.lines(data)})
    found = list(look.file(tree))
    findings = {
        Finding(line, place, rule) for line, (_, place, rule) in zip(_lines(data, found), found, strict=True)
    }
    findings |= {Finding(line, "comment", rule) for line, rule in look.comments(data)}
    if not findings and look.known.hidden_in(data):
        findings = {Finding(line, "text", rule) for line, rule in look.lines(data)}
    return sorted(findings)


class _Look:
    """Goes through a cassette as it was loaded from its file."""

    def __init__(self, known: Known, rules: RedactionRules) -> None:
        self.known = known
        self._rules = rules

    def lines(self, text: bytes) -> Iterator[tuple[int, str]]:
        for at, rule in self._secrets(text, as_text):
            yield text.count(b"\n", 0, at) + 1, rule

    def comments(self, data: bytes) -> Iterator[tuple[int, str]]:
        """The comments, which YAML readers skip."""
        for comment in _COMMENT.finditer(data):
            for at, rule in self._secrets(comment[0], as_text):
                yield data.count(b"\n", 0, comment.start() + at) + 1, rule

    def file(self, tree: Any) -> Iterator[_Found]:
        interactions = tree.get("interactions") if isinstance(tree, dict) else None
        if not isinstance(interactions, list):
            yield from self._values(tree, (), "")
            return
        for key, value in tree.items():
            if key != "interactions":
                yield from self._entry(key, value, (), "")
        for number, interaction in enumerate(interactions):
            yield from self._interaction(interaction, ("interactions", number), f"interaction {number}")

    def _interaction(self, interaction: Any, path: _Path, where: str) -> Iterator[_Found]:
        if not isinstance(interaction, dict):
            yield from self._values(interaction, path, where)
            return
        request = interaction.get("request")
        url = str(request.get("uri", "")) if isinstance(request, dict) else ""
        for key, value in interaction.items():
            if key in ("request", "response") and isinstance(value, dict):
                yield from self._message(key, url, value, (*path, key), f"{where}, {key}")
            else:
                yield from self._entry(key, value, path, where)

    def _message(
        self, side: Side, url: str, message: dict[Any, Any], path: _Path, where: str
    ) -> Iterator[_Found]:
        headers = _headers(message.get("headers"))
        for key, value in message.items():
            below = (*path, key)
            if key == "headers" and isinstance(value, dict):
                yield from self._headers(side, value, below, where)
            elif key == "uri" and isinstance(value, str):
                yield from self._text(encode(value), below, f"{where} URL", as_url)
            elif key in ("body", "parsed_body", "content"):
                yield from self._body(side, url, headers, value, below, f"{where} body")
            else:
                yield from self._entry(key, value, path, where)

    def _headers(self, side: Side, headers: dict[Any, Any], path: _Path, where: str) -> Iterator[_Found]:
        for name, values in headers.items():
            below = (*path, name)
            shown = self._shown(name)
            yield from self._text(_bytes(name), below, f"{where} header name")
            for value in values if isinstance(values, list) else [values]:
                text = _bytes(value)
                secret = encode(secret_part(text.decode("utf-8", "surrogateescape"))[1])
                cookie = "cookie" in str(name).lower()
                harmless = is_placeholder(secret) or (cookie and is_empty_cookie(secret))
                if is_secret_header(str(name), side, secret, self._rules) and not harmless:
                    yield below, f"{where} header {shown}", f"header {shown.lower()}"
                else:
                    yield from self._text(text, below, f"{where} header {shown}", as_url)

    def _body(
        self, side: Side, url: str, headers: Headers, body: Any, path: _Path, where: str
    ) -> Iterator[_Found]:
        if isinstance(body, dict) and set(body) & {"string", "base64_string"}:
            for key, value in body.items():
                yield from self._body(side, url, headers, _content(key, value), (*path, key), where)
            return
        if body is not None and not isinstance(body, str | bytes):
            body = _as_json(body)
        text = _bytes(body)
        coding = first_value(headers, "content-encoding")
        if coding and text:
            plain = decode(coding, Chunked((text,), ()))
            if plain is None:
                yield path, where, f"content encoding {coding}, which cannot be decoded and searched"
                return
            text = plain.body
        wide = to_utf8(first_value(headers, "content-type"), text)
        yield from self._text(wide[0] if wide else text, path, where, reading_of(side, url, headers))

    def _values(self, value: Any, path: _Path, where: str) -> Iterator[_Found]:
        """Anything else in the file: metadata, notes, the forms of other recorders."""
        if isinstance(value, dict):
            for key, item in value.items():
                yield from self._entry(key, item, path, where)
        elif isinstance(value, list | tuple):
            for number, item in enumerate(value):
                yield from self._values(item, (*path, number), f"{where}[{number}]")
        elif isinstance(value, str | bytes):
            yield from self._text(_bytes(value), path, where or "text")

    def _entry(self, key: Any, value: Any, path: _Path, where: str) -> Iterator[_Found]:
        shown = self._shown(key)
        below = (*path, key)
        place = f"{where}, {shown}" if where.startswith("interaction") else f"{where}.{shown}".strip(".")
        yield from self._text(_bytes(key), below, f"{place} (the key)")
        if isinstance(value, str):
            text = encode(value)
            if key_kind(_bytes(key), text) is not None and not is_placeholder(text):
                yield below, place, f"field {shown}"
                return
        yield from self._values(value, below, place)

    def _text(self, text: bytes, path: _Path, where: str, reading: Reading = as_text) -> Iterator[_Found]:
        for at, rule in self._secrets(text, reading):
            place = place_in(text, at) if where.endswith("body") else ""
            yield path, f"{where} {self._shown(place)}".strip(), rule

    def _secrets(self, text: bytes, reading: Reading) -> list[tuple[int, str]]:
        found = [(span.start, span.rule) for span in find(text, self.known, reading)]
        found += [(run.start, "known secret in base64") for run in self.known.runs(text)]
        if not found and self.known.hidden_in(text):
            found.append((0, "known secret, encoded"))
        return found

    def _shown(self, name: Any) -> str:
        """A name or a place to show; `(a secret)` for one that contains a secret."""
        text = _bytes(name)
        return "(a secret)" if self._secrets(text, as_text) else str(name)


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else encode(str("" if value is None else value))


def _as_json(value: Any) -> bytes:
    return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS)


def _content(key: Any, value: Any) -> Any:
    if key != "base64_string":
        return value
    try:
        return base64.b64decode(value)
    except (binascii.Error, TypeError, ValueError):
        return value


def _headers(stated: Any) -> Headers:
    if not isinstance(stated, dict):
        return ()
    return tuple(
        (str(name), str(value))
        for name, values in stated.items()
        for value in (values if isinstance(values, list) else [values])
    )


def _lines(data: bytes, found: list[_Found]) -> list[int]:
    """The line of each finding, or of the nearest thing above it that has one."""
    root = yaml.compose(data, Loader=_LOADER) if found else None
    return [_line(root, path) for path, _, _ in found]


def _line(node: Any, path: _Path) -> int:
    line = 1
    for step in path:
        if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
        elif isinstance(node, yaml.MappingNode):
            entry = next((pair for pair in node.value if pair[0].value == str(step)), None)
            if entry is None:
                break
            node = entry[1]
            line = entry[0].start_mark.line + 1
            continue
        else:
            break
        line = node.start_mark.line + 1
    return int(line)
