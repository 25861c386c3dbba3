"""Files of BATCH messages, and whether they are loaded by whole columns."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest import mock

import pyarrow as pa
import pytest
from pyarrow import parquet
from target_oracle.records.arrow import shape

from tests.target.conftest import schema

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from target_oracle.records.frames import Columns

METHODS = ("append-only", "upsert", "overwrite", "history")


S = schema(
    "s",
    {
        "id": {"type": "integer"},
        "v": {"type": ["null", "string"], "maxLength": 10},
        "n": {"type": ["null", "number"]},
        "long": {"type": ["null", "string"], "maxLength": 1_000_000},
    },
    ["id"],
)


@contextmanager
def by_columns() -> Iterator[list[bool]]:
    """Whether each frame that was met went by columns."""
    found: list[bool] = []

    def watched(*arguments: Any) -> Columns | None:
        columns = original(*arguments)
        found.append(columns is not None)
        return columns

    original = shape.columns
    with mock.patch.object(shape, "columns", watched):
        yield found


def parquet_file(path: Path, **columns: Any) -> Path:
    parquet.write_table(pa.table(columns), path, row_group_size=3)
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    columns = {"id": [1, 2, 3, 2], "v": ["a", "b", None, "c"], "n": [0.1, 2.0, None, -1e20]}
    return parquet_file(tmp_path / "a.parquet", **columns)


def many(path: Path, rows: int = 60) -> Path:
    return parquet_file(path, id=list(range(rows)), v=[f"v{n}" for n in range(rows)])


WHOLE = [(n, f"v{n}") for n in range(60)]
