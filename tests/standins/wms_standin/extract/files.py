"""Rows of an extract in the three documented formats."""

from __future__ import annotations

import gzip
import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from wms_standin.data.store import decimal_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from wms_standin.catalog.entities import Field
    from wms_standin.extract.options import ExtractOptions

Row = dict[str, Any]
EXTENSIONS: Final = {"CSV": "csv", "JSON": "json", "PARQUET": "parquet"}
MOST_DIGITS: Final = 38


class Writer:
    """Turns raw rows of some fields into the bytes of files."""

    def __init__(
        self,
        fields: Sequence[Field],
        options: ExtractOptions,
        link: Callable[[Field, int | None], Any],
    ) -> None:
        self._fields = fields
        self._options = options
        self._link = link
        self._names = {
            f.name: f.name.upper() if options.names == "upper" else f.name for f in fields
        }

    def files(
        self, rows: Sequence[Row], form: str, size: int, *, compressed: bool
    ) -> Iterator[bytes]:
        """Yield contents of files of about `size` bytes; none for no rows unless options say so."""
        shaped = [self._shaped(row, form) for row in rows]
        if not shaped and self._options.empty == "none":
            return
        for part in _split(shaped, size):
            yield self._content(part, form, compressed=compressed)

    def _content(self, rows: list[Row], form: str, *, compressed: bool) -> bytes:
        if form == "PARQUET":
            return self._parquet(rows, compressed=compressed)
        text = (self._json(rows) if form == "JSON" else self._csv(rows)).encode()
        return gzip.compress(text) if compressed else text

    # Values

    def _shaped(self, row: Row, form: str) -> Row:
        return {
            self._names[field.name]: self._value(field, row[field.name], form)
            for field in self._fields
        }

    def _value(self, field: Field, value: Any, form: str) -> Any:
        options = self._options
        if field.is_link and options.links == "object":
            return self._link(field, value)
        if value == "" and options.empty_text_is_null and not field.nullable:
            return None
        for kind, shape in self._shapes(form).items():
            if isinstance(value, kind):
                return shape(value)
        return value

    def _shapes(self, form: str) -> dict[type, Callable[[Any], Any]]:
        """Return the forms of values by their type; the first that fits."""
        shapes: dict[type, Callable[[Any], Any]] = {
            list: json.dumps,
            datetime: lambda at: self._timestamp(at, form),
        }
        if self._options.booleans == "number":
            shapes[bool] = int
        if self._options.decimals == "string":
            shapes[Decimal] = decimal_text
        if form != "PARQUET":
            shapes[date] = date.isoformat
        return shapes

    def _timestamp(self, value: datetime, form: str) -> Any:
        kind = self._options.timestamps
        if kind in {"micros", "zoned"} and form == "PARQUET":
            return value.astimezone(UTC)
        if kind == "oracle":
            return value.astimezone(UTC).strftime("%d-%b-%y %I.%M.%S.%f %p").upper()
        text = value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return text.replace("T", " ") if kind == "blank" else text

    # Formats

    def _json(self, rows: list[Row]) -> str:
        lines = [_object(row) for row in rows]
        if self._options.json_form == "array":
            return f"[{','.join(lines)}]"
        return "".join(f"{line}\n" for line in lines)

    def _csv(self, rows: list[Row]) -> str:
        lines = [",".join(f'"{name}"' for name in self._names.values())]
        lines = lines if self._options.csv_header else []
        lines += [",".join(self._cell(value) for value in row.values()) for row in rows]
        return "".join(f"{line}\n" for line in lines)

    def _cell(self, value: Any) -> str:
        if value is None:
            return ""
        if isinstance(value, bool | int | float | Decimal):
            return _number(value)
        text = value if isinstance(value, str) else json.dumps(value)
        if self._options.csv_backslashes == "doubled":
            text = text.replace("\\", "\\\\")
        quote = {"backslash": '\\"', "doubled": '""', "bare": '"'}[self._options.csv_quotes]
        return f'"{text.replace(chr(34), quote)}"'

    def _parquet(self, rows: list[Row], *, compressed: bool) -> bytes:
        arrays = [self._array(field, [row[self._names[field.name]] for row in rows])
                  for field in self._fields]  # fmt: skip
        table = pa.Table.from_arrays(arrays, names=list(self._names.values()))
        out = io.BytesIO()
        pq.write_table(table, out, compression="gzip" if compressed else "snappy",
                       row_group_size=500)  # fmt: skip
        return out.getvalue()

    def _array(self, field: Field, values: list[Any]) -> pa.Array:
        options = self._options
        if field.is_link and options.links == "object":
            types = [("id", pa.int64()), ("key", pa.string()), ("url", pa.string())]
            return pa.array(values, pa.struct(types))
        if field.storage == "ts" and options.timestamps in {"micros", "zoned"}:
            zone = "UTC" if options.timestamps == "zoned" else None
            return pa.array(values, pa.timestamp("us", tz="UTC")).cast(pa.timestamp("us", tz=zone))
        if field.storage == "decimal":
            return _decimals(values, options.decimals)
        if field.storage == "int" and options.integers == "decimal":
            return pa.array([None if v is None else Decimal(v) for v in values],
                            pa.decimal128(MOST_DIGITS, 0))  # fmt: skip
        if field.storage == "bool" and options.booleans == "number":
            return pa.array([None if v is None else Decimal(int(v)) for v in values],
                            pa.decimal128(1, 0))  # fmt: skip
        return pa.array(
            values, _TYPES.get(field.storage, None if field.kind == "set" else pa.string())
        )


_TYPES: Final = {
    "int": pa.int64(), "bool": pa.bool_(), "text": pa.string(), "ts": pa.string(),
    "date": pa.date32(), "float": pa.float64(),
}  # fmt: skip


def _decimals(values: list[Any], kind: str) -> pa.Array:
    """Return a decimal type as wide as the values need; text where 38 digits are too few."""
    if kind == "string":
        return pa.array(values, pa.string())
    if kind == "double":
        return pa.array([None if v is None else float(v) for v in values], pa.float64())
    scale = max((-int(v.as_tuple().exponent) for v in values if v is not None), default=0)
    scale = max(scale, 0)
    whole = max((v.adjusted() + 1 for v in values if v), default=1)
    if whole + scale > MOST_DIGITS:
        return pa.array([None if v is None else decimal_text(v) for v in values], pa.string())
    return pa.array(values, pa.decimal128(MOST_DIGITS, scale))


def _number(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return decimal_text(value) if isinstance(value, Decimal) else repr(value)


def _object(row: Row) -> str:
    """Return a row as JSON, decimals as numbers with every digit."""
    cells = (
        f"{json.dumps(name)}:{_number(v) if isinstance(v, Decimal) else json.dumps(v)}"
        for name, v in row.items()
    )
    return "{" + ",".join(cells) + "}"


def _split(rows: list[Row], size: int) -> Iterator[list[Row]]:
    part: list[Row] = []
    filled = 0
    for row in rows:
        part.append(row)
        filled += len(str(row))
        if filled >= size:
            yield part
            part, filled = [], 0
    if part or not rows:
        yield part
