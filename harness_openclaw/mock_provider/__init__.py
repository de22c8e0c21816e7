"""A mock provider: plausible answers and errors like those of OpenRouter and ClawRouter
(docs/mock-provider.md).

    from harness_openclaw.mock_provider import Provider

    reply = Provider().answer(request)

It opens no socket and writes nothing.
"""

from harness_openclaw.mock_provider.account import Account
from harness_openclaw.mock_provider.fault_injection import injection_names
from harness_openclaw.mock_provider.model_list import MODELS
from harness_openclaw.mock_provider.models import Model
from harness_openclaw.mock_provider.provider import Provider, new_year_2026

__all__ = ["MODELS", "Account", "Model", "Provider", "injection_names", "new_year_2026"]
