"""From a parser's events to values: the one loop under all that is read from YAML.

What scalars mean, what a tag does and what is an error differ between suites and recordings; a subclass
says so. Depth and the number of values are bounded here, while they are read.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final, TypeAlias

import yaml

from harness.yaml_reader.parser import parser_class

__all__ = ["NO_KEY", "Event", "EventReader", "Mark", "Places", "StopReading"]

Event: TypeAlias = Any
"""An event of PyYAML. Its `start_mark` is a `Mark`."""

Mark: TypeAlias = Any
"""A place as the parser has it: `line` and `column` count from 0, `index` in characters."""

NO_KEY: Final = object()
"""In a mapping whose next scalar is a key."""

_TEXTS_ONLY: Final[frozenset[str]] = frozenset()


class StopReading(Exception):  # noqa: N818 - ends reading, and is not an error
    """Stop reading: the rest is ignored."""


class Places:
    """Where the keys and the values of one mapping or list stand."""

    __slots__ = ("items", "keys")

    def __init__(self) -> None:
        self.keys: dict[Any, Mark] = {}
        self.items: dict[Any, Mark] = {}


class EventReader:
    """Build the value of one document. This class by itself takes every scalar for text."""

    value_starts: ClassVar[frozenset[str]] = frozenset()
    """First characters of the plain scalars that `plain` is asked about; "" is for an empty one."""
    text_keys: ClassVar[frozenset[str]] = frozenset()
    """Keys of mappings in which every scalar is text, at any depth."""

    def __init__(self, *, max_depth: int, max_values: int, places_depth: int = 0) -> None:
        """Read no deeper than `max_depth`, and no more than `max_values` values, aliases written out.

        Mappings and lists no deeper than `places_depth` (the outermost has 1) know where their items stand.
        """
        self.max_depth = max_depth
        self.max_values = max_values
        self.places_depth = places_depth
        self.places: dict[int, Places] = {}  # by the ids of mappings and lists
        self.plain_keys: set[str] = set()
        """Keys that are themselves, quoted or not, as `key` has found; it is not asked about them again."""
        self.lines: dict[int, int] = {}  # of the mappings in lists at the top
        self._anchors: dict[str, tuple[Any, int] | None] = {}  # None: still being built

    # -------------------------------------------------------------- what a subclass says

    def report(self, mark: Mark, message: str) -> None:
        """Take note of a problem. Raises to end the reading."""

    def unparsable(self, error: yaml.YAMLError) -> None:
        """Report that the text is not YAML."""

    def plain(self, event: Event, lost_by: str | None) -> Any:
        """Return the value of a plain scalar. `lost_by` is its key if it stands in a mapping in { }."""
        return event.value

    def tagged(self, event: Event) -> Any:
        """Return the value of a scalar with a tag."""
        return event.value

    def key(self, event: Event, mapping: dict[Any, Any], places: Places | None) -> Any:
        """Return the key that a scalar is, if it has a tag, is there already or not in `plain_keys`."""
        return event.value

    def key_of_value(self, event: Event, value: Any, mapping: dict[Any, Any]) -> Any:
        """Return the key that is an alias, a mapping or a list."""
        return "\0"

    def container_as_key(self, event: Event) -> Any:
        """Return the key for a mapping or list that begins where a key is due, or `NO_KEY` to read it."""
        return "\0"

    def container_tag(self, event: Event) -> None:
        """Check the tag of a mapping or list."""

    def tagged_container(self, event: Event, value: Any) -> Any:
        """Return the value of a mapping or list with a tag."""
        return value

    def second_document(self, event: Event) -> None:
        """Take note that the text goes on after the first document, which is all that is read."""

    def empty(self) -> None:
        """Report that there is no document."""

    # -------------------------------------------------------------- reading

    def read(self, source: str | bytes) -> Any:
        """Return the value of the first document in `source`, None if it could not be read to its end."""
        try:
            parser = parser_class()(source)
        except yaml.YAMLError as error:  # an invalid character; libyaml meets it later
            self.unparsable(error)
            return None
        try:
            return self._read(parser.get_event, source)
        except StopReading:
            return None
        finally:
            parser.dispose()

    def _read(self, get: Any, source: str | bytes) -> Any:
        scalar, mapping, sequence = yaml.ScalarEvent, yaml.MappingStartEvent, yaml.SequenceStartEvent
        mapping_end, sequence_end, alias = yaml.MappingEndEvent, yaml.SequenceEndEvent, yaml.AliasEvent
        max_depth, max_values, places_depth = self.max_depth, self.max_values, self.places_depth
        value_starts, text_keys, plain_keys = self.value_starts, self.text_keys, self.plain_keys
        root: list[Any] = []
        stack: list[Any] = []  # the same for what is around
        container: Any = root
        start: Any = None  # the event with which it began
        is_map = False
        key: Any = NO_KEY
        own: Places | None = None
        event: Any = None
        depth = count = documents = 0
        try:
            while True:
                event = get()
                kind = event.__class__
                if kind is scalar:
                    value: Any = event.value
                    if is_map and key is NO_KEY:
                        if value not in plain_keys or value in container or event.tag is not None:
                            value = self.key(event, container, own)
                        if event.anchor is not None:
                            self._anchors[event.anchor] = (value, 1)
                        if own is not None and value not in own.keys:
                            own.keys[value] = event.start_mark
                        key = value
                        continue
                    if event.tag is not None:
                        value = self.tagged(event)
                    elif value_starts and not event.style and value[:1] in value_starts:
                        value = self.plain(event, key if is_map and start.flow_style else None)
                    count += 1
                    if event.anchor is not None:
                        self._anchors[event.anchor] = (value, 1)
                    if count > max_values:
                        self._too_many(event.start_mark)
                    if own is not None:
                        own.items[key if is_map else len(container)] = event.start_mark
                    if is_map:
                        container[key] = value
                        key = NO_KEY
                    else:
                        container.append(value)
                    continue
                if kind is mapping or kind is sequence:
                    if is_map and key is NO_KEY:
                        key = self.container_as_key(event)
                    if event.tag is not None:
                        self.container_tag(event)
                    if event.anchor is not None:
                        self._anchors[event.anchor] = None
                    stack.append((container, is_map, key, start, count, own, value_starts))
                    start = event
                    depth += 1
                    if depth > max_depth:
                        self._too_deep(event.start_mark)
                    count += 1
                    if kind is mapping:
                        container, is_map = {}, True
                        if key in text_keys:
                            value_starts = _TEXTS_ONLY
                        if depth == 3:
                            self.lines[id(container)] = event.start_mark.line + 1
                    else:
                        container, is_map = [], False
                    if depth <= places_depth:
                        own = self.places[id(container)] = Places()
                    else:
                        own = None
                    key = NO_KEY
                    continue
                if kind is mapping_end or kind is sequence_end:
                    value, event = container, start
                    container, is_map, key, start, before, own, value_starts = stack.pop()
                    depth -= 1
                    if event.tag is not None:
                        value = self.tagged_container(event, value)
                    if event.anchor is not None:
                        self._anchors[event.anchor] = (value, count - before)
                elif kind is alias:
                    value, size = self._aliased(event)
                    count += size
                elif kind is yaml.DocumentStartEvent:
                    documents += 1
                    if documents > 1:
                        self.second_document(event)
                        return root[0]
                    continue
                elif kind is yaml.StreamEndEvent:
                    if not documents:
                        self.empty()
                        return None
                    return root[0]
                else:
                    continue
                if count > max_values:
                    self._too_many(event.start_mark)
                if is_map:
                    if key is NO_KEY:
                        key = self.key_of_value(event, value, container)
                        continue
                    container[key] = value
                    if own is not None:
                        own.items[key] = event.start_mark
                    key = NO_KEY
                else:
                    if own is not None:
                        own.items[len(container)] = event.start_mark
                    container.append(value)
        except yaml.YAMLError as error:
            self._report_deep_nesting(error, event, depth, source)
            self.unparsable(error)
            raise StopReading from None

    def _aliased(self, event: Event) -> tuple[Any, int]:
        """Return what an alias stands for, and how many values that is."""
        name = event.anchor
        if name not in self._anchors:
            self.report(
                event.start_mark,
                f'unknown anchor &{name}: quote this value ("*{name}") if it is text',
            )
            return None, 1
        found = self._anchors[name]
        if found is None:
            self.report(event.start_mark, f"the alias *{name} is inside its own anchor &{name}")
            return None, 1
        return found

    def _too_deep(self, mark: Mark) -> None:
        self.report(mark, f"is nested more than {self.max_depth} levels deep")
        raise StopReading

    def _too_many(self, mark: Mark) -> None:
        self.report(mark, f"has more than {self.max_values:,} values once aliases are expanded")
        raise StopReading

    def _report_deep_nesting(
        self, error: yaml.YAMLError, last: Event, depth: int, source: str | bytes
    ) -> None:
        """Report what is nested too deep before the place where the parser stopped, and end there.

        Parsers read ahead, and newer versions of libyaml have a limit of their own, which they would name.
        """
        mark = getattr(error, "problem_mark", None)
        if mark is None:
            return
        text = source if isinstance(source, str) else source.decode("utf-8", "replace")
        ahead = text[last.end_mark.index if last else 0 : mark.index]
        if depth + sum(map(ahead.count, "[{-?:")) >= self.max_depth:
            probe = _Probe(max_depth=self.max_depth, max_values=self.max_values)
            probe.read(text[: mark.index])
            if probe.found is not None:
                self._too_deep(probe.found)


class _Probe(EventReader):
    """Finds where a text is nested too deep."""

    found: Mark | None = None

    def _too_deep(self, mark: Mark) -> None:
        self.found = mark
        raise StopReading

    def _report_deep_nesting(self, *args: Any) -> None:
        pass
