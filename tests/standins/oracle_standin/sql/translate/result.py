"""A translated statement."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from oracle_standin.sql.types import ColumnType


@dataclass
class Translation:
    """A statement for PostgreSQL (several for INSERT ALL), with %(b0)s ... parameters."""

    head: str  # SELECT, WITH, INSERT, UPDATE, DELETE, MERGE
    texts: list[str] = field(default_factory=list)
    num_binds: int = 0
    num_returning: int = 0
    temporary: set[str] = field(default_factory=set)  # global temporary tables used
    long_binds: set[int] = field(default_factory=set)  # binds that go straight into a LOB
    parallel: bool = False  # DML that may run in parallel: all but INSERT .. VALUES
    appends: bool = False  # INSERT with the hint APPEND or APPEND_VALUES
    # (schema or None for the current one, name, what is done with it)
    uses: set[tuple[str | None, str, str]] = field(default_factory=set)
    locks: bool = False  # SELECT ... FOR UPDATE
    labels: dict[int, str] = field(default_factory=dict)  # of columns without a name
    told: dict[int, ColumnType] = field(default_factory=dict)  # of casts and literals

    @property
    def is_query(self) -> bool:
        return self.head in ("SELECT", "WITH")
