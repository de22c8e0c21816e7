"""Mutants that speak the four APIs behind ClawRouter with an accent."""

from __future__ import annotations

from collections.abc import Callable
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
    is_error,
    with_body,
    with_fields,
    without_fields,
    without_keys,
)

__all__: list[str] = []

LATEST = "latest"
RESPONSES, COMPLETIONS, MESSAGES = "/v1/responses", "/v1/chat/completions", "/v1/messages"

Body = dict[str, Any]


# ------------------------------------------------------------------ the frame


@client("CW-WIRE-01", "chat", "catalog", edition=LATEST)
def asks_streams_for_usage(given: Given, client: CaseClient) -> Call:
    """Sends stream_options, which not every vendor behind a router knows."""
    options = {"stream_options": {"include_usage": True}}
    return (yield from altered(client(given), request=_in(COMPLETIONS, lambda body: {**body, **options})))


@client("CW-WIRE-01", "chat", "catalog", edition=LATEST)
def limits_tokens_by_the_older_name(given: Given, client: CaseClient) -> Call:
    """Sends max_tokens to chat completions, which reasoning models refuse."""

    def renamed(body: Body) -> Body:
        return {("max_tokens" if name == "max_completion_tokens" else name): body[name] for name in body}

    return (yield from altered(client(given), request=_in(COMPLETIONS, renamed)))


@client("CW-WIRE-01", "chat", "catalog", edition=LATEST)
def instructs_by_a_field_of_its_own(given: Given, client: CaseClient) -> Call:
    """Sends the system prompt as the instructions of Responses, not as its first item."""

    def moved(body: Body) -> Body:
        items = body.get("input") or [{}]
        if items[0].get("role") not in ("system", "developer"):
            return body
        return {**body, "instructions": items[0]["content"][0]["text"], "input": items[1:]}

    return (yield from altered(client(given), request=_in(RESPONSES, moved)))


# ------------------------------------------------------------------ tools and thinking


@client("CW-WIRE-02", "chat", "catalog", edition=LATEST)
def lists_tools_as_they_come(given: Given, client: CaseClient) -> Call:
    """Sends tools in whatever order they are given, and no prompt cache knows them again."""

    def turned(request: Request) -> Request:
        tools = body_of(request).get("tools") if request.method == "POST" else None
        return with_fields(request, tools=tools[::-1]) if tools else request

    return (yield from altered(client(given), request=turned))


@client("CW-WIRE-02", "chat", "catalog", edition=LATEST)
def nests_tools_as_in_chat(given: Given, client: CaseClient) -> Call:
    """Gives Responses the tools of chat completions, one level too deep."""

    def nested(body: Body) -> Body:
        if not body.get("tools"):
            return body
        inner = [{name: tool[name] for name in tool if name != "type"} for tool in body["tools"]]
        return {**body, "tools": [{"type": "function", "function": tool} for tool in inner]}

    return (yield from altered(client(given), request=_in(RESPONSES, nested)))


@client("CW-WIRE-02", "chat", "catalog", edition=LATEST)
def chooses_tools_in_openais_words(given: Given, client: CaseClient) -> Call:
    """Passes the choice among tools to Anthropic as the word that another API has for it."""

    def as_a_word(body: Body) -> Body:
        choice = body.get("tool_choice")
        return {**body, "tool_choice": choice["type"]} if choice else body

    return (yield from altered(client(given), request=_in(MESSAGES, as_a_word)))


@client("CW-WIRE-03", "chat", "catalog", edition=LATEST)
def thinks_in_openrouters_words(given: Given, client: CaseClient) -> Call:
    """Sends the effort of chat completions in the object that OpenRouter has for it."""

    def moved(body: Body) -> Body:
        effort = body.pop("reasoning_effort", None)
        return {**body, "reasoning": {"effort": effort}} if effort else body

    return (yield from altered(client(given), request=_in(COMPLETIONS, moved)))


@client("CW-WIRE-03", "chat", "catalog", edition=LATEST)
def gives_every_claude_a_budget(given: Given, client: CaseClient) -> Call:
    """Sets tokens to think with also for models that choose for themselves."""

    def budgeted(body: Body) -> Body:
        if (body.get("thinking") or {}).get("type") != "adaptive":
            return body
        return {**body, "thinking": {"type": "enabled", "budget_tokens": 8192}}

    return (yield from altered(client(given), request=_in(MESSAGES, budgeted)))


@client("CW-WIRE-03", "chat", "catalog", edition=LATEST)
def leaves_thinking_on(given: Given, client: CaseClient) -> Call:
    """Says nothing of thinking where it is off, and pays for what the model does by default."""

    def silent(request: Request) -> Request:
        body = body_of(request) if request.method == "POST" else {}
        return (
            without_fields(request, "thinking") if body.get("thinking") == {"type": "disabled"} else request
        )

    return (yield from altered(client(given), request=silent))


# ------------------------------------------------------------------ turns


@client("CW-WIRE-04", "chat", "catalog", edition=LATEST)
def answers_tools_one_turn_each(given: Given, client: CaseClient) -> Call:
    """Gives Anthropic each of several tool results in a turn of its own, which it refuses."""

    def split(body: Body) -> Body:
        turns = []
        for turn in body["messages"]:
            blocks = turn["content"] if isinstance(turn["content"], list) else []
            results = bool(blocks) and all(block.get("type") == "tool_result" for block in blocks)
            turns += [{**turn, "content": [block]} for block in blocks] if results else [turn]
        return {**body, "messages": turns}

    return (yield from altered(client(given), request=_in(MESSAGES, split)))


@client("CW-WIRE-04", "chat", "catalog", edition=LATEST)
def sends_the_last_turn_alone(given: Given, client: CaseClient) -> Call:
    """Counts on Responses to remember what was said before."""

    def cut(body: Body) -> Body:
        return {**body, "input": body["input"][-1:]}

    return (yield from altered(client(given), request=_in(RESPONSES, cut)))


@client("CW-WIRE-05", "chat", "catalog", edition=LATEST)
def marks_no_caches(given: Given, client: CaseClient) -> Call:
    """Leaves out Anthropic's cache markers also where the API is Anthropic's own."""
    return (
        yield from altered(
            client(given), request=_in(MESSAGES, lambda body: without_keys(body, "cache_control"))
        )
    )


@client("CW-REQ-04", "chat", "catalog", edition=LATEST)
def shows_one_models_thoughts_to_another(given: Given, client: CaseClient) -> Call:
    """Takes every earlier turn for one of the model that is asked."""
    history = [
        {name: value for name, value in turn.items() if name not in ("model", "provider", "api")}
        for turn in given.get("history") or ()
    ]
    return (yield from client({**given, "history": history}))


@client("CW-REQ-04", "chat", "catalog", edition=LATEST)
def drops_failed_turns(given: Given, client: CaseClient) -> Call:
    """Leaves out a turn that failed, as the older edition had it, and its work is done twice."""
    failed = ("error", "aborted")
    history = [turn for turn in given.get("history") or () if turn.get("stop_reason") not in failed]
    return (yield from client({**given, "history": history}))


# ------------------------------------------------------------------ answers


@client("CW-WIRE-06", "chat", "catalog", edition=LATEST)
def takes_an_unfinished_answer_for_a_whole_one(given: Given, client: CaseClient) -> Call:
    """Reports what has come of a stream that never said how it ended."""
    answered: list[int] = []

    def heard(reply: Reply) -> Reply:
        answered.append(reply.status)
        return reply

    def whole(outcome: Outcome) -> Outcome:
        broke_off = is_error(outcome) and len(answered) > 1 and answered[-1] == 200
        return {"text": "", "finish_reason": "stop"} if broke_off else outcome

    return (yield from altered(client(given), reply=heard, outcome=whole))


@client("CW-WIRE-06", "chat", "catalog", edition=LATEST)
def reads_no_usage_from_streams(given: Given, client: CaseClient) -> Call:
    """Counts nothing of what a streamed answer says that it has used."""

    def uncounted(outcome: Outcome) -> Outcome:
        return {name: value for name, value in outcome.items() if name != "usage"}

    return (yield from altered(client(given), outcome=uncounted))


# ------------------------------------------------------------------


def _in(path: str, change: Callable[[Body], Body]) -> Callable[[Request], Request]:
    """A change of the bodies that go to this path."""

    def changed(request: Request) -> Request:
        return with_body(request, change(body_of(request))) if request.url.endswith(path) else request

    return changed
