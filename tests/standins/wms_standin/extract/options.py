"""What is unknown about extracted files and tasks, and what can go wrong with them."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractOptions:
    """Forms that no document fixes; defaults are the likely ones (see the README)."""

    release: str = "26B"
    """Until 25C, `create_ts__gt` and `mod_ts__gt` exclude each other; their mode is 26B's."""
    success: Literal["SUCCEEDED", "SUCCESS"] = "SUCCEEDED"
    polls_pending: int = 1
    polls_running: int = 1
    """Times that a status is asked for before it changes."""
    repeated_identifier: Literal["error", "accept"] = "error"
    empty: Literal["none", "file"] = "none"
    """What an entity without matching rows leaves."""
    bytes_per_mb: int = 1_000_000
    """Lowered by tests, so that small extracts are split."""
    names: Literal["lower", "upper"] = "lower"
    links: Literal["id", "object"] = "id"
    sets: bool = False
    """Whether files hold child sets: a count, or ids as JSON."""
    timestamps: Literal["iso", "blank", "micros", "zoned", "oracle"] = "iso"
    """`iso` 2026-11-01T10:00:00.000000Z, `blank` with a blank for the T, `oracle` 01-NOV-26 …;
    Parquet alone: `micros` a naive and `zoned` a UTC timestamp."""
    decimals: Literal["exact", "string", "double"] = "exact"
    """`exact` is a decimal type in Parquet and a number in JSON; `double` Parquet alone."""
    booleans: Literal["bool", "number"] = "bool"
    integers: Literal["int", "decimal"] = "int"
    empty_text_is_null: bool = False
    """Oracle Database keeps an empty text as null; where the API shows null, it is null anyway."""
    csv_header: bool = True
    csv_quotes: Literal["backslash", "doubled", "bare"] = "backslash"
    """How a quote inside a text is written; `bare` as it is, as before 26B."""
    csv_backslashes: Literal["plain", "doubled"] = "plain"
    json_form: Literal["lines", "array"] = "lines"


ExtractFaultKind = Literal[
    "fails", "hangs", "partial", "missing", "extra", "foreign", "duplicate", "truncated",
    "rewritten", "straggler", "empty_file",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractFault:
    """What goes wrong with the extracts of the entities that match.

    `fails` writes nothing and says FAILED; `hangs` stays RUNNING; `partial` cuts the last file and
    says FAILED. The others say success: `missing` leaves out the last file, `extra` adds one that
    is none of an extract, `foreign` one of another entity's rows, `duplicate` writes one twice,
    `truncated` cuts the last one to two thirds, `empty_file` to nothing. At the next request for
    the entity's rows `rewritten` writes the last one anew, `straggler` writes it at all.
    """

    kind: ExtractFaultKind
    entity: str = "*"
    times: int | None = None

    def concerns(self, entity: str) -> bool:
        """Return whether the entity's extracts suffer from it."""
        return fnmatchcase(entity, self.entity)
