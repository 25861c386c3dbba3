"""Plan how a stream is loaded: its table, its columns, its load method."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from target_oracle.errors import TableError
from target_oracle.schema import metadata, type_syntax
from target_oracle.schema.place import Place
from target_oracle.schema.tables import TableSpec
from target_oracle.schema.types import as_key, column_type, fitting_keys

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_oracle.schema.types import OracleType


AUDIT = ("create_user", "create_ts", "mod_user", "mod_ts")
VALID_FROM, VALID_TO = "_sdc_valid_from", "_sdc_valid_to"


@dataclass(frozen=True)
class Plan(Place):
    """How one stream is loaded. TableError where the method and the keys do not go together."""

    schema: Mapping[str, Any]
    keys: Sequence[str]
    bookmark: str | None

    def __post_init__(self) -> None:
        if not self.properties:
            msg = f"Stream '{self.stream}' has no properties to make columns of."
            raise TableError(msg)
        for role, names in (("key", self.keys), ("replication key", self._version)):
            if absent := [name for name in names if name not in self.properties]:
                msg = (
                    f"Stream '{self.stream}': the {role} property '{absent[0]}' is not in the "
                    "schema."
                )
                raise TableError(msg)
        if self.method == "history" and not (self.keys and self._version):
            msg = f"Stream '{self.stream}': history needs key_properties and a replication_key."
            raise TableError(msg)

    @property
    def properties(self) -> Mapping[str, Any]:
        """The schema's properties."""
        found: Mapping[str, Any] = self.schema["properties"]
        return found

    @property
    def replication_key(self) -> str | None:
        """The property that orders a row's versions."""
        return self.options.replication_key or self.bookmark

    @property
    def _version(self) -> list[str]:
        needed = self.method == "history" or self.settings.skip_older
        return [self.replication_key] if needed and self.replication_key else []

    @property
    def matched(self) -> list[str]:
        """The properties by which rows are matched; none when they are only inserted."""
        if self.method == "append-only":
            return []
        # The replication key of a history may be one of the keys already.
        version = self._version if self.method == "history" else []
        return list(dict.fromkeys([*self.keys, *version]))

    @cached_property
    def identifiers(self) -> dict[str, str]:
        """Property -> identifier of its column."""
        return self.naming.columns(self.stream, self._texts)

    @property
    def _texts(self) -> dict[str, str]:
        """Property -> its column's name before it is made an identifier."""
        renamed = {**self.settings.metadata_columns, **self.options.column_names}
        texts = {name: renamed.get(name, name) for name in self.properties}
        return {name: text for name, text in texts.items() if text is not None}

    @property
    def renamed(self) -> dict[str, str]:
        """Property -> column, of names that no column can have: too long, empty, or ROWID."""
        whole = replace(self.naming, limit=sys.maxsize)
        names = [
            name
            for name, text in self._texts.items()
            if not text or whole.identifier(text) != self.identifiers[name]
        ]
        return {name: self.identifiers[name] for name in names}

    @property
    def astray(self) -> list[str]:
        """Properties that the stream's own settings name and its schema lacks."""
        named = {*self.options.column_names, *self.options.column_types}
        named.update(*self.options.indexes)
        return sorted(named.difference(self.properties))

    @property
    def spec(self) -> TableSpec:
        """The table as the stream needs it."""
        names, settings = self.identifiers, self.settings
        comments = {
            column: str(self.properties[name].get("description", ""))
            for name, column in names.items()
        }
        return TableSpec(
            owner=self.owner,
            name=self.table_name,
            columns=self._types | _period_columns(self, self._types),
            keys=[names[name] for name in self.matched],
            options=settings.table_options,
            comment=str(self.schema.get("description", "")) if settings.add_comments else "",
            comments=comments if settings.add_comments else {},
            readers=[self.naming.identifier(each) for each in settings.grant_select_to],
            indexes=[
                [names[name] for name in index]
                for index in self.options.indexes
                if names.keys() >= {*index}
            ],
            public=self.public,
            stream=self.stream,
        )

    @property
    def _ordered(self) -> list[str]:
        """The properties in the order of a new table's columns: keys first, audit columns last."""
        audit = AUDIT if self.settings.table_layout == "wms" else ()
        own = metadata.PROPERTIES
        rest = [n for n in self.identifiers if n not in self.matched]
        plain = [n for n in rest if n not in own and n not in audit]
        late = [n for n in audit if n in rest]
        return [*self.matched, *plain, *late, *(n for n in rest if n in own)]

    @property
    def _types(self) -> dict[str, OracleType]:
        """Column -> type, in order; keys are cut down to what fits one index together."""
        names = self.identifiers
        found = {names[name]: self._type(name) for name in self._ordered}
        keys = [names[name] for name in self.matched]
        given = {names[name] for name in self.options.column_types if name in names}
        fitting = fitting_keys([found[key] for key in keys])
        return found | {k: t for k, t in zip(keys, fitting, strict=True) if k not in given}

    def _type(self, name: str) -> OracleType:
        if given := self.options.column_types.get(name):
            where = f"Stream '{self.stream}', column_types of '{name}'"
            return type_syntax.required_type(given, where)
        stated = self._stated(name)
        if stated and type_syntax.is_known(stated, self.dialect):
            return as_key(stated) if name in self.matched else stated
        return column_type(self.properties[name], self.dialect, key=name in self.matched)

    def _stated(self, name: str) -> OracleType | None:
        """Parse the type that the tap asks for, which may be another database's."""
        text = self.properties[name].get("x-sql-datatype")
        return type_syntax.parse_type(str(text)) if text else None

    @property
    def notices(self) -> list[str]:
        """What users should know of how values are taken."""
        return [
            f"property '{name}': its x-sql-datatype '{schema['x-sql-datatype']}' is no type that "
            "this database has; it is ignored"
            for name, schema in self.properties.items()
            if schema.get("x-sql-datatype")
            and name not in self.options.column_types
            and not ((found := self._stated(name)) and type_syntax.is_known(found, self.dialect))
        ]


def refuse_unknown_types(plan: Plan) -> None:
    """Refuse types given by hand that the plan's database cannot make a column of.

    Raises:
        TableError: There is such a type.
    """
    given_types = plan.options.column_types
    for name, given in ((n, g) for n, g in given_types.items() if n in plan.properties):
        where = f"Stream '{plan.stream}', column_types of '{name}'"
        if not type_syntax.is_known(type_syntax.required_type(given, where), plan.dialect):
            msg = f"{where}: this database cannot have a column of the type '{given}'."
            raise TableError(msg)


def declared(plan: Plan) -> dict[str, str]:
    """Return the source's properties with the types of their columns, as DDL spells them."""
    names, columns = plan.identifiers, plan.spec.columns
    return {name: columns[c].ddl for name, c in names.items() if name not in metadata.PROPERTIES}


def wants_periods(plan: Plan) -> bool:
    """Whether the stream's table has periods."""
    return plan.settings.history_validity and plan.method == "history"


def _period_columns(plan: Plan, types: Mapping[str, OracleType]) -> dict[str, OracleType]:
    """Return the columns for both ends of a period, given the types of the stream's columns.

    Raises:
        TableError: The stream cannot have periods.
    """
    if not wants_periods(plan):
        return {}
    names = [plan.naming.identifier(name) for name in (VALID_FROM, VALID_TO)]
    if taken := types.keys() & names:
        msg = (
            f"Stream '{plan.stream}': a property becomes the column {min(taken)}, which "
            "`history_validity` fills: rename it with column_names in streams."
        )
        raise TableError(msg)
    kind = types[plan.identifiers[plan.replication_key or ""]]
    if not kind.is_temporal or not own_keys(plan):
        msg = (
            f"Stream '{plan.stream}': `history_validity` needs a replication_key that is a date or "
            "date-time, and a key beside it."
        )
        raise TableError(msg)
    return dict.fromkeys(names, kind)


def own_keys(plan: Plan) -> list[str]:
    """Return the keys that the versions of a row share."""
    return [key for key in plan.keys if key != plan.replication_key]
