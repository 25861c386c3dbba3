"""The same rows as RECORD messages, as a JSONL file and as a Parquet file."""

from __future__ import annotations

import base64
import gzip
import json
import reprlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
import pyarrow as pa
from hypothesis import strategies as st
from pyarrow import parquet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from tests.target.conftest import Message

Row = dict[str, Any]
encode = msgspec.json.Encoder(decimal_format="number").encode


def same(value: Any) -> Any:
    return value


@dataclass(frozen=True)
class Kind:
    """A property: its schema, the type and values of its column in a file, and the JSON of one."""

    schema: Message
    arrow: pa.DataType
    values: st.SearchStrategy[Any]
    as_json: Callable[[Any], Any] = same
    wrong: st.SearchStrategy[Any] | None = None


def nullable(kind: str, **more: Any) -> Message:
    return {"type": ["null", kind], **more}


def finite(value: float) -> float | None:
    return value if abs(value) < float("inf") else None


def struct_of(value: Row) -> Row:
    return {"n": value["n"], "at": value["at"].isoformat(), "of": value["of"]}


def _text(**limits: Any) -> st.SearchStrategy[str]:
    return st.text(st.characters(exclude_categories=["Cs"]), **limits)


def _floats(most: float, **more: Any) -> st.SearchStrategy[float]:
    # A NUMBER is zero or at least 1e-130.
    return st.floats(-most, most, **more).filter(lambda value: not 0 < abs(value) < 1e-100)


KOLKATA = timezone(timedelta(hours=5, minutes=30))
whole_moments = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30))
near_moments = st.datetimes(datetime(1680, 1, 1), datetime(2260, 1, 1))
NO_NUMBERS = ["", "1,5", "0x1"]
MOMENT = nullable("string", format="date-time")
KINDS: dict[str, Kind] = {
    "flag": Kind(nullable("boolean"), pa.bool_(), st.booleans()),
    "tiny": Kind(nullable("integer"), pa.int8(), st.integers(-128, 127)),
    "whole": Kind(nullable("integer"), pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    "unsigned": Kind(nullable("integer"), pa.uint64(), st.integers(0, 2**64 - 1)),
    "digits": Kind(
        nullable("integer"),
        pa.decimal128(38, 0),
        st.integers(-(10**38) + 1, 10**38 - 1).map(Decimal),
        int,
    ),
    "money": Kind(
        nullable("number"),
        pa.decimal128(38, 18),
        st.integers(-(10**38) + 1, 10**38 - 1).map(lambda n: Decimal(f"{n}E-18")),
    ),
    "real": Kind(nullable("number"), pa.float64(), _floats(1e100) | st.just(float("nan")), finite),
    "single": Kind(nullable("number"), pa.float32(), _floats(2.0**99, width=32)),
    "count": Kind(nullable("integer"), pa.float64(), st.integers(-(2**53), 2**53).map(float), int),
    "text": Kind(
        nullable("string"),
        pa.string(),
        _text(max_size=40) | _text(min_size=1).map(lambda t: (t * 4001)[:4001]),
    ),
    "code": Kind(
        nullable("string", maxLength=12, minLength=0),
        pa.dictionary(pa.int32(), pa.string()),
        _text(max_size=12) | st.just("😀" * 12),
        wrong=st.just("x" * 13),
    ),
    "long": Kind(
        nullable("string", maxLength=1_000_000),
        pa.large_string(),
        _text(max_size=9) | st.sampled_from(["é😀", "x"]).map(lambda text: text * 50_000),
    ),
    "day": Kind(nullable("string", format="date"), pa.date32(), st.dates(), date.isoformat),
    "moment": Kind(
        MOMENT,
        pa.timestamp("us", "UTC"),
        whole_moments.map(lambda at: at.replace(tzinfo=UTC)),
        datetime.isoformat,
    ),
    "nanos": Kind(MOMENT, pa.timestamp("ns"), near_moments, datetime.isoformat),
    "millis": Kind(
        MOMENT,
        pa.timestamp("ms", "Asia/Kolkata"),
        near_moments.map(
            lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000, tzinfo=KOLKATA)
        ),
        datetime.isoformat,
    ),
    "spelled": Kind(
        MOMENT,
        pa.string(),
        whole_moments.flatmap(
            lambda at: st.sampled_from(
                [
                    at.isoformat(),
                    at.isoformat(" ") + "Z",
                    at.isoformat() + "-03:30",
                    at.isoformat(timespec="microseconds") + "123",
                    at.date().isoformat(),
                ]
            )
        ),
        wrong=st.sampled_from(["soon", "2024-02-30", "10000-01-01T00:00:00Z", "0000-01-01"]),
    ),
    "hour": Kind(nullable("string", format="time"), pa.time64("us"), st.times(), time.isoformat),
    "doc": Kind(
        nullable("object"),
        pa.struct({"n": pa.int64(), "at": pa.timestamp("us"), "of": pa.list_(pa.float64())}),
        st.fixed_dictionaries(
            {
                "n": st.none() | st.integers(0, 9),
                "at": near_moments,
                "of": st.lists(_floats(1e9), max_size=3),
            }
        ),
        struct_of,
    ),
    "items": Kind(
        nullable("array"), pa.list_(pa.int32()), st.lists(st.integers(0, 99), max_size=3)
    ),
    "written": Kind(
        nullable("object"),
        pa.string(),
        st.dictionaries(
            _text(max_size=5), st.integers() | st.booleans() | _text(max_size=5), max_size=3
        ).map(json.dumps),
        json.loads,
    ),
    "many": Kind(
        nullable("number"),
        pa.string(),
        st.integers(-(10**40) + 1, 10**40 - 1).map(lambda n: f"{n}E-20"),
        lambda text: text if text in NO_NUMBERS else Decimal(text),
        wrong=st.sampled_from(NO_NUMBERS),
    ),
    "blob": Kind(
        nullable("string", contentEncoding="base64"),
        pa.binary(),
        st.binary(max_size=30),
        lambda value: base64.b64encode(value).decode(),
    ),
    "mixed": Kind({"type": ["null", "string", "integer"]}, pa.int64(), st.integers(-5, 5)),
    "either": Kind(
        {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]},
        pa.timestamp("us", "UTC"),
        near_moments.map(lambda at: at.replace(tzinfo=UTC)),
        datetime.isoformat,
    ),
    "chosen": Kind(
        {"enum": [None, "a", "b"]}, pa.string(), st.sampled_from(["a", "b"]), wrong=st.just("c")
    ),
    "bounded": Kind(
        nullable("integer", minimum=0, exclusiveMaximum=10),
        pa.int32(),
        st.integers(0, 9),
        wrong=st.sampled_from([-1, 10]),
    ),
    "formed": Kind(
        nullable("string", pattern="^[A-Z]\\d$"),
        pa.string(),
        st.sampled_from(["A1", "Z9"]),
        wrong=st.sampled_from(["A1 ", "a1"]),
    ),
    "fixed": Kind(
        nullable("string", format="singer.decimal", precision=8, scale=2),
        pa.string(),
        st.integers(-99_999_999, 99_999_999).map(lambda n: str(Decimal(n).scaleb(-2))),
        wrong=st.just("much"),
    ),
}
PROPERTIES: Message = {"id": {"type": "integer"}, "seq": {"type": "integer"}} | {
    name: kind.schema for name, kind in KINDS.items()
}
FIELDS = {"id": pa.int64(), "seq": pa.int64()} | {name: each.arrow for name, each in KINDS.items()}


class Sample(list[Row]):
    """Rows whose long texts are not written out in a failure."""

    def __repr__(self) -> str:
        return str(
            [
                {name: reprlib.repr(value) for name, value in row.items() if value is not None}
                for row in self
            ]
        )


def rows(*, wrong: bool = False) -> st.SearchStrategy[list[Row]]:
    """Rows by name of their column, as the file has them; some keys come more than once."""

    def values(kind: Kind) -> st.SearchStrategy[Any]:
        right = st.none() | kind.values
        return right if kind.wrong is None or not wrong else right | kind.wrong

    one = st.fixed_dictionaries(
        {"id": st.integers(1, 6), **{name: values(kind) for name, kind in KINDS.items()}}
    )
    many = st.lists(one, min_size=1, max_size=8)
    return many.map(lambda found: Sample({"seq": n, **row} for n, row in enumerate(found)))


def as_record(row: Row) -> Row:
    """The row as JSON has it, in the order of the file's columns."""
    return {
        name: value if value is None or name not in KINDS else KINDS[name].as_json(value)
        for name in PROPERTIES
        if (value := row.get(name)) is not None or name in row
    }


def table_of(found: Iterable[Row]) -> pa.Table:
    return pa.Table.from_pylist(list(found), pa.schema(FIELDS.items()))


def batch(stream: str, *paths: Path, **more: Any) -> Message:
    """A BATCH message for files whose names tell their format."""
    names = {path.suffix for path in paths}
    encoding = {
        ".gz": {"format": "jsonl", "compression": "gzip"},
        ".jsonl": {"format": "jsonl", "compression": "none"},
        ".parquet": {"format": "parquet"},
    }[names.pop()]
    manifest = [path.as_uri() for path in paths]
    return {"type": "BATCH", "stream": stream, "encoding": encoding, "manifest": manifest, **more}


def write(path: Path, found: Iterable[Row], **options: Any) -> Path:
    """The rows in a file of the format that its name tells."""
    if path.suffix == ".parquet":
        parquet.write_table(table_of(found), path, **options)
    else:
        text = b"".join(encode(as_record(row)) + b"\n" for row in found)
        path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    return path
