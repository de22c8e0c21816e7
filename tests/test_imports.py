"""The engine's modules stand on their own."""

from __future__ import annotations

import json
import pkgutil
import subprocess
import sys

import harness

IMPORT_ALL = """\
import importlib, json, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
json.dump([name for name in sys.modules if name.startswith("harness_")], sys.stdout)
"""


def test_every_module_imports_and_none_needs_a_contracts_package() -> None:
    """From a fresh process, the pytest plugin and the scripts included."""
    modules = pkgutil.walk_packages(harness.__path__, "harness.")
    names = [module.name for module in modules if module.name != "harness.__main__"]
    assert {"harness.cli.run", "harness.contracts.installed", "harness.pytest_plugin"} <= set(names)
    command = [sys.executable, "-c", IMPORT_ALL, *names]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == []
