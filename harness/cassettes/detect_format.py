"""What a recording is that is not vcrpy's: other tools keep theirs in the same folders."""

from __future__ import annotations

from typing import Any

__all__ = ["detect_format"]


def detect_format(value: Any) -> str | None:
    """What the top of a file shows it to be, as `a … of …`; None if it may be a cassette of vcrpy."""
    if isinstance(value, str):
        if value.startswith("version https://git-lfs.github.com/"):
            return "a Git LFS pointer (run `git lfs pull`)"
        return None
    if isinstance(value, list):
        return _of_list(value)
    return _of_mapping(value) if isinstance(value, dict) else None


def _of_list(value: list[Any]) -> str | None:
    first = value[0] if value else None
    if not isinstance(first, dict):
        return None
    if {"request", "response"} <= first.keys():
        return "a cassette of vcrpy before version 1 (migrate it with `python -m vcr.migration PATH`)"
    if {"scope", "path"} <= first.keys():
        return "a recording of nock"
    return _of_mapping(first)


def _of_mapping(value: dict[str, Any]) -> str | None:
    if "http_interactions" in value:
        return f"a cassette of {_recorder(value)}"
    if {"when", "then"} <= value.keys():
        return "a recording of httpmock (when and then)"
    if isinstance(value.get("log"), dict) and "entries" in value["log"]:
        return "an HTTP archive (HAR)"
    if "mappings" in value:
        return "a recording of WireMock"
    if {"request", "response"} <= value.keys():
        return "one exchange (a request and its response), as Datadog's test agent keeps it"
    interactions = value.get("interactions")
    if isinstance(interactions, dict):
        return "a recording of an SDK's calls, whose `interactions` are a mapping"
    first = interactions[0] if isinstance(interactions, list) and interactions else None
    return _of_interaction(first, value) if isinstance(first, dict) else None


def _recorder(value: dict[str, Any]) -> str:
    """Ruby, R and betamax share a format."""
    by = str(value.get("recorded_with", ""))
    if by.lower().startswith("betamax"):
        return "betamax"
    return "VCR for R" if by.lower().startswith("vcr/") or "webmockr" in by.lower() else "VCR for Ruby"


def _of_interaction(first: dict[str, Any], whole: dict[str, Any]) -> str | None:
    if "direction" in first or "frames" in first or first.get("kind") in ("message", "frame", "websocket"):
        return "a recording of a WebSocket session"
    request, response = first.get("request"), first.get("response")
    if isinstance(request, dict) and "uri" not in request and "url" in request:
        if whole.get("version") == 2 or (isinstance(response, dict) and "code" in response):
            return f"a cassette of go-vcr (its version {whole.get('version', 1)})"
        return "a recording with `url` where vcrpy has `uri`"
    if isinstance(request, dict) and "uri" not in request and "method" not in request:
        return "a recording of an SDK's calls, not of HTTP"
    return None
