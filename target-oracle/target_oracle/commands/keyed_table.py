"""A table whose keys `--keys` writes, and the queries for those of its living rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from target_oracle.database import statements
from target_oracle.errors import TableError
from target_oracle.schema.metadata import DELETED_AT
from target_oracle.schema.plan import VALID_TO, wants_periods

if TYPE_CHECKING:
    from target_oracle.schema.plan import Plan
    from target_oracle.schema.tables import Table

_ZONED = frozenset({"TIMESTAMP WITH TIME ZONE", "TIMESTAMP WITH LOCAL TIME ZONE"})


@dataclass(frozen=True)
class KeyedTable:
    """A stream's table, as far as its keys are asked for."""

    plan: Plan
    table: Table
    loaded_until: str | None = None
    """The last bookmark that the load log has: changes before it are loaded."""

    @cached_property
    def keys(self) -> dict[str, str]:
        """Property -> column. TableError where the table lacks one."""
        return {name: self._column(name) for name in self.plan.keys}

    @cached_property
    def version(self) -> str | None:
        """The column of the replication key, where the stream has one."""
        name = self.plan.replication_key
        return self._column(name) if name else None

    def _column(self, name: str) -> str:
        column = self.table.column_for(self.plan.identifiers[name])
        if column is None:
            msg = f"Stream '{self.plan.stream}': table {self.table.sql} lacks the key '{name}'."
            raise TableError(msg)
        return column

    @property
    def queries(self) -> tuple[str, str]:
        """Return the query that counts the rows, and the one that reads them."""
        method, table, keys = self.plan.method, self.table.sql, list(self.keys.values())
        version = self._expression(self.version) if self.version else None
        if method == "history" and version:
            ends = [self._deleted, self._valid_to]
            return statements.keys_of_history(table, keys, version, [each for each in ends if each])
        grouped = method == "append-only"
        return statements.keys(table, keys, version, deleted=self._deleted, grouped=grouped)

    @property
    def _deleted(self) -> str | None:
        """The column that marks a row as deleted, where there is one."""
        text = self.plan.settings.metadata_columns.get(DELETED_AT, DELETED_AT)
        return self.table.column_for(self.plan.naming.identifier(text)) if text else None

    @property
    def _valid_to(self) -> str | None:
        """The column that ends a version, where the target keeps periods."""
        if not wants_periods(self.plan):
            return None
        return self.table.column_for(self.plan.naming.identifier(VALID_TO))

    def _expression(self, column: str) -> str:
        zoned = self.table.columns[column].type.name in _ZONED
        return f'SYS_EXTRACT_UTC("{column}")' if zoned else f'"{column}"'
