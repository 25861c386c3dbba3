"""A stream's table with its loader, staging table and shadows."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import oracledb

from target_oracle.database import comparisons, ddl, known_fields, load_log
from target_oracle.database.current_rows import SUFFIX, CurrentRows
from target_oracle.errors import HeldColumnError, TableError, code
from target_oracle.loading.loader import Loader
from target_oracle.loading.stage import Stage
from target_oracle.loading.validity import Validity
from target_oracle.observing.schema_changes import SchemaChanges
from target_oracle.schema.fit import Fit
from target_oracle.schema.metadata import PROPERTIES
from target_oracle.schema.plan import refuse_unknown_types
from target_oracle.schema.types import CLOB

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_oracle.loading.workers import Worker
    from target_oracle.schema.plan import Plan
    from target_oracle.schema.tables import Column, Table
    from target_oracle.schema.types import OracleType

logger = logging.getLogger("target-oracle")


@dataclass
class Destination:
    """The table of a stream. `earlier` are shadows that an overwrite filled under other columns."""

    plan: Plan
    worker: Worker
    earlier: list[Loader] = field(default_factory=list)
    changes: SchemaChanges = field(default_factory=SchemaChanges)
    is_ready: bool = False
    fixed: dict[str, str] = field(default_factory=dict)
    """Columns that cannot be widened further -> the code by which Oracle says so."""
    _unfinished: set[str] = field(default_factory=set)
    _is_new: bool = False
    """Whether this run made the table."""

    @property
    def overwrites(self) -> bool:
        """Whether rows are kept in a shadow until the end of the run."""
        return self.plan.method == "overwrite"

    def prepare(self) -> None:
        """Make or complete the table, and make its loader. No row may be pending: DDL commits."""
        self._refuse_direct_path()
        refuse_unknown_types(self.plan)
        self.table = self._completed()
        self._is_new |= self.table.is_new
        fit = Fit(self.plan, self.table)
        self._note_changes(fit)
        for notice in fit.notices:
            logger.warning("Stream '%s': %s", self.plan.stream, notice)
        if generated := fit.generated:
            names = ", ".join(generated)
            logger.warning("%s: not loaded, the database fills them: %s", self.table.name, names)
        self._follow()
        self._fill_periods()
        self._keep_view()

    def _note_changes(self, fit: Fit) -> None:
        """Note the columns that were added and widened, unless this run made the table."""
        if self._is_new:
            return
        names = {column: name for name, column in fit.names.items() if name not in PROPERTIES}
        added, widened = self.table.added, self.table.widened
        self.changes.new |= {names[each]: "" for each in added if each in names}
        self.changes.changed |= {names[c]: how for c, how in widened.items() if c in names}

    def _refuse_direct_path(self) -> None:
        """Refuse the setting where the direct path would store other text, or does not exist.

        Raises:
            TableError: That is so.
        """
        session = self.worker.session
        if self.plan.settings.load_path != "direct" or session.takes_direct_path:
            return
        reason = (
            f"the direct path would store UTF-8 as it is, and the database character set is "
            f"{session.charset}"
            if session.connection.thin
            else "thick mode has no direct path"
        )
        msg = (
            f"Stream '{self.plan.stream}': the setting `load_path` cannot be 'direct', as "
            f"{reason}: set it to 'auto' or 'array'."
        )
        raise TableError(msg)

    def _completed(self) -> Table:
        settings, wanted = self.plan.settings, self.plan.spec
        self._refuse_own(wanted.sql)
        with self.worker.session.cursor() as cursor:
            table = ddl.prepare(
                cursor,
                wanted,
                create_missing=settings.auto_create,
                mismatch=settings.on_schema_mismatch,
                unfinished=self._unfinished,
            )
            with self.worker.shared.making:
                self.worker.rejects.prepare(cursor)
        if settings.on_invalid == "reject" or not (self.plan.matched or self.overwrites):
            self.worker.own_tables.make_commit_table()
        return table

    def _refuse_own(self, table: str) -> None:
        settings, own = self.plan.settings, dict[str, str]()
        if settings.load_log_table:
            for each in (load_log, known_fields, comparisons):
                own[each.spec(self.worker.shared.session).sql] = "load_log_table"
        if settings.on_invalid == "reject":
            own[self.worker.rejects.table.sql] = "reject_table"
        if setting := own.get(table):
            msg = (
                f"Stream '{self.plan.stream}' is for table {self.plan.table_name}, which is the "
                f"target's own: give it another name with the setting '{setting}'."
            )
            raise TableError(msg)

    def _follow(self) -> None:
        fit = Fit(self.plan, self.table, self.fixed)
        columns, conditions, periods = fit.columns, fit.conditions, fit.periods
        hard = self.plan.settings.hard_delete
        session = self.worker.session
        validity = Validity(session, self.table, columns, periods, hard) if periods else None
        stage = Stage(
            session,
            self.worker.direct,
            self.worker.own_tables.table(self._stage_name),
            columns,
            self.plan.settings.load_path,
            self.worker.shared.limits,
        )
        self.loader = Loader(
            session,
            self.table,
            columns,
            stage,
            conditions,
            can_stage=self._can_stage(columns, needed=bool(conditions or periods)),
            hard_delete=hard,
            validity=validity,
        )
        self.is_ready = True

    def _fill_periods(self) -> None:
        """Give periods to rows that lack them, as no deletion would find those; once in a run."""
        validity, complete = self.loader.validity, self.worker.with_periods
        if validity is None or self.table.sql in complete:
            return
        if not self._is_new:
            validity.fill()
        complete.add(self.table.sql)

    def _keep_view(self) -> None:
        """Make the view of the rows in force, or make it anew."""
        validity, settings = self.loader.validity, self.plan.settings
        if validity is None or not settings.auto_create:
            return
        name = self.plan.naming.identifier(f"{self.table.name}{SUFFIX}")
        view = CurrentRows(self.table, name, validity.periods, self.plan.spec.readers)
        with self.worker.shared.making, self.worker.session.cursor() as cursor:
            view.keep(cursor)

    def _can_stage(self, columns: Sequence[Column], *, needed: bool) -> bool:
        """Whether MERGE may fill the table.

        It refuses join views and those with triggers, and no query may copy a LONG (ORA-00997).

        Raises:
            TableError: MERGE cannot fill the table, and the stream needs it.
        """
        obstacle = self._obstacle(columns)
        if obstacle and (needed or self.overwrites):
            msg = (
                f"Table {self.table.name} has {obstacle}: overwrite, skip_unchanged, skip_older "
                "and history_validity cannot load it."
            )
            raise TableError(msg)
        return needed or not (self.table.is_view or obstacle)

    @staticmethod
    def _obstacle(columns: Sequence[Column]) -> str:
        """Say what keeps rows from being staged; nothing for what does not."""
        if len(columns) >= ddl.MAX_COLUMNS:
            return f"{len(columns):,} columns to load, and staging needs one more"
        long = [column.name for column in columns if column.type.name in {"LONG", "LONG RAW"}]
        return f"the LONG column {long[0]}, which should be a CLOB or BLOB" if long else ""

    @property
    def _stage_name(self) -> str:
        """Return a name that no other table's staging has, and no earlier shadow."""
        owner = "" if self.table.owner == self.worker.shared.owner else f"{self.table.owner}."
        number = f"~{len(self.earlier)}" if self.earlier else ""
        return f"{owner}{self.table.name}{number}"

    def can_grow(self, needed: Mapping[str, OracleType]) -> bool:
        """Whether one of the columns that are too narrow can be widened, and settings allow it."""
        settings = self.plan.settings
        evolves = settings.on_schema_mismatch == "evolve" and settings.auto_create
        known = {column.name: column.type for column in self.loader.columns}
        growing = needed.keys() - self.fixed
        grows = any(known[column] != needed[column] for column in growing)
        return grows and evolves and not self.table.is_view

    def widen(self, needed: Mapping[str, OracleType]) -> None:
        """Widen columns to the types that their values need, as far as possible."""
        if self.overwrites:
            self.keep_shadow()
        else:
            self.loader.stage.drop()
        self.table = self._completed()  # an attempt that was cut off may have come some way
        with self.worker.session.cursor() as cursor:
            for column, wider in needed.items():
                if self.table.columns[column].type not in {wider, CLOB}:
                    self._widen(cursor, column, wider)
        self._note_changes(Fit(self.plan, self.table))
        self._follow()
        self._keep_view()

    def _widen(self, cursor: oracledb.Cursor, column: str, wider: OracleType) -> None:
        """Widen a column, unless an index on it could not hold that or partitions go by it.

        Raises:
            oracledb.DatabaseError: Any other error.
            HeldColumnError: It would have to become text, and Oracle would not let go of it.
        """
        try:
            ddl.widen(cursor, self.table, column, wider)
        except oracledb.DatabaseError as error:
            if code(error) not in {"ORA-01404", "ORA-14060"}:
                raise
            self.fixed[column] = code(error)
        except HeldColumnError as error:
            if not wider.is_temporal:
                raise
            logger.warning("%s Fractions of a second are cut.", error)
            self.fixed[column] = error.code

    def keep_shadow(self) -> None:
        """Put the shadow aside with the rows of the flushes that were committed."""
        if self.loader.stage.made and not self._is_kept:
            self.loader.stage.go_on()
            self.loader.stage.settle()
            self.earlier.append(self.loader)

    def drop(self) -> None:
        """Remove staging and shadows."""
        for loader in self.loaders:
            loader.stage.drop()

    @property
    def _is_kept(self) -> bool:
        """Whether the present loader's shadow was put aside already, by an attempt that failed."""
        return any(loader is self.loader for loader in self.earlier)

    @property
    def loaders(self) -> list[Loader]:
        """The loaders of all shadows, oldest first; else the one that fills the table."""
        if not self.is_ready or self._is_kept:
            return self.earlier
        return [*self.earlier, self.loader]
