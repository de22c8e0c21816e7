"""The measured comparisons (docs/benchmarks.md). `python -m benchmarks` runs them all, `… NAME` one."""
