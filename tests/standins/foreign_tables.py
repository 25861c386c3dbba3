"""The tables that python-oracledb's tests name, as far as the stand-in can make them.

Their columns and rows are what the tests expect to find; the package's own scripts are not in its
source archive.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import oracledb

_LOB = """
    create table Test{kind}s (IntCol number(9) not null, {kind}Col {kind} not null,
    ExtraNumCol1 number(9), Extra{kind}Col1 {kind}, ExtraNumCol2 number(9), Extra{kind}Col2 {kind})
"""
_TIMES = """
    create table Test{name}s (IntCol number(9) not null, {name}Col {kind} not null,
    NullableCol {kind}, {name}PrecisionCol timestamp({digits}){rest})
"""
TABLES = (
    """
    create table TestNumbers (IntCol number(9) not null, LongIntCol number(16) not null,
    NumberCol number(9, 2) not null, FloatCol float not null, UnconstrainedCol number not null,
    NullableCol number(38))
    """,
    """
    create table TestStrings (IntCol number(9) not null, StringCol varchar2(20) not null,
    RawCol raw(30) not null, FixedCharCol char(40) not null, NullableCol varchar2(50))
    """,
    """
    create table TestUnicodes (IntCol number(9) not null, UnicodeCol nvarchar2(20) not null,
    FixedUnicodeCol nchar(40) not null, NullableCol nvarchar2(50))
    """,
    """
    create table TestDates (IntCol number(9) not null, DateCol date not null, NullableCol date)
    """,
    _TIMES.format(name="Timestamp", kind="timestamp", digits=4, rest=""),
    _TIMES.format(
        name="TimestampTZ", kind="timestamp with time zone", digits=7, rest=" with time zone"
    ),
    _TIMES.format(
        name="TimestampLTZ",
        kind="timestamp with local time zone",
        digits=5,
        rest=" with local time zone",
    ),
    """
    create table TestIntervals (IntCol number(9) not null,
    IntervalCol interval day to second not null, NullableCol interval day to second,
    IntervalPrecisionCol interval day(7) to second,
    IntervalPrecisionScaleCol interval day(8) to second(9))
    """,
    """
    create table TestIntervalYMs (IntCol number(9) not null,
    IntervalCol interval year to month not null, NullableCol interval year to month,
    IntervalPrecisionCol interval year(3) to month)
    """,
    """
    create table TestTempTable (IntCol number(9) not null primary key, StringCol1 varchar2(400),
    StringCol2 varchar2(400), NumberCol number(25, 2))
    """,
    """
    create table TestArrayDML (IntCol number(9) not null primary key, StringCol varchar2(100),
    IntCol2 number(3))
    """,
    """
    create table TestDataFrame (Id number(9), FirstName varchar2(100), LastName varchar2(100),
    City varchar2(100), Country varchar2(100), DateOfBirth date, Salary number(9, 2),
    CreditScore number(3), LastUpdated timestamp, DecimalData number(15, 4),
    FloatData binary_float, DoubleData binary_double, RawData raw(100), LongData clob,
    LongRawData blob, LongIntegerData number(18), UnconstrainedNumberData number)
    """,
    """
    create table TestAllTypes (NumberValue number, StringValue varchar2(60),
    FixedCharValue char(10), NStringValue nvarchar2(60), NFixedCharValue nchar(10),
    RawValue raw(16), IntValue integer, SmallIntValue smallint, RealValue real,
    DecimalValue decimal(20, 6), DoublePrecisionValue double precision, FloatValue float,
    BinaryFloatValue binary_float, BinaryDoubleValue binary_double, DateValue date,
    TimestampValue timestamp, TimestampTZValue timestamp with time zone,
    TimestampLTZValue timestamp with local time zone, IntervalDSValue interval day to second,
    IntervalYMValue interval year to month, ClobValue clob, NClobValue nclob, BlobValue blob,
    SubObjectValue udt_SubObject, SubObjectArray udt_ObjectArray)
    """,
    """
    create table TestBooleans (IntCol number(9) not null, BooleanCol1 boolean not null,
    BooleanCol2 boolean, BooleanCol3 boolean)
    """,
    "create table TestJson (IntCol number(9) not null, JsonCol json not null)",
    """
    create table TestJsonCols (IntCol number(9) not null, JsonVarchar varchar2(4000) not null,
    JsonClob clob not null, JsonBlob blob not null, check (JsonVarchar is json),
    check (JsonClob is json), check (JsonBlob is json))
    """,
    "create table TestLongs (IntCol number(9) not null, LongCol long)",
    "create table TestLongRaws (IntCol number(9) not null, LongRawCol long raw)",
    "create table TestRowids (IntCol number(9) not null, RowidCol rowid, UrowidCol urowid)",
    """
    create table TestUniversalRowids (IntCol number(9) not null, StringCol varchar2(250) not null,
    DateCol date not null, constraint TestUniversalRowids_pk primary key
    (IntCol, StringCol, DateCol)) organization index
    """,
    """
    create table TestVectors (IntCol number(9) not null, VectorFlexAllCol vector(*, *),
    VectorFlexTypeCol vector(2, *), VectorFlex8Col vector(*, int8),
    VectorFlex32Col vector(*, float32), VectorFlex64Col vector(*, float64),
    Vector8Col vector(16, int8), Vector32Col vector(16, float32), Vector64Col vector(16, float64))
    """,
    """
    create table TestObjects (IntCol number(9) not null, ObjectCol udt_Object, ArrayCol udt_Array)
    """,
    """
    create table NestedCollectionTests (Id number(9), TableCol udt_TableOfTableOfNumber,
    VarrayCol udt_VarrayOfTableOfNumber) nested table TableCol store as NestedTableCol
    (nested table column_value store as NestedTableInner)
    """,
    """
    create table TestCompressedJson (IntCol number(9) not null, JsonCol json not null)
    json(JsonCol) store as (compress high)
    """,
    *(_LOB.format(kind=kind) for kind in ("Clob", "Blob", "NClob")),
)


_MONTHS = """
    insert into TestIntervalYMs values (:1, to_yminterval(:2), to_yminterval(:3),
    to_yminterval('3-8'))
"""
_OBJECTS = (
    """
    insert into TestObjects values (1, udt_Object(1, 'First row', 'First', 'N First Row', 'N First',
    '52617720446174612031', 2, 5, 12.125, 0.5, 12.5, 25.25, 50.125,
    to_date('20070306', 'YYYYMMDD'), to_timestamp('20080912 16:40', 'YYYYMMDD HH24:MI'),
    to_timestamp_tz('20091013 17:50 00:00', 'YYYYMMDD HH24:MI TZH:TZM'),
    to_timestamp('20101114 18:55', 'YYYYMMDD HH24:MI'), 'Short CLOB value', 'Short NCLOB Value',
    '53686f727420424c4f422076616c7565', udt_SubObject(11, 'Sub object 1'),
    udt_ObjectArray(udt_SubObject(5, 'first element'), udt_SubObject(6, 'second element'))),
    udt_Array(5, 10, null, 20))
    """,
    "insert into TestObjects values (2, null, udt_Array(3, null, 9, 12, 15))",
    """
    insert into TestObjects values (3, udt_Object(3, 'Third row', 'Third', 'N Third Row', 'N Third',
    '52617720446174612033', 4, 10, 6.5, 0.75, 43.25, 86.5, 192.125,
    to_date('20070621', 'YYYYMMDD'), to_timestamp('20071213 07:30:45', 'YYYYMMDD HH24:MI:SS'),
    to_timestamp_tz('20170621 23:18:45 00:00', 'YYYYMMDD HH24:MI:SS TZH:TZM'),
    to_timestamp('20170721 08:27:13', 'YYYYMMDD HH24:MI:SS'), 'Another short CLOB value',
    'Another short NCLOB Value', '59657420616e6f746865722073686f727420424c4f422076616c7565',
    udt_SubObject(13, 'Sub object 3'), udt_ObjectArray(udt_SubObject(10, 'element #1'),
    udt_SubObject(20, 'element #2'), udt_SubObject(30, 'element #3'),
    udt_SubObject(40, 'element #4'))), null)
    """,
)


def fill(cursor: oracledb.Cursor) -> None:
    """Put in the rows that the tests only read: ten for each of the typed tables."""
    for table, make in _ROWS.items():
        data = [make(i) for i in range(1, 11)]
        marks = ", ".join(f":{n + 1}" for n in range(len(data[0])))
        zone = "+05:30" if table == "TestTimestampTZs" else "+00:00"
        cursor.execute(f"alter session set time_zone = '{zone}'")
        if "Timestamp" in table:  # else the driver binds DATE, which has no fractions
            cursor.setinputsizes(None, *[oracledb.DB_TYPE_TIMESTAMP] * 3)
        cursor.executemany(f"insert into {table} values ({marks})", data)
    for i in range(1, 11):
        months = f"{i + 5}-{i + 2}" if i % 2 else None
        cursor.execute(_MONTHS, [i, f"{i - 5}-{i}", months])
    for statement in _OBJECTS:
        cursor.execute(statement)
    documents = [(1, "[1, 2, 3]", "[4, 5, 6]", b"[7, 8, 9]"), (2, "null", "null", b"null")]
    cursor.executemany("insert into TestJsonCols values (:1, :2, :3, :4)", documents)


def _odd(i: int, value: Any) -> Any:
    """The nullable columns have a value in every other row."""
    return value if i % 2 else None


def _numbers(i: int) -> tuple[Any, ...]:
    return i, 38**i, i * 1.25, i * 1.75, i**3 + i * 0.5, _odd(i, 143**i)


def _strings(i: int) -> tuple[Any, ...]:
    return i, f"String {i}", f"Raw {i}".encode(), f"Fixed Char {i}", _odd(i, f"Nullable {i}")


def _unicodes(i: int) -> tuple[Any, ...]:
    return i, f"Unicode \u3042 {i}", f"Fixed Unicode {i}", _odd(i, f"Nullable {i}")


def _dates(i: int) -> tuple[Any, ...]:
    start = dt.datetime(2002, 12, 9)
    step = dt.timedelta(days=i, hours=i * 2, minutes=i * 24)
    wide = dt.timedelta(days=i * 2, hours=i * 3, minutes=i * 36)
    return i, start + step, _odd(i, start + wide)


def _moment(start: dt.datetime, days: int, seconds: int, fraction: int) -> dt.datetime:
    """The fraction's digits follow the point: 50 is half a second's tenth, .50."""
    micros = int(str(fraction).ljust(6, "0"))
    return start + dt.timedelta(days=days, seconds=seconds, microseconds=micros)


def _times(i: int) -> tuple[Any, ...]:
    start = dt.datetime(2002, 12, 9)
    nullable = _odd(i, _moment(start, i + 1, i * 3, i * 125))
    return i, _moment(start, i, i * 2, i * 50), nullable, dt.datetime(2009, 12, 14)


def _zoned(i: int) -> tuple[Any, ...]:
    start = dt.datetime(2022, 6, 3)
    nullable = _odd(i, _moment(start, i + 1, i * 3, i * 125))
    return i, _moment(start, i, i * 2, i * 50), nullable, dt.datetime(2009, 12, 14)


def _local(i: int) -> tuple[Any, ...]:
    hours = i if i % 4 == 0 else i + 0.5 if i % 2 == 0 else -(i + 0.5)
    start = dt.datetime(2022, 6, 2)
    shifted = start + dt.timedelta(hours=hours)
    nullable = _odd(i, _moment(start, i + 1, i * 3, i * 125))
    return i, _moment(shifted, i, i * 2, i * 50), nullable, dt.datetime(2009, 12, 14)


def _intervals(i: int) -> tuple[Any, ...]:
    first = dt.timedelta(days=i, hours=i, minutes=i * 2, seconds=i * 3)
    other = dt.timedelta(days=i + 5, hours=i + 2, minutes=i * 2 + 5, seconds=i * 3 + 5)
    days8 = dt.timedelta(days=8, hours=5, minutes=15)
    return i, first, _odd(i, other), days8, dt.timedelta(days=10, hours=12, minutes=15, seconds=15)


_ROWS = {
    "TestNumbers": _numbers,
    "TestStrings": _strings,
    "TestUnicodes": _unicodes,
    "TestDates": _dates,
    "TestTimestamps": _times,
    "TestTimestampTZs": _zoned,
    "TestTimestampLTZs": _local,
    "TestIntervals": _intervals,
}
