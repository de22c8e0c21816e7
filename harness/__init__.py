"""Hold any LLM provider integration to its documented contract: record, replay, compare.

>>> import harness
>>> suites = harness.load("scenarios/openrouter/attribution.yaml")
>>> with harness.connect("reference") as implementation:
...     for verdict in harness.run(suites, implementation): ...
"""

from __future__ import annotations
