"""The run's own tables: their names, the record of flushes, and what older runs left behind.

Names are `SDC$<hour>$<run>$…`; the hour, hexadecimal since 1970, tells when a table is stale.
"""

from __future__ import annotations

import logging
import secrets
import string
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import oracledb

from target_oracle.database import ddl, statements
from target_oracle.database.binds import execute_many
from target_oracle.errors import Treatment, code, treatment
from target_oracle.schema.names import shortened
from target_oracle.schema.tables import Table, TableSpec
from target_oracle.schema.types import INTEGER, OracleType

if TYPE_CHECKING:
    from target_oracle.database.session import Session

logger = logging.getLogger("target-oracle")

NAME_BYTES = 30
STREAM_BYTES = 255
STALE_HOURS = 48

_FLUSHES = {"STREAM": OracleType("VARCHAR2", STREAM_BYTES), "FLUSH_NO": INTEGER}


def _unlike_others() -> str:
    """Return seven random characters: runs of the same hour must not drop one another's tables."""
    return "".join(secrets.choice(string.ascii_uppercase + string.digits) for _ in range(7))


def _hour() -> int:
    return int(time.time() // 3600)


@dataclass
class OwnTables:
    """Tables of one run in one schema."""

    session: Session
    owner: str
    stamp: str = field(default_factory=lambda: f"{_hour():X}${_unlike_others()}")
    _has_flushes: bool = False

    def table(self, name: str) -> Table:
        """Return a table for this run, named after one of the user's."""
        return Table(self.owner, shortened(f"SDC${self.stamp}${name}", NAME_BYTES))

    def sweep(self) -> None:
        """Drop tables of runs that ended long ago without dropping them."""
        query = "SELECT table_name FROM sys.all_tables WHERE owner = :1 AND table_name LIKE 'SDC$%'"
        with self.session.cursor() as cursor:
            found = cursor.execute(query, [self.owner]).fetchall()
            for (name,) in found:
                if _age(name) > STALE_HOURS:
                    self._drop_stale(cursor, name)

    def _drop_stale(self, cursor: oracledb.Cursor, name: str) -> None:
        """Drop a table that a dead run left; a failure is logged and does not stop this run.

        Raises:
            oracledb.DatabaseError: The session is lost.
        """
        try:
            ddl.drop(cursor, self.owner, name)
        except oracledb.DatabaseError as error:
            if treatment(error) is Treatment.RECONNECT:
                raise
            logger.warning("%s, left by an older run, cannot be dropped (%s)", name, code(error))
        else:
            logger.info("Dropped %s, left by an older run", name)

    @property
    def _flushes(self) -> Table:
        return self.table("FLUSHES")

    def make_commit_table(self) -> None:
        """Make the table of commit records, which tells after a lost COMMIT whether a flush is in.

        Raises:
            oracledb.DatabaseError: It cannot be made, although the user may make tables.
        """
        if self._has_flushes:
            return
        wanted = TableSpec(self.owner, self._flushes.name, _FLUSHES)
        try:
            with self.session.cursor() as cursor:
                ddl.create(cursor, wanted)
        except oracledb.DatabaseError as error:
            if code(error) != "ORA-01031":
                raise
            logger.warning(
                "No CREATE TABLE right: after a lost COMMIT nobody knows whether it took place"
            )
        else:
            self._has_flushes = True

    def note(self, stream: str, number: int) -> None:
        """Record a flush in its own transaction."""
        if self._has_flushes:
            with self.session.cursor() as cursor:
                insert = statements.insert(self._flushes.sql, list(_FLUSHES))
                binds = [each.bind for each in _FLUSHES.values()]
                row = (shortened(stream, STREAM_BYTES), number)
                execute_many(cursor, insert, [row], binds)

    def has(self, stream: str, number: int) -> bool | None:
        """Return whether a flush was committed; None without a table of commit records."""
        if not self._has_flushes:
            return None
        query = f"SELECT 1 FROM {self._flushes.sql} WHERE stream = :1 AND flush_no = :2"
        with self.session.cursor() as cursor:
            binds = [shortened(stream, STREAM_BYTES), number]
            return cursor.execute(query, binds).fetchone() is not None

    def drop(self) -> None:
        """Remove what is left of the run's own tables."""
        if self._has_flushes:
            with self.session.cursor() as cursor:
                ddl.drop(cursor, self.owner, self._flushes.name)
            self._has_flushes = False


def _age(name: str) -> int:
    """Hours since a table of a run was made; 0 for names that tell no hour."""
    try:
        return _hour() - int(name.split("$")[1], 16)
    except (IndexError, ValueError):
        return 0
