"""Targets as the SDK's users write them, and loads as they are written by hand."""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
import oracledb
import sqlalchemy as sa
from singer_sdk.sql import SQLConnector, SQLSink, SQLTarget
from sqlalchemy.dialects import oracle

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import OracleSchema

    from .conftest import Shape

BATCH = 10_000
_decode = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal).decode


class PlainConnector(SQLConnector):
    """The SDK's connector with the types that Oracle needs."""

    allow_merge_upsert = True

    def get_sqlalchemy_url(self, config: dict[str, Any]) -> str:
        return str(config["sqlalchemy_url"])

    def to_sql_type(self, jsonschema_type: dict[str, Any]) -> sa.types.TypeEngine[Any]:
        if jsonschema_type.get("format") == "date-time":
            return oracle.TIMESTAMP()
        if "string" in jsonschema_type["type"]:
            return sa.VARCHAR(jsonschema_type.get("maxLength", 255))
        return sa.Numeric()

    def prepare_table(self, *args: Any, **more: Any) -> None:
        """The table is there: reflection per column would only slow this rival down."""


class PlainSink(SQLSink[PlainConnector]):
    """Counts what it gets: the SDK's own cost, without any database."""

    connector_class = PlainConnector
    max_size = BATCH

    def setup(self) -> None:
        pass

    def process_batch(self, context: dict[str, Any]) -> None:
        context.get("records", [])


class UpsertSink(SQLSink[PlainConnector]):
    """Upsert the usual way: a temporary table per batch, executemany into it, MERGE, DROP."""

    connector_class = PlainConnector
    max_size = BATCH

    def process_batch(self, context: dict[str, Any]) -> None:
        names = list(self.schema["properties"])
        rest = [n for n in names if n != "id"]
        sets = ", ".join(f"t.{n} = s.{n}" for n in rest)
        with self.connector._connect() as connection:
            connection.execute(sa.text("CREATE TABLE s_tmp AS SELECT * FROM s WHERE 1 = 0"))
            rows = [{n: record.get(n) for n in names} for record in context["records"]]
            insert = sa.table("s_tmp", *(sa.column(n, self._type(n)) for n in names)).insert()
            connection.execute(insert, rows)
            connection.execute(
                sa.text(
                    f"MERGE INTO s t USING s_tmp s ON (t.id = s.id) WHEN MATCHED THEN UPDATE SET "
                    f"{sets} WHEN NOT MATCHED THEN INSERT ({', '.join(names)}) VALUES "
                    f"({', '.join(f's.{n}' for n in names)})"
                )
            )
            connection.commit()
            connection.execute(sa.text("DROP TABLE s_tmp"))

    def _type(self, name: str) -> sa.types.TypeEngine[Any]:
        return self.connector.to_sql_type(self.schema["properties"][name])


class PlainTarget(SQLTarget):
    """The SDK's SQL target with its defaults, validation among them."""

    name = "target-plain"
    default_sink_class: type[SQLSink[PlainConnector]] = PlainSink


class UpsertTarget(PlainTarget):
    """A target as one is usually written."""

    name = "target-upsert"
    default_sink_class = UpsertSink


def run_plain(target: type[PlainTarget], schema: OracleSchema, path: Path) -> None:
    url = (
        f"oracle+oracledb://{schema.user}:{schema.password}@{schema.host}:{schema.port}"
        f"/?service_name={schema.service}"
    )
    with path.open() as file, redirect_stdout(io.StringIO()):
        target(config={"sqlalchemy_url": url}).listen(file)


# By hand


def typed_rows(shape: Shape, lines: list[bytes]) -> list[tuple[Any, ...]]:
    """Decoded lines as tuples ready to bind."""
    kinds = shape.kinds
    moments = {name for name, kind in kinds.items() if kind == "moment"}
    names = list(kinds)
    rows = []
    for line in lines:
        values = _decode(line)["record"]
        rows.append(
            tuple(
                datetime.fromisoformat(v) if n in moments and (v := values[n]) else values[n]
                for n in names
            )
        )
    return rows


def statement(shape: Shape, table: str = "S") -> str:
    names = [name.upper() for name in shape.kinds]
    binds = ", ".join(f":{n}" for n in range(1, len(names) + 1))
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES ({binds})"


def binds(shape: Shape) -> list[Any]:
    types: dict[str, Any] = {
        "key": oracledb.DB_TYPE_NUMBER,
        "text": oracledb.DB_TYPE_VARCHAR,
        "whole": oracledb.DB_TYPE_NUMBER,
        "real": oracledb.DB_TYPE_NUMBER,
        "moment": oracledb.DB_TYPE_TIMESTAMP,
        "long": oracledb.DB_TYPE_LONG,
    }
    return [types[kind] for kind in shape.kinds.values()]


def insert(
    connection: oracledb.Connection, shape: Shape, rows: list[tuple[Any, ...]], table: str = "S"
) -> None:
    with connection.cursor() as cursor:
        cursor.setinputsizes(*binds(shape))
        cursor.executemany(statement(shape, table), rows)


def bare_loop(connection: oracledb.Connection, shape: Shape, path: Path, slice_rows: int) -> None:
    """The least a target can do: decode, make tuples, one driver call per slice."""
    with path.open("rb") as file:
        next(file)
        lines: list[bytes] = []
        for line in file:
            lines.append(line)
            if len(lines) == slice_rows:
                insert(connection, shape, typed_rows(shape, lines))
                lines = []
        if lines:
            insert(connection, shape, typed_rows(shape, lines))
    connection.commit()


def merge(shape: Shape, source: str) -> str:
    names = [name.upper() for name in shape.kinds]
    sets = ", ".join(f"t.{n} = s.{n}" for n in names if n != "ID")
    return (
        f"MERGE INTO S t USING {source} s ON (t.ID = s.ID) WHEN MATCHED THEN UPDATE SET {sets} "
        f"WHEN NOT MATCHED THEN INSERT ({', '.join(names)}) "
        f"VALUES ({', '.join(f's.{n}' for n in names)})"
    )


def staged_by_hand(
    connection: oracledb.Connection,
    schema: OracleSchema,
    shape: Shape,
    rows: list[tuple[Any, ...]],
    *,
    direct: bool,
) -> None:
    """Rows in memory -> a staging table -> one MERGE -> COMMIT."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE STG ({shape.ddl.replace('PRIMARY KEY', '')})")
        for start in range(0, len(rows), BATCH):
            piece = rows[start : start + BATCH]
            if direct:
                names = [name.upper() for name in shape.kinds]
                connection.direct_path_load(schema.user, "STG", names, piece)
            else:
                insert(connection, shape, piece, "STG")
        cursor.execute(merge(shape, "STG"))
        connection.commit()
        cursor.execute("DROP TABLE STG PURGE")
