"""Tables of what was measured."""

from __future__ import annotations

from tests.benchmarks.tap.conftest import report

__all__ = ["report"]
