"""Limits that are no settings, since no user needs another value; tests set lower ones."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Seconds and rows."""

    state_seconds: float = 5.0
    """A STATE is due so many seconds after the last one."""

    check_seconds: float = 30.0
    """Seconds to wait for each answer of `--test`, which reads one row alone."""

    probe_seconds: float = 60.0
    """Seconds to wait for each answer of `--probe`, which counts and reads a page."""

    extract_batch: int = 32_768
    """Rows of an extracted file that are decoded at once."""

    flat_rows: int = 5_000
    """Rows of an entity from which on it is worth a few requests to choose how to read it."""

    many_lookups: int = 10_000
    """Extracted rows from which on the cost of looking up is worth a warning."""
