from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from target_oracle.schema.conversion import MISFITS, converted, converter
from target_oracle.schema.types import OracleType

if TYPE_CHECKING:
    from target_oracle.schema.types import Schema

DIGITS = {"contentEncoding": "base16"}
DAY = {"format": "date"}
COLUMNS: dict[str, tuple[OracleType, Schema]] = {
    "DATE": (OracleType("DATE"), {}),
    "DATE of a day": (OracleType("DATE"), DAY),
    "TIMESTAMP": (OracleType("TIMESTAMP", scale=6), {}),
    "TIMESTAMP of milliseconds": (OracleType("TIMESTAMP", scale=3), {}),
    "RAW of base64": (OracleType("RAW", 20), {}),
    "RAW of digits": (OracleType("RAW", 20), DIGITS),
    "BLOB of digits": (OracleType("BLOB"), DIGITS),
}


@pytest.mark.parametrize("value", [{}, {"x": "ab"}, [], [1], True, 0, 7, 1.5], ids=repr)
@pytest.mark.parametrize("column", COLUMNS)
def test_what_is_no_text_is_a_misfit(column: str, value: Any) -> None:
    kind, schema = COLUMNS[column]
    convert = converter(schema, kind, checked=False)

    assert convert is not None
    with pytest.raises(MISFITS):
        converted([value], convert)
