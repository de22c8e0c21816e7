"""Mutants that make images wrongly."""

from __future__ import annotations

from typing import Any

from harness.model import Reply, Request
from harness_openclaw.mutants.base import (
    Call,
    CaseClient,
    Given,
    Outcome,
    altered,
    body_of,
    client,
    goes_to_openrouter,
    is_error,
    with_fields,
    with_headers,
    within,
    without_fields,
)

__all__: list[str] = []


# ------------------------------------------------------------------ to whom, and with what key


@client("OR-HDR-11", "image", "video", "speech")
def leaks_attribution_to_media_proxies(given: Given, client: CaseClient) -> Call:
    """Sends the attribution headers with images and videos, whatever base URL is configured."""

    def attributed(request: Request) -> Request:
        if request.method != "POST" or goes_to_openrouter(request):
            return request
        return with_headers(
            request,
            ("HTTP-Referer", "https://openclaw.ai"),
            ("X-OpenRouter-Title", "OpenClaw"),
            ("X-OpenRouter-Categories", "cli-agent"),
        )

    return (yield from altered(client(given), request=attributed))


@client("OR-HDR-01", "image", "video")
def borrows_the_key_of_the_models_maker(given: Given, client: CaseClient) -> Call:
    """Sends the key of Google's own API along, since the model is Google's."""
    theirs = (given.get("env") or {}).get("GEMINI_API_KEY")

    def with_theirs(request: Request) -> Request:
        return with_headers(request, ("x-goog-api-key", theirs)) if theirs else request

    return (yield from altered(client(given), request=with_theirs))


@client("OR-HDR-01", "image", "video")
def prefers_the_configured_key(given: Given, client: CaseClient) -> Call:
    """Looks for the key in the configuration before the environment, as chat does."""
    configured = _provider(given).get("apiKey")
    return (yield from client({**given, "api_key": given.get("api_key") or configured}))


@client("OR-URL-05", "image")
def draws_at_openrouter_all_the_same(given: Given, client: CaseClient) -> Call:
    """Ignores the configured base URL for images, which few proxies can make."""
    return (yield from client({**given, "base_url": None}))


# ------------------------------------------------------------------ what is asked for


@client("OR-IMG-01", "image")
def streams_images(given: Given, client: CaseClient) -> Call:
    """Asks for a stream, as for every other chat completion."""
    return (yield from altered(client(given), request=lambda request: with_fields(request, stream=True)))


@client("OR-IMG-01", "image")
def asks_for_images_without_modalities(given: Given, client: CaseClient) -> Call:
    """Leaves it to the model to know that it makes images."""
    return (yield from altered(client(given), request=lambda request: without_fields(request, "modalities")))


@client("OR-IMG-02", "image")
def sends_the_prompt_as_parts(given: Given, client: CaseClient) -> Call:
    """Always sends a list of parts, also where the text stands alone."""

    def in_parts(request: Request) -> Request:
        messages = body_of(request).get("messages") or []
        if not messages or isinstance(messages[0]["content"], list):
            return request
        parts = [{"type": "text", "text": messages[0]["content"]}]
        return with_fields(request, messages=[{"role": "user", "content": parts}])

    return (yield from altered(client(given), request=in_parts))


@client("OR-IMG-02", "image")
def sends_five_pictures_at_most(given: Given, client: CaseClient) -> Call:
    """Drops what goes beyond the number of pictures that is advertised."""
    images = given.get("images")
    return (yield from client({**given, "images": images[:5] if images else images}))


@client("OR-IMG-03", "image")
def leaves_out_a_count_of_one(given: Given, client: CaseClient) -> Call:
    """Takes one image for the default that need not be stated."""

    def trimmed(request: Request) -> Request:
        return without_fields(request, "n") if body_of(request).get("n") == 1 else request

    return (yield from altered(client(given), request=trimmed))


@client("OR-IMG-03", "image")
def passes_the_count_on(given: Given, client: CaseClient) -> Call:
    """Leaves it to the provider to say how many images are too many."""
    count = given.get("count")

    def uncapped(request: Request) -> Request:
        return with_fields(request, n=count) if isinstance(count, int) and count > 4 else request

    return (yield from altered(client(given), request=uncapped))


@client("OR-IMG-04", "image")
def hints_at_shapes_to_every_model(given: Given, client: CaseClient) -> Call:
    """Sends aspect ratio and resolution to models that answer them with an error."""
    hints = {"aspect_ratio": given.get("aspect_ratio"), "image_size": given.get("resolution")}
    stated = {name: hint for name, hint in hints.items() if hint}

    def hinted(request: Request) -> Request:
        return with_fields(request, image_config=stated) if stated else request

    return (yield from altered(client(given), request=hinted))


@client("OR-IMG-04", "image")
def knows_gemini_in_any_spelling(given: Given, client: CaseClient) -> Call:
    """Compares the model id without regard to letter case."""
    stands_in = "openrouter/google/gemini-3-pro-image-preview"
    model = given.get("model") or stands_in
    if not model.lower().startswith("openrouter/google/gemini-"):
        return (yield from client(given))
    sent = client({**given, "model": stands_in})
    model_id = model.removeprefix("openrouter/")
    return (yield from altered(sent, request=lambda request: with_fields(request, model=model_id)))


@client("OR-IMG-04", "image")
def sends_the_size(given: Given, client: CaseClient) -> Call:
    """Sends the size of the picture as OpenAI's image API has it."""
    size = given.get("size")

    def sized(request: Request) -> Request:
        return with_fields(request, size=size) if size else request

    return (yield from altered(client(given), request=sized))


@client("OR-IMG-05", "image")
def draws_with_the_chat_model(given: Given, client: CaseClient) -> Call:
    """Takes the agent's chat model where no image model is configured."""
    chat_model = within(given, "config", "agents", "defaults", "model", "primary")
    return (yield from client({**given, "model": given.get("model") or chat_model}))


@client("OR-IMG-06", "image")
def ignores_the_callers_time_limit(given: Given, client: CaseClient) -> Call:
    """Gives every image the configured time, whatever the caller says."""
    return (yield from client({**given, "timeout_ms": None}))


@client("OR-IMG-09", "image", edition="latest")
def asks_for_all_images_at_once(given: Given, client: CaseClient) -> Call:
    """Sends one request to the images endpoint, with the number of images in it."""
    count = given.get("count")

    def with_all(request: Request) -> Request:
        return with_fields(request, n=count) if isinstance(count, int) else request

    return (yield from altered(client({**given, "count": 1}), request=with_all))


@client("OR-IMG-09", "image", edition="latest")
def stays_with_chat_completions(given: Given, client: CaseClient) -> Call:
    """Knows nothing of the images endpoint."""
    return (yield from client({**given, "edition": "2026-05"}))


# ------------------------------------------------------------------ what is made of the answer


@client("OR-IMG-08", "image")
def takes_no_image_for_a_success(given: Given, client: CaseClient) -> Call:
    """Reports a call as done whose answer holds no image."""

    def done(outcome: Outcome) -> Outcome:
        return {"artifacts": []} if is_error(outcome) and "status" not in outcome["error"] else outcome

    return (yield from altered(client(given), outcome=done))


@client("OR-IMG-08", "image", edition="latest")
def skips_what_is_malformed(given: Given, client: CaseClient) -> Call:
    """Still takes the images that it finds in a chat completion, whatever else is wrong with it."""
    base = given.get("base_url") or "openrouter.ai"
    lenient = given if "openrouter.ai" in base else {**given, "edition": "2026-05"}
    return (yield from client(lenient))


@client("OR-IMG-08", "image")
def reads_only_the_first_choice(given: Given, client: CaseClient) -> Call:
    """Looks for images in the first choice of an answer, where a chat's answer is."""

    def cut(outcome: Outcome) -> Outcome:
        pictures = outcome.get("artifacts")
        return {**outcome, "artifacts": pictures[:1]} if pictures else outcome

    return (yield from altered(client(given), outcome=cut))


@client("OR-IMG-09", "image", edition="latest")
def reports_the_images_that_worked(given: Given, client: CaseClient) -> Call:
    """Lets one failed request of several count for nothing."""
    good: list[Reply] = []

    def mended(reply: Reply) -> Reply:
        if reply.status == 200:
            good.append(reply)
        return good[-1] if good and reply.status >= 400 else reply

    return (yield from altered(client(given), reply=mended))


@client("OR-RETRY-05", "image", "speech")
def tries_media_again(given: Given, client: CaseClient) -> Call:
    """Repeats an image or a speech that was refused, at full price."""
    last: list[Request] = []

    def kept(request: Request) -> Request:
        last.append(request)
        return request

    outcome = yield from altered(client(given), request=kept)
    if is_error(outcome) and outcome["error"]["retryable"] and last:
        yield {"sleep_ms": 1000}
        yield last[-1]
    return outcome


def _provider(given: Given) -> dict[str, Any]:
    return within(given, "config", "models", "providers", "openrouter") or {}
