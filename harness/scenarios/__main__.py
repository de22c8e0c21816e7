"""`python -m harness.scenarios`: write the JSON Schemas of suites and rules files anew."""

from __future__ import annotations

from harness.scenarios._schema import FILES, as_text

for _kind, _file in FILES.items():
    _file.write_text(as_text(_kind), encoding="utf-8")
