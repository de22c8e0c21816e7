"""What the bundled contract offers where no contract is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.model import Reply, Request

if TYPE_CHECKING:  # imported with the first request that it answers
    from harness_openclaw.mock_provider import Provider

__all__ = ["BASE_URL", "REFERENCE", "MockProvider"]

BASE_URL = "https://openrouter.ai/api/v1"
"""Where requests go whose input names no base URL."""

REFERENCE = "python:harness_openclaw.reference:implementation"
"""The address of its reference client."""


class MockProvider:
    """Its mock provider, which remembers what it was asked before. It knows every model id."""

    def __init__(self) -> None:
        self._provider: Provider | None = None

    def __call__(self, request: Request) -> Reply:
        """Return the answer to a request."""
        if self._provider is None:
            from harness_openclaw.mock_provider import Provider

            self._provider = Provider(any_model=True)
        return self._provider.answer(request)
