"""The bundled files are read in the same way where PyYAML was built without libyaml."""

from __future__ import annotations

import subprocess
import sys

from harness.cassettes.reading import read
from harness_openclaw import hooks

WITHOUT_LIBYAML = "import sys; sys.modules['yaml._yaml'] = None"


def test_recordings_have_the_same_content() -> None:
    """A bundled cassette reads the same without libyaml."""
    path = sorted(hooks.cassettes.rglob("*.yaml"))[0]
    script = (
        f"{WITHOUT_LIBYAML}; from pathlib import Path; from harness.cassettes.reading import read;"
        f"print(repr(read(Path({str(path)!r}))))"
    )
    command = [sys.executable, "-W", "ignore", "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == f"{read(path)!r}\n"


def test_every_bundled_file_is_valid() -> None:
    """`harness validate` passes in a process without libyaml, which warns of it once."""
    script = f"{WITHOUT_LIBYAML}; from harness.cli import main; main(['validate'])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr.count("PyYAML was installed without libyaml") == 1
    assert "valid" in done.stdout
