"""Objects and collections as PostgreSQL keeps them: JSON with the type's name and the parts."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from oracle_standin import const as c
from oracle_standin.shapes import Instance, Kind, Shape, Table

from .messages import error

if TYPE_CHECKING:
    from collections.abc import Callable

    from oracle_standin.backend import Column


class ObjectText(str):
    """The JSON of an object that has come from PostgreSQL."""

    __slots__ = ()


def encode(value: Instance | Table) -> str:
    if value.shape is None:
        raise error(932, "a record")
    parts = list(value.values.values()) if isinstance(value, Instance) else value.in_order()
    return f'{{"t":{json.dumps(value.shape.full_name)},"v":[{",".join(map(_part, parts))}]}}'


def _part(value: Any) -> str:
    if isinstance(value, (Instance, Table)):
        return encode(value)
    if value is None or isinstance(value, (bool, str)):
        return json.dumps(value)
    if isinstance(value, bytes):
        return json.dumps("\\x" + value.hex())
    if isinstance(value, (int, Decimal)):
        return f"{value:f}" if isinstance(value, Decimal) else str(value)
    if isinstance(value, float):
        return json.dumps(repr(value))
    return json.dumps(str(value))


def type_of(text: str) -> str:
    """The full name of the type of an object's text."""
    return str(json.loads(text)["t"])


def decode(text: str, shape_of: Callable[[str], Shape | None]) -> Instance | Table:
    """The value of a JSON text; ``shape_of`` gives the type of a full name."""
    return _decoded(json.loads(text, parse_float=Decimal), shape_of)


def _decoded(image: Any, shape_of: Callable[[str], Shape | None]) -> Instance | Table:
    shape = shape_of(image["t"])
    if shape is None:
        raise error(902)
    if shape.is_collection:
        element = shape.element or Kind("")
        return Table.of([_value(each, element, shape_of) for each in image["v"]], shape)
    pairs = zip(shape.parts.items(), image["v"], strict=True)
    return Instance(shape, {name: _value(each, kind, shape_of) for (name, kind), each in pairs})


def _value(value: Any, kind: Kind, shape_of: Callable[[str], Shape | None]) -> Any:
    if value is None or value == "":
        return None
    if kind.shape is not None:
        inner = json.loads(value, parse_float=Decimal) if isinstance(value, str) else value
        return _decoded(inner, shape_of)
    make = _VALUES.get(kind.column.ora_type)
    return make(value, kind.column) if make else value


def _raw(value: str, _: Column) -> bytes:
    return bytes.fromhex(value.removeprefix("\\x"))


def _time(value: Any, _: Column) -> dt.datetime:
    if isinstance(value, dict):  # of TIMESTAMP WITH TIME ZONE: the UTC time and the offset
        zone = dt.timezone(dt.timedelta(minutes=value["o"]))
        return dt.datetime.fromisoformat(value["t"]).replace(tzinfo=dt.UTC).astimezone(zone)
    return dt.datetime.fromisoformat(value)


def _padded(value: str, column: Column) -> str:
    return value.ljust(column.chars)


_VALUES: dict[int, Callable[[Any, Column], Any]] = {
    c.T_NUMBER: lambda value, _: Decimal(value) if isinstance(value, str) else value,
    c.T_BINARY_DOUBLE: lambda value, _: float(value),
    c.T_BINARY_FLOAT: lambda value, _: float(value),
    c.T_CHAR: _padded,
    c.T_RAW: _raw,
    c.T_BLOB: _raw,
    c.T_DATE: _time,
    c.T_TIMESTAMP: _time,
    c.T_TIMESTAMP_TZ: _time,
    c.T_TIMESTAMP_LTZ: _time,
}
