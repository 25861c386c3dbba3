"""A stream `s` with a key, a text and an instant, and its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.target.conftest import record, schema

if TYPE_CHECKING:
    from tests.target.conftest import Message, Target

PROPERTIES = {
    "id": {"type": "integer"},
    "v": {"type": ["null", "string"]},
    "at": {"type": ["null", "string"], "format": "date-time"},
}


KEYED = schema("s", PROPERTIES, ["id"])


KEYLESS = schema("s", PROPERTIES)


SORTED = {**KEYED, "bookmark_properties": ["at"]}


def row(number: int, value: str | None, day: int = 1, **more: Any) -> Message:
    return {**record("s", id=number, v=value, at=f"2024-01-{day:02}T00:00:00Z"), **more}


def rows(target: Target, columns: str = '"ID", "V"') -> list[tuple[Any, ...]]:
    return target.rows("S", columns, order='"ID", "V"')


@pytest.fixture
def lower_case(target: Target) -> Target:
    """A table whose columns are spelled in lower case, one of them made by the database."""
    with target.schema.connect() as connection:
        connection.cursor().execute(
            'create table s ("id" number primary key, "v" varchar2(10), "at" timestamp, '
            '"length" number generated always as (length("v")) virtual, '
            '"_sdc_table_version" number, "_sdc_deleted_at" timestamp)'
        )
    return target


def version(number: int) -> Message:
    return {"type": "ACTIVATE_VERSION", "stream": "s", "version": number}


VALIDITY = {"load_method": "history", "history_validity": True}
MARKED = {**VALIDITY, "add_record_metadata": True}
PERIODS = '"ID", "V", "_SDC_VALID_FROM", "_SDC_VALID_TO"'


def periods(target: Target, *more: str) -> list[tuple[Any, ...]]:
    """ID, V, the days in January from and to which a version is valid, and the days of `more`."""
    found = target.rows("S", ", ".join([PERIODS, *more]), order='"ID", "AT"')
    return [(number, v, *(at and at.day for at in days)) for number, v, *days in found]


def gone(number: int, day: int, **more: Any) -> Message:
    at = f"2024-01-{day:02}T00:00:00Z"
    return record("s", id=number, _sdc_deleted_at=at, **more)
