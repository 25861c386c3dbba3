"""`python -m target_oracle`."""

from __future__ import annotations

from target_oracle.target import TargetOracle

TargetOracle.cli()
