"""Tables that somebody else made, of every column type: what is sent is read back, or refused.

By each load path, straight into the table and through staging, by each way of loading. The default
run takes one server and every second combination; the long one all, on every release.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import product
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import pytest
from oracle_standin import OracleStandin
from target_oracle.errors import TableError
from target_oracle.schema.types import LOADABLE

from tests.conftest import OracleSchema

from .conftest import Target, raw, schema

if TYPE_CHECKING:
    from collections.abc import Iterator

NUMBER = {"type": ["null", "number"]}
TEXT = {"type": ["null", "string"]}
MOMENT = {**TEXT, "format": "date-time"}
FLAG = {"type": ["null", "boolean"]}
TABLE = "create table f (id number primary key, seen timestamp"
Value = Callable[[Any], Any]


@dataclass(frozen=True)
class Foreign:
    """A column: its type, its property, and two values as JSON with what they are read back as."""

    ddl: str
    schema: dict[str, Any]
    one: tuple[Any, Any]
    other: tuple[Any, Any]
    since: int = 19
    """The first release that has the type."""


def same(first: Any, second: Any) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    return (first, first), (second, second)


def numbers(first: str, second: str) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    return (Decimal(first), Decimal(first)), (Decimal(second), Decimal(second))


def binary(first: bytes, second: bytes) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    texts = [base64.b64encode(each).decode() for each in (first, second)]
    return (texts[0], first), (texts[1], second)


def moments(digits: int) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    """An instant in another zone, and the last one of all, with as many digits of a second."""
    fraction = f".{'987654'[:digits]}" if digits else ""
    micros = int("987654"[:digits].ljust(6, "0"))
    return (
        (f"2024-03-31T02:30:00{fraction}+05:30", datetime(2024, 3, 30, 21, 0, 0, micros)),
        (f"9999-12-31T20:59:59{fraction}Z", datetime(9999, 12, 31, 20, 59, 59, micros)),
    )


COLUMNS: dict[str, Foreign] = {
    "plain": Foreign("number", NUMBER, *numbers("-12345678901234567890.123456789", "1e-30")),
    "money": Foreign("number(7,2)", NUMBER, *numbers("-12345.67", "0.01")),
    "rough": Foreign("number(5,-2)", NUMBER, *numbers("1234500", "-100")),
    "whole": Foreign("number(*,0)", NUMBER, *numbers("9" * 38, "-1")),
    "floating": Foreign("float", NUMBER, *numbers("0.1", "-123456789.123456789")),
    "bits": Foreign("float(24)", NUMBER, *numbers("0.25", "-1234567")),
    "precise": Foreign("real", NUMBER, *numbers("0.1234567890123456", "-1234567")),
    "single": Foreign("binary_float", NUMBER, *same(0.5, -1234567.0)),
    "double": Foreign("binary_double", NUMBER, *same(0.1, -1.5e300)),
    "bytes": Foreign("varchar2(20 byte)", TEXT, *same("é" * 10, " a\t'\"\n ")),
    "chars": Foreign("varchar2(20 char)", TEXT, *same("😀" * 20, "ab ")),
    "widest": Foreign("varchar2(4000 char)", TEXT, *same("x" * 4000, "é" * 2000)),
    "national": Foreign("nvarchar2(20)", TEXT, *same("汉" * 20, "😀" * 10)),
    "padded": Foreign("char(5 char)", TEXT, ("é", "é    "), ("abcde", "abcde")),
    "narrow": Foreign("char(5 byte)", TEXT, ("é", "é   "), ("ab  ", "ab   ")),
    "npadded": Foreign("nchar(5)", TEXT, ("汉", "汉    "), ("abcde", "abcde")),
    "long_text": Foreign("clob", TEXT, *same("é😀" * 20_000, "short")),
    "nlong_text": Foreign("nclob", TEXT, *same("汉😀" * 20_000, "short")),
    "blob": Foreign("blob", TEXT, *binary(bytes(range(256)) * 200, b"\x00")),
    "raw": Foreign("raw(16)", TEXT, *binary(bytes(range(16)), b"\xff")),
    "day": Foreign(
        "date",
        {**TEXT, "format": "date"},
        ("2024-02-29", datetime(2024, 2, 29)),
        ("0001-01-01", datetime(1, 1, 1)),
    ),
    "second": Foreign("date", MOMENT, *moments(0)),
    "whole_at": Foreign("timestamp(0)", MOMENT, *moments(0)),
    "milli_at": Foreign("timestamp(3)", MOMENT, *moments(3)),
    "micro_at": Foreign("timestamp", MOMENT, *moments(6)),
    "nano_at": Foreign("timestamp(9)", MOMENT, *moments(6)),
    "zoned_at": Foreign("timestamp with time zone", MOMENT, *moments(6)),
    "zoned_milli": Foreign("timestamp(3) with time zone", MOMENT, *moments(3)),
    "local_at": Foreign("timestamp with local time zone", MOMENT, *moments(6)),
    "flag": Foreign(
        "boolean", {"type": ["null", "boolean"]}, (True, True), (False, False), since=23
    ),
    "doc": Foreign(
        "json", {"type": ["null", "object"]}, *same({"a": [1, "é"]}, {"b": None}), since=21
    ),
}
LONGS = {
    "v": Foreign("long", TEXT, *same("é😀" * 20_000, "short")),
    "w": Foreign("long raw", TEXT, *binary(bytes(range(256)) * 200, b"\x00")),
}
NATIONAL = {
    "v": Foreign("nvarchar2(1000)", TEXT, *same("汉" * 1000, "😀" * 500)),
    "w": Foreign("nvarchar2(2000)", TEXT, *same("汉" * 2000, "😀" * 1000)),
}
"""Full ones; in bytes, the second is longer than what the driver takes by direct path."""
WAYS: dict[str, dict[str, Any]] = {
    "upsert": {},
    "overwrite": {"load_method": "overwrite"},
    "history": {"load_method": "history"},
    "skip_unchanged": {"skip_unchanged": True, "add_record_metadata": True},
    "skip_older": {"skip_older": True},
}
COMBINATIONS = list(product(("array", "direct"), ("straight", "staged"), WAYS))


def line(number: int, seen: int, columns: dict[str, Foreign], pick: str) -> str:
    """A record whose values are `one`, `other`, or with any other word null."""
    values = {
        name: getattr(column, pick)[0] if pick in {"one", "other"} else None
        for name, column in columns.items()
    }
    made = {"id": number, "seen": f"2024-01-{seen:02}T00:00:00Z", **values}
    return raw("f", json.dumps(made, default=_digits).replace('"#', "").replace('#"', ""))


def _digits(value: Decimal) -> str:
    return f"#{value}#"  # between marks that are taken off with the quotes: no float ever


def picked(columns: dict[str, Foreign], pick: str) -> dict[str, Any]:
    return {
        name: getattr(column, pick)[1] if pick in {"one", "other"} else None
        for name, column in columns.items()
    }


def described(columns: dict[str, Foreign], keys: tuple[str, ...] = ("id",)) -> dict[str, Any]:
    properties = {"id": {"type": "integer"}, "seen": MOMENT}
    properties |= {name: column.schema for name, column in columns.items()}
    return {**schema("f", properties, list(keys)), "bookmark_properties": ["seen"]}


def found(target: Target, columns: dict[str, Foreign]) -> list[tuple[int, dict[str, Any]]]:
    """The rows that are there, in order of id and time; instants as those of UTC."""
    selected = [
        f'cast(sys_extract_utc("{name.upper()}") as timestamp)'
        if column.ddl.endswith("time zone")
        else f'"{name.upper()}"'
        for name, column in columns.items()
    ]
    rows = target.rows("F", ", ".join(['"ID"', *selected]), '"ID", "SEEN"')
    return [(int(number), dict(zip(columns, values, strict=True))) for number, *values in rows]


def made(target: Target, columns: dict[str, Foreign], *, keyed: bool = True) -> None:
    with target.schema.connect() as connection, connection.cursor() as cursor:
        for name in target.schema.tables():
            cursor.execute(f'drop table "{name}" purge')
        head = TABLE if keyed else TABLE.replace("primary key", "not null")
        rest = "".join(f', "{name.upper()}" {column.ddl}' for name, column in columns.items())
        cursor.execute(f"{head}{rest})")


def goes_round(target: Target, columns: dict[str, Foreign], path: str, size: str, way: str) -> None:
    made(target, columns, keyed=way != "history")
    limits = {"straight_rows": 0, "direct_rows": 1} if size == "staged" else {"straight_rows": 1000}
    target.limit(**limits)
    settings = {"load_path": path, **WAYS[way]}
    first = [line(n, 2, columns, pick) for n, pick in enumerate(("one", "other", "null", "one"))]
    target.load(described(columns), *first, **settings)
    one, other, null = (picked(columns, pick) for pick in ("one", "other", "null"))
    assert found(target, columns) == [(0, one), (1, other), (2, null), (3, one)]
    day = 1 if way == "skip_older" else 3
    second = [line(n, day, columns, pick) for n, pick in enumerate(("other", "one", "one", "null"))]
    target.load(described(columns), *second, **settings)
    later = [(0, other), (1, one), (2, one), (3, null)]
    expected = {
        "skip_older": [(0, one), (1, other), (2, null), (3, one)],
        "history": sorted([(0, one), (1, other), (2, null), (3, one), *later], key=itemgetter(0)),
    }.get(way, later)
    assert found(target, columns) == expected
    if way == "skip_unchanged":
        before = target.rows("F", '"ID", "_SDC_BATCHED_AT"', '"ID"')
        target.load(described(columns), *second, **settings)
        assert target.rows("F", '"ID", "_SDC_BATCHED_AT"', '"ID"') == before


def of_release(era: int, way: str = "") -> dict[str, Foreign]:
    """The columns of a release; no JSON for `skip_unchanged`, where it always counts as changed."""
    return {
        name: column
        for name, column in COLUMNS.items()
        if column.since <= era and (way, name) != ("skip_unchanged", "doc")
    }


@pytest.fixture(scope="module")
def newest() -> Iterator[Target]:
    """A server with all types, whose own time zone is not UTC."""
    with OracleStandin({"app": "secret"}, era=23, db_time_zone="+02:00") as server:
        yield Target(OracleSchema("APP", "secret", server.dsn))


def test_every_type_that_can_be_loaded_is_here() -> None:
    here = {column.ddl.partition("(")[0] for column in [*COLUMNS.values(), *LONGS.values()]}
    zoned = {column.ddl for column in COLUMNS.values() if column.ddl.endswith("zone")}
    spelled = {name.lower() for name in LOADABLE}
    assert spelled - here - zoned == set()


@pytest.mark.parametrize(("path", "size", "way"), COMBINATIONS[::2])
def test_what_is_sent_is_read_back(newest: Target, path: str, size: str, way: str) -> None:
    goes_round(newest, of_release(23, way), path, size, way)


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("strings", ["STANDARD", "EXTENDED"])
@pytest.mark.parametrize("era", [19, 21, 23])
def test_what_is_sent_is_read_back_from_every_release(era: int, strings: Any) -> None:
    with OracleStandin(
        {"app": "secret"}, era=era, db_time_zone="-05:00", max_string_size=strings
    ) as server:
        target = Target(OracleSchema("APP", "secret", server.dsn))
        for path, size, way in COMBINATIONS:
            goes_round(target, of_release(era, way), path, size, way)
            for name, column in NATIONAL.items():
                goes_round(target, {name: column}, path, size, way)
            for name, column in LONGS.items():
                if way in {"upsert", "history"}:
                    goes_round(target, {name: column}, path, size, way)


@pytest.mark.parametrize("name", LONGS)
def test_a_long_is_read_back_or_refused_before_rows_move(newest: Target, name: str) -> None:
    columns = {name: LONGS[name]}
    goes_round(newest, columns, "direct", "staged", "upsert")
    for way in ("overwrite", "skip_unchanged", "skip_older"):
        made(newest, columns)
        with pytest.raises(TableError, match=rf"Table F has the LONG column {name.upper()}"):
            newest.load(described(columns), line(1, 1, columns, "one"), **WAYS[way])
        assert found(newest, columns) == []


@pytest.mark.parametrize("name", NATIONAL)
def test_full_national_text_is_read_back(newest: Target, name: str) -> None:
    goes_round(newest, {name: NATIONAL[name]}, "direct", "staged", "upsert")


@pytest.mark.parametrize("kind", ["interval day to second", "rowid", "urowid"])
def test_a_type_that_cannot_be_loaded_is_refused_before_rows_move(
    newest: Target, kind: str
) -> None:
    columns = {"v": Foreign(kind, TEXT, *same("a", "b"))}
    made(newest, columns)
    with pytest.raises(TableError, match=r"Column F\.V is a .*, which cannot be loaded"):
        newest.load(described(columns), line(1, 1, columns, "one"))
    assert newest.rows("F", '"ID"') == []


KEYS = sorted(
    COLUMNS.keys()
    - {"long_text", "nlong_text", "blob", "doc", "widest"}  # no index takes them
    - {"zoned_at", "zoned_milli"}  # ORA-02329
)


def test_a_key_of_every_type_is_found_again(newest: Target) -> None:
    """All in one key: a value that its own type does not find again makes a second row."""
    newest.limit(straight_rows=0, direct_rows=1)
    keys = {name: COLUMNS[name] for name in KEYS}
    names = ", ".join(f'"{name.upper()}"' for name in keys)
    with newest.schema.connect() as connection, connection.cursor() as cursor:
        for name in newest.schema.tables():
            cursor.execute(f'drop table "{name}" purge')
        columns = ", ".join(f'"{name.upper()}" {column.ddl}' for name, column in keys.items())
        cursor.execute(
            f"create table f (id number, seen timestamp, {columns}, primary key({names}))"
        )
    for numbers in ((1, 2), (3, 4)):
        lines = [line(n, 1, keys, pick) for n, pick in zip(numbers, ("one", "other"), strict=True)]
        newest.load(described(keys, tuple(keys)), *lines, load_path="direct")
        assert [number for number, _ in found(newest, keys)] == [*numbers]


@pytest.mark.long
@pytest.mark.parametrize(
    ("path", "size"), [("direct", "staged"), ("array", "straight"), ("array", "staged")]
)
def test_every_type_of_key_is_found_again(newest: Target, path: str, size: str) -> None:
    newest.limit(straight_rows=0 if size == "staged" else 1000, direct_rows=1)
    with newest.schema.connect() as connection, connection.cursor() as cursor:
        for name in newest.schema.tables():
            cursor.execute(f'drop table "{name}" purge')
        for name in KEYS:
            cursor.execute(f"create table k_{name} (k {COLUMNS[name].ddl} primary key, v number)")
    for values in ((1, 2), (3, 4)):
        messages: list[Any] = []
        for name in KEYS:
            column, stream = COLUMNS[name], f"k_{name}"
            messages.append(schema(stream, {"k": column.schema, "v": NUMBER}, ["k"]))
            for value, (sent, _) in zip(values, (column.one, column.other), strict=True):
                text = json.dumps({"k": sent, "v": value}, default=_digits)
                messages.append(raw(stream, text.replace('"#', "").replace('#"', "")))
        newest.load(*messages, load_path=path)
    rows = {name: newest.rows(f"K_{name.upper()}", "v", "v") for name in KEYS}
    assert rows == {name: [(3,), (4,)] for name in KEYS}
