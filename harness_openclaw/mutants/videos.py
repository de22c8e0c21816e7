"""Mutants that ask for a video wrongly; what they do until it is there is in `video_jobs`."""

from __future__ import annotations

from typing import Any

from harness.model import Request
from harness_openclaw.mutants.base import (
    Call,
    CaseClient,
    Given,
    altered,
    body_of,
    client,
    with_body,
    with_fields,
    without_headers,
)

__all__: list[str] = []


@client("OR-VID-01", "video")
def submits_without_a_content_type(given: Given, client: CaseClient) -> Call:
    """Leaves it to the provider to find out that a job is JSON."""
    return (
        yield from altered(client(given), request=lambda request: without_headers(request, "content-type"))
    )


@client("OR-VID-01", "video")
def states_its_defaults(given: Given, client: CaseClient) -> Call:
    """Fills in what was not given, and so overrides what the model would have chosen."""

    def filled(request: Request) -> Request:
        if request.method != "POST":
            return request
        return with_body(request, {"aspect_ratio": "16:9", "duration": 4} | body_of(request))

    return (yield from altered(client(given), request=filled))


@client("OR-VID-02", "video")
def cuts_lengths_down(given: Given, client: CaseClient) -> Call:
    """Rounds a length down, so that between two the shorter video is made."""
    duration = given.get("duration")
    if not isinstance(duration, int | float) or isinstance(duration, bool):
        return (yield from client(given))
    seconds = next((length for length in (8, 6, 4) if length <= duration), 4)
    return (yield from client({**given, "duration": seconds}))


@client("OR-VID-02", "video")
def reads_lengths_from_text(given: Given, client: CaseClient) -> Call:
    """Takes a length in words for one."""
    duration = given.get("duration")
    return (
        yield from client({**given, "duration": int(duration) if isinstance(duration, str) else duration})
    )


@client("OR-VID-03", "video")
def keeps_the_resolution_in_capitals(given: Given, client: CaseClient) -> Call:
    """Sends the resolution as the user wrote it."""
    return (yield from altered(client(given), request=_stating("resolution", given.get("resolution"))))


@client("OR-VID-03", "video")
def takes_any_wish_for_sound(given: Given, client: CaseClient) -> Call:
    """Sends whatever is truthy as the wish for sound."""
    wish = given.get("generate_audio")
    return (yield from client({**given, "generate_audio": None if wish is None else bool(wish)}))


@client("OR-VID-04", "video")
def overwrites_the_first_frame(given: Given, client: CaseClient) -> Call:
    """Lets the second picture that is tagged as the first frame take its place."""
    images = given.get("images") or []
    tagged = [image for image in images if image.get("role") == "first_frame"]
    kept = [image for image in images if image not in tagged[:-1]]
    return (yield from client({**given, "images": kept}))


@client("OR-VID-04", "video")
def sends_empty_lists(given: Given, client: CaseClient) -> Call:
    """Sends the lists of pictures also where there are none."""

    def filled(request: Request) -> Request:
        if request.method != "POST":
            return request
        return with_body(request, {"frame_images": [], "input_references": [], **body_of(request)})

    return (yield from altered(client(given), request=filled))


@client("OR-VID-05", "video")
def reads_seeds_from_text(given: Given, client: CaseClient) -> Call:
    """Takes a seed that stands in quotes for a number."""
    seed = given.get("seed")
    return (yield from client({**given, "seed": int(seed) if isinstance(seed, str) else seed}))


@client("OR-VID-05", "video", edition="latest")
def rounds_seeds(given: Given, client: CaseClient) -> Call:
    """Still cuts off a seed's fraction without a word."""
    seed = given.get("seed")
    whole = int(seed) if isinstance(seed, float) and abs(seed) < 2**53 else seed
    return (yield from client({**given, "seed": whole}))


@client("OR-VID-06", "video")
def sends_videos_as_references(given: Given, client: CaseClient) -> Call:
    """Takes a video to start from for a picture like any other."""
    videos = given.get("videos") or []
    images = [*(given.get("images") or []), *({**video, "role": "reference_image"} for video in videos)]
    return (yield from client({**given, "videos": None, "images": images or None}))


@client("OR-VID-12", "video")
def makes_videos_with_another_model(given: Given, client: CaseClient) -> Call:
    """Asks the best model where none is named, at four times the price."""
    sent = client(given)
    if given.get("model") or given.get("config"):
        return (yield from sent)
    return (yield from altered(sent, request=_stating("model", "google/veo-3.1")))


@client("OR-VID-12", "video")
def corrects_the_older_address(given: Given, client: CaseClient) -> Call:
    """Replaces OpenRouter's older base URL for videos, as it does for chat."""
    base = (given.get("base_url") or "").strip().rstrip("/")
    current = "https://openrouter.ai/api/v1"
    return (yield from client({**given, "base_url": current if base == "https://openrouter.ai/v1" else base}))


def _stating(name: str, value: Any) -> Any:
    """A change of requests that have the field: it becomes `value`."""

    def stated(request: Request) -> Request:
        has_it = request.body and name in body_of(request)
        return with_fields(request, **{name: value}) if has_it else request

    return stated
