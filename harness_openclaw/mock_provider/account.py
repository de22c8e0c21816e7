"""The account that a key belongs to: its balance, its costs and its generations."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

from harness.model import JsonValue
from harness_openclaw.mock_provider.completion import Answer
from harness_openclaw.mock_provider.errors import ERRORS, ApiError, ErrorResponse

__all__ = ["Account", "Ledger"]

_CREDITS_PAGE = "https://openrouter.ai/settings/credits"


@dataclass(frozen=True, slots=True)
class Account:
    """An account at the start. Amounts are in USD.

    `key` is the only key accepted (None: any), `credits` what was bought, `used` how much of it is spent,
    `limit` the most that the key may spend (None: no limit). With `sees_credits` False the key may not ask
    for the credits of the account. `budget` is what the key may spend at ClawRouter in a month (None: no
    budget), `policy` the name of that budget.
    """

    key: str | None = field(default=None, repr=False)
    label: str = "simulated"
    user_id: str = "user_2Simu1atedAcc0untNumberOne"
    credits: Decimal = Decimal(10)
    used: Decimal = Decimal()
    limit: Decimal | None = None
    limit_reset: str | None = None
    is_free_tier: bool = False
    expires_at: str | None = None
    sees_credits: bool = True
    budget: Decimal | None = Decimal(100)
    policy: str = "default/simulated"


@dataclass(frozen=True, slots=True)
class _Generation:
    answer: Answer
    stream: bool
    referer: str


class Ledger:
    """What an account has spent since the provider was made."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._spent = Decimal()
        self._generations: dict[str, _Generation] = {}

    def record(self, answer: Answer, *, stream: bool, referer: str) -> None:
        """Charge an answer and keep it under its id."""
        self._spent += answer.usage.cost
        self._generations[answer.id] = _Generation(answer, stream, referer)

    def charge(self, cost: Decimal) -> None:
        """Charge an image, a video or speech. Raises `ApiError` as `check` does."""
        self.check(cost, None)
        self._spent += cost

    def check(self, price: Decimal, limit: int | None) -> None:
        """Check that the account can pay. Raises `ApiError` if the balance or the limit of the key is spent,
        or if the balance does not pay for `limit` tokens at `price` each."""
        account = self._account
        if account.limit is not None and self._spent >= account.limit:
            raise ApiError(ERRORS["403"])
        balance = account.credits - account.used - self._spent
        if price <= 0:
            return
        if balance <= 0:
            raise ApiError(ERRORS["402"])
        affordable = int(balance / price)
        if limit is not None and limit > affordable:
            message = (
                "This request requires more credits, or fewer max_tokens. You requested up to"
                f" {limit} tokens, but can only afford {affordable}. To increase, visit {_CREDITS_PAGE}"
            )
            raise ApiError(ErrorResponse(402, message, {"provider_name": None}))

    def key(self) -> JsonValue:
        """Return the body of `GET /key`."""
        account, spent = self._account, float(self._spent)
        left = None if account.limit is None else float(max(Decimal(), account.limit - self._spent))
        return {
            "data": {
                "label": account.label,
                "limit": None if account.limit is None else float(account.limit),
                "limit_remaining": left,
                "limit_reset": account.limit_reset,
                "usage": spent,
                "usage_daily": spent,
                "usage_weekly": spent,
                "usage_monthly": spent,
                "byok_usage": 0,
                "byok_usage_daily": 0,
                "byok_usage_weekly": 0,
                "byok_usage_monthly": 0,
                "include_byok_in_limit": False,
                "is_free_tier": account.is_free_tier,
                "is_management_key": account.sees_credits,
                "is_provisioning_key": account.sees_credits,
                "creator_user_id": account.user_id,
                "expires_at": account.expires_at,
                "rate_limit": {"requests": -1, "interval": "10s", "note": "Deprecated, and safe to ignore."},
            }
        }

    def credits(self) -> JsonValue:
        """Return the body of `GET /credits`. Raises `ApiError` for a key that may not see them."""
        account = self._account
        if not account.sees_credits:
            raise ApiError(
                ErrorResponse(403, "Only management keys can ask for credits", names_account=False)
            )
        return {
            "data": {
                "total_credits": float(account.credits),
                "total_usage": float(account.used + self._spent),
            }
        }

    def generation(self, name: str) -> JsonValue:
        """Return the body of `GET /generation`. Raises `ApiError` for an unknown id."""
        found = self._generations.get(name)
        if found is None:
            raise ApiError(ErrorResponse(404, f"Generation {name} not found", names_account=False))
        answer = found.answer
        usage, rng = answer.usage, answer.rng
        return {
            "data": {
                "created_at": datetime.fromtimestamp(answer.created, UTC).isoformat(),
                "model": answer.model.slug,
                "app_id": 1,
                "external_user": None,
                "streamed": found.stream,
                "cancelled": False,
                "latency": rng.number("latency", 200, 900),
                "moderation_latency": None,
                "generation_time": rng.number("generation time", 100, 3000),
                "tokens_prompt": usage.prompt,
                "tokens_completion": usage.completion,
                "native_tokens_prompt": usage.prompt,
                "native_tokens_completion": usage.completion,
                "native_tokens_completion_images": None,
                "native_tokens_reasoning": usage.reasoning,
                "native_tokens_cached": usage.cached,
                "num_media_prompt": None,
                "num_input_audio_prompt": None,
                "num_media_completion": 0,
                "num_search_results": None,
                "num_fetches": None,
                "web_search_engine": None,
                "origin": found.referer,
                "http_referer": found.referer or None,
                "user_agent": None,
                "data_region": "global",
                "router": None,
                "preset_id": None,
                "service_tier": None,
                "provider_responses": None,
                "is_byok": False,
                "finish_reason": answer.output.finish,
                "native_finish_reason": answer.native_finish,
                "usage": float(usage.cost),
                "api_type": "completions",
                "id": answer.id,
                "upstream_id": f"upstream-{rng.word('upstream', 24)}",
                "total_cost": float(usage.cost),
                "cache_discount": None,
                "upstream_inference_cost": 0,
                "provider_name": answer.model.vendor.name,
            }
        }
