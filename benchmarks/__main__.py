"""`python -m benchmarks [--rounds N] [NAME …]`: run comparisons and print their figures as Markdown."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measuring import BenchmarkError, Table

_MODULES = {
    "start-up": "start_up",
    "case": "case_parts",
    "child": "children",
    "explain": "explaining",
    "cassettes": "cassettes",
    "pytest": "under_pytest",
    "tavern": "tavern",
    "wire": "wire",
    "scrub": "scrub",
}


def main() -> None:
    """Run the benchmarks named, or all; nothing is written outside a temporary folder."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(_MODULES)}; none means all")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="interleaved rounds (default 5)")
    options = parser.parse_args()
    unknown = set(options.names).difference(_MODULES)
    if unknown:
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(_MODULES)}")
    machine = f"{os.cpu_count()} cores, {platform.machine()}"
    print(f"{platform.python_implementation()} {platform.python_version()}, {machine}\n", flush=True)
    for name in options.names or _MODULES:
        run: Callable[[Path, int], Iterator[Table]] = import_module(f"benchmarks.{_MODULES[name]}").run
        with TemporaryDirectory(prefix=f"benchmark-{name}-") as folder:
            os.environ["HARNESS_CACHE_DIR"] = f"{folder}/own-cache"
            try:
                for table in run(Path(folder), options.rounds):
                    print(table, flush=True)
            except BenchmarkError as error:
                sys.exit(str(error))


if __name__ == "__main__":
    main()
