"""A Singer catalog -> dbt sources and staging models over the tables it is loaded into. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import yaml

from target_oracle.errors import TableError
from target_oracle.schema import metadata
from target_oracle.schema.names import quoted
from target_oracle.schema.plan import VALID_FROM, VALID_TO, own_keys, wants_periods

if TYPE_CHECKING:
    from collections.abc import Iterable

    from target_oracle.schema.plan import Plan


@dataclass(frozen=True)
class Relations:
    """Relations that names do not tell: stream -> property -> the stream whose key it holds.

    `none` is the key that stands for no related row, as 0 does where a source fills empty ones.
    """

    streams: dict[str, dict[str, str]] = field(default_factory=dict)
    none: int | None = None


SOURCES = "sources.yml"
WARN_HOURS, ERROR_HOURS = 24, 48
PERIODS = {
    VALID_FROM: "From when the version is valid.",
    VALID_TO: "Until when the version is valid; empty for the one in force.",
}
"""Columns that no property has, with what they hold."""
NEWEST = '"SDC$NEWEST"'
"""A column of a subquery alone: no column of a table is named so."""
_TEXT_OF = {
    "DATE": "to_char({}, 'YYYY-MM-DD\"T\"HH24:MI:SS')",
    "TIMESTAMP": "to_char({}, 'YYYY-MM-DD\"T\"HH24:MI:SS.FF6')",
}


def plain(name: str) -> str:
    """Return a name that dbt accepts for sources and models."""
    return re.sub(r"\W", "_", name, flags=re.ASCII).lower()


@dataclass(frozen=True)
class Project:
    """The dbt sources and models over the tables of the plans.

    `source` is what dbt calls those in the schema `home`; others get sources of their own. An
    empty `home` is dbt's own target schema.
    """

    source: str
    home: str
    plans: Iterable[Plan]
    relations: Relations = field(default_factory=Relations)

    @property
    def files(self) -> dict[str, str]:
        """File name -> contents. TableError when two streams would share a model."""
        models = {name: self._model(name, plan) for name, plan in self._tables.items()}
        models |= self._current_models
        named = {f"stg_{self.source}__{name}.sql": text for name, text in models.items()}
        return {SOURCES: self._sources, **named}

    @property
    def _current_models(self) -> dict[str, str]:
        """Return the models of the versions in force, by name, of the histories.

        Raises:
            TableError: A stream's own model would have the name of one.
        """
        models = {}
        for name, plan in self._tables.items():
            if plan.method == "history":
                current = f"{name}_current"
                if other := self._tables.get(current):
                    raise TableError(_both(plan, other, current))
                models[current] = self._current_model(name, plan)
        return models

    @property
    def has_load_time(self) -> bool:
        """Whether dbt can tell how fresh the tables are."""
        return any(_loaded_at(plan) for plan in self._tables.values())

    @cached_property
    def _tables(self) -> dict[str, Plan]:
        """Return the plans by dbt's name for their table.

        Raises:
            TableError: Two of them would share a name.
        """
        tables: dict[str, Plan] = {}
        for plan in sorted(self.plans, key=lambda each: each.stream):
            other = tables.setdefault(plain(plan.stream), plan)
            if other is not plan:
                raise TableError(_both(other, plan, plain(plan.stream)))
        return tables

    # Sources

    def _source_of(self, plan: Plan) -> str:
        return self.source if plan.owner == self.home else f"{self.source}_{plain(plan.owner)}"

    @property
    def _sources(self) -> str:
        owners = {self._source_of(plan): plan.owner for plan in self._tables.values()}
        content = {
            "version": 2,
            "sources": [self._source(*each) for each in sorted(owners.items())],
        }
        return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)

    def _source(self, source: str, owner: str) -> dict[str, Any]:
        own = {n: plan for n, plan in self._tables.items() if self._source_of(plan) == source}
        return {
            "name": source,
            "description": "Tables that target-oracle loads.",
            "schema": literal(owner) if owner else "{{ target.schema }}",
            "quoting": {"database": False, "schema": bool(owner), "identifier": True},
            "tables": [self._table(name, plan) for name, plan in own.items()],
        }

    def _table(self, name: str, plan: Plan) -> dict[str, Any]:
        spec = plan.spec
        table: dict[str, Any] = {
            "name": name,
            "identifier": literal(spec.name),
            "description": literal(spec.comment or f"Stream {plan.stream}."),
        }
        if loaded := _loaded_at(plan):
            table["config"] = {"loaded_at_field": loaded, "freshness": self._freshness}
        if len(plan.matched) > 1:
            table["data_tests"] = [_unique_together(plan)]
        names = {column: name for name, column in plan.identifiers.items()}
        ends = {plan.naming.identifier(name): said for name, said in PERIODS.items()}
        table["columns"] = [
            self._column(plan, names[each], each)
            if each in names
            else {"name": literal(each), "quote": True, "description": ends[each]}
            for each in spec.columns
        ]
        return table

    @property
    def _freshness(self) -> dict[str, Any]:
        return {
            f"{level}_after": {
                "count": f"{{{{ var('{self.source}_{level}_after_hours', {hours}) | as_number }}}}",
                "period": "hour",
            }
            for level, hours in (("warn", WARN_HOURS), ("error", ERROR_HOURS))
        }

    def _column(self, plan: Plan, name: str, column: str) -> dict[str, Any]:
        found: dict[str, Any] = {"name": literal(column), "quote": True}
        if description := plan.properties[name].get("description"):
            found["description"] = literal(str(description))
        if tests := self._tests(plan, name):
            found["data_tests"] = tests
        return found

    def _tests(self, plan: Plan, name: str) -> list[Any]:
        tests: list[Any] = []
        if plan.matched == [name]:
            tests.append("unique")
        if name in plan.keys:
            tests.append("not_null")
        if parent := self._parent(plan, name):
            tests.append(self._related(plan, name, parent))
        return tests

    def _parent(self, plan: Plan, name: str) -> Plan | None:
        """Return the plan whose key a property holds: by `Relations`, or as `<stream>_id`."""
        named = name.removesuffix("_id") if name.endswith("_id") else None
        stream = self.relations.streams.get(plan.stream, {}).get(name, named)
        parents = (each for each in self._tables.values() if each.stream == stream)
        return next((each for each in parents if len(each.keys) == 1), None)

    def _related(self, plan: Plan, name: str, parent: Plan) -> dict[str, Any]:
        """Return a test that only warns: a child row may be loaded before its parent."""
        column, none = literal(quoted(plan.identifiers[name])), self.relations.none
        given = f"{column} <> {none}" if none is not None else None
        config: dict[str, Any] = {"severity": "warn"}
        if where := " and ".join(filter(None, (given, _in_force(plan)))):
            config["where"] = where
        to = f"source('{self._source_of(parent)}', '{plain(parent.stream)}')"
        field = literal(quoted(parent.identifiers[parent.keys[0]]))
        return {"relationships": {"arguments": {"to": to, "field": field}, "config": config}}

    # Staging models

    def _model(self, name: str, plan: Plan) -> str:
        """Select the rows that are not marked as deleted; of a history, all versions."""
        living = None if plan.method == "history" else _living(plan)
        where = f"where {living}\n" if living else ""
        return f"select\n{_columns(plan)}\nfrom {self._table_of(name, plan)}\n{where}"

    def _current_model(self, name: str, plan: Plan) -> str:
        """Select the versions in force of a history: none of a row that is deleted."""
        select, table = f"select\n{_columns(plan)}", self._table_of(name, plan)
        if wants_periods(plan):
            return f"{select}\nfrom {table}\nwhere {_in_force(plan)}\n"
        keys = ", ".join(_column_of(plan, key) for key in own_keys(plan) or plan.keys)
        newest = (
            f"row_number() over (partition by {keys} order by "
            f"{_column_of(plan, plan.replication_key or '')} desc nulls last) as {NEWEST}"
        )
        where = " and ".join(filter(None, (f"{NEWEST} = 1", _living(plan))))
        return f"{select}\nfrom (\n{select},\n    {newest}\nfrom {table}\n)\nwhere {where}\n"

    def _table_of(self, name: str, plan: Plan) -> str:
        return f"{{{{ source('{self._source_of(plan)}', '{name}') }}}}"


def _columns(plan: Plan) -> str:
    return ",\n".join(f"    {literal(quoted(column))}" for column in plan.spec.columns)


def _column_of(plan: Plan, name: str) -> str:
    return literal(quoted(plan.identifiers[name]))


def _both(one: Plan, other: Plan, name: str) -> str:
    """Say that two streams would share a name."""
    return (
        f"The streams '{one.stream}' and '{other.stream}' would both be dbt's '{name}': rename "
        "one with stream_maps."
    )


def literal(text: str) -> str:
    """Quote text so that dbt's Jinja leaves it as it is."""
    return re.sub(r"\{(?=[{%#])", '{{ "{" }}', text)


def _loaded_at(plan: Plan) -> str | None:
    """Return the expression for a row's load time in UTC; None without metadata columns."""
    names, types = plan.identifiers, plan.spec.columns
    stamps = ("_sdc_batched_at", "_sdc_received_at") if plan.settings.add_record_metadata else ()
    for name in stamps:
        if name in names:
            column = literal(quoted(names[name]))
            zoned = types[names[name]].name == "TIMESTAMP WITH TIME ZONE"
            return f"sys_extract_utc({column})" if zoned else column
    return None


def _living(plan: Plan) -> str | None:
    """Return the condition that a row is not marked as deleted."""
    column = plan.identifiers.get(metadata.DELETED_AT)
    return f"{literal(quoted(column))} is null" if column else None


def _in_force(plan: Plan) -> str | None:
    """Return the condition that a row is not deleted, or that a version has not ended."""
    if not wants_periods(plan):
        return _living(plan)
    return f"{literal(quoted(plan.naming.identifier(VALID_TO)))} is null"


def _unique_together(plan: Plan) -> dict[str, Any]:
    names, types = plan.identifiers, plan.spec.columns
    parts = [
        _TEXT_OF.get(types[names[each]].name, "{}").format(literal(quoted(names[each])))
        for each in plan.matched
    ]
    return {
        "unique": {
            "name": f"unique_{plain(plan.stream)}",
            "arguments": {"column_name": " || chr(31) || ".join(parts)},
        }
    }
