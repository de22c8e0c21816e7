"""A stand-in provider: plausible answers, and the refusals of the real one (docs/mock-provider.md).

    from harness_openclaw.mock_provider import Provider

    reply = Provider().answer(request)

No socket is opened and nothing is written: who has the requests, hands them in.
"""

from harness_openclaw.mock_provider.account import Account
from harness_openclaw.mock_provider.fault_injection import injection_names
from harness_openclaw.mock_provider.model_list import MODELS
from harness_openclaw.mock_provider.models import Model
from harness_openclaw.mock_provider.provider import Provider, new_year_2026

__all__ = ["MODELS", "Account", "Model", "Provider", "injection_names", "new_year_2026"]
