"""Slices that are decoded at once give what they give record by record, or are left to that."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from target_oracle.records.decoding import ATTEMPTS, SliceDecoder, slice_decoder
from target_oracle.records.shaping import Shaper, Shaping
from target_oracle.records.stamps import stamps
from target_oracle.records.validation import CompiledValidator
from target_oracle.schema.conversion import converter
from target_oracle.schema.tables import Column
from target_oracle.schema.types import CLOB, INTEGER, TIMESTAMP_TZ, Dialect, OracleType
from target_oracle.schema.widening import TooNarrowError

if TYPE_CHECKING:
    from target_oracle.records.slices import Slice

encode = msgspec.json.Encoder(decimal_format="number").encode
LIMITS: dict[str, st.SearchStrategy[Any]] = {
    "maxLength": st.integers(0, 4),
    "minLength": st.integers(0, 2),
    "minimum": st.sampled_from([-1, 0, 0.5, 2**70]),
    "maximum": st.sampled_from([1, 7, 2**64]),
    "multipleOf": st.just(2),
    "enum": st.just([1, "a", None]),
    "pattern": st.just("^a"),
    "format": st.sampled_from(["date-time", "date", "uuid"]),
    "description": st.just("of no consequence"),
    "items": st.just({"type": "integer"}),
    "properties": st.just({"x": {"type": "string", "maxLength": 1}}),
    "x-at-most": st.just({"x": "y"}),
    "x-own": st.just("own"),
}
TYPES = ["string", "integer", "number", "boolean", "object", "array", "null"]
VALUES: list[Any] = [
    *(None, True, False, 0, 1, 6, -1, 2**63, -(10**40)),
    *(Decimal(each) for each in ("1.0", "0.5", "7.25", "1E+40")),
    *("", "a", "ab", "é😀", "abcde", "2024-02-30", "2024-03-01T10:00:00+02:00"),
    *([1], ["a"], {"x": "ab"}, {"x": 2, "y": 1}, {}),
]
PROPERTY = st.builds(
    lambda kinds, limits: {**({"type": kinds} if kinds else {}), **limits},
    st.sampled_from([*TYPES, *([each, "null"] for each in TYPES[:-1]), ["number", "integer"], []]),
    st.dictionaries(st.sampled_from(list(LIMITS)), st.none(), max_size=2).flatmap(
        lambda some: st.fixed_dictionaries({name: LIMITS[name] for name in some})
    ),
)
DRAFTS = [f"http://json-schema.org/draft-0{n}/schema#" for n in (4, 7)]
TOPS = [{"required": ["id"]}, {"additionalProperties": False}, {"maxProperties": 2}, {}, {}, {}]
SCHEMAS = st.builds(
    lambda properties, more: {"type": "object", **more, "properties": properties},
    st.fixed_dictionaries(
        {"id": st.just({"type": ["integer", "string"]})},
        optional=dict.fromkeys(("a", "höhe", "_sdc_deleted_at"), PROPERTY),
    ),
    st.sampled_from([*TOPS, *({"$schema": each} for each in DRAFTS)]),
)


def records(schema: dict[str, Any]) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Records of which most are valid, so that what is not stands out."""
    valid = {}
    for name, each in schema["properties"].items():
        fits = jsonschema_rs.validator_for(each, validate_formats=False).is_valid
        if some := [value for value in VALUES if fits(value)]:
            valid[name] = st.sampled_from(some)
    names = [*schema["properties"], "more"]
    wild = st.dictionaries(st.sampled_from(names), st.sampled_from(VALUES), max_size=1)
    return st.lists(
        st.builds(
            lambda record, off: {**record, **off},
            st.fixed_dictionaries({"id": valid.pop("id")}, optional=valid),
            st.one_of(*[st.just({})] * 3, wild),
        ),
        min_size=1,
        max_size=3,
    )


class Heard:
    """The problems that a shaper tells of."""

    def __init__(self) -> None:
        self.problems: list[Any] = []

    def take_all(self, piece: Slice) -> None:
        self.problems.extend(sorted(piece.problems.items()))


def shaper(schema: dict[str, Any], heard: Heard, decoder: SliceDecoder | None) -> Shaper:
    types = {"id": INTEGER, "a": OracleType("VARCHAR2", length=3), "höhe": CLOB}
    columns = []
    for name, each in schema["properties"].items():
        kind = types.get(name, TIMESTAMP_TZ)
        columns.append(Column(name, name, kind, converter(each, kind), name == "id"))
    columns.append(Column("version", "_sdc_table_version", INTEGER, stamped=True))
    shaping = Shaping(schema, Dialect(), CompiledValidator(schema), stamps=stamps(0))
    shaping.decoders[(*schema["properties"],)] = decoder
    return Shaper(shaping, columns, heard, unique=True, watch_deletes=True)


def outcome(schema: dict[str, Any], lines: list[bytes], decoder: SliceDecoder | None) -> Any:
    """Everything that shaping leaves behind."""
    heard = Heard()
    found = shaper(schema, heard, decoder)
    try:
        rows = [(*map(type, row), *row) for row in found.rows(lines)]
    except TooNarrowError as error:
        return error.needed
    return rows, heard.problems, found.unknown, found.deleted


@given(SCHEMAS.flatmap(lambda schema: st.tuples(st.just(schema), records(schema))))
@settings(max_examples=150, derandomize=True)
def test_at_once_or_one_by_one_the_rows_are_the_same(
    case: tuple[dict[str, Any], list[dict[str, Any]]],
) -> None:
    schema, found = case
    lines = [encode({"type": "RECORD", "stream": "s", "record": each}) for each in found]
    decoder = slice_decoder(schema, list(schema["properties"]), checked=True)
    assert outcome(schema, lines, decoder) == outcome(schema, lines, None)


@pytest.mark.parametrize(
    "record",
    [
        {"id": ""},
        {"id": None, "a": "x"},
        {"id": 1, "_sdc_deleted_at": "2024-03-01T10:00:00+02:00"},
        {"id": 1, "_sdc_deleted_at": "yesterday"},
        {"id": 1, "a": "longer than the column"},
    ],
)
def test_what_a_row_must_not_have_is_found_either_way(record: dict[str, Any]) -> None:
    kinds = {"type": ["string", "integer", "null"]}
    texts = dict.fromkeys(("id", "a", "_sdc_deleted_at"), kinds)
    schema = {"type": "object", "properties": texts}
    records = [encode({"record": each}) for each in ({"id": 2}, record)]
    found = outcome(schema, records, slice_decoder(schema, list(texts), checked=True))
    assert found == outcome(schema, records, None)


PLAIN: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": {"type": "integer", "minimum": 0, "maximum": 2**53},
        "a": {"type": ["null", "string"], "maxLength": 3},
        "b": {"type": ["number", "null"]},
        "c": {"type": "number"},
    },
    "required": ["id"],
}


def lines(*records: dict[str, Any]) -> list[bytes]:
    return [encode({"record": each, "version": 7}) for each in records]


def read(schema: dict[str, Any], *records: dict[str, Any]) -> Any:
    decoder = slice_decoder(schema, list(schema["properties"]), checked=True)
    assert decoder is not None
    found = decoder.read(lines(*records))
    return found and found[1]


def test_plain_records_are_decoded_at_once() -> None:
    first = {"id": 1, "a": "é😀x", "b": Decimal("1.50"), "c": 1}
    found = read(PLAIN, first, {"c": 1, "b": 2, "id": 2**53})
    assert found[:3] == [(1, 2**53), ("é😀x", None), (Decimal("1.50"), 2)]
    assert str(found[2][0]) == "1.50"


@pytest.mark.parametrize(
    "record",
    [
        {"c": 1},
        {"c": 1, "id": None},
        {"c": 1, "id": -1},
        {"c": 1, "id": 2**53 + 1},
        {"id": 1, "c": None},
        {"c": 1, "id": True},
        {"c": 1, "id": 1, "a": "four"},
        {"c": 1, "id": 1, "a": 1},
        {"c": 1, "id": 1, "b": "1"},
        {"c": 1, "id": 1, "b": True},
        {"c": 1, "id": 1, "more": None},
    ],
)
def test_what_needs_a_closer_look_is_left_to_it(record: dict[str, Any]) -> None:
    assert read(PLAIN, {"c": 1, "id": 1}, {"c": 1, "id": 2}) is not None
    assert read(PLAIN, {"c": 1, "id": 1}, record) is None


@pytest.mark.parametrize(
    "more",
    [
        {"maxProperties": 2},
        {"required": ["id", "unknown"]},
        {"type": "array"},
        {"properties": {"id": True}},
        {"properties": {"id": {"anyOf": [{"$ref": "#/definitions/x"}]}}},
        {"x-at-most": {"id": "b"}},
    ],
)
def test_what_only_a_whole_record_shows_is_judged_by_it(more: dict[str, Any]) -> None:
    schema = {**PLAIN, **more}
    assert slice_decoder(schema, list(schema["properties"]), checked=True) is None


def test_a_stream_that_never_fits_is_soon_not_tried_any_more() -> None:
    decoder = slice_decoder(PLAIN, list(PLAIN["properties"]), checked=True)
    assert decoder is not None
    good, bad = lines({"id": 1, "c": 1}), lines({"id": "1"})
    for each in (bad, good, bad, bad):
        decoder.read(each)
    assert decoder.read(good) is not None
    for _ in range(ATTEMPTS):
        assert decoder.read(bad) is None
    assert decoder.read(good) is None
