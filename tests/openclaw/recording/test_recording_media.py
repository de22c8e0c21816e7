"""Images, videos and speech, recorded from the stand-in over real TLS."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import orjson
import pytest
from recording_site import REAL_KEY, OpenSite, Site
from recording_studio import Studio

from harness.cassettes import open_cassette
from harness.implementations import connect
from harness.model import Case, Reply, Request
from harness.recording.keys import Keys
from harness.recording.plan import Plan, first_requests, plan
from harness.recording.progress import Progress
from harness.recording.protocol import Key, Preflight
from harness.recording.provider_client import Budget, ProviderClient
from harness.recording.session import Settings, record
from harness.recording.upstream import Upstream
from harness.scenarios import load
from harness_openclaw import hooks, recording
from harness_openclaw.mock_provider import Provider
from harness_openclaw.mock_provider.fault_injection import with_fault

ORIGIN = "https://openrouter.ai"
STORED = "https://storage.example/film.mp4"
FILM = b"\x00\x00\x00\x08ftyp\xff\xfe"


@pytest.fixture(scope="module")
def media() -> dict[str, Case]:
    """The bundled conversations about media, by the end of their names; in the newest edition that each
    holds in."""
    suites = load(hooks.scenarios / "openrouter" / "media-conversations.yaml")
    return {case.name.partition("media-conversations/")[2]: case for case in suites.cases("all")}


@pytest.fixture
def studio_at(site_of: OpenSite) -> Site:
    """The stand-in under OpenRouter's own URLs."""
    return site_of(Provider().answer, stands_for=ORIGIN)


def demanding(name: str, *, without: str = "") -> Callable[[Request], Reply]:
    """A stand-in that answers jobs as if they had demanded this, but for what it is to be silent of."""
    provider = Provider()

    def answer(request: Request) -> Reply:
        demand = (("X-Simulate", name),) if request.method == "POST" else ()
        reply = provider.answer(replace(request, headers=(*request.headers, *demand)))
        if not without:
            return reply
        told = {key: value for key, value in orjson.loads(reply.body).items() if key != without}
        return replace(reply, chunks=(orjson.dumps(told),))

    return answer


# ------------------------------------------------------------------ videos


def test_a_video_is_recorded_from_its_submission_to_its_film(
    studio: Studio, studio_at: Site, media: dict[str, Case]
) -> None:
    """With every look at the job in between; nobody waits for what runs on this machine."""
    (take,) = studio.record(media["video"], studio_at.client())
    assert (take.status, take.reason) == ("recorded", "")
    kept = open_cassette(take.files[0]).interactions
    job = kept[1].request.url
    assert [(each.request.method, each.request.url) for each in kept] == [
        ("POST", f"{ORIGIN}/api/v1/videos"),
        ("GET", job),
        ("GET", job),
        ("GET", job),
        ("GET", f"{job}/content?index=0"),
    ]
    assert job.startswith(f"{ORIGIN}/api/v1/videos/")
    assert studio_at.waits == []


def test_a_recorded_film_is_the_provider_s_to_the_byte(
    studio: Studio, studio_at: Site, media: dict[str, Case]
) -> None:
    """As another provider of the same kind gives it to the same requests."""
    (take,) = studio.record(media["video-in-another-container"], studio_at.client())
    other = Provider()
    replies = [other.answer(request) for request in studio_at.requests]
    kept = open_cassette(take.files[0]).interactions
    assert [each.reply.body for each in kept] == [reply.body for reply in replies]
    assert kept[-1].reply.body.startswith(b"\x1a\x45\xdf\xa3")


def test_the_key_goes_to_polls_and_download_of_the_same_origin(
    studio: Studio, studio_at: Site, media: dict[str, Case]
) -> None:
    """In place of the canary, as it does to the job; the file has neither."""
    case = media["video"]
    (take,) = studio.record(case, studio_at.client())
    bearers = {dict(request.headers)["Authorization"] for request in studio_at.requests}
    assert bearers == {f"Bearer {REAL_KEY}"}
    text = take.files[0].read_text("utf-8")
    assert REAL_KEY not in text
    assert case.canaries["api_key"] not in text


@pytest.mark.parametrize("silent_of", ["", "error"])
@pytest.mark.parametrize("end", ["failed", "cancelled", "expired"])
def test_a_job_that_failed_takes_no_recording_s_place(
    studio: Studio, site_of: OpenSite, media: dict[str, Case], end: str, silent_of: str
) -> None:
    """What came of it is set aside, whether it says why or not."""
    site = site_of(demanding(f"video-{end}", without=silent_of), stands_for=ORIGIN)
    (take,) = studio.record(media["video"], site.client())
    assert take.status == "failed"
    assert "was answered with an error (unclassified)" in take.reason
    assert [studio.aside in file.parents for file in take.files] == [True]
    assert studio.files == []


def test_a_job_that_is_to_fail_and_does_is_recorded(
    studio: Studio, studio_at: Site, media: dict[str, Case]
) -> None:
    """The looks that lead there are answered as always, and no film is asked for."""
    (take,) = studio.record(media["video-that-fails/expired"], studio_at.client())
    assert (take.status, take.reason) == ("recorded", "")
    assert len(open_cassette(take.files[0]).interactions) == 4


def test_a_film_where_a_failure_should_be_is_set_aside(
    studio: Studio, site_of: OpenSite, media: dict[str, Case]
) -> None:
    """The case expects an error, and none came."""
    site = site_of(demanding("video-completed"), stands_for=ORIGIN)
    (take,) = studio.record(media["video-that-fails/failed"], site.client())
    assert take.status == "failed"
    assert "the case expects an error" in take.reason


def test_half_a_film_is_set_aside(studio: Studio, site_of: OpenSite, media: dict[str, Case]) -> None:
    """A download that is cut off is reported as what it is."""
    provider = Provider()

    def answer(request: Request) -> Reply:
        reply = provider.answer(request)
        return with_fault(reply, "truncated") if "/content" in request.url else reply

    site = site_of(answer, stands_for=ORIGIN)
    (take,) = studio.record(media["video"], site.client())
    assert take.status == "failed"
    assert "/content?index=0 failed: the answer was cut off" in take.reason
    assert studio.files == []


def test_a_film_is_fetched_even_if_its_job_has_used_up_the_budget(
    studio: Studio, studio_at: Site, media: dict[str, Case]
) -> None:
    """Looks cost nothing, and what was paid for is not left there."""
    client = studio_at.client(most="0.5")
    (take,) = studio.record(media["video"], client)
    assert take.status == "recorded"
    assert client.budget.spent == Decimal("0.6")


def test_a_job_that_is_broken_off_is_not_forgotten(
    studio: Studio, site_of: OpenSite, media: dict[str, Case]
) -> None:
    """It is paid for, so its id is set aside and its call counted before the recording ends."""
    provider = Provider()

    def answer(request: Request) -> Reply:
        return provider.answer(request) if request.method == "POST" else Reply(503, (), (b"{}",))

    def interrupt(seconds: float, why: str) -> None:
        raise KeyboardInterrupt

    client = site_of(answer, stands_for=ORIGIN).client(on_wait=interrupt)
    progress = Progress(studio.folder / "state.json", "reference", resume=False)
    with connect("python:harness_openclaw.reference:implementation") as reference:
        settings = Settings(studio.folder / "tapes", studio.aside)
        takes = record([media["video"]], reference, client, settings, progress)
        take = next(takes)
        with pytest.raises(KeyboardInterrupt):
            next(takes)
    assert (take.status, take.reason) == ("failed", "it was interrupted")
    assert [call.status for call in take.entries] == [202]
    (kept,) = open_cassette(take.files[0]).interactions
    assert orjson.loads(kept.reply.body)["id"]


def stored_elsewhere() -> Callable[[Request], Reply]:
    """A stand-in whose films lie in somebody's storage."""
    provider = Provider()

    def answer(request: Request) -> Reply:
        if request.url.endswith("/film.mp4"):
            return Reply(200, (("Content-Type", "video/mp4"),), (FILM,))
        reply = provider.answer(request)
        told = orjson.loads(reply.body)
        if "unsigned_urls" in told:
            told["unsigned_urls"] = [STORED]
        return replace(reply, chunks=(orjson.dumps(told),))

    return answer


@pytest.fixture
def stored(media: dict[str, Case]) -> Case:
    """The video whose film is expected to be fetched from there, without a key."""
    case = media["video"]
    (step,) = case.steps
    *before, film = step.interactions
    there = replace(film, request={"method": "GET", "url": STORED, "headers": {}})
    return replace(case, steps=(replace(step, interactions=(*before, there), outcome=None),))


def test_a_film_at_another_host_is_fetched_if_that_may_be_reached(
    studio: Studio, site_of: OpenSite, stored: Case
) -> None:
    """Without a key: nobody gave one to that host."""
    site = site_of(stored_elsewhere(), stands_for=ORIGIN, routed=["storage.example"])
    (take,) = studio.record(stored, site.client())
    assert (take.status, take.reason) == ("recorded", "")
    kept = open_cassette(take.files[0]).interactions[-1]
    assert (kept.request.url, kept.reply.body) == (STORED, FILM)
    headers = dict(site.requests[-1].headers)
    assert headers["X-Forwarded-Host"] == "storage.example"
    assert "Authorization" not in headers


def test_a_film_at_a_host_that_may_not_be_reached_is_told(
    studio: Studio, site_of: OpenSite, stored: Case
) -> None:
    """With which it is; what came before is set aside."""
    site = site_of(stored_elsewhere(), stands_for=ORIGIN)
    (take,) = studio.record(stored, site.client())
    assert take.status == "failed"
    assert "'storage.example', which is not among the hosts" in take.reason
    assert len(open_cassette(take.files[0]).interactions) == 4


def test_waits_for_a_provider_elsewhere_are_real() -> None:
    """Only what runs on this machine keeps nobody waiting."""
    waited: list[float] = []
    with Upstream(["openrouter.ai"]) as upstream:
        client = ProviderClient(upstream, Keys(), Budget(Decimal(1)), sleep=waited.append)
        client.wait(5.0)
    assert waited == [5.0]


# ------------------------------------------------------------------ the plan


def planned_from(case: Case, site: Site) -> Plan:
    """The plan of a case with the reference client."""
    with connect("python:harness_openclaw.reference:implementation") as reference:
        return plan(first_requests([case], reference), site.client().estimate, 2)


@pytest.mark.parametrize(
    ("name", "count", "unpriced"),
    [
        ("video", 1, ("google/veo-3.1-fast",)),
        ("two-images", 2, ("google/gemini-3.1-flash-image-preview",)),
        ("speech/mp3", 1, ("hexgrad/kokoro-82m",)),
        ("video-refused/401", 1, ()),
        ("video-that-fails/failed", 1, ()),
    ],
)
def test_the_plan_has_what_is_paid_for(
    studio_at: Site, media: dict[str, Case], name: str, count: int, unpriced: tuple[str, ...]
) -> None:
    """Not the looks at a job; what is to be refused costs nothing, and no list of chat models has it."""
    planned = planned_from(media[name], studio_at)
    assert (len(planned.calls), planned.unpriced) == (count, unpriced)
    assert planned.hosts == ("openrouter.ai",)
    key = Key("K", REAL_KEY)
    assert recording.trials(Preflight(planned.calls, (), f"{ORIGIN}/api/v1", lambda url: key)) == ()
    assert studio_at.requests == ()


# ------------------------------------------------------------------ images and speech


@pytest.mark.parametrize(
    ("name", "count"), [("image", 1), ("two-images", 2), ("speech/mp3", 1), ("speech/pcm", 1)]
)
def test_media_are_recorded_to_the_byte(
    studio: Studio, studio_at: Site, media: dict[str, Case], name: str, count: int
) -> None:
    """Pictures in JSON, sound as it is."""
    (take,) = studio.record(media[name], studio_at.client())
    assert (take.status, take.reason) == ("recorded", "")
    other = Provider()
    replies = [other.answer(request) for request in studio_at.requests]
    kept = open_cassette(take.files[0]).interactions
    assert [each.reply.body for each in kept] == [reply.body for reply in replies]
    assert len(kept) == count


@pytest.mark.parametrize("kind", ["image-refused", "images-refused", "video-refused", "speech-refused"])
@pytest.mark.parametrize("status", ["429", "500"])
def test_a_refusal_that_is_wanted_is_asked_for_once(
    studio: Studio, studio_at: Site, media: dict[str, Case], kind: str, status: str
) -> None:
    """However passing it may be."""
    (take,) = studio.record(media[f"{kind}/{status}"], studio_at.client())
    assert (take.status, take.reason) == ("recorded", "")
    assert len(studio_at.requests) == 1
    assert [each.reply.status for each in open_cassette(take.files[0]).interactions] == [int(status)]
