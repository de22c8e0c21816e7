"""The version, stated here only: asking the installed package for it costs a tenth of a short run."""

from __future__ import annotations

__all__ = ["__version__"]

__version__ = "0.1.0"
