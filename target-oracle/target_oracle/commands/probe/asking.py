"""Ask a database in scratch tables: sessions, tables, loads, and what statements come to."""

from __future__ import annotations

import secrets
import string
import time
from contextlib import suppress
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING, Any

import oracledb

from target_oracle.config.limits import DEFAULT
from target_oracle.database import ddl
from target_oracle.database.own_tables import STALE_HOURS, OwnTables
from target_oracle.database.session import Session
from target_oracle.errors import code
from target_oracle.loading.loader import Loader
from target_oracle.loading.stage import Stage
from target_oracle.schema.tables import Column, Conditions, ExistingColumn, Table, TableSpec
from target_oracle.schema.types import LARGE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from target_oracle.config.choices import LoadPath
    from target_oracle.config.settings import Settings
    from target_oracle.schema.types import OracleType

TAKEN = "taken"
"""What is seen of a statement that is not refused."""
LACKING = frozenset(
    {
        "ORA-00439", "ORA-01031", "ORA-01536", "ORA-01653", "ORA-01654", "ORA-01658", "ORA-01691",
        "ORA-01918", "ORA-01950",
    }
)  # fmt: skip
"""Codes that tell of a right, an option or room that is lacking, and nothing of a fact."""
PATIENCE = 20.0
"""Seconds that a call may take."""
LOCK_PATIENCE = 5
"""Seconds that DDL waits for locks, as those of a session that was killed."""
MODULE = "target-oracle probe"
MANY = DEFAULT.straight_rows + 1
"""The rows of a flush, as it is said to have, that goes by way of staging."""
_STEM = "SDC$PROBE$"
_PROBES = "SELECT table_name FROM sys.all_tables WHERE owner = :1 AND table_name LIKE :2"

Values = dict[str, Any]


class UnansweredError(Exception):
    """A question cannot be asked here; the sentence says why."""


def fit_for_a_probe(settings: Settings) -> Settings:
    """Return settings for scratch tables, which are plain ones, and short waits."""
    changes: dict[str, Any] = {
        "auto_create": True,
        "call_timeout": min(settings.call_timeout or PATIENCE, PATIENCE),
        "ddl_lock_timeout": LOCK_PATIENCE,
        "load_log_table": None,
        "load_method": "overwrite",
        "load_path": "array",
        "max_parallelism": 1,
        "on_invalid": "fail",
        "on_schema_mismatch": "evolve",
        "skip_older": False,
        "skip_unchanged": False,
        "streams": {},
        "table_options": "",
        "table_prefix": "",
        "table_suffix": "",
        "grant_select_to": [],
    }
    return settings.model_copy(update=changes)


def _hour() -> int:
    return int(time.time() // 3600)


def _age(name: str) -> int:
    """Hours since a scratch table was made; 0 for names that tell no hour."""
    with suppress(ValueError):
        return _hour() - int(name[len(_STEM) : -1].partition("$")[0][:-3], 16)
    return 0


class Asker:
    """Asks one database through the target's own code."""

    def __init__(self, settings: Settings) -> None:
        self.settings = fit_for_a_probe(settings)
        self.session = Session(self.settings, MODULE)
        self.other = Session(self.settings, MODULE)
        """Another session of the same user."""
        self.direct = Session(self.settings, MODULE, is_timed=False)
        """That of the direct path, which has no limit of time, as in a load."""
        self._numbers = count(1)

    @property
    def owner(self) -> str:
        """The schema of the scratch tables."""
        return self.session.owner

    @cached_property
    def own_tables(self) -> OwnTables:
        """The scratch tables: their names tell the hour, and this probe from others."""
        unlike_others = "".join(secrets.choice(string.ascii_uppercase) for _ in range(3))
        return OwnTables(self.session, self.owner, f"PROBE${_hour():X}{unlike_others}")

    # Tables

    def name(self, name: str = "T") -> Table:
        """Return a table that is yet to be made."""
        return self.own_tables.table(f"{name}{next(self._numbers)}")

    def table(self, columns: Mapping[str, OracleType], *keys: str, name: str = "T") -> Table:
        """Make a table as streams have theirs made."""
        table = self.name(name)
        with self.session.cursor() as cursor:
            ddl.create(cursor, TableSpec(table.owner, table.name, columns, keys))
        known = {column: ExistingColumn(each) for column, each in columns.items()}
        return Table(table.owner, table.name, known, primary_key=keys)

    def table_as(self, body: str) -> str:
        """Make a table by DDL of the question's own, and return its quoted name."""
        table = self.name()
        self.run(f"CREATE TABLE {table.sql} {body}")
        return table.sql

    def drop_tables(self) -> None:
        """Drop all scratch tables, and those that an earlier probe has left."""
        with self.session.cursor() as cursor:
            names = [
                name for (name,) in cursor.execute(_PROBES, [self.owner, f"{_STEM}%"]).fetchall()
            ]
            mine = self.own_tables.table("").name
            for name in names:
                if name.startswith(mine) or _age(name) > STALE_HOURS:
                    ddl.drop(cursor, self.owner, name)

    # Statements

    def run(
        self, statement: str, binds: Sequence[Any] = (), session: Session | None = None
    ) -> None:
        """Execute a statement."""
        with (session or self.session).cursor() as cursor:
            cursor.execute(statement, binds)

    def rows(
        self, query: str, binds: Sequence[Any] = (), session: Session | None = None
    ) -> list[tuple[Any, ...]]:
        """Return the rows of a query: LOBs as text and bytes, numbers with all their digits."""
        with (session or self.session).cursor() as cursor:
            cursor.execute(query, binds, fetch_lobs=False, fetch_decimals=True)
            found: list[tuple[Any, ...]] = cursor.fetchall()
            return found

    def value(self, query: str, binds: Sequence[Any] = ()) -> Any:
        """Return what the only row of a query has first."""
        ((found, *_),) = self.rows(query, binds)
        return found

    def outcome(
        self, statement: str, binds: Sequence[Any] = (), session: Session | None = None
    ) -> str:
        """Execute a statement; return the code of the refusal, or that it was taken."""
        return outcome_of(lambda: self.run(statement, binds, session))

    def trial(self, body: str) -> str:
        """Return what it comes to that a table is made."""
        return self.outcome(f"CREATE TABLE {self.name().sql} {body}")

    def count(self, table: str, session: Session | None = None) -> int:
        """Count the rows of a table that a session sees."""
        ((number,),) = self.rows(f"SELECT COUNT(*) FROM {table}", session=session)
        return int(number)

    # Loads

    def require_direct_path(self) -> None:
        """Check that the target takes the direct path here.

        Raises:
            UnansweredError: It does not.
        """
        if not self.session.takes_direct_path:
            msg = "The target takes no direct path in thick mode, or with this character set."
            raise UnansweredError(msg)

    def loader(
        self, table: Table, path: LoadPath = "array", conditions: Conditions | None = None
    ) -> Loader:
        """Make what loads a table."""
        columns = [
            Column(name, name, each.type, key=name in table.primary_key)
            for name, each in table.columns.items()
        ]
        columns.sort(key=lambda column: column.type.name in LARGE)
        stage = Stage(self.session, self.direct, self.name("S"), columns, path)
        return Loader(self.session, table, columns, stage, conditions or Conditions())

    def upsert(self, loader: Loader, *slices: Sequence[Values], staged: bool) -> None:
        """Load rows by key, and COMMIT."""
        rows = [[tuple(row.get(name) for name in loader.names) for row in each] for each in slices]
        loader.upsert(rows, MANY if staged else 1)
        self.session.commit()

    # Ends

    def settle(self) -> None:
        """Undo what is pending, and open anew what was lost."""
        for session in (self.session, self.other, self.direct):
            session.rollback()
            if session.is_open and not session.connection.is_healthy():
                session.drop()

    def close(self) -> None:
        """Drop the tables, in a session that is sound, and all sessions."""
        try:
            if "own_tables" in vars(self):  # else none was made, perhaps for want of a way in
                self.settle()
                self.drop_tables()
        finally:
            for session in (self.session, self.other, self.direct):
                session.drop()


def outcome_of(work: Callable[[], object]) -> str:
    """Do work; return the code of the refusal, or that it was taken.

    Raises:
        oracledb.Error: It is refused for want of a right or the like.
    """
    try:
        work()
    except oracledb.Error as error:
        if code(error) in LACKING:
            raise
        return code(error)
    return TAKEN
