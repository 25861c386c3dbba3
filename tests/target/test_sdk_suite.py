"""The SDK's own test class, with the tables' contents asserted for every case."""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.testing import get_target_test_class, target_test_streams
from singer_sdk.testing.runners import TargetTestRunner
from target_oracle.errors import RecordError
from target_oracle.target import TargetOracle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .conftest import Target

Rows = list[tuple[Any, ...]]

# Case -> table -> rows by their first column. Objects and arrays are JSON text.
CONTENTS: dict[str, dict[str, Rows]] = {
    "array_data": {
        "TEST_ARRAY_DATA": [
            (1, '["apple","orange","pear"]'),
            (2, '["banana","apple"]'),
            (3, '["pear"]'),
            (4, '["orange","banana","apple","pear"]'),
        ]
    },
    "camelcase": {"TESTCAMELCASE": [("1", "Gitter Windows Desktop App"), ("2", "Gitter iOS App")]},
    "camelcase_complex_schema": {"FORECASTINGTYPETOCATEGORY": []},
    "cli_prints": {},
    "duplicate_records": {"TEST_DUPLICATE_RECORDS": [(1, 100), (2, 20)]},
    "invalid_schema": {},
    "no_primary_keys": {"TEST_NO_PK": [(1, 11), (2, 22), (3, 33)]},
    "optional_attributes": {
        "TEST_OPTIONAL_ATTRIBUTES": [
            (1, "This is optional"),
            (2, None),
            (3, "Also optional"),
            (4, None),
        ]
    },
    "pk_updates": {
        "EXAMPLE_STREAM": [(1, "Alice", "alice@example.com"), (2, "Bob", "bob@example.com")]
    },
    "record_before_schema": {},
    "record_missing_fields": {"RECORD_MISSING_FIELDS": [(1, "now you see me"), (2, None)]},
    "record_missing_key_property": {"TEST_RECORD_MISSING_KEY_PROPERTY": []},
    "schema_no_properties": {
        "TEST_OBJECT_SCHEMA_NO_PROPERTIES": [('{"id":1,"metric":1}',), ('{"id":2,"metric":2}',)],
        "TEST_OBJECT_SCHEMA_WITH_PROPERTIES": [
            ('{"id":1,"metric":187}',),
            ('{"id":2,"metric":203}',),
        ],
    },
    "schema_updates": {
        "TEST_SCHEMA_UPDATES": [
            (1, 101, "string1", None, None, None, None),
            (2, 102, "string2", 1, None, None, None),
            (3, 103, "string3", 0, '{"id":1,"value":1}', '["banana","apple"]', None),
            (4, 104, "string4", 1, '{"id":2,"value":22}', '["orange","pear"]', None),
            (5, 105, "string5", 0, '{"id":3,"value":33}', '["apple"]', 985),
            (6, 106, "string6", 1, '{"id":4,"value":444}', '["banana","orange"]', 341),
        ]
    },
    "special_chars_in_attributes": {
        "TEST_SPECIALCHARS_IN_ATTRIBUTES": [
            (
                "a2e98886",
                '{"env":"prod","agent:type":"desktop","agent:os:version":"10.13.1"}',
            )
        ]
    },
}


def stream_file(name: str) -> Any:
    return resources.files(target_test_streams) / f"{name}.singer"


def messages(name: str) -> list[str]:
    lines: list[str] = stream_file(name).read_text(encoding="utf-8").splitlines()
    return lines


def recorded(name: str) -> dict[str, Rows]:
    """What a file's records must become: JSON text for objects and arrays, the rest as it is."""
    tables: dict[str, Rows] = {}
    for line in messages(name):
        message = json.loads(line)
        if message["type"] == "RECORD":
            row = tuple(
                json.loads(json.dumps(value)) if not isinstance(value, (dict, list)) else value
                for value in message["record"].values()
            )
            tables.setdefault(message["stream"].upper(), []).append(row)
    return tables


def parsed(rows: Rows) -> Rows:
    """Rows with JSON text read back, so that spelling of escapes does not matter."""
    return [
        tuple(
            json.loads(value) if isinstance(value, str) and value[:1] in "[{" else value
            for value in row
        )
        for row in rows
    ]


def found(target: Target) -> dict[str, Rows]:
    return {
        table: sorted(target.schema.query(f'select * from "{table}"'), key=lambda row: row[:1])
        for table in target.schema.tables()
    }


Standard: Any = get_target_test_class(TargetOracle)


class TestStandard(Standard):  # type: ignore[misc] # the class is made at run time
    """The SDK's class against the test's own schema."""

    @pytest.fixture
    def runner(self, target: Target) -> TargetTestRunner:
        return TargetTestRunner(target_class=TargetOracle, config=target.config)

    @pytest.fixture
    def resource(self, target: Target, request: pytest.FixtureRequest) -> Iterator[None]:
        """Compares the tables with what the case must have loaded, after the SDK's own test."""
        yield
        case = request.node.originalname.removeprefix("test_target_")
        if case == "encoded_string_data":
            assert {name: parsed(rows) for name, rows in found(target).items()} == recorded(case)
        else:
            assert found(target) == CONTENTS[case]


def load_file(target: Target, name: str) -> list[Any]:
    return target.load(*messages(name))


def test_states_of_two_streams_come_out_in_the_order_they_are_earned(target: Target) -> None:
    states = load_file(target, "multiple_state_messages")
    assert states == [{"test_multiple_state_messages_a": 5, "test_multiple_state_messages_b": 6}]
    rows = found(target)
    assert rows["TEST_MULTIPLE_STATE_MESSAGES_A"] == [(n, n * 100) for n in range(1, 7)]
    assert rows["TEST_MULTIPLE_STATE_MESSAGES_B"] == [(n, n * 110) for n in range(1, 7)]


def test_a_stream_without_keys_appends_to_what_is_there(
    target: Target, caplog: pytest.LogCaptureFixture
) -> None:
    load_file(target, "no_primary_keys")
    load_file(target, "no_primary_keys_append")
    first = [(1, 11), (2, 22), (3, 33)]
    second = [(1, 101), (2, 202), (3, 303), (4, 404), (5, 505)]
    assert target.rows("TEST_NO_PK", order="2") == first + second
    told = "Stream 'test_no_pk' has no keys: its records are inserted, not matched"
    assert caplog.messages.count(told) == 2


def test_a_record_without_a_required_property_is_refused(target: Target) -> None:
    with pytest.raises(RecordError, match=r'^Stream .*: "id" is a required property\.$'):
        load_file(target, "record_missing_required_property")
    assert found(target) == {"TEST_RECORD_MISSING_REQUIRED_PROPERTY": []}


def test_users_and_locations_are_inserted_then_updated(target: Target) -> None:
    load_file(target, "user_location_data")
    assert {name: parsed(rows) for name, rows in found(target).items()} == recorded(
        "user_location_data"
    )
    states = load_file(target, "user_location_upsert_data")
    assert states == [{"test_users": 13, "test_locations": 8, "test_user_in_location": 14}]
    assert {name: parsed(rows) for name, rows in found(target).items()} == {
        "TEST_USERS": [
            (1, "Johny"),
            (2, "George"),
            (3, "Jacob"),
            (4, "Josh"),
            (5, "Jim"),
            (8, "Thomas"),
            (12, "Paul"),
            (13, "Mary"),
        ],
        "TEST_LOCATIONS": [
            (1, "Philly"),
            (2, "NY"),
            (3, "San Francisco"),
            (6, "Colorado"),
            (8, "Boston"),
        ],
        "TEST_USER_IN_LOCATION": [
            (1, 1, 4, {"weather": "rainy", "mood": "sad"}),
            (2, 2, 3, {"weather": "sunny", "mood": "satisfied"}),
            (3, 1, 3, {"weather": "sunny", "mood": "happy"}),
            (6, 3, 2, {"weather": "sunny", "mood": "happy"}),
            (14, 4, 1, {"weather": "cloudy", "mood": "ok"}),
        ],
    }
