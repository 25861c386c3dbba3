"""What Oracle must hold, told from the WMS stand-in's raw rows, and what it does hold.

The expectation uses nothing of the tap or the target: their conversions are what is under test.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wms_standin import Entity, Field, World

    from tests.conftest import OracleSchema

CORE = (
    "company", "facility", "item", "location", "vendor",
    "purchase_order_hdr", "purchase_order_dtl", "ib_shipment", "ib_shipment_dtl",
    "container", "inventory",
    "order_hdr", "order_dtl", "order_status", "wave", "task", "allocation",
)  # fmt: skip

Row = dict[str, Any]
Table = dict[Decimal, Row]


def expected(world: World, name: str) -> Table:
    """By id, the columns and values that each row of an entity must have in Oracle."""
    entity = world.entity(name)
    rows = (dict(_cells(world, entity, raw)) for raw in world.rows(name))
    return {row["ID"]: row for row in rows}


def actual(oracle: OracleSchema, name: str) -> Table:
    """By id, the columns and values in Oracle, metadata left out."""
    table = name.upper()
    columns = [
        column
        for (column,) in oracle.query(
            "select column_name from user_tab_columns where table_name = :1 order by column_id",
            table,
        )
        if not column.startswith("_SDC_")
    ]
    selected = ", ".join(f'"{column}"' for column in columns)
    rows = oracle.query(f'select {selected} from "{table}"')
    return {
        row["ID"]: row
        for row in ({c: _read(c, v) for c, v in zip(columns, r, strict=True)} for r in rows)
    }


def assert_equal(
    world: World, oracle: OracleSchema, names: tuple[str, ...] = CORE, *, sets: bool = True
) -> int:
    """Every row, column and value of the entities; the number of values compared.

    `sets=False` leaves out what WMS derives from child rows (`*_set`): a change of a child does not
    move its parent's `mod_ts`, so that an incremental run cannot see it.
    """
    values = 0
    for name in names:
        wanted, found = expected(world, name), actual(oracle, name)
        assert wanted.keys() == found.keys(), f"{name}: rows differ"
        for key, row in wanted.items():
            differing = _differing(row, found[key], sets=sets)
            assert not differing, f"{name} {key}: {differing}"
            values += len(row)
    return values


def _differing(wanted: Row, found: Row, *, sets: bool) -> str:
    columns = {c for c in wanted.keys() | found.keys() if sets or "_SET" not in c}
    return "; ".join(
        f"{column}: WMS {wanted.get(column, 'none')!r}, Oracle {found.get(column, 'none')!r}"
        for column in sorted(columns)
        if wanted.get(column, ...) != found.get(column, ...)
    )


def _cells(world: World, entity: Entity, raw: Row) -> Iterator[tuple[str, Any]]:
    for name in entity.record_keys:
        if name == "url":
            continue
        field, column = entity.fields[name], name.upper()
        if field.is_link:
            yield column, _number(raw[name])
            yield f"{column.removesuffix('_ID')}_KEY", _key(world, field, raw[name])
        elif (child := world.child_set(entity, field)) and child.shape == "count":
            yield f"{column}_COUNT", _number(raw[name])
        elif not field.described and isinstance(raw[name], bool):
            yield column, json.dumps(raw[name])  # describe says no type, so it travels as JSON text
        else:
            yield column, _plain(raw[name])


def _key(world: World, field: Field, row_id: int | None) -> str | None:
    return None if row_id is None else world.key(field.target, row_id, field.name) or None


def _plain(value: Any) -> Any:
    """Oracle's form: '' is null, flags are 1 and 0, instants are UTC, days begin at midnight."""
    match value:
        case "" | []:
            return None if value == "" else ()
        case list():
            return tuple(value)
        case datetime():
            return value.astimezone(UTC).replace(tzinfo=None)
        case date():
            return datetime(value.year, value.month, value.day)
        case bool() | int() | float() | Decimal():
            return _number(value)
        case _:
            return value


def _number(value: float | Decimal | None) -> Decimal | None:
    return None if value is None else Decimal(str(int(value) if value in (True, False) else value))


def _read(column: str, value: Any) -> Any:
    """A value from Oracle; of JSON sets the ids alone, as their addresses are the server's."""
    if not column.endswith("_SET") or value is None:
        return value
    parsed = json.loads(value)
    if isinstance(parsed, list):
        return tuple(each["id"] for each in parsed)
    return Decimal(parsed["id"])
