from __future__ import annotations

import logging
from datetime import timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tap_oracle_wms.api.models import DescribedField
from tap_oracle_wms.catalog.fields import fields_of, flat_properties, json_schema
from tap_oracle_wms.config.times import utc
from tap_oracle_wms.errors import DataError
from tap_oracle_wms.reading.records import RecordShape
from tap_oracle_wms.reading.values import instants


def shape_of(selected: Any = None, **types: Any) -> Any:
    fields = fields_of("item", {n: DescribedField(type=t) for n, t in types.items()})
    properties = selected or json_schema(fields, urls=False)["properties"]
    return RecordShape("item", fields, properties, needed=["id"] if "id" in types else [])


def page(*rows: str) -> bytes:
    return f'{{"results": [{",".join(rows)}], "next_page": null}}'.encode()


def records(shape: Any, *rows: str) -> Any:
    return shape.records(shape.decode(page(*rows)).results)


def one(wire: str, **types: Any) -> Any:
    (record,) = records(shape_of(**types), f'{{"x": {wire}}}')
    return record


@pytest.mark.parametrize(
    ("wire", "number"),
    [
        ('"0.09"', "0.09"),
        ('"12345678901234567.123456789"', "12345678901234567.123456789"),
        ('"0"', "0"),
        ("40.0", "40.0"),
        ('"-1.50"', "-1.50"),
    ],
)
def test_decimals_leave_as_exact_numbers(wire: Any, number: Any) -> None:
    record = one(wire, x="decimal")

    assert msgspec.json.encode(record["x"], enc_hook=str).decode().strip('"') == number


@pytest.mark.parametrize(
    ("wire", "text"),
    [
        ("2025-05-02T10:11:12.345678-03:00", "2025-05-02T13:11:12.345678+00:00"),
        ("2025-05-02T10:11:12+05:30", "2025-05-02T04:41:12.000000+00:00"),
        ("2025-05-02T10:11:12Z", "2025-05-02T10:11:12.000000+00:00"),
        ("9999-12-31T23:59:59.999999-03:00", "9999-12-31T23:59:59.999999-03:00"),
    ],
)
def test_date_times_leave_in_utc(wire: Any, text: Any) -> None:
    assert one(f'"{wire}"', x="datetime") == {"x": text}


def test_dates_and_times_leave_as_they_are() -> None:
    shape = shape_of(d="date", t="time")

    assert records(shape, '{"d": "2026-11-01", "t": "08:30:00"}') == [
        {"d": "2026-11-01", "t": "08:30:00"}
    ]


@pytest.mark.parametrize(
    ("wire", "expected"),
    [
        ('{"id": 7, "key": "DC01", "url": "u"}', {"item_id": 7, "item_key": "DC01"}),
        ('{"id": 0, "key": "*", "url": ""}', {"item_id": 0, "item_key": "*"}),
        ('{"id": 9007199254740993, "key": 5}', {"item_id": 9007199254740993, "item_key": "5"}),
        ("null", {"item_id": None, "item_key": None}),
        ("30", {"item_id": 30, "item_key": None}),
    ],
)
def test_relations_leave_as_id_and_key(wire: Any, expected: Any) -> None:
    assert records(shape_of(item_id="relation"), f'{{"item_id": {wire}}}') == [expected]


@pytest.mark.parametrize("wire", ["90", '{"id": 90, "key": "Shipped", "url": ""}'])
def test_a_status_leaves_as_its_id(wire: Any) -> None:
    assert records(shape_of(status_id="relation"), f'{{"status_id": {wire}}}') == [
        {"status_id": 90}
    ]


@pytest.mark.parametrize(
    ("wire", "count"),
    [
        ('{"result_count": 3, "url": "u"}', 3),
        ("null", None),
        ("[]", 0),
        ('[{"id": 1}]', 1),
        ('{"id": 9001, "key": "", "url": "u"}', 1),
    ],
)
def test_a_counted_set_leaves_as_its_count(wire: Any, count: Any) -> None:
    assert records(shape_of(a_set="set"), f'{{"a_set": {wire}}}') == [{"a_set_count": count}]


@pytest.mark.parametrize(
    ("wire", "text"),
    [
        ('{"id": 9001, "key": ""}', '{"id": 9001, "key": ""}'),
        ("[]", "[]"),
        ("null", None),
        ("0.10", "0.10"),
        ('"as \\"is\\""', 'as "is"'),
    ],
)
def test_what_has_no_type_leaves_as_text(wire: Any, text: Any) -> None:
    assert one(wire, x="mystery") == {"x": text}


def test_a_missing_field_is_null() -> None:
    assert records(shape_of(id="integer", code="string"), '{"id": 1}') == [{"id": 1, "code": None}]


@pytest.mark.parametrize(
    ("field", "token", "wire"),
    [
        ("priority", "integer", '"three"'),
        ("priority", "integer", "1.5"),
        ("priority", "integer", "99999999999999999999999"),
        ("code", "string", "5"),
        ("flag", "boolean", '"true"'),
        ("qty", "decimal", '"many"'),
        ("qty", "decimal", '"NaN"'),
        ("qty", "decimal", '""'),
        ("a_ts", "datetime", '"2025-05-02T10:11:12"'),
        ("a_ts", "datetime", '"yesterday"'),
        ("a_date", "date", '"2025-13-01"'),
        ("item_id", "relation", '"7"'),
    ],
)
def test_a_value_of_the_wrong_type_is_named_by_stream_field_and_id(
    field: Any, token: Any, wire: Any
) -> None:
    shape = shape_of(id="integer", **{field: token})

    with pytest.raises(DataError, match=f"Stream item, field {field}, id 42: the value does not"):
        records(shape, f'{{"id": 41, "{field}": null}}', f'{{"id": 42, "{field}": {wire}}}')


def test_incomplete_json_is_not_taken_for_a_wrong_value() -> None:
    with pytest.raises(msgspec.DecodeError) as caught:
        shape_of(id="integer").decode(b'{"results": [{"id": 1')

    assert not isinstance(caught.value, msgspec.ValidationError)


def test_unknown_fields_are_counted_and_reported_once(caplog: Any) -> None:
    shape = shape_of(id="integer")

    rows = records(shape, '{"id": 1, "new_a": 5}', '{"id": 2, "new_a": {}, "new_b": null}')
    rows += records(shape, '{"id": 3, "new_c": 1}', '{"id": 4}')
    with caplog.at_level(logging.WARNING):
        shape.report_unknown(logging.getLogger("test"))

    assert rows == [{"id": 1}, {"id": 2}, {"id": 3}, {"id": 4}]
    (entry,) = caplog.records
    assert "new_a (2 records), new_b (1 records), new_c (1 records)" in entry.getMessage()
    assert shape.schema_changes == {"new": ["new_a", "new_b", "new_c"]}


def test_rows_read_before_and_after_an_unknown_field_came_are_one_table() -> None:
    shape = shape_of(id="integer", x="string")
    before = shape.decode(page('{"id": 1, "x": "a"}')).results
    after = shape.decode(page('{"id": 2, "x": "b", "new": 5}')).results

    assert shape.records([*before, *after]) == [{"id": 1, "x": "a"}, {"id": 2, "x": "b"}]
    assert shape.unknown == {"new": 1}


def test_fields_that_are_gone_are_reported(caplog: Any) -> None:
    shape = shape_of(id="integer", old="string", kept="string")

    rows = records(shape, '{"id": 1, "kept": null}', '{"id": 2, "kept": "a"}')
    with caplog.at_level(logging.WARNING):
        shape.report_unknown(logging.getLogger("test"))

    assert [row["old"] for row in rows] == [None, None]
    (entry,) = caplog.records
    assert "lack fields that the schema has, which leave as null: old;" in entry.getMessage()
    assert shape.schema_changes == {"gone": ["old"]}


def test_rows_with_an_id_are_not_read_as_those_without() -> None:
    with pytest.raises(DataError, match="rows have an id, which the schema lacks"):
        records(shape_of(code="string"), '{"id": 1, "code": "A"}')


@pytest.mark.parametrize("wire", ["5", '"abc"', "true", '{"result_count": null}'])
def test_what_is_no_set_is_not_counted(wire: str) -> None:
    with pytest.raises(DataError, match=r"field a_set_count, id 7: .* it is no set"):
        records(shape_of(id="integer", a_set="set"), f'{{"id": 7, "a_set": {wire}}}')


def test_only_selected_properties_leave_and_only_their_fields_are_asked_for() -> None:
    types = {"id": "integer", "code": "string", "item_id": "relation", "a_set": "set"}
    shape = shape_of(["item_key", "a_set_count"], **types)

    assert shape.projection == {"fields": "id,item_id,a_set"}
    assert records(
        shape, '{"id": 1, "item_id": {"id": 7, "key": "K"}, "a_set": {"result_count": 2}}'
    ) == [{"item_key": "K", "a_set_count": 2}]


def test_no_fields_are_asked_for_by_name_when_all_are_selected() -> None:
    assert shape_of(id="integer", code="string").projection == {}


def test_a_field_that_comes_only_on_request_is_asked_for_by_name() -> None:
    shape = shape_of(["id", "image_data"], id="integer", image_data="string")

    assert shape.projection == {"fields": "id,image_data"}


def test_a_values_list_carries_columns_alone() -> None:
    types = {"id": "integer", "code": "string", "item_id": "relation", "a_set": "set"}
    fields = fields_of("item", {n: DescribedField(type=t) for n, t in types.items()})
    properties = json_schema(fields, urls=True)["properties"]

    carried = flat_properties("item", fields, properties)
    shape = RecordShape("item", fields, carried, ["id"], flat=True)

    assert shape.projection == {"values_list": "id,code,item_id"}
    assert records(shape, '{"id": 1, "code": "A", "item_id": 7}') == [
        {"id": 1, "code": "A", "item_id": 7}
    ]


@given(
    st.lists(
        st.none()
        | st.datetimes(
            timezones=st.integers(-1439, 1439).map(lambda m: timezone(timedelta(minutes=m)))
        )
    )
)
def test_a_column_of_instants_is_written_as_each_alone_would_be(column: Any) -> None:
    assert instants(column) == [None if value is None else utc(value) for value in column]
