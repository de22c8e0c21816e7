"""Image generation: what is sent, and which images an answer holds (OR-IMG)."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from media_calls import CANONICAL, CUSTOM, DATA_URL, KEY, PNG, Call, answer, file

CHAT_EDITIONS = ("2026-04", "2026-05")
EDITIONS = (*CHAT_EDITIONS, "latest")
GEMINI = "openrouter/google/gemini-3-pro-image-preview"
LINK = "https://i.example/1.png"
CHAT_ANSWER = answer(
    {"choices": [{"message": {"content": "", "images": [{"image_url": {"url": DATA_URL}}]}}]}
)
LIST_ANSWER = answer({"data": [{"b64_json": PNG}]})


def image(*replies: Any, edition: str = "2026-05", **given: Any) -> Call:
    asked = {"operation": "image", "edition": edition, "prompt": "a cat", **given}
    return Call(asked, replies or [LIST_ANSWER if edition == "latest" else CHAT_ANSWER])


def in_message(edition: str, **message: Any) -> Call:
    """A call to a custom base URL whose answer is one message."""
    return image(answer({"choices": [{"message": message}]}), edition=edition, base_url=CUSTOM)


def pictures(call: Call) -> list[tuple[str, bytes]]:
    return [(made["mime_type"], base64.b64decode(made["data"])) for made in call.artifacts]


# ------------------------------------------------------------------ the request


@pytest.mark.parametrize("edition", CHAT_EDITIONS)
def test_images_are_asked_for_in_a_chat_completion(edition: str) -> None:
    """Model, one message, both modalities and the number: nothing else, and no stream (OR-IMG-01)."""
    call = image(edition=edition)
    assert call.sent == [f"POST {CANONICAL}/chat/completions"]
    assert call.body == {
        "model": "google/gemini-3.1-flash-image-preview",
        "messages": [{"role": "user", "content": "a cat"}],
        "modalities": ["image", "text"],
        "n": 1,
    }


def test_latest_asks_the_images_endpoint_once_for_each_image() -> None:
    """Three images are three equal requests for one image each (OR-IMG-09)."""
    call = image(edition="latest", count=3)
    assert call.sent == [f"POST {CANONICAL}/images"] * 3
    assert (
        call.bodies
        == [
            {"model": "google/gemini-3.1-flash-image-preview", "prompt": "a cat", "n": 1},
        ]
        * 3
    )
    assert [made["filename"] for made in call.artifacts] == ["image-1.png", "image-2.png", "image-3.png"]


@pytest.mark.parametrize("base", [CUSTOM, "https://eu.openrouter.ai/api/v1", "HTTPS://openrouter.ai/api/v1"])
def test_latest_keeps_the_chat_completion_off_the_canonical_url(base: str) -> None:
    """Custom base URLs and other spellings of OpenRouter's get a chat completion (OR-IMG-01)."""
    call = image(CHAT_ANSWER, edition="latest", base_url=base, count=3)
    assert call.request.url.endswith("/chat/completions")
    assert call.body["n"] == 3


@pytest.mark.parametrize(
    ("edition", "url"),
    [
        ("2026-04", "https://openrouter.ai/v1/chat/completions"),
        ("2026-05", "https://openrouter.ai/v1/chat/completions"),
        ("latest", "https://openrouter.ai/api/v1/images"),
    ],
)
def test_the_legacy_base_url_is_canonical_for_images_in_latest_only(edition: str, url: str) -> None:
    """`https://openrouter.ai/v1/` is kept without its slash, and mended from latest on."""
    assert image(edition=edition, base_url="https://openrouter.ai/v1/").request.url == url


@pytest.mark.parametrize(
    ("count", "asked_for"),
    [(0, 1), (-3, 1), (1.9, 1), (4, 4), (9, 4), ("3", 1), (None, 1), (float("inf"), 1), (True, 1)],
)
def test_the_number_of_images_is_between_one_and_four(count: Any, asked_for: int) -> None:
    """Truncated, clamped, and 1 for what is no finite number (OR-IMG-03)."""
    assert image(count=count).body["n"] == asked_for


def test_input_images_follow_the_prompt_in_their_order() -> None:
    """Each becomes a data URL, also more than the five that are advertised (OR-IMG-02)."""
    given = [{"data": PNG}, {"data": "QUJD", "mime_type": "image/jpeg", "url": LINK}] * 3
    urls = [f"data:image/png;base64,{PNG}", "data:image/jpeg;base64,QUJD"] * 3
    parts = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
    assert image(images=given).body["messages"][0]["content"] == [
        {"type": "text", "text": "a cat"},
        *parts,
    ]
    assert image(edition="latest", images=given).body["input_references"] == parts


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("model", ["openai/gpt-5.4-image-2", "GOOGLE/GEMINI-3", "openrouter/google/gemini-x"])
def test_only_gemini_ids_are_told_of_the_shape(edition: str, model: str) -> None:
    """Ratio and resolution are dropped for any other id, in its very spelling (OR-IMG-04)."""
    body = image(
        edition=edition, model=f"openrouter/{model}", aspect_ratio="1:1", resolution="1K", size="1024x1024"
    ).body
    assert body["model"] == model
    assert not {"image_config", "aspect_ratio", "resolution", "size"} & set(body)


def test_the_shape_is_trimmed_and_has_names_of_its_own() -> None:
    """A chat completion has it in `image_config`, the images endpoint beside the prompt (OR-IMG-04, -09)."""
    given: dict[str, Any] = {
        "model": GEMINI,
        "aspect_ratio": " 16:9 ",
        "resolution": " 2K ",
        "size": "1024x1024",
    }
    config = image(**given).body["image_config"]
    assert config == {"aspect_ratio": "16:9", "image_size": "2K"}
    body = image(edition="latest", **given).body
    assert (body["aspect_ratio"], body["resolution"]) == ("16:9", "2K")
    assert "size" not in body
    assert image(model=GEMINI, aspect_ratio=" ").body.get("image_config") is None


def test_the_model_is_given_else_configured_else_the_default() -> None:
    """Both are refs; the id goes out as it is in every edition (OR-IMG-05)."""
    config = {"agents": {"defaults": {"imageGenerationModel": {"primary": "openrouter/a/Configured"}}}}
    for edition in EDITIONS:
        assert image(edition=edition, config=config).body["model"] == "a/Configured"
        assert image(edition=edition, config=config, model="openrouter/Fast").body["model"] == (
            "openrouter/Fast"
        )


@pytest.mark.parametrize(
    ("given", "limit"),
    [
        ({}, 90_000),
        ({"edition": "latest"}, 180_000),
        ({"timeout_ms": 1500}, 1500),
        ({"timeout_ms": 0}, 60_000),
        ({"timeout_ms": float("inf")}, 60_000),
        ({"config": {"agents": {"defaults": {"imageGenerationModel": {"timeoutMs": 7000}}}}}, 7000),
        (
            {
                "timeout_ms": 1500,
                "config": {"agents": {"defaults": {"imageGenerationModel": {"timeoutMs": 7000}}}},
            },
            1500,
        ),
    ],
)
def test_the_time_limit_of_an_image_is_the_calls_else_the_configured(
    given: dict[str, Any], limit: float
) -> None:
    """Else the edition's default, and a minute for what is no time (OR-IMG-06)."""
    assert image(**given).request.timeout_ms == limit


# ------------------------------------------------------------------ key and headers


def test_the_environments_key_wins_over_the_configured_one() -> None:
    """A key of the call wins over both."""
    stated: dict[str, Any] = {
        "env": {"OPENROUTER_API_KEY": "of-env"},
        "config": {"models": {"providers": {"openrouter": {"apiKey": "of-config"}}}},
    }
    assert image(**stated).headers[0]["authorization"] == f"Bearer {KEY}"
    assert image(api_key=None, **stated).headers[0]["authorization"] == "Bearer of-env"
    assert image(api_key=None, config=stated["config"]).headers[0]["authorization"] == "Bearer of-config"
    assert image(api_key=" ", config=stated["config"]).headers[0]["authorization"] == "Bearer of-config"


@pytest.mark.parametrize(
    ("given", "error_class"),
    [
        ({"api_key": None}, "auth"),
        ({"base_url": "openrouter.ai/api/v1"}, "format"),
        ({"prompt": None}, "format"),
        ({"images": [{"mime_type": "image/png"}]}, "format"),
        ({"images": [{"data": "", "url": " "}]}, "format"),
        ({"model": "no-ref"}, "format"),
        ({"model": ""}, "format"),
    ],
)
def test_an_image_call_that_cannot_be_made_sends_nothing(given: dict[str, Any], error_class: str) -> None:
    """No key, no http base URL, no prompt, an empty image: an error before any request (OR-IMG-08)."""
    call = image(**given)
    assert call.requests == []
    assert call.error["class"] == error_class


def test_another_providers_images_are_not_the_references_business() -> None:
    """OpenRouter's rules say nothing of other providers' images."""
    assert "unsupported" in image(model="openai/gpt-image-1").outcome


@pytest.mark.parametrize("base", [None, "https://openrouter.ai/v1", "https://eu.openrouter.ai/api/v1"])
@pytest.mark.parametrize("edition", EDITIONS)
def test_openrouter_is_told_of_the_app_in_image_calls(edition: str, base: str | None) -> None:
    """All three attribution headers go to OpenRouter's hosts (OR-HDR-11)."""
    [headers, *_] = image(edition=edition, base_url=base).headers
    assert headers["http-referer"] == "https://openclaw.ai"
    assert headers["x-openrouter-title"] == "OpenClaw"
    assert headers["x-openrouter-categories"].startswith("cli-agent")
    assert (headers["x-openrouter-categories"] == "cli-agent") is (edition == "2026-04")


@pytest.mark.parametrize(
    "base", [CUSTOM, "https://openrouter.ai.evil.example/api/v1", "http://127.0.0.1:9/v1"]
)
@pytest.mark.parametrize("edition", EDITIONS)
def test_a_custom_base_url_is_told_nothing_in_image_calls(edition: str, base: str) -> None:
    """It gets the key and the body's type, as documented (OR-HDR-11)."""
    [headers] = image(CHAT_ANSWER, edition=edition, base_url=base).headers
    assert headers == {"authorization": f"Bearer {KEY}", "content-type": "application/json"}


def test_configured_headers_go_with_images_in_latest_only() -> None:
    """They cannot replace the attribution where OpenRouter is asked, and can elsewhere."""
    own = {"X-Req": "r", "HTTP-Referer": "https://mine"}
    config = {"models": {"providers": {"openrouter": {"request": {"headers": own}}}}}
    assert "x-req" not in image(config=config).headers[0]
    [ours] = image(edition="latest", config=config).headers
    assert (ours["x-req"], ours["http-referer"]) == ("r", "https://openclaw.ai")
    [theirs] = image(CHAT_ANSWER, edition="latest", config=config, base_url=CUSTOM).headers
    assert (theirs["x-req"], theirs["http-referer"]) == ("r", "https://mine")


@pytest.mark.parametrize("edition", EDITIONS)
def test_a_query_in_the_base_url_stays_behind_the_path(edition: str) -> None:
    """Media calls keep it on every host (OR-URL-07)."""
    call = image(CHAT_ANSWER, edition=edition, base_url="https://openrouter.ai/api/v1?x=1")
    assert call.request.url == f"{CANONICAL}/chat/completions?x=1"


# ------------------------------------------------------------------ the answer


@pytest.mark.parametrize("edition", ["2026-05", "latest"])
def test_images_are_found_wherever_models_put_them(edition: str) -> None:
    """Those of the message first, then those of its content, in their order (OR-IMG-08)."""
    content = [
        {"type": "text", "text": "Here you are."},
        {"type": "image_url", "image_url": {"url": "data:image/jpeg;base64,Mg=="}},
        {"type": "image", "b64_json": "Mw=="},
        {"inlineData": {"data": "NA==", "mimeType": "image/webp"}},
        {"inline_data": {"data": "NQ=="}},
    ]
    call = in_message(edition, images=[{"imageUrl": {"url": "data:image/gif;base64,MQ=="}}], content=content)
    assert pictures(call) == [
        ("image/gif", b"1"),
        ("image/jpeg", b"2"),
        ("image/png", b"3"),
        ("image/webp", b"4"),
        ("image/png", b"5"),
    ]
    assert [made["filename"] for made in call.artifacts] == [
        "image-1.gif",
        "image-2.jpg",
        "image-3.png",
        "image-4.webp",
        "image-5.png",
    ]
    assert [made["bytes"] for made in call.artifacts] == [1] * 5


def test_images_are_found_within_a_text() -> None:
    """Every data URL in it is one, a link is none (OR-IMG-08)."""
    call = in_message("2026-05", content=f"![one]({DATA_URL}) ![no]({LINK}) two: {DATA_URL}.")
    assert pictures(call) == [("image/png", base64.b64decode(PNG))] * 2


def test_images_of_all_choices_count() -> None:
    """An answer may have one choice for each image (OR-IMG-08)."""
    choice = {"message": {"images": [{"image_url": {"url": DATA_URL}}]}}
    assert len(image(answer({"choices": [choice, choice]})).artifacts) == 2


@pytest.mark.parametrize("edition", ["2026-05", "latest"])
@pytest.mark.parametrize("message", [{}, {"content": None}, {"content": "I cannot draw."}, {"content": []}])
def test_an_answer_without_images_is_an_error(edition: str, message: dict[str, Any]) -> None:
    """It has no class, and asking again does not help (OR-IMG-08)."""
    error = in_message(edition, **message).error
    assert (error["class"], error["retryable"], error["status"]) == (None, False, 200)
    assert "no image data" in error["message"]


@pytest.mark.parametrize(
    "message",
    [
        {"images": [{"image_url": {"url": LINK}}]},
        {"images": [{"image_url": {"url": " "}}]},
        {"images": [{}]},
        {"images": "none"},
        {"content": 5},
        {"content": [{"b64_json": 5}]},
        {"content": [{"image_url": {"url": LINK}}]},
        {"content": [{"inline_data": {"data": "?"}}]},
    ],
)
def test_what_is_malformed_is_passed_over_until_latest(message: dict[str, Any]) -> None:
    """Beside an image it does not matter before, and is an error from latest on (OR-IMG-08)."""
    choices = [{"message": message}, {"message": {"images": [{"image_url": {"url": DATA_URL}}]}}]
    assert len(image(answer({"choices": choices}), base_url=CUSTOM).artifacts) == 1
    error = image(answer({"choices": choices}), edition="latest", base_url=CUSTOM).error
    assert "malformed" in error["message"]


def test_an_empty_text_beside_images_is_no_fault() -> None:
    """It is OpenRouter's usual answer, in every edition."""
    for edition in EDITIONS:
        assert len(image(CHAT_ANSWER, edition=edition, base_url=CUSTOM).artifacts) == 1


@pytest.mark.parametrize(
    ("data", "mime_type"),
    [
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\x00\x00\x00\x00WEBP", "image/webp"),
        (b"anything", "image/png"),
    ],
)
def test_the_images_endpoint_need_not_say_what_it_sends(data: bytes, mime_type: str) -> None:
    """The type is that of the bytes, unless one is stated (OR-IMG-09)."""
    entry = {"b64_json": base64.b64encode(data).decode()}
    assert pictures(image(answer({"data": [entry]}), edition="latest")) == [(mime_type, data)]
    stated = answer({"data": [{**entry, "media_type": "image/avif"}]})
    assert image(stated, edition="latest").artifacts[0]["mime_type"] == "image/avif"


@pytest.mark.parametrize("written", ["-_-_QQ==", "-_-_QQ", "+/+/QQ==", "+/+/\nQQ==\n"])
def test_base64_is_read_in_either_alphabet(written: str) -> None:
    """Padded or not, on one line or several."""
    call = image(answer({"data": [{"b64_json": written, "media_type": " "}]}), edition="latest")
    assert pictures(call) == [("image/png", b"\xfb\xff\xbfA")]


@pytest.mark.parametrize(
    "data", [None, [{}], [{"url": LINK}], [{"b64_json": 5}], [{"b64_json": ""}], [{"b64_json": "Q%Q="}]]
)
def test_the_images_endpoint_must_send_base64(data: Any) -> None:
    """An entry without it makes the answer malformed."""
    assert "malformed" in image(answer({"data": data}), edition="latest").error["message"]
    assert "no image data" in image(answer({"data": []}), edition="latest").error["message"]


def test_one_failed_image_fails_them_all_after_all_were_sent() -> None:
    """The requests are side by side: a failure of the first does not keep the others back (OR-IMG-09)."""
    refused = answer({"error": {"message": "slow down"}}, 429, x_request_id="r-1")
    call = image(refused, LIST_ANSWER, edition="latest", count=3)
    assert len(call.requests) == 3
    assert (call.error["class"], call.error["status"]) == ("rate_limit", 429)
    assert call.error["message"].endswith("(HTTP 429): slow down [request_id=r-1]")


def test_an_error_within_a_good_answer_is_classified() -> None:
    """A numeric code counts like a status (OR-ERR-01)."""
    error = image(answer({"error": {"code": 402, "message": "no credits"}})).error
    assert (error["class"], error["status"]) == ("billing", 200)


def test_an_answer_that_is_no_json_is_an_error_without_a_class() -> None:
    """Nothing is known of it, and nothing is asked again (OR-RETRY-05)."""
    call = image(file(b"<html>", "text/html"))
    assert (len(call.requests), call.error["class"], call.error["retryable"]) == (1, None, False)
