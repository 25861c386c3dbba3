"""Value in = value out, for any value of every type."""

from __future__ import annotations

import base64
import itertools
import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Context, Decimal
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .conftest import schema

if TYPE_CHECKING:
    from .conftest import Target

EVERYTHING: dict[str, dict[str, Any]] = {
    "flag": {"type": "boolean"},
    "whole": {"type": "integer"},
    "real": {"type": "number"},
    "text": {"type": "string"},
    "code": {"type": "string", "maxLength": 20},
    "day": {"type": "string", "format": "date"},
    "moment": {"type": "string", "format": "date-time"},
    "clock": {"type": "string", "format": "time"},
    "guid": {"type": "string", "format": "uuid"},
    "price": {"type": "string", "format": "singer.decimal", "precision": 38, "scale": 10},
    "share": {"type": "string", "format": "singer.decimal"},
    "amount": {"type": ["integer", "number"]},
    "doc": {"type": ["object", "array"]},
    "mixed": {"type": ["string", "integer", "boolean"]},
    "blob": {"type": "string", "contentEncoding": "base64"},
    "höhe_日本": {"type": "string"},
}
NULLABLE = {
    name: {**each, "type": [*([t] if isinstance(t := each["type"], str) else t), "null"]}
    for name, each in EVERYTHING.items()
} | {"either": {"anyOf": [{"type": "integer"}, {"type": "string"}, {"type": "null"}]}}

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
zones = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))
# Numbers that Oracle stores exactly: 20 pairs of digits, so 40 digits where the point is between
# two pairs and 39 where it is within one; exponents well within 1e-130 and 1e126.
EXACT = Context(prec=40)
decimals = st.builds(
    lambda digits, exponent: Decimal(digits).scaleb(exponent, EXACT),
    st.integers(-(10**38) + 1, 10**38 - 1),
    st.integers(-80, 80),
) | st.builds(
    lambda digits, exponent: Decimal(digits).scaleb(2 * exponent, EXACT),
    st.integers(10**38, 10**40 - 1) | st.integers(-(10**40) + 1, -(10**38)),
    st.integers(-40, 40),
)
documents = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


def _is_representable(moment: datetime) -> bool:
    """Whether the instant lies in the years 1 to 9999 in UTC, too."""
    try:
        moment.astimezone(UTC)
    except OverflowError:
        return False
    return True


VALUES: dict[str, st.SearchStrategy[Any]] = {
    "flag": st.booleans(),
    "whole": st.integers() | st.integers(-(10**40) + 1, 10**40 - 1),
    "real": decimals,
    "text": texts | st.text("ab€😀", min_size=900, max_size=1500),
    "code": st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    "day": st.dates().map(str),
    "moment": st.datetimes(timezones=zones).filter(_is_representable).map(datetime.isoformat),
    "clock": st.builds(
        lambda time, zone: f"{time.isoformat()}{zone}",
        st.times(),
        st.sampled_from(["", "Z", "+02:00", "-11:30"]),
    ),
    "guid": st.uuids().map(str),
    "price": st.decimals(-(10**28) + 1, 10**28 - 1, places=10).map(str),
    "share": decimals.map(str),
    "amount": decimals | st.integers(-(10**38), 10**38),
    "doc": st.dictionaries(texts, documents, max_size=3) | st.lists(documents, max_size=3),
    "mixed": texts | st.integers() | st.booleans(),
    "blob": st.sampled_from(["", "AA==", "AAECAwQF", "/+8="]),
    "höhe_日本": texts | st.just("é😀" * 25_000),  # 150 KB
    "either": texts | st.integers(),
}


# Keys, some of them spelled in two ways: what Oracle takes for one key must be one here.
KEYS: dict[str, tuple[dict[str, Any], dict[Any, Any]]] = {
    "integer": ({"type": "integer"}, {0: 0, 1: 1, 10**37: 10**37, -1: -1, 10**39 + 1: 10**39 + 1}),
    "number": (
        {"type": "number"},
        {
            Decimal(1): 1,
            Decimal("1.0"): 1,
            Decimal("1E+2"): 100,
            100: 100,
            Decimal("0.10"): Decimal("0.1"),
        },
    ),
    "text": ({"type": "string"}, {each: each for each in ("a", "A", "a ", " a", "é", "é", "😀")}),
    "day": ({"type": "string", "format": "date"}, {"0001-01-01": 1, "9999-12-31": 2}),
    "moment": (
        {"type": "string", "format": "date-time"},
        {
            "2024-01-01T00:00:00Z": 1,
            "2024-01-01T02:00:00+02:00": 1,
            "2024-01-01T00:00:00.000001Z": 2,
            "2023-12-31T19:00:00-05:00": 1,
            "9999-12-31T23:59:59.999999Z": 3,
        },
    ),
    "flag": ({"type": "boolean"}, {True: 1, False: 0}),
}
records = st.fixed_dictionaries({}, optional={k: st.none() | v for k, v in VALUES.items()})
numbers = itertools.count(1)


CONVERSIONS: dict[str, Any] = {
    "whole": Decimal,
    "real": Decimal,
    "price": Decimal,
    "share": Decimal,
    "amount": Decimal,
    "flag": int,
    "day": datetime.fromisoformat,
    "moment": lambda text: datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None),
    "mixed": lambda value: value if isinstance(value, str) else json.dumps(value),
    "either": str,
    "blob": base64.b64decode,
}


def expected(name: str, value: Any) -> Any:
    """What a value is read back as: '' is NULL in Oracle, date-times are UTC, objects JSON."""
    if value is None or value == "":
        return None
    return CONVERSIONS[name](value) if name in CONVERSIONS else value


def found(name: str, value: Any) -> Any:
    return json.loads(value) if name == "doc" and value is not None else value


@pytest.mark.parametrize("path", ["array", "direct"])
@settings(
    max_examples=12,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(batch=st.lists(records, min_size=1, max_size=8))
def test_what_goes_in_comes_out(target: Target, path: str, batch: list[dict[str, Any]]) -> None:
    stream = f"r{next(numbers)}"
    encode = msgspec.json.Encoder(decimal_format="number").encode
    lines = [
        encode({"type": "RECORD", "stream": stream, "record": {"id": n, **each}}).decode()
        for n, each in enumerate(batch)
    ]
    described = schema(stream, {"id": {"type": "integer"}, **NULLABLE}, ["id"])
    method = "overwrite" if path == "direct" else "upsert"
    target.load(described, *lines, load_path=path, load_method=method)
    columns = ", ".join(f'"{name.upper()}"' for name in VALUES)
    rows = target.rows(stream.upper(), columns, '"ID"')
    assert [
        {name: found(name, value) for name, value in zip(VALUES, row, strict=True)} for row in rows
    ] == [{name: expected(name, each.get(name)) for name in VALUES} for each in batch]


@pytest.mark.parametrize("kind", KEYS)
@settings(
    max_examples=6,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data(), size=st.sampled_from([1, 3, 100]), path=st.sampled_from(["array", "direct"]))
def test_equal_keys_are_one_row(
    target: Target, kind: str, data: st.DataObject, size: int, path: str
) -> None:
    described, spellings = KEYS[kind]
    sent = data.draw(st.lists(st.sampled_from(list(spellings)), min_size=2, max_size=12))
    stream = f"k{next(numbers)}"
    encode = msgspec.json.Encoder(decimal_format="number").encode
    lines = [
        encode({"type": "RECORD", "stream": stream, "record": {"id": key, "n": n}}).decode()
        for n, key in enumerate(sent)
    ]
    keyed = schema(stream, {"id": described, "n": {"type": "integer"}}, ["id"])
    target.load(keyed, *lines, batch_size_rows=size, load_path=path)
    last = {spellings[key]: n for n, key in enumerate(sent)}
    found = target.rows(stream.upper(), '"ID", "N"', '"N"')
    assert [n for _, n in found] == sorted(last.values())
    if kind in {"integer", "number", "text", "flag"}:
        assert dict(found) == last
