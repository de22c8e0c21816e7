"""A stand-in provider: plausible answers, and the refusals of the real one (docs/simulator.md).

    from harness.simulator import Provider

    reply = Provider().answer(request)

No socket is opened and nothing is written: who has the requests, hands them in.
"""

from harness.simulator.account import Account
from harness.simulator.catalogue import CATALOGUE
from harness.simulator.models import Model
from harness.simulator.on_demand import demands
from harness.simulator.provider import Provider, new_year_2026

__all__ = ["CATALOGUE", "Account", "Model", "Provider", "demands", "new_year_2026"]
