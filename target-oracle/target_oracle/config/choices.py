"""The choices of settings that have few values."""

from __future__ import annotations

from typing import Literal

DateTreatment = Literal["error", "null", "max"]
"""What is loaded in place of dates that cannot be read."""

IdentifierCase = Literal["upper", "preserve"]
"""`upper` makes plain SQL find a name, `preserve` keeps its spelling."""

LoadMethod = Literal["append-only", "upsert", "overwrite", "history"]

LoadPath = Literal["auto", "direct", "array"]
"""How rows come into staging."""

SchemaMismatch = Literal["evolve", "fail", "ignore"]
"""What happens where a table differs from its stream's schema."""
