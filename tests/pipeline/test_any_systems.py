"""The pair between any WMS and any Oracle Database: the stand-ins, or real ones when told where."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stdout
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
from target_oracle.target import TargetOracle

from tests.tap.conftest import run

if TYPE_CHECKING:
    from tests.conftest import OracleSchema

ENTITIES = ["company", "item", "order_hdr"]
FEW = 60
"""Rows of each entity: a tenant answers 50 a second."""

encode_lines = msgspec.json.Encoder(decimal_format="number").encode_lines


def test_what_the_tap_read_is_in_oracle(any_wms: dict[str, str], oracle: OracleSchema) -> None:
    settings = {"entities": ENTITIES, "record_limit": FEW, "force_full_table": True}
    read = run({**any_wms, **settings})
    assert read.error is None
    lines = encode_lines(read.messages).decode()
    with redirect_stdout(io.StringIO()) as states:
        TargetOracle(config=oracle.config).run(io.StringIO(lines))

    assert json.loads(states.getvalue().splitlines()[-1]) == read.state
    for entity in ENTITIES:
        properties = next(
            m["schema"]["properties"] for m in read.of("SCHEMA") if m["stream"] == entity
        )
        names = sorted(properties)
        selected = ", ".join(f'"{name.upper()}"' for name in names)
        found = oracle.query(f'select {selected} from "{entity.upper()}" order by "ID"')
        records = sorted(read.records(entity), key=lambda record: record["id"])
        assert 0 < len(records) <= FEW
        assert found == [
            tuple(stored(record[name], properties[name]) for name in names) for record in records
        ]


def stored(value: Any, schema: dict[str, Any]) -> Any:
    """Oracle's form of a record's value: '' is NULL, flags are 1 and 0, instants are UTC."""
    if value is None or value == "":
        return None
    if schema.get("format") == "date-time":
        return datetime.fromisoformat(value).astimezone(UTC).replace(tzinfo=None)
    if schema.get("format") == "date":
        return datetime.fromisoformat(value)
    return value if isinstance(value, str) else Decimal(value)
