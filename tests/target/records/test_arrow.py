"""Whole columns are converted and judged as their single values are."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from target_oracle.records.arrow import binds
from target_oracle.records.arrow.checks import Field, satisfied
from target_oracle.records.arrow.values import json_values, plain
from target_oracle.records.validation import CompiledValidator
from target_oracle.schema.conversion import to_bytes, to_text, to_utc
from target_oracle.schema.tables import Column
from target_oracle.schema.types import (
    BLOB,
    CLOB,
    DATE,
    INTEGER,
    NUMBER,
    TIMESTAMP,
    Dialect,
    OracleType,
)

DIALECT = Dialect()
JSON = msgspec.json.Decoder(float_hook=Decimal)


def bound(array: pa.Array, kind: OracleType, **more: Any) -> Any:
    """What is bound for a column's values, without a look at single ones; None for nothing."""
    return binds._QUICK[kind.name](array, kind, DIALECT)


instants = st.builds(
    lambda moment, detail, offset: moment.isoformat(timespec=detail) + offset,
    st.datetimes(datetime(2, 1, 1), datetime(9999, 12, 29)),
    st.sampled_from(["hours", "minutes", "seconds", "milliseconds", "microseconds"]),
    st.sampled_from(["", "Z", "+14:00", "-2359", "+05"]),
)


@given(instants)
@example("2024-02-29")
@example("2024-02-29 23:59:59.5")
def test_the_text_of_an_instant_is_the_one_of_a_record(text: str) -> None:
    moment = to_utc(text).replace(tzinfo=None)
    assert bound(pa.array([text, None]), TIMESTAMP).to_pylist() == [moment, None]
    second = moment.replace(microsecond=0)
    assert bound(pa.array([text, None]), DATE).to_pylist() == [second, None]


alike = st.from_regex(
    r"[012][09][0-9]{2}-[01][0-9]-[0-3][0-9]"
    r"([T ][0-2][0-9](:[0-6][0-9](:[0-6][0-9]([.,][0-9]{1,9})?)?)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)?)?",
    fullmatch=True,
)
"""Text that looks like an instant and may be none: the 39th of a month, hour 24, nanoseconds."""


@given(alike)
def test_text_that_looks_like_an_instant_is_never_taken_for_another(text: str) -> None:
    array = bound(pa.array([text]), TIMESTAMP)
    assert array is None or array.to_pylist() == [to_utc(text).replace(tzinfo=None)]


@pytest.mark.parametrize(
    "text",
    [
        "2024-02-30",
        "2024-01-01T24:00:00",
        "0001-01-01T00:00:00+01:00",
        "2024-02-29T23:59:59.1234567",
        "2024-02-29T23:59:59,5",
        "2024-02-29Z",
    ],
)
def test_text_that_may_be_no_instant_is_looked_at_one_by_one(text: str) -> None:
    assert bound(pa.array([text]), TIMESTAMP) is None
    assert bound(pa.array([text]), DATE) is None


def test_instants_far_away_are_looked_at_one_by_one() -> None:
    edges = [datetime(1, 1, 1), datetime(9999, 12, 30, 23, 59, 59, 999999)]
    assert bound(pa.array(edges), TIMESTAMP).to_pylist() == edges
    for micros in (-(2**63), 2**63 - 1):
        far = pa.array([micros]).view(pa.timestamp("us"))
        assert bound(far, TIMESTAMP) is None
        ((value,),) = [json_values(plain(pa.record_batch({"c": far}))["c"])]
        with pytest.raises((ValueError, OverflowError)):
            to_utc(value)


doubles = st.floats(-1e99, 1e99).filter(lambda x: x == 0 or abs(x) > 1e-99)
decimals = st.decimals(-(10**9), 10**9, places=3).map(float)


@given(st.lists(st.none() | doubles, max_size=4) | st.lists(st.none() | decimals, max_size=4))
@example([0.1, 0.25, -0.0])
@example([999999999999.9999])
@example([1e15, 0.5])
def test_a_double_is_the_number_that_it_is_written_as(values: list[float | None]) -> None:
    array = bound(pa.array(values, pa.float64()), NUMBER)
    found = [None if v is None else Decimal(str(v)) for v in array.to_pylist()]
    assert found == [None if v is None else Decimal(repr(v)) for v in values]


@pytest.mark.parametrize(("value", "fits"), [(10**3 - 1, True), (10**3, False), (-(10**3), False)])
@pytest.mark.parametrize("kind", [pa.int64(), pa.decimal128(38, 4), pa.float64()])
def test_numbers_too_large_are_looked_at_one_by_one(
    value: int, kind: pa.DataType, *, fits: bool
) -> None:
    column = OracleType("NUMBER", precision=5, scale=2)
    array = bound(pa.array([1, value, None]).cast(kind), column)
    assert (array is not None) == fits


@pytest.mark.parametrize(("value", "fits"), [("1.25", True), ("1.250", True), ("1.255", False)])
def test_numbers_that_would_be_rounded_are_looked_at_one_by_one(value: str, *, fits: bool) -> None:
    column = OracleType("NUMBER", precision=5, scale=2)
    assert (bound(pa.array([Decimal(value)]), column) is not None) == fits
    assert (bound(pa.array([float(value)]), column) is not None) == fits


def test_a_number_that_rounding_makes_longer_is_looked_at_one_by_one() -> None:
    assert bound(pa.array([Decimal("999.99")]), INTEGER) is None


@pytest.mark.parametrize(
    ("texts", "fits"),
    [(["x" * 10], True), (["x" * 11], False), (["😀" * 10, None], True), (["😀" * 11], False)],
)
def test_text_too_long_is_looked_at_one_by_one(texts: list[str], *, fits: bool) -> None:
    assert (bound(pa.array(texts), OracleType("VARCHAR2", 10)) is not None) == fits


def test_base64_text_becomes_bytes() -> None:
    column = Column("C", "c", BLOB, convert=to_bytes)
    found = binds.bound(Field(pa.array(["AAE=", None])), column, DIALECT)
    assert found is not None
    assert found.to_pylist() == [b"\0\1", None]


def test_long_text_is_never_null() -> None:
    """The driver reads the bytes of a NULL before it knows that there are none."""
    assert bound(pa.array(["x", None]), CLOB).to_pylist() == ["x", ""]
    absent = Column("C", "c", CLOB)
    assert binds.nothing(absent, 2).to_pylist() == ["", ""]
    written = binds.bound(Field(pa.array([[1], None])), Column("C", "c", CLOB, to_text), DIALECT)
    assert written is not None
    assert written.to_pylist() == ["[1]", ""]


def test_what_is_no_number_is_null() -> None:
    data = plain(pa.record_batch({"c": [0.5, float("nan"), -float("inf")]}))
    found = bound(data["c"].chunk(0), NUMBER)
    assert found.to_pylist() == [Decimal("0.50"), None, None]


# Schemas

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.floats(-2, 2, width=16)
    | st.text("aé1", max_size=3)
)
limits = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(
            [
                "string",
                "integer",
                "number",
                "boolean",
                ["null", "string"],
                ["null", "number"],
                ["integer", "null"],
                "null",
            ]
        ),
        "minimum": st.integers(-2, 2) | st.just(0.5),
        "maximum": st.integers(-2, 2),
        "exclusiveMinimum": st.integers(-2, 2),
        "exclusiveMaximum": st.just(1.5),
        "multipleOf": st.sampled_from([1, 0.5]),
        "minLength": st.integers(0, 2),
        "maxLength": st.integers(0, 2),
        "pattern": st.sampled_from(["^a", "\\d", "é$"]),
        "enum": st.lists(scalars, min_size=1, max_size=3),
        "const": scalars,
        "not": st.just({"type": "boolean"}),
        "format": st.just("date"),
    },
)
schemas = limits | st.lists(limits, min_size=1, max_size=2).flatmap(
    lambda some: st.sampled_from([{"anyOf": some}, {"oneOf": some}, {"allOf": some}])
)
columns = st.sampled_from(
    [st.booleans(), st.integers(-3, 3), st.floats(-2, 2, width=16), st.text("aé1", max_size=3)]
).flatmap(lambda one: st.lists(st.none() | one, min_size=1, max_size=4))


@given(schemas, columns, st.booleans(), st.booleans())
def test_columns_are_valid_where_every_record_is(
    schema: dict[str, Any], values: list[Any], required: bool, closed: bool
) -> None:
    """And the other way round: whatever these schemas say can be told by columns."""
    described = {
        "type": "object",
        "properties": {"c": schema},
        "required": ["c"] if required else [],
        "additionalProperties": not closed,
    }
    is_valid = CompiledValidator(described).is_valid
    records = [JSON.decode(msgspec.json.encode({"c": value})) for value in values]
    assert satisfied(described, {"c": Field(pa.array(values))}) == all(map(is_valid, records))


@pytest.mark.parametrize(
    "more",
    [
        {"required": ["d"]},
        {"additionalProperties": False},
        {"additionalProperties": {"type": "string"}},
        {"patternProperties": {"c": {"type": "string"}}},
        {"minProperties": 1},
        {"if": {}},
        {"type": "array"},
        {"properties": {"c": {"$ref": "#/$defs/x"}}, "$defs": {"x": {"type": "string"}}},
        {"allOf": [{"dependentRequired": {"c": ["d"]}}]},
    ],
)
def test_what_columns_cannot_tell_is_left_to_records(more: dict[str, Any]) -> None:
    described = {"type": "object", "properties": {"e": {}}, **more}
    assert not satisfied(described, {"c": Field(pa.array([1]))})


@pytest.mark.parametrize(
    ("low", "high", "holds"),
    [
        ([1, 2, None], [1, 3, 0], True),
        ([1, 2], [1, 1], False),
        ([2**53 + 1, None], [0.5, 1.0], False),
        ([0.1], [0.2], True),
        ([Decimal("0.10")], [Decimal("0.1")], True),
        ([Decimal("0.1")], [0.1], False),
        (["a"], ["b"], False),
    ],
    ids=["whole", "more", "not the same as a double", "doubles", "decimals", "both kinds", "text"],
)
def test_two_columns_are_compared(low: list[Any], high: list[Any], *, holds: bool) -> None:
    fields = {"low": Field(pa.array(low)), "high": Field(pa.array(high))}
    assert satisfied({"x-at-most": {"low": "high"}}, fields) == holds


@pytest.mark.parametrize(
    ("array", "values"),
    [
        (pa.array([1.5, float("nan"), float("inf"), None]), [Decimal("1.5"), None, None, None]),
        (pa.array([0.1], pa.float32()), [Decimal("0.10000000149011612")]),
        (pa.array(["a", "b", "a"]).dictionary_encode(), ["a", "b", "a"]),
        (pa.array([-1], pa.timestamp("ns")), ["1969-12-31 23:59:59.999999999"]),
        (pa.array([1], pa.timestamp("s", "Europe/Paris")), ["1970-01-01T00:00:01Z"]),
        (pa.array([b"\0\1"], pa.binary(2)), ["AAE="]),
        (pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int64())), [[["k", 1]]]),
        (pa.array([{"a": [None, 2.0]}]), [{"a": [None, Decimal("2.0")]}]),
        (pa.array([datetime(2024, 1, 1, tzinfo=UTC)]).cast(pa.date64()), ["2024-01-01"]),
        (pa.nulls(2), [None, None]),
    ],
    ids=lambda each: str(each.type) if isinstance(each, pa.Array) else "",
)
def test_values_of_files_are_those_of_json(array: pa.Array, values: list[Any]) -> None:
    data = plain(pa.record_batch({"c": array}))
    assert json_values(data["c"]) == values


def test_whole_numbers_go_as_they_are() -> None:
    assert bound(pa.array([2**63 - 1]), INTEGER).to_pylist() == [2**63 - 1]
