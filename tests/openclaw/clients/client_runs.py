"""The folders of implementations/ with what they need beside them, and runs of the harness on them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, TypeAlias

import pytest

IMPLEMENTATIONS = Path(__file__).parents[3] / "implementations"
NEEDS = {
    "langchain-openrouter": "langchain_openrouter",
    "litellm": "litellm",
    "litellm-async": "litellm",
    "openai-python-wire": "openai",
}
"""The Python module behind each client; the others are for Node.js."""

Surroundings: TypeAlias = Literal["sandbox", "proxies"]


@dataclass(frozen=True)
class Run:
    """What `harness run` found and said."""

    verdicts: Mapping[str, Mapping[str, Any]]
    said: str

    def rules_broken(self) -> dict[str, set[str]]:
        """The rules by case; none where the case passed. A case that could not be judged has its reason."""
        return {
            case: {rule for difference in verdict["differences"] for rule in difference["rules"]}
            if verdict["status"] in ("passed", "failed")
            else {f"{verdict['status']}: {verdict['reason']}"}
            for case, verdict in self.verdicts.items()
        }

    def paths(self, case: str) -> set[str]:
        """Where the request of a case departs from what is expected."""
        return {difference["path"] for difference in self.verdicts[case]["differences"]}


Judge: TypeAlias = Callable[[str, Surroundings, tuple[str, ...]], Run]


def judging_in(home: Path) -> Judge:
    """Judge a client on the cases named, once for each combination; what it needs is installed in `home`."""
    shutil.copytree(IMPLEMENTATIONS / "common", home / "common")
    shutil.copytree(IMPLEMENTATIONS / "litellm", home / "litellm")

    @cache
    def installed(client: str) -> Path:
        folder = home / client
        if not folder.exists():
            shutil.copytree(
                IMPLEMENTATIONS / client,
                folder,
                ignore=shutil.ignore_patterns("node_modules", "package-lock.json"),
            )
        if client in NEEDS:
            if find_spec(NEEDS[client]) is None:
                pytest.skip(f"{NEEDS[client]} is not installed")
            return folder
        if shutil.which("node") is None or shutil.which("npm") is None:
            pytest.skip("node and npm are not installed")
        done = subprocess.run(
            ["npm", "install", "--no-audit", "--no-fund"],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=240,
        )
        if done.returncode != 0:
            pytest.skip(f"npm cannot install what {client} needs: {done.stderr.strip()[-300:]}")
        return folder

    @cache
    def judge(client: str, surroundings: Surroundings, cases: tuple[str, ...]) -> Run:
        folder = installed(client)
        if surroundings == "proxies" and client not in NEEDS and not node_knows_proxies():
            pytest.skip("this Node.js knows no proxies: 22.21 or later does")
        here = home / f"{client}-{surroundings}"
        shutil.copytree(folder, here, symlinks=True, dirs_exist_ok=True)
        with (here / "implementation.yaml").open("a", encoding="utf-8") as manifest:
            manifest.write(f"sandbox: {'require' if surroundings == 'sandbox' else 'off'}\n")
        return run(here, cases)

    return judge


@cache
def node_knows_proxies() -> bool:
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    found = re.match(r"v(\d+)\.(\d+)", version)
    return found is not None and (int(found[1]), int(found[2])) >= (22, 21)


def run(folder: Path, cases: Sequence[str]) -> Run:
    report = folder / "report.json"
    environment = os.environ | {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    }
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "harness",
            "run",
            "-i",
            str(folder),
            "-j",
            "2",
            *cases,
            "--report",
            f"json={report}",
        ],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    if "its own network" in done.stderr and done.returncode == 4:
        pytest.skip("this system cannot give a program its own network")
    assert done.returncode in (0, 1), f"{done.stdout}\n{done.stderr}"
    verdicts = json.loads(report.read_text(encoding="utf-8"))["verdicts"]
    return Run({verdict["case"]: verdict for verdict in verdicts}, done.stdout)
