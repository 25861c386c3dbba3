"""JSON Schema property -> Oracle column type -> bind type. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import oracledb

Schema = Mapping[str, Any]
Converter = Callable[[Any], Any]

TEXT_LENGTH = 4000
"""Length of strings without maxLength: of more bytes than this, VARCHAR2 is a LOB within."""
KEY_CHARACTERS = 255
"""Characters of keys without maxLength: an index entry has about 6,400 bytes in all."""
KEY_BYTES = 6300
"""An index entry may have 6,398 bytes in blocks of 8 kB (ORA-01450)."""
MAX_DIGITS = 38
"""The largest p of NUMBER(p)."""
MAX_CHAR_BYTES = 2000
MICRO = 6
"""Digits of a second that the driver and Python have."""
DOUBLE_DIGITS = 53
"""Binary digits of a double."""
NUMERIC = frozenset({"NUMBER", "FLOAT"})
TEXT = frozenset({"VARCHAR2", "NVARCHAR2", "CHAR", "NCHAR"})
LOCAL_TIME = "TIMESTAMP WITH LOCAL TIME ZONE"
"""Kept in the database's time zone."""
PADDED = frozenset({"CHAR", "NCHAR"})
LARGE_TEXT = frozenset({"CLOB", "NCLOB", "LONG"})
BINARY = frozenset({"RAW", "BLOB", "LONG RAW"})
LARGE = LARGE_TEXT | {"BLOB", "LONG RAW", "JSON"}


@dataclass(frozen=True)
class Dialect:
    """What the server's release and set-up allow."""

    max_string_bytes: int = 4000
    native_boolean: bool = False
    max_name_bytes: int = 128
    native_json: bool = False
    """Whether documents go to JSON columns."""
    has_json: bool = False


@dataclass(frozen=True)
class OracleType:
    """A column type as the dictionary knows it; `length` counts characters or, in bytes, bytes.

    `precision` counts decimal digits, of FLOAT binary ones.
    """

    name: str
    length: int | None = None
    in_bytes: bool = False
    precision: int | None = None
    scale: int | None = None

    @property
    def ddl(self) -> str:
        """The type as written in CREATE TABLE."""
        if self.name in TEXT:
            unit = "" if self.name.startswith("N") else " BYTE" if self.in_bytes else " CHAR"
            return f"{self.name}({self.length}{unit})"
        if self.name == "RAW":
            return f"RAW({self.length})"
        if self.name == "FLOAT" and self.precision is not None:
            return f"FLOAT({self.precision})"
        if self.name == "NUMBER" and self.precision is not None:
            return f"NUMBER({self.precision},{self.scale or 0})"
        if self.name.startswith("TIMESTAMP"):
            return self.name.replace("TIMESTAMP", f"TIMESTAMP({self.scale})")
        return self.name

    @property
    def is_temporal(self) -> bool:
        """Whether it holds days or instants."""
        return self.name == "DATE" or self.name.startswith("TIMESTAMP")

    @property
    def is_short(self) -> bool:
        """Whether it has room for fewer digits than instants, or doubles, have."""
        if self.name == "FLOAT":
            return self.precision is not None and self.precision < DOUBLE_DIGITS
        fraction = 0 if self.name == "DATE" else self.scale
        return self.name == "BINARY_FLOAT" or (
            self.is_temporal and fraction is not None and fraction < MICRO
        )

    @property
    def bind(self) -> Any:
        """What setinputsizes is told: a `datetime` left to itself loses its fraction.

        Of VARCHAR2 it is the length: text without one is declared as 16,000 bytes, for which the
        driver finds room in memory, and which Oracle refuses after a LOB (ORA-24816).
        """
        return self.length if self.name == "VARCHAR2" else _BINDS[self.name]

    @property
    def is_padded(self) -> bool:
        """Whether values are padded with blanks to the length of the column."""
        return self.name in PADDED

    @property
    def alters(self) -> bool:
        """Whether a column changes values: it pads text, or rounds numbers to binary digits."""
        return self.is_padded or (self.name == "FLOAT" and self.precision is not None)


NUMBER = OracleType("NUMBER")
INTEGER = OracleType("NUMBER", precision=MAX_DIGITS, scale=0)
FLAG = OracleType("NUMBER", precision=1, scale=0)
CLOB = OracleType("CLOB")
BLOB = OracleType("BLOB")
JSON = OracleType("JSON")
DATE = OracleType("DATE")
BOOLEAN = OracleType("BOOLEAN")
TIMESTAMP = OracleType("TIMESTAMP", scale=6)
TIMESTAMP_TZ = OracleType("TIMESTAMP WITH TIME ZONE", scale=6)
TIME = OracleType("VARCHAR2", length=21)
"""As in 23:59:59.999999+00:00."""

_FORMATS = {
    "date-time": TIMESTAMP_TZ,
    "date": DATE,
    "time": TIME,
    "uuid": OracleType("VARCHAR2", length=36),
}

_BINDS: dict[str, Any] = {
    "NUMBER": oracledb.DB_TYPE_NUMBER,
    "FLOAT": oracledb.DB_TYPE_NUMBER,
    "BINARY_DOUBLE": oracledb.DB_TYPE_BINARY_DOUBLE,
    "BINARY_FLOAT": oracledb.DB_TYPE_BINARY_FLOAT,
    "VARCHAR2": oracledb.DB_TYPE_VARCHAR,
    "NVARCHAR2": oracledb.DB_TYPE_NVARCHAR,
    "CHAR": oracledb.DB_TYPE_CHAR,
    "NCHAR": oracledb.DB_TYPE_NCHAR,
    # As LOBs every value would cost two round trips; as LONG the text goes inline.
    "CLOB": oracledb.DB_TYPE_LONG,
    "NCLOB": oracledb.DB_TYPE_LONG_NVARCHAR,
    "LONG": oracledb.DB_TYPE_LONG,
    "JSON": oracledb.DB_TYPE_JSON,
    "BLOB": oracledb.DB_TYPE_LONG_RAW,
    "LONG RAW": oracledb.DB_TYPE_LONG_RAW,
    "RAW": oracledb.DB_TYPE_RAW,
    "DATE": oracledb.DB_TYPE_DATE,
    "TIMESTAMP": oracledb.DB_TYPE_TIMESTAMP,
    "TIMESTAMP WITH TIME ZONE": oracledb.DB_TYPE_TIMESTAMP_TZ,
    "TIMESTAMP WITH LOCAL TIME ZONE": oracledb.DB_TYPE_TIMESTAMP_LTZ,
    "BOOLEAN": oracledb.DB_TYPE_BOOLEAN,
}
LOADABLE = frozenset(_BINDS)


def json_types(schema: Schema) -> frozenset[str]:
    """Return the JSON types a property may have, null left out; empty when it may be anything."""
    if branches := _alternatives(schema):
        kinds = [json_types(branch) for branch in branches if branch.get("type") != "null"]
        return frozenset().union(*kinds) if all(kinds) else frozenset()
    declared = schema.get("type", ())
    names = {declared} if isinstance(declared, str) else set(declared)
    return frozenset(names - {"null"})


def _alternatives(schema: Schema) -> list[Schema]:
    """Return the branches of a schema; `true` and `false` are schemas, too, and name no type."""
    branches = schema.get("anyOf") or schema.get("oneOf") or ()
    return [each if isinstance(each, Mapping) else {} for each in branches]


def column_type(schema: Schema, dialect: Dialect, *, key: bool = False) -> OracleType:
    """Choose the type of a new column; key columns are never LOBs and never zoned."""
    found = {_single(branch, dialect) for branch in _branches(schema)}
    chosen = found.pop() if len(found) == 1 else _mixed(found, dialect)
    return as_key(chosen) if key else chosen


def _branches(schema: Schema) -> list[Schema]:
    branches = _alternatives(schema)
    if not branches:
        return [schema]
    shared = {k: v for k, v in schema.items() if k not in {"anyOf", "oneOf", "type"}}
    return [{**shared, **branch} for branch in branches if branch.get("type") != "null"] or [schema]


def may_be_other_text(schema: Schema) -> bool:
    """Whether a property that may be a date-time may also be any other text."""
    plain = (b for b in _branches(schema) if json_types(b) == {"string"} and "format" not in b)
    return len(_branches(schema)) > 1 and any(plain)


def _single(schema: Schema, dialect: Dialect) -> OracleType:
    kinds = json_types(schema)
    if kinds == {"string"}:
        return _string(schema, dialect)
    if kinds == {"integer"}:
        return INTEGER
    if kinds and kinds <= {"integer", "number"}:
        return NUMBER
    if kinds == {"boolean"}:
        return BOOLEAN if dialect.native_boolean else FLAG
    if kinds and not kinds & {"object", "array"}:
        return varchar(None, dialect)
    documents = kinds and kinds <= {"object", "array"}
    return JSON if dialect.native_json and documents else CLOB


def _string(schema: Schema, dialect: Dialect) -> OracleType:
    shape = str(schema.get("format"))
    if shape in _FORMATS:
        return _FORMATS[shape]
    if shape in {"singer.decimal", "x-singer.decimal"}:
        return _decimal(schema)
    if schema.get("contentEncoding") in {"base64", "base16"}:
        return BLOB
    return varchar(_whole(schema.get("maxLength")), dialect)


def _decimal(schema: Schema) -> OracleType:
    precision, scale = _whole(schema.get("precision")), _whole(schema.get("scale")) or 0
    if not precision or precision > MAX_DIGITS:
        return NUMBER
    return OracleType("NUMBER", precision=precision, scale=scale)


def _whole(limit: object) -> int | None:
    """Return a whole number, which JSON may write as 10.0; None for anything else."""
    return int(limit) if isinstance(limit, int | float) and limit == int(limit) else None


def varchar(length: int | None, dialect: Dialect) -> OracleType:
    """VARCHAR2 for `length` characters (None: not known), CLOB when that many may not fit.

    The cap counts bytes, also for CHAR lengths. A declared length over a quarter of it is still
    made VARCHAR2: text is rarely all four-byte characters, and a value that does not fit widens it.
    """
    if length is None:  # so many characters where that is no more bytes
        return OracleType("VARCHAR2", TEXT_LENGTH, in_bytes=dialect.max_string_bytes > TEXT_LENGTH)
    if length > dialect.max_string_bytes:
        return CLOB
    return OracleType("VARCHAR2", length=max(length, 1))


def _mixed(found: set[OracleType], dialect: Dialect) -> OracleType:
    if found == {TIMESTAMP_TZ, varchar(None, dialect)}:
        return TIMESTAMP_TZ  # how many taps say "a date-time, I hope"
    if found and all(each.name == "NUMBER" for each in found):
        return NUMBER
    return CLOB if any(each.name in LARGE for each in found) else varchar(None, dialect)


def as_key(chosen: OracleType) -> OracleType:
    """Make it the type of a key: no LOB, which no index takes, and not zoned (ORA-02329)."""
    if chosen == TIMESTAMP_TZ:
        return TIMESTAMP  # values are UTC either way
    if chosen.name in LARGE or (chosen.name == "VARCHAR2" and (chosen.length or 0) > 1000):
        return OracleType("VARCHAR2", length=KEY_CHARACTERS)
    return chosen


def fitting_keys(keys: Sequence[OracleType]) -> list[OracleType]:
    """Cut texts down where one index could not hold all keys of a table."""
    room = KEY_BYTES - sum(_key_bytes(each) for each in keys if each.name != "VARCHAR2")
    texts = sorted(_key_bytes(each) for each in keys if each.name == "VARCHAR2")
    share = room
    for number, size in enumerate(texts):
        share = room // (len(texts) - number)
        room -= min(size, share)
    return [_cut_to(each, share) for each in keys]


def _key_bytes(column: OracleType) -> int:
    """Return the most bytes that a value takes in an index, its length included."""
    size = column.length or 22
    return 3 + size * (4 if column.name in TEXT and not column.in_bytes else 1)


def _cut_to(column: OracleType, share: int) -> OracleType:
    if column.name != "VARCHAR2" or _key_bytes(column) <= share:
        return column
    return replace(column, length=max(1, (share - 3) // (1 if column.in_bytes else 4)))


_UNPADDED = {"CHAR": "VARCHAR2", "NCHAR": "NVARCHAR2"}


def staging_type(column: OracleType, dialect: Dialect) -> OracleType:
    """Return the type in staging, where the direct path stores values as they are sent.

    It compares the lengths of text in bytes, and nobody pads, rounds or shifts a value.
    """
    if column.name == LOCAL_TIME:
        return replace(column, name="TIMESTAMP WITH TIME ZONE")
    if column.alters and column.name == "FLOAT":
        return NUMBER
    if column.is_padded:
        column = replace(column, name=_UNPADDED[column.name])
    if column.name == "NVARCHAR2":  # whose bytes, in UTF-16, are compared with its characters
        length = min((column.length or 1) * 2, dialect.max_string_bytes // 2)
        return replace(column, length=length)
    if column.name == "VARCHAR2" and not column.in_bytes:
        length = min((column.length or 1) * 4, dialect.max_string_bytes)
        return replace(column, length=length, in_bytes=True)
    return column
