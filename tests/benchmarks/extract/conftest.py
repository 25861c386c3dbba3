"""The counting database and the printed table of the target's benchmarks."""

from __future__ import annotations

from tests.benchmarks.target.conftest import counting, printed

__all__ = ["counting", "printed"]
