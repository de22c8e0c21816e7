"""The images in an answer (OR-IMG-08, -09): data URLs and base64, wherever models put them."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple, NoReturn

from harness.model import JsonValue

__all__ = ["Picture", "in_chat", "in_list"]

_IMAGE = "image/png"
_DATA_URL = re.compile(r"data:(image/[^;,\s]+)(?:;[^;,\s]+)*;base64,([A-Za-z0-9+/_-]+={0,2})", re.IGNORECASE)
_BEGINNINGS = (
    (b"\x89PNG\r\n\x1a\n", _IMAGE),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
)
_EXTENSIONS = {"jpeg": "jpg", "svg+xml": "svg"}


class Picture(NamedTuple):
    """One image of an answer."""

    mime_type: str
    data: bytes

    @property
    def extension(self) -> str:
        kind = self.mime_type.partition(";")[0].strip().lower().removeprefix("image/")
        return _EXTENSIONS.get(kind, kind)


def in_chat(answer: JsonValue, *, strict: bool) -> list[Picture]:
    """The images of a chat completion: of each message its `images`, then those of its content.

    Raises `ValueError` where there are none. `strict` (latest): also for anything that is not shaped as
    it should be, which is passed over otherwise.
    """
    return _some(list(_Reader(strict).choices(answer)))


def in_list(answer: JsonValue) -> list[Picture]:
    """The images of an answer of the images endpoint. Raises `ValueError` where there are none, or an entry
    does not hold one."""
    entries = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(entries, list):
        _malformed()
    return _some([_entry(entry) for entry in entries])


def _entry(entry: JsonValue) -> Picture:
    data = _decoded(entry.get("b64_json")) if isinstance(entry, dict) else None
    if data is None:
        _malformed()
    stated = entry.get("media_type")
    return Picture(stated.strip() if isinstance(stated, str) and stated.strip() else _sniffed(data), data)


class _Reader:
    """Reads a chat completion, and is strict about its shape or not."""

    def __init__(self, strict: bool) -> None:
        self._strict = strict

    def choices(self, answer: JsonValue) -> Iterator[Picture]:
        for choice in self._list(self._object(answer).get("choices"), required=True):
            message = self._object(self._object(choice).get("message"))
            for image in self._list(message.get("images")):
                yield from self._linked(self._object(image))
            yield from self._content(message.get("content"))

    def _content(self, content: JsonValue) -> Iterator[Picture]:
        if isinstance(content, str):
            for found in _DATA_URL.finditer(content):
                yield from self._picture(found[1], found[2])
            return
        for part in self._list(content):
            part = self._object(part)
            if "image_url" in part or "imageUrl" in part:
                yield from self._linked(part)
            elif "b64_json" in part:
                yield from self._picture(_IMAGE, part["b64_json"])
            elif "inlineData" in part or "inline_data" in part:
                inline = self._object(part.get("inlineData", part.get("inline_data")))
                mime = inline.get("mimeType") or inline.get("mime_type") or _IMAGE
                yield from self._picture(mime, inline.get("data"))

    def _linked(self, part: Mapping[str, JsonValue]) -> Iterator[Picture]:
        url = self._object(part.get("image_url", part.get("imageUrl"))).get("url")
        found = _DATA_URL.fullmatch(url.strip()) if isinstance(url, str) else None
        if found is not None:
            yield from self._picture(found[1], found[2])
        else:
            self._complain()

    def _picture(self, mime_type: JsonValue, text: JsonValue) -> Iterator[Picture]:
        data = _decoded(text)
        if data is not None and isinstance(mime_type, str):
            yield Picture(mime_type, data)
        else:
            self._complain()

    def _object(self, value: JsonValue) -> Mapping[str, JsonValue]:
        if isinstance(value, dict):
            return value
        self._complain()
        return {}

    def _list(self, value: JsonValue, *, required: bool = False) -> list[JsonValue]:
        if isinstance(value, list):
            return value
        if value is not None or required:
            self._complain()
        return []

    def _complain(self) -> None:
        if self._strict:
            _malformed()


def _some(pictures: list[Picture]) -> list[Picture]:
    if not pictures:
        raise ValueError("the answer has no image data")
    return pictures


def _malformed() -> NoReturn:
    raise ValueError("the answer is malformed")


def _decoded(text: JsonValue) -> bytes | None:
    """The bytes of base64 in either alphabet, padded or not; None for anything else, and for no bytes."""
    if not isinstance(text, str):
        return None
    plain = "".join(text.split()).rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True) or None
    except (binascii.Error, ValueError):
        return None


def _sniffed(data: bytes) -> str:
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((mime for beginning, mime in _BEGINNINGS if data.startswith(beginning)), _IMAGE)
