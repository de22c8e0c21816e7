"""Video generation: submission, polls, download, deadlines (OR-VID)."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from media_calls import CANONICAL, CUSTOM, KEY, PNG, Call, answer, file

from harness.model import Reply

EDITIONS = ("2026-04", "2026-05", "latest")
LINK = "https://i.example/1.png"
SUBMITTED = {"id": "job-1", "polling_url": "/api/v1/videos/job-1", "status": "pending"}
PENDING = answer({"id": "job-1", "status": "in_progress"})
DONE = answer({"id": "job-1", "status": "completed"})
VIDEO = file(b"MP4", "video/mp4")
POLL = f"GET {CANONICAL}/videos/job-1"


def video(*replies: Reply, **given: Any) -> Call:
    """A video call: submitted, done at the first poll and downloaded, unless `replies` says otherwise."""
    asked = {"operation": "video", "prompt": "a cat runs", **given}
    return Call(asked, replies or [answer(SUBMITTED, 202), DONE, VIDEO])


def submitted(**fields: Any) -> Reply:
    """The answer to a submission, without those fields that are None."""
    job = {**SUBMITTED, **fields}
    return answer({name: value for name, value in job.items() if value is not None})


# ------------------------------------------------------------------ the submission


@pytest.mark.parametrize("edition", EDITIONS)
def test_a_video_is_submitted_polled_and_fetched(edition: str) -> None:
    """Three requests, of which only the first has a body (OR-VID-01, -08, -09)."""
    call = video(edition=edition)
    assert call.sent == [f"POST {CANONICAL}/videos", POLL, f"{POLL}/content?index=0"]
    assert call.bodies == [{"model": "google/veo-3.1-fast", "prompt": "a cat runs"}, None, None]
    assert call.waits == []


@pytest.mark.parametrize(
    ("seconds", "sent"),
    [(0, 4), (-7, 4), (2.4, 4), (4.9, 6), (4.5, 6), (5, 6), (6.4, 6), (6.5, 8), (7, 8), (100, 8)],
)
def test_a_duration_becomes_the_nearest_there_is(seconds: float, sent: int) -> None:
    """Rounded half up first, the longer of two that are as near (OR-VID-02)."""
    assert video(duration=seconds).body["duration"] == sent


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), "5", None, True])
def test_a_duration_that_is_no_number_is_left_out(seconds: Any) -> None:
    """The provider then decides (OR-VID-02)."""
    assert "duration" not in video(duration=seconds).body


def test_the_wishes_for_a_video_go_out_as_they_are() -> None:
    """But for the resolution, in lower case, and sound, only as a boolean (OR-VID-03)."""
    wishes = {"resolution": "1080P", "aspect_ratio": "16:9", "size": "1280x720", "generate_audio": False}
    assert video(**wishes).body.items() >= {**wishes, "resolution": "1080p"}.items()
    assert "generate_audio" not in video(generate_audio="yes").body


def picture(url: str, frame: str | None = None) -> dict[str, Any]:
    tag = {"frame_type": frame} if frame else {}
    return {"type": "image_url", "image_url": {"url": url}, **tag}


def test_images_fill_the_free_frames_in_order() -> None:
    """An image without a free frame is a reference (OR-VID-04)."""
    body = video(
        images=[
            {"url": "https://i/last", "role": "last_frame"},
            {"url": "https://i/first"},
            {"url": "https://i/third"},
            {"url": "https://i/again", "role": "first_frame"},
            {"url": "https://i/style", "role": "reference_image"},
        ]
    ).body
    assert body["frame_images"] == [
        picture("https://i/last", "last_frame"),
        picture("https://i/first", "first_frame"),
    ]
    assert body["input_references"] == [
        picture("https://i/third"),
        picture("https://i/again"),
        picture("https://i/style"),
    ]


def test_an_images_bytes_win_over_its_url() -> None:
    """As a data URL, of PNG unless another type is stated; empty lists are left out (OR-VID-04)."""
    body = video(images=[{"data": PNG, "url": LINK}, {"data": "QUJD", "mime_type": "image/jpeg"}]).body
    assert body["frame_images"] == [
        picture(f"data:image/png;base64,{PNG}", "first_frame"),
        picture("data:image/jpeg;base64,QUJD", "last_frame"),
    ]
    assert "input_references" not in body
    assert "frame_images" not in video(images=[{"url": LINK, "role": "reference_image"}]).body


@pytest.mark.parametrize(("seed", "sent"), [(7.9, 7), (-1.5, -1), (7, 7), (1e300, 1e300)])
def test_a_seed_loses_its_fraction_until_latest(seed: float, sent: float) -> None:
    """Toward zero, whatever its size (OR-VID-05)."""
    assert video(seed=seed).body["seed"] == sent


@pytest.mark.parametrize("seed", [7.5, 2**53, -1e300])
def test_latest_refuses_a_seed_that_is_no_safe_integer(seed: float) -> None:
    """Before anything is sent (OR-VID-05)."""
    call = video(edition="latest", seed=seed)
    assert (call.requests, call.error["class"]) == ([], "format")
    assert video(edition="latest", seed=2**53 - 1).body["seed"] == 2**53 - 1
    assert video(edition="latest", seed=7.0).body["seed"] == 7


def test_of_the_provider_options_only_seed_and_callback_are_sent() -> None:
    """The one as a number, the other trimmed and not blank (OR-VID-05)."""
    assert "seed" not in video(seed="7").body
    assert "callback_url" not in video(callback_url="  ").body
    assert video(callback_url=" https://cb.example/x ").body["callback_url"] == "https://cb.example/x"


def test_the_model_of_a_video_is_given_else_configured() -> None:
    """Else the only bundled one (OR-VID-12)."""
    config = {"agents": {"defaults": {"videoGenerationModel": {"primary": "openrouter/a/b"}}}}
    assert video(config=config).body["model"] == "a/b"
    assert video(config=config, model="openrouter/C/d", edition="latest").body["model"] == "C/d"


@pytest.mark.parametrize(
    ("given", "error_class"),
    [
        ({"api_key": None}, "auth"),
        ({"videos": [{"url": "https://v.example/a.mp4"}]}, "format"),
        ({"images": [{"role": "first_frame"}]}, "format"),
        ({"base_url": "openrouter.ai/api/v1"}, "format"),
        ({"prompt": None}, "format"),
    ],
)
def test_a_video_call_that_cannot_be_made_sends_nothing(given: dict[str, Any], error_class: str) -> None:
    """No key, a video as input, an empty image, no http base URL (OR-VID-04, -06)."""
    call = video(**given)
    assert call.requests == []
    assert call.error["class"] == error_class


# ------------------------------------------------------------------ addresses and headers


def without_content_type(headers: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name != "content-type"}


@pytest.mark.parametrize("edition", EDITIONS)
def test_polls_and_downloads_carry_the_jobs_headers(edition: str) -> None:
    """All but the content type, as long as they go where the base URL lives (OR-VID-10, OR-HDR-11)."""
    post, poll, download = video(edition=edition).headers
    assert post["authorization"] == f"Bearer {KEY}"
    assert post["content-type"] == "application/json"
    assert post["x-openrouter-title"] == "OpenClaw"
    assert poll == download == without_content_type(post)


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/j",
        "//evil.example/j",
        "\\\\evil.example\\j",
        "https://cdn.openrouter.ai/j",
        "http://openrouter.ai/j",
        "http://openrouter.ai:443/j",
        "https://openrouter.ai:8443/j",
        "https://openrouter.ai./j",
        "https://openrouter.ai.evil.example/j",
        " https://evil.example/j",
    ],
)
def test_another_origin_gets_no_header_at_all(elsewhere: str) -> None:
    """Not for a poll and not for a download, subdomains and other ports included (OR-VID-10)."""
    polled = video(submitted(polling_url=elsewhere), DONE, VIDEO)
    assert polled.headers[1] == {}
    assert polled.headers[2]["authorization"] == f"Bearer {KEY}"
    fetched = video(answer(SUBMITTED), answer({"status": "completed", "unsigned_urls": [elsewhere]}), VIDEO)
    assert fetched.headers[1]["authorization"] == f"Bearer {KEY}"
    assert fetched.headers[2] == {}


@pytest.mark.parametrize(
    ("polling_url", "url"),
    [
        ("/api/v1/videos/job-1", f"{CANONICAL}/videos/job-1"),
        ("videos/job-1", f"{CANONICAL}/videos/job-1"),
        ("HTTPS://OPENROUTER.AI:443/api/v1/videos/job-1#f", f"{CANONICAL}/videos/job-1"),
        ("../v2/job?a=1", "https://openrouter.ai/api/v2/job?a=1"),
    ],
)
def test_an_address_of_the_same_origin_gets_the_headers(polling_url: str, url: str) -> None:
    """Relative ones stand under the base URL; case and a default port do not matter (OR-VID-08)."""
    call = video(submitted(polling_url=polling_url), DONE, VIDEO)
    assert call.requests[1].url == url
    assert call.headers[1]["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize(
    "polling_url", ["file:///etc/passwd", "https://u:p@openrouter.ai/j", "https://[", "data:,x"]
)
def test_an_address_that_cannot_be_fetched_ends_the_job(polling_url: str) -> None:
    """No further request is made (OR-VID-08)."""
    call = video(submitted(polling_url=polling_url), DONE, VIDEO)
    assert (len(call.requests), call.error["class"]) == (1, None)


@pytest.mark.parametrize("edition", EDITIONS)
def test_a_custom_base_url_gets_the_same_calls(edition: str) -> None:
    """With the key and without the attribution, as documented (OR-VID-12, OR-HDR-11)."""
    call = video(
        submitted(polling_url=f"{CUSTOM}/videos/job-1"), DONE, VIDEO, base_url=CUSTOM, edition=edition
    )
    root = f"{CUSTOM}/videos"
    assert [request.url for request in call.requests] == [
        root,
        f"{root}/job-1",
        f"{root}/job-1/content?index=0",
    ]
    bearer = {"authorization": f"Bearer {KEY}"}
    assert call.headers == [{**bearer, "content-type": "application/json"}, bearer, bearer]


@pytest.mark.parametrize("edition", EDITIONS)
def test_the_legacy_base_url_stays_for_videos(edition: str) -> None:
    """With the attribution of the canonical one."""
    call = video(base_url="https://openrouter.ai/v1/", edition=edition)
    assert call.requests[0].url == "https://openrouter.ai/v1/videos"
    assert call.requests[2].url == "https://openrouter.ai/v1/videos/job-1/content?index=0"
    assert all("x-openrouter-categories" in headers for headers in call.headers)


def test_configured_headers_go_with_videos() -> None:
    """They replace the attribution on custom routes only, and stay within the origin (OR-VID-12)."""
    own = {"X-Req": "r", "HTTP-Referer": "https://mine"}
    config = {"models": {"providers": {"openrouter": {"request": {"headers": own}}}}}
    away = answer({"status": "completed", "unsigned_urls": ["https://cdn.example/v"]})
    ours = video(answer(SUBMITTED), away, VIDEO, config=config).headers
    assert [headers.get("x-req") for headers in ours] == ["r", "r", None]
    assert ours[0]["http-referer"] == "https://openclaw.ai"
    theirs = video(config=config, base_url=CUSTOM).headers
    assert [headers["http-referer"] for headers in theirs] == ["https://mine"] * 3


def test_the_video_is_the_first_address_that_is_not_blank() -> None:
    """A relative one stands under the base URL and gets the headers (OR-VID-09)."""
    done = answer({"status": "completed", "unsigned_urls": [" ", 5, "dl/1.webm", "https://x.example"]})
    call = video(answer(SUBMITTED), done, VIDEO)
    assert call.sent[2] == f"GET {CANONICAL}/dl/1.webm"
    assert call.headers[2]["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize("addresses", [[" "], [5], ["https://x.example", ""], "https://x.example"])
def test_latest_takes_no_address_that_is_none(addresses: Any) -> None:
    """The answer is malformed then, and nothing is fetched."""
    call = video(
        answer(SUBMITTED), answer({"status": "completed", "unsigned_urls": addresses}), edition="latest"
    )
    assert (len(call.requests), call.error["class"]) == (2, None)


def test_the_content_address_holds_the_completed_jobs_id() -> None:
    """Else the submitted one, percent-encoded like a URL component (OR-VID-09)."""
    for job, escaped in (({}, "j%201%2Fx%3F!"), ({"id": "zz/9"}, "zz%2F9")):
        call = video(submitted(id="j 1/x?!"), answer({"status": "completed", **job}), VIDEO)
        assert call.sent[2] == f"GET {CANONICAL}/videos/{escaped}/content?index=0"
        assert call.artifacts[0]["job_id"] == "j 1/x?!"


# ------------------------------------------------------------------ what the answers say


@pytest.mark.parametrize("lacking", ["id", "polling_url"])
@pytest.mark.parametrize("stated", [None, " ", 5])
def test_a_job_without_id_or_polling_url_is_an_error(lacking: str, stated: Any) -> None:
    """Even when it is completed already (OR-VID-07)."""
    call = video(submitted(status="completed", **{lacking: stated}), VIDEO)
    assert (len(call.requests), call.error["class"], call.error["retryable"]) == (1, None, False)


@pytest.mark.parametrize("edition", EDITIONS)
def test_a_job_that_is_completed_at_once_is_not_polled(edition: str) -> None:
    """Its answer is the completed job (OR-VID-07)."""
    call = video(submitted(status=" completed ", unsigned_urls=["https://cdn.x/v"]), VIDEO, edition=edition)
    assert call.sent[1:] == ["GET https://cdn.x/v"]
    assert call.artifacts[0]["status"] == "completed"


@pytest.mark.parametrize("status", ["failed", "cancelled", "expired", "Completed", "weird", ""])
def test_earlier_editions_poll_whatever_a_submission_says(status: str) -> None:
    """Only `completed` ends it there, in this very spelling (OR-VID-07)."""
    assert len(video(submitted(status=status), DONE, VIDEO).requests) == 3


@pytest.mark.parametrize("status", ["failed", "cancelled", "expired"])
def test_latest_fails_at_once_when_a_submission_has_failed(status: str) -> None:
    """With the job's own error text, if it has one (OR-VID-07)."""
    call = video(submitted(status=status, error="bad prompt"), edition="latest")
    assert len(call.requests) == 1
    assert (call.error["class"], call.error["retryable"], call.error["status"]) == (None, False, 200)
    assert "bad prompt" in call.error["message"]


@pytest.mark.parametrize("status", [None, "queued", "pending", "in_progress", "processing", "running"])
def test_latest_knows_the_words_for_a_job_at_work(status: str | None) -> None:
    """A submission may leave it out, a poll may not (OR-VID-08)."""
    assert len(video(submitted(status=status), DONE, VIDEO, edition="latest").requests) == 3
    polled = video(answer(SUBMITTED), answer({"status": status}), DONE, VIDEO, edition="latest")
    assert len(polled.requests) == (4 if status else 2)


@pytest.mark.parametrize("status", ["weird", "Completed", "", 5])
def test_latest_fails_on_a_status_it_does_not_know(status: Any) -> None:
    """At submission as at a poll."""
    assert len(video(submitted(status=status), DONE, VIDEO, edition="latest").requests) == 1
    assert len(video(answer(SUBMITTED), answer({"status": status}), VIDEO, edition="latest").requests) == 2


@pytest.mark.parametrize("status", ["weird", "", None, 5, "Failed"])
def test_earlier_editions_poll_on_at_any_other_status(status: Any) -> None:
    """Until one of the four words for an end (OR-VID-08)."""
    assert len(video(answer(SUBMITTED), answer({"status": status}), DONE, VIDEO).requests) == 4


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("status", ["failed", "cancelled", "expired"])
@pytest.mark.parametrize("error", ["why", {"message": "why"}])
def test_a_job_that_ends_without_a_video_is_an_error(edition: str, status: str, error: Any) -> None:
    """It tells what the job tells, has no class and is not to be repeated (OR-VID-08)."""
    call = video(answer(SUBMITTED), answer({"status": status, "error": error}), edition=edition)
    assert len(call.requests) == 2
    assert (call.error["class"], call.error["retryable"]) == (None, False)
    assert "why" in call.error["message"]


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize(
    ("reply", "error_class"),
    [
        (answer({"error": {"message": "busy"}}, 503), "timeout"),
        (answer({"error": {"message": "no"}}, 401), "auth"),
        (Reply(fault="reset"), "timeout"),
    ],
)
def test_a_video_call_is_never_repeated(place: int, reply: Reply, error_class: str) -> None:
    """The first failure ends it: at submission, poll or download (OR-RETRY-05)."""
    call = video(*[answer(SUBMITTED), DONE][:place], reply)
    assert (len(call.requests), call.error["class"]) == (place + 1, error_class)


@pytest.mark.parametrize("reply", [file(b"<html>"), answer([1]), answer(None)])
def test_an_answer_that_describes_no_job_is_an_error(reply: Reply) -> None:
    """No JSON, or no object: it is not asked again."""
    for replies in ([reply], [answer(SUBMITTED), reply]):
        call = video(*replies)
        assert (len(call.requests), call.error["class"]) == (len(replies), None)


def test_the_result_names_the_job() -> None:
    """Its model or the one asked for, id, status, generation id and usage (OR-VID-12)."""
    told = {"status": "completed", "model": "m2", "generation_id": "g", "usage": {"cost": 0.1}}
    [made] = video(answer(SUBMITTED), answer(told), VIDEO).artifacts
    assert made == {
        "mime_type": "video/mp4",
        "filename": "video-1.mp4",
        "bytes": 3,
        "data": base64.b64encode(b"MP4").decode(),
        "job_id": "job-1",
        **told,
    }
    [bare] = video().artifacts
    assert bare["model"] == "google/veo-3.1-fast"
    assert not {"generation_id", "usage"} & set(bare)


@pytest.mark.parametrize(
    ("content_type", "mime_type", "filename"),
    [
        (None, "video/mp4", "video-1.mp4"),
        ("video/webm; x=1", "video/webm; x=1", "video-1.webm"),
        ("application/octet-stream", "application/octet-stream", "video-1.mp4"),
    ],
)
def test_a_video_is_named_after_its_content_type(
    content_type: str | None, mime_type: str, filename: str
) -> None:
    """MP4 unless it says WebM (OR-VID-09)."""
    [made] = video(answer(SUBMITTED), DONE, file(b"V", content_type)).artifacts
    assert (made["mime_type"], made["filename"]) == (mime_type, filename)


def test_latest_knows_quicktime() -> None:
    """Earlier editions call it MP4."""
    quicktime = file(b"V", "video/quicktime")
    named = [video(answer(SUBMITTED), DONE, quicktime, edition=c).artifacts[0]["filename"] for c in EDITIONS]
    assert named == ["video-1.mp4", "video-1.mp4", "video-1.mov"]


# ------------------------------------------------------------------ time


def test_a_job_is_polled_every_five_seconds_and_120_times() -> None:
    """At once first, and with one more wait after the last poll (OR-VID-08)."""
    call = video(answer(SUBMITTED), PENDING)
    assert len(call.requests) == 1 + 120
    assert call.waits == [5000] * 120
    assert (call.error["class"], call.error["retryable"]) == ("timeout", True)
    left = [600_000 - 5_000 * polls for polls in range(120)]
    assert [request.timeout_ms for request in call.requests[1:]] == [min(60_000, ms) for ms in left]


def test_without_a_deadline_the_download_has_its_full_minute() -> None:
    """The ten minutes are those of the polls alone (OR-VID-11)."""
    call = video(answer(SUBMITTED), *[PENDING] * 119, DONE, VIDEO)
    assert [request.timeout_ms for request in call.requests[-2:]] == [5_000, 60_000]
    assert call.artifacts


def test_a_deadline_caps_every_call_and_every_wait() -> None:
    """Its fraction is dropped; each call gets what is left of it, if that is less (OR-VID-11)."""
    call = video(answer(SUBMITTED), PENDING, PENDING, DONE, VIDEO, timeout_ms=61_000.9)
    assert call.waits == [5000, 5000]
    assert [request.timeout_ms for request in call.requests] == [60_000, 60_000, 56_000, 51_000, 51_000]


def test_nothing_is_sent_after_the_deadline() -> None:
    """The last wait is cut short, and the error comes before the next request (OR-VID-11)."""
    call = video(answer(SUBMITTED), PENDING, timeout_ms=7_000)
    assert [request.timeout_ms for request in call.requests] == [7_000, 7_000, 2_000]
    assert call.waits == [5000, 2000]
    assert call.error["class"] == "timeout"


def test_a_call_that_times_out_uses_its_time_up() -> None:
    """Then the job has failed, without another request (OR-VID-11, OR-RETRY-05)."""
    call = video(answer(SUBMITTED), Reply(fault="timeout"), timeout_ms=30_000)
    assert [request.timeout_ms for request in call.requests] == [30_000, 30_000]
    assert (call.error["class"], call.error["retryable"]) == ("timeout", True)


@pytest.mark.parametrize("timeout_ms", [0, -5, "x", None, float("inf"), float("nan")])
def test_what_is_no_time_is_no_deadline(timeout_ms: Any) -> None:
    """Unlike with images and speech, where it is a minute."""
    call = video(timeout_ms=timeout_ms)
    assert {request.timeout_ms for request in call.requests} == {60_000}
