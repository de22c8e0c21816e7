"""These tests need the network, so they are collected only where a folder for downloads is named:
`tox run -e real-traffic` does that."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

collect_ignore_glob = [] if os.environ.get("HARNESS_REAL_TRAFFIC") else ["test_*.py"]
sys.path.insert(0, str(Path(__file__).parents[1] / "cassettes"))

ARCHIVES = Path(__file__).with_name("archives.txt")


@pytest.fixture(scope="session")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one folder for each published archive, which holds its recordings.

    The archives are pinned by their hashes. Only their YAML files are unpacked.
    """
    downloads = Path(os.environ["HARNESS_REAL_TRAFFIC"])
    subprocess.run(
        [
            sys.executable,
            *("-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
            *("--no-deps", "--no-binary", ":all:", "--require-hashes"),
            *("--requirement", str(ARCHIVES), "--dest", str(downloads)),
        ],
        check=True,
    )
    folder = tmp_path_factory.mktemp("archives")
    for archive in sorted(downloads.glob("*.tar.gz")):
        with tarfile.open(archive) as opened:
            wanted = [member for member in opened if _is_recording(member)]
            opened.extractall(folder, members=wanted, filter="data")
    return folder


def _is_recording(member: tarfile.TarInfo) -> bool:
    path = Path(member.name)
    kept_in = any("cassette" in part or part == "_vcr" for part in path.parts[:-1])
    return member.isfile() and kept_in and path.suffix in (".yaml", ".yml")
