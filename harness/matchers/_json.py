"""Reading JSON without losing what matters: repeated keys, exact integers, the constants JSON has not."""

from __future__ import annotations

import json
from typing import Any, NoReturn

import orjson

__all__ = ["DuplicateKeyError", "read_json"]

_START = 64  # bytes that tell whether the text is compact


class DuplicateKeyError(ValueError):
    """A JSON object has the same key twice."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise DuplicateKeyError(f"has the key {json.dumps(key)} twice in one object")
            seen.add(key)
    return value


def _constant(word: str) -> NoReturn:
    raise ValueError(word)


_strict = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant)


def read_json(text: bytes | str) -> Any:
    """The JSON value of `text`.

    Raises `DuplicateKeyError` if an object has a key twice, and `ValueError` if it is not JSON in UTF-8;
    the messages complete a sentence: "the body" + " is not UTF-8".
    """
    raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if b'": ' not in raw[:_START]:
        try:
            value = orjson.loads(raw)
            # Compact text that survives the round trip has no repeated key and no integer cut to a float.
            if orjson.dumps(value) == raw:
                return value
        except (orjson.JSONDecodeError, TypeError):
            pass
    try:
        return _strict.decode(text if isinstance(text, str) else raw.decode())
    except DuplicateKeyError:
        raise
    except RecursionError:
        raise ValueError("is nested too deeply") from None
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8") from None
    except ValueError as error:
        raise ValueError(f"is not JSON: {error}") from None
