"""Sizes and waits that were found by measuring: no settings, as nobody has to know them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What tests set lower, to see in little what else takes many rows or much time."""

    chunk_bytes: int = 2**20
    """Bytes of the input that are read at once."""
    silence: float = 1.0
    """Seconds after which a silent tap is not waited for any longer, before time is looked at."""
    slice_rows: int = 5_000
    """Records that are decoded and sent at once."""
    slice_bytes: int = 16 * 2**20
    """Bytes of lines that are decoded at once."""
    straight_rows: int = 1_000
    """Rows of a flush up to which making and dropping staging costs more than it saves."""
    direct_rows: int = 5_000
    """Rows below which the three round trips of a direct path load do not pay."""
    first_wait: float = 0.5
    """Seconds before the first retry; each wait is random up to a doubling bound."""
    longest_wait: float = 30.0
    """Seconds before any retry, at most."""


DEFAULT = Limits()
