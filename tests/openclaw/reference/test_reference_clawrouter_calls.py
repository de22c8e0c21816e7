"""Model calls through ClawRouter: what is checked, asked and sent, where to, and with which headers."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from clawrouter_inputs import (
    CATALOG,
    CHAT,
    CLAUDE,
    GEMINI,
    KEY,
    LISTED,
    PLAIN,
    ROOT,
    asking,
    body,
    headers,
    model_call,
    perform,
)

from harness.model import Reply, Request
from harness_openclaw.reference import Client, Unsupported, shape

EVERY = [LISTED, CHAT, CLAUDE, GEMINI]
URLS = {
    LISTED: "/v1/responses",
    CHAT: "/v1/chat/completions",
    CLAUDE: "/v1/native/anthropic/v1/messages",
    GEMINI: "/v1/native/google/v1beta/models/gemini-2-5-pro:streamGenerateContent?alt=sse",
}
CREDENTIALS = {
    LISTED: ("authorization", f"Bearer {KEY}"),
    CHAT: ("authorization", f"Bearer {KEY}"),
    CLAUDE: ("x-api-key", KEY),
    GEMINI: ("x-goog-api-key", KEY),
}


def refused(given: dict[str, Any]) -> dict[str, Any]:
    """The error of a call that sends no model call, and how many requests went out before."""
    requests, outcome = perform(given)
    assert all(request.method == "GET" for request in requests)
    return {**outcome["error"], "sent": len(requests)}


class TestWhatIsSent:
    @pytest.mark.parametrize("model", EVERY)
    def test_the_catalog_says_where_a_model_is_called(self, model: str) -> None:
        """Each transport has its URL below the root, the native ones with the upstream's id (CW-REQ-01)."""
        request = model_call(model)
        assert (request.method, request.url) == ("POST", ROOT + URLS[model])

    @pytest.mark.parametrize("model", EVERY)
    def test_a_root_with_a_path_keeps_it(self, model: str) -> None:
        """Everything lies below the configured root (CW-BASE-01)."""
        request = model_call(model, base_url="https://cr.example/base/v1/")
        assert request.url == f"https://cr.example/base{URLS[model]}"

    @pytest.mark.parametrize("model", EVERY)
    def test_the_same_input_gives_the_same_bytes(self, model: str) -> None:
        """Nothing of a request depends on when and by whom it is made."""
        assert model_call(model) == model_call(model)

    def test_a_second_call_uses_the_catalog_of_the_first(self) -> None:
        """Within a minute the catalog is not asked for again (CW-CAT-09)."""
        client = Client()
        perform(asking(), client=client)
        requests, _ = perform(asking(CHAT), client=client)
        assert [request.method for request in requests] == ["POST"]

    def test_a_failed_call_is_sent_once(self) -> None:
        """Retries are not the call's affair: one request, then the error."""
        requests, outcome = perform(asking(), answer=Reply(503))
        assert len(requests) == 2
        assert outcome["error"]["status"] == 503

    def test_the_first_request_is_that_for_the_catalog(self) -> None:
        """`shape` gives what is sent first."""
        assert shape(asking()).url == f"{ROOT}/v1/catalog"

    def test_an_answer_is_read_in_the_words_of_its_transport(self) -> None:
        """A chat completion brings its text and finish reason."""
        choice = {"message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}
        answer = Reply(
            200,
            (("content-type", "application/json"),),
            (json.dumps({"id": "1", "choices": [choice]}).encode(),),
        )
        _, outcome = perform(asking(CHAT), answer=answer)
        assert (outcome["text"], outcome["finish_reason"]) == ("Hello", "stop")


class TestRefusals:
    @pytest.mark.parametrize("key", [None, "  ", "CLAWROUTER_API_KEY"])
    def test_without_a_key_nothing_is_sent(self, key: str | None) -> None:
        """No key, and no placeholder for one: an error of class auth (CW-AUTH-02, -03)."""
        error = refused(asking(api_key=key, env={"OPENAI_API_KEY": "sk-other"}))
        assert (error["class"], error["sent"]) == ("auth", 0)

    @pytest.mark.parametrize("ref", ["clawrouter/", "clawrouter/ "])
    def test_a_ref_without_id_is_refused(self, ref: str) -> None:
        """A bad ref sends nothing, not even for the catalog (OR-REF-09)."""
        error = refused({**asking(), "model": ref})
        assert (error["class"], error["sent"]) == ("format", 0)

    def test_a_ref_that_the_catalog_lacks_is_an_unknown_model(self) -> None:
        """There is no list of models but the catalog's (CW-CAT-06)."""
        error = refused(asking("openai/not-granted"))
        assert (error["class"], error["retryable"], error["sent"]) == ("model_not_found", False, 1)

    def test_a_ref_beside_the_allowlist_is_refused(self) -> None:
        """Where the agent's models are listed, a ref must be among them (CW-CAT-11)."""
        config: Any = {"agents": {"defaults": {"models": {f"clawrouter/{CHAT}": {}, "no ref": {}}}}}
        assert refused(asking(LISTED, config=config))["class"] == "model_not_found"
        assert model_call(CHAT, config=config).url.endswith("/chat/completions")

    @pytest.mark.parametrize("models", [{}, None])
    def test_an_empty_allowlist_allows_everything(self, models: Any) -> None:
        """A section without entries is no allowlist."""
        assert model_call(LISTED, config={"agents": {"defaults": {"models": models}}})

    def test_other_editions_have_no_clawrouter(self) -> None:
        """The editions of OpenRouter's own line say nothing of ClawRouter."""
        with pytest.raises(Unsupported):
            shape(asking(edition="2026-05"))

    @pytest.mark.parametrize("name", ["x y", "x:y"])
    def test_a_header_that_http_cannot_carry_is_refused(self, name: str) -> None:
        """The model call is not made, whatever the catalog says."""
        assert refused(asking(headers={name: "1"}))["class"] == "format"


class TestHeaders:
    @pytest.mark.parametrize("edition", ["clawrouter", "latest"])
    @pytest.mark.parametrize("model", EVERY)
    def test_the_key_goes_out_where_the_route_reads_it(self, model: str, edition: str) -> None:
        """One header carries it, and no other has it (CW-AUTH-01)."""
        sent = headers(model, edition=edition)
        assert {name: value for name, value in sent.items() if KEY in value} == dict([CREDENTIALS[model]])

    @pytest.mark.parametrize("model", EVERY)
    @pytest.mark.parametrize("name", ["authorization", "AUTHORIZATION", "X-Api-Key", "x-goog-api-key"])
    def test_a_configured_credential_never_goes_out(self, model: str, name: str) -> None:
        """No configuration and no call puts another key beside or in place of it (CW-AUTH-02)."""
        config = {"models": {"providers": {"clawrouter": {"headers": {name: "Bearer other"}}}}}
        for given in ({"config": config}, {"headers": {name: "Bearer other"}}):
            assert "Bearer other" not in headers(model, **given).values()

    def test_messages_names_the_version_of_its_api(self) -> None:
        """Only native Anthropic calls have the header."""
        assert headers(CLAUDE)["anthropic-version"] == "2023-06-01"
        assert "anthropic-version" not in headers(LISTED)

    @pytest.mark.parametrize("model", EVERY)
    def test_the_client_names_itself_in_the_latest_edition(self, model: str) -> None:
        """A model call says who calls, and in which session (CW-HDR-02)."""
        sent = headers(model, options={"session_id": "s-1"})
        assert sent["x-clawrouter-client"] == "openclaw"
        assert sent["x-clawrouter-session-id"] == "s-1"
        assert not any(name.startswith("x-openrouter") for name in sent)

    @pytest.mark.parametrize("model", EVERY)
    def test_the_first_edition_names_no_client(self, model: str) -> None:
        """Its documents know no such headers."""
        sent = headers(model, edition="clawrouter", options={"session_id": "s-1"})
        assert not any(name.startswith("x-clawrouter") for name in sent)

    def test_configured_headers_replace_the_defaults(self) -> None:
        """In any letter case, and as they are written (CW-HDR-02)."""
        own = {"x-clawrouter-CLIENT": "other", "x-clawrouter-session-id": "mine~0123456789abcdef"}
        config = {"models": {"providers": {"clawrouter": {"headers": own}}}}
        sent = headers(config=config, options={"session_id": "s-1"})
        assert sent["x-clawrouter-client"] == "other"
        assert sent["x-clawrouter-session-id"] == "mine~0123456789abcdef"

    @pytest.mark.parametrize(
        "given",
        ["x" * 257, "a/é", "sess\u00a0ion", "looks~0123456789abcdef", "\ud83d\ude00", "\ud800"],
    )
    def test_an_unsafe_session_id_is_told_by_its_digest(self, given: str) -> None:
        """At most 256 printable ASCII characters, and different for different sessions (CW-HDR-02)."""
        sent = headers(options={"session_id": given})["x-clawrouter-session-id"]
        digest = hashlib.sha256(given.encode("utf-16-le", "surrogatepass")).hexdigest()[:16]
        assert sent.endswith(f"~{digest}")
        assert len(sent) <= 256
        assert sent.isascii()
        assert sent.isprintable()

    def test_what_is_cleaned_keeps_its_beginning(self) -> None:
        """Characters that are not printable ASCII become underscores."""
        assert headers(options={"session_id": "ä-b"})["x-clawrouter-session-id"].startswith("_-b~")

    @pytest.mark.parametrize("given", ["", "  ", "a\nb", "a\x7fb", None, 7])
    def test_a_session_id_that_is_none_is_not_sent(self, given: Any) -> None:
        """Blank ids, control characters and what is no text give no header."""
        assert "x-clawrouter-session-id" not in headers(options={"session_id": given})

    def test_an_id_of_256_characters_goes_out_as_it_is(self) -> None:
        """The limit itself is allowed, and spaces around do not count."""
        sent = headers(options={"session_id": f" {'x' * 256} "})
        assert sent["x-clawrouter-session-id"] == "x" * 256


class TestBodies:
    @pytest.mark.parametrize("model", [LISTED, CHAT])
    def test_params_are_those_of_every_layer(self, model: str) -> None:
        """Configured params count, those of the call more, and options most."""
        config = {
            "agents": {
                "defaults": {
                    "models": {f"clawrouter/{model}": {"params": {"maxTokens": 5, "temperature": 0.1}}}
                }
            }
        }
        field = "max_output_tokens" if model == LISTED else "max_completion_tokens"
        sent = body(model, config=config, params={"temperature": 0.2})
        assert (sent[field], sent["temperature"]) == (5, 0.2)
        sent = body(model, config=config, options={"max_tokens": 7, "temperature": 0})
        assert (sent[field], sent["temperature"]) == (7, 0)

    @pytest.mark.parametrize("model", EVERY)
    def test_openrouters_own_fields_and_route_metadata_stay_behind(self, model: str) -> None:
        """Nothing of these reaches ClawRouter (CW-REQ-02, -03, CW-HDR-01)."""
        params = {
            "provider": {"order": ["a"]},
            "serviceTier": "flex",
            "responseCache": True,
            "clawrouterRoute": {"transport": "x"},
        }
        own = {"service_tier": "flex", "prompt_cache_key": "k", "store": True, "provider": {}}
        assert body(model, params=params, body=own) == body(model)

    @pytest.mark.parametrize(("model", "sent"), [(LISTED, True), (CHAT, True), (CLAUDE, False)])
    def test_parallel_tool_calls_go_to_the_openai_routes(self, model: str, sent: bool) -> None:
        """A boolean does; Messages and Gemini have no such field."""
        assert ("parallel_tool_calls" in body(model, params={"parallel_tool_calls": False})) is sent
        assert "parallel_tool_calls" not in body(model, params={"parallel_tool_calls": "no"})

    def test_the_callers_own_fields_are_kept(self) -> None:
        """What is in the body already goes over what the call makes."""
        assert body(CHAT, body={"seed": 3})["seed"] == 3


class TestCatalog:
    def test_the_models_of_the_catalog_are_listed(self) -> None:
        """One entry per model, sorted, with what a caller needs to know (CW-CAT-06…08)."""
        requests, outcome = perform({"operation": "catalog", "edition": "latest", "api_key": KEY})
        assert [request.url for request in requests] == [f"{ROOT}/v1/catalog"]
        listed = {model["id"]: model for model in outcome["models"]}
        in_all = sum(len(provider["models"]) for provider in CATALOG["providers"])
        assert (len(listed), list(listed)) == (in_all, sorted(listed))
        assert listed[LISTED]["ref"] == f"clawrouter/{LISTED}"
        assert listed[LISTED]["transport"] == "openai-responses"
        assert listed[LISTED]["reasoning_efforts"] == ["none", "low", "high"]
        assert listed[LISTED]["input"] == ["text", "image"]
        assert "reasoning_efforts" not in listed[PLAIN]
        assert listed[PLAIN]["input"] == ["text"]
        assert KEY not in json.dumps(outcome)

    def test_without_a_key_there_are_no_models(self) -> None:
        """And nothing is asked (CW-AUTH-03)."""
        assert perform({"operation": "catalog", "edition": "latest"}) == ([], {"models": []})

    def test_other_editions_have_no_catalog(self) -> None:
        """As with chat."""
        with pytest.raises(Unsupported):
            shape({"operation": "catalog", "edition": "2026-04", "api_key": KEY})


def test_a_configured_default_model_may_be_one_of_clawrouters() -> None:
    """A call that names no model goes where the agent's default says."""
    config: Any = {"agents": {"defaults": {"model": {"primary": "clawrouter/openai/gpt-5.5"}}}}
    first = next(Client()({"edition": "latest", "api_key": "cr-0000", "config": config, "history": []}))
    assert isinstance(first, Request)
    assert first.url == "https://clawrouter.openclaw.ai/v1/catalog"


@pytest.mark.parametrize("model", ["ClawRouter/openai/gpt-5.5", " clawrouter /openai/gpt-5.5"])
def test_a_providers_name_is_read_in_any_letter_case(model: str) -> None:
    """And without the spaces around it, as in every ref (OR-REF-01)."""
    first = next(Client()({"edition": "latest", "api_key": "cr-0000", "model": model, "history": []}))
    assert isinstance(first, Request)
    assert first.url == "https://clawrouter.openclaw.ai/v1/catalog"
