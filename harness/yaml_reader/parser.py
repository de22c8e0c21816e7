"""The parser under the reader: libyaml, or PyYAML's own, made to read what libyaml reads."""

from __future__ import annotations

import re
import warnings
from functools import cache
from typing import Any, Final

import yaml
from yaml.scanner import ScannerError

__all__ = ["parser_class"]

_BREAKS: Final = "\r\n\x85\u2028\u2029"
_BLANK_OR_END: Final = "\0 \t" + _BREAKS
_NO_CHARACTER: Final = r"(?:u|U0000)[dD][89a-fA-F]|U(?!00(?:0|10))"
_UP_TO_BAD_ESCAPE: Final = re.compile(
    rf'"[^"\\]*+(?:\\(?!{_NO_CHARACTER}).[^"\\]*+)*+\\(?={_NO_CHARACTER}).', re.DOTALL
)


@cache
def parser_class() -> Any:
    """Return the fastest parser that is installed; warn, once, if that is PyYAML's own."""
    if yaml.__with_libyaml__:
        return yaml.CSafeLoader
    warnings.warn(
        "PyYAML was installed without libyaml: YAML loads about ten times slower "
        "(reinstall PyYAML from a wheel, or build it with libyaml's headers)",
        RuntimeWarning,
        stacklevel=3,
    )
    return PythonParser


class PythonParser(yaml.SafeLoader):
    """PyYAML's own parser, where it differs from libyaml.

    libyaml takes a question mark within a plain text in `{ }` and `[ ]`, and a tab between tokens. It refuses
    a tab in the indentation of a block of text, and an escape that is not a character (half of a surrogate
    pair).
    """

    # What the base class has and its stubs leave out.
    flow_level: int
    indent: int
    line: int
    column: int
    index: int
    pointer: int
    buffer: str
    allow_simple_key: bool
    peek: Any
    prefix: Any
    forward: Any
    get_mark: Any
    scan_line_break: Any

    def fetch_stream_end(self) -> None:
        """End the text; what is missing there is missing from the line after it."""
        if self.column:
            self.line, self.column = self.line + 1, 0
        super().fetch_stream_end()

    def scan_to_next_token(self) -> None:
        """Skip spaces, tabs where no key may begin, comments and line breaks."""
        if self.index == 0 and self.peek() == "\ufeff":
            self.forward()
        while True:
            tab = "\t" if self.flow_level or not self.allow_simple_key else " "
            while self.peek() in (" ", tab):
                self.forward()
            if self.peek() == "#":
                while self.peek() not in "\0" + _BREAKS:
                    self.forward()
            if not self.scan_line_break():
                return
            if not self.flow_level:
                self.allow_simple_key = True

    def scan_plain(self) -> yaml.ScalarToken:
        """Scan a plain text; a question mark does not end it, nor does a tab."""
        ends = ",[]{}" if self.flow_level else ""
        chunks: list[str] = []
        spaces: list[str] = []
        start = end = self.get_mark()
        indent = self.indent + 1
        while self.peek() != "#":
            length = 0
            while (char := self.peek(length)) not in _BLANK_OR_END and char not in ends:
                if char == ":":
                    after = self.peek(length + 1)
                    if after in _BLANK_OR_END:
                        break
                    if ends and after in ",?[]{}":
                        self.forward(length)
                        raise self._error("while scanning a plain scalar", start, "found unexpected ':'")
                length += 1
            if not length:
                break
            self.allow_simple_key = False
            chunks += [*spaces, self.prefix(length)]
            self.forward(length)
            end = self.get_mark()
            spaces = self.scan_plain_spaces(indent, start)
            if not spaces or (not ends and self.column < indent):
                break
        return yaml.ScalarToken("".join(chunks), True, start, end)

    def scan_plain_spaces(self, indent: int, start: Any) -> list[str]:
        """Scan what stands between the words of a plain text; nothing if the text ends here."""
        blanks = ""
        while self.peek() in " \t":
            blanks += self.prefix()
            self.forward()
        if self.peek() not in _BREAKS:
            return [blanks] if blanks else []
        first = self.scan_line_break()
        self.allow_simple_key = True
        breaks: list[str] = []
        while not self._at_separator():
            if self.peek() in " \t":
                if self.peek() == "\t" and self.column < indent:
                    problem = "found a tab character that violates indentation"
                    raise self._error("while scanning a plain scalar", start, problem)
                self.forward()
            elif self.peek() in _BREAKS:
                breaks.append(self.scan_line_break())
            else:
                if first != "\n":
                    return [first, *breaks]
                return breaks or [" "]
        return []

    def _at_separator(self) -> bool:
        if self.column or self.prefix(3) not in ("---", "..."):
            return False
        return self.peek(3) in _BLANK_OR_END

    def scan_flow_scalar(self, style: str) -> yaml.ScalarToken:
        """Scan a quoted text."""
        if found := _UP_TO_BAD_ESCAPE.match(self.buffer, self.pointer):
            start = self.get_mark()
            self.forward(len(found.group()))
            problem = "found invalid Unicode character escape code"
            raise self._error("while parsing a quoted scalar", start, problem)
        token: yaml.ScalarToken = super().scan_flow_scalar(style)
        return token

    def scan_block_scalar_indentation(self) -> tuple[list[str], int, Any]:
        """Scan the lines before a block of text, and how far it is indented."""
        found: tuple[list[str], int, Any] = super().scan_block_scalar_indentation()
        self._refuse_tab()
        return found

    def scan_block_scalar_breaks(self, indent: int) -> tuple[list[str], Any]:
        """Scan empty lines in a block of text, and the indentation after them."""
        found: tuple[list[str], Any] = super().scan_block_scalar_breaks(indent)
        if self.column < indent:
            self._refuse_tab()
        return found

    def _refuse_tab(self) -> None:
        if self.peek() == "\t":
            problem = "found a tab character where an indentation space is expected"
            raise self._error("while scanning a block scalar", self.get_mark(), problem)

    def _error(self, context: str, start: Any, problem: str) -> ScannerError:
        return ScannerError(context, start, problem, self.get_mark())
