"""Stream maps and flattening of the SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from faker import Faker

from .conftest import record, schema

if TYPE_CHECKING:
    from .conftest import Target


S = schema("s", {"id": {"type": "integer"}, "v": {"type": ["null", "string"]}}, ["id"])


def test_stream_maps_rename_filter_and_compute(target: Target) -> None:
    maps = {
        "s": {"v": "v.upper()", "__filter__": "id > 1"},
        "copy": {"__source__": "s", "id": "id", "__else__": None},
        "gone": None,
    }
    gone = schema("gone", {"id": {"type": "integer"}}, ["id"])
    target.load(
        S,
        gone,
        record("gone", id=1),
        record("s", id=1, v="a"),
        record("s", id=2, v="b"),
        stream_maps=maps,
    )
    assert target.rows("S") == [(2, "B")]
    assert target.rows("COPY") == [(1,), (2,)]
    assert target.schema.tables() == {"S", "COPY"}


def test_expressions_of_stream_maps_see_their_own_config(target: Target) -> None:
    maps = {"s": {"v": "config['prefix'] + v"}}
    target.load(S, record("s", id=1, v="a"), stream_maps=maps, stream_map_config={"prefix": "x-"})
    assert target.rows("S") == [(1, "x-a")]


def test_expressions_of_stream_maps_may_make_up_values(target: Target) -> None:
    made = Faker(locale="de_DE")
    made.seed_instance(7)
    target.load(
        S,
        record("s", id=1, v="a"),
        stream_maps={"s": {"v": "fake.city()"}},
        faker_config={"locale": "de_DE", "seed": 7},
    )
    assert target.rows("S") == [(1, made.city())]


NESTED = schema(
    "s",
    {
        "id": {"type": "integer"},
        "a": {
            "type": "object",
            "properties": {
                "b": {"type": "object", "properties": {"a_long_name": {"type": "integer"}}}
            },
        },
    },
    ["id"],
)


@pytest.mark.parametrize(
    ("settings", "columns"),
    [
        ({"flattening_max_depth": 2}, {"A__B__A_LONG_NAME": 2}),
        ({"flattening_max_depth": 1}, {"A__B": '{"a_long_name":2}'}),
        ({"flattening_max_depth": 2, "flattening_separator": "-"}, {"A_B_A_LONG_NAME": 2}),
        (
            {"flattening_max_depth": 2, "flattening_max_key_length": 12},
            {"A__B__ALN": 2},
        ),
    ],
)
def test_nested_properties_are_flattened_when_asked(
    target: Target, settings: dict[str, Any], columns: dict[str, Any]
) -> None:
    nested = record("s", id=1, a={"b": {"a_long_name": 2}})
    target.load(NESTED, nested, flattening_enabled=True, **settings)
    assert list(target.types("S")) == ["ID", *columns]
    assert target.rows("S") == [(1, *columns.values())]
