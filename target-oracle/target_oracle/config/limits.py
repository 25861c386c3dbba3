"""Sizes and waits that were found by measuring, and that no user needs to set."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Limits, which tests set lower to see with few rows what otherwise takes many."""

    chunk_bytes: int = 2**20
    """Bytes of the input that are read at once."""
    silence: float = 1.0
    """Seconds to wait for a silent tap before the age of buffered records is checked."""
    slice_rows: int = 5_000
    """Records that are decoded and sent at once."""
    slice_bytes: int = 16 * 2**20
    """Bytes of lines that are decoded at once."""
    straight_rows: int = 1_000
    """Largest flush, in rows, that is loaded without staging: making the table would cost more."""
    direct_rows: int = 5_000
    """Smallest load, in rows, for the direct path.

    Below that, its three round trips cost more than they save.
    """
    first_wait: float = 0.5
    """Seconds before the first retry; each wait is random up to a doubling bound."""
    longest_wait: float = 30.0
    """Seconds before any retry, at most."""


DEFAULT = Limits()
