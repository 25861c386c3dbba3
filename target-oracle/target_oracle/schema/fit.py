"""Match a plan with its table: which columns are loaded, and how."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING

from target_oracle.errors import TableError
from target_oracle.schema import metadata
from target_oracle.schema.conversion import converter, to_date, to_whole_second, uncut
from target_oracle.schema.invalid_dates import substituting
from target_oracle.schema.periods import Versions, periods_of
from target_oracle.schema.plan import own_keys, wants_periods
from target_oracle.schema.tables import Column, Conditions
from target_oracle.schema.types import BINARY, LARGE, TIMESTAMP, may_be_other_text, varchar
from target_oracle.schema.widening import bounded, turned

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from target_oracle.schema.periods import Periods
    from target_oracle.schema.plan import Plan
    from target_oracle.schema.tables import Table
    from target_oracle.schema.types import Converter, OracleType


@dataclass(frozen=True)
class Fit:
    """How the properties of a stream go into a table, in the table's own types."""

    plan: Plan
    table: Table
    fixed: Collection[str] = ()
    """Columns that Oracle does not let become another type."""

    @cached_property
    def names(self) -> dict[str, str]:
        """Property -> the column that takes its values."""
        columns, found = self.table.columns, self._found
        return {n: c for n, c in found.items() if c is not None and not columns[c].generated}

    @property
    def generated(self) -> list[str]:
        """The stream's columns that the database fills."""
        columns = self.table.columns
        return [name for name in self._found.values() if name and columns[name].generated]

    @property
    def notices(self) -> list[str]:
        """What users should know of how values are taken for the columns that are there."""
        columns, properties = self.table.columns, self.plan.properties
        notices = [
            f"property '{name}': its text is taken for base64, as column {column} is a "
            f"{columns[column].type.ddl} and the schema names no contentEncoding"
            for name, column in self.names.items()
            if columns[column].type.name in BINARY and not properties[name].get("contentEncoding")
        ]
        if short := self._short:
            listed = ", ".join(f"{each} {columns[each].type.ddl}" for each in short)
            notices.append(f"digits beyond what these columns keep are cut or rounded: {listed}")
        return notices

    @property
    def _short(self) -> list[str]:
        """Columns that keep fewer digits than their property's numbers or date-times have."""
        properties, wanted = self.plan.properties, self._wanted
        return [
            column
            for name, column in self.names.items()
            if (kind := self.table.columns[column].type).is_short
            and self._turned(name, column, kind) != TIMESTAMP
            and kind != wanted[self.plan.identifiers[name]]
            and properties[name].get("format") != "date"
            and name not in {*self.plan.matched, *metadata.PROPERTIES}
        ]

    @property
    def _found(self) -> dict[str, str | None]:
        identifiers = self.plan.identifiers
        return {name: self.table.column_for(column) for name, column in identifiers.items()}

    @property
    def columns(self) -> list[Column]:
        """The columns that are loaded."""
        found = [self._column(*each) for each in self.names.items()]
        # ORA-24816: nothing that may be long is bound after a LONG or LOB.
        return sorted(found, key=lambda column: column.type.name in LARGE)

    def _column(self, name: str, column: str) -> Column:
        plan, kind = self.plan, self.table.columns[column].type
        checked = plan.settings.validate_records
        turns_into = self._turned(name, column, kind)
        return Column(
            column,
            name,
            kind,
            self._converter(name, kind, turns_into),
            key=name in plan.matched,
            version=wants_periods(plan) and name == plan.replication_key,
            stamped=plan.settings.add_record_metadata and name in metadata.PROPERTIES,
            bounded=checked and bounded(kind, plan.properties[name], plan.dialect),
            turns_into=turns_into,
        )

    @cached_property
    def _wanted(self) -> Mapping[str, OracleType]:
        return self.plan.spec.columns

    def _turned(self, name: str, column: str, kind: OracleType) -> OracleType | None:
        """Return what a column that may be changed, and is no key, becomes for other text."""
        settings = self.plan.settings
        evolves = settings.on_schema_mismatch == "evolve" and settings.auto_create
        held = name in self.plan.matched or column in {*self.table.primary_key, *self.fixed}
        if not evolves or held or self.table.is_view or name in metadata.PROPERTIES:
            return None
        wanted = self._wanted[self.plan.identifiers[name]]
        if kind.is_temporal and may_be_other_text(self.plan.properties[name]):
            wanted = varchar(None, self.plan.dialect)
        return turned(kind, wanted)

    def _converter(
        self, name: str, kind: OracleType, turns_into: OracleType | None
    ) -> Converter | None:
        plan = self.plan
        schema, settings = plan.properties[name], plan.settings
        convert = converter(schema, kind, checked=settings.validate_records)
        if convert and name in plan.matched and kind.is_temporal:
            return partial(uncut, convert)
        if name == metadata.DELETED_AT:
            return convert
        if convert is to_date and turns_into == TIMESTAMP:
            convert = to_whole_second
        where = f"Stream '{plan.stream}', property '{name}'"
        day = schema.get("format") == "date"
        return substituting(convert, kind, settings.datetime_error_treatment, where, day=day)

    @property
    def periods(self) -> Periods | None:
        """The columns that tell of periods, where the stream has them."""
        return periods_of(self.plan, self.table, self.names)

    @property
    def versions(self) -> Versions | None:
        """The columns that tell the versions of a row, and perhaps their periods, in a history."""
        plan = self.plan
        if plan.method != "history" or not own_keys(plan):
            return None
        keys = tuple(self.names[name] for name in own_keys(plan))
        return self.periods or Versions(keys, self.names[plan.replication_key or ""])

    @property
    def conditions(self) -> Conditions:
        """Return the conditions under which a matched row is updated.

        Raises:
            TableError: The table lacks the column by which rows are newer.
        """
        newer = self._newer
        if not self.plan.settings.skip_unchanged:
            return Conditions(newer=newer)
        # What ACTIVATE_VERSION goes by must follow each load, also of a row that is the same.
        own = metadata.PROPERTIES.keys() - {metadata.DELETED_AT, metadata.TABLE_VERSION}
        skipped = own | {*self.plan.matched}
        compared = [column for name, column in self.names.items() if name not in skipped]
        kinds = {column: self.table.columns[column].type.name for column in compared}
        return Conditions(
            tuple(column for column in compared if kinds[column] not in LARGE),
            tuple(column for column in compared if kinds[column] in LARGE - {"JSON"}),
            newer,
            tuple(column for column in compared if kinds[column] == "JSON"),
        )

    @property
    def _newer(self) -> str | None:
        plan = self.plan
        if not plan.settings.skip_older or plan.replication_key is None:
            return None
        if plan.replication_key not in self.names:
            msg = (
                f"Stream '{plan.stream}': skip_older needs a column for "
                f"'{plan.replication_key}', which table {plan.table_name} lacks."
            )
            raise TableError(msg)
        return self.names[plan.replication_key]
