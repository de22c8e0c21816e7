"""Mutants that do the wrong thing when something goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from harness.model import Reply, Request
from harness_openclaw.mutants.base import (
    Call,
    CaseClient,
    Given,
    Outcome,
    altered,
    body_of,
    client,
    is_error,
    with_body,
    with_fields,
)

__all__: list[str] = []

LATEST = "latest"


# ------------------------------------------------------------------ what is repeated


@client("OR-RETRY-02", "chat")
def repeats_refusals(given: Given, client: CaseClient) -> Call:
    """Repeats a call that was refused for good, in the hope of better luck."""
    return (yield from _repeating(client(given), lambda error: error.get("status") in (400, 401, 402, 403)))


@client("OR-RETRY-04", "chat", edition=LATEST)
def repeats_by_itself(given: Given, client: CaseClient) -> Call:
    """Still repeats a model call, while the run that made it does so as well."""
    return (yield from _repeating(client(given), lambda error: error["retryable"]))


@client("OR-RETRY-06", "chat")
def repeats_what_has_begun(given: Given, client: CaseClient) -> Call:
    """Repeats a call whose answer broke off, and pays for what it had already."""
    begun: list[bool] = []

    def heard(reply: Reply) -> Reply:
        begun.append(reply.status == 200 and bool(reply.chunks))
        return reply

    call = altered(client(given), reply=heard)
    return (yield from _repeating(call, lambda error: begun[-1]))


@client("OR-RETRY-02", "chat")
def gives_up_at_once(given: Given, client: CaseClient) -> Call:
    """Repeats nothing, whatever went wrong."""

    def final(reply: Reply) -> Reply:
        return replace(reply, headers=(*reply.headers, ("x-should-retry", "false")))

    return (yield from altered(client(given), reply=final))


@client("OR-RETRY-02", "chat")
def ignores_what_the_answer_advises(given: Given, client: CaseClient) -> Call:
    """Decides by the status alone whether a call is repeated."""
    return (yield from altered(client(given), reply=_without("x-should-retry")))


# ------------------------------------------------------------------ how it is repeated


@client("OR-RETRY-01", "chat")
def repeats_without_waiting(given: Given, client: CaseClient) -> Call:
    """Repeats a call at once, when the provider is busiest."""
    return (yield from altered(client(given), wait_ms=lambda milliseconds: 0))


@client("OR-RETRY-02", "chat")
def waits_the_same_each_time(given: Given, client: CaseClient) -> Call:
    """Waits half a second before each repeat."""
    return (yield from altered(client(given), wait_ms=lambda milliseconds: 500))


@client("OR-RETRY-02", "chat")
def ignores_retry_after(given: Given, client: CaseClient) -> Call:
    """Waits as long as it holds right, whatever the answer asks for."""
    return (yield from altered(client(given), reply=_without("retry-after", "retry-after-ms")))


@client("OR-RETRY-01", "chat")
def counts_its_attempts_in_the_body(given: Given, client: CaseClient) -> Call:
    """Numbers its attempts in the request, so that no two are the same."""
    attempts: list[Request] = []

    def numbered(request: Request) -> Request:
        attempts.append(request)
        return with_fields(request, user=f"attempt-{len(attempts)}") if len(attempts) > 1 else request

    return (yield from altered(client(given), request=numbered))


@client("OR-RETRY-01", "chat")
def writes_the_body_anew(given: Given, client: CaseClient) -> Call:
    """Writes the body of a repeated call in another order of its keys, and no cache knows it again."""
    attempts: list[Request] = []

    def rewritten(request: Request) -> Request:
        attempts.append(request)
        body = body_of(request)
        return with_body(request, dict(sorted(body.items(), reverse=True))) if len(attempts) > 1 else request

    return (yield from altered(client(given), request=rewritten))


# ------------------------------------------------------------------ what it is called


@client("OR-ERR-01", "chat")
def calls_a_missing_model_a_timeout(given: Given, client: CaseClient) -> Call:
    """Takes a model that is not there for one that did not answer."""
    return (yield from altered(client(given), outcome=_error(404, {"class": "timeout", "retryable": True})))


@client("OR-ERR-01", "chat")
def gives_up_at_rate_limits(given: Given, client: CaseClient) -> Call:
    """Reports a rate limit as if waiting did not help."""
    return (yield from altered(client(given), outcome=_error(429, {"retryable": False})))


@client("OR-ERR-01", "chat")
def takes_missing_credits_for_a_bad_key(given: Given, client: CaseClient) -> Call:
    """Sends the user to renew a key that has merely run out of credits."""
    return (yield from altered(client(given), outcome=_error(402, {"class": "auth"})))


@client("OR-ERR-01", "chat")
def calls_every_server_error_overload(given: Given, client: CaseClient) -> Call:
    """Does not tell a provider that broke from one that is busy."""
    return (yield from altered(client(given), outcome=_error(500, {"class": "overloaded"})))


@client("OR-ERR-01", "chat")
def overlooks_errors_inside_answers(given: Given, client: CaseClient) -> Call:
    """Takes every answer with status 200 for a success, also one that holds nothing but an error."""

    def succeeded(outcome: Outcome) -> Outcome:
        inside = is_error(outcome) and outcome["error"].get("status") in (None, 200)
        return {"text": "", "finish_reason": "stop"} if inside else outcome

    return (yield from altered(client(given), outcome=succeeded))


@client("OR-RETRY-06", "chat")
def takes_a_broken_stream_for_a_whole_one(given: Given, client: CaseClient) -> Call:
    """Ends quietly with what had come when the stream reported an error."""

    def mended(reply: Reply) -> Reply:
        if not any(b'"error"' in chunk for chunk in reply.chunks) or reply.status != 200:
            return reply
        events = reply.body.split(b"\n\n")
        kept = [event for event in events if b'"error"' not in event and event.strip()]
        ending = b'data: {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}'
        return replace(reply, chunks=(b"\n\n".join([*kept, ending, b"data: [DONE]", b""]),))

    return (yield from altered(client(given), reply=mended))


@client("OR-ERR-02", "chat", "image", "video", "speech")
def keeps_the_providers_words_to_itself(given: Given, client: CaseClient) -> Call:
    """Says that something went wrong, and not what."""

    def silent(outcome: Outcome) -> Outcome:
        return {"error": {**outcome["error"], "message": "Request failed"}} if is_error(outcome) else outcome

    return (yield from altered(client(given), outcome=silent))


@client("OR-ERR-02", "chat")
def shows_the_whole_answer(given: Given, client: CaseClient) -> Call:
    """Puts the answer into the message of the error as it came, however long it is."""
    bodies: list[str] = []

    def heard(reply: Reply) -> Reply:
        bodies.append(reply.body.decode(errors="replace"))
        return reply

    def shown(outcome: Outcome) -> Outcome:
        if not is_error(outcome) or not bodies:
            return outcome
        return {"error": {**outcome["error"], "message": f"HTTP error: {bodies[-1]}"}}

    return (yield from altered(client(given), reply=heard, outcome=shown))


# ------------------------------------------------------------------ how an answer ended


@client("OR-ERR-03", "chat")
def reports_tools_without_calls(given: Given, client: CaseClient) -> Call:
    """Believes an answer that says that it calls tools, and calls none."""
    claims: list[bool] = []

    def heard(reply: Reply) -> Reply:
        claims.append(b'"tool_calls"' in reply.body.replace(b'"tool_calls":', b""))
        return reply

    def believed(outcome: Outcome) -> Outcome:
        claimed = bool(claims and claims[-1]) and not is_error(outcome)
        return {**outcome, "finish_reason": "toolUse"} if claimed else outcome

    return (yield from altered(client(given), reply=heard, outcome=believed))


@client("OR-ERR-03", "chat")
def takes_a_filtered_answer_for_a_whole_one(given: Given, client: CaseClient) -> Call:
    """Does not look at why an answer ended."""

    def stopped(reply: Reply) -> Reply:
        return replace(
            reply, chunks=tuple(chunk.replace(b'"content_filter"', b'"stop"') for chunk in reply.chunks)
        )

    return (yield from altered(client(given), reply=stopped))


@client("OR-ERR-03", "chat")
def takes_a_cut_answer_for_a_whole_one(given: Given, client: CaseClient) -> Call:
    """Reports an answer that ran out of tokens as one that came to its end."""

    def finished(outcome: Outcome) -> Outcome:
        cut = outcome.get("finish_reason") == "length"
        return {**outcome, "finish_reason": "stop"} if cut else outcome

    return (yield from altered(client(given), outcome=finished))


# ------------------------------------------------------------------ what an answer says


@client("OR-ERR-05", "chat")
def leaves_out_what_came_from_the_cache(given: Given, client: CaseClient) -> Call:
    """Reports how many tokens there were, and not how many of them were read from a cache."""

    def lumped(outcome: Outcome) -> Outcome:
        usage = {name: count for name, count in outcome.get("usage", {}).items() if "cache" not in name}
        return {**outcome, "usage": usage} if usage else outcome

    return (yield from altered(client(given), outcome=lumped))


@client("OR-ERR-05", "chat")
def ends_lines_at_separators(given: Given, client: CaseClient) -> Call:
    """Takes every character that separates lines for the end of one, inside of what is said, too."""

    def split(reply: Reply) -> Reply:
        return replace(reply, chunks=("\n".join(reply.body.decode(errors="replace").splitlines()).encode(),))

    return (yield from altered(client(given), reply=split))


# ------------------------------------------------------------------


def _repeating(call: Call, hopeful: Callable[[dict[str, object]], object]) -> Call:
    """The call, its last request sent once more if it ended in an error that seems `hopeful`."""
    last: list[Request] = []

    def kept(request: Request) -> Request:
        last[:] = [request]
        return request

    outcome = yield from altered(call, request=kept)
    if is_error(outcome) and last and hopeful(outcome["error"]):
        yield {"sleep_ms": 500}
        yield last[0]
    return outcome


def _without(*names: str) -> Callable[[Reply], Reply]:
    """A change of replies: these headers, in lower case here, are not read."""

    def unread(reply: Reply) -> Reply:
        return replace(reply, headers=tuple(pair for pair in reply.headers if pair[0].lower() not in names))

    return unread


def _error(status: int, fields: dict[str, object]) -> Callable[[Outcome], Outcome]:
    """A change of the outcomes that are an error with this status."""

    def reported(outcome: Outcome) -> Outcome:
        its = is_error(outcome) and outcome["error"].get("status") == status
        return {"error": {**outcome["error"], **fields}} if its else outcome

    return reported
